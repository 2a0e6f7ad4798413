//! Workflow commands of GitHub Actions ("Workflow commands for GitHub Actions"), which become annotations of lines.

use std::io::{self, Write};

use aws_pod_identity_core::escaped;

use super::{Renderer, unread, verdicts};
use crate::report::{Entry, Position, Severity, Source, Summary, Unreadable, UnreadableSource};

/// Writes a command for each finding.
pub(super) struct Github {
    out: Box<dyn Write>,
}

impl Github {
    pub(super) fn new(out: Box<dyn Write>) -> Self {
        Self { out }
    }

    fn command(
        &mut self,
        command: &str,
        title: &str,
        message: &str,
        position: Option<&Position>,
        file: Option<(&str, usize)>,
    ) -> io::Result<()> {
        let location = match (position, file) {
            (Some(at), _) => format!(
                ",file={},line={},col={},endColumn={}",
                property(&at.file),
                at.line,
                at.column,
                at.column + at.length
            ),
            (None, Some((file, line))) => format!(",file={},line={line}", property(file)),
            (None, None) => String::new(),
        };
        // In the order of GitHub's toolkit, which the validation of reports compares with.
        writeln!(self.out, "::{command} title={}{location}::{}", property(title), data(message))
    }
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    escaped(&text).into_owned()
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

impl Renderer for Github {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        for finding in &entry.findings {
            let command = match finding.severity {
                Severity::Reject => "error",
                Severity::Warn => "warning",
            };
            let (message, position) = (finding.line(), finding.position());
            let file = match &entry.source {
                Source::File { file, line, .. } => Some((file.as_str(), *line)),
                Source::Cluster { .. } => None,
            };
            self.command(command, &finding.id, &message, position, file)?;
        }
        self.out.flush()
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        let position = error.position.as_ref();
        let (title, file) = match &error.source {
            UnreadableSource::File { file, document: Some(_) } => {
                ("document cannot be read", Some((file.as_str(), 1)))
            }
            UnreadableSource::File { file, document: None } => {
                ("cannot be read", Some((file.as_str(), 1)))
            }
            UnreadableSource::Cluster { .. } => ("cannot be read", None),
        };
        self.command("error", title, &error.message, position, file)
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let totals = summary.totals;
        let unread = match totals.errors {
            0 => String::new(),
            _ => format!("; {} could not be read", unread(summary)),
        };
        let rejected = format!("{} rejected", totals.rejected);
        writeln!(self.out, "{}{unread}.", verdicts(&totals, &rejected))?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The escapes of the runner ("Workflow commands for GitHub Actions", and its toolkit).
    #[test]
    fn special_characters_in_commands_are_escaped() {
        for (text, as_data, as_property) in [
            ("100%", "100%25", "100%25"),
            ("%0A", "%250A", "%250A"),
            ("a\r\nb", "a%0D%0Ab", "a%0D%0Ab"),
            ("a\u{200b}\u{1b}", r"a\u{200b}\u{1b}", r"a\u{200b}\u{1b}"),
            ("a: b, c", "a: b, c", "a%3A b%2C c"),
            ("::error::x", "::error::x", "%3A%3Aerror%3A%3Ax"),
        ] {
            assert_eq!((data(text), property(text)), (as_data.to_owned(), as_property.to_owned()));
        }
    }
}
