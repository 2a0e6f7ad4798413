//! What is answered: a `ValidationResponse` of the Kubewarden SDK, written as text.

use std::ops::Range;

use crate::findings::{Finding, Severity, Sorted, joined, shortened};
use crate::injection::Edits;
use crate::names::MAX_WARNING;
use aws_pod_identity_json::{push_member, push_string};

/// The answer to a request, and what to say of it in the policy server's log.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// A `ValidationResponse`, JSON.
    pub body: Vec<u8>,
    /// A log event for the host's `tracing/log`, JSON; none where nothing was done.
    pub log: Option<Vec<u8>>,
}

/// What was decided about an object, before it is written down.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Why the object is rejected, and with which HTTP status code, if not with 403.
    pub(crate) rejection: Option<(String, Option<u16>)>,
    pub(crate) edits: Edits,
    pub(crate) warnings: Vec<String>,
    /// What was decided and why, for the API server's audit log.
    pub(crate) audit: Vec<(&'static str, String)>,
}

impl Verdict {
    /// Accepted, with nothing to say.
    pub(crate) fn accepted() -> Self {
        Self::default()
    }

    /// Refused for a reason that is not in the object.
    pub(crate) fn refused(message: String, code: u16) -> Self {
        Self { rejection: Some((message, Some(code))), ..Self::default() }
    }

    /// Adds an audit annotation.
    pub(crate) fn note(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.audit.push((key, value.into()));
        self
    }

    /// Adds a warning, cut to what API servers pass on.
    pub(crate) fn warn(&mut self, warning: &str) {
        self.warnings.push(shortened(warning, MAX_WARNING).into_owned());
    }

    /// Adds what was found: one rejection with all findings if any of them rejects, warnings
    /// otherwise.
    pub(crate) fn with(mut self, found: &Sorted) -> Self {
        let Sorted { findings, omitted } = found;
        let Some(first) = findings.first() else { return self };
        let mut ids: Vec<&str> = Vec::new();
        for finding in findings {
            if !ids.contains(&finding.rule.id()) {
                ids.push(finding.rule.id());
            }
        }
        self.audit.push(("findings", joined(ids.into_iter(), ",")));
        if first.severity == Severity::Reject {
            self.rejection = Some((rejection(found), None));
            self.edits = Edits::default();
        } else {
            self.warnings.extend(findings.iter().map(Finding::warning));
            if *omitted > 0 {
                self.warn(&format!("{omitted} more findings about the AWS identity"));
            }
        }
        self
    }

    /// Writes the answer about the object at `range` of `document`.
    #[inline(never)]
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
                if let Some(code) = code {
                    body.push_str(",\"code\":");
                    body.push_str(&code.to_string());
                }
            }
        }
        if !self.audit.is_empty() {
            body.push_str(",\"audit_annotations\":{");
            push_members(&mut body, &self.audit);
            body.push('}');
        }
        if !self.warnings.is_empty() {
            body.push_str(",\"warnings\":[");
            for (index, warning) in self.warnings.iter().enumerate() {
                if index > 0 {
                    body.push(',');
                }
                push_string(&mut body, warning);
            }
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

    /// One event for an injection or a rejection, with the audit annotations as fields.
    fn log(&self) -> Option<Vec<u8>> {
        let (level, message) = match &self.rejection {
            Some((message, _)) => ("warning", message.as_str()),
            None if !self.edits.is_empty() => ("info", "AWS identity injected"),
            None => return None,
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

fn push_members(out: &mut String, members: &[(&'static str, String)]) {
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_member(out, key, value);
    }
}

/// All findings as one message: a single one as it is, several in lines of their own.
fn rejection(Sorted { findings, omitted }: &Sorted) -> String {
    if let [only] = findings.as_slice() {
        return only.line();
    }
    let count = findings.len() + omitted;
    let mut message = format!("{count} findings about the AWS identity:");
    for finding in findings {
        message.push_str("\n- ");
        if finding.severity == Severity::Warn {
            message.push_str("(warning) ");
        }
        message.push_str(&finding.line());
    }
    if *omitted > 0 {
        message.push_str("\n- and ");
        message.push_str(&omitted.to_string());
        message.push_str(" more");
    }
    message
}
