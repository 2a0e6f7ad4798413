//! The program as a user runs it.

#![allow(dead_code, reason = "not every test program uses everything")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use policy_testing::snapshot;

/// The program, in a directory.
pub(crate) fn program(directory: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_aws-pod-identity"));
    program
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Runs the program in a directory with these files, with `input` on its standard input. Returns the exit code, the standard
/// output and the standard error.
pub(crate) fn run_with(
    arguments: &[&str],
    files: &[(&str, impl AsRef<[u8]>)],
    input: &str,
) -> (Option<i32>, String, String) {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    finish(program(directory.path(), arguments), input)
}

/// Runs a program with `input` on its standard input.
pub(crate) fn finish(mut program: Command, input: &str) -> (Option<i32>, String, String) {
    let mut program = program.spawn().unwrap();
    if let Some(mut stdin) = program.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = program.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Compares with a file in `tests/`: see [`snapshot`].
#[track_caller]
pub(crate) fn compare(file: &str, found: &str) {
    snapshot(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file), found);
}
