//! `docs/dependencies.md` lists the dependencies that Cargo resolves for the module.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{path, read};

/// The names in the table.
fn documented(document: &str) -> BTreeSet<&str> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let names = rows.map(|(name, reason)| {
        assert!(reason.len() > 10, "{name} has no reason");
        name
    });
    names.collect()
}

#[test]
fn the_bill_of_materials_has_the_documented_dependencies() {
    let document = read("docs/dependencies.md");
    let output = Command::new(path("scripts/sbom.sh")).output().expect("scripts/sbom.sh");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let bill: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = bill["packages"].as_array().expect("packages");
    let mut names: BTreeSet<&str> =
        packages.iter().map(|package| package["name"].as_str().expect("a name")).collect();
    assert!(names.remove("rust-std"), "{names:?}");
    assert_eq!(names, documented(&document));
    // Every relationship refers to a package, and every crate from a registry has its checksum.
    let ids: Vec<&Value> = packages.iter().map(|package| &package["SPDXID"]).collect();
    for relationship in bill["relationships"].as_array().expect("relationships") {
        assert!(ids.contains(&&relationship["relatedSpdxElement"]), "{relationship}");
    }
    for package in packages.iter().filter(|package| package["downloadLocation"] == "NOASSERTION") {
        assert_eq!(package["checksums"][0]["algorithm"], "SHA256", "{package}");
    }
}

#[test]
fn the_documented_dependencies_of_the_module_are_those_that_cargo_resolves() {
    let document = read("docs/dependencies.md");
    let documented = documented(&document);

    let tree = Command::new(env!("CARGO"))
        .current_dir(path(""))
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
