//! A spinner for walks that take long.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

/// A walk shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_millis(300);

/// Progress of a walk, on standard error.
pub(super) struct Progress {
    began: Instant,
    shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// `shown` is false where standard error is no terminal.
    pub(super) fn new(shown: bool) -> Self {
        Self { began: Instant::now(), shown, bar: OnceLock::new() }
    }

    /// Told the running count of entries, from any thread.
    pub(super) fn seen(&self, entries: usize) {
        if self.shown && self.began.elapsed() > PATIENCE {
            let bar = self.bar.get_or_init(|| {
                let bar = ProgressBar::new_spinner();
                bar.enable_steady_tick(Duration::from_millis(100));
                bar
            });
            bar.set_message(format!("reading the repository: {entries} entries"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
