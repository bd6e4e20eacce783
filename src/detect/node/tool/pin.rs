//! Which version of a package manager the manifests ask for: exact ones first, then ranges.

use std::collections::BTreeMap;

use anyhow::Result;
use nodejs_semver::{Range, Version};
use serde_json::Value;

use super::super::manifest::Package;
use crate::catalog::Catalog;
use crate::detect::node::codes;
use crate::detect::version::pinned;
use crate::facts::{Evidence, Finding};
use crate::recipes;
use crate::repo::Dir;

/// `packageManager` as name and version, without the hash.
pub(super) fn field(package: &Package) -> Option<(&str, &str)> {
    let (name, version) = package.str(&["packageManager"])?.split_once('@')?;
    Some((name, version.split('+').next().unwrap_or(version)))
}

/// `devEngines.packageManager` as name and version
/// (<https://docs.npmjs.com/cli/v11/configuring-npm/package-json#devengines>).
pub(super) fn development(package: &Package) -> Option<(&str, &str)> {
    let held = package.get(&["devEngines", "packageManager"])?;
    let one = held.as_array().and_then(|list| list.first()).unwrap_or(held);
    Some((one.get("name")?.as_str()?, one.get("version").and_then(Value::as_str).unwrap_or("*")))
}

/// The versions of a manager that the manifest asks for, strongest first.
fn stated<'p>(family: &str, package: &'p Package) -> Vec<(&'p str, Evidence)> {
    let mut found = Vec::new();
    let place =
        |keys: &[&str], text: &str| package.at(keys, format!("{} is \"{text}\"", keys.join(".")));
    if let Some((_, version)) = field(package).filter(|(name, _)| *name == family) {
        found.push((version, place(&["packageManager"], &format!("{family}@{version}"))));
    }
    let keys = ["devEngines", "packageManager"];
    if let Some((_, version)) = development(package).filter(|(name, _)| *name == family) {
        found.push((version, place(&keys, &format!("{family}@{version}"))));
    }
    for keys in [["volta", family], ["engines", family]] {
        if let Some(text) = package.str(&keys) {
            found.push((text, place(&keys, text)));
        }
    }
    found
}

/// The exact version that the manifest pins, or else the one that mise or asdf pins.
pub(super) fn exact(family: &str, package: &Package, root: &Dir) -> Result<Option<String>> {
    let exact =
        |text: &str| Version::parse(text).ok().map(|_| text.trim_start_matches('v').to_owned());
    let stated = stated(family, package);
    let own = stated.iter().find_map(|(text, _)| exact(text));
    if own.is_some() || !stated.is_empty() || family == "npm" {
        return Ok(own);
    }
    Ok(elsewhere(family, root)?.and_then(|text| exact(&text)))
}

/// What mise, asdf or the CI says where the manifest does not: a version or a range.
fn elsewhere(family: &str, root: &Dir) -> Result<Option<String>> {
    if let Some(found) = pinned(root, &[family])? {
        return Ok(Some(found.value));
    }
    let tools = recipes::tool_versions(root.repo, &root.path, &[family])?;
    let first = tools.first().map(|tool| tool.version.clone());
    Ok(first.filter(|first| tools.iter().all(|tool| tool.version == *first)))
}

/// A version inside the ranges of the manifest: `default` if it fits, or else the newest that
/// does.
pub(super) fn within(
    id: &str,
    family: &str,
    (package, root): (&Package, &Dir),
    default: Option<String>,
    catalog: &Catalog,
) -> Result<Option<String>> {
    let stated = stated(family, package);
    let mut ranges: Vec<Range> = stated.iter().filter_map(|(text, _)| text.parse().ok()).collect();
    if stated.is_empty() && family != "npm" {
        ranges.extend(elsewhere(family, root)?.and_then(|text| text.parse().ok()));
    }
    let fits = |version: &String| {
        Version::parse(version).is_ok_and(|v| ranges.iter().all(|range| range.satisfies(&v)))
    };
    if ranges.is_empty() || default.as_ref().is_some_and(fits) {
        return Ok(default);
    }
    let newest: BTreeMap<String, Vec<String>> = catalog.table("newest")?;
    let newest = newest.get(id).into_iter().flatten().find(|version| fits(version));
    // The range is a line of its own, such as `~9.1.0`: the lowest version in it is taken. `*` and
    // `<9` start at 0.0.0, which is no release to install.
    let smallest =
        || ranges.first()?.min_version().map(|v| v.to_string()).filter(|v| !v.starts_with("0."));
    Ok(newest.cloned().or_else(smallest).or(default))
}

/// Reports that the installed version does not meet every statement.
pub(crate) fn contradiction(
    family: &str,
    package: &Package,
    installed: Option<&str>,
) -> Option<Finding> {
    let version = Version::parse(installed?.rsplit_once('@')?.1).ok()?;
    let outside = |(text, evidence): (&str, Evidence)| {
        let range: Range = text.parse().ok()?;
        (!range.satisfies(&version)).then_some((text.to_owned(), evidence))
    };
    let (asked, evidence) = stated(family, package).into_iter().find_map(outside)?;
    Some(Finding::new(
        codes::TOOL_VERSION_DISAGREES,
        format!("{family} {version} builds the image, and the manifest also asks for \"{asked}\""),
        [evidence],
    ))
}
