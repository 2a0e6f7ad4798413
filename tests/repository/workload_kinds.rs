//! `core/` and `kubernetes/` both know the workloads of Kubernetes, and both follow the paths to pod templates, because `core/`
//! has no dependencies and `kubernetes/` does not depend on the policy. Both find the same templates.

use aws_pod_identity_core::evaluate;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind::{self, CUSTOM_KINDS, kinds};
use aws_pod_identity_kubernetes::located::PathStep;
use policy_testing::{payload, request};
use serde_json::{Value, json};

/// A pod template whose service account the policy looks up.
fn template() -> Value {
    json!({"spec": {"serviceAccountName": "api", "containers": [{"name": "app"}]}})
}

/// An object with a value at the end of a path, whose items of lists and members of maps with any key are these values.
fn object(api_version: &str, kind: &str, path: &[&str], values: usize) -> Value {
    let value = path.iter().rev().fold(template(), |value, step| match step.strip_suffix("[*]") {
        Some(key) => json!({key: vec![value; values]}),
        None if *step == "*" => {
            (0..values).map(|number| (format!("key-{number:02}"), value.clone())).collect()
        }
        None => json!({*step: value}),
    });
    let mut object = value;
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    object["metadata"] = json!({"name": "api", "namespace": "shop"});
    object
}

/// The paths of the pod templates that the policy finds in an object. Each is a template whose service account cannot be looked
/// up. The path is empty for the usual one.
fn found_by_policy(object: &Value) -> Vec<String> {
    let settings = json!({"podTemplates": PodTemplates::known().setting()});
    let payload = payload(&request("CREATE", object, None), &settings);
    let unchecked = evaluate(&payload, &mut |_| Err("unavailable".to_owned())).unchecked;
    let path = |object: &str| {
        object.split_once(" (").map_or("", |(_, path)| path.trim_end_matches(')')).to_owned()
    };
    unchecked.iter().map(|one| path(&one.object)).collect()
}

/// The path as the policy writes it.
fn shown(path: &[PathStep]) -> String {
    let steps = path.iter().map(|step| match step {
        PathStep::Key(key) => format!(".{key}"),
        PathStep::Index(index) => format!("[{index}]"),
    });
    let path = steps.collect::<String>().trim_start_matches('.').to_owned();
    if path == "spec.template" { String::new() } else { path }
}

#[test]
fn the_policy_and_the_program_find_the_same_templates_in_workloads() {
    let groups = ["", "apps", "batch", "extensions", "example.com"];
    let paths: [&[&str]; 3] =
        [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &["template"]];
    let mut found = 0;
    for known in kinds() {
        for group in groups {
            let api_version =
                if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            for path in paths {
                let object = object(&api_version, known.name, path, 1);
                let (kind, of_policy) = (kind::of(&object), found_by_policy(&object));
                let of_program = kind.and_then(|(kind, _)| kind.template()) == Some(path);
                let situation = format!("{api_version} {} {path:?}", known.name);
                // A pod is not a template, but its service account is looked up, too.
                if group.is_empty() && known.name == "Pod" {
                    continue;
                }
                assert_eq!(of_policy.len(), usize::from(of_program), "{situation}");
                found += of_policy.len();
            }
        }
    }
    assert_eq!(found, kinds().filter(|kind| kind.template().is_some()).count());
}

#[test]
fn the_policy_and_the_program_find_the_same_templates_in_custom_resources() {
    let known = PodTemplates::known();
    for custom in CUSTOM_KINDS {
        for path in custom.templates {
            let steps: Vec<&str> = path.split('.').collect();
            // More values than templates that are checked.
            for values in [1, 50] {
                let api_version = format!("{}/v1", custom.kind.group);
                let object = object(&api_version, custom.kind.name, &steps, values);
                let found =
                    known.of(&object).iter().map(|one| shown(&one.path)).collect::<Vec<_>>();
                assert!(!found.is_empty(), "{object}");
                assert_eq!(found_by_policy(&object), found, "{object}");
            }
        }
    }
}
