//! Which of the sources of an identity is used, and which options result.

use std::borrow::Cow;

use super::lookup::{GetResource, LookupFailure};
use super::options::{AccountOptions, AnnotatedRole, PodOptions};
use super::role_map::{MappedRole, RoleMapProblem, look_up_role};
use super::{Credentials, Identity, RoleSource, Token, names_role};
use crate::aws::RoleArn;
use crate::aws::sts::Sts;
use crate::display::{ObjectName, Quoted};
use crate::names;
use crate::object::container::Container;
use crate::settings::{RoleOptions, Settings};

/// What an identity depends on, in addition to the options of the pod and its account.
pub(crate) struct Resolution<'x> {
    /// The pod's service account.
    pub(crate) account: &'x ObjectName<'x>,
    pub(crate) settings: &'x Settings<'x>,
    /// The UID of the request. Values that are derived from it differ between pods, and are the same if the host
    /// repeats the call.
    pub(crate) uid: &'x str,
    pub(crate) containers: &'x [Container<'x>],
}

/// The identity of an object, if it has one.
#[derive(Debug, Default)]
pub(crate) struct Resolved<'a> {
    pub(crate) identity: Option<Identity<'a>>,
    /// What is wrong with the ConfigMap of roles, or with its entry for the account.
    pub(crate) role_map_problem: Option<RoleMapProblem<'a>>,
}

/// Why the identity of an object is not known.
pub(crate) enum Unresolved {
    /// The ConfigMap of roles decides, and the lookup failed.
    LookupFailed(LookupFailure),
    /// The role of a mapping is not valid, in words. This cannot happen with validated settings.
    MappingInvalid(String),
}

/// A role and where it is named.
struct SourcedRole<'a> {
    arn: RoleArn<'a>,
    source: RoleSource,
    options: RoleOptions<'a>,
}

impl<'x> Resolution<'x> {
    /// The identity, if any source has one: container credentials, then the role by annotation, by
    /// mapping, by ConfigMap. Only the last of them asks the host.
    pub(crate) fn resolve(
        &self,
        account: AccountOptions<'x>,
        pod: PodOptions,
        get_resource: &mut GetResource<'_>,
    ) -> Result<Resolved<'x>, Unresolved> {
        let AccountOptions { role, role_options, sts, containers } = account;
        let mut role_map_problem = None;
        let (credentials, token, options) = match self.container_credentials(&role) {
            Some((credentials, token)) => (credentials, token, role_options),
            None => match self.role(role, sts, get_resource, &mut role_map_problem)? {
                None if self.settings.role_arn_from_env
                    && self.containers.iter().any(|container| names_role(container, sts)) =>
                {
                    let token = self.web_identity_token(role_options.audience.clone());
                    (Credentials::RoleOfContainer, token, role_options)
                }
                None => return Ok(Resolved { identity: None, role_map_problem }),
                Some(SourcedRole { arn, source, options }) => {
                    let options = role_options.or(options);
                    let token = self.web_identity_token(options.audience.clone());
                    (Credentials::WebIdentity { role: arn, source }, token, options)
                }
            },
        };
        let expiration = pod.token_expiration.or(options.token_expiration);
        let expiration = expiration.unwrap_or(self.settings.token_expiration);
        let (expiration, sts_endpoint_url) = if credentials.are_from_sts() {
            (expiration, self.settings.sts_endpoint(options.sts_endpoint_url))
        } else {
            (self.jittered(expiration), None)
        };
        let identity = Identity {
            sts_endpoint_url,
            token: Token { expiration, ..token },
            credentials,
            sts_regional_endpoints: options
                .sts_regional_endpoints
                .unwrap_or(self.settings.sts_regional_endpoints),
            choice_is_of_pod: pod.containers.is_some(),
            containers: pod.containers.or(containers),
        };
        Ok(Resolved { identity: Some(identity), role_map_problem })
    }

    /// The token of a web identity, with the lifetime of the settings.
    fn web_identity_token(&self, audience: Option<Cow<'x, str>>) -> Token<'x> {
        let settings = self.settings;
        Token {
            audience: audience.unwrap_or(Cow::Borrowed(&settings.audience)),
            expiration: settings.token_expiration,
            volume: Cow::Borrowed(names::web_identity::VOLUME),
            mount_path: Cow::Borrowed(&settings.mount_path),
            file: Cow::Borrowed(names::web_identity::TOKEN_FILE),
        }
    }

    /// Container credentials and their token, with the lifetime of the settings, if the account gets them.
    fn container_credentials(
        &self,
        role: &AnnotatedRole<'x>,
    ) -> Option<(Credentials<'x>, Token<'x>)> {
        let settings = self.settings;
        let credentials = settings.container_credentials.as_ref().filter(|credentials| {
            credentials.are_for(&self.account.namespace, &self.account.name)
        })?;
        let unused_role = match role {
            AnnotatedRole::Usable { arn, .. } => Some(arn.clone()),
            _ => None,
        };
        let token = Token {
            audience: Cow::Borrowed(&credentials.audience),
            expiration: settings.token_expiration,
            volume: Cow::Borrowed(&credentials.volume_name),
            mount_path: Cow::Borrowed(&credentials.mount_path),
            file: Cow::Borrowed(&credentials.token_path),
        };
        let full_uri = Cow::Borrowed(&*credentials.full_uri);
        Some((Credentials::ContainerCredentials { full_uri, unused_role }, token))
    }

    /// The default lifetime, shortened by up to two hours, differently for each pod. Other lifetimes are returned
    /// unchanged.
    fn jittered(&self, expiration: u32) -> u32 {
        const SHORTEST: u32 = names::expiration::SHORTEST_JITTERED;
        const CHOICES: u32 = names::expiration::DEFAULT - SHORTEST + 1;
        if expiration != names::expiration::DEFAULT {
            return expiration;
        }
        SHORTEST + hash(self.uid) % CHOICES
    }

    /// The role of the account's annotation or, if it names none, the one that settings give to the account, or the
    /// ConfigMap that they name.
    fn role(
        &self,
        role: AnnotatedRole<'x>,
        sts: Sts,
        get_resource: &mut GetResource<'_>,
        role_map_problem: &mut Option<RoleMapProblem<'x>>,
    ) -> Result<Option<SourcedRole<'x>>, Unresolved> {
        match role {
            AnnotatedRole::Usable { arn, .. } => {
                let (source, options) = (RoleSource::Annotation, RoleOptions::default());
                return Ok(Some(SourcedRole { arn, source, options }));
            }
            AnnotatedRole::Unusable { .. } => return Ok(None),
            AnnotatedRole::Absent | AnnotatedRole::Empty => {}
        }
        let ObjectName { namespace, name, .. } = self.account;
        let mappings = &self.settings.role_mappings;
        if let Some(mapping) = mappings.iter().find(|mapping| mapping.is_for(namespace, name)) {
            let source = RoleSource::RoleMappings;
            let arn = RoleArn::parse_literal(&*mapping.role_arn, self.settings.sts()).map_err(
                |error| {
                    // The settings were not validated.
                    Unresolved::MappingInvalid(format!(
                        "{}: its role from {}, {}, {error}",
                        self.account,
                        source.describe(),
                        Quoted(&mapping.role_arn)
                    ))
                },
            )?;
            return Ok(Some(SourcedRole { arn, source, options: mapping.options.clone() }));
        }
        let Some(map) = &self.settings.role_map else { return Ok(None) };
        let MappedRole { role, problem } =
            look_up_role(self.account, map, sts, self.settings.cached_lookup, get_resource)
                .map_err(Unresolved::LookupFailed)?;
        *role_map_problem = problem;
        let source = RoleSource::RoleMap;
        Ok(role.map(|(arn, options)| SourcedRole { arn, source, options }))
    }
}

/// The hash of a text (FNV-1a).
fn hash(text: &str) -> u32 {
    text.bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Resolution;
    use crate::display::ObjectName;
    use crate::settings::Settings;

    #[test]
    fn the_default_lifetime_is_spread_over_pods_and_a_set_lifetime_is_unchanged() {
        let settings = Settings::default();
        let account =
            ObjectName { kind: "ServiceAccount", namespace: Cow::default(), name: Cow::default() };
        let jittered = |uid: &str, expiration| {
            Resolution { account: &account, settings: &settings, uid, containers: &[] }
                .jittered(expiration)
        };
        let spread: std::collections::BTreeSet<u32> =
            (0..1000).map(|pod| jittered(&format!("uid-{pod}"), 86_400)).collect();
        assert!(spread.len() > 900, "{} of 1000 differ", spread.len());
        assert!(spread.iter().all(|seconds| (79_200..=86_400).contains(seconds)));
        assert_eq!(jittered("a", 86_400), jittered("a", 86_400));
        assert_eq!(jittered("a", 86_399), 86_399);
        assert_eq!(jittered("a", 600), 600);
    }
}
