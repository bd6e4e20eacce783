//! Stub, to be replaced.

use anyhow::Result;

use crate::detect::{Chosen, Language, ReadFile};
use crate::facts::{Facts, Program};
use crate::path::RelPath;
use crate::plan::Build;
use crate::repo::Dir;

/// The row of the registry.
pub const LANGUAGE: Language =
    Language { id: "go", name: "go", markers: &["go.mod"], detect, encloses, program, plan };

fn detect(_: &Dir) -> Result<Option<Facts>> {
    Ok(None)
}

fn encloses(_: &ReadFile, _: &RelPath) -> Result<bool> {
    Ok(false)
}

fn program(_: &Dir, _: &Facts, wanted: &str) -> Result<Program> {
    anyhow::bail!("{wanted} is not a program")
}

fn plan(_: &Chosen) -> Result<Build> {
    anyhow::bail!("not planned yet")
}
