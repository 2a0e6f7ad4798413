//! One container of a pod.

use std::borrow::Cow;

use aws_pod_identity_json::{Collection, Error, InsertionPoint, Kind, RawString, Reader, object};

use super::security::SecurityContext;
use crate::names::variable;

/// Which of a pod's lists a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerKind {
    /// In `initContainers`: runs before the others, or next to them as a native sidecar.
    Init,
    /// In `containers`.
    Main,
}

/// The members of a container that checks look at, and where the edits go.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    pub(crate) kind: ContainerKind,
    pub(crate) name: RawString<'a>,
    /// Where a member can be added to the container.
    pub(crate) end: InsertionPoint,
    pub(crate) env: Collection,
    /// The variables that checks look at, in the order of `env`.
    pub(crate) variables: Vec<Variable<'a>>,
    /// Whether variables may come from a ConfigMap or Secret as well.
    pub(crate) has_env_from: bool,
    pub(crate) volume_mounts: Collection,
    pub(crate) mounts: Vec<VolumeMount<'a>>,
    pub(crate) security: SecurityContext,
}

/// An environment variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable<'a> {
    pub(crate) name: RawString<'a>,
    value: Option<RawString<'a>>,
    /// Whether what the value comes from need not exist.
    optional: bool,
}

/// A volume mount.
#[derive(Debug)]
pub(crate) struct VolumeMount<'a> {
    pub(crate) volume: RawString<'a>,
    pub(crate) path: RawString<'a>,
    pub(crate) read_only: bool,
    /// Whether only a part of the volume is mounted (`subPath`, `subPathExpr`).
    pub(crate) sub_path: bool,
}

impl<'a> Container<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, kind: ContainerKind) -> Result<Self, Error> {
        let mut name = RawString::default();
        let mut env = Collection::default();
        let mut variables = Vec::new();
        let mut env_from = Collection::default();
        let mut volume_mounts = Collection::default();
        let mut mounts = Vec::new();
        let mut security = SecurityContext::default();
        let end = object!(reader, {
            "name" => name = reader.text_or_empty()?,
            "env" => env = Collection::array(reader, |reader| {
                variables.extend(Variable::read(reader)?);
                Ok(())
            })?,
            "envFrom" => env_from = Collection::array(reader, Reader::skip)?,
            "volumeMounts" => volume_mounts = Collection::array(reader, |reader| {
                mounts.push(VolumeMount::read(reader)?);
                Ok(())
            })?,
            "securityContext" => security = SecurityContext::read(reader)?,
        });
        Ok(Self {
            kind,
            name,
            end,
            env,
            variables,
            has_env_from: matches!(
                env_from,
                Collection::Present(InsertionPoint { empty: false, .. })
            ),
            volume_mounts,
            mounts,
            security,
        })
    }

    /// Whether the manifest gives the container an AWS identity by itself.
    pub(crate) fn sets_identity(&self) -> bool {
        const BY_HAND: [&str; 5] = [
            variable::ROLE_ARN,
            variable::WEB_IDENTITY_TOKEN_FILE,
            variable::CONTAINER_FULL_URI,
            variable::CONTAINER_RELATIVE_URI,
            variable::CONTAINER_TOKEN_FILE,
        ];
        self.variables.iter().any(|variable| BY_HAND.iter().any(|name| variable.name.is(name)))
    }

    /// The value of the variable of that name, if the manifest shows it.
    pub(crate) fn literal(&self, name: &str) -> Option<Cow<'a, str>> {
        self.variable(name).and_then(Variable::literal)
    }

    /// The variable of that name. Where it is defined twice, the last definition wins, as it does for
    /// the kubelet.
    pub(crate) fn variable(&self, name: &str) -> Option<Variable<'a>> {
        self.variables.iter().rfind(|variable| variable.name.is(name)).copied()
    }
}

impl<'a> Variable<'a> {
    /// Reads a variable; gives nothing for one that no check looks at.
    fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Error> {
        let mut name = RawString::default();
        let mut value = RawString::default();
        let mut reference = None;
        object!(reader, {
            "name" => name = reader.text_or_empty()?,
            "value" => value = reader.text_or_empty()?,
            "valueFrom" => reference = read_reference(reader)?,
        });
        if !variable::is_checked(name) {
            return Ok(None);
        }
        let value = if reference.is_some() { None } else { Some(value) };
        Ok(Some(Self { name, value, optional: reference == Some(true) }))
    }

    /// Whether the variable is certain to be set, to something.
    pub(crate) fn is_certain(self) -> bool {
        !self.is_empty() && !self.optional
    }

    /// Whether the manifest sets the variable to nothing, which programs take for not set.
    pub(crate) fn is_empty(self) -> bool {
        self.value.is_some_and(RawString::is_empty)
    }

    /// The value as programs see it, if the manifest shows it: not from a Secret or a field, and without
    /// references to other variables.
    pub(crate) fn literal(self) -> Option<Cow<'a, str>> {
        let value = self.value?.decode();
        if value.contains('$') { expand(&value).map(Cow::Owned) } else { Some(value) }
    }
}

/// What the kubelet makes of a value: `$$` becomes `$` ("EnvVar", Kubernetes API reference). Nothing if the value refers to
/// another variable, `$(NAME)`.
fn expand(value: &str) -> Option<String> {
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        expanded.push('$');
        rest = match after.strip_prefix('$') {
            Some(after) => after,
            None if after.starts_with('(') && after.contains(')') => return None,
            None => after,
        };
    }
    Some(expanded + rest)
}

/// Reads a `valueFrom`; says whether what it refers to is optional. Nothing for `null`.
fn read_reference(reader: &mut Reader<'_>) -> Result<Option<bool>, Error> {
    if reader.null()? {
        return Ok(None);
    }
    let mut optional = false;
    reader.members(|reader, _| {
        if reader.kind()? != Kind::Object {
            return reader.skip();
        }
        object!(reader, { "optional" => optional |= reader.flag()? });
        Ok(())
    })?;
    Ok(Some(optional))
}

impl<'a> VolumeMount<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut volume = RawString::default();
        let mut path = RawString::default();
        let mut read_only = false;
        let mut sub_path = false;
        object!(reader, {
            "name" => volume = reader.text_or_empty()?,
            "mountPath" => path = reader.text_or_empty()?,
            "readOnly" => read_only = reader.flag()?,
            "subPath" => sub_path |= !reader.text_or_empty()?.is_empty(),
            "subPathExpr" => sub_path |= !reader.text_or_empty()?.is_empty(),
        });
        Ok(Self { volume, path, read_only, sub_path })
    }
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn dollars_are_expanded_as_by_the_kubelet() {
        for (value, expected) in [
            ("a$$b", Some("a$b")),
            ("$$$$", Some("$$")),
            ("a$b", Some("a$b")),
            ("a$", Some("a$")),
            ("$(NAME)", None),
            ("$$(NAME)", Some("$(NAME)")),
            ("$$$(NAME)", None),
            ("$(NAME", Some("$(NAME")),
            ("", Some("")),
        ] {
            assert_eq!(expand(value).as_deref(), expected, "{value}");
        }
    }
}
