//! Text for people: each finding with the line that causes it, as compilers print it.

use std::collections::HashSet;
use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer as Drawing, Snippet};
use aws_pod_identity_core::escaped;

use super::{Palette, Renderer, skipped, unread, verdicts};
use crate::report::{
    Entry, FailOn, Finding, ObjectVerdict, Position, Severity, Source, Summary, Unreadable,
    UnreadableSource, cluster_heading,
};

/// Writes a line for each object, and its findings below it.
pub(super) struct Text {
    out: Box<dyn Write>,
    palette: Palette,
    quiet: bool,
    fail_on: FailOn,
    drawing: Drawing,
    /// The source that the last heading named.
    heading: Option<String>,
    /// The findings below that heading, by ID, message and location.
    shown: HashSet<String>,
}

impl Text {
    pub(super) fn new(out: Box<dyn Write>, palette: Palette, quiet: bool, fail_on: FailOn) -> Self {
        let drawing = if palette.is_colored() { Drawing::styled() } else { Drawing::plain() };
        Self {
            out,
            palette,
            quiet,
            fail_on,
            drawing: drawing.decor_style(DecorStyle::Ascii).term_width(120),
            heading: None,
            shown: HashSet::new(),
        }
    }

    fn heading(&mut self, source: &str) -> io::Result<()> {
        if self.heading.as_deref() == Some(source) {
            return Ok(());
        }
        if self.heading.is_some() {
            writeln!(self.out)?;
        }
        writeln!(self.out, "{}", self.palette.bold(&escaped(source)))?;
        self.heading = Some(source.to_owned());
        self.shown.clear();
        Ok(())
    }

    /// A message with the line that it is about, or with the file if the line is not known.
    fn diagnostic(
        &mut self,
        level: &Level<'_>,
        (id, message, remedy): (Option<&str>, &str, &str),
        position: Option<&Position>,
        file: Option<String>,
    ) -> io::Result<()> {
        let message = escaped(message);
        let title = level.clone().primary_title(message);
        let title = if let Some(id) = id { title.id(id) } else { title };
        let mut group = Group::with_title(title);
        if let Some(position) = position.filter(|position| position.text.is_empty()) {
            let origin = Origin::path(escaped(&position.file));
            group = group.element(origin.line(position.line).char_column(position.column));
        } else if let Some(position) = position {
            let (before, rest) = split_at(&position.text, position.column - 1);
            let (part, after) = split_at(rest, position.length);
            let [before, part, after] = [before, part, after].map(escaped);
            let start = before.len();
            let end = start + part.len();
            let snippet = Snippet::source([before, part, after].concat())
                .line_start(position.line)
                .path(escaped(&position.file))
                .annotation(AnnotationKind::Primary.span(start..end));
            group = group.element(snippet);
        } else if let Some(file) = file {
            group = group.element(Origin::path(escaped(&file).into_owned()));
        }
        if !remedy.is_empty() {
            group = group.element(Level::HELP.message(escaped(remedy)));
        }
        writeln!(self.out, "{}", self.drawing.render(&[group]))
    }

    fn finding(&mut self, finding: &Finding, source: &Source) -> io::Result<()> {
        let level = match finding.severity {
            Severity::Reject => Level::ERROR,
            Severity::Warn => Level::WARNING,
        };
        let position = finding.position();
        let file = match source {
            Source::File { file, document, line } => {
                Some(format!("{file}:{line} (document {document})"))
            }
            Source::Cluster { .. } => None,
        };
        // For example, a finding about an account is reported for each workload that uses it.
        let repetition = match (position, source) {
            (Some(Position { file, line, column, .. }), _) => {
                Some(format!("as above, at {file}:{line}:{column}"))
            }
            // The object of the message is the location.
            (None, Source::Cluster { .. }) if !finding.message.object.is_empty() => {
                Some(format!("{}: as above", finding.message.object))
            }
            (None, _) => None,
        };
        if let Some(repetition) = repetition
            && !self.shown.insert(format!("{} {repetition} {}", finding.id, finding.message))
        {
            return self.diagnostic(&level, (Some(&finding.id), &repetition, ""), None, None);
        }
        let message = finding.message.to_string();
        let parts = (Some(finding.id.as_str()), message.as_str(), finding.remedy.as_str());
        self.diagnostic(&level, parts, position, file)
    }

    fn diff(&mut self, diff: &str) -> io::Result<()> {
        for line in diff.lines() {
            let line = escaped(line).into_owned();
            let line = match line.as_bytes().first() {
                Some(b'+') => self.palette.green(&line),
                Some(b'-') => self.palette.red(&line),
                Some(b'@') => self.palette.cyan(&line),
                _ => line,
            };
            writeln!(self.out, "      {line}")?;
        }
        Ok(())
    }
}

/// Splits a text after that many characters, or at its end.
fn split_at(text: &str, characters: usize) -> (&str, &str) {
    let at = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.split_at_checked(at).unwrap_or((text, ""))
}

impl Renderer for Text {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        if self.quiet && entry.findings.is_empty() {
            return Ok(());
        }
        match &entry.source {
            Source::File { file, .. } => self.heading(file)?,
            Source::Cluster { cluster } => self.heading(&cluster_heading(cluster))?,
        }
        let verdict = match entry.verdict {
            ObjectVerdict::Rejected => self.palette.red("rejected "),
            ObjectVerdict::Warned => self.palette.yellow("warned   "),
            ObjectVerdict::Injected => self.palette.green("injected "),
            ObjectVerdict::Unchanged => self.palette.faint("unchanged"),
        };
        write!(self.out, "  {verdict}  {}", escaped(&entry.title()))?;
        if let Some(note) = note(entry) {
            write!(self.out, "  {}", self.palette.faint(&escaped(&note)))?;
        }
        writeln!(self.out)?;
        for finding in &entry.findings {
            self.finding(finding, &entry.source)?;
        }
        if let Some(diff) = entry.injected.as_ref().and_then(|injected| injected.diff.as_deref()) {
            self.diff(diff)?;
        }
        self.out.flush()
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.heading(&error.source.heading())?;
        let file = match &error.source {
            UnreadableSource::File { file, document: Some(document) } => {
                Some(format!("{file} (document {document})"))
            }
            UnreadableSource::File { file, document: None } => Some(file.clone()),
            UnreadableSource::Cluster { .. } => None,
        };
        let parts = (None, error.message.as_str(), "");
        self.diagnostic(&Level::ERROR, parts, error.position.as_ref(), file)?;
        self.out.flush()
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        if self.heading.is_some() {
            writeln!(self.out)?;
        }
        let totals = summary.totals;
        let rejected = format!("{} rejected", totals.rejected);
        let rejected = if totals.rejected > 0 { self.palette.red(&rejected) } else { rejected };
        writeln!(self.out, "{}.", verdicts(&totals, &rejected))?;
        let only_warned = totals.warned > 0 && totals.rejected == 0 && totals.errors == 0;
        if only_warned && self.fail_on == FailOn::Reject {
            let hint =
                "Warnings do not change the exit code; use --fail-on warn to exit with 1 for them.";
            writeln!(self.out, "{hint}")?;
        }
        if totals.errors > 0 {
            let errors = format!("{} could not be read.", unread(summary));
            writeln!(self.out, "{}", self.palette.red(&errors))?;
        }
        if !summary.skipped.is_empty() {
            writeln!(self.out, "{}", skipped(&summary.skipped))?;
        }
        self.out.flush()
    }
}

/// The note after an object: the identity that its containers get, or that the verdict is about its pods.
fn note(entry: &Entry) -> Option<String> {
    let of_pods = entry.pods.as_ref().is_some_and(|pods| pods.verdict == entry.verdict);
    let identity = entry.injected.as_ref().map(|injected| injected.identity.name());
    match (entry.verdict, entry.role.as_deref().or(identity)) {
        (ObjectVerdict::Rejected, _) if of_pods => Some("(its pods)".to_owned()),
        // A rejected pod gets no identity.
        (ObjectVerdict::Rejected, _) if entry.injected.is_none() => None,
        (_, Some(identity)) if !entry.containers.is_empty() => {
            let whose = if entry.pods.is_some() { "pods: " } else { "" };
            Some(format!("({whose}{identity} in {})", entry.containers.join(", ")))
        }
        _ => None,
    }
}
