//! Progress on standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar while standard error is a terminal, and notices.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
}

impl Progress {
    /// Without the bar and with no notices if it is quiet. The bar hides itself if standard error is not a terminal.
    pub fn new(quiet: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len}")
        {
            bar.set_style(style);
        }
        Self { bar, quiet }
    }

    /// Prints a sentence.
    pub fn notice(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| eprintln!("{}", crate::output::printable(text)));
        }
    }

    /// A list is read from its beginning.
    pub(super) fn list(&self, name: &str) {
        self.bar.reset();
        self.bar.unset_length();
        self.bar.set_message(name.to_owned());
        self.bar.enable_steady_tick(Duration::from_millis(200));
    }

    /// A page is there. The API server says how many objects come after it.
    pub(super) fn page(&self, objects: usize, remaining: Option<u64>) {
        if let Some(remaining) = remaining {
            self.bar.set_length(self.bar.position() + objects as u64 + remaining);
        }
    }

    /// An object is done.
    pub(super) fn object(&self) {
        self.bar.inc(1);
    }

    /// Does something that writes to standard output, which can be the same terminal.
    pub(super) fn while_hidden<T>(&self, action: impl FnOnce() -> T) -> T {
        if self.bar.is_hidden() { action() } else { self.bar.suspend(action) }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
