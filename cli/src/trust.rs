//! Whether AWS gives the credentials of roles, by the files of `--roles`.

use anyhow::{Context, Result, anyhow, bail};
use aws_pod_identity_core::{FindingKind, RoleUse, Severity};
use aws_pod_identity_trust::{Listing, Outcome, PodIdentity, RoleArn, WebIdentity, explain};

use crate::evaluation::{Evaluated, Policy};
use crate::report::{self, Entry, Finding, TrustState, Verdict};

/// The roles of AWS, and the cluster whose tokens they are to accept.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Roles")]
pub struct RoleArguments {
    /// Roles of AWS: output of `aws iam list-roles`, `aws iam get-account-authorization-details`, `terraform show -json` and
    /// others (docs/role-trust.md); can be repeated
    #[arg(long, value_name = "FILE")]
    pub roles: Vec<String>,
    /// URL of the cluster's OIDC provider
    #[arg(long, value_name = "URL", requires = "roles")]
    pub issuer: Option<String>,
}

impl RoleArguments {
    /// Reads the files. What cannot be read of a single role is printed on standard error: it is unknown then.
    pub fn listing(&self) -> Result<Listing> {
        let mut listing = Listing::default();
        for file in &self.roles {
            let bytes = std::fs::read(file).with_context(|| format!("cannot read {file}"))?;
            listing.add(file, &bytes)?;
        }
        for problem in listing.problems() {
            eprintln!("Warning: {}", crate::output::printable(&problem));
        }
        Ok(listing)
    }

    /// The issuer, which must be an address without a query ("OpenID Connect Core 1.0", Issuer Identifier).
    pub fn issuer(&self) -> Result<&str> {
        let issuer = self.issuer.as_deref().ok_or_else(|| {
            anyhow!(
                "--issuer is missing, the URL of the cluster's OIDC provider; print it with: kubectl get --raw \
                 /.well-known/openid-configuration"
            )
        })?;
        let host = issuer.strip_prefix("https://").unwrap_or(issuer);
        if host.is_empty() || host.contains("://") || host.contains([' ', '?', '#']) {
            bail!(
                "--issuer {issuer:?} is not the URL of an OIDC provider, such as https://oidc.example.com"
            );
        }
        Ok(issuer)
    }
}

/// Checks the roles of objects.
#[derive(Debug)]
pub struct TrustChecks {
    listing: Listing,
    issuer: String,
    severity: Severity,
}

impl TrustChecks {
    /// The checks; none without files of roles.
    pub fn new(arguments: &RoleArguments, policy: &Policy) -> Result<Option<Self>> {
        if arguments.roles.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            issuer: arguments.issuer()?.to_owned(),
            listing: arguments.listing()?,
            severity: policy.severity(FindingKind::RoleTrustDenied),
        }))
    }

    /// Adds to the entry what is known of the roles in the policy's answers.
    pub fn check(&self, entry: &mut Entry, answers: &[Evaluated]) {
        for answer in answers {
            let of_pod = answer.request.created_by.is_some();
            for role in &answer.roles {
                self.check_role(entry, role, of_pod);
            }
            if answer.note("identity") == Some("container credentials") {
                self.check_pod_identity(entry, of_pod);
            }
        }
    }

    fn check_role(&self, entry: &mut Entry, role: &RoleUse, of_pod: bool) {
        let RoleUse { role_arn, audience, namespace, service_account, container } = role;
        let request = WebIdentity::new(&self.issuer, namespace, service_account, audience);
        let outcome = self.listing.check(role_arn, &request);
        let named = match container {
            Some(container) => container.clone(),
            None => format!("ServiceAccount {namespace}/{service_account}"),
        };
        let problem = format!(
            "{named}: AWS does not give it the role {role_arn} for a token of {} with the audience {audience}",
            request.subject()
        );
        // An account is checked by itself, so its role does not reject a workload.
        let warn_at_most = container.is_none() && entry.pods.is_some() && !of_pod;
        let arn = RoleArn::parse(role_arn);
        self.add(entry, outcome, problem, (warn_at_most, of_pod), |causes| {
            explain(causes, arn.as_ref(), &request)
        });
    }

    /// Checks the role of the account's association of EKS Pod Identity.
    fn check_pod_identity(&self, entry: &mut Entry, of_pod: bool) {
        let namespace = entry.namespace.clone().unwrap_or_default();
        let account = entry.service_account.clone().unwrap_or_default();
        let request = WebIdentity::new(&self.issuer, &namespace, &account, "");
        let found = self.listing.associations().iter().find(|association| {
            association.namespace == namespace && association.service_account == account
        });
        let Some(association) = found else { return };
        let Some(role_arn) = &association.role_arn else { return };
        let pod_identity = PodIdentity {
            namespace: namespace.clone(),
            service_account: account.clone(),
            cluster: Some(association.cluster.clone()),
            session_tags: association.session_tags,
        };
        let outcome = self.listing.check_pod_identity(role_arn, &pod_identity);
        let problem = format!(
            "ServiceAccount {namespace}/{account}: EKS Pod Identity does not get the role {role_arn} of its association"
        );
        let arn = RoleArn::parse(role_arn);
        let warn_at_most = entry.pods.is_some() && !of_pod;
        self.add(entry, outcome, problem, (warn_at_most, of_pod), |causes| {
            explain(causes, arn.as_ref(), &request)
        });
    }

    fn add(
        &self,
        entry: &mut Entry,
        outcome: Outcome,
        problem: String,
        (warn_at_most, of_pod): (bool, bool),
        explain: impl Fn(&[aws_pod_identity_trust::Cause]) -> String,
    ) {
        let (state, reason) = match outcome {
            Outcome::Yes => (TrustState::Trusted, None),
            Outcome::Unknown(why) => (TrustState::Unknown, Some(why.to_string())),
            // One line: not every format can show several.
            Outcome::No(causes) => {
                let text = explain(&causes);
                let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
                (TrustState::NotTrusted, Some(text))
            }
        };
        if state == TrustState::NotTrusted && self.severity != Severity::Off {
            let rejects = self.severity == Severity::Reject && !warn_at_most;
            let severity = if rejects { report::Severity::Reject } else { report::Severity::Warn };
            let finding = Finding {
                id: FindingKind::RoleTrustDenied.id().to_owned(),
                severity,
                message: problem,
                remedy: reason.clone().unwrap_or_default(),
                place: None,
            };
            match entry.findings.iter_mut().find(|other| other.message == finding.message) {
                Some(other) => other.severity = other.severity.max(severity),
                None => entry.findings.push(finding),
            }
            let verdict = if rejects { Verdict::Rejected } else { Verdict::Warned };
            entry.verdict = entry.verdict.max(verdict);
            if let Some(pods) = entry.pods.as_mut().filter(|_| of_pod) {
                pods.verdict = pods.verdict.max(verdict);
            }
        }
        // What is wrong counts more than what is unknown.
        let rank = |state| match state {
            TrustState::Trusted => 0,
            TrustState::Unknown => 1,
            TrustState::NotTrusted => 2,
        };
        if entry.trust.as_ref().is_none_or(|known| rank(state) > rank(known.state)) {
            entry.trust = Some(report::Trust { state, reason });
        }
    }
}
