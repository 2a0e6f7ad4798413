//! `aws-pod-identity`: checks manifests before a cluster sees them, with the code that the admission policy is made of.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. [`report`]: the report as data, which commands fill and formats show
//! 2. [`output`]: the formats
//! 3. [`progress`]: progress on a terminal
//! 4. [`reporter`]: passes a report on to its format, and decides the exit code
//! 5. [`locate`]: where in an object the cause of a finding is
//! 6. [`mask`]: hides values that may be secrets
//! 7. `diff`: the injection as a diff
//! 8. `template`: recognizes templates of Helm
//! 9. [`input`]: reads files and splits them into documents
//! 10. [`parallel`]: shares the work between threads
//! 11. `conditions`: the match conditions of policies
//! 12. [`evaluation`]: the requests of an API server about an object, and the policy's answers
//! 13. [`policies`]: the policies in force, and which of them evaluates an object
//! 14. [`cluster_state`]: what manifests show of the cluster
//! 15. [`entry`]: from answers to an entry of the report
//! 16. [`trust`]: whether AWS gives the credentials of the role to the pod
//! 17. [`object_checker`]: what the policies do with an object, of a manifest or of a cluster
//! 18. [`check`]: checks the objects of manifests
//! 19. `audit`: checks the objects of a live cluster
//! 20. [`arguments`]: the arguments that commands have in common
//! 21. [`commands`]: the commands

pub mod arguments;
#[cfg(feature = "audit")]
pub mod audit;
pub mod check;
pub mod cluster_state;
// The playground has no terminal.
#[cfg(not(target_family = "wasm"))]
pub mod commands;
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
pub mod reporter;
mod template;
pub mod trust;
