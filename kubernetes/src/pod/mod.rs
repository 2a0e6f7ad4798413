//! The pods of a cluster: pods from manifests, as the API server completes them, and the pods that controllers create from
//! the template of a workload.

mod controller;

use serde_json::{Map, Value};

use crate::custom::PodTemplates;
use crate::kind::{CreatedPods, Kind, POD};
use crate::located::PathStep;
use crate::object::{DEFAULT_NAMESPACE, text_at};
use crate::workflow;

/// A pod that a controller creates.
#[derive(Clone, Debug)]
pub struct CreatedPod {
    /// The pod as the controller sends it, and the API server completes it.
    pub pod: Value,
    /// Name of the controller, such as `replicaset-controller`.
    pub controller: &'static str,
}

/// The pod that a workload's template would become; `None` for kinds that create no pods, for custom resources, and for
/// workloads without a template.
pub fn of_workload(kind: Kind<'_>, workload: &Value) -> Option<CreatedPod> {
    let CreatedPods { template, controller } = kind.created_pods()?;
    let template = template.iter().try_fold(workload, |at, name| at.get(name))?;
    let mut pod = from_template(workload, template)?;
    controller::complete(kind, workload, &mut pod);
    Some(CreatedPod { pod: admitted(pod), controller })
}

/// A pod that the controller of a custom resource creates.
#[derive(Clone, Debug)]
pub struct CustomPod {
    /// The pod.
    pub pod: Value,
    /// Where its template is in the object.
    pub template: Vec<PathStep>,
}

/// The pods that the templates of a custom resource, or of an Argo workflow, would become. Only those whose account is known
/// (some controllers set one other than `default`) and whose fields have the types of a pod.
pub fn of_custom(templates: &PodTemplates, object: &Value) -> Vec<CustomPod> {
    let found = templates.of(object).into_iter();
    let found = found.map(|template| (template.path, template.value.clone()));
    let pods = found.chain(workflow::pods(object)).filter_map(|(path, template)| {
        let named = ["/spec/serviceAccountName", "/spec/serviceAccount"];
        let is_named = named.iter().any(|pointer| !text_at(&template, pointer).is_empty());
        if !is_named || POD.mismatch(&template).is_some() {
            return None;
        }
        let mut pod = from_template(object, &template)?;
        controller::name_after(object, &mut pod);
        Some(CustomPod { pod: admitted(pod), template: path })
    });
    pods.collect()
}

/// The pod that a template describes, in the namespace of the workload.
fn from_template(workload: &Value, template: &Value) -> Option<Value> {
    let spec = template.get("spec").filter(|spec| spec.is_object())?;
    let mut metadata = Map::new();
    metadata.insert("namespace".to_owned(), namespace(workload).into());
    for key in ["labels", "annotations"] {
        if let Some(value) = template.pointer(&format!("/metadata/{key}")) {
            metadata.insert(key.to_owned(), value.clone());
        }
    }
    let mut pod = Map::new();
    pod.insert("apiVersion".to_owned(), "v1".into());
    pod.insert("kind".to_owned(), "Pod".into());
    pod.insert("metadata".to_owned(), metadata.into());
    // `json!` would serialize it, which takes longer.
    pod.insert("spec".to_owned(), spec.clone());
    Some(pod.into())
}

/// The pod as the API server completes it before it calls webhooks, as far as the policy reads it: with a namespace and a service
/// account. The token for the Kubernetes API, which the API server adds, too, changes no
/// answer of the policy (`core/tests/same_answers.rs`), and would be in every diff.
pub fn admitted(mut pod: Value) -> Value {
    let namespace = namespace(&pod).to_owned();
    if let Some(Value::Object(metadata)) = pod.get_mut("metadata") {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    if let Some(Value::Object(spec)) = pod.get_mut("spec") {
        let named = |key: &str| {
            let name = spec.get(key).and_then(Value::as_str);
            name.filter(|name| !name.is_empty()).map(str::to_owned)
        };
        if named("serviceAccountName").is_none() {
            let account = named("serviceAccount").unwrap_or_else(|| "default".to_owned());
            spec.insert("serviceAccountName".to_owned(), account.into());
        }
    }
    pod
}

fn namespace(object: &Value) -> &str {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
    namespace.unwrap_or(DEFAULT_NAMESPACE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind;
    use rstest::rstest;
    use serde_json::json;

    fn workload(api_version: &str, kind: &str) -> Value {
        let template = json!({
            "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
            "spec": {"serviceAccountName": "api", "containers": [{"name": "c"}]},
        });
        let spec = match kind {
            "CronJob" => json!({"jobTemplate": {"spec": {"template": template}}}),
            _ => json!({"template": template}),
        };
        json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": "web", "namespace": "payments"},
            "spec": spec,
        })
    }

    fn created(workload: &Value) -> CreatedPod {
        let (kind, _) = kind::of(workload).unwrap();
        of_workload(kind, workload).unwrap()
    }

    #[rstest]
    #[case("apps/v1", "ReplicaSet", "web-", "replicaset-controller")]
    #[case("v1", "ReplicationController", "web-", "replication-controller")]
    #[case("apps/v1", "DaemonSet", "web-", "daemon-set-controller")]
    #[case("batch/v1", "Job", "web-", "job-controller")]
    #[case("batch/v1", "CronJob", "web-29000000-", "job-controller")]
    #[case("apps/v1", "StatefulSet", "web-", "statefulset-controller")]
    fn the_pod_of_each_workload_has_the_labels_and_the_spec_of_its_template(
        #[case] api_version: &str,
        #[case] kind: &str,
        #[case] generate_name: &str,
        #[case] controller: &str,
    ) {
        let created = created(&workload(api_version, kind));
        let metadata = &created.pod["metadata"];
        assert_eq!(metadata["generateName"], generate_name);
        assert_eq!(metadata["namespace"], "payments");
        assert_eq!(metadata["labels"]["app"], "web");
        assert_eq!(metadata["annotations"], json!({"a": "b"}));
        assert_eq!(created.pod["spec"]["serviceAccountName"], "api");
        assert_eq!(created.pod["spec"]["containers"], json!([{"name": "c"}]));
        assert_eq!(created.controller, controller);
    }

    #[test]
    fn the_pod_of_a_deployment_belongs_to_a_replica_set_named_after_its_template() {
        let created = created(&workload("apps/v1", "Deployment"));
        let metadata = &created.pod["metadata"];
        let hash = metadata["labels"]["pod-template-hash"].as_str().unwrap();
        assert_eq!(metadata["generateName"], format!("web-{hash}-"));
        assert_eq!(created.controller, "replicaset-controller");
    }

    #[test]
    fn the_pod_of_a_stateful_set_has_a_name_and_its_claims_as_volumes() {
        let mut workload = workload("apps/v1", "StatefulSet");
        workload["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}}]);
        let pod = created(&workload).pod;
        assert_eq!(pod["metadata"]["name"], "web-0");
        assert_eq!(
            pod["spec"]["volumes"],
            json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}])
        );
    }

    #[test]
    fn the_pod_of_a_job_has_a_label_with_the_job() {
        let pod = created(&workload("batch/v1", "Job")).pod;
        assert_eq!(pod["metadata"]["labels"]["batch.kubernetes.io/job-name"], "web");
    }

    #[test]
    fn the_pod_of_a_job_with_a_generated_name_starts_with_the_prefix() {
        let mut job = workload("batch/v1", "Job");
        job["metadata"] = json!({"generateName": "nightly-"});
        let pod = created(&job).pod;
        assert_eq!(pod["metadata"]["generateName"], "nightly-xxxxx-");
    }

    #[test]
    fn a_service_account_creates_no_pods() {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount"});
        let (kind, _) = kind::of(&account).unwrap();
        assert!(of_workload(kind, &account).is_none());
    }

    #[rstest]
    #[case(json!({}), "default")]
    #[case(json!({"serviceAccountName": ""}), "default")]
    #[case(json!({"serviceAccount": "old"}), "old")]
    #[case(json!({"serviceAccountName": "new", "serviceAccount": "old"}), "new")]
    fn a_pod_without_a_service_account_runs_as_default(#[case] spec: Value, #[case] account: &str) {
        let pod = admitted(json!({"metadata": {"name": "a"}, "spec": spec}));
        assert_eq!(pod["spec"]["serviceAccountName"], account);
        assert_eq!(pod["metadata"]["namespace"], "default");
    }
}
