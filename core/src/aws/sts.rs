//! The endpoints of the Security Token Service (STS).

use std::fmt::{self, Display};

use super::partition::Partition;
use crate::uri::Uri;

/// Whether the host is one of AWS, by the domains of its partitions ("dnsSuffix" and "dualStackDnsSuffix" of the endpoint
/// rules in AWS SDKs).
pub(crate) fn is_aws_host(host: &str) -> bool {
    const DOMAINS: [&str; 14] = [
        "amazonaws.com",
        "api.aws",
        "amazonaws.com.cn",
        "api.amazonwebservices.com.cn",
        "c2s.ic.gov",
        "api.aws.ic.gov",
        "sc2s.sgov.gov",
        "api.aws.scloud",
        "cloud.adc-e.uk",
        "api.cloud-aws.adc-e.uk",
        "csp.hci.ic.gov",
        "api.aws.hci.ic.gov",
        "amazonaws.eu",
        "api.amazonwebservices.eu",
    ];
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    DOMAINS.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether a host of AWS is one of STS, such as a VPC endpoint ("AWS STS endpoints" in the AWS General Reference).
pub(crate) fn is_sts_host(host: &str) -> bool {
    host.split('.')
        .any(|label| label.eq_ignore_ascii_case("sts") || label.eq_ignore_ascii_case("sts-fips"))
}

/// The STS that programs use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sts {
    #[default]
    Aws,
    /// Another one, such as that of MinIO. Its ARNs, accounts and audiences have other rules.
    Other,
}

impl Sts {
    /// The STS at an endpoint. Without an endpoint, SDKs use the STS of AWS.
    pub(crate) fn of_endpoint(url: Option<&str>) -> Self {
        if url.and_then(other_host).is_none() { Self::Aws } else { Self::Other }
    }
}

/// The host of an endpoint, unless it is a host of AWS. It is empty if the URL does not show the host.
pub(crate) fn other_host(url: &str) -> Option<&str> {
    let host = Uri::parse(url).map_or("", |uri| uri.host);
    if is_aws_host(host) { None } else { Some(host) }
}

/// Why a value of `AWS_STS_REGIONAL_ENDPOINTS` is wrong for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointsError {
    /// It is empty: the AWS SDKs for Java v1 and for JavaScript v2 then do not use STS.
    Empty,
    /// It is neither `regional` nor `legacy`.
    Unknown,
    /// `legacy` is the global endpoint, which is in the partition `aws`.
    OtherPartition,
}

impl Display for EndpointsError {
    /// What is wrong; it follows the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty, which some AWS SDKs do not treat as absent",
            Self::Unknown => "is neither \"regional\" nor \"legacy\"",
            Self::OtherPartition => {
                "selects the global endpoint of the partition aws, but the role is in another \
                 partition"
            }
        })
    }
}

/// Checks the value of `AWS_STS_REGIONAL_ENDPOINTS` in a container whose role is in `partition` ("AWS STS Regional
/// endpoints" in the AWS SDKs and Tools Reference Guide).
pub(crate) fn check_endpoints(value: &str, partition: Partition) -> Result<(), EndpointsError> {
    match value {
        "" => Err(EndpointsError::Empty),
        "regional" => Ok(()),
        "legacy" if partition == Partition::Aws => Ok(()),
        "legacy" => Err(EndpointsError::OtherPartition),
        _ => Err(EndpointsError::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::{EndpointsError, Partition, check_endpoints, is_aws_host, is_sts_host, other_host};

    #[test]
    fn endpoints_of_aws_have_a_host_of_aws() {
        for (url, other) in [
            ("https://sts.eu-west-1.amazonaws.com", None),
            ("https://sts.eu-west-1.amazonaws.com:443/x", None),
            ("https://minio.example.com/sts.amazonaws.com", Some("minio.example.com")),
            ("https://[fd00::1]", Some("fd00::1")),
            ("sts.eu-west-1.amazonaws.com", Some("")),
        ] {
            assert_eq!(other_host(url), other, "{url}");
        }
    }

    #[test]
    fn the_global_endpoint_is_in_the_partition_aws() {
        for (value, partition, expected) in [
            ("regional", Partition::AwsCn, Ok(())),
            ("", Partition::AwsCn, Err(EndpointsError::Empty)),
            ("legacy", Partition::Aws, Ok(())),
            ("legacy", Partition::AwsCn, Err(EndpointsError::OtherPartition)),
            ("global", Partition::Aws, Err(EndpointsError::Unknown)),
        ] {
            assert_eq!(check_endpoints(value, partition), expected, "{value} {partition:?}");
        }
    }

    #[test]
    fn hosts_of_aws_are_below_its_domains() {
        for (host, expected) in [
            ("sts.amazonaws.com", true),
            ("STS.eu-west-1.AmazonAWS.com.", true),
            ("sts.cn-north-1.amazonaws.com.cn", true),
            ("vpce-1-a.sts.eu-west-1.vpce.amazonaws.com", true),
            ("sts.eusc-de-east-1.amazonaws.eu", true),
            ("sts.us-iso-east-1.c2s.ic.gov", true),
            ("amazonaws.com", false),
            ("notamazonaws.com", false),
            ("sts.amazonaws.com.example.com", false),
            ("minio.storage.svc", false),
            ("", false),
        ] {
            assert_eq!(is_aws_host(host), expected, "{host}");
        }
    }

    #[test]
    fn hosts_of_sts_have_its_name() {
        for (host, expected) in [
            ("sts.amazonaws.com", true),
            ("STS.eu-west-1.amazonaws.com", true),
            ("sts-fips.us-east-1.amazonaws.com", true),
            ("vpce-1-a.sts.eu-west-1.vpce.amazonaws.com", true),
            ("s3.eu-west-1.amazonaws.com", false),
            ("sts-archive.s3.amazonaws.com", false),
        ] {
            assert_eq!(is_sts_host(host), expected, "{host}");
        }
    }
}
