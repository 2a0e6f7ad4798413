//! What the module can do, what it asks for, and what it tells: each as little as possible.
//!
//! A reader of `SECURITY.md` is promised these things; here they are held on `policy.wasm` itself.

#![allow(unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod engine;
mod every_case;
mod secrets;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::NoCapabilities;
use engine::call;
use serde_json::{Value, json};
use support::POLICY;

/// Functions of the host's side of waPC: a request in, an answer or an error out, and calls to the host.
const WAPC: [&str; 8] = [
    "__guest_request",
    "__guest_response",
    "__guest_error",
    "__host_call",
    "__host_response_len",
    "__host_response",
    "__host_error_len",
    "__host_error",
];

/// The functions of WASI that the module may import, in the order of the alphabet, and why it does.
///
/// No files, no sockets, no clocks, no arguments. Hosts give such a module an empty WASI context all the same.
const WASI_IMPORTS: [&str; 5] = [
    // The standard library's panic handler looks for RUST_BACKTRACE. wasi-libc reads the whole environment to find
    // one variable, which takes both functions. Never reached without a panic.
    "environ_get",
    "environ_sizes_get",
    // The panic handler writes its message to the standard error. Never reached without a panic.
    "fd_write",
    // wasi-libc gives up if the environment cannot be read, on the same way. Never reached without a panic.
    "proc_exit",
    // waPC's guest library keeps the entry points in a HashMap, whose hashes start from a random seed. The only one
    // that is called: once by every instance, when it registers the entry points. No decision depends on it.
    "random_get",
];

#[test]
fn the_module_imports_nothing_but_wapc_and_the_listed_functions_of_wasi() {
    let mut expected: Vec<(&str, &str)> = WAPC.map(|name| ("wapc", name)).to_vec();
    expected.extend(WASI_IMPORTS.map(|name| ("wasi_snapshot_preview1", name)));
    expected.sort_unstable();
    let module = POLICY.module();
    let mut imports: Vec<(&str, &str)> =
        module.imports().map(|import| (import.module(), import.name())).collect();
    imports.sort_unstable();
    assert_eq!(imports, expected);
}

#[test]
fn the_module_exports_what_wapc_needs_and_nothing_else() {
    let module = POLICY.module();
    let exports: BTreeSet<&str> = module.exports().map(|export| export.name()).collect();
    // The memory that requests are written into, the initialisation, and the door to the entry points.
    assert_eq!(exports, BTreeSet::from(["__guest_call", "memory", "wapc_init"]));
}

#[test]
fn settings_and_the_protocol_version_need_nothing_but_the_seed_of_a_hash_map() {
    let settings = json!({
        "region": "eu-west-1",
        "roleMap": {"namespace": "kube-system"},
        "allowedRoles": [{"namespaces": ["*"], "roleArns": ["arn:aws:iam::123456789012:role/{namespace}/*"]}],
        "findings": {"host-network": "reject"},
    });
    for (operation, payload) in [
        ("validate_settings", settings.to_string()),
        ("validate_settings", "{}".to_owned()),
        ("validate_settings", json!({"regoin": 1, "mountPath": "relative"}).to_string()),
        ("validate_settings", "no JSON".to_owned()),
        ("protocol_version", String::new()),
    ] {
        let call = call(operation, payload.as_bytes(), Arc::new(NoCapabilities));
        assert_eq!(call.wasi, ["random_get"], "{operation} {payload}");
        assert_eq!(call.host_calls, [], "{operation} {payload}");
        assert!(serde_json::from_slice::<Value>(&call.answer.unwrap()).is_ok());
    }
}

#[test]
fn an_unknown_operation_is_an_error_and_no_panic() {
    let call = call("no_such_operation", b"", Arc::new(NoCapabilities));
    assert_eq!(call.answer.unwrap_err(), "No handler registered for function no_such_operation");
    assert_eq!(call.wasi, ["random_get"]);
}
