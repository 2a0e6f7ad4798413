//! Progress on standard error.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use aws_pod_identity_core::escaped;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::note;

/// The time after which the bar is shown.
const PATIENCE: Duration = Duration::from_millis(200);

/// The number of files or objects from which on the bar is shown immediately.
const MANY: u64 = 1_000;

/// A progress bar if standard error is a terminal and the work is long, and sentences on standard error.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    is_shown: OnceLock<()>,
    since: Instant,
    quiet: bool,
}

impl Progress {
    /// Shows nothing yet, and never a bar if `quiet`.
    pub fn new(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len}")
        {
            bar.set_style(style);
        }
        Self { bar, is_shown: OnceLock::new(), since: Instant::now(), quiet }
    }

    /// Prints a sentence about the progress, unless it is quiet.
    pub fn status(&self, text: &str) {
        if !self.quiet {
            self.while_hidden(|| eprintln!("{}", escaped(text)));
        }
    }

    /// Prints a note that users need in order to understand the report.
    pub fn notice(&self, text: &str) {
        self.while_hidden(|| note(text));
    }

    /// Starts the progress of some work. Its length can be unknown.
    pub fn start(&self, what: &str, length: Option<usize>) {
        self.bar.reset();
        match length {
            Some(length) => self.bar.set_length(length as u64),
            None => self.bar.unset_length(),
        }
        self.bar.set_message(what.to_owned());
        self.show_if_long();
    }

    /// Sets how much work remains.
    pub fn expect(&self, more: u64) {
        self.bar.set_length(self.bar.position() + more);
    }

    /// Counts one part as done.
    pub fn advance(&self) {
        self.bar.inc(1);
        self.show_if_long();
    }

    fn show_if_long(&self) {
        let is_long = self.since.elapsed() >= PATIENCE
            || self.bar.length().is_some_and(|length| length >= MANY);
        if is_long {
            self.show();
        }
    }

    /// Shows the bar, because the work is long.
    pub fn show(&self) {
        if !self.quiet {
            self.is_shown.get_or_init(|| {
                // It hides itself if standard error is not a terminal.
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.bar.enable_steady_tick(PATIENCE);
            });
        }
    }

    /// Does something that writes to standard output, which can be the same terminal.
    pub fn while_hidden<T>(&self, action: impl FnOnce() -> T) -> T {
        if self.bar.is_hidden() { action() } else { self.bar.suspend(action) }
    }

    /// Removes the bar.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
