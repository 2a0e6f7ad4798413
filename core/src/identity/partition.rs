//! AWS partitions: groups of regions with accounts, ARNs and endpoints of their own.

use std::fmt;

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

const ALL: [Partition; 8] = [
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
    /// The name as it stands in ARNs.
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

    /// The partition of a region, told by how its name starts.
    pub(crate) fn of_region(region: &str) -> Self {
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

    /// Writes all names, for messages.
    pub(super) fn write_all(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, partition) in ALL.into_iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(partition.name())?;
        }
        Ok(())
    }
}
