//! Kubernetes outside of a cluster.
//!
//! | module | job |
//! |---|---|
//! | [`manifests`], [`yaml`] | objects from files |
//! | [`located`] | the same with positions |
//! | [`object`], [`types`] | members of objects, and their types |
//! | [`kind`], [`custom`] | which objects the policy looks at, and where they have pod templates |
//! | [`pod`] | the pods that controllers would create |
//! | [`request`], [`admission`] | the admission request that an API server would send about an object |
//! | [`answer`] | what the policy answers |
//! | [`policy`], [`selector`], [`settings`] | a ClusterAdmissionPolicy: its settings, and which objects are sent |
//! | [`cluster`] | objects in memory, which answers the policy's lookups in the words of the policy server |
//! | [`capabilities`] | what this has in common with other hosts |
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
pub mod yaml;
