//! Messages that are shown even if the test passes, and tests that are skipped.

use std::env;
use std::fmt::Display;
use std::io::{Write, stderr};

/// Writes a line to standard error that is always shown. Output of `println!` and `eprintln!` in a test is shown only if the test
/// fails.
pub fn notice(text: impl Display) {
    // In one write, so that lines of tests that run at the same time are not mixed. An error of this
    // cannot be reported.
    let _ = stderr().write_all(format!("{text}\n").as_bytes());
}

/// Says that a test is skipped, with the reason and the remedy. In continuous integration (`CI` is set), it is a
/// failure.
///
/// # Panics
///
/// If `CI` is set in the environment, and not empty.
#[track_caller]
pub fn skipped(reason: impl Display) {
    let in_ci = env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!in_ci, "CI is set, so no test may be skipped: {reason}");
    impossible(reason);
}

/// Says that a test is skipped, because the machine or its user does not allow it: in continuous integration, too.
pub fn impossible(reason: impl Display) {
    notice(format_args!("SKIPPED: {reason}"));
}
