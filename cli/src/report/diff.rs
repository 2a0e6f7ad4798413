//! The difference between two objects, as a diff of their YAML.

use std::fmt::{self, Write};

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use super::Palette;
use aws_pod_identity_kubernetes::yaml;

/// Unchanged lines shown around each change.
const CONTEXT: usize = 3;

/// Writes the difference, indented, in the form of a unified diff.
pub(super) fn write(
    out: &mut impl Write,
    palette: Palette,
    before: &Value,
    after: &Value,
) -> fmt::Result {
    let (before, after) = (yaml::write(before), yaml::write(after));
    let diff = TextDiff::from_lines(&before, &after);
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "    {}", palette.cyan(&hunk.header().to_string()))?;
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            let line = match change.tag() {
                ChangeTag::Equal => format!(" {line}"),
                ChangeTag::Insert => palette.green(&format!("+{line}")),
                ChangeTag::Delete => palette.red(&format!("-{line}")),
            };
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}
