//! A Dockerfile that is not on disk, in a folder of its own, to be built on the repository as its
//! context.

use std::path::PathBuf;

use anyhow::Result;

use super::copy::Copy;
use super::engine::Engine;

/// The folder, which is removed on drop.
pub struct Unwritten<'e>(Copy<'e>);

impl<'e> Unwritten<'e> {
    /// Writes the files to a new folder of this machine.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(engine: &'e Engine, dockerfile: &str, ignore: &str) -> Result<Self> {
        let copy = Copy::empty(engine)?;
        copy.dockerfile(dockerfile)?;
        copy.ignore(ignore)?;
        Ok(Self(copy))
    }

    /// The Dockerfile.
    pub fn file(&self) -> PathBuf {
        self.0.file()
    }
}
