//! What packages need of the system: compilers, headers and libraries.

use anyhow::Result;
use serde::Deserialize;

use super::codes;
use super::installed::{Installed, Origin, Package};
use super::manifest::Project;
use super::specifier::minor;
use super::wheel::{self, Platform};
use crate::catalog::{self, Catalog};
use crate::facts::{Evidence, Finding, Libc, Needs, Sourced};
use crate::repo::Dir;

/// A package that needs something of the system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    package: String,
    /// Keys of packages.toml.
    #[serde(default)]
    needs: Vec<String>,
    /// Keys of packages.toml that it needs where it is compiled.
    #[serde(default)]
    compiled: Vec<String>,
    /// It has no wheels for Linux: without a lockfile that lists files, it is compiled.
    #[serde(default)]
    source_only: bool,
    /// Packages that bring what it needs.
    #[serde(default)]
    unless: Vec<String>,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// A package that brings another one, which needs something of the system.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Brings {
    package: String,
    /// It does only with this extra.
    extra: Option<String>,
    other: String,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// A package that is large, and has a smaller form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Large {
    package: String,
    what: String,
    fix: String,
    /// It needs the libraries of CUDA's toolkit, which it does not bring.
    #[serde(default)]
    toolkit: bool,
    /// Extras that bring them.
    #[serde(default)]
    unless: Vec<String>,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// What the packages need together, and what is to be said about them.
#[derive(Debug, Default)]
pub(super) struct Native {
    pub(super) packages: Vec<Sourced<String>>,
    pub(super) libc: Libc,
    pub(super) libc_evidence: Vec<Evidence>,
    pub(super) findings: Vec<Finding>,
}

impl Native {
    /// Adds these needs to those of a program.
    pub(super) fn add_to(&self, needs: &mut Needs) {
        for package in &self.packages {
            if !needs.packages.iter().any(|held| held.value == package.value) {
                needs.packages.push(package.clone());
            }
        }
        // A demand for glibc holds for all: the image has one C library.
        if needs.libc != Libc::Glibc {
            needs.libc = self.libc;
            needs.libc_evidence.clone_from(&self.libc_evidence);
        }
    }

    fn need(&mut self, keys: &[String], evidence: &Evidence) {
        for key in keys {
            match self.packages.iter_mut().find(|held| held.value == *key) {
                // More examples of the same need only fill the report.
                Some(held) if held.evidence.len() < 3 => held.evidence.push(evidence.clone()),
                Some(_) => {}
                None => self.packages.push(Sourced::new(key.clone(), evidence.clone())),
            }
        }
    }
}

/// Files in which hosts are told the packages of Debian or Ubuntu: Streamlit's cloud and Spaces of
/// Hugging Face, and Heroku.
const LISTS: [&str; 2] = ["packages.txt", "Aptfile"];

/// Maximum number of packages of such a file, and of those that a finding names.
const MAX_LISTED: usize = 100;
const MAX_NAMED: usize = 6;

/// The packages that a file for a host lists.
///
/// # Errors
/// If the catalog is broken.
pub(super) fn listed(dir: &Dir, native: &mut Native) -> Result<()> {
    for name in LISTS {
        let Some((path, text)) = dir.text(name)? else { continue };
        let lines = (1..).zip(text.lines().map(str::trim));
        let plain = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        };
        let (mut unknown, mut first) = (Vec::new(), None);
        for (number, word) in lines.filter(|(_, word)| plain(word)).take(MAX_LISTED) {
            let at = Evidence::at(&path, number, format!("it lists {word}"));
            let mut known = catalog::system_packages()?.iter().filter(|(_, held)| {
                held.debian.as_ref().is_some_and(|names| names.iter().any(|name| name == word))
            });
            if let Some((key, _)) = known.next() {
                native.need(std::slice::from_ref(key), &at);
            } else {
                unknown.push(word.to_owned());
                first.get_or_insert(at);
            }
        }
        if let Some(at) = first {
            unknown.truncate(MAX_NAMED);
            let what =
                format!("{name} lists {}, which the image does not install", unknown.join(", "));
            native.findings.push(Finding::new(codes::PACKAGES_LISTED, what, [at]));
        }
    }
    Ok(())
}

/// What the packages need under this version of Python.
///
/// # Errors
/// If the catalog is broken.
pub(super) fn read(installed: &Installed, python: &str, catalog: &Catalog) -> Result<Native> {
    let rows: Vec<Row> = catalog.table("native")?;
    let compiler: Vec<String> = catalog.table("compiler")?;
    let large: Vec<Large> = catalog.table("large")?;
    let brings: Vec<Brings> = catalog.table("brings")?;
    let Some(minor) = minor(python) else { return Ok(Native::default()) };
    let mut native = Native { libc: Libc::Dynamic, ..Native::default() };
    // A lockfile lists what is brought by itself.
    let is_brought = |name: &String| {
        let mut of = brings.iter().filter(|one| one.other == *name && !installed.locked);
        of.any(|one| one.extra.as_ref().is_some_and(|extra| installed.extra(&one.package, extra)))
    };
    for package in installed.packages() {
        let row = rows.iter().find(|row| row.package == package.name);
        let fetched = matches!(package.origin, Origin::Index | Origin::Registry(_));
        let built =
            is_built(package, row, minor) || fetched && installed.is_from_source(&package.name);
        let note = |what: &str| Evidence {
            note: format!("{} {what}", package.name),
            ..package.evidence.clone()
        };
        if let Some(row) = row
            && !row.unless.iter().any(|other| installed.has(other) || is_brought(other))
        {
            native.need(&row.needs, &note("needs it"));
            if built {
                native.need(&row.compiled, &note("is compiled, and needs it"));
            }
        }
        if built && row.is_none_or(|row| !row.compiled.is_empty() || row.source_only) {
            native.need(&compiler, &note("has no wheel that fits, and is compiled"));
        }
        if matches!(package.origin, Origin::Git(_)) {
            native.need(&["git-at-build".to_owned()], &note("is fetched by git"));
        }
        if let Some(row) = large.iter().find(|row| row.package == package.name)
            && !is_small(package)
            && !(installed.for_cpu && row.package.starts_with("torch"))
            && !row.unless.iter().any(|extra| package.extras.contains(extra))
        {
            native.findings.push(large_finding(row, package, note("is installed")));
        }
        if native.libc != Libc::Glibc
            && let Some(why) = glibc(package, minor)
        {
            native.libc = Libc::Glibc;
            native.libc_evidence = vec![note(why)];
        }
    }
    // A lockfile lists such packages by themselves.
    for one in brings.iter().filter(|one| !installed.locked && !installed.has(&one.other)) {
        let asked = |extra: &String| installed.extra(&one.package, extra);
        let held = installed.has(&one.package) && one.extra.as_ref().is_none_or(asked);
        let row = rows.iter().find(|row| row.package == one.other);
        if let (Some(row), Some(at)) = (row, installed.evidence(&one.package).filter(|_| held)) {
            let note = format!("{} brings {}, which needs it", one.package, one.other);
            let evidence = Evidence { note, ..at };
            native.need(&row.needs, &evidence);
            if row.source_only {
                native.need(&row.compiled, &evidence);
                native.need(&compiler, &evidence);
            }
        }
    }
    Ok(native)
}

/// What the build of the project itself needs: it compiles extension modules.
pub(super) fn of_project(dir: &Dir, project: &Project, native: &mut Native) -> Result<()> {
    let built = |word: &&str| project.build_requires.iter().any(|held| held == word);
    let at = |note: &str| Evidence::file(&project.path, note);
    if let Some(tool) = ["maturin", "setuptools-rust"].iter().find(|word| built(word)) {
        let keys = ["python-extension".to_owned(), "rust-toolchain".to_owned()];
        native.need(&keys, &at(&format!("{tool} compiles a part of the project")));
        return Ok(());
    }
    let tool = ["scikit-build-core", "meson-python", "cffi", "pybind11", "cython"];
    let tool = tool.iter().find(|word| built(word)).map(|tool| at(&format!("built with {tool}")));
    let setup = match dir.text("setup.py")? {
        Some((path, text)) => {
            let lines = (1..).zip(text.lines());
            let mut stated = lines.filter(|(_, line)| !line.trim_start().starts_with('#'));
            let names = ["ext_modules", "cffi_modules"];
            let line = stated.find(|(_, line)| names.iter().any(|name| line.contains(name)));
            line.map(|(line, _)| Evidence::at(&path, line, "compiles extension modules"))
        }
        None => None,
    };
    if let Some(at) = setup.or(tool) {
        native.need(&["python-extension".to_owned()], &at);
    }
    Ok(())
}

/// True if the package is compiled while it is installed.
fn is_built(package: &Package, row: Option<&Row>, minor: u64) -> bool {
    // Whether code from elsewhere is compiled depends on files that are not here.
    if !matches!(package.origin, Origin::Index | Origin::Registry(_)) {
        return false;
    }
    if package.files.is_empty() {
        return row.is_some_and(|row| row.source_only);
    }
    let fits = |file: &String| wheel::fits(file, minor, Platform::Glibc);
    // A source archive beside no wheel at all is pure as often as not: the rows know which.
    let any = package.files.iter().any(|file| wheel::is_wheel(file));
    !package.files.iter().any(fits)
        && (any || row.is_some_and(|row| row.source_only || !row.compiled.is_empty()))
}

/// Why a package is not known to run on musl.
fn glibc(package: &Package, minor: u64) -> Option<&'static str> {
    match package.origin {
        Origin::Git(_) | Origin::Url(_) => {
            return Some("is not from an index: what it links is unknown");
        }
        Origin::Local(_) => return None,
        Origin::Index | Origin::Registry(_) => {}
    }
    if package.files.is_empty() {
        return Some(
            "is listed without the names of its files: whether it has a wheel for musl is unknown",
        );
    }
    let fits = |file: &String| wheel::is_pure(file) || wheel::fits(file, minor, Platform::Musl);
    (!package.files.iter().any(fits)).then_some("has no wheel for musl")
}

/// What to say of a package for graphics cards: that it is large, or what it needs of the system.
fn large_finding(row: &Large, package: &Package, at: Evidence) -> Finding {
    let code = if row.toolkit { codes::CUDA_MISSING } else { codes::LARGE_PACKAGE };
    let version = package.version.as_deref().unwrap_or_default();
    // A build that somebody chose for a card.
    let chosen = version.contains("+cu") || package.extras.contains("and-cuda");
    if chosen && !row.toolkit {
        let what = format!(
            "{} {version} is a build for a graphics card: with CUDA's libraries it takes several \
             gigabytes",
            package.name
        );
        return Finding::new(code, what, [at]).with_fix(
            "give the container the card and its driver with `docker run --gpus all`; for a machine \
             without one, install the build for the CPU",
        );
    }
    Finding::new(code, row.what.clone(), [at]).with_fix(row.fix.clone())
}

/// True for a build without CUDA.
fn is_small(package: &Package) -> bool {
    // PyTorch marks such builds in the local version, or in the address of their index.
    let cpu = |text: &str| text.contains("+cpu") || text.contains("/cpu");
    package.version.as_deref().is_some_and(cpu)
        || matches!(&package.origin, Origin::Registry(url) | Origin::Url(url) if cpu(url))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::detect::python::lock;
    use crate::repo::Repo;

    fn of(lines: &[(&str, &str)]) -> Native {
        let mut text = String::new();
        for (name, files) in lines {
            let files: Vec<String> =
                files.split(' ').map(|file| format!("{{file = \"{file}\"}}")).collect();
            let _ = write!(
                text,
                "[[package]]\nname = \"{name}\"\nversion = \"1\"\ngroups = [\"main\"]\nfiles = [{}]\n",
                files.join(", ")
            );
        }
        let repo = Repo::from_files([("poetry.lock", text)]);
        let lock = lock::read(&repo.root(), "poetry.lock").unwrap().unwrap();
        let mut installed = Installed::default();
        lock.production(&[]).into_iter().for_each(|package| installed.lock(package));
        read(&installed, "3.13", Catalog::of("python").unwrap()).unwrap()
    }

    fn keys(native: &Native) -> Vec<&str> {
        native.packages.iter().map(|package| package.value.as_str()).collect()
    }

    #[test]
    fn musl_is_proved_from_the_names_of_files() {
        let pure = ("flask", "flask-3-py3-none-any.whl flask-3.tar.gz");
        let both = (
            "yarl",
            "yarl-1-cp313-cp313-musllinux_1_2_x86_64.whl yarl-1-cp313-cp313-manylinux_2_17_x86_64.whl",
        );
        let one = ("torchx", "torchx-1-cp313-cp313-manylinux_2_17_x86_64.whl");
        assert_eq!(of(&[pure, both]).libc, Libc::Dynamic);
        let native = of(&[pure, one]);
        assert_eq!(native.libc, Libc::Glibc);
        assert_eq!(native.libc_evidence[0].note, "torchx has no wheel for musl");
    }

    #[test]
    fn what_has_no_wheel_is_compiled() {
        let native =
            of(&[("psycopg2", "psycopg2-2.9.10.tar.gz psycopg2-2.9.10-cp313-cp313-win_amd64.whl")]);
        assert_eq!(keys(&native), ["libpq", "python-extension"]);
        assert!(keys(&of(&[("docopt", "docopt-0.6.2.tar.gz")])).is_empty());
        assert_eq!(keys(&of(&[("psycopg", "psycopg-3-py3-none-any.whl")])), ["libpq"]);
        let binary = ("psycopg-binary", "psycopg_binary-3-cp313-cp313-manylinux_2_17_x86_64.whl");
        assert!(keys(&of(&[("psycopg", "psycopg-3-py3-none-any.whl"), binary])).is_empty());
    }
}
