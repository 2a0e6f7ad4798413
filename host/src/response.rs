//! Turns a policy's answer into an admission response.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_pod_identity_kubernetes::admission::{AdmissionRequest, payload};
use aws_pod_identity_kubernetes::answer::ValidationResponse;
use aws_pod_identity_kubernetes::capabilities::HostCapabilities;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::Value;

use crate::policy::{CallError, Policy};

/// `AdmissionResponse` of `admission.k8s.io/v1`; its fields are written in the order in which `kwctl run`
/// prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionResponse {
    /// The `uid` of the request.
    pub uid: String,
    /// Whether the object is accepted.
    pub allowed: bool,
    /// `JSONPatch` if there is a patch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch_type: Option<&'static str>,
    /// JSON patch (RFC 6902) in base64; see [`mutated`](Self::mutated).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// Why the object is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// For the audit log of the API server.
    pub audit_annotations: Option<BTreeMap<String, String>>,
    /// For the user who made the request.
    pub warnings: Option<Vec<String>>,
}

/// Why an object is rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The message for the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// HTTP status code; see [`denial`](AdmissionResponse::denial) for its effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}

/// Why a patch could not be applied to its object.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// Not base64.
    #[error("the patch is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// Not a JSON patch.
    #[error("the patch is not a JSON patch: {0}")]
    Json(#[from] serde_json::Error),
    /// A JSON patch for another object.
    #[error("the patch does not fit the object: {0}")]
    Apply(#[from] json_patch::PatchError),
}

impl AdmissionResponse {
    /// Evaluates a request with the policy, and returns the response that an API server would get.
    pub fn of(
        policy: &Policy,
        request: &AdmissionRequest,
        settings: &Value,
        host: Arc<dyn HostCapabilities>,
    ) -> Self {
        match payload(request, settings) {
            Ok(payload) => Self::from_call(
                &request.uid,
                request.object.as_ref(),
                policy.call("validate", &payload, host),
            ),
            Err(error) => Self::internal_error(&request.uid, &error.to_string()),
        }
    }

    /// The host's response to the result of a call of `validate` about `object`.
    pub fn from_call(uid: &str, object: Option<&Value>, call: Result<Vec<u8>, CallError>) -> Self {
        match call {
            Ok(answer) => Self::from_answer(uid, object, &answer),
            Err(CallError::TimeLimit) => Self::rejection(
                uid,
                "the policy was interrupted: it ran longer than the host allows",
                Some(500),
            ),
            Err(error) => Self::internal_error(uid, &error.to_string()),
        }
    }

    /// The host's response to the bytes that `validate` returned about `object`.
    pub fn from_answer(uid: &str, object: Option<&Value>, answer: &[u8]) -> Self {
        match serde_json::from_slice(answer) {
            Ok(answer) => Self::from_validation(uid, object, answer),
            Err(error) => {
                Self::internal_error(uid, &format!("invalid response from policy: {error}"))
            }
        }
    }

    /// A rejection because of a failure, not because of the object.
    pub fn internal_error(uid: &str, text: &str) -> Self {
        Self::rejection(uid, &format!("internal server error: {text}"), Some(500))
    }

    fn from_validation(uid: &str, object: Option<&Value>, answer: ValidationResponse) -> Self {
        let patch = match (object, &answer.mutated_object) {
            (_, None) => None,
            (Some(object), Some(mutated)) => patch_between(object, mutated),
            (None, Some(_)) => {
                return Self::rejection(
                    uid,
                    "the policy returned a mutated object but the request has no object, as on \
                     DELETE; the host does not allow that",
                    None,
                );
            }
        };
        let has_status = answer.message.is_some() || answer.code.is_some();
        Self {
            uid: uid.to_owned(),
            allowed: answer.accepted,
            patch_type: patch.is_some().then_some("JSONPatch"),
            patch,
            status: has_status.then_some(Status { message: answer.message, code: answer.code }),
            audit_annotations: answer
                .audit_annotations
                .map(|annotations| annotations.into_iter().collect()),
            warnings: answer.warnings,
        }
    }

    fn rejection(uid: &str, message: &str, code: Option<u16>) -> Self {
        Self {
            uid: uid.to_owned(),
            status: Some(Status { message: Some(message.to_owned()), code }),
            ..Self::default()
        }
    }

    /// The message of a rejection; empty if there is none.
    pub fn message(&self) -> &str {
        let status = self.status.as_ref();
        status.and_then(|status| status.message.as_deref()).unwrap_or_default()
    }

    /// The HTTP status code and the text with which the API server denies the request, if the ClusterAdmissionPolicy
    /// is called `policy`.
    ///
    /// API servers turn a missing code, or one below 400, into 400, and print the same text for every code (`ToStatusErr` of
    /// k8s.io/apiserver). They say "Internal error occurred: failed calling webhook" only if there is no answer.
    pub fn denial(&self, policy: &str) -> Option<(u16, String)> {
        if self.allowed {
            return None;
        }
        let code = self.status.as_ref().and_then(|status| status.code);
        let denied = format!(
            "admission webhook \"clusterwide-{policy}.kubewarden.admission\" denied the request"
        );
        let text = match self.message() {
            "" => format!("{denied} without explanation"),
            message => format!("{denied}: {message}"),
        };
        Some((code.unwrap_or_default().max(400), text))
    }

    /// The object after the patch, as the API server computes it; `None` if there is no patch.
    pub fn mutated(&self, object: &Value) -> Result<Option<Value>, PatchError> {
        let Some(patch) = &self.patch else {
            return Ok(None);
        };
        let patch: json_patch::Patch = serde_json::from_slice(&STANDARD.decode(patch)?)?;
        let mut mutated = object.clone();
        json_patch::patch(&mut mutated, &patch)?;
        Ok(Some(mutated))
    }
}

/// The patch in base64, or none if the two objects are equal.
fn patch_between(object: &Value, mutated: &Value) -> Option<String> {
    let patch = json_patch::diff(object, mutated);
    if patch.is_empty() {
        return None;
    }
    serde_json::to_vec(&patch).ok().map(|text| STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answered(object: Option<&Value>, answer: &Value) -> AdmissionResponse {
        AdmissionResponse::from_answer("1", object, answer.to_string().as_bytes())
    }

    #[test]
    fn an_acceptance_prints_the_keys_that_kwctl_prints() {
        let response = answered(None, &json!({"accepted": true}));
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"uid":"1","allowed":true,"auditAnnotations":null,"warnings":null}"#
        );
    }

    #[test]
    fn a_rejection_has_message_and_code() {
        let response = answered(None, &json!({"accepted": false, "message": "no", "code": 400}));
        assert_eq!(
            serde_json::to_string(&response).unwrap(),
            r#"{"uid":"1","allowed":false,"status":{"message":"no","code":400},"auditAnnotations":null,"warnings":null}"#
        );
    }

    #[test]
    fn api_servers_deny_with_a_code_of_at_least_400() {
        for (code, expected) in [
            (json!(null), 400),
            (json!(200), 400),
            (json!(399), 400),
            (json!(400), 400),
            (json!(403), 403),
            (json!(500), 500),
        ] {
            let response =
                answered(None, &json!({"accepted": false, "message": "no", "code": code}));
            let text =
                r#"admission webhook "clusterwide-x.kubewarden.admission" denied the request: no"#;
            assert_eq!(response.denial("x"), Some((expected, text.to_owned())));
        }
        let silent = answered(None, &json!({"accepted": false})).denial("x");
        let text = r#"admission webhook "clusterwide-x.kubewarden.admission" denied the request without explanation"#;
        assert_eq!(silent, Some((400, text.to_owned())));
        assert_eq!(answered(None, &json!({"accepted": true})).denial("x"), None);
    }

    #[test]
    fn a_mutated_object_becomes_a_patch_that_leads_to_it() {
        let object = json!({"spec": {"volumes": [1]}});
        let mutated = json!({"spec": {"volumes": [1, 2]}});
        let response =
            answered(Some(&object), &json!({"accepted": true, "mutated_object": mutated}));
        assert_eq!(response.patch_type, Some("JSONPatch"));
        assert_eq!(response.mutated(&object).unwrap(), Some(mutated));
    }

    #[test]
    fn an_unchanged_object_needs_no_patch() {
        let object = json!({"spec": {}});
        let response =
            answered(Some(&object), &json!({"accepted": true, "mutated_object": object}));
        assert_eq!((response.patch_type, response.patch), (None, None));
    }

    #[test]
    fn a_mutation_of_nothing_is_refused() {
        let response = answered(None, &json!({"accepted": true, "mutated_object": {}}));
        assert!(!response.allowed);
        assert!(response.message().contains("the request has no object"));
        assert_eq!(response.status.unwrap().code, None);
    }

    #[test]
    fn an_error_of_the_guest_is_an_internal_server_error() {
        let call = Err(CallError::Guest("boom".to_owned()));
        let response = AdmissionResponse::from_call("1", None, call);
        assert_eq!(
            response.status.unwrap(),
            Status {
                message: Some("internal server error: Guest call failure: boom".to_owned()),
                code: Some(500),
            }
        );
    }

    #[test]
    fn an_answer_that_is_not_a_validation_response_is_an_internal_server_error() {
        let response = AdmissionResponse::from_answer("1", None, b"?");
        assert!(
            response.message().starts_with("internal server error: invalid response from policy: ")
        );
    }
}
