//! The targets of a package: its binaries, and the files that cargo requires when it reads the
//! manifest. Rules: <https://doc.rust-lang.org/cargo/reference/cargo-targets.html>.

use super::manifest::{BuildScript, Manifest, Target};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// A binary of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binary {
    pub(super) name: String,
    /// The root file of the binary.
    pub(super) path: RelPath,
    /// Features without which cargo does not build it.
    pub(super) required_features: Vec<String>,
    pub(super) evidence: Evidence,
}

/// Every binary of a package, by name.
pub(super) fn binaries(repo: &Repo, manifest: &Manifest) -> Vec<Binary> {
    let (dir, Some(package)) = (manifest.dir(), &manifest.package) else { return Vec::new() };
    let mut found: Vec<Binary> = Vec::new();
    for target in &manifest.bins {
        let Some(name) = &target.name else { continue };
        let path = match &target.path {
            Some(path) => dir.join(path),
            None => inferred(repo, &dir, "src/bin", name.as_ref()).or_else(|| {
                let main = dir.join("src/main.rs").filter(|main| repo.is_file(main));
                main.filter(|_| name.as_ref() == package.name.as_ref() || manifest.bins.len() == 1)
            }),
        };
        let Some(path) = path.filter(|path| repo.is_file(path)) else { continue };
        found.push(Binary {
            name: name.as_ref().clone(),
            path,
            required_features: target.required_features.clone(),
            evidence: manifest.at(name, "a [[bin]] of the manifest"),
        });
    }
    if package.autobins != Some(false) {
        for (name, path) in discovered(repo, &dir, package.name.as_ref()) {
            if !found.iter().any(|bin| bin.name == name || bin.path == path) {
                let evidence = Evidence::file(&path, "a binary by its place");
                found.push(Binary { name, path, required_features: Vec::new(), evidence });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Binaries that cargo finds by itself: src/main.rs, src/bin/*.rs, src/bin/*/main.rs.
fn discovered(repo: &Repo, dir: &RelPath, package: &str) -> Vec<(String, RelPath)> {
    let mut found = Vec::new();
    found.extend(
        dir.join("src/main.rs")
            .filter(|main| repo.is_file(main))
            .map(|main| (package.to_owned(), main)),
    );
    let Some(bin) = dir.join("src/bin") else { return found };
    for (path, entry) in repo.children(&bin) {
        match entry {
            Entry::Dir => {
                let main = path.join("main.rs").filter(|main| repo.is_file(main));
                found.extend(main.map(|main| (path.file_name().to_owned(), main)));
            }
            _ if path.extension() == "rs" && repo.is_file(path) => {
                found.push((path.file_name().trim_end_matches(".rs").to_owned(), path.clone()));
            }
            _ => {}
        }
    }
    found
}

/// The file `<folder>/<name>.rs` or `<folder>/<name>/main.rs`.
fn inferred(repo: &Repo, dir: &RelPath, folder: &str, name: &str) -> Option<RelPath> {
    [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]
        .iter()
        .filter_map(|path| dir.join(path))
        .find(|path| repo.is_file(path))
}

/// The root file of the package's library, whether or not it exists.
pub(super) fn library(manifest: &Manifest) -> Option<RelPath> {
    let path = manifest.lib.as_ref().and_then(|lib| lib.path.as_deref()).unwrap_or("src/lib.rs");
    manifest.dir().join(path)
}

/// The name under which code uses the package's library.
pub(super) fn library_name(manifest: &Manifest) -> String {
    let own = manifest.lib.as_ref().and_then(|lib| lib.name.as_ref());
    own.map_or_else(|| manifest.name(), |name| name.as_ref()).replace('-', "_")
}

/// The build scripts of the package.
pub(super) fn build_scripts(repo: &Repo, manifest: &Manifest) -> Vec<RelPath> {
    let dir = manifest.dir();
    let there = |path: &str| dir.join(path).filter(|path| repo.is_file(path));
    match manifest.package.as_ref().and_then(|package| package.build.as_ref()) {
        Some(BuildScript::Path(path)) => there(path).into_iter().collect(),
        Some(BuildScript::Paths(paths)) => paths.iter().filter_map(|path| there(path)).collect(),
        Some(BuildScript::Auto(false)) => Vec::new(),
        Some(BuildScript::Auto(true)) | None => there("build.rs").into_iter().collect(),
    }
}

/// Files that stand in for the package's source while its dependencies are compiled. They are an
/// empty library and every target that the manifest names without a path, because cargo requires
/// those when it reads the manifest. Binaries get no stand-in that is built, so that none can ever
/// be shipped.
pub(super) fn stubs(repo: &Repo, manifest: &Manifest) -> Vec<RelPath> {
    let dir = manifest.dir();
    let mut files: Vec<RelPath> = library(manifest).into_iter().collect();
    let tables: [(&[Target], &str); 4] = [
        (&manifest.bins, "src/bin"),
        (&manifest.examples, "examples"),
        (&manifest.tests, "tests"),
        (&manifest.benches, "benches"),
    ];
    for (targets, folder) in tables {
        for target in targets.iter().filter(|target| target.path.is_none()) {
            let Some(name) = &target.name else { continue };
            files.extend(inferred(repo, &dir, folder, name.as_ref()));
            if folder == "src/bin" {
                files.extend(dir.join("src/main.rs").filter(|main| repo.is_file(main)));
            }
        }
    }
    // cargo also requires the binary that `default-run` names.
    if let Some(default) =
        manifest.package.as_ref().and_then(|package| package.default_run.as_ref())
    {
        files.extend(
            binaries(repo, manifest)
                .into_iter()
                .filter(|bin| bin.name == *default)
                .map(|bin| bin.path),
        );
    }
    files.sort();
    files.dedup();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(manifest: &str, files: &[&str]) -> (Vec<String>, Vec<String>) {
        let mut all = vec![("p/Cargo.toml", manifest)];
        all.extend(files.iter().map(|path| (*path, "")));
        let repo = Repo::from_files(all);
        let path = RelPath::new("p/Cargo.toml").unwrap();
        let manifest = Manifest::parse(&path, &repo.text(&path).unwrap().unwrap()).unwrap();
        (
            binaries(&repo, &manifest)
                .into_iter()
                .map(|bin| format!("{}={}", bin.name, bin.path))
                .collect(),
            stubs(&repo, &manifest).iter().map(ToString::to_string).collect(),
        )
    }

    const P: &str = "[package]\nname = \"p\"\n";

    #[test]
    fn finds_binaries_by_their_place() {
        let files = [
            "p/src/main.rs",
            "p/src/bin/a.rs",
            "p/src/bin/b/main.rs",
            "p/src/bin/b/x.rs",
            "p/src/bin/c/y.rs",
        ];
        let (bins, stubs) = of(P, &files);
        assert_eq!(bins, ["a=p/src/bin/a.rs", "b=p/src/bin/b/main.rs", "p=p/src/main.rs"]);
        assert_eq!(stubs, ["p/src/lib.rs"]);
    }

    #[test]
    fn reads_bin_tables() {
        let manifest = format!(
            "{P}autobins = false\n[lib]\npath = \"lib/x.rs\"\n[[bin]]\nname = \"server\"\npath = \"src/main.rs\"\n[[bin]]\nname = \"tool\"\n[[bench]]\nname = \"speed\"\n"
        );
        let files =
            ["p/src/main.rs", "p/src/bin/tool.rs", "p/src/bin/other.rs", "p/benches/speed.rs"];
        let (bins, stubs) = of(&manifest, &files);
        assert_eq!(bins, ["server=p/src/main.rs", "tool=p/src/bin/tool.rs"]);
        assert_eq!(
            stubs,
            ["p/benches/speed.rs", "p/lib/x.rs", "p/src/bin/tool.rs", "p/src/main.rs"]
        );
    }

    #[test]
    fn the_default_binary_must_be_there() {
        let manifest = format!("{P}default-run = \"b\"\n");
        assert_eq!(
            of(&manifest, &["p/src/bin/a.rs", "p/src/bin/b/main.rs"]).1,
            ["p/src/bin/b/main.rs", "p/src/lib.rs"]
        );
    }

    #[test]
    fn a_renamed_main_replaces_the_found_one() {
        let manifest = format!("{P}[[bin]]\nname = \"q\"\npath = \"src/main.rs\"\n");
        assert_eq!(of(&manifest, &["p/src/main.rs"]).0, ["q=p/src/main.rs"]);
    }
}
