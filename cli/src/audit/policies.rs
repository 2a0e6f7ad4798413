//! Which settings and selectors an audit uses.

use std::collections::HashMap;

use anyhow::{Context, Result, anyhow, bail};
use aws_pod_identity_cluster::{Access, Connection, Resource};
use aws_pod_identity_kubernetes::kind::{Kind, POD};
use aws_pod_identity_kubernetes::manifests;
use aws_pod_identity_kubernetes::policy::{self, ClusterPolicy};
use serde_json::{Value, json};

use super::unread::Unread;
use crate::evaluation::Policy;
use crate::report::Header;

/// Kubewarden's policies for the whole cluster.
const CLUSTER_ADMISSION_POLICIES: Resource = Resource {
    group: "policies.kubewarden.io",
    versions: &["v1"],
    name: "clusteradmissionpolicies",
};

/// The finding that only audits report.
const RUNNING_WITHOUT_IDENTITY: &str = "running-without-identity";

/// The policies of an audit.
#[derive(Debug)]
pub struct Policies {
    active: Vec<Active>,
    source: String,
    notes: Vec<String>,
    unread: Vec<Unread>,
}

/// One policy, with its settings.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) policy: Policy,
    pub(super) settings: Value,
    /// Without it, the policy gets every object.
    selection: Option<ClusterPolicy>,
}

impl Active {
    fn new(settings: &Value, selection: Option<ClusterPolicy>) -> Result<Self> {
        let settings = for_audit(settings);
        let policy = Policy::with_settings(&settings)
            .map_err(|message| anyhow!("the settings are not valid: {message}"))?;
        Ok(Self { policy, settings, selection })
    }

    fn covers(&self, kind: Kind) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.covers(kind))
    }

    fn selects_object(&self, object: &Value) -> bool {
        self.selection.as_ref().is_none_or(|selection| selection.selects_object(object))
    }
}

/// The settings, with a warning for pods that run without their identity unless the settings choose a severity.
fn for_audit(settings: &Value) -> Value {
    let mut settings = settings.clone();
    if let Some(all) = settings.as_object_mut() {
        let findings = all.entry("findings").or_insert(Value::Null);
        if findings.is_null() {
            *findings = json!({});
        }
        if let Some(findings) = findings.as_object_mut() {
            findings.entry(RUNNING_WITHOUT_IDENTITY).or_insert_with(|| "warn".into());
        }
    }
    settings
}

impl Policies {
    /// One policy for every object.
    pub fn with_settings((settings, source): (Value, String)) -> Result<Self> {
        let active = vec![Active::new(&settings, None)?];
        Ok(Self { active, source, notes: Vec::new(), unread: Vec::new() })
    }

    /// The ClusterAdmissionPolicies of a file. They need not name the module of this project.
    pub fn from_manifest(path: &str) -> Result<Self> {
        let manifests = manifests::read(&[path.to_owned()])?;
        let objects = manifests.iter().map(|manifest| &manifest.object);
        let policies: Vec<ClusterPolicy> = objects
            .filter(|object| ClusterPolicy::is_one(object))
            .map(|object| ClusterPolicy::from_object(object).with_context(|| path.to_owned()))
            .collect::<Result<_>>()?;
        if policies.is_empty() {
            bail!("{path} has no {}", policy::KIND);
        }
        Self::of(policies, |names| format!("{names} of {path}"))
    }

    /// The ClusterAdmissionPolicies in the cluster that run this policy's module; the default settings if there are none.
    pub fn installed(connection: &Connection) -> Result<Self> {
        let mut policies = Vec::new();
        let mut unreadable = Vec::new();
        let listed = connection.list(&CLUSTER_ADMISSION_POLICIES, None, |page| {
            for item in page.items {
                match read(item.get()) {
                    Ok(policy) if policy.is_this_policy() => policies.push(policy),
                    Ok(_) => {}
                    Err(why) => unreadable.push(why),
                }
            }
        });
        let default = |notes, unread| -> Result<Self> {
            let source = "the default settings in all namespaces".to_owned();
            let active = vec![Active::new(&json!({}), None)?];
            Ok(Self { active, source, notes, unread })
        };
        let mut found = match listed {
            Ok(served) if policies.is_empty() => {
                let why = if served {
                    "no installed ClusterAdmissionPolicy runs the module aws-pod-identity-policy"
                } else {
                    "Kubewarden is not installed in the cluster"
                };
                default(
                    vec![format!(
                        "{why}; set --settings or --from-policy to audit with other settings"
                    )],
                    vec![],
                )?
            }
            Ok(_) => Self::of(policies, |names| format!("the installed {names}"))?,
            Err(error) if error.concerns_all_requests() => bail!(error),
            Err(error) => {
                let access = Access::list(&CLUSTER_ADMISSION_POLICIES, None);
                let unread = Unread::list(&CLUSTER_ADMISSION_POLICIES, None, &error).with_remedy(&format!(
                    "the default settings are used; grant the {access}, or set --from-policy or --settings"
                ));
                default(vec![], vec![unread])?
            }
        };
        found.notes.extend(unreadable);
        Ok(found)
    }

    fn of(mut policies: Vec<ClusterPolicy>, source: impl Fn(&str) -> String) -> Result<Self> {
        policies.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let plural =
            if names.len() == 1 { "ClusterAdmissionPolicy" } else { "ClusterAdmissionPolicies" };
        let source = source(&format!("{plural} {}", names.join(", ")));
        let mut notes = Vec::new();
        for policy in &policies {
            if policy.ignores_match_labels() {
                notes.push(format!(
                    "{}: spec.namespaceSelector.matchLabels is ignored, because Kubewarden's controller does not pass it to \
                     the webhook; use matchExpressions",
                    policy.name
                ));
            }
            if policy.monitors {
                notes.push(format!(
                    "{}: the policy has mode monitor, so nothing is rejected or injected",
                    policy.name
                ));
            }
        }
        let active = policies.into_iter().map(|policy| {
            let name = policy.name.clone();
            Active::new(&policy.settings.clone(), Some(policy)).with_context(|| name)
        });
        let active = active.collect::<Result<_>>()?;
        Ok(Self { active, source, notes, unread: Vec::new() })
    }

    /// Where the settings are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What users should know of the policies.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The head of the report.
    pub fn header(&self) -> Header {
        Header::new("audit", self.source.clone())
    }

    /// What could not be read to find the policies.
    pub(super) fn take_unread(&mut self) -> Vec<Unread> {
        std::mem::take(&mut self.unread)
    }

    /// The ConfigMaps that the settings name, as namespace and name.
    pub(super) fn config_maps(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = Vec::new();
        for active in &self.active {
            let text = |key: &str| active.settings.pointer(&format!("/roleMap/{key}"))?.as_str();
            if let Some(namespace) = text("namespace") {
                let name = text("name").unwrap_or("pod-identity-webhook");
                all.push((namespace.to_owned(), name.to_owned()));
            }
        }
        all.sort();
        all.dedup();
        all
    }

    /// The policies that get objects of a namespace.
    fn of_namespace(&self, name: &str, labels: Option<&Value>) -> Vec<usize> {
        let selects = |active: &Active| {
            active
                .selection
                .as_ref()
                .is_none_or(|selection| selection.selects_namespace(name, labels))
        };
        (0..self.active.len())
            .filter(|index| self.active.get(*index).is_some_and(selects))
            .collect()
    }

    /// The policy that gets an object. Where no policy gets this kind of object, the one for pods of the namespace is
    /// used: its settings are those that count for the pods.
    pub(super) fn choose(&self, selected: &[usize], kind: Kind, object: &Value) -> Option<&Active> {
        let candidates = || {
            let active = selected.iter().filter_map(|index| self.active.get(*index));
            active.filter(|active| active.selects_object(object))
        };
        candidates()
            .find(|active| active.covers(kind))
            .or_else(|| candidates().find(|active| active.covers(POD)))
    }
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

/// Reads a policy from a list, which leaves out `apiVersion` and `kind`.
fn read(text: &str) -> Result<ClusterPolicy, String> {
    let object = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let name = super::text(&object, "/metadata/name").to_owned();
    let object = super::with_kind(object, "policies.kubewarden.io/v1", policy::KIND);
    ClusterPolicy::from_object(&object).map_err(|error| format!("{} {name}: {error}", policy::KIND))
}
