//! Whether EKS Pod Identity can give a pod the credentials of a role.
//!
//! Source: Amazon EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity": the service
//! `pods.eks.amazonaws.com` needs `sts:AssumeRole` and `sts:TagSession`.

use super::condition::holds;
use super::key::{InRequest, of_pod_identity};
use super::{action, principal};
use crate::policy::{Effect, Principal, PrincipalKind, Statement, TrustPolicy};
use crate::request::PodIdentity;
use crate::truth::Truth;

/// The service of EKS Pod Identity, which assumes the role.
pub const SERVICE: &str = "pods.eks.amazonaws.com";

/// The actions that it needs.
pub(crate) const ACTIONS: [&str; 2] = ["sts:AssumeRole", "sts:TagSession"];

/// A policy and the request that it is evaluated for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PodScope<'a> {
    pub(crate) policy: &'a TrustPolicy,
    pub(crate) request: &'a PodIdentity,
    /// Whether the request has session tags.
    pub(crate) tags: bool,
}

impl<'a> PodScope<'a> {
    pub(crate) fn key(&self, name: &str) -> InRequest<'a> {
        of_pod_identity(name, self.request, self.tags)
    }

    pub(crate) fn allows(&self, action: &str) -> Truth {
        let covered = |effect| {
            let statements = self.policy.statements.iter().filter(move |one| one.effect == effect);
            Truth::any(statements.map(|statement| self.covers(statement, action)))
        };
        covered(Effect::Allow).and(covered(Effect::Deny).not())
    }

    pub(crate) fn covers(&self, statement: &Statement, action: &str) -> Truth {
        let conditions = statement.conditions.iter();
        Truth::all([
            action::covers(&statement.actions, action),
            principal(statement),
            Truth::all(conditions.map(|one| holds(one, self.key(&one.key), self.policy.variables))),
            Truth::from(statement.unsupported.is_empty()).or(Truth::Unknown),
        ])
    }
}

/// Whether the statement covers the service of EKS Pod Identity.
pub(crate) fn principal(statement: &Statement) -> Truth {
    principal::covers(&statement.principals, statement.effect, service)
}

/// Whether the principal is the service of EKS Pod Identity.
fn service(principal: &Principal) -> Truth {
    match (principal.kind, &*principal.value) {
        (PrincipalKind::Service, SERVICE) => Truth::True,
        // Services of other partitions can have other names.
        (PrincipalKind::Service, other) if other.starts_with("pods.eks.") => Truth::Unknown,
        (PrincipalKind::Service, other) if other.contains(['*', '?', '$']) => Truth::Unknown,
        _ => Truth::False,
    }
}
