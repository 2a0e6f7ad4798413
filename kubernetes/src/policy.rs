//! A `ClusterAdmissionPolicy` of Kubewarden: its settings, and the rules and selectors that decide which objects it gets.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::selector::LabelSelector;
use crate::settings;

/// The kind of the policies that this module reads.
pub const KIND: &str = "ClusterAdmissionPolicy";

/// The API group of Kubewarden's policies.
const GROUP: &str = "policies.kubewarden.io/";

/// The name of the module of this policy, in its reference.
const MODULE: &str = "aws-pod-identity-policy";

/// The namespaces in which Kubewarden's charts and Rancher install Kubewarden. Its controller leaves its own namespace out,
/// and the policies do not say which one it is.
const KUBEWARDEN_NAMESPACES: [&str; 2] = ["kubewarden", "cattle-kubewarden-system"];

/// A policy: the parts that decide which objects it evaluates, and how.
#[derive(Clone, Debug)]
pub struct ClusterPolicy {
    /// The name of the policy.
    pub name: String,
    /// The reference of the module, such as `registry://…`.
    pub module: String,
    /// The settings, an object.
    pub settings: Value,
    /// Whether the policy logs its answers and does not enforce them (`mode: monitor`).
    pub monitors: bool,
    /// Its `matchConditions`. The webhook gets a request only if all are true.
    pub match_conditions: Vec<MatchCondition>,
    namespace_selector: LabelSelector,
    object_selector: LabelSelector,
    rules: Vec<AdmissionRule>,
    inside_kubewarden: bool,
    ignored_match_labels: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    #[serde(default)]
    module: String,
    #[serde(default)]
    settings: Option<Value>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    object_selector: Option<LabelSelector>,
    #[serde(default)]
    rules: Vec<AdmissionRule>,
    #[serde(default)]
    match_conditions: Option<Vec<MatchCondition>>,
    #[serde(default)]
    allow_inside_admission_controller_namespace: bool,
}

/// A condition about requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct MatchCondition {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// An expression of CEL.
    pub expression: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdmissionRule {
    #[serde(default)]
    api_groups: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    operations: Vec<String>,
}

/// Why an object is not a policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Another kind of object.
    #[error("it is a {found}, not a ClusterAdmissionPolicy of policies.kubewarden.io")]
    Kind {
        /// `apiVersion` and `kind`.
        found: String,
    },
    /// Its `spec` cannot be read.
    #[error("its spec cannot be read: {0}")]
    Spec(#[from] serde_json::Error),
    /// Its settings are not an object.
    #[error("its spec.settings are not a mapping of names to values")]
    Settings,
}

impl ClusterPolicy {
    /// Whether an object is a policy, by its kind.
    pub fn is_one(object: &Value) -> bool {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        text("kind") == KIND && text("apiVersion").starts_with(GROUP)
    }

    /// Why an object is ignored that is a policy of Kubewarden of another kind.
    pub fn other_kind(object: &Value) -> Option<String> {
        let text =
            |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let kind = text("/kind");
        let why = match kind {
            // Kubewarden grants contextAwareResources to policies for the whole cluster only.
            "AdmissionPolicy" | "AdmissionPolicyGroup" => {
                "policies of a namespace may not look up service accounts; use a ClusterAdmissionPolicy with a \
                 namespaceSelector"
            }
            "ClusterAdmissionPolicyGroup" => {
                "members of a group inject nothing; use a ClusterAdmissionPolicy"
            }
            _ => return None,
        };
        let is_ours = text("/apiVersion").starts_with(GROUP);
        is_ours.then(|| format!("{kind} {} is ignored: {why}", text("/metadata/name")))
    }

    /// Reads a policy, from a manifest or from a cluster.
    pub fn from_object(object: &Value) -> Result<Self, PolicyError> {
        if !Self::is_one(object) {
            let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or("?");
            let found = format!("{} of {}", text("kind"), text("apiVersion"));
            return Err(PolicyError::Kind { found });
        }
        let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let spec = object.get("spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let spec: Spec = serde_json::from_value(spec)?;
        let settings = match spec.settings {
            None | Some(Value::Null) => settings::none(),
            Some(settings @ Value::Object(_)) => settings,
            Some(_) => return Err(PolicyError::Settings),
        };
        let inside_kubewarden = spec.allow_inside_admission_controller_namespace;
        let selector = spec.namespace_selector.unwrap_or_default();
        // The controller passes matchLabels on only if it adds no requirement itself.
        let ignored_match_labels = !inside_kubewarden && selector.has_match_labels();
        Ok(Self {
            name: name.to_owned(),
            module: spec.module,
            settings,
            match_conditions: spec.match_conditions.unwrap_or_default(),
            monitors: spec.mode.as_deref() == Some("monitor"),
            namespace_selector: if inside_kubewarden {
                selector
            } else {
                selector.without_match_labels()
            },
            object_selector: spec.object_selector.unwrap_or_default(),
            rules: spec.rules,
            inside_kubewarden,
            ignored_match_labels,
        })
    }

    /// Whether the policy runs the module of this project.
    pub fn is_this_policy(&self) -> bool {
        Self::is_this_module(&self.module)
    }

    /// Whether a reference of a module is that of the module of this project, by its name.
    pub fn is_this_module(module: &str) -> bool {
        let file = module.rsplit('/').next().unwrap_or_default();
        let name = file.split([':', '@']).next().unwrap_or_default();
        name.strip_suffix(".wasm").unwrap_or(name) == MODULE
    }

    /// Whether the policy gets objects of this namespace.
    pub fn selects_namespace(&self, name: &str, labels: Option<&Value>) -> bool {
        let excluded = !self.inside_kubewarden && KUBEWARDEN_NAMESPACES.contains(&name);
        !excluded && self.namespace_selector.matches(labels)
    }

    /// Whether the policy gets new objects of this kind. The version is not compared: API servers convert objects, unless
    /// `matchPolicy` is `Exact`.
    pub fn covers(&self, kind: Kind<'_>) -> bool {
        self.rules.iter().any(|rule| rule.covers(kind))
    }

    /// Whether the labels of the object are those that `spec.objectSelector` asks for.
    pub fn selects_object(&self, object: &Value) -> bool {
        self.object_selector.matches(object.pointer("/metadata/labels"))
    }

    /// Whether `spec.namespaceSelector` has `matchLabels`, which Kubewarden's controller does not pass on.
    pub fn ignores_match_labels(&self) -> bool {
        self.ignored_match_labels
    }
}

impl AdmissionRule {
    fn covers(&self, kind: Kind<'_>) -> bool {
        let has = |list: &[String], names: &[&str]| {
            list.iter().any(|item| names.contains(&item.as_str()))
        };
        has(&self.api_groups, &[kind.group, "*"])
            && (kind.resource.is_empty() || has(&self.resources, &[kind.resource, "*", "*/*"]))
            && has(&self.operations, &["CREATE", "*"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{POD, kinds};
    use rstest::rstest;
    use serde_json::json;

    fn policy(spec: &Value) -> ClusterPolicy {
        let object = json!({
            "apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy",
            "metadata": {"name": "p"}, "spec": spec,
        });
        ClusterPolicy::from_object(&object).unwrap()
    }

    #[rstest]
    #[case("registry://ghcr.io/o/policies/aws-pod-identity-policy:v0.1.0", true)]
    #[case("registry://registry.example.com:5000/aws-pod-identity-policy@sha256:00", true)]
    #[case("https://example.com/aws-pod-identity-policy.wasm", true)]
    #[case("registry://ghcr.io/kubewarden/policies/pod-privileged:v1", false)]
    #[case("registry://ghcr.io/aws-pod-identity-policy/policies/other:v1", false)]
    fn the_name_of_the_module_identifies_the_policy(#[case] module: &str, #[case] expected: bool) {
        assert_eq!(policy(&json!({"module": module})).is_this_policy(), expected);
    }

    #[test]
    fn rules_decide_which_kinds_are_covered() {
        let covered = |rule: Value| {
            let policy = policy(&json!({"rules": [rule]}));
            kinds().filter(|kind| policy.covers(*kind)).count()
        };
        let rule = |group: &str, resource: &str, operation: &str| json!({"apiGroups": [group], "apiVersions": ["v1"], "resources": [resource], "operations": [operation]});
        assert_eq!(covered(rule("", "pods", "CREATE")), 1);
        assert_eq!(covered(rule("", "pods", "UPDATE")), 0);
        assert_eq!(covered(rule("apps", "pods", "CREATE")), 0);
        assert_eq!(covered(rule("apps", "*", "*")), 4);
        assert_eq!(covered(rule("*", "*/*", "*")), kinds().count());
        assert_eq!(covered(rule("", "pods/ephemeralcontainers", "*")), 0);
        assert!(!policy(&json!({})).covers(POD));
    }

    #[test]
    fn the_namespace_selector_decides_by_labels() {
        let policy = policy(&json!({"namespaceSelector": {"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
        ]}}));
        let selects = |name: &str| {
            policy.selects_namespace(name, Some(&json!({"kubernetes.io/metadata.name": name})))
        };
        assert!(selects("payments"));
        assert!(!selects("kube-system"));
        assert!(!selects("kubewarden"));
    }

    #[test]
    fn match_labels_of_the_namespace_selector_are_not_passed_on() {
        let spec = json!({"namespaceSelector": {"matchLabels": {"team": "a"}}});
        assert!(policy(&spec).selects_namespace("payments", None));
        assert!(policy(&spec).ignores_match_labels());
        let mut inside = spec.clone();
        inside["allowInsideAdmissionControllerNamespace"] = true.into();
        let inside = policy(&inside);
        assert!(!inside.selects_namespace("payments", None));
        assert!(inside.selects_namespace("kubewarden", Some(&json!({"team": "a"}))));
    }

    #[test]
    fn the_object_selector_decides_by_labels() {
        let policy = policy(&json!({"objectSelector": {"matchLabels": {"app": "a"}}}));
        assert!(policy.selects_object(&json!({"metadata": {"labels": {"app": "a"}}})));
        assert!(!policy.selects_object(&json!({"metadata": {}})));
    }

    #[test]
    fn absent_settings_are_an_empty_object() {
        assert_eq!(policy(&json!({})).settings, json!({}));
        assert_eq!(
            policy(&json!({"settings": {"region": "eu-west-1"}})).settings["region"],
            "eu-west-1"
        );
    }

    #[rstest]
    #[case(json!({"apiVersion": "v1", "kind": "Pod"}), "it is a Pod of v1, not a ClusterAdmissionPolicy")]
    #[case(
        json!({"apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy", "spec": {"settings": []}}),
        "its spec.settings are not a mapping"
    )]
    #[case(
        json!({"apiVersion": "policies.kubewarden.io/v1", "kind": "ClusterAdmissionPolicy",
               "spec": {"rules": [{"resources": "pods"}]}}),
        "its spec cannot be read: "
    )]
    fn an_object_that_is_not_a_policy_is_an_error(#[case] object: Value, #[case] message: &str) {
        let error = ClusterPolicy::from_object(&object).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
