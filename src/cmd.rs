//! The commands, one file each.

mod check;
mod completions;
mod explain;
mod init;
mod man;
mod progress;
mod schema;
mod update;
mod verify;

use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Result;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::interrupt::{self, Interrupted};
use crate::pipeline::Survey;
use crate::report::{json, next::Here};
use crate::screen::Color;
use crate::screen::{self, Screen};

/// Runs what was typed; never panics, never exits by itself.
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
            let text = format!("{error:#}");
            // A script reads standard output alone; what cannot be printed there is on the other.
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
        Command::Check(args) => check::run(args, screen),
        Command::Explain(args) => explain::run(args, screen),
        Command::Verify(args) => verify::run(args, screen),
        Command::Schema => schema::run(),
        Command::Completions { shell } => completions::run(*shell),
        Command::Man => man::run(),
    }
}

/// The reader of a pipe closed it, as `head` does: nothing is wrong.
fn reader_is_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    })
}

/// Where the person stands.
fn here(survey: &Survey, typed: &Path) -> Here {
    let folder = std::env::current_dir().and_then(std::fs::canonicalize).ok();
    Here::new(&survey.place.root, typed, folder)
}
