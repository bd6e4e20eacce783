//! Which Rust builds the project. A toolchain file is a pin; `rust-version`, edition and lockfile
//! format are floors; locked packages that a newer compiler refuses are a ceiling.

use anyhow::{Result, bail};
use serde::Deserialize;

use super::lockfile::Lockfile;
use super::manifest::Manifest;
use super::workspace::Workspace;
use crate::catalog::Catalog;
use crate::detect::rust::codes;
use crate::detect::version;
use crate::facts::{Evidence, Finding, Sourced};
use crate::path::RelPath;
use crate::repo::{Dir, line_of, parse_toml};

/// A locked package that does not compile from some release on.
#[derive(Debug, Deserialize)]
struct Breaks {
    #[serde(rename = "crate")]
    name: String,
    from: String,
    before: String,
    rust: String,
    source: String,
}

/// The release that introduced an edition or a lockfile format.
#[derive(Debug, Deserialize)]
struct Since {
    value: String,
    rust: String,
}

/// The numbers of a version, with 0 for missing ones; `None` if it is not a version.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let version = version.split(['-', '+']).next().unwrap_or_default();
    let mut parts = version.splitn(3, '.').map(|part| part.parse::<u64>().ok());
    let first = parts.next()??;
    let second = parts.next().unwrap_or(Some(0))?;
    let third = parts.next().unwrap_or(Some(0))?;
    Some([first, second, third])
}

/// Refuses a version for which there is no image.
///
/// # Errors The error says which form is valid.
pub(super) fn check(version: &str) -> Result<()> {
    let exact = version.contains('.') && numbers(version).is_some();
    if !exact {
        bail!(
            "toolchain `{version}` is not a release of Rust: write major.minor or major.minor.patch"
        );
    }
    Ok(())
}

/// The toolchain to build with, and findings about it.
pub(super) fn toolchain(
    dir: &Dir,
    workspace: &Workspace,
    lock: Option<&Lockfile>,
    catalog: &Catalog,
) -> Result<(Sourced<String>, Vec<Finding>)> {
    let floor = floor(workspace, lock, catalog)?;
    let ceiling = ceiling(lock, catalog)?;
    let mut findings = Vec::new();
    let root = Dir::new(dir.repo, workspace.root.clone());
    let pinned = match toolchain_file(&root, &mut findings)? {
        Some(found) => Some(found),
        None => version::pinned(&root, &["rust"])?.filter(|found| numbers(&found.value).is_some()),
    };
    if let Some(pinned) = pinned {
        if let Some((least, evidence)) =
            floor.filter(|(least, _)| numbers(&pinned.value) < numbers(least))
        {
            findings.push(Finding::toolchain_too_old(
                "Rust",
                &pinned.value,
                least,
                pinned.evidence.iter().cloned().chain([evidence]),
            ));
        }
        return Ok((pinned, findings));
    }
    let newest = &catalog.default_cycle;
    let mut found = Sourced::assumed(newest.clone());
    if let Some((limit, evidence)) = ceiling.filter(|(limit, _)| numbers(limit) <= numbers(newest))
    {
        // Takes the newest release below the limit.
        let below = catalog
            .release
            .iter()
            .map(|release| release.cycle.as_str())
            .find(|cycle| numbers(cycle) < numbers(&limit));
        if let Some(below) = below {
            findings.push(Finding::new(
                codes::LOCKFILE_NEEDS_OLD_TOOLCHAIN,
                format!("Cargo.lock builds with Rust up to {below} only"),
                [evidence.clone()],
            ));
            found = Sourced::new(below.to_owned(), evidence)
                .rejecting(newest, "does not compile a locked package");
        }
    } else if let Some((least, evidence)) = floor {
        if numbers(&least) > numbers(newest) {
            found = Sourced::new(least, evidence).rejecting(newest, "older than the project needs");
        } else {
            found.evidence.push(evidence);
        }
    }
    Ok((found, findings))
}

#[derive(Debug, Deserialize)]
struct ToolchainFile {
    toolchain: ToolchainTable,
}

#[derive(Debug, Default, Deserialize)]
struct ToolchainTable {
    channel: Option<String>,
    #[serde(default)]
    targets: Vec<String>,
    path: Option<String>,
}

/// The toolchain file of rustup, from the nearest folder:
/// <https://rust-lang.github.io/rustup/overrides.html#the-toolchain-file>.
fn toolchain_file(root: &Dir, findings: &mut Vec<Finding>) -> Result<Option<Sourced<String>>> {
    for folder in root.upwards() {
        // If both exist, rustup takes the one without an extension.
        for name in ["rust-toolchain", "rust-toolchain.toml"] {
            let Some((path, text)) = folder.text(name)? else { continue };
            let bare = text.trim();
            let table = if name == "rust-toolchain" && !bare.contains(['\n', '[', '=']) {
                ToolchainTable { channel: Some(bare.to_owned()), ..ToolchainTable::default() }
            } else {
                parse_toml::<ToolchainFile>(&path, &text)?.toolchain
            };
            return Ok(channel(&path, &text, &table, findings));
        }
    }
    Ok(None)
}

fn channel(
    path: &RelPath,
    text: &str,
    table: &ToolchainTable,
    findings: &mut Vec<Finding>,
) -> Option<Sourced<String>> {
    if let Some(target) = table.targets.iter().find(|target| target.starts_with("wasm")) {
        let line = line_of(text, target).unwrap_or(1);
        findings.push(Finding::new(
            codes::WASM_TARGET,
            format!("the toolchain file adds the target {target}"),
            [Evidence::at(path, line, "targets")],
        ));
    }
    let Some(channel) = &table.channel else {
        if let Some(local) = &table.path {
            findings.push(Finding::new(
                codes::TOOLCHAIN_NOT_STABLE,
                format!("the toolchain at `{local}` is not in any image"),
                [Evidence::at(path, line_of(text, local).unwrap_or(1), "path")],
            ));
        }
        return None;
    };
    let line = line_of(text, channel).unwrap_or(1);
    // The channel may end in a host: 1.85.0-x86_64-unknown-linux-gnu.
    let version = channel.split('-').next().unwrap_or_default();
    if numbers(version).is_some() && version.contains('.') {
        return Some(Sourced::new(
            version.to_owned(),
            Evidence::at(path, line, "the toolchain file pins it"),
        ));
    }
    // The newest stable release is the default anyway.
    if version != "stable" {
        findings.push(Finding::new(
            codes::TOOLCHAIN_NOT_STABLE,
            format!("the toolchain file asks for `{channel}`, which has no official image"),
            [Evidence::at(path, line, "channel")],
        ));
    }
    None
}

/// The strongest floor among `rust-version` and edition of the packages that are built, and the
/// format of the lockfile.
fn floor(
    workspace: &Workspace,
    lock: Option<&Lockfile>,
    catalog: &Catalog,
) -> Result<Option<(String, Evidence)>> {
    let shared = workspace.shared();
    let editions: Vec<Since> = catalog.table("edition")?;
    let formats: Vec<Since> = catalog.table("lockfile")?;
    let mut floors: Vec<(String, Evidence)> = Vec::new();
    let manifests =
        workspace.packages.iter().filter(|(folder, _)| workspace.members.contains(*folder));
    for (_, manifest) in manifests {
        let Some(package) = &manifest.package else { continue };
        let stated =
            Manifest::inherited(package.rust_version.as_ref(), shared.rust_version.as_ref());
        if let (Some(stated), Some(span)) = (stated, &package.rust_version) {
            floors.push((
                stated.to_owned(),
                manifest.at(span, "rust-version is the oldest release that will do"),
            ));
        }
        let edition = Manifest::inherited(package.edition.as_ref(), shared.edition.as_ref());
        let since = editions.iter().find(|row| Some(row.value.as_str()) == edition);
        if let (Some(since), Some(span)) = (since, &package.edition) {
            floors.push((
                since.rust.clone(),
                manifest.at(span, format!("edition {} needs this release", since.value)),
            ));
        }
    }
    if let Some(lock) = lock
        && let Some(since) = formats.iter().find(|row| row.value == lock.format.to_string())
    {
        floors.push((
            since.rust.clone(),
            Evidence::file(&lock.path, "the lockfile's format needs this release"),
        ));
    }
    // Among equal floors, the first in the order of the folders.
    let mut best: Option<(String, Evidence)> = None;
    for floor in floors.into_iter().filter(|(version, _)| numbers(version).is_some()) {
        if best.as_ref().is_none_or(|held| numbers(&held.0) < numbers(&floor.0)) {
            best = Some(floor);
        }
    }
    Ok(best)
}

/// The first release that does not compile a locked package.
fn ceiling(lock: Option<&Lockfile>, catalog: &Catalog) -> Result<Option<(String, Evidence)>> {
    let rows: Vec<Breaks> = catalog.table("breaks")?;
    let Some(lock) = lock else { return Ok(None) };
    let mut found: Option<(String, Evidence)> = None;
    for row in rows {
        for package in lock.named(&row.name) {
            let version = numbers(&package.version);
            if version >= numbers(&row.from)
                && version < numbers(&row.before)
                && found.as_ref().is_none_or(|(limit, _)| numbers(&row.rust) < numbers(limit))
            {
                let note = format!(
                    "{} {} does not compile from Rust {} on ({})",
                    row.name, package.version, row.rust, row.source
                );
                found = Some((row.rust.clone(), lock.at(package, note)));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::workspace::workspace;
    use super::*;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)]) -> (Sourced<String>, Vec<Finding>) {
        let repo = Repo::from_files(files.iter().copied());
        let dir = repo.root();
        let workspace = workspace(&dir).unwrap().unwrap();
        let lock = dir.text("Cargo.lock").unwrap();
        let lock = lock.map(|(path, text)| Lockfile::parse(&path, &Rc::from(&*text)).unwrap());
        toolchain(&dir, &workspace, lock.as_ref(), Catalog::of("rust").unwrap()).unwrap()
    }

    const PLAIN: &str = "[package]\nname = \"a\"\nedition = \"2021\"\n";

    #[test]
    fn a_toolchain_file_is_a_pin() {
        let pinned = of(&[
            ("Cargo.toml", PLAIN),
            ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.90.0\"\n"),
        ])
        .0;
        assert_eq!(
            (pinned.value.as_str(), pinned.evidence[0].place().as_str()),
            ("1.90.0", "rust-toolchain.toml:2")
        );
        assert_eq!(of(&[("Cargo.toml", PLAIN), ("rust-toolchain", "1.91\n")]).0.value, "1.91");
        let default = Catalog::of("rust").unwrap().default_cycle.clone();
        assert_eq!(of(&[("Cargo.toml", PLAIN), ("rust-toolchain", "stable")]).0.value, default);
        assert_eq!(
            of(&[("Cargo.toml", PLAIN), (".tool-versions", "rust 1.90.0\n")]).0.value,
            "1.90.0"
        );
        let nightly = of(&[("Cargo.toml", PLAIN), ("rust-toolchain", "nightly-2026-01-01")]);
        assert_eq!(
            (nightly.0.value, nightly.1[0].code.as_str()),
            (default, "toolchain-not-stable")
        );
    }

    #[test]
    fn rust_version_is_a_floor() {
        let default = Catalog::of("rust").unwrap().default_cycle.clone();
        let floor = |version: &str| format!("{PLAIN}rust-version = \"{version}\"\n");
        assert_eq!(of(&[("Cargo.toml", &floor("1.70"))]).0.value, default);
        assert_eq!(of(&[("Cargo.toml", &floor("1.170"))]).0.value, "1.170");
        let old = of(&[("Cargo.toml", &floor("1.88")), ("rust-toolchain", "1.85.0")]);
        assert_eq!(old.1[0].code.as_str(), "toolchain-too-old");
        assert_eq!(
            of(&[
                ("Cargo.toml", "[package]\nname = \"a\"\nedition = \"2024\"\n"),
                ("rust-toolchain", "1.80")
            ])
            .1
            .len(),
            1
        );
    }

    #[test]
    fn a_locked_package_may_be_a_ceiling() {
        let lock = "version = 3\n[[package]]\nname = \"time\"\nversion = \"0.3.20\"\nsource = \"registry+x\"\n";
        let (found, findings) = of(&[("Cargo.toml", PLAIN), ("Cargo.lock", lock)]);
        assert_eq!(
            (found.value.as_str(), findings[0].code.as_str()),
            ("1.79", "lockfile-needs-old-toolchain")
        );
        assert_eq!(found.evidence[0].place(), "Cargo.lock:3");
    }

    #[test]
    fn versions_are_checked() {
        assert!(check("1.98").is_ok() && check("1.98.1").is_ok());
        assert!(check("1").is_err() && check("nightly").is_err() && check("").is_err());
    }
}
