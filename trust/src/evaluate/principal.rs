//! Which callers a statement covers.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use crate::arn::{ListedRoleArn, ProviderArn};
use crate::policy::{Effect, Principal, PrincipalKind, Principals};
use crate::request::{IssuerMatch, WebIdentity, compare_issuers};
use crate::tri::Tri;

/// Whether the statement covers a caller, which `named` recognizes among principals.
///
/// Everyone includes the caller when a statement denies. Whether a statement that allows everyone is enough for a
/// caller of another kind than `AWS` is not documented.
pub(crate) fn covers(
    principals: &Principals,
    effect: Effect,
    named: impl Fn(&Principal) -> Tri,
) -> Tri {
    let everyone = || match effect {
        Effect::Allow => Tri::Unknown,
        Effect::Deny => Tri::True,
    };
    match principals {
        Principals::Everyone => everyone(),
        // Trust policies do not support it.
        Principals::AllBut => Tri::Unknown,
        Principals::Only(principals) => {
            Tri::any(principals.iter().map(|principal| match (principal.kind, &*principal.value) {
                (PrincipalKind::Aws, "*") => everyone(),
                (PrincipalKind::Federated | PrincipalKind::Service, "*")
                | (PrincipalKind::Other, _) => Tri::Unknown,
                _ => named(principal),
            }))
        }
    }
}

/// Whether the principal is the cluster's OIDC provider in the account of the role.
pub(crate) fn federated(
    principal: &Principal,
    role: Option<&ListedRoleArn>,
    request: &WebIdentity,
) -> Tri {
    if principal.kind != PrincipalKind::Federated {
        return Tri::False;
    }
    let value = &*principal.value;
    // An ARN of a principal has no wildcards and no variables; IAM refuses to store one that does.
    if value.contains(['*', '?', '$']) {
        return Tri::Unknown;
    }
    let Some(provider) = ProviderArn::parse(value) else { return Tri::False };
    let same_place = role.is_none_or(|role| {
        role.account() == provider.account && role.partition() == provider.partition
    });
    match compare_issuers(provider.issuer, request.issuer()) {
        _ if !same_place => Tri::False,
        IssuerMatch::Same => Tri::True,
        IssuerMatch::Unclear => Tri::Unknown,
        IssuerMatch::TrailingSlash | IssuerMatch::Scheme | IssuerMatch::Different => Tri::False,
    }
}
