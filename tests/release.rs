//! What a release puts side by side has to agree.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use policy_preview::yaml;
use serde_json::Value;
use support::POLICY;

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}

#[track_caller]
fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[track_caller]
fn document(file: &str) -> Value {
    yaml::settings(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The bytes of the module, which is built first if it has to be.
fn module() -> Vec<u8> {
    LazyLock::force(&POLICY);
    fs::read(path("policy.wasm")).expect("policy.wasm")
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn all_files_name_the_version_of_the_module() {
    assert_eq!(document("metadata.yml")["annotations"]["io.kubewarden.policy.version"], VERSION);
    let package = document("artifacthub-pkg.yml");
    assert_eq!(package["version"], VERSION);
    let image = package["containersImages"][0]["image"].as_str().unwrap();
    assert!(image.ends_with(&format!(":v{VERSION}")), "{image}");
    let module = document("deploy/policy/policy.yaml")["spec"]["module"].clone();
    let module = module.as_str().unwrap();
    assert!(module.ends_with(&format!(":v{VERSION}")), "{module}");
}

#[test]
fn links_and_commands_lead_to_the_version_of_the_module() {
    for file in ["artifacthub-pkg.yml", "deploy/policy/policy.yaml"] {
        let text = read(file);
        let versions = text.split([':', '/', ' ', '\n']).filter(|word| {
            let number = word.strip_prefix('v').unwrap_or_default();
            number.split('.').count() == 3
                && number.starts_with(|first: char| first.is_ascii_digit())
        });
        let versions: Vec<_> = versions.collect();
        assert!(!versions.is_empty(), "{file}");
        assert!(versions.iter().all(|version| *version == format!("v{VERSION}")), "{versions:?}");
    }
}

#[test]
fn what_is_deployed_asks_for_the_module_that_is_published() {
    let published = document("metadata.yml")["annotations"]["io.kubewarden.policy.ociUrl"].clone();
    let published = published.as_str().unwrap();
    let deployed = document("deploy/policy/policy.yaml")["spec"]["module"].clone();
    assert_eq!(deployed, format!("registry://{published}:v{VERSION}"));
    let package = document("artifacthub-pkg.yml");
    assert_eq!(package["containersImages"][0]["image"], format!("{published}:v{VERSION}"));
}

#[test]
fn the_rules_that_are_deployed_are_those_of_the_metadata() {
    let metadata = document("metadata.yml");
    let spec = document("deploy/policy/policy.yaml")["spec"].clone();
    for key in ["rules", "mutating", "contextAwareResources"] {
        assert!(metadata[key] != Value::Null, "{key}");
        assert_eq!(spec[key], metadata[key], "{key}");
    }
    let package = document("artifacthub-pkg.yml")["annotations"].clone();
    for key in ["rules", "contextAwareResources"] {
        let shown = package[format!("kubewarden/{key}")].as_str().unwrap();
        assert_eq!(yaml::settings(shown).unwrap(), metadata[key], "{key}");
    }
}

#[test]
fn both_names_of_the_artifact_hub_file_lead_to_the_same() {
    assert_eq!(read("artefacthub-pkg.yml"), read("artifacthub-pkg.yml"));
}

#[test]
fn the_questions_of_the_user_interface_are_settings_with_their_defaults() {
    let questions = document("questions-ui.yml")["questions"].clone();
    for question in questions.as_array().unwrap() {
        let variable = question["variable"].as_str().unwrap();
        let default = question.get("default").unwrap_or(&Value::Null);
        let settings = serde_json::json!({variable: default});
        let response = POLICY.validate_settings(&settings);
        assert!(response.valid, "{settings}: {:?}", response.message);
        for option in question["options"].as_array().into_iter().flatten() {
            let settings = serde_json::json!({variable: option});
            let response = POLICY.validate_settings(&settings);
            assert!(response.valid, "{settings}: {:?}", response.message);
        }
    }
}

#[test]
fn the_host_capability_is_named_in_the_module_where_kwctl_looks_for_it() {
    let metadata = document("metadata.yml");
    assert_eq!(metadata["hostCapabilities"], serde_json::json!(["kubernetes/get_resource"]));
    let module = module();
    let contains = |text: &str| module.windows(text.len()).any(|bytes| bytes == text.as_bytes());
    for text in ["kubernetes", "get_resource"] {
        assert!(contains(text), "{text} is not in policy.wasm");
    }
}

#[test]
fn the_module_does_not_tell_where_it_was_built() {
    let module = String::from_utf8_lossy(&module()).into_owned();
    for folder in ["/home/", "/root/", "/Users/", env!("CARGO_MANIFEST_DIR")] {
        assert!(!module.contains(folder), "{folder} is in policy.wasm");
    }
}
