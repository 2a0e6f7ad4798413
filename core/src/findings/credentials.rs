//! Findings about credentials that stand in the way of a container's identity.

use super::{ContainerChecks, Findings};
use crate::catalogue::FindingKind;
use crate::display::Quoted;
use crate::names::variable::{self, ACCESS_KEY_IDS, BEDROCK_KEY, SECRET_ACCESS_KEYS};
use crate::object::volume::VolumeSource;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_credentials(&self, findings: &mut Findings<'_>) {
        self.check_static_credentials(findings);
        self.check_profile(findings);
    }

    fn check_static_credentials(&self, findings: &mut Findings<'_>) {
        let has = |name: &&&str| self.container.own.is_certain(name);
        let id = ACCESS_KEY_IDS.iter().find(has);
        let secret = SECRET_ACCESS_KEYS.iter().find(has);
        if has(&&BEDROCK_KEY) {
            self.report_bedrock_key(findings);
        }
        let (set, absent) = match (id, secret) {
            (Some(id), Some(secret)) => {
                findings.report(FindingKind::StaticCredentials, || {
                    let problem = format!(
                        "{}: AWS SDKs use the access key in {id} instead of the role",
                        self.describe()
                    );
                    (problem, format!("remove {id} and {secret}"))
                });
                return;
            }
            // SDKs ignore a secret alone, and IDs by the other names.
            (Some(id), None) if *id == ACCESS_KEY_IDS[0] => (id, &SECRET_ACCESS_KEYS),
            _ => return,
        };
        // The other half may come from there, or from a Secret that need not exist.
        if absent.iter().any(|name| self.container.may_have(name)) {
            return;
        }
        findings.report(FindingKind::StaticCredentialsIncomplete, || {
            let [absent, ..] = absent;
            let problem = format!(
                "{}: {set} is set without {absent}, so some AWS SDKs fail instead of using the role",
                self.describe()
            );
            (problem, format!("remove {set}, because the role needs no access key"))
        });
    }

    fn report_bedrock_key(&self, findings: &mut Findings<'_>) {
        findings.report(FindingKind::StaticCredentials, || {
            let problem = format!(
                "{}: AWS SDKs use the key in {BEDROCK_KEY} instead of the role for Amazon Bedrock",
                self.describe()
            );
            (problem, format!("remove {BEDROCK_KEY}"))
        });
    }

    fn check_profile(&self, findings: &mut Findings<'_>) {
        let set = variable::PROFILES.into_iter().find(|name| self.container.sets(name));
        let directory = || {
            let mut mounts = self.container.mounts.iter().filter(|mount| !mount.planned);
            // An emptyDir has no profile: it gives a read-only root a directory to write to.
            let has_files =
                |name: &str| self.pod.injection.tokens.source(name) != VolumeSource::EmptyDir;
            mounts
                .find(|mount| mount.path.has_part(".aws") && has_files(&mount.volume))
                .map(|mount| &mount.text)
        };
        let what = match (set, directory()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(path)) => format!("the mount {}", Quoted(path)),
            (None, None) => return,
        };
        findings.report(FindingKind::ProfileShadowsRole, || {
            let problem = format!(
                "{}: some AWS SDKs use the profile from {what} instead of the role",
                self.describe()
            );
            (problem, "remove it, unless the container needs this profile")
        });
    }
}
