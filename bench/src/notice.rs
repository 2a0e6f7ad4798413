//! Saying something that must be seen.

use std::fmt::Display;
use std::io::Write;

/// Writes a line to stderr. What a test prints with `println!` is shown only if the test fails; this is
/// shown always.
pub fn notice(text: impl Display) {
    // There is nobody to tell that nobody could be told.
    let _ = writeln!(std::io::stderr(), "{text}");
}
