//! Reports about all roles of a listing, for one cluster.

use std::collections::BTreeSet;

use crate::inputs::{Role, Trust};
use crate::listing::Listing;
use crate::policy::{Effect, PrincipalKind, Principals};
use crate::request::without_scheme;
use crate::rules::{self, Certainty, Rule};
use crate::subject::PREFIX;

/// A role and who may assume it in the cluster: a row of a table.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// The role.
    pub role: &'a Role,
    /// Who may assume it; empty if no token of this cluster can.
    pub rules: Vec<Rule>,
}

/// A row for each role, in the order of the listing.
pub fn table<'a>(listing: &'a Listing, issuer: &str) -> Vec<Row<'a>> {
    let issuer = without_scheme(issuer);
    let roles = listing.roles().iter();
    roles.map(|role| Row { role, rules: rules::of_role(role, issuer) }).collect()
}

/// A role that more service accounts can assume than those that its policy names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroadTrust<'a> {
    /// The role.
    pub role: &'a Role,
    /// The pattern of subjects that it trusts.
    pub pattern: String,
    /// The subjects that the pattern covers.
    pub scope: SubjectScope,
}

/// The subjects that a pattern covers, with the widest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectScope {
    /// Any caller, of this cluster or not: the principal is `*`.
    Everyone,
    /// Every service account of the cluster.
    Cluster,
    /// Service accounts in more than one namespace.
    Namespaces,
    /// Every service account of that namespace.
    Namespace(String),
    /// Some service accounts of that namespace.
    Names(String),
}

/// The roles that trust a wildcard subject: a pattern, or any subject, because no condition is about it. Only
/// certain ones are reported.
pub fn broad_trusts<'a>(listing: &'a Listing, issuer: &str) -> Vec<BroadTrust<'a>> {
    let mut found = Vec::new();
    for Row { role, rules } in table(listing, issuer) {
        if trusts_everyone(role) {
            found.push(BroadTrust { role, pattern: "*".to_owned(), scope: SubjectScope::Everyone });
        }
        for rule in rules.into_iter().filter(|rule| rule.certainty == Certainty::Allow) {
            for pattern in rule.subjects {
                if let Some(scope) = scope(&pattern) {
                    found.push(BroadTrust { role, pattern, scope });
                }
            }
        }
    }
    found
}

/// Whether a statement without conditions allows everyone.
fn trusts_everyone(role: &Role) -> bool {
    let Trust::Policy(policy) = &role.trust else { return false };
    policy.statements.iter().any(|statement| {
        let everyone = match &statement.principals {
            Principals::Everyone => true,
            Principals::AllBut => false,
            Principals::Only(principals) => principals
                .iter()
                .any(|principal| principal.kind == PrincipalKind::Aws && principal.value == "*"),
        };
        everyone
            && statement.effect == Effect::Allow
            && statement.conditions.is_empty()
            && statement.unsupported.is_empty()
    })
}

/// The subjects that a pattern covers; none if it has no wildcard, or covers no service account.
fn scope(pattern: &str) -> Option<SubjectScope> {
    let wildcard = pattern.find(['*', '?'])?;
    let Some(rest) = pattern.strip_prefix(PREFIX) else {
        // The wildcard stands for at least a part of the prefix.
        let start = pattern.get(..wildcard).unwrap_or_default();
        return PREFIX.starts_with(start).then_some(SubjectScope::Cluster);
    };
    match rest.split_once(':') {
        _ if rest.trim_matches('*').trim_matches(':').trim_matches('*').is_empty() => {
            Some(SubjectScope::Cluster)
        }
        Some((namespace, name)) if !namespace.contains(['*', '?']) => {
            let namespace = namespace.to_owned();
            Some(match name {
                "*" => SubjectScope::Namespace(namespace),
                _ => SubjectScope::Names(namespace),
            })
        }
        _ => Some(SubjectScope::Namespaces),
    }
}

/// A role that trusts a service account which does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingAccount<'a> {
    /// The role.
    pub role: &'a Role,
    /// The namespace of the account.
    pub namespace: String,
    /// The name of the account.
    pub name: String,
}

/// The roles that trust service accounts which do not exist; `exists` is called for each namespace and name that a role
/// trusts.
pub fn missing_accounts<'a>(
    listing: &'a Listing,
    issuer: &str,
    exists: impl Fn(&str, &str) -> bool,
) -> Vec<MissingAccount<'a>> {
    let mut found = Vec::new();
    for Row { role, rules } in table(listing, issuer) {
        let subjects: BTreeSet<String> = rules
            .into_iter()
            .filter(|rule| rule.certainty != Certainty::Deny)
            .flat_map(|rule| rule.subjects)
            .collect();
        for subject in subjects.iter().filter(|subject| !subject.contains(['*', '?'])) {
            let account = subject.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':'));
            let Some((namespace, name)) = account else { continue };
            if !exists(namespace, name) {
                found.push(MissingAccount {
                    role,
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{SubjectScope as S, scope};

    #[test]
    fn patterns_are_classified_by_the_subjects_that_they_cover() {
        for (pattern, expected) in [
            ("*", Some(S::Cluster)),
            ("system:*", Some(S::Cluster)),
            ("system:serviceaccount:*", Some(S::Cluster)),
            ("system:serviceaccount:*:*", Some(S::Cluster)),
            ("system:serviceaccount:*:api", Some(S::Namespaces)),
            ("system:serviceaccount:team-*:api", Some(S::Namespaces)),
            ("system:serviceaccount:team-*", Some(S::Namespaces)),
            ("system:serviceaccount:shop:*", Some(S::Namespace("shop".into()))),
            ("system:serviceaccount:shop:api-*", Some(S::Names("shop".into()))),
            ("system:serviceaccount:shop:api", None),
            ("system:node:*", None),
        ] {
            assert_eq!(scope(pattern), expected, "{pattern}");
        }
    }
}
