//! Why an answer is unknown.

use std::fmt::{self, Display};

use super::condition::Operator;
use super::key::InRequest;
use super::{Scope, WEB_IDENTITY, action};
use crate::policy::{PolicyError, Principals, Statement, TrustPolicy, Value};
use crate::quoted::Quoted;
use crate::truth::Truth;

/// A fact that an answer depends on and that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// The listing does not cover the account of the role.
    NotListed,
    /// The listing has an ARN that differs in case only.
    Case(String),
    /// The role's trust policy is known only after Terraform has applied the plan.
    AfterApply,
    /// The role's trust policy cannot be read; [`Listing::problems`](crate::Listing::problems) reports it.
    Unreadable(PolicyError),
    /// A condition is about a key whose value is not known.
    Key(String),
    /// A condition has an operator that is not for strings.
    Operator(String),
    /// A condition has a value with a policy variable.
    Value(String),
    /// Whether a principal includes the caller is not documented.
    Principal,
    /// An element that trust policies do not have.
    Element(String),
    /// The session tags of EKS Pod Identity decide, and they can be turned off.
    SessionTags,
}

impl Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotListed => f.write_str("the role's account is not covered by the listing"),
            Self::Case(arn) => write!(f, "the listing has {arn}, which differs in case only"),
            Self::AfterApply => f.write_str("its trust policy is known after apply"),
            Self::Unreadable(error) => error.fmt(f),
            Self::Key(key) => {
                write!(f, "it depends on the condition key {}", Quoted(key))
            }
            Self::Operator(operator) => {
                write!(f, "it depends on the condition operator {}", Quoted(operator))
            }
            Self::Value(value) => write!(f, "it depends on the value {}", Quoted(value)),
            Self::Principal => f.write_str("it depends on a principal that includes everyone"),
            Self::Element(element) => {
                write!(f, "it depends on the element {}", Quoted(element))
            }
            Self::SessionTags => {
                f.write_str("it depends on whether the association sends session tags")
            }
        }
    }
}

/// The first fact that makes the answer to a pod's request unknown.
pub(crate) fn reason(scope: &Scope<'_>) -> Unknown {
    let statements = || scope.policy.statements.iter();
    let unknown = statements().find(|statement| scope.covers(statement) == Truth::Unknown);
    let Some(statement) = unknown else { return Unknown::Principal };
    if scope.principal(statement) == Truth::Unknown
        || action::covers(&statement.actions, WEB_IDENTITY) == Truth::Unknown
    {
        return Unknown::Principal;
    }
    of_statement(scope.policy, statement, &|key| scope.key(key))
}

/// The first fact that makes a statement unknown, apart from its principal.
pub(crate) fn of_statement<'a>(
    policy: &TrustPolicy,
    statement: &Statement,
    key: &dyn Fn(&str) -> InRequest<'a>,
) -> Unknown {
    if let Some(element) = statement.unsupported.first() {
        return Unknown::Element(element.clone());
    }
    if statement.principals == Principals::AllBut {
        return Unknown::Element("NotPrincipal".to_owned());
    }
    let unknown = statement.conditions.iter().find(|one| {
        super::condition::holds(one, key(&one.key), policy.variables) == Truth::Unknown
    });
    match unknown {
        None => Unknown::Principal,
        Some(one) if Operator::parse(&one.operator).is_none() => {
            Unknown::Operator(one.operator.clone())
        }
        Some(one) if key(&one.key) == InRequest::Unknown => Unknown::Key(one.key.clone()),
        Some(one) => Unknown::Value(one.values.iter().map(Value::text).collect()),
    }
}
