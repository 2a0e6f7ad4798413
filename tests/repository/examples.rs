//! The names of the examples are correct: a file with `rejected` in its name has a rejection, another one has none.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use aws_pod_identity_cli::evaluation::{Evaluated, Policy, PolicyDecision, requests_of};
use aws_pod_identity_cli::input::Manifests;
use aws_pod_identity_kubernetes::cluster::Cluster;
use aws_pod_identity_kubernetes::custom::PodTemplates;
use aws_pod_identity_kubernetes::object::DEFAULT_NAMESPACE;
use aws_pod_identity_kubernetes::settings;
use serde_json::Value;

use super::path;

#[test]
fn an_example_is_rejected_if_its_name_says_so() {
    let mut by_file: BTreeMap<String, Vec<Evaluated>> = BTreeMap::new();
    for answer in answers(&path("examples"), &settings::none()) {
        by_file.entry(answer.request.origin.file.clone()).or_default().push(answer);
    }
    let mut rejections = 0;
    for (file, answers) in by_file {
        let rejected = answers.iter().any(is_rejection);
        assert_eq!(rejected, file.contains("rejected"), "{file}");
        rejections += usize::from(rejected);
    }
    assert!(rejections >= 8, "only {rejections} files with a rejection");
}

#[test]
fn the_first_example_is_injected() {
    let answers = answers(&path("examples/01-role-by-annotation.yaml"), &settings::none());
    assert!(answers.iter().any(is_injection));
}

#[test]
fn each_example_with_settings_injects_or_rejects() {
    let directory = path("examples-with-settings");
    let readme = fs::read_to_string(directory.join("README.md")).unwrap();
    for example in directory.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if !example.is_dir() {
            continue;
        }
        let name = example.file_name().unwrap().to_string_lossy().into_owned();
        let run = format!("examples-with-settings/{name}/manifests.yaml`");
        assert!(readme.contains(&run), "{name} is not in the README");
        let settings = fs::read_to_string(example.join("settings.yaml")).unwrap();
        let settings = settings::from_yaml(&settings).unwrap();
        let answers = answers(&example.join("manifests.yaml"), &settings);
        let shows = |answer: &Evaluated| is_injection(answer) || is_rejection(answer);
        assert!(answers.iter().any(shows), "{name}");
        let rejects = ["allowed-roles", "pod-templates"].contains(&name.as_str());
        assert_eq!(answers.iter().any(is_rejection), rejects, "{name}");
    }
}

fn is_rejection(answer: &Evaluated) -> bool {
    matches!(answer.decision, PolicyDecision::Rejected { .. })
}

fn is_injection(answer: &Evaluated) -> bool {
    matches!(answer.decision, PolicyDecision::Changed { .. })
}

/// The answers that `aws-pod-identity check` shows for a file or a directory.
fn answers(path: &Path, settings: &Value) -> Vec<Evaluated> {
    let paths = [path.display().to_string()];
    let Manifests { objects, skipped } = Manifests::read(&paths, DEFAULT_NAMESPACE).unwrap();
    assert!(skipped.is_empty(), "{skipped:?}");
    let policy = Policy::with_settings(settings).unwrap();
    let mut cluster = Cluster::new().with_default_service_accounts();
    for (_, object) in &objects {
        cluster.insert(object.clone());
    }
    let templates = PodTemplates::known().with_setting(&settings["podTemplates"]);
    let requests =
        objects.iter().flat_map(|(origin, object)| requests_of(&templates, origin, object));
    requests.map(|request| policy.evaluate(request, &cluster).unwrap()).collect()
}
