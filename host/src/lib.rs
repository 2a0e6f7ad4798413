//! Runs the compiled policy as a Kubewarden policy server does. It is for developers: tests and benchmarks embed it, and its
//! program replaces `kwctl run` if kwctl is not installed.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. `deadline`: stops calls that take too long
//! 2. [`logging`]: prints the policy's log
//! 3. `wapc`: the protocol between host and module
//! 4. [`policy`]: compiles a module once, and gives every call a new instance
//! 5. [`response`]: the response that the API server gets
//! 6. [`session`]: replays a recording of the host's answers
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

// Tests and benchmarks inspect modules with the same engine.
pub use wasmtime;
