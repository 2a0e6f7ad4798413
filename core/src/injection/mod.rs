//! What is written into a pod: environment variables, the token's mount and its volume.
//!
//! It is decided once: [`Injection::plan`] gives each container as it will be, with its own variables and mounts and
//! the planned ones. Checks read this plan, and [`Plan::edits`] writes it.
//!
//! Names, order and conditions are those of the Amazon EKS Pod Identity webhook v0.6.17; `docs/injection.md`
//! has the tables and the few deliberate differences.

mod container;
mod edits;
mod json;
mod plan;
mod token;

pub(crate) use container::{EffectiveContainer, EffectiveVariable, FileLocation, Mount};
pub(crate) use edits::Edits;
pub(crate) use plan::{Injection, Plan, PlannedVolume};
