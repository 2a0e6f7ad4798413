//! Pods, workloads, service accounts and settings that are well-formed and hostile.
//!
//! Values are from pools with each value that a check reports, and a similar one. Some values are any text instead.

mod container;

use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};

use container::{container, security};

/// The marker in values that no message, audit annotation or log line may show.
pub const SECRET: &str = "SECRET-MARKER";

const ROLES: [&str; 13] = [
    "arn:aws:iam::123456789012:role/api",
    "arn:aws:iam::123456789012:role/api",
    "arn:aws-cn:iam::123456789012:role/team/api",
    "arn:aws:iam::123456789012:role/aws-reserved/sso/x",
    "arn:aws:iam::12345:role/x",
    "arn:aws:iam::123456789012:role/NodeInstanceRole",
    "arn:aws:iam::${ACCOUNT}:role/x",
    " arn:aws:iam::123456789012:role/api",
    "\"arn:aws:iam::123456789012:role/api\"",
    "team/api",
    "",
    "$(ROLE)",
    "$(NAME)",
];
const TOKEN: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const AGENT_TOKEN: &str =
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token";
const NAMES: [&str; 5] = ["app", "sidecar", "a,b", "say \"hi\"\n", ""];
const ACCOUNTS: [&str; 4] = ["api", "api", "default", "web"];
const NAMESPACES: [&str; 3] = ["payments", "payments", "team-a"];
const VOLUMES: [&str; 4] = ["aws-iam-token", "eks-pod-identity-token", "data", ""];
const PATHS: [&str; 11] = [
    "/var/run/secrets/eks.amazonaws.com/serviceaccount",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/",
    "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/deep",
    "/var//run/./secrets",
    "/run/secrets/eks.amazonaws.com/serviceaccount",
    "/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount",
    "/root/.aws",
    "/",
    "",
];

fn pick<'p>(u: &mut Unstructured<'_>, pool: &[&'p str]) -> Result<&'p str> {
    u.choose(pool).copied()
}

/// One value of the pool, or rarely any text without the marker, which the fuzzer would find.
fn text(u: &mut Unstructured<'_>, pool: &[&str]) -> Result<Value> {
    let any = if u.ratio(1, 24)? { Some(u.arbitrary::<&str>()?) } else { None };
    match any.filter(|any| !any.contains(SECRET)) {
        Some(any) => Ok(Value::from(any)),
        None => pick(u, pool).map(Value::from),
    }
}

/// Adds the member, leaves it out, or rarely sets it to `null`.
fn maybe(
    u: &mut Unstructured<'_>,
    object: &mut Map<String, Value>,
    key: &str,
    value: impl FnOnce(&mut Unstructured<'_>) -> Result<Value>,
) -> Result<()> {
    match u.int_in_range(0..=11)? {
        0 => drop(object.insert(key.to_owned(), Value::Null)),
        1..=5 => drop(object.insert(key.to_owned(), value(u)?)),
        _ => {}
    }
    Ok(())
}

fn list(
    u: &mut Unstructured<'_>,
    most: usize,
    element: impl Fn(&mut Unstructured<'_>) -> Result<Value>,
) -> Result<Value> {
    (0..u.int_in_range(0..=most)?).map(|_| element(u)).collect()
}

/// Annotations, most of them those of the policy, or with a similar key.
fn annotations(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let mut annotations = Map::new();
    for _ in 0..u.int_in_range(0..=4)? {
        let prefix =
            pick(u, &[prefix, prefix, "eks.amazonaws.com", "eks.amazon.com", "iam.amazonaws.com"])?;
        let (name, value) = match u.int_in_range(0..=10)? {
            0..=2 => ("role-arn", text(u, &ROLES)?),
            3 => {
                ("audience", text(u, &["", "sts.amazonaws.com", "sts.amazonaws.com.cn", "vault"])?)
            }
            4 => (
                "token-expiration",
                text(u, &["599", "600", "3600", "86400", "86401", "-1", "1h", "9999999999"])?,
            ),
            5 => ("sts-regional-endpoints", text(u, &["true", "0", "yes", ""])?),
            6 => (
                "skip-containers",
                text(u, &["app", "app,sidecar", " sidecar , x", "\"a,b\"", "\"", "a\nb", ","])?,
            ),
            7 => ("include-containers", text(u, &["app", "sidecar", "nobody", ""])?),
            8 => (
                pick(u, &["role_arn", "roleArn", "audiense", "ecr-role-arn", "skip-container"])?,
                text(u, &ROLES)?,
            ),
            9 => (
                "sts-endpoint-url",
                text(
                    u,
                    &[
                        "https://minio:9000",
                        "https://sts.amazonaws.com",
                        "minio",
                        "https://a@b",
                        "",
                    ],
                )?,
            ),
            _ => ("note", text(u, &["", "x"])?),
        };
        annotations.insert(format!("{prefix}/{name}"), value);
    }
    Ok(Value::Object(annotations))
}

fn volume(u: &mut Unstructured<'_>) -> Result<Value> {
    let name = text(u, &VOLUMES)?;
    if u.ratio(1, 3)? {
        let read_only = u.arbitrary::<bool>()?;
        return Ok(match u.int_in_range(0..=6)? {
            0 => json!({"name": name, "secret": {"secretName": SECRET}}),
            1 => json!({"name": name, "csi": {"driver": "x", "readOnly": read_only}}),
            2 => {
                json!({"name": name, "nfs": {"readOnly": read_only}, "future": [{"readOnly": {}}]})
            }
            3 => json!({"image": {"reference": "x"}, "name": name}),
            4 => json!({"name": name, "future": {"readOnly": SECRET}}),
            _ => json!({"name": name, "emptyDir": {}}),
        });
    }
    let mut token = Map::new();
    maybe(u, &mut token, "audience", |u| {
        text(u, &["sts.amazonaws.com", "pods.eks.amazonaws.com", "vault", ""])
    })?;
    maybe(u, &mut token, "path", |u| text(u, &["token", "eks-pod-identity-token", "x"]))?;
    let mut projected = Map::new();
    maybe(u, &mut projected, "defaultMode", |u| Ok(json!(u.int_in_range(0..=0o777)?)))?;
    maybe(u, &mut projected, "sources", |u| {
        Ok(match u.int_in_range(0..=6)? {
            0 => {
                json!([{"serviceAccountToken": token}, {"secret": {"items": [{"path": "token"}]}}])
            }
            1 => json!([{"podCertificate": {"keyPath": "x"}}, {"serviceAccountToken": token}]),
            2 => json!([{"clusterTrustBundle": {"path": "ca"}}]),
            3 => json!([{"serviceAccountToken": token}]),
            _ => json!([{}, {"serviceAccountToken": token}]),
        })
    })?;
    Ok(json!({"name": name, "projected": projected}))
}

fn metadata(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let mut metadata = Map::new();
    maybe(u, &mut metadata, "name", |u| text(u, &["api", "x", "a name that no session may have"]))?;
    maybe(u, &mut metadata, "generateName", |u| text(u, &["api-"]))?;
    maybe(u, &mut metadata, "namespace", |u| text(u, &NAMESPACES))?;
    maybe(u, &mut metadata, "annotations", |u| annotations(u, prefix))?;
    maybe(u, &mut metadata, "labels", |u| {
        let key = pick(
            u,
            &["app", "eks.amazonaws.com/fargate-profile", "eks.amazonaws.com/pod-identity"],
        )?;
        Ok(if u.arbitrary()? { json!({key: "x"}) } else { json!({}) })
    })?;
    if u.ratio(1, 16)? {
        metadata.insert("uid".to_owned(), Value::from("stored"));
    }
    if u.ratio(1, 32)? {
        metadata.insert("deletionTimestamp".to_owned(), Value::from("2026-01-01T00:00:00Z"));
    }
    Ok(Value::Object(metadata))
}

/// A pod, or the template of one.
pub fn pod(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let mut spec = Map::new();
    maybe(u, &mut spec, "serviceAccountName", |u| text(u, &ACCOUNTS))?;
    maybe(u, &mut spec, "serviceAccount", |u| text(u, &ACCOUNTS))?;
    maybe(u, &mut spec, "initContainers", |u| list(u, 2, container))?;
    spec.insert("containers".to_owned(), list(u, 3, container)?);
    maybe(u, &mut spec, "volumes", |u| list(u, 3, volume))?;
    maybe(u, &mut spec, "securityContext", security)?;
    maybe(u, &mut spec, "hostNetwork", |_| Ok(json!(true)))?;
    maybe(u, &mut spec, "shareProcessNamespace", |_| Ok(json!(true)))?;
    maybe(u, &mut spec, "schedulerName", |u| text(u, &["default-scheduler", "fargate-scheduler"]))?;
    if u.ratio(1, 6)? {
        maybe(u, &mut spec, "os", |_| Ok(json!({"name": "windows"})))?;
        maybe(u, &mut spec, "nodeSelector", |_| Ok(json!({"kubernetes.io/os": "windows"})))?;
        maybe(u, &mut spec, "affinity", |_| {
            Ok(
                json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["windows"]}]}]}}}),
            )
        })?;
    }
    let mut pod = Map::new();
    maybe(u, &mut pod, "metadata", |u| metadata(u, prefix))?;
    pod.insert("spec".to_owned(), Value::Object(spec));
    Ok(Value::Object(pod))
}

/// A custom resource, for the setting `podTemplates`: with pod templates, or with other values in their place.
pub fn custom(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let template = |u: &mut Unstructured<'_>| {
        Ok(match u.int_in_range(0..=11)? {
            0 => json!([[{"template": {}}]]),
            1 => json!({"spec": {"containers": {"app": {}}}}),
            2 => Value::from(SECRET),
            3 => json!([pod(u, prefix)?, null, {}]),
            _ => pod(u, prefix)?,
        })
    };
    let mut spec = Map::new();
    maybe(u, &mut spec, "template", template)?;
    maybe(u, &mut spec, "groups", |u| {
        list(u, 3, |u| Ok(json!({"name": "g", "template": template(u)?})))
    })?;
    if u.ratio(1, 4)? {
        spec.insert("a.b \" c".to_owned(), json!({"template": template(u)?}));
    }
    let mut custom = Map::new();
    maybe(u, &mut custom, "metadata", |u| metadata(u, prefix))?;
    custom.insert("spec".to_owned(), Value::Object(spec));
    Ok(Value::Object(custom))
}

/// A service account of the cluster.
pub fn account(
    u: &mut Unstructured<'_>,
    prefix: &str,
    namespace: &Value,
    name: &Value,
) -> Result<Value> {
    let mut annotations = annotations(u, prefix)?;
    if u.ratio(3, 4)? {
        annotations[format!("{prefix}/role-arn")] = Value::from(ROLES[0]);
    }
    Ok(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations}}))
}

/// Valid settings.
pub fn settings(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let mut settings = Map::new();
    if prefix != "eks.amazonaws.com" {
        settings.insert("annotationPrefix".to_owned(), Value::from(prefix));
    }
    maybe(u, &mut settings, "region", |u| Ok(Value::from(pick(u, &["eu-west-1", "cn-north-1"])?)))?;
    for flag in ["regionWithEnvFrom", "stsRegionalEndpoints", "disableInstanceMetadata"] {
        maybe(u, &mut settings, flag, |u| Ok(json!(u.arbitrary::<bool>()?)))?;
    }
    maybe(u, &mut settings, "stsEndpointUrl", |u| {
        Ok(Value::from(pick(u, &["https://minio:9000", "https://sts.eu-west-1.amazonaws.com"])?))
    })?;
    maybe(u, &mut settings, "roleArnFromEnv", |u| Ok(json!(u.arbitrary::<bool>()?)))?;
    maybe(u, &mut settings, "sessionName", |_| Ok(json!("podName")))?;
    maybe(u, &mut settings, "audience", |_| Ok(json!("vault")))?;
    maybe(u, &mut settings, "tokenExpirationSeconds", |u| {
        Ok(json!(u.int_in_range(600..=86_400)?))
    })?;
    maybe(u, &mut settings, "composeRoleArn", |_| {
        Ok(json!({"accountId": "123456789012", "path": "/k8s/"}))
    })?;
    maybe(u, &mut settings, "roleMap", |_| Ok(json!({"namespace": "roles"})))?;
    maybe(u, &mut settings, "roleMappings", |_| {
        Ok(
            json!([{"namespace": "pay*", "serviceAccount": "w?b", "roleArn": ROLES[0], "tokenExpirationSeconds": 900}]),
        )
    })?;
    if u.ratio(1, 4)? {
        settings.insert(
            "containerCredentials".to_owned(),
            json!({"identities": [{"namespace": "*", "serviceAccount": "api"}]}),
        );
    }
    maybe(u, &mut settings, "allowedRoles", |_| {
        Ok(
            json!([{"namespaces": ["pay*"], "roleArns": ["arn:aws:iam::123456789012:role/{serviceAccount}*"]}]),
        )
    })?;
    let path = pick(u, &["spec.template", "spec.groups[*].template", "spec.*.template"])?;
    settings.insert(
        "podTemplates".to_owned(),
        json!([{"group": "argoproj.io", "kind": "Rollout", "paths": ["spec.template", path]}]),
    );
    maybe(u, &mut settings, "findings", |u| {
        let mut findings = Map::new();
        for _ in 0..u.int_in_range(1..=4)? {
            let kind = u.choose(aws_pod_identity_core::FindingKind::ALL)?;
            findings
                .insert(kind.id().to_owned(), Value::from(pick(u, &["off", "warn", "reject"])?));
        }
        Ok(Value::Object(findings))
    })?;
    maybe(u, &mut settings, "defaultSeverity", |_| Ok(json!("warn")))?;
    maybe(u, &mut settings, "lookupFailure", |_| Ok(json!("admit")))?;
    Ok(Value::Object(settings))
}
