//! Pods, their metadata, and where they run.

use policy_testing::json_text::Json;
use policy_testing::pools::{
    INCLUDE_CONTAINERS, MISSPELLED, OTHER_ANNOTATIONS, ROLE_ARN, SKIP_CONTAINERS, TOKEN_EXPIRATION,
};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::Union;
use serde_json::json;

use super::account::annotation;
use super::blocks::{NO_MEMBERS, foreign, list, named, object, object_with, text, value};
use super::containers::{any_container, any_volume, clean_container, clean_volume};
use super::{NO_SUCH_ACCOUNT, Tidiness};

pub(super) fn pod(tidiness: Tidiness) -> impl Strategy<Value = Json> {
    let head = vec![("apiVersion", text(&["v1"])), ("kind", text(&["Pod"]))];
    let with_spec = {
        let mut required = head.clone();
        required.push(("spec", spec(tidiness)));
        object_with(
            required,
            vec![
                ("metadata", metadata(tidiness)),
                ("status", value(json!({"phase": "Pending", "conditions": []}))),
                ("future", foreign()),
            ],
        )
    };
    if tidiness == Tidiness::Clean {
        return with_spec;
    }
    let without = object_with(
        head,
        vec![("metadata", metadata(tidiness)), ("spec", Just(Json::null()).boxed())],
    );
    Union::new_weighted(vec![(20, with_spec), (1, without)]).boxed()
}

pub(super) fn metadata(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let labels = if tidiness == Tidiness::Clean {
        object(vec![("app", text(&["api"]))])
    } else {
        let skip = Just(Json::text("true")).boxed();
        Union::new_weighted(vec![
            (1, Just(Json::null()).boxed()),
            (20, object(vec![("app", text(&["api", ""]))])),
            (1, object_with(vec![("PREFIX/skip-pod-identity-webhook", skip)], NO_MEMBERS)),
        ])
        .boxed()
    };
    let mut pools = vec![OTHER_ANNOTATIONS, TOKEN_EXPIRATION, SKIP_CONTAINERS];
    if tidiness == Tidiness::Any {
        pools.extend([INCLUDE_CONTAINERS, ROLE_ARN, MISSPELLED]);
    }
    let annotations = pools.iter().flat_map(|pool| annotation(pool, tidiness)).collect();
    let annotations = prop_oneof![1 => Just(Json::null()), 5 => object(annotations)].boxed();
    object(vec![
        ("name", text(&["api-0", "ünï"])),
        ("generateName", text(&["api-7d4b9c-"])),
        ("namespace", text(&["payments"])),
        ("labels", labels),
        ("annotations", annotations),
        ("creationTimestamp", Just(Json::null()).boxed()),
        ("uid", text(&["0c27d2bd-8d0e-4f5c-9a55-6f5a3c1a0f4e"])),
        ("managedFields", value(json!([{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]))),
    ])
}

pub(super) fn spec(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let clean = tidiness == Tidiness::Clean;
    let container = if clean { clean_container } else { any_container };
    let account = if clean {
        text(&["api", "default"])
    } else {
        prop_oneof![
            20 => select(vec!["api", "default"]).prop_map(Json::text),
            1 => Just(Json::text(NO_SUCH_ACCOUNT)),
            1 => Just(Json::text("")),
            1 => Just(Json::null()),
        ]
        .boxed()
    };
    let volumes = if clean {
        named(&["data", "kube-api-access-x"], 2, clean_volume)
    } else {
        named(&["data", "kube-api-access-x", "aws-iam-token"], 3, any_volume)
    };
    let mut others = vec![
        ("serviceAccountName", account.clone()),
        ("initContainers", named(&["setup", "native"], 2, container)),
        ("volumes", volumes),
        ("nodeSelector", node_selector()),
        ("hostNetwork", value(json!(true))),
        ("futureField", foreign()),
    ];
    if !clean {
        others.extend([
            ("serviceAccount", account),
            (
                "os",
                prop_oneof![
                    value(json!({"name": "windows"})),
                    value(json!({"name": "linux"})),
                    value(json!(null))
                ]
                .boxed(),
            ),
            ("affinity", affinity()),
            ("ephemeralContainers", list(any_container("debug"), 1)),
            ("schedulerName", text(&["fargate-scheduler"])),
        ]);
    }
    let containers = named(&["app", "sidecar", "proxy"], 3, container);
    object_with(vec![("containers", containers)], others)
}

pub(super) fn node_selector() -> BoxedStrategy<Json> {
    prop_oneof![
        4 => value(json!({"disk": "ssd"})),
        1 => value(json!(null)),
        1 => value(json!({"kubernetes.io/os": "linux"})),
        1 => value(json!({"kubernetes.io/os": "windows"})),
        1 => value(json!({"beta.kubernetes.io/os": "windows"})),
    ]
    .boxed()
}

pub(super) fn affinity() -> BoxedStrategy<Json> {
    let required = |terms: serde_json::Value| {
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        value(json!({"nodeAffinity": {required: {"nodeSelectorTerms": terms}}}))
    };
    let windows = json!({"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]});
    let linux = json!({"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]});
    prop_oneof![
        required(json!([{"matchExpressions": [windows]}])),
        required(json!([{"matchExpressions": [windows]}, {"matchExpressions": [linux]}])),
        required(json!(null)),
        value(json!({"nodeAffinity": null, "podAffinity": {}})),
        value(json!(null)),
    ]
    .boxed()
}
