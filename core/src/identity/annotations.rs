//! What the annotations of a service account and of a pod ask for.
//!
//! Each option is read once, here: a value that cannot be used is a finding, and where settings let that
//! pass, the policy carries on as the webhook does.

use std::borrow::Cow;

use super::container_list::{ContainerChoice, ContainerList};
use super::role::judge_role;
use super::role_arn::{FORM, RoleArn, placeholder};
use crate::findings::{Findings, ObjectName, Quoted, Rule, Severity};
use crate::names::{STS_AUDIENCE, annotation, expiration};
use crate::object::metadata::Entries;
use crate::settings::Settings;

/// The annotations of one object, and what reading them needs.
pub(crate) struct Annotated<'x, 'a> {
    pub(crate) object: &'x ObjectName<'x>,
    pub(crate) annotations: &'x Entries<'a>,
    pub(crate) settings: &'x Settings<'x>,
}

/// What a service account asks for.
#[derive(Debug, Default)]
pub(crate) struct AccountOptions<'a> {
    pub(crate) role: AnnotatedRole<'a>,
    pub(crate) audience: Option<Cow<'a, str>>,
    /// Lifetime of the token, seconds.
    pub(crate) token_expiration: Option<u32>,
    pub(crate) sts_regional_endpoints: Option<bool>,
    pub(crate) containers: Option<ContainerChoice>,
}

/// The role that a service account's annotation names.
#[derive(Debug, Default)]
pub(crate) enum AnnotatedRole<'a> {
    /// None: another source may name one.
    #[default]
    Absent,
    /// One that cannot be used: no other source may stand in for it.
    Unusable,
    /// This one.
    Arn(Cow<'a, str>),
}

/// What a pod asks for itself.
#[derive(Debug, Default)]
pub(crate) struct PodOptions {
    /// Lifetime of the token, seconds.
    pub(crate) token_expiration: Option<u32>,
    pub(crate) containers: Option<ContainerChoice>,
}

/// Whether a role's ARN can be composed from the value: what has a colon or quotes was to be an ARN, and
/// would be taken for a path.
fn is_name_or_path(value: &str) -> bool {
    !value.bytes().any(|byte| matches!(byte, b':' | b'"' | b'\''))
}

impl<'a> Annotated<'_, 'a> {
    /// Reads the annotations of a service account.
    pub(crate) fn account_options(&self, findings: &mut Findings<'_>) -> AccountOptions<'a> {
        let role = self.role(findings);
        // Without a role here, the options matter only if some other source gives one.
        let ceiling = match role {
            AnnotatedRole::Absent => Severity::Warn,
            _ => Severity::Reject,
        };
        let mut options = AccountOptions { role, ..AccountOptions::default() };
        findings.at_most(ceiling, |findings| {
            options.audience = self.audience(findings);
            options.token_expiration = self.token_expiration(findings);
            options.sts_regional_endpoints = self.sts_regional_endpoints(findings);
            options.containers = self.containers(findings);
        });
        options
    }

    /// Reads the annotations of a pod.
    pub(crate) fn pod_options(&self, findings: &mut Findings<'_>) -> PodOptions {
        PodOptions {
            token_expiration: self.token_expiration(findings),
            containers: self.containers(findings),
        }
    }

    fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.annotations.get(&self.settings.annotation_prefix, name)
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.settings.annotation_prefix)
    }

    /// How messages start: the object, the annotation and its value.
    fn named(&self, name: &str, value: &str) -> String {
        format!("{}: annotation {} {}", self.object, self.key(name), Quoted(value))
    }

    /// How messages start where there is no value to show.
    fn named_empty(&self, name: &str) -> String {
        format!("{}: annotation {} is empty", self.object, self.key(name))
    }

    fn role(&self, findings: &mut Findings<'_>) -> AnnotatedRole<'a> {
        const NAME: &str = annotation::ROLE_ARN;
        let Some(value) = self.get(NAME) else { return AnnotatedRole::Absent };
        if value.is_empty() {
            findings.report(Rule::RoleArnEmpty, || {
                let problem = self.named_empty(NAME) + ": it names no role";
                (problem, "set it to the ARN of the role, or remove it")
            });
            return AnnotatedRole::Absent;
        }
        let parsed = RoleArn::parse(&value);
        if let Some(mark) = placeholder(&value, parsed) {
            findings.report(Rule::RoleArnPlaceholder, || {
                let problem = format!(
                    "{} still has the placeholder {}",
                    self.named(NAME, &value),
                    Quoted(mark)
                );
                (problem, "fill it in before the manifest is applied")
            });
            return AnnotatedRole::Unusable;
        }
        let composed = self
            .settings
            .compose_role_arn
            .as_ref()
            .filter(|_| is_name_or_path(&value))
            .map(|compose| compose.role_arn(&value));
        match composed.as_deref().map_or(parsed, RoleArn::parse) {
            Ok(arn) => {
                let named = || self.named(NAME, &value);
                judge_role(&arn, self.object, &named, self.settings, findings);
                AnnotatedRole::Arn(composed.map_or(value, Cow::Owned))
            }
            Err(error) => {
                findings.report(Rule::RoleArnMalformed, || {
                    let named = self.named(NAME, &value);
                    match &composed {
                        None => (
                            format!("{named} is not an IAM role ARN: {error}"),
                            format!("expected {FORM}"),
                        ),
                        Some(composed) => (
                            format!(
                                "{named}, taken as {}, is not an IAM role: {error}",
                                Quoted(composed)
                            ),
                            "give the role's name, with its path if it has one, or its whole ARN"
                                .to_owned(),
                        ),
                    }
                });
                AnnotatedRole::Unusable
            }
        }
    }

    fn audience(&self, findings: &mut Findings<'_>) -> Option<Cow<'a, str>> {
        let value = self.get(annotation::AUDIENCE)?;
        if value.is_empty() {
            findings.report(Rule::AudienceEmpty, || {
                let problem = self.named_empty(annotation::AUDIENCE)
                    + ", so the token would be for the Kubernetes API and STS would refuse it";
                (problem, format!("remove it, or set it to {}", self.settings.audience))
            });
            return None;
        }
        if value != self.settings.audience && value != STS_AUDIENCE {
            findings.report(Rule::AudienceUnexpected, || {
                let problem = format!(
                    "{} is not what STS expects, unless the IAM identity provider lists it",
                    self.named(annotation::AUDIENCE, &value)
                );
                let remedy = if value == "sts.amazonaws.com.cn" {
                    "use sts.amazonaws.com: it is the audience in the partition aws-cn too"
                } else {
                    "remove it to use the default"
                };
                (problem, remedy)
            });
        }
        Some(value)
    }

    fn token_expiration(&self, findings: &mut Findings<'_>) -> Option<u32> {
        const NAME: &str = annotation::TOKEN_EXPIRATION;
        let value = self.get(NAME)?;
        let (why, carry_on) = match value.parse::<i64>() {
            Ok(seconds) if seconds < i64::from(expiration::MIN) => (
                "is less than 600 seconds, the shortest that Kubernetes issues",
                Some(expiration::MIN),
            ),
            Ok(seconds) if seconds > i64::from(expiration::MAX) => {
                ("is more than 86400 seconds, the longest that EKS issues", Some(expiration::MAX))
            }
            Ok(seconds) => return u32::try_from(seconds).ok(),
            // Too large a number to be read.
            Err(_) if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() => {
                ("is more than 86400 seconds, the longest that EKS issues", Some(expiration::MAX))
            }
            Err(_) => ("is not a whole number of seconds", None),
        };
        findings.report(Rule::TokenExpirationInvalid, || {
            (format!("{} {why}", self.named(NAME, &value)), "give a number from 600 to 86400")
        });
        carry_on
    }

    fn sts_regional_endpoints(&self, findings: &mut Findings<'_>) -> Option<bool> {
        const NAME: &str = annotation::STS_REGIONAL_ENDPOINTS;
        let value = self.get(NAME)?;
        match &*value {
            // The words of Go's strconv.ParseBool, which the webhook reads the value with.
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
            _ => {
                findings.report(Rule::StsRegionalEndpointsInvalid, || {
                    let problem = format!("{} is neither true nor false", self.named(NAME, &value));
                    (problem, "write \"true\" or \"false\"")
                });
                None
            }
        }
    }

    fn containers(&self, findings: &mut Findings<'_>) -> Option<ContainerChoice> {
        const SKIP: &str = annotation::SKIP_CONTAINERS;
        const INCLUDE: &str = annotation::INCLUDE_CONTAINERS;
        let skip = self.get(SKIP);
        let include = self.get(INCLUDE);
        if skip.is_some() && include.is_some() {
            findings.report(Rule::ContainersAnnotationInvalid, || {
                let problem = format!(
                    "{}: annotations {} and {} are both there",
                    self.object,
                    self.key(SKIP),
                    self.key(INCLUDE)
                );
                (problem, "remove one of them")
            });
            return None;
        }
        let skip = skip.and_then(|value| self.container_list(SKIP, &value, findings));
        let include = include.and_then(|value| self.container_list(INCLUDE, &value, findings));
        skip.map(ContainerChoice::Skip).or(include.map(ContainerChoice::Include))
    }

    fn container_list(
        &self,
        name: &str,
        value: &str,
        findings: &mut Findings<'_>,
    ) -> Option<ContainerList> {
        if value.trim_ascii().is_empty() {
            // What a chart makes of a value that is not set.
            findings.report_as(Rule::ContainersAnnotationInvalid, Severity::Warn, || {
                (self.named_empty(name), "remove it, or name containers")
            });
            return None;
        }
        match ContainerList::parse(value) {
            Ok(list) => Some(list),
            Err(why) => {
                findings.report(Rule::ContainersAnnotationInvalid, || {
                    let problem =
                        format!("{} is not a list of containers: {why}", self.named(name, value));
                    (problem, "write the containers' names with commas between them")
                });
                None
            }
        }
    }
}
