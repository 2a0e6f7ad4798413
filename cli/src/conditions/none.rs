//! For the playground, which has settings and no policies with `matchConditions`: with their evaluation, its page would be 60 %
//! larger.

use aws_pod_identity_kubernetes::admission::AdmissionRequest;
use aws_pod_identity_kubernetes::policy::ClusterPolicy;

/// No conditions.
#[derive(Debug, Default)]
pub(crate) struct MatchConditions;

impl MatchConditions {
    pub(crate) fn of(_policy: &ClusterPolicy) -> Self {
        Self
    }

    pub(crate) fn select(&self, _request: &AdmissionRequest) -> bool {
        true
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}
