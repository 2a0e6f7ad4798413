//! The workloads of Kubernetes are in two tables, because `core/` has no dependencies and `kubernetes/` does not depend on the
//! policy. Both have the same kinds, with their pod templates at the same path.

use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::kind::{self, KINDS, POD, SERVICE_ACCOUNT};
use policy_testing::{ask_library, payload, request};
use serde_json::{Value, json};

/// Whether the policy finds the pod template at that path of a workload: the template has an annotation for service accounts.
fn finds_template(api_version: &str, kind: &str, path: &[&str]) -> bool {
    let annotation = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"});
    let template = json!({
        "metadata": {"annotations": annotation}, "spec": {"containers": [{"name": "app"}]},
    });
    let mut object = path.iter().rev().fold(template, |value, key| json!({*key: value}));
    object["apiVersion"] = api_version.into();
    object["kind"] = kind.into();
    object["metadata"] = json!({"name": "api", "namespace": "shop"});
    let payload = payload(&request("CREATE", &object, None), &json!({}));
    let answer: Value =
        serde_json::from_slice(&ask_library(&payload, &Cluster::new()).body).unwrap();
    answer.to_string().contains("[annotation-on-wrong-object]")
}

#[test]
fn the_policy_and_the_program_know_the_same_workloads() {
    let workloads: Vec<_> =
        KINDS.into_iter().filter(|kind| ![POD, SERVICE_ACCOUNT].contains(kind)).collect();
    let groups = ["", "apps", "batch", "extensions", "example.com"];
    let paths: [&[&str]; 3] =
        [&["spec", "template"], &["spec", "jobTemplate", "spec", "template"], &["template"]];
    let mut found = 0;
    for workload in &workloads {
        for group in groups {
            let api_version =
                if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            let object = json!({"apiVersion": api_version, "kind": workload.name});
            let expected = kind::of(&object).and_then(|(kind, _)| kind.template());
            for path in paths {
                let finds = finds_template(&api_version, workload.name, path);
                assert_eq!(
                    finds,
                    expected == Some(path),
                    "{api_version} {} {path:?}",
                    workload.name
                );
                found += usize::from(finds);
            }
        }
    }
    assert_eq!(found, workloads.len());
}
