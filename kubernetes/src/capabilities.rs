//! The calls of a policy to its host while it evaluates an admission request.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// The request for one Kubernetes object, as the policy sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetResourceRequest {
    /// `v1`, or `group/version`.
    pub api_version: String,
    /// Singular kind, as in manifests.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace of the object; `None` for cluster-scoped kinds.
    pub namespace: Option<String>,
    /// Whether the host must ask the API server although it may have an answer from seconds ago.
    pub disable_cache: bool,
    /// Dotted paths of the wanted fields; `None` and the empty set mean the whole object.
    pub field_masks: Option<BTreeSet<String>>,
}

/// A host's answers to a policy.
///
/// Errors are texts, because the guest gets only a text. An error of [`get_resource`](Self::get_resource) is the cause alone:
/// [`host_call`](Self::host_call) adds the prefix of the host.
pub trait HostCapabilities: Send + Sync {
    /// Whether the policy was granted access to this kind (`contextAwareResources` of a deployed policy).
    fn grants(&self, api_version: &str, kind: &str) -> bool;

    /// The requested object, as JSON text.
    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String>;

    /// Takes one log entry of the policy (JSON text); does nothing unless overridden.
    fn log(&self, _entry: &[u8]) {}

    /// Answers any host call of the guest. The default implementation knows `kubernetes/get_resource` and
    /// `tracing/log`, and fails on everything else with the texts of the real host.
    fn host_call(
        &self,
        binding: &str,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        if binding != "kubewarden" {
            return Err(format!("unknown binding: {binding}"));
        }
        match (namespace, operation) {
            ("tracing", "log") => {
                self.log(payload);
                Ok(Vec::new())
            }
            ("kubernetes", "get_resource") => {
                let request: GetResourceRequest =
                    serde_json::from_slice(payload).map_err(|error| error.to_string())?;
                if !self.grants(&request.api_version, &request.kind) {
                    return Err(access_not_granted(&request));
                }
                self.get_resource(&request)
                    .map_err(|cause| format!("Callback evaluation failure: {cause}"))
            }
            ("tracing" | "kubernetes", _) => Err(format!("unknown operation: {operation}")),
            _ => Err(format!("unknown namespace: {namespace}")),
        }
    }
}

/// The host's text for a kind that is missing from the policy's `contextAwareResources`.
fn access_not_granted(request: &GetResourceRequest) -> String {
    format!(
        "Policy has not been granted access to Kubernetes {}/{} resources. \
         The violation has been reported.",
        request.api_version, request.kind
    )
}

/// A host without a cluster, which grants no access: for calls that must not depend on a cluster.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCapabilities;

impl HostCapabilities for NoCapabilities {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        false
    }

    fn get_resource(&self, _request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        Err("there is no cluster here".to_owned())
    }
}

/// One call of a policy to its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCall {
    /// Binding, namespace and operation.
    pub function: [String; 3],
    /// The payload as the policy sent it.
    pub payload: Vec<u8>,
}

/// Records the calls of a policy, which another host answers.
#[derive(Debug, Default)]
pub struct Recorded<H> {
    inner: H,
    calls: Mutex<Vec<HostCall>>,
}

impl<H> Recorded<H> {
    /// Wraps a host.
    pub fn new(inner: H) -> Self {
        Self { inner, calls: Mutex::default() }
    }

    /// The calls so far, in order, including those that were refused.
    pub fn calls(&self) -> Vec<HostCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The objects that were looked up so far, in order.
    pub fn requests(&self) -> Vec<GetResourceRequest> {
        let lookups = self.payloads("kubernetes", "get_resource").into_iter();
        lookups.filter_map(|payload| serde_json::from_slice(&payload).ok()).collect()
    }

    /// The log entries so far, each as the JSON text that the policy sent.
    pub fn log_entries(&self) -> Vec<String> {
        let entries = self.payloads("tracing", "log").into_iter();
        entries.map(|entry| String::from_utf8_lossy(&entry).into_owned()).collect()
    }

    fn payloads(&self, namespace: &str, operation: &str) -> Vec<Vec<u8>> {
        let mut calls = self.calls();
        calls.retain(|call| call.function[1..] == [namespace, operation]);
        calls.into_iter().map(|call| call.payload).collect()
    }
}

impl<H: HostCapabilities> HostCapabilities for Recorded<H> {
    fn grants(&self, api_version: &str, kind: &str) -> bool {
        self.inner.grants(api_version, kind)
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        self.inner.get_resource(request)
    }

    fn log(&self, entry: &[u8]) {
        self.inner.log(entry);
    }

    fn host_call(
        &self,
        binding: &str,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        let function = [binding, namespace, operation].map(str::to_owned);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(HostCall { function, payload: payload.to_vec() });
        drop(calls);
        self.inner.host_call(binding, namespace, operation, payload)
    }
}

impl<H: HostCapabilities + ?Sized> HostCapabilities for Arc<H> {
    fn grants(&self, api_version: &str, kind: &str) -> bool {
        (**self).grants(api_version, kind)
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        (**self).get_resource(request)
    }

    fn log(&self, entry: &[u8]) {
        (**self).log(entry);
    }

    fn host_call(
        &self,
        binding: &str,
        namespace: &str,
        operation: &str,
        payload: &[u8],
    ) -> Result<Vec<u8>, String> {
        (**self).host_call(binding, namespace, operation, payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKUP: &[u8] = br#"{"api_version":"v1","kind":"ServiceAccount","name":"api",
        "namespace":"payments","disable_cache":true,"field_masks":["metadata.annotations"]}"#;

    #[test]
    fn a_kind_that_was_not_granted_is_refused_with_the_text_of_the_host() {
        let answer = NoCapabilities.host_call("kubewarden", "kubernetes", "get_resource", LOOKUP);
        assert_eq!(
            answer.unwrap_err(),
            "Policy has not been granted access to Kubernetes v1/ServiceAccount resources. \
             The violation has been reported."
        );
    }

    #[test]
    fn capabilities_that_do_not_exist_are_refused_by_name() {
        let call = |binding, namespace, operation| {
            NoCapabilities.host_call(binding, namespace, operation, b"").unwrap_err()
        };
        assert_eq!(call("other", "", ""), "unknown binding: other");
        assert_eq!(call("kubewarden", "oci", "x"), "unknown namespace: oci");
        assert_eq!(call("kubewarden", "kubernetes", "x"), "unknown operation: x");
    }

    #[test]
    fn lookups_and_log_entries_are_recorded() {
        let host = Recorded::new(NoCapabilities);
        let _ = host.host_call("kubewarden", "kubernetes", "get_resource", LOOKUP);
        let _ = host.host_call("kubewarden", "tracing", "log", b"{}");
        assert_eq!(host.requests()[0].name, "api");
        assert_eq!(host.log_entries(), ["{}"]);
    }
}
