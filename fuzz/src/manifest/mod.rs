//! Pods, workloads, service accounts and settings that are well-formed and hostile.
//!
//! Values are from the pools that the properties use, too. Some values are any text instead.

mod container;

use arbitrary::{Result, Unstructured};
use policy_testing::pools::{
    ACCOUNTS, AUDIENCE, Annotations, INCLUDE_CONTAINERS, MISSPELLED, OTHER_ANNOTATIONS,
    OTHER_PREFIXES, OTHER_VOLUMES, PREFIX, PROJECTED_SOURCES, Pool, ROLE, ROLE_ARN, SECRET,
    SETTINGS, SKIP_CONTAINERS, STS_ENDPOINT_URL, STS_REGIONAL_ENDPOINTS, TOKEN, TOKEN_AUDIENCES,
    TOKEN_EXPIRATION, TOKEN_PATHS, VOLUMES,
};
use serde_json::{Map, Value, json};

use container::{container, security};

const NAMES: [&str; 5] = ["app", "sidecar", "a,b", "say \"hi\"\n", ""];
const NAMESPACES: [&str; 3] = ["payments", "payments", "team-a"];

/// The annotations of objects. A role is the most frequent one.
const ANNOTATIONS: [Annotations; 10] = [
    ROLE_ARN,
    ROLE_ARN,
    ROLE_ARN,
    AUDIENCE,
    TOKEN_EXPIRATION,
    STS_REGIONAL_ENDPOINTS,
    SKIP_CONTAINERS,
    INCLUDE_CONTAINERS,
    MISSPELLED,
    STS_ENDPOINT_URL,
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

/// One value of the pool, or rarely any text.
fn any_of(u: &mut Unstructured<'_>, pool: &Pool) -> Result<Value> {
    let index = u.choose_index(pool.len())?;
    let value = pool.all().nth(index).unwrap_or_default();
    text(u, &[value])
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
        let prefix = match u.int_in_range(0..=4)? {
            0..=1 => prefix,
            2 => PREFIX,
            _ => pick(u, &OTHER_PREFIXES)?,
        };
        let chosen = match u.int_in_range(0..=10)? {
            10 => OTHER_ANNOTATIONS,
            index => ANNOTATIONS[index],
        };
        let name = pick(u, chosen.names)?;
        annotations.insert(format!("{prefix}/{name}"), any_of(u, &chosen.values)?);
    }
    Ok(Value::Object(annotations))
}

fn volume(u: &mut Unstructured<'_>) -> Result<Value> {
    let name = text(u, &VOLUMES)?;
    if u.ratio(1, 3)? {
        let mut volume = u.choose(&OTHER_VOLUMES)?.clone();
        volume["name"] = name;
        return Ok(volume);
    }
    let mut token = Map::new();
    maybe(u, &mut token, "audience", |u| text(u, &TOKEN_AUDIENCES))?;
    maybe(u, &mut token, "path", |u| text(u, &TOKEN_PATHS))?;
    let token = Value::Object(token);
    let mut projected = Map::new();
    maybe(u, &mut projected, "defaultMode", |u| Ok(json!(u.int_in_range(0..=0o777)?)))?;
    maybe(u, &mut projected, "sources", |u| {
        let mut sources = u.choose(&PROJECTED_SOURCES)?.clone();
        for source in sources.as_array_mut().into_iter().flatten() {
            if source["serviceAccountToken"] == TOKEN {
                source["serviceAccountToken"] = token.clone();
            }
        }
        Ok(sources)
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
        annotations[format!("{prefix}/role-arn")] = Value::from(ROLE);
    }
    Ok(json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations}}))
}

/// Valid settings.
pub fn settings(u: &mut Unstructured<'_>, prefix: &str) -> Result<Value> {
    let mut settings = Map::new();
    if prefix != PREFIX {
        settings.insert("annotationPrefix".to_owned(), Value::from(prefix));
    }
    for setting in &*SETTINGS {
        if setting.key == "podTemplates" {
            // Without it, the templates of custom resources are not checked.
            settings.insert(setting.key.to_owned(), u.choose(&setting.values)?.clone());
            continue;
        }
        // They decide about the identity, so they would prevent the checks of the other ones.
        let is_rare = ["containerCredentials", "roleMappings", "roleMap"].contains(&setting.key);
        if !is_rare || u.ratio(1, 4)? {
            maybe(u, &mut settings, setting.key, |u| u.choose(&setting.values).cloned())?;
        }
    }
    maybe(u, &mut settings, "findings", |u| {
        let mut findings = Map::new();
        for _ in 0..u.int_in_range(1..=4)? {
            let kind = u.choose(aws_pod_identity_core::FindingKind::ALL)?;
            findings
                .insert(kind.id().to_owned(), Value::from(pick(u, &["off", "warn", "reject"])?));
        }
        Ok(Value::Object(findings))
    })?;
    Ok(Value::Object(settings))
}
