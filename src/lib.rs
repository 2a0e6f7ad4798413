//! The interface of the module to the policy server: three entry points and the calls to the host.
//!
//! Each request gets a new instance of the module, so it keeps no state between calls.

// The type of entry points in waPC returns a `Result`, but these entry points do not fail.
#![allow(clippy::unnecessary_wraps)]

use aws_pod_identity_core as core;
use wapc_guest::{CallResult, host_call, register_function};

/// It frees nothing, because an instance serves one request. `growth.rs` of the benchmark's tests limits the memory for
/// hostile input.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: mini_alloc::MiniAlloc = mini_alloc::MiniAlloc::INIT;

/// Called by the host once for each instance, before anything else.
// The host looks the function up by this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings);
    register_function("protocol_version", protocol_version);
}

fn validate(payload: &[u8]) -> CallResult {
    let response = core::validate(payload, &mut |query| {
        // kwctl looks for these names in the module when it checks `hostCapabilities`.
        host_call("kubewarden", "kubernetes", "get_resource", query)
            .map_err(|error| error.to_string())
    });
    if let Some(event) = response.log {
        // The decision must not depend on whether it can be logged.
        let _ = host_call("kubewarden", "tracing", "log", &event);
    }
    Ok(response.body)
}

fn validate_settings(payload: &[u8]) -> CallResult {
    Ok(core::validate_settings(payload))
}

fn protocol_version(_payload: &[u8]) -> CallResult {
    Ok(core::PROTOCOL_VERSION.to_vec())
}
