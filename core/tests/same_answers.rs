//! Objects that are written in another way, with the same meaning, get the same answer: for all cases.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::atomic::{AtomicUsize, Ordering};

use policy_testing::ask_library;
use policy_testing::case::{Case, check_all};
use serde_json::{Value, json};

/// All lists of variables in an object.
fn for_each_env(value: &mut Value, change: &mut dyn FnMut(&mut Vec<Value>)) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Array(variables) if key == "env" => change(variables),
                    _ => for_each_env(value, change),
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                for_each_env(element, change);
            }
        }
        _ => {}
    }
}

/// The response about an object, without the injected object.
fn response(case: &Case, object: &Value) -> Value {
    let answer = ask_library(&case.payload(object, &case.settings), &case.cluster);
    let mut response = serde_json::to_value(answer.response()).unwrap();
    response.as_object_mut().unwrap().remove("mutated_object");
    response
}

/// Compares the answers about the objects of cases with those about the same objects in another form. Without enough of them,
/// the comparison shows nothing.
fn compare_all(at_least: usize, changed: impl Fn(&Case) -> Option<Value> + Sync) {
    let compared = AtomicUsize::new(0);
    check_all(|case| {
        let Some(object) = changed(case).filter(|object| *object != case.object) else {
            return Ok(());
        };
        compared.fetch_add(1, Ordering::Relaxed);
        let (expected, found) = (response(case, &case.object), response(case, &object));
        if found == expected { Ok(()) } else { Err(format!("{object}\n{expected}\n{found}")) }
    });
    let compared = compared.into_inner();
    let is_limited = std::env::var_os("CASES").is_some();
    assert!(is_limited || compared >= at_least, "only {compared} cases were compared");
}

#[test]
fn a_value_by_reference_gets_the_answer_for_the_value() {
    compare_all(100, |case| {
        // For an UPDATE, the policy checks whether the object changes.
        if case.old_object.is_some() {
            return None;
        }
        let mut object = case.object.clone();
        for_each_env(&mut object, &mut |variables| {
            let mut changed = Vec::new();
            for (at, mut variable) in std::mem::take(variables).into_iter().enumerate() {
                if let Some(value) = variable.get("value").and_then(Value::as_str)
                    && !value.contains('$')
                {
                    changed.push(json!({"name": format!("DEFINED_{at}"), "value": value}));
                    *variable.get_mut("value").unwrap() = format!("$(DEFINED_{at})").into();
                }
                changed.push(variable);
            }
            *variables = changed;
        });
        Some(object)
    });
}

#[test]
fn names_in_lower_case_get_the_same_answer_on_windows() {
    compare_all(5, |case| {
        let mut object = case.object.clone();
        if object["kind"] != "Pod" || object["spec"]["os"]["name"] != "windows" {
            return None;
        }
        for_each_env(&mut object, &mut |variables| {
            for name in variables.iter_mut().filter_map(|variable| variable.get_mut("name")) {
                *name = name.as_str().unwrap().to_lowercase().into();
            }
        });
        Some(object)
    });
}

/// Adds the token for the Kubernetes API to a pod, as the API server does before webhooks get the pod ("ServiceAccount
/// admission controller", Kubernetes documentation). `false` if nothing is to be added.
fn add_api_token(pod: &mut Value) -> bool {
    const PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    const VOLUME: &str = "kube-api-access-x7k2p";
    let spec = &mut pod["spec"];
    if spec["automountServiceAccountToken"] == false
        || spec.to_string().contains("kube-api-access-")
    {
        return false;
    }
    let mut added = false;
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let Value::Object(container) = container else { continue };
            let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
            let Value::Array(mounts) = mounts else { continue };
            if mounts.iter().all(|mount| mount["mountPath"] != PATH) {
                mounts.push(json!({"name": VOLUME, "readOnly": true, "mountPath": PATH}));
                added = true;
            }
        }
    }
    let volumes = spec.as_object_mut().unwrap().entry("volumes").or_insert_with(|| json!([]));
    let (true, Value::Array(volumes)) = (added, volumes) else { return false };
    volumes.push(json!({"name": VOLUME, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [
            {"path": "namespace",
                "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
        ]}},
    ]}}));
    true
}

/// The program evaluates pods from manifests, which do not have the token, so it does not have to add it.
#[test]
fn the_token_for_the_kubernetes_api_changes_no_answer() {
    compare_all(200, |case| {
        let mut object = case.object.clone();
        let is_new = object["kind"] == "Pod"
            && object["spec"].is_object()
            && object["metadata"].get("uid").is_none();
        (is_new && add_api_token(&mut object)).then_some(object)
    });
}
