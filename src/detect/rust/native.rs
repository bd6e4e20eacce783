//! Packages with native code in a build, and what they need from the system.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::features::Mentions;
use super::lockfile::{Locked, Lockfile, Reached};
use super::source::SourceFile;
use crate::facts::{Evidence, Libc, Needs, Sourced};

/// A row of the catalog, which explains the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Native {
    #[serde(rename = "crate")]
    name: String,
    #[serde(default)]
    needs: Vec<String>,
    unless: Option<String>,
    feature: Option<String>,
    only_if: Option<String>,
    #[serde(default)]
    not_with: Vec<String>,
    #[serde(default)]
    users_with: Vec<String>,
    #[serde(default)]
    bundled: Vec<String>,
    glibc: Option<String>,
    source: String,
}

#[cfg(test)]
impl Native {
    /// Every key of packages.toml that the row names.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.needs.iter().chain(&self.bundled)
    }
}

/// Dependencies in the lockfile that do not count on Linux.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unused {
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) dependencies: Vec<String>,
    /// They count if the project asks for a feature that contains this text.
    pub(super) unless: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

impl Unused {
    /// True if the dependency of `from` on `to` does not count.
    pub(super) fn skips(&self, from: &str, to: &str, mentions: &dyn Fn(&str) -> Mentions) -> bool {
        self.name == from
            && self.dependencies.iter().any(|name| name == to)
            && self.unless.as_ref().is_none_or(|feature| !mentions(feature).on)
    }
}

/// Adds what the reached packages need.
///
/// `mentions` says whether the project asks for a feature with that name. It is needed because a
/// lockfile also lists the dependencies of inactive features.
pub(super) fn add_needs(
    rows: &[Native],
    lock: &Lockfile,
    reached: &Reached,
    mentions: &dyn Fn(&str) -> Mentions,
    needs: &mut Needs,
) {
    let mut found: BTreeMap<String, Vec<Evidence>> = BTreeMap::new();
    let names: std::collections::BTreeSet<&str> =
        reached.keys().map(|(name, _)| name.as_str()).collect();
    for (package, way) in reached.values() {
        for row in rows.iter().filter(|row| row.name == package.name) {
            if row.not_with.iter().any(|name| names.contains(name.as_str())) {
                continue;
            }
            if !row.users_with.is_empty() && users(lock, reached, row).next().is_none() {
                continue;
            }
            let has =
                |name: &Option<String>| name.as_ref().map(|name| depends(lock, package, name));
            if has(&row.only_if) == Some(false) {
                continue;
            }
            let mentions =
                row.feature.as_ref().map(|feature| mentions(feature)).unwrap_or_default();
            let locked = has(&row.unless) == Some(true);
            let bundled = locked && (mentions.on || !mentions.off);
            let mut keys = if bundled { row.bundled.clone() } else { row.needs.clone() };
            if locked && mentions.musl {
                keys.extend(row.bundled.iter().cloned());
            }
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
        needs.packages.push(Sourced::with(key, evidence));
    }
}

/// Adds what a build script of the repository's own compiles C++ with: `cc::Build::new().cpp(true)`.
pub(super) fn compiles_cpp(script: &SourceFile, needs: &mut Needs) {
    let is_call =
        |at: &usize| script.is(*at, "cpp") && script.is(at + 1, "(") && script.is(at + 2, "true");
    let Some(at) = (0..script.len()).find(is_call) else { return };
    let evidence = script.evidence(at, "the build script compiles C++");
    for key in ["c++", "libstdc++"] {
        if !needs.packages.iter().any(|package| package.value == key) {
            needs.packages.push(Sourced::new(key.to_owned(), evidence.clone()));
        }
    }
    needs.libc = Libc::Glibc;
    needs.libc_evidence.push(evidence);
}

/// Ending of the names of libraries that build scripts use: `tonic-build` passes on to `prost-build`.
const OF_SCRIPTS: &str = "-build";

/// The packages whose build scripts use a library, or one that passes on to it, and that bring none
/// of the packages with which it needs nothing.
fn users<'l>(
    lock: &'l Lockfile,
    reached: &'l Reached,
    row: &'l Native,
) -> impl Iterator<Item = &'l Locked> {
    let passes = |package: &Locked| {
        package.name == row.name
            || package.name.ends_with(OF_SCRIPTS) && depends(lock, package, &row.name)
    };
    let brings = |package: &Locked| row.users_with.iter().any(|name| depends(lock, package, name));
    reached.values().map(|(package, _)| *package).filter(move |package| {
        let used = lock.dependencies(package).filter(|held| passes(held));
        !passes(package) && !brings(package) && used.into_iter().any(|held| !brings(held))
    })
}

fn depends(lock: &Lockfile, package: &Locked, name: &str) -> bool {
    lock.dependencies(package).any(|dependency| dependency.name == name)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::rc::Rc;

    use super::super::Tables;
    use super::super::lockfile::reached;
    use super::*;
    use crate::catalog::Catalog;
    use crate::path::RelPath;

    fn needs(dependencies: &[(&str, &str)], mentions: Mentions) -> (Vec<String>, Libc) {
        let mut lock = "version = 4\n".to_owned();
        for (name, on) in dependencies {
            let source = if *name == "app" { "" } else { "source = \"registry+x\"\n" };
            let _ = write!(
                lock,
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{source}dependencies = [{on}]\n"
            );
        }
        let lock = Lockfile::parse(&RelPath::new("Cargo.lock").unwrap(), &Rc::from(lock.as_str()))
            .unwrap();
        let tables = Tables::of(Catalog::of("rust").unwrap()).unwrap();
        let skip = |from: &str, to: &str| {
            tables.unused.iter().any(|row| row.skips(from, to, &|_| mentions))
        };
        let reached = reached(&lock, "app", &|_| None, &skip);
        let mut needs = Needs::default();
        add_needs(&tables.native, &lock, &reached, &|_| mentions, &mut needs);
        (needs.packages.into_iter().map(|package| package.value).collect(), needs.libc)
    }

    #[test]
    fn openssl_from_the_system_or_compiled_in() {
        let system = [
            ("app", "\"openssl-sys\", \"openssl-probe\""),
            ("openssl-sys", ""),
            ("openssl-probe", ""),
        ];
        assert_eq!(needs(&system, Mentions::default()).0, ["openssl-library", "pkg-config"]);
        // openssl-probe does not link OpenSSL.
        assert!(
            needs(&[("app", "\"openssl-probe\""), ("openssl-probe", "")], Mentions::default())
                .0
                .is_empty()
        );
        let vendored =
            [("app", "\"openssl-sys\""), ("openssl-sys", "\"openssl-src\""), ("openssl-src", "")];
        assert_eq!(needs(&vendored, Mentions::default()).0, ["make", "perl"]);
        let off = Mentions { off: true, ..Mentions::default() };
        assert_eq!(needs(&vendored, off).0, ["openssl-library", "pkg-config"]);
        let musl = Mentions { off: true, musl: true, ..Mentions::default() };
        assert_eq!(needs(&vendored, musl).0, ["make", "openssl-library", "perl", "pkg-config"]);
    }

    #[test]
    fn bundled_sqlite_needs_nothing_and_bindgen_needs_glibc() {
        let bundled = [("app", "\"libsqlite3-sys\""), ("libsqlite3-sys", "\"cc\""), ("cc", "")];
        assert_eq!(needs(&bundled, Mentions::default()), (vec![], Libc::None));
        let system = [("app", "\"libsqlite3-sys\""), ("libsqlite3-sys", "")];
        assert_eq!(needs(&system, Mentions::default()).0, ["pkg-config", "sqlite"]);
        let bindgen = [("app", "\"bindgen\""), ("bindgen", "\"clang-sys\""), ("clang-sys", "")];
        assert_eq!(
            needs(&bindgen, Mentions::default()),
            (vec!["libclang".to_owned()], Libc::Glibc)
        );
    }

    #[test]
    fn a_vendored_library_is_none_of_the_system() {
        let vendored = [("app", "\"odbc-sys\""), ("odbc-sys", "\"unix-odbc\""), ("unix-odbc", "")];
        assert!(needs(&vendored, Mentions { on: true, ..Mentions::default() }).0.is_empty());
        assert_eq!(needs(&vendored, Mentions { off: true, ..Mentions::default() }).0, ["unixodbc"]);
        let system = [("app", "\"odbc-sys\""), ("odbc-sys", "")];
        assert_eq!(needs(&system, Mentions::default()).0, ["unixodbc"]);
        let demangle =
            |on| [("app", "\"symbolic-demangle\""), ("symbolic-demangle", on), ("cc", "")];
        assert_eq!(needs(&demangle("\"cc\""), Mentions::default()).0, ["c++", "libstdc++"]);
        assert!(needs(&demangle(""), Mentions::default()).0.is_empty());
    }

    #[test]
    fn each_build_script_brings_its_own_protoc() {
        let vendored = [
            ("app", "\"rt\", \"hist\""),
            ("rt", "\"prost-build\", \"protoc-bin-vendored\""),
            ("prost-build", ""),
            ("protoc-bin-vendored", ""),
            ("tonic-build", "\"prost-build\""),
        ];
        let of = |hist: &'static str| {
            let all = [vendored.as_slice(), &[("hist", hist)]].concat();
            needs(&all, Mentions::default()).0
        };
        assert!(of("").is_empty());
        assert_eq!(of("\"tonic-build\""), ["protoc"]);
        assert_eq!(of("\"prost-build\""), ["protoc"]);
        assert!(of("\"tonic-build\", \"protoc-bin-vendored\"").is_empty());
    }

    #[test]
    fn a_build_script_that_compiles_cpp() {
        let of = |text: &str| {
            let path = RelPath::new("build.rs").unwrap();
            let mut needs = Needs::default();
            compiles_cpp(&SourceFile::parse(&path, &Rc::from(text)), &mut needs);
            (needs.packages.len(), needs.libc)
        };
        assert_eq!(
            of("fn main() { cc::Build::new().cpp(true).file(\"a.cc\"); }"),
            (2, Libc::Glibc)
        );
        assert_eq!(of("fn main() { cc::Build::new().cpp(false).file(\"a.c\"); }"), (0, Libc::None));
        assert_eq!(of("fn main() { cc::Build::new().file(\"a.c\"); }"), (0, Libc::None));
    }

    #[test]
    fn edges_that_do_not_count_on_linux_are_not_followed() {
        let aws = [
            ("app", "\"aws-lc-sys\""),
            ("aws-lc-sys", "\"cc\", \"cmake\""),
            ("cc", ""),
            ("cmake", ""),
        ];
        assert!(needs(&aws, Mentions::default()).0.is_empty());
        assert_eq!(needs(&[("app", "\"cmake\""), ("cmake", "")], Mentions::default()).0, ["cmake"]);
        // A lockfile names every driver of sqlx, whichever is on:
        // https://github.com/rust-lang/cargo/issues/10801
        let sqlx = [
            ("app", "\"sqlx\""),
            ("sqlx", "\"sqlx-sqlite\""),
            ("sqlx-sqlite", "\"libsqlite3-sys\""),
            ("libsqlite3-sys", ""),
        ];
        assert!(needs(&sqlx, Mentions::default()).0.is_empty());
        let on = Mentions { on: true, ..Mentions::default() };
        assert_eq!(needs(&sqlx, on).0, ["pkg-config", "sqlite"]);
    }
}
