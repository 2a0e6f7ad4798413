//! The sentences for each cause: what is wrong, then how to fix it.

use std::fmt::{self, Display};

use super::{Cause, KeyMistake, ProviderMistake, SubjectMistake, statement};
use crate::arn::ListedRoleArn;
use crate::quoted::{Quoted, QuotedList};
use crate::request::WebIdentity;
use crate::subject::PREFIX;

/// The causes of a *no*, one per line, and the statement to add to the trust policy if that is the fix.
pub fn explain(causes: &[Cause], role: Option<&ListedRoleArn>, request: &WebIdentity) -> String {
    let mut text = String::new();
    for cause in causes {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&cause.to_string());
    }
    if causes.iter().any(Cause::needs_web_identity_statement) {
        text.push('\n');
        text.push_str(&statement(role, request));
    } else if causes.iter().any(|cause| matches!(cause, Cause::PodService { .. })) {
        text.push('\n');
        text.push_str(statement::POD_IDENTITY);
    }
    text
}

impl Cause {
    /// Whether the fix is to add a statement for the service account.
    fn needs_web_identity_statement(&self) -> bool {
        match self {
            Self::NoStatement | Self::Service { .. } | Self::Aws { .. } => true,
            Self::Provider { mistake, .. } => matches!(
                mistake,
                ProviderMistake::AnotherCluster
                    | ProviderMistake::AnotherHost
                    | ProviderMistake::AnotherIssuer
            ),
            _ => false,
        }
    }
}

impl Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleMissing { .. }
            | Self::ProviderMissing { .. }
            | Self::ProviderAudience { .. }
            | Self::NoStatement
            | Self::Service { .. }
            | Self::Aws { .. } => self.of_role(f),
            Self::Provider { .. }
            | Self::Action { .. }
            | Self::Deny { .. }
            | Self::PodService { .. }
            | Self::PodActions { .. } => self.of_statement(f),
            _ => self.of_condition(f),
        }
    }
}

impl Cause {
    /// What is wrong with the role, its account, or the policy as a whole.
    fn of_role(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleMissing { role, similar: None } => write!(
                f,
                "The role {role} does not exist: the listing covers its account and does not have it. Create the role, \
                 or correct the ARN."
            ),
            Self::RoleMissing { role, similar: Some(similar) } => write!(
                f,
                "The role {role} does not exist; its account has {similar}, with another path. Use that ARN: the path \
                 belongs to it."
            ),
            Self::ProviderMissing { expected } => write!(
                f,
                "The role's account does not have the OIDC provider {}. Create it, for example with `eksctl utils \
                 associate-iam-oidc-provider`.",
                Quoted(expected)
            ),
            Self::ProviderAudience { audience, accepted } => write!(
                f,
                "The OIDC provider accepts the audiences {}, and the token has {}. Add the audience with `aws iam \
                 add-client-id-to-open-id-connect-provider`.",
                QuotedList(accepted),
                Quoted(audience)
            ),
            Self::NoStatement => f.write_str(
                "No statement of the trust policy allows sts:AssumeRoleWithWebIdentity. Add this one:",
            ),
            Self::Service { services } => {
                write!(f, "The trust policy trusts {}", QuotedList(services))?;
                if services.iter().any(|service| service == "pods.eks.amazonaws.com") {
                    f.write_str(
                        ", which is EKS Pod Identity; this pod has a token of its service account instead. Create a \
                         Pod Identity association and remove the role annotation, or add this statement:",
                    )
                } else {
                    f.write_str(
                        ", a service of AWS; a pod with a token of its service account is not one. Add this statement:",
                    )
                }
            }
            Self::Aws { principals } => write!(
                f,
                "The trust policy trusts {}, not the cluster's OIDC provider. Add this statement:",
                QuotedList(principals)
            ),
            _ => Ok(()),
        }
    }

    /// What is wrong with a statement.
    fn of_statement(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider { found, mistake, expected } => provider(f, found, *mistake, expected),
            Self::Action { found } => write!(
                f,
                "The statement for the OIDC provider has the action {}. Set it to \"sts:AssumeRoleWithWebIdentity\".",
                QuotedList(found)
            ),
            Self::Deny { statement } => write!(
                f,
                "The trust policy denies it: {statement} has the effect Deny, which wins over all that allow. Remove \
                 that statement or narrow its conditions."
            ),
            Self::PodService { found } if found.is_empty() => f.write_str(
                "The trust policy does not trust pods.eks.amazonaws.com, the service of EKS Pod Identity. Add this \
                 statement:",
            ),
            Self::PodService { found } => write!(
                f,
                "The trust policy trusts {}, not pods.eks.amazonaws.com, the service of EKS Pod Identity. Add this \
                 statement:",
                QuotedList(found)
            ),
            Self::PodActions { missing } => write!(
                f,
                "The trust policy does not allow pods.eks.amazonaws.com {}. EKS Pod Identity needs both \
                 \"sts:AssumeRole\" and \"sts:TagSession\": add the missing action.",
                QuotedList(missing)
            ),
            _ => Ok(()),
        }
    }

    /// What is wrong with a condition.
    fn of_condition(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { key, mistake, expected } => {
                write!(f, "The condition key {} ", Quoted(key))?;
                f.write_str(match mistake {
                    KeyMistake::Scheme => "has \"https://\" before the issuer",
                    KeyMistake::Arn => "has the ARN of the provider instead of the issuer",
                    KeyMistake::TrailingSlash => "has a slash after the issuer",
                    KeyMistake::AnotherIssuer => "is that of another issuer",
                })?;
                write!(
                    f,
                    ", so that no token of this cluster has it. Set it to {}.",
                    Quoted(expected)
                )
            }
            Self::Wildcard { operator, key, value } => write!(
                f,
                "The value {} of {} is under {operator}, which takes wildcards literally. Use {}.",
                Quoted(value),
                Quoted(key),
                like(operator)
            ),
            Self::Claims { key, value, expected } => write!(
                f,
                "The condition key {} has the value {}, which belongs to {}. Move it there.",
                Quoted(key),
                Quoted(value),
                Quoted(expected)
            ),
            Self::Subject { value, mistake, expected } => {
                write!(f, "The subject {} ", Quoted(value))?;
                match mistake {
                    SubjectMistake::Surroundings => {
                        f.write_str("has whitespace or quotes around it that are part of the value")
                    }
                    SubjectMistake::Case => {
                        f.write_str("has capital letters, which names in Kubernetes do not have")
                    }
                    SubjectMistake::Swapped => {
                        f.write_str("has the name of the account before its namespace")
                    }
                    SubjectMistake::Prefix => {
                        let prefix = Quoted(PREFIX);
                        write!(f, "does not start with {prefix} before namespace and name")
                    }
                    SubjectMistake::NoName => f.write_str("does not have the name of the account"),
                    SubjectMistake::NoNamespace => {
                        f.write_str("does not have the namespace of the account")
                    }
                }?;
                write!(f, ". Set it to {}.", Quoted(expected))
            }
            Self::AnotherSubject { .. } => self.another_subject(f),
            Self::Combined { operators, key } => write!(
                f,
                "The conditions on {} under {} must all hold, and one of them does not. Put all values under one \
                 operator: values are alternatives, operators are not.",
                Quoted(key),
                operators.join(" and ")
            ),
            Self::Audience { found, expected, key } => write!(
                f,
                "The trust policy wants the audience {}, and the token has {}. Add the token's audience to the values \
                 of {}.",
                QuotedList(found),
                Quoted(expected),
                Quoted(key)
            ),
            Self::Excluded { operator, key, values } => write!(
                f,
                "The condition {operator} on {} excludes this service account or audience: {}. Remove the value that \
                 covers it.",
                Quoted(key),
                QuotedList(values)
            ),
            Self::Condition { operator, key, values } => write!(
                f,
                "The condition {operator} on {} does not hold: {}. Correct it or remove it.",
                Quoted(key),
                QuotedList(values)
            ),
            _ => Ok(()),
        }
    }

    fn another_subject(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::AnotherSubject { trusted, other_namespace, other_name, typo, expected, key } =
            self
        else {
            return Ok(());
        };
        write!(f, "The trust policy trusts {}, not {}", QuotedList(trusted), Quoted(expected))?;
        match (typo, other_namespace, other_name) {
            (Some(typo), ..) => write!(f, "; {} looks like a typo", Quoted(typo))?,
            (None, true, false) => f.write_str(": the namespace is another one")?,
            (None, false, true) => f.write_str(": the name of the account is another one")?,
            _ => {}
        }
        write!(
            f,
            ". Use a service account that it trusts, or add this one to the values of {}.",
            Quoted(key)
        )
    }
}

fn provider(
    f: &mut fmt::Formatter<'_>,
    found: &[String],
    mistake: ProviderMistake,
    expected: &str,
) -> fmt::Result {
    write!(f, "The trust policy names the OIDC provider {}, ", QuotedList(found))?;
    f.write_str(match mistake {
        ProviderMistake::Scheme => "with \"https://\" in the ARN",
        ProviderMistake::TrailingSlash => "with a slash at its end",
        ProviderMistake::NotArn => "which is not an ARN",
        ProviderMistake::UnderAws => "under \"AWS\" instead of \"Federated\"",
        ProviderMistake::Partition => "which is in another AWS partition than the role",
        ProviderMistake::Account => {
            "which is in another AWS account than the role; the provider must be in the role's own account"
        }
        ProviderMistake::AnotherCluster => "which is another cluster's",
        ProviderMistake::AnotherHost => "which has this cluster's identifier and another host",
        ProviderMistake::AnotherIssuer => "which is not this cluster's",
    })?;
    match mistake {
        ProviderMistake::AnotherCluster
        | ProviderMistake::AnotherHost
        | ProviderMistake::AnotherIssuer => f.write_str(". Add this statement:"),
        ProviderMistake::UnderAws => {
            write!(f, ". Set \"Principal\": {{\"Federated\": {}}}.", Quoted(expected))
        }
        _ => write!(f, ". Set it to {}.", Quoted(expected)),
    }
}

/// The operator that takes wildcards, with the same set operator and suffix.
fn like(operator: &str) -> String {
    operator.replace("StringEqualsIgnoreCase", "StringLike").replace("StringEquals", "StringLike")
}
