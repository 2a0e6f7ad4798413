//! Replays a recorded session: the file that `kwctl run --record-host-capabilities-interactions` writes.
//!
//! The exchanges are answered in their order. A request that differs in any field from the next recorded one fails, and that
//! exchange is not used again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use aws_pod_identity_kubernetes::capabilities::{GetResourceRequest, HostCapabilities};
use aws_pod_identity_kubernetes::yaml::{self, YamlError};

/// Why a text is not a session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Not a list of exchanges.
    #[error("not a recorded session: {0}")]
    File(YamlError),
    /// A request in it is not one that a policy of this project can make.
    #[error("exchange {number}: cannot read the request: {error}")]
    Request {
        /// Position in the list, counted from 1.
        number: usize,
        /// The error of the text of the request.
        error: YamlError,
    },
}

/// A recorded conversation between a policy and its host.
#[derive(Debug)]
pub struct Session {
    exchanges: Mutex<VecDeque<Exchange>>,
    grants: bool,
}

#[derive(Debug)]
struct Exchange {
    request: GetResourceRequest,
    response: Response,
}

#[derive(Deserialize)]
#[serde(tag = "type")]
enum RecordedExchange {
    Exchange { request: String, response: Response },
}

/// The text of a request is YAML again, with its operation as the tag.
#[derive(Deserialize)]
enum RecordedRequest {
    KubernetesGetResource(GetResourceRequest),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
enum Response {
    Success { payload: String },
    Error { message: String },
}

impl Session {
    /// Reads the text of a session file.
    pub fn from_yaml(text: &str) -> Result<Self, SessionError> {
        let recorded: Vec<RecordedExchange> = yaml::typed(text).map_err(SessionError::File)?;
        let exchanges: Result<_, _> = recorded
            .into_iter()
            .zip(1..)
            .map(|(RecordedExchange::Exchange { request, response }, number)| {
                let RecordedRequest::KubernetesGetResource(request) = yaml::typed(&request)
                    .map_err(|error| SessionError::Request { number, error })?;
                Ok(Exchange { request, response })
            })
            .collect();
        Ok(Self { exchanges: Mutex::new(exchanges?), grants: true })
    }

    /// Lets the policy see the recorded answers only if it was granted access to the cluster.
    #[must_use]
    pub fn granting(mut self, grants: bool) -> Self {
        self.grants = grants;
        self
    }

    /// The requests that were not made yet, in order.
    pub fn unused(&self) -> Vec<GetResourceRequest> {
        let exchanges = self.exchanges.lock();
        let exchanges = exchanges.unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().map(|exchange| exchange.request.clone()).collect()
    }
}

impl HostCapabilities for Session {
    fn grants(&self, _api_version: &str, _kind: &str) -> bool {
        self.grants
    }

    fn get_resource(&self, request: &GetResourceRequest) -> Result<Vec<u8>, String> {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(next) = exchanges.pop_front() else {
            return Err(format!(
                "the policy makes a request that is not in the recorded session: {request:?}"
            ));
        };
        if next.request != *request {
            return Err(format!(
                "the policy makes a different request from the recorded one: \
                 recorded {:?}, made {request:?}",
                next.request
            ));
        }
        match next.response {
            Response::Success { payload } => Ok(payload.into_bytes()),
            Response::Error { message } => Err(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = r#"
- type: Exchange
  request: |
    !KubernetesGetResource
    api_version: v1
    kind: ServiceAccount
    name: api
    namespace: payments
    disable_cache: true
    field_masks:
    - metadata.annotations
  response:
    type: Success
    payload: '{"kind":"ServiceAccount"}'
- type: Exchange
  request: |
    !KubernetesGetResource
    api_version: v1
    kind: ConfigMap
    name: map
    namespace: null
    disable_cache: false
  response:
    type: Error
    message: "Cannot find v1/ConfigMap named 'map' inside of namespace 'None'"
"#;

    fn account() -> GetResourceRequest {
        GetResourceRequest {
            api_version: "v1".to_owned(),
            kind: "ServiceAccount".to_owned(),
            name: "api".to_owned(),
            namespace: Some("payments".to_owned()),
            disable_cache: true,
            field_masks: Some(["metadata.annotations".to_owned()].into()),
        }
    }

    fn map() -> GetResourceRequest {
        GetResourceRequest {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            name: "map".to_owned(),
            namespace: None,
            disable_cache: false,
            field_masks: None,
        }
    }

    #[test]
    fn exchanges_are_answered_in_their_order() {
        let session = Session::from_yaml(SESSION).unwrap();
        assert_eq!(session.get_resource(&account()).unwrap(), br#"{"kind":"ServiceAccount"}"#);
        assert_eq!(
            session.get_resource(&map()).unwrap_err(),
            "Cannot find v1/ConfigMap named 'map' inside of namespace 'None'"
        );
        assert!(session.unused().is_empty());
    }

    #[test]
    fn a_request_out_of_order_fails_and_uses_the_exchange_up() {
        let session = Session::from_yaml(SESSION).unwrap();
        let error = session.get_resource(&map()).unwrap_err();
        assert!(error.contains("different request"), "{error}");
        assert_eq!(session.unused(), [map()]);
    }

    #[test]
    fn a_request_that_differs_in_one_field_fails() {
        let session = Session::from_yaml(SESSION).unwrap();
        let mut request = account();
        request.disable_cache = false;
        assert!(session.get_resource(&request).is_err());
    }

    #[test]
    fn a_request_after_the_last_exchange_fails() {
        let session = Session::from_yaml("[]").unwrap();
        let error = session.get_resource(&map()).unwrap_err();
        assert!(error.contains("not in the recorded session"), "{error}");
    }

    #[test]
    fn unused_exchanges_are_listed() {
        let session = Session::from_yaml(SESSION).unwrap();
        assert_eq!(session.unused(), [account(), map()]);
    }

    #[test]
    fn a_recording_of_another_capability_is_refused_by_its_position() {
        let text = "- type: Exchange\n  request: |\n    !DNSLookupHost\n    host: x\n  \
                    response: {type: Success, payload: ''}\n";
        let error = Session::from_yaml(text).unwrap_err();
        assert!(error.to_string().starts_with("exchange 1: "), "{error}");
    }
}
