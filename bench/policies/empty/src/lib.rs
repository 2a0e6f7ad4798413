//! Accepts every request without reading it.

// waPC requires entry points that return a `Result`; these cannot fail.
#![allow(clippy::unnecessary_wraps)]

use wapc_guest::{CallResult, register_function};

/// Called by the host once for each instance, before anything else.
// The host looks the function up by this name.
#[allow(unsafe_code)]
#[unsafe(no_mangle)]
pub extern "C" fn wapc_init() {
    register_function("validate", validate);
    register_function("validate_settings", validate_settings);
    register_function("protocol_version", protocol_version);
}

fn validate(_payload: &[u8]) -> CallResult {
    Ok(b"{\"accepted\":true}".to_vec())
}

fn validate_settings(_payload: &[u8]) -> CallResult {
    Ok(b"{\"valid\":true}".to_vec())
}

fn protocol_version(_payload: &[u8]) -> CallResult {
    Ok(b"\"v1\"".to_vec())
}
