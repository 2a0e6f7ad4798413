//! Findings about the identity variables that a container sets by hand.

use super::endpoint::Sts;
use super::role::check_allowed;
use super::{ContainerChecks, Findings};
use crate::aws::RoleArn;
use crate::aws::sts::is_session_name;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{Quoted, Visible};
use crate::names::variable::{
    self, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI, IDENTITY, ROLE_ARN, WEB_IDENTITY_TOKEN_FILE,
};
use aws_pod_identity_json::search::same;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_environment(&self, findings: &mut Findings<'_>) {
        // Planned variables are right.
        if self.container.own.variables.is_empty() {
            return;
        }
        for name in IDENTITY {
            self.check_spelling(name, findings);
        }
        self.check_role(findings);
        self.check_completeness_by_hand(findings);
        self.check_session_name(findings);
    }

    fn check_spelling(&self, name: &str, findings: &mut Findings<'_>) {
        let mut defined =
            self.container.own.variables.iter().filter(|variable| variable.name.is(name));
        if defined.next().is_none() {
            return;
        }
        if defined.next().is_some() {
            findings.report(FindingKind::DuplicateEnv, || {
                let problem = format!(
                    "{}: {name} is defined more than once, and only the last definition \
                             takes effect",
                    self.describe()
                );
                (problem, "remove all definitions but one")
            });
        }
        let Some(value) = self.container.own.literal(name) else { return };
        if has_wrapping(&value) {
            let severity = match name {
                ROLE_ARN | WEB_IDENTITY_TOKEN_FILE if self.is_web_identity() => Severity::Reject,
                _ => Severity::Warn,
            };
            findings.report_as(FindingKind::EnvValueMalformed, severity, || {
                // A URI may hold a password.
                let shown = match name {
                    CONTAINER_FULL_URI | CONTAINER_RELATIVE_URI => String::new(),
                    _ => format!(", {},", Quoted(&value)),
                };
                let problem = format!(
                    "{}: the value of {name}{shown} starts or ends with whitespace or a quote, \
                     which AWS SDKs do not remove",
                    self.describe()
                );
                (problem, "remove these characters")
            });
        }
    }

    /// Whether SDKs will use the container's web-identity variables. (One of them alone, in a container
    /// without an identity, may be for a custom program.)
    fn is_web_identity(&self) -> bool {
        self.identity().is_some()
            || (self.container.sets(ROLE_ARN) && self.container.sets(WEB_IDENTITY_TOKEN_FILE))
    }

    fn check_role(&self, findings: &mut Findings<'_>) {
        let Some(value) = self.container.literal(ROLE_ARN) else { return };
        let ours = self.identity().and_then(|identity| Some(identity.role()?.text()));
        if value.is_empty() {
            return;
        }
        if ours.is_some_and(|ours| same(ours, &value)) {
            return;
        }
        let sts = self.sts();
        let arn = match RoleArn::parse(&*value) {
            Ok(arn) => arn,
            // Another STS has its own grammar. A role of AWS has to be allowed all the same: the endpoint is the pod
            // author's to set, and may lead to AWS.
            Err(_) if sts.is_other() => return,
            Err(error) => {
                // That it is wrapped in something, or alone, is said elsewhere.
                if !has_wrapping(&value) && self.container.may_have(WEB_IDENTITY_TOKEN_FILE) {
                    // What `envFrom` brings is not known.
                    let severity = if self.is_web_identity() && sts == Sts::Aws {
                        Severity::Reject
                    } else {
                        Severity::Warn
                    };
                    findings.report_as(FindingKind::RoleArnEnvMalformed, severity, || {
                        let problem = format!(
                            "{}: {ROLE_ARN} {} is not an IAM role ARN: {error}",
                            self.describe(),
                            Quoted(&value)
                        );
                        (
                            problem,
                            "correct the value, or remove the variable to use the service \
                                   account's role",
                        )
                    });
                }
                return;
            }
        };
        let named = || format!("{}: {ROLE_ARN} {}", self.describe(), Quoted(&value));
        check_allowed(arn.text(), self.pod.account, &named, self.pod.settings, findings);
        let may_differ = !sts.is_other() && self.container.may_have(WEB_IDENTITY_TOKEN_FILE);
        if let Some(ours) = ours.filter(|_| may_differ) {
            findings.report(FindingKind::RoleArnEnvDiffers, || {
                let problem = format!("{} differs from the service account's role", named());
                (
                    problem,
                    format!(
                        "remove the variable to use {}, unless the difference is \
                                   intended",
                        Visible(ours)
                    ),
                )
            });
        }
    }

    fn check_session_name(&self, findings: &mut Findings<'_>) {
        const NAME: &str = variable::ROLE_SESSION_NAME;
        let Some(value) = self.container.literal(NAME) else { return };
        if value.is_empty() || is_session_name(&value) {
            return;
        }
        let used = self.is_web_identity()
            && self.identity().is_none_or(|identity| identity.role().is_some())
            && self.sts() == Sts::Aws;
        let severity = if used { Severity::Reject } else { Severity::Warn };
        findings.report_as(FindingKind::SessionNameInvalid, severity, || {
            let problem = format!(
                "{}: {NAME} {} is not a valid session name, so STS rejects it",
                self.describe(),
                Quoted(&value)
            );
            (problem, "use 2 to 64 characters: letters, digits and _+=,.@-")
        });
    }
}

/// Whether something is around the value that is hardly part of it.
fn has_wrapping(value: &str) -> bool {
    let quote = |character| matches!(character, '"' | '\'' | '`');
    value.trim_ascii() != value || value.starts_with(quote) || value.ends_with(quote)
}
