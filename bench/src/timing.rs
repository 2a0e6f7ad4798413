//! Measures the time of calls in the engine of the policy server, with a new instance for each request, as there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use policy_host::policy::Policy;

/// A host that answers immediately, with the same answer each time.
#[derive(Clone, Debug)]
pub struct Immediate(pub Vec<u8>);

impl HostCapabilities for Immediate {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        true
    }

    fn get_resource(&self, _request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }

    // The query is not parsed.
    fn host_call(&self, _: &str, _: &str, operation: &str, _: &[u8]) -> Result<Vec<u8>, String> {
        Ok(if operation == "get_resource" { self.0.clone() } else { Vec::new() })
    }
}

/// The two parts of a request.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Creating the instance.
    pub instantiate: Duration,
    /// The call.
    pub call: Duration,
}

/// Evaluates one request. The time to drop the instance is not measured.
pub fn time_request(
    policy: &Policy,
    payload: &[u8],
    host: &Arc<Immediate>,
) -> anyhow::Result<Timing> {
    let start = Instant::now();
    let mut instance = policy.instantiate(Arc::clone(host) as Arc<dyn HostCapabilities>)?;
    let ready = Instant::now();
    instance.call("validate", payload)?;
    let call = ready.elapsed();
    Ok(Timing { instantiate: ready - start, call })
}

/// The medians of many timings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Medians {
    /// Creating the instance.
    pub instantiate: Duration,
    /// The call.
    pub call: Duration,
    /// Both, of the same request.
    pub both: Duration,
}

impl Medians {
    /// Calculates the medians.
    pub fn of(timings: &[Timing]) -> Self {
        Self {
            instantiate: median(timings.iter().map(|timing| timing.instantiate).collect()),
            call: median(timings.iter().map(|timing| timing.call).collect()),
            both: median(timings.iter().map(|timing| timing.instantiate + timing.call).collect()),
        }
    }
}

/// The median; zero if there are no times.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
