//! Why AWS does not accept an identity.

pub(crate) mod diagnose;
mod distance;
mod explain;
pub(crate) mod pod_identity;
mod provider;
mod statement;
mod subject;
mod typo;

pub use explain::{Explanation, explain};
pub(crate) use statement::provider as provider_arn;
pub use statement::statement;

/// Why the answer is no. [`explain`] says what is wrong and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The role is not in the listing, which covers its account.
    RoleMissing {
        /// The ARN that was looked up.
        role: String,
        /// The ARN of a role with the same name and another path.
        similar: Option<String>,
    },
    /// The account of the role has no OIDC provider for the cluster.
    ProviderMissing {
        /// The ARN that it would have.
        expected: String,
    },
    /// The OIDC provider does not accept tokens with this audience.
    ProviderAudience {
        /// The audience of the token.
        audience: String,
        /// The audiences of the provider.
        accepted: Vec<String>,
    },
    /// No statement allows anything that a pod could use.
    NoStatement,
    /// The policy trusts services of AWS.
    Service {
        /// Their names.
        services: Vec<String>,
    },
    /// The policy trusts accounts, roles or users of AWS.
    Aws {
        /// Their ARNs.
        principals: Vec<String>,
    },
    /// The policy trusts another provider than the cluster's, or its ARN is written wrongly.
    Provider {
        /// The providers that it names.
        found: Vec<String>,
        /// What is wrong with the one that comes nearest.
        mistake: ProviderMistake,
        /// The ARN of the cluster's provider in the account of the role.
        expected: String,
    },
    /// The statement for the provider allows other actions.
    Action {
        /// Those that it names.
        found: Vec<String>,
    },
    /// A condition key is not one of the cluster's issuer.
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        mistake: KeyMistake,
        /// The key that it should be.
        expected: String,
    },
    /// A value has a wildcard, and the operator takes it literally.
    Wildcard {
        /// The operator.
        operator: String,
        /// The condition key.
        key: String,
        /// The value, which would match as a pattern.
        value: String,
    },
    /// A value for the subject is under the key for the audience, or the reverse.
    Claims {
        /// The key that has the value.
        key: String,
        /// The value.
        value: String,
        /// The key that the value belongs to.
        expected: String,
    },
    /// The value for the subject is meant for this service account and written wrongly.
    Subject {
        /// The value.
        value: String,
        /// What is wrong with it.
        mistake: SubjectMistake,
        /// The subject of the token.
        expected: String,
    },
    /// The policy trusts other service accounts.
    AnotherSubject {
        /// Those that it trusts.
        trusted: Vec<String>,
        /// Whether one of them has this name in another namespace.
        other_namespace: bool,
        /// Whether one of them is in this namespace under another name.
        other_name: bool,
        /// A subject that it trusts and that differs in a typo.
        typo: Option<String>,
        /// The subject of the token.
        expected: String,
        /// The condition key.
        key: String,
    },
    /// One condition on the subject holds and another one does not; they are combined with AND.
    Combined {
        /// Their operators.
        operators: Vec<String>,
        /// The condition key.
        key: String,
    },
    /// The policy wants another audience.
    Audience {
        /// Those that it accepts.
        found: Vec<String>,
        /// The audience of the token.
        expected: String,
        /// The condition key.
        key: String,
    },
    /// A negated operator excludes the token.
    Excluded {
        /// The operator.
        operator: String,
        /// The condition key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// Another condition that does not hold.
    Condition {
        /// The operator.
        operator: String,
        /// The condition key.
        key: String,
        /// The values.
        values: Vec<String>,
    },
    /// A statement denies the request.
    Deny {
        /// Its number, and its name if it has one.
        statement: String,
    },
    /// The policy does not trust EKS Pod Identity.
    PodService {
        /// The principals that it names.
        found: Vec<String>,
    },
    /// The statement for EKS Pod Identity does not allow all actions that it needs.
    PodActions {
        /// Those that it does not allow.
        missing: Vec<String>,
    },
}

/// What is wrong with the provider that a policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderMistake {
    /// `https://` in the ARN.
    Scheme,
    /// A slash at the end of the ARN.
    TrailingSlash,
    /// Not an ARN: the issuer alone.
    NotArn,
    /// `AWS` instead of `Federated`.
    UnderAws,
    /// The provider of another AWS partition.
    Partition,
    /// The provider of another AWS account.
    Account,
    /// The provider of another cluster.
    AnotherCluster,
    /// The cluster's identifier, in another region or domain.
    AnotherHost,
    /// The provider of something else.
    AnotherIssuer,
}

/// What is wrong with a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMistake {
    /// `https://` before the issuer.
    Scheme,
    /// The provider's ARN instead of the issuer.
    Arn,
    /// A slash after the issuer.
    TrailingSlash,
    /// The issuer of another cluster, or of something else.
    AnotherIssuer,
}

/// What is wrong with a value for the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectMistake {
    /// Whitespace or quotes around it.
    Surroundings,
    /// Capital letters.
    Case,
    /// Namespace and name of the account in the wrong order.
    Swapped,
    /// Another prefix than `system:serviceaccount:` before namespace and name.
    Prefix,
    /// The name of the account is missing.
    NoName,
    /// The namespace is missing.
    NoNamespace,
}

/// Also defines a list of all IDs, for the tests.
macro_rules! ids {
    ($($cause:pat => $id:literal,)*) => {
        impl Cause {
            /// All IDs.
            pub const IDS: &[&str] = &[$($id),*];

            /// A short name for programs, which is the same in every version.
            pub fn id(&self) -> &'static str {
                match self {
                    $($cause => $id,)*
                }
            }
        }
    };
}

ids! {
    Cause::RoleMissing { .. } => "role-missing",
    Cause::ProviderMissing { .. } => "provider-missing",
    Cause::ProviderAudience { .. } => "provider-audience",
    Cause::NoStatement => "no-statement",
    Cause::Service { .. } => "service-principal",
    Cause::Aws { .. } => "aws-principal",
    Cause::Provider { mistake: ProviderMistake::Scheme, .. } => "provider-scheme",
    Cause::Provider { mistake: ProviderMistake::TrailingSlash, .. } => "provider-trailing-slash",
    Cause::Provider { mistake: ProviderMistake::NotArn, .. } => "provider-not-arn",
    Cause::Provider { mistake: ProviderMistake::UnderAws, .. } => "provider-under-aws",
    Cause::Provider { mistake: ProviderMistake::Partition, .. } => "provider-partition",
    Cause::Provider { mistake: ProviderMistake::Account, .. } => "provider-account",
    Cause::Provider { mistake: ProviderMistake::AnotherCluster, .. } => "provider-another-cluster",
    Cause::Provider { mistake: ProviderMistake::AnotherHost, .. } => "provider-another-host",
    Cause::Provider { mistake: ProviderMistake::AnotherIssuer, .. } => "provider-another-issuer",
    Cause::Action { .. } => "action",
    Cause::Key { mistake: KeyMistake::Scheme, .. } => "key-scheme",
    Cause::Key { mistake: KeyMistake::Arn, .. } => "key-arn",
    Cause::Key { mistake: KeyMistake::TrailingSlash, .. } => "key-trailing-slash",
    Cause::Key { mistake: KeyMistake::AnotherIssuer, .. } => "key-another-issuer",
    Cause::Wildcard { .. } => "wildcard",
    Cause::Claims { .. } => "claims-swapped",
    Cause::Subject { mistake: SubjectMistake::Surroundings, .. } => "subject-surroundings",
    Cause::Subject { mistake: SubjectMistake::Case, .. } => "subject-case",
    Cause::Subject { mistake: SubjectMistake::Swapped, .. } => "subject-swapped",
    Cause::Subject { mistake: SubjectMistake::Prefix, .. } => "subject-prefix",
    Cause::Subject { mistake: SubjectMistake::NoName, .. } => "subject-without-name",
    Cause::Subject { mistake: SubjectMistake::NoNamespace, .. } => "subject-without-namespace",
    Cause::AnotherSubject { .. } => "another-subject",
    Cause::Combined { .. } => "conditions-combined",
    Cause::Audience { .. } => "another-audience",
    Cause::Excluded { .. } => "excluded",
    Cause::Condition { .. } => "condition",
    Cause::Deny { .. } => "denied",
    Cause::PodService { .. } => "pod-identity-service",
    Cause::PodActions { .. } => "pod-identity-actions",
}
