//! Deep nesting, large payloads, names with control characters.

use policy_testing::{payload, request};
use serde_json::{Value, json};

use super::{ROLE, SECRET, cluster, evaluated, pod, text, unreadable};
use crate::engine::ask_both;

fn nested(depth: usize, innermost: &str) -> String {
    "[".repeat(depth) + innermost + &"]".repeat(depth)
}

#[test]
fn deep_nesting_in_members_that_are_not_read_is_skipped() {
    let text = text();
    let places: [&dyn Fn(&str) -> String; 5] = [
        &|deep| deep.to_owned(),
        &|deep| text.replacen("{\"request\":", &format!("{{\"future\":{deep},\"request\":"), 1),
        &|deep| text.replacen("\"spec\":{", &format!("\"spec\":{{\"future\":{deep},"), 1),
        &|deep| text.replacen(&format!("[\"{SECRET}\"]"), deep, 1),
        &|deep| text.replacen("\"valueFrom\":{", &format!("\"valueFrom\":{{\"future\":{deep},"), 1),
    ];
    for (number, place) in places.iter().enumerate() {
        for depth in [1, 50, 127, 128, 129, 10_000, 100_000] {
            // Too deep for `serde_json` to read as a value.
            let answer = ask_both(place(&nested(depth, "")).as_bytes(), cluster());
            let accepted = answer.body.starts_with(b"{\"accepted\":true,");
            assert_eq!(accepted, number > 0, "{number} {depth}");
        }
        for depth in [10_000, 100_000] {
            // Strings that are not ASCII take the slow path, which has a maximum depth.
            let reason = unreadable(place(&nested(depth, "\"é\"")));
            let expected =
                if number == 0 { "expected an object" } else { "values are nested too deeply" };
            assert_eq!(reason, expected);
            // Brackets without their end.
            unreadable(place(&"[".repeat(depth)));
            unreadable(place(&"{\"a\":".repeat(depth)));
        }
    }
}

/// The largest request that an API server accepts.
const THREE_MEGABYTES: usize = 3 << 20;

#[track_caller]
fn injected(pod: &Value) -> Value {
    let payload = payload(&request("CREATE", pod, None), &json!({}));
    evaluated(payload).mutated_object.expect("an injected pod")
}

#[test]
fn a_very_long_string_is_skipped() {
    for (pointer, filling) in [
        ("/spec/containers/0/args/0", "x"),
        ("/spec/containers/0/args/0", "\"\\\n"),
        ("/metadata/annotations/note", "ü"),
        ("/spec/containers/0/env/0/value", "$("),
        ("/metadata/labels/note", "\u{10000}"),
    ] {
        let mut pod = pod();
        let long = filling.repeat(THREE_MEGABYTES / filling.len());
        *pod.pointer_mut(pointer).unwrap() = long.as_str().into();
        assert_eq!(injected(&pod).pointer(pointer), Some(&Value::String(long)), "{pointer}");
    }
}

#[test]
fn a_very_long_value_is_truncated_in_messages() {
    for annotation in ["token-expiration", "skip-containers"] {
        for filling in ["x", "\u{10000}", "\"", "\n", ","] {
            let mut pod = pod();
            let key = format!("eks.amazonaws.com/{annotation}");
            pod["metadata"]["annotations"][key] = filling.repeat(THREE_MEGABYTES / 4).into();
            let response = evaluated(payload(&request("CREATE", &pod, None), &json!({})));
            let message = response.message.unwrap_or_default();
            assert!(message.len() < 4096, "{} bytes for {annotation} {filling:?}", message.len());
        }
    }
}

#[test]
fn ten_thousand_containers_are_all_injected() {
    let mut pod = pod();
    let containers: Vec<_> =
        (0..10_000).map(|number| json!({"name": format!("c{number}")})).collect();
    pod["spec"]["containers"] = containers.into();
    let injected = injected(&pod);
    let containers = injected["spec"]["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 10_000);
    assert!(containers.iter().all(|container| container["env"][0]["value"] == ROLE));
}

#[test]
fn a_skip_list_of_a_thousand_names_applies_and_a_longer_one_is_rejected() {
    let mut pod = pod();
    let mut skip = |count: usize| {
        let names: Vec<_> = (0..count).rev().map(|number| format!("c{number}")).collect();
        pod["spec"]["containers"] = names.iter().map(|name| json!({"name": name})).collect();
        let list = names.join(",");
        pod["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] = list.into();
        evaluated(payload(&request("CREATE", &pod, None), &json!({})))
    };
    let injected = skip(1_000).mutated_object.expect("an injected pod");
    assert_eq!(injected.pointer("/spec/containers/999/env"), None);
    assert_eq!(injected["spec"]["initContainers"][0]["env"][0]["value"], ROLE);
    for count in [1_001, 20_000] {
        let message = skip(count).message.expect("a rejection");
        assert!(message.ends_with("[containers-annotation-invalid]"), "{message}");
    }
}

#[test]
fn very_many_annotations_labels_variables_mounts_and_volumes_are_read() {
    let map = |entry: &dyn Fn(usize) -> String| -> Value {
        (0..10_000).map(|number| (entry(number), json!("x"))).collect()
    };
    let mut pod = pod();
    pod["metadata"]["annotations"] = map(&|number| format!("eks.amazonaws.com/note-{number}"));
    pod["metadata"]["labels"] = map(&|number| format!("label-{number}"));
    let list = |entry: &dyn Fn(usize) -> Value| -> Value { (0..20_000).map(entry).collect() };
    pod["spec"]["containers"][0]["env"] =
        list(&|number| json!({"name": format!("AWS_{number}"), "value": "x"}));
    pod["spec"]["containers"][0]["volumeMounts"] =
        list(&|number| json!({"name": "data", "mountPath": format!("/data/{number}")}));
    pod["spec"]["volumes"] = list(&|number| json!({"name": format!("data-{number}")}));
    let injected = injected(&pod);
    let length = |pointer: &str| injected.pointer(pointer).unwrap().as_array().unwrap().len();
    assert_eq!(length("/spec/containers/0/env"), 20_002);
    assert_eq!(length("/spec/containers/0/volumeMounts"), 20_001);
    assert_eq!(length("/spec/volumes"), 20_001);
}

#[test]
fn very_long_lists_of_empty_elements_are_skipped() {
    let mut pod = pod();
    pod["spec"]["future"] = vec![json!({}); 100_000].into();
    pod["spec"]["containers"][0]["args"] = vec![json!(""); 100_000].into();
    pod["spec"]["containers"][0]["envFrom"] = vec![json!({}); 100_000].into();
    injected(&pod);
}

#[test]
fn ten_thousand_findings_are_one_rejection() {
    let mut pod = pod();
    let container = json!({"name": "app", "env": [{"name": "AWS_ROLE_ARN", "value": "x"}]});
    pod["spec"]["containers"] = vec![container; 10_000].into();
    let response = evaluated(payload(&request("CREATE", &pod, None), &json!({})));
    assert_eq!((response.accepted, response.code), (false, Some(403)));
    let length = response.message.unwrap().len();
    assert!(length < 20_000, "a message of {length} bytes");
}

#[test]
fn names_are_escaped_in_messages() {
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = "a\0\n\u{1b}[31m\u{202e}\"\\".into();
    let response = evaluated(payload(&request("CREATE", &pod, None), &json!({})));
    insta::assert_snapshot!(response.message.unwrap(), @r#"Pod payments/api-0: its service account "a\u{0}\n\u{1b}[31m\u{202e}\"\\" does not exist in namespace payments; create the service account, or correct spec.serviceAccountName [service-account-missing]"#);
}
