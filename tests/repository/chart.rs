//! The Helm chart and `deploy/` install the same. `scripts/validate-chart.sh` verifies that the chart renders the expected
//! results, which these tests read.

use std::collections::BTreeMap;

use aws_pod_identity_core::{setting_keys, validate_settings};
use aws_pod_identity_kubernetes::kind::CUSTOM_KINDS;
use aws_pod_identity_kubernetes::yaml;
use serde_json::{Value, json};

use super::{document, read};

const CHART: &str = "charts/aws-pod-identity-policy";

/// The documents of a file, without the labels that only the chart sets.
#[track_caller]
fn documents(file: &str) -> Vec<Value> {
    let text = read(file);
    let documents = text.split("\n---\n").filter(|document| {
        document.lines().any(|line| !line.is_empty() && line != "---" && !line.starts_with('#'))
    });
    let documents = documents.map(|document| {
        let mut value = yaml::settings(document).unwrap_or_else(|error| panic!("{file}: {error}"));
        value["metadata"].as_object_mut().unwrap().remove("labels");
        value
    });
    documents.collect()
}

#[track_caller]
fn by_name(documents: Vec<Value>) -> BTreeMap<String, Value> {
    let mut objects = BTreeMap::new();
    for document in documents {
        let (kind, name) = (&document["kind"], &document["metadata"]["name"]);
        let key = format!("{} {}", kind.as_str().unwrap(), name.as_str().unwrap());
        assert!(objects.insert(key.clone(), document).is_none(), "{key} twice");
    }
    objects
}

/// Applies a JSON patch whose paths are members of objects.
#[track_caller]
fn patch(object: &mut Value, operations: &Value) {
    for operation in operations.as_array().unwrap() {
        assert!(["add", "replace"].contains(&operation["op"].as_str().unwrap()), "{operation}");
        let (parent, key) = operation["path"].as_str().unwrap().rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap()[key] = operation["value"].clone();
    }
}

/// The output of `kubectl kustomize deploy/`, for the features of kustomize that the files use.
fn deployed() -> Vec<Value> {
    let policies = ["aws-pod-identity", "aws-pod-identity-checks"];
    let policies = policies.map(|name| documents(&format!("deploy/policy/{name}.yaml")).remove(0));
    let variant = document("deploy/kube-system/kustomization.yaml");
    assert_eq!(variant["resources"], json!(["../policy"]));
    assert_eq!(variant["patches"].as_array().unwrap().len(), 1);
    let operations = yaml::settings(variant["patches"][0]["patch"].as_str().unwrap()).unwrap();
    let mut all = documents("deploy/rbac.yaml");
    for policy in policies {
        all.push(policy.clone());
        let mut policy = policy;
        let name = policy["metadata"]["name"].as_str().unwrap();
        let name = format!("{name}{}", variant["nameSuffix"].as_str().unwrap());
        policy["metadata"]["name"] = name.into();
        patch(&mut policy, &operations);
        all.push(policy);
    }
    all
}

#[test]
fn without_values_the_chart_installs_the_same_as_deploy() {
    let rendered = by_name(documents(&format!("{CHART}/tests/default/expected.yaml")));
    let deployed = by_name(deployed());
    assert_eq!(rendered.len(), 6);
    for (name, object) in &deployed {
        assert_eq!(rendered.get(name), Some(object), "{name}");
    }
    assert_eq!(rendered.len(), deployed.len());
}

#[test]
fn the_settings_of_the_values_are_those_of_each_policy() {
    let values = document(&format!("{CHART}/tests/all-values/values.yaml"));
    let mut of_kube_system = values["settings"].clone();
    for (key, value) in values["kubeSystem"]["settings"].as_object().unwrap() {
        of_kube_system[key] = value.clone();
    }
    // The list of the settings replaces that of the policy.
    let mut of_pod_templates = values["settings"].clone();
    let added = &pod_templates(&values)["spec"]["settings"]["podTemplates"];
    let added = &added.as_array().unwrap()[CUSTOM_KINDS.len()..];
    of_pod_templates["podTemplates"].as_array_mut().unwrap().extend_from_slice(added);
    let documents = documents(&format!("{CHART}/tests/all-values/expected.yaml"));
    let mut count = 0;
    for policy in documents.iter().filter(|object| object["kind"] == "ClusterAdmissionPolicy") {
        let settings = &policy["spec"]["settings"];
        let name = policy["metadata"]["name"].as_str().unwrap();
        let expected = match name {
            "aws-pod-identity-pod-templates" => &of_pod_templates,
            _ if name.ends_with("-kube-system") => &of_kube_system,
            _ => &values["settings"],
        };
        assert_eq!(settings, expected, "{name}");
        let answer = String::from_utf8(validate_settings(settings.to_string().as_bytes())).unwrap();
        assert_eq!(answer, "{\"valid\":true}", "{name}");
        count += 1;
    }
    assert_eq!(count, 5);
}

#[test]
fn the_rendering_with_all_values_has_every_setting() {
    let values = document(&format!("{CHART}/tests/all-values/values.yaml"));
    let known = setting_keys().iter().map(|key| key.name);
    let rendered: Vec<&String> = values["settings"].as_object().unwrap().keys().collect();
    let missing: Vec<_> = known.filter(|key| !rendered.iter().any(|one| one == key)).collect();
    assert!(missing.is_empty(), "values.yaml does not have {missing:?}");
}

/// The policy for custom resources, with those that the values add.
fn pod_templates(values: &Value) -> Value {
    let mut policy = documents(super::pod_templates::POLICY).remove(0);
    for added in values["podTemplates"]["additional"].as_array().unwrap() {
        let entry =
            json!({"group": added["group"], "kind": added["kind"], "paths": added["paths"]});
        policy["spec"]["settings"]["podTemplates"].as_array_mut().unwrap().push(entry);
        let rule = json!({
            "apiGroups": [added["group"]], "apiVersions": ["*"], "resources": [added["resource"]],
            "operations": ["CREATE", "UPDATE"],
        });
        policy["spec"]["rules"].as_array_mut().unwrap().push(rule);
    }
    policy
}

#[test]
fn the_policy_for_custom_resources_has_those_of_the_component_and_of_the_values() {
    let values = document(&format!("{CHART}/tests/pod-templates/values.yaml"));
    let rendered = by_name(documents(&format!("{CHART}/tests/pod-templates/expected.yaml")));
    let name = "ClusterAdmissionPolicy aws-pod-identity-pod-templates";
    assert_eq!(rendered[name], pod_templates(&values));
}

/// The component of kustomize has one, too.
#[test]
fn the_role_for_the_role_map_has_the_permissions_of_the_component() {
    let rendered = by_name(documents(&format!("{CHART}/tests/all-values/expected.yaml")));
    let component = by_name(documents("deploy/role-map/rbac.yaml"));
    let name = "Role aws-pod-identity-policy-role-map";
    let mut expected = component[name].clone();
    expected["rules"][0]["resourceNames"] = json!(["roles"]);
    assert_eq!(rendered[name], expected);
    let name = "RoleBinding aws-pod-identity-policy-role-map";
    let mut expected = component[name].clone();
    expected["subjects"].as_array_mut().unwrap().truncate(1);
    assert_eq!(rendered[name], expected);
}

#[test]
fn the_chart_has_the_version_of_the_module() {
    let version = env!("CARGO_PKG_VERSION");
    let chart = document(&format!("{CHART}/Chart.yaml"));
    assert_eq!(chart["version"], version);
    assert_eq!(chart["appVersion"], version);
    let values = document(&format!("{CHART}/values.yaml"));
    let policy = documents("deploy/policy/aws-pod-identity.yaml").remove(0);
    assert_eq!(values["module"], policy["spec"]["module"]);
}

#[test]
fn the_schema_has_all_values_and_no_others() {
    let values = document(&format!("{CHART}/values.yaml"));
    let schema = serde_json::from_str(&read(&format!("{CHART}/values.schema.json"))).unwrap();
    compare("values", &values, &schema);
}

fn compare(path: &str, values: &Value, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    assert_eq!(schema["additionalProperties"], false, "{path}");
    let values = values.as_object().unwrap();
    for (key, value) in values {
        let property = properties.get(key).unwrap_or_else(|| panic!("{path}.{key}: no schema"));
        compare(&format!("{path}.{key}"), value, property);
    }
    // Helm sets `global` itself.
    let stale = properties.keys().filter(|key| !values.contains_key(*key) && *key != "global");
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<&String>::new(), "{path}");
}
