//! Which packages the image holds, by their normalised names.

use std::collections::{BTreeMap, BTreeSet};

use super::requirement::Requirement;
use super::requirements::EVERY;
use super::specifier::{bound, numbers};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Where the files of a package come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// An index, with its address where the file states one.
    #[default]
    Index,
    Registry(String),
    /// A repository that git fetches.
    Git(String),
    /// A folder or an archive, relative to the folder of the lockfile.
    Local(String),
    /// An address.
    Url(String),
}

/// A package that is installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// The range that a manifest states, where it holds in every environment.
    pub(super) range: String,
    pub(super) extras: BTreeSet<String>,
    /// The names of its files; empty if the lockfile does not have them.
    pub(super) files: Vec<String>,
    pub(super) origin: Origin,
    /// Where it is stated.
    pub(super) evidence: Evidence,
}

/// The packages of the image, without those for development.
#[derive(Debug, Default)]
pub(super) struct Installed {
    direct: BTreeMap<String, Evidence>,
    packages: BTreeMap<String, Package>,
    /// Packages that are compiled although they have wheels, as `--no-binary` names them.
    pub(super) from_source: BTreeSet<String>,
    /// An index has builds without CUDA, which come before the others.
    pub(super) for_cpu: bool,
    /// Every package that is fetched has its version, and those that it needs are listed too.
    pub(super) locked: bool,
}

impl Package {
    /// True if every version that may be installed lies below that one.
    pub(super) fn is_under(&self, first: [u64; 3]) -> bool {
        match self.version.as_deref().and_then(numbers) {
            Some(version) => version < first,
            None => bound(&self.range).is_some_and(|bound| bound <= first),
        }
    }
}

impl Installed {
    /// Adds a direct dependency that stands in `file`.
    pub(super) fn require(&mut self, file: &RelPath, requirement: &Requirement) {
        let evidence =
            Evidence::at(file, requirement.line, format!("requires {}", requirement.name));
        self.direct.entry(requirement.name.clone()).or_insert_with(|| evidence.clone());
        let origin = match requirement.url.as_deref() {
            None => Origin::Index,
            Some(url) if url.starts_with("git+") => Origin::Git(url.to_owned()),
            // `file://` names a path of this machine, which must be in the build context.
            Some(url) if url.contains("://") && !url.starts_with("file:") => {
                Origin::Url(url.to_owned())
            }
            Some(path) => Origin::Local(path.to_owned()),
        };
        let package = self.packages.entry(requirement.name.clone()).or_insert_with(|| Package {
            name: requirement.name.clone(),
            version: requirement.pinned().map(str::to_owned),
            range: Some(&requirement.versions)
                .filter(|_| !requirement.conditional)
                .cloned()
                .unwrap_or_default(),
            extras: BTreeSet::new(),
            files: Vec::new(),
            origin,
            evidence,
        });
        package.extras.extend(requirement.extras.iter().cloned());
    }

    /// Adds a package of a lockfile; extras that were asked for stay.
    pub(super) fn lock(&mut self, mut package: Package) {
        // A lockfile need not repeat which extras the manifest asked for.
        if let Some(held) = self.packages.get(&package.name) {
            package.extras.extend(held.extras.iter().cloned());
        }
        self.packages.insert(package.name.clone(), package);
    }

    /// True if the image holds a package.
    pub(super) fn has(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// Where a package is stated: as a dependency, else in the lockfile.
    pub(super) fn evidence(&self, name: &str) -> Option<Evidence> {
        let held = self.direct.get(name);
        held.or_else(|| Some(&self.packages.get(name)?.evidence)).cloned()
    }

    /// The version of a package that the lockfile or a pin states.
    pub(super) fn version(&self, name: &str) -> Option<&str> {
        self.packages.get(name)?.version.as_deref()
    }

    /// True if the application itself asks for a package.
    pub(super) fn is_direct(&self, name: &str) -> bool {
        self.direct.contains_key(name)
    }

    /// True if a package is installed with an extra: `uvicorn[standard]`.
    pub(super) fn extra(&self, name: &str, extra: &str) -> bool {
        self.packages.get(name).is_some_and(|package| package.extras.contains(extra))
    }

    /// True if no wheel of a package is taken.
    pub(super) fn is_from_source(&self, name: &str) -> bool {
        self.from_source.contains(name) || self.from_source.contains(EVERY)
    }

    /// Every package, by name.
    pub(super) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }
}
