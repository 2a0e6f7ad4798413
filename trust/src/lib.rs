//! IAM trust policies: whether AWS accepts the identity of a pod, and why not.
//!
//! A role's trust policy decides who may assume the role. For a pod that has an OIDC token of its service account, the
//! policy must name the cluster's OIDC provider, the service account and the audience; otherwise AWS STS answers
//! `AccessDenied` at the pod's first call. This crate gives the answer of AWS offline, from a listing of the account's
//! roles, without I/O.
//!
//! ```
//! # #[cfg(feature = "full")] {
//! use aws_pod_identity_trust::{Listing, Outcome, WebIdentity};
//!
//! let roles = br#"{"Roles": [{
//!   "RoleName": "api", "Path": "/", "Arn": "arn:aws:iam::111122223333:role/api",
//!   "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
//!     "Effect": "Allow",
//!     "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.example.com"},
//!     "Action": "sts:AssumeRoleWithWebIdentity",
//!     "Condition": {"StringEquals": {"oidc.example.com:sub": "system:serviceaccount:shop:api"}}
//!   }]}
//! }]}"#;
//! let mut listing = Listing::default();
//! listing.add("roles.json", roles)?;
//! let pod = WebIdentity::new("https://oidc.example.com", "shop", "api", "sts.amazonaws.com");
//! assert_eq!(listing.check("arn:aws:iam::111122223333:role/api", &pod), Outcome::Yes);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The answer has three values. [`Outcome::Unknown`] means that the answer depends on something that the listing does
//! not say, and never becomes a finding. [`Outcome::Yes`] is about the trust policy alone: service control policies
//! and resource control policies of the organization can still deny the request.
//!
//! Each module uses only modules before it in this list, which a test verifies (`tests/repository/module_order.rs`):
//!
//! 1. `glob`: patterns of IAM
//! 2. `subject`: the subject of a service account's tokens
//! 3. `iam`: parts of the ARNs of IAM
//! 4. `visible`: how messages show values
//! 5. `exported`: the compact form in a ConfigMap, reading and deciding; with those before, all that the module links
//! 6. `truth`: three-valued logic
//! 7. `quoted`: values in messages
//! 8. `arn`: ARNs of roles and providers
//! 9. `policy`: the document, as a model, and its parser
//! 10. `request`: the caller, with a token of a service account or through EKS Pod Identity
//! 11. `evaluate`: the rules of IAM
//! 12. `causes`: why the answer is no, and how to fix it
//! 13. `outcome`: yes, no with its causes, or unknown
//! 14. `inputs`: files of the AWS CLI and of Terraform
//! 15. `listing`: the content of all files, and the answer for a role
//! 16. `chain`: the steps to the answer for one identity
//! 17. `rules`: who may assume a role, as patterns
//! 18. `export`: the ConfigMap
//! 19. `audit`: reports about all roles

#![forbid(unsafe_code)]

pub mod exported;
pub mod glob;
pub mod iam;
pub mod subject;
pub mod visible;

#[cfg(feature = "full")]
mod arn;
#[cfg(feature = "full")]
pub mod audit;
#[cfg(feature = "full")]
mod causes;
#[cfg(feature = "full")]
mod chain;
#[cfg(feature = "full")]
mod evaluate;
#[cfg(feature = "full")]
pub mod export;
#[cfg(feature = "full")]
mod inputs;
#[cfg(feature = "full")]
mod listing;
#[cfg(feature = "full")]
mod outcome;
#[cfg(feature = "full")]
pub mod policy;
#[cfg(feature = "full")]
mod quoted;
#[cfg(feature = "full")]
mod request;
#[cfg(feature = "full")]
mod rules;
#[cfg(feature = "full")]
mod truth;

#[cfg(feature = "full")]
pub use crate::{
    arn::ListedRoleArn,
    causes::{Cause, Explanation, KeyMistake, ProviderMistake, SubjectMistake, explain, statement},
    chain::{ChainStep, Link, LinkState},
    evaluate::{POD_IDENTITY_SERVICE, Unknown},
    inputs::{Association, Input, InputError, InputErrorKind, Provider, Role, Trust},
    listing::Listing,
    outcome::{Outcome, pod_identity, web_identity},
    request::{PodIdentity, WebIdentity},
    rules::{Certainty, Rule},
};
