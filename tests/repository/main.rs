//! Tests of the repository: documents, examples, manifests and the corpus of the fuzz targets agree with the code. No engine is
//! needed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod catalogue;
mod chart;
mod dependencies;
mod documentation;
mod examples;
mod fuzz_corpus;
mod match_conditions;
mod migration;
mod release;
