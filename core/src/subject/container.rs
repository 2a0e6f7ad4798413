//! One container of a pod.

use std::borrow::Cow;

use aws_pod_identity_json::{Error, Kind, Place, Reader, Text, once};

use super::List;
use super::security::SecurityContext;
use crate::findings::{ObjectName, Quoted};
use crate::names::variable;
use crate::search::contains;

/// Which of a pod's lists a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// In `initContainers`: runs before the others, or beside them as a native sidecar.
    Init,
    /// In `containers`.
    Main,
}

/// The members of a container that rules look at, and where the edits go.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    pub(crate) role: Role,
    pub(crate) name: Text<'a>,
    /// Where a member can be added to the container.
    pub(crate) place: Place,
    pub(crate) env: List,
    /// The variables that rules look at, in the order of `env`.
    pub(crate) variables: Vec<Variable<'a>>,
    /// Whether variables may come from a ConfigMap or Secret as well.
    pub(crate) has_env_from: bool,
    pub(crate) volume_mounts: List,
    pub(crate) mounts: Vec<VolumeMount<'a>>,
    pub(crate) security: SecurityContext,
}

/// An environment variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable<'a> {
    pub(crate) name: Text<'a>,
    value: Option<Text<'a>>,
    /// Whether what the value comes from need not exist.
    optional: bool,
}

/// A volume mount.
#[derive(Debug)]
pub(crate) struct VolumeMount<'a> {
    pub(crate) volume: Text<'a>,
    pub(crate) path: Text<'a>,
    pub(crate) read_only: bool,
    /// Whether only a part of the volume is mounted (`subPath`, `subPathExpr`).
    pub(crate) part: bool,
}

impl<'a> Container<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, role: Role) -> Result<Self, Error> {
        let mut name = None;
        let mut env = None;
        let mut variables = Vec::new();
        let mut env_from = None;
        let mut volume_mounts = None;
        let mut mounts = Vec::new();
        let mut security = None;
        let place = reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut name, Reader::optional_text),
            "env" => once(reader, &mut env, |reader| {
                List::read(reader, &mut |reader| {
                    variables.extend(Variable::read(reader)?);
                    Ok(())
                })
            }),
            "envFrom" => {
                once(reader, &mut env_from, |reader| List::read(reader, &mut Reader::skip))
            }
            "volumeMounts" => once(reader, &mut volume_mounts, |reader| {
                List::read(reader, &mut |reader| {
                    mounts.push(VolumeMount::read(reader)?);
                    Ok(())
                })
            }),
            "securityContext" => once(reader, &mut security, SecurityContext::read),
            _ => reader.skip(),
        })?;
        Ok(Self {
            role,
            name: name.flatten().unwrap_or_default(),
            place,
            env: env.unwrap_or_default(),
            variables,
            has_env_from: matches!(env_from, Some(List::At(Place { empty: false, .. }))),
            volume_mounts: volume_mounts.unwrap_or_default(),
            mounts,
            security: security.unwrap_or_default(),
        })
    }

    /// The container as messages name it.
    #[inline(never)]
    pub(crate) fn describe(&self, pod: &ObjectName<'_>) -> String {
        let list = match self.role {
            Role::Init => "init container",
            Role::Main => "container",
        };
        format!("{pod}: {list} {}", Quoted(&self.name.decode()))
    }

    /// Whether the container has such a variable, or may get one from `envFrom`.
    #[inline(never)]
    pub(crate) fn may_have(&self, name: &str) -> bool {
        self.has_env_from || self.variable(name).is_some()
    }

    /// The value of the variable of that name, where the manifest tells it.
    #[inline(never)]
    pub(crate) fn literal(&self, name: &str) -> Option<Cow<'a, str>> {
        self.variable(name).and_then(Variable::literal)
    }

    /// The variable of that name. Where it is defined twice, the last definition wins, as it does for
    /// the kubelet.
    #[inline(never)]
    pub(crate) fn variable(&self, name: &str) -> Option<Variable<'a>> {
        self.variables.iter().rfind(|variable| variable.name.is(name)).copied()
    }
}

impl<'a> Variable<'a> {
    /// Reads a variable; gives nothing for one that no rule looks at.
    fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Error> {
        let mut name = None;
        let mut value = None;
        let mut value_from = None;
        reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut name, Reader::optional_text),
            "value" => once(reader, &mut value, Reader::optional_text),
            "valueFrom" => once(reader, &mut value_from, read_reference),
            _ => reader.skip(),
        })?;
        let name: Text<'_> = name.flatten().unwrap_or_default();
        if !variable::matters(&name.decode()) {
            return Ok(None);
        }
        let reference = value_from.flatten();
        let value = match reference {
            Some(_) => None,
            None => Some(value.flatten().unwrap_or_default()),
        };
        Ok(Some(Self { name, value, optional: reference == Some(true) }))
    }

    /// Whether the variable is certain to be set, to something.
    pub(crate) fn is_certain(self) -> bool {
        !self.is_empty() && !self.optional
    }

    /// Whether the manifest sets the variable to nothing, which programs take for not set.
    pub(crate) fn is_empty(self) -> bool {
        self.value.is_some_and(Text::is_empty)
    }

    /// The value, where the manifest tells it: not from a Secret or a field, and without references
    /// to other variables.
    #[inline(never)]
    pub(crate) fn literal(self) -> Option<Cow<'a, str>> {
        self.value.map(Text::decode).filter(|value| !contains(value, "$("))
    }
}

/// Reads a `valueFrom`; says whether what it refers to is optional. Nothing for `null`.
fn read_reference(reader: &mut Reader<'_>) -> Result<Option<bool>, Error> {
    if reader.null()? {
        return Ok(None);
    }
    let mut optional = false;
    reader.object(&mut |reader, _| {
        if reader.kind()? != Kind::Object {
            return reader.skip();
        }
        reader.object(&mut |reader, key| {
            if key == "optional" {
                optional |= reader.flag()?;
                Ok(())
            } else {
                reader.skip()
            }
        })?;
        Ok(())
    })?;
    Ok(Some(optional))
}

impl<'a> VolumeMount<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut volume = None;
        let mut path = None;
        let mut read_only = None;
        let mut sub_path = None;
        let mut sub_path_expr = None;
        reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut volume, Reader::optional_text),
            "mountPath" => once(reader, &mut path, Reader::optional_text),
            "readOnly" => once(reader, &mut read_only, Reader::flag),
            "subPath" => once(reader, &mut sub_path, Reader::optional_text),
            "subPathExpr" => once(reader, &mut sub_path_expr, Reader::optional_text),
            _ => reader.skip(),
        })?;
        Ok(Self {
            volume: volume.flatten().unwrap_or_default(),
            path: path.flatten().unwrap_or_default(),
            read_only: read_only == Some(true),
            part: [sub_path.flatten(), sub_path_expr.flatten()]
                .into_iter()
                .flatten()
                .any(|part| !part.is_empty()),
        })
    }
}
