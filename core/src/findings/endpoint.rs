//! Which security token service (STS) the programs in a container ask.

use super::{ContainerChecks, Findings};
use crate::aws::sts::{is_aws_host, is_sts_host};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::injection::EffectiveVariable;
use crate::names::variable::{ENDPOINT_URL, ENDPOINT_URL_STS, IGNORE_ENDPOINT_URLS};
use crate::uri::Uri;

/// The STS that SDKs ask ("Service-specific endpoints", AWS SDKs and Tools Reference Guide).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sts {
    Aws,
    /// The manifest does not show it.
    Unknown,
    /// One that is not AWS's, such as MinIO's: its ARNs, accounts and audiences are its own. Set by that variable, with
    /// that host.
    Other(&'static str, String),
}

impl Sts {
    /// Whether it is certain that the rules of AWS do not hold.
    pub(super) fn is_other(&self) -> bool {
        matches!(self, Self::Other(..))
    }
}

/// A host as messages show it. There is none where a URI may hold a password in its place.
pub(super) fn shown_host(host: &str) -> String {
    if host.is_empty() { "a host that is not shown".to_owned() } else { Quoted(host).to_string() }
}

/// The host of an endpoint, unless it is one of AWS. It is empty if the value does not show it.
fn other_host(url: &str) -> Option<&str> {
    let host = Uri::parse(url).map_or("", |uri| uri.host);
    if is_aws_host(host) { None } else { Some(host) }
}

impl ContainerChecks<'_, '_> {
    pub(super) fn sts(&self) -> Sts {
        let ignored = self.container.literal(IGNORE_ENDPOINT_URLS);
        if ignored.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Sts::Aws;
        }
        // Most SDKs take an empty value for not set.
        let set = [ENDPOINT_URL_STS, ENDPOINT_URL]
            .into_iter()
            .find(|name| self.container.sets(name))
            .and_then(|name| Some((name, self.container.variable(name)?)));
        match set {
            Some((name, variable)) => match variable.literal() {
                None => Sts::Unknown,
                Some(url) => {
                    other_host(url).map_or(Sts::Aws, |host| Sts::Other(name, host.to_owned()))
                }
            },
            // `envFrom` may set an endpoint. Where the account has a role, AWS is meant nearly always.
            None if self.container.own.has_env_from && self.identity().is_none() => Sts::Unknown,
            None => Sts::Aws,
        }
    }

    /// Reports that the token of the identity is sent to a host that is not AWS's. An endpoint that is meant for one
    /// service, such as S3, often is the cause.
    pub(super) fn check_endpoint(&self, findings: &mut Findings<'_>) {
        if !self.gets_web_identity() {
            return;
        }
        self.check_empty_endpoints(findings);
        self.check_ignored_endpoint(findings);
        let Some((variable, host)) = self.other_endpoint() else {
            self.check_endpoint_of_aws(findings);
            return;
        };
        let by_all = matches!(self.sts(), Sts::Other(name, _) if name == variable);
        let by_some = if by_all { "" } else { "some " };
        findings.report(FindingKind::StsEndpointNotAws, || {
            let host = shown_host(&host);
            let problem = format!(
                "{}: {variable} makes {by_some}AWS SDKs use {host}, which is not a host of AWS, as the STS for the AWS \
                 identity's token",
                self.describe()
            );
            (self.at_variable(variable), problem, "set the endpoint of a single service instead, such as AWS_ENDPOINT_URL_S3")
        });
    }

    /// The endpoint of another host than AWS's that an SDK may use for STS. Some SDKs do so although
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is true or `AWS_ENDPOINT_URL_STS` is an endpoint of AWS; others then use no
    /// STS, but the role of the node (docs/sdk-credentials.md). The host of the endpoint that was chosen for the identity is
    /// no other one.
    fn other_endpoint(&self) -> Option<(&'static str, String)> {
        [ENDPOINT_URL_STS, ENDPOINT_URL].into_iter().find_map(|name| {
            let url = self.container.literal(name).filter(|url| !url.is_empty())?;
            let host = other_host(url).filter(|host| !self.is_chosen(host))?;
            Some((name, host.to_owned()))
        })
    }

    /// Whether it is the host of the endpoint that was chosen for the identity.
    fn is_chosen(&self, host: &str) -> bool {
        let chosen = self.chosen_endpoint().and_then(Uri::parse);
        chosen.is_some_and(|chosen| chosen.host.eq_ignore_ascii_case(host))
    }

    /// The endpoint of STS that was chosen for the identity.
    fn chosen_endpoint(&self) -> Option<&str> {
        self.identity()?.sts_endpoint_url.as_deref()
    }

    /// Whether the container has that endpoint, or another URL of the same host.
    pub(super) fn uses_chosen_sts(&self) -> bool {
        self.chosen_sts_variable().is_some()
    }

    /// The variable with that endpoint, or with another URL of the same host.
    fn chosen_sts_variable(&self) -> Option<&'static str> {
        let variables = [ENDPOINT_URL_STS, ENDPOINT_URL];
        let name = variables.into_iter().find(|name| self.container.sets(name))?;
        let url = Uri::parse(self.container.literal(name)?)?;
        self.is_chosen(url.host).then_some(name)
    }

    /// Reports that SDKs do not use the endpoint that was chosen for the identity, and send its token to AWS.
    fn check_ignored_endpoint(&self, findings: &mut Findings<'_>) {
        let Some(variable) = self.chosen_sts_variable().filter(|_| self.sts() == Sts::Aws) else {
            return;
        };
        let Some(host) = self.chosen_endpoint().and_then(other_host) else { return };
        findings.report(FindingKind::StsEndpointEnvInvalid, || {
            let problem = format!(
                "{}: {IGNORE_ENDPOINT_URLS} is true, so most AWS SDKs use the STS of AWS instead of {}, which is \
                 in {variable}",
                self.describe(),
                shown_host(host)
            );
            (self.at_variable(IGNORE_ENDPOINT_URLS), problem, "remove the variable")
        });
    }

    /// Reports an endpoint of AWS. If it is another service's, some SDKs send requests for STS there; with any endpoint, the AWS
    /// SDK for C++ does not use STS, but the role of the node (docs/sdk-credentials.md). One that was chosen for the identity
    /// is meant.
    fn check_endpoint_of_aws(&self, findings: &mut Findings<'_>) {
        let endpoint = [ENDPOINT_URL_STS, ENDPOINT_URL].into_iter().find_map(|name| {
            let url = self.container.literal(name).filter(|url| !url.is_empty())?;
            let host = Uri::parse(url)?.host;
            (!self.is_chosen(host)).then_some((name, host))
        });
        let Some((variable, host)) = endpoint else { return };
        findings.report(FindingKind::StsEndpointEnvInvalid, || {
            if is_sts_host(host) {
                let problem = format!(
                    "{}: {variable} is set, and the AWS SDK for C++ then uses the role of the node instead of STS",
                    self.describe()
                );
                let at = self.at_variable(variable);
                return (at, problem, "remove the variable, unless the container needs it");
            }
            let problem = format!(
                "{}: {variable} is {}, which is not STS, so some AWS SDKs cannot use STS and fail or use the role of the \
                 node",
                self.describe(),
                shown_host(host)
            );
            let at = self.at_variable(variable);
            (at, problem, "set the endpoint of a single service instead, such as AWS_ENDPOINT_URL_S3")
        });
    }

    /// Reports an empty endpoint, which some SDKs do not take for not set.
    fn check_empty_endpoints(&self, findings: &mut Findings<'_>) {
        let is_empty =
            |name: &&str| self.container.variable(name).is_some_and(EffectiveVariable::is_empty);
        let Some(name) = [ENDPOINT_URL_STS, ENDPOINT_URL].into_iter().find(|name| is_empty(name))
        else {
            return;
        };
        findings.report(FindingKind::StsEndpointEnvInvalid, || {
            let problem = format!(
                "{}: {name} is empty, so some AWS SDKs cannot use STS and fail or use the role of the node",
                self.describe()
            );
            (self.at_variable(name), problem, "remove the variable")
        });
    }
}
