//! What is wrong with an object: all of it is collected, with an id and a severity.

mod catalogue;

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

pub(crate) use catalogue::Severities;
pub use catalogue::{Rule, Severity};

use crate::names::MAX_WARNING;

/// One thing that is wrong, where, and how to mend it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    /// What is wrong and where, with the offending value.
    problem: String,
    /// How to mend it.
    remedy: Cow<'static, str>,
}

/// Collects findings, as severe as the settings make them.
#[derive(Debug)]
pub(crate) struct Findings<'s> {
    severities: &'s Severities,
    ceiling: Severity,
    /// Those that reject first, otherwise in the order in which they were made.
    reported: Vec<Finding>,
    /// How many of them reject.
    rejects: usize,
    omitted: Vec<Rule>,
}

/// How many findings of one object are described. Users do not read more; the others are counted. At least one
/// finding that rejects is described if there is one.
const MAX_FINDINGS: usize = 30;

impl<'s> Findings<'s> {
    pub(crate) fn new(severities: &'s Severities) -> Self {
        Self {
            severities,
            ceiling: Severity::Reject,
            reported: Vec::new(),
            rejects: 0,
            omitted: Vec::new(),
        }
    }

    /// Reports a finding. `describe` gives the problem and the remedy; it is not called for a rule that
    /// is off.
    pub(crate) fn report<R: Into<Cow<'static, str>>>(
        &mut self,
        rule: Rule,
        describe: impl FnOnce() -> (String, R),
    ) {
        self.report_as(rule, rule.default_severity(), describe);
    }

    /// Reports a finding whose default severity depends on the case.
    pub(crate) fn report_as<R: Into<Cow<'static, str>>>(
        &mut self,
        rule: Rule,
        default: Severity,
        describe: impl FnOnce() -> (String, R),
    ) {
        if let Some(severity) = self.severity(rule, default)
            && self.has_room(rule, severity)
        {
            let (problem, remedy) = describe();
            self.push(rule, severity, problem, remedy.into());
        }
    }

    /// The severity in force of a rule that would by default be `default`; none if it is off.
    fn severity(&self, rule: Rule, default: Severity) -> Option<Severity> {
        let severity = self.severities.of(rule, default).min(self.ceiling);
        (severity > Severity::Off).then_some(severity)
    }

    /// Whether a finding of that severity will be described; if not, only its rule is kept.
    fn has_room(&mut self, rule: Rule, severity: Severity) -> bool {
        let first_to_reject = severity == Severity::Reject && self.rejects == 0;
        let room = first_to_reject || self.reported.len() < MAX_FINDINGS;
        if !room {
            self.omitted.push(rule);
        }
        room
    }

    // Not inlined into each of its many callers, which are generic.
    #[inline(never)]
    fn push(&mut self, rule: Rule, severity: Severity, problem: String, remedy: Cow<'static, str>) {
        let finding = Finding { rule, severity, problem, remedy };
        if severity == Severity::Reject {
            self.reported.insert(self.rejects, finding);
            self.rejects += 1;
        } else {
            self.reported.push(finding);
        }
    }

    /// Collects what `judge` reports, as at most as severe as `ceiling`.
    pub(crate) fn at_most(&mut self, ceiling: Severity, judge: impl FnOnce(&mut Self)) {
        let before = self.ceiling;
        self.ceiling = before.min(ceiling);
        judge(self);
        self.ceiling = before;
    }

    /// All findings, the most severe first, otherwise in the order in which they were made.
    pub(crate) fn into_sorted(self) -> Sorted {
        Sorted { findings: self.reported, omitted: self.omitted }
    }
}

/// What was found, the most severe first.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) findings: Vec<Finding>,
    /// The rules of the findings that are not described.
    pub(crate) omitted: Vec<Rule>,
}

impl Sorted {
    /// The ids of all findings, each once.
    pub(crate) fn ids(&self) -> String {
        let mut rules: Vec<Rule> = Vec::new();
        let described = self.findings.iter().map(|finding| finding.rule);
        for rule in described.chain(self.omitted.iter().copied()) {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
        joined(rules.iter().map(|rule| rule.id()), ",")
    }
}

impl Finding {
    /// The whole finding: a line of a rejection, or a warning.
    pub(crate) fn line(&self) -> String {
        format!("{}; {} [{}]", self.problem, self.remedy, self.rule.id())
    }

    /// The finding in at most [`MAX_WARNING`] bytes: without the remedy if it does not fit.
    pub(crate) fn short_line(&self) -> String {
        let line = self.line();
        if line.len() <= MAX_WARNING {
            return line;
        }
        let id = self.rule.id();
        let room = MAX_WARNING - " []".len() - id.len();
        format!("{} [{id}]", shortened(&self.problem, room))
    }
}

/// `text` in at most `room` bytes, with `…` for what had to go at its end.
pub(crate) fn shortened(text: &str, room: usize) -> Cow<'_, str> {
    if text.len() <= room {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(room - '…'.len_utf8());
    Cow::Owned(text.split_at_checked(end).map_or("", |(start, _)| start).to_owned() + "…")
}

/// `words` with `separator` between them.
// `join` of the standard library is a kilobyte of the module.
pub(crate) fn joined<'w>(words: impl Iterator<Item = &'w str>, separator: &str) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(word);
    }
    text
}

/// An object as messages name it: `Pod payments/api`.
#[derive(Clone, Debug)]
pub(crate) struct ObjectName<'a> {
    pub(crate) kind: &'static str,
    pub(crate) namespace: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
}

impl Display for ObjectName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.kind, Visible(&self.namespace), Visible(&self.name))
    }
}

/// A value in quotes, with everything that would not show, or would break the line, escaped; long ones
/// are cut.
pub(crate) struct Quoted<'a>(pub(crate) &'a str);

/// The longest value that a message quotes whole, bytes: a role ARN of ordinary length fits.
const MAX_QUOTED: usize = 120;

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Visible(self.0))
    }
}

/// A value without quotes, otherwise as in [`Quoted`].
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in shortened(self.0, MAX_QUOTED).chars() {
            if matches!(character, ' '..='~' | '…') {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_default())?;
            }
        }
        Ok(())
    }
}
