//! The setting `containerCredentials`: EKS Pod Identity, and for whom.

use std::borrow::Cow;

use crate::glob::matches;
use crate::names::container_credentials as names;
use aws_pod_identity_json::Error;

use super::check;
use super::read::Field;

/// Who gets container credentials, and how.
#[derive(Clone, Debug)]
pub(crate) struct ContainerCredentials<'a> {
    identities: Vec<Account<'a>>,
    pub(crate) full_uri: Cow<'a, str>,
    pub(crate) audience: Cow<'a, str>,
    pub(crate) mount_path: Cow<'a, str>,
    pub(crate) volume_name: Cow<'a, str>,
    pub(crate) token_path: Cow<'a, str>,
}

/// Patterns for a service account.
#[derive(Clone, Debug, Default)]
struct Account<'a> {
    namespace: Cow<'a, str>,
    service_account: Cow<'a, str>,
}

const KEYS: [&str; 6] =
    ["identities", "fullUri", "audience", "mountPath", "volumeName", "tokenPath"];

impl<'a> ContainerCredentials<'a> {
    /// Whether the service account gets them.
    pub(crate) fn are_for(&self, namespace: &str, service_account: &str) -> bool {
        self.identities.iter().any(|account| {
            matches(&account.namespace, namespace)
                && matches(&account.service_account, service_account)
        })
    }

    pub(super) fn read(field: &mut Field<'_, 'a>) -> Result<Option<Self>, Error> {
        let mut credentials = Self {
            identities: Vec::new(),
            full_uri: Cow::Borrowed(names::FULL_URI),
            audience: Cow::Borrowed(names::AUDIENCE),
            mount_path: Cow::Borrowed(names::MOUNT_PATH),
            volume_name: Cow::Borrowed(names::VOLUME),
            token_path: Cow::Borrowed(names::TOKEN_FILE),
        };
        let problems = field.problem_count();
        if !field.members(&mut |field| match field.key {
            "identities" => field.elements(&mut |field| {
                credentials.identities.push(Account::read(field)?);
                Ok(())
            }),
            "fullUri" => field.checked(&mut credentials.full_uri, check::uri),
            "audience" => field.checked(&mut credentials.audience, check::audience),
            "mountPath" => field.checked(&mut credentials.mount_path, check::mount_path),
            "volumeName" => field.checked(&mut credentials.volume_name, check::volume_name),
            "tokenPath" => field.checked(&mut credentials.token_path, check::token_path),
            _ => field.unknown(&KEYS),
        })? {
            return Ok(None);
        }
        let complete = !credentials.identities.is_empty();
        field.require(
            complete,
            problems,
            "identities is required, a list of {namespace, serviceAccount}",
        );
        Ok(Some(credentials))
    }
}

impl<'a> Account<'a> {
    fn read(field: &mut Field<'_, 'a>) -> Result<Self, Error> {
        let problems = field.problem_count();
        let mut account = Self::default();
        field.members(&mut |field| match field.key {
            "namespace" => field.checked(&mut account.namespace, check::name_pattern),
            "serviceAccount" => field.checked(&mut account.service_account, check::name_pattern),
            _ => field.unknown(&["namespace", "serviceAccount"]),
        })?;
        let complete = !account.namespace.is_empty() && !account.service_account.is_empty();
        field.require(complete, problems, "namespace and serviceAccount are required");
        Ok(account)
    }
}
