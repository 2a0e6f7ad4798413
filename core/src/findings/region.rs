//! Findings about regions and the endpoints of STS.

use super::{ContainerChecks, Findings};
use crate::aws::sts::{EndpointsError, check_endpoints};
use crate::aws::{Partition, RoleArn};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::names::variable::{DEFAULT_REGION, REGION, ROLE_ARN, STS_REGIONAL_ENDPOINTS};
use aws_pod_identity_json::search::same;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_region(&self, findings: &mut Findings<'_>) {
        let Some(partition) = self.partition() else { return };
        if self.sts().is_other() {
            return;
        }
        if let Some((source, region)) = self.region() {
            let other = Partition::of_region(region);
            if other != partition {
                findings.report(FindingKind::RegionPartitionMismatch, || {
                    let problem = format!(
                        "{}: the region {} ({source}) is in the partition {}, but the role is in \
                         {}, so its credentials are not valid in the region",
                        self.describe(),
                        Quoted(region),
                        other.name(),
                        partition.name()
                    );
                    (problem, "use a role and a region of the same partition")
                });
            }
        }
        self.check_sts_endpoints(partition, findings);
    }

    /// The partition of the role that programs in the container will see, if the manifest or the plan shows it.
    fn partition(&self) -> Option<Partition> {
        let role = self.container.literal(ROLE_ARN)?;
        let ours = self.identity().and_then(|identity| identity.role());
        match ours.filter(|ours| same(ours.text(), role)) {
            Some(ours) => Some(ours.partition()),
            None => RoleArn::parse(role).ok().map(|arn| arn.partition()),
        }
    }

    /// The region that SDKs will use and what sets it, if the manifest or the plan shows it.
    fn region(&self) -> Option<(&'static str, &str)> {
        let (name, region) = [REGION, DEFAULT_REGION]
            .into_iter()
            // SDKs take an empty one for not set.
            .filter(|name| self.container.sets(name))
            .find_map(|name| Some((name, self.container.variable(name)?)))?;
        let source = if region.is_planned() { "the setting region" } else { name };
        Some((source, region.literal()?))
    }

    fn check_sts_endpoints(&self, partition: Partition, findings: &mut Findings<'_>) {
        let Some(value) = self.container.literal(STS_REGIONAL_ENDPOINTS) else { return };
        let why = match check_endpoints(value, partition) {
            Ok(()) => return,
            Err(EndpointsError::OtherPartition) => {
                "selects the global endpoint of the partition aws, but the role is in another \
                 partition"
            }
            Err(EndpointsError::Unknown) => "is neither \"regional\" nor \"legacy\"",
        };
        findings.report(FindingKind::StsEndpointEnvInvalid, || {
            let problem =
                format!("{}: {STS_REGIONAL_ENDPOINTS} {} {why}", self.describe(), Quoted(value));
            (problem, "set it to regional")
        });
    }
}
