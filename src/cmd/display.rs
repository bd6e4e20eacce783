//! Progress of builds and runs in an engine.

use std::cell::RefCell;

use super::progress::Spinner;
use crate::screen::look;
use crate::screen::{Screen, visible};
use crate::verify::{Event, Told};

/// Progress on standard error: a line that changes on a terminal, otherwise a line for each step.
pub(super) struct Display<'a> {
    screen: &'a Screen,
    quiet: bool,
    bar: Option<Spinner>,
    doing: RefCell<String>,
}

impl<'a> Display<'a> {
    pub(super) fn new(screen: &'a Screen, quiet: bool) -> Self {
        let bar =
            (screen.progress && !quiet).then(|| Spinner::new("{spinner} {elapsed} {wide_msg}"));
        Self { screen, quiet, bar, doing: RefCell::default() }
    }

    /// Prints a line.
    pub(super) fn line(&self, text: &str) {
        match &self.bar {
            _ if self.quiet => {}
            Some(bar) => bar.print(text, self.screen.err.colour),
            None => self.screen.say(&format!("{text}\n")),
        }
    }

    /// Shows an event.
    pub(super) fn show(&self, event: &Event) {
        let look = self.screen.err;
        match event {
            Event::Doing(text) => {
                self.doing.borrow_mut().clone_from(text);
                match &self.bar {
                    Some(bar) => bar.doing(text),
                    None => self.line(&visible::inline(text)),
                }
            }
            Event::Build(Told::Began(step)) => {
                if let Some(bar) = &self.bar {
                    let text = format!("{}: {step}", self.doing.borrow());
                    bar.doing(&look::cut(&text, look.width));
                }
            }
            Event::Build(Told::Ended(step)) => {
                let how = if step.cached {
                    "  cached".to_owned()
                } else {
                    format!("{:>8}", format!("{:.1} s", step.seconds))
                };
                let text = step.text.split_whitespace().collect::<Vec<_>>().join(" ");
                let line = format!("  {how}  {:<12} {text}", step.stage);
                self.line(&look.dim(&look::cut(&line, look.width)));
            }
        }
    }
}
