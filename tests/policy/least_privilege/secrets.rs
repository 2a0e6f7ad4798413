//! Values of variables that the policy does not use are in the injected pod only.

use aws_pod_identity_core::FindingKind;
use policy_testing::Case;
use serde_json::{Map, Value, json};

use super::calls::Call;
use super::lookups::evaluate;

/// The text in place of a secret.
const SECRET_MARKER: &str = "hush-5ecre7";

/// Variables whose values must not be shown. The names of some of them are in messages.
const SECRET: [&str; 22] = [
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
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SOMETHING_NEW",
    // The address of a proxy may have a user and a password.
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
    "PASSWORD",
    "DATABASE_URL",
];

/// Variables of which messages show the host.
const HOST_SHOWN: [&str; 3] =
    ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

/// A secret as the host of a URL.
const HOST: &str = "http://hush-5ecre7.example.com";

/// Secrets in forms that checks read.
const FORMS: [&str; 7] = [
    "hush-5ecre7",
    " hush-5ecre7\n",
    "\"hush-5ecre7\"",
    "$(X)hush-5ecre7",
    "http://u:hush-5ecre7@p:1",
    "https://example.com:8443/hush-5ecre7?hush-5ecre7#hush-5ecre7",
    HOST,
];

#[test]
fn no_secret_is_in_a_message_a_warning_an_audit_annotation_or_the_log() {
    for case in Case::all() {
        for (round, value) in FORMS.into_iter().enumerate() {
            let mut object = case.object.clone();
            add_secrets(&mut object, value, round % 2 == 0);
            // Every finding is on.
            let severity = if round % 2 == 0 { "reject" } else { "warn" };
            let mut settings = case.settings.clone();
            settings["findings"] = FindingKind::ALL
                .iter()
                .map(|kind| (kind.id().to_owned(), json!(severity)))
                .collect::<Map<_, _>>()
                .into();
            for settings in [&settings, &case.settings] {
                let shown = shown(evaluate(&case, &object, settings));
                assert!(!shown.contains(SECRET_MARKER), "{}: {shown}", case.name);
            }
        }
    }
}

/// The test above can fail: messages show the values of variables that the policy uses.
#[test]
fn the_value_of_a_malformed_role_is_shown() {
    let case = Case::named("findings/env-value-malformed/rejected");
    let mut object = case.object.clone();
    let variable = json!([{"name": "AWS_ROLE_ARN", "value": SECRET_MARKER}, {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "x"}]);
    object["spec"]["containers"][0]["env"] = variable;
    assert!(shown(evaluate(&case, &object, &case.settings)).contains(SECRET_MARKER));
}

#[test]
fn the_host_of_an_endpoint_is_shown() {
    for variable in HOST_SHOWN {
        let case = Case::named(match variable {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI" => {
                "findings/env-value-malformed/uri-with-possible-password-warned"
            }
            _ => "findings/env-value-malformed/rejected",
        });
        let mut object = case.object.clone();
        object["spec"]["containers"][0]["env"] = json!([{"name": variable, "value": HOST}]);
        let shown = shown(evaluate(&case, &object, &case.settings));
        assert!(shown.contains(SECRET_MARKER), "{variable}: {shown}");
    }
}

/// Everything that is shown or logged, without the object itself.
fn shown(call: Call) -> String {
    let mut answer: Value = serde_json::from_slice(&call.answer.unwrap()).unwrap();
    answer.as_object_mut().unwrap().remove("mutated_object");
    let mut shown = answer.to_string();
    for host_call in call.host_calls {
        shown += &String::from_utf8(host_call.payload).unwrap();
    }
    shown
}

/// Adds secrets wherever a container or an object may have them.
fn add_secrets(value: &mut Value, secret: &str, last: bool) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                match member {
                    Value::Array(containers)
                        if matches!(&**key, "containers" | "initContainers") =>
                    {
                        for container in containers.iter_mut() {
                            add_secrets_to_container(container, secret, last);
                        }
                    }
                    _ => add_secrets(member, secret, last),
                }
            }
            if let Some(Value::Object(annotations)) = members.get_mut("annotations") {
                annotations.insert("example.org/password".to_owned(), json!(secret));
            }
        }
        Value::Array(elements) => {
            for element in elements.iter_mut() {
                add_secrets(element, secret, last);
            }
        }
        _ => {}
    }
}

fn add_secrets_to_container(container: &mut Value, secret: &str, last: bool) {
    let secrets = SECRET
        .into_iter()
        .filter(|name| secret != HOST || !HOST_SHOWN.contains(name))
        .map(|name| json!({"name": name, "value": secret}));
    let mut env = container["env"].as_array().cloned().unwrap_or_default();
    let at = if last { env.len() } else { 0 };
    env.splice(at..at, secrets);
    container["env"] = Value::from(env);
    container["args"] = json!([secret]);
    container["command"] = json!(["sh", "-c", secret]);
}
