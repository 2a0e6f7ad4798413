//! JSON: one object, whose format `docs/report.schema.json` describes.

use std::io::{self, Write};

use serde::Serialize;

use super::{Renderer, printable_json};
use crate::report::{Entry, Header, Summary, Unreadable};

/// Writes entries immediately. Errors and totals follow the entries.
pub(super) struct Json {
    out: Box<dyn Write>,
    errors: Vec<Unreadable>,
    first: bool,
}

impl Json {
    pub(super) fn begin(mut out: Box<dyn Write>, header: &Header) -> io::Result<Self> {
        let mut text = printable_json(serde_json::to_string(header)?);
        // The object continues with the entries.
        text.pop();
        write!(out, "{text},\"entries\":[")?;
        Ok(Self { out, errors: Vec::new(), first: true })
    }
}

#[derive(Serialize)]
struct End<'a> {
    errors: &'a [Unreadable],
    #[serde(flatten)]
    summary: &'a Summary,
}

impl Renderer for Json {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.first) { "\n" } else { ",\n" };
        self.out.write_all(separator.as_bytes())?;
        self.out.write_all(printable_json(serde_json::to_string(entry)?).as_bytes())
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.errors.push(error.clone());
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let end = printable_json(serde_json::to_string(&End { errors: &self.errors, summary })?);
        let members = end.strip_prefix('{').unwrap_or_default();
        writeln!(self.out, "\n],{members}")?;
        self.out.flush()
    }
}
