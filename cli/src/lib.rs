//! `aws-pod-identity`: checks manifests before a cluster sees them, with the code that the admission policy is made of.
//!
//! [`input`] reads manifests, [`pieces`] shares the work on them, [`surroundings`] is what they say about the cluster, and
//! [`check`] checks them; `audit` reads a live cluster. [`evaluation`] asks a policy about objects, as an API server would, and [`policies`] says which policy. [`entry`] makes an entry of the [`report`] of the
//! answers, with the places that [`locate`] finds; [`output`] shows the report in the format that the user asks for.
//! [`commands`] are the commands, with the arguments that they have in common in [`arguments`].

pub mod arguments;
#[cfg(feature = "audit")]
pub mod audit;
pub mod check;
pub mod commands;
mod diff;
pub mod entry;
pub mod evaluation;
pub mod input;
pub mod locate;
pub mod mask;
pub mod output;
pub mod pieces;
pub mod policies;
pub mod report;
pub mod surroundings;
pub mod trust;
