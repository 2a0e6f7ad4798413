//! Custom resources that create pods from templates: a table of known ones, and those of the setting `podTemplates`.

use serde_json::{Value, json};

use crate::kind::{CUSTOM_KINDS, Kind};
use crate::located::PathStep;
use crate::workflow;

/// Where custom resources have pod templates.
#[derive(Clone, Debug)]
pub struct PodTemplates(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    group: String,
    kind: String,
    /// Empty if it is not known.
    resource: String,
    paths: Vec<String>,
}

/// A pod template in an object.
#[derive(Clone, Debug)]
pub struct Template<'o> {
    /// Its path in the object.
    pub path: Vec<PathStep>,
    /// The template.
    pub value: &'o Value,
}

impl PodTemplates {
    /// Those of the table.
    pub fn known() -> Self {
        let entries = CUSTOM_KINDS.iter().map(|custom| Entry {
            group: custom.kind.group.to_owned(),
            kind: custom.kind.name.to_owned(),
            resource: custom.kind.resource.to_owned(),
            paths: custom.templates.iter().map(|path| (*path).to_owned()).collect(),
        });
        Self(entries.collect())
    }

    /// These, and those of a setting, which replace those of the same kind.
    #[must_use]
    pub fn with_setting(mut self, setting: &Value) -> Self {
        let text = |entry: &Value, key: &str| {
            entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        for entry in setting.as_array().into_iter().flatten() {
            let (group, kind) = (text(entry, "group"), text(entry, "kind"));
            let paths = entry.get("paths").and_then(Value::as_array).into_iter().flatten();
            let paths = paths.filter_map(Value::as_str).map(str::to_owned).collect();
            let known = self.0.iter().position(|known| known.group == group && known.kind == kind);
            let resource = known.map(|index| self.0.remove(index).resource).unwrap_or_default();
            self.0.push(Entry { group, kind, resource, paths });
        }
        self
    }

    /// The value of the setting.
    pub fn setting(&self) -> Value {
        let entries = self
            .0
            .iter()
            .map(|entry| json!({"group": entry.group, "kind": entry.kind, "paths": entry.paths}));
        entries.collect()
    }

    /// The kind of an object that has pod templates, or is an Argo workflow.
    pub fn kind_of(&self, object: &Value) -> Option<Kind<'_>> {
        let kind = self.entry(object).map(|entry| Kind {
            group: &entry.group,
            name: &entry.kind,
            resource: &entry.resource,
        });
        kind.or_else(|| workflow::kind_of(object))
    }

    /// The pod templates of an object.
    pub fn of<'o>(&self, object: &'o Value) -> Vec<Template<'o>> {
        let mut found = Vec::new();
        for path in self.entry(object).into_iter().flat_map(|entry| &entry.paths) {
            find(object, path, &[], &mut found);
        }
        found
    }

    fn entry(&self, object: &Value) -> Option<&Entry> {
        let (group, _) = object.get("apiVersion")?.as_str()?.split_once('/')?;
        let kind = object.get("kind")?.as_str()?;
        self.0.iter().find(|entry| entry.group == group && entry.kind == kind)
    }
}

/// How many templates of an object the policy checks.
const MAX_TEMPLATES: usize = 32;

/// Follows the rest of a path as the policy does. It gets objects with their keys in alphabetical order.
fn find<'o>(value: &'o Value, path: &str, at: &[PathStep], found: &mut Vec<Template<'o>>) {
    if found.len() == MAX_TEMPLATES {
        return;
    }
    let below = |step: PathStep| at.iter().cloned().chain([step]).collect::<Vec<_>>();
    match value {
        Value::Array(items) => {
            // A list of lists has no templates.
            let items = items.iter().enumerate().filter(|(_, item)| !item.is_array());
            for (index, item) in items {
                find(item, path, &below(PathStep::Index(index)), found);
            }
        }
        Value::Object(_) if path.is_empty() => found.push(Template { path: at.to_vec(), value }),
        Value::Object(members) => {
            let (step, rest) = path.split_once('.').unwrap_or((path, ""));
            let name = step.strip_suffix("[*]").unwrap_or(step);
            let members = members.iter().filter(|(key, _)| name == "*" || *key == name);
            let mut members: Vec<_> = members.collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            for (key, member) in members {
                find(member, rest, &below(PathStep::Key(key.clone())), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(object: &Value) -> Vec<Vec<PathStep>> {
        let templates = PodTemplates::known().with_setting(&json!([
            {"group": "argoproj.io", "kind": "Rollout", "paths": ["spec.other"]},
        ]));
        templates.of(object).into_iter().map(|template| template.path).collect()
    }

    fn steps(path: &str) -> Vec<PathStep> {
        let step = |step: &str| match step.parse() {
            Ok(index) => PathStep::Index(index),
            Err(_) => PathStep::Key(step.to_owned()),
        };
        path.split('.').map(step).collect()
    }

    /// The text of a path as messages of the policy have it.
    fn text(path: &[PathStep]) -> String {
        let steps = path.iter().map(|step| match step {
            PathStep::Key(key) => format!(".{key}"),
            PathStep::Index(index) => format!("[{index}]"),
        });
        steps.collect::<String>().trim_start_matches('.').to_owned()
    }

    #[test]
    fn paths_lead_to_the_templates_that_the_policy_finds() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../testing/pod-templates.json")).unwrap();
        assert!(cases.len() > 5);
        for case in &cases {
            let mut object = case["object"].clone();
            object["apiVersion"] = "example.com/v1".into();
            object["kind"] = "Crew".into();
            let setting = json!([
                {"group": "example.com", "kind": "Crew", "paths": case["paths"]}
            ]);
            let templates = PodTemplates::known().with_setting(&setting);
            let found = templates.of(&object).into_iter();
            let found: Vec<String> = found.map(|template| text(&template.path)).collect();
            assert_eq!(json!(found), case["templates"], "{}", case["situation"]);
        }
    }

    #[test]
    fn a_setting_replaces_the_paths_of_the_table() {
        let rollout = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {
            "template": {}, "other": {},
        }});
        assert_eq!(paths(&rollout), [steps("spec.other")]);
        let service = json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "spec": {"template": {}}});
        assert_eq!(paths(&service), [steps("spec.template")]);
        assert!(paths(&json!({"apiVersion": "v1", "kind": "Service"})).is_empty());
    }

    #[test]
    fn a_kind_from_a_setting_has_no_resource_name() {
        let templates = PodTemplates::known()
            .with_setting(&json!([{"group": "example.com", "kind": "Crew", "paths": ["spec"]}]));
        let resource = |api_version: &str, kind: &str| {
            let object = json!({"apiVersion": api_version, "kind": kind});
            templates.kind_of(&object).map(|kind| kind.resource.to_owned())
        };
        assert_eq!(resource("argoproj.io/v1alpha1", "Rollout").as_deref(), Some("rollouts"));
        assert_eq!(resource("example.com/v1", "Crew").as_deref(), Some(""));
        assert_eq!(resource("example.com/v1", "Other"), None);
    }
}
