//! Each row of the tables in `docs/migration.md` names the case or the test that verifies it.

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

#[test]
fn every_row_names_a_case_or_a_test_that_exists() {
    let rows = rows();
    assert!(rows.len() > 45, "{} rows", rows.len());
    for row in rows {
        let (what, verified_by) = (row.first().unwrap(), row.last().unwrap());
        let target = verified_by.split_once("](../").map(|(_, rest)| rest.trim_end_matches(')'));
        match target {
            Some(target) => {
                assert!(path(target).exists(), "{what}: {target} does not exist");
            }
            // Only a flag that has no setting needs none.
            None => assert!(
                what.starts_with("`-") && !row.iter().any(|cell| cell.starts_with("setting")),
                "{what}: nothing verifies it"
            ),
        }
    }
}
