//! Ctrl-C and its like: nothing is left behind, and the terminal is as it was.

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

/// Held while files are written, and by whoever ends the run; true once they are written.
static WRITTEN: Mutex<bool> = Mutex::new(false);

/// What is done before the run ends, and what is said then.
static LAST: Mutex<Option<Last>> = Mutex::new(None);

/// See [`before_end`].
type Last = (fn(), &'static str);

/// A prompt that is just being drawn gets this long to come to rest: it would change the terminal's
/// modes again after they were put back.
const GRACE: Duration = Duration::from_millis(50);

fn written() -> MutexGuard<'static, bool> {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handler for SIGINT, SIGTERM and SIGHUP: it does what [`before_end`] asked for, puts
/// the terminal back and ends the process, but waits for files that are being written, which takes
/// milliseconds.
///
/// # Errors
/// Where the system refuses a handler.
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

/// Has `last` called before an interrupted run ends, and `words` said: for what lives outside of
/// this process. It may take its time; a second Ctrl-C waits for it.
pub(crate) fn before_end(last: fn(), words: &'static str) {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some((last, words));
}

#[expect(clippy::exit, reason = "neither a walk nor a prompt can be told to stop from here")]
fn end() {
    say_goodbye();
    std::process::exit(i32::from(Exit::Interrupted.code()));
}

/// Ends the run where a prompt was interrupted. Ctrl-C at a prompt comes both ways, as a key and as
/// a signal: the one that is second must not say it again.
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

/// Writes files: a signal waits until they are there.
pub(crate) fn writing(write: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut written = written();
    write()?;
    *written = true;
    Ok(())
}

#[cfg(unix)]
mod terminal {
    use std::io::stdin;
    use std::sync::OnceLock;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

    /// The modes before any prompt changed them.
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
