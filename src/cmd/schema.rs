//! `dockgen schema`: the JSON schema of dockgen.toml.

use anyhow::Result;

use crate::config;
use crate::exit::Exit;
use crate::screen;

/// Prints it.
pub(super) fn run() -> Result<Exit> {
    screen::json(&serde_json::to_string_pretty(&config::schema())?)?;
    Ok(Exit::Done)
}
