//! Payloads that no API server sends. None of them may stop the module or be taken for another pod, and no answer may
//! repeat their content, because a pod's variables may be secrets.

mod size;
mod text;
mod types;

use aws_pod_identity_kubernetes::answer::ValidationResponse;
use aws_pod_identity_kubernetes::cluster::Cluster;
use policy_testing::case::{ROLE, default_service_account};
use policy_testing::{payload, request};
use serde_json::{Value, json};

use crate::engine::ask_both;

/// The text that the payload has wherever a secret may be.
const SECRET: &str = "hunter2";

fn cluster() -> Cluster {
    Cluster::new().with(default_service_account())
}

/// A pod with every member that the policy reads.
fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "api-0",
            "generateName": "api-",
            "namespace": "payments",
            "annotations": {"note": SECRET, "eks.amazonaws.com/token-expiration": "3600"},
            "labels": {"note": SECRET},
        },
        "spec": {
            "serviceAccountName": "api",
            "serviceAccount": "api",
            "os": {"name": "linux"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
                ]}],
            }}},
            "initContainers": [{"name": "setup"}],
            "containers": [{
                "name": "app",
                "env": [
                    {"name": "PASSWORD", "value": SECRET},
                    {"name": "AWS_REGION", "value": "eu-west-1"},
                    {"name": "AWS_DEFAULT_REGION", "valueFrom": {"secretKeyRef": {"key": SECRET}}},
                ],
                "envFrom": [{"secretRef": {"name": SECRET}}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "args": [SECRET],
            }],
            "volumes": [{"name": "data", "projected": {"sources": [
                {"serviceAccountToken": {"audience": "vault", "path": "token"}},
            ]}}],
        },
    })
}

fn creation() -> Value {
    let mut request = request("CREATE", &pod(), None);
    request["subResource"] = "".into();
    json!({"request": request, "settings": {}})
}

fn text() -> String {
    let creation = creation();
    String::from_utf8(payload(&creation["request"], &creation["settings"])).unwrap()
}

/// The policy's answer, from the library and from the module. It must not repeat a secret.
#[track_caller]
fn evaluated(payload: impl AsRef<[u8]>) -> ValidationResponse {
    let answer = ask_both(payload.as_ref(), cluster());
    let said = [&answer.body[..], answer.log.concat().as_bytes()].concat();
    let response = answer.response();
    if response.mutated_object.is_none() {
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(!said.contains(SECRET), "a value of the payload is repeated: {said}");
    }
    response
}

/// The text between "cannot be read: " and the position. A message that is not listed here could come from the payload.
const REASONS: [&str; 18] = [
    "it ends too early",
    "expected a value",
    "expected an object",
    "expected a list",
    "expected a string",
    "expected a boolean",
    "expected ':'",
    "expected ',' or '}'",
    "expected ',' or ']'",
    "expected the end",
    "expected a member \"request\"",
    "expected a member \"kind\" in \"request\"",
    "expected a member \"operation\" in \"request\"",
    "a string has an invalid escape or a control character",
    "a number is malformed",
    "values are nested too deeply",
    "a member is defined twice",
    "it is not UTF-8",
];

/// Verifies that the payload is rejected as unreadable, and returns the reason.
#[track_caller]
fn unreadable(payload: impl AsRef<[u8]>) -> &'static str {
    let payload = payload.as_ref();
    let response = evaluated(payload);
    let shown = || String::from_utf8_lossy(&payload[..payload.len().min(4000)]).into_owned();
    assert!(!response.accepted, "accepted: {}", shown());
    assert_eq!(response.code, Some(400), "{:?} {}", response.message, shown());
    let message = response.message.unwrap();
    let reason = message.strip_prefix("the admission request cannot be read: ");
    let (reason, position) = reason.and_then(|rest| rest.rsplit_once(" at byte ")).expect(&message);
    // The name of the annotation or member whose value has the wrong type may follow.
    let (position, _) = position.split_once(", the value of ").unwrap_or((position, ""));
    let position: usize = position.parse().expect(&message);
    assert!(position <= payload.len(), "{message}");
    let known = REASONS.into_iter().find(|known| *known == reason);
    known.unwrap_or_else(|| panic!("unknown message: {message}"))
}
