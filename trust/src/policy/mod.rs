//! A role's trust policy, as a model.
//!
//! Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".

mod encoding;
mod error;
mod read;
mod tree;

pub use error::PolicyError;

/// A trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Whether `${…}` in a value is a policy variable: since version 2012-10-17. IAM takes it literally in
    /// 2008-10-17, which is also the version of a policy without one.
    pub variables: bool,
    /// In the order of the document.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name, if it has one.
    pub sid: Option<String>,
    /// Its effect on a request that it covers.
    pub effect: Effect,
    /// The actions that it covers.
    pub actions: Actions,
    /// The callers that it covers.
    pub principals: Principals,
    /// All of them must be true.
    pub conditions: Vec<Condition>,
    /// Elements that a trust policy cannot have; what the statement means is then unknown.
    pub unsupported: Vec<String>,
}

/// The effect of a statement on a request that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The request is allowed, unless another statement denies it.
    Allow,
    /// The request is denied, even if other statements allow it.
    Deny,
}

/// The actions that a statement covers: patterns, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actions {
    /// `Action`
    Only(Vec<String>),
    /// `NotAction`
    AllBut(Vec<String>),
}

/// The callers that a statement covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// `"Principal": "*"`
    Everyone,
    /// `"Principal": {…}`: one of them.
    Only(Vec<Principal>),
    /// `NotPrincipal`, which trust policies do not support.
    AllBut,
}

/// A caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The kind of the value.
    pub kind: PrincipalKind,
    /// An ARN, an account or the name of a service.
    pub value: String,
}

/// The kind of a principal's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// An account, a role, a user or a session.
    Aws,
    /// An identity provider.
    Federated,
    /// A service of AWS.
    Service,
    /// A kind that this crate does not know.
    Other,
}

/// A condition: an operator, a key, and the values that the key is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As it is written, with its set operator (`ForAnyValue:`) and suffix (`IfExists`).
    pub operator: String,
    /// As it is written.
    pub key: String,
    /// One of them has to match; for negated operators, none of them.
    pub values: Vec<Value>,
}

/// A value of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string; `true` and `false` count as strings.
    Text(String),
    /// A number, as it is written. How IAM compares it with a string is not documented.
    Number(String),
}

impl Value {
    /// As it is written.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) => text,
        }
    }
}
