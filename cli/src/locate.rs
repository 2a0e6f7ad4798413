//! Where in an object the cause of a finding is: from the location that the policy gives to a path in the object.

use std::fmt::Write;

use aws_pod_identity_core::{Annotated, ContainerPart, FindingCause, FindingLocation};
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::PathStep;
use serde_json::Value;

/// The path to the cause of a finding in `object`: the pod, the workload or the service account that has it; the path to the
/// object's name if it does not have it. For a pod of a custom resource, `template` is where its template is.
pub fn path(object: &Value, template: &[PathStep], location: &FindingLocation) -> Vec<PathStep> {
    let pod =
        if template.is_empty() { pod_of(object, &location.template) } else { template.to_vec() };
    let exists = |path: &Vec<PathStep>| get(object, path).is_some();
    let found = match &location.cause {
        FindingCause::Annotation { of, key: name, .. } => {
            let owners = match of {
                Annotated::Pod => in_pod(&pod, "metadata", "podMetadata").to_vec(),
                Annotated::Workload | Annotated::ServiceAccount { .. } => {
                    vec![vec![key("metadata")]]
                }
            };
            let mut paths = owners.iter().map(|at| joined(at, [key("annotations"), key(name)]));
            paths.find(exists)
        }
        FindingCause::PodField(name) => in_spec(&pod, name).into_iter().find(exists),
        FindingCause::MissingAccount { .. } => {
            in_spec(&pod, "serviceAccountName").into_iter().find(exists)
        }
        FindingCause::Volume(name) => {
            let mut lists = in_spec(&pod, "volumes").into_iter();
            let volume = lists.find_map(|list| named(object, &list, 0, |other| other == name));
            volume.map(|at| joined(&at, [key("name")]))
        }
        FindingCause::Container { list, index, part } => {
            let container = joined(&pod, [key("spec"), key(list), PathStep::Index(*index)]);
            let container = if exists(&container) {
                container
            } else {
                of_workflow(object, &pod, list, *index)
            };
            let name = joined(&container, [key("name")]);
            of_container(object, &container, part).or_else(|| Some(name).filter(exists))
        }
    };
    let name = || Some(joined(&pod, [key("name")])).filter(exists);
    found.or_else(name).unwrap_or_else(|| name_of(object))
}

/// The path to the pod or to the pod template. That of a custom resource is named, as in `spec.workers[0].template`.
fn pod_of(object: &Value, named: &str) -> Vec<PathStep> {
    let usual: &[&str] = match kind::of(object) {
        Some((kind, _)) => kind.template().unwrap_or_default(),
        None => &["spec", "template"],
    };
    steps(object, named).unwrap_or_else(|| usual.iter().map(|name| key(name)).collect())
}

/// The steps of a path to an object, in which keys may have dots.
fn steps(value: &Value, path: &str) -> Option<Vec<PathStep>> {
    let after = |rest: &str, step: PathStep, value: &Value| {
        if rest.is_empty() {
            return Some(vec![step]);
        }
        let more = steps(value, rest.strip_prefix('.').unwrap_or(rest))?;
        Some([step].into_iter().chain(more).collect())
    };
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let rest = path.strip_prefix(name.as_str())?;
            let ends = rest.is_empty() || rest.starts_with(['.', '[']);
            if ends { after(rest, key(name), value) } else { None }
        }),
        Value::Array(items) => {
            let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
            let index = index.parse().ok()?;
            after(rest, PathStep::Index(index), items.get(index)?)
        }
        _ => None,
    }
}

/// The paths at which a part of a pod can be: in the pod or its template, or at the path at which an Argo workflow has it for all
/// of its templates.
fn in_pod(pod: &[PathStep], name: &str, in_workflow: &str) -> [Vec<PathStep>; 2] {
    let workflow = pod.get(..pod.len().saturating_sub(2)).unwrap_or_default();
    [joined(pod, [key(name)]), joined(workflow, [key(in_workflow)])]
}

/// The paths at which a field of a pod's `spec` can be: the template of an Argo workflow has no `spec`.
fn in_spec(pod: &[PathStep], name: &str) -> [Vec<PathStep>; 3] {
    let [in_template, in_workflow] = in_pod(pod, name, name);
    [joined(pod, [key("spec"), key(name)]), in_template, in_workflow]
}

/// The path to a container in the template of an Argo workflow, from its location in the pod that the controller creates from it.
fn of_workflow(object: &Value, template: &[PathStep], list: &str, index: usize) -> Vec<PathStep> {
    if list == "initContainers" {
        return joined(template, [key(list), PathStep::Index(index)]);
    }
    let set = joined(template, [key("containerSet"), key("containers")]);
    let before = get(object, &set).and_then(Value::as_array).map_or(0, Vec::len);
    let Some(index) = index.checked_sub(before) else {
        return joined(&set, [PathStep::Index(index)]);
    };
    let main = ["container", "script"].map(|name| joined(template, [key(name)]));
    match (main.into_iter().find(|at| get(object, at).is_some()), index) {
        (Some(main), 0) => main,
        (main, _) => {
            let index = index - usize::from(main.is_some());
            joined(template, [key("sidecars"), PathStep::Index(index)])
        }
    }
}

/// The path to a part of a container, if the manifest has it. The manifest does not have additions of the policy.
fn of_container(
    object: &Value,
    container: &[PathStep],
    part: &ContainerPart,
) -> Option<Vec<PathStep>> {
    let at = match part {
        ContainerPart::All => return None,
        ContainerPart::Variable { name, any_case, from_last, shows_value } => {
            let env = joined(container, [key("env")]);
            let is_it =
                |other: &str| other == name || (*any_case && other.eq_ignore_ascii_case(name));
            let variable = named(object, &env, *from_last, is_it)?;
            let value = joined(&variable, [key("value")]);
            if *shows_value && get(object, &value).is_some() {
                value
            } else {
                joined(&variable, [key("name")])
            }
        }
        ContainerPart::Mount(index) => {
            joined(container, [key("volumeMounts"), PathStep::Index(*index), key("mountPath")])
        }
        ContainerPart::Security(field) => joined(container, [key("securityContext"), key(field)]),
    };
    get(object, &at).map(|_| at)
}

/// One of the items of a list whose name is the one that is wanted: 0 for the last of them.
fn named(
    object: &Value,
    list: &[PathStep],
    from_last: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<Vec<PathStep>> {
    let items = get(object, list)?.as_array()?.iter().enumerate().rev();
    let mut wanted =
        items.filter(|(_, item)| item.get("name").and_then(Value::as_str).is_some_and(&is_wanted));
    let (index, _) = wanted.nth(from_last)?;
    Some(joined(list, [PathStep::Index(index)]))
}

/// Whether the key of an annotation is the cause, and not its value.
pub fn is_key(location: &FindingLocation) -> bool {
    matches!(location.cause, FindingCause::Annotation { shows_value: false, .. })
}

/// The path to the name of the object, or to the start of its generated name.
fn name_of(object: &Value) -> Vec<PathStep> {
    let name = joined(&[key("metadata")], [key("name")]);
    let generated = joined(&[key("metadata")], [key("generateName")]);
    let is_generated = get(object, &name).is_none() && get(object, &generated).is_some();
    if is_generated { generated } else { name }
}

/// The text of a path, such as `spec.containers[0].env[1]`.
pub fn text(path: &[PathStep]) -> String {
    let mut text = String::new();
    for step in path {
        // Writing to a string does not fail.
        match step {
            PathStep::Index(index) => _ = write!(text, "[{index}]"),
            PathStep::Key(key) if key.contains(['.', '/', '[']) => _ = write!(text, "[{key:?}]"),
            PathStep::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
        }
    }
    text
}

fn key(name: &str) -> PathStep {
    PathStep::Key(name.to_owned())
}

fn joined<const N: usize>(path: &[PathStep], more: [PathStep; N]) -> Vec<PathStep> {
    path.iter().cloned().chain(more).collect()
}

fn get<'v>(object: &'v Value, path: &[PathStep]) -> Option<&'v Value> {
    path.iter().try_fold(object, |at, step| match step {
        PathStep::Key(key) => at.get(key),
        PathStep::Index(index) => at.get(index),
    })
}
