//! Checks of the properties that are longer than a line.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Makes sure that the container has the role and a token for it, as far as the manifest has them.
#[track_caller]
pub(super) fn has_identity(pod: &Value, name: &str, role: &str) {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let spec = &pod["spec"];
    let mut containers = [list(spec, "initContainers"), list(spec, "containers")].concat();
    containers.retain(|container| container["name"].as_str().unwrap_or_default() == name);
    for container in containers {
        let variable = |name: &str| {
            let env = list(&container, "env");
            let variable = env.iter().rfind(|variable| variable["name"] == name).cloned();
            variable.map(|variable| match &variable["valueFrom"] {
                // The manifest does not have the value of such a variable.
                Value::Null => Some(variable["value"].as_str().unwrap_or_default().to_owned())
                    .filter(|value| !value.contains("$(")),
                _ => None,
            })
        };
        match variable("AWS_ROLE_ARN") {
            Some(Some(found)) => assert_eq!(found, role, "{name} has another role"),
            Some(None) => {}
            None => assert!(!list(&container, "envFrom").is_empty(), "{name} has no role"),
        }
        let file = match variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            Some(Some(file)) => file,
            Some(None) => continue,
            None => {
                assert!(!list(&container, "envFrom").is_empty(), "{name} has no token");
                continue;
            }
        };
        if file.is_empty() {
            continue;
        }
        let normalized = shortest;
        let file = normalized(&file);
        let mounts = list(&container, "volumeMounts");
        let paths: HashSet<_> = mounts.iter().map(|mount| mount["mountPath"].as_str()).collect();
        if paths.len() < mounts.len() || paths.contains(&Some("")) || paths.contains(&Some("/")) {
            // The API server refuses duplicate and empty paths, and no runtime mounts at the root.
            continue;
        }
        let mounts =
            mounts.iter().map(|mount| (mount, mount["mountPath"].as_str().unwrap_or_default()));
        let file_below = |path: &str| file.strip_prefix(&format!("{path}/"));
        let mounts: Vec<_> =
            mounts.filter(|(_, path)| file_below(&normalized(path)).is_some()).collect();
        let innermost = mounts.iter().max_by_key(|(_, path)| normalized(path).len());
        let (mount, written) = innermost.unwrap_or_else(|| panic!("{name} has nothing at {file}"));
        let path = normalized(written);
        // The API server compares paths as texts.
        let mut same_path = mounts
            .iter()
            .filter(|(_, other)| normalized(other) == path && other != written)
            .map(|(other, _)| &other["name"])
            .peekable();
        if same_path.peek().is_some() {
            assert!(
                same_path.all(|other| *other == mount["name"]),
                "{name} has two volumes at {path}"
            );
            continue;
        }
        let volumes = list(spec, "volumes");
        let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
        let Some(volume) = volume else { continue };
        let mut sources = list(&volume["projected"], "sources");
        sources
            .retain(|source| source["serviceAccountToken"]["path"].as_str() == file_below(&path));
        for source in &sources {
            let audience = &source["serviceAccountToken"]["audience"];
            assert_eq!(audience, "sts.amazonaws.com", "{name} has a token for another");
            assert_eq!(mount.get("subPath"), None, "{name} has a token that is never renewed");
        }
        assert!(
            volume["name"] != "aws-iam-token" || !sources.is_empty(),
            "{name} has the token elsewhere than at {file}"
        );
    }
}

/// Makes sure that no `key` is in the list more often than it was, once for new ones.
#[track_caller]
pub(super) fn no_more_duplicates(before: &Value, after: &Value, list: &str, key: &str) {
    let count = |pod: &Value| {
        let mut count = HashMap::<String, usize>::new();
        for element in pod.pointer(list).and_then(Value::as_array).into_iter().flatten() {
            let name = element[key].as_str().unwrap_or_default();
            let name = if key == "mountPath" { shortest(name) } else { name.to_owned() };
            *count.entry(name).or_default() += 1;
        }
        count
    };
    let before = count(before);
    for (name, times) in count(after) {
        let allowed = before.get(&name).copied().unwrap_or_default().max(1);
        assert!(times <= allowed, "{list}: {name} occurs {times} times");
    }
}

/// A path without redundant parts.
fn shortest(path: &str) -> String {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}
