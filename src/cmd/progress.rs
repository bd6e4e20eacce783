//! Lines on standard error that change while something takes long.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::screen::visible;

/// A walk shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// How often a line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Progress of a walk, on standard error.
pub(super) struct Progress {
    began: Instant,
    shown: bool,
    bar: OnceLock<Spinner>,
}

impl Progress {
    /// `shown` is false where standard error is no terminal.
    pub(super) fn new(shown: bool) -> Self {
        Self { began: Instant::now(), shown, bar: OnceLock::new() }
    }

    /// Told the running count of entries, from any thread.
    pub(super) fn seen(&self, entries: usize) {
        if self.shown && self.began.elapsed() > PATIENCE {
            let bar = self.bar.get_or_init(|| Spinner::new("{spinner} {msg}"));
            bar.doing(&format!("reading the repository: {entries} entries"));
        }
    }
}

/// A line that changes; it goes where this goes out of scope.
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

    /// Says what is done now.
    pub(super) fn doing(&self, text: &str) {
        self.bar.set_message(visible::inline(text));
    }

    /// Prints lines above it.
    pub(super) fn print(&self, text: &str, colour: bool) {
        self.bar.println(visible::stream(text, colour));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
