//! Findings about the endpoint of the Security Token Service (STS) that AWS SDKs in a container use.

use super::{ContainerChecks, Findings};
use crate::aws::sts::{Sts, is_sts_host, other_host};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::injection::EffectiveVariable;
use crate::names::variable::{ENDPOINT_URL, ENDPOINT_URL_STS, IGNORE_ENDPOINT_URLS};
use crate::uri::Uri;

/// The variables with the endpoint of STS, in the order in which SDKs look for it ("Service-specific endpoints", AWS SDKs and
/// Tools Reference Guide).
const ENDPOINTS: [&str; 2] = [ENDPOINT_URL_STS, ENDPOINT_URL];

/// The host in a message. It is empty, and then not shown, if the URL does not tell the host from a password.
pub(super) fn shown_host(host: &str) -> String {
    if host.is_empty() { "a host that is not shown".to_owned() } else { Quoted(host).to_string() }
}

/// The remedy if an endpoint is probably meant for a service other than STS.
const SET_ONE_SERVICE: &str =
    "set the endpoint of a single service instead, such as AWS_ENDPOINT_URL_S3";

impl ContainerChecks<'_, '_> {
    /// The STS that SDKs use, if the manifest shows it.
    pub(super) fn sts(&self) -> Option<Sts> {
        if self.ignores_endpoints() {
            return Some(Sts::Aws);
        }
        match self.container.first_set(&ENDPOINTS) {
            Some((_, variable)) => Some(Sts::of_endpoint(Some(variable.literal()?))),
            // `envFrom` may set an endpoint. If the service account has a role, it is nearly always one of AWS.
            None if self.container.manifest.has_env_from && self.identity().is_none() => None,
            None => Some(Sts::Aws),
        }
    }

    /// Whether SDKs certainly use another STS than that of AWS, for which the rules of AWS do not hold.
    pub(super) fn uses_other_sts(&self) -> bool {
        self.sts() == Some(Sts::Other)
    }

    fn ignores_endpoints(&self) -> bool {
        let ignored = self.container.literal(IGNORE_ENDPOINT_URLS);
        ignored.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Reports an endpoint to which SDKs send the identity's token although it is not one of AWS, or which is not a URL
    /// (docs/sdk-credentials.md). It is often meant for a single service, such as S3.
    pub(super) fn check_endpoint(&self, findings: &mut Findings<'_>) {
        if !self.gets_web_identity() {
            return;
        }
        self.check_empty_endpoints(findings);
        if self.container.first_set(&ENDPOINTS).is_none() {
            return;
        }
        self.check_ignored_endpoint(findings);
        let Some((variable, url)) = self.other_endpoint() else {
            self.check_endpoint_of_aws(findings);
            return;
        };
        let first = self.container.first_set(&ENDPOINTS).map(|(name, _)| name);
        let is_used = first == Some(variable) && !self.ignores_endpoints();
        let Some(uri) = Uri::parse(url) else {
            findings.report(self, FindingKind::StsEndpointEnvInvalid, || {
                let sdks = if is_used { "most" } else { "some" };
                let problem = format!(
                    "{variable} does not start with https:// or http://, so {sdks} AWS SDKs fail \
                     or use the role of the node"
                );
                (
                    self.at_variable(variable),
                    problem,
                    "remove the variable, or set it to the URL of an STS",
                )
            });
            return;
        };
        let by_some = if is_used { "" } else { "some " };
        findings.report(self, FindingKind::StsEndpointNotAws, || {
            let host = shown_host(uri.host);
            let problem = format!(
                "{variable} makes {by_some}AWS SDKs use {host}, which is not a host of AWS, as \
                 the STS for the AWS identity's token"
            );
            (self.at_variable(variable), problem, SET_ONE_SERVICE)
        });
    }

    /// The endpoint that is not one of AWS and that an SDK may use for STS. Some SDKs use it although
    /// `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is true or `AWS_ENDPOINT_URL_STS` is an endpoint of AWS; others then use
    /// the role of the node instead of STS (docs/sdk-credentials.md). The endpoint that was chosen for the identity is
    /// intended.
    fn other_endpoint(&self) -> Option<(&'static str, &str)> {
        self.container.set_variables(&ENDPOINTS).find_map(|(name, variable)| {
            let url = variable.literal()?;
            let host = other_host(url)?;
            (!self.is_chosen(host)).then_some((name, url))
        })
    }

    /// Whether the endpoint that was chosen for the identity has this host.
    fn is_chosen(&self, host: &str) -> bool {
        let chosen = self.chosen_endpoint().and_then(Uri::parse);
        chosen.is_some_and(|chosen| chosen.host.eq_ignore_ascii_case(host))
    }

    /// The endpoint of STS that an annotation or the settings choose for the identity.
    fn chosen_endpoint(&self) -> Option<&str> {
        self.identity()?.sts_endpoint_url.as_deref()
    }

    /// Whether SDKs in the container use the chosen endpoint, or another URL with its host.
    pub(super) fn uses_chosen_sts(&self) -> bool {
        self.chosen_sts_variable().is_some()
    }

    /// The variable with the chosen endpoint, or with another URL with its host.
    fn chosen_sts_variable(&self) -> Option<&'static str> {
        let (name, variable) = self.container.first_set(&ENDPOINTS)?;
        let url = Uri::parse(variable.literal()?)?;
        self.is_chosen(url.host).then_some(name)
    }

    /// Reports that SDKs do not use the endpoint that was chosen for the identity, and send its token to AWS.
    fn check_ignored_endpoint(&self, findings: &mut Findings<'_>) {
        let Some(variable) = self.chosen_sts_variable().filter(|_| self.sts() == Some(Sts::Aws))
        else {
            return;
        };
        let Some(host) = self.chosen_endpoint().and_then(other_host) else { return };
        findings.report(self, FindingKind::StsEndpointEnvInvalid, || {
            let problem = format!(
                "{IGNORE_ENDPOINT_URLS} is true, so most AWS SDKs use the STS of AWS instead of \
                 {}, which is in {variable}",
                shown_host(host)
            );
            (self.at_variable(IGNORE_ENDPOINT_URLS), problem, "remove the variable")
        });
    }

    /// Reports an endpoint of AWS. If it is that of another service, some SDKs send requests for STS to it. With any
    /// endpoint, the AWS SDK for C++ uses the role of the node instead of STS (docs/sdk-credentials.md). The endpoint
    /// that was chosen for the identity is intended.
    fn check_endpoint_of_aws(&self, findings: &mut Findings<'_>) {
        let endpoint = self.container.set_variables(&ENDPOINTS).find_map(|(name, variable)| {
            let host = Uri::parse(variable.literal()?)?.host;
            (!self.is_chosen(host)).then_some((name, host))
        });
        let Some((variable, host)) = endpoint else { return };
        findings.report(self, FindingKind::StsEndpointEnvInvalid, || {
            if is_sts_host(host) {
                let problem = format!(
                    "{variable} is set, and the AWS SDK for C++ then uses the role of the node \
                     instead of STS"
                );
                let at = self.at_variable(variable);
                return (at, problem, "remove the variable, unless the container needs it");
            }
            let problem = format!(
                "{variable} is {}, which is not STS, so some AWS SDKs cannot use STS and fail or \
                 use the role of the node",
                shown_host(host)
            );
            let at = self.at_variable(variable);
            (at, problem, SET_ONE_SERVICE)
        });
    }

    /// Reports an empty endpoint, which some SDKs do not treat as absent.
    fn check_empty_endpoints(&self, findings: &mut Findings<'_>) {
        let is_empty =
            |name: &&str| self.container.variable(name).is_some_and(EffectiveVariable::is_empty);
        let Some(name) = ENDPOINTS.into_iter().find(is_empty) else { return };
        findings.report(self, FindingKind::StsEndpointEnvInvalid, || {
            let problem = format!(
                "{name} is empty, so some AWS SDKs cannot use STS and fail or use the role of the \
                 node"
            );
            (self.at_variable(name), problem, "remove the variable")
        });
    }
}
