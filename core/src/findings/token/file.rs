//! Findings about the path of the token file in a variable.

use super::{ContainerChecks, Findings, SdkUse};
use crate::catalogue::{FindingKind, Severity};
use crate::display::{Quoted, Visible};
use crate::injection::Mount;
use crate::names::variable::WEB_IDENTITY_TOKEN_FILE;
use crate::paths::ContainerPath;

/// The path at which the kubelet mounts the token for the API server ("ServiceAccount admission controller", Kubernetes
/// documentation).
const DEFAULT_TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The start of the name of the volume that the API server adds to pods for that token.
pub(super) const DEFAULT_TOKEN_VOLUME: &str = "kube-api-access-";

/// The path of a token file, from a variable.
pub(super) struct TokenFile<'f> {
    pub(super) variable: &'f str,
    pub(super) text: &'f str,
    pub(super) path: ContainerPath<'f>,
}

impl ContainerChecks<'_, '_> {
    pub(super) fn check_file(&self, variable: &str, text: &str, findings: &mut Findings<'_>) {
        let file = &TokenFile { variable, text, path: self.path(text) };
        if self.check_form(file, findings) {
            return;
        }
        match self.container.locate(&file.path) {
            Some(location) => self.check_source(file, &location, findings),
            None => self.report_not_mounted(file, findings),
        }
    }

    /// Checks the form of the path. Unlike the paths of mounts, programs use it as it is written. Returns whether
    /// something is wrong with it.
    fn check_form(
        &self,
        TokenFile { variable, text, .. }: &TokenFile<'_>,
        findings: &mut Findings<'_>,
    ) -> bool {
        let windows = self.pod.windows();
        let is_slash = |byte: char| byte == '/' || (windows && byte == '\\');
        let is_absolute = text.starts_with(is_slash)
            || (windows && text.get(1..).is_some_and(|rest| rest.starts_with(':')));
        let (why, remedy) = if text.ends_with(is_slash) {
            let why = "ends with a slash, so most programs treat it as a directory";
            (why, "remove the slash at the end")
        } else if !is_absolute {
            let why =
                "is a relative path, which leads to the token only in the working directory /";
            (why, "set an absolute path")
        } else if windows && text.starts_with('/') {
            let why = "has no drive, so it leads to the token only where the current drive is C:";
            (why, "set an absolute path, such as C:\\token")
        } else {
            return false;
        };
        // Some SDKs read it nevertheless (docs/sdk-credentials.md).
        findings.report_as(self, FindingKind::TokenFileNotMounted, Severity::Warn, || {
            let problem = format!("{variable} {} {why}", Quoted(text));
            (self.at_value(variable), problem, remedy)
        });
        true
    }

    fn report_not_mounted(&self, file: &TokenFile<'_>, findings: &mut Findings<'_>) {
        let TokenFile { variable, text, path } = file;
        if path.may_be_within(&self.path(DEFAULT_TOKEN)) {
            self.report_default_token(variable, findings);
            return;
        }
        let severity = self.severity_of_not_mounted(file);
        findings.report_as(self, FindingKind::TokenFileNotMounted, severity, || {
            let problem = format!("{variable} is {}, but no volume is mounted there", Quoted(text));
            let remedy = if severity == Severity::Reject {
                "mount the volume with the token at this path, or remove the variable"
            } else if *variable == WEB_IDENTITY_TOKEN_FILE && self.gets_web_identity() {
                "remove the variable, so that the policy sets it, unless the program or another \
                 webhook creates the file"
            } else {
                "mount the token at this path, unless the program or another webhook creates the \
                 file"
            };
            (self.at_value(variable), problem, remedy)
        });
    }

    /// The severity of a file that is on no mount. Another webhook or the container's program may create it, but not
    /// below the paths where this policy mounts tokens.
    fn severity_of_not_mounted(&self, file: &TokenFile<'_>) -> Severity {
        let settings = self.pod.settings;
        // Without the setting, the webhook of EKS may mount the token for the agent.
        let agent = settings.container_credentials.as_ref().map(|agent| &agent.mount_path);
        let mut ours = std::iter::once(&settings.mount_path).chain(agent);
        let is_ours = ours.any(|ours| file.path.may_be_within(&self.path(ours)));
        if is_ours && self.is_used(file.variable) == SdkUse::Yes {
            Severity::Reject
        } else {
            Severity::Warn
        }
    }

    /// Reports that a variable has the path of the token for the Kubernetes API. The API server adds the mount of that
    /// token to pods. Pod templates and manifests do not have it, and get the same answer.
    pub(super) fn report_default_token(&self, variable: &str, findings: &mut Findings<'_>) {
        let acceptor = self.acceptor(variable);
        let Some(severity) = self.severity_of_audience(variable) else { return };
        findings.report_as(self, FindingKind::TokenVolumeAudience, severity, || {
            let problem = format!(
                "{variable} is the path of the token for the Kubernetes API, which {} does not \
                 accept by default",
                acceptor.name
            );
            (
                self.at_value(variable),
                problem,
                format!(
                    "mount a projected service account token with the audience {}",
                    Visible(acceptor.expected)
                ),
            )
        });
    }

    /// Reports that a variable has a path other than that of the identity's token, which is on this mount.
    pub(super) fn report_elsewhere(
        &self,
        TokenFile { variable, text, .. }: &TokenFile<'_>,
        mount: &Mount<'_>,
        findings: &mut Findings<'_>,
    ) {
        let severity =
            if self.is_used(variable) == SdkUse::Yes { Severity::Reject } else { Severity::Warn };
        findings.report_as(self, FindingKind::TokenFileNotMounted, severity, || {
            let problem = format!(
                "{variable} is {}, but the token of volume {} is mounted at {}",
                Quoted(text),
                Quoted(&mount.volume),
                Quoted(&mount.text)
            );
            let remedy = if self.is_at_token_path(mount) {
                "remove the variable, so that the policy sets it"
            } else {
                "remove the variable and the mount, so that the policy adds them"
            };
            (self.at_value(variable), problem, remedy)
        });
    }
}
