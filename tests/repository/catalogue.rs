//! Every finding of the catalogue has a case with it, a case that narrowly does not have it, and a case with another severity.
//! Ordinary manifests are not rejected.

use aws_pod_identity_core::{FindingKind, Severity};
use policy_testing::Case;
use serde_json::Value;

fn case(rule: FindingKind, name: &str) -> Case {
    Case::named(&format!("findings/{}/{name}", rule.id()))
}

fn has(case: &Case, rule: FindingKind) -> bool {
    let findings = case.expect.pointer("/audit_annotations/findings").and_then(Value::as_str);
    findings.is_some_and(|ids| ids.split(',').any(|id| id == rule.id()))
}

#[test]
fn every_finding_has_a_case() {
    for &rule in FindingKind::ALL {
        let cases = Case::below(&format!("findings/{}", rule.id()));
        assert!(cases.iter().any(|case| has(case, rule)), "no case has {}", rule.id());
    }
}

#[test]
fn every_finding_has_a_near_miss() {
    for &rule in FindingKind::ALL {
        let case = case(rule, "near-miss-accepted");
        assert!(!has(&case, rule), "{}: {}", rule.id(), case.expect);
        assert_eq!(case.expect["accepted"], true, "{}: {}", rule.id(), case.expect);
    }
}

#[test]
fn every_rejection_can_be_a_warning_and_every_warning_a_rejection() {
    for &rule in FindingKind::ALL {
        let (name, accepted) = match rule.default_severity() {
            Severity::Reject => ("warned-by-setting", true),
            Severity::Warn | Severity::Off => ("rejected-by-setting", false),
        };
        // Warnings by default, but rejected if the value replaces a role or is in one.
        let (name, accepted) = match rule {
            FindingKind::AnnotationMisspelled | FindingKind::EnvValueMalformed => {
                ("warned-by-setting", true)
            }
            _ => (name, accepted),
        };
        let case = case(rule, name);
        assert!(has(&case, rule), "{}: {}", rule.id(), case.expect);
        assert_eq!(case.expect["accepted"], accepted, "{}", rule.id());
    }
}

#[test]
fn no_ordinary_manifest_is_rejected() {
    let cases = Case::below("ordinary");
    let rejected: Vec<_> = cases
        .iter()
        .filter(|case| case.expect["accepted"] != true)
        .map(|case| &case.name)
        .collect();
    assert!(rejected.is_empty(), "{rejected:?}");
    assert!(cases.len() >= 50, "only {} cases: is this the right directory?", cases.len());
}
