//! The output formats: each shows the same report.

pub(crate) mod documentation;
mod github;
mod html;
mod json;
mod junit;
mod palette;
mod sarif;
mod text;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};

use aws_pod_identity_core::escaped;
pub use palette::{ColorChoice, Palette};

use crate::report::{Entry, FailOn, Header, SkipReason, Summary, Totals, Unreadable};

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

impl Renderer for Box<dyn Renderer> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        (**self).entry(entry)
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        (**self).error(error)
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        (**self).end(summary)
    }
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

/// Standard output. A closed pipe is not an error (`| head`).
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

/// Prints a note on standard error: what users need in order to understand the result, such as what was not checked. Problems
/// that end the program start with "Error: ", and progress has no prefix.
pub(crate) fn note(text: &str) {
    eprintln!("Note: {}", escaped(text));
}

/// JSON without invisible characters: `write` writes them, inside of a string.
fn json_without_invisible(json: String, write: impl Fn(char, &mut String)) -> String {
    if matches!(escaped(&json), Cow::Borrowed(_)) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match escaped(character.encode_utf8(&mut [0; 4])) {
            Cow::Borrowed(_) => out.push(character),
            // Between values, there are line ends.
            Cow::Owned(_) if character == '\n' => out.push(character),
            Cow::Owned(_) => write(character, &mut out),
        }
    }
    out
}

/// JSON with escapes for invisible characters. Its values are the same.
fn printable_json(json: String) -> String {
    json_without_invisible(json, |character, out| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            _ = write!(out, "\\u{unit:04x}");
        }
    })
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

/// The sentence about what was skipped.
pub(crate) fn skipped(skipped: &BTreeMap<SkipReason, usize>) -> String {
    let reasons = skipped.iter().map(|(reason, number)| reason.counted(*number));
    escaped(&format!("Skipped: {}.", reasons.collect::<Vec<_>>().join(", "))).into_owned()
}
