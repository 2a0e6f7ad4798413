//! The configuration of tests with generated input.

use proptest::test_runner::Config;

/// The number of inputs that each property of a test is checked with; `PROPTEST_CASES` overrides it.
///
/// Inputs that fail are not written to files. Write a test for each instead, which shows the input.
#[must_use]
pub fn cases(default: u32) -> Config {
    let config = Config::default();
    let is_set = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if is_set { config.cases } else { default };
    Config { cases, failure_persistence: None, ..config }
}
