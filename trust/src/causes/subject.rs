//! What is wrong with a value for the subject.
//!
//! Source: Kubernetes, "Managing Service Accounts" and "Authenticating": `system:serviceaccount:<namespace>:<name>`.

use super::{Cause, SubjectMistake, typo};
use crate::glob;
use crate::request::WebIdentity;
use crate::subject::PREFIX;

/// What is wrong with a value that is meant for the service account; none if it is meant for another one.
pub(super) fn mistake(value: &str, request: &WebIdentity) -> Option<SubjectMistake> {
    let subject = request.subject();
    let bare = value.trim().trim_matches(['"', '\'']).trim();
    if bare != value && glob::matches(bare, subject) {
        return Some(SubjectMistake::Surroundings);
    }
    if value.eq_ignore_ascii_case(subject) {
        return Some(SubjectMistake::Case);
    }
    let (namespace, name) = (request.namespace(), request.service_account());
    let mut parts = value.rsplit([':', '/']);
    let (last, before) = (parts.next()?, parts.next());
    if (last, before) == (name, Some(namespace)) {
        return Some(SubjectMistake::Prefix);
    }
    let rest = value.strip_prefix(PREFIX)?;
    if (last, before) == (namespace, Some(name)) {
        return Some(SubjectMistake::Swapped);
    }
    match rest.strip_suffix(':').unwrap_or(rest) {
        rest if rest == namespace => Some(SubjectMistake::NoName),
        rest if rest.strip_prefix(':').unwrap_or(rest) == name => Some(SubjectMistake::NoNamespace),
        _ => None,
    }
}

/// The cause for a policy that trusts other subjects.
pub(super) fn another(trusted: Vec<String>, request: &WebIdentity, key: &str) -> Cause {
    let parts = trusted.iter().filter_map(|value| value.strip_prefix(PREFIX)?.split_once(':'));
    let is_namespace = |pattern: &str| glob::matches(pattern, request.namespace());
    let is_name = |pattern: &str| glob::matches(pattern, request.service_account());
    let other_namespace =
        parts.clone().any(|(namespace, name)| is_name(name) && !is_namespace(namespace));
    let other_name =
        parts.clone().any(|(namespace, name)| is_namespace(namespace) && !is_name(name));
    let typo = trusted.iter().find(|value| typo::is_typo(value, request.subject())).cloned();
    Cause::AnotherSubject {
        other_namespace,
        other_name,
        typo,
        expected: request.subject().to_owned(),
        key: key.to_owned(),
        trusted,
    }
}

#[cfg(test)]
mod tests {
    use super::{SubjectMistake as M, WebIdentity, mistake};

    #[test]
    fn values_that_are_meant_for_the_account_are_recognized() {
        let request = WebIdentity::new("example.com", "shop", "api", "sts.amazonaws.com");
        for (value, expected) in [
            ("system:serviceaccount:shop:api ", Some(M::Surroundings)),
            ("\"system:serviceaccount:shop:api\"", Some(M::Surroundings)),
            ("system:serviceaccount:shop:*\n", Some(M::Surroundings)),
            ("system:serviceaccount:Shop:api", Some(M::Case)),
            ("system:serviceaccount:api:shop", Some(M::Swapped)),
            ("system:serviceaccounts:shop:api", Some(M::Prefix)),
            ("system:service-account:shop:api", Some(M::Prefix)),
            ("system:serviceaccount:shop/api", Some(M::Prefix)),
            ("serviceaccount:shop:api", Some(M::Prefix)),
            ("shop:api", Some(M::Prefix)),
            ("shop/api", Some(M::Prefix)),
            ("system:serviceaccount:shop", Some(M::NoName)),
            ("system:serviceaccount:shop:", Some(M::NoName)),
            ("system:serviceaccount:api", Some(M::NoNamespace)),
            ("system:serviceaccount::api", Some(M::NoNamespace)),
            ("system:serviceaccount:shop:web", None),
            ("system:serviceaccount:default:api", None),
            ("api:shop", None),
            ("", None),
        ] {
            assert_eq!(mistake(value, &request), expected, "{value}");
        }
    }
}
