//! The program as a user runs it, with a module that gives one answer to everything.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
};

const REQUEST: &str = r#"{"uid":"u","operation":"CREATE","userInfo":{},"object":{},
    "kind":{"group":"","version":"v1","kind":"Pod"},
    "resource":{"group":"","version":"v1","resource":"pods"}}"#;

/// A module that returns `answer` from every entry point.
fn module(answer: &str) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32], []);
    types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("wapc", "__guest_response", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("__guest_call", ExportKind::Func, 1);
    let mut entry_point = Function::new([]);
    let length = i32::try_from(answer.len()).unwrap();
    entry_point.instructions().i32_const(0).i32_const(length).call(0).i32_const(1).end();
    let mut code = CodeSection::new();
    code.function(&entry_point);
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), answer.bytes());
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&memories);
    module.section(&exports).section(&code).section(&data);
    module.finish()
}

/// A directory with a policy that returns `answer` from every entry point.
struct Directory {
    directory: TempDir,
}

impl Directory {
    fn with_policy(answer: &str) -> Self {
        let directory = Self { directory: tempfile::tempdir().unwrap() };
        std::fs::write(directory.directory.path().join("policy.wasm"), module(answer)).unwrap();
        directory
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
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs the program in the directory, with `input` on its standard input.
    fn run(&self, arguments: &[&str], input: &str) -> Result {
        let mut program = Command::new(env!("CARGO_BIN_EXE_policy-host"))
            .args(arguments)
            .current_dir(self.directory.path())
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
    Directory::accepting().run(&["run", "--request-path", "-", "policy.wasm"], REQUEST).assert(
        0,
        "{\"uid\":\"u\",\"allowed\":true,\"auditAnnotations\":null,\"warnings\":[\"odd\"]}\n",
    );
}

#[test]
fn run_exits_with_0_on_a_rejection_too() {
    let directory = Directory::rejecting();
    directory.file("request.json", &format!(r#"{{"kind":"AdmissionReview","request":{REQUEST}}}"#));
    directory.run(&["run", "-r", "request.json", "policy.wasm"], "").assert(
        0,
        "{\"uid\":\"u\",\"allowed\":false,\"status\":{\"message\":\"not this one [some-id]\"},\
         \"auditAnnotations\":null,\"warnings\":null}\n",
    );
}

#[test]
fn run_fails_on_settings_that_do_not_validate() {
    Directory::refusing_settings()
        .run(&["run", "-r", "-", "--settings-json", "{}", "policy.wasm"], REQUEST)
        .assert_error(1, "Error: Provided settings are not valid: no such key\n");
}

#[test]
fn run_names_the_file_it_cannot_use() {
    let directory = Directory::accepting();
    directory.file("settings.yml", "a: [1\n");
    let settings = ["run", "-r", "-", "-s", "settings.yml", "policy.wasm"];
    directory
        .run(&settings, REQUEST)
        .assert_error(1, "Error: settings.yml: cannot parse the settings");
    let request = ["run", "-r", "missing.json", "policy.wasm"];
    directory.run(&request, "").assert_error(1, "Error: cannot read missing.json: ");
}

#[test]
fn run_reports_exchanges_that_were_not_used() {
    let directory = Directory::accepting();
    directory.file(
        "session.yml",
        "- type: Exchange\n  request: |\n    !KubernetesGetResource\n    api_version: v1\n    \
         kind: ServiceAccount\n    name: api\n    namespace: a\n    disable_cache: true\n  \
         response: {type: Success, payload: '{}'}\n",
    );
    let replay = "--replay-host-capabilities-interactions";
    let arguments =
        ["run", "-r", "-", "--allow-context-aware", replay, "session.yml", "policy.wasm"];
    let result = directory.run(&arguments, REQUEST);
    assert_eq!(result.code, Some(0), "{}", result.err);
    assert!(result.err.contains("the policy did not make this recorded request"), "{}", result.err);
}

#[test]
fn an_unknown_flag_is_refused() {
    Directory::accepting()
        .run(&["run", "-r", "-", "--raw", "policy.wasm"], REQUEST)
        .assert_error(2, "unexpected argument '--raw'");
}
