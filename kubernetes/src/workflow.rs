//! The pods of Argo Workflows ("WorkflowSpec" and "Template", field reference of Argo Workflows), which have no pod template:
//! the controller creates a pod for each template with containers, with the account and the volumes of the workflow.

use serde_json::{Map, Value, json};

use crate::kind::Kind;
use crate::located::PathStep;
use crate::object::text_at;

const WORKFLOW: Kind<'static> =
    Kind { group: "argoproj.io", name: "Workflow", resource: "workflows" };
const CRON_WORKFLOW: Kind<'static> =
    Kind { group: "argoproj.io", name: "CronWorkflow", resource: "cronworkflows" };

/// The kind of a workflow. A WorkflowTemplate is not one, because the workflow that uses it can set another account.
pub(crate) fn kind_of(object: &Value) -> Option<Kind<'static>> {
    let (group, _) = text_at(object, "/apiVersion").split_once('/')?;
    let name = text_at(object, "/kind");
    [WORKFLOW, CRON_WORKFLOW].into_iter().find(|kind| kind.group == group && kind.name == name)
}

/// The specs of the pods, each with the path of its template. Only those whose account is known: the configuration of the
/// controller can have a default, and a patch can change everything.
pub(crate) fn pods(object: &Value) -> Vec<(Vec<PathStep>, Value)> {
    let path: &[&str] = match kind_of(object) {
        Some(WORKFLOW) => &["spec"],
        Some(_) => &["spec", "workflowSpec"],
        None => return Vec::new(),
    };
    let Some(workflow) = path.iter().try_fold(object, |at, name| at.get(name)) else {
        return Vec::new();
    };
    let templates = workflow.get("templates").and_then(Value::as_array).into_iter().flatten();
    let pods = templates.enumerate().filter_map(|(index, template)| {
        let keys = path.iter().copied().chain(["templates"]);
        let place = keys.map(|key| PathStep::Key(key.to_owned())).chain([PathStep::Index(index)]);
        Some((place.collect(), pod(workflow, template)?))
    });
    pods.collect()
}

fn pod(workflow: &Value, template: &Value) -> Option<Value> {
    let either = |key: &str| template.get(key).or_else(|| workflow.get(key));
    let account = either("serviceAccountName")?.as_str()?;
    if account.is_empty() || account.contains("{{") || either("podSpecPatch").is_some() {
        return None;
    }
    let list = |at: &Value, pointer: &str| {
        at.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let mut containers = list(template, "/containerSet/containers");
    if let Some(main) = ["container", "script"].iter().find_map(|key| template.get(key)) {
        let mut main = main.as_object()?.clone();
        main.insert("name".to_owned(), "main".into());
        containers.push(main.into());
    }
    if containers.is_empty() {
        return None;
    }
    containers.extend(list(template, "/sidecars"));
    let mut volumes = list(workflow, "/volumes");
    volumes.extend(list(template, "/volumes"));
    let mut spec = json!({
        "serviceAccountName": account, "containers": containers, "volumes": volumes,
        "initContainers": list(template, "/initContainers"),
    });
    for key in ["hostNetwork", "nodeSelector", "affinity", "securityContext", "schedulerName"] {
        if let (Some(spec), Some(value)) = (spec.as_object_mut(), either(key)) {
            spec.insert(key.to_owned(), value.clone());
        }
    }
    let mut metadata = Map::new();
    for key in ["labels", "annotations"] {
        let mut entries = Map::new();
        for from in [workflow.get("podMetadata"), template.get("metadata")] {
            let more = from.and_then(|from| from.get(key)).and_then(Value::as_object).cloned();
            entries.extend(more.unwrap_or_default());
        }
        metadata.insert(key.to_owned(), entries.into());
    }
    Some(json!({"metadata": metadata, "spec": spec}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn each_template_with_containers_is_a_pod() {
        let workflow = yaml::manifest(
            "
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
spec:
  workflowSpec:
    serviceAccountName: api
    volumes: [{name: a}]
    podMetadata: {labels: {x: '1'}}
    templates:
    - name: steps
      steps: []
    - name: one
      container: {image: i, env: [{name: A, value: b}]}
      volumes: [{name: b}]
      sidecars: [{name: side}]
      metadata: {labels: {y: '2'}}
    - name: two
      serviceAccountName: other
      script: {source: x}
    - name: parameter
      serviceAccountName: '{{inputs.parameters.account}}'
      container: {image: i}
    - name: patched
      podSpecPatch: '{}'
      container: {image: i}
",
        );
        let pods = pods(&workflow.unwrap());
        let found: Vec<_> = pods
            .iter()
            .map(|(place, pod)| {
                let names = |list: &str| {
                    let items = pod["spec"][list].as_array().unwrap().iter();
                    items.map(|item| item["name"].as_str().unwrap()).collect::<Vec<_>>().join(",")
                };
                let account = pod["spec"]["serviceAccountName"].as_str().unwrap();
                (place.last().unwrap().clone(), account, names("containers"), names("volumes"))
            })
            .collect();
        assert_eq!(
            found,
            [
                (PathStep::Index(1), "api", "main,side".to_owned(), "a,b".to_owned()),
                (PathStep::Index(2), "other", "main".to_owned(), "a".to_owned()),
            ]
        );
        assert_eq!(pods[0].1["metadata"]["labels"], json!({"x": "1", "y": "2"}));
    }

    #[test]
    fn a_workflow_without_an_account_has_no_pods() {
        let workflow = yaml::manifest(
            "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, spec: {templates: [{container: {}}]}}",
        );
        assert!(pods(&workflow.unwrap()).is_empty());
    }
}
