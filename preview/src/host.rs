//! The engine: a module compiled once, and a fresh instance of it for every call.
//!
//! Nothing survives from one call to the next, as on the policy server, so what passes here cannot
//! depend on state that the guest left behind.

mod deadline;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kubewarden_policy_sdk::metadata::ProtocolVersion;
use kubewarden_policy_sdk::settings::SettingsValidationResponse;
use serde::Serialize;
use serde_json::Value;
use wapc::{WapcHost, errors::Error as WapcError};
use wasmtime_provider::{
    EpochDeadlines, WasmtimeEngineProviderBuilder, WasmtimeEngineProviderPre, wasmtime,
};

use crate::admission::{AdmissionRequest, AdmissionResponse};
use crate::capabilities::{HostCapabilities, NoCapabilities};

/// How long one call may take: the policy server's default.
pub const TIME_LIMIT: Duration = Duration::from_secs(2);

/// The text that the engine leaves when it stops a guest whose time is up (it has no typed error).
const INTERRUPTED: &str = "guest code interrupted, execution deadline exceeded";

/// Why a module could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file could not be read.
    #[error("cannot read the policy module {path}: {error}")]
    Read {
        /// The file, as it was given.
        path: String,
        /// What the operating system says.
        error: std::io::Error,
    },
    /// The bytes are not a module that the engine accepts.
    #[error("cannot compile the policy module: {0:#}")]
    Compile(wasmtime::Error),
    /// The module wants imports that a Kubewarden host does not have.
    #[error("cannot link the policy module: {0}")]
    Link(wasmtime_provider::errors::Error),
}

/// Why a call gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The guest was stopped because it took longer than [`TIME_LIMIT`].
    #[error("Guest call failure: {INTERRUPTED}")]
    TimeLimit,
    /// The guest stopped in a trap: a panic, an unreachable instruction, memory exhausted.
    #[error("Guest call failure: {0}")]
    Trap(String),
    /// The guest answered with an error of its own.
    #[error("Guest call failure: {0}")]
    Guest(String),
    /// No instance could be made, or its initialisation failed.
    #[error("{0}")]
    Instance(String),
}

/// A compiled policy, ready to be called any number of times and from several threads.
pub struct Policy {
    instance: WasmtimeEngineProviderPre,
}

impl Policy {
    /// Reads and compiles the module at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| LoadError::Read { path: path.display().to_string(), error })?;
        Self::from_bytes(&bytes)
    }

    /// Compiles a module (binary, or WebAssembly text).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).map_err(LoadError::Compile)?;
        let module = wasmtime::Module::new(&engine, bytes).map_err(LoadError::Compile)?;
        deadline::tick(&engine);
        let instance = WasmtimeEngineProviderBuilder::new()
            .engine(engine)
            .module(module)
            .build_pre()
            .map_err(LoadError::Link)?;
        Ok(Self { instance })
    }

    /// Makes a fresh instance and initialises it (`wapc_init`). What it asks of its host, `host` answers.
    pub fn instantiate(&self, host: Arc<dyn HostCapabilities>) -> Result<Instance, CallError> {
        let ticks = deadline::ticks(TIME_LIMIT);
        let engine = self
            .instance
            .rehydrate(Some(EpochDeadlines { wapc_init: ticks, wapc_func: ticks }))
            .map_err(|error| CallError::Instance(error.to_string()))?;
        let callback =
            move |_id: u64, binding: &str, namespace: &str, operation: &str, payload: &[u8]| {
                host.host_call(binding, namespace, operation, payload).map_err(Into::into)
            };
        WapcHost::new(Box::new(engine), Some(Box::new(callback)))
            .map(Instance)
            .map_err(|error| CallError::Instance(error.to_string()))
    }

    /// Calls one entry point of a fresh instance: raw bytes in, raw bytes out.
    pub fn call(
        &self,
        operation: &str,
        payload: &[u8],
        host: Arc<dyn HostCapabilities>,
    ) -> Result<Vec<u8>, CallError> {
        self.instantiate(host)?.call(operation, payload)
    }

    /// Judges a request and turns the policy's answer into the response an API server would get.
    pub fn validate(
        &self,
        request: &AdmissionRequest,
        settings: &Value,
        host: Arc<dyn HostCapabilities>,
    ) -> AdmissionResponse {
        let answer = match validate_payload(request, settings) {
            Ok(payload) => self.call("validate", &payload, host),
            Err(error) => {
                return AdmissionResponse::internal_error(&request.uid, &error.to_string());
            }
        };
        AdmissionResponse::from_call(&request.uid, request.object.as_ref(), answer)
    }

    /// Asks the policy whether it accepts these settings. Errors of the call are reported as invalid settings,
    /// as the host does.
    pub fn validate_settings(&self, settings: &Value) -> SettingsValidationResponse {
        let host: Arc<dyn HostCapabilities> = Arc::new(NoCapabilities);
        let answer = self
            .call("validate_settings", settings.to_string().as_bytes(), host)
            .map_err(|error| error.to_string())
            .and_then(|answer| serde_json::from_slice(&answer).map_err(|error| error.to_string()));
        answer.unwrap_or_else(|error| SettingsValidationResponse {
            valid: false,
            message: Some(format!("the policy could not be asked: {error}")),
        })
    }

    /// The version of the waPC protocol that the policy says it speaks.
    pub fn protocol_version(&self) -> Result<ProtocolVersion, CallError> {
        let host: Arc<dyn HostCapabilities> = Arc::new(NoCapabilities);
        let answer = self.call("protocol_version", b"", host)?;
        ProtocolVersion::try_from(answer).map_err(|error| CallError::Guest(error.to_string()))
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").finish_non_exhaustive()
    }
}

/// One instance of a policy. The policy server makes one for every request and drops it afterwards.
#[derive(Debug)]
pub struct Instance(WapcHost);

impl Instance {
    /// Calls one entry point: raw bytes in, raw bytes out.
    pub fn call(&self, operation: &str, payload: &[u8]) -> Result<Vec<u8>, CallError> {
        self.0.call(operation, payload).map_err(call_error)
    }
}

#[derive(Serialize)]
struct ValidatePayload<'a> {
    request: &'a AdmissionRequest,
    settings: &'a Value,
}

/// The bytes that the policy server sends to `validate`. It holds objects in sorted maps, so the keys of every
/// object arrive in alphabetical order, whatever their order was in the manifest.
pub fn validate_payload(
    request: &AdmissionRequest,
    settings: &Value,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut payload = serde_json::to_value(ValidatePayload { request, settings })?;
    payload.sort_all_objects();
    serde_json::to_vec(&payload)
}

fn call_error(error: WapcError) -> CallError {
    match error {
        WapcError::GuestCallFailure(text) if text.contains(INTERRUPTED) => CallError::TimeLimit,
        WapcError::GuestCallFailure(text) if is_trap(&text) => CallError::Trap(text),
        WapcError::GuestCallFailure(text) => CallError::Guest(text),
        other => CallError::Instance(other.to_string()),
    }
}

/// The engine hands traps over as text only; this is how that text starts.
fn is_trap(text: &str) -> bool {
    text.starts_with("error while executing at wasm backtrace") || text.starts_with("wasm trap")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn endless() -> Policy {
        let module = r#"(module
            (func (export "wapc_init"))
            (func (export "__guest_call") (param i32 i32) (result i32) (loop (br 0)) (i32.const 0)))"#;
        Policy::from_bytes(module.as_bytes()).unwrap()
    }

    fn trapping() -> Policy {
        let module = r#"(module
            (func (export "__guest_call") (param i32 i32) (result i32) unreachable))"#;
        Policy::from_bytes(module.as_bytes()).unwrap()
    }

    fn nobody() -> Arc<dyn HostCapabilities> {
        Arc::new(NoCapabilities)
    }

    #[test]
    fn a_guest_that_never_ends_is_stopped() {
        let error = endless().call("validate", b"{}", nobody()).unwrap_err();
        assert!(matches!(error, CallError::TimeLimit), "{error:?}");
    }

    #[test]
    fn a_trap_is_told_from_an_error_of_the_guest() {
        let error = trapping().call("validate", b"{}", nobody()).unwrap_err();
        assert!(matches!(error, CallError::Trap(_)), "{error:?}");
    }

    #[test]
    fn a_policy_can_be_called_from_several_threads() {
        let policy = trapping();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| policy.call("validate", b"{}", nobody()).unwrap_err());
            }
        });
    }

    #[test]
    fn a_payload_has_its_keys_in_alphabetical_order() {
        let request = AdmissionRequest::from_value(json!({
            "uid": "1", "operation": "CREATE", "userInfo": {}, "object": {"spec": {}, "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
        }));
        let payload = validate_payload(&request.unwrap(), &json!({"b": 1, "a": 2})).unwrap();
        assert_eq!(
            String::from_utf8(payload).unwrap(),
            r#"{"request":{"kind":{"group":"","kind":"Pod","version":"v1"},"object":{"kind":"Pod","spec":{}},"operation":"CREATE","resource":{"group":"","resource":"pods","version":"v1"},"uid":"1","userInfo":{}},"settings":{"a":2,"b":1}}"#
        );
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        let error = Policy::from_bytes(b"not a module").unwrap_err();
        assert!(error.to_string().starts_with("cannot compile the policy module"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Policy::load("no/such/policy.wasm").unwrap_err();
        assert!(error.to_string().contains("no/such/policy.wasm"), "{error}");
    }
}
