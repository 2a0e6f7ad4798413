//! Reading one setting. A value that is not valid is a problem, not an error.

use std::borrow::Cow;
use std::fmt::{self, Display};

use crate::catalogue::Severity;
use crate::display::{Quoted, Visible};
use crate::names::expiration;
use crate::nearest::nearest;
use crate::uri::{Uri, UrlError};
use aws_pod_identity_json::{Error, Kind, Reader};

use super::Problems;

/// The setting whose value comes next.
pub(super) struct Field<'r, 'a> {
    reader: &'r mut Reader<'a>,
    /// The key of the setting; empty for an element of a list.
    pub(super) key: &'r str,
    path: Path<'r>,
    problems: &'r mut Problems,
}

/// The name of a setting in messages: `roleMappings[0].roleArn`. It is formatted only for a message.
#[derive(Clone, Copy)]
struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Member(&'p str),
    Element(usize),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Element(index) => write!(f, "[{index}]"),
            Step::Member(key) => {
                f.write_str(if self.parent.is_some() { "." } else { "" })?;
                Visible(key).fmt(f)
            }
        }
    }
}

impl<'r, 'a> Field<'r, 'a> {
    pub(super) fn new(
        reader: &'r mut Reader<'a>,
        key: &'r str,
        problems: &'r mut Problems,
    ) -> Self {
        Self { reader, key, path: Path { parent: None, step: Step::Member(key) }, problems }
    }

    /// Notes a problem with this setting.
    pub(super) fn problem(&mut self, problem: impl Display) {
        self.problems.push(format!("{}: {problem}", self.path));
    }

    /// Whether the value is `null`, which is the same as absent.
    pub(super) fn is_null(&mut self) -> Result<bool, Error> {
        self.reader.null()
    }

    /// Whether the value is of that kind. If not, it is skipped, and a problem is noted unless it is `null`.
    fn expect(&mut self, wanted: Kind) -> Result<bool, Error> {
        if self.is_null()? {
            return Ok(false);
        }
        let found = self.reader.kind()?;
        if found == wanted {
            return Ok(true);
        }
        let quotes = match (wanted, found) {
            (Kind::String, Kind::Number | Kind::Boolean) => "; put the value in quotes",
            _ => "",
        };
        let (wanted, found) = (wanted.describe(), found.describe());
        self.problem(format_args!("expected {wanted}, not {found}{quotes}"));
        self.reader.skip()?;
        Ok(false)
    }

    fn string(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        if self.expect(Kind::String)? { Ok(Some(self.reader.text()?.decode())) } else { Ok(None) }
    }

    /// Reads any string.
    pub(super) fn text(&mut self, slot: &mut Cow<'a, str>) -> Result<(), Error> {
        if let Some(value) = self.string()? {
            *slot = value;
        }
        Ok(())
    }

    /// Reads a string that `check` accepts. Otherwise, the text of `check` is noted as the problem.
    pub(super) fn checked(
        &mut self,
        slot: &mut Cow<'a, str>,
        check: fn(&str) -> Result<(), &'static str>,
    ) -> Result<(), Error> {
        if let Some(value) = self.string()? {
            match check(&value) {
                Ok(()) => *slot = value,
                // It may be a URL with a password.
                Err(why) if value.contains('@') => self
                    .problem(format_args!("the value, which has an '@' and is not shown, {why}")),
                Err(why) => self.problem(format_args!("{} {why}", Quoted(&value))),
            }
        }
        Ok(())
    }

    /// Reads the URL of an STS. An empty string is none: the Rancher UI sends it for a field that was cleared.
    pub(super) fn endpoint_url(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        let Some(url) = self.string()?.filter(|url| !url.is_empty()) else { return Ok(None) };
        match Uri::check_url(&url) {
            Ok(()) => return Ok(Some(url)),
            Err(error @ UrlError::Credentials) => {
                self.problem(format_args!("the URL {error}; remove them"));
            }
            Err(error) => self.problem(format_args!(
                "{} {error}; use a value such as https://minio.example.com:9000",
                Quoted(&url)
            )),
        }
        Ok(None)
    }

    /// Reads one of a few words.
    pub(super) fn word<T: Copy>(&mut self, words: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(value) = self.string()? else { return Ok(None) };
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
            return Ok(Some(*meaning));
        }
        let words = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
        self.problem(format_args!("{} is not valid; use {}", Quoted(&value), words));
        Ok(None)
    }

    /// Reads the severity of a finding. In YAML, `off` without quotes is `false`.
    pub(super) fn severity(&mut self) -> Result<Option<Severity>, Error> {
        if self.reader.kind()? == Kind::Boolean && !self.reader.clone().flag()? {
            self.reader.skip()?;
            return Ok(Some(Severity::Off));
        }
        self.word(&[("reject", Severity::Reject), ("warn", Severity::Warn), ("off", Severity::Off)])
    }

    pub(super) fn flag(&mut self, slot: &mut bool) -> Result<(), Error> {
        if self.expect(Kind::Boolean)? {
            *slot = self.reader.flag()?;
        }
        Ok(())
    }

    /// Reads the lifetime of a token, seconds.
    pub(super) fn seconds(&mut self, slot: &mut u32) -> Result<(), Error> {
        if self.expect(Kind::Number)? {
            let digits = self.reader.number()?;
            match digits.parse() {
                Ok(seconds @ expiration::MIN..=expiration::MAX) => *slot = seconds,
                _ => self.problem(format_args!(
                    "{digits} is not a whole number of seconds from {} to {}",
                    expiration::MIN,
                    expiration::MAX
                )),
            }
        }
        Ok(())
    }

    /// Notes that there is no such setting, and skips its value.
    pub(super) fn unknown(&mut self, known: &[&str]) -> Result<(), Error> {
        let path = self.path;
        self.problems.push(match nearest(self.key, known.iter().copied()) {
            Some(meant) => {
                let meant = Path { step: Step::Member(meant), ..path };
                format!("there is no setting {path}; did you mean {meant}?")
            }
            None => {
                let known = known.join(", ");
                format!("there is no setting {path}; the settings are {known}")
            }
        });
        self.reader.skip()
    }

    /// Reads the elements of a list. Messages name them by their index: `allowedRoles[0]`.
    pub(super) fn elements(
        &mut self,
        element: &mut dyn FnMut(&mut Field<'_, 'a>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if !self.expect(Kind::Array)? {
            return Ok(());
        }
        let parent = Some(&self.path);
        let problems = &mut *self.problems;
        let mut index = 0;
        self.reader.array(|reader| {
            let path = Path { parent, step: Step::Element(index) };
            index += 1;
            element(&mut Field { reader, key: "", path, problems })
        })?;
        Ok(())
    }

    /// Reads a list of strings that `check` accepts.
    pub(super) fn patterns(
        &mut self,
        list: &mut Vec<Cow<'a, str>>,
        check: fn(&str) -> Result<(), &'static str>,
    ) -> Result<(), Error> {
        self.elements(&mut |field| {
            let mut pattern = Cow::default();
            field.checked(&mut pattern, check)?;
            list.push(pattern);
            Ok(())
        })
    }

    /// Notes that members are missing, unless problems with the members were noted.
    pub(super) fn require(&mut self, complete: bool, problems_before: usize, what: &str) {
        if !complete && self.problems.count() == problems_before {
            self.problem(what);
        }
    }

    /// How many problems have been noted.
    pub(super) fn problem_count(&self) -> usize {
        self.problems.count()
    }

    /// Reads the members of an object. Returns whether the value is one.
    pub(super) fn members(
        &mut self,
        member: &mut dyn FnMut(&mut Field<'_, 'a>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        if !self.expect(Kind::Object)? {
            return Ok(false);
        }
        let parent = Some(&self.path);
        let problems = &mut *self.problems;
        self.reader.members(|reader, key| {
            let key = &*key.decode();
            let path = Path { parent, step: Step::Member(key) };
            member(&mut Field { reader, key, path, problems })
        })?;
        Ok(true)
    }
}
