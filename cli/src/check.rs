//! What the policy does with the objects of manifests, document by document: without files, threads and a terminal, so that
//! the command `check` and the playground give the same answers.

use std::collections::HashMap;

use aws_pod_identity_core::ReportedFinding;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::{self, Step};
use aws_pod_identity_kubernetes::manifests::{Document, Origin, split};
use serde_json::{Value, json};

use crate::arguments::Policies;
use crate::entry::{self, Places};
use crate::evaluation::requests_of;
use crate::input::{self, Content, File};
use crate::locate;
use crate::report::{DocumentError, Entry, Finding, Place, Position, Severity, Source, Verdict};
use crate::trust::TrustChecks;

/// The id of the finding about an object that is in a file twice.
const DUPLICATE: &str = "duplicate-object";

/// What the policy finds in the cluster, and where in the input it is.
pub struct Surroundings {
    namespace: String,
    cluster: Cluster,
    accounts: HashMap<(String, String), Account>,
    namespaces: HashMap<String, Value>,
}

/// A service account of the manifests.
struct Account {
    file: File,
    number: usize,
    line: usize,
    text: String,
    path: Vec<Step>,
    object: Value,
}

impl Surroundings {
    /// Nothing yet. Objects that do not name a namespace are in this one.
    pub fn new(namespace: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            cluster: Cluster::new().with_default_service_accounts(),
            accounts: HashMap::new(),
            namespaces: HashMap::new(),
        }
    }

    /// Remembers the service accounts, ConfigMaps and namespaces in the text of a file. Gives the first error.
    pub fn add(&mut self, file: &File, text: &str) -> Option<DocumentError> {
        let mut first = None;
        for document in split(text) {
            let relevant = ["ServiceAccount", "ConfigMap", "Namespace"];
            if !relevant.iter().any(|kind| document.text.contains(kind)) {
                continue;
            }
            for content in input::contents(file, &document) {
                match content {
                    Content::Object { path, object } => self.insert(file, &document, path, object),
                    Content::Error(error) => first = first.or(Some(error)),
                    Content::Skipped(_) => {}
                }
            }
        }
        first
    }

    fn insert(&mut self, file: &File, document: &Document<'_>, path: Vec<Step>, mut object: Value) {
        if text_at(&object, "/apiVersion") != "v1" {
            return;
        }
        let name = text_at(&object, "/metadata/name").to_owned();
        match text_at(&object, "/kind") {
            "Namespace" => {
                let labels = object.pointer_mut("/metadata/labels").map(Value::take);
                self.namespaces.insert(name, labels.unwrap_or_default());
            }
            "ConfigMap" => {
                in_namespace(&mut object, &self.namespace);
                self.cluster.insert(object);
            }
            "ServiceAccount" => {
                let namespace = in_namespace(&mut object, &self.namespace);
                self.cluster.insert(object.clone());
                let account = Account {
                    file: file.clone(),
                    number: document.number,
                    line: document.line,
                    text: document.text.to_owned(),
                    path,
                    object,
                };
                self.accounts.insert((namespace, name), account);
            }
            _ => {}
        }
    }

    /// The labels of a namespace: those of the input, and the one that each namespace has.
    fn labels_of(&self, namespace: &str) -> Value {
        let mut labels = self.namespaces.get(namespace).cloned().unwrap_or_default();
        if !labels.is_object() {
            labels = json!({});
        }
        if let Value::Object(labels) = &mut labels {
            labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.into());
        }
        labels
    }
}

/// A text of an object; empty if it has none there.
fn text_at<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Puts an object without a namespace into this one, and gives the namespace of the object.
fn in_namespace(object: &mut Value, namespace: &str) -> String {
    let named = object.pointer("/metadata/namespace").and_then(Value::as_str);
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return named.to_owned();
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    namespace.to_owned()
}

/// What is checked, and against what.
pub struct Check<'c> {
    /// The policies in force.
    pub policies: &'c Policies,
    /// What the policy finds in the cluster.
    pub surroundings: &'c Surroundings,
    /// The namespace of objects that do not name one.
    pub namespace: &'c str,
    /// Whether entries have what is injected as a diff.
    pub with_diff: bool,
    /// The check of trust policies, if there are any.
    pub trust: Option<&'c TrustChecks>,
}

/// What was found about a document.
pub enum Found {
    /// An object that the policy looks at.
    Entry(Box<Entry>),
    /// Something that it does not look at, by the reason.
    Skipped(String),
    /// It cannot be read.
    Error(DocumentError),
}

impl Check<'_> {
    /// Checks what is in a document.
    pub fn document(&self, file: &File, document: &Document<'_>) -> Vec<Found> {
        let contents = input::contents(file, document).into_iter();
        let found = contents.map(|content| match content {
            Content::Skipped(reason) => Found::Skipped(reason.to_owned()),
            Content::Error(error) => Found::Error(error),
            Content::Object { path, object } => self.object(file, document, &path, object),
        });
        found.collect()
    }

    fn object(
        &self,
        file: &File,
        document: &Document<'_>,
        path: &[Step],
        mut object: Value,
    ) -> Found {
        let Some((kind, _)) = kind::of(&object) else {
            let kind = text_at(&object, "/kind");
            return Found::Skipped(format!("objects of kind {kind}"));
        };
        let namespace = in_namespace(&mut object, self.namespace);
        let labels = self.surroundings.labels_of(&namespace);
        let origin = Origin { file: file.name.clone(), document: document.number };
        let mut answers = Vec::new();
        for request in requests_of(&origin, &object) {
            let sent = request.request.object.as_ref().unwrap_or(&object);
            let kind = if request.created_by.is_some() { kind::POD } else { kind };
            let Some(policy) = self.policies.of(kind, &namespace, &labels, sent) else { continue };
            match policy.evaluate(request, &self.surroundings.cluster) {
                Ok(answer) => answers.push(answer),
                Err(error) => {
                    return Found::Error(DocumentError {
                        file: file.name.clone(),
                        document: Some(document.number),
                        position: None,
                        message: format!("the answer of the policy cannot be read: {error}"),
                    });
                }
            }
        }
        if answers.is_empty() {
            return Found::Skipped("objects that the policy does not select".to_owned());
        }
        let places = InFiles { check: self, file, document, path };
        let source = Source::File {
            file: file.name.clone(),
            document: document.number,
            line: document.line,
        };
        let mut entry = entry::of(source, &object, &answers, self.with_diff, &places);
        if let Some(trust) = self.trust {
            trust.check(&mut entry, &answers);
        }
        Found::Entry(Box::new(entry))
    }
}

/// Finds places in the manifests.
struct InFiles<'c> {
    check: &'c Check<'c>,
    file: &'c File,
    document: &'c Document<'c>,
    path: &'c [Step],
}

impl Places for InFiles<'_> {
    fn place(&self, object: &Value, finding: &ReportedFinding) -> Option<Place> {
        // A finding about a pod can be about its service account, which is elsewhere.
        let about = finding.problem.strip_prefix("ServiceAccount ");
        let is_account = text_at(object, "/kind") == "ServiceAccount";
        if let (Some(about), false) = (about, is_account) {
            let (name, _) = about.split_once(": ")?;
            let (namespace, name) = name.split_once('/')?;
            let key = (namespace.to_owned(), name.to_owned());
            let account = self.check.surroundings.accounts.get(&key)?;
            let path = locate::place(&account.object, finding.kind, &finding.problem);
            let document =
                Document { number: account.number, line: account.line, text: &account.text };
            let position = position(&account.file, &document, &account.path, &path);
            return Some(Place { path: locate::text(&path), position });
        }
        let path = locate::place(object, finding.kind, &finding.problem);
        let position = position(self.file, self.document, self.path, &path);
        Some(Place { path: locate::text(&path), position })
    }
}

fn position(
    file: &File,
    document: &Document<'_>,
    object: &[Step],
    path: &[Step],
) -> Option<Position> {
    let steps: Vec<Step> = object.iter().chain(path).cloned().collect();
    let span = located::read(document.text)?.find(&steps);
    Some(input::position(file, document, span.line, span.column, span.length))
}

/// The objects of each file so far, and where they are.
#[derive(Debug, Default)]
pub struct Seen(HashMap<String, String>);

impl Seen {
    /// Warns if the object was in the same file before.
    pub fn note(&mut self, entry: &mut Entry) {
        // A generated name is another one each time.
        let Source::File { file, document, line } = &entry.source else { return };
        if entry.name.ends_with('*') {
            return;
        }
        let place = format!("document {document} (line {line})");
        // In other files, it can be for another cluster.
        let Some(first) = self.0.insert(format!("{file}\n{}", entry.title()), place) else {
            return;
        };
        let message = format!("{}: the object is also in {first}", entry.title());
        entry.findings.push(Finding {
            id: DUPLICATE.to_owned(),
            severity: Severity::Warn,
            message,
            remedy: "remove one of them, because the one that is applied last replaces the other"
                .to_owned(),
            place: None,
        });
        entry.verdict = entry.verdict.max(Verdict::Warned);
    }
}
