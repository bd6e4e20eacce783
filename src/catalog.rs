//! The catalog of versions, images and packages: rows of `templates/catalog/*.toml`, compiled in.
//! No decisions are made here.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

/// Everything under `templates/`, compiled into the binary.
pub(crate) static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A release line of a language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The cycle, such as `26` or `1.27`.
    pub cycle: String,
    /// It has long-term support.
    #[serde(default)]
    pub lts: bool,
    /// It still receives fixes on the catalog's date.
    pub supported: bool,
    /// The last day on which it receives fixes, `YYYY-MM-DD`.
    pub eol: Option<String>,
    /// The newest known release, `x.y.z`.
    pub latest: String,
    /// A name that version files may use, such as `krypton`.
    pub codename: Option<String>,
    /// The Debian release of its images.
    pub debian: String,
    /// The Alpine release of its images.
    pub alpine: String,
    /// Exact versions that were published on other distributions, oldest first.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
}

/// The distributions of exact versions below a certain one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The first version `x.y.z` to which this row does not apply.
    pub before: String,
    /// The Debian release.
    pub debian: String,
    /// The Alpine release.
    pub alpine: String,
}

/// The numbers of an exact version `x.y.z`; `None` for a cycle or anything else.
fn exact(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.splitn(3, '.').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

/// An image for building.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// The C library that programs built here are linked with: `glibc` or `musl`.
    pub libc: String,
    /// The image, with the placeholders `{version}`, `{debian}` and `{alpine}`.
    pub image: String,
}

/// An image for running, and what it offers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseRow {
    /// `distroless`, `alpine`, `debian`, `scratch`.
    pub family: String,
    /// The image, with the placeholders `{version}`, `{cycle}`, `{debian}` and `{alpine}`.
    pub image: String,
    /// The cycles that it exists for; if empty, all.
    #[serde(default)]
    pub cycles: Vec<String>,
    /// It works for exact versions too: the program's interpreter is copied from the builder, or
    /// none is needed.
    #[serde(default)]
    pub exact: bool,
    /// Only for sites, which are files that a web server serves.
    #[serde(default)]
    pub site: bool,
    /// `none`, `musl` or `glibc`.
    pub libc: String,
    /// Programs for it are linked statically: a library is needed only while building, as a static
    /// archive.
    #[serde(default)]
    pub static_link: bool,
    /// It has `/bin/sh`.
    #[serde(default)]
    pub shell: bool,
    /// `apt` or `apk`; absent if packages cannot be installed.
    pub installer: Option<String>,
    /// It has CA certificates.
    #[serde(default)]
    pub certificates: bool,
    /// It has time zones.
    #[serde(default)]
    pub zoneinfo: bool,
    /// Its passwd file contains the image's user.
    #[serde(default)]
    pub user: bool,
    /// It has a writable /tmp (mode 1777).
    #[serde(default)]
    pub tmp: bool,
    /// Packages that the language needs on it.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Keys of `packages.toml` that the image already contains.
    #[serde(default)]
    pub provides: Vec<String>,
    /// The interpreter's path in the image.
    pub interpreter: Option<String>,
    /// The path in the builder from which the interpreter is copied.
    pub carry: Option<String>,
    /// Approximate unpacked size in MB: `auto` chooses the smallest that meets the needs.
    pub megabytes: u32,
    /// Why `auto` avoids it as long as another base meets the needs.
    pub reluctant: Option<String>,
    /// The [`Builder::libc`] that builds for it.
    pub builder: String,
}

/// A base family that a language cannot run on, with the reason.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impossible {
    /// The family.
    pub family: String,
    /// Only for sites.
    #[serde(default)]
    pub site: bool,
    /// The reason.
    pub why: String,
}

/// The catalog of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The date of the facts, `YYYY-MM-DD`.
    pub as_of: String,
    /// The source of the facts.
    pub source: String,
    /// The cycle for a repository that states none.
    pub default_cycle: String,
    /// Release lines, newest first.
    pub release: Vec<Release>,
    /// Images for building.
    pub builder: Vec<Builder>,
    /// Images for running.
    pub base: Vec<BaseRow>,
    /// Base families that do not work.
    #[serde(default)]
    pub impossible: Vec<Impossible>,
    /// The language's own tables.
    #[serde(default)]
    pub table: toml::Table,
}

impl Catalog {
    /// The catalog of a language.
    pub fn of(language: &str) -> Result<&'static Self> {
        /// Parsed once, since a monorepo needs it for each of its packages. Catalogs are kept until
        /// the process ends.
        static READ: Mutex<BTreeMap<String, &'static Catalog>> = Mutex::new(BTreeMap::new());
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catalog) = read.get(language) {
            return Ok(catalog);
        }
        let catalog: &'static Self = Box::leak(Box::new(parsed(&format!("{language}.toml"))?));
        read.insert(language.to_owned(), catalog);
        Ok(catalog)
    }

    /// One of the language's own tables.
    pub fn table<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let value = self
            .table
            .get(name)
            .cloned()
            .with_context(|| format!("the catalog has no table `{name}`"))?;
        value.try_into().with_context(|| format!("table `{name}` of the catalog"))
    }

    /// The release line that `version` (`26`, `26.1.0`, `1.27.3`) belongs to.
    pub fn release_of(&self, version: &str) -> Option<&Release> {
        self.release.iter().find(|release| {
            version
                .strip_prefix(&release.cycle)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// An image with its placeholders replaced by the version, its cycle and its distributions.
    pub fn image(&self, template: &str, version: &str) -> String {
        // A version newer than the catalog gets the distributions of the newest line.
        let release = self.release_of(version).or_else(|| self.release.first());
        let earlier = release.and_then(|release| {
            // For a line inside a cycle, choose the oldest distribution, which has every patch.
            let version = exact(version).or_else(|| {
                (version != release.cycle).then(|| exact(&format!("{version}.0"))).flatten()
            })?;
            release
                .earlier
                .iter()
                .find(|row| exact(&row.before).is_some_and(|before| version < before))
        });
        let (debian, alpine) = match (earlier, release) {
            (Some(row), _) => (row.debian.as_str(), row.alpine.as_str()),
            (None, Some(release)) => (release.debian.as_str(), release.alpine.as_str()),
            (None, None) => ("", ""),
        };
        let cycle = self.release_of(version).map_or(version, |r| r.cycle.as_str());
        template
            .replace("{version}", version)
            .replace("{cycle}", cycle)
            .replace("{debian}", debian)
            .replace("{alpine}", alpine)
    }

    /// The builder image for a C library.
    pub fn builder_image(&self, libc: &str, version: &str) -> Result<String> {
        let row = self
            .builder
            .iter()
            .find(|b| b.libc == libc)
            .with_context(|| format!("no builder for {libc}"))?;
        Ok(self.image(&row.image, version))
    }
}

/// A system package and its names in the distributions. It is not available in a distribution
/// without a name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemPackage {
    /// Packages for building, in Debian.
    #[serde(default)]
    pub debian_build: Vec<String>,
    /// Packages for running, in Debian.
    pub debian: Option<Vec<String>>,
    /// Packages for building, in Alpine.
    #[serde(default)]
    pub alpine_build: Vec<String>,
    /// Packages for running, in Alpine.
    pub alpine: Option<Vec<String>>,
    /// Packages for building a statically linked program, in Alpine; empty if the library has no
    /// static archive there.
    #[serde(default)]
    pub alpine_static: Vec<String>,
    /// The distroless image with a C library contains it.
    #[serde(default)]
    pub distroless: bool,
    /// The source of the names.
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    pub source: String,
}

impl SystemPackage {
    /// True if it is needed only while building.
    pub(crate) fn is_tool(&self) -> bool {
        self.builds()
            && [&self.debian, &self.alpine]
                .into_iter()
                .all(|list| list.as_ref().is_some_and(Vec::is_empty))
    }

    /// True if it is linked with the program: it has packages for building and for running.
    pub(crate) fn is_library(&self) -> bool {
        self.builds() && !self.is_tool()
    }

    /// Every name that it has in Alpine, or else in Debian.
    pub(crate) fn names(&self, alpine: bool) -> impl Iterator<Item = &str> {
        let (run, build, linked) = if alpine {
            (&self.alpine, &self.alpine_build, self.alpine_static.as_slice())
        } else {
            (&self.debian, &self.debian_build, &[][..])
        };
        run.iter().flatten().chain(build).chain(linked).map(String::as_str)
    }

    fn builds(&self) -> bool {
        !(self.debian_build.is_empty() && self.alpine_build.is_empty())
    }
}

/// The programs that code starts, each with its key of `packages.toml`.
pub(crate) fn commands() -> Result<&'static BTreeMap<String, String>> {
    static READ: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    once(&READ, "commands.toml")
}

/// The table of system packages, by key.
pub(crate) fn system_packages() -> Result<&'static BTreeMap<String, SystemPackage>> {
    static READ: OnceLock<BTreeMap<String, SystemPackage>> = OnceLock::new();
    once(&READ, "packages.toml")
}

/// A file under `templates/catalog/`, read once.
fn once<T: serde::de::DeserializeOwned>(
    read: &'static OnceLock<T>,
    name: &str,
) -> Result<&'static T> {
    if let Some(held) = read.get() {
        return Ok(held);
    }
    let table = parsed(name)?;
    Ok(read.get_or_init(|| table))
}

/// A file under `templates/catalog/`.
pub(crate) fn parsed<T: serde::de::DeserializeOwned>(name: &str) -> Result<T> {
    let path = format!("catalog/{name}");
    toml::from_str(text(&path)?).with_context(|| format!("templates/{path}"))
}

/// The text of a file under `templates/`.
pub(crate) fn text(path: &str) -> Result<&'static str> {
    TEMPLATES
        .get_file(path)
        .and_then(|file| file.contents_utf8())
        .with_context(|| format!("templates/{path} is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::LANGUAGES;

    #[test]
    fn every_language_has_a_sound_catalog() {
        for language in LANGUAGES {
            let catalog = Catalog::of(language.id).unwrap();
            assert!(
                catalog.release_of(&catalog.default_cycle).is_some_and(|r| r.supported),
                "{}",
                language.id
            );
            for base in &catalog.base {
                assert!(
                    catalog.builder.iter().any(|b| b.libc == base.builder),
                    "{} {}",
                    language.id,
                    base.family
                );
            }
        }
        assert!(system_packages().unwrap().contains_key("git"));
    }
}
