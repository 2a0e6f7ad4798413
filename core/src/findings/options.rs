//! Findings about the values of annotations.

use std::borrow::Cow;

use super::role::check_role;
use super::{Checked, Findings};
use crate::aws::role_arn::SYNTAX;
use crate::aws::sts::Sts;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{ObjectName, Quoted};
use crate::identity::options::{
    AccountOptions, AnnotatedRole, AnnotatedRoleError, ExpirationError, OptionProblem,
};
use crate::location::{AnnotationOwner, MaybeLocation};
use crate::names::annotation;
use crate::settings::Settings;
use crate::uri::UrlError;

/// The object whose annotations are checked.
pub(crate) struct OptionChecks<'x> {
    pub(crate) object: &'x ObjectName<'x>,
    pub(crate) owner: AnnotationOwner,
    pub(crate) settings: &'x Settings<'x>,
}

impl Checked for OptionChecks<'_> {
    fn object(&self) -> &ObjectName<'_> {
        self.object
    }
}

impl OptionChecks<'_> {
    /// Checks what a service account asks for.
    pub(crate) fn check_account(
        &self,
        options: &AccountOptions<'_>,
        problems: &[OptionProblem<'_>],
        findings: &mut Findings<'_>,
    ) {
        self.check_role_annotation(&options.role, options.sts, findings);
        // Without a role here, the options matter only if another source names one.
        let ceiling = if options.role.is_absent() { Severity::Warn } else { Severity::Reject };
        findings.at_most(ceiling, |findings| self.check_values(problems, findings));
    }

    /// Reports what is wrong with the values of options.
    pub(crate) fn check_values(&self, problems: &[OptionProblem<'_>], findings: &mut Findings<'_>) {
        for problem in problems {
            self.report(problem, findings);
        }
    }

    fn at(&self, name: &str) -> MaybeLocation {
        self.owner.at_value(self.object, || self.key(name))
    }

    fn key(&self, name: &str) -> String {
        format!("{}/{name}", self.settings.annotation_prefix)
    }

    /// How messages start: the object, the annotation and its value.
    fn named(&self, name: &str, value: &str) -> String {
        format!("annotation {} {}", self.key(name), Quoted(value))
    }

    /// How messages start if there is no value to show.
    fn named_empty(&self, name: &str) -> String {
        format!("annotation {} is empty", self.key(name))
    }

    fn check_role_annotation(
        &self,
        role: &AnnotatedRole<'_>,
        sts: Sts,
        findings: &mut Findings<'_>,
    ) {
        const NAME: &str = annotation::ROLE_ARN;
        match role {
            AnnotatedRole::Absent => {}
            AnnotatedRole::Empty => findings.report(self, FindingKind::RoleArnEmpty, || {
                let problem = self.named_empty(NAME) + ", so it does not set a role";
                (self.at(NAME), problem, "set it to the ARN of an IAM role, or remove it")
            }),
            AnnotatedRole::Usable { value, arn } => {
                let named = || (self.at(NAME), self.named(NAME, value));
                check_role(arn, sts, self.object, &named, self.settings, findings);
            }
            AnnotatedRole::Unusable { value, error } => {
                let kind = match error {
                    AnnotatedRoleError::Placeholder(_) => FindingKind::RoleArnPlaceholder,
                    _ => FindingKind::RoleArnMalformed,
                };
                findings.report(self, kind, || {
                    let remedy = match error {
                        AnnotatedRoleError::Placeholder(_) => {
                            Cow::Borrowed("replace the placeholder before you apply the manifest")
                        }
                        AnnotatedRoleError::Malformed(_) => {
                            Cow::Owned(format!("set an ARN of the form {SYNTAX}"))
                        }
                        AnnotatedRoleError::ComposedMalformed { .. } => Cow::Borrowed(
                            "set the name of the role, with its path if it has one, or the full \
                             ARN",
                        ),
                    };
                    (self.at(NAME), format!("{}{error}", self.named(NAME, value)), remedy)
                });
            }
        }
    }

    /// Reports an option that a chart rendered without a value.
    fn report_empty(&self, kind: FindingKind, name: &str, findings: &mut Findings<'_>) {
        findings.report_as(self, kind, Severity::Warn, || {
            let problem = self.named_empty(name) + ", so it has no effect";
            (self.at(name), problem, "remove it, or set a value")
        });
    }

    fn report_token_expiration(
        &self,
        value: &str,
        error: ExpirationError,
        findings: &mut Findings<'_>,
    ) {
        const NAME: &str = annotation::TOKEN_EXPIRATION;
        findings.report(self, FindingKind::TokenExpirationInvalid, || {
            let problem = format!("{} {error}", self.named(NAME, value));
            (self.at(NAME), problem, "set a number from 600 to 86400")
        });
    }

    fn report_endpoint_url(&self, value: &str, error: UrlError, findings: &mut Findings<'_>) {
        const NAME: &str = annotation::STS_ENDPOINT_URL;
        findings.report(self, FindingKind::StsEndpointUrlInvalid, || match error {
            UrlError::Credentials => {
                let problem = format!("the URL in annotation {} {error}", self.key(NAME));
                (self.owner.at(self.object, || self.key(NAME)), problem, "remove them")
            }
            _ => {
                let problem = format!("{} {error}", self.named(NAME, value));
                (self.at(NAME), problem, "set a URL such as https://minio.example.com:9000")
            }
        });
    }

    fn report(&self, problem: &OptionProblem<'_>, findings: &mut Findings<'_>) {
        match problem {
            OptionProblem::AudienceEmpty => {
                findings.report(self, FindingKind::AudienceEmpty, || {
                    let problem = self.named_empty(annotation::AUDIENCE) + ", so it has no effect";
                    (
                        self.at(annotation::AUDIENCE),
                        problem,
                        format!("remove it, or set it to {}", self.settings.audience),
                    )
                });
            }
            OptionProblem::AudienceUnexpected(value) => {
                findings.report(self, FindingKind::AudienceUnexpected, || {
                    let problem = format!(
                        "{} is rejected by STS unless the IAM identity provider lists it",
                        self.named(annotation::AUDIENCE, value)
                    );
                    let remedy = if value == "sts.amazonaws.com.cn" {
                        "set it to sts.amazonaws.com, which is the audience in the partition \
                         aws-cn, too"
                    } else {
                        "remove the annotation to use the default audience"
                    };
                    (self.at(annotation::AUDIENCE), problem, remedy)
                });
            }
            OptionProblem::TokenExpiration { value, error } => {
                self.report_token_expiration(value, *error, findings);
            }
            OptionProblem::TokenExpirationEmpty => {
                self.report_empty(
                    FindingKind::TokenExpirationInvalid,
                    annotation::TOKEN_EXPIRATION,
                    findings,
                );
            }
            OptionProblem::StsRegionalEndpointsEmpty => {
                self.report_empty(
                    FindingKind::StsRegionalEndpointsInvalid,
                    annotation::STS_REGIONAL_ENDPOINTS,
                    findings,
                );
            }
            OptionProblem::StsRegionalEndpoints(value) => {
                findings.report(self, FindingKind::StsRegionalEndpointsInvalid, || {
                    let named = self.named(annotation::STS_REGIONAL_ENDPOINTS, value);
                    (
                        self.at(annotation::STS_REGIONAL_ENDPOINTS),
                        format!("{named} is neither true nor false, so it has no effect"),
                        "set it to \"true\" or \"false\"",
                    )
                });
            }
            OptionProblem::StsEndpointUrlEmpty => {
                self.report_empty(
                    FindingKind::StsEndpointUrlInvalid,
                    annotation::STS_ENDPOINT_URL,
                    findings,
                );
            }
            OptionProblem::StsEndpointUrl { value, error } => {
                self.report_endpoint_url(value, *error, findings);
            }
            OptionProblem::ContainersTwice => {
                findings.report(self, FindingKind::ContainersAnnotationInvalid, || {
                    let problem = format!(
                        "annotations {} and {} are both set, but only one of them is allowed",
                        self.key(annotation::SKIP_CONTAINERS),
                        self.key(annotation::INCLUDE_CONTAINERS)
                    );
                    (self.at(annotation::INCLUDE_CONTAINERS), problem, "remove one of them")
                });
            }
            OptionProblem::ContainersEmpty(name) => {
                let kind = FindingKind::ContainersAnnotationInvalid;
                findings.report_as(self, kind, Severity::Warn, || {
                    (
                        self.at(name),
                        self.named_empty(name) + ", so it has no effect",
                        "remove it, or list container names",
                    )
                });
            }
            OptionProblem::Containers { name, value, error } => {
                findings.report(self, FindingKind::ContainersAnnotationInvalid, || {
                    let problem =
                        format!("{} is not a list of containers: {error}", self.named(name, value));
                    (self.at(name), problem, "list the container names, separated by commas")
                });
            }
        }
    }
}
