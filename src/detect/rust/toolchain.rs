//! Which Rust builds the project. A toolchain file is a pin; `rust-version`, edition and lockfile
//! format are floors; locked packages that a newer compiler refuses are a ceiling.

use anyhow::{Result, bail};
use serde::Deserialize;

use super::lockfile::Lockfile;
use super::manifest::Manifest;
use super::workspace::Workspace;
use super::{Nightly, nightly};
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

/// The toolchain to build with, and what is said about it.
pub(super) struct Chosen {
    pub(super) toolchain: Sourced<String>,
    /// A nightly compiler that is installed beside it.
    pub(super) nightly: Option<Nightly>,
    pub(super) findings: Vec<Finding>,
}

/// The toolchain to build with, and findings about it.
pub(super) fn toolchain(
    dir: &Dir,
    workspace: &Workspace,
    lock: Option<&Lockfile>,
    catalog: &Catalog,
) -> Result<Chosen> {
    let floor = floor(workspace, lock, catalog)?;
    let ceiling = ceiling(lock, catalog)?;
    let mut findings = Vec::new();
    let root = Dir::new(dir.repo, workspace.root.clone());
    let mut nightly = None;
    let stated = toolchain_file(&root, &mut findings)?;
    if let Some((channel, place)) = stated.nightly {
        nightly = with_nightly(&channel, place, dir, workspace, &mut findings)?;
    } else if stated.version.is_none()
        && findings.is_empty()
        && let Some(place) = nightly::needed(dir.repo, workspace)?
    {
        let what = format!("{}, and the project names no nightly compiler", place.note);
        findings.push(Finding::new(codes::NIGHTLY_NEEDED, what, [place]));
    }
    let pinned = match stated.version {
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
        return Ok(Chosen { toolchain: pinned, nightly, findings });
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
    Ok(Chosen { toolchain: found, nightly, findings })
}

/// What a nightly channel of the toolchain file means: no more than the newest stable release where
/// nothing needs it, or a compiler that the build stage installs if the channel has a date.
fn with_nightly(
    channel: &str,
    place: Evidence,
    dir: &Dir,
    workspace: &Workspace,
    findings: &mut Vec<Finding>,
) -> Result<Option<Nightly>> {
    let Some(needs) = nightly::needed(dir.repo, workspace)? else {
        let what = format!("the toolchain file asks for `{channel}`, and no source needs it");
        findings.push(Finding::new(codes::NIGHTLY_NOT_NEEDED, what, [place]));
        return Ok(None);
    };
    let Some(dated) = nightly::dated(channel) else {
        findings.push(
            Finding::new(
                codes::TOOLCHAIN_NOT_STABLE,
                format!("the toolchain file asks for `{channel}`, which has no official image"),
                [place, needs],
            )
            .with_why("another compiler has that name every day, so a build today and one tomorrow differ")
            .with_fix(
                "name a dated one, such as `nightly-2026-01-15`, in the toolchain file: the build \
                 stage then installs it; or, if a stable release builds it too, set --toolchain to \
                 that release",
            ),
        );
        return Ok(None);
    };
    let what = format!("the build stage installs `{dated}`, which the project needs");
    let finding = Finding::new(codes::NIGHTLY_TOOLCHAIN, what, [place, needs]);
    Ok(Some(Nightly { channel: dated.to_owned(), finding }))
}

/// What the toolchain file says.
#[derive(Default)]
struct Stated {
    version: Option<Sourced<String>>,
    /// A nightly channel.
    nightly: Option<(String, Evidence)>,
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
fn toolchain_file(root: &Dir, findings: &mut Vec<Finding>) -> Result<Stated> {
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
    Ok(Stated::default())
}

fn channel(
    path: &RelPath,
    text: &str,
    table: &ToolchainTable,
    findings: &mut Vec<Finding>,
) -> Stated {
    let none = Stated::default();
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
        return none;
    };
    let line = line_of(text, channel).unwrap_or(1);
    // The channel may end in a host: 1.85.0-x86_64-unknown-linux-gnu.
    let version = channel.split('-').next().unwrap_or_default();
    if numbers(version).is_some() && version.contains('.') {
        let pinned = Evidence::at(path, line, "the toolchain file pins it");
        return Stated { version: Some(Sourced::new(version.to_owned(), pinned)), ..none };
    }
    if version == "nightly" {
        let place = Evidence::at(path, line, "channel");
        return Stated { nightly: Some((channel.clone(), place)), ..none };
    }
    // The newest stable release is the default anyway.
    if version != "stable" {
        findings.push(Finding::new(
            codes::TOOLCHAIN_NOT_STABLE,
            format!("the toolchain file asks for `{channel}`, which has no official image"),
            [Evidence::at(path, line, "channel")],
        ));
    }
    none
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
                manifest.at(span, format!("rust-version asks for {stated} or newer")),
            ));
        }
        let edition = Manifest::inherited(package.edition.as_ref(), shared.edition.as_ref());
        let since = editions.iter().find(|row| Some(row.value.as_str()) == edition);
        if let (Some(since), Some(span)) = (since, &package.edition) {
            floors.push((
                since.rust.clone(),
                manifest.at(span, format!("edition {} needs {} or newer", since.value, since.rust)),
            ));
        }
    }
    if let Some(lock) = lock
        && let Some(since) = formats.iter().find(|row| row.value == lock.format.to_string())
    {
        floors.push((
            since.rust.clone(),
            Evidence::file(
                &lock.path,
                format!("the lockfile's format needs {} or newer", since.rust),
            ),
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
        let chosen = toolchain(&dir, &workspace, lock.as_ref(), Catalog::of("rust").unwrap());
        let chosen = chosen.unwrap();
        let nightly = chosen.nightly.map(|nightly| nightly.finding);
        (chosen.toolchain, chosen.findings.into_iter().chain(nightly).collect())
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
        let main = |text| ("src/main.rs", text);
        let unstable = main("#![feature(test)] fn main() {}");
        for (channel, main, code) in [
            ("nightly-2026-01-01", unstable, "nightly-toolchain"),
            ("nightly", unstable, "toolchain-not-stable"),
            ("nightly", main("#![cfg_attr(doc, feature(doc_cfg))]"), "nightly-not-needed"),
            ("nightly-2026-01-01", main("fn main() {}"), "nightly-not-needed"),
            ("beta", main("fn main() {}"), "toolchain-not-stable"),
            ("stable", main("fn main() {}"), ""),
        ] {
            let found = of(&[("Cargo.toml", PLAIN), ("rust-toolchain", channel), main]);
            let said = found.1.first().map_or("", |finding| finding.code.as_str());
            assert_eq!((found.0.value.as_str(), said), (default.as_str(), code), "{channel}");
        }
        let none = of(&[("Cargo.toml", PLAIN), unstable]);
        assert_eq!(none.1[0].code.as_str(), "nightly-needed");
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
