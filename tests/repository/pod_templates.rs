//! The table of custom resources with pod templates is the same in the program, in `deploy/`, and in `docs/settings.md`.

use std::collections::BTreeMap;

use aws_pod_identity_core::validate_settings;
use aws_pod_identity_kubernetes::kind::CUSTOM_KINDS;
use serde_json::{Value, json};

use super::{document, read};

/// The policy of `deploy/` for custom resources.
pub(crate) const POLICY: &str = "deploy/pod-templates/aws-pod-identity-pod-templates.yaml";

/// The setting `podTemplates` for all custom resources of the table.
fn setting() -> Value {
    let entries = CUSTOM_KINDS.iter().map(|custom| {
        json!({"group": custom.kind.group, "kind": custom.kind.name, "paths": custom.templates})
    });
    entries.collect()
}

#[test]
fn the_deployed_policy_has_the_custom_resources_of_the_table() {
    let spec = document(POLICY)["spec"].clone();
    assert_eq!(spec["settings"], json!({"podTemplates": setting()}));
    let answer = validate_settings(spec["settings"].to_string().as_bytes());
    assert_eq!(String::from_utf8(answer).unwrap(), "{\"valid\":true}");

    let mut resources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for custom in CUSTOM_KINDS {
        resources.entry(custom.kind.group).or_default().push(custom.kind.resource);
    }
    let rules = resources.iter().map(|(group, resources)| {
        json!({
            "apiGroups": [group], "apiVersions": ["*"], "resources": resources,
            "operations": ["CREATE", "UPDATE"],
        })
    });
    assert_eq!(spec["rules"], rules.collect::<Value>());
}

#[test]
fn the_deployed_policy_is_otherwise_that_of_the_checks() {
    let policy = document(POLICY);
    let mut expected = document("deploy/policy/aws-pod-identity-checks.yaml");
    expected["metadata"]["name"] = "aws-pod-identity-pod-templates".into();
    for key in ["settings", "rules", "matchConditions"] {
        expected["spec"][key] = policy["spec"][key].clone();
    }
    assert_eq!(policy, expected);
}

#[test]
fn the_documentation_has_the_custom_resources_of_the_table() {
    let text = read("docs/settings.md");
    let (_, section) = text.split_once("\n## `podTemplates`\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: Vec<String> = CUSTOM_KINDS
        .iter()
        .map(|custom| {
            let paths: Vec<_> = custom.templates.iter().map(|path| format!("`{path}`")).collect();
            format!("| `{}` | `{}` | {} |", custom.kind.group, custom.kind.name, paths.join(", "))
        })
        .collect();
    let (_, table) = section.split_once("| group | kind | paths |\n|---|---|---|\n").unwrap();
    let documented: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(documented, rows);
}
