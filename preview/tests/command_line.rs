//! The program as a user runs it, with a module that gives one answer to everything.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const REQUEST: &str = r#"{"uid":"u","operation":"CREATE","userInfo":{},"object":{},
    "kind":{"group":"","version":"v1","kind":"Pod"},
    "resource":{"group":"","version":"v1","resource":"pods"}}"#;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}\n";

/// A folder with a policy that returns `answer` from every entry point.
struct Workplace {
    folder: TempDir,
}

impl Workplace {
    fn with_policy(answer: &str) -> Self {
        let module = format!(
            r#"(module
                (import "wapc" "__guest_response" (func $answer (param i32 i32)))
                (memory (export "memory") 1)
                (data (i32.const 0) "{}")
                (func (export "__guest_call") (param i32 i32) (result i32)
                    (call $answer (i32.const 0) (i32.const {}))
                    (i32.const 1)))"#,
            answer.replace('"', "\\\""),
            answer.len()
        );
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.file("policy.wasm", &module);
        place
    }

    fn accepting() -> Self {
        Self::with_policy(r#"{"valid":true,"accepted":true,"warnings":["odd"]}"#)
    }

    fn rejecting() -> Self {
        Self::with_policy(r#"{"valid":true,"accepted":false,"message":"not this one [some-id]"}"#)
    }

    fn refusing_settings() -> Self {
        Self::with_policy(r#"{"valid":false,"message":"no such key"}"#)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs the program in the folder, with `input` on its standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Result {
        let mut program = Command::new(env!("CARGO_BIN_EXE_policy-preview"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = program.stdin.take().unwrap();
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Result::of(&program.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Result {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Result {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    fn assert(&self, code: i32, out: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), out), "{}", self.err);
    }

    #[track_caller]
    fn assert_error(&self, code: i32, message: &str) {
        assert_eq!((self.code, self.out.as_str()), (Some(code), ""), "{}", self.err);
        assert!(self.err.contains(message), "{}", self.err);
    }
}

#[test]
fn run_prints_an_acceptance_as_one_line() {
    Workplace::accepting().run(&["run", "--request-path", "-", "policy.wasm"], REQUEST).assert(
        0,
        "{\"uid\":\"u\",\"allowed\":true,\"auditAnnotations\":null,\"warnings\":[\"odd\"]}\n",
    );
}

#[test]
fn run_exits_with_0_on_a_rejection_too() {
    let place = Workplace::rejecting();
    place.file("request.json", &format!(r#"{{"kind":"AdmissionReview","request":{REQUEST}}}"#));
    place.run(&["run", "-r", "request.json", "policy.wasm"], "").assert(
        0,
        "{\"uid\":\"u\",\"allowed\":false,\"status\":{\"message\":\"not this one [some-id]\"},\
         \"auditAnnotations\":null,\"warnings\":null}\n",
    );
}

#[test]
fn run_fails_on_settings_that_do_not_validate() {
    Workplace::refusing_settings()
        .run(&["run", "-r", "-", "--settings-json", "{}", "policy.wasm"], REQUEST)
        .assert_error(1, "Error: Provided settings are not valid: no such key\n");
}

#[test]
fn run_names_the_file_it_cannot_use() {
    let place = Workplace::accepting();
    place.file("settings.yml", "a: [1\n");
    let settings = ["run", "-r", "-", "-s", "settings.yml", "policy.wasm"];
    place.run(&settings, REQUEST).assert_error(1, "Error: settings.yml: cannot parse the settings");
    let request = ["run", "-r", "missing.json", "policy.wasm"];
    place.run(&request, "").assert_error(1, "Error: cannot read missing.json: ");
}

#[test]
fn run_tells_of_exchanges_that_were_not_used() {
    let place = Workplace::accepting();
    place.file(
        "session.yml",
        "- type: Exchange\n  request: |\n    !KubernetesGetResource\n    api_version: v1\n    \
         kind: ServiceAccount\n    name: api\n    namespace: a\n    disable_cache: true\n  \
         response: {type: Success, payload: '{}'}\n",
    );
    let replay = "--replay-host-capabilities-interactions";
    let arguments =
        ["run", "-r", "-", "--allow-context-aware", replay, "session.yml", "policy.wasm"];
    let result = place.run(&arguments, REQUEST);
    assert_eq!(result.code, Some(0), "{}", result.err);
    assert!(result.err.contains("the policy did not ask for"), "{}", result.err);
}

#[test]
fn an_unknown_flag_is_refused() {
    Workplace::accepting()
        .run(&["run", "-r", "-", "--raw", "policy.wasm"], REQUEST)
        .assert_error(2, "unexpected argument '--raw'");
}

#[test]
fn manifests_that_pass_exit_with_0() {
    Workplace::accepting().run(&["manifests", "-"], POD).assert(
        0,
        "Pod default/a  (standard input, document 1)\n  accepted\n  warning: odd\n\n\
         1 object judged: 1 accepted as they are, 0 with an AWS identity injected, 0 rejected; 1 warning.\n",
    );
}

#[test]
fn manifests_that_are_rejected_exit_with_1() {
    let place = Workplace::rejecting();
    place.file("pod.yaml", POD);
    place.run(&["manifests", "pod.yaml"], "").assert(
        1,
        "Pod default/a  (pod.yaml, document 1)\n  REJECTED:\n    not this one [some-id]\n\n\
         1 object judged: 0 accepted as they are, 0 with an AWS identity injected, 1 rejected; 0 warnings.\n",
    );
}

#[test]
fn manifests_that_cannot_be_read_exit_with_2_and_name_the_document() {
    Workplace::accepting()
        .run(&["manifests", "-"], &format!("{POD}---\nkind: Pod\n"))
        .assert_error(2, "Error: standard input, document 2: the object has no apiVersion\n");
}

#[test]
fn manifests_need_settings_that_the_policy_accepts() {
    Workplace::refusing_settings()
        .run(&["manifests", "-"], POD)
        .assert_error(2, "Error: the policy refuses these settings: no such key\n");
}

#[test]
fn manifests_need_a_policy() {
    let result = Workplace::accepting().run(&["manifests", "--policy", "other.wasm", "-"], POD);
    result.assert_error(2, "--policy");
    result.assert_error(2, "other.wasm");
}
