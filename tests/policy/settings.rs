//! Validation of settings. All problems are reported in one message when the policy is loaded.

use std::sync::Arc;

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::answer::SettingsValidationResponse;
use aws_pod_identity_kubernetes::capabilities::NoCapabilities;
use aws_pod_identity_kubernetes::cluster::Cluster;
use insta::assert_snapshot;
use policy_testing::settings::Table;
use policy_testing::{payload, request};
use serde_json::{Value, json};

use crate::engine::{POLICY, ask_both};

/// The message of both the library and the module about settings; none if they are valid.
#[track_caller]
fn message(settings: impl AsRef<[u8]>) -> Option<String> {
    let settings = settings.as_ref();
    let library = core::validate_settings(settings);
    let module = POLICY.call("validate_settings", settings, Arc::new(NoCapabilities));
    let module = module.expect("an answer of the module");
    assert_eq!(String::from_utf8_lossy(&module), String::from_utf8_lossy(&library));
    let response: SettingsValidationResponse = serde_json::from_slice(&library).expect("an answer");
    assert_eq!(response.valid, response.message.is_none());
    response.message
}

#[track_caller]
fn problem(settings: impl AsRef<[u8]>) -> String {
    message(settings).expect("a message")
}

#[test]
fn the_protocol_is_version_1() {
    assert_eq!(POLICY.protocol_version().unwrap(), "v1");
    assert_eq!(core::PROTOCOL_VERSION, br#""v1""#);
}

/// `core/tests/settings.rs` validates them with the library alone, and updates the messages.
#[test]
fn the_module_validates_settings_as_the_library_does() {
    for table in Table::all() {
        for (settings, expected) in table.rows() {
            assert_eq!(message(settings.to_string()).as_deref(), expected, "{settings}");
        }
    }
}

#[test]
fn unreadable_settings_are_reported_with_the_position() {
    assert_snapshot!(problem(""), @"settings cannot be read: it ends too early at byte 0");
    assert_snapshot!(problem("{\"audience\":"), @"settings cannot be read: it ends too early at byte 12");
    assert_snapshot!(problem("{\"audience\":\"x\",}"), @"settings cannot be read: expected a string at byte 16");
    assert_snapshot!(problem("{} {}"), @"settings cannot be read: expected the end at byte 3");
    assert_snapshot!(problem(b"{\"audience\":\"\xff\"}"), @"settings cannot be read: it is not UTF-8 at byte 13");
    assert_snapshot!(problem("audience: x"), @"settings cannot be read: expected a value at byte 0");
    problem("[".repeat(100_000));
    problem(format!("{{\"a\":{}", "{\"a\":".repeat(100_000)));
}

#[test]
fn keys_and_values_may_have_escapes() {
    let settings = br#" { "\u0061udience" : "s\u0074s" , "r\u0065gion":"eu-west-\u0031"} "#;
    assert_eq!(message(settings), None);
}

#[test]
fn a_policy_with_invalid_settings_rejects_every_request() {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "api-0", "namespace": "payments"},
        "spec": {"containers": [{"name": "app"}]},
    });
    for settings in [json!({"tokenExpirationSeconds": 60}), json!({"audiance": "x"}), json!([])] {
        let request = request("CREATE", &pod, None);
        let answer = ask_both(&payload(&request, &settings), Cluster::new());
        let response = answer.response();
        assert_eq!((response.accepted, response.code), (false, Some(500)));
        let expected =
            format!("the settings of this policy are not valid: {}", problem(settings.to_string()));
        assert_eq!(response.message, Some(expected));
        assert_eq!(answer.queries, Vec::<String>::new());
    }
}

#[test]
fn a_request_without_settings_uses_the_defaults() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api"}});
    let request = request("CREATE", &service, None);
    let answer = ask_both(json!({"request": request}).to_string().as_bytes(), Cluster::new());
    assert!(answer.response().accepted);
    assert!(ask_both(&payload(&request, &Value::Null), Cluster::new()).response().accepted);
}
