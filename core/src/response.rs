//! The answer: a `ValidationResponse` of the Kubewarden SDK, written as text.

use std::borrow::Cow;
use std::ops::Range;

use crate::catalogue::Severity;
use crate::display;
use crate::findings::{Finding, Sorted};
use crate::injection::Edits;
use crate::location::FindingLocation;
use crate::names::MAX_WARNINGS;
use aws_pod_identity_json::{push_member, push_string};

/// The answer to a request, and the event for the policy server's log.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// A `ValidationResponse`, JSON.
    pub body: Vec<u8>,
    /// A log event for the host's `tracing/log`, JSON; none if there is nothing to log.
    pub log: Option<Vec<u8>>,
}

/// An object that was not checked completely. It becomes a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    /// The object, such as `Pod payments/api`.
    pub object: String,
    /// Why the object was not checked, and which part of it.
    pub why: String,
}

impl Unchecked {
    fn line(&self) -> String {
        [&*self.object, ": ", &self.why].concat()
    }
}

/// A role that pods request from AWS, with a token of their service account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleUse {
    /// The ARN of the role.
    pub role_arn: String,
    /// The audience of the token.
    pub audience: String,
    /// The namespace of the service account.
    pub namespace: String,
    /// The name of the service account.
    pub service_account: String,
    /// The container that sets the role by hand, as messages name it; none if the service account has the role.
    pub container: Option<NamedContainer>,
    /// Whether the object is only warned about, and not rejected, if AWS does not give the role.
    pub warns_only: bool,
    /// Where the role is named.
    pub location: Option<FindingLocation>,
}

/// A container, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedContainer {
    /// The object that has it, such as `Pod payments/api`.
    pub object: String,
    /// Its name, such as `container "app"`.
    pub name: String,
}

/// What was decided about an object, before it is written as JSON.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Why the object is rejected, and the HTTP status code. API servers turn a missing code into 400.
    pub(crate) rejection: Option<(String, u16)>,
    /// Why an object that is accepted was not checked and gets no identity.
    pub(crate) failure: Option<String>,
    pub(crate) edits: Edits,
    pub(crate) unchecked: Vec<Unchecked>,
    /// The warning with the number of findings that have no warning of their own.
    omitted: Option<String>,
    /// Warnings about findings.
    warnings: Vec<String>,
    /// What was decided and why, for the API server's audit log.
    pub(crate) audit: Vec<(&'static str, String)>,
    /// The findings as data, for callers that need more than the answer.
    pub(crate) findings: Vec<Finding>,
    /// The roles that pods request from AWS, for such callers.
    pub(crate) roles: Vec<RoleUse>,
}

impl Verdict {
    /// Accepted, without a message.
    pub(crate) fn accepted() -> Self {
        Self::default()
    }

    /// Refused for a reason that is not in the object.
    pub(crate) fn refused(message: String, code: u16) -> Self {
        Self { rejection: Some((message, code)), ..Self::default() }
    }

    /// Accepted unchanged and unchecked, for a reason that is not in the object.
    pub(crate) fn unchecked(unchecked: Unchecked) -> Self {
        let failure = Some(unchecked.line());
        Self { unchecked: vec![unchecked], failure, ..Self::default() }
    }

    /// Adds an audit annotation.
    pub(crate) fn note(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.audit.push((key, display::note(value.into())));
        self
    }

    /// Adds the findings: one rejection with all of them if any of them rejects, otherwise warnings.
    pub(crate) fn with_findings(mut self, found: Sorted) -> Self {
        let Some(first) = found.findings.first() else { return self };
        self.audit.push(("findings", found.ids()));
        if first.severity == Severity::Reject {
            self.rejection = Some((rejection(&found), 403));
            self.edits = Edits::default();
        } else {
            self.add_warnings(&found);
        }
        self.findings = found.findings;
        self
    }

    /// Adds a warning for each finding. The warnings are shortened if API servers would not pass all of them on
    /// completely. The findings that do not fit are counted in the first warning, which API servers always pass on.
    ///
    /// Other webhooks may add warnings to the same response, which the policy does not know.
    fn add_warnings(&mut self, Sorted { findings, omitted }: &Sorted) {
        let count = |more: usize| {
            let findings = if more == 1 { "finding" } else { "findings" };
            format!(
                "{more} more {findings} about the AWS identity, not shown here; fix these first"
            )
        };
        let mut left = MAX_WARNINGS
            .saturating_sub(self.unchecked.iter().map(|one| characters(&one.line())).sum());
        let mut more = omitted.len();
        let mut lines: Vec<String> = findings.iter().map(Finding::line).collect();
        let counted = if more > 0 { count(more).len() } else { 0 };
        if lines.iter().map(|line| characters(line)).sum::<usize>() + counted > left {
            left = left.saturating_sub(count(more + lines.len()).len());
            lines = findings.iter().map(Finding::short_line).collect();
            let fits = lines.iter().take_while(|line| {
                let length = characters(line);
                let fits = length <= left;
                left = left.saturating_sub(length);
                fits
            });
            let fits = fits.count();
            more += lines.len() - fits;
            lines.truncate(fits);
        }
        self.omitted = (more > 0).then(|| count(more));
        self.warnings = lines;
    }

    /// All warnings of the answer.
    fn warnings(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let unchecked = self.unchecked.iter().map(|one| Cow::Owned(one.line()));
        let of_findings = self.warnings.iter().map(|text| Cow::Borrowed(&**text));
        self.omitted.iter().map(|text| Cow::Borrowed(&**text)).chain(unchecked).chain(of_findings)
    }

    /// Writes the answer about the object at `range` of `document`.
    pub(crate) fn respond(self, document: &[u8], range: Range<usize>) -> Response {
        let log = self.log();
        let object = if self.edits.is_empty() { 0 } else { range.len() + self.edits.added() };
        let audit: usize = self.audit.iter().map(|(key, value)| key.len() + value.len() + 6).sum();
        let mut body = String::with_capacity(object + audit + 96);
        body.push_str("{\"accepted\":");
        match &self.rejection {
            None => body.push_str("true"),
            Some((message, code)) => {
                body.push_str("false,");
                push_member(&mut body, "message", message);
                body.push_str(",\"code\":");
                body.push_str(&code.to_string());
            }
        }
        if !self.audit.is_empty() {
            body.push_str(",\"audit_annotations\":{");
            push_members(&mut body, &self.audit);
            body.push('}');
        }
        let mut before = ",\"warnings\":[";
        for warning in self.warnings() {
            body.push_str(before);
            push_string(&mut body, &warning);
            before = ",";
        }
        if before == "," {
            body.push(']');
        }
        let mut body = body.into_bytes();
        if !self.edits.is_empty() {
            body.extend_from_slice(b",\"mutated_object\":");
            self.edits.apply(document, range, &mut body);
        }
        body.push(b'}');
        Response { body, log }
    }

    /// One event for an injection, a rejection or a failure, with the audit annotations as fields.
    fn log(&self) -> Option<Vec<u8>> {
        let (level, message) = match (&self.rejection, &self.failure) {
            (Some((message, _)), _) | (None, Some(message)) => ("warning", message.as_str()),
            (None, None) if !self.edits.is_empty() => ("info", "AWS identity injected"),
            (None, None) => return None,
        };
        let mut event = String::with_capacity(256);
        event.push('{');
        push_member(&mut event, "level", level);
        event.push(',');
        push_member(&mut event, "message", message);
        if !self.audit.is_empty() {
            event.push(',');
            push_members(&mut event, &self.audit);
        }
        event.push('}');
        Some(event.into_bytes())
    }
}

/// The length of a text as API servers count it.
fn characters(text: &str) -> usize {
    text.chars().count()
}

fn push_members(out: &mut String, members: &[(&'static str, String)]) {
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_member(out, key, value);
    }
}

/// All findings as one message: a single one unchanged, several on separate lines.
fn rejection(Sorted { findings, omitted }: &Sorted) -> String {
    if let [only] = findings.as_slice() {
        return only.line();
    }
    let count = findings.len() + omitted.len();
    let mut message = format!("{count} findings about the AWS identity:");
    for finding in findings {
        message.push_str("\n- ");
        if finding.severity == Severity::Warn {
            message.push_str("(warning) ");
        }
        message.push_str(&finding.line());
    }
    if !omitted.is_empty() {
        message.push_str("\n- and ");
        message.push_str(&omitted.len().to_string());
        message.push_str(" more");
    }
    message
}

#[cfg(test)]
mod tests {
    use super::{Unchecked, Verdict, characters};
    use crate::catalogue::{FindingKind, Severities};
    use crate::display::ObjectName;
    use crate::findings::Findings;
    use crate::location::MaybeLocation;
    use std::borrow::Cow;

    const POD: ObjectName<'static> = ObjectName {
        kind: "Pod",
        namespace: Cow::Borrowed("payments"),
        name: Cow::Borrowed("api"),
    };
    /// The text of a finding before its problem, and after it.
    const START: &str = "Pod payments/api: ";
    const END: &str = "; correct the value [host-network]";

    /// The warnings about findings whose lines have these lengths, after a warning of another kind.
    fn warnings(other: usize, lengths: &[usize], letter: &str) -> Vec<String> {
        let severities = Severities::default();
        let mut findings = Findings::new(&severities);
        for (index, length) in lengths.iter().enumerate() {
            // A finding that is reported twice is shown once.
            let problem =
                format!("{index:03}{}", letter.repeat(length - START.len() - END.len() - 3));
            let at = || MaybeLocation::pod_field("hostNetwork");
            let describe = || (at(), problem, "correct the value");
            findings.report(&POD, FindingKind::HostNetwork, describe);
        }
        let mut verdict = Verdict::accepted();
        let why = "o".repeat(other.saturating_sub("o: ".len()));
        let unchecked = Unchecked { object: "o".to_owned(), why };
        verdict.unchecked.extend((other > 0).then_some(unchecked));
        let verdict = verdict.with_findings(findings.into_sorted());
        assert!(verdict.rejection.is_none());
        verdict.warnings().map(Cow::into_owned).collect()
    }

    #[test]
    fn warnings_are_complete_while_all_of_them_fit() {
        for letter in ["p", "ä", "…"] {
            for (other, lengths) in
                [(0, &[4096][..]), (0, &[512; 8]), (96, &[400; 10]), (0, &[136; 30])]
            {
                let found = warnings(other, lengths, letter);
                assert_eq!(found.len(), lengths.len() + usize::from(other > 0));
                for (warning, length) in found.iter().rev().zip(lengths) {
                    assert!(warning.starts_with(START) && warning.ends_with(END), "{warning}");
                    assert_eq!(characters(warning), *length);
                }
            }
        }
    }

    #[test]
    fn one_character_too_many_shortens_every_long_warning() {
        for (other, lengths) in
            [(0, &[4097][..]), (0, &[513, 512, 512, 512, 512, 512, 512, 512]), (97, &[400; 10])]
        {
            let found = warnings(other, lengths, "p");
            assert_eq!(found.len(), lengths.len() + usize::from(other > 0), "nothing is left out");
            for warning in found.iter().skip(usize::from(other > 0)) {
                assert!(warning.ends_with("p… [host-network]"), "{warning}");
                assert!((250..=256).contains(&characters(warning)), "{warning}");
            }
        }
        let found = warnings(0, &[250, 4000], "p");
        assert!(found[0].ends_with(END), "a short one keeps its remedy: {}", found[0]);
    }

    #[test]
    fn findings_that_do_not_fit_are_counted_in_the_first_warning() {
        const FIRST: &str = "about the AWS identity, not shown here; fix these first";
        for (other, lengths, first, shown) in [
            // 30 findings are described at most, however short they are.
            (0, vec![100; 31], "1 more finding", 30),
            (0, vec![100; 45], "15 more findings", 30),
            (0, vec![200; 30], "10 more findings", 20),
            (0, vec![1000; 30], "15 more findings", 15),
            (0, vec![1000; 100], "85 more findings", 15),
            (3000, vec![300; 5], "1 more finding", 4),
        ] {
            let found = warnings(other, &lengths, "p");
            assert_eq!(found[0], format!("{first} {FIRST}"));
            assert_eq!(found.len(), 1 + usize::from(other > 0) + shown, "{first}");
            assert!(found.iter().map(|warning| characters(warning)).sum::<usize>() <= 4096);
        }
    }

    #[test]
    fn findings_that_are_not_described_are_in_the_audit_annotation() {
        let severities = Severities::default();
        let mut findings = Findings::new(&severities);
        let describe = || (MaybeLocation::account_name(), String::new(), "");
        for number in 0..30 {
            let describe = || (MaybeLocation::account_name(), number.to_string(), "");
            findings.report(&POD, FindingKind::RoleArnMalformed, describe);
        }
        for kind in [
            FindingKind::HostNetwork,
            FindingKind::RoleArnMalformed,
            FindingKind::AudienceEmpty,
            FindingKind::HostNetwork,
        ] {
            findings.report(&POD, kind, describe);
        }
        let verdict = Verdict::accepted().with_findings(findings.into_sorted());
        let ids = "role-arn-malformed,host-network,audience-empty";
        assert_eq!(verdict.audit, [("findings", ids.to_owned())]);
        let (message, code) = verdict.rejection.unwrap();
        assert!(message.ends_with("\n- and 4 more"), "{message}");
        assert_eq!(code, 403);
    }
}
