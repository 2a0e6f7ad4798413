//! The `matchConditions` of a policy: expressions that decide which requests its webhook gets ("Dynamic Admission Control",
//! Kubernetes documentation).

#[cfg(not(target_family = "wasm"))]
mod expressions;
#[cfg(target_family = "wasm")]
mod none;

#[cfg(not(target_family = "wasm"))]
pub(crate) use expressions::MatchConditions;
#[cfg(target_family = "wasm")]
pub(crate) use none::MatchConditions;
