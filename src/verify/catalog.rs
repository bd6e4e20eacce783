//! The rows of `templates/catalog/verify.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;

/// The rows, by what they are used for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalog {
    pub(super) cause: Vec<CauseRow>,
    pub(super) tools: Vec<ToolRow>,
    pub(super) folders: Folders,
    pub(super) development: Development,
    pub(super) dependencies: Dependencies,
    /// File suffixes by the text that opens a comment in them.
    pub(super) comments: BTreeMap<String, Vec<String>>,
}

/// A text in a log that reveals a failure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CauseRow {
    pub(super) find: Vec<String>,
    /// `build` or `run`; if absent, both.
    pub(super) when: Option<String>,
    pub(super) cause: String,
    pub(super) fix: String,
    /// The engine or this machine is the cause, not the Dockerfile.
    #[serde(default)]
    pub(super) engine: bool,
    /// The failure may be temporary: retry once.
    #[serde(default)]
    pub(super) again: bool,
}

/// Programs of one kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolRow {
    pub(super) kind: String,
    pub(super) names: Vec<String>,
}

/// Paths in an image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Folders {
    pub(super) system: Vec<String>,
    pub(super) dependencies: Vec<String>,
}

/// Development dependencies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Development {
    pub(super) folders: Vec<String>,
    pub(super) files: Vec<String>,
}

/// What identifies steps and layers of dependencies.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dependencies {
    pub(super) commands: Vec<String>,
    pub(super) stages: Vec<String>,
    pub(super) system_commands: Vec<String>,
    pub(super) layers: Vec<String>,
}

/// The rows.
pub(super) fn catalog() -> Result<&'static Catalog> {
    static READ: OnceLock<Catalog> = OnceLock::new();
    if let Some(catalog) = READ.get() {
        return Ok(catalog);
    }
    let catalog = parsed("verify.toml")?;
    Ok(READ.get_or_init(|| catalog))
}
