//! The settings that the inputs of the benchmark use.

use kubewarden_policy_sdk::settings::Validatable;
use serde::Deserialize;

/// Names and defaults are those of the policy.
#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) annotation_prefix: String,
    pub(crate) audience: String,
    pub(crate) token_expiration_seconds: i64,
    pub(crate) mount_path: String,
    role_mappings: Vec<RoleMapping>,
}

/// A role for a service account without an annotation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleMapping {
    namespace: String,
    service_account: String,
    role_arn: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            annotation_prefix: "eks.amazonaws.com".to_owned(),
            audience: "sts.amazonaws.com".to_owned(),
            token_expiration_seconds: 86_400,
            mount_path: "/var/run/secrets/eks.amazonaws.com/serviceaccount".to_owned(),
            role_mappings: Vec::new(),
        }
    }
}

impl Settings {
    /// The role of the first entry of `roleMappings` that matches.
    pub(crate) fn mapped_role(&self, namespace: &str, service_account: &str) -> Option<String> {
        let matches = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        let mapping = self.role_mappings.iter().find(|mapping| {
            matches(&mapping.namespace, namespace)
                && matches(&mapping.service_account, service_account)
        });
        mapping.map(|mapping| mapping.role_arn.clone())
    }
}

impl Validatable for Settings {
    fn validate(&self) -> Result<(), String> {
        if (600..=86_400).contains(&self.token_expiration_seconds) {
            Ok(())
        } else {
            Err("tokenExpirationSeconds must be from 600 to 86400".to_owned())
        }
    }
}
