//! Which callers a statement covers.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use crate::arn::{ListedRoleArn, ProviderArn};
use crate::policy::{Effect, Principal, PrincipalKind, Principals};
use crate::request::{IssuerMatch, WebIdentity, compare_issuers};
use crate::truth::Truth;

/// Whether the statement covers a caller, which `named` recognizes among principals.
///
/// Everyone includes the caller when a statement denies. Whether a statement that allows everyone is enough for a
/// caller of another kind than `AWS` is not documented.
pub(crate) fn covers(
    principals: &Principals,
    effect: Effect,
    named: impl Fn(&Principal) -> Truth,
) -> Truth {
    let everyone = || match effect {
        Effect::Allow => Truth::Unknown,
        Effect::Deny => Truth::True,
    };
    match principals {
        Principals::Everyone => everyone(),
        // Trust policies do not support it.
        Principals::AllBut => Truth::Unknown,
        Principals::Only(principals) => Truth::any(principals.iter().map(|principal| {
            match (principal.kind, &*principal.value) {
                (PrincipalKind::Aws, "*") => everyone(),
                (PrincipalKind::Federated | PrincipalKind::Service, "*")
                | (PrincipalKind::Other, _) => Truth::Unknown,
                _ => named(principal),
            }
        })),
    }
}

/// Whether the principal is the cluster's OIDC provider in the account of the role.
pub(crate) fn federated(
    principal: &Principal,
    role: Option<&ListedRoleArn>,
    request: &WebIdentity,
) -> Truth {
    if principal.kind != PrincipalKind::Federated {
        return Truth::False;
    }
    let value = &*principal.value;
    // An ARN of a principal has no wildcards and no variables; IAM refuses to store one that does.
    if value.contains(['*', '?', '$']) {
        return Truth::Unknown;
    }
    let Some(provider) = ProviderArn::parse(value) else { return Truth::False };
    let same_place = role.is_none_or(|role| {
        role.account() == provider.account && role.partition() == provider.partition
    });
    match compare_issuers(provider.issuer, request.issuer()) {
        _ if !same_place => Truth::False,
        IssuerMatch::Same => Truth::True,
        IssuerMatch::Unclear => Truth::Unknown,
        IssuerMatch::TrailingSlash | IssuerMatch::Scheme | IssuerMatch::Different => Truth::False,
    }
}
