//! Files that roles are read from: output of the AWS CLI and of Terraform.

mod aws;
mod document;
mod error;
mod terraform;
mod text;
mod value;

pub(crate) use document::read;
pub use error::{InputError, InputErrorKind};

use crate::arn::ListedRoleArn;
use crate::policy::{PolicyError, TrustPolicy};

/// A role of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its ARN; none for a role that Terraform has not created yet.
    pub arn: Option<ListedRoleArn>,
    /// Its name.
    pub name: String,
    /// Its path, with `/` at both ends.
    pub path: String,
    /// Who may assume it.
    pub trust: Trust,
    /// Where it was read: the file and, for Terraform, the address of the resource.
    pub source: String,
}

/// Who may assume a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Its trust policy.
    Policy(TrustPolicy),
    /// Known only after Terraform has applied the plan.
    AfterApply,
    /// The document is not a trust policy.
    Unreadable(PolicyError),
}

impl From<Result<TrustPolicy, PolicyError>> for Trust {
    fn from(read: Result<TrustPolicy, PolicyError>) -> Self {
        read.map_or_else(Self::Unreadable, Self::Policy)
    }
}

/// An OIDC provider of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its ARN, if the input has it.
    pub arn: Option<String>,
    /// Its issuer, without `https://`.
    pub issuer: String,
    /// The audiences that it accepts, if the input has them.
    pub audiences: Option<Vec<String>>,
}

/// An association of EKS Pod Identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Association {
    /// The name of the cluster.
    pub cluster: String,
    /// The namespace of the service account.
    pub namespace: String,
    /// The name of the service account.
    pub service_account: String,
    /// The role, which a list of associations does not have.
    pub role_arn: Option<String>,
    /// The role that the first one then assumes.
    pub target_role_arn: Option<String>,
    /// Whether EKS sends session tags, if the input says so.
    pub session_tags: Option<bool>,
}

/// The content of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Roles with their trust policies.
    pub roles: Vec<Role>,
    /// Whether the roles are all that their accounts have: a whole listing, not single roles or a plan.
    pub whole: bool,
    /// OIDC providers.
    pub providers: Vec<Provider>,
    /// Whether the providers are all that their accounts have.
    pub all_providers: bool,
    /// Associations of EKS Pod Identity.
    pub associations: Vec<Association>,
}
