//! The state of the cluster that the policy would find, as far as manifests and files with the state of a cluster show it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use aws_pod_identity_core::similar_name;
use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::located::PathStep;
use aws_pod_identity_kubernetes::manifests::{Document, split};
use aws_pod_identity_kubernetes::object::text_at;
use serde_json::{Value, json};

use crate::evaluation::Policy;
use crate::input::{self, Content, File, Lines};
use crate::policies::Policies;
use crate::report::Unreadable;

/// The objects that the policy finds in the cluster, and their locations in the input.
pub struct ClusterState {
    pub(crate) namespace: String,
    /// The names of the ConfigMaps that the policies look up. Others are not kept.
    config_maps: BTreeSet<String>,
    /// Service accounts and ConfigMaps, by kind, namespace and name. Files may be for several clusters, with objects of the
    /// same name.
    found: HashMap<(String, String, String), Vec<FoundObject>>,
    namespaces: HashMap<String, Value>,
    /// Whether objects that are not in the files are not in the cluster either.
    pub(crate) complete: bool,
}

/// An object that the policy may look up.
pub(crate) struct FoundObject {
    pub(crate) file: File,
    /// Whether it is among the manifests, and not only in the state of the cluster.
    checked: bool,
    pub(crate) document: Arc<Lines<'static>>,
    pub(crate) path: Vec<PathStep>,
    pub(crate) object: Value,
    /// The problem if a value has the wrong type.
    mistyped: Option<Unreadable>,
}

impl FoundObject {
    /// The file and the line of a value that has the wrong type.
    pub(crate) fn location_if_mistyped(&self) -> Option<String> {
        let error = self.mistyped.as_ref()?;
        let line = error.position.as_ref().map_or(self.document.line, |position| position.line);
        Some(format!("{}:{line}", error.source.heading()))
    }
}

/// The objects for [`ClusterState`] in documents, in their order.
#[derive(Default)]
pub struct Relevant {
    found: Vec<FoundObject>,
    /// Namespaces and their labels.
    namespaces: Vec<(String, Value)>,
    /// The first document that cannot be read.
    error: Option<Unreadable>,
}

impl ClusterState {
    /// A state without objects. Objects without a namespace get this one.
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

    /// Adds them.
    pub fn add(&mut self, relevant: Relevant) {
        for found in relevant.found {
            self.insert(found);
        }
        self.namespaces.extend(relevant.namespaces);
    }

    /// Adds those of a file with the state of the cluster. If it has service accounts, those that are in no file do not exist.
    /// Returns the first error.
    pub fn add_state(&mut self, file: &File, text: &str) -> Option<Unreadable> {
        let mut relevant = self.read(file, split(text), false);
        self.complete |=
            relevant.found.iter().any(|found| text_at(&found.object, "/kind") == "ServiceAccount");
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
            for content in input::contents(file, &lines, &self.namespace) {
                let (path, mut object, mistyped) = match content {
                    Content::Object { path, object } => (path, object, None),
                    Content::Mistyped { path, object, error } => {
                        relevant.error.get_or_insert_with(|| error.clone());
                        (path, object, Some(error))
                    }
                    Content::Error(error) => {
                        relevant.error.get_or_insert(error);
                        continue;
                    }
                    Content::Skipped(_) => continue,
                };
                if text_at(&object, "/apiVersion") != "v1" {
                    continue;
                }
                let name = text_at(&object, "/metadata/name");
                match text_at(&object, "/kind") {
                    "Namespace" => {
                        let name = name.to_owned();
                        let labels = object.pointer_mut("/metadata/labels").map(Value::take);
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
                relevant.found.push(FoundObject {
                    file,
                    checked,
                    document,
                    path,
                    object,
                    mistyped,
                });
            }
        }
        relevant
    }

    fn insert(&mut self, mut found: FoundObject) {
        let kind = text_at(&found.object, "/kind").to_owned();
        let namespace = in_namespace(&mut found.object, &self.namespace);
        let name = text_at(&found.object, "/metadata/name").to_owned();
        self.found.entry((kind, namespace, name)).or_default().push(found);
    }

    /// The object that manifests of a file refer to: the one in the same file, or in the nearest directory. Of several, the last
    /// one.
    pub(crate) fn nearest(
        &self,
        file: &File,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Option<&FoundObject> {
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let found = self.found.get(&key)?.iter();
        found.max_by_key(|found| (found.checked, found.file.closeness(file)))
    }

    /// Which service account may be meant by a name that no account of the namespace has, as the rest of a sentence.
    pub(crate) fn account_instead_of(&self, namespace: &str, name: &str) -> Option<String> {
        let accounts = self.found.keys().filter(|(kind, ..)| kind == "ServiceAccount");
        let (mut namespaces, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (_, of, other) in accounts {
            if other == name {
                namespaces.insert(of.as_str());
            } else if of == namespace {
                names.insert(other.as_str());
            }
        }
        match namespaces.into_iter().collect::<Vec<_>>()[..] {
            [] => {}
            [one] => return Some(format!("; namespace {one} has a service account of this name")),
            [one, ..] => {
                return Some(format!(
                    "; namespace {one} and others have a service account of this name"
                ));
            }
        }
        let similar = similar_name(name, names.into_iter())?;
        Some(format!("; did you mean {similar:?}?"))
    }

    /// The labels of a namespace: those of the input, and the one that each namespace has.
    pub(crate) fn labels_of(&self, namespace: &str) -> Value {
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

/// The cluster that manifests of a file refer to.
pub(crate) struct ClusterOf<'c> {
    pub(crate) cluster_state: &'c ClusterState,
    pub(crate) file: &'c File,
}

impl HostCapabilities for ClusterOf<'_> {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let namespace = request.namespace.as_deref().unwrap_or_default();
        let cluster =
            match self.cluster_state.nearest(self.file, &request.kind, namespace, &request.name) {
                // An API server does not accept it.
                Some(found) if found.mistyped.is_some() => Cluster::new(),
                Some(found) => {
                    let mut cluster = Cluster::new().with_default_service_accounts();
                    cluster.insert(found.object.clone());
                    cluster
                }
                None => Cluster::new().with_default_service_accounts(),
            };
        cluster.get_resource(request)
    }
}

/// Sets the namespace of an object without one. Returns the namespace of the object.
pub(crate) fn in_namespace(object: &mut Value, namespace: &str) -> String {
    let named = object.pointer("/metadata/namespace").and_then(Value::as_str);
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return named.to_owned();
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    namespace.to_owned()
}
