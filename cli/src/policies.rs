//! The policies in force, with their settings and selections of objects.

use anyhow::{Context, Result, bail};
use aws_pod_identity_kubernetes::admission::AdmissionRequest;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind::Kind;
use aws_pod_identity_kubernetes::object::DEFAULT_NAMESPACE;
use aws_pod_identity_kubernetes::policy::{self, ClusterPolicy};
use serde_json::Value;

use crate::conditions::MatchConditions;
use crate::evaluation::Policy;
use crate::input::Manifests;

/// At least one policy.
#[derive(Debug)]
pub struct Policies {
    first: Active,
    others: Vec<Active>,
    source: String,
    notes: Vec<String>,
}

/// A policy, and the selection of objects that it gets: without a selection, all.
#[derive(Debug)]
struct Active {
    policy: Policy,
    selection: Option<ClusterPolicy>,
    conditions: MatchConditions,
}

impl Policies {
    /// One policy for every object. `source` says where its settings are from.
    ///
    /// Its rules are not known, so it also checks the custom resources of the table.
    pub fn everywhere(policy: Policy, source: impl Into<String>) -> Self {
        let policy = policy.with_known_templates();
        let first = Active { policy, selection: None, conditions: MatchConditions::default() };
        Self { first, others: Vec::new(), source: source.into(), notes: Vec::new() }
    }

    /// The ClusterAdmissionPolicies of a file that run this policy's module. If none does, the module has another name, as in
    /// a registry of the user, and all of them are used.
    pub fn from_manifest(path: &str) -> Result<Self> {
        let objects = Manifests::read(&[path.to_owned()], DEFAULT_NAMESPACE)?.objects;
        let policies = objects.iter().filter(|(_, object)| ClusterPolicy::is_one(object));
        let mut policies: Vec<ClusterPolicy> = policies
            .map(|(origin, object)| {
                ClusterPolicy::from_object(object).with_context(|| origin.to_string())
            })
            .collect::<Result<_>>()?;
        if policies.iter().any(ClusterPolicy::is_this_policy) {
            policies.retain(ClusterPolicy::is_this_policy);
        }
        let others = objects.iter().filter_map(|(_, object)| ClusterPolicy::other_kind(object));
        let others: Vec<String> = others.collect();
        match Self::of(policies, |names| format!("{names} of {path}"))? {
            Some(policies) => Ok(policies.with_notes(others)),
            None if others.is_empty() => bail!("{path} has no {}", policy::KIND),
            None => bail!("{path} has no {}; {}", policy::KIND, others.join("; ")),
        }
    }

    /// These policies in the order of their names. `source` says where the settings are from, by the names. None without policies.
    pub fn of(
        mut policies: Vec<ClusterPolicy>,
        source: impl Fn(&str) -> String,
    ) -> Result<Option<Self>> {
        policies.sort_by(|one, other| one.name.cmp(&other.name));
        let names: Vec<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
        let plural =
            if names.len() == 1 { "ClusterAdmissionPolicy" } else { "ClusterAdmissionPolicies" };
        let source = source(&format!("{plural} {}", names.join(", ")));
        let notes = policies.iter().flat_map(notes).collect();
        let active = policies.into_iter().map(|selection| {
            let policy = match Policy::with_settings(&selection.settings) {
                Ok(policy) => policy,
                Err(message) => bail!("{}: the settings are not valid: {message}", selection.name),
            };
            let conditions = MatchConditions::of(&selection);
            Ok(Active { policy, selection: Some(selection), conditions })
        });
        let mut active = active.collect::<Result<Vec<_>>>()?.into_iter();
        Ok(active.next().map(|first| Self { first, others: active.collect(), source, notes }))
    }

    /// The same policies with other settings.
    #[must_use]
    pub fn map(self, change: impl Fn(Policy) -> Policy) -> Self {
        let changed = |one: Active| Active { policy: change(one.policy), ..one };
        let first = changed(self.first);
        Self { first, others: self.others.into_iter().map(changed).collect(), ..self }
    }

    /// The same policies, with notes about them for users.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// Where the settings are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The notes about the policies for users.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The first policy. Its severities apply to findings of the program itself.
    pub fn first(&self) -> &Policy {
        &self.first.policy
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        self.active().map(|active| &active.policy)
    }

    /// Where custom resources have pod templates.
    pub fn pod_templates(&self) -> PodTemplates {
        self.all().fold(PodTemplates::known(), |known, policy| policy.add_templates(known))
    }

    fn active(&self) -> impl Iterator<Item = &Active> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The policies that get objects of a namespace with these labels, by their numbers.
    pub fn of_namespace(&self, name: &str, labels: Option<&Value>) -> Vec<usize> {
        let selects = |active: &Active| {
            let selection = active.selection.as_ref();
            selection.is_none_or(|selection| selection.selects_namespace(name, labels))
        };
        let active = self.active().enumerate().filter(|(_, active)| selects(active));
        active.map(|(number, _)| number).collect()
    }

    /// The one of these policies that gets a request about an object of this kind.
    pub fn choose(
        &self,
        numbers: &[usize],
        kind: Kind<'_>,
        request: &AdmissionRequest,
    ) -> Option<&Policy> {
        let object = request.object.as_ref().unwrap_or(&Value::Null);
        let selects =
            |active: &Active| {
                active.selection.as_ref().is_none_or(|selection| {
                    selection.covers(kind) && selection.selects_object(object)
                }) && active.conditions.select(request)
            };
        let mut active = self.active().enumerate();
        let found = active.find(|(number, one)| numbers.contains(number) && selects(one));
        found.map(|(_, active)| &active.policy)
    }

    /// The match conditions that could not be evaluated so far.
    pub fn problems(&self) -> Vec<String> {
        self.active().flat_map(|active| active.conditions.problems()).collect()
    }
}

fn notes(policy: &ClusterPolicy) -> Vec<String> {
    let mut notes = Vec::new();
    if policy.ignores_match_labels() {
        notes.push(format!(
            "{}: spec.namespaceSelector.matchLabels is ignored, because Kubewarden's controller does not pass it to the \
             webhook; use matchExpressions",
            policy.name
        ));
    }
    if policy.monitors {
        notes.push(format!(
            "{}: the policy has mode monitor, so nothing is rejected or injected",
            policy.name
        ));
    }
    notes
}
