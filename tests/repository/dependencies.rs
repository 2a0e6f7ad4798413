//! Dependencies as Cargo resolves them: `docs/dependencies.md` lists those of the module, and the workflow of the site runs
//! when those of the playground change.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{document, path, read};

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

    let tree = resolved(&["--package", "aws-pod-identity-policy", "--target", "wasm32-wasip1"]);
    let resolved: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(documented, resolved);
}

/// The package, and those that it depends on, one per line: `name version (directory)`.
fn resolved(arguments: &[&str]) -> String {
    let tree = Command::new(env!("CARGO"))
        .current_dir(path(""))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap()
}

#[test]
fn the_site_is_tested_when_a_crate_of_the_playground_changes() {
    let workflow = document(".github/workflows/site.yml");
    let filter = workflow["on"]["pull_request"]["paths"].as_array().unwrap().iter();
    let filter: BTreeSet<&str> = filter.map(|pattern| pattern.as_str().unwrap()).collect();
    let root = path("").canonicalize().unwrap();
    let mut found = BTreeSet::new();
    for arguments in [
        &["--package", "aws-pod-identity-playground", "--target", "wasm32-wasip1"][..],
        &["--package", "aws-pod-identity", "--no-default-features"],
    ] {
        for line in resolved(arguments).lines() {
            let directory = line.split_once('(').and_then(|(_, rest)| rest.split(')').next());
            let Some(directory) = directory.and_then(|path| path.strip_prefix(root.to_str()?))
            else {
                continue;
            };
            found.insert(format!("{}/**", directory.trim_start_matches('/')));
        }
    }
    assert!(found.contains("core/**") && found.contains("playground/**"), "{found:?}");
    let missing: Vec<_> = found.iter().filter(|one| !filter.contains(&***one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
