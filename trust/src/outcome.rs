//! The answer: yes, no with its causes, or unknown.

use crate::arn::ListedRoleArn;
use crate::causes::{Cause, diagnose, pod_identity as pod_identity_causes};
use crate::evaluate::pod_identity::{ACTIONS, PodScope};
use crate::evaluate::{Scope, Unknown, unknown};
use crate::policy::{Effect, TrustPolicy};
use crate::request::{PodIdentity, WebIdentity};
use crate::truth::Truth;

/// Whether AWS gives the role's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The trust policy allows it.
    Yes,
    /// It does not; why, at least one cause.
    No(Vec<Cause>),
    /// It depends on something that is not known here. Never a finding.
    Unknown(Unknown),
}

/// Decides a pod's request for a role. Without a role, its account is not known: a plan of Terraform has roles that do
/// not exist yet. The provider is then compared by its issuer alone.
pub fn web_identity(
    policy: &TrustPolicy,
    role: Option<&ListedRoleArn>,
    request: &WebIdentity,
) -> Outcome {
    let scope = Scope { policy, role, request };
    match (scope.has(Effect::Allow), scope.has(Effect::Deny)) {
        (Truth::False, _) | (_, Truth::True) => Outcome::No(diagnose::web_identity(&scope)),
        (Truth::True, Truth::False) => Outcome::Yes,
        _ => Outcome::Unknown(unknown::reason(&scope)),
    }
}

/// Decides whether EKS Pod Identity can give the pod the role's credentials.
pub fn pod_identity(policy: &TrustPolicy, request: &PodIdentity) -> Outcome {
    let decide = |tags| decide(&PodScope { policy, request, tags });
    match request.session_tags {
        Some(tags) => decide(tags),
        // The tags may be sent or not: an answer is certain if it is the same in both cases.
        None => match (decide(true), decide(false)) {
            (Outcome::Yes, Outcome::Yes) => Outcome::Yes,
            (Outcome::No(causes), Outcome::No(_)) => Outcome::No(causes),
            (Outcome::Unknown(why), _) | (_, Outcome::Unknown(why)) => Outcome::Unknown(why),
            _ => Outcome::Unknown(Unknown::SessionTags),
        },
    }
}

fn decide(scope: &PodScope<'_>) -> Outcome {
    let answers = ACTIONS.map(|action| (action, scope.allows(action)));
    match Truth::all(answers.map(|(_, answer)| answer)) {
        Truth::True => Outcome::Yes,
        Truth::False => {
            let missing = answers.into_iter().filter(|(_, answer)| *answer == Truth::False);
            let missing = missing.map(|(action, _)| action).collect();
            Outcome::No(pod_identity_causes::diagnose(scope, missing))
        }
        Truth::Unknown => {
            let unknown = scope.policy.statements.iter().find(|statement| {
                ACTIONS.iter().any(|action| scope.covers(statement, action) == Truth::Unknown)
            });
            Outcome::Unknown(unknown.map_or(Unknown::Principal, |statement| {
                unknown::of_statement(scope.policy, statement, &|key| scope.key(key))
            }))
        }
    }
}
