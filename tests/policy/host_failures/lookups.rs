//! The lookup as the host receives it, and requests without a lookup.

use aws_pod_identity_kubernetes::cluster::Cluster;
use policy_testing::host::{answers, fails};
use policy_testing::{Answer, payload, request};
use serde_json::{Value, json};

use super::{account, creation, pod};
use crate::engine::ask_both;

#[track_caller]
fn only_query(answer: &Answer) -> Value {
    let [query] = &answer.queries[..] else { panic!("{} lookups", answer.queries.len()) };
    serde_json::from_str(query).unwrap()
}

#[test]
fn the_lookup_is_fresh_and_for_the_annotations_only() {
    let answer = ask_both(&creation(&pod()), answers(account().to_string()));
    // The Kubewarden SDK's `GetResourceRequest`, as it is serialized.
    let expected = json!({
        "api_version": "v1",
        "kind": "ServiceAccount",
        "name": "api",
        "namespace": "payments",
        "disable_cache": true,
        "field_masks": ["metadata.annotations"],
    });
    assert_eq!(only_query(&answer), expected);
}

#[test]
fn the_cache_of_the_host_is_used_only_by_setting() {
    for (settings, disable_cache) in [
        (json!({}), true),
        (json!({"serviceAccountLookup": null}), true),
        (json!({"serviceAccountLookup": "fresh"}), true),
        (json!({"serviceAccountLookup": "cached"}), false),
    ] {
        let payload = payload(&request("CREATE", &pod(), None), &settings);
        let answer = ask_both(&payload, answers(account().to_string()));
        assert_eq!(only_query(&answer)["disable_cache"], disable_cache, "{settings}");
    }
}

#[test]
fn the_service_account_is_the_one_that_kubernetes_uses() {
    for (spec, expected) in [
        (json!({"serviceAccountName": "a", "serviceAccount": "b"}), "a"),
        (json!({"serviceAccountName": "", "serviceAccount": "b"}), "b"),
        (json!({"serviceAccountName": null, "serviceAccount": "b"}), "b"),
        (json!({"serviceAccount": "b"}), "b"),
        (json!({}), "default"),
    ] {
        let mut pod = pod();
        pod["spec"] = spec;
        let answer = ask_both(&creation(&pod), Cluster::new());
        assert_eq!(only_query(&answer)["name"], expected, "{}", pod["spec"]);
    }
}

#[test]
fn the_namespace_is_that_of_the_request() {
    for namespace in [json!(null), json!("elsewhere")] {
        let mut pod = pod();
        let mut request = request("CREATE", &pod, None);
        pod["metadata"]["namespace"] = namespace;
        request["object"] = pod;
        let answer = ask_both(&payload(&request, &json!({})), answers(account().to_string()));
        assert_eq!(only_query(&answer)["namespace"], "payments");
        assert!(answer.response().accepted);
    }
}

#[test]
fn a_name_with_special_characters_is_looked_up_unchanged() {
    let name = "a\"b\\c\n\u{0}ü\u{10000}";
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = name.into();
    let answer = ask_both(&creation(&pod), Cluster::new());
    assert_eq!(only_query(&answer)["name"], name);
}

#[test]
fn a_service_account_with_an_invalid_name_is_missing_without_a_lookup() {
    for (length, looked_up) in [(253, true), (254, false)] {
        let mut pod = pod();
        pod["spec"]["serviceAccountName"] = "a".repeat(length).into();
        let answer = ask_both(&creation(&pod), fails("no answer"));
        let response = answer.response();
        assert!(!response.accepted);
        assert_eq!(!answer.queries.is_empty(), looked_up, "{length}");
        let missing = response.message.unwrap().ends_with("[service-account-missing]");
        assert_eq!(missing, !looked_up, "{length}");
    }
}

#[track_caller]
fn accepted_without_a_lookup(request: &Value) {
    let answer = ask_both(&payload(request, &json!({})), fails("no answer"));
    assert_eq!(answer.queries, Vec::<String>::new());
    let response = answer.response();
    assert!(response.accepted, "{:?}", response.message);
    assert_eq!(response.mutated_object, None);
}

#[test]
fn a_pod_with_the_skip_label_needs_no_lookup() {
    for value in ["true", "false", ""] {
        let mut pod = pod();
        pod["metadata"]["labels"] = json!({"eks.amazonaws.com/skip-pod-identity-webhook": value});
        accepted_without_a_lookup(&request("CREATE", &pod, None));
    }
}

#[test]
fn a_mirror_pod_needs_no_lookup() {
    let mut pod = pod();
    pod["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "0c27d2bd"});
    accepted_without_a_lookup(&request("CREATE", &pod, None));
}

#[test]
fn a_pod_that_is_being_deleted_needs_no_lookup() {
    let mut pod = pod();
    pod["metadata"]["deletionTimestamp"] = "2026-11-01T00:00:00Z".into();
    accepted_without_a_lookup(&request("CREATE", &pod, None));
}

#[test]
fn other_operations_on_pods_need_no_lookup() {
    accepted_without_a_lookup(&request("UPDATE", &pod(), Some(&pod())));
    accepted_without_a_lookup(&request("CONNECT", &pod(), None));
    let mut deletion = request("DELETE", &Value::Null, Some(&pod()));
    deletion["kind"] = json!({"group": "", "version": "v1", "kind": "Pod"});
    accepted_without_a_lookup(&deletion);
}

#[test]
fn subresources_of_pods_need_no_lookup() {
    for subresource in ["status", "ephemeralcontainers", "binding", "eviction"] {
        let mut request = request("CREATE", &pod(), None);
        request["subResource"] = subresource.into();
        accepted_without_a_lookup(&request);
    }
}

#[test]
fn other_kinds_need_no_lookup() {
    for (api_version, kind) in [
        ("v1", "Service"),
        ("v1", "ConfigMap"),
        ("v1", "PodTemplate"),
        ("example.com/v1", "Pod"),
        ("example.com/v1", "Deployment"),
    ] {
        let mut object = pod();
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        accepted_without_a_lookup(&request("CREATE", &object, None));
    }
}

#[test]
fn a_service_account_needs_no_lookup() {
    accepted_without_a_lookup(&request("CREATE", &account(), None));
    accepted_without_a_lookup(&request("UPDATE", &account(), Some(&account())));
}
