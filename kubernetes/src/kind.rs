//! The kinds of objects that the policy looks at.

use serde_json::Value;

/// A kind of object that is sent to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Kind, as in manifests.
    pub name: &'static str,
    /// Plural resource name, as in URLs.
    pub resource: &'static str,
}

const fn kind(group: &'static str, name: &'static str, resource: &'static str) -> Kind {
    Kind { group, name, resource }
}

/// Pods, what makes pods, and the accounts that pods run as.
pub const KINDS: [Kind; 9] = [
    POD,
    kind("", "ServiceAccount", "serviceaccounts"),
    kind("", "ReplicationController", "replicationcontrollers"),
    kind("apps", "Deployment", "deployments"),
    kind("apps", "ReplicaSet", "replicasets"),
    kind("apps", "StatefulSet", "statefulsets"),
    kind("apps", "DaemonSet", "daemonsets"),
    kind("batch", "Job", "jobs"),
    kind("batch", "CronJob", "cronjobs"),
];

/// The kind of every pod.
pub const POD: Kind = kind("", "Pod", "pods");

/// The kind of an object and the version its manifest was written for; `None` if the policy does not look at
/// such objects.
pub fn of(object: &Value) -> Option<(Kind, &str)> {
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
    fn group_and_kind_decide() {
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
