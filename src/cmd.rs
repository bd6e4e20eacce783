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

use anyhow::Result;

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
            let mut text = format!("{error:#}");
            if let Some(base) = base_of_paths(&cli.command, &text) {
                text = format!("{text}\npaths in this message are relative to {base}");
            }
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

/// The root of the repository as it would be typed here, if an error names a file by its path from
/// there and the person stands elsewhere.
fn base_of_paths(command: &Command, error: &str) -> Option<String> {
    let typed = command.path()?;
    let root = workspace::find(&typed).ok()?.root;
    let folder = std::env::current_dir().and_then(std::fs::canonicalize).ok()?;
    let named = |word: &str| {
        let path = word.split(':').next().and_then(RelPath::new);
        path.is_some_and(|path| !path.is_root() && write::is_there(&root, &path))
    };
    let names_a_file = folder != root && error.split_whitespace().any(named);
    names_a_file.then(|| Here::new(&root, &typed, Some(folder)).path(&RelPath::root()))
}

/// The person's working directory.
fn here(survey: &Survey, typed: &Path) -> Here {
    let folder = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    Here::new(&survey.place.root, typed, folder)
}
