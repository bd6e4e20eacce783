//! The shared input of the analyses of all programs in an application.

use anyhow::Result;

use super::config::CargoConfig;
use super::lockfile::Lockfile;
use super::manifest::Role;
use super::source::Sources;
use super::workspace::Workspace;
use super::{LANGUAGE, Tables};
use crate::catalog::Catalog;
use crate::repo::Dir;

/// The shared input of the analyses of all programs in an application.
pub(super) struct Project<'a> {
    /// The folder of the application.
    pub(super) dir: &'a Dir<'a>,
    pub(super) workspace: &'a Workspace,
    pub(super) lock: Option<&'a Lockfile>,
    pub(super) config: &'a CargoConfig,
    pub(super) tables: Tables,
    pub(super) sources: Sources<'a>,
}

/// The cached answer of [`ctrlc_termination`].
struct Termination(bool);

impl<'a> Project<'a> {
    pub(super) fn new(
        dir: &'a Dir<'a>,
        workspace: &'a Workspace,
        lock: Option<&'a Lockfile>,
        config: &'a CargoConfig,
    ) -> Result<Self> {
        let mut tables = Tables::of(Catalog::of(LANGUAGE.id)?)?;
        // Every member asks, and the answer is the same for the whole workspace.
        let termination =
            dir.repo.once(&workspace.root, || Ok(Termination(ctrlc_termination(workspace))))?;
        tables.ctrlc_termination = termination.0;
        Ok(Self { dir, workspace, lock, config, tables, sources: Sources::new(dir.repo) })
    }
}

/// True if a package of the repository asks for the feature of `ctrlc` that handles SIGTERM.
fn ctrlc_termination(workspace: &Workspace) -> bool {
    workspace.packages.iter().any(|(folder, manifest)| {
        manifest.dependencies().filter(|d| d.key == "ctrlc" && d.role != Role::Dev).any(
            |dependency| {
                let (spec, _) =
                    workspace.resolve(dependency.key, &dependency.spec.as_ref().table(), folder);
                spec.features.iter().any(|feature| feature == "termination")
            },
        )
    })
}
