//! Runs every folder of `cases/`.
//!
//! A case holds `object.yaml` (what is under admission), and where they matter `old-object.yaml` (makes it
//! an UPDATE), `cluster.yaml` (what the policy can look up; several documents), `settings.yaml`. It
//! expects `verdict.yaml`, and `injected.yaml`, the pod that comes out, if anything was injected.
//! `UPDATE_CASES=1 cargo test --test cases` writes the last two; read what it wrote.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing, clippy::string_slice)]

#[allow(dead_code, reason = "where something was added is of interest to the properties alone")]
#[path = "properties/additions.rs"]
mod additions;
mod support;

use std::fs;
use std::path::Path;

use additions::{additions, taken_out};
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::yaml;
use k8s_openapi::api::core::v1::Pod;
use kubewarden_policy_sdk::response::ValidationResponse;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use support::{ask_both, payload, request};

datatest_stable::harness! {
    { test = run, root = "cases", pattern = r"/object\.yaml$" },
}

fn run(object: &Path) -> datatest_stable::Result<()> {
    let case = Case::read(object.parent().ok_or("a folder")?)?;
    let (response, injected) = case.judge(&case.object);
    if std::env::var_os("UPDATE_CASES").is_some() {
        case.write(&verdict(&response), injected.as_ref())?;
        return Ok(());
    }
    let expected = read(&case.folder.join("verdict.yaml"))?.ok_or("verdict.yaml is missing")?;
    same("verdict.yaml", &verdict(&response), Some(&expected));
    let expected = read(&case.folder.join("injected.yaml"))?;
    same("injected.yaml", &injected.clone().unwrap_or_default(), expected.as_ref());
    if let Some(injected) = injected {
        serde_json::from_value::<Pod>(injected.clone()).expect("the injected pod is a Pod");
        let (again, nothing) = case.judge(&injected);
        assert!(again.accepted, "its own output is accepted: {:?}", again.message);
        assert_eq!(nothing, None, "its own output is left as it is");
    }
    Ok(())
}

struct Case<'p> {
    folder: &'p Path,
    object: Value,
    old_object: Option<Value>,
    cluster: Cluster,
    settings: Value,
}

impl<'p> Case<'p> {
    fn read(folder: &'p Path) -> datatest_stable::Result<Self> {
        let mut cluster = Cluster::new();
        if let Ok(text) = fs::read_to_string(folder.join("cluster.yaml")) {
            for document in text.split("\n---\n") {
                cluster.insert(yaml::manifest(document)?);
            }
        }
        Ok(Self {
            folder,
            object: read(&folder.join("object.yaml"))?.ok_or("object.yaml is missing")?,
            old_object: read(&folder.join("old-object.yaml"))?,
            cluster,
            settings: read(&folder.join("settings.yaml"))?.unwrap_or_else(|| json!({})),
        })
    }

    /// Gives the policy's response and the object that it made of `object`, if it did.
    fn judge(&self, object: &Value) -> (ValidationResponse, Option<Value>) {
        let operation = if self.old_object.is_some() { "UPDATE" } else { "CREATE" };
        let request = request(operation, object, self.old_object.as_ref());
        let payload = payload(&request, &self.settings);
        let answer = ask_both(&payload, self.cluster.clone());
        assert!(answer.queries.len() <= 2, "too many lookups: {:?}", answer.queries);
        changed_only_by_additions(&payload, &answer.body);
        let mut response = answer.response();
        let warnings = response.warnings.iter().flatten();
        let characters: usize = warnings.map(|warning| warning.chars().count()).sum();
        assert!(characters <= 4096, "API servers would cut the warnings: {characters} characters");
        let injected = response.mutated_object.take();
        (response, injected)
    }

    fn write(&self, verdict: &Value, injected: Option<&Value>) -> std::io::Result<()> {
        fs::write(self.folder.join("verdict.yaml"), yaml::write(verdict))?;
        let file = self.folder.join("injected.yaml");
        match injected {
            Some(injected) => fs::write(file, yaml::write(injected)),
            None if file.exists() => fs::remove_file(file),
            None => Ok(()),
        }
    }
}

fn read(path: &Path) -> datatest_stable::Result<Option<Value>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(yaml::manifest(&text)?)),
        Err(_) => Ok(None),
    }
}

/// Makes sure that the object in the answer, without what was added to it, is the one in the payload, byte for byte.
#[track_caller]
fn changed_only_by_additions(payload: &[u8], answer: &[u8]) {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        request: Request<'a>,
    }
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        object: &'a RawValue,
    }
    #[derive(Deserialize)]
    struct Answer<'a> {
        #[serde(borrow)]
        mutated_object: Option<&'a RawValue>,
    }
    let before = serde_json::from_slice::<Payload<'_>>(payload).unwrap().request.object.get();
    let answer: Answer<'_> = serde_json::from_slice(answer).unwrap();
    if let Some(after) = answer.mutated_object {
        let additions = additions(before, after.get());
        assert!(!additions.is_empty(), "an object without a change is no answer");
        assert_eq!(taken_out(after.get(), &additions), before);
    }
}

/// The members of the response that are set, but for the injected object.
fn verdict(response: &ValidationResponse) -> Value {
    let Value::Object(mut all) = serde_json::to_value(response).unwrap() else {
        panic!("an object")
    };
    all.retain(|_, value| !value.is_null());
    if let Some(audit) = all.get_mut("audit_annotations") {
        audit.sort_all_objects();
    }
    let mut verdict = Map::new();
    for key in ["accepted", "code", "message", "warnings", "audit_annotations"] {
        verdict.extend(all.remove(key).map(|value| (key.to_owned(), value)));
    }
    assert!(all.is_empty(), "members that no case expects: {all:?}");
    Value::Object(verdict)
}

#[track_caller]
fn same(file: &str, found: &Value, expected: Option<&Value>) {
    let expected = expected.unwrap_or(&Value::Null);
    assert!(
        found == expected,
        "{file} differs\n--- expected\n{}\n--- found\n{}",
        yaml::write(expected),
        yaml::write(found)
    );
}
