//! Pods, service accounts and settings, made up.
//!
//! Annotations are made up with the prefix [`PREFIX`] and get the one of the settings in the end.

use std::fmt;

use policy_preview::capabilities::{GetResourceRequest, HostCapabilities};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use serde_json::json;

use crate::documents::Json;

const PREFIX: &str = "PREFIX";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/payments/api";
pub(crate) const MOUNT_PATH: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
const TOKEN_FILE: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const NO_SUCH_ACCOUNT: &str = "nobody";

/// ConfigMaps of roles, by their names.
const ROLE_MAPS: [(&str, &str); 3] = [
    (
        "good",
        r#"{"payments/*": {"RoleARN": "arn:aws:iam::111122223333:role/mapped", "TokenExpiration": 900}}"#,
    ),
    ("bad", r#"{"payments/*": {"RoleARN": "mapped"}}"#),
    ("broken", "payments: {}"),
];

/// One pod under admission, and all that its verdict depends on.
#[derive(Clone)]
pub(crate) struct Situation {
    /// The pod as text.
    pub(crate) pod: String,
    /// The annotations of its service account as text.
    pub(crate) annotations: String,
    /// The settings as text.
    pub(crate) settings: String,
}

impl fmt::Debug for Situation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\npod: {}\nannotations of the service account: {}\nsettings: {}\n",
            self.pod, self.annotations, self.settings
        )
    }
}

impl Situation {
    /// Anything that an API server might send, much of it in the policy's way.
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        Self::from(pod(Tidiness::Any), annotations(Tidiness::Any), settings(Tidiness::Any))
    }

    /// A pod that has nothing of ours yet, with a service account that asks for a role.
    pub(crate) fn clean() -> impl Strategy<Value = Self> {
        Self::from(pod(Tidiness::Clean), annotations(Tidiness::Clean), settings(Tidiness::Clean))
    }

    fn from(
        pod: impl Strategy<Value = Json>,
        annotations: impl Strategy<Value = Json>,
        settings: impl Strategy<Value = Vec<(String, Json)>>,
    ) -> impl Strategy<Value = Self> {
        let prefix = prop_oneof![4 => Just("eks.amazonaws.com"), 1 => Just("irsa.example.com")];
        let style = prop_oneof![1 => Just(Vec::new()), 3 => vec(any::<u8>(), 1..200)];
        (pod, annotations, settings, prefix, style).prop_map(
            |(pod, annotations, mut settings, prefix, style)| {
                if prefix != "eks.amazonaws.com" {
                    settings.push(("annotationPrefix".to_owned(), Json::text(prefix)));
                }
                Self {
                    pod: pod.with_keys(PREFIX, prefix).write(&style),
                    annotations: annotations.with_keys(PREFIX, prefix).write(&style),
                    settings: Json::Object(settings).write(&style),
                }
            },
        )
    }

    /// The same with another pod.
    pub(crate) fn about(&self, pod: impl Into<String>) -> Self {
        Self { pod: pod.into(), ..self.clone() }
    }
}

/// Answers for the one service account of a situation, by whatever name it is asked for.
impl HostCapabilities for Situation {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let (name, namespace) = (&request.name, &request.namespace);
        if let ("ConfigMap", Some((_, config))) =
            (request.kind.as_str(), ROLE_MAPS.into_iter().find(|(map, _)| map == name))
        {
            return Ok(json!({
                "metadata": {"name": name, "namespace": namespace},
                "data": {"config": config},
            })
            .to_string()
            .into_bytes());
        }
        if request.kind != "ServiceAccount" || name == NO_SUCH_ACCOUNT {
            let kind = &request.kind;
            return Err(format!(
                "Cannot find v1/{kind} named '{name}' inside of namespace '{namespace:?}'"
            ));
        }
        let head = json!({"apiVersion": "v1", "kind": "ServiceAccount"}).to_string();
        let names = json!({"name": name, "namespace": namespace}).to_string();
        Ok(format!(
            "{},\"metadata\":{},\"annotations\":{}}}}}",
            head.trim_end_matches('}'),
            names.trim_end_matches('}'),
            self.annotations
        )
        .into_bytes())
    }
}

/// How much of what is made up stands in the policy's way.
#[derive(Clone, Copy, PartialEq)]
enum Tidiness {
    Any,
    Clean,
}

// Building blocks.

fn text(texts: &[&str]) -> BoxedStrategy<Json> {
    let texts: Vec<_> = texts.iter().map(|text| Json::text(*text)).collect();
    select(texts).boxed()
}

fn value(value: serde_json::Value) -> BoxedStrategy<Json> {
    Just(Json::from(value)).boxed()
}

/// Things that are none of the policy's business and have to come back as they came.
fn foreign() -> BoxedStrategy<Json> {
    prop_oneof![
        select(vec!["null", "true", "0", "-0", "1.50", "1E3", "12345678901234567890", "[]", "{}"])
            .prop_map(|raw| Json::Raw(raw.to_owned())),
        select(vec!["", "x", "\u{0}\"\\\u{7f}", "\"env\":[", "ünï\u{10000}", "a/b\n"])
            .prop_map(Json::text),
        value(json!({"env": [{"name": "AWS_ROLE_ARN"}], "volumes": null, "": [[], {}]})),
    ]
    .boxed()
}

/// An object with some of these members, in any order.
fn object(members: Vec<(&'static str, BoxedStrategy<Json>)>) -> BoxedStrategy<Json> {
    chosen_members(members).prop_map(Json::Object).boxed()
}

fn chosen_members(
    members: Vec<(&'static str, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Vec<(String, Json)>> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(key, value)| option::of(value.prop_map(move |value| (key.to_owned(), value))))
        .collect();
    members
        .prop_map(|members| members.into_iter().flatten().collect::<Vec<_>>())
        .prop_shuffle()
        .boxed()
}

/// An object that has these members and some of the others.
fn object_with(
    required: Vec<(&'static str, BoxedStrategy<Json>)>,
    others: Vec<(&'static str, BoxedStrategy<Json>)>,
) -> BoxedStrategy<Json> {
    let required: Vec<_> = required
        .into_iter()
        .map(|(key, value)| value.prop_map(move |value| (key.to_owned(), value)))
        .collect();
    (required, chosen_members(others))
        .prop_map(|(mut members, others)| {
            members.extend(others);
            members
        })
        .prop_shuffle()
        .prop_map(Json::Object)
        .boxed()
}

/// A list, or a `null` in its place.
fn list(element: BoxedStrategy<Json>, most: usize) -> BoxedStrategy<Json> {
    prop_oneof![
        1 => Just(Json::null()),
        1 => Just(Json::List(Vec::new())),
        4 => vec(element, 1..=most).prop_map(Json::List),
    ]
    .boxed()
}

/// A list whose elements all have other names.
fn named(
    names: &[&'static str],
    most: usize,
    element: fn(&'static str) -> BoxedStrategy<Json>,
) -> BoxedStrategy<Json> {
    let names = names.to_vec();
    let most = most.min(names.len());
    let elements = subsequence(names, 1..=most)
        .prop_shuffle()
        .prop_flat_map(move |names| names.into_iter().map(element).collect::<Vec<_>>());
    prop_oneof![
        1 => Just(Json::null()),
        1 => Just(Json::List(Vec::new())),
        4 => elements.prop_map(Json::List),
    ]
    .boxed()
}

// The pod.

fn pod(tidiness: Tidiness) -> impl Strategy<Value = Json> {
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

fn metadata(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let labels = if tidiness == Tidiness::Clean {
        object(vec![("app", text(&["api"]))])
    } else {
        let skip = Just(Json::text("true")).boxed();
        Union::new_weighted(vec![
            (1, Just(Json::null()).boxed()),
            (20, object(vec![("app", text(&["api", ""]))])),
            (1, object_with(vec![("PREFIX/skip-pod-identity-webhook", skip)], vec![])),
        ])
        .boxed()
    };
    let mut annotations = vec![
        ("note", foreign_text()),
        ("PREFIX/token-expiration", expiration(tidiness)),
        ("PREFIX/skip-containers", containers(tidiness)),
    ];
    if tidiness == Tidiness::Any {
        annotations.push(("PREFIX/include-containers", containers(tidiness)));
        annotations.push(("PREFIX/role-arn", text(&[ROLE])));
        annotations.push(("PREFIX/token-expiratoin", text(&["600"])));
    }
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

fn foreign_text() -> BoxedStrategy<Json> {
    text(&["", "x", "{\"spec\":{\"volumes\":[]}}", "\u{0}\"\\\n\u{7f}", "ünï\u{10000}"])
}

fn expiration(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let valid = ["600", "3600", "86400"];
    let any = [
        "600",
        "3600",
        "86400",
        "599",
        "86401",
        "",
        "an hour",
        "-1",
        "99999999999999999999",
        "1e3",
    ];
    text(if tidiness == Tidiness::Clean { &valid } else { &any })
}

fn containers(tidiness: Tidiness) -> BoxedStrategy<Json> {
    let valid = ["app", "sidecar,app", " proxy , setup", "nobody"];
    let any = [
        "app",
        "sidecar,app",
        "app,sidecar,proxy,setup",
        "\"app\",proxy",
        "",
        ",",
        "\"app",
        "a\nb",
    ];
    text(if tidiness == Tidiness::Clean { &valid } else { &any })
}

fn spec(tidiness: Tidiness) -> BoxedStrategy<Json> {
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

fn node_selector() -> BoxedStrategy<Json> {
    prop_oneof![
        4 => value(json!({"disk": "ssd"})),
        1 => value(json!(null)),
        1 => value(json!({"kubernetes.io/os": "linux"})),
        1 => value(json!({"kubernetes.io/os": "windows"})),
        1 => value(json!({"beta.kubernetes.io/os": "windows"})),
    ]
    .boxed()
}

fn affinity() -> BoxedStrategy<Json> {
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

// Containers.

fn clean_container(name: &'static str) -> BoxedStrategy<Json> {
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

fn any_container(name: &'static str) -> BoxedStrategy<Json> {
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
    // Nothing valid, but what an empty object becomes is easily got wrong.
    let empty = Just(Json::Object(Vec::new()));
    Union::new_weighted(vec![(12, container), (1, empty.boxed())]).boxed()
}

fn any_variable() -> BoxedStrategy<Json> {
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
                    value(json!({"fieldRef": {"fieldPath": "metadata.name"}})),
                ].boxed()),
            ],
            vec![("value", value_of)],
        ),
    ]
    .boxed()
}

// Volumes.

fn clean_volume(name: &'static str) -> BoxedStrategy<Json> {
    object_with(vec![("name", text(&[name]))], vec![("emptyDir", value(json!({})))])
}

fn any_volume(name: &'static str) -> BoxedStrategy<Json> {
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
        1 => value(json!(null)),
        1 => value(json!({"sources": null})),
        1 => value(json!({"sources": [{"serviceAccountToken": null}, {"serviceAccountToken": {"path": "token"}}]})),
    ];
    prop_oneof![
        2 => object_with(vec![("name", text(&[name])), ("projected", projected.boxed())], vec![("future", foreign())]),
        1 => clean_volume(name),
    ]
    .boxed()
}

// The service account and the settings.

fn annotations(tidiness: Tidiness) -> impl Strategy<Value = Json> {
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
        ("PREFIX/skip-containers", containers(tidiness)),
        ("PREFIX/include-containers", containers(tidiness)),
        ("PREFIX/audiense", text(&["x"])),
        ("eks.amazon.com/role-arn", text(&[ROLE])),
        ("note", foreign_text()),
    ];
    // Mostly few of them, so that what is wrong with one does not hide the others.
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

/// Settings, all valid.
fn settings(tidiness: Tidiness) -> BoxedStrategy<Vec<(String, Json)>> {
    let words = |words: &[&str]| text(words);
    let mut members = vec![
        ("audience", words(&["sts.amazonaws.com", "vault"])),
        ("tokenExpirationSeconds", prop_oneof![value(json!(600)), value(json!(7200))].boxed()),
        ("region", words(&["eu-west-1", "us-gov-west-1"])),
        ("regionWithEnvFrom", prop_oneof![value(json!(true)), value(json!(false))].boxed()),
        ("stsRegionalEndpoints", prop_oneof![value(json!(true)), value(json!(null))].boxed()),
        ("serviceAccountLookup", words(&["fresh", "cached"])),
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
            "allowedRoles",
            prop_oneof![
                3 => value(json!([{"namespaces": ["*"], "roleArns": ["arn:*:iam::*:role/*"]}])),
                1 => value(json!([{"namespaces": ["other"], "roleArns": ["arn:*:iam::*:role/*"]}])),
            ]
            .boxed(),
        ));
    }
    let plain = Just(Vec::new());
    // With findings as warnings, more comes as far as the injection.
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

fn role_map() -> BoxedStrategy<Json> {
    select(vec!["good", "bad", "broken", "missing"])
        .prop_map(|name| Json::from(json!({"namespace": "kube-system", "name": name})))
        .boxed()
}

fn role_mappings() -> BoxedStrategy<Json> {
    prop_oneof![
        value(json!([])),
        value(json!([{"namespace": "other", "serviceAccount": "*", "roleArn": ROLE}])),
        value(json!([{"namespace": "pay*", "serviceAccount": "a?i", "roleArn": ROLE,
            "audience": "vault", "tokenExpirationSeconds": 601, "stsRegionalEndpoints": true}])),
    ]
    .boxed()
}

fn container_credentials() -> BoxedStrategy<Json> {
    prop_oneof![
        value(json!({"identities": [{"namespace": "payments", "serviceAccount": "*"}]})),
        value(json!({"identities": [{"namespace": "payments", "serviceAccount": "api"}],
            "volumeName": "data", "mountPath": "/data", "tokenPath": "a/b", "audience": "x"})),
        value(json!({"identities": [{"namespace": "other", "serviceAccount": "*"}]})),
    ]
    .boxed()
}

/// Severities for some findings.
fn severities() -> BoxedStrategy<Json> {
    let ids: Vec<&str> = aws_pod_identity_core::Rule::ALL.iter().map(|rule| rule.id()).collect();
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
