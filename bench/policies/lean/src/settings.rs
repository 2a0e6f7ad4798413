//! The settings that the inputs of the benchmark use.

use std::borrow::Cow;

use serde::Deserialize;

/// Names and defaults are those of the policy.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings<'a> {
    #[serde(borrow)]
    pub(crate) annotation_prefix: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) audience: Cow<'a, str>,
    pub(crate) token_expiration_seconds: u32,
    #[serde(borrow)]
    pub(crate) mount_path: Cow<'a, str>,
    #[serde(borrow)]
    role_mappings: Vec<RoleMapping<'a>>,
}

/// A role for a service account without an annotation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleMapping<'a> {
    #[serde(borrow)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    service_account: Cow<'a, str>,
    #[serde(borrow)]
    role_arn: Cow<'a, str>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            annotation_prefix: Cow::Borrowed("eks.amazonaws.com"),
            audience: Cow::Borrowed("sts.amazonaws.com"),
            token_expiration_seconds: 86_400,
            mount_path: Cow::Borrowed("/var/run/secrets/eks.amazonaws.com/serviceaccount"),
            role_mappings: Vec::new(),
        }
    }
}

impl Settings<'_> {
    pub(crate) fn are_valid(&self) -> bool {
        (600..=86_400).contains(&self.token_expiration_seconds)
    }

    /// The role of the first entry of `roleMappings` that matches.
    pub(crate) fn mapped_role(&self, namespace: &str, service_account: &str) -> Option<&str> {
        let matches = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let mapping = self.role_mappings.iter().find(|mapping| {
            matches(&mapping.namespace, namespace)
                && matches(&mapping.service_account, service_account)
        });
        mapping.map(|mapping| &*mapping.role_arn)
    }
}
