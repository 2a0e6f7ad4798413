//! Objects of a list.

use aws_pod_identity_kubernetes::kind::{Kind, SERVICE_ACCOUNT};
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
