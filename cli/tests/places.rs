//! Where the program shows each finding: the line of the manifest that causes it, for every case of `cases/`.
//!
//! `tests/places.txt` has for each case the IDs of its findings, the file (the object of the case, or one of its cluster),
//! the path in the object and the line, in which `⟦⟧` encloses what is underlined. `UPDATE_CASES=1` rewrites it; review the
//! difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;

use aws_pod_identity_cli::check::{Check, Checked};
use aws_pod_identity_cli::evaluation::Policy;
use aws_pod_identity_cli::input::File;
use aws_pod_identity_cli::policies::Policies;
use aws_pod_identity_cli::report::{Finding, NOT_EVALUATED, Position};
use aws_pod_identity_cli::surroundings::Surroundings;
use aws_pod_identity_kubernetes::manifests::split;
use aws_pod_identity_kubernetes::yaml;
use policy_testing::case::Case;

#[test]
fn every_finding_of_the_cases_is_shown_at_its_cause() {
    let mut found = String::new();
    let mut without = Vec::new();
    for case in Case::all() {
        let findings = findings(&case);
        let mut lines = String::new();
        for finding in findings.iter().filter(|finding| finding.id != NOT_EVALUATED) {
            let position = finding.place.as_ref().and_then(|place| place.position.as_ref());
            match (&finding.place, position) {
                (Some(place), Some(position)) => {
                    let (file, line) = (&position.file, shown(position));
                    writeln!(lines, "  {}\n    {file} {}\n    {line}", finding.id, place.path)
                        .unwrap();
                }
                _ => without.push(format!("{}: {}", case.name, finding.message)),
            }
        }
        if !lines.is_empty() {
            writeln!(found, "{}\n{lines}", case.name).unwrap();
        }
    }
    assert!(without.is_empty(), "findings without a place:\n{}", without.join("\n"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/places.txt");
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(&file, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap();
    let difference = similar::TextDiff::from_lines(&expected, &found);
    assert!(found == expected, "{}", difference.unified_diff().context_radius(4));
}

/// What the program reports about the object of a case, with the cluster of the case as the state of the cluster.
fn findings(case: &Case) -> Vec<Finding> {
    let Ok(policy) = Policy::with_settings(&case.settings) else { return Vec::new() };
    let policies = Policies::everywhere(policy, "the case");
    let mut surroundings = Surroundings::new("default", &policies);
    let state: Vec<String> = case.cluster.objects().map(yaml::write).collect();
    // Some cases have an object that cannot be read.
    let _ = surroundings.add_state(&File::named("cluster"), &state.join("---\n"));
    let text = yaml::write(&case.object);
    let file = File::named("object");
    surroundings.add(surroundings.relevant(&file, split(&text)));
    let check = Check::new(policies, &surroundings, false);
    let mut findings = Vec::new();
    for document in split(&text) {
        for checked in check.document(&file, &document) {
            if let Checked::Entry(entry) = checked {
                findings.extend(entry.findings);
            }
        }
    }
    findings
}

/// The line, with marks around what is underlined.
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
