//! Each row of the tables in `docs/migration.md` names the case or the test that verifies it.

use std::fs;
use std::path::Path;

use super::{path, read};

/// The rows of all tables that have a column "verified by": their cells.
fn rows() -> Vec<Vec<String>> {
    let text = read("docs/migration.md");
    let mut rows = Vec::new();
    let mut verified = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            verified = false;
        } else if line.ends_with("| verified by |") {
            verified = true;
        } else if verified && !line.starts_with("|---") {
            let cells = line.trim_matches('|').split('|');
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

/// Whether the file, or a file of the directory, is a case or has tests.
fn verifies(path: &Path) -> bool {
    if path.is_dir() {
        let mut entries = fs::read_dir(path).unwrap();
        return entries.any(|entry| verifies(&entry.unwrap().path()));
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml") => path.starts_with(self::path("cases")),
        Some("rs") => fs::read_to_string(path).is_ok_and(|code| code.contains("#[test]")),
        Some("bats") => fs::read_to_string(path).is_ok_and(|code| code.contains("@test ")),
        _ => false,
    }
}

#[test]
fn every_row_names_a_case_or_a_test() {
    let rows = rows();
    assert!(rows.len() > 45, "{} rows", rows.len());
    for row in rows {
        let (what, verified_by) = (row.first().unwrap(), row.last().unwrap());
        let target = verified_by.split_once("](../").map(|(_, rest)| rest.trim_end_matches(')'));
        match target {
            Some(target) => {
                assert!(verifies(&path(target)), "{what}: {target} is not a case or a test");
            }
            // Only a flag that has no setting needs none.
            None => assert!(
                what.starts_with("`-") && !row.iter().any(|cell| cell.starts_with("setting")),
                "{what}: nothing verifies it"
            ),
        }
    }
}
