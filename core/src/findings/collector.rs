//! Collecting findings.

use std::borrow::Cow;

use crate::catalogue::{FindingKind, Severities, Severity};
use crate::display::shortened;
use crate::names::MAX_WARNING;
use crate::place::At;

/// One thing that is wrong, where, and how to fix it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    /// What in the object causes it.
    pub(crate) at: At,
    /// What is wrong and where, with the offending value.
    pub(crate) problem: String,
    /// How to fix it.
    pub(crate) remedy: Cow<'static, str>,
}

/// Collects findings, as severe as the settings make them.
#[derive(Debug)]
pub(crate) struct Findings<'s> {
    severities: &'s Severities,
    ceiling: Severity,
    /// Those that reject first, then those that may mean a wrong identity, otherwise in the order in which they were made.
    reported: Vec<Finding>,
    /// How many of them have each rank.
    ranks: [usize; 3],
    omitted: Vec<FindingKind>,
}

/// How many findings of one object are described. Users do not read more; the others are counted. At least one
/// finding that rejects is described if there is one: what matters more takes the place of what matters less.
const MAX_FINDINGS: usize = 30;

impl<'s> Findings<'s> {
    pub(crate) fn new(severities: &'s Severities) -> Self {
        Self {
            severities,
            ceiling: Severity::Reject,
            reported: Vec::new(),
            ranks: [0; 3],
            omitted: Vec::new(),
        }
    }

    /// Reports a finding. `describe` gives the place, the problem and the remedy; it is not called for a kind
    /// that is off.
    pub(crate) fn report<R: Into<Cow<'static, str>>>(
        &mut self,
        kind: FindingKind,
        describe: impl FnOnce() -> (At, String, R),
    ) {
        self.report_as(kind, kind.default_severity(), describe);
    }

    /// Reports a finding whose default severity depends on the case.
    pub(crate) fn report_as<R: Into<Cow<'static, str>>>(
        &mut self,
        kind: FindingKind,
        default: Severity,
        describe: impl FnOnce() -> (At, String, R),
    ) {
        if let Some(severity) = self.severity(kind, default)
            && self.reserve(kind, severity)
        {
            let (at, problem, remedy) = describe();
            self.push(Finding { kind, severity, at, problem, remedy: remedy.into() });
        }
    }

    /// The severity in force of a kind whose default would be `default`; none if it is off.
    fn severity(&self, kind: FindingKind, default: Severity) -> Option<Severity> {
        let severity = self.severities.of(kind, default).min(self.ceiling);
        (severity > Severity::Off).then_some(severity)
    }

    /// Reserves a place for a finding of that severity. If it gets none, only its kind is kept.
    fn reserve(&mut self, kind: FindingKind, severity: Severity) -> bool {
        if self.reported.len() < MAX_FINDINGS {
            return true;
        }
        // It takes the place of the last one if that matters less.
        let last = self.reported.last().map_or(0, |last| rank(last.kind, last.severity));
        let rank = rank(kind, severity);
        if rank < last {
            self.omitted.extend(self.reported.pop().map(|last| last.kind));
            if let Some(count) = self.ranks.get_mut(last) {
                *count -= 1;
            }
            return true;
        }
        self.omitted.push(kind);
        false
    }

    fn push(&mut self, finding: Finding) {
        // The templates of an object can have the same service account.
        let same = |one: &Finding| one.kind == finding.kind && one.problem == finding.problem;
        if self.reported.iter().any(same) {
            return;
        }
        let rank = rank(finding.kind, finding.severity);
        let place = self.ranks.iter().take(rank + 1).sum();
        self.reported.insert(place, finding);
        if let Some(count) = self.ranks.get_mut(rank) {
            *count += 1;
        }
    }

    /// Collects what `check` reports, with at most the severity `ceiling`.
    pub(crate) fn at_most(&mut self, ceiling: Severity, check: impl FnOnce(&mut Self)) {
        let before = self.ceiling;
        self.ceiling = before.min(ceiling);
        check(self);
        self.ceiling = before;
    }

    /// Says which pod template of a custom resource the findings since the last call are about.
    pub(crate) fn note_template(&mut self, path: &str) {
        for finding in &mut self.reported {
            finding.at.note_template(path);
        }
    }

    /// All findings, those that matter most first, otherwise in the order in which they were made.
    pub(crate) fn into_sorted(self) -> Sorted {
        Sorted { findings: self.reported, omitted: self.omitted }
    }
}

/// How much a finding matters: what rejects comes first, then what may mean that the container has another identity than the
/// one it is meant to have. It is less than 3.
fn rank(kind: FindingKind, severity: Severity) -> usize {
    match severity {
        Severity::Reject => 0,
        _ if kind.concerns_identity() => 1,
        _ => 2,
    }
}

/// What was found, the most severe first.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) findings: Vec<Finding>,
    /// The kinds of the findings that are not described.
    pub(crate) omitted: Vec<FindingKind>,
}

impl Sorted {
    /// The ids of all findings, each once.
    pub(crate) fn ids(&self) -> String {
        let mut ids: Vec<&str> = Vec::new();
        let described = self.findings.iter().map(|finding| finding.kind);
        for kind in described.chain(self.omitted.iter().copied()) {
            if !ids.contains(&kind.id()) {
                ids.push(kind.id());
            }
        }
        ids.join(",")
    }
}

impl Finding {
    /// The whole finding: a line of a rejection, or a warning.
    pub(crate) fn line(&self) -> String {
        format!("{}; {} [{}]", self.problem, self.remedy, self.kind.id())
    }

    /// The finding in at most [`MAX_WARNING`] bytes: without the remedy if it does not fit.
    pub(crate) fn short_line(&self) -> String {
        let line = self.line();
        if line.len() <= MAX_WARNING {
            return line;
        }
        let id = self.kind.id();
        let room = MAX_WARNING - " []".len() - id.len();
        format!("{} [{id}]", shortened(&self.problem, room))
    }
}
