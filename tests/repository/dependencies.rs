//! `docs/dependencies.md` lists the dependencies that Cargo resolves for the module.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

#[test]
fn the_documented_dependencies_of_the_module_are_those_that_cargo_resolves() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document =
        std::fs::read_to_string(root.join("docs/dependencies.md")).expect("docs/dependencies.md");
    let documented: BTreeSet<&str> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(name, reason)| {
            assert!(reason.len() > 10, "{name} has no reason");
            name
        })
        .collect();

    let tree = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["tree", "--locked", "--package", "aws-pod-identity-policy", "--edges", "normal"])
        .args(["--target", "wasm32-wasip1", "--prefix", "none", "--format", "{p}"])
        .output()
        .expect("cargo runs");
    let output = String::from_utf8_lossy(&tree.stdout);
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let resolved: BTreeSet<&str> =
        output.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(documented, resolved);
}
