//! The webhook's ConfigMap of roles: `data.config` is JSON,
//! `{"<namespace>/<service account>": {"RoleARN", "Audience", "UseRegionalSTS", "TokenExpiration"}}`.

use std::borrow::Cow;
use std::fmt::{self, Display};

use super::lookup::{GetResource, LookupError, LookupFailure, Query};
use super::options::{ExpirationError, lifetime};
use crate::aws::role_arn::{LiteralRoleError, RoleArn};
use crate::aws::sts::Sts;
use crate::display::{ObjectName, Quoted, Visible};
use crate::glob::matches;
use crate::names::role_map;
use crate::object::metadata::Metadata;
use crate::settings::{ConfigMapName, RoleOptions};
use aws_pod_identity_json::{Error, Kind, RawString, Reader, object, object_or_null};

/// What is wrong with the ConfigMap, or with its entry for an account.
#[derive(Debug)]
pub(crate) enum RoleMapProblem<'a> {
    /// There is no such ConfigMap.
    Missing,
    /// It does not have the key with the entries.
    NoConfig,
    /// The value of that key is not JSON, or not an object.
    Malformed,
    /// The entry for the account, which has this key, cannot be used.
    Entry { map: &'a ConfigMapName<'a>, key: String, error: EntryError },
    /// The entry for the account, which has this key, has a lifetime of the token that is not used unchanged.
    TokenExpiration {
        map: &'a ConfigMapName<'a>,
        key: String,
        value: String,
        error: ExpirationError,
    },
}

impl Display for RoleMapProblem<'_> {
    /// What is wrong. If the whole ConfigMap is, it follows the ConfigMap, otherwise the account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::NoConfig => write!(f, "it has no key \"{}\"", role_map::KEY),
            Self::Malformed => write!(
                f,
                "the value of its key \"{}\" is not a JSON object of roles",
                role_map::KEY
            ),
            Self::Entry { map, key, error } => {
                let map = map.object_name();
                write!(f, "the entry {} in {map} cannot be used: {error}", Quoted(key))
            }
            Self::TokenExpiration { map, key, value, error } => {
                let (map, key, value) = (map.object_name(), Quoted(key), Visible(value));
                write!(f, "the TokenExpiration {value} of the entry {key} in {map} {error}")
            }
        }
    }
}

/// What is wrong with the entry for an account.
#[derive(Debug)]
pub(crate) enum EntryError {
    /// It does not have the expected form.
    Form,
    RoleArn {
        value: String,
        error: LiteralRoleError,
    },
}

impl Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("it does not have the expected form"),
            Self::RoleArn { value, error } => write!(f, "its RoleARN {} {error}", Quoted(value)),
        }
    }
}

/// The role that the ConfigMap has for the account, and what is wrong with the ConfigMap.
#[derive(Default)]
pub(super) struct MappedRole<'a> {
    pub(super) role: Option<(RoleArn<'static>, RoleOptions<'static>)>,
    pub(super) problem: Option<RoleMapProblem<'a>>,
}

impl<'a> MappedRole<'a> {
    fn unusable(problem: RoleMapProblem<'a>) -> Self {
        Self { role: None, problem: Some(problem) }
    }
}

/// Looks the account up in the ConfigMap.
pub(super) fn look_up_role<'a>(
    account: &ObjectName<'_>,
    source: &'a ConfigMapName<'a>,
    sts: Sts,
    cached: bool,
    get_resource: &mut GetResource<'_>,
) -> Result<MappedRole<'a>, LookupFailure> {
    let query = Query {
        kind: "ConfigMap",
        namespace: &source.namespace,
        name: &source.name,
        cached,
        fields: &["data"],
    };
    let failed = |error| query.explain(&error);
    let Some(answer) = query.ask(get_resource).map_err(failed)? else {
        return Ok(MappedRole::unusable(RoleMapProblem::Missing));
    };
    let Some(config) = read_config(query, &answer).map_err(failed)? else {
        return Ok(MappedRole::unusable(RoleMapProblem::NoConfig));
    };
    let config = config.decode();
    let Ok(entry) = find_entry(&config, &account.namespace, &account.name) else {
        return Ok(MappedRole::unusable(RoleMapProblem::Malformed));
    };
    let Some((key, position)) = entry else { return Ok(MappedRole::default()) };
    let key = key.into_owned();
    let entry = RawEntry::read(&mut Reader::new(config.as_bytes()).fork(position))
        .map_err(|_| EntryError::Form)
        .and_then(|entry| Ok((entry.role(sts)?, entry)));
    Ok(match entry {
        Ok((Some(role), entry)) => entry.found(role, source, key),
        Ok((None, _)) => MappedRole::default(),
        Err(error) => MappedRole::unusable(RoleMapProblem::Entry { map: source, key, error }),
    })
}

/// Reads the host's answer, which must be the ConfigMap that was asked for.
fn read_config<'a>(
    query: Query<'_>,
    answer: &'a [u8],
) -> Result<Option<RawString<'a>>, LookupError> {
    let read = read_config_map(&mut Reader::new(answer));
    let (metadata, config) = read.map_err(|_| LookupError::Unusable("it is not a ConfigMap"))?;
    query.check_answer(&metadata)?;
    Ok(config)
}

/// Reads the metadata of a ConfigMap, and the role map in it.
fn read_config_map<'a>(
    reader: &mut Reader<'a>,
) -> Result<(Metadata<'a>, Option<RawString<'a>>), Error> {
    let mut metadata = Metadata::default();
    let mut config = None;
    object!(reader, {
        "metadata" => metadata = Metadata::read(reader)?,
        "data" => object_or_null!(reader, { role_map::KEY => config = Some(reader.text()?) }),
    });
    reader.end()?;
    Ok((metadata, config))
}

/// Finds the entry for an account: its key, and the position of its value. An exact key has precedence, then the
/// longest pattern.
fn find_entry<'a>(
    config: &'a str,
    namespace: &str,
    name: &str,
) -> Result<Option<(Cow<'a, str>, usize)>, Error> {
    // The ConfigMap is written by users, so all of it is checked: a missing bracket must not hide the entries after it.
    let mut reader = Reader::new(config.as_bytes());
    reader.check()?;
    reader.end()?;
    let mut reader = Reader::new(config.as_bytes());
    let mut found: Option<(bool, Cow<'a, str>, usize)> = None;
    reader.members(|reader, key| {
        let key = key.decode();
        reader.kind()?;
        let position = reader.position();
        reader.skip()?;
        // A key without a slash matches no account.
        let Some((key_namespace, key_name)) = key.split_once('/') else { return Ok(()) };
        let exact = key_namespace == namespace && key_name == name;
        let covers = matches(key_namespace, namespace) && matches(key_name, name);
        let better = found
            .as_ref()
            .is_none_or(|(was_exact, other, _)| (exact, key.len()) >= (*was_exact, other.len()));
        if (exact || covers) && better {
            found = Some((exact, key, position));
        }
        Ok(())
    })?;
    reader.end()?;
    Ok(found.map(|(_, key, position)| (key, position)))
}

/// An entry. As in the webhook, case does not matter in the keys of its members.
#[derive(Default)]
struct RawEntry<'a> {
    role_arn: Option<RawString<'a>>,
    audience: Option<RawString<'a>>,
    use_regional_sts: Option<bool>,
    token_expiration: Option<&'a str>,
}

impl<'a> RawEntry<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut entry = Self::default();
        reader.members(|reader, key| {
            let key = key.decode();
            if reader.kind()? == Kind::Null {
                return reader.skip();
            }
            if key.eq_ignore_ascii_case("RoleARN") {
                entry.role_arn = Some(reader.text()?);
            } else if key.eq_ignore_ascii_case("Audience") {
                entry.audience = Some(reader.text()?);
            } else if key.eq_ignore_ascii_case("UseRegionalSTS") {
                entry.use_regional_sts = Some(reader.flag()?);
            } else if key.eq_ignore_ascii_case("TokenExpiration") {
                entry.token_expiration = Some(reader.number()?);
            } else {
                reader.skip()?;
            }
            Ok(())
        })?;
        Ok(entry)
    }

    /// The role that the entry gives, if it names one.
    fn role(&self, sts: Sts) -> Result<Option<RoleArn<'static>>, EntryError> {
        let Some(value) = self.role_arn.filter(|role_arn| !role_arn.is_empty()) else {
            return Ok(None);
        };
        let value = value.decode().into_owned();
        let arn = RoleArn::parse_literal(value.clone(), sts);
        arn.map(Some).map_err(|error| EntryError::RoleArn { value, error })
    }

    /// The role of the entry, with its options. The entry has this key in that ConfigMap.
    fn found<'m>(
        self,
        role: RoleArn<'static>,
        map: &'m ConfigMapName<'m>,
        key: String,
    ) -> MappedRole<'m> {
        let mut problem = None;
        let token_expiration = self.token_expiration.filter(|value| value.parse() != Ok(0_i64));
        let token_expiration = token_expiration.and_then(|value| {
            let (error, used) = lifetime(value);
            let value = value.to_owned();
            problem = error.map(|error| RoleMapProblem::TokenExpiration { map, key, value, error });
            used
        });
        let audience = self.audience.filter(|audience| !audience.is_empty());
        let options = RoleOptions {
            audience: audience.map(|audience| Cow::Owned(audience.decode().into_owned())),
            token_expiration,
            sts_regional_endpoints: self.use_regional_sts,
            sts_endpoint_url: None,
        };
        MappedRole { role: Some((role, options)), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::find_entry;

    #[test]
    fn an_exact_key_wins_and_then_the_longest_pattern() {
        let config = r#"{"*/api": 1, "team-*/api": 2, "team-a/api": 3, "team-a/*": 4, "api": 5}"#;
        for (namespace, name, expected) in [
            ("team-a", "api", Some("team-a/api")),
            ("team-b", "api", Some("team-*/api")),
            ("other", "api", Some("*/api")),
            ("team-a", "web", Some("team-a/*")),
            ("other", "web", None),
        ] {
            let found = find_entry(config, namespace, name).unwrap();
            assert_eq!(found.map(|(key, _)| key).as_deref(), expected, "{namespace}/{name}");
        }
        assert!(find_entry("[]", "a", "b").is_err());
        assert!(find_entry("{} {}", "a", "b").is_err());
    }

    #[test]
    fn an_error_anywhere_in_a_role_map_is_reported() {
        for config in [
            r#"{"team-a/web": {"RoleARN": [}, "team-a/api": 1}"#,
            r#"{"team-a/web": {"RoleARN" "x"}, "team-a/api": 1}"#,
            r#"{"team-a/api": 1, "team-a/web": {"TokenExpiration": 01}}"#,
            r#"{"team-a/api": 1} {}"#,
        ] {
            assert!(find_entry(config, "team-a", "api").is_err(), "{config}");
        }
    }
}
