//! The rules of IAM.
//!
//! Source: IAM User Guide, "Policy evaluation logic": a request is denied unless a statement allows it, and a statement
//! that denies it wins over all that allow it.

pub(crate) mod action;
pub(crate) mod condition;
pub(crate) mod key;
pub(crate) mod pod_identity;
pub(crate) mod principal;
pub(crate) mod unknown;
pub(crate) mod value;

use crate::arn::ListedRoleArn;
use crate::policy::{Condition, Effect, Statement, TrustPolicy};
use crate::request::WebIdentity;
use crate::truth::Truth;

pub use pod_identity::SERVICE as POD_IDENTITY_SERVICE;
pub use unknown::Unknown;

/// The action that a token of a service account is for.
pub(crate) const WEB_IDENTITY: &str = "sts:AssumeRoleWithWebIdentity";

/// A policy and the request that it is evaluated for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) policy: &'a TrustPolicy,
    pub(crate) role: Option<&'a ListedRoleArn>,
    pub(crate) request: &'a WebIdentity,
}

impl<'a> Scope<'a> {
    /// Whether a statement with that effect covers the request.
    pub(crate) fn has(&self, effect: Effect) -> Truth {
        let statements = self.policy.statements.iter().filter(|one| one.effect == effect);
        Truth::any(statements.map(|statement| self.covers(statement)))
    }

    /// Whether the statement covers the request.
    pub(crate) fn covers(&self, statement: &Statement) -> Truth {
        Truth::all([
            action::covers(&statement.actions, WEB_IDENTITY),
            self.principal(statement),
            self.conditions(statement),
            Truth::from(statement.unsupported.is_empty()).or(Truth::Unknown),
        ])
    }

    pub(crate) fn principal(&self, statement: &Statement) -> Truth {
        principal::covers(&statement.principals, statement.effect, |principal| {
            principal::federated(principal, self.role, self.request)
        })
    }

    pub(crate) fn conditions(&self, statement: &Statement) -> Truth {
        Truth::all(statement.conditions.iter().map(|one| self.condition(one)))
    }

    pub(crate) fn condition(&self, condition: &Condition) -> Truth {
        condition::holds(condition, self.key(&condition.key), self.policy.variables)
    }

    /// The value of a condition key in the request.
    pub(crate) fn key(&self, name: &str) -> key::InRequest<'a> {
        key::of_web_identity(name, self.request)
    }
}
