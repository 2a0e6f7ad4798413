//! `AdmissionRequest` of `admission.k8s.io/v1`, as far as the policy server passes it on.
//! <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request>

use serde::de::Error as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// Why a text is not an admission request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Not JSON.
    #[error("the request is not JSON: {0}")]
    Json(serde_json::Error),
    /// Another JSON value than an object.
    #[error("the request is not a JSON object")]
    NotAnObject,
    /// An `AdmissionReview` without a request.
    #[error("the AdmissionReview has no `request`")]
    EmptyReview,
    /// An object without a member that every admission request has.
    #[error("cannot build AdmissionRequest object from given input: {0}")]
    Incomplete(serde_json::Error),
}

/// A request as the policy server sends it to policies: without unknown keys, and without keys whose value is null. The policy
/// server sorts the keys of every object alphabetically, so the fields are declared in that order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdmissionRequest {
    /// Whether the request is a dry run, whose result is not stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<bool>,
    /// Kind of the object as the webhook sees it.
    pub kind: GroupVersionKind,
    /// Absent or empty if the API server generates the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Absent for cluster-scoped kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The object as it would be stored; absent on DELETE.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "sorted")]
    pub object: Option<Value>,
    /// The object as it is stored; absent on CREATE.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "sorted")]
    pub old_object: Option<Value>,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    pub operation: String,
    /// The options of the operation, such as `CreateOptions`.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "sorted")]
    pub options: Option<Value>,
    /// Kind in the original request, before conversion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_kind: Option<GroupVersionKind>,
    /// Resource in the original request, before conversion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_resource: Option<GroupVersionResource>,
    /// Subresource in the original request, before conversion.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_sub_resource: Option<String>,
    /// Resource of the object as the webhook sees it.
    pub resource: GroupVersionResource,
    /// Such as `ephemeralcontainers`; absent for the object itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_resource: Option<String>,
    /// Identifies the request; the response has the same.
    pub uid: String,
    /// The user who sent it.
    pub user_info: UserInfo,
}

/// A kind of object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupVersionKind {
    /// API group; empty for the core group.
    pub group: String,
    /// Kind, as in manifests.
    pub kind: String,
    /// API version.
    pub version: String,
}

/// A resource of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupVersionResource {
    /// API group; empty for the core group.
    pub group: String,
    /// Plural resource name, as in URLs.
    pub resource: String,
    /// API version.
    pub version: String,
}

/// The user who sent the request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UserInfo {
    /// Additional information of the authenticator.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "sorted")]
    pub extra: Option<Value>,
    /// Groups of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// An ID that no other user has, not even a later one with the same name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Name of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
}

impl AdmissionRequest {
    /// Reads a request, or the request inside an `AdmissionReview`.
    pub fn from_json(text: &[u8]) -> Result<Self, RequestError> {
        let value: Value = serde_json::from_slice(text).map_err(RequestError::Json)?;
        Self::from_value(value)
    }

    /// Takes a request, or the request inside an `AdmissionReview`.
    pub fn from_value(value: Value) -> Result<Self, RequestError> {
        let Value::Object(mut object) = value else {
            return Err(RequestError::NotAnObject);
        };
        let request = match object.get("kind").and_then(Value::as_str) {
            Some("AdmissionReview") => object.remove("request").ok_or(RequestError::EmptyReview)?,
            _ => Value::Object(object),
        };
        // In the order of the policy server, which names the first one.
        let required = ["uid", "kind", "resource", "operation", "userInfo"];
        if let Some(missing) = required.into_iter().find(|key| request.get(key).is_none()) {
            return Err(RequestError::Incomplete(serde_json::Error::missing_field(missing)));
        }
        serde_json::from_value(request).map_err(RequestError::Incomplete)
    }
}

#[derive(Serialize)]
struct Payload<'a> {
    request: &'a AdmissionRequest,
    settings: Sorted<'a>,
}

/// The bytes that the policy server sends to the entry point `validate`.
pub fn payload(request: &AdmissionRequest, settings: &Value) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Payload { request, settings: Sorted(settings) })
}

/// A value whose keys are written in alphabetical order.
struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                serializer.collect_map(members.into_iter().map(|(key, value)| (key, Sorted(value))))
            }
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            scalar => scalar.serialize(serializer),
        }
    }
}

#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
fn sorted<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Sorted).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> Value {
        json!({
            "uid": "1", "operation": "DELETE", "userInfo": {}, "object": null, "unknown": 1,
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
        })
    }

    #[test]
    fn a_review_is_unwrapped() {
        let review = json!({"kind": "AdmissionReview", "request": request()});
        assert_eq!(AdmissionRequest::from_value(review).unwrap().uid, "1");
    }

    #[test]
    fn a_request_without_a_review_is_unchanged() {
        assert_eq!(AdmissionRequest::from_value(request()).unwrap().uid, "1");
    }

    #[test]
    fn nulls_and_unknown_keys_do_not_reach_the_policy() {
        let sent = AdmissionRequest::from_value(request()).unwrap();
        let sent = serde_json::to_value(sent).unwrap();
        assert_eq!(sent.get("object"), None);
        assert_eq!(sent.get("unknown"), None);
    }

    #[test]
    fn a_missing_key_is_named() {
        let error = AdmissionRequest::from_value(json!({"operation": "CREATE"})).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot build AdmissionRequest object from given input: missing field `uid`"
        );
    }

    #[test]
    fn a_review_without_request_and_other_json_are_refused() {
        let error = |value| AdmissionRequest::from_value(value).unwrap_err().to_string();
        assert_eq!(
            error(json!({"kind": "AdmissionReview"})),
            "the AdmissionReview has no `request`"
        );
        assert_eq!(error(json!([])), "the request is not a JSON object");
    }

    #[test]
    fn a_payload_has_its_keys_in_alphabetical_order() {
        let request = AdmissionRequest::from_value(json!({
            "uid": "1", "operation": "CREATE", "userInfo": {}, "object": {"spec": {}, "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
        }));
        let payload = payload(&request.unwrap(), &json!({"b": 1, "a": 2})).unwrap();
        assert_eq!(
            String::from_utf8(payload).unwrap(),
            r#"{"request":{"kind":{"group":"","kind":"Pod","version":"v1"},"object":{"kind":"Pod","spec":{}},"operation":"CREATE","resource":{"group":"","resource":"pods","version":"v1"},"uid":"1","userInfo":{}},"settings":{"a":2,"b":1}}"#
        );
    }
}
