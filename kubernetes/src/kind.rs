//! The kinds of objects that the policy evaluates.

use serde_json::Value;

use crate::object::text_at;
use crate::types::{self, Mismatch, Type};

/// A kind of object that is sent to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind<'k> {
    /// API group; empty for the core group.
    pub group: &'k str,
    /// Kind, as in manifests.
    pub name: &'k str,
    /// Plural resource name, as in URLs; empty if it is not known.
    pub resource: &'k str,
}

const fn kind<'k>(group: &'k str, name: &'k str, resource: &'k str) -> Kind<'k> {
    Kind { group, name, resource }
}

/// The kind of pods.
pub const POD: Kind<'static> = kind("", "Pod", "pods");

/// The accounts that pods run as.
pub const SERVICE_ACCOUNT: Kind<'static> = kind("", "ServiceAccount", "serviceaccounts");

/// What is known about a kind of Kubernetes.
struct BuiltIn {
    kind: Kind<'static>,
    /// The versions of its group that API servers may serve, the preferred one first.
    versions: &'static [&'static str],
    /// The types of its fields.
    types: &'static Type,
    /// For workloads, where it has the pod template, and which controller creates the pods.
    pods: Option<CreatedPods>,
    /// Whether an object has finished: its pods do not run, and will not run again.
    is_finished: fn(&Value) -> bool,
}

/// How a workload creates pods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreatedPods {
    /// The path to the pod template.
    pub(crate) template: &'static [&'static str],
    /// The name of the controller that creates them, such as `replicaset-controller`.
    pub(crate) controller: &'static str,
}

/// A kind that is served as `v1` and never finishes.
const fn built_in(kind: Kind<'static>, types: &'static Type) -> BuiltIn {
    BuiltIn { kind, versions: &["v1"], types, pods: None, is_finished: |_| false }
}

/// A workload with its pod template in `spec.template`.
const fn workload(kind: Kind<'static>, controller: &'static str) -> BuiltIn {
    let pods = Some(CreatedPods { template: &["spec", "template"], controller });
    BuiltIn { pods, ..built_in(kind, &types::WORKLOAD) }
}

static BUILT_IN: [BuiltIn; 9] = [
    BuiltIn { is_finished: has_finished_phase, ..built_in(POD, &types::POD) },
    built_in(SERVICE_ACCOUNT, &types::SERVICE_ACCOUNT),
    workload(kind("", "ReplicationController", "replicationcontrollers"), "replication-controller"),
    workload(kind("apps", "Deployment", "deployments"), "replicaset-controller"),
    workload(kind("apps", "ReplicaSet", "replicasets"), "replicaset-controller"),
    workload(kind("apps", "StatefulSet", "statefulsets"), "statefulset-controller"),
    workload(kind("apps", "DaemonSet", "daemonsets"), "daemon-set-controller"),
    BuiltIn {
        is_finished: has_finished_condition,
        ..workload(kind("batch", "Job", "jobs"), "job-controller")
    },
    BuiltIn {
        // `v1` since Kubernetes 1.21.
        versions: &["v1", "v1beta1"],
        pods: Some(CreatedPods {
            template: &["spec", "jobTemplate", "spec", "template"],
            controller: "job-controller",
        }),
        ..built_in(kind("batch", "CronJob", "cronjobs"), &types::CRON_JOB)
    },
];

/// The kinds of Kubernetes that the policy evaluates: pods, the workloads that create pods, and the accounts that pods run as.
pub fn kinds() -> impl Iterator<Item = Kind<'static>> {
    BUILT_IN.iter().map(|known| known.kind)
}

impl Kind<'_> {
    fn built_in(&self) -> Option<&'static BuiltIn> {
        BUILT_IN.iter().find(|known| known.kind == *self)
    }

    /// The versions of its group that API servers may serve, the preferred one first; none if they are not known.
    pub fn versions(&self) -> &'static [&'static str] {
        self.built_in().map_or(&[], |known| known.versions)
    }

    /// Where a workload of Kubernetes has its pod template; none for other kinds.
    pub fn template(&self) -> Option<&'static [&'static str]> {
        self.created_pods().map(|pods| pods.template)
    }

    /// How a workload of Kubernetes creates pods; none for other kinds.
    pub(crate) fn created_pods(&self) -> Option<CreatedPods> {
        self.built_in()?.pods
    }

    /// The first value in an object of this kind whose type an API server refuses.
    pub fn mismatch(&self, object: &Value) -> Option<Mismatch> {
        types::check(self.built_in()?.types, object)
    }

    /// Whether the object, which is of this kind, has finished: its pods do not run, and will not run again.
    pub fn is_finished(&self, object: &Value) -> bool {
        self.built_in().is_some_and(|known| (known.is_finished)(object))
    }
}

/// Whether a pod has finished.
fn has_finished_phase(pod: &Value) -> bool {
    matches!(text_at(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Whether a Job has finished.
fn has_finished_condition(job: &Value) -> bool {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        let is_end = matches!(text_at(condition, "/type"), "Complete" | "Failed");
        is_end && text_at(condition, "/status") == "True"
    })
}

/// A custom resource that creates pods from templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomKind {
    /// The kind.
    pub kind: Kind<'static>,
    /// Where its objects have pod templates, as the setting `podTemplates` writes it.
    pub templates: &'static [&'static str],
}

const fn custom(
    group: &'static str,
    name: &'static str,
    resource: &'static str,
    templates: &'static [&'static str],
) -> CustomKind {
    CustomKind { kind: kind(group, name, resource), templates }
}

/// Custom resources with pod templates, by the CustomResourceDefinitions and types of their projects. Only those whose pods run
/// as the service account that the template names, and that users write. Objects that a controller creates from another one are
/// not in it, nor templates in which other tools replace placeholders.
pub const CUSTOM_KINDS: &[CustomKind] = &[
    custom(
        "actions.github.com",
        "AutoscalingRunnerSet",
        "autoscalingrunnersets",
        &["spec.template"],
    ),
    custom(
        "apps.kruise.io",
        "AdvancedCronJob",
        "advancedcronjobs",
        &[
            "spec.template.jobTemplate.spec.template",
            "spec.template.broadcastJobTemplate.spec.template",
        ],
    ),
    custom("apps.kruise.io", "BroadcastJob", "broadcastjobs", &["spec.template"]),
    custom("apps.kruise.io", "CloneSet", "clonesets", &["spec.template"]),
    custom("apps.kruise.io", "DaemonSet", "daemonsets", &["spec.template"]),
    custom("apps.kruise.io", "StatefulSet", "statefulsets", &["spec.template"]),
    custom(
        "apps.kruise.io",
        "UnitedDeployment",
        "uniteddeployments",
        &[
            "spec.template.statefulSetTemplate.spec.template",
            "spec.template.advancedStatefulSetTemplate.spec.template",
            "spec.template.cloneSetTemplate.spec.template",
            "spec.template.deploymentTemplate.spec.template",
        ],
    ),
    custom("apps.openshift.io", "DeploymentConfig", "deploymentconfigs", &["spec.template"]),
    custom("argoproj.io", "Experiment", "experiments", &["spec.templates[*].template"]),
    custom("argoproj.io", "Rollout", "rollouts", &["spec.template"]),
    custom("batch.volcano.sh", "CronJob", "cronjobs", &["spec.jobTemplate.spec.tasks[*].template"]),
    custom("batch.volcano.sh", "Job", "jobs", &["spec.tasks[*].template"]),
    custom("flow.volcano.sh", "JobTemplate", "jobtemplates", &["spec.tasks[*].template"]),
    custom(
        "jobset.x-k8s.io",
        "JobSet",
        "jobsets",
        &["spec.replicatedJobs[*].template.spec.template"],
    ),
    custom("keda.sh", "ScaledJob", "scaledjobs", &["spec.jobTargetRef.template"]),
    custom("kubeflow.org", "JAXJob", "jaxjobs", &["spec.jaxReplicaSpecs.*.template"]),
    custom("kubeflow.org", "MPIJob", "mpijobs", &["spec.mpiReplicaSpecs.*.template"]),
    custom("kubeflow.org", "PaddleJob", "paddlejobs", &["spec.paddleReplicaSpecs.*.template"]),
    custom("kubeflow.org", "PyTorchJob", "pytorchjobs", &["spec.pytorchReplicaSpecs.*.template"]),
    custom("kubeflow.org", "TFJob", "tfjobs", &["spec.tfReplicaSpecs.*.template"]),
    custom("kubeflow.org", "XGBoostJob", "xgboostjobs", &["spec.xgbReplicaSpecs.*.template"]),
    custom(
        "leaderworkerset.x-k8s.io",
        "LeaderWorkerSet",
        "leaderworkersets",
        &["spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"],
    ),
    custom(
        "ray.io",
        "RayCluster",
        "rayclusters",
        &["spec.headGroupSpec.template", "spec.workerGroupSpecs[*].template"],
    ),
    custom(
        "ray.io",
        "RayCronJob",
        "raycronjobs",
        &[
            "spec.jobTemplate.rayClusterSpec.headGroupSpec.template",
            "spec.jobTemplate.rayClusterSpec.workerGroupSpecs[*].template",
            "spec.jobTemplate.submitterPodTemplate",
        ],
    ),
    custom(
        "ray.io",
        "RayJob",
        "rayjobs",
        &[
            "spec.rayClusterSpec.headGroupSpec.template",
            "spec.rayClusterSpec.workerGroupSpecs[*].template",
            "spec.submitterPodTemplate",
        ],
    ),
    custom(
        "ray.io",
        "RayService",
        "rayservices",
        &[
            "spec.rayClusterConfig.headGroupSpec.template",
            "spec.rayClusterConfig.workerGroupSpecs[*].template",
        ],
    ),
    custom("serving.knative.dev", "Service", "services", &["spec.template"]),
];

/// The kind of an object, and the version that its manifest has; `None` if the policy does not evaluate such objects.
pub fn of(object: &Value) -> Option<(Kind<'static>, &str)> {
    let api_version = object.get("apiVersion")?.as_str()?;
    let name = object.get("kind")?.as_str()?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let found = kinds().find(|kind| kind.name == name && kind.group == group)?;
    Some((found, version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_kind_is_known_only_in_its_api_group() {
        let of = |api_version: &str, kind: &str| {
            let object = json!({"apiVersion": api_version, "kind": kind});
            super::of(&object).map(|(kind, version)| (kind.resource, version.to_owned()))
        };
        assert_eq!(of("v1", "Pod"), Some(("pods", "v1".to_owned())));
        assert_eq!(of("apps/v1", "Deployment"), Some(("deployments", "v1".to_owned())));
        assert_eq!(of("batch/v1beta1", "CronJob"), Some(("cronjobs", "v1beta1".to_owned())));
        assert_eq!(of("example.com/v1", "Deployment"), None);
        assert_eq!(of("v1", "ConfigMap"), None);
    }
}
