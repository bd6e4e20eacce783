//! Nightly compilers: whether the code needs one, and which one the toolchain file pins.

use std::cell::LazyCell;

use anyhow::Result;

use super::conditions;
use super::features::{self, Asked};
use super::manifest::{Manifest, Role};
use super::source::SourceFile;
use super::targets;
use super::workspace::Workspace;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;

/// Words in the condition of a `cfg_attr` that no build of a program meets.
const NEVER_BUILT: [&str; 9] = [
    "clippy",
    "coverage",
    "coverage_nightly",
    "doc",
    "doc_cfg",
    "docs_rs",
    "docsrs",
    "miri",
    "test",
];

/// How many tokens of a `cfg_attr` are read.
const MAX_ATTRIBUTE: usize = 200;

/// The length of `2026-01-31`.
const DATE: usize = 10;

/// The first place where the packages of a build ask for a nightly compiler.
pub(super) fn needed(repo: &Repo, workspace: &Workspace) -> Result<Option<Evidence>> {
    for (folder, manifest) in &workspace.packages {
        let asked = manifest.text.lines().position(|line| line.starts_with("cargo-features"));
        if let Some(line) = asked.and_then(|line| u32::try_from(line + 1).ok()) {
            let note = "`cargo-features`, which only a nightly cargo reads";
            return Ok(Some(Evidence::at(&manifest.path, line, note)));
        }
        let mut roots: Vec<RelPath> = targets::library(manifest).into_iter().collect();
        roots.extend(targets::binaries(repo, manifest).into_iter().map(|binary| binary.path));
        roots.extend(targets::build_scripts(repo, manifest));
        // Few packages ask for it, and following the features of each is slow in a large workspace.
        let by_default = LazyCell::new(|| features::active(workspace, folder, &Asked::default()));
        for root in roots {
            let Some(text) = repo.source_text(&root)? else { continue };
            if !text.contains("feature(") {
                continue;
            }
            let file = SourceFile::parse(&root, &text);
            let on = |feature: &str| {
                let declared = manifest.features.contains_key(feature);
                declared.then(|| by_default.has(folder, feature))
            };
            if let Some(at) = (0..file.len()).find(|at| turns_on(&file, *at, &on)) {
                let note = "`#![feature(..)]`, which only a nightly compiler takes";
                return Ok(Some(file.evidence(at, note)));
            }
        }
        if let Some(found) = dependency(workspace, folder, manifest) {
            return Ok(Some(found));
        }
    }
    for path in [".cargo/config.toml", ".cargo/config"] {
        let Some(path) = workspace.root.join(path) else { continue };
        let Some(text) = repo.source_text(&path)? else { continue };
        let unstable = |line: &str| line.starts_with("[unstable]") || line.contains("\"-Z");
        let line = text.lines().position(unstable).and_then(|line| u32::try_from(line + 1).ok());
        if let Some(line) = line {
            let note = "a setting that only a nightly compiler takes";
            return Ok(Some(Evidence::at(&path, line, note)));
        }
    }
    Ok(None)
}

/// A dependency that every build has, with its feature `nightly`.
fn dependency(workspace: &Workspace, folder: &RelPath, manifest: &Manifest) -> Option<Evidence> {
    let mut all = manifest.dependencies().filter(|held| held.role != Role::Dev);
    all.find_map(|held| {
        let (spec, _) = workspace.resolve(held.key, &held.spec.as_ref().table(), folder);
        let asks = !spec.optional && spec.features.iter().any(|feature| feature == "nightly");
        let note = format!("`{}` with its feature `nightly`", held.key);
        asks.then(|| manifest.at(held.spec, note))
    })
}

/// True for `#![feature(x)]`, and for `#![cfg_attr(c, feature(x))]` where a build may meet `c`.
fn turns_on(file: &SourceFile, at: usize, on: &dyn Fn(&str) -> Option<bool>) -> bool {
    if !(file.is(at, "#") && file.is(at + 1, "!") && file.is(at + 2, "[")) {
        return false;
    }
    if file.is(at + 3, "feature") {
        return true;
    }
    let open = at + 4;
    if !(file.is(at + 3, "cfg_attr") && file.is(open, "(")) {
        return false;
    }
    let close = file.closing(open).min(open + MAX_ATTRIBUTE);
    let plain = |n: &usize| file.is(*n, ",") && file.brackets(*n).first() == Some(&open);
    let Some(comma) = (open + 1..close).find(plain) else { return false };
    let turns = (comma..close).any(|n| file.is(n, "feature") && file.is(n + 1, "("));
    turns && conditions::is_met(file, open + 1..comma, &NEVER_BUILT, on)
}

/// The dated channel in `nightly-2026-01-31-x86_64-unknown-linux-gnu`, without the host.
pub(super) fn dated(channel: &str) -> Option<&str> {
    let date = channel.strip_prefix("nightly-")?.get(..DATE)?;
    let plain = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    plain.then(|| &channel[.."nightly-".len() + DATE])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::rust::workspace::workspace;

    fn needs(manifest: &str, main: &str) -> bool {
        let manifest = format!("[package]\nname = \"a\"\n{manifest}");
        let repo = Repo::from_files([("Cargo.toml", manifest.as_str()), ("src/main.rs", main)]);
        let workspace = workspace(&repo.root()).unwrap().unwrap();
        needed(&repo, &workspace).unwrap().is_some()
    }

    #[test]
    fn what_only_a_nightly_compiler_takes() {
        for main in [
            "#![feature(test)]\nfn main() {}",
            "//! A.\n#![allow(x)]\n#![feature(a, b)]\nfn main() {}",
            "#![cfg_attr(feature = \"simd\", feature(portable_simd))]",
            "#![cfg_attr(not(doc), feature(x))]",
        ] {
            assert!(needs("", main), "{main}");
        }
        for main in [
            "#![cfg_attr(doc, feature(doc_cfg))]",
            "#![cfg_attr(any(docsrs, test), feature(doc_cfg))]",
            "#![cfg_attr(all(feature = \"x\", test), feature(test))]",
            "#![cfg_attr(feature = \"x\", deny(warnings))]",
            "// #![feature(x)]\nfn main() { feature(x); }",
            "#[cfg(feature = \"x\")] fn a() {}",
        ] {
            assert!(!needs("", main), "{main}");
        }
        let asked = "#![cfg_attr(feature = \"nightly\", feature(x))]";
        assert!(!needs("[features]\nnightly = []\n", asked), "a feature that is off");
        assert!(needs("[features]\ndefault = [\"nightly\"]\nnightly = []\n", asked));
        let features = "[dependencies]\nlib = { version = \"1\", features = [\"nightly\"] }\n";
        assert!(needs(features, ""));
        assert!(!needs(&features.replace("features", "optional = true, features"), ""));
        assert!(!needs(&features.replace("[dep", "[dev-dep"), ""));
    }

    #[test]
    fn a_date_is_told_from_a_host() {
        assert_eq!(dated("nightly-2026-01-31"), Some("nightly-2026-01-31"));
        let host = "nightly-2026-01-31-x86_64-unknown-linux-gnu";
        assert_eq!(dated(host), Some("nightly-2026-01-31"));
        for odd in ["nightly", "nightly-x86_64-unknown", "beta-2026-01-31", "nightly-2026-1-3"] {
            assert_eq!(dated(odd), None, "{odd}");
        }
    }
}
