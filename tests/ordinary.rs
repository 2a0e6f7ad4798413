//! Holds the policy to letting ordinary manifests pass: nothing in `cases/ordinary/` is rejected.
//!
//! `cases.rs` sees to it that the verdicts there are the policy's; this one, that nobody writes a rejection
//! among them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::fs;
use std::path::Path;

use aws_pod_identity_kubernetes::yaml;

#[test]
fn nothing_ordinary_is_rejected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/ordinary");
    let mut rejected = Vec::new();
    let mut count = 0;
    for case in folder.read_dir().unwrap() {
        let case = case.unwrap().path();
        let verdict = fs::read_to_string(case.join("verdict.yaml")).unwrap();
        if yaml::manifest(&verdict).unwrap()["accepted"] != true {
            rejected.push(case);
        }
        count += 1;
    }
    assert!(rejected.is_empty(), "{rejected:?}");
    assert!(count >= 50, "only {count} cases: is this the right folder?");
}
