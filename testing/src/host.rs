//! Hosts for tests, in addition to the cluster in memory of `kubernetes/`.

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};

/// A host with access to everything, whose lookups a function answers.
#[derive(Clone, Copy, Debug)]
pub struct Host<F>(pub F);

impl<F> HostCapabilities for Host<F>
where
    F: Fn(&GetResourceRequest) -> Result<Vec<u8>, String> + Send + Sync,
{
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        (self.0)(request)
    }
}

/// A host that answers every lookup with this.
pub fn answers(answer: impl Into<Vec<u8>>) -> impl HostCapabilities + Clone + 'static {
    let answer = answer.into();
    Host(move |_: &GetResourceRequest| Ok(answer.clone()))
}

/// A host whose lookups fail with this text, after the prefix of a failed callback.
pub fn fails(cause: impl Into<String>) -> impl HostCapabilities + Clone + 'static {
    let cause = cause.into();
    Host(move |_: &GetResourceRequest| Err(cause.clone()))
}

/// A host that denies every call with this text, before the lookup and without the prefix of a failed callback.
#[derive(Clone, Copy, Debug)]
pub struct DeniesCalls(pub &'static str);

impl HostCapabilities for DeniesCalls {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        false
    }

    fn get_resource(&self, _request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        panic!("denied before the lookup")
    }

    fn host_call(&self, _: &str, namespace: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        // Logging is not restricted.
        if namespace == "tracing" { Ok(Vec::new()) } else { Err(self.0.to_owned()) }
    }
}
