//! Indexes of the volumes of a pod and of the tokens that they project, so that lookups are fast whatever the number
//! and the names of volumes and tokens are.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::volume::{Projected, TokenProjection, Volume, VolumeSource};
use crate::paths::ContainerPath;

/// The service account tokens that the volumes of a pod project, and the source of each volume. The indexes are built
/// when they are needed, because most pods do not have an AWS identity.
#[derive(Debug)]
pub(crate) struct ProjectedTokens<'x, 'a> {
    volumes: &'x [Volume<'a>],
    windows: bool,
    /// Sorted. It is not a hash table, because the author of the pod could choose names that collide.
    entries: OnceCell<Vec<Entry<'a>>>,
    by_name: OnceCell<Vec<(Cow<'a, str>, VolumeSource)>>,
}

/// The name of a volume, or a file that a volume projects.
// The entry of a file has the index of its volume, not its name, which can be long and would be compared many times.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    /// None for the name of a volume; for a file, the index of its volume.
    volume: Option<usize>,
    text: Cow<'a, str>,
    /// The index of the volume, or of the file in its volume.
    index: usize,
}

impl<'x, 'a> ProjectedTokens<'x, 'a> {
    pub(crate) fn new(volumes: &'x [Volume<'a>], windows: bool) -> Self {
        Self { volumes, windows, entries: OnceCell::new(), by_name: OnceCell::new() }
    }

    fn make_entries(&self) -> Vec<Entry<'a>> {
        let mut entries = Vec::new();
        for (at, volume) in self.volumes.iter().enumerate() {
            if volume.projected.tokens().next().is_none() {
                continue;
            }
            entries.push(Entry { volume: None, text: volume.name.decode(), index: at });
            entries.extend(volume.projected.files.iter().enumerate().map(|(index, file)| {
                let file = ContainerPath::of_file(&file.path.decode(), self.windows);
                Entry { volume: Some(at), text: file.into(), index }
            }));
        }
        entries.sort_unstable();
        entries
    }

    /// The token in a file, whose path is relative to the mount, of the volume with that name, and the volume.
    pub(crate) fn get(
        &self,
        volume: &str,
        file: &ContainerPath<'_>,
    ) -> Option<(&'x Volume<'a>, &'x TokenProjection<'a>)> {
        let at = self.find(None, volume)?;
        let file = self.find(Some(at), file.as_str())?;
        let volume = self.volumes.get(at)?;
        Some((volume, volume.projected.files.get(file)?.token.as_ref()?))
    }

    /// Whether the volume with that name projects a token.
    pub(crate) fn has_tokens(&self, volume: &str) -> bool {
        self.projected(volume).is_some_and(|projected| projected.tokens().next().is_some())
    }

    /// Whether the volume with that name projects only tokens, so that all of its files are known.
    pub(crate) fn has_only_tokens(&self, volume: &str) -> bool {
        self.projected(volume).is_some_and(|projected| {
            projected.tokens().next().is_some() && !projected.has_other_sources
        })
    }

    fn projected(&self, volume: &str) -> Option<&'x Projected<'a>> {
        let volume = self.find(None, volume).and_then(|at| self.volumes.get(at));
        volume.map(|volume| &volume.projected)
    }

    /// The source of the volume with that name.
    pub(crate) fn source(&self, volume: &str) -> VolumeSource {
        let by_name = self.by_name.get_or_init(|| {
            let mut names: Vec<_> =
                self.volumes.iter().map(|volume| (volume.name.decode(), volume.source)).collect();
            names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            names
        });
        let index = by_name.binary_search_by(|(name, _)| (**name).cmp(volume));
        let found = index.ok().and_then(|index| by_name.get(index));
        found.map_or(VolumeSource::Other, |(_, source)| *source)
    }

    /// The index in the last entry with that text.
    fn find(&self, volume: Option<usize>, text: &str) -> Option<usize> {
        let entries = self.entries.get_or_init(|| self.make_entries());
        let wanted = (volume, text);
        let after = entries.partition_point(|entry| (entry.volume, &*entry.text) <= wanted);
        let entry = entries.get(after.checked_sub(1)?)?;
        ((entry.volume, &*entry.text) == wanted).then_some(entry.index)
    }
}
