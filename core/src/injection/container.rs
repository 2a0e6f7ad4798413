//! A container as it will be: with the parts of its manifest and the planned ones.

use std::borrow::Cow;

use aws_pod_identity_json::search::same;

use crate::identity::Identity;
use crate::object::container::{Container, VolumeMount};
use crate::object::variable::{Variable, trimmed};
use crate::paths::ContainerPath;

/// A container that has an AWS identity, planned or set up by its manifest.
#[derive(Debug)]
pub(crate) struct EffectiveContainer<'x, 'a> {
    /// The container of the manifest.
    pub(crate) manifest: &'x Container<'a>,
    /// The identity, if the container gets it.
    pub(crate) identity: Option<&'x Identity<'x>>,
    /// The variables to add, in their order.
    pub(super) planned: Vec<PlannedVariable<'x>>,
    /// Its mounts. The one to add is the last.
    pub(crate) mounts: Vec<Mount<'x>>,
    /// The empty variable with which the manifest turns the identity off for this container.
    pub(crate) turned_off: Option<&'static str>,
    /// The mount that prevents the mount of the token at its path; an index into `mounts`.
    pub(super) blocking: Option<usize>,
}

/// A variable to add.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedVariable<'x> {
    pub(super) name: &'static str,
    pub(super) value: PlannedValue<'x>,
}

/// Where the value of a variable comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PlannedValue<'x> {
    Literal(&'x str),
    /// From this field of the pod.
    Field(&'static str),
}

/// A variable of the effective container.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EffectiveVariable<'x, 'a> {
    Manifest(&'x Variable<'a>),
    Planned(PlannedValue<'x>),
}

/// A volume mount of the effective container.
#[derive(Debug)]
pub(crate) struct Mount<'x> {
    pub(crate) volume: Cow<'x, str>,
    /// The path as it is written.
    pub(crate) text: Cow<'x, str>,
    pub(crate) path: ContainerPath<'x>,
    pub(crate) read_only: bool,
    /// Whether only a part of the volume is mounted (`subPath`, `subPathExpr`).
    pub(crate) sub_path: bool,
    /// Whether the policy adds it.
    pub(crate) planned: bool,
}

/// The mount that a file is on, and its path below the mount.
pub(crate) struct FileLocation<'c, 'x, 'f> {
    /// The index of the mount.
    pub(super) index: usize,
    /// The innermost mount that has the path of the file.
    pub(crate) mount: &'c Mount<'x>,
    /// The path of the file below the mount.
    pub(crate) below: ContainerPath<'f>,
}

impl<'x> Mount<'x> {
    pub(super) fn of_manifest(mount: &VolumeMount<'x>, windows: bool) -> Self {
        let text = mount.path.decode();
        Self {
            volume: mount.volume.decode(),
            path: ContainerPath::new(text.clone(), windows),
            text,
            read_only: mount.read_only,
            sub_path: mount.sub_path,
            planned: false,
        }
    }
}

impl<'x, 'a> EffectiveContainer<'x, 'a> {
    /// The variable of that name.
    pub(crate) fn variable(&self, name: &str) -> Option<EffectiveVariable<'x, 'a>> {
        // A variable that the manifest sets is never planned.
        self.manifest.variable(name).map(EffectiveVariable::Manifest).or_else(|| {
            let planned = self.planned.iter().find(|planned| same(planned.name, name))?;
            Some(EffectiveVariable::Planned(planned.value))
        })
    }

    /// The value of the variable of that name, if the manifest or the plan shows it.
    pub(crate) fn literal(&self, name: &str) -> Option<&'x str> {
        self.variable(name)?.literal()
    }

    /// The variable, unless the manifest or the plan shows that it is empty. Programs treat an empty value as absent.
    pub(crate) fn set(&self, name: &str) -> Option<EffectiveVariable<'x, 'a>> {
        self.variable(name).filter(|variable| !variable.is_empty())
    }

    /// The variables that have a value, in the order of `names`.
    pub(crate) fn set_variables(
        &self,
        names: &[&'static str],
    ) -> impl Iterator<Item = (&'static str, EffectiveVariable<'x, 'a>)> {
        names.iter().filter_map(|name| Some((*name, self.set(name)?)))
    }

    /// The first of the variables that has a value.
    pub(crate) fn first_set(
        &self,
        names: &[&'static str],
    ) -> Option<(&'static str, EffectiveVariable<'x, 'a>)> {
        self.set_variables(names).next()
    }

    /// Whether the variable has a value, or may get one from `envFrom`. An empty variable of the manifest overrides
    /// `envFrom`.
    pub(crate) fn may_have(&self, name: &str) -> bool {
        self.variable(name).map_or(self.manifest.has_env_from, |variable| !variable.is_empty())
    }

    /// Whether the variable has a value, or a source whose value the manifest does not show.
    pub(crate) fn sets(&self, name: &str) -> bool {
        self.set(name).is_some()
    }

    /// The path of the file that the variable names, if the manifest or the plan shows it.
    pub(crate) fn file(&self, variable: &str) -> Option<&'x str> {
        self.literal(variable).map(trimmed)
    }

    /// Finds the mount that a file is on. If there is none, the file is searched for below `/run` instead of
    /// `/var/run`, or the reverse: in most images, one is a link to the other.
    pub(crate) fn locate<'f>(
        &self,
        file: &'f ContainerPath<'_>,
    ) -> Option<FileLocation<'_, 'x, 'f>> {
        self.innermost_mount(file).or_else(|| {
            let through_run = file.through_run()?;
            let FileLocation { index, mount, below } = self.innermost_mount(&through_run)?;
            Some(FileLocation { index, mount, below: below.into_owned() })
        })
    }

    fn innermost_mount<'f>(&self, file: &'f ContainerPath<'_>) -> Option<FileLocation<'_, 'x, 'f>> {
        let mounts = self.mounts.iter().enumerate();
        let containing = mounts.filter(|(_, mount)| file.is_within(&mount.path));
        // All of these paths contain the file, so the longest one is the innermost.
        let (index, mount) = containing.max_by_key(|(_, mount)| mount.path.as_str().len())?;
        Some(FileLocation { index, mount, below: file.relative_to(&mount.path)? })
    }

    /// The mount that prevents the mount of the token at its path.
    pub(crate) fn blocking_mount(&self) -> Option<&Mount<'x>> {
        self.mounts.get(self.blocking?)
    }
}

impl<'x> EffectiveVariable<'x, '_> {
    /// The value, if the manifest or the plan shows it.
    pub(crate) fn literal(self) -> Option<&'x str> {
        match self {
            Self::Manifest(variable) => variable.literal(),
            Self::Planned(PlannedValue::Literal(value)) => Some(value),
            Self::Planned(PlannedValue::Field(_)) => None,
        }
    }

    pub(crate) fn is_planned(self) -> bool {
        matches!(self, Self::Planned(_))
    }
}

impl EffectiveVariable<'_, '_> {
    /// Whether the manifest sets the variable to an empty value, which programs treat as absent.
    pub(crate) fn is_empty(self) -> bool {
        matches!(self, Self::Manifest(variable) if variable.is_empty())
    }
}
