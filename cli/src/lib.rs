//! `aws-pod-identity`: checks manifests before a cluster sees them, with the code that the admission policy is made of.
//!
//! [`evaluation`] asks the policy about manifests, as an API server would; [`report`] writes what it answers.

pub mod evaluation;
pub mod report;
