//! A time limit for each case of a property: a case that hangs is a failure that prints its input.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fmt::Debug;
use std::io::Write as _;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// More than any case takes, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Watches over one case until it is dropped.
pub(crate) struct Watch {
    /// Dropped with the watch, which ends the watching thread.
    _end: mpsc::Sender<()>,
}

impl Watch {
    /// Watches over a case with that input. A case that does not end in time ends the whole test
    /// program: nothing stops a thread that loops, and no other case could be judged beside it.
    pub(crate) fn over(name: &str, input: &impl Debug) -> Self {
        let (end, ended) = mpsc::channel::<()>();
        let message =
            format!("\n{name} did not end within {PATIENCE:?} with this input:\n{input:#?}\n");
        std::thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                // Past the capture of the test harness, which would keep it to itself.
                let _ = std::io::stderr().write_all(message.as_bytes());
                std::process::abort();
            }
        });
        Self { _end: end }
    }
}
