//! The output formats: each shows the same report.

pub(crate) mod documentation;
mod github;
mod html;
mod json;
mod junit;
mod palette;
mod sarif;
mod text;

use std::io::{self, BufWriter, ErrorKind, Write};

pub use palette::{ColorChoice, Palette};

use crate::report::{Entry, FailOn, Header, Summary, Totals, Unreadable};

/// An output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: grouped by file, with the lines that cause findings
    #[default]
    Text,
    /// For programs: docs/report.schema.json describes it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for continuous integration
    Junit,
    /// Workflow commands of GitHub Actions, for annotations
    Github,
    /// One page with filters, for people
    Html,
}

/// Shows a report while it is created.
pub trait Renderer {
    /// Shows an object.
    fn entry(&mut self, entry: &Entry) -> io::Result<()>;

    /// Shows a file or a document that could not be read.
    fn error(&mut self, error: &Unreadable) -> io::Result<()>;

    /// Shows the totals at the end.
    fn end(&mut self, summary: &Summary) -> io::Result<()>;
}

/// How a report is shown.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// Colors, for text.
    pub palette: Palette,
    /// Only objects with findings, for text.
    pub quiet: bool,
    /// What makes the program exit with 1, for text and JUnit.
    pub fail_on: FailOn,
}

/// Starts a report.
pub fn renderer(
    style: Style,
    header: &Header,
    out: Box<dyn Write>,
) -> io::Result<Box<dyn Renderer>> {
    Ok(match style.format {
        Format::Text => Box::new(text::Text::new(out, style.palette, style.quiet, style.fail_on)),
        Format::Json => Box::new(json::Json::begin(out, header)?),
        Format::Sarif => Box::new(sarif::Sarif::new(out, header)),
        Format::Junit => Box::new(junit::Junit::new(out, style.fail_on)),
        Format::Github => Box::new(github::Github::new(out)),
        Format::Html => Box::new(html::Html::begin(out, header)?),
    })
}

/// Standard output. It is no error if the reader ends first (`| head`).
pub fn stdout() -> Box<dyn Write> {
    Box::new(BufWriter::with_capacity(1 << 16, UntilClosed(io::stdout())))
}

struct UntilClosed(io::Stdout);

impl Write for UntilClosed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

/// Text without characters that control a terminal or change the direction of text: they become `\u{…}`.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let is_direction = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if character.is_control() && character != '\t' || is_direction {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// A number of things, such as `1 object` and `2 objects`.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// The numbers of objects by their verdict. The number of rejected ones can have a color.
pub(crate) fn verdicts(totals: &Totals, rejected: &str) -> String {
    let Totals { objects, warned, injected, unchanged, .. } = *totals;
    let objects = counted(objects, "object");
    format!(
        "{objects} checked: {rejected}, {warned} warned, {injected} injected, {unchanged} unchanged"
    )
}

/// The numbers of what could not be read, by its kind.
pub(crate) fn unread(summary: &Summary) -> String {
    let (files, in_cluster) = (summary.unread_files, summary.unread_in_cluster);
    let documents = summary.totals.errors.saturating_sub(files + in_cluster);
    let numbers = [
        (files, counted(files, "file")),
        (documents, counted(documents, "document")),
        (in_cluster, format!("{} of the cluster", counted(in_cluster, "part"))),
    ];
    let numbers = numbers.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text);
    numbers.collect::<Vec<_>>().join(" and ")
}

/// The number of skipped objects with the reason, which has the plural.
pub(crate) fn skipped(number: usize, reason: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("pods and Jobs that have", "pod or Job that has"),
        ("objects", "object"),
        ("files", "file"),
        ("kustomizations", "kustomization"),
        ("templates", "template"),
        ("charts", "chart"),
    ];
    let word = WORDS.iter().find(|(plural, _)| number == 1 && reason.contains(plural));
    match word {
        Some((plural, singular)) => format!("1 {}", reason.replacen(plural, singular, 1)),
        None => format!("{number} {reason}"),
    }
}
