//! The kinds of objects that the policy evaluates.

use serde_json::Value;

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

/// The accounts that pods run as.
pub const SERVICE_ACCOUNT: Kind<'static> = kind("", "ServiceAccount", "serviceaccounts");

/// Pods, the workloads that create pods, and the accounts that pods run as.
pub const KINDS: [Kind<'static>; 9] = [
    POD,
    SERVICE_ACCOUNT,
    kind("", "ReplicationController", "replicationcontrollers"),
    kind("apps", "Deployment", "deployments"),
    kind("apps", "ReplicaSet", "replicasets"),
    kind("apps", "StatefulSet", "statefulsets"),
    kind("apps", "DaemonSet", "daemonsets"),
    kind("batch", "Job", "jobs"),
    kind("batch", "CronJob", "cronjobs"),
];

impl Kind<'_> {
    /// Where a workload of Kubernetes has its pod template; none for other kinds.
    pub fn template(&self) -> Option<&'static [&'static str]> {
        match self.name {
            "Pod" | "ServiceAccount" => None,
            _ if !KINDS.contains(self) => None,
            "CronJob" => Some(&["spec", "jobTemplate", "spec", "template"]),
            _ => Some(&["spec", "template"]),
        }
    }
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

/// The kind of pods.
pub const POD: Kind<'static> = kind("", "Pod", "pods");

/// The kind of an object, and the version that its manifest has; `None` if the policy does not evaluate such objects.
pub fn of(object: &Value) -> Option<(Kind<'static>, &str)> {
    let api_version = object.get("apiVersion")?.as_str()?;
    let name = object.get("kind")?.as_str()?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let found = KINDS.into_iter().find(|kind| kind.name == name && kind.group == group)?;
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
