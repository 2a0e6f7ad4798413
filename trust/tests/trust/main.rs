//! Tests of the public functions, as one program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed"
)]

mod cases;
mod evaluate;
mod export;
mod exported;
mod hostile;
mod inputs;
mod properties;
