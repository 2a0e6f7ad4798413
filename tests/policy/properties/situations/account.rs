//! The annotations of service accounts, and settings.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::json;

use super::blocks::{chosen_members, object, object_with, text, value};
use super::pod::{containers, expiration, foreign_text};
use super::{MOUNT_PATH, ROLE, Tidiness};
use crate::properties::documents::Json;

pub(super) fn annotations(tidiness: Tidiness) -> impl Strategy<Value = Json> {
    let valid =
        text(&[ROLE, "arn:aws:iam::111122223333:role/x", "arn:aws-cn:iam::111122223333:role/x"]);
    let words = ["true", "false", "1", "f"];
    if tidiness == Tidiness::Clean {
        return object_with(
            vec![("PREFIX/role-arn", text(&[ROLE]))],
            vec![
                ("PREFIX/audience", text(&["sts.amazonaws.com", "vault"])),
                ("PREFIX/token-expiration", expiration(tidiness)),
                ("PREFIX/sts-regional-endpoints", text(&words)),
                ("PREFIX/sts-endpoint-url", text(&[MINIO, VPC_ENDPOINT])),
                ("note", foreign_text()),
            ],
        );
    }
    let role = Union::new_weighted(vec![
        (12, valid),
        (
            1,
            text(&[
                "",
                "x",
                "arn:aws:iam::12345:role/x",
                "arn:aws:iam::${ACCOUNT}:role/x",
                "\"q\"",
                "arn:aws:iam::111122223333:role/aws-service-role/x",
            ]),
        ),
    ]);
    let others = [
        (
            "PREFIX/audience",
            text(&["sts.amazonaws.com", "sts.amazonaws.com", "sts.amazonaws.com.cn", ""]),
        ),
        ("PREFIX/token-expiration", expiration(tidiness)),
        ("PREFIX/sts-regional-endpoints", text(&["true", "false", "T", "yes", ""])),
        ("PREFIX/sts-endpoint-url", text(&[MINIO, VPC_ENDPOINT, "minio:9000", ""])),
        ("PREFIX/skip-containers", containers(tidiness)),
        ("PREFIX/include-containers", containers(tidiness)),
        ("PREFIX/audiense", text(&["x"])),
        ("eks.amazon.com/role-arn", text(&[ROLE])),
        ("note", foreign_text()),
    ];
    // Mostly few of them, so that the problem of one does not hide the others.
    let few = prop_oneof![3 => Just(0.1), 1 => Just(0.5)];
    let annotated = few
        .prop_flat_map(move |probability| {
            let others: Vec<_> = others
                .iter()
                .map(|(key, value)| {
                    let key = (*key).to_owned();
                    let entry = value.clone().prop_map(move |value| (key.clone(), value));
                    option::weighted(probability, entry)
                })
                .collect();
            others
        })
        .prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>());
    let with_role = (role, annotated).prop_map(|(role, mut members)| {
        members.push(("PREFIX/role-arn".to_owned(), role));
        members
    });
    let some = with_role.prop_shuffle().prop_map(Json::Object).boxed();
    Union::new_weighted(vec![
        (16, some),
        (1, object(vec![("note", foreign_text())])),
        (1, value(json!(null))),
    ])
    .boxed()
}

const MINIO: &str = "https://minio.example.com:9000";
const VPC_ENDPOINT: &str = "https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com";

/// Settings, all valid.
pub(super) fn settings(tidiness: Tidiness) -> BoxedStrategy<Vec<(String, Json)>> {
    let words = |words: &[&str]| text(words);
    let mut members = vec![
        ("audience", words(&["sts.amazonaws.com", "vault"])),
        ("tokenExpirationSeconds", prop_oneof![value(json!(600)), value(json!(7200))].boxed()),
        ("region", words(&["eu-west-1", "us-gov-west-1"])),
        ("regionWithEnvFrom", prop_oneof![value(json!(true)), value(json!(false))].boxed()),
        ("stsRegionalEndpoints", prop_oneof![value(json!(true)), value(json!(null))].boxed()),
        ("stsEndpointUrl", words(&[MINIO, VPC_ENDPOINT])),
        ("serviceAccountLookup", words(&["fresh", "cached"])),
        ("lookupFailure", words(&["reject", "admit"])),
        ("sessionName", words(&["none", "podName"])),
        ("disableInstanceMetadata", prop_oneof![value(json!(true)), value(json!(false))].boxed()),
    ];
    if tidiness == Tidiness::Any {
        members.push(("mountPath", words(&["/run/aws", MOUNT_PATH])));
        members.push(("defaultSeverity", words(&["warn"])));
        members.push(("findings", severities()));
        members
            .push(("composeRoleArn", value(json!({"accountId": "111122223333", "path": "/k8s/"}))));
        members.push(("roleMap", role_map()));
        members.push(("roleMappings", role_mappings()));
        members.push(("containerCredentials", container_credentials()));
        members.push((
            "podTemplates",
            value(json!([{"group": "argoproj.io", "kind": "Rollout", "paths": ["spec.template"]}])),
        ));
        members.push((
            "allowedRoles",
            prop_oneof![
                3 => value(json!([{"namespaces": ["*"], "roleArns": ["arn:*:iam::*:role/*"]}])),
                1 => value(json!([{"namespaces": ["other"], "roleArns": ["arn:*:iam::*:role/*"]}])),
            ]
            .boxed(),
        ));
    }
    let plain = Just(Vec::new());
    // With findings as warnings, more pods are injected.
    let lenient = Just(vec![("defaultSeverity".to_owned(), Json::text("warn"))]);
    let few: Vec<_> = members
        .clone()
        .into_iter()
        .map(|(key, value)| {
            option::weighted(0.15, value.prop_map(move |value| (key.to_owned(), value)))
        })
        .collect();
    let few = few.prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>()).boxed();
    let any = Union::new(vec![few, chosen_members(members)]).boxed();
    if tidiness == Tidiness::Clean {
        Union::new_weighted(vec![(1, plain.boxed()), (2, any)]).boxed()
    } else {
        Union::new_weighted(vec![(1, plain.boxed()), (1, lenient.boxed()), (2, any)]).boxed()
    }
}

pub(super) fn role_map() -> BoxedStrategy<Json> {
    select(vec!["good", "bad", "broken", "missing"])
        .prop_map(|name| Json::from(json!({"namespace": "kube-system", "name": name})))
        .boxed()
}

pub(super) fn role_mappings() -> BoxedStrategy<Json> {
    prop_oneof![
        value(json!([])),
        value(json!([{"namespace": "other", "serviceAccount": "*", "roleArn": ROLE}])),
        value(json!([{"namespace": "pay*", "serviceAccount": "a?i", "roleArn": ROLE,
            "audience": "vault", "tokenExpirationSeconds": 601, "stsRegionalEndpoints": true}])),
    ]
    .boxed()
}

pub(super) fn container_credentials() -> BoxedStrategy<Json> {
    prop_oneof![
        value(json!({"identities": [{"namespace": "payments", "serviceAccount": "*"}]})),
        value(json!({"identities": [{"namespace": "payments", "serviceAccount": "api"}],
            "volumeName": "data", "mountPath": "/data", "tokenPath": "a/b", "audience": "x"})),
        value(json!({"identities": [{"namespace": "other", "serviceAccount": "*"}]})),
    ]
    .boxed()
}

/// Severities for some findings.
pub(super) fn severities() -> BoxedStrategy<Json> {
    let ids: Vec<&str> =
        aws_pod_identity_core::FindingKind::ALL.iter().map(|kind| kind.id()).collect();
    let most = ids.len();
    subsequence(ids, 0..=most)
        .prop_flat_map(|ids| {
            let severity = select(vec!["reject", "warn", "warn", "off"]);
            ids.into_iter().map(|id| (Just(id), severity.clone())).collect::<Vec<_>>()
        })
        .prop_map(|severities| {
            Json::object(severities.into_iter().map(|(id, word)| (id, Json::text(word))))
        })
        .boxed()
}
