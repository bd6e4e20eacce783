//! The two streams, and whether somebody sits in front of them.

use std::env;
use std::io::{self, IsTerminal};

use console::Term;

use crate::cli::Color;
use crate::report::look::Look;

/// The two streams, and whether somebody sits in front of them.
pub(super) struct Screen {
    /// The look of standard output.
    pub(super) out: Look,
    /// The look of standard error.
    pub(super) err: Look,
    /// Questions can be asked.
    pub(super) attended: bool,
    /// Progress can be shown.
    pub(super) progress: bool,
}

impl Screen {
    /// The screen that the process has.
    pub(super) fn new(when: Color) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        // https://no-color.org: present and not empty.
        let plain = dumb || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let look = |terminal: &Term, is_terminal: bool| {
            let colour = match when {
                Color::Auto => is_terminal && !plain,
                Color::Always => true,
                Color::Never => false,
            };
            Look::new(colour, terminal.size_checked().map(|(_, columns)| columns))
        };
        let progress = io::stderr().is_terminal() && !dumb;
        Self {
            out: look(&Term::stdout(), io::stdout().is_terminal()),
            err: look(&Term::stderr(), io::stderr().is_terminal()),
            attended: io::stdin().is_terminal() && progress,
            progress,
        }
    }
}
