//! Modules of setuptools that a program or its packages import: a virtual environment brings no
//! setuptools of its own any more, and the newest has no `pkg_resources`.

use anyhow::Result;

use super::imported::runs;
use super::installed::{Installed, Package};
use super::specifier::numbers;
use super::tables::Setuptools;
use super::world::World;
use super::{ProgramDetails, codes};
use crate::catalog::Catalog;
use crate::facts::{Evidence, Finding, Program};

/// The requirement of that version, or of the last one that this Python can have.
pub(super) fn requirement(catalog: &Catalog, python: &str) -> Result<String> {
    let row: Setuptools = catalog.table("setuptools")?;
    Ok(format!("setuptools=={}", earlier(&row, python).unwrap_or(&row.last)))
}

/// The last version for an old Python, which has every module.
fn earlier<'r>(row: &'r Setuptools, python: &str) -> Option<&'r String> {
    row.earlier.get(&python.split('.').take(2).collect::<Vec<_>>().join("."))
}

/// Takes back what [`missing`] said, for a Python whose newest setuptools has every module, where
/// a dependency brings it.
///
/// # Errors
/// If the catalog is broken.
pub(super) fn settle(
    catalog: &Catalog,
    python: &str,
    installed: &Installed,
    program: &mut Program,
    own: &mut ProgramDetails,
) -> Result<()> {
    let row: Setuptools = catalog.table("setuptools")?;
    let next = |name: &String| row.bringing.get(name).and_then(|next| numbers(next));
    let brings = |package: &Package| next(&package.name).is_some_and(|one| package.is_under(one));
    let brought = installed.has("setuptools") || installed.packages().any(brings);
    if own.setuptools && brought && earlier(&row, python).is_some() {
        own.setuptools = false;
        program.findings.retain(|finding| finding.code != codes::SETUPTOOLS_MISSING);
    }
    Ok(())
}

/// True, with a finding, where the image needs the last version beside the dependencies.
pub(super) fn missing(world: &World, program: &mut Program) -> bool {
    let row = &world.tables.setuptools;
    let mut held = world.app.installed.packages();
    let held = held.find(|package| package.name == "setuptools");
    let last = numbers(&row.last).unwrap_or_default();
    if held.is_some_and(|held| held.is_under([last[0] + 1, 0, 0])) {
        return false;
    }
    let Some(at) = own(world, held.is_some()).or_else(|| of_package(world, row)) else {
        return false;
    };
    let what = format!("{}, and no dependency brings a setuptools that has it", at.note);
    program.findings.push(Finding::new(codes::SETUPTOOLS_MISSING, what, [at]));
    true
}

/// An import of the program; `newest`: the newest setuptools is installed, which lacks one module alone.
fn own(world: &World, newest: bool) -> Option<Evidence> {
    world.modules.iter().find_map(|module| {
        let file = &module.file;
        let import = file.imports.iter().find(|import| {
            let top = import.path.split('.').next().unwrap_or_default();
            top == "pkg_resources" || top == "setuptools" && !newest
        })?;
        let note = format!("the program imports {}", import.path);
        runs(file, import.line).then(|| Evidence::at(&file.path, import.line, note))
    })
}

/// A package that imports it.
fn of_package(world: &World, row: &Setuptools) -> Option<Evidence> {
    world.app.installed.packages().find_map(|package| {
        let first = numbers(row.users.get(&package.name)?)?;
        let named = package.version.as_deref().map_or_else(String::new, |held| format!(" {held}"));
        let note = format!("{}{named} imports pkg_resources", package.name);
        package.is_under(first).then(|| Evidence { note, ..package.evidence.clone() })
    })
}
