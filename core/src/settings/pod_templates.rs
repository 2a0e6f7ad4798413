//! The setting `podTemplates`: the paths of pod templates in custom resources.

use std::borrow::Cow;

use aws_pod_identity_json::Error;

use super::check;
use super::keys::keys;
use super::read::Field;

/// An entry of `podTemplates`.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodTemplates<'a> {
    pub(crate) group: Cow<'a, str>,
    pub(crate) kind: Cow<'a, str>,
    /// The paths to pod templates, such as `spec.workerGroupSpecs[*].template`.
    pub(crate) paths: Vec<Cow<'a, str>>,
}

keys! {
    PodTemplates {
        "group" => |entry, field| field.checked(&mut entry.group, check::custom_group),
        "kind" => |entry, field| field.checked(&mut entry.kind, check::kind),
        "paths" => |entry, field| field.patterns(&mut entry.paths, check::template_path),
    }
}

impl<'a> PodTemplates<'a> {
    pub(super) fn read_all(field: &mut Field<'_, 'a>) -> Result<Vec<Self>, Error> {
        let mut entries = Vec::new();
        field.elements(&mut |field| {
            entries.push(Self::read(field)?);
            Ok(())
        })?;
        Ok(entries)
    }

    fn read(field: &mut Field<'_, 'a>) -> Result<Self, Error> {
        let problems = field.problem_count();
        let mut entry = Self::default();
        field.members(&mut |field| entry.read_key(field))?;
        let complete = !entry.group.is_empty() && !entry.kind.is_empty() && !entry.paths.is_empty();
        field.require(complete, problems, "group, kind and paths are required");
        Ok(entry)
    }
}
