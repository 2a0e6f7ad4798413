//! The program as a user runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::process::{Command, Stdio};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n";
const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: api\n  annotations:\n    \
                       eks.amazonaws.com/role-arn: 1234\n";

/// Runs the program in an empty directory that holds `settings.yaml`, with `input` on its standard input. Gives the exit
/// code, the standard output and the standard error.
fn run(arguments: &[&str], settings: &str, input: &str) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("settings.yaml"), settings).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"))
        .args(arguments)
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = program.stdin.take().unwrap();
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = program.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn manifests_that_are_accepted_exit_with_0() {
    let (code, out, err) = run(&["check", "-"], "", POD);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(
        out,
        "standard input\n  unchanged  Pod default/a\n\n\
         1 object checked: 0 rejected, 0 warned, 0 injected, 1 unchanged.\n"
    );
}

#[test]
fn manifests_that_are_rejected_exit_with_1() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let (code, out, err) = run(&["check", "-"], "", &account);
    assert_eq!(code, Some(1), "{err}");
    assert!(out.contains("[role-arn-malformed]"), "{out}");
    assert!(out.contains("1 rejected"), "{out}");
}

#[test]
fn settings_decide() {
    let account = ACCOUNT.replace("1234", "arn:aws:iam::1234:role/api");
    let arguments = ["check", "--settings", "settings.yaml", "-"];
    let (code, out, err) = run(&arguments, "defaultSeverity: warn", &account);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("1 warned"), "{out}");
}

#[test]
fn input_that_cannot_be_used_exits_with_2_and_is_named() {
    for (arguments, settings, input, message) in [
        (
            &["check", "-"][..],
            "",
            "kind: Pod\n",
            "Error: standard input, document 1: the object has no apiVersion\n",
        ),
        (&["check", "missing.yaml"], "", "", "Error: cannot read missing.yaml: "),
        (&["check", "-s", "missing.yaml", "-"], "", POD, "Error: cannot read missing.yaml: "),
        (
            &["check", "-s", "settings.yaml", "-"],
            "a: [1",
            POD,
            "Error: settings.yaml: cannot parse the settings",
        ),
        (
            &["check", "-s", "settings.yaml", "-"],
            "regoin: x",
            POD,
            "Error: the settings are not valid: ",
        ),
        (&["check", "--unknown", "-"], "", POD, "unexpected argument"),
    ] {
        let (code, out, err) = run(arguments, settings, input);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(message), "{err}");
    }
}
