//! The closed facts: versions, images, packages. Rows of `templates/catalog/*.toml`, compiled in;
//! no reasoning here.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

/// Everything under `templates/`, compiled into the binary.
pub(crate) static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// A line of releases of a language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// `26`, `1.27`.
    pub cycle: String,
    /// Gets long-term support.
    #[serde(default)]
    pub lts: bool,
    /// Still gets fixes on the catalog's date.
    pub supported: bool,
    /// The day after which it gets no more fixes, `YYYY-MM-DD`.
    pub eol: Option<String>,
    /// The newest release seen, `x.y.z`.
    pub latest: String,
    /// The name that version files may use: `krypton`.
    pub codename: Option<String>,
    /// The Debian release that its images are taken from.
    pub debian: String,
    /// The Alpine release that its images are taken from.
    pub alpine: String,
    /// Exact versions that were published on other distributions, oldest first.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
}

/// The distributions of exact versions below one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The first version `x.y.z` that this row does not hold for.
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

/// An image to build in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Builder {
    /// `glibc` or `musl`: what programs built here are linked with.
    pub libc: String,
    /// The image, with `{version}`, `{debian}` and `{alpine}` to fill in.
    pub image: String,
}

/// An image to run in: what it offers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseRow {
    /// `distroless`, `alpine`, `debian`, `scratch`.
    pub family: String,
    /// The image, with `{version}`, `{cycle}`, `{debian}` and `{alpine}` to fill in.
    pub image: String,
    /// Only for these cycles; all of them where empty.
    #[serde(default)]
    pub cycles: Vec<String>,
    /// Serves exact versions too: the program's interpreter is copied from the builder, or none is
    /// needed.
    #[serde(default)]
    pub exact: bool,
    /// Only for sites (files that a web server serves).
    #[serde(default)]
    pub site: bool,
    /// `none`, `musl` or `glibc`.
    pub libc: String,
    /// Programs for it are linked statically: a library is needed while building only, as a static
    /// archive.
    #[serde(default)]
    pub static_link: bool,
    /// Has `/bin/sh`.
    #[serde(default)]
    pub shell: bool,
    /// `apt`, `apk`; absent where packages cannot be installed.
    pub installer: Option<String>,
    /// Has CA certificates.
    #[serde(default)]
    pub certificates: bool,
    /// Has time zones.
    #[serde(default)]
    pub zoneinfo: bool,
    /// Has the user with this id in its passwd file.
    #[serde(default)]
    pub user: bool,
    /// Has a writable /tmp (mode 1777).
    #[serde(default)]
    pub tmp: bool,
    /// Packages that the language needs on it.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Keys of `packages.toml` that the image holds already, where packages cannot be installed.
    #[serde(default)]
    pub provides: Vec<String>,
    /// The interpreter's path in the image.
    pub interpreter: Option<String>,
    /// The interpreter is copied from this path of the builder.
    pub carry: Option<String>,
    /// Unpacked size in MB, about: `auto` takes the smallest that meets the needs.
    pub megabytes: u32,
    /// Not taken by `auto` while another base meets the needs; the reason.
    pub reluctant: Option<String>,
    /// Which of [`Builder::libc`] builds for it.
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
    /// Why.
    pub why: String,
}

/// The catalog of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The date of the facts, `YYYY-MM-DD`.
    pub as_of: String,
    /// Where they were read.
    pub source: String,
    /// The cycle taken where nothing is stated.
    pub default_cycle: String,
    /// Newest first.
    pub release: Vec<Release>,
    /// Where to build.
    pub builder: Vec<Builder>,
    /// Where to run.
    pub base: Vec<BaseRow>,
    /// Where not to run.
    #[serde(default)]
    pub impossible: Vec<Impossible>,
    /// Tables private to the language.
    #[serde(default)]
    pub table: toml::Table,
}

impl Catalog {
    /// The catalog of a language.
    pub fn of(language: &str) -> Result<&'static Self> {
        /// Parsed once: a monorepo asks for each of its packages. Catalogs live as long as the
        /// program.
        static READ: Mutex<BTreeMap<String, &'static Catalog>> = Mutex::new(BTreeMap::new());
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catalog) = read.get(language) {
            return Ok(catalog);
        }
        let path = format!("catalog/{language}.toml");
        let catalog = toml::from_str(text(&path)?).with_context(|| format!("templates/{path}"))?;
        let catalog: &'static Self = Box::leak(Box::new(catalog));
        read.insert(language.to_owned(), catalog);
        Ok(catalog)
    }

    /// A table private to the language.
    pub fn table<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let value = self
            .table
            .get(name)
            .cloned()
            .with_context(|| format!("the catalog has no table `{name}`"))?;
        value.try_into().with_context(|| format!("table `{name}` of the catalog"))
    }

    /// The row of the cycle that `version` (`26`, `26.1.0`, `1.27.3`) belongs to.
    pub fn release_of(&self, version: &str) -> Option<&Release> {
        self.release.iter().find(|release| {
            version
                .strip_prefix(&release.cycle)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// An image template with the version, its cycle and its distributions filled in.
    pub fn image(&self, template: &str, version: &str) -> String {
        // A version newer than the catalog is taken from the newest line's distributions.
        let release = self.release_of(version).or_else(|| self.release.first());
        let earlier = release.and_then(|release| {
            // Of a line inside a cycle, the oldest distribution has every patch.
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

/// A system package under its names in the distributions; a missing name means: not to be had
/// there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemPackage {
    /// Needed while building, in Debian.
    #[serde(default)]
    pub debian_build: Vec<String>,
    /// Needed while running, in Debian.
    pub debian: Option<Vec<String>>,
    /// Needed while building, in Alpine.
    #[serde(default)]
    pub alpine_build: Vec<String>,
    /// Needed while running, in Alpine.
    pub alpine: Option<Vec<String>>,
    /// Needed while building a program that is linked statically, in Alpine; empty where the
    /// library has no static archive there.
    #[serde(default)]
    pub alpine_static: Vec<String>,
    /// The distroless image with a C library has it.
    #[serde(default)]
    pub distroless: bool,
    /// Where this is documented.
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    pub source: String,
}

impl SystemPackage {
    /// Needed while building only.
    pub(crate) fn is_tool(&self) -> bool {
        self.builds()
            && [&self.debian, &self.alpine]
                .into_iter()
                .all(|list| list.as_ref().is_some_and(Vec::is_empty))
    }

    /// Linked with the program: it has a part for building and one for running.
    pub(crate) fn is_library(&self) -> bool {
        self.builds() && !self.is_tool()
    }

    fn builds(&self) -> bool {
        !(self.debian_build.is_empty() && self.alpine_build.is_empty())
    }
}

/// The table of system packages, by key.
pub(crate) fn system_packages() -> Result<&'static BTreeMap<String, SystemPackage>> {
    static READ: OnceLock<BTreeMap<String, SystemPackage>> = OnceLock::new();
    if let Some(packages) = READ.get() {
        return Ok(packages);
    }
    let packages = toml::from_str(text("catalog/packages.toml")?)
        .context("templates/catalog/packages.toml")?;
    Ok(READ.get_or_init(|| packages))
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
