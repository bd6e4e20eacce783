//! Which dependencies a build really has: features, optional dependencies, platforms.
//! Rules: <https://doc.rust-lang.org/cargo/reference/features.html>.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Declared, Manifest, Role};
use super::workspace::Workspace;
use crate::path::RelPath;

/// Which features a build asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) features: Vec<String>,
    pub(super) no_default: bool,
}

impl Asked {
    /// Reads an answer: features, separated by commas or blanks; `-default` leaves out the default
    /// ones.
    pub(super) fn parse(text: &str) -> Self {
        let mut asked = Self::default();
        for word in text.split([',', ' ']).filter(|word| !word.is_empty()) {
            match word {
                "-default" => asked.no_default = true,
                word => asked.features.push(word.to_owned()),
            }
        }
        asked
    }
}

/// What is active in the packages of the repository.
#[derive(Debug, Default)]
pub(super) struct Active {
    /// Features by package folder; `dep:x` for an optional dependency.
    on: BTreeMap<RelPath, BTreeSet<String>>,
}

/// Where a word occurs in the names of features that the project asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mentions {
    pub(super) on: bool,
    pub(super) off: bool,
    /// Asked for where the program is linked with musl.
    pub(super) musl: bool,
}

impl Mentions {
    fn take(&mut self, on: bool) {
        self.on |= on;
        self.off |= !on;
    }
}

/// What the build of the package in `dir` turns on.
pub(super) fn active(workspace: &Workspace, dir: &RelPath, asked: &Asked) -> Active {
    let mut active = Active::default();
    active.package(workspace, dir);
    if !asked.no_default {
        active.feature(workspace, dir, "default");
    }
    for feature in &asked.features {
        active.feature(workspace, dir, feature);
    }
    // `x?/f` counts once x is on, whatever turned it on.
    loop {
        let before: usize = active.on.values().map(BTreeSet::len).sum();
        for (folder, feature) in active.weak(workspace) {
            active.feature(workspace, &folder, &feature);
        }
        if active.on.values().map(BTreeSet::len).sum::<usize>() == before {
            return active;
        }
    }
}

impl Active {
    /// Whether the package in `dir` is built with a feature.
    pub(super) fn has(&self, dir: &RelPath, feature: &str) -> bool {
        self.on.get(dir).is_some_and(|on| on.contains(feature))
    }

    /// The packages of the repository that are part of the build.
    pub(super) fn packages(&self) -> impl Iterator<Item = &RelPath> {
        self.on.keys()
    }

    /// The active dependencies of a package.
    pub(super) fn dependencies<'a>(
        &'a self,
        manifest: &'a Manifest,
    ) -> impl Iterator<Item = Declared<'a>> {
        let on = self.on.get(&manifest.dir());
        manifest.dependencies().filter(move |dependency| counts(dependency, on))
    }

    /// Whether something asks for a feature whose name holds `word`.
    pub(super) fn mentions(&self, workspace: &Workspace, word: &str) -> Mentions {
        let mut found = Mentions::default();
        for (folder, on) in &self.on {
            let Some(manifest) = workspace.packages.get(folder) else { continue };
            for dependency in
                manifest.dependencies().filter(|dependency| dependency.role != Role::Dev)
            {
                let (spec, _) =
                    workspace.resolve(dependency.key, &dependency.spec.as_ref().table(), folder);
                if spec.features.iter().any(|feature| feature.contains(word)) {
                    found.take(counts(&dependency, Some(on)));
                    found.musl |= dependency.platform.contains("musl");
                }
            }
            for (name, items) in &manifest.features {
                if items.iter().any(|item| item.contains(word)) {
                    found.take(on.contains(name));
                }
            }
        }
        found
    }

    fn package(&mut self, workspace: &Workspace, dir: &RelPath) {
        if self.on.contains_key(dir) {
            return;
        }
        self.on.insert(dir.clone(), BTreeSet::new());
        let Some(manifest) = workspace.packages.get(dir) else { return };
        for dependency in manifest.dependencies() {
            if counts(&dependency, None) {
                self.dependency(workspace, manifest, &dependency);
            }
        }
    }

    /// Follows a dependency into the repository, with the features that it asks for.
    fn dependency(&mut self, workspace: &Workspace, manifest: &Manifest, dependency: &Declared) {
        let table = dependency.spec.as_ref().table();
        let Some(folder) = workspace.local(dependency.key, &table, &manifest.dir()) else { return };
        let (table, _) = workspace.resolve(dependency.key, &table, &manifest.dir());
        self.package(workspace, &folder);
        if table.default_features != Some(false) {
            self.feature(workspace, &folder, "default");
        }
        for feature in &table.features {
            self.feature(workspace, &folder, feature);
        }
    }

    fn feature(&mut self, workspace: &Workspace, dir: &RelPath, feature: &str) {
        let Some(manifest) = workspace.packages.get(dir) else { return };
        // `member/feature`, as on the command line.
        if let Some((name, inner)) = feature.split_once('/') {
            let weak = name.ends_with('?');
            let name = name.trim_end_matches('?');
            if weak {
                return;
            }
            self.feature(workspace, dir, &format!("dep:{name}"));
            for dependency in named(manifest, name) {
                let table = dependency.spec.as_ref().table();
                if let Some(folder) = workspace.local(dependency.key, &table, dir) {
                    self.feature(workspace, &folder, inner);
                }
            }
            return;
        }
        if !self.on.entry(dir.clone()).or_default().insert(feature.to_owned()) {
            return;
        }
        if let Some(key) = feature.strip_prefix("dep:") {
            for dependency in named(manifest, key) {
                self.dependency(workspace, manifest, &dependency);
            }
        } else if let Some(items) = manifest.features.get(feature) {
            for item in items.clone() {
                self.feature(workspace, dir, &item);
            }
        } else {
            self.feature(workspace, dir, &format!("dep:{feature}"));
        }
    }

    /// Features that `x?/f` asks for, where x is on.
    fn weak(&self, workspace: &Workspace) -> Vec<(RelPath, String)> {
        let mut found = Vec::new();
        for (dir, on) in &self.on {
            let Some(manifest) = workspace.packages.get(dir) else { continue };
            for item in on.iter().filter_map(|feature| manifest.features.get(feature)).flatten() {
                let Some((name, inner)) = item.split_once("?/") else { continue };
                for dependency in
                    named(manifest, name).filter(|dependency| counts(dependency, Some(on)))
                {
                    let table = dependency.spec.as_ref().table();
                    found.extend(
                        workspace
                            .local(dependency.key, &table, dir)
                            .map(|folder| (folder, inner.to_owned())),
                    );
                }
            }
        }
        found
    }
}

fn named<'a>(manifest: &'a Manifest, key: &str) -> impl Iterator<Item = Declared<'a>> {
    manifest
        .dependencies()
        .filter(move |dependency| dependency.key == key && dependency.role != Role::Dev)
}

fn counts(dependency: &Declared, on: Option<&BTreeSet<String>>) -> bool {
    dependency.role != Role::Dev
        && linux(dependency.platform)
        && (!dependency.spec.as_ref().table().optional
            || on.is_some_and(|on| on.contains(&format!("dep:{}", dependency.key))))
}

/// False where a platform's `cfg(...)` or triple rules Linux out.
fn linux(platform: &str) -> bool {
    if platform.is_empty() {
        return true;
    }
    match platform.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')')) {
        Some(expression) => cfg(expression) != Some(false),
        None => platform.contains("-linux-gnu"),
    }
}

/// The value of a cfg expression on Linux; `None` where it depends on more than that.
fn cfg(expression: &str) -> Option<bool> {
    let expression = expression.trim();
    if let Some((word, inner)) = expression.split_once('(')
        && let Some(inner) = inner.strip_suffix(')')
    {
        let values: Vec<Option<bool>> = arguments(inner).iter().map(|part| cfg(part)).collect();
        return match word.trim() {
            "not" => values.first().copied().flatten().map(|value| !value),
            "all" if values.contains(&Some(false)) => Some(false),
            "all" if values.iter().all(|value| *value == Some(true)) => Some(true),
            "any" if values.contains(&Some(true)) => Some(true),
            "any" if values.iter().all(|value| *value == Some(false)) => Some(false),
            _ => None,
        };
    }
    match expression.split_once('=') {
        None => match expression {
            "unix" => Some(true),
            "windows" | "miri" | "loom" | "test" => Some(false),
            _ => None,
        },
        Some((key, value)) => {
            let value = value.trim().trim_matches('"');
            match key.trim() {
                "target_os" => Some(value == "linux"),
                "target_family" => Some(value == "unix"),
                "target_vendor" => Some(value == "unknown"),
                // What musl needs beyond glibc is looked at apart (`Mentions::musl`).
                "target_env" => Some(value == "gnu"),
                "target_arch" if value.starts_with("wasm") => Some(false),
                _ => None,
            }
        }
    }
}

/// The parts between the commas at the top level.
fn arguments(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::super::workspace::workspace;
    use super::*;
    use crate::repo::{Dir, Repo};

    fn keys(files: &[(&str, &str)], dir: &str, asked: &str) -> Vec<String> {
        let repo = Repo::from_files(files.iter().copied());
        let dir = RelPath::new(dir).unwrap();
        let workspace = workspace(&Dir::new(&repo, dir.clone())).unwrap().unwrap();
        let active = active(&workspace, &dir, &Asked::parse(asked));
        let mut keys = Vec::new();
        for folder in active.packages() {
            let manifest = &workspace.packages[folder];
            keys.extend(
                active.dependencies(manifest).map(|d| format!("{}:{}", manifest.name(), d.key)),
            );
        }
        keys
    }

    #[test]
    fn features_turn_optional_dependencies_on() {
        let app = "[package]\nname = \"app\"\n[features]\ndefault = [\"sqlite\"]\nsqlite = [\"dep:rusqlite\", \"lib?/fast\"]\npg = [\"postgres/x\", \"lib/fast\"]\n[dependencies]\nrusqlite = { version = \"1\", optional = true }\npostgres = { version = \"1\", optional = true }\nlib = { path = \"lib\" }\n[dev-dependencies]\ntest = \"1\"\n[target.'cfg(windows)'.dependencies]\nw = \"1\"\n[target.'cfg(all(unix, not(target_os = \"macos\")))'.dependencies]\nu = \"1\"\n";
        let lib = "[package]\nname = \"lib\"\n[features]\nfast = [\"simd\"]\n[dependencies]\nsimd = { version = \"1\", optional = true }\n";
        let files = [("Cargo.toml", app), ("lib/Cargo.toml", lib)];
        assert_eq!(keys(&files, "", ""), ["app:lib", "app:rusqlite", "app:u", "lib:simd"]);
        assert_eq!(keys(&files, "", "-default"), ["app:lib", "app:u"]);
        assert_eq!(
            keys(&files, "", "-default pg"),
            ["app:lib", "app:postgres", "app:u", "lib:simd"]
        );
    }

    #[test]
    fn platforms() {
        for (platform, on) in [
            ("", true),
            ("cfg(unix)", true),
            ("cfg(windows)", false),
            ("cfg(any(target_os = \"macos\", windows))", false),
            ("cfg(target_env = \"musl\")", false),
            ("cfg(not(target_env = \"msvc\"))", true),
            ("x86_64-unknown-linux-gnu", true),
            ("x86_64-pc-windows-gnu", false),
            ("cfg(", false),
            ("cfg(any(,))", false),
        ] {
            assert_eq!(linux(platform), on, "{platform}");
        }
    }
}
