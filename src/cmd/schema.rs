//! `dockgen schema`: the JSON schema of dockgen.toml.

use anyhow::Result;

use super::print;
use crate::config;
use crate::exit::Exit;

/// Prints it.
pub(super) fn run() -> Result<Exit> {
    print(&format!("{}\n", serde_json::to_string_pretty(&config::schema())?))?;
    Ok(Exit::Done)
}
