//! Ctrl-C and its like: nothing is left behind, and the terminal is as it was.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::exit::Exit;

/// The run was interrupted: exit code 130.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted; nothing was written")
    }
}

impl std::error::Error for Interrupted {}

const WORKING: u8 = 0;
const PROMPTING: u8 = 1;
const WRITING: u8 = 2;

static DOING: AtomicU8 = AtomicU8::new(WORKING);
static ASKED_TO_STOP: AtomicBool = AtomicBool::new(false);

/// Installs the handler for SIGINT, SIGTERM and SIGHUP.
///
/// While a prompt is shown the signal ends it, and the prompt's owner puts the terminal back; files that are being
/// written are written to the end, which takes milliseconds; at any other time the process ends here.
///
/// # Errors
/// Where the system refuses a handler.
pub fn install() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        ASKED_TO_STOP.store(true, Ordering::SeqCst);
        if DOING.load(Ordering::SeqCst) == WORKING {
            leave();
        }
    })?;
    Ok(())
}

#[expect(clippy::exit, reason = "the walk cannot be told to stop, and nothing is open for writing")]
fn leave() {
    show_cursor();
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Makes the cursor visible again, and begins a new line.
pub fn show_cursor() {
    let mut terminal = std::io::stderr();
    if terminal.is_terminal() {
        // The terminal may be gone: nobody is left to be told.
        terminal.write_all(b"\x1b[?25h\r\n").ok();
    }
}

/// Runs a prompt; a signal makes it fail with [`Interrupted`], with the cursor visible again.
pub fn prompting<T>(prompt: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    DOING.store(PROMPTING, Ordering::SeqCst);
    let result = prompt();
    if ASKED_TO_STOP.load(Ordering::SeqCst) || result.as_ref().is_err_and(|error| error.is::<Interrupted>()) {
        // The handler's own thread may only now learn of the signal: it must not end the process before main does.
        show_cursor();
        return Err(Interrupted.into());
    }
    DOING.store(WORKING, Ordering::SeqCst);
    result
}

/// Writes files; a signal waits until all of them are there.
pub fn writing<T>(write: impl FnOnce() -> T) -> T {
    DOING.store(WRITING, Ordering::SeqCst);
    let result = write();
    DOING.store(WORKING, Ordering::SeqCst);
    result
}
