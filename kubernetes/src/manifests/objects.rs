//! The objects in a document.

use serde_json::Value;

use crate::located::PathStep;
use crate::object::text_at;

/// One part of a document: an object, or something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Where in the document it is: not at its top in a list.
    pub path: Vec<PathStep>,
    /// What it is.
    pub content: PartContent,
}

/// The content of a part of a document.
#[derive(Clone, Debug, PartialEq)]
pub enum PartContent {
    /// A Kubernetes object.
    Object(Value),
    /// The configuration of kustomize, which API servers do not know.
    Kustomization,
    /// Not a Kubernetes object, with the reason.
    NotAnObject(&'static str),
}

/// The parts of a document with this value; none if it is empty. Lists are split into their items. `is_item` is whether the
/// document is one item of a long list: see [`Document::item`](super::Document::item).
pub fn parts(value: Value, is_item: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    match value {
        Value::Null => {}
        Value::Array(items) if is_item => {
            for (index, item) in items.into_iter().enumerate() {
                add(vec![PathStep::Index(index)], item, &mut parts);
            }
        }
        value => add(Vec::new(), value, &mut parts),
    }
    parts
}

fn add(path: Vec<PathStep>, mut value: Value, parts: &mut Vec<Part>) {
    if let Some(why) = why_not_an_object(&value) {
        parts.push(Part { path, content: PartContent::NotAnObject(why) });
        return;
    }
    let (kind, api_version) = (text_at(&value, "/kind"), text_at(&value, "/apiVersion"));
    if kind == "Kustomization" || api_version.starts_with("kustomize.config.k8s.io/") {
        parts.push(Part { path, content: PartContent::Kustomization });
        return;
    }
    if !is_list(kind, &value) {
        parts.push(Part { path, content: PartContent::Object(value) });
        return;
    }
    let kind = kind.strip_suffix("List").unwrap_or_default().to_owned();
    let api_version = api_version.to_owned();
    let items = value.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take);
    for (index, mut item) in items.unwrap_or_default().into_iter().enumerate() {
        // API servers leave out kind and apiVersion of the items of a PodList.
        if let (Value::Object(members), false) = (&mut item, kind.is_empty()) {
            members.entry("kind").or_insert_with(|| kind.clone().into());
            members.entry("apiVersion").or_insert_with(|| api_version.clone().into());
        }
        let mut path = path.clone();
        path.extend([PathStep::Key("items".to_owned()), PathStep::Index(index)]);
        add(path, item, parts);
    }
}

fn why_not_an_object(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(_) if text_at(value, "/apiVersion").is_empty() => {
            Some("the object has no apiVersion, so it is not a Kubernetes manifest")
        }
        Value::Object(_) if text_at(value, "/kind").is_empty() => {
            Some("the object has no kind, so it is not a Kubernetes manifest")
        }
        Value::Object(_) => None,
        Value::Array(_) => Some(
            "a list is not a Kubernetes object; put its elements into items of an object of kind List, or separate them with ---",
        ),
        _ => Some("not a Kubernetes object, which is a mapping with apiVersion and kind"),
    }
}

/// Whether the items are objects of their own.
///
/// For `kubectl`, every object with `items` is a list. But a custom resource can have such a kind and such a field too, with
/// only values that are no objects. It is one object then, which is skipped like other custom resources. An error would make the
/// whole check fail, for an object that the policy does not evaluate.
fn is_list(kind: &str, value: &Value) -> bool {
    let Some(Value::Array(items)) = value.get("items") else { return false };
    let has_objects = items.is_empty() || items.iter().any(Value::is_object);
    kind == "List" || (kind.ends_with("List") && has_objects)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// The parts, each with its path and what it is.
    fn found(value: Value, is_item: bool) -> Vec<String> {
        let described = parts(value, is_item).into_iter().map(|Part { path, content }| {
            let steps = path.iter().map(|step| match step {
                PathStep::Key(key) => key.clone(),
                PathStep::Index(index) => index.to_string(),
            });
            let path = steps.collect::<Vec<_>>().join(".");
            let content = match content {
                PartContent::Object(object) => {
                    format!("{} {}", text_at(&object, "/apiVersion"), text_at(&object, "/kind"))
                }
                PartContent::Kustomization => "kustomization".to_owned(),
                PartContent::NotAnObject(why) => why.to_owned(),
            };
            format!("{path}: {content}")
        });
        described.collect()
    }

    #[test]
    fn items_of_lists_are_parts() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod"});
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [pod, pod]});
        assert_eq!(found(list.clone(), false), ["items.0: v1 Pod", "items.1: v1 Pod"]);
        assert_eq!(found(json!([pod]), true), ["0: v1 Pod"]);
        let nested = json!({"apiVersion": "v1", "kind": "List", "items": [list]});
        assert_eq!(found(nested, false)[1], "items.0.items.1: v1 Pod");
    }

    #[rstest]
    #[case("v1", "PodList", "v1 Pod")]
    #[case("apps/v1", "DeploymentList", "apps/v1 Deployment")]
    fn items_of_typed_lists_have_their_type(
        #[case] api_version: &str,
        #[case] kind: &str,
        #[case] item: &str,
    ) {
        let list = json!({"apiVersion": api_version, "kind": kind, "items": [{"metadata": {}}]});
        assert_eq!(found(list, false), [format!("items.0: {item}")]);
    }

    #[test]
    fn custom_resource_whose_kind_ends_with_list_is_one_object() {
        for items in [json!(["10.0.0.0/8"]), json!({"a": 1}), json!(null)] {
            let custom =
                json!({"apiVersion": "example.com/v1", "kind": "AllowList", "items": items});
            assert_eq!(found(custom, false), [": example.com/v1 AllowList"]);
        }
    }

    #[test]
    fn an_item_that_is_not_an_object_does_not_hide_the_others() {
        let pods =
            json!({"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {}}, null]});
        let expected = [
            "items.0: v1 Pod",
            "items.1: not a Kubernetes object, which is a mapping with apiVersion and kind",
        ];
        assert_eq!(found(pods, false), expected);
    }

    #[rstest]
    #[case(json!({"kind": "Pod"}), "the object has no apiVersion")]
    #[case(json!({"apiVersion": "v1"}), "the object has no kind")]
    #[case(json!({"apiVersion": 1, "kind": "Pod"}), "the object has no apiVersion")]
    #[case(json!([]), "a list is not a Kubernetes object")]
    #[case(json!("a"), "not a Kubernetes object")]
    #[case(json!({"apiVersion": "v1", "kind": "List", "items": ["a"]}), "not a Kubernetes object")]
    fn other_values_have_the_reason(#[case] value: Value, #[case] why: &str) {
        let found = parts(value, false);
        let [Part { content: PartContent::NotAnObject(found), .. }] = &found[..] else {
            panic!("{found:?}")
        };
        assert!(found.starts_with(why), "{found}");
    }

    #[test]
    fn an_empty_document_and_a_kustomization_have_no_objects() {
        assert!(parts(Value::Null, false).is_empty());
        for (api_version, kind) in
            [("kustomize.config.k8s.io/v1alpha1", "Component"), ("x", "Kustomization")]
        {
            let value = json!({"apiVersion": api_version, "kind": kind});
            assert_eq!(found(value, false), [": kustomization"]);
        }
    }
}
