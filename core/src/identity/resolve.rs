//! Which of the sources of an identity counts, and what the options come to.

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Quoted, Rule};
use crate::names;
use crate::settings::{GivenRole, Settings};

use super::annotations::{AccountOptions, AnnotatedRole, PodOptions};
use super::lookup::{GetResource, LookupFailure};
use super::role::judge_role;
use super::role_arn::whole_role;
use super::role_map::look_up_role;
use super::{Credentials, Identity, Token};

/// What an identity is resolved from, beside the options of the pod and its account.
pub(crate) struct Resolution<'x> {
    /// The pod's service account.
    pub(crate) account: &'x ObjectName<'x>,
    pub(crate) settings: &'x Settings<'x>,
    /// The request's: what is derived from it differs from pod to pod and is the same when the host asks
    /// again.
    pub(crate) uid: &'x str,
}

/// Why it is not known which identity an object has.
pub(crate) enum Unresolved {
    /// The ConfigMap of roles decides, and the lookup failed.
    LookupFailed(LookupFailure),
    /// The role of a mapping is not usable, in words. Validated settings have none.
    MappingInvalid(String),
}

impl<'x> Resolution<'x> {
    /// The identity, if any source has one: container credentials, then the role by annotation, by
    /// mapping, by ConfigMap. Only the last of them asks the host.
    #[inline(never)]
    pub(crate) fn resolve(
        &self,
        account: AccountOptions<'x>,
        pod: PodOptions,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<Option<Identity<'x>>, Unresolved> {
        if let Some(identity) = self.container_credentials(&account, &pod, findings) {
            return Ok(Some(with_containers(identity, account, pod)));
        }
        let given = match &account.role {
            AnnotatedRole::Unusable => return Ok(None),
            AnnotatedRole::Arn(role_arn) => {
                GivenRole { role_arn: role_arn.clone(), ..GivenRole::default() }
            }
            AnnotatedRole::Absent => match self.given_role(get_resource, findings)? {
                Some(given) => given,
                None => return Ok(None),
            },
        };
        let identity = self.web_identity(&account, &pod, given);
        Ok(Some(with_containers(identity, account, pod)))
    }

    fn web_identity(
        &self,
        account: &AccountOptions<'x>,
        pod: &PodOptions,
        given: GivenRole<'x>,
    ) -> Identity<'x> {
        let settings = self.settings;
        let audience = account.audience.clone().or(given.audience);
        Identity {
            credentials: Credentials::WebIdentity { role_arn: given.role_arn },
            token: Token {
                audience: audience.unwrap_or(Cow::Borrowed(&settings.audience)),
                expiration: pod
                    .token_expiration
                    .or(account.token_expiration)
                    .or(given.token_expiration)
                    .unwrap_or(settings.token_expiration),
                volume: Cow::Borrowed(names::web_identity::VOLUME),
                mount_path: Cow::Borrowed(&settings.mount_path),
                file: Cow::Borrowed(names::web_identity::TOKEN_FILE),
            },
            sts_regional_endpoints: account
                .sts_regional_endpoints
                .or(given.sts_regional_endpoints)
                .unwrap_or(settings.sts_regional_endpoints),
            containers: None,
            choice_is_the_pods: false,
        }
    }

    fn container_credentials(
        &self,
        account: &AccountOptions<'x>,
        pod: &PodOptions,
        findings: &mut Findings<'_>,
    ) -> Option<Identity<'x>> {
        let settings = self.settings;
        let credentials = settings.container_credentials.as_ref().filter(|credentials| {
            credentials.are_for(&self.account.namespace, &self.account.name)
        })?;
        if let AnnotatedRole::Arn(role_arn) = &account.role {
            findings.report(Rule::IdentityDeclaredTwice, || {
                let problem = format!(
                    "{}: it has container credentials (EKS Pod Identity), so its role {} is not used",
                    self.account,
                    Quoted(role_arn)
                );
                (problem, "remove the annotation, or its containerCredentials entry in the settings")
            });
        }
        let expiration =
            pod.token_expiration.or(account.token_expiration).unwrap_or(settings.token_expiration);
        Some(Identity {
            credentials: Credentials::ContainerCredentials {
                full_uri: Cow::Borrowed(&credentials.full_uri),
            },
            token: Token {
                audience: Cow::Borrowed(&credentials.audience),
                expiration: self.jittered(expiration),
                volume: Cow::Borrowed(&credentials.volume_name),
                mount_path: Cow::Borrowed(&credentials.mount_path),
                file: Cow::Borrowed(&credentials.token_path),
            },
            sts_regional_endpoints: account
                .sts_regional_endpoints
                .unwrap_or(settings.sts_regional_endpoints),
            containers: None,
            choice_is_the_pods: false,
        })
    }

    /// The default lifetime, made up to two hours shorter, each pod by its own amount.
    fn jittered(&self, expiration: u32) -> u32 {
        const SHORTEST: u32 = names::expiration::SHORTEST_JITTERED;
        const CHOICES: u32 = names::expiration::DEFAULT - SHORTEST + 1;
        if expiration != names::expiration::DEFAULT {
            return expiration;
        }
        SHORTEST + hash(self.uid) % CHOICES
    }

    /// The role that settings, or the ConfigMap that they name, give to the account.
    fn given_role(
        &self,
        get_resource: &mut GetResource<'_>,
        findings: &mut Findings<'_>,
    ) -> Result<Option<GivenRole<'x>>, Unresolved> {
        let ObjectName { namespace, name, .. } = self.account;
        let mapping =
            self.settings.role_mappings.iter().find(|mapping| mapping.is_for(namespace, name));
        let (given, whence) = match (mapping, &self.settings.role_map) {
            (Some(mapping), _) => (Some(mapping.given.clone()), "the policy's roleMappings"),
            (None, Some(source)) => {
                let given = look_up_role(self, source, get_resource, findings);
                (given.map_err(Unresolved::LookupFailed)?, "the ConfigMap of roles")
            }
            (None, None) => return Ok(None),
        };
        let Some(given) = given else { return Ok(None) };
        let named =
            || format!("{}: its role by {whence}, {},", self.account, Quoted(&given.role_arn));
        match whole_role(&given.role_arn) {
            Ok(arn) => judge_role(&arn, self.account, &named, self.settings, findings),
            // Settings that nobody validated.
            Err(why) => return Err(Unresolved::MappingInvalid(format!("{} {why}", named()))),
        }
        Ok(Some(given))
    }
}

/// Adds the containers that the identity is for: the pod's choice, else the account's.
fn with_containers<'a>(
    identity: Identity<'a>,
    account: AccountOptions<'a>,
    pod: PodOptions,
) -> Identity<'a> {
    Identity {
        choice_is_the_pods: pod.containers.is_some(),
        containers: pod.containers.or(account.containers),
        ..identity
    }
}

/// A number that looks random and is the same for the same text: FNV-1a, which spreads well enough and is
/// three lines.
fn hash(text: &str) -> u32 {
    text.bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::Resolution;
    use crate::findings::ObjectName;
    use crate::settings::Settings;

    #[test]
    fn the_default_lifetime_differs_from_pod_to_pod_and_others_do_not() {
        let settings = Settings::default();
        let account =
            ObjectName { kind: "ServiceAccount", namespace: Cow::default(), name: Cow::default() };
        let jittered = |uid: &str, expiration| {
            Resolution { account: &account, settings: &settings, uid }.jittered(expiration)
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
