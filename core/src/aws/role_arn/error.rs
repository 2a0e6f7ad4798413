//! Why a text is not a role ARN.

use std::fmt::{self, Display};

use super::{MAX_NAME, MAX_PATH};
use crate::aws::names::NAME_CHARACTERS;
use crate::aws::partition::{self, Partition};
use crate::display::{Quoted, Visible};

/// Why a text is not a role ARN: its first invalid part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoleArnError {
    /// Whitespace at an end.
    Whitespace,
    /// Quotes around it that are part of the YAML value.
    Quotes,
    /// A character that an ARN cannot contain, and that may be invisible.
    Character(char),
    /// Something other than an ARN.
    NoArn,
    /// Colons are missing.
    Parts(usize),
    /// A partition that AWS does not have.
    Partition(String),
    /// The ARN of an STS session.
    AssumedRole,
    /// The ARN of another service.
    Service(String),
    /// A region, which the ARNs of IAM do not have.
    Region(String),
    /// No account.
    NoAccount,
    /// An account of that many digits.
    AccountDigits(usize),
    /// An account with other characters than digits.
    Account(String),
    /// Another kind of IAM resource.
    Resource(String),
    /// No name after `role/`.
    NoName,
    /// A name of that many characters.
    NameLength(usize),
    /// A character that a role's name cannot have.
    NameCharacter(char),
    /// A path of that many characters.
    PathLength(usize),
    /// Two slashes after `role`.
    EmptyPath,
}

impl Display for RoleArnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whitespace => f.write_str("it starts or ends with whitespace"),
            Self::Quotes => {
                f.write_str("it starts or ends with a quote, which is part of the value")
            }
            Self::Character(' ') => f.write_str("it contains a space"),
            Self::Character(character) => {
                write!(f, "it contains the character U+{:04X}", u32::from(*character))
            }
            Self::NoArn => f.write_str("it does not start with \"arn:\""),
            Self::Parts(5) => f.write_str("a colon is missing, because two colons follow \"iam\""),
            Self::Parts(count) => write!(f, "it has {count} parts separated by colons, not 6"),
            Self::Partition(partition) => {
                let all = partition::ALL.map(Partition::name).join(", ");
                write!(f, "{} is not an AWS partition ({all})", Quoted(partition))
            }
            Self::AssumedRole => f.write_str(
                "it is the ARN of a role session (sts, assumed-role), not of the role (iam, role)",
            ),
            Self::Service(service) => write!(f, "its service is {}, not \"iam\"", Quoted(service)),
            Self::Region(region) => {
                write!(f, "it has the region {}, but IAM ARNs have no region", Quoted(region))
            }
            Self::NoAccount => f.write_str("the account ID is missing"),
            Self::AccountDigits(1) => f.write_str("the account ID has 1 digit, not 12"),
            Self::AccountDigits(count) => write!(f, "the account ID has {count} digits, not 12"),
            Self::Account(account) => {
                write!(f, "the account ID {} is not 12 digits", Quoted(account))
            }
            Self::Resource(resource) => match resource.split_once('/') {
                Some((
                    kind @ ("user" | "group" | "policy" | "instance-profile" | "mfa"
                    | "server-certificate" | "oidc-provider" | "saml-provider"),
                    _,
                )) => {
                    write!(f, "it is the ARN of a \"{kind}\", not of a \"role\"")
                }
                _ => write!(f, "{} does not start with \"role/\"", Quoted(resource)),
            },
            Self::NoName => f.write_str("the role's name is missing after the last '/'"),
            Self::NameLength(length) => {
                write!(f, "the role's name has {length} characters; IAM allows {MAX_NAME}")
            }
            Self::NameCharacter(character) => write!(
                f,
                "the role's name contains '{}'; IAM allows {NAME_CHARACTERS}",
                Visible(character.encode_utf8(&mut [0; 4]))
            ),
            Self::PathLength(length) => {
                write!(f, "the role's path has {length} characters; IAM allows {MAX_PATH}")
            }
            Self::EmptyPath => f.write_str("there are two slashes after \"role\""),
        }
    }
}

/// Why a text in which nothing replaces placeholders is not a role ARN. The message follows the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LiteralRoleError {
    /// It is an ARN with this placeholder in it.
    Placeholder(String),
    Malformed(RoleArnError),
}

impl Display for LiteralRoleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Placeholder(text) => write!(f, "contains the placeholder {}", Quoted(text)),
            Self::Malformed(error) => write!(f, "is not an IAM role ARN: {error}"),
        }
    }
}
