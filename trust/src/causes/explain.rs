//! The texts for each cause: what is wrong, and how to fix it.

use std::fmt::{self, Display, Write};

use super::{Cause, KeyMistake, ProviderMistake, SubjectMistake, statement};
use crate::arn::ListedRoleArn;
use crate::evaluate::pod_identity::SERVICE;
use crate::quoted::{Quoted, QuotedList};
use crate::request::WebIdentity;
use crate::subject::PREFIX;

/// The causes of a *no* as text. `Display` gives the full text: the problem and the remedy of each cause, one cause per line,
/// and the statement to add to the trust policy if that is the fix.
#[derive(Clone, Debug)]
pub struct Explanation<'c> {
    /// The cause whose fix is the statement is the last one.
    causes: Vec<&'c Cause>,
    statement: Option<String>,
}

/// The text of the causes of a *no*.
pub fn explain<'c>(
    causes: &'c [Cause],
    role: Option<&ListedRoleArn>,
    request: &WebIdentity,
) -> Explanation<'c> {
    let mut causes: Vec<_> = causes.iter().collect();
    causes.sort_by_key(|cause| cause.needs_statement());
    let statement =
        causes.last().filter(|cause| cause.needs_statement()).map(|cause| match cause {
            Cause::PodService { .. } => statement::pod_identity(),
            _ => statement(role, request),
        });
    Explanation { causes, statement }
}

impl Explanation<'_> {
    /// What is wrong with which values, as a part of a sentence.
    pub fn problem(&self) -> String {
        joined(self.causes.iter().map(|cause| cause.problem()))
    }

    /// How to fix it, as imperatives in lower case. The statement has several lines.
    pub fn remedy(&self) -> String {
        let mut text = joined(self.causes.iter().map(|cause| cause.remedy()));
        if let Some(statement) = &self.statement {
            text.push_str(":\n");
            text.push_str(statement);
        }
        text
    }
}

impl Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, cause) in self.causes.iter().enumerate() {
            if number > 0 {
                f.write_char('\n')?;
            }
            capitalized(&cause.problem(), f)?;
            f.write_str(". ")?;
            capitalized(&cause.remedy(), f)?;
            f.write_char(if cause.needs_statement() { ':' } else { '.' })?;
        }
        match &self.statement {
            Some(statement) => write!(f, "\n{statement}"),
            None => Ok(()),
        }
    }
}

/// Several statements can need the same fix.
fn joined(texts: impl Iterator<Item = String>) -> String {
    let mut different: Vec<String> = Vec::new();
    for text in texts {
        if !different.contains(&text) {
            different.push(text);
        }
    }
    different.join("; ")
}

fn capitalized(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut characters = text.chars();
    if let Some(first) = characters.next() {
        f.write_char(first.to_ascii_uppercase())?;
    }
    f.write_str(characters.as_str())
}

impl Cause {
    /// Whether the fix is to add a statement to the trust policy.
    fn needs_statement(&self) -> bool {
        match self {
            Self::NoStatement
            | Self::Service { .. }
            | Self::Aws { .. }
            | Self::PodService { .. } => true,
            Self::Provider { mistake, .. } => mistake.is_another_provider(),
            _ => false,
        }
    }

    /// What is wrong with which value, as a part of a sentence.
    #[expect(clippy::too_many_lines, reason = "one text for each cause")]
    fn problem(&self) -> String {
        match self {
            Self::RoleMissing { role, similar: None } => format!(
                "the role {role} does not exist (the listing covers its account and does not have it)"
            ),
            Self::RoleMissing { role, similar: Some(similar) } => format!(
                "the role {role} does not exist, but its account has {similar}, with another path"
            ),
            Self::ProviderMissing { expected } => {
                format!("the role's account does not have the OIDC provider {}", Quoted(expected))
            }
            Self::ProviderAudience { audience, accepted } => format!(
                "the OIDC provider accepts the audiences {}, and the token has {}",
                QuotedList(accepted),
                Quoted(audience)
            ),
            Self::NoStatement => {
                "no statement of the trust policy allows sts:AssumeRoleWithWebIdentity".to_owned()
            }
            Self::Service { services } if is_for_pod_identity(services) => format!(
                "the trust policy trusts {}, which is EKS Pod Identity, but the pod has a token of its service account \
                 instead",
                QuotedList(services)
            ),
            Self::Service { services: principals } | Self::Aws { principals } => format!(
                "the trust policy trusts {}, not the cluster's OIDC provider",
                QuotedList(principals)
            ),
            Self::Provider { found, mistake, .. } => format!(
                "the trust policy names the OIDC provider {}, {}",
                QuotedList(found),
                mistake.problem()
            ),
            Self::Action { found } => {
                format!("the statement for the OIDC provider has the action {}", QuotedList(found))
            }
            Self::Deny { statement } => format!(
                "{statement} of the trust policy has the effect Deny, which overrides every statement that allows the \
                 request"
            ),
            Self::PodService { found } if found.is_empty() => {
                format!(
                    "the trust policy does not trust {SERVICE}, the service of EKS Pod Identity"
                )
            }
            Self::PodService { found } => format!(
                "the trust policy trusts {}, not {SERVICE}, the service of EKS Pod Identity",
                QuotedList(found)
            ),
            Self::PodActions { missing } => {
                format!("the trust policy does not allow {SERVICE} {}", QuotedList(missing))
            }
            Self::Key { key, mistake, .. } => format!(
                "the condition key {} {}, so that no token of this cluster has it",
                Quoted(key),
                mistake.problem()
            ),
            Self::Wildcard { operator, key, value } => format!(
                "the value {} of {} is compared by {operator}, which does not support wildcards",
                Quoted(value),
                Quoted(key)
            ),
            Self::Claims { key, value, expected } => format!(
                "the condition key {} has the value {}, which belongs to {}",
                Quoted(key),
                Quoted(value),
                Quoted(expected)
            ),
            Self::Subject { value, mistake, .. } => {
                format!("the subject {} {}", Quoted(value), mistake.problem())
            }
            Self::AnotherSubject {
                trusted, other_namespace, other_name, typo, expected, ..
            } => {
                let why = match (typo, other_namespace, other_name) {
                    (Some(typo), ..) => format!(", and {} looks like a typo", Quoted(typo)),
                    (None, true, false) => ", which is in another namespace".to_owned(),
                    (None, false, true) => ", which has another name".to_owned(),
                    _ => String::new(),
                };
                format!(
                    "the trust policy trusts {}, not {}{why}",
                    QuotedList(trusted),
                    Quoted(expected)
                )
            }
            Self::Combined { operators, key } => format!(
                "the conditions on {} under {} must all hold, and one of them does not",
                Quoted(key),
                operators.join(" and ")
            ),
            Self::Audience { found, expected, .. } => format!(
                "the trust policy requires the audience {}, and the token has {}",
                QuotedList(found),
                Quoted(expected)
            ),
            Self::Excluded { operator, key, values } => format!(
                "the condition {operator} on {} with {} excludes this service account or audience",
                Quoted(key),
                QuotedList(values)
            ),
            Self::Condition { operator, key, values } => format!(
                "the condition {operator} on {} with {} does not hold",
                Quoted(key),
                QuotedList(values)
            ),
        }
    }

    /// How to fix it: an imperative in lower case. If it needs a statement, that follows.
    fn remedy(&self) -> String {
        match self {
            Self::RoleMissing { similar: None, .. } => "create the role, or correct the ARN".to_owned(),
            Self::RoleMissing { similar: Some(similar), .. } => {
                format!("set the role to {similar}: the path is part of the ARN")
            }
            Self::ProviderMissing { .. } => {
                "create the OIDC provider, for example with `eksctl utils associate-iam-oidc-provider`"
                    .to_owned()
            }
            Self::ProviderAudience { audience, .. } => format!(
                "add the audience {} with `aws iam add-client-id-to-open-id-connect-provider`",
                Quoted(audience)
            ),
            Self::Service { services } if is_for_pod_identity(services) => {
                "create a Pod Identity association and remove the role annotation, or add this statement to the trust \
                 policy"
                    .to_owned()
            }
            Self::Provider { mistake, expected, .. } if !mistake.is_another_provider() => {
                mistake.remedy(expected)
            }
            Self::NoStatement
            | Self::Service { .. }
            | Self::Aws { .. }
            | Self::Provider { .. }
            | Self::PodService { .. } => "add this statement to the trust policy".to_owned(),
            Self::Action { .. } => {
                "set the action to \"sts:AssumeRoleWithWebIdentity\"".to_owned()
            }
            Self::Deny { statement } => format!("remove {statement}, or narrow its conditions"),
            Self::PodActions { missing } => format!(
                "add {} to the actions: EKS Pod Identity needs both \"sts:AssumeRole\" and \"sts:TagSession\"",
                QuotedList(missing)
            ),
            Self::Key { expected, .. } => format!("set the condition key to {}", Quoted(expected)),
            Self::Wildcard { operator, .. } => {
                format!("use {} instead of {operator}", like(operator))
            }
            Self::Claims { value, expected, .. } => {
                format!("move {} to {}", Quoted(value), Quoted(expected))
            }
            Self::Subject { expected, .. } => format!("set the subject to {}", Quoted(expected)),
            Self::AnotherSubject { expected, key, .. } => format!(
                "use a service account that the role trusts, or add {} to the values of {}",
                Quoted(expected),
                Quoted(key)
            ),
            Self::Combined { key, .. } => format!(
                "put all values of {} under one operator: values are alternatives, operators are not",
                Quoted(key)
            ),
            Self::Audience { expected, key, .. } => {
                format!("add {} to the values of {}", Quoted(expected), Quoted(key))
            }
            Self::Excluded { operator, key, .. } => format!(
                "remove the value that matches the token from the condition {operator} on {}",
                Quoted(key)
            ),
            Self::Condition { operator, key, .. } => {
                format!("correct or remove the condition {operator} on {}", Quoted(key))
            }
        }
    }
}

fn is_for_pod_identity(services: &[String]) -> bool {
    services.iter().any(|service| service == SERVICE)
}

impl ProviderMistake {
    /// Whether the policy is written for another provider, so that a correction of its ARN would be wrong.
    fn is_another_provider(self) -> bool {
        matches!(self, Self::AnotherCluster | Self::AnotherHost | Self::AnotherIssuer)
    }

    fn problem(self) -> &'static str {
        match self {
            Self::Scheme => "with \"https://\" in the ARN",
            Self::TrailingSlash => "with a slash at its end",
            Self::NotArn => "which is not an ARN",
            Self::UnderAws => "under \"AWS\" instead of \"Federated\"",
            Self::Partition => "which is in another AWS partition than the role",
            Self::Account => "which is in another AWS account than the role",
            Self::AnotherCluster => "which is another cluster's",
            Self::AnotherHost => "which has this cluster's identifier and another host",
            Self::AnotherIssuer => "which is not this cluster's",
        }
    }

    fn remedy(self, expected: &str) -> String {
        let expected = Quoted(expected);
        match self {
            Self::UnderAws => format!("set \"Principal\" to {{\"Federated\": {expected}}}"),
            Self::Account => {
                format!("set the provider to {expected}: it must be in the role's own account")
            }
            _ => format!("set the provider to {expected}"),
        }
    }
}

impl KeyMistake {
    fn problem(self) -> &'static str {
        match self {
            Self::Scheme => "has \"https://\" before the issuer",
            Self::Arn => "has the ARN of the provider instead of the issuer",
            Self::TrailingSlash => "has a slash after the issuer",
            Self::AnotherIssuer => "is that of another issuer",
        }
    }
}

impl SubjectMistake {
    fn problem(self) -> String {
        match self {
            Self::Surroundings => {
                "has whitespace or quotes around it that are part of the value".to_owned()
            }
            Self::Case => "has capital letters, which names in Kubernetes do not have".to_owned(),
            Self::Swapped => "has the name of the account before its namespace".to_owned(),
            Self::Prefix => {
                format!("does not start with {} before namespace and name", Quoted(PREFIX))
            }
            Self::NoName => "does not have the name of the account".to_owned(),
            Self::NoNamespace => "does not have the namespace of the account".to_owned(),
        }
    }
}

/// The operator that takes wildcards, with the same set operator and suffix.
fn like(operator: &str) -> String {
    operator.replace("StringEqualsIgnoreCase", "StringLike").replace("StringEquals", "StringLike")
}
