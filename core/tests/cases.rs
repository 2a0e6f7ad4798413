//! Runs every folder of `cases/` on the library alone: no module, no engine, all of them within a second.
//!
//! `cargo test --test cases` of the policy's own package asks the module as well, and writes expectations. This
//! program is for whoever changes a rule, and for `make mutants`, which runs it once for every mutant.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_core as core;
use serde_json::{Value, json};

#[test]
fn every_case_is_judged_as_its_folder_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let mut folders = Vec::new();
    find(&root, &mut folders);
    assert!(folders.len() > 50, "the cases are where they used to be: {}", root.display());
    let wrong: Vec<String> = folders.iter().filter_map(|folder| run(folder).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}

/// The folders at and below `folder` that hold a case.
fn find(folder: &Path, found: &mut Vec<PathBuf>) {
    if folder.join("object.yaml").exists() {
        found.push(folder.to_owned());
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, found);
        }
    }
}

fn run(folder: &Path) -> Result<(), String> {
    let file = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let value = |name: &str| file(name).map(|text| yaml(&text));
    let object = value("object.yaml").unwrap();
    let old_object = value("old-object.yaml");
    let settings = value("settings.yaml").unwrap_or_else(|| json!({}));
    let cluster = Cluster::new(&file("cluster.yaml").unwrap_or_default());
    let judge = |object: &Value| {
        let mut response = judge(object, old_object.as_ref(), &settings, &cluster);
        let injected = response.as_object_mut().unwrap().remove("mutated_object");
        (response, injected)
    };
    let (verdict, injected) = judge(&object);
    same(folder, "verdict.yaml", &verdict, value("verdict.yaml"))?;
    same(
        folder,
        "injected.yaml",
        injected.as_ref().unwrap_or(&Value::Null),
        value("injected.yaml"),
    )?;
    match injected.map(|injected| judge(&injected)) {
        Some((again, left)) if again["accepted"] != true || left.is_some() => {
            Err(format!("{}: its own output is not left as it is: {again}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn same(folder: &Path, file: &str, found: &Value, expected: Option<Value>) -> Result<(), String> {
    let expected = expected.unwrap_or_default();
    if *found == expected {
        return Ok(());
    }
    Err(format!("{}/{file} differs\n  expected {expected}\n  found    {found}", folder.display()))
}

fn judge(object: &Value, old_object: Option<&Value>, settings: &Value, cluster: &Cluster) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap_or("v1");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let mut request = json!({
        "uid": "1299d386-525b-4032-98ae-1949f69f9cfc",
        "kind": {"group": group, "version": version, "kind": object["kind"]},
        "operation": if old_object.is_some() { "UPDATE" } else { "CREATE" },
        "namespace": object.pointer("/metadata/namespace").unwrap_or(&json!("default")),
        "object": object,
    });
    if let Some(old) = old_object {
        request["oldObject"] = old.clone();
    }
    let mut payload = json!({"request": request, "settings": settings});
    payload.sort_all_objects();
    let mut questions = 0;
    let response = core::validate(payload.to_string().as_bytes(), &mut |query| {
        questions += 1;
        cluster.answer(query)
    });
    assert!(questions <= 2, "more lookups than a service account and a ConfigMap");
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let done = body["accepted"] == false
        || body.get("mutated_object").is_some()
        || body.pointer("/audit_annotations/lookup-failure").is_some();
    assert_eq!(response.log.is_some(), done, "something was done if and only if it is logged");
    body
}

/// What can be looked up: resources by kind, namespace and name.
struct Cluster(HashMap<[String; 3], Value>);

impl Cluster {
    fn new(documents: &str) -> Self {
        let documents = documents.split("\n---\n").filter(|document| !document.trim().is_empty());
        Self(documents.map(yaml).map(|resource| (Self::key(&resource), resource)).collect())
    }

    fn key(resource: &Value) -> [String; 3] {
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str);
        let namespace = text("/metadata/namespace").unwrap_or("default");
        [text("/kind").unwrap(), namespace, text("/metadata/name").unwrap()].map(str::to_owned)
    }

    /// Answers as the policy server does, in its words.
    fn answer(&self, query: &[u8]) -> Result<Vec<u8>, String> {
        let query: Value = serde_json::from_slice(query).unwrap();
        assert_eq!(query["api_version"], "v1");
        assert!(query["disable_cache"].is_boolean() && query["field_masks"][0].is_string());
        let [kind, namespace, name] =
            ["kind", "namespace", "name"].map(|key| query[key].as_str().unwrap().to_owned());
        let missing = format!(
            "Host error: Callback evaluation failure: Cannot find v1/{kind} named '{name}' inside of \
             namespace 'Some(\"{namespace}\")'"
        );
        self.0
            .get(&[kind, namespace, name])
            .map(|found| found.to_string().into_bytes())
            .ok_or(missing)
    }
}

fn yaml(text: &str) -> Value {
    let options = serde_saphyr::options! { legacy_octal_numbers: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}
