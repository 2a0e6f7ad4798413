//! Findings about roles whose trust policies do not allow the tokens of the pods that use them.
//!
//! The ConfigMap of the setting `roleTrust` says which tokens a trust policy allows, not how it is written. The program, which has
//! the trust policies, has other messages: `cli/src/trust.rs`.

use std::borrow::Cow;

use super::role_requests::{NamedBy, RoleRequest};
use super::{Checked, Findings};
use crate::catalogue::FindingKind;
use crate::display::{ObjectName, Quoted, Visible};
use crate::names::variable::ROLE_ARN;
use aws_pod_identity_trust::exported::{Decision, Exported};

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
