//! Findings about regions and the endpoints of STS.

use super::environment::has_wrapping;
use super::{ContainerChecks, Findings};
use crate::aws::region::is_region;
use crate::aws::sts::check_endpoints;
use crate::aws::{Partition, RoleArn};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::names::variable::{DEFAULT_REGION, REGION, ROLE_ARN, STS_REGIONAL_ENDPOINTS};
use aws_pod_identity_json::search::same;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_region(&self, findings: &mut Findings<'_>) {
        let Some(partition) = self.partition() else { return };
        if self.uses_other_sts() {
            return;
        }
        if let Some((variable, source, region)) = self.region() {
            let other = Partition::of_region(region);
            if other != partition {
                findings.report(self, FindingKind::RegionPartitionMismatch, || {
                    let problem = format!(
                        "the region {} ({source}) is in the partition {}, but the role is in {}, \
                         so its credentials are not valid in the region",
                        Quoted(region),
                        other.name(),
                        partition.name()
                    );
                    (
                        self.at_value(variable),
                        problem,
                        "use a role and a region of the same partition",
                    )
                });
            }
        }
        self.check_region_values(findings);
        self.check_sts_endpoints(partition, findings);
    }

    /// Reports a value that is not a region. Some SDKs fail with it, and others use the role of the node.
    fn check_region_values(&self, findings: &mut Findings<'_>) {
        for name in [REGION, DEFAULT_REGION] {
            let Some(value) = self.container.manifest.literal(name) else { continue };
            // `check_variable` reports quotes and whitespace.
            if is_region(value) || has_wrapping(value) {
                continue;
            }
            // Most SDKs prefer AWS_REGION, and treat an empty AWS_DEFAULT_REGION as absent.
            let is_empty = value.is_empty();
            if name == DEFAULT_REGION && (is_empty || self.container.sets(REGION)) {
                continue;
            }
            findings.report(self, FindingKind::EnvValueMalformed, || {
                let what = if is_empty {
                    format!("{name} is empty")
                } else {
                    format!("{name} {} is not the name of a region", Quoted(value))
                };
                let problem = format!(
                    "{what}, so some AWS SDKs cannot use STS and fail or use the role of the node"
                );
                let remedy = if is_empty {
                    "remove the variable, or set the region"
                } else {
                    "set the region"
                };
                (self.at_value(name), problem, remedy)
            });
        }
    }

    /// The partition of the role in the container, if the manifest or the plan shows the role.
    fn partition(&self) -> Option<Partition> {
        let role = self.container.literal(ROLE_ARN)?;
        let ours = self.identity().and_then(|identity| identity.role());
        match ours.filter(|ours| same(ours.text(), role)) {
            Some(ours) => ours.partition(),
            None => RoleArn::parse(role).ok()?.partition(),
        }
    }

    /// The region that SDKs use, after its variable and the source that messages name; none if neither the manifest nor
    /// the plan shows it.
    fn region(&self) -> Option<(&'static str, &'static str, &str)> {
        let (name, region) = self.container.first_set(&[REGION, DEFAULT_REGION])?;
        let source = if region.is_planned() { "the setting region" } else { name };
        Some((name, source, region.literal()?))
    }

    fn check_sts_endpoints(&self, partition: Partition, findings: &mut Findings<'_>) {
        let Some(value) = self.container.literal(STS_REGIONAL_ENDPOINTS) else { return };
        let Err(error) = check_endpoints(value, partition) else { return };
        findings.report(self, FindingKind::StsEndpointEnvInvalid, || {
            let shown =
                if value.is_empty() { String::new() } else { format!(" {}", Quoted(value)) };
            let problem = format!("{STS_REGIONAL_ENDPOINTS}{shown} {error}");
            (self.at_value(STS_REGIONAL_ENDPOINTS), problem, "set it to regional")
        });
    }
}
