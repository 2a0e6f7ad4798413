//! The mount of the identity's token, and others in its way.

use super::{ContainerChecks, Findings};
use crate::catalogue::{FindingKind, Severity};
use crate::display::Quoted;
use crate::identity::Identity;
use crate::injection::Mount;

impl<'x> ContainerChecks<'x, '_> {
    /// The mount of the volume with the identity's token: of several, the one at the token's path.
    pub(super) fn own_mount(&self) -> Option<&Mount<'x>> {
        let volume = &self.identity()?.token.volume;
        let mut own = self.container.mounts.iter().filter(|mount| mount.volume == *volume);
        let first = own.next()?;
        if self.is_at_token_path(first) {
            return Some(first);
        }
        Some(own.find(|mount| self.is_at_token_path(mount)).unwrap_or(first))
    }

    /// Whether it is mounted where the identity's token goes.
    pub(super) fn is_at_token_path(&self, mount: &Mount<'_>) -> bool {
        self.pod.injection.mount_path().is_some_and(|path| path.is(&mount.path))
    }

    /// Whether the mount is read-only: the kubelet mounts images so whatever the mount says ("Use an Image Volume
    /// With a Pod", Kubernetes documentation).
    fn is_read_only(&self, mount: &Mount<'_>) -> bool {
        mount.read_only || self.pod.injection.tokens.is_image(&mount.volume)
    }

    /// Reports that a file is mounted, which is never renewed: the kubelet renews the volume only.
    pub(super) fn report_sub_path(
        &self,
        mount: &Mount<'_>,
        severity: Severity,
        findings: &mut Findings<'_>,
    ) {
        findings.report_as(FindingKind::TokenMountSubpath, severity, || {
            let problem = format!(
                "{}: volume {} is mounted with a subPath, so a rotated token never arrives",
                self.describe(),
                Quoted(&mount.volume)
            );
            (problem, "mount the whole volume")
        });
    }

    /// Checks the mounts of a container that the identity is for.
    pub(super) fn check_mounts(&self, identity: &Identity<'_>, findings: &mut Findings<'_>) {
        let own = self.own_mount();
        if let Some(mount) = own.filter(|mount| mount.sub_path) {
            self.report_sub_path(mount, Severity::Reject, findings);
        }
        let token_path = own.map(|mount| &mount.path).or(self.pod.injection.mount_path());
        let Some(token_path) = token_path else { return };
        for mount in &self.container.mounts {
            if mount.volume == identity.token.volume {
                continue;
            }
            if own.is_some() && mount.path.is(token_path) {
                findings.report(FindingKind::TokenMountConflict, || {
                    let problem = format!(
                        "{}: volume {} is mounted at {}, where the token of the AWS identity is mounted too",
                        self.describe(),
                        Quoted(&mount.volume),
                        Quoted(&mount.text)
                    );
                    (problem, "mount it somewhere else")
                });
                continue;
            }
            let (severity, where_) = if mount.path.is_below(token_path) {
                (
                    Severity::Reject,
                    "below the read-only mount of the token, so the container cannot start",
                )
            } else if token_path.is_below(&mount.path)
                && !mount.path.is_root()
                && self.is_read_only(mount)
            {
                (
                    Severity::Warn,
                    "read-only, so the token below it can be mounted only if that volume has the folder",
                )
            } else {
                continue;
            };
            findings.report_as(FindingKind::TokenMountShadowed, severity, || {
                let problem = format!(
                    "{}: volume {} is mounted at {}, {where_}",
                    self.describe(),
                    Quoted(&mount.volume),
                    Quoted(&mount.text)
                );
                (problem, "mount it somewhere else")
            });
        }
    }
}
