//! Values of variables that are none of the policy's business never leave it, but in the pod itself.

use aws_pod_identity_core::FindingKind;
use serde_json::{Map, Value, json};

use super::engine::Call;
use super::every_case::Case;

/// Stands for a secret.
const MARKER: &str = "hush-5ecre7";

/// Variables whose values nobody may be told. Names of some of them are in messages.
const SECRET: [&str; 20] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_SOMETHING_NEW",
    // Proxies are called with a user and a password in their address.
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "PASSWORD",
    "DATABASE_URL",
];

/// Secrets in wrappings that rules look for.
const WRAPPED: [&str; 5] = [
    "hush-5ecre7",
    " hush-5ecre7\n",
    "\"hush-5ecre7\"",
    "$(X)hush-5ecre7",
    "http://u:hush-5ecre7@p:1",
];

#[test]
fn no_secret_is_in_a_message_a_warning_an_audit_annotation_or_the_log() {
    for case in Case::all() {
        for (round, value) in WRAPPED.into_iter().enumerate() {
            let mut object = case.object.clone();
            hide(&mut object, value, round % 2 == 0);
            // Every rule has something to say, and most of it.
            let severity = if round % 2 == 0 { "reject" } else { "warn" };
            let mut settings = case.settings.clone();
            settings["findings"] = FindingKind::ALL
                .iter()
                .map(|rule| (rule.id().to_owned(), json!(severity)))
                .collect::<Map<_, _>>()
                .into();
            for settings in [&settings, &case.settings] {
                let told = told(case.judge(&object, settings));
                assert!(!told.contains(MARKER), "{}: {told}", case.folder.display());
            }
        }
    }
}

/// The test above would see it: values of variables that messages are about are told.
#[test]
fn the_value_of_a_role_that_is_none_is_told() {
    let case =
        Case::all().into_iter().find(|case| case.folder.ends_with("env-value-malformed/rejected"));
    let case = case.expect("a case with AWS_ROLE_ARN");
    let mut object = case.object.clone();
    let variable = json!([{"name": "AWS_ROLE_ARN", "value": MARKER}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "x"}]);
    object["spec"]["containers"][0]["env"] = variable;
    assert!(told(case.judge(&object, &case.settings)).contains(MARKER));
}

/// All that anybody gets to see of a call, but for the object itself.
fn told(call: Call) -> String {
    let mut answer: Value = serde_json::from_slice(&call.answer.unwrap()).unwrap();
    answer.as_object_mut().unwrap().remove("mutated_object");
    let mut told = answer.to_string();
    for host_call in call.host_calls {
        told += &String::from_utf8(host_call.payload).unwrap();
    }
    told
}

/// Puts secrets wherever a container or an object may have them.
fn hide(value: &mut Value, secret: &str, last: bool) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::Array(containers)
                        if matches!(&**key, "containers" | "initContainers") =>
                    {
                        for container in containers.iter_mut() {
                            hide_in_container(container, secret, last);
                        }
                    }
                    _ => hide(member, secret, last),
                }
            }
            if let Some(Value::Object(annotations)) = members.get_mut("annotations") {
                annotations.insert("example.org/password".to_owned(), json!(secret));
            }
        }
        Value::Array(elements) => {
            for element in elements.iter_mut() {
                hide(element, secret, last);
            }
        }
        _ => {}
    }
}

fn hide_in_container(container: &mut Value, secret: &str, last: bool) {
    let hidden = SECRET.map(|name| json!({"name": name, "value": secret}));
    let mut env = container["env"].as_array().cloned().unwrap_or_default();
    let at = if last { env.len() } else { 0 };
    env.splice(at..at, hidden);
    container["env"] = Value::from(env);
    container["args"] = json!([secret]);
    container["command"] = json!(["sh", "-c", secret]);
}
