//! Containers, and the volumes that they mount.

use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::json;

use super::blocks::{foreign, list, object_with, text, value};
use super::pod::foreign_text;
use super::{MOUNT_PATH, ROLE, TOKEN_FILE};
use crate::properties::documents::Json;

pub(super) fn clean_container(name: &'static str) -> BoxedStrategy<Json> {
    let variable =
        object_with(vec![("name", text(&["PATH", "DEBUG"]))], vec![("value", foreign_text())]);
    let mount = |name| {
        object_with(
            vec![
                ("name", text(&[name])),
                ("mountPath", text(&["/data", "/var/run/secrets/kubernetes.io/serviceaccount"])),
            ],
            vec![],
        )
    };
    object_with(
        vec![("name", text(&[name]))],
        vec![
            ("image", text(&["registry.example.com/app@sha256:0"])),
            ("env", list(variable, 2)),
            (
                "envFrom",
                prop_oneof![
                    value(json!(null)),
                    value(json!([])),
                    value(json!([{"configMapRef": {"name": "x"}}]))
                ]
                .boxed(),
            ),
            ("volumeMounts", list(mount("data"), 1)),
            ("future", foreign()),
        ],
    )
}

pub(super) fn any_container(name: &'static str) -> BoxedStrategy<Json> {
    let mount = object_with(
        vec![
            ("name", text(&["aws-iam-token", "data", "kube-api-access-x"])),
            (
                "mountPath",
                text(&[
                    MOUNT_PATH,
                    "/var/run/secrets/eks.amazonaws.com/serviceaccount/",
                    "/var/run/secrets//eks.amazonaws.com/./serviceaccount",
                    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount",
                    "/var/run/secrets/eks.amazonaws.com",
                    "/var/run/secrets/eks.amazonaws.com/serviceaccount/below",
                    "/data",
                    "/",
                    "",
                ]),
            ),
        ],
        vec![
            ("readOnly", value(json!(true))),
            ("subPath", text(&["token"])),
            ("future", foreign()),
        ],
    );
    let container = object_with(
        vec![("name", text(&[name]))],
        vec![
            ("image", text(&["registry.example.com/app@sha256:0"])),
            ("env", list(any_variable(), 4)),
            (
                "envFrom",
                prop_oneof![
                    value(json!(null)),
                    value(json!([])),
                    value(json!([{"configMapRef": {"name": "x"}}]))
                ]
                .boxed(),
            ),
            ("volumeMounts", list(mount, 3)),
            (
                "securityContext",
                prop_oneof![
                    value(json!({"privileged": true})),
                    value(json!({"windowsOptions": {"hostProcess": true}}))
                ]
                .boxed(),
            ),
            ("future", foreign()),
        ],
    );
    // Not a valid container, but an empty object is a special case of the edits.
    let empty = Just(Json::Object(Vec::new()));
    Union::new_weighted(vec![(12, container), (1, empty.boxed())]).boxed()
}

pub(super) fn any_variable() -> BoxedStrategy<Json> {
    let name = text(&[
        "AWS_ROLE_ARN",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_SESSION_NAME",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_STS_REGIONAL_ENDPOINTS",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_PROFILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_EC2_METADATA_DISABLED",
        "HTTPS_PROXY",
        "PATH",
        "",
    ]);
    let value_of = text(&[
        ROLE,
        "arn:aws:iam::111122223333:role/another",
        TOKEN_FILE,
        "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token",
        "$(POD_NAME)",
        "eu-west-1",
        "",
    ]);
    prop_oneof![
        6 => object_with(vec![("name", name.clone()), ("value", value_of.clone())], vec![("future", foreign())]),
        1 => object_with(vec![("name", name.clone())], vec![("value", Just(Json::null()).boxed())]),
        1 => object_with(
            vec![
                ("name", name),
                ("valueFrom", prop_oneof![
                    value(json!(null)),
                    value(json!({"secretKeyRef": {"name": "x", "key": "y"}})),
                    value(json!({"fileKeyRef": {"volumeName": "x", "path": "y", "key": "z", "optional": true}})),
                    value(json!({"fieldRef": {"fieldPath": "metadata.name"}})),
                ].boxed()),
            ],
            vec![("value", value_of)],
        ),
    ]
    .boxed()
}

// Volumes.

pub(super) fn clean_volume(name: &'static str) -> BoxedStrategy<Json> {
    object_with(vec![("name", text(&[name]))], vec![("emptyDir", value(json!({})))])
}

pub(super) fn any_volume(name: &'static str) -> BoxedStrategy<Json> {
    let token = |audience: &str, path: &str| {
        value(json!({"sources": [
            {"serviceAccountToken": {"path": path, "audience": audience, "expirationSeconds": 3607}},
            {"configMap": null},
        ]}))
    };
    let projected = prop_oneof![
        4 => token("sts.amazonaws.com", "token"),
        1 => token("sts.amazonaws.com", "other"),
        1 => token("sts.amazonaws.com.cn", "token"),
        1 => value(json!({"defaultMode": 256, "defaultUser": 1000, "sources": [
            {"podCertificate": {"signerName": "example.com/x", "keyType": "ED25519", "credentialBundlePath": "x"}},
            {"clusterTrustBundle": {"name": "x", "path": "y"}},
            {"serviceAccountToken": {"path": "token", "audience": "sts.amazonaws.com", "user": 0}},
        ]})),
        1 => value(json!(null)),
        1 => value(json!({"sources": null})),
        1 => value(json!({"sources": [{"serviceAccountToken": null}, {"serviceAccountToken": {"path": "token"}}]})),
    ];
    prop_oneof![
        2 => object_with(vec![("name", text(&[name])), ("projected", projected.boxed())], vec![("future", foreign())]),
        1 => object_with(vec![("name", text(&[name])), ("image", value(json!({"reference": "x"})))], vec![("future", foreign())]),
        1 => clean_volume(name),
    ]
    .boxed()
}
