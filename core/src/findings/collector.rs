//! Collecting findings.

use std::borrow::Cow;

use crate::catalogue::{FindingKind, Severities, Severity};
use crate::display::{ObjectName, shortened};
use crate::location::MaybeLocation;
use crate::names::MAX_WARNING;

/// What findings are about: an object, or a container of it.
pub(crate) trait Checked {
    /// The object that messages name.
    fn object(&self) -> &ObjectName<'_>;

    /// The container as messages name it, if the findings are about one.
    fn container(&self) -> Option<String> {
        None
    }
}

impl Checked for ObjectName<'_> {
    fn object(&self) -> &ObjectName<'_> {
        self
    }
}

/// A misconfiguration of an object: what is wrong, where, and how to fix it.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: FindingKind,
    pub(crate) severity: Severity,
    /// The part of the object that causes it.
    pub(crate) at: MaybeLocation,
    /// The object that has the problem, such as `Pod payments/api`.
    pub(crate) object: String,
    /// What is wrong with the object, with the offending value.
    pub(crate) problem: Cow<'static, str>,
    /// How to fix it.
    pub(crate) remedy: Cow<'static, str>,
}

/// Collects findings, with the severities that the settings give them.
#[derive(Debug)]
pub(crate) struct Findings<'s> {
    severities: &'s Severities,
    /// The highest severity that findings have at present.
    ceiling: Severity,
    /// The findings that messages describe: by their importance, then in the order in which they were reported.
    reported: Vec<Finding>,
    /// How many of them have each rank.
    ranks: [usize; 3],
    /// The kinds of the other findings, which messages only count.
    omitted: Vec<FindingKind>,
}

/// The largest number of findings that the messages about an object describe. Users do not read more, so the others are
/// only counted. A more important finding replaces a less important one, so that a rejection always describes a finding
/// that rejects.
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

    /// Reports a finding about `checked`. `describe` gives the location, the problem and the remedy. It is not called if the
    /// finding is off or only counted.
    pub(crate) fn report<P: Into<Cow<'static, str>>, R: Into<Cow<'static, str>>>(
        &mut self,
        checked: &dyn Checked,
        kind: FindingKind,
        describe: impl FnOnce() -> (MaybeLocation, P, R),
    ) {
        self.report_as(checked, kind, kind.default_severity(), describe);
    }

    /// Reports a finding whose default severity depends on the situation.
    pub(crate) fn report_as<P: Into<Cow<'static, str>>, R: Into<Cow<'static, str>>>(
        &mut self,
        checked: &dyn Checked,
        kind: FindingKind,
        default: Severity,
        describe: impl FnOnce() -> (MaybeLocation, P, R),
    ) {
        if let Some(severity) = self.severity(kind, default)
            && !self.count_only(kind, severity)
        {
            let (at, problem, remedy) = describe();
            self.add(checked, kind, severity, at, problem.into(), remedy.into());
        }
    }

    /// The severity in force of a kind whose default is `default`; none if it is off.
    fn severity(&self, kind: FindingKind, default: Severity) -> Option<Severity> {
        let severity = self.severities.of(kind, default).min(self.ceiling);
        (severity > Severity::Off).then_some(severity)
    }

    /// Counts a finding that is not important enough to be described. Returns whether it was counted. It is not if a
    /// finding of its kind is described, which it may repeat.
    fn count_only(&mut self, kind: FindingKind, severity: Severity) -> bool {
        let is_counted =
            self.omits(kind, severity) && self.reported.iter().all(|one| one.kind != kind);
        if is_counted {
            self.omitted.push(kind);
        }
        is_counted
    }

    /// Whether messages do not describe the finding: they describe enough others, all of them at least as important.
    fn omits(&self, kind: FindingKind, severity: Severity) -> bool {
        let last = self.reported.last().map_or(0, |last| rank(last.kind, last.severity));
        self.reported.len() >= MAX_FINDINGS && rank(kind, severity) >= last
    }

    // A separate function, because `report_as` is compiled once for each of its callers. In it, these lines make the module 5 %
    // larger.
    fn add(
        &mut self,
        checked: &dyn Checked,
        kind: FindingKind,
        severity: Severity,
        at: MaybeLocation,
        mut problem: Cow<'static, str>,
        remedy: Cow<'static, str>,
    ) {
        let object = checked.object().to_string();
        if let Some(container) = checked.container() {
            problem = Cow::Owned([&*container, ": ", &*problem].concat());
        }
        self.push(Finding { kind, severity, at, object, problem, remedy });
    }

    fn push(&mut self, finding: Finding) {
        // Pod templates of an object can have the same service account, whose findings are then reported for each of
        // them. The highest severity applies.
        let same = |one: &Finding| {
            one.kind == finding.kind
                && one.object == finding.object
                && one.problem == finding.problem
        };
        let known = self.reported.iter().position(same);
        if let Some(known) = known {
            let is_as_severe = |one: &Finding| one.severity >= finding.severity;
            if self.reported.get(known).is_some_and(is_as_severe) {
                return;
            }
            self.remove(known);
        } else if self.omits(finding.kind, finding.severity) {
            self.omitted.push(finding.kind);
            return;
        } else if self.reported.len() >= MAX_FINDINGS {
            // The finding replaces the last one, which is less important.
            let last = self.remove(self.reported.len() - 1);
            self.omitted.extend(last);
        }
        let rank = rank(finding.kind, finding.severity);
        let index = self.ranks.iter().take(rank + 1).sum();
        self.reported.insert(index, finding);
        if let Some(count) = self.ranks.get_mut(rank) {
            *count += 1;
        }
    }

    /// Removes a finding and returns its kind.
    fn remove(&mut self, index: usize) -> Option<FindingKind> {
        let Finding { kind, severity, .. } = *self.reported.get(index)?;
        drop(self.reported.remove(index));
        if let Some(count) = self.ranks.get_mut(rank(kind, severity)) {
            *count -= 1;
        }
        Some(kind)
    }

    /// Runs `check`, whose findings have at most the severity `ceiling`.
    pub(crate) fn at_most<R>(
        &mut self,
        ceiling: Severity,
        check: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let before = self.ceiling;
        self.ceiling = before.min(ceiling);
        let result = check(self);
        self.ceiling = before;
        result
    }

    /// Adds the path of a pod template in a custom resource to the locations of the findings that were reported since
    /// the last call.
    pub(crate) fn add_template_path(&mut self, path: &str) {
        for finding in &mut self.reported {
            finding.at.add_template_path(path);
        }
    }

    /// The findings, the most important first.
    pub(crate) fn into_sorted(self) -> Sorted {
        Sorted { findings: self.reported, omitted: self.omitted }
    }
}

/// The importance of a finding, from 0, the most important, to 2: findings that reject, then warnings that may mean a
/// wrong identity, then other warnings.
fn rank(kind: FindingKind, severity: Severity) -> usize {
    match severity {
        Severity::Reject => 0,
        _ if kind.concerns_identity() => 1,
        _ => 2,
    }
}

/// The findings about an object, the most important first.
#[derive(Debug)]
pub(crate) struct Sorted {
    pub(crate) findings: Vec<Finding>,
    /// The kinds of the findings that are not described.
    pub(crate) omitted: Vec<FindingKind>,
}

impl Sorted {
    /// The IDs of all findings, each once.
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
        let Self { object, problem, remedy, kind, .. } = self;
        [&**object, ": ", &**problem, "; ", &**remedy, " [", kind.id(), "]"].concat()
    }

    /// The finding in at most [`MAX_WARNING`] bytes. If it is longer, the remedy is left out, and the problem is
    /// shortened.
    pub(crate) fn short_line(&self) -> String {
        let line = self.line();
        if line.len() <= MAX_WARNING {
            return line;
        }
        let id = self.kind.id();
        let limit = MAX_WARNING - " []".len() - id.len();
        let problem = [&*self.object, ": ", &*self.problem].concat();
        format!("{} [{id}]", shortened(&problem, limit))
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{FindingKind, Findings, MAX_FINDINGS, Severities, Severity};
    use crate::display::ObjectName;
    use crate::location::MaybeLocation;

    const KIND: FindingKind = FindingKind::RoleMapInvalid;

    fn report(findings: &mut Findings<'_>, problem: &str, severity: Severity) {
        let (namespace, name) = (Cow::Borrowed("payments"), Cow::Borrowed("api"));
        findings.report_as(&ObjectName { kind: "Pod", namespace, name }, KIND, severity, || {
            (MaybeLocation::account_name(), problem.to_owned(), "x")
        });
    }

    #[test]
    fn of_equal_findings_the_most_severe_is_kept() {
        use Severity::{Reject, Warn};
        let severities = Severities::default();
        for reported in [[Warn, Reject, Warn], [Reject, Warn, Reject], [Warn, Warn, Reject]] {
            // With so many others, no further finding is described.
            for others in [0, MAX_FINDINGS - 1] {
                let mut findings = Findings::new(&severities);
                report(&mut findings, "same", Warn);
                for number in 0..others {
                    report(&mut findings, &number.to_string(), Warn);
                }
                for severity in reported {
                    report(&mut findings, "same", severity);
                }
                let found = findings.into_sorted().findings;
                let found: Vec<_> = found.iter().map(|one| (&*one.problem, one.severity)).collect();
                assert_eq!(found.len(), others + 1, "{reported:?}");
                assert_eq!(found.first(), Some(&("same", Reject)), "{reported:?}");
            }
        }
    }

    #[test]
    fn a_repetition_of_a_described_finding_is_not_counted() {
        let severities = Severities::default();
        let mut findings = Findings::new(&severities);
        for _ in 0..2 {
            for number in 0..MAX_FINDINGS {
                report(&mut findings, &number.to_string(), Severity::Warn);
            }
        }
        report(&mut findings, "another", Severity::Warn);
        let sorted = findings.into_sorted();
        assert_eq!((sorted.findings.len(), sorted.omitted), (MAX_FINDINGS, vec![KIND]));
    }

    #[test]
    fn a_more_important_finding_replaces_the_last_one() {
        let severities = Severities::default();
        let mut findings = Findings::new(&severities);
        for number in 0..=MAX_FINDINGS {
            report(&mut findings, &number.to_string(), Severity::Warn);
        }
        report(&mut findings, "worse", Severity::Reject);
        report(&mut findings, "worse", Severity::Reject);
        let sorted = findings.into_sorted();
        assert_eq!(sorted.findings.len(), MAX_FINDINGS);
        assert_eq!(sorted.findings.first().map(|first| &*first.problem), Some("worse"));
        assert_eq!(sorted.omitted, [KIND; 2]);
    }
}
