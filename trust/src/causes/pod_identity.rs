//! Why EKS Pod Identity cannot give a role's credentials.

use super::Cause;
use super::diagnose::{name, other};
use crate::evaluate::pod_identity::{ACTIONS, PodScope, principal};
use crate::evaluate::{action, condition};
use crate::policy::{Effect, Principals};
use crate::truth::Truth;

/// Why a policy does not allow EKS Pod Identity those actions; at least one cause.
pub(crate) fn diagnose(scope: &PodScope<'_>, missing: Vec<&str>) -> Vec<Cause> {
    let statements = || scope.policy.statements.iter();
    let allowing = || statements().filter(|one| one.effect == Effect::Allow);
    let trusting: Vec<_> = allowing().filter(|one| principal(one) != Truth::False).collect();
    let mut causes = Vec::new();
    if trusting.is_empty() {
        let mut found = Vec::new();
        for statement in allowing() {
            if let Principals::Only(principals) = &statement.principals {
                found.extend(principals.iter().map(|principal| principal.value.clone()));
            }
        }
        causes.push(Cause::PodService { found });
    }
    let mut actions = Vec::new();
    for missing in missing {
        let mut covering =
            trusting.iter().filter(|one| action::covers(&one.actions, missing) != Truth::False);
        let Some(statement) = covering.next() else {
            actions.push(missing.to_owned());
            continue;
        };
        for one in &statement.conditions {
            let holds = condition::holds(one, scope.key(&one.key), scope.policy.variables);
            if holds == Truth::False && !causes.contains(&other(one)) {
                causes.push(other(one));
            }
        }
    }
    if !trusting.is_empty() && !actions.is_empty() {
        causes.insert(0, Cause::PodActions { missing: actions });
    }
    for (index, statement) in statements().enumerate() {
        let denies = |action: &&str| scope.covers(statement, action) == Truth::True;
        let mut actions = ACTIONS.iter();
        if statement.effect == Effect::Deny && actions.any(denies) {
            causes.push(Cause::Deny { statement: name(index, statement) });
        }
    }
    if causes.is_empty() { vec![Cause::NoStatement] } else { causes }
}
