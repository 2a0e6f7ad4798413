//! Asks the policy twice: as a library in this process, and as the module in the engine of the policy
//! server. Both answers have to be the same to the byte.

// Each test program uses a part of it.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::capabilities::{HostCapabilities, Recorded};
use kubewarden_policy_sdk::response::ValidationResponse;
use policy_host::policy::Policy;
use serde_json::{Value, json};

/// The module, built anew if its sources have changed.
pub static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let module = root.join("policy.wasm");
    let folders = ["src", "core/src", "json/src"].map(|folder| root.join(folder));
    let others =
        ["Cargo.toml", "Cargo.lock", "scripts/build-module.sh"].map(|file| root.join(file));
    let sources = folders.iter().flat_map(|folder| files(folder)).chain(others);
    let newest = sources.filter_map(|file| modified(&file));
    if modified(&module) < newest.max() {
        let built = Command::new(root.join("scripts/build-module.sh")).arg(&module).status();
        assert!(built.expect("scripts/build-module.sh runs").success(), "policy.wasm can be built");
    }
    Policy::load(module).expect("policy.wasm loads")
});

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().expect("a source folder").map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// What a policy answered, and what it asked and told its host meanwhile.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub body: Vec<u8>,
    pub queries: Vec<String>,
    pub log: Vec<String>,
}

impl Answer {
    /// The answer as the policy server reads it.
    pub fn response(&self) -> ValidationResponse {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// The library's answer.
pub fn ask_library(payload: &[u8], host: &dyn HostCapabilities) -> Answer {
    let mut queries = Vec::new();
    let response = core::validate(payload, &mut |query| {
        queries.push(String::from_utf8(query.to_vec()).unwrap());
        // The text as `wapc_guest` hands it on.
        host.host_call("kubewarden", "kubernetes", "get_resource", query)
            .map_err(|text| format!("Host error: {text}"))
    });
    let log = response.log.map(|event| String::from_utf8(event).unwrap());
    Answer { body: response.body, queries, log: log.into_iter().collect() }
}

/// The module's answer. Panics if it traps or fails.
pub fn ask_module(payload: &[u8], host: Arc<dyn HostCapabilities>) -> Answer {
    let host = Arc::new(Recorded::new(host));
    let body = POLICY
        .call("validate", payload, Arc::clone(&host) as Arc<dyn HostCapabilities>)
        .unwrap_or_else(|error| panic!("the module failed: {error}"));
    let requests = host.requests();
    let queries = requests.iter().map(|query| serde_json::to_string(query).unwrap()).collect();
    Answer { body, queries, log: host.log_entries() }
}

/// Asks both, and gives their one answer.
pub fn ask_both(payload: &[u8], host: impl HostCapabilities + 'static) -> Answer {
    let host: Arc<dyn HostCapabilities> = Arc::new(host);
    let library = ask_library(payload, &*host);
    let module = ask_module(payload, host);
    assert_eq!(
        String::from_utf8_lossy(&module.body),
        String::from_utf8_lossy(&library.body),
        "the module and the library differ"
    );
    assert_eq!(module.log, library.log);
    // The order of members does not matter to the host.
    let parsed = |queries: &[String]| -> Vec<Value> {
        queries.iter().map(|query| serde_json::from_str(query).unwrap()).collect()
    };
    assert_eq!(parsed(&module.queries), parsed(&library.queries));
    library
}

/// An admission request about an object, as an API server makes it.
pub fn request(operation: &str, object: &Value, old_object: Option<&Value>) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or("v1");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = object["kind"].as_str().unwrap_or_default();
    let mut request = json!({
        "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": kind.to_lowercase() + "s"},
        "operation": operation,
        "namespace": object.pointer("/metadata/namespace").unwrap_or(&json!("default")),
        "name": object.pointer("/metadata/name").unwrap_or(&json!("")),
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
        "dryRun": false,
        "object": object,
    });
    if let Some(old) = old_object {
        request["oldObject"] = old.clone();
    }
    request
}

/// The payload of `validate`, with the members of every object in the order of the policy server.
pub fn payload(request: &Value, settings: &Value) -> Vec<u8> {
    let mut payload = json!({"request": request, "settings": settings});
    payload.sort_all_objects();
    serde_json::to_vec(&payload).unwrap()
}
