//! What the policies do with an object, of a manifest or of a cluster.

use aws_pod_identity_kubernetes::capabilities::HostCapabilities;
use aws_pod_identity_kubernetes::kind::{Kind, POD};
use serde_json::Value;

use crate::entry::{self, FindingLocator};
use crate::evaluation::{Policy, Request};
use crate::policies::Policies;
use crate::report::{Entry, Source};
use crate::trust::TrustChecks;

/// Evaluates objects with policies and, if there are any, with the trust policies of roles.
pub struct ObjectChecker {
    policies: Policies,
    /// Whether entries have the injection as a diff.
    with_diff: bool,
    trust: Option<TrustChecks>,
}

/// An object, with the data for its evaluation.
pub(crate) struct ObjectToCheck<'s> {
    pub(crate) source: Source,
    pub(crate) object: &'s Value,
    /// The requests about it.
    pub(crate) requests: Vec<Request>,
    /// The policies that get objects of its namespace, by their numbers.
    pub(crate) selected: Vec<usize>,
    /// Its kind. If no policy gets objects of the first kind, the next one is used.
    pub(crate) kinds: &'s [Kind<'s>],
    /// Answers the lookups of the policy.
    pub(crate) cluster: &'s dyn HostCapabilities,
    /// Finds the locations of findings.
    pub(crate) locator: &'s dyn FindingLocator,
}

impl ObjectChecker {
    /// Checks with these policies.
    pub fn new(policies: Policies, with_diff: bool) -> Self {
        Self { policies, with_diff, trust: None }
    }

    /// Also checks trust policies. These checks replace the setting `roleTrust`.
    #[must_use]
    pub fn with_trust(self, trust: TrustChecks) -> Self {
        let policies = self.policies.map(Policy::without_role_trust);
        Self { policies, trust: Some(trust), ..self }
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Evaluates an object; none if no policy gets it. Fails only if an answer of the policy cannot be read, which is a bug.
    pub(crate) fn evaluate(&self, object: ObjectToCheck<'_>) -> serde_json::Result<Option<Entry>> {
        let ObjectToCheck { source, object, requests, selected, kinds, cluster, locator } = object;
        let (mut policies, mut answers) = (Vec::new(), Vec::new());
        for request in requests {
            let kinds = if request.created_by.is_some() { &[POD] } else { kinds };
            let choose = |kind: &Kind<'_>| self.policies.choose(&selected, *kind, &request.request);
            if let Some(policy) = kinds.iter().find_map(choose) {
                answers.push(policy.evaluate(request, cluster)?);
                policies.push(policy);
            }
        }
        if answers.is_empty() {
            return Ok(None);
        }
        let mut entry = entry::of(source, object, &answers, self.with_diff, locator);
        if let Some(trust) = &self.trust {
            trust.check(&mut entry, &policies, &answers, object, locator);
        }
        Ok(Some(entry))
    }
}
