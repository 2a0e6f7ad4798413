//! Any bytes as settings: both entry points give the same result for them, and valid ones can be used.

use aws_pod_identity_kubernetes::answer::SettingsValidationResponse;
use serde_json::Value;

use super::answer::ask;

/// A pod whose service account names a role, with members that can be in conflict with settings.
const REQUEST: &str = r#"{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE",
"namespace":"payments","object":{"metadata":{"name":"api"},"spec":{"serviceAccountName":"api","containers":[
{"name":"app","env":[{"name":"AWS_REGION","value":"cn-north-1"}]},{"name":"sidecar","envFrom":[{}]}]}}}"#;

const ACCOUNT: &str = r#"{"metadata":{"name":"api","namespace":"payments","annotations":{
"eks.amazonaws.com/role-arn":"arn:aws:iam::123456789012:role/api"}}}"#;

/// Checks one input.
pub fn run(data: &[u8]) {
    let answer = aws_pod_identity_core::validate_settings(data);
    let answer: SettingsValidationResponse =
        serde_json::from_slice(&answer).expect("the SDK reads the answer");
    assert_eq!(answer.valid, answer.message.is_none(), "invalid settings have a message");
    let Ok(settings) = serde_json::from_slice::<Value>(data) else {
        // The number of an unknown setting is skipped, even a long one.
        return;
    };
    if answer.valid {
        assert!(settings.is_object() || settings.is_null(), "{settings}");
    }
    let text = std::str::from_utf8(data).expect("JSON is UTF-8");
    let payload = format!("{{\"settings\":{text},\"request\":{REQUEST}}}");
    let evaluated = ask(payload.as_bytes(), &|_, query| match query["kind"].as_str() {
        Some("ServiceAccount") => Ok(ACCOUNT.as_bytes().to_vec()),
        _ => Err("Host error: the API server is gone".to_owned()),
    });
    // Roles of mappings are validated when the policy is loaded and when one is used, which is not the case here.
    let message = answer.message.as_deref().unwrap_or_default();
    let of_a_role =
        |problem: &str| problem.starts_with("roleMappings[") && problem.contains("].roleArn: ");
    let mut problems = message.lines().filter(|line| !line.ends_with(" problems:"));
    if !answer.valid && problems.all(|line| of_a_role(line.trim_start_matches("- "))) {
        return;
    }
    let refused = evaluated.response.message.as_deref().unwrap_or_default();
    assert_eq!(
        answer.valid,
        !refused.starts_with("the settings of this policy are not valid"),
        "both entry points agree about {text}"
    );
    if !answer.valid {
        assert_eq!(
            evaluated.response.code,
            Some(500),
            "no pod is evaluated with a part of the settings"
        );
        assert!(evaluated.injected.is_none());
    }
}
