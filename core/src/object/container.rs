//! One container of a pod.

use aws_pod_identity_json::{Collection, Error, InsertionPoint, RawString, Reader, object};

use aws_pod_identity_json::search::same;

use super::security::SecurityContext;
use super::variable::{Variable, trimmed};
use crate::names::variable;

/// Which of a pod's lists a container is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContainerKind {
    /// In `initContainers`: runs before the others, or next to them as a native sidecar.
    Init,
    /// In `containers`.
    Main,
}

/// The members of a container that checks read, and where additions go.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    pub(crate) kind: ContainerKind,
    pub(crate) name: RawString<'a>,
    /// Where a member can be added to the container.
    pub(crate) end: InsertionPoint,
    pub(crate) env: Collection,
    /// The variables that checks read, in the order of `env`.
    pub(crate) variables: Vec<Variable<'a>>,
    /// Whether variables may come from a ConfigMap or Secret as well.
    pub(crate) has_env_from: bool,
    pub(crate) volume_mounts: Collection,
    pub(crate) mounts: Vec<VolumeMount<'a>>,
    pub(crate) security: SecurityContext,
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
        let mut references = None;
        let mut env_from = Collection::default();
        let mut volume_mounts = Collection::default();
        let mut mounts = Vec::new();
        let mut security = SecurityContext::default();
        let end = object!(reader, {
            "name" => name = reader.text_or_empty()?,
            "env" => {
                let start = reader.clone();
                let refers;
                (env, refers) = Variable::read_all(reader, &mut variables)?;
                references = refers.then_some(start);
            },
            "envFrom" => env_from = Collection::array(reader, Reader::skip)?,
            "volumeMounts" => volume_mounts = Collection::array(reader, |reader| {
                mounts.push(VolumeMount::read(reader)?);
                Ok(())
            })?,
            "securityContext" => security = SecurityContext::read(reader)?,
        });
        let has_env_from =
            matches!(env_from, Collection::Present(InsertionPoint { empty: false, .. }));
        if let Some(start) = references {
            variables = Variable::resolve_all(start, has_env_from)?;
        }
        Ok(Self { kind, name, end, env, variables, has_env_from, volume_mounts, mounts, security })
    }

    /// Whether the manifest sets up an AWS identity for the container.
    pub(crate) fn sets_identity(&self) -> bool {
        const IDENTITY_VARIABLES: [&str; 5] = [
            variable::ROLE_ARN,
            variable::WEB_IDENTITY_TOKEN_FILE,
            variable::CONTAINER_FULL_URI,
            variable::CONTAINER_RELATIVE_URI,
            variable::CONTAINER_TOKEN_FILE,
        ];
        self.variables.iter().any(|variable| IDENTITY_VARIABLES.contains(&&*variable.name))
    }

    /// The value of the variable of that name, if the manifest shows it.
    pub(crate) fn literal(&self, name: &str) -> Option<&str> {
        self.variable(name).and_then(Variable::literal)
    }

    /// The path of the file that the variable names, if the manifest shows it.
    pub(crate) fn file(&self, variable: &str) -> Option<&str> {
        self.literal(variable).map(trimmed)
    }

    /// The variable of that name. If there are several definitions, the kubelet uses the last one.
    pub(crate) fn variable(&self, name: &str) -> Option<&Variable<'a>> {
        self.definitions(name).next()
    }

    /// The definitions that may set the variable, the last one first. There are several if the last one is optional.
    pub(crate) fn definitions(&self, name: &str) -> impl Iterator<Item = &Variable<'a>> {
        let mut more = true;
        let named = self.variables.iter().rev().filter(move |variable| same(&variable.name, name));
        named.take_while(move |variable| std::mem::replace(&mut more, variable.optional))
    }

    /// Whether the variable certainly has a value, and the value is not certainly empty.
    pub(crate) fn is_certain(&self, name: &str) -> bool {
        let mut empty = false;
        let last = self.definitions(name).inspect(|variable| empty |= variable.is_empty()).last();
        last.is_some_and(|variable| !variable.optional) && !empty
    }
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
