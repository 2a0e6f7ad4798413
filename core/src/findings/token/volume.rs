//! Findings about the volume of a token.

use super::file::{DEFAULT_TOKEN_VOLUME, TokenFile};
use super::{Acceptor, ContainerChecks, Findings, SdkUse};
use crate::catalogue::{FindingKind, Severity};
use crate::display::{Quoted, Visible};
use crate::injection::{FileLocation, Mount};
use crate::location::{FindingCause, MaybeLocation};
use crate::object::security::SecurityContext;
use crate::object::volume::{TokenProjection, Volume};

/// Volume names, with audiences, that distributions use for the tokens of their components. The identity provider that the
/// distribution creates in IAM lists the audience. The first one is for kOps ("IAM roles for service accounts" in its
/// documentation of cluster specifications), the second one for the operators of OpenShift ("Manual mode with short-term
/// credentials for components", OpenShift documentation).
const AUDIENCES_OF_DISTRIBUTIONS: [(&str, &str); 2] =
    [("token-amazonaws-com", "amazonaws.com"), ("bound-sa-token", "openshift")];

impl ContainerChecks<'_, '_> {
    /// Checks the volume of the mount that the token's file is on.
    pub(super) fn check_source(
        &self,
        file: &TokenFile<'_>,
        location: &FileLocation<'_, '_, '_>,
        findings: &mut Findings<'_>,
    ) {
        let FileLocation { mount, below, .. } = location;
        let of_identity = self.identity().filter(|identity| identity.token.volume == mount.volume);
        let is_added = self.is_added(mount);
        if mount.sub_path {
            // The part of the volume that is mounted is not checked.
            let has_tokens = is_added || self.pod.injection.tokens.has_tokens(&mount.volume);
            if of_identity.is_none() && has_tokens {
                self.report_sub_path(mount, Severity::Warn, findings);
            }
            return;
        }
        if let Some((volume, token)) = self.pod.injection.tokens.get(&mount.volume, below) {
            self.check_mode(volume, token, findings);
        }
        if of_identity.is_some()
            && self.pod.injection.token_below_mount().is_some_and(|file| below.is(file))
        {
            // `check_volume` checks whether the volume has the right token.
            return;
        }
        let Some(audience) = self.audience_at(location) else {
            let has_only_tokens =
                is_added || self.pod.injection.tokens.has_only_tokens(&mount.volume);
            if of_identity.is_some() && has_only_tokens {
                self.report_elsewhere(file, mount, findings);
            } else if has_only_tokens && self.is_used(file.variable) == SdkUse::Yes {
                self.report_other_file(file, mount, findings);
            }
            return;
        };
        if audience.is_empty() && mount.volume.starts_with(DEFAULT_TOKEN_VOLUME) {
            self.report_default_token(file.variable, findings);
            return;
        }
        let Acceptor { name, expected, default } = self.acceptor(file.variable);
        if audience == expected
            || audience == default
            || AUDIENCES_OF_DISTRIBUTIONS.iter().any(|(volume, of_distribution)| {
                mount.volume == *volume && audience == *of_distribution
            })
        {
            return;
        }
        let Some(ceiling) = self.severity_of_audience(file.variable) else { return };
        // The identity provider in IAM may list another audience.
        let severity = if audience.is_empty() { ceiling } else { Severity::Warn };
        findings.report_as(self, FindingKind::TokenVolumeAudience, severity, || {
            let why = if audience.is_empty() {
                "has no audience, so it is for the Kubernetes API, and".to_owned()
            } else {
                format!("has the audience {}, which", Quoted(&audience))
            };
            let it = if audience.is_empty() { " it" } else { "" };
            let problem = format!(
                "the token of volume {} {why} {name} does not accept{it} by default",
                Quoted(&mount.volume)
            );
            (
                MaybeLocation::new(|| FindingCause::Volume(mount.volume.clone().into_owned())),
                problem,
                format!("set the audience of the token to {}", Visible(expected)),
            )
        });
    }

    /// Reports that the volume projects tokens, but not to the file that the variable names.
    fn report_other_file(
        &self,
        TokenFile { variable, text, .. }: &TokenFile<'_>,
        mount: &Mount<'_>,
        findings: &mut Findings<'_>,
    ) {
        findings.report(self, FindingKind::TokenFileNotMounted, || {
            let problem = format!(
                "{variable} is {}, but volume {}, mounted at {}, does not contain this file",
                Quoted(text),
                Quoted(&mount.volume),
                Quoted(&mount.text)
            );
            (
                self.at_value(variable),
                problem,
                "correct the variable, or the path of the token in the volume",
            )
        });
    }

    /// A token's file belongs to root, with the volume's mode, unless the pod has an `fsGroup` or all its
    /// containers run as the same user ("Projected Volumes", Kubernetes documentation). An owner that the manifest
    /// names replaces that user ("Add user fields to atomic write volumes", KEP-5936).
    fn check_mode(
        &self,
        volume: &Volume<'_>,
        token: &TokenProjection<'_>,
        findings: &mut Findings<'_>,
    ) {
        const OTHERS_READ: i64 = 0o004;
        let Some(mode) = volume.projected.default_mode else { return };
        let of_pod = self.pod.pod.spec.security;
        let own: SecurityContext = self.container.manifest.security;
        let user = own.run_as_user.or(of_pod.run_as_user);
        let non_root = match user {
            Some(user) => user != 0,
            None => own.run_as_non_root || of_pod.run_as_non_root,
        };
        let owner = token.user.or(volume.projected.default_user);
        let same_user = match (owner, user) {
            (None, user) => user.is_some() && self.pod.one_user,
            (Some(owner), Some(user)) => owner == user,
            // The image may name that user.
            (Some(owner), None) => owner != 0,
        };
        let readable = mode & OTHERS_READ != 0 || of_pod.has_fs_group || same_user || !non_root;
        if readable || self.pod.windows() {
            return;
        }
        findings.report(self, FindingKind::TokenVolumeUnreadable, || {
            let who = match owner {
                None | Some(0) => "root".to_owned(),
                Some(user) => format!("user {user}"),
            };
            let problem = format!(
                "it does not run as {who}, but the mode {mode:04o} of volume {} lets only {who} \
                 read the token",
                Quoted(&volume.name.decode())
            );
            (
                MaybeLocation::new(|| FindingCause::Volume(volume.name.decode().into_owned())),
                problem,
                "remove defaultMode from the volume, or set fsGroup in the pod's securityContext",
            )
        });
    }
}
