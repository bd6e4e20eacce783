//! Handles Ctrl-C and similar signals: removes leftovers and restores the terminal.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::exit::Exit;
use crate::screen;

/// The run was interrupted: exit code 130.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted; nothing was written")
    }
}

impl std::error::Error for Interrupted {}

/// Locked while files are written, and by the thread that ends the run. True once they are written.
static WRITTEN: Mutex<bool> = Mutex::new(false);

/// The function to call before the run ends, and the message to print.
static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// See [`before_end`].
type Last = (fn(), &'static str);

/// How long a prompt that is being drawn may take to finish. Otherwise it could change the
/// terminal's modes after they were restored.
const GRACE: Duration = Duration::from_millis(50);

fn written() -> MutexGuard<'static, bool> {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handler for SIGINT, SIGTERM and SIGHUP. It calls the function of [`before_end`],
/// restores the terminal and ends the process. It waits for files that are being written, which
/// takes milliseconds.
///
/// # Errors
/// If the system does not accept a handler.
pub(crate) fn install() -> anyhow::Result<()> {
    terminal::remember();
    ctrlc::set_handler(|| {
        std::thread::sleep(GRACE);
        let written = written();
        if !*written {
            let last = *LAST.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((last, _)) = last {
                last();
            }
            end();
        }
    })?;
    Ok(())
}

/// Registers `last` to be called before an interrupted run ends, and `words` to be printed, for
/// things outside of this process. It may take its time; a second Ctrl-C waits for it.
pub(crate) fn before_end(last: fn(), words: &'static str) {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((last, words));
}

#[expect(clippy::exit, reason = "neither a walk nor a prompt can be told to stop from here")]
fn end() {
    say_goodbye();
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Ends the run if a prompt was interrupted. Ctrl-C at a prompt arrives both as a key and as a
/// signal, and the second must not print the message again.
pub(crate) fn leave() -> Exit {
    std::mem::forget(written());
    say_goodbye();
    Exit::Interrupted
}

fn say_goodbye() {
    terminal::restore();
    let words = LAST
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .map_or_else(|| Interrupted.to_string(), |(_, words)| words.to_owned());
    screen::goodbye(&words);
}

/// Writes files. A signal waits until they are complete.
pub(crate) fn writing(write: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut written = written();
    write()?;
    *written = true;
    Ok(())
}

/// Says that files were written and more is to come: a signal ends the run again.
pub(crate) fn go_on() {
    *written() = false;
}

#[cfg(unix)]
mod terminal {
    use std::io::stdin;
    use std::sync::OnceLock;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The terminal's modes before any prompt changed them.
    static MODES: OnceLock<Termios> = OnceLock::new();

    pub(super) fn remember() {
        if let Ok(modes) = tcgetattr(stdin()) {
            MODES.get_or_init(|| modes);
        }
    }

    pub(super) fn restore() {
        if let Some(modes) = MODES.get() {
            tcsetattr(stdin(), OptionalActions::Now, modes).ok();
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    pub(super) fn remember() {}

    pub(super) fn restore() {}
}
