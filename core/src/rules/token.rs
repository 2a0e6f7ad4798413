//! Rules about the token of a container's web identity: its file, the mount that the file is on, and the
//! volume behind that.

use std::borrow::Cow;

use crate::findings::{Findings, Quoted, Rule, Severity};
use crate::identity::{Credentials, Identity, Token};
use crate::names::variable::{
    CONTAINER_FULL_URI, CONTAINER_TOKEN_FILE, ROLE_ARN, WEB_IDENTITY_TOKEN_FILE,
};
use crate::names::{STS_AUDIENCE, container_credentials};
use crate::object::container::VolumeMount;
use crate::object::volume::Volume;
use crate::paths::ContainerPath;

use super::ContainerRules;

/// Where Kubernetes mounts what programs do not make themselves. A token file elsewhere may be written by
/// the container's own program.
const SECRETS: [&str; 2] = ["/var/run/secrets", "/run/secrets"];

/// Where a variable says that a token is.
struct TokenFile<'f> {
    variable: &'f str,
    text: &'f str,
    path: ContainerPath<'f>,
}

/// A mount, of the pod's own or one that is yet to be added.
struct Mounted<'m> {
    volume: Cow<'m, str>,
    text: Cow<'m, str>,
    path: ContainerPath<'m>,
}

impl<'a> ContainerRules<'_, 'a> {
    pub(super) fn judge_token(&self, findings: &mut Findings<'_>) {
        if let Some(identity) = self.identity() {
            self.judge_mounts(identity, findings);
        }
        if self.is_host_process() {
            self.judge_host_process(findings);
            return;
        }
        for variable in [WEB_IDENTITY_TOKEN_FILE, CONTAINER_TOKEN_FILE] {
            if let Some(set) = self.container.variable(variable) {
                if let Some(file) = set.literal().filter(|file| !file.is_empty()) {
                    self.judge_file(variable, &file, findings);
                }
            } else if let Some(identity) = self.identity()
                && self.will_be_set(variable, identity)
            {
                self.judge_own_file(variable, identity, findings);
            }
        }
    }

    fn windows(&self) -> bool {
        self.rules.pod.spec.windows
    }

    fn path<'p>(&self, path: &'p str) -> ContainerPath<'p> {
        ContainerPath::new(path, self.windows())
    }

    fn mounts(&self) -> impl Iterator<Item = (&VolumeMount<'a>, &ContainerPath<'a>)> {
        self.container.mounts_and_paths(self.windows())
    }

    /// Whether it is a Windows host-process container: mounts are not where their paths say, but below
    /// `$CONTAINER_SANDBOX_MOUNT_POINT` ("Create a Windows HostProcess Pod", Kubernetes documentation).
    fn is_host_process(&self) -> bool {
        self.container.security.host_process || self.rules.pod.spec.security.host_process
    }

    /// A container that sets the variable to another path is taken to know where the token is.
    fn judge_host_process(&self, findings: &mut Findings<'_>) {
        let misled = self.identity().is_some_and(|identity| {
            let usual = || identity.token_path(self.windows());
            let file = self.container.variable(WEB_IDENTITY_TOKEN_FILE);
            identity.role_arn().is_some()
                && file.is_none_or(|file| file.literal().is_some_and(|file| *file == usual()))
        });
        if misled {
            findings.report(Rule::WindowsHostProcess, || {
                let problem = format!(
                    "{}: as a host-process container, it may find the token below \
                     $CONTAINER_SANDBOX_MOUNT_POINT only",
                    self.describe()
                );
                (problem, "have its command set AWS_WEB_IDENTITY_TOKEN_FILE to the path there")
            });
        }
    }

    /// Whether the variable, which is not set, will be, to the identity's own token.
    fn will_be_set(&self, variable: &str, identity: &Identity<'_>) -> bool {
        let container = self.container;
        match &identity.credentials {
            Credentials::WebIdentity { role_arn } => {
                variable == WEB_IDENTITY_TOKEN_FILE
                    && container
                        .variable(ROLE_ARN)
                        .is_none_or(|role| role.literal().as_deref() == Some(role_arn))
            }
            Credentials::ContainerCredentials { .. } => {
                variable == CONTAINER_TOKEN_FILE && container.variable(CONTAINER_FULL_URI).is_none()
            }
        }
    }

    /// Judges the identity's own token, whose file the variable will name.
    fn judge_own_file(&self, variable: &str, identity: &Identity<'_>, findings: &mut Findings<'_>) {
        let usual = self.rules.mount_path.as_ref();
        let own_or_in_its_place = |(mount, path): (&VolumeMount<'_>, &ContainerPath<'_>)| {
            mount.volume.is(&identity.token.volume)
                || usual.is_some_and(|usual| path.is_within(usual))
        };
        if self.mounts().any(own_or_in_its_place) {
            self.judge_file(variable, &identity.token_path(self.windows()), findings);
        } else if let Some(volume) = self.rules.own_volume {
            // Variable and mount are added together, so that they agree.
            self.judge_mode(volume, findings);
        }
    }

    /// The container's mount of the identity's own volume: of several, the one at the usual place.
    fn own_mount(&self, identity: &Identity<'_>) -> Option<(&VolumeMount<'a>, &ContainerPath<'a>)> {
        let own = |(mount, _): &(&VolumeMount<'a>, _)| mount.volume.is(&identity.token.volume);
        let usual = |path| self.rules.mount_path.as_ref().is_some_and(|usual| usual.is(path));
        let first = self.mounts().find(own)?;
        Some(self.mounts().find(|mount| own(mount) && usual(mount.1)).unwrap_or(first))
    }

    /// The mount of the identity's own volume, where it is not at the usual place but the file is where it
    /// would be there.
    fn own_mount_elsewhere(
        &self,
        file: &TokenFile<'_>,
    ) -> Option<(&VolumeMount<'a>, &ContainerPath<'a>)> {
        let identity = self.identity()?;
        let usual = self.rules.mount_path.as_ref()?;
        let token = ContainerPath::of_file(&identity.token.file, self.windows());
        self.own_mount(identity)
            .filter(|(_, at)| !at.is(usual))
            .filter(|_| file.path.relative_to(usual).is_some_and(|below| below.is(&token)))
    }

    /// Judges the mounts of a container that the identity is for.
    fn judge_mounts(&self, identity: &Identity<'_>, findings: &mut Findings<'_>) {
        let own = self.own_mount(identity);
        if let Some((mount, _)) = own.filter(|(mount, _)| mount.part) {
            findings.report(Rule::TokenMountSubpath, || {
                let problem = format!(
                    "{}: volume {} is mounted with a subPath, so a rotated token never arrives",
                    self.describe(),
                    Quoted(&mount.volume.decode())
                );
                (problem, "mount the whole volume")
            });
        }
        let usual = self.rules.mount_path.as_ref();
        let Some(ours) = own.map(|(_, path)| path).or(usual) else { return };
        for (mount, other) in self.mounts() {
            if mount.volume.is(&identity.token.volume) {
                continue;
            }
            if own.is_some() && other.is(ours) {
                // Where there is none of ours yet, injection says so.
                findings.report(Rule::TokenMountConflict, || {
                    let problem = format!(
                        "{}: volume {} is mounted at {}, where the token of the AWS identity is mounted too",
                        self.describe(),
                        Quoted(&mount.volume.decode()),
                        Quoted(&mount.path.decode())
                    );
                    (problem, "mount it somewhere else")
                });
                continue;
            }
            let (severity, where_) = if other.is_below(ours) {
                (
                    Severity::Reject,
                    "below the read-only mount of the token, so the container cannot start",
                )
            } else if ours.is_below(other) && !other.is_root() && mount.read_only {
                (
                    Severity::Warn,
                    "read-only, so the token below it can be mounted only if that volume has the folder",
                )
            } else {
                continue;
            };
            findings.report_as(Rule::TokenMountShadowed, severity, || {
                let problem = format!(
                    "{}: volume {} is mounted at {}, {where_}",
                    self.describe(),
                    Quoted(&mount.volume.decode()),
                    Quoted(&mount.path.decode())
                );
                (problem, "mount it somewhere else")
            });
        }
    }

    fn judge_file(&self, variable: &str, text: &str, findings: &mut Findings<'_>) {
        let file = &TokenFile { variable, text, path: self.path(text) };
        let present = self.container.mount_of(&file.path, self.windows());
        let to_add = self.mount_to_add().filter(|ours| {
            // Where the pod has a mount at that place, ours is not added.
            file.path.is_within(&ours.path)
                && present.is_none_or(|(_, path)| ours.path.is_below(path))
        });
        match to_add.or_else(|| present.map(|(mount, path)| mounted(mount, path))) {
            Some(mount) => self.judge_source(file, &mount, findings),
            None => self.report_not_mounted(file, findings),
        }
    }

    /// The identity's own mount, if it is yet to be added.
    fn mount_to_add(&self) -> Option<Mounted<'_>> {
        let identity = self.identity().filter(|identity| self.own_mount(identity).is_none())?;
        let Token { volume, mount_path, .. } = &identity.token;
        Some(Mounted {
            volume: Cow::Borrowed(volume),
            text: Cow::Borrowed(mount_path),
            path: self.rules.mount_path.clone()?,
        })
    }

    fn report_not_mounted(&self, file: &TokenFile<'_>, findings: &mut Findings<'_>) {
        let TokenFile { variable, text, path } = file;
        let own = self.identity().and_then(|identity| self.own_mount(identity));
        if let Some((mount, at)) = own.filter(|_| self.container.variable(variable).is_none()) {
            self.report_elsewhere(file, &mounted(mount, at), findings);
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
        findings.report_as(Rule::TokenFileNotMounted, severity, || {
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
        let (whose, expected, _) = self.audiences(variable);
        findings.report(Rule::TokenVolumeAudience, || {
            let problem = format!(
                "{}: {variable} names the token for the Kubernetes API, which is not for {whose}",
                self.describe()
            );
            (problem, format!("mount a projected token whose audience is {expected}"))
        });
    }

    /// Reports that a variable points to another file than the identity's token.
    fn report_elsewhere(
        &self,
        TokenFile { variable, text, .. }: &TokenFile<'_>,
        mount: &Mounted<'_>,
        findings: &mut Findings<'_>,
    ) {
        findings.report(Rule::TokenFileNotMounted, || {
            let set = self.container.variable(variable).is_some();
            let usual = self.rules.mount_path.as_ref().is_some_and(|usual| usual.is(&mount.path));
            let problem = format!(
                "{}: {variable} {} {}, but the token of volume {} is mounted at {}",
                self.describe(),
                if set { "is" } else { "will be" },
                Quoted(text),
                Quoted(&mount.volume),
                Quoted(&mount.text)
            );
            let remedy = match (set, usual) {
                (false, _) => "remove that mount: the right one is added then",
                (true, true) => "remove the variable: the right one is set then",
                (true, false) => {
                    "remove the variable and that mount: the right ones are added then"
                }
            };
            (problem, remedy)
        });
    }

    /// Judges the volume that the token comes from.
    fn judge_source(&self, file: &TokenFile<'_>, mount: &Mounted<'_>, findings: &mut Findings<'_>) {
        let Some(below) = file.path.relative_to(&mount.path) else { return };
        let of_identity = self.identity().filter(|identity| *identity.token.volume == mount.volume);
        let source = self.rules.tokens.get(&mount.volume, &below);
        if let Some((volume, _)) = source {
            self.judge_mode(volume, findings);
        }
        if let Some(identity) = of_identity
            && below.is(&ContainerPath::of_file(&identity.token.file, self.windows()))
        {
            // Whether it is the right one is judged where it would be added.
            return;
        }
        let Some((_, token)) = source else {
            if of_identity.is_some() {
                self.report_elsewhere(file, mount, findings);
            } else if let Some((own, at)) = self.own_mount_elsewhere(file) {
                self.report_elsewhere(file, &mounted(own, at), findings);
            }
            return;
        };
        let audience = token.audience.decode();
        let (whose, expected, usual) = self.audiences(file.variable);
        let (severity, why) = if audience.is_empty() {
            (Severity::Reject, "names no audience, so it is for the Kubernetes API only".to_owned())
        } else if audience != expected && audience != usual {
            // The role's identity provider may list it.
            (Severity::Warn, format!("is for {}, not for {whose}", Quoted(&audience)))
        } else {
            return;
        };
        findings.report_as(Rule::TokenVolumeAudience, severity, || {
            let problem =
                format!("{}: the token of volume {} {why}", self.describe(), Quoted(&mount.volume));
            (problem, format!("set its audience to {expected}"))
        });
    }

    /// Whom a token is for: in words, by the pod's identity or the settings, and usually.
    fn audiences(&self, variable: &str) -> (&'static str, &str, &'static str) {
        let settings = self.rules.settings;
        if variable == CONTAINER_TOKEN_FILE {
            const USUAL: &str = container_credentials::AUDIENCE;
            let credentials = settings.container_credentials.as_ref();
            ("the agent", credentials.map_or(USUAL, |credentials| &*credentials.audience), USUAL)
        } else {
            let identity = self.rules.identity.filter(|identity| identity.role_arn().is_some());
            let expected = identity.map_or(&settings.audience, |identity| &identity.token.audience);
            ("STS", expected, STS_AUDIENCE)
        }
    }

    /// A token's file belongs to root, with the volume's mode, unless the pod has an `fsGroup` or all its
    /// containers run as the same user ("Projected Volumes", Kubernetes documentation).
    fn judge_mode(&self, volume: &Volume<'_>, findings: &mut Findings<'_>) {
        const OTHERS_READ: i64 = 0o004;
        let spec = &self.rules.pod.spec;
        let Some(mode) = volume.projected.default_mode else { return };
        let user = |security: crate::object::security::SecurityContext| {
            security.run_as_user.or(spec.security.run_as_user)
        };
        let mine = user(self.container.security);
        let one_user = mine.is_some() && self.rules.one_user;
        let non_root = match mine {
            Some(user) => user != 0,
            None => self.container.security.run_as_non_root || spec.security.run_as_non_root,
        };
        let readable =
            mode & OTHERS_READ != 0 || spec.security.has_fs_group || one_user || !non_root;
        if readable || self.windows() {
            return;
        }
        findings.report(Rule::TokenVolumeUnreadable, || {
            let problem = format!(
                "{}: it does not run as root, and the mode {mode:04o} of volume {} lets only root read the token",
                self.describe(),
                Quoted(&volume.name.decode())
            );
            (problem, "remove defaultMode, or set the pod's fsGroup")
        });
    }
}

fn mounted<'m>(mount: &VolumeMount<'m>, path: &ContainerPath<'m>) -> Mounted<'m> {
    Mounted { volume: mount.volume.decode(), text: mount.path.decode(), path: path.clone() }
}
