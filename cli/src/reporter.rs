//! Passes the entries of a report on to an output format, and counts them.
//!
//! Commands send entries as soon as they have them. The formats text, JSON, HTML and the workflow commands of GitHub write them
//! immediately; SARIF and JUnit begin with totals, and keep the entries until the end.

use std::io;

use crate::output::Renderer;
use crate::report::{Entry, FailOn, SkipReason, Summary, Unreadable};

/// The exit code if nothing is at or above `--fail-on`.
const FINE: u8 = 0;
/// The exit code if something is.
const FOUND: u8 = 1;
/// The exit code if the input cannot be used: arguments, files or settings.
pub const UNUSABLE: u8 = 2;

/// Passes a report on to its format.
pub struct Reporter<R = Box<dyn Renderer>> {
    renderer: R,
    summary: Summary,
}

impl<R: Renderer> Reporter<R> {
    /// A reporter for this output format, which has already begun.
    pub fn new(renderer: R) -> Self {
        Self { renderer, summary: Summary::default() }
    }

    /// Reports an object.
    pub fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.summary.count(entry);
        self.renderer.entry(entry)
    }

    /// Reports something that could not be read.
    pub fn error(&mut self, error: &Unreadable) -> io::Result<()> {
        self.summary.count_unreadable(error);
        self.renderer.error(error)
    }

    /// Counts an object or a file that is not checked.
    pub fn skip(&mut self, reason: SkipReason) {
        self.summary.skip(reason);
    }

    /// The totals so far.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Ends the report without a total, and returns the renderer and the totals.
    pub fn into_parts(self) -> (R, Summary) {
        (self.renderer, self.summary)
    }

    /// Ends the report, and returns the exit code.
    pub fn finish(mut self, fail_on: FailOn) -> io::Result<u8> {
        self.renderer.end(&self.summary)?;
        let totals = self.summary.totals;
        let found = match fail_on {
            FailOn::Never => 0,
            FailOn::Reject => totals.rejected,
            FailOn::Warn => totals.rejected + totals.warned,
        };
        Ok(match (totals.errors, found) {
            (0, 0) => FINE,
            (0, _) => FOUND,
            _ => UNUSABLE,
        })
    }
}
