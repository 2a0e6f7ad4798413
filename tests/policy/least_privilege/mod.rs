//! The promises of `SECURITY.md` about what the module imports, looks up and shows, verified on `policy.wasm` itself.

mod calls;
mod lookups;
mod secrets;

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::NoCapabilities;
use serde_json::{Value, json};

use crate::engine::POLICY;
use calls::call;

/// The functions of waPC: to read the request, to write the answer or an error, and to call the host.
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

/// The functions of WASI that the module may import, in alphabetical order, with the reason.
///
/// No files, sockets, clocks or arguments. Hosts give the module an empty WASI context anyway.
const WASI_IMPORTS: [&str; 5] = [
    // The standard library's panic handler looks for RUST_BACKTRACE. wasi-libc reads the whole environment to find
    // one variable, which takes both functions. Never reached without a panic.
    "environ_get",
    "environ_sizes_get",
    // The panic handler writes its message to the standard error. Never reached without a panic.
    "fd_write",
    // wasi-libc exits if the environment cannot be read. Never reached without a panic.
    "proc_exit",
    // waPC's guest library keeps the entry points in a HashMap, whose hashes start from a random seed. It is the
    // only function that is called, once per instance. No decision depends on it.
    "random_get",
];

#[test]
fn the_module_imports_only_wapc_and_the_listed_functions_of_wasi() {
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
fn the_module_exports_only_the_entry_points_of_wapc() {
    let module = POLICY.module();
    let exports: BTreeSet<&str> = module.exports().map(|export| export.name()).collect();
    // The memory for requests, the initialization, and the entry point.
    assert_eq!(exports, BTreeSet::from(["__guest_call", "memory", "wapc_init"]));
}

#[test]
fn settings_and_the_protocol_version_call_random_get_only() {
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
fn an_unknown_operation_is_an_error_and_not_a_panic() {
    let call = call("no_such_operation", b"", Arc::new(NoCapabilities));
    assert_eq!(call.answer.unwrap_err(), "No handler registered for function no_such_operation");
    assert_eq!(call.wasi, ["random_get"]);
}
