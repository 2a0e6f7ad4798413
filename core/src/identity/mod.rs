//! Which AWS identity an object asks for.

pub(crate) mod account;
pub(crate) mod container_list;
pub(crate) mod lookup;
pub(crate) mod options;
mod resolve;
pub(crate) mod role_map;
pub(crate) mod role_trust;

use std::borrow::Cow;

use crate::aws::RoleArn;
use crate::aws::sts::Sts;
use crate::names::variable;
use crate::object::container::Container;
use container_list::ContainerChoice;
pub(crate) use resolve::{Resolution, Resolved, Unresolved};

/// An AWS identity, with everything that its injection needs.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) credentials: Credentials<'a>,
    pub(crate) token: Token<'a>,
    /// Whether AWS SDKs are to use the regional STS endpoint.
    pub(crate) sts_regional_endpoints: bool,
    /// The endpoint of STS, if an annotation or the settings choose one. Container credentials do not need it.
    pub(crate) sts_endpoint_url: Option<Cow<'a, str>>,
    /// The containers that get it; all if there is no choice.
    pub(crate) containers: Option<ContainerChoice>,
    /// Whether the choice is an annotation of the pod, not of its service account.
    pub(crate) choice_is_of_pod: bool,
}

impl Identity<'_> {
    /// Whether the container is among those that get the identity by the annotations.
    pub(crate) fn chooses(&self, container: &Container<'_>) -> bool {
        let choice = self.containers.as_ref();
        choice.is_none_or(|choice| choice.chooses(&container.name.decode()))
    }

    /// The STS that was chosen for the identity.
    pub(crate) fn sts(&self) -> Sts {
        Sts::of_endpoint(self.sts_endpoint_url.as_deref())
    }

    /// The kind of the identity, for the audit log.
    pub(crate) fn kind(&self) -> &'static str {
        if self.is_web_identity() { "web identity" } else { "container credentials" }
    }

    /// The role of a web identity; none if the containers name their roles themselves.
    pub(crate) fn role(&self) -> Option<&RoleArn<'_>> {
        match &self.credentials {
            Credentials::WebIdentity { role, .. } => Some(role),
            Credentials::ContainerCredentials { .. } | Credentials::RoleOfContainer => None,
        }
    }

    /// Whether SDKs get the credentials from STS.
    pub(crate) fn is_web_identity(&self) -> bool {
        self.credentials.are_from_sts()
    }

    /// Whether the identity is container credentials.
    pub(crate) fn is_container_credentials(&self) -> bool {
        !self.credentials.are_from_sts()
    }

    /// The variable that names the token's file.
    pub(crate) fn token_variable(&self) -> &'static str {
        if self.is_web_identity() {
            variable::WEB_IDENTITY_TOKEN_FILE
        } else {
            variable::CONTAINER_TOKEN_FILE
        }
    }

    /// The path of a file below the token's mount, as programs see it.
    pub(crate) fn token_path(&self, file: &str, windows: bool) -> String {
        let path = self.token.mount_path.clone().into_owned() + "/" + file;
        if windows { "C:".to_owned() + &path.replace('/', "\\") } else { path }
    }
}

/// How AWS SDKs get credentials.
#[derive(Debug)]
#[allow(clippy::enum_variant_names, reason = "container credentials are AWS's term")]
pub(crate) enum Credentials<'a> {
    /// From STS, with a token for this role (`AssumeRoleWithWebIdentity`).
    WebIdentity { role: RoleArn<'a>, source: RoleSource },
    /// From STS, with a token for the role that each container names itself (setting `roleArnFromEnv`).
    RoleOfContainer,
    /// From the EKS Pod Identity agent, which knows the role. The account's annotation may name another one, which
    /// is not used.
    ContainerCredentials { full_uri: Cow<'a, str>, unused_role: Option<RoleArn<'a>> },
}

impl Credentials<'_> {
    /// Whether AWS SDKs get the credentials from STS, not from an agent.
    pub(crate) fn are_from_sts(&self) -> bool {
        match self {
            Self::WebIdentity { .. } | Self::RoleOfContainer => true,
            Self::ContainerCredentials { .. } => false,
        }
    }
}

/// Whether the manifest shows a role that the container names itself.
pub(crate) fn names_role(container: &Container<'_>, sts: Sts) -> bool {
    container.literal(variable::ROLE_ARN).is_some_and(|role| RoleArn::parse_for(role, sts).is_ok())
}

/// The source of the role of a web identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleSource {
    /// The annotation of the service account.
    Annotation,
    /// The setting `roleMappings`.
    RoleMappings,
    /// The ConfigMap of roles.
    RoleMap,
}

impl RoleSource {
    /// The source as messages name it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Annotation => "the annotation",
            Self::RoleMappings => "the setting roleMappings",
            Self::RoleMap => "the ConfigMap of roles",
        }
    }
}

/// The projected service account token that proves the identity.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) audience: Cow<'a, str>,
    /// Lifetime, seconds.
    pub(crate) expiration: u32,
    /// The name of the volume.
    pub(crate) volume: Cow<'a, str>,
    pub(crate) mount_path: Cow<'a, str>,
    /// The token's file, relative to the mount.
    pub(crate) file: Cow<'a, str>,
}
