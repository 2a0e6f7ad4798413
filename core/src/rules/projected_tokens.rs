//! Finding the token that a file of a volume is, quickly however many volumes and tokens there are, and
//! whatever their names.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::paths::ContainerPath;
use crate::subject::volume::{TokenProjection, Volume};

/// The service-account tokens that the volumes of a pod project.
#[derive(Debug)]
pub(crate) struct ProjectedTokens<'x, 'a> {
    /// In the order of their names and files: a hash's collisions could be chosen by whoever writes the pod.
    tokens: Vec<ProjectedToken<'x, 'a>>,
}

/// A token, and the volume that projects it.
#[derive(Debug)]
pub(crate) struct ProjectedToken<'x, 'a> {
    pub(crate) volume: &'x Volume<'a>,
    pub(crate) token: &'x TokenProjection<'a>,
    name: Cow<'a, str>,
    file: ContainerPath<'x>,
}

impl<'x, 'a> ProjectedTokens<'x, 'a> {
    pub(crate) fn new(volumes: &'x [Volume<'a>], windows: bool) -> Self {
        let mut tokens = BinaryHeap::new();
        for volume in volumes {
            tokens.extend(volume.projected.tokens.iter().map(|token| ProjectedToken {
                volume,
                token,
                name: volume.name.decode(),
                file: ContainerPath::of_file(&token.path.decode(), windows),
            }));
        }
        // Sorting a vector takes six kilobytes of the module.
        Self { tokens: tokens.into_sorted_vec() }
    }

    /// The token that a file, below the mount, of the volume of that name is.
    pub(crate) fn get(
        &self,
        volume: &str,
        file: &ContainerPath<'_>,
    ) -> Option<&ProjectedToken<'x, 'a>> {
        let wanted = (volume, file.as_str());
        let place = self.tokens.binary_search_by(|token| token.key().cmp(&wanted)).ok()?;
        self.tokens.get(place)
    }
}

impl ProjectedToken<'_, '_> {
    fn key(&self) -> (&str, &str) {
        (&self.name, self.file.as_str())
    }
}

impl Ord for ProjectedToken<'_, '_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for ProjectedToken<'_, '_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ProjectedToken<'_, '_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ProjectedToken<'_, '_> {}
