//! Tests of the repository: documents, examples, manifests and the corpus of the fuzz targets agree with the code. They need
//! no engine, so they are a test of the package `testing/`, which builds without it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod case_names;
mod catalogue;
mod chart;
mod dependencies;
mod documentation;
mod examples;
mod fuzz_corpus;
mod match_conditions;
mod migration;
mod module_order;
mod pod_templates;
mod release;
mod role_trust;
mod workload_kinds;

use std::fs;
use std::path::{Path, PathBuf};

use aws_pod_identity_kubernetes::yaml;
use serde_json::Value;

/// The path of a file of the repository.
fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

/// The text of a file of the repository.
#[track_caller]
fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value of a YAML file of the repository.
#[track_caller]
fn document(file: &str) -> Value {
    yaml::settings(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}
