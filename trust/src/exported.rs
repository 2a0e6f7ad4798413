//! The compact form in a ConfigMap: who may assume each role in one cluster. All that the policy's module links.
//!
//! The ConfigMap's `data` has these keys:
//!
//! | key | value |
//! |---|---|
//! | `format` | `1` |
//! | `issuer` | the cluster's issuer, without `https://` |
//! | `time` | when the listing was taken, RFC 3339 |
//! | `accounts` | the AWS accounts of which all roles are here, separated by spaces |
//! | `<account>_<role name>` | an entry for each role of that key |
//!
//! The name of a role in a key is in lower case, with `_` for each character that is not a letter, a digit, `-` or `_`. So
//! no key has a dot, and a field mask of the policy server can name it: the module receives the entries that it asks for
//! only. Entries of roles with the same key are separated by ` | `:
//!
//! ```text
//! entry    = arn *( "; " rule )
//! rule     = verb " " patterns [ " for " patterns ]    ; subjects, and audiences if not any
//! verb     = "allow" | "maybe" | "deny"
//! patterns = pattern *( "," pattern )                  ; `*` and `?` are wildcards
//! ```
//!
//! A rule is `maybe` if the trust policy depends on something else. No value has a character that JSON escapes, so
//! that reading copies nothing. Only the entry of the requested role is evaluated.

use std::borrow::Cow;

use aws_pod_identity_json::{Error, RawString, Reader};

use crate::glob;
use crate::iam::arn_parts;

/// The value of `format`.
pub const FORMAT: &str = "1";

/// Longer entries are not evaluated, so that no request takes long; bytes. IAM's limit for trust policies is a quarter
/// of it.
pub const MAX_ENTRY: usize = 16 * 1024;

/// The keys in addition to those of roles.
pub const HEADER: [&str; 4] = ["accounts", "format", "issuer", "time"];

/// The entries of some roles in a ConfigMap.
#[derive(Clone, Debug, Default)]
pub struct Exported<'a> {
    format: RawString<'a>,
    issuer: RawString<'a>,
    time: RawString<'a>,
    accounts: RawString<'a>,
    /// The keys of the roles.
    keys: &'a [String],
    /// The value of each of these keys; empty if it is not there.
    entries: Vec<RawString<'a>>,
}

/// A pod's token of its service account, and the role that it is for.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The ARN of the role.
    pub role_arn: &'q str,
    /// `system:serviceaccount:<namespace>:<name>`
    pub subject: &'q str,
    /// The token's audience.
    pub audience: &'q str,
}

/// Whether AWS gives the role's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The trust policy allows it.
    Allowed,
    /// It depends on something that was not exported. Never a finding.
    Unknown,
    /// The role is not there, and its account is not covered. Never a finding.
    NotCovered,
    /// The role is not there although its account is covered.
    RoleMissing {
        /// A role with the same name and another path.
        similar: Option<String>,
    },
    /// The trust policy allows no token of this cluster.
    NoTrust,
    /// It allows other subjects.
    AnotherSubject {
        /// Patterns of them.
        trusted: Vec<String>,
    },
    /// It allows the subject with other audiences.
    AnotherAudience {
        /// Patterns of them.
        accepted: Vec<String>,
    },
    /// It denies the request.
    Denied,
}

/// Why a ConfigMap cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// `data` does not have this key.
    Missing(&'static str),
    /// `format` is another one than [`FORMAT`].
    Format,
}

impl<'a> Exported<'a> {
    /// Reads the `data` of a ConfigMap, and keeps the entries of these [keys](key). There should be few, because each is
    /// compared with each key of the data.
    pub fn read(reader: &mut Reader<'a>, keys: &'a [String]) -> Result<Self, Error> {
        let mut exported =
            Self { keys, entries: vec![RawString::default(); keys.len()], ..Self::default() };
        reader.members(|reader, name| {
            let name = name.decode();
            let entry = keys.iter().position(|key| *key == name);
            let value = match (entry.and_then(|at| exported.entries.get_mut(at)), &*name) {
                (Some(entry), _) => entry,
                (None, "format") => &mut exported.format,
                (None, "issuer") => &mut exported.issuer,
                (None, "time") => &mut exported.time,
                (None, "accounts") => &mut exported.accounts,
                _ => return reader.skip(),
            };
            *value = reader.text()?;
            Ok(())
        })?;
        Ok(exported)
    }

    /// When the listing was taken.
    pub fn time(&self) -> Cow<'a, str> {
        self.time.decode()
    }

    /// The issuer of the cluster that it is for, without `https://`.
    pub fn issuer(&self) -> Cow<'a, str> {
        self.issuer.decode()
    }

    /// Decides whether AWS gives the role's credentials. The role must be one of those that were read.
    pub fn decide(&self, question: &Question<'_>) -> Result<Decision, Invalid> {
        let missing = |text: RawString<'_>, key| {
            if text.is_empty() { Err(Invalid::Missing(key)) } else { Ok(()) }
        };
        missing(self.format, "format")?;
        if !self.format.is(FORMAT) {
            return Err(Invalid::Format);
        }
        missing(self.issuer, "issuer")?;
        missing(self.time, "time")?;
        // A text that is not the ARN of a role of AWS has no entry.
        let Some((account, name)) = account_and_name(question.role_arn) else {
            return Ok(Decision::NotCovered);
        };
        let key = key_of(account, name);
        let at = self.keys.iter().position(|known| *known == key);
        let entries = at.and_then(|at| self.entries.get(at)).copied().unwrap_or_default().decode();
        if entries.len() > MAX_ENTRY {
            return Ok(Decision::Unknown);
        }
        let mut similar = None;
        for entry in entries.split('|').filter(|entry| !entry.is_empty()) {
            let (arn, rules) =
                entry.trim_ascii().split_once(';').unwrap_or((entry.trim_ascii(), ""));
            if arn == question.role_arn {
                return Ok(by_rules(rules, question));
            }
            // Whether AWS takes an ARN in another case is not documented.
            if arn.eq_ignore_ascii_case(question.role_arn) {
                return Ok(Decision::Unknown);
            }
            if account_and_name(arn).is_some_and(|(_, other)| other.eq_ignore_ascii_case(name)) {
                similar = Some(arn.to_owned());
            }
        }
        let covered = self.accounts.decode().split(' ').any(|covered| covered == account);
        Ok(if covered { Decision::RoleMissing { similar } } else { Decision::NotCovered })
    }
}

fn by_rules(rules: &str, question: &Question<'_>) -> Decision {
    // Whether a token with an audience that is not ASCII is denied can be unclear.
    let is_ascii = question.audience.bytes().all(|byte| byte.is_ascii());
    let mut allowed = false;
    let mut maybe = false;
    let mut doubt = false;
    let mut trusted = Vec::new();
    let mut accepted = Vec::new();
    for rule in rules.split(';').map(str::trim_ascii).filter(|rule| !rule.is_empty()) {
        let (verb, rest) = rule.split_once(' ').unwrap_or((rule, ""));
        let (subjects, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let audiences = match (rest, rest.strip_prefix("for ")) {
            ("", _) => "*",
            (_, Some(audiences)) => audiences,
            _ => return Decision::Unknown,
        };
        let subject = covers(subjects, question.subject);
        // `?` stands for a byte, and for a character only in ASCII.
        let audience = covers(audiences, question.audience) || !is_ascii;
        let certain = is_ascii || audiences == "*";
        match verb {
            "deny" if subject && audience && certain => return Decision::Denied,
            "deny" => doubt |= subject && audience,
            "allow" if subject && audience && certain => allowed = true,
            "allow" | "maybe" => maybe |= subject && audience,
            // A rule of a later version.
            _ => return Decision::Unknown,
        }
        if verb != "deny" {
            let list = if subject { &mut accepted } else { &mut trusted };
            let patterns = if subject { audiences } else { subjects };
            list.extend(patterns.split(',').map(str::to_owned));
        }
    }
    if allowed || maybe {
        return if allowed && !doubt { Decision::Allowed } else { Decision::Unknown };
    }
    if !accepted.is_empty() {
        Decision::AnotherAudience { accepted }
    } else if !trusted.is_empty() {
        Decision::AnotherSubject { trusted }
    } else {
        Decision::NoTrust
    }
}

fn covers(patterns: &str, text: &str) -> bool {
    patterns.split(',').any(|pattern| glob::matches(pattern, text))
}

/// The account and the name of a role; none if the text is not the ARN of one.
fn account_and_name(arn: &str) -> Option<(&str, &str)> {
    let (_, account, resource) = arn_parts(arn)?;
    let (_, name) = resource.rsplit_once('/')?;
    if name.is_empty() { None } else { Some((account, name)) }
}

/// The key of a role's entry; none if the text is not the ARN of a role.
pub fn key(role_arn: &str) -> Option<String> {
    let (account, name) = account_and_name(role_arn)?;
    Some(key_of(account, name))
}

fn key_of(account: &str, name: &str) -> String {
    let mut key = String::with_capacity(account.len() + 1 + name.len());
    key.push_str(account);
    key.push('_');
    for byte in name.bytes() {
        key.push(match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte.to_ascii_lowercase()),
            _ => '_',
        });
    }
    key
}
