//! Rules about the identity variables that a container sets by hand.

use crate::findings::{Findings, Quoted, Rule, Severity, Visible};
use crate::identity::role::judge_allowed;
use crate::identity::role_arn::{RoleArn, is_session_name};
use crate::names::variable::{
    self, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI, IDENTITY, ROLE_ARN, WEB_IDENTITY_TOKEN_FILE,
};
use aws_pod_identity_json::search::same;

use super::ContainerRules;

impl ContainerRules<'_, '_> {
    pub(super) fn judge_environment(&self, findings: &mut Findings<'_>) {
        if self.container.variables.is_empty() {
            return;
        }
        for name in IDENTITY {
            self.judge_spelling(name, findings);
        }
        self.judge_role(findings);
        self.judge_completeness(findings);
        self.judge_session_name(findings);
    }

    fn judge_spelling(&self, name: &str, findings: &mut Findings<'_>) {
        let mut defined = self.container.variables.iter().filter(|variable| variable.name.is(name));
        if defined.next().is_none() {
            return;
        }
        if defined.next().is_some() {
            findings.report(Rule::DuplicateEnv, || {
                let problem =
                    format!("{}: {name} is defined twice: the last one wins", self.describe());
                (problem, "remove one of them")
            });
        }
        let Some(value) = self.container.literal(name) else { return };
        if has_wrapping(&value) {
            let severity = match name {
                ROLE_ARN | WEB_IDENTITY_TOKEN_FILE if self.is_web_identity() => Severity::Reject,
                _ => Severity::Warn,
            };
            findings.report_as(Rule::EnvValueMalformed, severity, || {
                // A URI may hold a password.
                let shown = match name {
                    CONTAINER_FULL_URI | CONTAINER_RELATIVE_URI => String::new(),
                    _ => format!(", {},", Quoted(&value)),
                };
                let problem = format!(
                    "{}: the value of {name}{shown} has blanks, quotes or line ends around it",
                    self.describe()
                );
                (problem, "remove them")
            });
        }
    }

    /// Whether SDKs will use the container's web-identity variables. (One of them alone, in a container
    /// without an identity, may be for a program of one's own.)
    fn is_web_identity(&self) -> bool {
        self.identity().is_some()
            || [ROLE_ARN, WEB_IDENTITY_TOKEN_FILE].into_iter().all(|name| {
                self.container.variable(name).is_some_and(|variable| !variable.is_empty())
            })
    }

    fn judge_role(&self, findings: &mut Findings<'_>) {
        let Some(value) = self.container.literal(ROLE_ARN) else { return };
        let ours = self.identity().and_then(|identity| identity.role_arn());
        if value.is_empty() {
            let file = self.container.variable(WEB_IDENTITY_TOKEN_FILE);
            if let Some(ours) = ours.filter(|_| file.is_some() || self.container.has_env_from) {
                findings.report(Rule::RoleArnEnvDiffers, || {
                    let problem = format!(
                        "{}: {ROLE_ARN} is empty, so the container does without the role {}",
                        self.describe(),
                        Quoted(ours)
                    );
                    (problem, "remove the variable, or leave the container out by annotation")
                });
            }
            return;
        }
        if ours.is_some_and(|ours| same(ours, &value)) {
            return;
        }
        let arn = match RoleArn::parse(&value) {
            Ok(arn) => arn,
            Err(error) => {
                // That it is wrapped in something, or alone, is said elsewhere.
                if !has_wrapping(&value) && self.container.may_have(WEB_IDENTITY_TOKEN_FILE) {
                    // What `envFrom` brings, nobody knows.
                    let severity =
                        if self.is_web_identity() { Severity::Reject } else { Severity::Warn };
                    findings.report_as(Rule::RoleArnEnvMalformed, severity, || {
                        let problem = format!(
                            "{}: {ROLE_ARN} {} is not an IAM role ARN: {error}",
                            self.describe(),
                            Quoted(&value)
                        );
                        (problem, "correct it, or remove it to have the service account's role")
                    });
                }
                return;
            }
        };
        let named = || format!("{}: {ROLE_ARN} {}", self.describe(), Quoted(&value));
        judge_allowed(arn.text, self.rules.account, &named, self.rules.settings, findings);
        if let Some(ours) = ours.filter(|_| self.container.may_have(WEB_IDENTITY_TOKEN_FILE)) {
            findings.report(Rule::RoleArnEnvDiffers, || {
                let problem = format!("{} is not the service account's role", named());
                (problem, format!("remove it to use {}, unless it is on purpose", Visible(ours)))
            });
        }
    }

    /// One half of a web identity in a pod that has no identity to complete it from. (Where it has one,
    /// injection sees to it.)
    fn judge_completeness(&self, findings: &mut Findings<'_>) {
        if self.identity().is_some() || self.container.has_env_from {
            return;
        }
        let has = |name| self.container.variable(name).is_some_and(|value| !value.is_empty());
        let (set, absent) = match (has(ROLE_ARN), has(WEB_IDENTITY_TOKEN_FILE)) {
            (true, false) => (ROLE_ARN, WEB_IDENTITY_TOKEN_FILE),
            (false, true) => (WEB_IDENTITY_TOKEN_FILE, ROLE_ARN),
            _ => return,
        };
        // Programs of one's own may read one of them for a purpose of their own.
        findings.report_as(Rule::WebIdentityIncomplete, Severity::Warn, || {
            let problem = format!(
                "{}: {set} is set without {absent}, and {} names no role",
                self.describe(),
                self.rules.account
            );
            (problem, "set both, or annotate the service account with the role")
        });
    }

    fn judge_session_name(&self, findings: &mut Findings<'_>) {
        const NAME: &str = variable::ROLE_SESSION_NAME;
        let Some(value) = self.container.literal(NAME) else { return };
        if value.is_empty() || is_session_name(&value) {
            return;
        }
        let used = self.is_web_identity()
            && self.identity().is_none_or(|identity| identity.role_arn().is_some());
        let severity = if used { Severity::Reject } else { Severity::Warn };
        findings.report_as(Rule::SessionNameInvalid, severity, || {
            let problem = format!("{}: STS refuses the {NAME} {}", self.describe(), Quoted(&value));
            (problem, "use 2 to 64 letters, digits and characters of _+=,.@-")
        });
    }
}

/// Whether something is around the value that is hardly part of it.
fn has_wrapping(value: &str) -> bool {
    let quote = |character| matches!(character, '"' | '\'' | '`');
    value.trim_ascii() != value || value.starts_with(quote) || value.ends_with(quote)
}
