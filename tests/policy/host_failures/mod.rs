//! The lookup of the service account: the request, and the result for the pod if the lookup fails.
//!
//! By default, a pod whose service account cannot be read is rejected. With `lookupFailure: admit`, it is admitted
//! unchanged with a warning.

mod answers;
mod failures;
mod lookups;

use aws_pod_identity_kubernetes::capabilities::HostCapabilities;
use policy_testing::case::{ROLE, default_service_account as account};
use policy_testing::{payload, request};
use serde_json::{Value, json};

use crate::engine::ask_both;

fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"generateName": "api-7d4b9c-", "namespace": "payments"},
        "spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]},
    })
}

fn creation(pod: &Value) -> Vec<u8> {
    payload(&request("CREATE", pod, None), &json!({}))
}

/// The message of the rejection after a failed lookup.
///
/// With `lookupFailure: admit`, the pod is admitted unchanged instead, and the reason is the same.
#[track_caller]
fn failed(host: impl HostCapabilities + Clone + 'static) -> String {
    let admitted = admitted(&pod(), &json!({"lookupFailure": "admit"}), host.clone());
    let answer = ask_both(&creation(&pod()), host);
    let response = answer.response();
    assert!(!response.accepted, "accepted without its identity");
    assert_eq!(response.code, Some(500), "not the fault of the pod");
    assert_eq!(response.mutated_object, None);
    let message = response.message.expect("a message");
    assert_eq!(message.lines().count(), 1, "more than the first line of the host's text");
    assert_eq!(answer.queries.len(), 1, "one lookup, and no retry");
    let retry = "; retry the request (controllers retry automatically)";
    assert_eq!(message.strip_suffix(retry).unwrap_or(&message), admitted);
    message
}

/// The reason for which a pod is admitted without its identity, from the warning, the audit annotation and the log.
#[track_caller]
fn admitted(pod: &Value, settings: &Value, host: impl HostCapabilities + 'static) -> String {
    let answer = ask_both(&payload(&request("CREATE", pod, None), settings), host);
    let response = answer.response();
    assert!(response.accepted, "{:?}", response.message);
    assert_eq!(response.code, None);
    assert_eq!(response.mutated_object, None, "unchanged");
    let mut audit = response.audit_annotations.expect("audit annotations");
    assert_eq!(audit.remove("identity").as_deref(), Some("none"));
    let why = audit.remove("lookup-failure").expect("the reason");
    assert!(audit.is_empty(), "nothing was checked: {audit:?}");
    let [warning] = &response.warnings.expect("a warning")[..] else { panic!("one warning") };
    assert_eq!(
        *warning,
        format!(
            "Pod payments/api-7d4b9c-*: it is admitted without an AWS identity and without checks (lookupFailure: \
             admit): {why}; if it needs an identity, create it again when the lookup works"
        )
    );
    let [event] = &answer.log[..] else { panic!("one log event") };
    let event: Value = serde_json::from_str(event).unwrap();
    let expected =
        json!({"level": "warning", "message": warning, "identity": "none", "lookup-failure": why});
    assert_eq!(event, expected);
    why
}
