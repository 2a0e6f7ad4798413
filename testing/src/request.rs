//! Admission requests as an API server makes them, and payloads as the policy server makes them.

use serde_json::{Value, json};

/// The admission request about an object, made by a controller.
pub fn request(operation: &str, object: &Value, old_object: Option<&Value>) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or("v1");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = object["kind"].as_str().unwrap_or_default();
    let resource = format!("{}s", kind.to_lowercase());
    let kind = json!({"group": group, "version": version, "kind": kind});
    let resource = json!({"group": group, "version": version, "resource": resource});
    let mut request = json!({
        "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "operation": operation,
        "name": object.pointer("/metadata/name").unwrap_or(&json!("")),
        "namespace": object.pointer("/metadata/namespace").unwrap_or(&json!("default")),
        "userInfo": {
            "username": "system:serviceaccount:kube-system:replicaset-controller",
            "uid": "6b3c2f0d-9a54-4f3f-8a27-2f0a5f0c7f11",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
        },
        "dryRun": false,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        "object": object,
    });
    if let Some(old) = old_object {
        request["oldObject"] = old.clone();
        request["options"]["kind"] = json!("UpdateOptions");
    }
    request
}

/// The payload of `validate`, with the members of every object in the order of the policy server.
pub fn payload(request: &Value, settings: &Value) -> Vec<u8> {
    let mut payload = json!({"request": request, "settings": settings});
    payload.sort_all_objects();
    payload.to_string().into_bytes()
}
