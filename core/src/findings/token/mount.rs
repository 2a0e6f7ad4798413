//! Findings about the mount of the identity's token, and about other mounts that hide it.

use super::{ContainerChecks, Findings};
use crate::catalogue::{FindingKind, Severity};
use crate::display::Quoted;
use crate::identity::Identity;
use crate::injection::{Mount, PlannedVolume};
use crate::object::volume::VolumeSource;
use crate::paths::ContainerPath;

impl<'x> ContainerChecks<'x, '_> {
    /// The mount of the volume with the identity's token. If there are several, it is the one at the token's path.
    pub(super) fn token_mount(&self) -> Option<&Mount<'x>> {
        let volume = &self.identity()?.token.volume;
        let mut mounts = self.container.mounts.iter().filter(|mount| mount.volume == *volume);
        let first = mounts.next()?;
        if self.is_at_token_path(first) {
            return Some(first);
        }
        Some(mounts.find(|mount| self.is_at_token_path(mount)).unwrap_or(first))
    }

    /// Whether the mount is at the path of the identity's token.
    pub(super) fn is_at_token_path(&self, mount: &Mount<'_>) -> bool {
        self.pod.injection.mount_path().is_some_and(|path| path.is(&mount.path))
    }

    /// Whether the token is below the mount, and can only be mounted if the volume of the mount has the directory.
    ///
    /// Volumes of files are read-only, too, but the kubelet creates directories in them for other mounts of the
    /// container (`MakeNestedMountpoints` in Kubernetes). It does not do so below a `subPath`, or if the path goes
    /// through a link of the image such as `/var/run`.
    fn hides_token(
        &self,
        mount: &Mount<'_>,
        token_path: &ContainerPath<'_>,
        through_run: Option<&ContainerPath<'_>>,
    ) -> bool {
        if mount.path.is_root() {
            return false;
        }
        let below = token_path.is_below(&mount.path);
        if !below && !through_run.is_some_and(|path| path.is_below(&mount.path)) {
            return false;
        }
        match self.pod.injection.tokens.source(&mount.volume) {
            VolumeSource::Files => !below || mount.sub_path,
            VolumeSource::ReadOnly => true,
            VolumeSource::EmptyDir | VolumeSource::Other => mount.read_only,
        }
    }

    /// Reports a mount of a single file (`subPath`). The kubelet updates only mounts of whole volumes, so the token in
    /// the file expires.
    pub(super) fn report_sub_path(
        &self,
        mount: &Mount<'_>,
        severity: Severity,
        findings: &mut Findings<'_>,
    ) {
        findings.report_as(self, FindingKind::TokenMountSubpath, severity, || {
            let effect = match severity {
                Severity::Reject => "over its own file, so the container cannot read the token",
                _ => "so the container does not receive rotated tokens",
            };
            let problem =
                format!("volume {} is mounted with subPath, {effect}", Quoted(&mount.volume));
            (self.at_mount(mount), problem, "mount the volume without subPath")
        });
    }

    /// Checks that the container can read the identity's token through its mounts.
    pub(super) fn check_mounts(&self, identity: &Identity<'_>, findings: &mut Findings<'_>) {
        // Other checks report that the mount of the token is missing.
        let Some(token_mount) = self.token_mount() else { return };
        if token_mount.sub_path {
            self.report_sub_path(token_mount, Severity::Warn, findings);
        }
        let token_path = &token_mount.path;
        let Some(below_mount) = self.pod.injection.token_below_mount() else { return };
        let token_file = token_path.join(below_mount);
        let through_run = token_path.through_run();
        for mount in &self.container.mounts {
            // For a mount at the path of the token's file, or of a directory above it in the volume, the kubelet
            // creates a directory, which hides the file.
            let is_over_file = mount.path.is_below(token_path) && token_file.is_within(&mount.path);
            if mount.volume == identity.token.volume {
                let is_over_run = |run: &ContainerPath<'_>| {
                    mount.path.is_below(run) && is_over_token(mount, run, below_mount)
                };
                let is_over_other =
                    !mount.sub_path && through_run.as_ref().is_some_and(is_over_run);
                if !is_over_file && !is_over_other {
                    continue;
                }
                if mount.sub_path {
                    self.report_sub_path(mount, Severity::Reject, findings);
                    continue;
                }
            }
            if mount.path.is(token_path) {
                findings.report(self, FindingKind::TokenMountConflict, || {
                    let problem = format!(
                        "volume {} is mounted at {}, where the token of the AWS identity is also \
                         mounted",
                        Quoted(&mount.volume),
                        Quoted(&mount.text)
                    );
                    (self.at_mount(mount), problem, "mount the volume at another path")
                });
                continue;
            }
            let (severity, where_) = if is_over_file || mount.path.is_within(&token_file) {
                // The pod defines the volume itself, so a mount of a file in it may be intended.
                if matches!(self.pod.plan.volume, PlannedVolume::Blocked(_)) {
                    continue;
                }
                (
                    Severity::Reject,
                    "the path of the token's file, so the container cannot read the token",
                )
            } else if through_run.as_ref().is_some_and(|run| is_over_token(mount, run, below_mount))
            {
                (
                    Severity::Warn,
                    "which overlaps the token's directory in images that link /var/run to /run, \
                     so one mount hides the other",
                )
            } else if self.hides_token(mount, token_path, through_run.as_ref()) {
                (
                    Severity::Warn,
                    "read-only, so the token can be mounted below it only if the volume contains \
                     the directory",
                )
            } else {
                continue;
            };
            findings.report_as(self, FindingKind::TokenMountShadowed, severity, || {
                let problem = format!(
                    "volume {} is mounted at {}, {where_}",
                    Quoted(&mount.volume),
                    Quoted(&mount.text)
                );
                (self.at_mount(mount), problem, "mount the volume at another path")
            });
        }
    }
}

/// Whether the mount is in that directory, or at its path, and hides the token's file in it.
fn is_over_token(
    mount: &Mount<'_>,
    directory: &ContainerPath<'_>,
    below: &ContainerPath<'_>,
) -> bool {
    mount.path.is_within(directory) && {
        let file = directory.join(below);
        file.is_within(&mount.path) || mount.path.is_within(&file)
    }
}
