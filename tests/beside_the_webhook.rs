//! The policy beside the Amazon EKS Pod Identity webhook, which EKS runs too: whichever comes first, and
//! with the policy both before and after, the pod ends up with one identity.
//!
//! The webhook here is a model of v0.6.17, by what `docs/injection.md` says of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use serde_json::{Value, json};
use support::{ask_both, payload, request};

const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";

/// What the webhook is configured to give to a service account.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    WebIdentity,
    ContainerCredentials,
}

impl Mode {
    /// The two variables, the volume, the mount path, the token's file and its audience.
    fn names(
        self,
    ) -> ([(&'static str, String); 2], &'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::WebIdentity => {
                let path = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
                let variables = [
                    ("AWS_ROLE_ARN", ROLE.to_owned()),
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", format!("{path}/token")),
                ];
                (variables, "aws-iam-token", path, "token", "sts.amazonaws.com")
            }
            Self::ContainerCredentials => {
                let path = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount";
                let file = "eks-pod-identity-token";
                let variables = [
                    (
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                        "http://169.254.170.23/v1/credentials".to_owned(),
                    ),
                    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", format!("{path}/{file}")),
                ];
                (variables, file, path, file, "pods.eks.amazonaws.com")
            }
        }
    }

    fn settings(self) -> Value {
        match self {
            Self::WebIdentity => json!({}),
            Self::ContainerCredentials => json!({
                "containerCredentials": {"identities": [{"namespace": "payments", "serviceAccount": "api"}]}
            }),
        }
    }

    fn cluster(self) -> Cluster {
        let annotations = match self {
            Self::WebIdentity => json!({"eks.amazonaws.com/role-arn": ROLE}),
            Self::ContainerCredentials => json!({}),
        };
        Cluster::new().with(json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "api", "namespace": "payments", "annotations": annotations},
        }))
    }
}

/// What the webhook makes of a pod.
fn webhook(mut pod: Value, mode: Mode) -> Value {
    let (variables, volume, path, file, audience) = mode.names();
    let skipped = pod
        .pointer("/metadata/annotations/eks.amazonaws.com~1skip-containers")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    for list in ["initContainers", "containers"] {
        let containers = pod["spec"].get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let name = container["name"].as_str().unwrap().to_owned();
            if skipped.split(',').any(|skipped| skipped == name) {
                continue;
            }
            let env = array(container, "env");
            if !env.iter().any(|present| variables.iter().any(|(name, _)| present["name"] == *name))
            {
                env.extend(
                    variables.iter().map(|(name, value)| json!({"name": name, "value": value})),
                );
            }
            let mounts = array(container, "volumeMounts");
            if !mounts.iter().any(|mount| mount["name"] == volume) {
                mounts.push(json!({"name": volume, "readOnly": true, "mountPath": path}));
            }
        }
    }
    if mode == Mode::ContainerCredentials {
        pod["metadata"]["labels"]["eks.amazonaws.com/pod-identity"] = json!("enabled");
    }
    let volumes = array(&mut pod["spec"], "volumes");
    if !volumes.iter().any(|present| present["name"] == volume) {
        let token = json!({"audience": audience, "expirationSeconds": 86_400, "path": file});
        // It puts its volume first.
        volumes.insert(
            0,
            json!({"name": volume, "projected": {"sources": [{"serviceAccountToken": token}]}}),
        );
    }
    pod
}

fn array<'v>(object: &'v mut Value, key: &str) -> &'v mut Vec<Value> {
    if !object[key].is_array() {
        object[key] = json!([]);
    }
    object[key].as_array_mut().unwrap()
}

/// What the policy makes of a pod, which it accepts.
fn policy(pod: Value, mode: Mode) -> Value {
    let payload = payload(&request("CREATE", &pod, None), &mode.settings());
    let response = ask_both(&payload, mode.cluster()).response();
    assert!(response.accepted, "{:?}", response.message);
    assert_eq!(response.warnings, None);
    response.mutated_object.unwrap_or(pod)
}

/// The pod without what may differ: the order of volumes, and the lifetime, which is jittered.
fn identity(mut pod: Value) -> Value {
    for volume in array(&mut pod["spec"], "volumes").iter_mut() {
        if let Some(token) = volume.pointer_mut("/projected/sources/0/serviceAccountToken") {
            token["expirationSeconds"] = json!(0);
        }
    }
    array(&mut pod["spec"], "volumes").sort_by_key(|volume| volume["name"].to_string());
    pod.sort_all_objects();
    pod
}

fn pods() -> Vec<Value> {
    [
        "web-identity/one-container",
        "web-identity/init-containers-and-sidecars",
        "web-identity/existing-lists-are-appended-to",
        "web-identity/null-and-empty-lists",
        "web-identity/fields-newer-than-any-library",
        "already-there/the-volume-with-other-sources",
        "options/region-with-env-from",
    ]
    .into_iter()
    .map(|case| {
        let file = format!("{}/cases/{case}/object.yaml", env!("CARGO_MANIFEST_DIR"));
        yaml::manifest(&std::fs::read_to_string(file).unwrap()).unwrap()
    })
    .chain([json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "api-0",
            "namespace": "payments",
            "annotations": {"eks.amazonaws.com/skip-containers": "sidecar"},
            "labels": {"app": "api"},
        },
        "spec": {
            "serviceAccountName": "api",
            "containers": [{"name": "app"}, {"name": "sidecar"}],
        },
    })])
    .collect()
}

fn every_pod(check: impl Fn(Value, Mode)) {
    for mode in [Mode::WebIdentity, Mode::ContainerCredentials] {
        for pod in pods() {
            check(pod, mode);
        }
    }
}

#[test]
fn after_the_webhook_nothing_is_left_to_do() {
    every_pod(|pod, mode| {
        let theirs = webhook(pod, mode);
        assert_eq!(policy(theirs.clone(), mode), theirs, "{mode:?}");
    });
}

#[test]
fn before_the_webhook_nothing_is_left_for_it() {
    every_pod(|pod, mode| {
        let ours = policy(pod, mode);
        assert_eq!(webhook(ours.clone(), mode), ours, "{mode:?}");
    });
}

#[test]
fn the_identity_is_the_same_in_either_order() {
    every_pod(|pod, mode| {
        let theirs_first = policy(webhook(pod.clone(), mode), mode);
        let ours_first = webhook(policy(pod.clone(), mode), mode);
        assert_eq!(identity(theirs_first), identity(ours_first), "{mode:?}");
    });
}

#[test]
fn between_two_runs_of_the_policy_the_webhook_adds_nothing() {
    every_pod(|pod, mode| {
        let once = policy(pod, mode);
        assert_eq!(policy(webhook(once.clone(), mode), mode), once, "{mode:?}");
    });
}
