//! A model of the Amazon EKS Pod Identity webhook for web identities, and of two settings of the policy, for pods without any
//! of its additions.
//!
//! The golden file of `webhook/` verifies the model. It is a simple and slow implementation with values, for comparison
//! with the policy.

use policy_testing::pools::{MOUNT_PATH, TOKEN_FILE, WINDOWS_TOKEN_FILE};
use serde_json::{Value, json};

use crate::properties::situations::Situation;

/// The pod with the identity of the situation.
pub(crate) fn injected(situation: &Situation) -> Value {
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let settings = parse(&situation.settings);
    let account = parse(&situation.annotations);
    let mut pod = parse(&situation.pod);

    let prefix = settings["annotationPrefix"].as_str().unwrap_or("eks.amazonaws.com");
    let key = |name: &str| format!("{prefix}/{name}");
    let from_pod =
        |name: &str| pod["metadata"]["annotations"][key(name)].as_str().map(str::to_owned);
    let from_account = |name: &str| account[key(name)].as_str();

    let seconds = |text: &str| text.parse::<u32>().expect("seconds");
    let expiration = from_pod("token-expiration")
        .or(from_account("token-expiration").map(str::to_owned))
        .map(|text| json!(seconds(&text)))
        .or_else(|| settings.get("tokenExpirationSeconds").cloned())
        .unwrap_or(json!(86400));
    let audience =
        from_account("audience").or(settings["audience"].as_str()).unwrap_or("sts.amazonaws.com");
    let regional = match from_account("sts-regional-endpoints") {
        Some(word) => matches!(word, "true" | "1"),
        None => settings["stsRegionalEndpoints"] == true,
    };
    let skipped = from_pod("skip-containers").unwrap_or_default();
    let skipped: Vec<&str> = skipped.split(',').map(str::trim).collect();

    let selector = &pod["spec"]["nodeSelector"];
    let windows =
        selector["kubernetes.io/os"] == "windows" || selector["beta.kubernetes.io/os"] == "windows";
    let token_file = if windows { WINDOWS_TOKEN_FILE } else { TOKEN_FILE };

    // A name that STS does not accept as the name of a session.
    let odd_name = pod["metadata"]["name"].as_str().is_some_and(|name| !name.is_ascii());
    let session_field = if odd_name { "metadata.uid" } else { "metadata.name" };

    let mut any = false;
    for list in ["initContainers", "containers"] {
        let Some(containers) = pod["spec"].get_mut(list).and_then(Value::as_array_mut) else {
            continue;
        };
        for container in containers {
            if skipped.contains(&container["name"].as_str().expect("a name")) {
                continue;
            }
            any = true;
            let has_env_from = container
                .get("envFrom")
                .and_then(Value::as_array)
                .is_some_and(|list| !list.is_empty());
            let mut set = |name: &str, value: &str| {
                append(container, "env", json!({"name": name, "value": value}));
            };
            if regional {
                set("AWS_STS_REGIONAL_ENDPOINTS", "regional");
            }
            if let Some(region) = settings["region"].as_str()
                && (!has_env_from || settings["regionWithEnvFrom"] == true)
            {
                set("AWS_DEFAULT_REGION", region);
                set("AWS_REGION", region);
            }
            set("AWS_ROLE_ARN", from_account("role-arn").expect("a role"));
            set("AWS_WEB_IDENTITY_TOKEN_FILE", token_file);
            let endpoint = from_account("sts-endpoint-url").or(settings["stsEndpointUrl"].as_str());
            if let Some(endpoint) = endpoint {
                set("AWS_ENDPOINT_URL_STS", endpoint);
            }
            if settings["sessionName"] == "podName" {
                let field = json!({"fieldRef": {"fieldPath": session_field}});
                let variable = json!({"name": "AWS_ROLE_SESSION_NAME", "valueFrom": field});
                append(container, "env", variable);
            }
            if settings["disableInstanceMetadata"] == true {
                append(
                    container,
                    "env",
                    json!({"name": "AWS_EC2_METADATA_DISABLED", "value": "true"}),
                );
            }
            let mount = json!({"name": "aws-iam-token", "readOnly": true, "mountPath": MOUNT_PATH});
            append(container, "volumeMounts", mount);
        }
    }
    if any {
        let token = json!({"audience": audience, "expirationSeconds": expiration, "path": "token"});
        let volume = json!({
            "name": "aws-iam-token",
            "projected": {"sources": [{"serviceAccountToken": token}]},
        });
        append(&mut pod["spec"], "volumes", volume);
    }
    pod
}

fn append(object: &mut Value, key: &str, element: Value) {
    let list = &mut object[key];
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().expect("a list").push(element);
}
