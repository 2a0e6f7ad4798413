//! The comparisons of AWS for one identity, in their order, up to the first one that does not match.

use crate::causes::Cause;
use crate::evaluate::pod_identity::{self, ACTIONS};
use crate::evaluate::{Scope, WEB_IDENTITY, action};
use crate::inputs::Trust;
use crate::listing::Listing;
use crate::outcome::Outcome;
use crate::policy::{Condition, Effect, TrustPolicy};
use crate::request::{PodIdentity, WebIdentity};
use crate::truth::Truth;

/// A comparison of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChainStep {
    /// The role exists.
    Role,
    /// A statement allows `sts:AssumeRoleWithWebIdentity` to the cluster's OIDC provider, which exists.
    Provider,
    /// It also allows the service account.
    Subject,
    /// It also allows the audience, and the provider accepts it.
    Audience,
    /// A statement trusts the service of EKS Pod Identity.
    Service,
    /// It also allows `sts:AssumeRole` and `sts:TagSession`.
    Actions,
    /// Its other conditions hold, and no statement denies the request.
    Conditions,
}

impl ChainStep {
    /// A short name for programs, which is the same in every version.
    pub fn id(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Provider => "provider",
            Self::Subject => "subject",
            Self::Audience => "audience",
            Self::Service => "service",
            Self::Actions => "actions",
            Self::Conditions => "conditions",
        }
    }
}

/// Whether a comparison matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It matches.
    Matches,
    /// It does not match.
    Differs,
    /// It depends on facts that the listing does not have.
    Unknown,
}

/// One step of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The comparison.
    pub step: ChainStep,
    /// Its result.
    pub state: LinkState,
}

const WEB_IDENTITY_STEPS: [ChainStep; 5] = [
    ChainStep::Role,
    ChainStep::Provider,
    ChainStep::Subject,
    ChainStep::Audience,
    ChainStep::Conditions,
];
const POD_IDENTITY_STEPS: [ChainStep; 4] =
    [ChainStep::Role, ChainStep::Service, ChainStep::Actions, ChainStep::Conditions];

impl Listing {
    /// The steps to the [outcome](Listing::check) for a pod with a token of its service account. A chain ends at the first step
    /// that does not match: all steps match if the outcome is yes, the last one differs if it is no, and at least one is
    /// unknown otherwise.
    pub fn chain(&self, role_arn: &str, request: &WebIdentity) -> Vec<Link> {
        let outcome = self.check(role_arn, request);
        let causes = match &outcome {
            Outcome::No(causes) => causes.as_slice(),
            _ => &[],
        };
        // These two are facts of the account, not of the policy.
        let account_allows = |step| match causes {
            [Cause::ProviderMissing { .. }] => Truth::from(step < ChainStep::Provider),
            [Cause::ProviderAudience { .. }] => Truth::from(step < ChainStep::Audience),
            _ => Truth::True,
        };
        self.links(role_arn, &outcome, &WEB_IDENTITY_STEPS, |policy, step| {
            let role = self.arn_of(role_arn);
            let scope = Scope { policy, role, request };
            scope.allows_up_to(step).and(account_allows(step))
        })
    }

    /// The steps to the [outcome](Listing::check_pod_identity) for EKS Pod Identity.
    pub fn chain_of_pod_identity(&self, role_arn: &str, request: &PodIdentity) -> Vec<Link> {
        let outcome = self.check_pod_identity(role_arn, request);
        self.links(role_arn, &outcome, &POD_IDENTITY_STEPS, |policy, step| {
            let trusted = |wanted: &str| {
                let statements = policy.statements.iter();
                let allowing = statements.filter(|one| one.effect == Effect::Allow);
                Truth::any(allowing.map(|one| {
                    let principal = pod_identity::principal(one);
                    let covers = || action::covers(&one.actions, wanted);
                    if step == ChainStep::Service { principal } else { principal.and(covers()) }
                }))
            };
            Truth::all(ACTIONS.map(trusted))
        })
    }

    /// The steps up to the first one that does not match. `allows` says whether a policy allows the request as far as that
    /// step; the last step is the outcome itself.
    fn links(
        &self,
        role_arn: &str,
        outcome: &Outcome,
        steps: &[ChainStep],
        allows: impl Fn(&TrustPolicy, ChainStep) -> Truth,
    ) -> Vec<Link> {
        let of_outcome = match outcome {
            Outcome::Yes => LinkState::Matches,
            Outcome::No(_) => LinkState::Differs,
            Outcome::Unknown(_) => LinkState::Unknown,
        };
        let trust = self.trust_of(role_arn);
        let state = |step| match (step, trust) {
            // The role is not in the listing, or its trust policy is not known.
            (_, None) | (ChainStep::Conditions, _) => of_outcome,
            (ChainStep::Role, Some(_)) => LinkState::Matches,
            (_, Some(Trust::Policy(policy))) => match allows(policy, step) {
                Truth::True => LinkState::Matches,
                Truth::False => LinkState::Differs,
                Truth::Unknown => LinkState::Unknown,
            },
            (_, Some(_)) => LinkState::Unknown,
        };
        let mut links = Vec::new();
        for step in steps {
            let link = Link { step: *step, state: state(*step) };
            links.push(link);
            if link.state == LinkState::Differs {
                break;
            }
        }
        links
    }
}

impl Scope<'_> {
    /// Whether a statement allows the request as far as that step, and the steps before it.
    fn allows_up_to(&self, step: ChainStep) -> Truth {
        let statements = self.policy.statements.iter();
        let allowing = statements.filter(|one| one.effect == Effect::Allow);
        Truth::any(allowing.map(|statement| {
            let conditions = statement.conditions.iter().filter(|one| step_of(one) <= step);
            Truth::all(conditions.map(|one| self.condition(one)))
                .and(action::covers(&statement.actions, WEB_IDENTITY))
                .and(self.principal(statement))
        }))
    }
}

/// The step that a condition belongs to, by its key: also one whose issuer is written wrongly.
fn step_of(condition: &Condition) -> ChainStep {
    match condition.key.to_ascii_lowercase().rsplit_once(':') {
        Some((_, "sub")) => ChainStep::Subject,
        Some((_, "aud")) => ChainStep::Audience,
        _ => ChainStep::Conditions,
    }
}
