//! Findings about a container's token: the path of its file, the mount that the file is on, and the volume of the
//! mount.

mod file;
mod mount;
mod volume;

use std::borrow::Cow;

use super::{ContainerChecks, Findings};
use crate::catalogue::{FindingKind, Severity};
use crate::injection::{FileLocation, Mount, PlannedVolume};
use crate::location::ContainerPart;
use crate::names::variable::{
    CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI, CONTAINER_TOKEN_FILE, ROLE_ARN,
    WEB_IDENTITY_TOKEN_FILE,
};
use crate::names::{STS_AUDIENCE, container_credentials};
use crate::paths::ContainerPath;

/// Whether AWS SDKs use a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SdkUse {
    Yes,
    /// `envFrom` decides, or there are other credentials.
    Perhaps,
    No,
}

/// A service that accepts tokens.
struct Acceptor<'x> {
    /// The name in messages.
    name: &'static str,
    /// The audience that the pod's identity or the settings have.
    expected: &'x str,
    /// The audience that is accepted by default.
    default: &'static str,
}

impl<'x> ContainerChecks<'x, '_> {
    pub(super) fn check_token(&self, findings: &mut Findings<'_>) {
        if let Some(identity) = self.identity() {
            self.check_mounts(identity, findings);
        }
        if self.is_host_process() {
            self.check_host_process(findings);
            return;
        }
        for variable in [WEB_IDENTITY_TOKEN_FILE, CONTAINER_TOKEN_FILE] {
            if let Some(file) = self.container.file(variable).filter(|file| !file.is_empty()) {
                self.check_file(variable, file, findings);
            }
        }
    }

    /// Whether SDKs use the token in the file that the variable names, and have no other credentials. Without a role, or
    /// without the address of an agent, SDKs do not read the file, which is then for a custom program.
    fn is_used(&self, variable: &str) -> SdkUse {
        let (ours, others): (_, &[&str]) = match variable {
            CONTAINER_TOKEN_FILE => {
                (self.gets_container_credentials(), &[CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI])
            }
            _ => (self.gets_web_identity(), &[ROLE_ARN]),
        };
        if ours || others.iter().any(|name| self.container.sets(name)) {
            if self.has_other_credentials(variable) { SdkUse::Perhaps } else { SdkUse::Yes }
        } else if others.iter().any(|name| self.container.may_have(name)) {
            SdkUse::Perhaps
        } else {
            SdkUse::No
        }
    }

    /// The severity of a token for the Kubernetes API; none if it may be correct.
    ///
    /// The audience of the API server may be one that the identity provider in IAM lists: clusters that manage their own
    /// control plane set it to that of STS (`--api-audiences` in the reference of kube-apiserver).
    fn severity_of_audience(&self, variable: &str) -> Option<Severity> {
        let is_agents = variable == CONTAINER_TOKEN_FILE;
        let is_other = || {
            if is_agents { self.asks_eks_agent() == Some(false) } else { self.uses_other_sts() }
        };
        match self.is_used(variable) {
            SdkUse::No => None,
            _ if is_other() => None,
            SdkUse::Yes if is_agents && self.asks_eks_agent() == Some(true) => {
                Some(Severity::Reject)
            }
            _ => Some(Severity::Warn),
        }
    }

    /// The audience of the token in a file, if the manifest or the plan shows it.
    pub(super) fn audience_of(&self, file: &str) -> Option<Cow<'x, str>> {
        let path = self.path(file);
        let location = self.container.locate(&path)?;
        if location.mount.sub_path { None } else { self.audience_at(&location) }
    }

    /// The audience of the token at that location.
    fn audience_at(&self, location: &FileLocation<'_, '_, '_>) -> Option<Cow<'x, str>> {
        let FileLocation { mount, below, .. } = location;
        let injection = self.pod.injection;
        if self.is_added(mount) {
            let is_token = injection.token_below_mount().is_some_and(|file| below.is(file));
            let audience = self.pod.identity.map(|identity| &*identity.token.audience);
            return audience.filter(|_| is_token).map(Cow::Borrowed);
        }
        let (_, token) = injection.tokens.get(&mount.volume, below)?;
        Some(token.audience.decode())
    }

    /// Whether the volume of the mount is the one that the policy adds, which has only the identity's token.
    fn is_added(&self, mount: &Mount<'_>) -> bool {
        matches!(self.pod.plan.volume, PlannedVolume::Added)
            && self.pod.identity.is_some_and(|identity| identity.token.volume == mount.volume)
    }

    fn path<'p>(&self, path: &'p str) -> ContainerPath<'p> {
        ContainerPath::new(path, self.pod.windows())
    }

    /// Whether it is a Windows HostProcess container, whose mounts may exist below `$CONTAINER_SANDBOX_MOUNT_POINT`
    /// only ("Create a Windows HostProcess Pod", Kubernetes documentation).
    fn is_host_process(&self) -> bool {
        self.container.manifest.security.host_process || self.pod.pod.spec.security.host_process
    }

    /// Reports that programs may not find the token at the usual path. A manifest with another path in the variable is
    /// assumed to be right.
    fn check_host_process(&self, findings: &mut Findings<'_>) {
        let usual = || {
            let manifest = self.container.manifest;
            manifest.variable(WEB_IDENTITY_TOKEN_FILE).is_none()
                || self.pod.injection.names_token_file(manifest)
        };
        if self.gets_web_identity() && usual() {
            findings.report(self, FindingKind::WindowsHostProcess, || {
                let problem = "in a HostProcess container, the token may exist below \
                               $CONTAINER_SANDBOX_MOUNT_POINT only";
                (
                    self.at(|| ContainerPart::All),
                    problem,
                    format!(
                        "set {WEB_IDENTITY_TOKEN_FILE} to that path in the container's command"
                    ),
                )
            });
        }
    }

    /// The service that accepts the token whose file the variable has.
    fn acceptor(&self, variable: &str) -> Acceptor<'x> {
        let settings = self.pod.settings;
        if variable == CONTAINER_TOKEN_FILE {
            const DEFAULT: &str = container_credentials::AUDIENCE;
            let credentials = settings.container_credentials.as_ref();
            let expected = credentials.map_or(DEFAULT, |credentials| &*credentials.audience);
            return Acceptor { name: "the agent", expected, default: DEFAULT };
        }
        let identity = self.pod.identity.filter(|identity| identity.is_web_identity());
        let expected = identity.map_or(&*settings.audience, |identity| &*identity.token.audience);
        Acceptor { name: "STS", expected, default: STS_AUDIENCE }
    }
}
