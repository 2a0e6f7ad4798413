//! Every finding of the catalogue has a case that makes it, one beside it that just does not, and one for
//! what happens when it is not a rejection.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_core::{FindingKind, Severity};
use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;

fn cases(rule: FindingKind) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/findings").join(rule.id())
}

fn verdict(case: &Path) -> Value {
    let text = fs::read_to_string(case.join("verdict.yaml"));
    yaml::manifest(&text.unwrap_or_else(|error| panic!("{}: {error}", case.display()))).unwrap()
}

fn has(verdict: &Value, rule: FindingKind) -> bool {
    let findings = verdict.pointer("/audit_annotations/findings").and_then(Value::as_str);
    findings.is_some_and(|ids| ids.split(',').any(|id| id == rule.id()))
}

#[test]
fn every_finding_is_made_by_a_case() {
    for &rule in FindingKind::ALL {
        let found = fs::read_dir(cases(rule))
            .unwrap_or_else(|error| panic!("{}: {error}", rule.id()))
            .any(|case| has(&verdict(&case.unwrap().path()), rule));
        assert!(found, "no case has {}", rule.id());
    }
}

#[test]
fn beside_every_finding_a_case_just_does_not_have_it() {
    for &rule in FindingKind::ALL {
        let verdict = verdict(&cases(rule).join("just-not"));
        assert!(!has(&verdict, rule), "{}: {verdict}", rule.id());
    }
}

#[test]
fn every_rejection_can_be_a_warning_and_every_warning_a_rejection() {
    for &rule in FindingKind::ALL {
        let (case, accepted) = match rule.default_severity() {
            Severity::Reject => ("as-a-warning", true),
            Severity::Warn | Severity::Off => ("rejected-when-asked", false),
        };
        // Warnings by default, but not where they stand for a role or are in one.
        let (case, accepted) = match rule {
            FindingKind::AnnotationMisspelled | FindingKind::EnvValueMalformed => {
                ("as-a-warning", true)
            }
            _ => (case, accepted),
        };
        let verdict = verdict(&cases(rule).join(case));
        assert!(has(&verdict, rule), "{}: {verdict}", rule.id());
        let expected = Some(accepted);
        assert_eq!(verdict.get("accepted").and_then(Value::as_bool), expected, "{}", rule.id());
    }
}
