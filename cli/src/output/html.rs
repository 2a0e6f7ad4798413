//! HTML: one page that contains the whole report. It loads nothing.

use std::io::{self, Write};

use serde::Serialize;

use super::{Renderer, json_without_invisible};
use crate::report::{Entry, Header, Summary, Unreadable};

const PAGE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Writes the page, with the entries as JSON in it.
pub(super) struct Html {
    out: Box<dyn Write>,
    errors: Vec<Unreadable>,
    after: String,
    first: bool,
}

impl Html {
    pub(super) fn begin(mut out: Box<dyn Write>, header: &Header) -> io::Result<Self> {
        let page = PAGE.replace("/*STYLE*/", STYLE).replace("/*SCRIPT*/", SCRIPT);
        let (before, after) = page.split_once("/*DATA*/").unwrap_or_default();
        let header = in_script(header)?;
        write!(out, "{before}{{\"header\":{header},\"entries\":[")?;
        let after = after.to_owned();
        Ok(Self { out, errors: Vec::new(), after, first: true })
    }
}

/// JSON that cannot end the script element that it is in. Its values show invisible characters as escapes, because browsers show
/// the values.
fn in_script(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string(value)?.replace('<', "\\u003c");
    Ok(json_without_invisible(json, |character, out| {
        out.push('\\');
        out.extend(character.escape_default());
    }))
}

impl Renderer for Html {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        let separator = if std::mem::take(&mut self.first) { "" } else { ",\n" };
        write!(self.out, "{separator}{}", in_script(entry)?)
    }

    fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.errors.push(error.clone());
        Ok(())
    }

    fn end(&mut self, summary: &Summary) -> io::Result<()> {
        let errors = in_script(&self.errors)?;
        let summary = in_script(summary)?;
        write!(self.out, "],\"errors\":{errors},\"summary\":{summary}}}{}", self.after)?;
        self.out.flush()
    }
}
