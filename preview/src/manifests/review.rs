//! Has the policy judge manifests, one after the other.

use std::sync::Arc;

use serde_json::Value;

use super::input::{Manifest, Origin};
use super::kind::{self, POD};
use super::{pod, request};
use crate::admission::{AdmissionRequest, AdmissionResponse};
use crate::capabilities::HostCapabilities;
use crate::cluster::Cluster;
use crate::host::Policy;

/// One request to the policy, ready to be sent.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Kind, namespace and name, such as `Pod payments/api-*`.
    pub title: String,
    /// For a pod that a controller creates: the title of the workload it comes from.
    pub created_by: Option<String>,
    /// Where the manifest stands.
    pub origin: Origin,
    /// What is sent.
    pub request: AdmissionRequest,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The object may pass as it is.
    Accepted,
    /// The object may pass, changed.
    Changed {
        /// The object that was sent.
        before: Value,
        /// The object that would be stored.
        after: Value,
    },
    /// The object may not pass.
    Rejected {
        /// Why.
        message: String,
    },
}

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What was sent.
    pub subject: Subject,
    /// What came of it.
    pub outcome: Outcome,
    /// Warnings for the user, whatever the outcome.
    pub warnings: Vec<String>,
}

/// The cluster that the manifests describe: their service accounts and config maps, and the accounts that
/// exist everywhere.
pub fn cluster(manifests: &[Manifest]) -> Cluster {
    let mut cluster = Cluster::new().with_default_service_accounts();
    for Manifest { object, .. } in manifests {
        if object["apiVersion"] == "v1"
            && (object["kind"] == "ServiceAccount" || object["kind"] == "ConfigMap")
        {
            cluster.insert(object.clone());
        }
    }
    cluster
}

/// The requests that an API server would send about the manifests, in their order: each object of a kind the
/// policy looks at, and after a workload the pod it would create. Every `number`th request always gets the
/// same uid.
pub fn subjects(manifests: &[Manifest]) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for Manifest { origin, object } in manifests {
        let Some((kind, version)) = kind::of(object) else {
            continue;
        };
        let object = if kind == POD { pod::admitted(object.clone()) } else { object.clone() };
        let created = pod::of_workload(kind, &object);
        let mut add = |kind, version, object: Value, user, created_by| {
            let number = subjects.len() as u64 + 1;
            subjects.push(Subject {
                title: title(&object),
                created_by,
                origin: origin.clone(),
                request: request::create(kind, version, object, user, number),
            });
        };
        let workload = title(&object);
        add(kind, version, object, request::administrator(), None);
        if let Some(created) = created {
            let user = request::controller(created.controller);
            add(POD, "v1", created.pod, user, Some(workload));
        }
    }
    subjects
}

/// Sends one request to the policy.
pub fn judge(
    policy: &Policy,
    settings: &Value,
    cluster: Arc<dyn HostCapabilities>,
    subject: Subject,
) -> Verdict {
    let response = policy.validate(&subject.request, settings, cluster);
    let outcome = outcome(subject.request.object.as_ref(), &response);
    Verdict { subject, outcome, warnings: response.warnings.unwrap_or_default() }
}

fn outcome(object: Option<&Value>, response: &AdmissionResponse) -> Outcome {
    if !response.allowed {
        let message = response.message().to_owned();
        return Outcome::Rejected { message };
    }
    let before = object.cloned().unwrap_or_default();
    match response.mutated(&before) {
        Ok(None) => Outcome::Accepted,
        Ok(Some(after)) => Outcome::Changed { before, after },
        Err(error) => Outcome::Rejected {
            message: format!("the API server would refuse the policy's answer: {error}"),
        },
    }
}

/// Kind, namespace and name; a generated name ends with a star.
fn title(object: &Value) -> String {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
    let kind = text("/kind").unwrap_or_default();
    let namespace = text("/metadata/namespace").unwrap_or(crate::cluster::DEFAULT_NAMESPACE);
    match (text("/metadata/name"), text("/metadata/generateName")) {
        (Some(name), _) => format!("{kind} {namespace}/{name}"),
        (None, Some(prefix)) => format!("{kind} {namespace}/{prefix}*"),
        (None, None) => format!("{kind} {namespace}/?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(object: Value) -> Manifest {
        let origin = Origin { file: "f.yaml".to_owned(), document: 1 };
        Manifest { origin, object }
    }

    #[test]
    fn a_workload_is_followed_by_the_pod_it_would_create() {
        let subjects = subjects(&[
            manifest(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}})),
            manifest(json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet",
                "metadata": {"name": "agent", "namespace": "ops"},
                "spec": {"template": {"spec": {"containers": []}}},
            })),
        ]);
        let titles: Vec<_> = subjects.iter().map(|subject| subject.title.as_str()).collect();
        assert_eq!(titles, ["DaemonSet ops/agent", "Pod ops/agent-*"]);
        assert_eq!(subjects[1].created_by.as_deref(), Some("DaemonSet ops/agent"));
        assert_eq!(subjects[1].request.resource.resource, "pods");
    }

    #[test]
    fn a_pod_is_sent_as_the_api_server_completes_it() {
        let subjects = subjects(&[manifest(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {},
        }))]);
        let object = subjects[0].request.object.as_ref().unwrap();
        assert_eq!(object["spec"]["serviceAccountName"], "default");
    }

    #[test]
    fn a_rejection_keeps_its_message() {
        let response = AdmissionResponse::internal_error("1", "boom");
        assert_eq!(
            outcome(None, &response),
            Outcome::Rejected { message: "internal server error: boom".to_owned() }
        );
    }
}
