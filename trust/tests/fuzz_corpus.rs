//! Replays the saved corpus of the fuzz target `trust_policy` with the stable compiler.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
// The fuzz target needs it public.
#![allow(unreachable_pub)]

use std::fs;
use std::path::Path;

mod fuzz_check;

#[test]
fn the_trust_policy_corpus_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/trust_policy");
    let mut count = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        // Shown if the check panics.
        println!("{}", path.display());
        fuzz_check::run(&fs::read(&path).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}
