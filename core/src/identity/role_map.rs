//! The webhook's ConfigMap of roles: `data.config` is JSON,
//! `{"<namespace>/<service account>": {"RoleARN", "Audience", "UseRegionalSTS", "TokenExpiration"}}`.

use std::borrow::Cow;

use crate::findings::{Findings, ObjectName, Quoted, Rule, Severity};
use crate::glob::matches;
use crate::names::{expiration, role_map};
use crate::object::metadata::Metadata;
use crate::settings::{GivenRole, RoleMapSource};
use aws_pod_identity_json::search::split_once;
use aws_pod_identity_json::{Error, Kind, RawString, Reader, object};

use super::lookup::{GetResource, LookupError, LookupFailure, Query};
use super::resolve::Resolution;
use super::role_arn::whole_role;

/// Looks the account up in the ConfigMap.
pub(super) fn look_up_role(
    resolution: &Resolution<'_>,
    source: &RoleMapSource<'_>,
    get_resource: &mut GetResource<'_>,
    findings: &mut Findings<'_>,
) -> Result<Option<GivenRole<'static>>, LookupFailure> {
    let query = Query {
        kind: "ConfigMap",
        namespace: &source.namespace,
        name: &source.name,
        cached: resolution.settings.cached_lookup,
        field: "data",
    };
    let map = ObjectName {
        kind: "ConfigMap",
        namespace: Cow::Borrowed(&source.namespace),
        name: Cow::Borrowed(&source.name),
    };
    // Nobody can know whom a map that cannot be read would serve: a warning.
    let mut unreadable = |why: &str| {
        findings.report_as(Rule::RoleMapInvalid, Severity::Warn, || {
            let problem =
                format!("{map}: {why}, so that it gives no role to {}", resolution.account);
            (problem, "have the cluster's administrators correct it")
        });
        Ok(None)
    };
    let answer = match query.ask(get_resource) {
        Ok(Some(answer)) => answer,
        Ok(None) => return unreadable("it does not exist"),
        Err(error) => return Err(query.explain(&error)),
    };
    let config = read_config(query, &answer).map_err(|error| query.explain(&error))?;
    let Some(config) = config else {
        return unreadable("it has no entry \"config\"");
    };
    let config = config.decode();
    let Ok(entry) = find_entry(&config, &resolution.account.namespace, &resolution.account.name)
    else {
        return unreadable("its entry \"config\" is not JSON of the form that is expected");
    };
    let Some((key, position)) = entry else { return Ok(None) };
    let entry = RawEntry::read(&mut Reader::new(config.as_bytes()).fork(position));
    match entry
        .map_err(|_| "it is not of the form that is expected".into())
        .and_then(RawEntry::check)
    {
        Ok(given) => Ok(given),
        Err(why) => {
            findings.report(Rule::RoleMapInvalid, || {
                let problem = format!(
                    "{}: what {map} has for {} cannot be used: {why}",
                    resolution.account,
                    Quoted(&key)
                );
                (problem, "have the cluster's administrators correct it")
            });
            Ok(None)
        }
    }
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
        "data" => if !reader.null()? {
            object!(reader, { role_map::KEY => config = Some(reader.text()?) });
        },
    });
    reader.end()?;
    Ok((metadata, config))
}

/// Finds the entry for an account, and where it stands: an exact key wins, then the longest pattern.
fn find_entry<'a>(
    config: &'a str,
    namespace: &str,
    name: &str,
) -> Result<Option<(Cow<'a, str>, usize)>, Error> {
    // People write it, so all of it is checked: a bracket missed is not to hide the entries behind it.
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
        // A key without a slash is for nobody.
        let Some((key_namespace, key_name)) = split_once(&key, b'/') else { return Ok(()) };
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

/// An entry as it is written. Names of members count in any case, as they do for the webhook.
#[derive(Default)]
struct RawEntry<'a> {
    role_arn: Option<RawString<'a>>,
    audience: Option<RawString<'a>>,
    use_regional_sts: Option<bool>,
    token_expiration: Option<i64>,
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
                entry.token_expiration = Some(reader.number()?.parse().unwrap_or(-1));
            } else {
                reader.skip()?;
            }
            Ok(())
        })?;
        Ok(entry)
    }

    /// The role that the entry gives; none if it names none. An error says what is wrong with it.
    fn check(self) -> Result<Option<GivenRole<'static>>, String> {
        let Some(role_arn) = self.role_arn.filter(|role_arn| !role_arn.is_empty()) else {
            return Ok(None);
        };
        let role_arn = role_arn.decode();
        if let Err(why) = whole_role(&role_arn) {
            return Err(format!("its RoleARN {} {why}", Quoted(&role_arn)));
        }
        let token_expiration = match self.token_expiration.unwrap_or_default() {
            0 => None,
            seconds => match u32::try_from(seconds) {
                Ok(seconds @ expiration::MIN..=expiration::MAX) => Some(seconds),
                _ => return Err("its TokenExpiration is not from 600 to 86400 seconds".to_owned()),
            },
        };
        let audience = self.audience.filter(|audience| !audience.is_empty());
        Ok(Some(GivenRole {
            role_arn: Cow::Owned(role_arn.into_owned()),
            audience: audience.map(|audience| Cow::Owned(audience.decode().into_owned())),
            token_expiration,
            sts_regional_endpoints: self.use_regional_sts,
        }))
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
    fn a_mistake_anywhere_is_told_and_hides_no_entry() {
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
