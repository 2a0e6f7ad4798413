//! What `docs/migration.md` says of the webhook and the policy is held by a case or a test: each row names
//! it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

/// The rows of all tables that have a column "held by": their cells.
fn rows() -> Vec<Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/migration.md")).unwrap();
    let mut rows = Vec::new();
    let mut held = false;
    for line in text.lines() {
        if !line.starts_with('|') {
            held = false;
        } else if line.ends_with("| held by |") {
            held = true;
        } else if held && !line.starts_with("|---") {
            let cells = line.trim_matches('|').split('|');
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

#[test]
fn every_row_is_held_by_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows = rows();
    assert!(rows.len() > 45, "{} rows", rows.len());
    for row in rows {
        let (what, held_by) = (row.first().unwrap(), row.last().unwrap());
        let target = held_by.split_once("](../").map(|(_, rest)| rest.trim_end_matches(')'));
        match target {
            Some(target) => {
                assert!(root.join(target).exists(), "{what}: {target} does not exist");
            }
            // Only a flag that has no counterpart here can do without.
            None => assert!(
                what.starts_with("`-") && !row.iter().any(|cell| cell.starts_with("setting")),
                "{what}: nothing holds it"
            ),
        }
    }
}
