//! Kubernetes outside of a cluster.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. [`object`]: members of objects
//! 2. [`yaml`]: a value from YAML or JSON
//! 3. [`located`]: a value with positions
//! 4. [`manifests`]: the objects of a file
//! 5. [`types`]: the types of the members of Kubernetes objects
//! 6. [`kind`]: the kinds of objects that the policy evaluates
//! 7. `workflow`: the pods of Argo Workflows
//! 8. [`custom`]: where custom resources have pod templates
//! 9. [`answer`]: the policy's answers
//! 10. [`capabilities`]: what a host does for the policy
//! 11. [`cluster`]: a host with objects in memory, which answers lookups in the words of the policy server
//! 12. [`pod`]: the pods that controllers would create
//! 13. [`admission`]: the admission request
//! 14. [`request`]: the admission request that an API server would send about an object
//! 15. [`selector`]: label selectors
//! 16. [`settings`]: the settings of the policy in a file
//! 17. [`policy`]: a ClusterAdmissionPolicy, with its settings and rules
//!
//! The program for people and the host for tests are built on it. It knows what an API server sends to the policy, and what the
//! policy looks up, but it does not evaluate requests: it depends neither on `core/` nor on an engine.

pub mod admission;
pub mod answer;
pub mod capabilities;
pub mod cluster;
pub mod custom;
pub mod kind;
pub mod located;
pub mod manifests;
pub mod object;
pub mod pod;
pub mod policy;
pub mod request;
pub mod selector;
pub mod settings;
pub mod types;
mod workflow;
pub mod yaml;
