//! The security token service (STS): its endpoints, and the names of sessions.

use super::partition::Partition;
use super::role_arn::is_name_character;
use crate::uri::Uri;

/// Whether STS takes the name for a session (`RoleSessionName` of "AssumeRoleWithWebIdentity" in the STS API Reference).
pub(crate) fn is_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len()) && name.chars().all(is_name_character)
}

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

/// Whose STS gives the credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum StsKind {
    #[default]
    Aws,
    /// One whose ARNs, accounts and audiences are its own, such as MinIO's.
    Other,
}

impl StsKind {
    /// That of an endpoint; without one, SDKs use AWS's.
    pub(crate) fn of_endpoint(url: Option<&str>) -> Self {
        if url.is_none_or(is_aws_endpoint) { Self::Aws } else { Self::Other }
    }
}

/// Whether the URL is one of AWS.
fn is_aws_endpoint(url: &str) -> bool {
    Uri::parse(url).is_some_and(|uri| is_aws_host(uri.host))
}

/// How the URL of an STS is written, for messages.
pub(crate) const ENDPOINT_URL_SYNTAX: &str =
    "an http or https URL of a host, a port and a path, without '$'";

/// Why a value is not the URL of an STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointUrlError {
    /// It has an `@`, which ends a user name and a password. Messages do not show it.
    Credentials,
    Form,
}

/// Checks the URL of an STS: SDKs take a scheme, a host, a port and a path. With a `$`, Kubernetes could replace a part of it.
pub(crate) fn check_endpoint_url(url: &str) -> Result<(), EndpointUrlError> {
    if url.contains('@') {
        return Err(EndpointUrlError::Credentials);
    }
    if is_endpoint_url(url) { Ok(()) } else { Err(EndpointUrlError::Form) }
}

fn is_endpoint_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let parts = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']'),
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len())),
    };
    let Some((host, port)) = parts else { return false };
    let is_port = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_allowed = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b':' | b'/' | b'~' | b'%')
    };
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && host.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        && rest.bytes().all(|byte| is_allowed(byte) || matches!(byte, b'[' | b']'))
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
    use super::{
        EndpointUrlError, EndpointsError, Partition, check_endpoint_url, check_endpoints,
        is_aws_endpoint, is_aws_host, is_session_name, is_sts_host,
    };

    #[test]
    fn urls_of_an_sts_have_a_host_and_no_credentials() {
        use EndpointUrlError::{Credentials, Form};
        for (url, expected) in [
            ("http://minio.storage.svc:9000", Ok(())),
            ("HTTPS://minio.example.com/", Ok(())),
            ("https://rgw.example.com/sts", Ok(())),
            ("https://[fd00::1]:8443", Ok(())),
            ("https://vpce-1-a.sts.eu-west-1.vpce.amazonaws.com", Ok(())),
            ("http://minio:65535", Ok(())),
            ("", Err(Form)),
            ("minio:9000", Err(Form)),
            ("s3://minio", Err(Form)),
            ("https://", Err(Form)),
            ("https:///sts", Err(Form)),
            ("https://:9000", Err(Form)),
            ("https://[fd00::1", Err(Form)),
            ("https://minio:port", Err(Form)),
            ("https://minio:", Err(Form)),
            ("https://minio:123456", Err(Form)),
            ("https://$(HOST)", Err(Form)),
            ("https://minio/$$", Err(Form)),
            (" https://minio", Err(Form)),
            ("\"https://minio\"", Err(Form)),
            ("https://minio?x=1", Err(Form)),
            ("https://minio#x", Err(Form)),
            ("https://user:secret@minio", Err(Credentials)),
            ("https://minio/@x", Err(Credentials)),
        ] {
            assert_eq!(check_endpoint_url(url), expected, "{url}");
        }
    }

    #[test]
    fn endpoints_of_aws_have_a_host_of_aws() {
        for (url, expected) in [
            ("https://sts.eu-west-1.amazonaws.com", true),
            ("https://sts.eu-west-1.amazonaws.com:443/x", true),
            ("https://minio.example.com/sts.amazonaws.com", false),
            ("https://[fd00::1]", false),
        ] {
            assert_eq!(is_aws_endpoint(url), expected, "{url}");
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

    #[test]
    fn session_names_have_2_to_64_characters() {
        for (name, expected) in [
            ("a".to_owned(), false),
            ("a".repeat(2), true),
            ("a".repeat(64), true),
            ("a".repeat(65), false),
            ("api+=,.@-_9".to_owned(), true),
            ("my session".to_owned(), false),
        ] {
            assert_eq!(is_session_name(&name), expected, "{name}");
        }
    }
}
