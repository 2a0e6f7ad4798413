//! Whether AWS gives the credentials of roles, by a listing of them. These checks replace the setting `roleTrust`.
//!
//! The finding is that of the policy (`core/src/findings/untrusted_role.rs`), with other messages. The policy reads the ConfigMap of
//! the setting, which only has which tokens a role allows. The listing has the trust policies, so that `trust/src/causes/` can
//! name the mistake in them, and it can have associations of EKS Pod Identity.

use std::collections::BTreeSet;

use aws_pod_identity_core::{FindingKind, NamedContainer, RoleUse, Severity};
use aws_pod_identity_trust::{
    Association, ChainStep, Explanation, Link, LinkState, ListedRoleArn, Listing, Outcome,
    POD_IDENTITY_SERVICE, PodIdentity, WebIdentity, explain,
};
use serde_json::Value;

use crate::entry::{self, FindingLocator, account_name};
use crate::evaluation::{Evaluated, Policy};
use crate::report::{
    self, Entry, Finding, Location, Message, TrustLink, TrustLinkState, TrustState,
};

/// An issuer is an address without a query ("OpenID Connect Core 1.0", Issuer Identifier).
pub fn is_issuer(text: &str) -> bool {
    let host = text.strip_prefix("https://").unwrap_or(text);
    !host.is_empty() && !host.contains("://") && !host.contains([' ', '?', '#'])
}

/// Checks the roles of objects.
#[derive(Debug)]
pub struct TrustChecks {
    listing: Listing,
    issuer: String,
}

impl TrustChecks {
    /// Checks against a listing, for tokens of that issuer.
    pub fn new(listing: Listing, issuer: &str) -> Self {
        Self { listing, issuer: issuer.to_owned() }
    }

    /// The issuer of the tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Adds the trust in the roles of the policies' answers to the entry. The finding has the severity that the policy of
    /// the answer gives it. The answers are about that object.
    pub fn check(
        &self,
        entry: &mut Entry,
        policies: &[&Policy],
        answers: &[Evaluated],
        object: &Value,
        locator: &dyn FindingLocator,
    ) {
        for (policy, answer) in policies.iter().zip(answers) {
            let of_pod = answer.request.created_by.is_some();
            let template = &answer.request.template;
            for role in &answer.roles {
                let location = role.location.as_ref();
                let location =
                    location.and_then(|location| locator.locate(object, template, location));
                self.check_role(entry, policy, answer, role, location);
            }
            let account = match (&*entry.kind, &entry.service_account) {
                ("ServiceAccount", _) => Some(entry.name.clone()),
                // Pods for which no policy names a role get the role of the association.
                ("Pod", account) if answer.roles.is_empty() => account.clone(),
                (_, account) if answer.roles.is_empty() && of_pod => account.clone(),
                _ => None,
            };
            if let Some(account) = account {
                let location = locator.locate(object, template, &account_name());
                self.check_pod_identity(entry, policy, &account, of_pod, location);
            }
        }
    }

    fn check_role(
        &self,
        entry: &mut Entry,
        policy: &Policy,
        answer: &Evaluated,
        role: &RoleUse,
        location: Option<Location>,
    ) {
        let RoleUse { role_arn, audience, namespace, service_account, container, .. } = role;
        let request = WebIdentity::new(&self.issuer, namespace, service_account, audience);
        let (object, start) = match container {
            Some(NamedContainer { object, name }) => {
                (entry::named(answer, object), format!("{name}: "))
            }
            None => (format!("ServiceAccount {namespace}/{service_account}"), String::new()),
        };
        let checked = CheckedRole {
            outcome: self.listing.check(role_arn, &request),
            chain: links(&self.listing.chain(role_arn, &request), |step| match step {
                ChainStep::Role => Some(role_arn),
                ChainStep::Provider => Some(request.issuer()),
                ChainStep::Subject => Some(request.subject()),
                ChainStep::Audience => Some(request.audience()),
                _ => None,
            }),
            message: Message {
                object,
                problem: format!(
                    "{start}AWS STS rejects its token for the role {role_arn} (subject {}, audience {audience})",
                    request.subject()
                ),
            },
            role: ListedRoleArn::parse(role_arn),
            request,
            warns_only: role.warns_only,
            of_pod: answer.request.created_by.is_some(),
            location,
        };
        checked.add_to(entry, policy);
    }

    /// Checks the role of the account's association of EKS Pod Identity, if the files have one.
    fn check_pod_identity(
        &self,
        entry: &mut Entry,
        policy: &Policy,
        service_account: &str,
        of_pod: bool,
        location: Option<Location>,
    ) {
        let namespace = entry.namespace.clone();
        let (association, role_arn) = match self.association(&namespace, service_account) {
            Some(Ok(found)) => found,
            Some(Err(why)) => {
                let trust = report::Trust {
                    state: TrustState::Unknown,
                    reason: Some(why),
                    chain: Vec::new(),
                };
                return keep_worst(entry, trust);
            }
            None => return,
        };
        let pod_identity = PodIdentity {
            namespace: namespace.clone(),
            service_account: service_account.to_owned(),
            cluster: Some(association.cluster.clone()),
            session_tags: association.session_tags,
        };
        let chain = self.listing.chain_of_pod_identity(role_arn, &pod_identity);
        let checked = CheckedRole {
            outcome: self.listing.check_pod_identity(role_arn, &pod_identity),
            chain: links(&chain, |step| match step {
                ChainStep::Role => Some(role_arn),
                ChainStep::Service => Some(POD_IDENTITY_SERVICE),
                ChainStep::Actions => Some("sts:AssumeRole and sts:TagSession"),
                _ => None,
            }),
            message: Message {
                object: format!("ServiceAccount {namespace}/{service_account}"),
                problem: format!(
                    "EKS Pod Identity cannot assume the role {role_arn} of its association in the cluster {}",
                    association.cluster
                ),
            },
            role: ListedRoleArn::parse(role_arn),
            request: WebIdentity::new(&self.issuer, &namespace, service_account, ""),
            warns_only: false,
            of_pod,
            location,
        };
        checked.add_to(entry, policy);
    }

    /// The association of a service account with its role, or why the role is not known.
    fn association(
        &self,
        namespace: &str,
        service_account: &str,
    ) -> Option<Result<(&Association, &str), String>> {
        let of_account = |one: &&Association| {
            one.namespace == namespace && one.service_account == service_account
        };
        let found: Vec<_> = self.listing.associations().iter().filter(of_account).collect();
        let clusters: BTreeSet<_> = found.iter().map(|one| one.cluster.as_str()).collect();
        if clusters.len() > 1 {
            let clusters: Vec<_> = clusters.into_iter().collect();
            return Some(Err(format!(
                "the files have associations of several clusters: {}",
                clusters.join(", ")
            )));
        }
        // A list of associations has no roles; the descriptions of each, which are in addition to it, have them.
        let with_role = found.iter().rev().find_map(|one| Some((*one, one.role_arn.as_deref()?)));
        let unknown = "the files do not have the role of its association of EKS Pod Identity; add the output of `aws eks \
                       describe-pod-identity-association`";
        Some(with_role.ok_or_else(|| unknown.to_owned())).filter(|_| !found.is_empty())
    }
}

/// Of several roles, keeps the most severe state.
fn keep_worst(entry: &mut Entry, trust: report::Trust) {
    if entry.trust.as_ref().is_none_or(|known| trust.state > known.state) {
        entry.trust = Some(trust);
    }
}

/// The chain as reports show it, with the value that has to match at each step.
fn links<'v>(chain: &[Link], value: impl Fn(ChainStep) -> Option<&'v str>) -> Vec<TrustLink> {
    let links = chain.iter().map(|Link { step, state }| TrustLink {
        step: step.id(),
        state: match state {
            LinkState::Matches => TrustLinkState::Matches,
            LinkState::Differs => TrustLinkState::Differs,
            LinkState::Unknown => TrustLinkState::Unknown,
        },
        value: value(*step).map(str::to_owned),
    });
    links.collect()
}

/// The text in one line, because some formats cannot show several.
fn in_one_line(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<Vec<_>>().join(" ")
}

/// The result for one role.
struct CheckedRole {
    outcome: Outcome,
    chain: Vec<TrustLink>,
    /// The message if AWS does not give its credentials, without the reason.
    message: Message,
    role: Option<ListedRoleArn>,
    request: WebIdentity,
    warns_only: bool,
    /// Whether the role is that of the workload's pods.
    of_pod: bool,
    location: Option<Location>,
}

impl CheckedRole {
    fn add_to(self, entry: &mut Entry, policy: &Policy) {
        let (state, reason) = match &self.outcome {
            Outcome::Yes => (TrustState::Trusted, None),
            Outcome::Unknown(why) => (TrustState::Unknown, Some(why.to_string())),
            Outcome::No(causes) => {
                let explanation = explain(causes, self.role.as_ref(), &self.request);
                self.report(entry, policy, &explanation);
                (TrustState::NotTrusted, Some(in_one_line(&explanation.to_string())))
            }
        };
        keep_worst(entry, report::Trust { state, reason, chain: self.chain });
    }

    fn report(&self, entry: &mut Entry, policy: &Policy, explanation: &Explanation<'_>) {
        let severity = match policy.severity(FindingKind::RoleTrustDenied) {
            Severity::Off => return,
            Severity::Reject if !self.warns_only => report::Severity::Reject,
            _ => report::Severity::Warn,
        };
        entry.add(Finding {
            id: FindingKind::RoleTrustDenied.id().to_owned(),
            severity,
            message: Message {
                object: self.message.object.clone(),
                problem: format!(
                    "{}: {}",
                    self.message.problem,
                    in_one_line(&explanation.problem())
                ),
            },
            remedy: in_one_line(&explanation.remedy()),
            location: self.location.clone(),
            of_pods: self.of_pod,
            missing_account: None,
        });
        let is_about_pod = self.of_pod || entry.pods.is_none();
        if severity == report::Severity::Reject && is_about_pod {
            entry.injected = None;
        }
        entry.conclude();
    }
}
