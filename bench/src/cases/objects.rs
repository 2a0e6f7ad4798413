//! The objects of the requests: an ordinary pod, and variants of it.

use aws_pod_identity_kubernetes::yaml;
use serde_json::{Map, Value, json};

const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/payments/checkout";
const VOLUME: &str = "aws-iam-token";
const MOUNT_PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

/// A pod of about 9,000 bytes with three containers.
pub fn pod() -> anyhow::Result<Value> {
    Ok(yaml::manifest(include_str!("../../inputs/pod.yaml"))?)
}

/// The pod's service account; an annotation names its role.
pub fn service_account() -> anyhow::Result<Value> {
    Ok(yaml::manifest(include_str!("../../inputs/service-account.yaml"))?)
}

/// The service account without the annotation.
pub fn service_account_without_role() -> anyhow::Result<Value> {
    let mut account = service_account()?;
    if let Some(annotations) = map(&mut account, "/metadata/annotations") {
        annotations.retain(|key, _| !key.starts_with("eks.amazonaws.com/"));
    }
    Ok(account)
}

/// The pod after the injection.
pub fn expected_injection(pod: &Value) -> Value {
    let mut pod = pod.clone();
    for container in list(&mut pod, "/spec/containers").into_iter().flatten() {
        push(container, "/env", json!({"name": "AWS_ROLE_ARN", "value": ROLE_ARN}));
        let token = format!("{MOUNT_PATH}/token");
        push(container, "/env", json!({"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": token}));
        let mount = json!({"name": VOLUME, "readOnly": true, "mountPath": MOUNT_PATH});
        push(container, "/volumeMounts", mount);
    }
    let token =
        json!({"audience": "sts.amazonaws.com", "expirationSeconds": 86400, "path": "token"});
    let sources = json!([{"serviceAccountToken": token}]);
    push(&mut pod, "/spec/volumes", json!({"name": VOLUME, "projected": {"sources": sources}}));
    pod
}

/// The pod with three findings.
pub fn misconfigured(pod: &Value) -> Value {
    let mut pod = pod.clone();
    if let Some(annotations) = map(&mut pod, "/metadata/annotations") {
        annotations.insert("eks.amazonaws.com/token-expiration".to_owned(), json!("1h"));
        annotations.insert("eks.amazonaws.com/skip-containers".to_owned(), json!(""));
    }
    push(&mut pod, "/spec/volumes", json!({"name": VOLUME, "emptyDir": {}}));
    pod
}

/// The service account with two findings.
pub fn misconfigured_account(account: &Value) -> Value {
    let mut account = account.clone();
    if let Some(annotations) = map(&mut account, "/metadata/annotations") {
        annotations.insert("eks.amazonaws.com/audience".to_owned(), json!(""));
        annotations.insert("eks.amazonaws.com/sts-regional-endpoints".to_owned(), json!("on"));
    }
    account
}

/// A Deployment whose template is the pod.
pub fn deployment(pod: &Value) -> Value {
    let member = |pointer| pod.pointer(pointer).cloned().unwrap_or_default();
    let labels = member("/metadata/labels");
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "checkout", "namespace": "payments", "labels": labels},
        "spec": {
            "replicas": 3,
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
            "selector": {"matchLabels": {"app.kubernetes.io/name": "checkout"}},
            "template": {
                "metadata": {"labels": labels, "annotations": member("/metadata/annotations")},
                "spec": member("/spec"),
            },
        },
        "status": {},
    })
}

/// The pod with copies of its first container, made larger until the pod has that many bytes.
pub fn with_containers(pod: &Value, count: usize, bytes: usize) -> Option<Value> {
    let mut pod = pod.clone();
    let mut first = pod.pointer("/spec/containers/0")?.clone();
    *list(&mut pod, "/spec/containers")? = Vec::new();
    let mut number = 0;
    while first.to_string().len() * count + pod.to_string().len() < bytes {
        let value = "https://flags.example.com/payments/production/checkout";
        push(&mut first, "/env", json!({"name": format!("FEATURE_{number}"), "value": value}));
        number += 1;
    }
    for number in 0..count {
        let mut container = first.clone();
        map(&mut container, "")?.insert("name".to_owned(), format!("app-{number}").into());
        push(&mut pod, "/spec/containers", container);
    }
    Some(pod)
}

/// Entries for the setting `roleMappings`, of which the last one is for the pod's account.
pub fn role_mappings(count: usize) -> Value {
    let others = (1..count).map(|number| {
        json!({
            "namespace": format!("team-{number}"),
            "serviceAccount": format!("service-{number}"),
            "roleArn": format!("arn:aws:iam::111122223333:role/team-{number}/service-{number}"),
        })
    });
    let ours = json!({"namespace": "payments", "serviceAccount": "checkout", "roleArn": ROLE_ARN});
    others.chain([ours]).collect()
}

/// The map at `pointer`.
pub(super) fn map<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Map<String, Value>> {
    value.pointer_mut(pointer).and_then(Value::as_object_mut)
}

/// The list at `pointer`.
pub(super) fn list<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Vec<Value>> {
    value.pointer_mut(pointer).and_then(Value::as_array_mut)
}

fn push(value: &mut Value, pointer: &str, element: Value) {
    if let Some(list) = list(value, pointer) {
        list.push(element);
    }
}
