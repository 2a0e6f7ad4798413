//! The value of a condition key in a request.
//!
//! Source: IAM User Guide, "IAM and AWS STS condition context keys" (keys of OIDC providers are
//! `<issuer without https://>:<claim>`) and "IAM JSON policy elements: Condition" (names are not case-sensitive).

use crate::request::{CLAIMS, IssuerMatch, PodIdentity, WebIdentity, compare_issuers};

/// The value of a key in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InRequest<'a> {
    Value(&'a str),
    /// The request does not have the key.
    Absent,
    /// The value is not known.
    Unknown,
}

/// The meaning of a key in a trust policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyMeaning {
    /// A claim of the cluster's tokens: `sub`, `aud` or `amr`.
    Claim(Claim),
    /// A claim of the tokens of an issuer that is not the cluster's, or is not written as IAM writes it.
    OtherIssuer(IssuerMismatch),
    /// Anything else.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    Subject,
    Audience,
    Methods,
}

/// Why a key is not one of the cluster's issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssuerMismatch {
    /// `https://` before the cluster's issuer.
    Scheme,
    /// The provider's ARN instead of the issuer.
    Arn,
    /// A slash after the cluster's issuer.
    TrailingSlash,
    /// Another issuer.
    AnotherIssuer,
}

/// The meaning of the key for a cluster with that issuer.
pub(crate) fn named(key: &str, issuer: &str) -> KeyMeaning {
    let key = key.to_ascii_lowercase();
    let Some((prefix, claim)) = key.rsplit_once(':') else { return KeyMeaning::Other };
    if !CLAIMS.contains(&claim) {
        return KeyMeaning::Other;
    }
    let issuer = issuer.to_ascii_lowercase();
    if prefix.starts_with("arn:") {
        return match prefix.split_once(":oidc-provider/") {
            Some((_, named)) => match compare_issuers(named, &issuer) {
                IssuerMatch::Unclear => KeyMeaning::Other,
                IssuerMatch::Different => KeyMeaning::OtherIssuer(IssuerMismatch::AnotherIssuer),
                _ => KeyMeaning::OtherIssuer(IssuerMismatch::Arn),
            },
            None => KeyMeaning::Other,
        };
    }
    match compare_issuers(prefix, &issuer) {
        IssuerMatch::Same => KeyMeaning::Claim(match claim {
            "sub" => Claim::Subject,
            "aud" => Claim::Audience,
            _ => Claim::Methods,
        }),
        IssuerMatch::TrailingSlash => KeyMeaning::OtherIssuer(IssuerMismatch::TrailingSlash),
        IssuerMatch::Scheme => KeyMeaning::OtherIssuer(IssuerMismatch::Scheme),
        IssuerMatch::Different if is_issuer(prefix) => {
            KeyMeaning::OtherIssuer(IssuerMismatch::AnotherIssuer)
        }
        // `aws:…`, `saml:aud`, and others that AWS may fill in.
        IssuerMatch::Different | IssuerMatch::Unclear => KeyMeaning::Other,
    }
}

/// Whether the text begins with the name of a host, as issuers do.
fn is_issuer(text: &str) -> bool {
    let text = text.strip_prefix("https://").unwrap_or(text);
    let host = text.split('/').next().unwrap_or_default();
    host.contains('.')
        && !host.starts_with('.')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// The value of a key in a pod's request with a token of its service account.
pub(crate) fn of_web_identity<'a>(key: &str, request: &'a WebIdentity) -> InRequest<'a> {
    match named(key, request.issuer()) {
        KeyMeaning::Claim(Claim::Subject) => InRequest::Value(request.subject()),
        KeyMeaning::Claim(Claim::Audience) => InRequest::Value(request.audience()),
        // Tokens of Kubernetes have no `amr`, and a request has the claims of one issuer.
        KeyMeaning::Claim(Claim::Methods) | KeyMeaning::OtherIssuer(_) => InRequest::Absent,
        KeyMeaning::Other => InRequest::Unknown,
    }
}

/// The value of a key in a request of EKS Pod Identity; `tags` says whether it has session tags.
pub(crate) fn of_pod_identity<'a>(
    key: &str,
    request: &'a PodIdentity,
    tags: bool,
) -> InRequest<'a> {
    let value = match &*key.to_ascii_lowercase() {
        "aws:requesttag/kubernetes-namespace" => Some(&*request.namespace),
        "aws:requesttag/kubernetes-service-account" => Some(&*request.service_account),
        "aws:requesttag/eks-cluster-name" => request.cluster.as_deref(),
        _ => return InRequest::Unknown,
    };
    match value {
        _ if !tags => InRequest::Absent,
        Some(value) => InRequest::Value(value),
        None => InRequest::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim as C, IssuerMismatch as E, KeyMeaning as N, named};

    #[test]
    fn a_key_is_a_claim_only_with_the_issuer_of_the_cluster() {
        let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/AAAA1111";
        let other = "oidc.eks.eu-west-1.amazonaws.com/id/BBBB2222";
        for (key, expected) in [
            (format!("{issuer}:sub"), N::Claim(C::Subject)),
            (format!("{issuer}:AUD"), N::Claim(C::Audience)),
            (format!("{issuer}:amr"), N::Claim(C::Methods)),
            (format!("{}:sub", issuer.to_lowercase()), N::Claim(C::Subject)),
            (format!("{issuer}:email"), N::Other),
            (format!("{issuer}:"), N::Other),
            (issuer.to_owned(), N::Other),
            (format!("{issuer}/:sub"), N::OtherIssuer(E::TrailingSlash)),
            (format!("https://{issuer}:sub"), N::OtherIssuer(E::Scheme)),
            (
                format!("arn:aws:iam::111122223333:oidc-provider/{issuer}:sub"),
                N::OtherIssuer(E::Arn),
            ),
            (
                format!("arn:aws:iam::111122223333:oidc-provider/{other}:sub"),
                N::OtherIssuer(E::AnotherIssuer),
            ),
            (format!("{other}:sub"), N::OtherIssuer(E::AnotherIssuer)),
            ("oidc-eks.eu-west-1.api.aws/id/AAAA1111:sub".to_owned(), N::Other),
            (
                "token.actions.githubusercontent.com:aud".to_owned(),
                N::OtherIssuer(E::AnotherIssuer),
            ),
            ("aws:SourceIp".to_owned(), N::Other),
            ("saml:aud".to_owned(), N::Other),
            ("sts:sub".to_owned(), N::Other),
            ("${oidc}:sub".to_owned(), N::Other),
        ] {
            assert_eq!(named(&key, issuer), expected, "{key}");
        }
    }
}
