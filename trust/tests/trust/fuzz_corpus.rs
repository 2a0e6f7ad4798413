//! Replays the saved corpus of the fuzz target `trust_policy` with the stable compiler.

use std::fs;
use std::path::Path;

use crate::fuzz_check;

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
