//! The embedded host: runs the compiled policy the way a Kubewarden policy server does.
//!
//! [`host`] compiles a module once and gives every call a fresh instance, as the policy server does.
//! [`cluster`] and [`session`] answer what the policy asks of its host, from objects in memory or from a
//! recording; [`capabilities`] is what they have in common. [`admission`] is the wire format on both
//! sides of the module, and [`manifests`] turns files into the requests that an API server would send.
//!
//! ```no_run
//! use std::sync::Arc;
//! use policy_preview::{admission::AdmissionRequest, cluster::Cluster, host::Policy};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = Policy::load("policy.wasm")?;
//! let cluster = Cluster::new().with(json!({
//!     "apiVersion": "v1", "kind": "ServiceAccount",
//!     "metadata": {"name": "api", "namespace": "payments"},
//! }));
//! let request = AdmissionRequest::from_json(&std::fs::read("request.json")?)?;
//! let response = policy.validate(&request, &json!({}), Arc::new(cluster));
//! assert!(response.allowed);
//! # Ok(())
//! # }
//! ```

pub mod admission;
pub mod capabilities;
pub mod cluster;
pub mod host;
pub mod logging;
pub mod manifests;
pub mod session;
pub mod settings;
pub mod yaml;
