//! All output passes through here, where whatever could control a terminal or a program that reads
//! a log is removed. The exceptions are prompts, which go through `src/wizard.rs`, and lines that
//! change, which go through `src/cmd/progress.rs`.

pub mod look;
pub mod visible;

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::panic;

use anyhow::{Result, bail};
use console::Term;

pub use look::Look;

/// A message of the command line parser.
#[derive(Debug)]
pub struct Said {
    /// Without styles.
    pub plain: String,
    /// With styles.
    pub styled: String,
    /// It is an error.
    pub failed: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two output streams, and whether a person is present.
pub struct Screen {
    /// The look of standard output.
    pub out: Look,
    /// The look of standard error.
    pub err: Look,
    /// Questions can be asked.
    pub attended: bool,
    /// Progress can be shown.
    pub progress: bool,
}

impl Screen {
    /// The screen of this process.
    pub fn new(when: Color) -> Self {
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        // https://no-color.org: set, and not empty.
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

    /// Prints lines on standard output.
    ///
    /// # Errors
    /// If the reader is gone.
    pub fn print(&self, text: &str) -> Result<()> {
        out(&visible::stream(text, self.out.colour))
    }

    /// Prints lines on standard error. A missing reader is not an error.
    pub fn say(&self, text: &str) {
        err(&visible::stream(text, self.err.colour));
    }

    /// Prints why the run failed, with each line of the reason indented, so that none of them looks
    /// like one of dockgen's own.
    pub fn fail(&self, why: &str) {
        let mut text = String::new();
        for (number, line) in why.trim_end().split('\n').enumerate() {
            let head = if number == 0 { self.err.red("error:") } else { "  |".to_owned() };
            writeln!(text, "{head} {}", visible::inline(line)).ok();
        }
        self.say(&text);
    }

    /// Prints a message of the command line parser: help, the version, or a wrong flag.
    pub fn answer(&self, said: &Said) {
        let look = if said.failed { self.err } else { self.out };
        let text = if look.colour { &said.styled } else { &said.plain };
        let text = visible::stream(text, look.colour);
        // A missing reader is not an error.
        if said.failed { err(&text) } else { drop(out(&text)) }
    }
}

/// Prints JSON on standard output.
///
/// # Errors
/// If the reader is gone.
pub fn json(text: &str) -> Result<()> {
    out(&(visible::json(text) + "\n"))
}

/// Prints a file on standard output unchanged. A file with invisible characters, or with commands
/// to a terminal or a log, is not printed.
///
/// # Errors
/// If it has such content, or the reader is gone.
pub fn file(name: &str, text: &str) -> Result<()> {
    for (number, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line).replace('\t', " ");
        if visible::stream(&line, false) != line {
            bail!(
                "{name}:{}: the line contains invisible characters or a command to a CI log: {}; \
                 it is not printed: write the file with --output, and read it there",
                number + 1,
                visible::stream(line.trim(), false)
            );
        }
    }
    out(text)
}

/// Prints a text on standard output unchanged: each value in it is already escaped, or none is from
/// a repository.
///
/// # Errors
/// If the reader is gone.
pub fn own(text: &str) -> Result<()> {
    out(text)
}

/// Prints panics like any other output, since their messages may contain text of a repository.
pub fn watch_panics() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let words = info.payload_as_str().unwrap_or_default();
        if visible::stream(words, false) == words {
            return usual(info);
        }
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        err(&format!("dockgen panicked at {place}: {}\n", visible::inline(words)));
    }));
}

/// Prints the last message of an interrupted run, possibly below a prompt.
pub fn goodbye(words: &str) {
    let show_cursor = if io::stderr().is_terminal() { "\x1b[?25h\r\n" } else { "" };
    err(&format!("{show_cursor}{}\r\n", visible::stream(words, false)));
}

fn out(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The terminal may be gone, and then nothing can be reported.
fn err(text: &str) {
    io::stderr().write_all(text.as_bytes()).ok();
}
