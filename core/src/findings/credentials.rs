//! Findings about credentials that AWS SDKs may use instead of a container's identity.

use super::{ContainerChecks, Findings};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::names::variable::{
    self, ACCESS_KEY_IDS, BEDROCK_KEY, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI,
    CONTAINER_TOKEN_FILE, ROLE_ARN, SECRET_ACCESS_KEYS, WEB_IDENTITY_TOKEN_FILE,
};
use crate::object::variable::trimmed;
use crate::object::volume::VolumeSource;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_credentials(&self, findings: &mut Findings<'_>) {
        self.check_static_credentials(findings);
        self.check_profile(findings);
    }

    /// Whether the container may have credentials that do not need the token file in the variable. If so, a problem
    /// with that file is only a warning.
    ///
    /// AWS SDKs use access keys first, then web identity, then container credentials. If web identity fails, some SDKs
    /// use container credentials (docs/sdk-credentials.md). The variables from `envFrom` are unknown. They are assumed
    /// not to replace an identity of the service account, unless the container sets up another identity as well.
    pub(super) fn has_other_credentials(&self, variable: &str) -> bool {
        let (gets, has_family) = match variable {
            CONTAINER_TOKEN_FILE => (
                self.gets_container_credentials(),
                self.container.may_have(ROLE_ARN)
                    && self.container.may_have(WEB_IDENTITY_TOKEN_FILE),
            ),
            _ => (
                self.gets_web_identity() && !self.sets_other_role(),
                self.container.first_set(&[CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI]).is_some(),
            ),
        };
        let has_access_key = || self.access_key().0.is_some() && self.access_key().1.is_some();
        (!gets && (has_family || self.container.manifest.has_env_from)) || has_access_key()
    }

    /// Whether the manifest sets both variables of a web identity.
    pub(super) fn sets_web_identity(&self) -> bool {
        let sets = |name| self.container.manifest.variable(name).is_some_and(|own| !own.is_empty());
        sets(ROLE_ARN) && sets(WEB_IDENTITY_TOKEN_FILE)
    }

    /// Whether the manifest sets up a web identity for a role other than that of the service account. (A pod that is
    /// admitted again has the injected variables, which name the same role.)
    fn sets_other_role(&self) -> bool {
        let ours = self.identity().and_then(|identity| Some(identity.role()?.text()));
        let is_ours = || ours.is_some() && self.container.literal(ROLE_ARN).map(trimmed) == ours;
        self.sets_web_identity() && !is_ours()
    }

    /// The variables with the ID and with the secret of an access key, each none if no variable certainly has it.
    fn access_key(&self) -> (Option<&'static &'static str>, Option<&'static &'static str>) {
        let has = |name: &&&str| self.container.manifest.is_certain(name);
        (ACCESS_KEY_IDS.iter().find(has), SECRET_ACCESS_KEYS.iter().find(has))
    }

    fn check_static_credentials(&self, findings: &mut Findings<'_>) {
        let (id, secret) = self.access_key();
        if self.container.manifest.is_certain(BEDROCK_KEY) {
            self.report_bedrock_key(findings);
        }
        let (set, absent) = match (id, secret) {
            (Some(id), Some(secret)) => {
                findings.report(self, FindingKind::StaticCredentials, || {
                    let problem =
                        format!("AWS SDKs use the access key in {id} instead of the role");
                    (self.at_variable(id), problem, format!("remove {id} and {secret}"))
                });
                return;
            }
            // SDKs ignore a secret without an ID. They ignore an ID without a secret, too, except in the first
            // variable.
            (Some(id), None) if *id == ACCESS_KEY_IDS[0] => (id, &SECRET_ACCESS_KEYS),
            _ => return,
        };
        // The other half may come from `envFrom`, or from a Secret that is optional.
        if absent.iter().any(|name| self.container.may_have(name)) {
            return;
        }
        findings.report(self, FindingKind::StaticCredentialsIncomplete, || {
            let [absent, ..] = absent;
            let problem = format!(
                "{set} is set without {absent}, so some AWS SDKs fail instead of using the role"
            );
            (
                self.at_variable(set),
                problem,
                format!("remove {set}, because the role needs no access key"),
            )
        });
    }

    fn report_bedrock_key(&self, findings: &mut Findings<'_>) {
        findings.report(self, FindingKind::StaticCredentials, || {
            let problem = format!(
                "AWS SDKs use the key in {BEDROCK_KEY} instead of the role for Amazon Bedrock"
            );
            (self.at_variable(BEDROCK_KEY), problem, format!("remove {BEDROCK_KEY}"))
        });
    }

    fn check_profile(&self, findings: &mut Findings<'_>) {
        let set = self.container.first_set(&variable::PROFILES);
        let directory = || {
            let mut mounts = self.container.mounts.iter().filter(|mount| !mount.planned);
            // An emptyDir has no profile. Containers with a read-only root filesystem use one as a writable directory.
            let has_files =
                |name: &str| self.pod.injection.tokens.source(name) != VolumeSource::EmptyDir;
            mounts.find(|mount| mount.path.has_part(".aws") && has_files(&mount.volume))
        };
        let (at, what) = match (set, directory()) {
            (Some((name, _)), _) => (self.at_variable(name), name.to_owned()),
            (None, Some(mount)) => {
                (self.at_mount(mount), format!("the mount {}", Quoted(&mount.text)))
            }
            (None, None) => return,
        };
        findings.report(self, FindingKind::ProfileShadowsRole, || {
            let problem = format!("some AWS SDKs use the profile from {what} instead of the role");
            (at, problem, "remove it, unless the container needs this profile")
        });
    }
}
