//! The setting `allowedRoles`: which namespaces may use which roles.

use std::borrow::Cow;

use crate::glob::{matches, starts_alike};
use aws_pod_identity_json::Error;

use super::check;
use super::keys::keys;
use super::read::Field;

/// Which namespaces may use which roles. Without entries, every namespace may use every role.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedRoles<'a>(Vec<AllowedRole<'a>>);

/// An entry of the setting.
#[derive(Clone, Debug, Default)]
pub(super) struct AllowedRole<'a> {
    namespaces: Vec<Cow<'a, str>>,
    role_arns: Vec<Cow<'a, str>>,
}

impl<'a> AllowedRoles<'a> {
    /// Whether a service account may use a role.
    pub(crate) fn allow(&self, namespace: &str, service_account: &str, role_arn: &str) -> bool {
        let covers = |pattern: &Cow<'a, str>| {
            if !pattern.contains('{') {
                return matches(pattern, role_arn);
            }
            let replaced = || {
                let pattern = pattern.replace("{namespace}", namespace);
                pattern.replace("{serviceAccount}", service_account)
            };
            starts_alike(pattern, role_arn) && matches(&replaced(), role_arn)
        };
        self.0.is_empty()
            || self.0.iter().any(|entry| {
                entry.namespaces.iter().any(|pattern| matches(pattern, namespace))
                    && entry.role_arns.iter().any(covers)
            })
    }

    pub(super) fn read(field: &mut Field<'_, 'a>) -> Result<Self, Error> {
        let mut entries = Vec::new();
        field.elements(&mut |field| {
            let problems = field.problem_count();
            let mut entry = AllowedRole::default();
            field.members(&mut |field| entry.read_key(field))?;
            let complete = !entry.namespaces.is_empty() && !entry.role_arns.is_empty();
            field.require(
                complete,
                problems,
                "namespaces and roleArns are required, each a list of at least one pattern",
            );
            entries.push(entry);
            Ok(())
        })?;
        Ok(Self(entries))
    }
}

keys! {
    AllowedRole {
        "namespaces" => |entry, field| field.patterns(&mut entry.namespaces, check::name_pattern),
        "roleArns" => |entry, field| field.patterns(&mut entry.role_arns, role_pattern),
    }
}

fn role_pattern(pattern: &str) -> Result<(), &'static str> {
    let bare = pattern.replace("{namespace}", "").replace("{serviceAccount}", "");
    if bare.contains(['{', '}']) {
        return Err("has an unknown variable in braces; use {namespace} or {serviceAccount}");
    }
    // With fewer colons, it cannot match an ARN, because '*' does not match colons.
    if pattern.split(':').count() < 6
        || !matches(pattern.split(':').next().unwrap_or_default(), "arn")
    {
        return Err("cannot match a role ARN, because '*' does not match colons; use the form \
                    arn:<partition>:iam::<account>:role/<path and name>");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{AllowedRole, AllowedRoles};

    #[test]
    fn an_entry_allows_its_roles_to_its_namespaces() {
        let allowed = AllowedRoles(vec![
            AllowedRole {
                namespaces: vec!["team-*".into()],
                role_arns: vec![
                    "arn:aws:iam::123456789012:role/{namespace}/{serviceAccount}-*".into(),
                ],
            },
            AllowedRole {
                namespaces: vec!["platform".into()],
                role_arns: vec!["arn:aws:iam::*:role/*".into()],
            },
        ]);
        for (namespace, account, role, expected) in [
            ("team-a", "api", "arn:aws:iam::123456789012:role/team-a/api-reader", true),
            ("team-a", "api", "arn:aws:iam::123456789012:role/team-b/api-reader", false),
            ("team-a", "web", "arn:aws:iam::123456789012:role/team-a/api-reader", false),
            ("team-a", "api", "arn:aws:iam::999999999999:role/team-a/api-reader", false),
            ("platform", "x", "arn:aws:iam::999999999999:role/anything", true),
            ("other", "api", "arn:aws:iam::123456789012:role/other/api-reader", false),
        ] {
            assert_eq!(allowed.allow(namespace, account, role), expected, "{namespace} {role}");
        }
        assert!(AllowedRoles::default().allow("any", "any", "any"));
    }
}
