//! `aws-pod-identity`: checks manifests before a cluster sees them, with the code that the admission policy is made of.
//!
//! | module | job |
//! |---|---|
//! | [`input`], `template`, [`parallel`] | reading manifests, recognizing templates of Helm, and sharing the work |
//! | [`cluster_state`] | what manifests show of the cluster |
//! | [`check`], `audit` | checking manifests, and a live cluster |
//! | [`policies`], `conditions`, [`evaluation`] | which policy evaluates an object, and its answer to the request of an API server |
//! | [`object_checker`], [`trust`] | what the policies do with an object, and whether AWS gives the credentials of roles |
//! | [`entry`], [`report`] | the report of the answers |
//! | [`locate`], [`mask`] | the locations of findings, and values that reports do not show |
//! | [`output`], [`progress`] | the report in the format that the user asks for, and progress |
//! | [`arguments`], [`commands`] | the commands, and the arguments that they have in common |

pub mod arguments;
#[cfg(feature = "audit")]
pub mod audit;
pub mod check;
pub mod cluster_state;
// The playground has no terminal.
#[cfg(not(target_family = "wasm"))]
pub mod commands;
#[cfg_attr(target_family = "wasm", path = "no_conditions.rs")]
mod conditions;
mod diff;
pub mod entry;
pub mod evaluation;
pub mod input;
pub mod locate;
pub mod mask;
pub mod object_checker;
pub mod output;
pub mod parallel;
pub mod policies;
#[cfg(not(target_family = "wasm"))]
pub mod progress;
pub mod report;
mod template;
pub mod trust;
