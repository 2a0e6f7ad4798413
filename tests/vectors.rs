//! The module reads up to thirty-two bytes in one step, the library has no vectors and reads one after the other: what
//! stands at the borders of blocks has to be the same to both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_pod_identity_kubernetes::cluster::Cluster;
use serde_json::json;
use support::{ask_both, payload, request};

/// A pod as text: `value` is that of a member that no rule looks at, of a variable, and of a key.
fn pod(value: &str) -> Vec<u8> {
    let pod = json!({
        "kind": "Pod",
        "metadata": {"name": "api-0", "annotations": {"VALUE": "VALUE"}},
        "spec": {
            "containers": [{"name": "app", "env": [{"name": "A", "value": "VALUE"}]}],
            "future": [{"VALUE": ["VALUE", {}]}, "]"],
        },
    });
    let text = payload(&request("CREATE", &pod, None), &json!({}));
    String::from_utf8(text).unwrap().replace("VALUE", value).into_bytes()
}

fn cluster() -> Cluster {
    Cluster::new().with(json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "default",
            "namespace": "default",
            "annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"},
        },
    }))
}

#[test]
fn strings_and_brackets_are_found_at_every_offset_of_a_block() {
    for (stop, readable) in [
        ("", true),
        ("]}", true),
        ("{[", true),
        (",:", true),
        ("é", true),
        ("𝄞", true),
        ("\u{7f}", true),
        ("\\n", true),
        ("\\u00e9", true),
        ("\\\"]", true),
        ("\\\\", true),
        ("\\\\\\\"]}", true),
        ("\n", false),
        ("\\", false),
        ("\\x", false),
        ("\\ud800", false),
    ] {
        for before in 0..66 {
            let value = format!("{}{stop}", "a".repeat(before));
            let response = ask_both(&pod(&value), cluster()).response();
            let readable = readable && response.mutated_object.is_some();
            assert_eq!(response.accepted, readable, "{value:?}: {:?}", response.message);
            if let Some(pod) = response.mutated_object {
                let value: String = serde_json::from_str(&format!("\"{value}\"")).unwrap();
                assert_eq!(pod["spec"]["future"][0][&value][0], value);
                assert_eq!(pod["spec"]["containers"][0]["env"][0]["value"], value);
            }
        }
    }
}

#[test]
fn what_is_open_at_the_end_is_unreadable_at_every_offset_of_a_block() {
    for length in 0..66 {
        for open in ["[\"\\", "[\"", "[", "{\"a\":[]", "[{}", "\""] {
            let text = format!("{{\"{}\":{open}", "a".repeat(length));
            let response = ask_both(text.as_bytes(), cluster()).response();
            let message = response.message.unwrap();
            assert!(message.contains("cannot be read: it ends too early"), "{text}: {message}");
        }
    }
}

#[test]
fn what_leads_nowhere_in_a_path_is_found_at_every_offset_of_a_block() {
    for length in 1..34 {
        let folder = format!("/{}", "a".repeat(length));
        let settings = json!({"mountPath": format!("{folder}/token")});
        for (mount_path, same) in [
            (format!("{folder}//token"), true),
            (format!("{folder}/./token"), true),
            (format!("{folder}/token/"), true),
            (format!("{folder}//tokem"), false),
            (format!("{folder}a/token"), false),
        ] {
            let pod = json!({
                "kind": "Pod",
                "metadata": {"name": "api-0"},
                "spec": {"containers": [
                    {"name": "app", "volumeMounts": [{"name": "data", "mountPath": mount_path}]},
                ]},
            });
            let payload = payload(&request("CREATE", &pod, None), &settings);
            let response = ask_both(&payload, cluster()).response();
            let message = response.message.unwrap_or_default();
            assert_eq!(message.contains("[token-mount-conflict]"), same, "{mount_path}: {message}");
            assert_eq!(response.accepted, !same, "{mount_path}: {message}");
        }
    }
}
