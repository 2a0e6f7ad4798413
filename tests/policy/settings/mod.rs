//! Validation of settings. All problems are reported in one message when the policy is loaded.

mod objects;
mod unknown;
mod values;

use std::sync::Arc;

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::capabilities::NoCapabilities;
use aws_pod_identity_kubernetes::cluster::Cluster;
use kubewarden_policy_sdk::metadata::ProtocolVersion;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use policy_testing::{payload, request};
use serde_json::{Value, json};

use crate::engine::{POLICY, ask_both};

/// The response of both the library and the module.
#[track_caller]
fn validated(settings: &[u8]) -> SettingsValidationResponse {
    let library = core::validate_settings(settings);
    let module = POLICY.call("validate_settings", settings, Arc::new(NoCapabilities));
    let module = module.expect("an answer of the module");
    assert_eq!(String::from_utf8_lossy(&module), String::from_utf8_lossy(&library));
    let response: SettingsValidationResponse =
        serde_json::from_slice(&library).expect("an answer of the SDK");
    assert_eq!(
        response.valid,
        response.message.is_none(),
        "only settings that are not valid have a message"
    );
    response
}

#[track_caller]
fn valid(settings: &Value) {
    let response = validated(settings.to_string().as_bytes());
    assert!(response.valid, "{settings}: {:?}", response.message);
}

/// The message about settings that are not valid.
#[track_caller]
fn problem(settings: &Value) -> String {
    let response = validated(settings.to_string().as_bytes());
    response.message.unwrap_or_else(|| panic!("valid: {settings}"))
}

#[track_caller]
fn unreadable(settings: impl AsRef<[u8]>) -> String {
    let response = validated(settings.as_ref());
    response.message.expect("a message")
}

#[test]
fn the_protocol_is_version_1() {
    assert_eq!(POLICY.protocol_version().unwrap(), ProtocolVersion::V1);
    let library = ProtocolVersion::try_from(core::PROTOCOL_VERSION.to_vec()).unwrap();
    assert_eq!(library, ProtocolVersion::V1);
}

#[test]
fn no_setting_is_required() {
    valid(&json!({}));
    valid(&json!(null));
}

#[test]
fn a_setting_that_is_null_is_not_set() {
    for key in [
        "annotationPrefix",
        "audience",
        "tokenExpirationSeconds",
        "mountPath",
        "region",
        "regionWithEnvFrom",
        "stsRegionalEndpoints",
        "stsEndpointUrl",
        "sessionName",
        "disableInstanceMetadata",
        "roleArnFromEnv",
        "composeRoleArn",
        "roleMappings",
        "roleMap",
        "roleTrust",
        "containerCredentials",
        "allowedRoles",
        "podTemplates",
        "serviceAccountLookup",
        "lookupFailure",
        "findings",
        "defaultSeverity",
    ] {
        valid(&json!({key: null}));
    }
    valid(&json!({"findings": {"role-arn-empty": null}}));
}

#[test]
fn the_description_null_of_the_rancher_ui_is_accepted() {
    valid(&json!({"description": null}));
    assert!(
        problem(&json!({"description": "what it is for"}))
            .starts_with("there is no setting description")
    );
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
        let expected = format!("the settings of this policy are not valid: {}", problem(&settings));
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
