//! The report about texts. scripts/test-playground.sh compares the reports of the page with those of the program.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use std::path::{Path, PathBuf};

use aws_pod_identity_cli::report::ObjectVerdict;
use playground::{Report, Request, answer, evaluate};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn report(manifests: &str, settings: &str) -> Report {
    evaluate(&Request { manifests: manifests.to_owned(), settings: settings.to_owned() })
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: arn:aws:iam::12345:role/api\n";

#[test]
fn an_example_is_rejected_if_its_name_says_so() {
    let mut files: Vec<_> = std::fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10);
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let report = report(&read(&file), "");
        assert_eq!(report.summary.totals.rejected > 0, name.contains("-rejected-"), "{name}");
        assert!(report.errors.is_empty() && !report.entries.is_empty(), "{name}");
    }
}

#[test]
fn an_injected_pod_has_a_diff_and_no_findings() {
    let report = report(&read(&repository().join("examples/01-role-by-annotation.yaml")), "");
    let deployment = report.entries.iter().find(|entry| entry.kind == "Deployment").unwrap();
    assert_eq!(deployment.verdict, ObjectVerdict::Injected);
    assert!(deployment.findings.is_empty());
    let diff = deployment.injected.as_ref().unwrap().diff.as_ref().unwrap();
    assert!(diff.contains("\n+      value: arn:aws:iam::111122223333:role/my-role\n"), "{diff}");
}

#[test]
fn each_example_with_settings_has_another_report_without_them() {
    for entry in std::fs::read_dir(repository().join("examples-with-settings")).unwrap() {
        let directory = entry.unwrap().path();
        if !directory.is_dir() {
            continue;
        }
        let manifests = read(&directory.join("manifests.yaml"));
        let with = report(&manifests, &read(&directory.join("settings.yaml")));
        assert_eq!(with.settings, None, "{}", directory.display());
        let with = serde_json::to_string(&with).unwrap();
        let without = serde_json::to_string(&report(&manifests, "")).unwrap();
        assert_ne!(with, without, "{}", directory.display());
    }
}

#[test]
fn settings_change_the_verdict_and_invalid_ones_are_reported() {
    let verdict = |settings| report(ACCOUNT, settings).entries[0].verdict;
    assert_eq!(verdict(""), ObjectVerdict::Rejected);
    assert_eq!(verdict("defaultSeverity: warn"), ObjectVerdict::Warned);
    for wrong in ["defaultSeverity: loud", "- a", "a: [", "unknown: 1"] {
        let report = report(ACCOUNT, wrong);
        assert!(report.entries.is_empty(), "{wrong}");
        assert!(report.settings.unwrap().contains("settings"), "{wrong}");
    }
}

#[test]
fn objects_that_are_not_checked_are_counted() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n";
    let report = report(&format!("kind: [\n---\n{ACCOUNT}---\n{service}"), "");
    assert_eq!((report.entries.len(), report.errors.len()), (1, 1));
    assert_eq!(report.summary.totals.errors, 1);
    assert_eq!(report.summary.skipped.into_values().sum::<usize>(), 1);
    assert_eq!(report.not_checked, ["1 object of kind Service"]);
}

#[test]
fn a_duplicate_object_is_a_warning() {
    let fine = ACCOUNT.replace("12345", "111122223333");
    let report = report(&format!("{fine}---\n{fine}"), "");
    let verdicts: Vec<_> = report.entries.iter().map(|entry| entry.verdict).collect();
    assert_eq!(verdicts, [ObjectVerdict::Unchanged, ObjectVerdict::Warned]);
    assert_eq!(report.entries[1].findings[0].id, "duplicate-object");
}

#[test]
fn a_json_request_gets_a_json_answer_and_another_one_an_error() {
    let request = serde_json::json!({"manifests": ACCOUNT, "settings": ""}).to_string();
    let report: serde_json::Value =
        serde_json::from_slice(&answer(request.as_bytes()).unwrap()).unwrap();
    assert_eq!(report["totals"]["rejected"], 1);
    assert_eq!(report["entries"][0]["findings"][0]["location"]["position"]["line"], 6);
    assert!(answer(b"no request").is_err());
}
