//! Payloads that no API server sends. None of them may stop the module, none may pass for a pod that it is
//! not, and no answer may repeat what they hold: a pod's variables are in there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use aws_pod_identity_kubernetes::cluster::Cluster;
use kubewarden_policy_sdk::response::ValidationResponse;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use support::{ask_both, payload, request};

const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";
/// Stands in the payload wherever somebody might have put a secret.
const SECRET: &str = "hunter2";

fn cluster() -> Cluster {
    Cluster::new().with(json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            "name": "api",
            "namespace": "payments",
            "annotations": {"eks.amazonaws.com/role-arn": ROLE},
        },
    }))
}

/// A pod in which everything is set that the policy reads.
fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "api-0",
            "generateName": "api-",
            "namespace": "payments",
            "annotations": {"note": SECRET, "eks.amazonaws.com/token-expiration": "3600"},
            "labels": {"note": SECRET},
        },
        "spec": {
            "serviceAccountName": "api",
            "serviceAccount": "api",
            "os": {"name": "linux"},
            "nodeSelector": {"kubernetes.io/os": "linux"},
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]},
                ]}],
            }}},
            "initContainers": [{"name": "setup"}],
            "containers": [{
                "name": "app",
                "env": [
                    {"name": "PASSWORD", "value": SECRET},
                    {"name": "AWS_REGION", "value": SECRET},
                    {"name": "AWS_DEFAULT_REGION", "valueFrom": {"secretKeyRef": {"key": SECRET}}},
                ],
                "envFrom": [{"secretRef": {"name": SECRET}}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "args": [SECRET],
            }],
            "volumes": [{"name": "data", "projected": {"sources": [
                {"serviceAccountToken": {"audience": "vault", "path": "token"}},
            ]}}],
        },
    })
}

fn creation() -> Value {
    let mut request = request("CREATE", &pod(), None);
    request["subResource"] = "".into();
    json!({"request": request, "settings": {}})
}

fn text() -> String {
    let creation = creation();
    String::from_utf8(payload(&creation["request"], &creation["settings"])).unwrap()
}

/// The policy's answer, from the library and from the module; it has to be an orderly one.
#[track_caller]
fn judged(payload: impl AsRef<[u8]>) -> ValidationResponse {
    let answer = ask_both(payload.as_ref(), cluster());
    let said = [&answer.body[..], answer.log.concat().as_bytes()].concat();
    let response = answer.response();
    if response.mutated_object.is_none() {
        let said = String::from_utf8(said).expect("UTF-8");
        assert!(!said.contains(SECRET), "a value of the payload is repeated: {said}");
    }
    response
}

/// What comes after "cannot be read: ", up to the position. A message that is not listed here might have
/// come out of the payload.
const REASONS: [&str; 21] = [
    "it ends too early",
    "expected a value",
    "expected an object",
    "expected a list",
    "expected a string",
    "expected a boolean",
    "expected ':'",
    "expected ',' or '}'",
    "expected ',' or ']'",
    "expected the end",
    "expected a member \"request\"",
    "expected a member \"kind\" in \"request\"",
    "expected a member \"operation\" in \"request\"",
    "a string has an invalid escape or a control character",
    "a number is malformed",
    "values are nested too deeply",
    "a member is defined twice",
    "it is not UTF-8",
    "expected 'true'",
    "expected 'false'",
    "expected 'null'",
];

/// Makes sure that the payload is refused as unreadable, and gives the reason.
#[track_caller]
fn unreadable(payload: impl AsRef<[u8]>) -> &'static str {
    let payload = payload.as_ref();
    let response = judged(payload);
    let shown = || String::from_utf8_lossy(&payload[..payload.len().min(4000)]).into_owned();
    assert!(!response.accepted, "accepted: {}", shown());
    assert_eq!(response.code, Some(400), "{:?} {}", response.message, shown());
    let message = response.message.unwrap();
    let reason = message.strip_prefix("the admission request cannot be read: ");
    let (reason, position) = reason.and_then(|rest| rest.rsplit_once(" at byte ")).expect(&message);
    let position: usize = position.parse().expect(&message);
    assert!(position <= payload.len(), "{message}");
    let known = REASONS.into_iter().find(|known| *known == reason);
    known.unwrap_or_else(|| panic!("another message: {message}"))
}

// The payload as it should be.

#[test]
fn the_payload_that_is_damaged_here_is_a_good_one() {
    let response = judged(text());
    assert!(response.accepted && response.mutated_object.is_some(), "{:?}", response.message);
}

// Broken text.

#[test]
fn a_payload_that_breaks_off_anywhere_is_unreadable() {
    let text = text();
    for end in 0..text.len() {
        unreadable(&text.as_bytes()[..end]);
    }
}

#[test]
fn nothing_and_nothing_much_are_unreadable() {
    for payload in
        ["", " ", "\0", "null", "true", "0", "\"\"", "[]", "{}", "{\"request\":null}", "\u{feff}{}"]
    {
        unreadable(payload);
    }
}

#[test]
fn more_than_one_document_is_unreadable() {
    let text = text();
    assert_eq!(unreadable(format!("{text}{text}")), "expected the end");
    assert_eq!(unreadable(format!("{text},")), "expected the end");
    assert_eq!(unreadable(format!("{text}\0")), "expected the end");
    assert!(judged(format!(" \r\n\t{text} \r\n\t")).accepted);
}

#[test]
fn what_is_no_utf_8_is_unreadable_wherever_it_stands() {
    let text = text();
    // A byte that never occurs, half a character, a surrogate, and '/' in two bytes.
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf"] {
        for at in (0..=text.len()).step_by(7) {
            let mut payload = text.clone().into_bytes();
            payload.splice(at..at, bytes.iter().copied());
            // Outside of strings, nothing but ASCII is JSON.
            let why = unreadable(payload);
            assert!(why == "it is not UTF-8" || why.starts_with("expected"), "{why}");
        }
    }
}

#[test]
fn half_a_surrogate_pair_is_unreadable_even_where_nobody_looks() {
    for half in ["\\ud800", "\\udfff", "\\ud800\\ud800", "\\udc00\\ud800", "\\ud800\\n", "\\ud800x"]
    {
        let payload = text().replace(SECRET, half);
        assert_eq!(unreadable(payload), "a string has an invalid escape or a control character");
    }
    assert!(judged(text().replace(SECRET, "\\ud834\\udd1e")).accepted);
}

#[test]
fn control_characters_have_to_be_escaped() {
    for control in ['\0', '\n', '\u{1f}'] {
        let payload = text().replace(SECRET, &format!("x{control}"));
        assert_eq!(unreadable(payload), "a string has an invalid escape or a control character");
    }
    assert!(judged(text().replace(SECRET, "\\u0000\\u001f\u{7f}")).accepted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_is_unreadable(noise in proptest::collection::vec(any::<u8>(), 0..200)) {
        unreadable(noise);
    }

    #[test]
    fn a_few_changed_bytes_do_no_harm(changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4)) {
        let mut payload = text().into_bytes();
        let length = payload.len();
        for (at, byte) in changes {
            payload[at.index(length)] = byte;
        }
        // Much of it can be changed without making it wrong, so all that is asked for is order.
        let response = judged(&payload);
        prop_assert!(response.accepted || matches!(response.code, None | Some(400 | 500)), "{:?}", response);
    }
}

// Wrong types.

/// Every member that the policy reads, and what it may be beside `null`.
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
fn null_means_absent_wherever_kubernetes_takes_it_for_that() {
    for (pointer, _) in MEMBERS {
        let mut creation = creation();
        *creation.pointer_mut(pointer).unwrap() = Value::Null;
        let response = judged(creation.to_string());
        match pointer {
            "/request" | "/request/kind" | "/request/operation" => {
                assert_eq!(response.code, Some(400), "{pointer}");
            }
            // Elements; no API server sends such lists.
            _ if pointer.ends_with("/0") => {}
            // Then it is another service account, which does not exist.
            "/request/namespace" | "/request/object/spec" => {}
            _ => assert!(response.accepted, "{pointer}: {:?}", response.message),
        }
    }
}

// Members that are there twice: readers of JSON disagree about which one counts, so neither does.

#[test]
fn a_member_that_is_there_twice_is_unreadable() {
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
            // Nothing is no request to begin with.
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
fn of_annotations_that_are_there_twice_the_last_one_counts_as_for_kubernetes() {
    let payload = text().replace(
        "\"eks.amazonaws.com/token-expiration\":",
        "\"eks.amazonaws.com/token-expiration\":\"never\",\"eks.amazonaws.com\\/token-expiration\":",
    );
    let pod = judged(payload).mutated_object.expect("a pod");
    let volume = &pod["spec"]["volumes"][1]["projected"]["sources"][0]["serviceAccountToken"];
    assert_eq!(volume["expirationSeconds"], 3600);
}

// Depth.

fn nested(depth: usize, innermost: &str) -> String {
    "[".repeat(depth) + innermost + &"]".repeat(depth)
}

#[test]
fn nesting_costs_no_memory_and_is_followed_where_it_matters_only() {
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
            // Too deep for whoever reads the answer as a tree.
            let answer = ask_both(place(&nested(depth, "")).as_bytes(), cluster());
            let accepted = answer.body.starts_with(b"{\"accepted\":true,");
            assert_eq!(accepted, number > 0, "{number} {depth}");
        }
        for depth in [10_000, 100_000] {
            // What is not plain is looked at with care, and not to any depth.
            let reason = unreadable(place(&nested(depth, "\"é\"")));
            let expected =
                if number == 0 { "expected an object" } else { "values are nested too deeply" };
            assert_eq!(reason, expected);
            // Brackets that nobody closes.
            unreadable(place(&"[".repeat(depth)));
            unreadable(place(&"{\"a\":".repeat(depth)));
        }
    }
}

// Size: what an API server takes at the most is 3 MB.

const THREE_MEGABYTES: usize = 3 << 20;

#[track_caller]
fn injected(pod: &Value) -> Value {
    let payload = payload(&request("CREATE", pod, None), &json!({}));
    judged(payload).mutated_object.expect("an injected pod")
}

#[test]
fn a_very_long_string_is_read_past() {
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
fn a_very_long_value_is_cut_in_messages() {
    for annotation in ["token-expiration", "skip-containers"] {
        for filling in ["x", "\u{10000}", "\"", "\n", ","] {
            let mut pod = pod();
            let key = format!("eks.amazonaws.com/{annotation}");
            pod["metadata"]["annotations"][key] = filling.repeat(THREE_MEGABYTES / 4).into();
            let response = judged(payload(&request("CREATE", &pod, None), &json!({})));
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
fn very_many_containers_can_be_left_out_but_not_any_number() {
    let mut pod = pod();
    let mut leave_out = |count: usize| {
        let names: Vec<_> = (0..count).rev().map(|number| format!("c{number}")).collect();
        pod["spec"]["containers"] = names.iter().map(|name| json!({"name": name})).collect();
        let list = names.join(",");
        pod["metadata"]["annotations"]["eks.amazonaws.com/skip-containers"] = list.into();
        judged(payload(&request("CREATE", &pod, None), &json!({})))
    };
    let injected = leave_out(1_000).mutated_object.expect("an injected pod");
    assert_eq!(injected.pointer("/spec/containers/999/env"), None);
    assert_eq!(injected["spec"]["initContainers"][0]["env"][0]["value"], ROLE);
    for count in [1_001, 20_000] {
        let message = leave_out(count).message.expect("a rejection");
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
fn very_long_lists_of_nothing_much_are_read_past() {
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
    let response = judged(payload(&request("CREATE", &pod, None), &json!({})));
    assert_eq!((response.accepted, response.code), (false, Some(403)));
    let length = response.message.unwrap().len();
    assert!(length < 20_000, "a message of {length} bytes");
}

// Names that do not show, or that would break a line.

#[test]
fn names_are_shown_escaped() {
    let mut pod = pod();
    pod["spec"]["serviceAccountName"] = "a\0\n\u{1b}[31m\u{202e}\"\\".into();
    let response = judged(payload(&request("CREATE", &pod, None), &json!({})));
    insta::assert_snapshot!(response.message.unwrap(), @r#"Pod payments/api-0: its service account "a\u{0}\n\u{1b}[31m\u{202e}"\" does not exist in namespace payments; create it, or correct spec.serviceAccountName [service-account-missing]"#);
}
