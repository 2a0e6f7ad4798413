//! The line of the manifest that the program shows for each finding.
//!
//! `cases.txt` has for each case of `cases/` the IDs of its findings, the file (the object of the case, or one of its cluster),
//! the path in the object and the line, in which `⟦⟧` encloses the underlined part. `roles.txt` has the same for the objects of
//! `roles.yaml`, whose roles do not trust them. `UPDATE_CASES=1` rewrites both; review the difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;

use aws_pod_identity_cli::check::{Check, CheckResult};
use aws_pod_identity_cli::cluster_state::ClusterState;
use aws_pod_identity_cli::evaluation::Policy;
use aws_pod_identity_cli::input::File;
use aws_pod_identity_cli::policies::Policies;
use aws_pod_identity_cli::report::{Finding, NOT_EVALUATED, Position};
use aws_pod_identity_cli::trust::TrustChecks;
use aws_pod_identity_kubernetes::manifests::split;
use aws_pod_identity_kubernetes::yaml;
use aws_pod_identity_trust::Listing;
use policy_testing::case::Case;
use policy_testing::snapshot;
use serde_json::json;

#[test]
fn every_finding_of_the_cases_is_shown_at_its_cause() {
    let mut found = String::new();
    let mut without = Vec::new();
    for case in Case::all() {
        let findings = findings(&case);
        let findings = findings.iter().filter(|finding| finding.id != NOT_EVALUATED);
        let lines = lines(&case.name, findings, &mut without);
        if !lines.is_empty() {
            writeln!(found, "{}\n{lines}", case.name).unwrap();
        }
    }
    assert!(without.is_empty(), "findings without a location:\n{}", without.join("\n"));
    compare("cases.txt", &found);
}

#[test]
fn roles_that_do_not_trust_an_object_are_shown_at_the_lines_that_name_them() {
    const MANIFESTS: &str = include_str!("roles.yaml");
    // No role of the account exists, except for that of the association, which trusts another service.
    let roles = json!({"Roles": [{
        "RoleName": "plain", "Path": "/", "Arn": "arn:aws:iam::111122223333:role/plain",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
        }]},
    }]});
    let association = json!({"association": {
        "clusterName": "production", "namespace": "shop", "serviceAccount": "plain",
        "roleArn": "arn:aws:iam::111122223333:role/plain",
    }});
    let mut listing = Listing::default();
    for file in [roles, association] {
        listing.add("roles.json", file.to_string().as_bytes()).unwrap();
    }
    let policies = Policies::everywhere(Policy::default(), "default settings");
    let mut cluster_state = ClusterState::new("default", &policies);
    let file = File::named("roles.yaml");
    cluster_state.add(cluster_state.relevant(&file, split(MANIFESTS)));
    let check = Check::new(policies, &cluster_state, false)
        .with_trust(TrustChecks::new(listing, "https://oidc.example.com"));
    let (mut found, mut without) = (String::new(), Vec::new());
    for document in split(MANIFESTS) {
        for checked in check.document(&file, &document) {
            let CheckResult::Entry { entry, .. } = checked else {
                panic!("document {}", document.number)
            };
            let findings =
                entry.findings.iter().filter(|finding| finding.id == "role-trust-denied");
            let lines = lines(&entry.title(), findings, &mut without);
            writeln!(found, "{}\n{lines}", entry.title()).unwrap();
        }
    }
    assert!(without.is_empty(), "findings without a location:\n{}", without.join("\n"));
    compare("roles.txt", &found);
}

/// The locations of findings; those of an object without a location are named in `without`.
fn lines<'f>(
    object: &str,
    findings: impl Iterator<Item = &'f Finding>,
    without: &mut Vec<String>,
) -> String {
    let mut lines = String::new();
    for finding in findings {
        let position = finding.location.as_ref().and_then(|location| location.position.as_ref());
        match (&finding.location, position) {
            (Some(location), Some(position)) => {
                let (file, line) = (&position.file, shown(position));
                writeln!(lines, "  {}\n    {file} {}\n    {line}", finding.id, location.path)
                    .unwrap();
            }
            _ => without.push(format!("{object}: {}", finding.message)),
        }
    }
    lines
}

/// Compares with a file next to this one: see [`snapshot`].
#[track_caller]
fn compare(file: &str, found: &str) {
    snapshot(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/locations").join(file), found);
}

/// The findings of the program about the object of a case, with the cluster of the case as the state of the cluster.
fn findings(case: &Case) -> Vec<Finding> {
    let Ok(policy) = Policy::with_settings(&case.settings) else { return Vec::new() };
    let policies = Policies::everywhere(policy, "the case");
    let mut cluster_state = ClusterState::new("default", &policies);
    let state: Vec<String> = case.cluster.objects().map(yaml::write).collect();
    // Some cases have an object that cannot be read.
    let _ = cluster_state.add_state(&File::named("cluster"), &state.join("---\n"));
    let text = yaml::write(&case.object);
    let file = File::named("object");
    cluster_state.add(cluster_state.relevant(&file, split(&text)));
    let check = Check::new(policies, &cluster_state, false);
    let mut findings = Vec::new();
    for document in split(&text) {
        for checked in check.document(&file, &document) {
            if let CheckResult::Entry { entry, .. } = checked {
                findings.extend(entry.findings);
            }
        }
    }
    findings
}

/// The line, with marks around the underlined part.
fn shown(position: &Position) -> String {
    let mut line = String::new();
    let start = position.column - 1;
    let end = start + position.length;
    for (at, character) in position.text.chars().enumerate() {
        if at == start {
            line.push('⟦');
        }
        line.push(character);
        if at + 1 == end {
            line.push('⟧');
        }
    }
    line.trim().to_owned()
}
