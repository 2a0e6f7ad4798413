//! Objects of a list.

use aws_pod_identity_kubernetes::kind::{Kind, SERVICE_ACCOUNT};
use aws_pod_identity_kubernetes::object::text_at;
use serde_json::{Value, json};

/// Adds `apiVersion` and `kind`, which lists leave out.
pub(super) fn with_kind(mut object: Value, api_version: &str, kind: &str) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.insert("apiVersion".to_owned(), api_version.into());
        members.insert("kind".to_owned(), kind.into());
    }
    object
}

/// The object with `apiVersion` and `kind`, and without large parts that the policy does not read.
pub(super) fn complete(mut object: Value, kind: Kind<'static>, version: &str) -> Value {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if kind == SERVICE_ACCOUNT {
        let metadata = |key: &str| object.pointer(&format!("/metadata/{key}")).cloned();
        let mut annotations = metadata("annotations");
        if let Some(annotations) = annotations.as_mut().and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        object = json!({"metadata": {
            "name": metadata("name"), "namespace": metadata("namespace"), "labels": metadata("labels"),
            "annotations": annotations, "deletionTimestamp": metadata("deletionTimestamp"),
        }});
    }
    let api_version = match kind.group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    with_kind(object, &api_version, kind.name)
}

/// Whether the pod or Job has finished.
pub(super) fn is_finished(kind: Kind<'static>, object: &Value) -> bool {
    match kind.name {
        "Pod" => matches!(text_at(object, "/status/phase"), "Succeeded" | "Failed"),
        "Job" => {
            let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
            conditions.into_iter().flatten().any(|condition| {
                let is_end = matches!(text_at(condition, "/type"), "Complete" | "Failed");
                is_end && text_at(condition, "/status") == "True"
            })
        }
        _ => false,
    }
}
