//! Lines on standard error that change during a long step.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::screen::visible;

/// A walk shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often a line is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Progress of a walk, on standard error.
pub(super) struct Progress {
    began: Instant,
    shown: bool,
    bar: OnceLock<Spinner>,
}

impl Progress {
    /// `shown` is false if standard error is not a terminal.
    pub(super) fn new(shown: bool) -> Self {
        Self { began: Instant::now(), shown, bar: OnceLock::new() }
    }

    /// Receives the running count of entries, from any thread.
    pub(super) fn seen(&self, entries: usize) {
        if self.shown && self.began.elapsed() > PATIENCE {
            let bar = self.bar.get_or_init(|| Spinner::new("{spinner} {msg}"));
            bar.doing(&format!("reading the repository: {entries} entries"));
        }
    }
}

/// A line that changes, and is erased on drop.
pub(super) struct Spinner {
    bar: ProgressBar,
}

impl Spinner {
    /// `layout` is a template of indicatif.
    pub(super) fn new(layout: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template(layout) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { bar }
    }

    /// Shows the current step.
    pub(super) fn doing(&self, text: &str) {
        self.bar.set_message(visible::inline(text));
    }

    /// Prints lines above the spinner.
    pub(super) fn print(&self, text: &str, colour: bool) {
        self.bar.println(visible::stream(text, colour));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
