//! The checks of the fuzz targets, in one module for each. `run` takes any bytes, and panics if the policy violates a check.
//!
//! Compiled twice: for libFuzzer, and into `tests/repository/fuzz_corpus.rs`, which replays the saved corpus with the
//! stable compiler. So paths start with `super::`, not with `crate::`.

// A failed check panics, which the fuzzer reports.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]
// Modules have to be public for the targets, and are private in the test.
#![allow(unreachable_pub)]

mod answer;
mod manifest;

pub mod glob;
pub mod json_reader;
pub mod role_map;
pub mod settings;
pub mod trust_policy;
pub mod validate_raw;
pub mod validate_structured;
