//! Evaluation by the core, in this process.

use aws_pod_identity_core as core;
use aws_pod_identity_kubernetes::answer::ValidationResponse;
use aws_pod_identity_kubernetes::capabilities::HostCapabilities;

use crate::answer::CheckedAnswer;

/// The policy's answer, and its calls to the host.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The response as it is written.
    pub body: Vec<u8>,
    /// The lookups, as JSON.
    pub queries: Vec<String>,
    /// The events that were logged, as JSON.
    pub log: Vec<String>,
}

impl Answer {
    /// The response, after the checks that every answer must pass.
    #[track_caller]
    pub fn checked(&self) -> CheckedAnswer {
        CheckedAnswer::new(&self.body, &self.log)
    }

    /// The response as the policy server reads it.
    pub fn response(&self) -> ValidationResponse {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// Evaluates a payload with the core.
pub fn ask_library(payload: &[u8], host: &dyn HostCapabilities) -> Answer {
    let mut queries = Vec::new();
    let response = core::validate(payload, &mut |query| {
        queries.push(String::from_utf8(query.to_vec()).unwrap());
        // `wapc_guest` puts this prefix before the host's text.
        host.host_call("kubewarden", "kubernetes", "get_resource", query)
            .map_err(|text| format!("Host error: {text}"))
    });
    let log = response.log.map(|event| String::from_utf8(event).unwrap());
    Answer { body: response.body, queries, log: log.into_iter().collect() }
}
