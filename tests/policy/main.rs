//! Tests of `policy.wasm` in the engine of the policy server. They are one program, so that the engine is linked once and
//! compiles the module once.
//!
//! Tests that need no engine are in `tests/repository`, in `core/tests` and next to the code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod cases;
mod engine;
mod host_failures;
mod hostile;
mod least_privilege;
mod module;
mod properties;
mod settings;
mod vectors;
mod webhook;
