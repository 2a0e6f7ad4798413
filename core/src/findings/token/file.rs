//! Where a variable says that a token is.

use super::{ContainerChecks, Findings};
use crate::catalogue::{FindingKind, Severity};
use crate::display::Quoted;
use crate::injection::Mount;
use crate::paths::ContainerPath;

/// Where Kubernetes mounts what programs do not create themselves. A token file elsewhere may be written by
/// the container's own program.
const SECRETS: [&str; 2] = ["/var/run/secrets", "/run/secrets"];

/// The file that a variable names.
pub(super) struct TokenFile<'f> {
    pub(super) variable: &'f str,
    pub(super) text: &'f str,
    pub(super) path: ContainerPath<'f>,
}

impl ContainerChecks<'_, '_> {
    pub(super) fn check_file(&self, variable: &str, text: &str, findings: &mut Findings<'_>) {
        let file = &TokenFile { variable, text, path: self.path(text) };
        match self.container.mount_of(&file.path) {
            Some(mount) => self.check_source(file, mount, findings),
            None => self.report_not_mounted(file, findings),
        }
    }

    /// Whether the variable is the container's own.
    fn is_own(&self, variable: &str) -> bool {
        self.container.own.variable(variable).is_some()
    }

    fn report_not_mounted(&self, file: &TokenFile<'_>, findings: &mut Findings<'_>) {
        let TokenFile { variable, text, path } = file;
        if let Some(mount) = self.own_mount().filter(|_| !self.is_own(variable)) {
            self.report_elsewhere(file, mount, findings);
            return;
        }
        if SECRETS.into_iter().any(|secrets| {
            let folder = format!("{secrets}/kubernetes.io/serviceaccount");
            path.is_within(&self.path(&folder))
        }) {
            self.report_default_token(variable, findings);
            return;
        }
        let mounted_by_kubernetes =
            SECRETS.into_iter().any(|secrets| path.is_within(&self.path(secrets)));
        let severity = if mounted_by_kubernetes { Severity::Reject } else { Severity::Warn };
        findings.report_as(FindingKind::TokenFileNotMounted, severity, || {
            let problem = format!(
                "{}: nothing is mounted where {variable} points, {}",
                self.describe(),
                Quoted(text)
            );
            let remedy = if mounted_by_kubernetes {
                "mount the volume with the token there, or remove the variable"
            } else {
                "mount the token there, unless the program writes that file itself"
            };
            (problem, remedy)
        });
    }

    /// Reports that a variable points to the token that the API server mounts into each pod, and not yet into
    /// templates.
    fn report_default_token(&self, variable: &str, findings: &mut Findings<'_>) {
        let acceptor = self.acceptor(variable);
        findings.report(FindingKind::TokenVolumeAudience, || {
            let problem = format!(
                "{}: {variable} names the token for the Kubernetes API, which is not for {}",
                self.describe(),
                acceptor.name
            );
            (problem, format!("mount a projected token whose audience is {}", acceptor.expected))
        });
    }

    /// Reports that a variable points to another file than the identity's token, which is on that mount.
    pub(super) fn report_elsewhere(
        &self,
        TokenFile { variable, text, .. }: &TokenFile<'_>,
        mount: &Mount<'_>,
        findings: &mut Findings<'_>,
    ) {
        findings.report(FindingKind::TokenFileNotMounted, || {
            let set = self.is_own(variable);
            let problem = format!(
                "{}: {variable} {} {}, but the token of volume {} is mounted at {}",
                self.describe(),
                if set { "is" } else { "will be" },
                Quoted(text),
                Quoted(&mount.volume),
                Quoted(&mount.text)
            );
            let remedy = match (set, self.is_at_token_path(mount)) {
                (false, _) => "remove that mount: the right one is added then",
                (true, true) => "remove the variable: the right one is set then",
                (true, false) => {
                    "remove the variable and that mount: the right ones are added then"
                }
            };
            (problem, remedy)
        });
    }
}
