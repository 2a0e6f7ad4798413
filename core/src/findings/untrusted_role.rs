//! Findings about roles whose trust policies do not allow the tokens of the pods that use them.
//!
//! The ConfigMap of the setting `roleTrust` says which tokens a trust policy allows, not how it is written. The program, which has
//! the trust policies, has other messages: `cli/src/trust.rs`.

use std::borrow::Cow;

use super::{Checked, ContainerChecks, Findings, PodChecks};
use crate::aws::RoleArn;
use crate::aws::sts::Sts;
use crate::catalogue::FindingKind;
use crate::display::{ObjectName, Quoted, Visible};
use crate::identity::Identity;
use crate::location::MaybeLocation;
use crate::names::variable::{ROLE_ARN, WEB_IDENTITY_TOKEN_FILE};
use crate::settings::Settings;
use aws_pod_identity_trust::exported::{Decision, Exported};

/// A request to the STS of AWS: the role, and the audience of the token.
pub(crate) struct RoleRequest<'x> {
    pub(crate) role_arn: Cow<'x, str>,
    pub(crate) audience: Cow<'x, str>,
    pub(crate) named_by: NamedBy,
    /// Where the role is named.
    pub(crate) at: MaybeLocation,
}

/// What names the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The service account, or settings for it.
    Account,
    /// A container, as messages about the pod name it.
    Container(String),
}

impl<'x> RoleRequest<'x> {
    /// The request of the pods of a service account that have this identity; none if they use another STS or have no
    /// role of AWS.
    pub(crate) fn of_account(
        identity: &'x Identity<'_>,
        account: &ObjectName<'_>,
        settings: &Settings<'_>,
    ) -> Option<Self> {
        let role_arn = identity.role()?.text();
        let at = MaybeLocation::role_of_account(account, settings);
        is_for_aws(role_arn, Some(identity.sts())).then(|| Self {
            role_arn: Cow::Borrowed(role_arn),
            audience: Cow::Borrowed(&identity.token.audience),
            named_by: NamedBy::Account,
            at,
        })
    }
}

/// Whether the request is for the STS of AWS, and the role can be one of AWS.
fn is_for_aws(role_arn: &str, sts: Option<Sts>) -> bool {
    sts == Some(Sts::Aws) && RoleArn::parse(role_arn).is_ok()
}

/// The largest number of roles of a pod that are checked, so that hostile pods cost little. The answer says if a pod has more.
pub(crate) const MAX_REQUESTS: usize = 30;

impl PodChecks<'_, '_> {
    /// The requests of the containers to AWS, as far as the manifest and the plan show them, each role and audience
    /// once: the first ones, at most one more than [`MAX_REQUESTS`].
    pub(crate) fn role_requests(&self) -> Vec<RoleRequest<'_>> {
        let mut requests: Vec<RoleRequest<'_>> = Vec::new();
        for container in &self.plan.containers {
            let checks = ContainerChecks { pod: self, container };
            let Some((role_arn, audience)) = checks.role_and_audience() else { continue };
            let known = |request: &RoleRequest<'_>| {
                request.role_arn == role_arn && request.audience == audience
            };
            if requests.iter().any(known) {
                continue;
            }
            let ours = container.identity.and_then(Identity::role).map(RoleArn::text);
            let (named_by, at) = if ours == Some(&*role_arn) {
                (NamedBy::Account, MaybeLocation::role_of_account(self.account, self.settings))
            } else {
                (NamedBy::Container(checks.name()), checks.at_value(ROLE_ARN))
            };
            requests.push(RoleRequest { role_arn, audience, named_by, at });
            if requests.len() > MAX_REQUESTS {
                break;
            }
        }
        requests
    }
}

impl<'x> ContainerChecks<'x, '_> {
    /// The role, and the audience of the token, if the container certainly requests the role from AWS.
    fn role_and_audience(&self) -> Option<(Cow<'x, str>, Cow<'x, str>)> {
        let role_arn = self.container.literal(ROLE_ARN)?;
        let file = self.container.literal(WEB_IDENTITY_TOKEN_FILE)?;
        if !is_for_aws(role_arn, self.sts()) {
            return None;
        }
        let audience = self.audience_of(file).filter(|audience| !audience.is_empty())?;
        Some((Cow::Borrowed(role_arn), audience))
    }
}

/// Reports that AWS does not give the role's credentials for the token.
pub(crate) fn report_untrusted(
    request: &RoleRequest<'_>,
    decision: &Decision,
    exported: &Exported<'_>,
    object: &ObjectName<'_>,
    account: &ObjectName<'_>,
    findings: &mut Findings<'_>,
) {
    if matches!(decision, Decision::Allowed | Decision::Unknown | Decision::NotCovered) {
        return;
    }
    let checked: &dyn Checked = match &request.named_by {
        NamedBy::Account => account,
        NamedBy::Container(_) => object,
    };
    findings.report(checked, FindingKind::RoleTrustDenied, || {
        let role = Quoted(&request.role_arn);
        let named = match &request.named_by {
            NamedBy::Account => format!("its role {role}"),
            NamedBy::Container(container) => format!("{container}: {ROLE_ARN} {role}"),
        };
        let (why, remedy) = describe(decision, &request.audience, exported, account);
        let time = exported.time();
        (request.at.clone(), format!("{named} {why} (roles as of {})", Visible(&time)), remedy)
    });
}

/// The problem and the remedy.
fn describe(
    decision: &Decision,
    audience: &str,
    exported: &Exported<'_>,
    account: &ObjectName<'_>,
) -> (String, Cow<'static, str>) {
    let issuer = Visible(&exported.issuer()).to_string();
    let not_trusted = |trusted: &[String], value: &str, what: &str, claim: &str| {
        let value = Visible(value).to_string();
        let remedy = format!(
            "add {value} to the condition on {issuer}:{claim} in the trust policy of the role"
        );
        (format!("{what} {}, not {value}", list(trusted)), remedy.into())
    };
    match decision {
        Decision::RoleMissing { similar } => {
            let why = match similar {
                Some(similar) => format!("does not exist, but {} does", Quoted(similar)),
                None => "does not exist".to_owned(),
            };
            (why, "correct the ARN, or create the role".into())
        }
        Decision::AnotherSubject { trusted } => {
            not_trusted(trusted, &subject(account), "trusts", "sub")
        }
        Decision::AnotherAudience { accepted } => {
            not_trusted(accepted, audience, "accepts tokens with the audience", "aud")
        }
        Decision::Denied => (
            format!("denies tokens of {}", Visible(&subject(account))),
            "correct the Deny statement in the trust policy of the role".into(),
        ),
        _ => (
            format!("allows no tokens of the OIDC provider of this cluster, {issuer}"),
            "add a statement for this provider to the trust policy of the role, or correct the one that it has".into(),
        ),
    }
}

/// The subject of the tokens of a service account.
pub(crate) fn subject(account: &ObjectName<'_>) -> String {
    aws_pod_identity_trust::subject::subject(&account.namespace, &account.name)
}

/// The first few patterns, for a message.
fn list(patterns: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = String::new();
    for (index, pattern) in patterns.iter().enumerate() {
        if index == SHOWN {
            text.push_str(" and others");
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&Visible(pattern).to_string());
    }
    text
}
