//! What the policy does with the objects of manifests, document by document: without files, threads and a terminal, so that
//! the command `check` and the playground give the same answers.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aws_pod_identity_core::{self as core, FindingKind};
use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::kind;
use aws_pod_identity_kubernetes::located::Step;
use aws_pod_identity_kubernetes::manifests::{Document, Origin, split};
use aws_pod_identity_kubernetes::object::text_at;
use serde_json::{Value, json};

use crate::entry::{self, Places, account_name, account_of};
use crate::evaluation::{Policy, requests_of};
use crate::input::{self, Content, File, Lines};
use crate::locate;
use crate::policies::Policies;
use crate::report::{DocumentError, Entry, Finding, Place, Position, Severity, Source, Verdict};
use crate::trust::TrustChecks;

/// The id of the finding about an object that is in a file twice.
const DUPLICATE: &str = "duplicate-object";

/// The finding about a service account that is not in the cluster.
const MISSING: FindingKind = FindingKind::ServiceAccountMissing;

/// What the policy finds in the cluster, and where in the input it is.
pub struct Surroundings {
    namespace: String,
    /// The names of the ConfigMaps that the policies look up. Others are not kept.
    config_maps: BTreeSet<String>,
    /// Service accounts and ConfigMaps, by kind, namespace and name. Files may be for several clusters, with objects of the
    /// same name.
    found: HashMap<(String, String, String), Vec<Found>>,
    namespaces: HashMap<String, Value>,
    /// Whether objects that are not in the files are not in the cluster either.
    complete: bool,
}

/// An object that the policy may look up.
struct Found {
    file: File,
    /// Whether it is among the manifests, and not only in the state of the cluster.
    checked: bool,
    document: Arc<Lines<'static>>,
    path: Vec<Step>,
    object: Value,
}

/// What documents have for [`Surroundings`], in their order.
#[derive(Default)]
pub struct Relevant {
    found: Vec<Found>,
    /// Namespaces and their labels.
    namespaces: Vec<(String, Value)>,
    /// The first document that cannot be read.
    error: Option<DocumentError>,
}

impl Surroundings {
    /// Nothing yet. Objects that do not name a namespace are in this one.
    pub fn new(namespace: &str, policies: &Policies) -> Self {
        let config_maps = policies.all().flat_map(Policy::config_maps);
        Self {
            namespace: namespace.to_owned(),
            config_maps: config_maps.map(|map| map.name).collect(),
            found: HashMap::new(),
            namespaces: HashMap::new(),
            complete: false,
        }
    }

    /// The service accounts, ConfigMaps and namespaces in documents of a file to check.
    pub fn relevant<'t>(
        &self,
        file: &File,
        documents: impl IntoIterator<Item = Document<'t>>,
    ) -> Relevant {
        self.read(file, documents, true)
    }

    /// Remembers them.
    pub fn add(&mut self, relevant: Relevant) {
        for found in relevant.found {
            self.insert(found);
        }
        self.namespaces.extend(relevant.namespaces);
    }

    /// Remembers those of a file with the state of the cluster. What is in no file is missing then. Gives the first error.
    pub fn add_state(&mut self, file: &File, text: &str) -> Option<DocumentError> {
        self.complete = true;
        let mut relevant = self.read(file, split(text), false);
        let error = relevant.error.take();
        self.add(relevant);
        error
    }

    /// Whether the text of a document can have such an object, so that others need not be read.
    fn is_candidate(&self, text: &str) -> bool {
        text.contains("ServiceAccount")
            || text.contains("Namespace")
            || self.config_maps.iter().any(|name| text.contains(name.as_str()))
    }

    fn read<'t>(
        &self,
        file: &File,
        documents: impl IntoIterator<Item = Document<'t>>,
        checked: bool,
    ) -> Relevant {
        let mut relevant = Relevant::default();
        for document in documents {
            if !self.is_candidate(document.text) {
                continue;
            }
            let lines = Lines::of(&document);
            let mut copy = None;
            for content in input::contents(file, &lines) {
                match content {
                    Content::Object { path, mut object } => {
                        if text_at(&object, "/apiVersion") != "v1" {
                            continue;
                        }
                        let name = text_at(&object, "/metadata/name");
                        match text_at(&object, "/kind") {
                            "Namespace" => {
                                let name = name.to_owned();
                                let labels =
                                    object.pointer_mut("/metadata/labels").map(Value::take);
                                relevant.namespaces.push((name, labels.unwrap_or_default()));
                                continue;
                            }
                            "ServiceAccount" => {}
                            "ConfigMap" if self.config_maps.contains(name) => {}
                            _ => continue,
                        }
                        let document = copy.get_or_insert_with(|| Arc::new(Lines::copy(&document)));
                        let document = Arc::clone(document);
                        let file = file.clone();
                        relevant.found.push(Found { file, checked, document, path, object });
                    }
                    Content::Error(error) => relevant.error = relevant.error.or(Some(error)),
                    Content::Skipped(_) => {}
                }
            }
        }
        relevant
    }

    fn insert(&mut self, mut found: Found) {
        let kind = text_at(&found.object, "/kind").to_owned();
        let namespace = in_namespace(&mut found.object, &self.namespace);
        let name = text_at(&found.object, "/metadata/name").to_owned();
        self.found.entry((kind, namespace, name)).or_default().push(found);
    }

    /// The object that manifests of a file mean: the one in the same file, or in the nearest directory. Of several, the last
    /// one.
    fn nearest(&self, file: &File, kind: &str, namespace: &str, name: &str) -> Option<&Found> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let found = self.found.get(&key)?.iter();
        found.max_by_key(|found| (found.checked, found.file.closeness(file)))
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

/// The cluster as manifests of a file mean it.
struct ClusterOf<'c> {
    surroundings: &'c Surroundings,
    file: &'c File,
}

impl HostCapabilities for ClusterOf<'_> {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let mut cluster = Cluster::new().with_default_service_accounts();
        let namespace = request.namespace.as_deref().unwrap_or_default();
        let nearest = self.surroundings.nearest(self.file, &request.kind, namespace, &request.name);
        if let Some(found) = nearest {
            cluster.insert(found.object.clone());
        }
        cluster.get_resource(request)
    }
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
    policies: Policies,
    templates: PodTemplates,
    surroundings: &'c Surroundings,
    /// Whether entries have what is injected as a diff.
    with_diff: bool,
    trust: Option<TrustChecks>,
}

impl<'c> Check<'c> {
    /// A check with these policies. A service account that is in no file may be in the cluster, so without the state of the
    /// cluster it is a warning.
    pub fn new(mut policies: Policies, surroundings: &'c Surroundings, with_diff: bool) -> Self {
        if !surroundings.complete {
            policies = policies.map(|policy| {
                let rejects = policy.severity(MISSING) == core::Severity::Reject;
                if rejects { policy.warning(MISSING) } else { policy }
            });
        }
        let templates = policies.pod_templates();
        Self { policies, templates, surroundings, with_diff, trust: None }
    }

    /// The same check, which also checks trust policies. They take the place of the setting `roleTrust`.
    #[must_use]
    pub fn with_trust(self, trust: TrustChecks) -> Self {
        let policies = self.policies.map(Policy::without_role_trust);
        Self { policies, trust: Some(trust), ..self }
    }
}

/// What comes of a document.
pub enum Checked {
    /// An object that the policy looks at.
    Entry(Box<Entry>),
    /// Something that it does not look at, by the reason.
    Skipped(String),
    /// It cannot be read.
    Error(DocumentError),
}

impl Check<'_> {
    /// Checks what is in a document.
    pub fn document(&self, file: &File, document: &Document<'_>) -> Vec<Checked> {
        let document = &Lines::of(document);
        let contents = input::contents(file, document).into_iter();
        let found = contents.map(|content| match content {
            Content::Skipped(reason) => Checked::Skipped(reason.to_owned()),
            Content::Error(error) => Checked::Error(error),
            Content::Object { path, object } => self.object(file, document, &path, object),
        });
        found.collect()
    }

    fn object(
        &self,
        file: &File,
        document: &Lines<'_>,
        path: &[Step],
        mut object: Value,
    ) -> Checked {
        let of_custom = || self.templates.kind_of(&object);
        let Some(kind) = kind::of(&object).map(|(kind, _)| kind).or_else(of_custom) else {
            let kind = text_at(&object, "/kind");
            return Checked::Skipped(format!("objects of kind {kind}"));
        };
        let namespace = in_namespace(&mut object, &self.surroundings.namespace);
        let labels = self.surroundings.labels_of(&namespace);
        let selected = self.policies.of_namespace(&namespace, Some(&labels));
        let cluster = ClusterOf { surroundings: self.surroundings, file };
        let origin = Origin { file: file.name.clone(), document: document.number };
        let (mut chosen, mut answers) = (Vec::new(), Vec::new());
        for request in requests_of(&self.templates, &origin, &object) {
            let sent = request.request.object.as_ref().unwrap_or(&object);
            let kind = if request.created_by.is_some() { kind::POD } else { kind };
            let Some(policy) = self.policies.choose(&selected, kind, sent) else { continue };
            match policy.evaluate(request, &cluster) {
                Ok(answer) => {
                    chosen.push(policy);
                    answers.push(answer);
                }
                Err(error) => {
                    return Checked::Error(DocumentError {
                        file: file.name.clone(),
                        document: Some(document.number),
                        position: None,
                        message: format!("the answer of the policy cannot be read: {error}"),
                    });
                }
            }
        }
        if answers.is_empty() {
            return Checked::Skipped("objects that the policy does not select".to_owned());
        }
        let places = InFiles { check: self, file, document, path };
        let source = Source::File {
            file: file.name.clone(),
            document: document.number,
            line: document.line,
        };
        let mut entry = entry::of(source, &object, &answers, self.with_diff, &places);
        if !self.surroundings.complete {
            say_what_is_missing(&mut entry);
        }
        if let Some(trust) = &self.trust {
            trust.check(&mut entry, &chosen, &answers, &object, &places);
        }
        Checked::Entry(Box::new(entry))
    }
}

/// Says of a service account that is in no file only that.
fn say_what_is_missing(entry: &mut Entry) {
    const REMEDY: &str = "add its manifest, or set --cluster-state if the account is in the cluster, or correct \
                          spec.serviceAccountName";
    for finding in entry.findings.iter_mut().filter(|finding| finding.id == MISSING.id()) {
        if let Some((account, _)) = finding.message.split_once(" does not exist in namespace ") {
            finding.message = format!("{account} is not among the manifests");
            REMEDY.clone_into(&mut finding.remedy);
        }
    }
}

/// Finds places in the manifests.
struct InFiles<'c> {
    check: &'c Check<'c>,
    file: &'c File,
    document: &'c Lines<'c>,
    path: &'c [Step],
}

impl Places for InFiles<'_> {
    fn place(&self, object: &Value, template: &[Step], place: &core::Place) -> Option<Place> {
        let mut place = place;
        let account_name = account_name();
        if let Some((namespace, name)) = account_of(object, place) {
            let surroundings = self.check.surroundings;
            match surroundings.nearest(self.file, "ServiceAccount", namespace, name) {
                Some(account) => {
                    let path = locate::path(&account.object, &[], place);
                    let steps = joined(&account.path, &path);
                    let position = position(&account.file, &account.document, &steps, place);
                    return Some(Place { path: locate::text(&path), position });
                }
                None => place = &account_name,
            }
        }
        let path = locate::path(object, template, place);
        let position = position(self.file, self.document, &joined(self.path, &path), place);
        Some(Place { path: locate::text(&path), position })
    }
}

fn joined(object: &[Step], path: &[Step]) -> Vec<Step> {
    object.iter().chain(path).cloned().collect()
}

fn position(
    file: &File,
    document: &Lines<'_>,
    steps: &[Step],
    place: &core::Place,
) -> Option<Position> {
    if locate::is_key(place) {
        document.position_of_key(file, steps)
    } else {
        document.position_of(file, steps)
    }
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
