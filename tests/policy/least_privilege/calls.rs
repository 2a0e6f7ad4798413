//! Calls of the module that record every host call and every function of WASI.

use std::sync::Arc;

use aws_pod_identity_kubernetes::capabilities::{HostCall, HostCapabilities, Recorded};
use policy_host::policy::CallError;

use crate::engine::POLICY;

/// The result of one call.
pub(crate) struct Call {
    /// The answer of the guest, or its error.
    pub(crate) answer: Result<Vec<u8>, String>,
    /// The functions of WASI that were called, in order.
    pub(crate) wasi: Vec<&'static str>,
    pub(crate) host_calls: Vec<HostCall>,
}

/// Calls an operation of a new instance.
pub(crate) fn call(operation: &str, payload: &[u8], host: Arc<dyn HostCapabilities>) -> Call {
    let host = Arc::new(Recorded::new(host));
    let mut instance = POLICY.instantiate(Arc::clone(&host) as _).unwrap();
    let answer = match instance.call(operation, payload) {
        Ok(answer) => Ok(answer),
        Err(CallError::Guest(error)) => Err(error),
        Err(error) => panic!("{operation}: {error}"),
    };
    Call { answer, wasi: instance.wasi_calls().to_vec(), host_calls: host.calls() }
}
