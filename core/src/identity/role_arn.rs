//! The ARN of an IAM role.
//!
//! Grammar ("IAM identifiers" in the IAM User Guide; `Path`, `RoleName` and `Arn` in the IAM API Reference):
//!
//! ```text
//! arn       = "arn:" partition ":iam::" account ":role" path name
//! account   = 12 digits
//! path      = "/" | "/" 1*510(%x21-7E) "/"
//! name      = 1*64(letter | digit | "_" | "+" | "=" | "," | "." | "@" | "-")
//! ```

use std::fmt::{self, Display};

use super::partition::Partition;
use crate::findings::{Quoted, Visible};
use aws_pod_identity_json::search::{find, split, split_once};

/// How a role's ARN is written, for messages.
pub(crate) const FORM: &str = "arn:<partition>:iam::<12-digit account>:role/[path/]name";

const MAX_NAME: usize = 64;
const MAX_PATH: usize = 512;
const ACCOUNT_DIGITS: usize = 12;

/// The ARN of an IAM role, known to be well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn<'a> {
    pub(crate) text: &'a str,
    pub(crate) partition: Partition,
    /// `/` at both ends.
    pub(crate) path: &'a str,
    pub(crate) name: &'a str,
}

/// Why a text is no role ARN: the first part of it that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleArnError<'a> {
    /// White space at an end.
    Blanks,
    /// Quotes around it, which YAML did not take for its own.
    Quotes,
    /// A character that an ARN cannot have and that may not even show.
    Character(char),
    /// Something other than an ARN.
    NoArn,
    /// Colons are missing.
    Parts(usize),
    /// A partition that AWS does not have.
    Partition(&'a str),
    /// The ARN of an STS session.
    AssumedRole,
    /// The ARN of another service.
    Service(&'a str),
    /// A region where IAM has none.
    Region(&'a str),
    /// No account.
    NoAccount,
    /// An account of that many digits.
    AccountDigits(usize),
    /// An account with something else than digits.
    Account(&'a str),
    /// Another kind of IAM resource.
    Resource(&'a str),
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

impl<'a> RoleArn<'a> {
    /// Reads an ARN.
    pub(crate) fn parse(text: &'a str) -> Result<Self, RoleArnError<'a>> {
        check_surroundings(text)?;
        if !text.starts_with("arn:") {
            return Err(RoleArnError::NoArn);
        }
        let missing = || RoleArnError::Parts(split(text, b':').count());
        let mut parts = split(text, b':');
        let mut next = || parts.next().ok_or_else(missing);
        let (_, partition, service) = (next()?, next()?, next()?);
        let (region, account) = (next()?, next()?);
        let resource = parts.rest().ok_or_else(missing)?;
        let partition = Partition::of_name(partition).ok_or(RoleArnError::Partition(partition))?;
        match service {
            "iam" => {}
            "sts" if resource.starts_with("assumed-role/") => {
                return Err(RoleArnError::AssumedRole);
            }
            _ => return Err(RoleArnError::Service(service)),
        }
        if !region.is_empty() {
            return Err(RoleArnError::Region(region));
        }
        check_account(account)?;
        let Some(resource) = resource.strip_prefix("role").filter(|rest| rest.starts_with('/'))
        else {
            return Err(RoleArnError::Resource(resource));
        };
        let (path, name) = split_name(resource);
        check_path(path)?;
        check_name(name)?;
        Ok(Self { text, partition, path, name })
    }
}

/// Reads an ARN in settings or in the role map, where nobody fills in templates: the kubelet would expand a
/// `$(NAME)` in it. An error says what is wrong, to follow the value.
pub(crate) fn whole_role(text: &str) -> Result<RoleArn<'_>, String> {
    let parsed = RoleArn::parse(text);
    match (parsed, placeholder(text, parsed)) {
        (Ok(arn), None) => Ok(arn),
        (Ok(_), Some(mark)) => Err(format!("still has the placeholder {}", Quoted(mark))),
        (Err(error), _) => Err(format!("is not an IAM role ARN: {error}")),
    }
}

/// The path, with its last slash, and the name.
fn split_name(resource: &str) -> (&str, &str) {
    let name = split(resource, b'/').last().unwrap_or_default();
    (resource.strip_suffix(name).unwrap_or_default(), name)
}

fn check_surroundings(text: &str) -> Result<(), RoleArnError<'_>> {
    // Nearly always.
    if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\'') {
        return Ok(());
    }
    if text.trim_ascii() != text {
        return Err(RoleArnError::Blanks);
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err(RoleArnError::Quotes);
    }
    match text.chars().find(|character| !character.is_ascii_graphic()) {
        Some(character) => Err(RoleArnError::Character(character)),
        None => Ok(()),
    }
}

fn check_account(account: &str) -> Result<(), RoleArnError<'_>> {
    if account.is_empty() {
        Err(RoleArnError::NoAccount)
    } else if !account.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(RoleArnError::Account(account))
    } else if account.len() != ACCOUNT_DIGITS {
        Err(RoleArnError::AccountDigits(account.len()))
    } else {
        Ok(())
    }
}

fn check_path(path: &str) -> Result<(), RoleArnError<'_>> {
    // Its characters were checked with those of the whole text.
    match path {
        "//" => Err(RoleArnError::EmptyPath),
        _ if path.len() > MAX_PATH => Err(RoleArnError::PathLength(path.len())),
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), RoleArnError<'_>> {
    if name.is_empty() {
        return Err(RoleArnError::NoName);
    }
    if name.len() > MAX_NAME {
        return Err(RoleArnError::NameLength(name.len()));
    }
    match name.chars().find(|&character| !is_name_character(character)) {
        Some(character) => Err(RoleArnError::NameCharacter(character)),
        None => Ok(()),
    }
}

/// Whether STS takes the name for a session ("AssumeRoleWithWebIdentity" in the STS API Reference).
pub(crate) fn is_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len()) && name.chars().all(is_name_character)
}

/// Whether IAM allows the character in the name of a role, and STS in that of a session.
fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '_' | '+' | '=' | ',' | '.' | '@' | '-')
}

impl Display for RoleArnError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Blanks => f.write_str("it has blanks or line ends around it"),
            Self::Quotes => f.write_str("it has quotes around it that are part of the value"),
            Self::Character(' ') => f.write_str("it contains a blank"),
            Self::Character(character) => {
                write!(f, "it contains the character U+{:04X}", u32::from(character))
            }
            Self::NoArn => f.write_str("it does not start with \"arn:\""),
            Self::Parts(5) => {
                f.write_str("one of its colons is missing: there are two after \"iam\"")
            }
            Self::Parts(count) => write!(f, "it has {count} parts between colons, not 6"),
            Self::Partition(partition) => {
                write!(f, "{} is not an AWS partition: those are ", Quoted(partition))?;
                Partition::write_all(f)
            }
            Self::AssumedRole => f.write_str(
                "it names a session of a role (sts, assumed-role), not the role itself (iam, role)",
            ),
            Self::Service(service) => write!(f, "its service is {}, not \"iam\"", Quoted(service)),
            Self::Region(region) => {
                write!(f, "it has the region {} where IAM has none", Quoted(region))
            }
            Self::NoAccount => f.write_str("the account ID is missing"),
            Self::AccountDigits(1) => f.write_str("the account ID has 1 digit, not 12"),
            Self::AccountDigits(count) => write!(f, "the account ID has {count} digits, not 12"),
            Self::Account(account) => {
                write!(f, "the account ID {} is not 12 digits", Quoted(account))
            }
            Self::Resource(resource) => match split_once(resource, b'/') {
                Some((
                    kind @ ("user" | "group" | "policy" | "instance-profile" | "mfa"
                    | "server-certificate" | "oidc-provider" | "saml-provider"),
                    _,
                )) => {
                    write!(f, "it names a resource of kind \"{kind}\", not \"role\"")
                }
                _ => write!(f, "{} does not start with \"role/\"", Quoted(resource)),
            },
            Self::NoName => f.write_str("the role's name is missing after the last '/'"),
            Self::NameLength(length) => {
                write!(f, "the role's name has {length} characters; IAM allows {MAX_NAME}")
            }
            Self::NameCharacter(character) => write!(
                f,
                "the role's name contains '{}'; IAM allows letters, digits and _+=,.@-",
                Visible(character.encode_utf8(&mut [0; 4]))
            ),
            Self::PathLength(length) => {
                write!(f, "the role's path has {length} characters; IAM allows {MAX_PATH}")
            }
            Self::EmptyPath => f.write_str("there are two slashes after \"role\""),
        }
    }
}

/// What in `value` nobody has filled in, if anything; `parsed` is what the value was parsed to.
///
/// Marks of templates count wherever they stand. Words in capitals could be part of a real role's name,
/// so in a well-formed ARN they count only as the whole name.
pub(crate) fn placeholder<'a>(
    value: &'a str,
    parsed: Result<RoleArn<'a>, RoleArnError<'a>>,
) -> Option<&'a str> {
    for (open, close) in [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")] {
        if let Some(mark) = between(value, open, close) {
            return Some(mark);
        }
    }
    match parsed {
        Ok(arn) => {
            Some(arn.name).filter(|name| matches!(*name, "REPLACE_ME" | "ROLE_NAME") || all_x(name))
        }
        Err(_) => ["REPLACE_ME", "ACCOUNT_ID", "ROLE_NAME"]
            .into_iter()
            .find_map(|word| between(value, word, ""))
            .or_else(|| {
                split(value, b':').flat_map(|part| split(part, b'/')).find(|part| all_x(part))
            }),
    }
}

fn all_x(text: &str) -> bool {
    text.len() >= 4 && text.bytes().all(|byte| matches!(byte, b'X' | b'x'))
}

/// The first part of `text` that starts with `open` and goes on to `close`, both included; to the end
/// where there is no `close`.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let from = text.get(find(text, open)?..)?;
    let end = match find(from.get(open.len()..)?, close) {
        Some(at) => open.len() + at + close.len(),
        // A lone "<" is a stray character, not a placeholder.
        None if open == "<" => return None,
        None => from.len(),
    };
    from.get(..end)
}

#[cfg(test)]
mod tests {
    use super::{Partition, RoleArn, RoleArnError as E, placeholder};

    #[track_caller]
    fn refused(text: &str, expected: E<'_>) {
        assert_eq!(RoleArn::parse(text), Err(expected));
    }

    #[test]
    fn an_arn_is_split_into_its_parts() {
        let text = "arn:aws-us-gov:iam::123456789012:role/team/a:b/api+=,.@-_9";
        let expected = RoleArn {
            text,
            partition: Partition::AwsUsGov,
            path: "/team/a:b/",
            name: "api+=,.@-_9",
        };
        assert_eq!(RoleArn::parse(text), Ok(expected));
    }

    #[test]
    fn bounds_are_allowed_and_one_more_is_not() {
        let role = |rest: &str| format!("arn:aws:iam::123456789012:role{rest}");
        let name = "n".repeat(64);
        let path = format!("/{}/", "p".repeat(510));
        assert!(RoleArn::parse(&role(&format!("{path}{name}"))).is_ok());
        refused(&role(&format!("/{name}n")), E::NameLength(65));
        refused(&role(&format!("/p{path}{name}")), E::PathLength(514));
    }

    #[test]
    fn the_first_part_that_is_wrong_is_named() {
        refused("", E::NoArn);
        refused("s3-reader", E::NoArn);
        refused("arn:aws:iam::123456789012:role/x ", E::Blanks);
        refused("arn:aws:iam::123456789012:role/x\n", E::Blanks);
        refused("\"arn:aws:iam::123456789012:role/x\"", E::Quotes);
        refused("arn:aws:iam::123456789012:role/\u{200b}x", E::Character('\u{200b}'));
        refused("arn:aws:iam::123456789012:role/my role", E::Character(' '));
        refused("arn:aws:iam:123456789012:role/x", E::Parts(5));
        refused("arn:aws:iam", E::Parts(3));
        refused("arn:aws-gov:iam::123456789012:role/x", E::Partition("aws-gov"));
        refused("arn:aws:sts::123456789012:assumed-role/x/session", E::AssumedRole);
        refused("arn:aws:s3::123456789012:role/x", E::Service("s3"));
        refused("arn:aws:sts::123456789012:federated-user/x", E::Service("sts"));
        refused("arn:aws:iam:eu-west-1:123456789012:role/x", E::Region("eu-west-1"));
        refused("arn:aws:iam:::role/x", E::NoAccount);
        refused("arn:aws:iam::12345:role/x", E::AccountDigits(5));
        refused("arn:aws:iam::1234567890123:role/x", E::AccountDigits(13));
        refused("arn:aws:iam::1234-5678-9012:role/x", E::Account("1234-5678-9012"));
        refused("arn:aws:iam::123456789012:user/x", E::Resource("user/x"));
        refused("arn:aws:iam::123456789012:roles/x", E::Resource("roles/x"));
        refused("arn:aws:iam::123456789012:role", E::Resource("role"));
        refused("arn:aws:iam::123456789012:role/", E::NoName);
        refused("arn:aws:iam::123456789012:role/x/", E::NoName);
        refused("arn:aws:iam::123456789012:role//x", E::EmptyPath);
        refused("arn:aws:iam::123456789012:role/x!", E::NameCharacter('!'));
    }

    #[test]
    fn placeholders_are_told_from_names() {
        for (value, expected) in [
            ("arn:aws:iam::${AWS_ACCOUNT_ID}:role/x", Some("${AWS_ACCOUNT_ID}")),
            ("arn:aws:iam::$(ACCOUNT):role/x", Some("$(ACCOUNT)")),
            ("arn:aws:iam::{{ .Values.account }}:role/x", Some("{{ .Values.account }}")),
            ("arn:aws:iam::123456789012:role/<ROLE>", Some("<ROLE>")),
            ("arn:aws:iam::ACCOUNT_ID:role/x", Some("ACCOUNT_ID")),
            ("arn:aws:iam::XXXXXXXXXXXX:role/x", Some("XXXXXXXXXXXX")),
            ("arn:aws:iam::123456789012:role/REPLACE_ME", Some("REPLACE_ME")),
            ("REPLACE_ME", Some("REPLACE_ME")),
            ("arn:aws:iam::123456789012:role/XXXX-archive", None),
            ("arn:aws:iam::123456789012:role/ACCOUNT_ID-reader", None),
            ("arn:aws:iam::123456789012:role/a<b", None),
            ("arn:aws:iam::123456789012:role/x", None),
        ] {
            assert_eq!(placeholder(value, RoleArn::parse(value)), expected, "{value}");
        }
    }
}
