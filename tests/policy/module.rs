//! The content of `policy.wasm`.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::engine::POLICY;

/// The bytes of the module.
fn module() -> Vec<u8> {
    LazyLock::force(&POLICY);
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("policy.wasm")).expect("policy.wasm")
}

#[test]
fn the_module_does_not_contain_paths_of_the_build() {
    let module = String::from_utf8_lossy(&module()).into_owned();
    for directory in ["/home/", "/root/", "/Users/", env!("CARGO_MANIFEST_DIR")] {
        assert!(!module.contains(directory), "{directory} is in policy.wasm");
    }
}
