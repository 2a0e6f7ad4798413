//! ARNs of roles and of OIDC providers.
//!
//! Source: IAM User Guide, "IAM identifiers".

use std::fmt::{self, Display};

use crate::iam::arn_parts;

/// The ARN of an IAM role as AWS lists it: `arn:<partition>:iam::<account>:role/[path/]name`.
///
/// It is only split, because AWS wrote it: a new partition is not an error. For ARNs that users write, the policy has another
/// type, which checks every rule and names the violated one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListedRoleArn {
    partition: String,
    account: String,
    /// `/` at both ends.
    path: String,
    name: String,
}

impl ListedRoleArn {
    /// Reads an ARN; none if it is not that of a role.
    pub fn parse(text: &str) -> Option<Self> {
        let (partition, account, resource) = arn_parts(text)?;
        let resource = resource.strip_prefix("role")?;
        let (path, name) = resource.rsplit_once('/')?;
        let valid = resource.starts_with('/')
            && !name.is_empty()
            && resource.bytes().all(|byte| byte.is_ascii_graphic());
        valid.then(|| Self {
            partition: partition.to_owned(),
            account: account.to_owned(),
            path: format!("{path}/"),
            name: name.to_owned(),
        })
    }

    /// `aws`, `aws-cn`, `aws-us-gov` or another one.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// The AWS account, 12 digits.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The path, with `/` at both ends.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name. It is unique in the account: another path or another case does not make another name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Display for ListedRoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, path, name } = self;
        write!(f, "arn:{partition}:iam::{account}:role{path}{name}")
    }
}

/// The ARN of an OIDC provider: `arn:<partition>:iam::<account>:oidc-provider/<issuer without https://>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProviderArn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) issuer: &'a str,
}

impl<'a> ProviderArn<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let (partition, account, resource) = arn_parts(text)?;
        let issuer = resource.strip_prefix("oidc-provider/")?;
        Some(Self { partition, account, issuer })
    }
}

impl Display for ProviderArn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, issuer } = self;
        write!(f, "arn:{partition}:iam::{account}:oidc-provider/{issuer}")
    }
}

#[cfg(test)]
mod tests {
    use super::{ListedRoleArn, ProviderArn};

    #[test]
    fn arns_of_roles_are_split_and_written_back() {
        for text in [
            "arn:aws:iam::111122223333:role/api",
            "arn:aws-cn:iam::111122223333:role/team/a:b/api+=,.@-_9",
        ] {
            assert_eq!(ListedRoleArn::parse(text).unwrap().to_string(), text);
        }
        let arn = ListedRoleArn::parse("arn:aws-us-gov:iam::111122223333:role/team/x/api").unwrap();
        assert_eq!(
            (arn.partition(), arn.account(), arn.path(), arn.name()),
            ("aws-us-gov", "111122223333", "/team/x/", "api")
        );
    }

    #[test]
    fn other_arns_are_refused() {
        for text in [
            "",
            "api",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam::111122223333:roles/api",
            "arn:aws:iam::111122223333:role/my api",
            "arn:aws:iam::11112222333:role/api",
            "arn:aws:iam:eu-west-1:111122223333:role/api",
            "arn:aws:sts::111122223333:assumed-role/api/session",
            "arn::iam::111122223333:role/api",
        ] {
            assert_eq!(ListedRoleArn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_issuer_of_a_provider_is_what_follows_the_first_slash() {
        let text = "arn:aws:iam::111122223333:oidc-provider/s3.amazonaws.com/bucket/";
        let arn = ProviderArn::parse(text).unwrap();
        assert_eq!(arn.issuer, "s3.amazonaws.com/bucket/");
        assert_eq!(arn.to_string(), text);
        assert_eq!(ProviderArn::parse("arn:aws:iam::111122223333:saml-provider/x"), None);
    }
}
