//! Packages with native code that a build reaches, and what they need of the system.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lockfile::{Lockfile, Locked, Reached};
use crate::facts::{Evidence, Libc, Needs, Sourced};

/// A row of the catalog: see its comment there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Native {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    needs: Vec<String>,
    unless: Option<String>,
    only_if: Option<String>,
    #[serde(default)]
    not_with: Vec<String>,
    #[serde(default)]
    bundled: Vec<String>,
    glibc: Option<String>,
    source: String,
}

/// Edges of the lockfile that do not count on Linux.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unused {
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) dependencies: Vec<String>,
    #[serde(rename = "source")]
    _source: String,
}

/// Adds what the reached packages need.
pub(super) fn add_needs(rows: &[Native], lock: &Lockfile, reached: &Reached, needs: &mut Needs) {
    let mut found: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    let names: std::collections::BTreeSet<&str> = reached.keys().map(|(name, _)| name.as_str()).collect();
    for (package, way) in reached.values() {
        for row in rows.iter().filter(|row| row.name == package.name) {
            if row.not_with.iter().any(|name| names.contains(name.as_str())) {
                continue;
            }
            let has = |name: &Option<String>| name.as_ref().map(|name| depends(lock, package, name));
            if has(&row.only_if) == Some(false) {
                continue;
            }
            let bundled = has(&row.unless) == Some(true);
            let keys = if bundled { &row.bundled } else { &row.needs };
            let verb = if bundled { "compiles the library in" } else { "needs it" };
            let note = format!("{} {verb} ({}); {}", package.name, way.join(" -> "), row.source);
            for key in keys {
                found.entry(key.clone()).or_default().push(lock.at(package, note.clone()));
            }
            if let Some(why) = &row.glibc {
                needs.libc = Libc::Glibc;
                needs.libc_evidence.push(lock.at(package, format!("{why} ({})", way.join(" -> "))));
            }
        }
    }
    for (key, evidence) in found {
        needs.packages.push(Sourced { value: key, evidence, rejected: Vec::new() });
    }
}

fn depends(lock: &Lockfile, package: &Locked, name: &str) -> bool {
    lock.dependencies(package).any(|dependency| dependency.name == name)
}
