//! Where in an object the cause of a finding is.
//!
//! The policy describes a finding in words: the object, the container, and the annotation, variable, volume or path. This
//! module looks for what the words name in the object.

use std::fmt::Write;

use aws_pod_identity_core::FindingKind;
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::Step;
use serde_json::Value;

/// The variables whose values messages show.
const SHOWN: [&str; 6] = [
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_SESSION_NAME",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_STS_REGIONAL_ENDPOINTS",
];

/// The path to the pod's spec of an object, and to the metadata of its pods.
fn pod_paths(object: &Value, template: &[Step], problem: &str) -> (Vec<Step>, Vec<Step>) {
    let known: &[&str] = match kind::of(object).map(|(kind, _)| kind.name) {
        Some("Pod" | "ServiceAccount") => &[],
        Some("CronJob") => &["spec", "jobTemplate", "spec", "template"],
        _ => &["spec", "template"],
    };
    let base = match named_template(problem) {
        _ if !template.is_empty() => template.to_vec(),
        Some(named) => named,
        None => known.iter().map(|name| key(name)).collect(),
    };
    let with = |last: &str| base.iter().cloned().chain([key(last)]).collect();
    (with("spec"), with("metadata"))
}

/// The template of a custom resource that a message names: `RayCluster ml/training (spec.workerGroupSpecs[0].template): …`.
fn named_template(problem: &str) -> Option<Vec<Step>> {
    let (object, _) = problem.split_once("): ")?;
    let (_, path) = object.rsplit_once(" (")?;
    let mut steps = Vec::new();
    for step in path.split('.') {
        let mut parts = step.split('[');
        steps.push(key(parts.next()?));
        for index in parts {
            steps.push(Step::Index(index.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

/// The place in `object` that a finding with this message is about. For a pod of a custom resource, `template` is where its
/// template is.
pub fn place(object: &Value, template: &[Step], kind: FindingKind, problem: &str) -> Vec<Step> {
    let base = template;
    let (spec, template) = pod_paths(object, base, problem);
    // The message starts with the name of the object.
    let words = problem.split_once(": ").map_or(problem, |(_, rest)| rest);
    for metadata in [vec![key("metadata")], template] {
        if let Some(name) = annotation(object, &metadata, words) {
            return joined(&metadata, [key("annotations"), key(&name)]);
        }
    }
    if let Some((list, index)) = container(object, &spec, words) {
        let at = joined(&spec, [key(list), Step::Index(index)]);
        return in_container(object, &at, words).unwrap_or_else(|| joined(&at, [key("name")]));
    }
    if let Some(at) = named_item(object, &joined(&spec, [key("volumes")]), "name", words) {
        return at;
    }
    let field = match kind {
        FindingKind::HostNetwork => "hostNetwork",
        FindingKind::SharedProcessNamespace => "shareProcessNamespace",
        FindingKind::ServiceAccountMismatch => "serviceAccount",
        _ => "serviceAccountName",
    };
    let at = joined(&spec, [key(field)]);
    if get(object, &at).is_some() {
        return at;
    }
    // The template of an Argo workflow has the fields of its pod elsewhere.
    if !base.is_empty() && get(object, &spec).is_none() {
        return joined(base, [key("name")]);
    }
    joined(&[key("metadata")], [key("name")])
}

/// The text of a path, such as `spec.containers[0].env[1]`.
pub fn text(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        // Writing to a string does not fail.
        match step {
            Step::Index(index) => _ = write!(text, "[{index}]"),
            Step::Key(key) if key.contains(['.', '/', '[']) => _ = write!(text, "[{key:?}]"),
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

fn key(name: &str) -> Step {
    Step::Key(name.to_owned())
}

fn joined<const N: usize>(path: &[Step], more: [Step; N]) -> Vec<Step> {
    path.iter().cloned().chain(more).collect()
}

fn get<'v>(object: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(object, |at, step| match step {
        Step::Key(key) => at.get(key),
        Step::Index(index) => at.get(index),
    })
}

/// The annotation that the message names first.
fn annotation(object: &Value, metadata: &[Step], words: &str) -> Option<String> {
    let annotations = get(object, metadata)?.get("annotations")?.as_object()?;
    let named = annotations.keys().filter_map(|name| {
        let at = words.find(name.as_str())?;
        Some((at, std::cmp::Reverse(name.len()), name))
    });
    named.min().map(|(_, _, name)| name.clone())
}

/// The container that the message names.
fn container(object: &Value, spec: &[Step], words: &str) -> Option<(&'static str, usize)> {
    let (list, rest) = match words.strip_prefix("init container \"") {
        Some(rest) => ("initContainers", rest),
        None => ("containers", words.strip_prefix("container \"")?),
    };
    let containers = get(object, spec)?.get(list)?.as_array()?;
    let is_named = |container: &Value| {
        let name = container.get("name").and_then(Value::as_str);
        name.is_some_and(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('"')))
    };
    Some((list, containers.iter().position(is_named)?))
}

/// The variable, the mount or the field of a container that the message names first.
fn in_container(object: &Value, container: &[Step], words: &str) -> Option<Vec<Step>> {
    let words = words.split_once("\": ").map_or(words, |(_, rest)| rest);
    let list = |name: &str| joined(container, [key(name)]);
    named_item(object, &list("env"), "name", words)
        .or_else(|| named_item(object, &list("volumeMounts"), "mountPath", words))
        .or_else(|| named_item(object, &list("volumeMounts"), "name", words))
}

/// The item of a list whose member `member` is the word that the message has first; the last of several, because
/// Kubernetes uses the last.
fn named_item(object: &Value, list: &[Step], member: &str, words: &str) -> Option<Vec<Step>> {
    let items = get(object, list)?.as_array()?;
    let named = items.iter().enumerate().filter_map(|(index, item)| {
        let name = item.get(member)?.as_str().filter(|name| !name.is_empty())?;
        Some((word(words, name)?, index))
    });
    let (_, index) = named.min_by_key(|(at, index)| (*at, std::cmp::Reverse(*index)))?;
    let field = if member == "name" && get(object, list)?.get(index)?.get("value").is_some() {
        // The value of a variable is what is wrong. Only values that are never secrets are shown.
        let name = get(object, list)?.get(index)?.get("name")?.as_str()?;
        if SHOWN.contains(&name) { "value" } else { "name" }
    } else {
        member
    };
    Some(joined(list, [Step::Index(index), key(field)]))
}

/// Where `name` is in the message as a word.
fn word(words: &str, name: &str) -> Option<usize> {
    let is_part = |character: Option<char>| {
        character.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/'))
    };
    words.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = words.get(..*at).and_then(|text| text.chars().next_back());
        let after = words.get(at + name.len()..).and_then(|text| text.chars().next());
        !is_part(before) && !is_part(after)
    })
}
