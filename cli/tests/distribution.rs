//! The GitHub Action, the pre-commit hook, the krew manifest and the recordings, with the program of this build.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use aws_pod_identity_kubernetes::yaml;
use policy_testing::skipped;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aws-pod-identity");
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: arn:aws:iam::ACCOUNT:role/api\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn document(path: &str) -> Value {
    yaml::settings(&std::fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// The runs of the steps of action.yml with these inputs, until one fails, as a runner does. Returns the outputs and the
/// last run.
fn run_action(
    directory: &Path,
    inputs: &[(&str, &str)],
    environment: &[(&str, &str)],
) -> (BTreeMap<String, String>, Output) {
    let action = document("action.yml");
    let inputs: BTreeMap<_, _> = inputs.iter().copied().collect();
    for name in inputs.keys() {
        assert!(action["inputs"].get(name).is_some(), "no input {name}");
    }
    let mut outputs: BTreeMap<String, String> = BTreeMap::new();
    let mut last = None;
    for step in action["runs"]["steps"].as_array().unwrap() {
        let output_file = directory.join("outputs.txt");
        std::fs::write(&output_file, "").unwrap();
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()])
            .current_dir(directory)
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_OUTPUT", &output_file)
            .env("RUNNER_TEMP", directory.join("temp"))
            .envs(environment.iter().copied());
        for (name, value) in step["env"].as_object().unwrap() {
            let expression = value.as_str().unwrap();
            let expression = expression.strip_prefix("${{ ").unwrap().strip_suffix(" }}").unwrap();
            let value = if let Some(input) = expression.strip_prefix("inputs.") {
                let default = action["inputs"][input].get("default").and_then(Value::as_str);
                inputs.get(input).copied().or(default).unwrap().to_owned()
            } else {
                outputs[expression.strip_prefix("steps.").unwrap()].clone()
            };
            command.env(name, value);
        }
        let output = command.output().unwrap();
        for line in std::fs::read_to_string(&output_file).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            let id = step["id"].as_str().unwrap();
            outputs.insert(format!("{id}.outputs.{name}"), value.to_owned());
        }
        let failed = !output.status.success();
        last = Some(output);
        if failed {
            break;
        }
    }
    (outputs, last.unwrap())
}

fn directory_with(account: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("manifests")).unwrap();
    let file = directory.path().join("manifests/account.yaml");
    std::fs::write(file, ACCOUNT.replace("ACCOUNT", account)).unwrap();
    directory
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_action_annotates_and_fails_as_the_program_does() {
    for (account, fail_on, code) in
        [("111122223333", "reject", 0), ("12345", "reject", 1), ("12345", "never", 0)]
    {
        let directory = directory_with(account);
        let inputs = [
            ("paths", "manifests\n"),
            ("program", PROGRAM),
            ("fail-on", fail_on),
            ("sarif", "report.sarif"),
            ("html", "report.html"),
        ];
        let (outputs, last) = run_action(directory.path(), &inputs, &[]);
        assert_eq!(last.status.code(), Some(code), "{last:?}");
        assert_eq!(outputs["check.outputs.exit-code"], code.to_string());
        let is_annotated = text(&last.stdout)
            .contains("::error title=role-arn-malformed,file=manifests/account.yaml,line=6,");
        assert_eq!(is_annotated, account == "12345", "{last:?}");
        let sarif = std::fs::read(directory.path().join("report.sarif")).unwrap();
        let sarif: Value = serde_json::from_slice(&sarif).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap().len();
        assert_eq!(results, usize::from(account == "12345"));
        assert!(directory.path().join("report.html").exists());
    }
}

#[test]
fn the_action_checks_trust_policies() {
    let directory = directory_with("111122223333");
    std::fs::write(directory.path().join("roles.json"), r#"{"Roles": []}"#).unwrap();
    let mut inputs = vec![("paths", "manifests"), ("program", PROGRAM), ("roles", "roles.json")];
    let (_, last) = run_action(directory.path(), &inputs, &[]);
    assert_eq!(last.status.code(), Some(2), "{last:?}");
    assert!(text(&last.stderr).contains("--issuer is missing"), "{last:?}");
    inputs.push(("issuer", "https://oidc.example.com"));
    let (outputs, last) = run_action(directory.path(), &inputs, &[]);
    assert_eq!(outputs["check.outputs.exit-code"], "0", "{last:?}");
}

#[test]
fn the_action_names_wrong_inputs() {
    let directory = directory_with("12345");
    let program = ("program", PROGRAM);
    let (_, last) = run_action(directory.path(), &[("paths", "\n"), program], &[]);
    assert_eq!(last.status.code(), Some(2));
    assert!(text(&last.stdout).contains("the input paths is empty"), "{last:?}");
    // A path that looks like an option is used as a path.
    let (_, last) = run_action(directory.path(), &[("paths", "--help"), program], &[]);
    assert_eq!(last.status.code(), Some(2), "{last:?}");
}

/// A release in a directory, with a program that prints its name.
fn release(directory: &Path) -> String {
    let releases = directory.join("releases");
    let version = env!("CARGO_PKG_VERSION");
    let files = releases.join(format!("v{version}"));
    let script = r#"
        set -euo pipefail
        mkdir -p "$1" && cd "$1"
        printf '#!/bin/sh\nexec "%s" "$@"\n' "$2" >aws-pod-identity
        chmod +x aws-pod-identity
        for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin \
          x86_64-pc-windows-msvc aarch64-pc-windows-msvc; do
          tar -czf "aws-pod-identity-$target.tar.gz" aws-pod-identity
        done
        if command -v sha256sum >/dev/null; then sha256sum -- *.tar.gz; else shasum -a 256 -- *.tar.gz; fi >checksums.txt
    "#;
    let made = Command::new("bash")
        .args(["-c", script, "release", files.to_str().unwrap(), PROGRAM])
        .status()
        .unwrap();
    assert!(made.success());
    format!("file://{}", releases.display())
}

#[test]
fn the_action_installs_a_program_only_with_its_checksum() {
    if Command::new("curl").arg("--version").output().is_err() {
        return skipped("the installation by the action needs curl");
    }
    let directory = directory_with("12345");
    let releases = release(directory.path());
    let environment = [("RELEASES", releases.as_str())];
    let (outputs, last) = run_action(directory.path(), &[("paths", "manifests")], &environment);
    assert_eq!(last.status.code(), Some(1), "{last:?}");
    assert!(Path::new(&outputs["install.outputs.program"]).exists());

    let files = directory.path().join("releases").join(concat!("v", env!("CARGO_PKG_VERSION")));
    for file in std::fs::read_dir(&files).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut bytes = std::fs::read(&path).unwrap();
            bytes.push(0);
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let (_, last) = run_action(directory.path(), &[("paths", "manifests")], &environment);
    assert_eq!(last.status.code(), Some(2), "{last:?}");
    assert!(text(&last.stderr).contains("does not have the checksum"), "{last:?}");
    let (_, last) = run_action(
        directory.path(),
        &[("paths", "manifests"), ("version", "v9.9.9")],
        &environment,
    );
    assert_eq!(last.status.code(), Some(2), "{last:?}");
    assert!(text(&last.stderr).contains("/v9.9.9/"), "{last:?}");
}

#[test]
fn the_hook_checks_the_directory() {
    let hooks = document(".pre-commit-hooks.yaml");
    for hook in hooks.as_array().unwrap() {
        let entry = hook["entry"].as_str().unwrap();
        let mut words = entry.split(' ');
        let program = words.next().unwrap();
        if hook["language"] == "docker_image" {
            let image = format!(
                "ghcr.io/aws-pod-identity-policy/aws-pod-identity:{}",
                env!("CARGO_PKG_VERSION")
            );
            assert_eq!(program, image);
        } else {
            assert_eq!(program, "aws-pod-identity");
        }
        let arguments = hook["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap());
        for (account, code) in [("111122223333", 0), ("12345", 1)] {
            let directory = directory_with(account);
            std::fs::write(directory.path().join("other.yaml"), "a: 1\n").unwrap();
            let output = Command::new(PROGRAM)
                .args(words.clone().chain(arguments.clone()))
                .current_dir(directory.path())
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(code), "{output:?}");
        }
    }
}

#[test]
fn the_krew_manifest_has_the_checksums_of_the_release() {
    let directory = tempfile::tempdir().unwrap();
    release(directory.path());
    let version = env!("CARGO_PKG_VERSION");
    let checksums = directory.path().join(format!("releases/v{version}/checksums.txt"));
    let output = Command::new(root().join("scripts/krew.sh")).arg(version).arg(&checksums).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let manifest = yaml::settings(text(&output.stdout)).unwrap();
    assert_eq!(manifest["spec"]["version"], format!("v{version}"));
    let platforms = manifest["spec"]["platforms"].as_array().unwrap();
    assert_eq!(platforms.len(), 6);
    let sums = std::fs::read_to_string(&checksums).unwrap();
    for platform in platforms {
        let archive = platform["uri"].as_str().unwrap().rsplit('/').next().unwrap();
        let line = format!("{}  {archive}", platform["sha256"].as_str().unwrap());
        assert!(sums.lines().any(|found| found == line), "{line}");
    }
    // The release workflow builds an archive for each of them.
    let workflow = std::fs::read_to_string(root().join(".github/workflows/release.yml")).unwrap();
    for platform in platforms {
        let archive = platform["uri"].as_str().unwrap().rsplit('/').next().unwrap();
        let target =
            archive.strip_prefix("aws-pod-identity-").unwrap().strip_suffix(".tar.gz").unwrap();
        assert!(workflow.contains(&format!("{{target: {target}, ")), "{target}");
    }
    let incomplete = directory.path().join("incomplete.txt");
    std::fs::write(&incomplete, "").unwrap();
    let output =
        Command::new(root().join("scripts/krew.sh")).arg(version).arg(&incomplete).output();
    assert!(!output.unwrap().status.success());
}

#[test]
fn the_recordings_of_the_readme_are_the_output_of_the_program() {
    let directory = root().join("docs/recordings");
    let recorded = std::fs::read_to_string(directory.join("check.txt")).unwrap();
    let output = Command::new(PROGRAM)
        .args(["check", "manifests/"])
        .current_dir(&directory)
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    let session = text(&output.stdout);
    let expected = format!("$ aws-pod-identity check manifests/\n{session}$ echo $?\n{code}\n");
    assert_eq!(recorded, expected, "run `make recordings`");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(
        readme.contains(&recorded),
        "the session in README.md differs from docs/recordings/check.txt"
    );
    let picture = std::fs::metadata(directory.join("report.png")).unwrap();
    assert!(picture.len() < 150_000, "{} bytes", picture.len());
}
