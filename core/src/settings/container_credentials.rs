//! The setting `containerCredentials`: EKS Pod Identity, and the service accounts that use it.

use std::borrow::Cow;

use crate::glob::matches;
use crate::names::container_credentials as names;
use aws_pod_identity_json::Error;

use super::check;
use super::keys::keys;
use super::read::Field;

/// The service accounts that get container credentials, and what their pods get.
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

keys! {
    ContainerCredentials {
        "identities": Account => |credentials, field| field.elements(&mut |field| {
            credentials.identities.push(Account::read(field)?);
            Ok(())
        }),
        "fullUri" => |credentials, field| field.checked(&mut credentials.full_uri, check::uri),
        "audience" => |credentials, field| {
            field.checked(&mut credentials.audience, check::audience)
        },
        "mountPath" => |credentials, field| {
            field.checked(&mut credentials.mount_path, check::mount_path)
        },
        "volumeName" => |credentials, field| {
            field.checked(&mut credentials.volume_name, check::volume_name)
        },
        "tokenPath" => |credentials, field| {
            field.checked(&mut credentials.token_path, check::token_path)
        },
    }
}

keys! {
    Account {
        "namespace" => |account, field| field.checked(&mut account.namespace, check::name_pattern),
        "serviceAccount" => |account, field| {
            field.checked(&mut account.service_account, check::name_pattern)
        },
    }
}

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
        if !field.members(&mut |field| credentials.read_key(field))? {
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
        field.members(&mut |field| account.read_key(field))?;
        let complete = !account.namespace.is_empty() && !account.service_account.is_empty();
        field.require(complete, problems, "namespace and serviceAccount are required");
        Ok(account)
    }
}
