//! Which actions a statement covers.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Action" and "NotAction": names are not case-sensitive; `*` and
//! `?` are wildcards.

use crate::glob;
use crate::policy::Actions;
use crate::truth::Truth;

/// Whether the statement covers the action.
pub(crate) fn covers(actions: &Actions, action: &str) -> Truth {
    match actions {
        Actions::Only(patterns) => any(patterns, action),
        Actions::AllBut(patterns) => any(patterns, action).not(),
    }
}

fn any(patterns: &[String], action: &str) -> Truth {
    let action = action.to_ascii_lowercase();
    Truth::any(patterns.iter().map(|pattern| {
        if pattern.contains("${") {
            Truth::Unknown
        } else {
            glob::matches(&pattern.to_ascii_lowercase(), &action).into()
        }
    }))
}
