//! Every finding of the catalogue has a case with it and a similar case that does not have it, and settings change its severity.
//! Ordinary manifests are not rejected.

use aws_pod_identity_core::FindingKind;
use policy_testing::{Case, ask_library};
use serde_json::{Value, json};

fn case(kind: FindingKind, name: &str) -> Case {
    Case::named(&format!("findings/{}/{name}", kind.id()))
}

/// Whether the expected answer of the case has the finding.
pub(super) fn has(case: &Case, kind: FindingKind) -> bool {
    lists(&case.expect["audit_annotations"]["findings"], kind)
}

/// Whether an audit annotation lists the finding.
fn lists(annotation: &Value, kind: FindingKind) -> bool {
    annotation.as_str().is_some_and(|ids| ids.split(',').any(|id| id == kind.id()))
}

#[test]
fn every_finding_has_a_case() {
    for &kind in FindingKind::ALL {
        let cases = Case::below(&format!("findings/{}", kind.id()));
        assert!(cases.iter().any(|case| has(case, kind)), "no case has {}", kind.id());
    }
}

#[test]
fn every_finding_has_a_near_miss() {
    for &kind in FindingKind::ALL {
        let case = case(kind, "near-miss-accepted");
        assert!(!has(&case, kind), "{}: {}", kind.id(), case.expect);
        assert_eq!(case.expect["accepted"], true, "{}: {}", kind.id(), case.expect);
    }
}

#[test]
fn findings_whose_messages_name_the_role_of_the_node_concern_the_identity() {
    let mut count = 0;
    for case in Case::below("") {
        let expected = &case.expect;
        let warnings = expected["warnings"].as_array().into_iter().flatten();
        let texts = warnings.chain([&expected["message"]]).filter_map(Value::as_str);
        for line in texts.flat_map(str::lines) {
            if !line.contains("role of the node") && !line.contains("no AWS identity") {
                continue;
            }
            let id = line.rsplit_once('[').and_then(|(_, id)| id.split(']').next());
            let kind = id.and_then(FindingKind::from_id).unwrap();
            assert!(kind.concerns_identity(), "{}: {line}", case.name);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} messages");
}

#[test]
fn settings_decide_the_severity_of_every_finding() {
    for &kind in FindingKind::ALL {
        let id = kind.id();
        let cases = Case::below(&format!("findings/{id}"));
        let cases: Vec<&Case> = cases.iter().filter(|case| has(case, kind)).collect();
        let answers = |severity: &str| {
            let answer = |case: &&Case| {
                let mut settings = case.settings.clone();
                // All other findings are warnings at most.
                settings["findings"] = json!({id: severity});
                settings["defaultSeverity"] = json!("warn");
                let payload = case.payload(&case.object, &settings);
                let response = ask_library(&payload, &case.cluster).response();
                let audit = serde_json::to_value(response.audit_annotations).unwrap();
                (case.name.clone(), response.accepted, lists(&audit["findings"], kind))
            };
            cases.iter().map(answer).collect::<Vec<_>>()
        };
        for (name, accepted, found) in answers("off") {
            assert!(accepted && !found, "{name} with off");
        }
        for (name, accepted, found) in answers("warn") {
            assert!(accepted && found, "{name} with warn");
        }
        // In a workload, a finding about its service account is a warning at most.
        assert!(answers("reject").iter().any(|(_, accepted, _)| !accepted), "{id} with reject");
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
