//! Compares the policy with the Amazon EKS Pod Identity webhook, which EKS also runs.
//!
//! `golden.yaml` has the additions of the webhook v0.6.17. The policy adds the same, does not change a pod that the webhook
//! injected, and after the policy, the webhook adds nothing. The model of the webhook that the properties compare the policy
//! with is verified by the same file.

use aws_pod_identity_kubernetes::answer::ValidationResponse;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use policy_testing::{payload, request};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::engine::ask_both;
use crate::properties::{Situation, injected};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    fixture: String,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    annotations: Map<String, Value>,
    pod: Map<String, Value>,
    webhook: Additions,
    #[serde(default)]
    jittered: bool,
    #[serde(default)]
    policy: Policy,
}

/// The additions of the webhook.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Additions {
    containers: Map<String, Value>,
    volume: Option<Volume>,
    #[serde(default)]
    labels: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Volume {
    name: String,
    audience: String,
    expiration_seconds: u32,
    path: String,
}

/// The differences of the policy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    rejects: Option<String>,
    adds: Option<String>,
}

impl Golden {
    fn all() -> Vec<Self> {
        let value = yaml::manifest(include_str!("golden.yaml")).unwrap();
        let all: Vec<Self> = serde_json::from_value(value).unwrap();
        assert_eq!(all.len(), 24, "one entry for each fixture");
        all
    }

    /// The pod before the webhook.
    fn pod(&self) -> Value {
        let mut metadata = json!({"name": "api-0", "namespace": "payments"});
        for key in ["annotations", "labels"] {
            if let Some(value) = self.pod.get(key) {
                metadata[key] = value.clone();
            }
        }
        let mut spec = self.pod["spec"].clone();
        spec["serviceAccountName"] = json!("api");
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    }

    /// The pod after the webhook.
    fn injected_by_webhook(&self) -> Value {
        let mut pod = self.pod();
        for (name, additions) in &self.webhook.containers {
            let container = container(&mut pod, name);
            for (name, value) in additions["env"].as_object().into_iter().flatten() {
                list(container, "env").push(json!({"name": name, "value": value}));
            }
            if let Some(path) = additions.get("mountPath") {
                let volume = &self.webhook.volume.as_ref().expect("a volume").name;
                let mount = json!({"name": volume, "readOnly": true, "mountPath": path});
                list(container, "volumeMounts").push(mount);
            }
        }
        if let Some(Volume { name, audience, expiration_seconds, path }) = &self.webhook.volume {
            let token = json!({"audience": audience, "expirationSeconds": expiration_seconds, "path": path});
            let sources = json!([{"serviceAccountToken": token}]);
            let volume = json!({"name": name, "projected": {"sources": sources}});
            list(&mut pod["spec"], "volumes").insert(0, volume);
        }
        for (key, value) in &self.webhook.labels {
            pod["metadata"]["labels"][key] = value.clone();
        }
        pod
    }

    /// The policy's response to the pod.
    fn policy(&self, pod: &Value) -> ValidationResponse {
        let cluster = Cluster::new().with(json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "api", "namespace": "payments", "annotations": self.annotations},
        }));
        let settings = Value::from(self.settings.clone());
        ask_both(&payload(&request("CREATE", pod, None), &settings), cluster).response()
    }

    /// The pod after the policy, which accepts it.
    fn injected_by_policy(&self, pod: &Value) -> Value {
        let response = self.policy(pod);
        assert!(response.accepted, "{}: {:?}", self.fixture, response.message);
        response.mutated_object.unwrap_or_else(|| pod.clone())
    }

    /// The pod without the differences that do not matter: the order of volumes and of members, and a random lifetime.
    fn comparable(&self, mut pod: Value) -> Value {
        let volumes = list(&mut pod["spec"], "volumes");
        volumes.sort_by_key(|volume| volume["name"].to_string());
        for volume in volumes.iter_mut().filter(|_| self.jittered) {
            if let Some(token) = volume.pointer_mut("/projected/sources/0/serviceAccountToken") {
                token["expirationSeconds"] = Value::Null;
            }
        }
        pod.sort_all_objects();
        pod
    }
}

fn container<'p>(pod: &'p mut Value, name: &str) -> &'p mut Value {
    let Some(Value::Object(spec)) = pod.get_mut("spec") else { panic!("a pod has a spec") };
    let lists =
        spec.iter_mut().filter(|(key, _)| matches!(key.as_str(), "initContainers" | "containers"));
    let mut containers = lists.flat_map(|(_, list)| list.as_array_mut().unwrap());
    containers.find(|container| container["name"] == name).expect("a container of that name")
}

fn list<'v>(object: &'v mut Value, key: &str) -> &'v mut Vec<Value> {
    if !object[key].is_array() {
        object[key] = json!([]);
    }
    object[key].as_array_mut().unwrap()
}

/// The entries for which the policy adds the same as the webhook.
fn same() -> impl Iterator<Item = Golden> {
    let all = Golden::all().into_iter();
    all.filter(|golden| golden.policy.rejects.is_none() && golden.policy.adds.is_none())
}

#[test]
fn the_policy_adds_what_the_webhook_adds() {
    assert_eq!(same().count(), 20);
    for golden in same() {
        let ours = golden.comparable(golden.injected_by_policy(&golden.pod()));
        let theirs = golden.comparable(golden.injected_by_webhook());
        assert_eq!(ours, theirs, "{}", golden.fixture);
    }
}

#[test]
fn a_pod_that_the_webhook_injected_is_accepted_unchanged() {
    for golden in same() {
        let theirs = golden.injected_by_webhook();
        assert_eq!(golden.injected_by_policy(&theirs), theirs, "{}", golden.fixture);
    }
}

#[test]
fn the_policy_rejects_pods_in_which_the_injection_of_the_webhook_has_no_effect() {
    for golden in Golden::all() {
        let Some(finding) = &golden.policy.rejects else { continue };
        let id = format!("[{finding}]");
        let message = golden.policy(&golden.pod()).message.expect("a rejection");
        assert!(message.contains(&id), "{}: {message}", golden.fixture);
        // With the variables of the webhook, the pod can be one with a token from another source, so a warning is enough.
        let after = golden.policy(&golden.injected_by_webhook());
        let warnings = after.warnings.unwrap_or_default().into_iter();
        let mut messages = after.message.into_iter().chain(warnings);
        assert!(messages.any(|text| text.contains(&id)), "{}", golden.fixture);
    }
}

#[test]
fn the_policy_completes_what_the_webhook_leaves_incomplete() {
    for golden in Golden::all().into_iter().filter(|golden| golden.policy.adds.is_some()) {
        let ours = golden.injected_by_policy(&golden.pod());
        let after_webhook = golden.injected_by_policy(&golden.injected_by_webhook());
        assert_eq!(golden.comparable(after_webhook), golden.comparable(ours), "{}", golden.fixture);
    }
}

/// The webhook adds the variables of an identity to a container that has neither of them, a region to one that has neither
/// name of it, its mount to one that does not mount its volume, and its volume to a pod that does not have one of that
/// name: rawPodHasAll, rawPodRegionPresent, rawPodHasVolumeMount and rawPodHasSTS have one of them each.
#[test]
fn after_the_policy_the_webhook_has_nothing_to_add() {
    for golden in same() {
        let ours = golden.injected_by_policy(&golden.pod());
        let volume = &golden.webhook.volume.as_ref().expect("a volume").name;
        let has = |list: &Value, name: &str| {
            list.as_array().into_iter().flatten().any(|element| element["name"] == name)
        };
        assert!(has(&ours["spec"]["volumes"], volume), "{}", golden.fixture);
        for (name, additions) in &golden.webhook.containers {
            let container = container(&mut ours.clone(), name).clone();
            assert!(has(&container["volumeMounts"], volume), "{}", golden.fixture);
            for variable in additions["env"].as_object().unwrap().keys() {
                assert!(has(&container["env"], variable), "{}: {variable}", golden.fixture);
            }
        }
        for key in golden.webhook.labels.keys() {
            assert_eq!(ours["metadata"]["labels"][key], golden.webhook.labels[key]);
        }
    }
}

/// The model is for web identities only.
#[test]
fn the_model_of_the_properties_agrees_with_the_webhook() {
    let golden = same().filter(|golden| !golden.settings.contains_key("containerCredentials"));
    let mut count = 0;
    for golden in golden {
        // The model is for pods without a setting of the policy.
        if golden.pod().to_string().contains("\"AWS_") {
            continue;
        }
        let situation = Situation {
            pod: golden.pod().to_string(),
            annotations: Value::from(golden.annotations.clone()).to_string(),
            settings: Value::from(golden.settings.clone()).to_string(),
        };
        let modeled = golden.comparable(injected(&situation));
        assert_eq!(modeled, golden.comparable(golden.injected_by_webhook()), "{}", golden.fixture);
        count += 1;
    }
    assert_eq!(count, 11);
}
