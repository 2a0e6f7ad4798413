//! The policies that an audit uses, with their settings and selectors.

use std::collections::HashMap;
use std::fmt::Display;

use anyhow::{Result, bail};
use aws_pod_identity_cluster::{Access, Connection, Resource};
use aws_pod_identity_core::FindingKind;
use aws_pod_identity_kubernetes::policy::{self, ClusterPolicy};
use serde::Deserialize;
use serde_json::{Value, json};

use super::unread::Unread;
use crate::evaluation::Policy;
use crate::policies::Policies;

/// Kubewarden's policies for the whole cluster.
const CLUSTER_ADMISSION_POLICIES: Resource = Resource {
    group: "policies.kubewarden.io",
    versions: &["v1"],
    name: "clusteradmissionpolicies",
};

/// A policy for audits: with a warning about pods that run without their identity, unless the settings name a severity.
pub fn for_audit(policy: Policy) -> Policy {
    const KIND: FindingKind = FindingKind::RunningWithoutIdentity;
    if policy.names_severity(KIND) { policy } else { policy.warning(KIND) }
}

/// The ClusterAdmissionPolicies in the cluster that run this policy's module, or one with the default settings if there are
/// none; and the policies that could not be read.
pub fn installed(connection: &Connection) -> Result<(Policies, Vec<Unread>)> {
    let mut policies = Vec::new();
    let mut unread = Vec::new();
    let listed = connection.list(&CLUSTER_ADMISSION_POLICIES, None, |page| {
        for item in page.items {
            match read(item.get()) {
                Ok(policy) => policies.extend(policy),
                Err(why) => unread.push(why),
            }
        }
    });
    let default =
        || Policies::everywhere(Policy::default(), "the default settings in all namespaces");
    let policies = match listed {
        Ok(served) => {
            let installed = Policies::of(policies, |names| format!("the installed {names}"))?;
            installed.unwrap_or_else(|| {
                let why = if !unread.is_empty() {
                    "the policy that is installed cannot be read, so the default settings are used"
                } else if served {
                    "no installed ClusterAdmissionPolicy runs the module aws-pod-identity-policy"
                } else {
                    "Kubewarden is not installed in the cluster"
                };
                default().with_notes(vec![format!(
                    "{why}; set --settings or --from-policy to audit with other settings"
                )])
            })
        }
        Err(error) if error.concerns_all_requests() => bail!(error),
        Err(error) => {
            let access = Access::list(&CLUSTER_ADMISSION_POLICIES, None);
            let list = Unread::list(&CLUSTER_ADMISSION_POLICIES, None, &error);
            unread.push(list.with_remedy(&format!(
                "the default settings are used; grant the {access}, or set --from-policy or --settings"
            )));
            default()
        }
    };
    Ok((policies, unread))
}

/// The namespaces of the cluster, and which policies get their objects.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    selected: HashMap<String, Vec<usize>>,
}

impl Namespaces {
    pub(super) fn insert(&mut self, policies: &Policies, name: &str, labels: Option<&Value>) {
        self.selected.insert(name.to_owned(), policies.of_namespace(name, labels));
    }

    /// The policies for a namespace. One whose labels are not known has only the label that API servers set.
    pub(super) fn policies(&mut self, policies: &Policies, name: &str) -> &[usize] {
        self.selected.entry(name.to_owned()).or_insert_with(|| {
            policies.of_namespace(name, Some(&json!({"kubernetes.io/metadata.name": name})))
        })
    }
}

/// Reads a policy from a list, which leaves out `apiVersion` and `kind`; none if it runs another module.
fn read(text: &str) -> Result<Option<ClusterPolicy>, Unread> {
    const NAME: &str = CLUSTER_ADMISSION_POLICIES.name;
    const REMEDY: &str =
        "its settings are not used; correct the policy, or set --from-policy or --settings";
    let unread = |why: &dyn Display| Unread::item(NAME, text, why).with_remedy(REMEDY);
    if let Ok(Listed { spec: ListedSpec { module } }) = serde_json::from_str(text)
        && !ClusterPolicy::is_this_module(&module)
    {
        return Ok(None);
    }
    let object: Value = serde_json::from_str(text).map_err(|error| unread(&error))?;
    let object = super::listed::with_kind(object, "policies.kubewarden.io/v1", policy::KIND);
    ClusterPolicy::from_object(&object).map(Some).map_err(|error| unread(&error))
}

/// The module of a policy of which other parts cannot be read.
#[derive(Deserialize)]
struct Listed {
    spec: ListedSpec,
}

#[derive(Deserialize)]
struct ListedSpec {
    #[serde(default)]
    module: String,
}
