//! Replays the saved corpus of the fuzz targets (`fuzz/corpus`) with the stable compiler and without a fuzzer. `make fuzz`
//! searches for more inputs.

use std::fs;

use super::path;

#[path = "../../fuzz/src/lib.rs"]
mod checks;

#[test]
fn the_glob_corpus_passes() {
    replay("glob", checks::glob::run);
}

#[test]
fn the_json_reader_corpus_passes() {
    replay("json_reader", checks::json_reader::run);
}

#[test]
fn the_role_map_corpus_passes() {
    replay("role_map", checks::role_map::run);
}

#[test]
fn the_settings_corpus_passes() {
    replay("settings", checks::settings::run);
}

#[test]
fn the_trust_policy_corpus_passes() {
    replay("trust_policy", checks::trust_policy::run);
}

#[test]
fn the_validate_raw_corpus_passes() {
    replay("validate_raw", checks::validate_raw::run);
}

#[test]
fn the_validate_structured_corpus_passes() {
    replay("validate_structured", checks::validate_structured::run);
}

fn replay(target: &str, run: fn(&[u8])) {
    let directory = path("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in fs::read_dir(&directory).expect("a corpus") {
        let path = entry.expect("an entry of the corpus").path();
        // The name is shown if the check fails.
        println!("{}", path.display());
        run(&fs::read(&path).expect("an input"));
        count += 1;
    }
    assert!(count > 0, "{} is empty", directory.display());
}
