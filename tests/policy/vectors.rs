//! The module reads up to 32 bytes in one step with vector instructions, the library reads one byte after the other. Both
//! must give the same answer at every offset of a block.

use aws_pod_identity_kubernetes::cluster::Cluster;
use policy_testing::{payload, request};
use serde_json::json;

use crate::engine::ask_both;

/// A pod as text. `value` is the value of a member that is not checked, of a variable, and a key.
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
fn an_unclosed_value_is_unreadable_at_every_offset_of_a_block() {
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
fn redundant_parts_of_a_path_are_found_at_every_offset_of_a_block() {
    for length in 1..34 {
        let directory = format!("/{}", "a".repeat(length));
        let settings = json!({"mountPath": format!("{directory}/token")});
        for (mount_path, same) in [
            (format!("{directory}//token"), true),
            (format!("{directory}/./token"), true),
            (format!("{directory}/token/"), true),
            (format!("{directory}//tokem"), false),
            (format!("{directory}a/token"), false),
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
