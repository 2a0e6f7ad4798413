//! One container of a pod.

use std::borrow::Cow;

use crate::json::{Error, Place, Reader, Text, once};

use super::List;

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
}

/// An environment variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable<'a> {
    pub(crate) name: Text<'a>,
    value: Option<Text<'a>>,
}

/// A volume mount.
#[derive(Debug)]
pub(crate) struct VolumeMount<'a> {
    pub(crate) volume: Text<'a>,
    pub(crate) path: Text<'a>,
}

impl<'a> Container<'a> {
    pub(crate) fn read(reader: &mut Reader<'a>, role: Role) -> Result<Self, Error> {
        let mut name = None;
        let mut env = None;
        let mut variables = Vec::new();
        let mut env_from = None;
        let mut volume_mounts = None;
        let mut mounts = Vec::new();
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
        })
    }

    /// The variable of that name. Where it is defined twice, the last definition wins, as it does for
    /// the kubelet.
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
            "valueFrom" => once(reader, &mut value_from, |reader| {
                let null = reader.kind()? == crate::json::Kind::Null;
                reader.skip()?;
                Ok(!null)
            }),
            _ => reader.skip(),
        })?;
        let name: Text<'_> = name.flatten().unwrap_or_default();
        if !name.decode().starts_with("AWS_") {
            return Ok(None);
        }
        let value =
            if value_from == Some(true) { None } else { Some(value.flatten().unwrap_or_default()) };
        Ok(Some(Self { name, value }))
    }

    /// The value, where the manifest tells it: not from a Secret or a field, and without references
    /// to other variables.
    pub(crate) fn literal(self) -> Option<Cow<'a, str>> {
        self.value.map(Text::decode).filter(|value| !value.contains("$("))
    }
}

impl<'a> VolumeMount<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut volume = None;
        let mut path = None;
        reader.object(&mut |reader, key| match key {
            "name" => once(reader, &mut volume, Reader::optional_text),
            "mountPath" => once(reader, &mut path, Reader::optional_text),
            _ => reader.skip(),
        })?;
        Ok(Self {
            volume: volume.flatten().unwrap_or_default(),
            path: path.flatten().unwrap_or_default(),
        })
    }
}
