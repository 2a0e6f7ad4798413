//! The settings `roleMap` and `roleTrust`: the name of a ConfigMap.

use std::borrow::Cow;

use aws_pod_identity_json::Error;

use super::check;
use super::keys::keys;
use super::read::Field;
use crate::display::ObjectName;

/// The namespace and the name of a ConfigMap.
#[derive(Clone, Debug)]
pub(crate) struct ConfigMapName<'a> {
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

keys! {
    ConfigMapName {
        "namespace" => |source, field| field.checked(&mut source.namespace, check::dns_subdomain),
        "name" => |source, field| field.checked(&mut source.name, check::dns_subdomain),
    }
}

impl<'a> ConfigMapName<'a> {
    pub(super) fn read(
        field: &mut Field<'_, 'a>,
        default_name: &'static str,
    ) -> Result<Option<Self>, Error> {
        let problems = field.problem_count();
        let mut source = Self { namespace: Cow::default(), name: Cow::Borrowed(default_name) };
        if !field.members(&mut |field| source.read_key(field))? {
            return Ok(None);
        }
        let complete = !source.namespace.is_empty();
        field.require(complete, problems, "namespace is required, the namespace of the ConfigMap");
        Ok(Some(source))
    }

    /// The ConfigMap as messages name it.
    pub(crate) fn object_name(&self) -> ObjectName<'_> {
        let (namespace, name) = (Cow::Borrowed(&*self.namespace), Cow::Borrowed(&*self.name));
        ObjectName { kind: "ConfigMap", namespace, name }
    }
}
