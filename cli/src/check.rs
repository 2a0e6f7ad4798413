//! Checks the objects of manifests, document by document. It uses no files, threads and terminal, so that the command `check` and
//! the playground give the same answers.

use std::collections::HashMap;
use std::io;

use aws_pod_identity_core::{self as core, FindingKind};
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::PathStep;
use aws_pod_identity_kubernetes::manifests::Document;
use aws_pod_identity_kubernetes::object::text_at;
use serde_json::Value;

use crate::cluster_state::{ClusterOf, ClusterState, FoundObject, in_namespace};
use crate::entry::{FindingLocator, account_name, account_of};
use crate::evaluation::requests_of;
use crate::input::{self, Content, File, Lines};
use crate::locate;
use crate::object_checker::{ObjectChecker, ObjectToCheck};
use crate::output::Renderer;
use crate::policies::Policies;
use crate::report::{
    DUPLICATE, Entry, Finding, Location, Message, Position, Severity, SkipReason, Source,
    Unreadable,
};
use crate::reporter::Reporter;
use crate::trust::TrustChecks;

/// The finding about a service account that is not in the cluster.
const MISSING: FindingKind = FindingKind::ServiceAccountMissing;

/// Findings that say that the service account has no role.
const OF_NO_ROLE: [FindingKind; 2] =
    [FindingKind::WebIdentityIncomplete, FindingKind::RunningWithoutIdentity];

/// The policies and the cluster that objects are checked with.
pub struct Check<'c> {
    checker: ObjectChecker,
    templates: PodTemplates,
    cluster_state: &'c ClusterState,
}

impl<'c> Check<'c> {
    /// Checks with these policies. A service account that is in no file may be in the cluster, so without the state of the
    /// cluster it is a warning.
    pub fn new(mut policies: Policies, cluster_state: &'c ClusterState, with_diff: bool) -> Self {
        if !cluster_state.complete {
            policies = policies.map(|policy| {
                let rejects = policy.severity(MISSING) == core::Severity::Reject;
                if rejects { policy.warning(MISSING) } else { policy }
            });
        }
        let templates = policies.pod_templates();
        Self { checker: ObjectChecker::new(policies, with_diff), templates, cluster_state }
    }

    /// The same, and the trust policies of roles.
    #[must_use]
    pub fn with_trust(self, trust: TrustChecks) -> Self {
        Self { checker: self.checker.with_trust(trust), ..self }
    }

    /// The match conditions that could not be evaluated so far.
    pub fn problems(&self) -> Vec<String> {
        self.checker.policies().problems()
    }
}

/// The result for an object, or for a document.
pub enum CheckResult {
    /// An object that the policy evaluates.
    Entry {
        /// Its entry in the report.
        entry: Box<Entry>,
        /// Its API group; empty for the core group.
        group: String,
    },
    /// An object that it does not evaluate, with the reason.
    Skipped(SkipReason),
    /// The document cannot be read.
    Error(Unreadable),
}

impl Check<'_> {
    /// Checks the objects of a document.
    pub fn document(&self, file: &File, document: &Document<'_>) -> Vec<CheckResult> {
        let document = &Lines::of(document);
        let contents = input::contents(file, document, &self.cluster_state.namespace).into_iter();
        let found = contents.map(|content| match content {
            Content::Skipped(reason) => CheckResult::Skipped(reason),
            Content::Error(error) | Content::Mistyped { error, .. } => CheckResult::Error(error),
            Content::Object { path, object } => self.object(file, document, &path, object),
        });
        found.collect()
    }

    fn object(
        &self,
        file: &File,
        document: &Lines<'_>,
        path: &[PathStep],
        mut object: Value,
    ) -> CheckResult {
        let of_custom = || self.templates.kind_of(&object);
        let Some(kind) = kind::of(&object).map(|(kind, _)| kind).or_else(of_custom) else {
            let kind = text_at(&object, "/kind").to_owned();
            return CheckResult::Skipped(SkipReason::OtherKind(kind));
        };
        let namespace = in_namespace(&mut object, &self.cluster_state.namespace);
        let labels = self.cluster_state.labels_of(&namespace);
        let origin = document.origin(file);
        let evaluated = self.checker.evaluate(ObjectToCheck {
            source: Source::File {
                file: file.name.clone(),
                document: document.number,
                line: document.line,
            },
            object: &object,
            requests: requests_of(&self.templates, &origin, &object),
            selected: self.checker.policies().of_namespace(&namespace, Some(&labels)),
            kinds: &[kind],
            cluster: &ClusterOf { cluster_state: self.cluster_state, file },
            locator: &InFiles { check: self, file, document, path },
        });
        let mut entry = match evaluated {
            Ok(Some(entry)) => entry,
            Ok(None) => {
                return CheckResult::Skipped(SkipReason::NotSelected);
            }
            Err(error) => {
                return CheckResult::Error(Unreadable {
                    source: document.source(file),
                    position: None,
                    message: format!("the answer of the policy cannot be read: {error}"),
                });
            }
        };
        self.complete_missing_account(&mut entry, file, &namespace);
        CheckResult::Entry { entry: Box::new(entry), group: kind.group.to_owned() }
    }

    /// A service account that is in no file is not necessarily missing, so the message does not say that it is. It names the
    /// account that may be meant.
    fn complete_missing_account(&self, entry: &mut Entry, file: &File, namespace: &str) {
        const REMEDY: &str = "add its manifest, or set --cluster-state if the account is in the cluster, or correct \
                              spec.serviceAccountName";
        let mut is_mistyped = false;
        for finding in &mut entry.findings {
            let Some(account) = &finding.missing_account else { continue };
            let problem = &mut finding.message.problem;
            let quoted = core::quoted(account);
            let found = self.cluster_state.nearest(file, "ServiceAccount", namespace, account);
            if let Some(location) = found.and_then(FoundObject::location_if_mistyped) {
                *problem = format!("its service account {quoted} could not be read, at {location}");
                "correct the manifest of the account".clone_into(&mut finding.remedy);
                finding.severity = Severity::Warn;
                is_mistyped = true;
                continue;
            }
            if !self.cluster_state.complete {
                *problem = format!("its service account {quoted} is not among the manifests");
                REMEDY.clone_into(&mut finding.remedy);
            }
            let instead = self.cluster_state.account_instead_of(namespace, account);
            problem.push_str(&instead.unwrap_or_default());
        }
        if is_mistyped {
            // The role of the account is not known.
            entry.findings.retain(|finding| !OF_NO_ROLE.iter().any(|kind| kind.id() == finding.id));
            entry.conclude();
        }
    }
}

/// Finds the locations of findings in the manifests.
struct InFiles<'c> {
    check: &'c Check<'c>,
    file: &'c File,
    document: &'c Lines<'c>,
    path: &'c [PathStep],
}

impl FindingLocator for InFiles<'_> {
    fn locate(
        &self,
        object: &Value,
        template: &[PathStep],
        location: &core::FindingLocation,
    ) -> Option<Location> {
        let mut location = location;
        let account_name = account_name();
        if let Some((namespace, name)) = account_of(object, location) {
            let cluster_state = self.check.cluster_state;
            match cluster_state.nearest(self.file, "ServiceAccount", namespace, name) {
                Some(account) => {
                    let path = locate::path(&account.object, &[], location);
                    let steps = joined(&account.path, &path);
                    let position = position(&account.file, &account.document, &steps, location);
                    return Some(Location { path: locate::text(&path), position });
                }
                None => location = &account_name,
            }
        }
        let path = locate::path(object, template, location);
        let position = position(self.file, self.document, &joined(self.path, &path), location);
        Some(Location { path: locate::text(&path), position })
    }
}

fn joined(object: &[PathStep], path: &[PathStep]) -> Vec<PathStep> {
    object.iter().chain(path).cloned().collect()
}

fn position(
    file: &File,
    document: &Lines<'_>,
    steps: &[PathStep],
    location: &core::FindingLocation,
) -> Option<Position> {
    if locate::is_key(location) {
        document.position_of_key(file, steps)
    } else {
        document.position_of(file, steps)
    }
}

/// The objects of each file so far, and their documents.
#[derive(Debug, Default)]
struct Seen(HashMap<String, String>);

impl Seen {
    /// Warns if the object was in the same file before.
    fn note(&mut self, entry: &mut Entry, group: &str) {
        // Generated names are unique.
        let Source::File { file, document, line } = &entry.source else { return };
        if entry.name.ends_with('*') {
            return;
        }
        let location = format!("document {document} (line {line})");
        // Files can be for different clusters.
        let key = format!("{file}\n{group}\n{}", entry.title());
        let Some(first) = self.0.insert(key, location) else {
            return;
        };
        let problem = format!("the object is also in {first}");
        entry.add(Finding {
            id: DUPLICATE.to_owned(),
            severity: Severity::Warn,
            message: Message { object: entry.title(), problem },
            remedy: "remove one of them, because the one that is applied last replaces the other"
                .to_owned(),
            location: None,
            of_pods: false,
            missing_account: None,
        });
        entry.conclude();
    }
}

/// Reports the results of a check, in the order of the files and documents.
#[derive(Debug, Default)]
pub struct Results(Seen);

impl Results {
    /// Reports a result, and whether its object was in the file before.
    pub fn report<R: Renderer>(
        &mut self,
        result: CheckResult,
        reporter: &mut Reporter<R>,
    ) -> io::Result<()> {
        match result {
            CheckResult::Skipped(reason) => {
                reporter.skip(reason);
                Ok(())
            }
            CheckResult::Error(error) => reporter.error(&error),
            CheckResult::Entry { mut entry, group } => {
                self.0.note(&mut entry, &group);
                reporter.entry(&entry)
            }
        }
    }
}
