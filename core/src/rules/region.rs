//! Rules about regions and the endpoints of STS.

use std::borrow::Cow;

use crate::findings::{Findings, Quoted, Rule};
use crate::identity::partition::Partition;
use crate::names::variable::{DEFAULT_REGION, REGION, STS_REGIONAL_ENDPOINTS};

use super::ContainerRules;

impl ContainerRules<'_, '_> {
    pub(super) fn judge_region(&self, findings: &mut Findings<'_>) {
        let Some(partition) = self.partition() else { return };
        if let Some((whence, region)) = self.region() {
            let other = Partition::of_region(&region);
            if other != partition {
                findings.report(Rule::RegionPartitionMismatch, || {
                    let problem = format!(
                        "{}: the region {} ({whence}) is in the partition {}, the role in {}",
                        self.describe(),
                        Quoted(&region),
                        other.name(),
                        partition.name()
                    );
                    (problem, "use a role and a region of one partition")
                });
            }
        }
        self.judge_sts_endpoints(partition, findings);
    }

    /// The region that SDKs will use, where that can be told, and what says so.
    fn region(&self) -> Option<(&'static str, Cow<'_, str>)> {
        for name in [REGION, DEFAULT_REGION] {
            if let Some(region) = self.container.variable(name) {
                let region = region.literal().filter(|region| !region.is_empty())?;
                return Some((name, region));
            }
        }
        let settings = self.rules.settings;
        let injected = self.identity().is_some()
            && (!self.container.has_env_from || settings.region_with_env_from);
        let region = settings.region.as_deref().filter(|_| injected)?;
        Some(("the policy's setting", Cow::Borrowed(region)))
    }

    fn judge_sts_endpoints(&self, partition: Partition, findings: &mut Findings<'_>) {
        let Some(value) = self.container.literal(STS_REGIONAL_ENDPOINTS) else { return };
        let why = match &*value {
            "" | "regional" => return,
            "legacy" if partition == Partition::Aws => return,
            "legacy" => "means the partition aws, and the role is in another",
            _ => "is neither \"regional\" nor \"legacy\"",
        };
        findings.report(Rule::StsEndpointEnvInvalid, || {
            let problem =
                format!("{}: {STS_REGIONAL_ENDPOINTS} {} {why}", self.describe(), Quoted(&value));
            (problem, "set it to regional")
        });
    }
}
