//! Which AWS identity an object asks for.

pub(crate) mod annotations;
pub(crate) mod container_list;
pub(crate) mod lookup;
pub(crate) mod partition;
mod resolve;
pub(crate) mod role;
pub(crate) mod role_arn;
mod role_map;

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName};
use crate::object::container::Container;
use crate::object::service_account::ServiceAccount;
use crate::settings::Settings;
use annotations::{AccountOptions, Annotated};
use aws_pod_identity_json::Reader;
use aws_pod_identity_json::search::replaced;
use container_list::ContainerChoice;
use lookup::{LookupError, Query};
pub(crate) use resolve::{Resolution, Unresolved};

/// An AWS identity, and all that injecting it needs to know.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) credentials: Credentials<'a>,
    pub(crate) token: Token<'a>,
    /// Whether AWS SDKs are to use the regional STS endpoint.
    pub(crate) sts_regional_endpoints: bool,
    /// The containers that get it; all if there is no choice.
    pub(crate) containers: Option<ContainerChoice>,
    /// Whether that choice is the pod's own.
    pub(crate) choice_is_the_pods: bool,
}

impl Identity<'_> {
    /// Whether the container gets the identity.
    pub(crate) fn is_for(&self, container: &Container<'_>) -> bool {
        let choice = self.containers.as_ref();
        choice.is_none_or(|choice| choice.takes(&container.name.decode()))
    }

    /// What kind of identity it is, for the audit log.
    pub(crate) fn kind(&self) -> &'static str {
        match self.credentials {
            Credentials::WebIdentity { .. } => "web identity",
            Credentials::ContainerCredentials { .. } => "container credentials",
        }
    }

    /// The role, if there is one.
    pub(crate) fn role_arn(&self) -> Option<&str> {
        match &self.credentials {
            Credentials::WebIdentity { role_arn } => Some(role_arn),
            Credentials::ContainerCredentials { .. } => None,
        }
    }

    /// The path of the token's file as programs see it.
    pub(crate) fn token_path(&self, windows: bool) -> String {
        let path = self.token.mount_path.clone().into_owned() + "/" + &self.token.file;
        if windows { "C:".to_owned() + &replaced(&path, "/", "\\") } else { path }
    }
}

/// How AWS SDKs get credentials.
#[derive(Debug)]
pub(crate) enum Credentials<'a> {
    /// From STS, with a token for this role (`AssumeRoleWithWebIdentity`).
    WebIdentity { role_arn: Cow<'a, str> },
    /// From the EKS Pod Identity agent, which knows the role.
    ContainerCredentials { full_uri: Cow<'a, str> },
}

/// The projected service-account token that proves the identity.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) audience: Cow<'a, str>,
    /// Lifetime, seconds.
    pub(crate) expiration: u32,
    /// The name of the volume.
    pub(crate) volume: Cow<'a, str>,
    pub(crate) mount_path: Cow<'a, str>,
    /// The token's file below the mount.
    pub(crate) file: Cow<'a, str>,
}

/// Asks the host for the service account that a pod runs as.
pub(crate) fn account_query<'q>(settings: &Settings<'_>, account: &'q ObjectName<'_>) -> Query<'q> {
    Query {
        kind: "ServiceAccount",
        namespace: &account.namespace,
        name: &account.name,
        cached: settings.cached_lookup,
        field: "metadata.annotations",
    }
}

/// Reads the host's answer, which must be the service account that was asked for.
pub(crate) fn read_account<'a>(
    query: Query<'_>,
    answer: &'a [u8],
) -> Result<ServiceAccount<'a>, LookupError> {
    let mut reader = Reader::new(answer);
    let account = ServiceAccount::read(&mut reader).and_then(|account| {
        reader.end()?;
        Ok(account)
    });
    let account = account.map_err(|_| LookupError::Unusable("it is not a service account"))?;
    query.check_answer(&account.metadata)?;
    Ok(account)
}

/// Judges the annotations of a service account and reads what they ask for.
pub(crate) fn account_options<'a>(
    account: &ServiceAccount<'a>,
    name: &ObjectName<'_>,
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) -> AccountOptions<'a> {
    let annotated =
        Annotated { object: name, annotations: &account.metadata.annotations, settings };
    annotated.account_options(findings)
}
