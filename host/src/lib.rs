//! Runs the compiled policy the way a Kubewarden policy server does. For developers: tests and benchmarks embed it, and
//! its program stands in for `kwctl run` where there is no kwctl.
//!
//! [`policy`] compiles a module once and gives every call a fresh instance. `wapc` is the protocol between the two.
//! [`response`] is what an API server gets, [`session`] replays a recording of the host's answers.
//!
//! ```no_run
//! use std::sync::Arc;
//! use aws_pod_identity_kubernetes::{admission::AdmissionRequest, cluster::Cluster};
//! use policy_host::{policy::Policy, response::AdmissionResponse};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = Policy::load("policy.wasm")?;
//! let cluster = Cluster::new().with(json!({
//!     "apiVersion": "v1", "kind": "ServiceAccount",
//!     "metadata": {"name": "api", "namespace": "payments"},
//! }));
//! let request = AdmissionRequest::from_json(&std::fs::read("request.json")?)?;
//! let response = AdmissionResponse::of(&policy, &request, &json!({}), Arc::new(cluster));
//! assert!(response.allowed);
//! # Ok(())
//! # }
//! ```

mod deadline;
pub mod logging;
pub mod policy;
pub mod response;
pub mod session;
mod wapc;

// Tests and benchmarks look into modules with the same engine.
pub use wasmtime;
