//! What is wrong with the principals of a statement.

use super::distance::distance;
use super::{Cause, ProviderMistake, provider_arn};
use crate::arn::ProviderArn;
use crate::evaluate::Scope;
use crate::policy::{Principal, PrincipalKind, Principals, Statement};
use crate::request::{IssuerMatch, compare_issuers, without_scheme};

/// What is wrong with the principals of a statement that does not cover the caller.
pub(super) fn of_principals(scope: &Scope<'_>, statement: &Statement) -> Cause {
    let Principals::Only(principals) = &statement.principals else { return Cause::NoStatement };
    let values = |kind| -> Vec<String> {
        let of_kind = principals.iter().filter(|principal| principal.kind == kind);
        of_kind.map(|principal| principal.value.clone()).collect()
    };
    let provider = |mistake, found| Cause::Provider { found, mistake, expected: expected(scope) };
    let nearest = principals
        .iter()
        .filter_map(|principal| provider_mistake(scope, principal))
        .min_by_key(|mistake| distance(&provider(*mistake, Vec::new())));
    match nearest {
        Some(ProviderMistake::UnderAws) => {
            provider(ProviderMistake::UnderAws, values(PrincipalKind::Aws))
        }
        Some(mistake) => provider(mistake, values(PrincipalKind::Federated)),
        None => match (values(PrincipalKind::Service), values(PrincipalKind::Aws)) {
            (services, principals) if services.is_empty() && principals.is_empty() => {
                Cause::NoStatement
            }
            (services, principals) if services.is_empty() => Cause::Aws { principals },
            (services, _) => Cause::Service { services },
        },
    }
}

/// The ARN of the cluster's provider in the account of the role.
fn expected(scope: &Scope<'_>) -> String {
    provider_arn(scope.role, scope.request)
}

fn provider_mistake(scope: &Scope<'_>, principal: &Principal) -> Option<ProviderMistake> {
    let issuer = scope.request.issuer();
    let value = &*principal.value;
    let provider = ProviderArn::parse(value);
    match principal.kind {
        PrincipalKind::Federated => {}
        PrincipalKind::Aws if provider.is_some() => return Some(ProviderMistake::UnderAws),
        _ => return None,
    }
    let Some(provider) = provider else {
        return Some(match compare_issuers(without_scheme(value), issuer) {
            IssuerMatch::Different => ProviderMistake::AnotherIssuer,
            _ => ProviderMistake::NotArn,
        });
    };
    Some(match compare_issuers(provider.issuer, issuer) {
        IssuerMatch::Scheme => ProviderMistake::Scheme,
        IssuerMatch::TrailingSlash => ProviderMistake::TrailingSlash,
        IssuerMatch::Different => another_issuer(provider.issuer, issuer),
        IssuerMatch::Same | IssuerMatch::Unclear => {
            if scope.role.is_some_and(|role| role.account() == provider.account) {
                ProviderMistake::Partition
            } else {
                ProviderMistake::Account
            }
        }
    })
}

fn another_issuer(named: &str, cluster: &str) -> ProviderMistake {
    let parts = |issuer| without_scheme(issuer).split_once('/').unwrap_or((issuer, ""));
    let ((named_host, named_path), (host, path)) = (parts(named), parts(cluster));
    if named_path == path && path.starts_with("id/") {
        ProviderMistake::AnotherHost
    } else if named_host == host || named_host.starts_with("oidc.eks.") {
        ProviderMistake::AnotherCluster
    } else {
        ProviderMistake::AnotherIssuer
    }
}
