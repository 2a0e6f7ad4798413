//! Admission requests as an API server makes them, and payloads as the policy server makes them.
//!
//! They are values, so that tests can change every part of them.

use aws_pod_identity_kubernetes::kind::Kind;
use aws_pod_identity_kubernetes::request::{controller, create};
use serde_json::{Value, json};

/// The admission request about an object, made by a controller.
pub fn request(operation: &str, object: &Value, old_object: Option<&Value>) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or("v1");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let name = object["kind"].as_str().unwrap_or_default();
    let resource = format!("{}s", name.to_lowercase());
    let kind = Kind { group, name, resource: &resource };
    let mut user = controller("replicaset-controller");
    user.uid = Some("6b3c2f0d-9a54-4f3f-8a27-2f0a5f0c7f11".to_owned());
    let mut request = create(kind, version, object.clone(), user, 0);
    "1299d386-525b-4032-98ae-1949f69f9cfc".clone_into(&mut request.uid);
    operation.clone_into(&mut request.operation);
    // Empty if the API server generates it.
    request.name.get_or_insert_default();
    if let Some(old) = old_object {
        request.old_object = Some(old.clone());
        request.options = Some(json!({"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1"}));
    }
    serde_json::to_value(request).unwrap()
}

/// The payload of `validate`, with the members of every object in the order of the policy server.
pub fn payload(request: &Value, settings: &Value) -> Vec<u8> {
    let mut payload = json!({"request": request, "settings": settings});
    payload.sort_all_objects();
    payload.to_string().into_bytes()
}
