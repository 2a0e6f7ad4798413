//! Turns the policy's answers about an object into an entry of the report.

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::located::PathStep;
use aws_pod_identity_kubernetes::object::{display_name, namespace_of, text_at};
use serde_json::Value;

use crate::diff;
use crate::evaluation::{Evaluated, PolicyDecision};
use crate::locate;
use crate::report::{
    Entry, Finding, Identity, Injected, Location, Message, NOT_EVALUATED, Pods, Severity, Source,
};

/// The entry of an object from the answers to [`requests_of`](crate::evaluation::requests_of): about itself, and about
/// the pods that it creates.
pub fn of(
    source: Source,
    object: &Value,
    answers: &[Evaluated],
    with_diff: bool,
    locator: &dyn FindingLocator,
) -> Entry {
    let (kind, name) = (text_at(object, "/kind"), display_name(object));
    let mut entry = Entry::new(source, kind, namespace_of(object), &name);
    for answer in answers {
        if answer.request.created_by.is_some() {
            let name = answer.request.request.object.as_ref().map(display_name);
            entry.pods = Some(Pods::new(name.unwrap_or_default()));
        }
        for finding in findings(answer, object, locator) {
            entry.add(finding);
        }
        describe_pod(&mut entry, answer, with_diff);
    }
    entry.conclude();
    entry
}

/// Finds the locations of findings.
pub trait FindingLocator {
    /// The location of a finding about the object.
    /// For a pod of a custom resource, `template` is where its template is.
    fn locate(
        &self,
        object: &Value,
        template: &[PathStep],
        location: &core::FindingLocation,
    ) -> Option<Location>;
}

/// The service account whose annotation is the location, as namespace and name, if it is another object than this.
pub fn account_of<'p>(
    object: &Value,
    location: &'p core::FindingLocation,
) -> Option<(&'p str, &'p str)> {
    match &location.cause {
        core::FindingCause::Annotation {
            of: core::Annotated::ServiceAccount { namespace, name },
            ..
        } if text_at(object, "/kind") != "ServiceAccount" => Some((namespace, name)),
        _ => None,
    }
}

/// The path to that account in the object that names it.
pub fn account_name() -> core::FindingLocation {
    core::FindingLocation {
        template: String::new(),
        cause: core::FindingCause::PodField("serviceAccountName"),
    }
}

/// Locations in an object without positions, such as an object of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct PathsOnly;

impl FindingLocator for PathsOnly {
    fn locate(
        &self,
        object: &Value,
        template: &[PathStep],
        location: &core::FindingLocation,
    ) -> Option<Location> {
        let path = match account_of(object, location) {
            // The object of the account is not available.
            Some(_) => locate::path(object, template, &account_name()),
            None => locate::path(object, template, location),
        };
        Some(Location { path: locate::text(&path), position: None })
    }
}

/// Service account, role and injection, if the answer is about a pod.
fn describe_pod(entry: &mut Entry, answer: &Evaluated, with_diff: bool) {
    let Some(pod) = &answer.request.request.object else { return };
    if let Some(account) = pod.pointer("/spec/serviceAccountName").and_then(Value::as_str) {
        add_text(&mut entry.service_account, account, ", ");
    }
    if let Some(role) = answer.note("role-arn") {
        add_text(&mut entry.role, role, ",");
    }
    let names = answer.note("containers").unwrap_or_default().split(',');
    let containers: Vec<String> =
        names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    add_new(&mut entry.containers, &containers);
    let identity = answer.note("identity").and_then(Identity::from_name);
    if let (PolicyDecision::Changed { after }, Some(identity)) = (&answer.decision, identity) {
        let diff = with_diff.then(|| {
            let after = serde_json::from_str(after.get()).unwrap_or_default();
            diff::unified(&answer.request.title, pod.clone(), after)
        });
        let injected = entry.injected.get_or_insert_with(|| Injected {
            identity,
            containers: Vec::new(),
            diff: None,
        });
        injected.identity = identity;
        add_new(&mut injected.containers, &containers);
        if let Some(diff) = diff {
            injected.diff.get_or_insert_default().push_str(&diff);
        }
    }
}

/// Adds names that are not in the list.
fn add_new(names: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

/// Adds a text to those of the pods before, unless it is among them.
fn add_text(texts: &mut Option<String>, text: &str, separator: &str) {
    match texts {
        Some(texts) if texts.split(separator).any(|known| known == text) => {}
        Some(texts) => *texts = [texts, separator, text].concat(),
        None => *texts = Some(text.to_owned()),
    }
}

fn findings(answer: &Evaluated, object: &Value, locator: &dyn FindingLocator) -> Vec<Finding> {
    let mut findings: Vec<Finding> = answer
        .findings
        .iter()
        .map(|finding| Finding {
            id: finding.kind.id().to_owned(),
            severity: match finding.severity {
                core::Severity::Reject => Severity::Reject,
                _ => Severity::Warn,
            },
            of_pods: answer.request.created_by.is_some(),
            location: finding
                .location
                .as_ref()
                .and_then(|location| locator.locate(object, &answer.request.template, location)),
            message: Message {
                object: named(answer, &finding.object),
                problem: finding.problem.clone(),
            },
            remedy: finding.remedy.clone(),
            missing_account: match finding.location.as_ref().map(|location| &location.cause) {
                Some(core::FindingCause::MissingAccount { name }) => Some(name.clone()),
                _ => None,
            },
        })
        .collect();
    // A finding that is not in the catalogue: the request could not be evaluated.
    let other = |severity, object, problem: &str| Finding {
        id: NOT_EVALUATED.to_owned(),
        severity,
        of_pods: answer.request.created_by.is_some(),
        message: Message { object, problem: problem.to_owned() },
        remedy: String::new(),
        location: None,
        missing_account: None,
    };
    match &answer.decision {
        PolicyDecision::Rejected { message } if !findings.iter().any(Finding::rejects) => {
            findings.push(other(Severity::Reject, String::new(), message));
        }
        _ => {
            let unchecked = answer.unchecked.iter();
            findings.extend(
                unchecked.map(|one| other(Severity::Warn, named(answer, &one.object), &one.why)),
            );
        }
    }
    findings
}

/// The object that a message names. For the pod of a workload it is the workload: its pod has a generated name.
pub(crate) fn named(answer: &Evaluated, object: &str) -> String {
    match &answer.request.created_by {
        Some(workload) if object == answer.request.title => workload.clone(),
        _ => object.to_owned(),
    }
}
