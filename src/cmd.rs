//! The commands, one file each.

mod answer;
mod check;
mod completions;
mod display;
mod explain;
mod init;
mod man;
mod progress;
mod prove;
mod runs;
mod schema;
mod update;
mod verify;

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::{Result, anyhow};

use crate::apps::Unread;
use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::interrupt::{self, Interrupted};
use crate::path::RelPath;
use crate::pipeline::Survey;
use crate::report::{json, next::Here};
use crate::screen::Color;
use crate::screen::{self, Screen};
use crate::workspace;
use crate::write;

/// Runs the command that was typed. It neither panics nor exits the process.
pub fn main() -> Exit {
    screen::watch_panics();
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(said) => {
            Screen::new(Color::Auto).answer(&said);
            return if said.failed { Exit::Failed } else { Exit::Done };
        }
    };
    let screen = Screen::new(cli.color);
    match run(&cli, &screen) {
        Ok(exit) => exit,
        Err(error) if error.is::<Interrupted>() => interrupt::leave(),
        Err(error) if reader_is_gone(&error) => Exit::Done,
        Err(error) => {
            let text = paths_as_typed(&cli.command, &format!("{error:#}"));
            // A script reads only standard output. An error that cannot be printed there is still
            // on standard error.
            if cli.command.wants_json() {
                json::failed(&text).map(|text| screen::json(&text).ok()).ok();
            }
            screen.fail(&text);
            Exit::Failed
        }
    }
}

fn run(cli: &Cli, screen: &Screen) -> Result<Exit> {
    match &cli.command {
        Command::Init(args) => init::run(args, screen),
        Command::Update(args) => update::run(args, screen),
        Command::Answer(args) => answer::run(args, screen),
        Command::Check(args) => check::run(args, screen),
        Command::Explain(args) => explain::run(args, screen),
        Command::Verify(args) => verify::run(args, screen),
        Command::Prove(args) => prove::run(args, screen),
        Command::Schema => schema::run(),
        Command::Completions { shell } => completions::run(*shell),
        Command::Man { command, list } => man::run(command.as_deref(), *list),
    }
}

/// True if the reader of a pipe closed it, as `head` does. That is not an error.
fn reader_is_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    })
}

/// An error's text with the files that it names as they would be typed here, or at least with the
/// folder from which they are named.
fn paths_as_typed(command: &Command, error: &str) -> String {
    let place = || {
        let path = command.path()?;
        let root = workspace::find(&path).ok()?.root;
        let folder = std::env::current_dir().and_then(std::fs::canonicalize).ok()?;
        (folder != root).then(|| (Here::new(&root, &path, Some(folder)), root))
    };
    let Some((here, root)) = place() else { return error.to_owned() };
    let text = typed(&here, &root, error);
    let named = |word: &str| {
        let path = word.split(':').next().and_then(RelPath::new);
        path.is_some_and(|path| !path.is_root() && write::is_there(&root, &path))
    };
    if text != error || !error.split_whitespace().any(named) {
        return text;
    }
    format!("{text}\npaths in this message are relative to {}", here.path(&RelPath::root()))
}

/// The manifests of this run that cannot be read, each with the reason. The other applications are
/// done without them, and the run has failed.
fn unread(survey: &Survey, here: &Here) -> Vec<String> {
    let failed = survey.selection.unread.iter().filter(|unread| unread.fails);
    let text = |unread: &Unread| {
        let (folder, why) =
            (here.path(&unread.folder), typed(here, &survey.place.root, &unread.why));
        format!("{folder} was left out, because it cannot be read: {why}")
    };
    failed.map(text).collect()
}

/// Says on standard error what cannot be read; the exit code is a failure if there is anything.
fn exit(survey: &Survey, here: &Here, screen: &Screen, otherwise: Exit) -> Exit {
    let unread = unread(survey, here);
    for text in &unread {
        screen.fail(text);
    }
    if unread.is_empty() { otherwise } else { Exit::Failed }
}

/// Fails on what cannot be read: for commands that do all applications or none.
fn whole(survey: &Survey) -> Result<()> {
    let failed = survey.selection.unread.iter().find(|unread| unread.fails);
    failed.map_or(Ok(()), |unread| Err(anyhow!("{}", unread.why)))
}

/// The text of an error, with the files that it names by their path from the root as they would be
/// typed here.
fn typed(here: &Here, root: &Path, text: &str) -> String {
    let is_there = |path: &RelPath| !path.is_root() && write::is_there(root, path);
    let word = |(at, word): (usize, &str)| {
        let (name, rest) = word.split_at(word.find([':', '\n']).unwrap_or(word.len()));
        let placed = at == 0 || rest.starts_with(':') && rest.len() > 1;
        let path = RelPath::new(name).filter(|path| placed && is_there(path));
        path.map_or_else(|| word.to_owned(), |path| format!("{}{rest}", here.path(&path)))
    };
    text.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// The person's working directory.
fn here(survey: &Survey, typed: &Path) -> Here {
    let folder = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    Here::new(&survey.place.root, typed, folder)
}
