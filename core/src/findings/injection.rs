//! Findings about variables, mounts and volumes that prevent the injection of the identity.

use super::{ContainerChecks, Findings, PodChecks};
use crate::catalogue::{FindingKind, Severity};
use crate::display::Quoted;
use crate::injection::PlannedVolume;
use crate::location::{FindingCause, MaybeLocation};
use crate::names::STS_AUDIENCE;
use crate::names::variable::{ROLE_ARN, WEB_IDENTITY_TOKEN_FILE};
use aws_pod_identity_json::RawString;

impl ContainerChecks<'_, '_> {
    /// Checks whether the container can get the identity.
    pub(super) fn check_injection(&self, findings: &mut Findings<'_>) {
        self.check_turned_off(findings);
        if self.identity().is_some_and(|identity| identity.role().is_some()) {
            self.check_completeness(findings);
        }
        if let Some(other) = self.container.blocking_mount() {
            let severity = self.severity_of_other_volume(&other.volume);
            findings.report_as(self, FindingKind::TokenMountConflict, severity, || {
                let problem = format!(
                    "volume {} is mounted at {}, the mount path of the AWS identity's token",
                    Quoted(&other.volume),
                    Quoted(&other.text)
                );
                let unless = match severity {
                    Severity::Warn => ", unless the volume has the token",
                    _ => "",
                };
                (
                    self.at_mount(other),
                    problem,
                    format!(
                        "mount the volume at another path, or remove the mount, so that the \
                         policy adds the token{unless}"
                    ),
                )
            });
        }
    }

    /// The severity of another volume at the path of the token. If the manifest sets the variable for the token's file,
    /// the volume may have a token, for example one that a sidecar writes. This is excluded if the volume has only
    /// projected tokens and the identity is container credentials: the plan would use a token that the agent accepts.
    fn severity_of_other_volume(&self, volume: &str) -> Severity {
        let may_have_token = self.identity().is_some_and(|identity| {
            self.container.manifest.variable(identity.token_variable()).is_some()
                && (identity.is_web_identity()
                    || !self.pod.injection.tokens.has_only_tokens(volume))
        });
        if may_have_token { Severity::Warn } else { Severity::Reject }
    }

    /// Reports an empty variable that turns the identity off. It may be intended.
    fn check_turned_off(&self, findings: &mut Findings<'_>) {
        let Some(variable) = self.container.turned_off else { return };
        let Some(identity) = self.pod.identity else { return };
        match identity.role() {
            Some(role) => findings.report(self, FindingKind::RoleArnEnvDiffers, || {
                let problem = format!(
                    "{variable} is empty, so the container does not use the role {}",
                    Quoted(role.text())
                );
                (
                    self.at_variable(variable),
                    problem,
                    "remove the variable, or exclude the container with the annotation \
                     skip-containers",
                )
            }),
            None => {
                let kind = FindingKind::ContainerCredentialsUriInvalid;
                findings.report_as(self, kind, Severity::Warn, || {
                    let problem = format!(
                        "{variable} is empty, so the container runs without container credentials"
                    );
                    (
                        self.at_variable(variable),
                        problem,
                        "remove the variable, or exclude the container with the annotation \
                         skip-containers",
                    )
                });
            }
        }
    }

    /// Checks that a container with a web identity has both variables after the injection.
    fn check_completeness(&self, findings: &mut Findings<'_>) {
        let (role, file) =
            (self.container.variable(ROLE_ARN), self.container.variable(WEB_IDENTITY_TOKEN_FILE));
        let (set, absent, present) = match (role, file) {
            (Some(role), None) => (ROLE_ARN, WEB_IDENTITY_TOKEN_FILE, role),
            (None, Some(file)) => (WEB_IDENTITY_TOKEN_FILE, ROLE_ARN, file),
            _ => return,
        };
        // The other half may come from `envFrom`.
        if self.container.manifest.has_env_from {
            return;
        }
        let has_other = self.has_other_credentials(WEB_IDENTITY_TOKEN_FILE);
        let severity = if has_other { Severity::Warn } else { Severity::Reject };
        findings.report_as(self, FindingKind::WebIdentityIncomplete, severity, || {
            let ours = match set {
                ROLE_ARN => self.identity().and_then(|identity| Some(identity.role()?.text())),
                _ => self.pod.injection.token_file(),
            };
            let ours = Quoted(ours.unwrap_or_default());
            let problem = match present.literal() {
                Some(value) => {
                    format!("{set} is {} instead of {ours}, and {absent} is not set", Quoted(value))
                }
                None => format!(
                    "{absent} is not set, and the policy cannot check whether the value of {set}, \
                     which comes from valueFrom, is {ours}"
                ),
            };
            let remedy = format!("remove {set}, so that the policy sets both, or set both");
            (self.at_value(set), problem, remedy)
        });
    }

    /// Checks that a container which sets up a web identity by itself has both variables, if the pod does not have an
    /// identity.
    pub(super) fn check_completeness_by_hand(&self, findings: &mut Findings<'_>) {
        if self.identity().is_some()
            || self.container.turned_off.is_some()
            || self.container.manifest.has_env_from
        {
            return;
        }
        let (set, absent) =
            match (self.container.sets(ROLE_ARN), self.container.sets(WEB_IDENTITY_TOKEN_FILE)) {
                (true, false) => (ROLE_ARN, WEB_IDENTITY_TOKEN_FILE),
                (false, true) => (WEB_IDENTITY_TOKEN_FILE, ROLE_ARN),
                _ => return,
            };
        // A custom program may read one of them for another purpose.
        findings.report_as(self, FindingKind::WebIdentityIncomplete, Severity::Warn, || {
            let problem = format!(
                "{set} is set without {absent}, and {} gives the pod no role",
                self.pod.account
            );
            (
                self.at_variable(set),
                problem,
                "annotate the service account with the role, or set both variables",
            )
        });
    }
}

impl PodChecks<'_, '_> {
    /// Checks that no other volume has the name of the token's volume.
    pub(super) fn check_volume(&self, findings: &mut Findings<'_>) {
        let Some(token) = self.identity.map(|identity| &identity.token) else { return };
        let present = match self.plan.volume {
            PlannedVolume::Unchanged | PlannedVolume::Added => return,
            PlannedVolume::OtherAudience(other) => {
                self.report_other_audience(&token.volume, &other.audience.decode(), findings);
                return;
            }
            PlannedVolume::Blocked(present) => present,
        };
        let severity = self.severity_of_volume_conflict(&token.volume);
        findings.report_as(self, FindingKind::TokenVolumeConflict, severity, || {
            // If several sources have the path, the kubelet writes the last one.
            let mut tokens = present.projected.tokens();
            let first = tokens.next();
            let at_path = |(path, _): &(RawString<'_>, _)| path.is(&token.file);
            let last = first.into_iter().chain(tokens).filter(at_path).last();
            let difference = match last.or(first) {
                None => "it does not project a service account token".to_owned(),
                Some((_, other)) if other.audience.is("") => {
                    "its token has no audience, so it is for the Kubernetes API".to_owned()
                }
                Some((_, other)) if !other.audience.is(&token.audience) => format!(
                    "its audience is {}, not {}",
                    Quoted(&other.audience.decode()),
                    Quoted(&token.audience)
                ),
                Some((path, _)) => {
                    format!("another source of it writes the same file {}", Quoted(&path.decode()))
                }
            };
            let problem = format!(
                "volume {} has the name of the volume for the AWS identity's token, but \
                 {difference}",
                Quoted(&token.volume)
            );
            let unless = match severity {
                Severity::Warn => ", unless the volume has the token",
                _ => "",
            };
            let remedy = format!(
                "rename the volume, or remove it and its mounts, so that the policy adds the \
                 right one{unless}"
            );
            let at = MaybeLocation::new(|| FindingCause::Volume(token.volume.clone().into_owned()));
            (at, problem, remedy)
        });
    }

    /// The severity of another volume with the name of the token's volume.
    fn severity_of_volume_conflict(&self, volume: &str) -> Severity {
        let with_identity = self.containers().filter(|one| one.identity().is_some());
        let severities = with_identity.map(|one| one.severity_of_other_volume(volume));
        severities.max().unwrap_or(Severity::Reject)
    }

    /// Reports that the volume of the manifest has a token that STS accepts only if the identity provider in IAM lists its
    /// audience.
    fn report_other_audience(&self, volume: &str, audience: &str, findings: &mut Findings<'_>) {
        let Some(identity) = self.identity else { return };
        if audience == STS_AUDIENCE {
            return;
        }
        findings.report_as(self, FindingKind::TokenVolumeConflict, Severity::Warn, || {
            let problem = format!(
                "volume {} has the name of the volume for the AWS identity's token, but its \
                 audience is {}, not {}",
                Quoted(volume),
                Quoted(audience),
                Quoted(&identity.token.audience)
            );
            (
                MaybeLocation::new(|| FindingCause::Volume(volume.to_owned())),
                problem,
                "rename the volume, or remove it and its mounts, unless the IAM identity provider \
                 lists the audience",
            )
        });
    }
}
