//! Messages that are shown even if the test passes.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to standard error. What a test prints with `println!` is shown only if the test fails; this is always
/// shown.
pub fn notice(text: impl Display) {
    // There is no way to report that reporting failed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says that a check is skipped because the module was built by another version of Rust than the pinned one. Continuous
/// integration (`CI` is set) has that version, so there it is a failure.
///
/// # Panics
///
/// If `CI` is set in the environment.
#[allow(clippy::panic, reason = "a test that must not be skipped has failed")]
pub fn skipped_for_another_rust(text: impl Display) {
    assert!(
        std::env::var_os("CI").is_none(),
        "{text}; install the version in scripts/rust-version"
    );
    notice(format_args!("SKIPPED: {text}"));
}
