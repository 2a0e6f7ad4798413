//! AWS partitions: groups of regions with separate accounts, ARNs and endpoints.

/// A partition ("AWS partitions" in AWS Fault Isolation Boundaries).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Partition {
    Aws,
    AwsCn,
    AwsUsGov,
    AwsIso,
    AwsIsoB,
    AwsIsoE,
    AwsIsoF,
    AwsEusc,
}

pub(crate) const ALL: [Partition; 8] = [
    Partition::Aws,
    Partition::AwsCn,
    Partition::AwsUsGov,
    Partition::AwsIso,
    Partition::AwsIsoB,
    Partition::AwsIsoE,
    Partition::AwsIsoF,
    Partition::AwsEusc,
];

impl Partition {
    /// The name, as in ARNs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
            Self::AwsEusc => "aws-eusc",
        }
    }

    /// The partition of that name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|partition| partition.name() == name)
    }

    /// The partition of a region, by the start of its name.
    pub(crate) fn of_region(region: &str) -> Self {
        // The pseudo-regions of global services, such as `aws-cn-global`.
        if let Some(partition) = region.strip_suffix("-global").and_then(Self::of_name) {
            return partition;
        }
        [
            ("cn-", Self::AwsCn),
            ("us-gov-", Self::AwsUsGov),
            ("us-isob-", Self::AwsIsoB),
            ("us-isof-", Self::AwsIsoF),
            ("us-iso-", Self::AwsIso),
            ("eu-isoe-", Self::AwsIsoE),
            ("eusc-", Self::AwsEusc),
        ]
        .into_iter()
        .find(|(start, _)| region.starts_with(start))
        .map_or(Self::Aws, |(_, partition)| partition)
    }
}
