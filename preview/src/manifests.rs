//! Manifests as an API server would send them to the policy.
//!
//! [`input`] reads files, [`kind`] says which objects concern the policy, [`pod`] makes the pods that
//! controllers would make, [`request`] wraps an object into an admission request, [`review`] has the policy
//! judge it, and [`report`] says in words what came of it.

pub mod input;
pub mod kind;
pub mod pod;
pub mod report;
pub mod request;
pub mod review;
