//! Controllers, and the objects that they own.

use std::collections::{HashMap, HashSet};

use aws_pod_identity_kubernetes::kind::{Kind, kinds};
use serde_json::Value;

use crate::report::Finding;

/// Kind and name of an object. The caller knows its namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Owner {
    pub(super) kind: String,
    pub(super) name: String,
}

/// The controller of an object, and whether it is of a kind that the policy knows.
pub(super) fn controller(object: &Value) -> Option<(Owner, bool)> {
    let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner["controller"] == true)?;
    let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let known = kinds().any(|known| known.name == kind && known.group == group);
    Some((Owner { kind: kind.to_owned(), name: text("name").to_owned() }, known))
}

/// Which workloads were evaluated, and with which findings.
#[derive(Debug, Default)]
pub(super) struct Workloads {
    /// The owner of ReplicaSets and Jobs that are not evaluated themselves.
    owners: HashMap<(String, Owner), Owner>,
    /// The findings of each workload and of the pods that it would create, by ID and problem.
    findings: HashMap<(String, Owner), HashSet<(String, String)>>,
}

impl Workloads {
    pub(super) fn owned(&mut self, namespace: &str, kind: Kind<'_>, name: &str, owner: Owner) {
        let key = Owner { kind: kind.name.to_owned(), name: name.to_owned() };
        self.owners.insert((namespace.to_owned(), key), owner);
    }

    pub(super) fn evaluated(&mut self, namespace: &str, workload: Owner, findings: &[Finding]) {
        if !findings.is_empty() {
            let findings = findings.iter().map(id_and_problem).collect();
            self.findings.insert((namespace.to_owned(), workload), findings);
        }
    }

    /// The workload at the top: the Deployment of a ReplicaSet, the CronJob of a Job.
    pub(super) fn top(&self, namespace: &str, owner: Owner) -> Owner {
        self.owners.get(&(namespace.to_owned(), owner.clone())).cloned().unwrap_or(owner)
    }

    /// Whether the workload was reported with this finding.
    pub(super) fn has(&self, namespace: &str, workload: &Owner, finding: &Finding) -> bool {
        let key = (namespace.to_owned(), workload.clone());
        self.findings.get(&key).is_some_and(|findings| findings.contains(&id_and_problem(finding)))
    }
}

fn id_and_problem(finding: &Finding) -> (String, String) {
    (finding.id.clone(), finding.message.problem.clone())
}
