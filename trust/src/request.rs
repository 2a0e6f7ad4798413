//! The callers that ask AWS for credentials.

use crate::arn::{ListedRoleArn, ProviderArn};
use crate::subject::subject;

/// The name of IAM's context keys that a token of Kubernetes fills ends in one of these.
pub(crate) const CLAIMS: [&str; 3] = ["sub", "aud", "amr"];

/// A pod that calls `sts:AssumeRoleWithWebIdentity` with a token of its service account.
///
/// The token's claims are those of Kubernetes ("Managing Service Accounts"): `sub` is
/// `system:serviceaccount:<namespace>:<name>`, `aud` is the audience of the projected volume, and there is neither
/// `azp`, which IAM would prefer to `aud` for the key `:aud`, nor `amr` ("IAM and AWS STS condition context keys").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebIdentity {
    issuer: String,
    namespace: String,
    service_account: String,
    audience: String,
    subject: String,
}

impl WebIdentity {
    /// A token of that service account with that audience. `https://` before the issuer is removed.
    pub fn new(issuer: &str, namespace: &str, service_account: &str, audience: &str) -> Self {
        Self {
            issuer: without_scheme(issuer).to_owned(),
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            audience: audience.to_owned(),
            subject: subject(namespace, service_account),
        }
    }

    /// The cluster's issuer, without `https://`: as it is in the ARN of the provider and in condition keys.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The namespace of the service account.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the service account.
    pub fn service_account(&self) -> &str {
        &self.service_account
    }

    /// The token's audience.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// `system:serviceaccount:<namespace>:<name>`
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The ARN that the cluster's provider has in the account of the role.
    pub(crate) fn provider(&self, role: &ListedRoleArn) -> String {
        let (partition, account) = (role.partition(), role.account());
        ProviderArn { partition, account, issuer: &self.issuer }.to_string()
    }
}

/// A service account that EKS Pod Identity gives a role to.
///
/// The session tags are those of the Amazon EKS User Guide, "Grant Pods access to AWS resources based on tags".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodIdentity {
    /// The namespace of the service account.
    pub namespace: String,
    /// The name of the service account.
    pub service_account: String,
    /// The name of the cluster, if it is known.
    pub cluster: Option<String>,
    /// Whether EKS sends session tags, if it is known: the association can turn them off.
    pub session_tags: Option<bool>,
}

pub(crate) fn without_scheme(issuer: &str) -> &str {
    issuer.strip_prefix("https://").unwrap_or(issuer)
}

/// How the issuer that a policy names relates to the cluster's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssuerMatch {
    Same,
    /// They may be the same to AWS, or not.
    Unclear,
    /// The policy's issuer has a slash at the end that the cluster's does not have.
    TrailingSlash,
    /// The policy's issuer has `https://` (or `http://`) before it.
    Scheme,
    Different,
}

/// Compares the issuer that a policy names with the cluster's.
pub(crate) fn compare_issuers(named: &str, cluster: &str) -> IssuerMatch {
    if named == cluster {
        return IssuerMatch::Same;
    }
    let scheme = ["https://", "http://", "https:", "HTTPS://"];
    if let Some(bare) = scheme.into_iter().find_map(|scheme| named.strip_prefix(scheme)) {
        return match compare_issuers(bare, cluster) {
            IssuerMatch::Different => IssuerMatch::Different,
            _ => IssuerMatch::Scheme,
        };
    }
    // Host names are not case-sensitive, paths are: EKS writes the cluster's identifier in capitals.
    if named.eq_ignore_ascii_case(cluster) {
        return IssuerMatch::Unclear;
    }
    if named.strip_suffix('/').is_some_and(|bare| bare.eq_ignore_ascii_case(cluster)) {
        return IssuerMatch::TrailingSlash;
    }
    // A trailing slash is often a mistake in the given issuer, not in the policy.
    if cluster.strip_suffix('/').is_some_and(|bare| bare.eq_ignore_ascii_case(named)) {
        return IssuerMatch::Unclear;
    }
    // EKS serves an issuer under a second name, for IPv6.
    let (named_host, named_path) = named.split_once('/').unwrap_or((named, ""));
    let (host, path) = cluster.split_once('/').unwrap_or((cluster, ""));
    let dual_stack = |host: &str| host.starts_with("oidc-eks.") && host.ends_with(".api.aws");
    if (dual_stack(named_host) || dual_stack(host)) && named_path.eq_ignore_ascii_case(path) {
        return IssuerMatch::Unclear;
    }
    IssuerMatch::Different
}

#[cfg(test)]
mod tests {
    use super::{IssuerMatch as M, compare_issuers};

    #[test]
    fn an_issuer_is_the_same_only_with_the_same_spelling() {
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";
        for (named, cluster, expected) in [
            (eks, eks, M::Same),
            ("oidc.eks.eu-west-1.amazonaws.com/id/aaaa1111", eks, M::Unclear),
            ("oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111/", eks, M::TrailingSlash),
            ("https://oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111", eks, M::Scheme),
            ("https://oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111/", eks, M::Scheme),
            ("https://oidc.eks.eu-west-1.amazonaws.com/id/BBBB2222", eks, M::Different),
            ("oidc.eks.eu-west-1.amazonaws.com/id/BBBB2222", eks, M::Different),
            ("oidc.eks.eu-west-2.amazonaws.com/id/AAAA1111", eks, M::Different),
            ("oidc-eks.eu-west-1.api.aws/id/AAAA1111", eks, M::Unclear),
            ("example.com", "example.com/", M::Unclear),
            ("", eks, M::Different),
        ] {
            assert_eq!(compare_issuers(named, cluster), expected, "{named}");
        }
    }
}
