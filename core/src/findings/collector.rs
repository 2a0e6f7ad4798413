//! Collecting findings.

use std::borrow::Cow;

use crate::catalogue::{FindingKind, Severities, Severity};
use crate::display::shortened;
use crate::names::MAX_WARNING;

/// One thing that is wrong, where, and how to fix it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    /// What is wrong and where, with the offending value.
    problem: String,
    /// How to fix it.
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
    omitted: Vec<FindingKind>,
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

    /// Reports a finding. `describe` gives the problem and the remedy; it is not called for a kind that
    /// is off.
    pub(crate) fn report<R: Into<Cow<'static, str>>>(
        &mut self,
        kind: FindingKind,
        describe: impl FnOnce() -> (String, R),
    ) {
        self.report_as(kind, kind.default_severity(), describe);
    }

    /// Reports a finding whose default severity depends on the case.
    pub(crate) fn report_as<R: Into<Cow<'static, str>>>(
        &mut self,
        kind: FindingKind,
        default: Severity,
        describe: impl FnOnce() -> (String, R),
    ) {
        if let Some(severity) = self.severity(kind, default)
            && self.has_room(kind, severity)
        {
            let (problem, remedy) = describe();
            self.push(kind, severity, problem, remedy.into());
        }
    }

    /// The severity in force of a rule that would by default be `default`; none if it is off.
    fn severity(&self, kind: FindingKind, default: Severity) -> Option<Severity> {
        let severity = self.severities.of(kind, default).min(self.ceiling);
        (severity > Severity::Off).then_some(severity)
    }

    /// Whether a finding of that severity will be described; if not, only its rule is kept.
    fn has_room(&mut self, kind: FindingKind, severity: Severity) -> bool {
        let first_to_reject = severity == Severity::Reject && self.rejects == 0;
        let room = first_to_reject || self.reported.len() < MAX_FINDINGS;
        if !room {
            self.omitted.push(kind);
        }
        room
    }

    // Not inlined into each of its many callers, which are generic.
    fn push(
        &mut self,
        kind: FindingKind,
        severity: Severity,
        problem: String,
        remedy: Cow<'static, str>,
    ) {
        let finding = Finding { kind, severity, problem, remedy };
        if severity == Severity::Reject {
            self.reported.insert(self.rejects, finding);
            self.rejects += 1;
        } else {
            self.reported.push(finding);
        }
    }

    /// Collects what `check` reports, with at most the severity `ceiling`.
    pub(crate) fn at_most(&mut self, ceiling: Severity, check: impl FnOnce(&mut Self)) {
        let before = self.ceiling;
        self.ceiling = before.min(ceiling);
        check(self);
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
