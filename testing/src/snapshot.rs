//! Files with the expected text, which the tests write.

use std::env;
use std::fs;
use std::path::Path;

use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;
use similar::TextDiff;

/// Whether the tests write their results into the files with the expected text: `UPDATE_CASES` is set.
pub fn is_updating() -> bool {
    env::var_os("UPDATE_CASES").is_some()
}

/// Compares with the text of a file. With `UPDATE_CASES=1`, writes the file instead.
///
/// The file has the text alone, so that people and documents can refer to it. The library `insta`, which other tests use for
/// short texts, would write a header into the file, or for binary snapshots a second file next to it.
#[track_caller]
pub fn snapshot(file: impl AsRef<Path>, found: &str) {
    let file = file.as_ref();
    let name = file.display();
    let expected = fs::read_to_string(file).unwrap_or_default();
    if found == expected {
        return;
    }
    if is_updating() {
        fs::write(file, found).unwrap_or_else(|error| panic!("{name}: {error}"));
        return;
    }
    panic!(
        "{name}: if the change is intended, UPDATE_CASES=1 writes it\n{}",
        difference(&expected, found)
    );
}

/// The lines that differ, with the lines around them.
pub fn difference(expected: &str, found: &str) -> String {
    let difference = TextDiff::from_lines(expected, found);
    difference.unified_diff().header("expected", "found").context_radius(4).to_string()
}

/// Replaces the end of a YAML file, from the section `first` on, by these sections. The rest of the file stays unchanged.
pub fn rewrite_end(file: &Path, first: &str, sections: &[Value]) {
    let text = fs::read_to_string(file).unwrap();
    let start = text.split(&format!("\n{first}:")).next().unwrap_or_default().trim_end();
    let mut updated = format!("{start}\n");
    for section in sections {
        updated.push('\n');
        updated.push_str(&yaml::write(section));
    }
    if updated != text {
        fs::write(file, updated).unwrap();
    }
}
