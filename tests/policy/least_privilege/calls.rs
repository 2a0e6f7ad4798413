//! Calls of the module that record every host call and every function of WASI.

use std::sync::{Arc, Mutex};

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};

use crate::engine::POLICY;

/// The result of one call.
pub(crate) struct Call {
    /// The answer of the guest, or its error.
    pub(crate) answer: Result<Vec<u8>, String>,
    /// The functions of WASI that were called, in order.
    pub(crate) wasi: Vec<&'static str>,
    pub(crate) host_calls: Vec<HostCall>,
}

/// A call from the guest to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostCall {
    /// Binding, namespace and operation.
    pub(crate) function: [String; 3],
    pub(crate) payload: Vec<u8>,
}

/// Records host calls and leaves the answers to the host inside.
struct Recorder {
    host: Arc<dyn HostCapabilities>,
    calls: Mutex<Vec<HostCall>>,
}

impl HostCapabilities for Recorder {
    fn grants(&self, api_version: &str, kind: &str) -> bool {
        self.host.grants(api_version, kind)
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        self.host.get_resource(request)
    }

    fn host_call(
        &self,
        binding: &str,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        let function = [binding, namespace, operation].map(str::to_owned);
        self.calls.lock().unwrap().push(HostCall { function, payload: payload.to_vec() });
        self.host.host_call(binding, namespace, operation, payload)
    }
}

/// Calls an operation of a fresh instance.
pub(crate) fn call(operation: &str, payload: &[u8], host: Arc<dyn HostCapabilities>) -> Call {
    let recorder = Arc::new(Recorder { host, calls: Mutex::default() });
    let mut instance = POLICY.instantiate(Arc::clone(&recorder) as _).unwrap();
    let answer = match instance.call(operation, payload) {
        Ok(answer) => Ok(answer),
        Err(policy_host::policy::CallError::Guest(error)) => Err(error),
        Err(error) => panic!("{operation}: {error}"),
    };
    let host_calls = recorder.calls.lock().unwrap().clone();
    Call { answer, wasi: instance.wasi_calls().to_vec(), host_calls }
}
