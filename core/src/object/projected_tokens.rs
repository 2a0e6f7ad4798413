//! Finding the token that a file of a volume is, and what a volume comes from, in a time that does not depend on the number
//! and the names of volumes and tokens.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::volume::{Projected, TokenProjection, Volume, VolumeSource};
use crate::paths::ContainerPath;

/// The service-account tokens that the volumes of a pod project, and what each volume comes from. The indexes are made when
/// they are needed: most pods do not have an AWS identity.
#[derive(Debug)]
pub(crate) struct ProjectedTokens<'x, 'a> {
    volumes: &'x [Volume<'a>],
    windows: bool,
    /// In their order: a hash's collisions could be chosen by the author of the pod.
    entries: OnceCell<Vec<Entry<'a>>>,
    by_name: OnceCell<Vec<(Cow<'a, str>, VolumeSource)>>,
}

/// The name of a volume, or the file of one of its tokens.
// A token's entry does not have the name of its volume, which can be long and would be compared many times.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    /// Nothing for a volume's name; else which volume the token is of.
    volume: Option<usize>,
    text: Cow<'a, str>,
    /// Which of the volumes, or which of the volume's tokens, it is.
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

    /// The token that a file, below the mount, of the volume of that name is, and that volume.
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

    /// Whether the volume of that name projects a token.
    pub(crate) fn has_tokens(&self, volume: &str) -> bool {
        self.projected(volume).is_some_and(|projected| projected.tokens().next().is_some())
    }

    /// Whether the volume of that name projects tokens and nothing else, so that all of its files are known.
    pub(crate) fn has_only_tokens(&self, volume: &str) -> bool {
        self.projected(volume).is_some_and(|projected| {
            projected.tokens().next().is_some() && !projected.has_other_sources
        })
    }

    fn projected(&self, volume: &str) -> Option<&'x Projected<'a>> {
        let volume = self.find(None, volume).and_then(|at| self.volumes.get(at));
        volume.map(|volume| &volume.projected)
    }

    /// What the volume of that name comes from.
    pub(crate) fn source(&self, volume: &str) -> VolumeSource {
        let by_name = self.by_name.get_or_init(|| {
            let mut names: Vec<_> =
                self.volumes.iter().map(|volume| (volume.name.decode(), volume.source())).collect();
            names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            names
        });
        let place = by_name.binary_search_by(|(name, _)| (**name).cmp(volume));
        let found = place.ok().and_then(|place| by_name.get(place));
        found.map_or(VolumeSource::Other, |(_, source)| *source)
    }

    /// The last entry of that text.
    fn find(&self, volume: Option<usize>, text: &str) -> Option<usize> {
        let entries = self.entries.get_or_init(|| self.make_entries());
        let wanted = (volume, text);
        let after = entries.partition_point(|entry| (entry.volume, &*entry.text) <= wanted);
        let entry = entries.get(after.checked_sub(1)?)?;
        ((entry.volume, &*entry.text) == wanted).then_some(entry.index)
    }
}
