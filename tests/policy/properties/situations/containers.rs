//! Containers, and the volumes that they mount.

use policy_testing::json_text::Json;
use policy_testing::pools::{
    MOUNT_PATHS, OTHER_ANNOTATIONS, OTHER_VOLUMES, PROJECTED_SOURCES, TOKEN, TOKEN_AUDIENCES,
    TOKEN_PATHS, VALUE_SOURCES, VARIABLES,
};
use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::json;

use super::blocks::{NO_MEMBERS, foreign, list, object_with, text, texts, value, values};

pub(super) fn clean_container(name: &'static str) -> BoxedStrategy<Json> {
    let other_text = text(OTHER_ANNOTATIONS.values.ordinary);
    let variable =
        object_with(vec![("name", text(&["PATH", "DEBUG"]))], vec![("value", other_text)]);
    let paths = text(&["/data", "/var/run/secrets/kubernetes.io/serviceaccount"]);
    let mount = object_with(vec![("name", text(&["data"])), ("mountPath", paths)], NO_MEMBERS);
    object_with(
        vec![("name", text(&[name]))],
        vec![
            ("image", text(&["registry.example.com/app@sha256:0"])),
            ("env", list(variable, 2)),
            ("envFrom", env_from()),
            ("volumeMounts", list(mount, 1)),
            ("future", foreign()),
        ],
    )
}

pub(super) fn any_container(name: &'static str) -> BoxedStrategy<Json> {
    let mount = object_with(
        vec![
            ("name", text(&["aws-iam-token", "data", "kube-api-access-x"])),
            ("mountPath", text(&MOUNT_PATHS)),
        ],
        vec![
            ("readOnly", value(json!(true))),
            ("subPath", text(&["token"])),
            ("future", foreign()),
        ],
    );
    let security = [json!({"privileged": true}), json!({"windowsOptions": {"hostProcess": true}})];
    let container = object_with(
        vec![("name", text(&[name]))],
        vec![
            ("image", text(&["registry.example.com/app@sha256:0"])),
            ("env", list(any_variable(), 4)),
            ("envFrom", env_from()),
            ("volumeMounts", list(mount, 3)),
            ("securityContext", values(&security)),
            ("future", foreign()),
        ],
    );
    // Not a valid container, but an empty object is a special case of the edits.
    let empty = Just(Json::Object(Vec::new()));
    Union::new_weighted(vec![(12, container), (1, empty.boxed())]).boxed()
}

fn env_from() -> BoxedStrategy<Json> {
    values(&[json!(null), json!([]), json!([{"configMapRef": {"name": "x"}}])])
}

fn any_variable() -> BoxedStrategy<Json> {
    let variables = VARIABLES.iter().map(|variables| {
        let (name, of) = (text(variables.names), texts(variables.values.all()));
        let source = values(&VALUE_SOURCES);
        prop_oneof![
            6 => object_with(vec![("name", name.clone()), ("value", of.clone())], vec![("future", foreign())]),
            1 => object_with(vec![("name", name.clone())], vec![("value", Just(Json::null()).boxed())]),
            1 => object_with(vec![("name", name), ("valueFrom", source)], vec![("value", of)]),
        ]
        .boxed()
    });
    Union::new(variables).boxed()
}

pub(super) fn clean_volume(name: &'static str) -> BoxedStrategy<Json> {
    object_with(vec![("name", text(&[name]))], vec![("emptyDir", value(json!({})))])
}

pub(super) fn any_volume(name: &'static str) -> BoxedStrategy<Json> {
    let usual = text(&TOKEN_AUDIENCES[..1]);
    let token = object_with(
        vec![
            ("path", prop_oneof![4 => text(&TOKEN_PATHS[..1]), 1 => text(&TOKEN_PATHS)].boxed()),
            ("audience", prop_oneof![4 => usual, 1 => text(&TOKEN_AUDIENCES)].boxed()),
        ],
        vec![("expirationSeconds", value(json!(3607))), ("user", value(json!(0)))],
    );
    let sources: Vec<_> = PROJECTED_SOURCES.iter().cloned().map(Json::from).collect();
    let sources = (prop::sample::select(sources), token)
        .prop_map(|(sources, token)| sources.with_value(&Json::text(TOKEN), &token));
    let projected = object_with(
        vec![("sources", prop_oneof![8 => sources, 1 => value(json!(null))].boxed())],
        vec![("defaultMode", value(json!(256))), ("defaultUser", value(json!(1000)))],
    );
    let projected = object_with(
        vec![("name", text(&[name])), ("projected", projected)],
        vec![("future", foreign())],
    );
    let other = values(&OTHER_VOLUMES).prop_map(move |volume| volume.with_member("name", name));
    prop_oneof![3 => projected, 1 => other].boxed()
}
