//! What a policy answers, as the policy server reads it: "Policy communication specification" of the Kubewarden
//! documentation. Like the policy server, they ignore unknown keys. The crate `kubewarden-policy-sdk` has the same types, and about fifty dependencies. The tests with kwctl
//! and with a policy server verify that the real programs read the answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to `validate`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidationResponse {
    /// Whether the object may pass.
    pub accepted: bool,
    /// For the user, when the object may not pass.
    pub message: Option<String>,
    /// HTTP status code, when the object may not pass.
    pub code: Option<u16>,
    /// The object that takes the place of the one in the request.
    pub mutated_object: Option<Value>,
    /// For the audit log of the API server.
    pub audit_annotations: Option<BTreeMap<String, String>>,
    /// For the user who made the request.
    pub warnings: Option<Vec<String>>,
}

/// The answer to `validate_settings`.
#[derive(Clone, Debug, Deserialize)]
pub struct SettingsValidationResponse {
    /// Whether the policy accepts the settings.
    pub valid: bool,
    /// Why not.
    pub message: Option<String>,
}
