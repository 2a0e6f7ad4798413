//! Members of a wrong type, and duplicate members.

use serde_json::{Value, json};

use super::{SECRET, creation, evaluated, text, unreadable};

/// Every member that the policy reads, and its type if it is not `null`.
const MEMBERS: [(&str, &str); 49] = [
    ("/request", "object"),
    ("/request/uid", "string"),
    ("/request/kind", "object"),
    ("/request/kind/group", "string"),
    ("/request/kind/kind", "string"),
    ("/request/operation", "string"),
    ("/request/subResource", "string"),
    ("/request/namespace", "string"),
    ("/request/object", "object"),
    ("/request/object/metadata", "object"),
    ("/request/object/metadata/name", "string"),
    ("/request/object/metadata/generateName", "string"),
    ("/request/object/metadata/namespace", "string"),
    ("/request/object/metadata/annotations", "object"),
    ("/request/object/metadata/annotations/note", "string"),
    ("/request/object/metadata/labels", "object"),
    ("/request/object/metadata/labels/note", "string"),
    ("/request/object/spec", "object"),
    ("/request/object/spec/serviceAccountName", "string"),
    ("/request/object/spec/serviceAccount", "string"),
    ("/request/object/spec/os", "object"),
    ("/request/object/spec/os/name", "string"),
    ("/request/object/spec/nodeSelector", "object"),
    ("/request/object/spec/nodeSelector/kubernetes.io~1os", "string"),
    ("/request/object/spec/affinity", "object"),
    ("/request/object/spec/affinity/nodeAffinity", "object"),
    ("/request/object/spec/initContainers", "list"),
    ("/request/object/spec/initContainers/0", "object"),
    ("/request/object/spec/containers", "list"),
    ("/request/object/spec/containers/0", "object"),
    ("/request/object/spec/containers/0/name", "string"),
    ("/request/object/spec/containers/0/env", "list"),
    ("/request/object/spec/containers/0/env/0", "object"),
    ("/request/object/spec/containers/0/env/0/name", "string"),
    ("/request/object/spec/containers/0/env/0/value", "string"),
    ("/request/object/spec/containers/0/envFrom", "list"),
    ("/request/object/spec/containers/0/volumeMounts", "list"),
    ("/request/object/spec/containers/0/volumeMounts/0", "object"),
    ("/request/object/spec/containers/0/volumeMounts/0/name", "string"),
    ("/request/object/spec/containers/0/volumeMounts/0/mountPath", "string"),
    ("/request/object/spec/volumes", "list"),
    ("/request/object/spec/volumes/0", "object"),
    ("/request/object/spec/volumes/0/name", "string"),
    ("/request/object/spec/volumes/0/projected", "object"),
    ("/request/object/spec/volumes/0/projected/sources", "list"),
    ("/request/object/spec/volumes/0/projected/sources/0", "object"),
    ("/request/object/spec/volumes/0/projected/sources/0/serviceAccountToken", "object"),
    ("/request/object/spec/volumes/0/projected/sources/0/serviceAccountToken/audience", "string"),
    ("/request/object/spec/volumes/0/projected/sources/0/serviceAccountToken/path", "string"),
];

#[test]
fn a_member_of_another_type_is_unreadable() {
    let others = [
        (json!(true), "boolean"),
        (json!(1), "number"),
        (json!(SECRET), "string"),
        (json!([]), "list"),
        (json!([SECRET]), "list"),
        (json!({}), "object"),
        (json!({"a": SECRET}), "object"),
    ];
    for (pointer, expected) in MEMBERS {
        for (value, kind) in &others {
            let mut creation = creation();
            *creation.pointer_mut(pointer).unwrap() = value.clone();
            if *kind == expected {
                continue;
            }
            let reason = unreadable(creation.to_string());
            let article = if expected == "object" { "an" } else { "a" };
            assert_eq!(reason, format!("expected {article} {expected}"), "{pointer}: {value}");
        }
    }
}

#[test]
fn null_means_absent_as_in_kubernetes() {
    for (pointer, _) in MEMBERS {
        let mut creation = creation();
        *creation.pointer_mut(pointer).unwrap() = Value::Null;
        let response = evaluated(creation.to_string());
        match pointer {
            "/request" | "/request/kind" | "/request/operation" => {
                assert_eq!(response.code, Some(400), "{pointer}");
            }
            // Elements; no API server sends such lists.
            _ if pointer.ends_with("/0") => {}
            // Then the service account is another one, which does not exist.
            "/request/namespace" | "/request/object/spec" => {}
            _ => assert!(response.accepted, "{pointer}: {:?}", response.message),
        }
    }
}

/// JSON readers disagree about which of two members applies.
#[test]
fn a_duplicate_member_is_unreadable() {
    let text = text();
    for key in [
        "request",
        "settings",
        "kind",
        "operation",
        "object",
        "namespace",
        "metadata",
        "spec",
        "annotations",
        "labels",
        "generateName",
        "containers",
        "initContainers",
        "volumes",
        "serviceAccountName",
        "env",
        "envFrom",
        "volumeMounts",
        "mountPath",
        "projected",
        "sources",
        "serviceAccountToken",
        "audience",
        "path",
        "nodeSelector",
        "affinity",
        "os",
        "value",
    ] {
        let (before, after) = text.split_once(&format!("\"{key}\":")).expect(key);
        let nothing = if matches!(key, "kind") {
            "{}"
        } else if key == "operation" {
            "\"\""
        } else {
            "null"
        };
        if key == "request" {
            // A null request is unreadable for another reason.
            unreadable(format!("{before}\"{key}\":{nothing},\"{key}\":{after}"));
            continue;
        }
        for spelling in [
            key.to_owned(),
            format!("\\u{:04x}{}", u32::from(key.as_bytes()[0]), key.split_at(1).1),
        ] {
            let payload = format!("{before}\"{spelling}\":{nothing},\"{key}\":{after}");
            assert_eq!(unreadable(payload), "a member is defined twice", "{spelling}");
        }
    }
}

#[test]
fn the_last_of_duplicate_annotations_applies_as_in_kubernetes() {
    let payload = text().replace(
        "\"eks.amazonaws.com/token-expiration\":",
        "\"eks.amazonaws.com/token-expiration\":\"never\",\"eks.amazonaws.com\\/token-expiration\":",
    );
    let pod = evaluated(payload).mutated_object.expect("a pod");
    let volume = &pod["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!(volume["expirationSeconds"], 3600);
}
