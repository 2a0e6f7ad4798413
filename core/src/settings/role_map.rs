//! The setting `roleMap`: the webhook's ConfigMap of roles.

use std::borrow::Cow;

use crate::names;
use aws_pod_identity_json::Error;

use super::check;
use super::read::Field;

/// The setting `roleMap`: where the webhook's ConfigMap is.
#[derive(Clone, Debug)]
pub(crate) struct RoleMapSource<'a> {
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

impl<'a> RoleMapSource<'a> {
    pub(super) fn read(field: &mut Field<'_, 'a>) -> Result<Option<Self>, Error> {
        let problems = field.problem_count();
        let mut source =
            Self { namespace: Cow::default(), name: Cow::Borrowed(names::role_map::NAME) };
        if !field.members(&mut |field| match field.key {
            "namespace" => field.checked(&mut source.namespace, check::dns_subdomain),
            "name" => field.checked(&mut source.name, check::dns_subdomain),
            _ => field.unknown(&["namespace", "name"]),
        })? {
            return Ok(None);
        }
        let complete = !source.namespace.is_empty();
        field.require(complete, problems, "namespace is required, the namespace of the ConfigMap");
        Ok(Some(source))
    }
}
