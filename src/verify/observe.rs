//! An observing run: the same program with the same command, user and environment and without
//! capabilities, but on a root that it may write, so that what it tries to do happens and can be
//! seen.
//!
//! The user stays the image's: as root, a program would look for its files in another home folder,
//! or refuse to start. Instead every folder of the image is opened for it. The root folder itself
//! and files that exist stay as they are; what the program tries there is in its log.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use serde::Serialize;

use super::archive::{Kind, begins_with_folder, open_folders};
use super::beside::Beside;
use super::boot::Stop;
use super::causes::{Cause, When, cause};
use super::container::{Attempt, Container, MAX_FILE, Start, State};
use super::engine::{ANSWER, Engine};
use super::image::{Contents, Image};
use super::probe::{self, Answered, Outcome};
use super::sockets::{self, Helper, Socket};
use super::subject::Subject;
use super::{Event, Wanted, Watch, seconds};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// A program that listens where it should has started once nothing changed for this long.
const SETTLED: Duration = Duration::from_millis(1500);

/// As [`SETTLED`], if it listens elsewhere: the expected port may follow.
const UNSETTLED: Duration = Duration::from_secs(6);

/// How long a program that is not expected to listen is watched.
const QUIET: Duration = Duration::from_secs(8);

/// How long every program that keeps running is watched at least: folders are written late.
const LEAST: Duration = Duration::from_secs(3);

/// Server errors are accepted for this long, while a program may be warming up.
const WARMING: Duration = Duration::from_secs(10);

/// The size of the root's changes in bytes at which a run is ended.
const MAX_WRITTEN: u64 = MAX_FILE;

/// Number of changed paths that are kept.
const MAX_CHANGES: usize = 20_000;

/// Number of paths whose kind is asked one by one.
const MAX_ASKED: usize = 40;

/// Number of folders that are opened.
const MAX_FOLDERS: usize = 20_000;

/// Why the sockets are not known where there is a helper.
const UNSEEN: &str = "the helper container could not read it";

/// Folders of the kernel and the engine.
const FOREIGN: [&str; 3] = ["dev", "proc", "sys"];

/// What was done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Touched {
    /// It is new.
    Added,
    /// Its content, owner or mode changed, or something in it.
    Changed,
    /// It is gone.
    Deleted,
}

/// A changed path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The absolute path.
    pub path: String,
    /// What was done.
    pub how: Touched,
    /// It is a folder.
    pub folder: bool,
}

/// How a program ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Exit {
    /// The exit code.
    pub code: i64,
    /// It was killed because it exceeded the memory limit.
    pub out_of_memory: bool,
}

/// What an observing run showed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Observed {
    /// How long it was watched, in seconds.
    pub seconds: f64,
    /// The sockets that listened when it was watched last.
    pub sockets: Vec<Socket>,
    /// Why the sockets are not known.
    pub blind: Option<String>,
    /// Changed paths, without those of the engine.
    pub changes: Vec<Change>,
    /// Number of changed paths that are not listed.
    pub more_changes: usize,
    /// How many bytes it wrote to the root; `None` if the engine does not say.
    pub written: Option<u64>,
    /// How it ended, if it ended by itself.
    pub exit: Option<Exit>,
    /// Why it was ended before its time.
    pub ended: Option<String>,
    /// How it stopped, if it had to be stopped.
    pub stop: Option<Stop>,
    /// The last lines that it printed, or the engine's, if it was not started.
    pub lines: Vec<String>,
    /// The likely cause of a failure.
    pub cause: Option<Cause>,
    /// The engine did not start it.
    pub refused: bool,
    /// Why a command before the program failed.
    pub unprepared: Option<String>,
    /// How often it was started: a service may not have been ready the first time.
    pub starts: u32,
    /// HTTP responses.
    pub answers: Vec<Answered>,
}

/// Runs the image and watches it. `next` says which paths to ask for after an answer.
///
/// # Errors
/// If the engine cannot be run. A program that fails is not an error.
pub fn observe(
    engine: &Engine,
    (image, contents): (&Image, &Contents),
    (subject, wanted): (&Subject, &Wanted),
    helper: Result<&Helper, &str>,
    next: &dyn Fn(&Answered) -> Vec<String>,
    watch: Watch,
) -> Result<Observed> {
    let beside = Beside::start(engine, image, wanted, watch)?;
    watch(&Event::Doing("watching it on a root that it may write".to_owned()));
    let (open, args) = (open(contents)?, subject.args(wanted, contents));
    let port = subject.port(contents);
    let start = Start {
        image: image.name(),
        port,
        mounts: &[],
        args: &args,
        network: beside.network(),
        open: Some(&open),
    };
    let unprepared = beside.unprepared.clone();
    let mut observed = Observed { starts: 1, unprepared, ..Observed::default() };
    let began = Instant::now();
    let container = match Container::start(engine, start, wanted)? {
        Attempt::Runs(container) => container,
        Attempt::Refused(lines) => {
            observed.refused = true;
            observed.cause = cause(When::Run, &lines)?;
            observed.lines = lines;
            return Ok(observed);
        }
    };
    let run = Run { container: &container, wanted, subject, port, began };
    run.watch(helper, beside.any(), &mut observed)?;
    let state = container.state()?;
    if state.running {
        run.ask(engine, next, &mut observed)?;
        thread::sleep(LEAST.saturating_sub(began.elapsed()));
        watch(&Event::Doing("stopping it".to_owned()));
        let (took, exit_code) = container.stop(wanted.stop)?;
        observed.stop = Some(Stop { seconds: took, exit_code });
    } else {
        observed.exit.get_or_insert(exit(state));
        if helper.is_ok() {
            // Nothing listens any more.
            observed.blind = None;
            observed.sockets.clear();
        }
    }
    observed.seconds = seconds(began.elapsed().as_secs_f64());
    observed.written = container.written()?;
    observed.lines = container.logs()?;
    observed.cause = cause(When::Run, &observed.lines)?;
    changes(engine, &container, contents, &mut observed)?;
    Ok(observed)
}

/// A container that is watched.
struct Run<'r, 'e> {
    container: &'r Container<'e>,
    wanted: &'r Wanted,
    subject: &'r Subject<'r>,
    port: Option<u16>,
    began: Instant,
}

impl Run<'_, '_> {
    /// Watches until it ended, listens, or its time is over.
    fn watch(
        &self,
        helper: Result<&Helper, &str>,
        services: bool,
        observed: &mut Observed,
    ) -> Result<()> {
        let expected = self.subject.listens() || self.port.is_some();
        let limit = if expected { self.wanted.boot } else { self.wanted.boot.min(QUIET) };
        let mut eyes = None;
        // Until it was looked at once.
        observed.blind = Some(helper.err().unwrap_or(UNSEEN).to_owned());
        let mut since = Instant::now();
        loop {
            let state = self.container.state()?;
            if !state.running {
                if services && state.code != 0 && self.began.elapsed() < self.wanted.boot {
                    // A service may not have been ready yet.
                    thread::sleep(Duration::from_millis(500));
                    eyes = None;
                    self.container.again()?;
                    observed.starts += 1;
                    continue;
                }
                observed.exit = Some(exit(state));
                return Ok(());
            }
            if let Ok(helper) = helper {
                if eyes.is_none() {
                    eyes = helper.beside(self.container)?;
                }
                let seen = eyes.as_ref().map(sockets::look).transpose()?.flatten();
                if let Some(seen) = seen {
                    observed.blind = None;
                    if seen != observed.sockets {
                        (observed.sockets, since) = (seen, Instant::now());
                    }
                }
            }
            if self.container.written()?.is_some_and(|bytes| bytes > MAX_WRITTEN) {
                observed.ended = Some(format!(
                    "it wrote more than {} MB in {:.0} s",
                    MAX_WRITTEN >> 20,
                    self.began.elapsed().as_secs_f64()
                ));
                return Ok(());
            }
            let mut open = observed.sockets.iter().filter(|socket| socket.is_open());
            let there = self.port.is_none_or(|port| open.clone().any(|one| one.port == port));
            let settled = if there { SETTLED } else { UNSETTLED };
            if open.next().is_some() && since.elapsed() > settled.min(limit) {
                return Ok(());
            }
            if self.began.elapsed() > limit {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
    }

    /// Sends requests to the published port: the first path, and what `next` makes of each answer.
    fn ask(
        &self,
        engine: &Engine,
        next: &dyn Fn(&Answered) -> Vec<String>,
        observed: &mut Observed,
    ) -> Result<()> {
        let listens = |port: u16| {
            let found = observed.sockets.iter().any(|one| !one.udp && one.port == port);
            found || observed.blind.is_some()
        };
        if !self.port.is_some_and(listens) {
            return Ok(());
        }
        let Some(port) = self.container.published()? else { return Ok(()) };
        let host = engine.address();
        let first = self.wanted.health.clone().unwrap_or_else(|| "/".to_owned());
        let mut open = vec![first];
        let mut asked = BTreeSet::new();
        while let Some(path) = open.pop() {
            if !asked.insert(path.clone()) {
                continue;
            }
            let began = Instant::now();
            let answer = loop {
                match probe::ask(&host, port, &path) {
                    Outcome::Answered(answer)
                        if answer.status >= 500 && began.elapsed() < WARMING =>
                    {
                        thread::sleep(PAUSE);
                    }
                    Outcome::Answered(answer) => break Some(answer),
                    _ => break None,
                }
            };
            let Some(answer) = answer else { continue };
            open.extend(next(&answer));
            observed.answers.push(answer);
        }
        Ok(())
    }
}

fn exit(state: State) -> Exit {
    Exit { code: state.code, out_of_memory: state.out_of_memory }
}

/// The folders of the image that its user could not write, opened.
fn open(contents: &Contents) -> Result<Vec<u8>> {
    let tree = contents.tree();
    let mut folders: Vec<(&str, u64, u64)> = tree
        .iter()
        .filter(|(path, (entry, _))| {
            let top = path.split('/').next().unwrap_or_default();
            entry.kind == Kind::Folder && !path.is_empty() && !FOREIGN.contains(&top)
        })
        .map(|(path, (entry, _))| (*path, entry.uid, entry.gid))
        .collect();
    if !tree.contains_key("tmp") {
        folders.push(("tmp", 0, 0));
    }
    folders.sort_by_key(|(path, ..)| (path.matches('/').count(), *path));
    folders.truncate(MAX_FOLDERS);
    open_folders(folders)
}

/// Reads what changed in the container's root.
fn changes(
    engine: &Engine,
    container: &Container,
    contents: &Contents,
    observed: &mut Observed,
) -> Result<()> {
    let mut found: Vec<(Touched, String)> = Vec::new();
    let mut more = 0;
    let answer = engine.stream(&["diff", container.name()], ANSWER, |reader| {
        for line in BufReader::new(reader).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            let Some((how, path)) = line.split_once(" /") else { continue };
            let how = match how {
                "A" => Touched::Added,
                "C" => Touched::Changed,
                "D" => Touched::Deleted,
                _ => continue,
            };
            if FOREIGN.contains(&path.split('/').next().unwrap_or_default()) {
                continue;
            }
            if found.len() < MAX_CHANGES { found.push((how, path.to_owned())) } else { more += 1 }
        }
        Ok(())
    })?;
    if !answer.ok {
        engine.must_be_alive("reading what the program wrote")?;
    }
    observed.more_changes = more;
    let tree = contents.tree();
    let parents: BTreeSet<&str> =
        found.iter().filter_map(|(_, path)| Some(path.rsplit_once('/')?.0)).collect();
    let added: BTreeSet<&str> = found
        .iter()
        .filter(|(how, _)| *how == Touched::Added)
        .map(|(_, path)| path.as_str())
        .collect();
    let mut asked = 0;
    let mut all = Vec::new();
    for (how, path) in &found {
        let held = tree.get(path.as_str()).map(|(entry, _)| entry.kind);
        let added_in = path.rsplit_once('/').is_some_and(|(parent, _)| added.contains(parent));
        let folder = match held {
            _ if parents.contains(path.as_str()) => true,
            Some(kind) => kind == Kind::Folder,
            // Below a new folder it does not matter.
            None if added_in || *how == Touched::Deleted || asked >= MAX_ASKED => false,
            None => {
                asked += 1;
                is_folder(engine, container, path)?
            }
        };
        all.push(Change { path: format!("/{path}"), how: *how, folder });
    }
    observed.changes = all;
    Ok(())
}

/// Asks the engine for a path of a container, and reads the head of its answer.
fn is_folder(engine: &Engine, container: &Container, path: &str) -> Result<bool> {
    let mut folder = false;
    let words = ["cp", &format!("{}:/{path}", container.name()), "-"];
    let told = engine.stream(&words, ANSWER, |reader| {
        folder = begins_with_folder(reader).unwrap_or_default();
        // The rest, the content of a file, is not read.
        Err(anyhow!("enough"))
    });
    super::made::go_on()?;
    drop(told);
    Ok(folder)
}
