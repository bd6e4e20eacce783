//! The start of a container: until its port responds or, for a program without a port, until it
//! exits.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::beside::Beside;
use super::causes::{Cause, When, cause};
use super::container::{Attempt, Container, Mount, Start, State};
use super::engine::Engine;
use super::image::Image;
use super::probe::{self, Answered, Outcome};
use super::{Event, Wanted, Watch, seconds};
use crate::docker::quote::shell_words;

/// Time between two requests.
const PAUSE: Duration = Duration::from_millis(50);

/// A program without a port has started if it still runs after this time.
const SETTLED: Duration = Duration::from_secs(5);

/// Server errors are accepted for this long, while a program may be warming up.
const WARMING: Duration = Duration::from_secs(10);

/// Maximum length of a reported body.
const BODY: usize = 4000;

/// The result of a start.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Boot {
    /// True if it started as expected.
    pub ok: bool,
    /// Seconds from the start of the container to the first successful response, or to its exit.
    pub seconds: f64,
    /// The result in words.
    pub what: String,
    /// The port inside the container that was requested.
    pub port: Option<u16>,
    /// HTTP responses.
    pub answers: Vec<Answered>,
    /// The users of its processes.
    pub users: Option<Vec<u64>>,
    /// The exit code, if it exited by itself.
    pub exit_code: Option<i64>,
    /// The last lines that it printed.
    pub lines: Vec<String>,
    /// The likely cause of a failure.
    pub cause: Option<Cause>,
    /// How often it was started: a service may not have been ready the first time.
    pub starts: u32,
    /// What its health command says.
    pub health: Option<Health>,
    /// How it stopped.
    pub stop: Option<Stop>,
}

/// The outcome of a health command.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Health {
    /// It ended with exit code 0.
    pub ok: bool,
    /// The command as shell words.
    pub command: String,
    /// The last line that it printed.
    pub said: String,
}

/// How a container stopped.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stop {
    /// Seconds from the signal to the exit.
    pub seconds: f64,
    /// The exit code; 137 if the engine had to kill it.
    pub exit_code: i64,
}

/// A program to start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    /// The port that it listens on; if absent, it should exit or keep running.
    pub port: Option<u16>,
    /// Folders that it writes.
    pub mounts: &'a [Mount],
    /// Arguments that replace the image's.
    pub args: &'a [String],
    /// The words of the image's health command.
    pub health: &'a [String],
    /// The settings.
    pub wanted: &'a Wanted,
}

/// Starts the image beside its services, sends requests, and stops it.
///
/// # Errors
/// If the engine cannot be run. A program that does not start is not an error.
pub(super) fn boot(engine: &Engine, image: &Image, trial: Trial, watch: Watch) -> Result<Boot> {
    let wanted = trial.wanted;
    let beside = Beside::start(engine, image, wanted, watch)?;
    if let Some(why) = &beside.unprepared {
        let what = format!("what has to run before it fails: {why}");
        return Ok(Boot { what, port: trial.port, ..Boot::default() });
    }
    watch(&Event::Doing("starting it without privileges".to_owned()));
    let began = Instant::now();
    let start = Start {
        image: image.name(),
        port: trial.port,
        mounts: trial.mounts,
        args: trial.args,
        network: beside.network(),
        open: None,
    };
    let mut boot = Boot { port: trial.port, starts: 1, ..Boot::default() };
    let container = match Container::start(engine, start, wanted)? {
        Attempt::Runs(container) => container,
        Attempt::Refused(lines) => {
            "the engine could not start it".clone_into(&mut boot.what);
            boot.cause = cause(When::Run, &lines)?;
            boot.lines = lines;
            return Ok(boot);
        }
    };
    match trial.port {
        Some(_) => serve(engine, &container, wanted, began, &mut boot)?,
        None => run(&container, wanted, began, &mut boot)?,
    }
    boot.lines = container.logs()?;
    if boot.ok {
        let state = container.state()?;
        if state.running {
            boot.users = container.users()?;
            boot.health = health(&container, image, trial, watch)?;
            watch(&Event::Doing("stopping it".to_owned()));
            let (took, exit_code) = container.stop(wanted.stop)?;
            boot.stop = Some(Stop { seconds: took, exit_code });
        }
    } else if boot.cause.is_none() {
        boot.cause = cause(When::Run, &boot.lines)?;
    }
    drop(container);
    drop(beside);
    Ok(boot)
}

/// Runs the health command of the image: beside the program in its network, or, if it asks for the
/// program's files or processes, in its container.
fn health(
    container: &Container,
    image: &Image,
    trial: Trial,
    watch: Watch,
) -> Result<Option<Health>> {
    if trial.health.is_empty() {
        return Ok(None);
    }
    watch(&Event::Doing("asking its health command".to_owned()));
    let command = shell_words(trial.health);
    let began = Instant::now();
    loop {
        let answer = container.beside(image.name(), trial.health, trial.wanted)?;
        let answer = if answer.ok { answer } else { container.inside(trial.health)? };
        if answer.ok || began.elapsed() > WARMING {
            return Ok(Some(Health { ok: answer.ok, command, said: answer.last() }));
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// Waits for successful responses.
fn serve(
    engine: &Engine,
    container: &Container,
    wanted: &Wanted,
    began: Instant,
    boot: &mut Boot,
) -> Result<()> {
    let host = engine.address();
    let first =
        wanted.health.clone().or_else(|| wanted.expect.first().map(|(path, _)| path.clone()));
    let first = first.unwrap_or_else(|| "/".to_owned());
    let mut published = None;
    let mut unwell: Option<(Instant, u16)> = None;
    loop {
        if published.is_none() {
            published = container.published()?;
        }
        let outcome = published.map_or(Outcome::Nobody, |port| probe::ask(&host, port, &first));
        let took = seconds(began.elapsed().as_secs_f64());
        match outcome {
            Outcome::Silent => {
                (boot.ok, boot.seconds) = (true, took);
                "it accepts connections, and does not answer HTTP".clone_into(&mut boot.what);
                return Ok(());
            }
            Outcome::Answered(answer) if well(wanted, &first, &answer) => {
                (boot.ok, boot.seconds) = (true, took);
                boot.what = match answer.status {
                    0 => "it answers, but not in HTTP".to_owned(),
                    status => format!("GET {first} answers {status}"),
                };
                keep(boot, answer);
                break;
            }
            Outcome::Answered(answer) => {
                let (since, _) = *unwell.get_or_insert((Instant::now(), answer.status));
                boot.what = format!("GET {first} answers {}", answer.status);
                let status = answer.status;
                if since.elapsed() > WARMING || began.elapsed() > wanted.boot {
                    boot.seconds = took;
                    keep(boot, answer);
                    return Ok(());
                }
                unwell = Some((since, status));
            }
            Outcome::Nobody => {}
        }
        let state = container.state()?;
        if !state.running {
            if !wanted.services.is_empty() && began.elapsed() < wanted.boot {
                // A service may not have been ready yet. An orchestrator would restart the program
                // too.
                thread::sleep(Duration::from_millis(500));
                container.again()?;
                boot.starts += 1;
                published = None;
                continue;
            }
            ended(boot, state, took);
            return Ok(());
        }
        if began.elapsed() > wanted.boot {
            boot.seconds = took;
            if boot.what.is_empty() {
                boot.what = format!(
                    "nobody listens on port {} after {took:.0} s",
                    boot.port.unwrap_or_default()
                );
                boot.cause =
                    cause(When::Run, &container.logs()?)?.or_else(|| Some(deaf(boot.port)));
            }
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    let Some(port) = published else { return Ok(()) };
    for (path, words) in &wanted.expect {
        loop {
            let outcome = probe::ask(&host, port, path);
            if let Outcome::Answered(answer) = &outcome
                && answer.status == 200
                && answer.body.contains(words)
            {
                keep(boot, answer.clone());
                break;
            }
            let state = container.state()?;
            if !state.running || began.elapsed() > wanted.boot {
                boot.ok = false;
                boot.what = match outcome {
                    Outcome::Answered(answer) => {
                        let what =
                            format!("GET {path} answers {} without {words:?}", answer.status);
                        keep(boot, answer);
                        what
                    }
                    _ => format!("GET {path} is not answered"),
                };
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
    }
    Ok(())
}

fn well(wanted: &Wanted, path: &str, answer: &Answered) -> bool {
    if wanted.health.as_deref() == Some(path) {
        return (200..400).contains(&answer.status);
    }
    answer.status < 500
}

fn keep(boot: &mut Boot, mut answer: Answered) {
    if boot.answers.iter().any(|held| held.path == answer.path) {
        return;
    }
    answer.body = answer.body.chars().take(BODY).collect();
    boot.answers.push(answer);
}

fn deaf(port: Option<u16>) -> Cause {
    Cause {
        line: String::new(),
        what: "it listens on another port, or on 127.0.0.1 alone, where nobody outside of the container reaches it"
            .to_owned(),
        fix: format!(
            "let it listen on 0.0.0.0 and on port {}; `dockgen update --port` names another port, --env tells it one",
            port.unwrap_or_default()
        ),
        engine: false,
    }
}

/// Waits for a program without a port to exit.
fn run(container: &Container, wanted: &Wanted, began: Instant, boot: &mut Boot) -> Result<()> {
    loop {
        let state = container.state()?;
        let took = seconds(began.elapsed().as_secs_f64());
        if !state.running {
            if state.code != 0 && !wanted.services.is_empty() && began.elapsed() < wanted.boot {
                thread::sleep(Duration::from_millis(500));
                container.again()?;
                boot.starts += 1;
                continue;
            }
            ended(boot, state, took);
            boot.ok = state.code == 0;
            return Ok(());
        }
        if began.elapsed() > wanted.boot.min(SETTLED) {
            (boot.ok, boot.seconds) = (true, took);
            boot.what = format!("it keeps running after {took:.0} s");
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

fn ended(boot: &mut Boot, state: State, took: f64) {
    boot.seconds = took;
    boot.exit_code = Some(state.code);
    boot.what = format!("it ended by itself with exit code {}", state.code);
    if state.out_of_memory {
        "it was ended at the memory limit".clone_into(&mut boot.what);
        boot.cause = Some(Cause {
            line: String::new(),
            what: "there is not enough memory".to_owned(),
            fix: "give more with --memory, or let the program take less".to_owned(),
            engine: false,
        });
    }
}
