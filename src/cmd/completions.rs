//! `dockgen completions`: scripts for shells.

use anyhow::Result;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::screen;

/// Prints the completion script of `shell`.
pub(super) fn run(shell: clap_complete::Shell) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), "dockgen", &mut script);
    screen::own(&String::from_utf8(script)?)?;
    Ok(Exit::Done)
}
