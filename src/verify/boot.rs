//! The start of a container: until its port answers, or until the program ends where it has none.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;

use super::causes::{Cause, When, cause};
use super::container::{Container, Mount, Network, Start, State};
use super::engine::Engine;
use super::image::Image;
use super::probe::{self, Answered, Outcome};
use super::{Event, Wanted, Watch, seconds};

/// How often is asked.
const PAUSE: Duration = Duration::from_millis(50);

/// A program without a port that still runs after this long has started.
const SETTLED: Duration = Duration::from_secs(5);

/// A program that answers with errors of the server may still be warming up for so long.
const WARMING: Duration = Duration::from_secs(10);

/// How much of a body is reported.
const BODY: usize = 4000;

/// How a start went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Boot {
    /// It started as it should.
    pub ok: bool,
    /// From the start of the container to the first good answer, or to its end.
    pub seconds: f64,
    /// What it came to, in words.
    pub what: String,
    /// The port inside the container that was asked.
    pub port: Option<u16>,
    /// Answers over HTTP.
    pub answers: Vec<Answered>,
    /// The users of its processes.
    pub users: Option<Vec<u64>>,
    /// The exit code, where it ended by itself.
    pub exit_code: Option<i64>,
    /// The last lines that it printed.
    pub lines: Vec<String>,
    /// The likely cause, where it failed.
    pub cause: Option<Cause>,
    /// How often it was started, since a service may not have been ready.
    pub starts: u32,
    /// How it stopped.
    pub stop: Option<Stop>,
}

/// How a container stopped.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stop {
    /// From the signal to the end.
    pub seconds: f64,
    /// The exit code; 137 where the engine had to kill it.
    pub exit_code: i64,
}

/// A program that is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    /// The port that it listens on; it is expected to end, or to keep running, where absent.
    pub port: Option<u16>,
    /// Folders that it writes.
    pub mounts: &'a [Mount],
    /// Arguments, instead of the image's.
    pub args: &'a [String],
    /// How.
    pub wanted: &'a Wanted,
}

/// Starts the image beside its services, asks it, stops it.
///
/// # Errors
/// Where the engine cannot be asked; a program that does not start is no error here.
pub(super) fn boot(engine: &Engine, image: &Image, trial: Trial, watch: Watch) -> Result<Boot> {
    let wanted = trial.wanted;
    let network = if wanted.services.is_empty() { None } else { Some(Network::make(engine)?) };
    let mut services = Vec::new();
    for (name, service) in &wanted.services {
        watch(&Event::Doing(format!("starting the service {name}")));
        let network = network.as_ref().map_or("", |network| network.name.as_str());
        services.push(Container::service(engine, network, name, service)?);
    }
    watch(&Event::Doing("starting it without privileges".to_owned()));
    let began = Instant::now();
    let start = Start {
        image: image.name(),
        port: trial.port,
        mounts: trial.mounts,
        args: trial.args,
        network: network.as_ref().map(|network| network.name.as_str()),
    };
    let mut boot = Boot { port: trial.port, starts: 1, ..Boot::default() };
    let container = match Container::start(engine, start, wanted)? {
        Ok(container) => container,
        Err(lines) => {
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
            watch(&Event::Doing("stopping it".to_owned()));
            let (took, exit_code) = container.stop(wanted.stop)?;
            boot.stop = Some(Stop { seconds: took, exit_code });
        }
    } else if boot.cause.is_none() {
        boot.cause = cause(When::Run, &boot.lines)?;
    }
    drop(container);
    drop(services);
    Ok(boot)
}

/// Waits for good answers.
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
                // A service may not have been ready yet: an orchestrator would start it again, too.
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

/// Waits for the end of a program without a port.
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
