//! The rows of `templates/catalog/prove.toml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;

/// The rows, by what they are used for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalog {
    #[allow(dead_code, reason = "people read it")]
    pub(super) as_of: String,
    pub(super) missing: Vec<MissingRow>,
    pub(super) variable: VariableWords,
    pub(super) removed: Vec<RemovedRow>,
    /// Packages by the program that they bring.
    pub(super) programs: BTreeMap<String, String>,
    pub(super) folders: Folders,
    /// Variables by the id of a service.
    pub(super) usual: BTreeMap<String, Vec<String>>,
    /// The same by the id of a language.
    #[serde(rename = "usual-of")]
    pub(super) usual_of: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub(super) migrations: Migrations,
}

/// Scripts that bring a database up to date.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Migrations {
    pub(super) manifest: String,
    pub(super) table: String,
    pub(super) names: Vec<String>,
    pub(super) programs: String,
}

/// What a program misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    /// A file that it opens.
    File,
    /// A package of its language.
    Module,
    /// A program that it starts.
    Program,
    /// A shared library.
    Library,
    /// A place where it may not write.
    Unwritable,
    /// Another machine.
    Host,
}

/// Words around a name in a log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MissingRow {
    pub(super) kind: What,
    pub(super) before: String,
    pub(super) after: String,
    /// The name is a folder's.
    #[serde(default)]
    pub(super) folder: bool,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// What a release of a language no longer has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RemovedRow {
    pub(super) language: String,
    /// Words of a log without it, any of them.
    pub(super) find: Vec<String>,
    /// The newest release that has it.
    pub(super) toolchain: String,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    pub(super) source: String,
}

/// How logs speak of variables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VariableWords {
    pub(super) words: Vec<String>,
    pub(super) never: Vec<String>,
    pub(super) examples: Vec<String>,
}

/// Paths in a container.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Folders {
    /// Beginnings of paths.
    pub(super) ignored: Vec<String>,
}

/// The rows.
pub(super) fn catalog() -> Result<&'static Catalog> {
    static READ: OnceLock<Catalog> = OnceLock::new();
    if let Some(catalog) = READ.get() {
        return Ok(catalog);
    }
    let catalog = parsed("prove.toml")?;
    Ok(READ.get_or_init(|| catalog))
}
