//! Where the identity's token is in a pod: its file, its mount and the volume.

use std::borrow::Cow;

use crate::identity::Identity;
use crate::object::container::Container;
use crate::object::pod::Pod;
use crate::object::projected_tokens::ProjectedTokens;
use crate::object::volume::{TokenProjection, Volume};
use crate::paths::ContainerPath;

/// Where programs find the identity's token.
pub(super) struct TokenPaths<'x, 'a> {
    /// The variable that names the file.
    variable: &'static str,
    windows: bool,
    /// The value of the variable that names the file.
    pub(super) file: String,
    pub(super) mount: ContainerPath<'x>,
    /// The file below the mount.
    pub(super) below_mount: ContainerPath<'static>,
    /// The pod's volume with the name of the token's volume, and the token that it projects for the identity.
    pub(super) volume: Option<(&'x Volume<'a>, Option<&'x TokenProjection<'a>>)>,
}

impl<'x, 'a> TokenPaths<'x, 'a> {
    pub(super) fn new(
        pod: &'x Pod<'a>,
        tokens: &ProjectedTokens<'x, 'a>,
        identity: &Identity<'x>,
    ) -> Self {
        let windows = pod.spec.windows;
        let token = &identity.token;
        let present = pod.spec.volumes.iter().find(|volume| volume.name.is(&token.volume));
        let volume = present.map(|volume| (volume, find_token(volume, tokens, identity, windows)));
        let file = match &volume {
            Some((_, Some((file, _)))) => file.clone(),
            _ => token.file.clone(),
        };
        Self {
            variable: identity.token_variable(),
            windows,
            file: identity.token_path(&file, windows),
            mount: ContainerPath::new(token.mount_path.clone(), windows),
            below_mount: ContainerPath::of_file(&file, windows),
            volume: volume.map(|(volume, found)| (volume, found.map(|(_, token)| token))),
        }
    }

    /// The path of the file that the manifest of a container names as the token's, if it shows one.
    pub(super) fn named_file<'c>(&self, container: &'c Container<'_>) -> Option<ContainerPath<'c>> {
        let file = container.file(self.variable)?;
        Some(ContainerPath::new(file, self.windows))
    }

    /// Whether the manifest of a container names the token's file.
    pub(super) fn is_named_by(&self, container: &Container<'_>) -> bool {
        self.named_file(container).is_some_and(|file| self.is_file(&file))
    }

    /// Whether that is the path of the token's file.
    pub(super) fn is_file(&self, path: &ContainerPath<'_>) -> bool {
        path.perhaps_relative_to(&self.mount).is_some_and(|below| below.is(&self.below_mount))
    }
}

/// The token for the identity in a volume of the manifest, and its file. It may have a path other than the usual one,
/// because some programs, such as Elasticsearch, read only a certain file.
fn find_token<'x, 'a>(
    volume: &'x Volume<'a>,
    tokens: &ProjectedTokens<'x, 'a>,
    identity: &Identity<'x>,
    windows: bool,
) -> Option<(Cow<'x, str>, &'x TokenProjection<'a>)> {
    let token = &identity.token;
    // Another source may write the same file.
    let at = |file: Cow<'x, str>| {
        let (_, found) = tokens.get(&token.volume, &ContainerPath::of_file(&file, windows))?;
        may_be_accepted(&found.audience.decode(), identity).then_some((file, found))
    };
    let usual = at(token.file.clone());
    let is_exact = |(_, found): &(_, &TokenProjection<'_>)| found.audience.is(&token.audience);
    if usual.as_ref().is_some_and(is_exact) {
        return usual;
    }
    let others = || volume.projected.tokens().filter_map(|(path, _)| at(path.decode()));
    others().find(is_exact).or(usual).or_else(|| others().next())
}

/// Whether a token with that audience may be one for the identity. The agent accepts one audience. STS accepts all that
/// the identity provider in IAM lists. A token without an audience is for the Kubernetes API server.
pub(super) fn may_be_accepted(audience: &str, identity: &Identity<'_>) -> bool {
    audience == identity.token.audience || (identity.is_web_identity() && !audience.is_empty())
}
