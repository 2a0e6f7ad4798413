//! Findings about container credentials (EKS Pod Identity) that a container sets up by hand.
//!
//! Which addresses SDKs accept over http: "Container credential provider" in the AWS SDKs and Tools
//! Reference Guide.

use super::endpoint::shown_host;
use super::{ContainerChecks, Findings};
use crate::catalogue::{FindingKind, Severity};
use crate::injection::EffectiveVariable;
use crate::names::container_credentials::{AGENT, AGENT_IPV6};
use crate::names::variable::{
    self, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI, CONTAINER_TOKEN, CONTAINER_TOKEN_FILE,
    ROLE_ARN, WEB_IDENTITY_TOKEN_FILE,
};
use crate::uri::{Uri, is_loopback, is_other_address, is_same_address};

/// The addresses of the EKS Pod Identity agent.
const EKS_AGENTS: [&str; 2] = [AGENT, AGENT_IPV6];
/// The address of the ECS agent.
const ECS_AGENT: &str = "169.254.170.2";

impl ContainerChecks<'_, '_> {
    pub(super) fn check_container_credentials(&self, findings: &mut Findings<'_>) {
        // Empty values turn container credentials off.
        let (full, relative) =
            (self.container.set(CONTAINER_FULL_URI), self.container.set(CONTAINER_RELATIVE_URI));
        if full.is_none() && relative.is_none() {
            self.check_lone_token_file(findings);
            return;
        }
        if self.container.sets(ROLE_ARN) && self.container.may_have(WEB_IDENTITY_TOKEN_FILE) {
            findings.report(self, FindingKind::BothCredentialFamilies, || {
                let problem = "web identity and container credentials are both configured, and \
                               AWS SDKs use web identity only";
                // If the policy sets the variables of one family, the manifest sets those of the other.
                let at = self.at(|| {
                    let by_hand = [ROLE_ARN, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI]
                        .into_iter()
                        .find(|name| self.container.manifest.variable(name).is_some());
                    self.definition(by_hand.unwrap_or(ROLE_ARN), 0, false)
                });
                (at, problem, "configure only one of them")
            });
        }
        let empty_relative = self
            .container
            .variable(CONTAINER_RELATIVE_URI)
            .is_some_and(EffectiveVariable::is_empty);
        if full.is_some() && empty_relative {
            findings.report(self, FindingKind::ContainerCredentialsShadowed, || {
                let problem = format!(
                    "{CONTAINER_RELATIVE_URI} is empty, and some AWS SDKs read it first and \
                     ignore {CONTAINER_FULL_URI}"
                );
                (
                    self.at_variable(CONTAINER_RELATIVE_URI),
                    problem,
                    format!("remove {CONTAINER_RELATIVE_URI}"),
                )
            });
        }
        if full.is_some() && self.sets_both_tokens() {
            findings.report(self, FindingKind::ContainerCredentialsShadowed, || {
                let problem = format!(
                    "some AWS SDKs read {CONTAINER_TOKEN} first and ignore {CONTAINER_TOKEN_FILE}"
                );
                (self.at_variable(CONTAINER_TOKEN), problem, format!("remove {CONTAINER_TOKEN}"))
            });
        }
        // A full URI from `envFrom` changes nothing, because SDKs read the relative URI first.
        if full.is_none() {
            self.report_ecs_agent(findings);
        }
        if full.is_some() && relative.is_some() {
            findings.report(self, FindingKind::ContainerCredentialsShadowed, || {
                let problem = format!(
                    "AWS SDKs read {CONTAINER_RELATIVE_URI} first and ignore {CONTAINER_FULL_URI}"
                );
                (
                    self.at_variable(CONTAINER_RELATIVE_URI),
                    problem,
                    format!("remove {CONTAINER_RELATIVE_URI}"),
                )
            });
        }
        let Some(full) = full else { return };
        let Some(uri) = full.literal() else {
            self.check_reference_without_token(findings);
            return;
        };
        if !full.is_planned() {
            self.check_uri(uri, findings);
            self.check_other_agent(uri, findings);
        } else if let Some(host) = http_host(uri) {
            // The URI is that of the settings, which administrators write. Only the proxy of the container can be
            // wrong.
            self.check_proxy(host, findings);
        }
    }

    fn sets_both_tokens(&self) -> bool {
        [CONTAINER_TOKEN, CONTAINER_TOKEN_FILE].iter().all(|name| self.container.sets(name))
    }

    /// Reports a relative URI without a full one. SDKs send it to the agent of Amazon ECS, which does not run on most
    /// nodes of Kubernetes.
    fn report_ecs_agent(&self, findings: &mut Findings<'_>) {
        findings.report_as(
            self,
            FindingKind::ContainerCredentialsUriInvalid,
            Severity::Warn,
            || {
                let problem = format!(
                    "{CONTAINER_RELATIVE_URI} is a path at the agent of Amazon ECS, {ECS_AGENT}, \
                     which does not run on most nodes of Kubernetes"
                );
                (
                    self.at_variable(CONTAINER_RELATIVE_URI),
                    problem,
                    format!("set {CONTAINER_FULL_URI} instead"),
                )
            },
        );
    }

    /// Reports a token file without a URI. SDKs ignore it, and the policy does not add a URI if the manifest has the
    /// file.
    fn check_lone_token_file(&self, findings: &mut Findings<'_>) {
        let alone = !self.container.manifest.has_env_from
            && self.container.variable(CONTAINER_TOKEN_FILE).is_some();
        if self.gets_container_credentials() && alone {
            let has_other = self.has_other_credentials(CONTAINER_TOKEN_FILE);
            let severity = if has_other { Severity::Warn } else { Severity::Reject };
            findings.report_as(self, FindingKind::ContainerCredentialsUriInvalid, severity, || {
                let problem = format!(
                    "{CONTAINER_TOKEN_FILE} is set without {CONTAINER_FULL_URI}, so AWS SDKs \
                     ignore it"
                );
                (
                    self.at_variable(CONTAINER_TOKEN_FILE),
                    problem,
                    format!(
                        "remove {CONTAINER_TOKEN_FILE}, so that the policy sets both, or set both"
                    ),
                )
            });
        }
    }

    /// Whether the container asks the EKS Pod Identity agent for credentials; none if the manifest does not show it.
    pub(super) fn asks_eks_agent(&self) -> Option<bool> {
        let Some(full) = self.container.variable(CONTAINER_FULL_URI) else {
            return if self.container.manifest.has_env_from { None } else { Some(false) };
        };
        Some(is_of_eks_agent(full.literal()?))
    }

    fn check_uri(&self, uri: &str, findings: &mut Findings<'_>) {
        // SDKs accept any host over https. Other schemes are not checked.
        let Some(host) = http_host(uri) else { return };
        let reject = || {
            let has_other = self.has_other_credentials(CONTAINER_TOKEN_FILE);
            if has_other { Severity::Warn } else { Severity::Reject }
        };
        let report = |severity, why: &str, remedy: String, findings: &mut Findings<'_>| {
            findings.report_as(self, FindingKind::ContainerCredentialsUriInvalid, severity, || {
                // Only the host, because the rest may contain a password.
                let host = the_host(host);
                let problem = format!("{CONTAINER_FULL_URI} is an http URI with {host}, {why}");
                (self.at_variable(CONTAINER_FULL_URI), problem, remedy)
            });
        };
        let agents =
            || format!("use the address of the EKS Pod Identity agent, {AGENT} or [{AGENT_IPV6}]");
        let is_agent = is_eks_agent(host);
        if is_agent && !EKS_AGENTS.contains(&host) {
            let why = "which some AWS SDKs do not recognize as the EKS Pod Identity agent";
            report(Severity::Warn, why, format!("write it as [{AGENT_IPV6}]"), findings);
        }
        if !is_agent && host != ECS_AGENT && !is_loopback(host) {
            if is_other_address(host) {
                let why = "an address for which AWS SDKs require https";
                report(reject(), why, agents(), findings);
            } else {
                // A name may resolve to a loopback address.
                let why = "which AWS SDKs reject unless it resolves to a loopback address";
                report(Severity::Warn, why, agents(), findings);
            }
        }
        if is_agent
            && !self.container.may_have(CONTAINER_TOKEN_FILE)
            && !self.container.may_have(CONTAINER_TOKEN)
        {
            let why = "the EKS Pod Identity agent, which requires a token";
            let remedy = format!("set {CONTAINER_TOKEN_FILE} to the path of the token");
            report(reject(), why, remedy, findings);
        }
        if is_agent {
            self.check_proxy(host, findings);
        }
    }

    /// Reports that a container asks another server for credentials, although its service account has container
    /// credentials.
    fn check_other_agent(&self, uri: &str, findings: &mut Findings<'_>) {
        let ours = self.pod.settings.container_credentials.as_ref();
        let Some(ours) = ours.filter(|_| self.gets_container_credentials()) else { return };
        let host = Uri::parse(uri).map_or("", |uri| uri.host);
        let is_ours = Uri::parse(&ours.full_uri)
            .is_some_and(|ours| is_same_address(host, ours.host))
            || is_eks_agent(host);
        if is_ours {
            return;
        }
        findings.report(self, FindingKind::ContainerCredentialsShadowed, || {
            let host = the_host(host);
            let problem = format!(
                "{CONTAINER_FULL_URI} has {host}, so the container does not use the container \
                 credentials of {}",
                self.pod.account
            );
            (
                self.at_variable(CONTAINER_FULL_URI),
                problem,
                format!("remove {CONTAINER_FULL_URI}, so that the policy sets it"),
            )
        });
    }

    /// Reports a URI from `valueFrom` without a token, in a container whose service account has container credentials. If
    /// it is the URI of the agent, the agent rejects the requests, which have no token. Otherwise, the container uses
    /// other credentials.
    fn check_reference_without_token(&self, findings: &mut Findings<'_>) {
        let may_have_token = [CONTAINER_TOKEN_FILE, CONTAINER_TOKEN]
            .iter()
            .any(|name| self.container.may_have(name));
        if !self.gets_container_credentials() || may_have_token {
            return;
        }
        findings.report(self, FindingKind::ContainerCredentialsShadowed, || {
            let problem = format!(
                "{CONTAINER_FULL_URI} comes from valueFrom and {CONTAINER_TOKEN_FILE} is not set, so \
                 the container does not use the container credentials of {}",
                self.pod.account
            );
            (
                self.at_variable(CONTAINER_FULL_URI),
                problem,
                format!("remove {CONTAINER_FULL_URI}, so that the policy sets both"),
            )
        });
    }

    /// Checks that requests for the agent do not go to a proxy.
    fn check_proxy(&self, agent: &str, findings: &mut Findings<'_>) {
        let mut proxies = self.container.set_variables(&variable::PROXIES);
        let Some((proxy, _)) = proxies.find(|(_, value)| value.literal().is_some()) else { return };
        let mut exceptions =
            variable::NO_PROXIES.iter().filter(|name| self.container.may_have(name));
        let excepted = exceptions.any(|name| {
            let list = self.container.literal(name);
            list.is_none_or(|list| list.split(',').any(|entry| excepts(entry, agent)))
        });
        if !excepted {
            findings.report(self, FindingKind::ProxyBlocksAgent, || {
                let problem = format!(
                    "{proxy} sends requests for the agent at {agent} to a proxy, which cannot \
                     reach the agent"
                );
                (self.at_variable(proxy), problem, format!("add {agent} to NO_PROXY"))
            });
        }
    }
}

/// Whether a URI is one of the EKS Pod Identity agent.
pub(super) fn is_of_eks_agent(uri: &str) -> bool {
    Uri::parse(uri).is_some_and(|uri| is_eks_agent(uri.host))
}

/// The host in a message, after "with" or "has".
fn the_host(host: &str) -> String {
    let article = if host.is_empty() { "" } else { "the host " };
    article.to_owned() + &shown_host(host)
}

fn is_eks_agent(host: &str) -> bool {
    EKS_AGENTS.iter().any(|agent| is_same_address(host, agent))
}

/// The host of an `http:` URI.
fn http_host(uri: &str) -> Option<&str> {
    Uri::parse(uri).filter(Uri::is_http).map(|uri| uri.host)
}

/// Whether an entry of `NO_PROXY` covers the agent: by its address, by a network or by the start of the address.
/// Programs support different forms, so each of them is enough.
fn excepts(entry: &str, agent: &str) -> bool {
    let entry = entry.trim_ascii();
    let entry = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    let network = entry.split('/').next().unwrap_or_default();
    let starts_with = |text: &str, start: &str| {
        text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    entry == "*"
        || is_same_address(network, agent)
        || (entry.contains('/') && network.starts_with("169.254.") && agent.starts_with("169.254."))
        || (entry.contains('/')
            && starts_with(network, "fd00:ec2:")
            && is_same_address(agent, AGENT_IPV6))
        || (entry.starts_with("169.254")
            && agent.starts_with(entry.strip_suffix('*').unwrap_or(entry)))
}

#[cfg(test)]
mod tests {
    use super::excepts;

    #[test]
    fn every_form_of_an_exception_from_the_proxy_covers_the_agent() {
        const FOUR: &str = super::AGENT;
        const SIX: &str = super::AGENT_IPV6;
        for (entry, agent, expected) in [
            ("*", FOUR, true),
            (" 169.254.170.23 ", FOUR, true),
            ("[fd00:ec2::23]", SIX, true),
            ("169.254.170.23/32", FOUR, true),
            ("169.254.0.0/16", FOUR, true),
            ("169.254.0.0/16", SIX, false),
            ("FD00:EC2:0::23", SIX, true),
            ("fd00:ec2::23", "fd00:0ec2::0023", true),
            ("FD00:EC2::/32", SIX, true),
            ("fd00:ec2::/32", SIX, true),
            ("fd00:ec2::/32", FOUR, false),
            ("169.254.*", FOUR, true),
            ("169.254", FOUR, true),
            ("169.254.1", FOUR, true),
            ("169.254.2", FOUR, false),
            ("169.254.0.0", FOUR, false),
            ("fd00:ec2::", SIX, false),
            ("10.0.0.0/8", FOUR, false),
            (".example.com", FOUR, false),
            ("", FOUR, false),
        ] {
            assert_eq!(excepts(entry, agent), expected, "{entry:?} {agent}");
        }
    }
}
