//! Findings about the identity variables that a container sets by hand.

use super::role::check_allowed;
use super::{ContainerChecks, Findings};
use crate::aws::RoleArn;
use crate::aws::names::{NAME_CHARACTERS, SESSION_NAME_LENGTHS, is_session_name};
use crate::aws::sts::Sts;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{Quoted, Visible};
use crate::identity::Identity;
use crate::location::MaybeLocation;
use crate::names::variable::{
    self, CONTAINER_FULL_URI, CONTAINER_RELATIVE_URI, CONTAINER_TOKEN_FILE, IDENTITY, ROLE_ARN,
    WEB_IDENTITY_TOKEN_FILE,
};
use crate::object::variable::{Reference, trimmed};
use aws_pod_identity_json::search::same;

impl ContainerChecks<'_, '_> {
    pub(super) fn check_environment(&self, findings: &mut Findings<'_>) {
        // The variables that the policy adds are correct.
        if self.container.manifest.variables.is_empty() {
            return;
        }
        for name in IDENTITY {
            self.check_variable(name, findings);
        }
        self.check_role_variable(findings);
        self.check_completeness_by_hand(findings);
        self.check_session_name(findings);
    }

    /// Checks the definitions of an identity variable, and the text of its value.
    fn check_variable(&self, name: &str, findings: &mut Findings<'_>) {
        let manifest = self.container.manifest;
        let Some(last) = manifest.variable(name) else { return };
        if manifest.variables.iter().filter(|variable| variable.name == name).nth(1).is_some() {
            findings.report(self, FindingKind::DuplicateEnv, || {
                let effect = if last.optional {
                    "the last definition takes effect only if what it refers to exists"
                } else {
                    "only the last definition takes effect"
                };
                let problem = format!("{name} is defined more than once, and {effect}");
                (self.at_variable(name), problem, "remove all definitions but one")
            });
        }
        if REQUIRED.contains(&name) && manifest.definitions(name).all(|variable| variable.optional)
        {
            findings.report(self, FindingKind::EnvOptional, || {
                let problem = format!(
                    "{name} comes from a source that may be missing (optional: true), and then \
                     the container has no AWS identity"
                );
                (self.at_variable(name), problem, "remove optional, or remove the variable")
            });
        }
        let Some(value) = last.text() else { return };
        if let Some(why) = last.unresolved() {
            self.report_unresolved(name, value, why, findings);
            return;
        }
        if has_wrapping(value) && !is_path_with_quote(name, value) {
            self.report_wrapping(name, value, findings);
        }
    }

    /// Reports whitespace or quotes around a value. The AWS SDK for Java v2 removes the whitespace.
    fn report_wrapping(&self, name: &str, value: &str, findings: &mut Findings<'_>) {
        let (what, severity, removed) = if is_quoted(value) {
            ("a quote", self.severity_of_value(name), "AWS SDKs do not remove")
        } else {
            ("whitespace", Severity::Warn, "most AWS SDKs do not remove")
        };
        findings.report_as(self, FindingKind::EnvValueMalformed, severity, || {
            let shown = shown_value(name, value);
            let problem =
                format!("the value of {name}{shown} starts or ends with {what}, which {removed}");
            (self.at_shown(name), problem, "remove these characters")
        });
    }

    /// Reports a reference that is not replaced. A variable that the container does not define may be added by another
    /// webhook.
    fn report_unresolved(
        &self,
        name: &str,
        value: &str,
        why: Reference,
        findings: &mut Findings<'_>,
    ) {
        let severity = match why {
            Reference::DefinedLater => self.severity_of_value(name),
            Reference::Undefined => Severity::Warn,
        };
        findings.report_as(self, FindingKind::EnvValueMalformed, severity, || {
            let why = match why {
                Reference::DefinedLater => "defined after it",
                Reference::Undefined => "not defined",
            };
            let shown = shown_value(name, value);
            let problem = format!(
                "the value of {name}{shown} refers to a variable that is {why}, so Kubernetes \
                 does not replace the reference"
            );
            (
                self.at_shown(name),
                problem,
                "define the variable before the reference, or write the value itself",
            )
        });
    }

    /// The severity of a wrong value of an identity variable.
    fn severity_of_value(&self, name: &str) -> Severity {
        match name {
            ROLE_ARN | WEB_IDENTITY_TOKEN_FILE if self.uses_only_web_identity() => Severity::Reject,
            _ => Severity::Warn,
        }
    }

    /// The location of the variable, or of its value if [`shown_value`] shows it.
    fn at_shown(&self, name: &str) -> MaybeLocation {
        if is_shown(name) { self.at_value(name) } else { self.at_variable(name) }
    }

    /// Whether SDKs use the container's web-identity variables, and have no other credentials. (In a container without
    /// an identity, one of the variables alone may be for a custom program.)
    fn uses_only_web_identity(&self) -> bool {
        (self.gets_web_identity() || self.sets_web_identity())
            && !self.has_other_credentials(WEB_IDENTITY_TOKEN_FILE)
    }

    fn check_role_variable(&self, findings: &mut Findings<'_>) {
        let ours = self.identity().and_then(|identity| Some(identity.role()?.text()));
        self.check_allowed_roles(ours, findings);
        let Some(value) = self.container.literal(ROLE_ARN).map(trimmed) else { return };
        if value.is_empty() || ours.is_some_and(|ours| same(ours, value)) {
            return;
        }
        let other_sts = self.uses_other_sts();
        match RoleArn::parse(value) {
            Ok(_) => {}
            // The ARNs of another STS have another grammar.
            Err(_) if self.uses_chosen_sts() && other_sts => {}
            Err(_) if other_sts => return,
            Err(error) => {
                // Other checks report quotes, and a role without a token.
                let is_read = self.container.may_have(WEB_IDENTITY_TOKEN_FILE)
                    || self.pod.settings.role_arn_from_env;
                if !is_quoted(value) && is_read {
                    // It rejects only if SDKs certainly use this value with the STS of AWS.
                    let severity = if self.uses_only_web_identity() && self.sts() == Some(Sts::Aws)
                    {
                        Severity::Reject
                    } else {
                        Severity::Warn
                    };
                    findings.report_as(self, FindingKind::RoleArnEnvMalformed, severity, || {
                        let problem =
                            format!("{ROLE_ARN} {} is not an IAM role ARN: {error}", Quoted(value));
                        (
                            self.at_value(ROLE_ARN),
                            problem,
                            "correct the value, or remove the variable to use the service \
                             account's role",
                        )
                    });
                }
                return;
            }
        }
        let may_differ = (!other_sts || self.uses_chosen_sts())
            && !self.pod.settings.role_arn_from_env
            && self.container.may_have(WEB_IDENTITY_TOKEN_FILE);
        if let Some(ours) = ours.filter(|_| may_differ) {
            findings.report(self, FindingKind::RoleArnEnvDiffers, || {
                let problem =
                    format!("{ROLE_ARN} {} differs from the service account's role", Quoted(value));
                (
                    self.at_value(ROLE_ARN),
                    problem,
                    format!(
                        "remove the variable to use {}, unless the difference is intended",
                        Visible(ours)
                    ),
                )
            });
        }
    }

    /// Checks that each role which the variable may name is allowed. A role of AWS is checked whatever endpoint of STS
    /// the container has: the author of the pod sets the endpoint, which may lead to AWS. If another STS was chosen for
    /// the identity, every value is a role.
    fn check_allowed_roles(&self, ours: Option<&str>, findings: &mut Findings<'_>) {
        let manifest = self.container.manifest;
        let mut unknown = manifest.variable(ROLE_ARN).is_none()
            && !self.container.sets(ROLE_ARN)
            && self.container.sets(WEB_IDENTITY_TOKEN_FILE)
            && manifest.has_env_from;
        for (from_last, definition) in manifest.definitions(ROLE_ARN).enumerate() {
            let Some(value) = definition.text() else {
                unknown = true;
                continue;
            };
            let role = trimmed(value);
            if ours == Some(role) {
                continue;
            }
            let is_checked = match self.identity().map_or(Sts::Aws, Identity::sts) {
                Sts::Aws => RoleArn::parse(role).is_ok(),
                Sts::Other => !role.is_empty(),
            };
            if is_checked {
                let named = || {
                    let text = format!("{ROLE_ARN} {}", Quoted(value));
                    (self.at_definition(ROLE_ARN, from_last, true), text)
                };
                check_allowed(role, self, self.pod.account, &named, self.pod.settings, findings);
            }
        }
        if unknown {
            findings.report(self, FindingKind::RoleArnEnvUnknown, || {
                let problem = format!(
                    "the manifest does not show the value of {ROLE_ARN}, so the policy cannot \
                     check it"
                );
                (
                    self.at_variable(ROLE_ARN),
                    problem,
                    "write the ARN itself, or remove the variable",
                )
            });
        }
    }

    fn check_session_name(&self, findings: &mut Findings<'_>) {
        const NAME: &str = variable::ROLE_SESSION_NAME;
        let Some(value) = self.container.literal(NAME) else { return };
        if is_session_name(value) {
            return;
        }
        // Charts write an empty value for one that is not configured. Some SDKs send it to STS.
        let is_empty = value.is_empty();
        let used = self.uses_only_web_identity()
            && self.identity().is_none_or(Identity::is_web_identity)
            && self.sts() == Some(Sts::Aws);
        if is_empty && !used {
            return;
        }
        let severity = if used && !is_empty { Severity::Reject } else { Severity::Warn };
        findings.report_as(self, FindingKind::SessionNameInvalid, severity, || {
            if is_empty {
                let problem =
                    format!("{NAME} is empty, so STS rejects the requests of some AWS SDKs");
                return (self.at_variable(NAME), problem, "remove the variable".to_owned());
            }
            let problem =
                format!("{NAME} {} is not a valid session name, so STS rejects it", Quoted(value));
            let [shortest, longest] = SESSION_NAME_LENGTHS;
            let remedy = format!("use {shortest} to {longest} characters: {NAME_CHARACTERS}");
            (self.at_value(NAME), problem, remedy)
        });
    }
}

/// The variables that an AWS identity needs.
const REQUIRED: [&str; 4] =
    [ROLE_ARN, WEB_IDENTITY_TOKEN_FILE, CONTAINER_FULL_URI, CONTAINER_TOKEN_FILE];

/// The value of a variable as messages show it after the name.
fn shown_value(name: &str, value: &str) -> String {
    if is_shown(name) { format!(", {},", Quoted(value)) } else { String::new() }
}

/// Whether messages show the value of an identity variable. A URI may hold a password.
fn is_shown(name: &str) -> bool {
    !matches!(name, CONTAINER_FULL_URI | CONTAINER_RELATIVE_URI)
}

/// Whether the value starts or ends with whitespace or a quote, which is probably not part of it.
pub(super) fn has_wrapping(value: &str) -> bool {
    value.trim_ascii() != value || is_quoted(value)
}

/// Whether the value is an absolute path of a token file that ends with a quote. The path of a projected token can end with one.
/// If the file is not mounted, the checks of token files report it.
fn is_path_with_quote(name: &str, value: &str) -> bool {
    matches!(name, WEB_IDENTITY_TOKEN_FILE | CONTAINER_TOKEN_FILE)
        && value.starts_with('/')
        && value.trim_ascii() == value
}

/// Whether the value starts or ends with a quote.
fn is_quoted(value: &str) -> bool {
    let quote = |character| matches!(character, '"' | '\'' | '`');
    let value = trimmed(value);
    value.starts_with(quote) || value.ends_with(quote)
}
