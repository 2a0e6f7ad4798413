//! Which AWS identity a subject asks for.

pub(crate) mod annotations;
pub(crate) mod container_list;
pub(crate) mod lookup;
mod partition;
pub(crate) mod role_arn;

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName};
use crate::json::Reader;
use crate::names;
use crate::settings::Settings;
use crate::subject::service_account::ServiceAccount;
use annotations::{AccountOptions, Annotated, AnnotatedRole, PodOptions};
use container_list::ContainerList;
use lookup::{GetResource, LookupError, Query};

/// An AWS identity, and all that injecting it needs to know.
#[derive(Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) credentials: Credentials<'a>,
    pub(crate) token: Token<'a>,
    /// Whether AWS SDKs are to use the regional STS endpoint.
    pub(crate) sts_regional_endpoints: bool,
    /// Containers that get nothing.
    pub(crate) skip_containers: Option<ContainerList<'a>>,
}

/// How AWS SDKs get credentials.
#[derive(Debug)]
pub(crate) enum Credentials<'a> {
    /// From STS, with a token for this role (`AssumeRoleWithWebIdentity`).
    WebIdentity { role_arn: Cow<'a, str> },
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

/// The question for a pod's service account.
pub(crate) fn account_query<'q>(
    settings: &Settings<'_>,
    namespace: &'q str,
    name: &'q str,
) -> Query<'q> {
    Query {
        kind: "ServiceAccount",
        namespace,
        name,
        cached: settings.cached_lookup,
        field: "metadata.annotations",
    }
}

/// Asks for a service account; `None` if it does not exist. The answer is read by [`read_account`].
pub(crate) fn look_up_account(
    query: Query<'_>,
    get_resource: &mut GetResource<'_>,
) -> Result<Option<String>, LookupError> {
    match query.ask(get_resource) {
        Ok(answer) => Ok(Some(answer)),
        Err(LookupError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the host's answer, which must be the service account that was asked for.
pub(crate) fn read_account<'a>(
    query: Query<'_>,
    answer: &'a str,
) -> Result<ServiceAccount<'a>, LookupError> {
    let mut reader = Reader::new(answer);
    let account = ServiceAccount::read(&mut reader).and_then(|account| {
        reader.end()?;
        Ok(account)
    });
    let Ok(account) = account else {
        return Err(LookupError::Unusable("it is not a service account"));
    };
    let metadata = &account.metadata;
    let other_namespace = !metadata.namespace.is_empty() && !metadata.namespace.is(query.namespace);
    if !metadata.name.is(query.name) || other_namespace {
        return Err(LookupError::Unusable("it is another service account"));
    }
    Ok(account)
}

/// Judges the annotations of a service account and reads what they ask for.
pub(crate) fn account_options<'a>(
    account: &ServiceAccount<'a>,
    name: &ObjectName<'_>,
    settings: &Settings<'_>,
    findings: &mut Findings<'_>,
) -> AccountOptions<'a> {
    let annotated = Annotated {
        object: name,
        annotations: &account.metadata.annotations,
        prefix: &settings.annotation_prefix,
    };
    annotated.account_options(findings)
}

/// The identity that the options of a pod and its service account come to, if any.
pub(crate) fn resolve<'a>(
    account: AccountOptions<'a>,
    pod: PodOptions<'a>,
    settings: &'a Settings<'a>,
) -> Option<Identity<'a>> {
    let AnnotatedRole::Arn(role_arn) = account.role else { return None };
    Some(Identity {
        credentials: Credentials::WebIdentity { role_arn },
        token: Token {
            audience: account.audience.unwrap_or(Cow::Borrowed(&settings.audience)),
            expiration: pod
                .token_expiration
                .or(account.token_expiration)
                .unwrap_or(settings.token_expiration),
            volume: Cow::Borrowed(names::web_identity::VOLUME),
            mount_path: Cow::Borrowed(&settings.mount_path),
            file: Cow::Borrowed(names::web_identity::TOKEN_FILE),
        },
        sts_regional_endpoints: account
            .sts_regional_endpoints
            .unwrap_or(settings.sts_regional_endpoints),
        skip_containers: pod.skip_containers.or(account.skip_containers),
    })
}
