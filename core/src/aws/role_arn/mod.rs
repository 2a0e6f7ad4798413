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

mod error;
mod placeholder;

pub(crate) use error::{LiteralRoleError, RoleArnError};
pub(crate) use placeholder::placeholder;

use std::borrow::Cow;

use super::names::is_name_character;
use super::partition::Partition;
use super::sts::Sts;
use aws_pod_identity_trust::iam::is_account;

/// How a role's ARN is written, for messages.
pub(crate) const SYNTAX: &str = "arn:<partition>:iam::<12-digit account>:role/[path/]name";

/// The longest name of a role, characters.
const MAX_NAME: usize = 64;
/// The longest path of a role with both slashes, characters.
pub(crate) const MAX_PATH: usize = 512;

/// The ARN of an IAM role, which is well-formed, or of a role of another STS than that of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleArn<'a> {
    text: Cow<'a, str>,
    /// None for a role of another STS.
    partition: Option<Partition>,
    /// The start of the path in the text, bytes.
    path_start: usize,
    /// The start of the name in the text, bytes.
    name_start: usize,
}

impl<'a> RoleArn<'a> {
    /// Reads an ARN.
    pub(crate) fn parse(text: impl Into<Cow<'a, str>>) -> Result<Self, RoleArnError> {
        let text = text.into();
        let (partition, path, name) = parts(&text)?;
        let (path, name) = (path.len(), name.len());
        let name_start = text.len() - name;
        Ok(Self { partition: Some(partition), path_start: name_start - path, name_start, text })
    }

    /// Reads the ARN of a role of that STS. Other STS than that of AWS have other grammars (MinIO:
    /// `arn:minio:iam:::role/name`), but whitespace and quotes around the value are wrong for all of them.
    pub(crate) fn parse_for(text: impl Into<Cow<'a, str>>, sts: Sts) -> Result<Self, RoleArnError> {
        let text = text.into();
        let error = match Self::parse(text.clone()) {
            Err(error) if sts == Sts::Other && !text.is_empty() => error,
            parsed => return parsed,
        };
        match error {
            RoleArnError::Whitespace | RoleArnError::Quotes | RoleArnError::Character(_) => {
                Err(error)
            }
            _ => {
                let name_start = text.rfind('/').map_or(0, |slash| slash + 1);
                Ok(Self { partition: None, path_start: name_start, name_start, text })
            }
        }
    }

    /// Reads an ARN in which a placeholder is an error, because nothing replaces it, such as in settings. The kubelet
    /// would even expand a `$(NAME)`.
    pub(crate) fn parse_literal(
        text: impl Into<Cow<'a, str>>,
        sts: Sts,
    ) -> Result<Self, LiteralRoleError> {
        let arn = Self::parse_for(text, sts).map_err(LiteralRoleError::Malformed)?;
        match placeholder(arn.text(), Some(&arn)) {
            None => Ok(arn),
            Some(found) => Err(LiteralRoleError::Placeholder(found.to_owned())),
        }
    }

    /// The whole ARN.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn partition(&self) -> Option<Partition> {
        self.partition
    }

    /// The path, with a slash at both ends.
    pub(crate) fn path(&self) -> &str {
        self.text.get(self.path_start..self.name_start).unwrap_or_default()
    }

    pub(crate) fn name(&self) -> &str {
        self.text.get(self.name_start..).unwrap_or_default()
    }
}

/// The partition, the path and the name.
fn parts(text: &str) -> Result<(Partition, &str, &str), RoleArnError> {
    check_surroundings(text)?;
    if !text.starts_with("arn:") {
        return Err(RoleArnError::NoArn);
    }
    let mut parts = text.splitn(6, ':').skip(1);
    let mut next = || parts.next().ok_or_else(|| RoleArnError::Parts(text.split(':').count()));
    let (partition, service, region) = (next()?, next()?, next()?);
    let (account, resource) = (next()?, next()?);
    let partition = Partition::of_name(partition)
        .ok_or_else(|| RoleArnError::Partition(partition.to_owned()))?;
    match service {
        "iam" => {}
        "sts" if resource.starts_with("assumed-role/") => return Err(RoleArnError::AssumedRole),
        _ => return Err(RoleArnError::Service(service.to_owned())),
    }
    if !region.is_empty() {
        return Err(RoleArnError::Region(region.to_owned()));
    }
    check_account(account)?;
    let role = resource.strip_prefix("role").filter(|rest| rest.starts_with('/'));
    let role = role.ok_or_else(|| RoleArnError::Resource(resource.to_owned()))?;
    let (path, name) = split_name(role);
    check_path(path)?;
    check_name(name)?;
    Ok((partition, path, name))
}

/// The path, with its last slash, and the name.
fn split_name(resource: &str) -> (&str, &str) {
    let end = resource.rfind('/').map_or(0, |slash| slash + 1);
    resource.split_at_checked(end).unwrap_or_default()
}

fn check_surroundings(text: &str) -> Result<(), RoleArnError> {
    // Nearly all texts are like this.
    if text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\'') {
        return Ok(());
    }
    if text.trim_ascii() != text {
        return Err(RoleArnError::Whitespace);
    }
    if text.starts_with(['"', '\'']) || text.ends_with(['"', '\'']) {
        return Err(RoleArnError::Quotes);
    }
    match text.chars().find(|character| !character.is_ascii_graphic()) {
        Some(character) => Err(RoleArnError::Character(character)),
        None => Ok(()),
    }
}

fn check_account(account: &str) -> Result<(), RoleArnError> {
    if is_account(account) {
        Ok(())
    } else if account.is_empty() {
        Err(RoleArnError::NoAccount)
    } else if account.bytes().all(|byte| byte.is_ascii_digit()) {
        Err(RoleArnError::AccountDigits(account.len()))
    } else {
        Err(RoleArnError::Account(account.to_owned()))
    }
}

fn check_path(path: &str) -> Result<(), RoleArnError> {
    // Its characters were checked with those of the whole text.
    match path {
        "//" => Err(RoleArnError::EmptyPath),
        _ if path.len() > MAX_PATH => Err(RoleArnError::PathLength(path.len())),
        _ => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), RoleArnError> {
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

#[cfg(test)]
mod tests {
    use super::{Partition, RoleArn, RoleArnError as E, Sts};

    #[track_caller]
    fn refused(text: &str, expected: E) {
        assert_eq!(RoleArn::parse(text), Err(expected));
    }

    #[test]
    fn an_arn_is_split_into_its_parts() {
        let text = "arn:aws-us-gov:iam::123456789012:role/team/a:b/api+=,.@-_9";
        let arn = RoleArn::parse(text).unwrap();
        assert_eq!(
            (arn.text(), arn.partition(), arn.path(), arn.name()),
            (text, Some(Partition::AwsUsGov), "/team/a:b/", "api+=,.@-_9")
        );
    }

    #[test]
    fn arns_of_another_sts_are_accepted_for_another_sts_only() {
        for text in [
            "arn:minio:iam:::role/team/api",
            "arn:aws:iam:::role/api",
            "arn:aws:iam::role/api",
            "arn:aws:iam::tenant:role/api",
        ] {
            let arn = RoleArn::parse_for(text, Sts::Other).unwrap();
            assert_eq!((arn.text(), arn.partition(), arn.name()), (text, None, "api"));
            assert_eq!(RoleArn::parse_for(text, Sts::Aws), RoleArn::parse(text), "{text}");
        }
        let of_aws = "arn:aws:iam::123456789012:role/team/api";
        assert_eq!(RoleArn::parse_for(of_aws, Sts::Other), RoleArn::parse(of_aws));
        for (text, expected) in [
            ("", E::NoArn),
            ("arn:minio:iam:::role/x ", E::Whitespace),
            ("\"arn:minio:iam:::role/x\"", E::Quotes),
            ("arn:minio:iam:::role/a b", E::Character(' ')),
        ] {
            assert_eq!(RoleArn::parse_for(text, Sts::Other), Err(expected), "{text}");
        }
    }

    #[test]
    fn names_and_paths_of_the_maximum_length_are_accepted_and_longer_ones_are_not() {
        let role = |rest: &str| format!("arn:aws:iam::123456789012:role{rest}");
        let name = "n".repeat(64);
        let path = format!("/{}/", "p".repeat(510));
        assert!(RoleArn::parse(role(&format!("{path}{name}"))).is_ok());
        refused(&role(&format!("/{name}n")), E::NameLength(65));
        refused(&role(&format!("/p{path}{name}")), E::PathLength(514));
    }

    #[test]
    fn the_first_invalid_part_is_named() {
        refused("", E::NoArn);
        refused("s3-reader", E::NoArn);
        refused("arn:aws:iam::123456789012:role/x ", E::Whitespace);
        refused("arn:aws:iam::123456789012:role/x\n", E::Whitespace);
        refused("\"arn:aws:iam::123456789012:role/x\"", E::Quotes);
        refused("arn:aws:iam::123456789012:role/\u{200b}x", E::Character('\u{200b}'));
        refused("arn:aws:iam::123456789012:role/my role", E::Character(' '));
        refused("arn:aws:iam:123456789012:role/x", E::Parts(5));
        refused("arn:aws:iam", E::Parts(3));
        refused("arn:aws-gov:iam::123456789012:role/x", E::Partition("aws-gov".to_owned()));
        refused("arn:aws:sts::123456789012:assumed-role/x/session", E::AssumedRole);
        refused("arn:aws:s3::123456789012:role/x", E::Service("s3".to_owned()));
        refused("arn:aws:sts::123456789012:federated-user/x", E::Service("sts".to_owned()));
        refused("arn:aws:iam:eu-west-1:123456789012:role/x", E::Region("eu-west-1".to_owned()));
        refused("arn:aws:iam:::role/x", E::NoAccount);
        refused("arn:aws:iam::12345:role/x", E::AccountDigits(5));
        refused("arn:aws:iam::1234567890123:role/x", E::AccountDigits(13));
        refused("arn:aws:iam::1234-5678-9012:role/x", E::Account("1234-5678-9012".to_owned()));
        refused("arn:aws:iam::123456789012:user/x", E::Resource("user/x".to_owned()));
        refused("arn:aws:iam::123456789012:roles/x", E::Resource("roles/x".to_owned()));
        refused("arn:aws:iam::123456789012:role", E::Resource("role".to_owned()));
        refused("arn:aws:iam::123456789012:role/", E::NoName);
        refused("arn:aws:iam::123456789012:role/x/", E::NoName);
        refused("arn:aws:iam::123456789012:role//x", E::EmptyPath);
        refused("arn:aws:iam::123456789012:role/x!", E::NameCharacter('!'));
    }
}
