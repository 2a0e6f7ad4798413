//! Rules about credentials that stand in the way of a container's identity.

use crate::findings::{Findings, Quoted, Rule};
use crate::names::variable::{self, ACCESS_KEY_ID, SECRET_ACCESS_KEY};
use crate::object::container::Variable;

use super::ContainerRules;

impl ContainerRules<'_, '_> {
    pub(super) fn judge_credentials(&self, findings: &mut Findings<'_>) {
        if !self.container.variables.is_empty() {
            self.judge_static_credentials(findings);
        }
        self.judge_profile(findings);
    }

    fn judge_static_credentials(&self, findings: &mut Findings<'_>) {
        let has = |name| self.container.variable(name).is_some_and(Variable::is_certain);
        let (set, absent) = match (has(ACCESS_KEY_ID), has(SECRET_ACCESS_KEY)) {
            (true, true) => {
                findings.report(Rule::StaticCredentials, || {
                    let problem = format!(
                        "{}: the access key in {ACCESS_KEY_ID} is used instead of the role",
                        self.describe()
                    );
                    (problem, format!("remove {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}"))
                });
                return;
            }
            (true, false) => (ACCESS_KEY_ID, SECRET_ACCESS_KEY),
            (false, true) => (SECRET_ACCESS_KEY, ACCESS_KEY_ID),
            (false, false) => return,
        };
        // The other half may come from there, or from a Secret that need not exist.
        if self.container.may_have(absent) {
            return;
        }
        findings.report(Rule::StaticCredentialsIncomplete, || {
            let problem = format!("{}: {set} is set without {absent}", self.describe());
            (problem, format!("remove {set}: the role needs no access key"))
        });
    }

    fn judge_profile(&self, findings: &mut Findings<'_>) {
        let set = variable::PROFILES
            .into_iter()
            .find(|name| self.container.variable(name).is_some_and(|value| !value.is_empty()));
        let windows = self.rules.pod.spec.windows;
        let folder = || {
            let mut mounts = self.container.mounts_and_paths(windows);
            mounts.find(|(_, path)| path.has_part(".aws")).map(|(mount, _)| mount.path.decode())
        };
        let what = match (set, folder()) {
            (Some(name), _) => name.to_owned(),
            (None, Some(path)) => format!("the mount {}", Quoted(&path)),
            (None, None) => return,
        };
        findings.report(Rule::ProfileShadowsRole, || {
            let problem = format!(
                "{}: some AWS SDKs read {what} before the role, and use what it names",
                self.describe()
            );
            (problem, "remove it, unless its profile is meant to be used")
        });
    }
}
