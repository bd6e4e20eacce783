//! `dockgen man`: for packagers.

use anyhow::Result;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::screen;

/// Prints the manual pages of the command and of its subcommands, one after the other.
pub(super) fn run() -> Result<Exit> {
    let mut page = Vec::new();
    let command = Cli::definition();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        clap_mangen::Man::new(sub.clone()).render(&mut page)?;
    }
    screen::own(&String::from_utf8(page)?)?;
    Ok(Exit::Done)
}
