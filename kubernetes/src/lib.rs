//! Kubernetes outside of a cluster.
//!
//! [`manifests`] reads objects from files, [`located`] gives positions in them, [`object`] reads their members, [`kind`] says
//! which of them the policy looks at, with [`custom`] resources, and [`types`] checks their types. [`pod`] makes the pods that controllers would create,
//! and [`request`] wraps an object into the [`admission`] request that an API server would send. [`policy`] reads the
//! ClusterAdmissionPolicy that says which objects are sent. [`cluster`] holds objects in memory and answers the policy's
//! lookups in the words of the policy server; [`capabilities`] is what it has in common with other hosts.
//!
//! The program for people and the host for tests are built on it. It knows neither the policy nor an engine.

pub mod admission;
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
