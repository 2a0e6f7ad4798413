//! The answers of a policy, as the policy server reads them ("Policy communication specification", Kubewarden documentation):
//! unknown keys are ignored. The crate `kubewarden-policy-sdk` has the same types, but about fifty dependencies. The tests with
//! kwctl and with a policy server verify that the real programs read the answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The answer to `validate`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ValidationResponse {
    /// Whether the object is accepted.
    pub accepted: bool,
    /// For the user, if the object is rejected.
    pub message: Option<String>,
    /// HTTP status code, if the object is rejected.
    pub code: Option<u16>,
    /// The changed object, which replaces the one in the request.
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
    /// Why it does not.
    pub message: Option<String>,
}
