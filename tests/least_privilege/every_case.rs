//! Every case of `cases/` on the module: what is asked for, and what is called, while it is judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use serde_json::{Value, json};

use super::engine::{Call, call};
use super::support::{payload, request};

/// A case, ready to be asked about.
pub struct Case {
    pub folder: PathBuf,
    pub object: Value,
    pub settings: Value,
    old_object: Option<Value>,
    cluster: Cluster,
}

impl Case {
    /// All cases.
    pub fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        Self::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"), &mut cases);
        assert!(cases.len() > 50, "the cases are where they used to be");
        cases
    }

    fn find(folder: &Path, cases: &mut Vec<Self>) {
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let value = |name: &str| read(name).map(|text| yaml::manifest(&text).unwrap());
        if let Some(object) = value("object.yaml") {
            let mut cluster = Cluster::new();
            for document in read("cluster.yaml").iter().flat_map(|text| text.split("\n---\n")) {
                cluster.insert(yaml::manifest(document).unwrap());
            }
            cases.push(Self {
                folder: folder.to_owned(),
                object,
                settings: value("settings.yaml").unwrap_or_else(|| json!({})),
                old_object: value("old-object.yaml"),
                cluster,
            });
        }
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                Self::find(&entry.path(), cases);
            }
        }
    }

    /// Has the module judge the case, with another object or other settings perhaps.
    pub fn judge(&self, object: &Value, settings: &Value) -> Call {
        let operation = if self.old_object.is_some() { "UPDATE" } else { "CREATE" };
        let request = request(operation, object, self.old_object.as_ref());
        let payload = payload(&request, settings);
        call("validate", &payload, Arc::new(self.cluster.clone()))
    }
}

#[test]
fn the_module_asks_for_service_accounts_and_configured_maps_and_calls_nothing_else() {
    for case in Case::all() {
        let folder = case.folder.display();
        let call = case.judge(&case.object, &case.settings);
        assert_eq!(call.wasi, ["random_get"], "{folder}");
        assert!(call.answer.is_ok(), "{folder}");
        let mut lookups = Vec::new();
        for host_call in &call.host_calls {
            let [binding, namespace, operation] = &host_call.function;
            match (&**binding, &**namespace, &**operation) {
                ("kubewarden", "tracing", "log") => {}
                ("kubewarden", "kubernetes", "get_resource") => {
                    lookups.push(serde_json::from_slice::<Value>(&host_call.payload).unwrap());
                }
                _ => panic!("{folder}: {binding}/{namespace}/{operation} was called"),
            }
        }
        assert!(call.host_calls.len() - lookups.len() <= 1, "{folder}: more than one line of log");
        check_lookups(&case, &lookups);
    }
}

/// At most the service account of the object, for its annotations alone, and then the ConfigMap that settings name.
fn check_lookups(case: &Case, lookups: &[Value]) {
    let folder = case.folder.display();
    let kinds: Vec<&Value> = lookups.iter().map(|lookup| &lookup["kind"]).collect();
    assert!(
        kinds.is_empty() || kinds == ["ServiceAccount"] || kinds == ["ServiceAccount", "ConfigMap"],
        "{folder}: {kinds:?}"
    );
    if let Some(account) = lookups.first() {
        assert_eq!(account["field_masks"], json!(["metadata.annotations"]), "{folder}");
        let namespace = case.object.pointer("/metadata/namespace").cloned();
        assert_eq!(account["namespace"], namespace.unwrap_or_else(|| json!("default")), "{folder}");
    }
    if let Some(map) = lookups.get(1) {
        assert_eq!(map["field_masks"], json!(["data"]), "{folder}");
        assert_eq!(map["namespace"], case.settings["roleMap"]["namespace"], "{folder}");
    }
}
