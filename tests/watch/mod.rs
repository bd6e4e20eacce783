//! A time limit for each case of a property: a case that hangs is a failure that prints its input.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fmt::Debug;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// More processor time than any case takes, in a debug build.
const WORK: Duration = Duration::from_secs(20);

/// More time than any case takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often the watching thread looks.
const LOOK: Duration = Duration::from_millis(500);

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
            format!("\n{name} did not end within {WORK:?} of work with this input:\n{input:#?}\n");
        let clock = clock();
        let (began, before) = (Instant::now(), worked(clock.as_ref()));
        std::thread::spawn(move || {
            while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                let work =
                    worked(clock.as_ref()).zip(before).and_then(|(now, old)| now.checked_sub(old));
                if work.is_some_and(|work| work > WORK) || began.elapsed() > PATIENCE {
                    // Past the capture of the test harness, which would keep it to itself.
                    let _ = std::io::stderr().write_all(message.as_bytes());
                    std::process::abort();
                }
            }
        });
        Self { _end: end }
    }
}

/// The file in which Linux counts this thread's time on a processor. Other processes on the machine
/// make a case last longer, but add nothing to it.
fn clock() -> Option<PathBuf> {
    let thread = std::fs::read_link("/proc/thread-self").ok()?;
    Some(PathBuf::from("/proc").join(thread).join("schedstat"))
}

/// The first number there, in nanoseconds: <https://docs.kernel.org/scheduler/sched-stats.html>.
fn worked(clock: Option<&PathBuf>) -> Option<Duration> {
    let text = std::fs::read_to_string(clock?).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
