//! Findings about the values of annotations.

use std::borrow::Cow;

use super::role::check_role;
use super::{Checked, Findings};
use crate::aws::role_arn::SYNTAX;
use crate::aws::sts::Sts;
use crate::catalogue::{FindingKind, Severity};
use crate::display::{ObjectName, Quoted};
use crate::identity::options::{
    AccountOptions, AnnotatedRole, AnnotatedRoleError, OptionError, OptionProblem,
};
use crate::location::{AnnotationOwner, MaybeLocation};
use crate::names::{STS_AUDIENCE, annotation, expiration};
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
    /// Checks the values of a service account's annotations.
    pub(crate) fn check_account(
        &self,
        options: &AccountOptions<'_>,
        problems: &[OptionProblem<'_>],
        findings: &mut Findings<'_>,
    ) {
        self.check_role_annotation(&options.role, options.sts, findings);
        // Without a role in the annotation, the options have an effect only if another source names a role.
        let ceiling = if options.role.is_absent() { Severity::Warn } else { Severity::Reject };
        findings.at_most(ceiling, |findings| self.check_values(problems, findings));
    }

    /// Reports options whose values are wrong.
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

    /// How messages name an annotation and its value.
    fn named(&self, name: &str, value: &str) -> String {
        format!("annotation {} {}", self.key(name), Quoted(value))
    }

    /// How messages name an annotation that has no value.
    fn named_empty(&self, name: &str) -> String {
        format!("annotation {}", self.key(name))
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
                let problem = self.named_empty(NAME) + " is empty, so it does not set a role";
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

    fn report(&self, problem: &OptionProblem<'_>, findings: &mut Findings<'_>) {
        let OptionProblem { name, value, error } = problem;
        let kind = match (*name, error) {
            (annotation::AUDIENCE, OptionError::Empty) => FindingKind::AudienceEmpty,
            (annotation::AUDIENCE, _) => FindingKind::AudienceUnexpected,
            (annotation::TOKEN_EXPIRATION, _) => FindingKind::TokenExpirationInvalid,
            (annotation::STS_REGIONAL_ENDPOINTS, _) => FindingKind::StsRegionalEndpointsInvalid,
            (annotation::STS_ENDPOINT_URL, _) => FindingKind::StsEndpointUrlInvalid,
            _ => FindingKind::ContainersAnnotationInvalid,
        };
        let severity = match error {
            OptionError::Empty => Severity::Warn,
            _ => kind.default_severity(),
        };
        findings.report_as(self, kind, severity, || {
            let named = match error {
                OptionError::Empty => self.named_empty(name),
                OptionError::BothContainerLists => format!(
                    "annotations {} and {}",
                    self.key(annotation::SKIP_CONTAINERS),
                    self.key(annotation::INCLUDE_CONTAINERS)
                ),
                OptionError::EndpointUrl(UrlError::Credentials) => {
                    format!("the URL in annotation {}", self.key(name))
                }
                _ => self.named(name, value),
            };
            let at = match error {
                OptionError::EndpointUrl(UrlError::Credentials) => {
                    self.owner.at(self.object, || self.key(name))
                }
                _ => self.at(name),
            };
            (at, format!("{named} {error}"), self.remedy(problem))
        });
    }

    fn remedy(
        &self,
        OptionProblem { name, value, error }: &OptionProblem<'_>,
    ) -> Cow<'static, str> {
        Cow::Borrowed(match error {
            OptionError::Empty => match *name {
                annotation::AUDIENCE => {
                    return format!("remove it, or set it to {}", self.settings.audience).into();
                }
                annotation::SKIP_CONTAINERS | annotation::INCLUDE_CONTAINERS => {
                    "remove it, or list container names"
                }
                _ => "remove it, or set a value",
            },
            OptionError::UnexpectedAudience if value == "sts.amazonaws.com.cn" => {
                return format!(
                    "set it to {STS_AUDIENCE}, which is the audience in the partition aws-cn, too"
                )
                .into();
            }
            OptionError::UnexpectedAudience => "remove the annotation to use the default audience",
            OptionError::TokenExpiration(_) => {
                return format!("set a number from {} to {}", expiration::MIN, expiration::MAX)
                    .into();
            }
            OptionError::NoBoolean => "set it to \"true\" or \"false\"",
            OptionError::EndpointUrl(UrlError::Credentials) => "remove them",
            OptionError::EndpointUrl(_) => "set a URL such as https://minio.example.com:9000",
            OptionError::Containers(_) => "list the container names, separated by commas",
            OptionError::BothContainerLists => "remove one of them",
        })
    }
}
