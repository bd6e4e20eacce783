//! Which dependencies a build has, given features, optional dependencies and platforms. Rules:
//! <https://doc.rust-lang.org/cargo/reference/features.html>.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Declared, Manifest, Role};
use super::workspace::Workspace;
use crate::path::RelPath;

/// The features that a build asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) features: Vec<String>,
    pub(super) no_default: bool,
}

impl Asked {
    /// Reads an answer: features, separated by commas or spaces. `-default` leaves out the default
    /// features.
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
    /// The active features by package folder; `dep:x` stands for an optional dependency.
    on: BTreeMap<RelPath, BTreeSet<String>>,
    /// Features `x?/f` by package folder and x, which become active once x is.
    weak: BTreeMap<(RelPath, String), Vec<String>>,
}

/// Whether a word occurs in the names of features that the project asks for, actively or not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mentions {
    pub(super) on: bool,
    pub(super) off: bool,
    /// True if a dependency asks for it when the program is linked with musl.
    pub(super) musl: bool,
}

impl Mentions {
    fn take(&mut self, on: bool) {
        self.on |= on;
        self.off |= !on;
    }
}

/// The features that a build of the package in `dir` turns on.
pub(super) fn active(workspace: &Workspace, dir: &RelPath, asked: &Asked) -> Active {
    let mut active = Active::default();
    active.turn_on(workspace, Wanted::Package(dir.clone()));
    if !asked.no_default {
        active.turn_on(workspace, Wanted::Feature(dir.clone(), "default".to_owned()));
    }
    for feature in &asked.features {
        active.turn_on(workspace, Wanted::Feature(dir.clone(), feature.clone()));
    }
    active
}

impl Active {
    /// True if the package in `dir` is built with `feature`.
    pub(super) fn has(&self, dir: &RelPath, feature: &str) -> bool {
        self.on.get(dir).is_some_and(|on| on.contains(feature))
    }

    /// The packages of the repository that belong to the build.
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

    /// Where the build mentions a feature whose name contains `word`.
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

    /// Turns on a package or feature and everything that it asks for. A queue replaces recursion,
    /// because a chain of features may be longer than the stack is deep.
    fn turn_on(&mut self, workspace: &Workspace, first: Wanted) {
        let mut open = vec![first];
        while let Some(next) = open.pop() {
            match next {
                Wanted::Package(dir) => self.package(workspace, &dir, &mut open),
                Wanted::Feature(dir, feature) => self.feature(workspace, &dir, &feature, &mut open),
            }
        }
    }

    fn package(&mut self, workspace: &Workspace, dir: &RelPath, open: &mut Vec<Wanted>) {
        if self.on.contains_key(dir) {
            return;
        }
        self.on.insert(dir.clone(), BTreeSet::new());
        let Some(manifest) = workspace.packages.get(dir) else { return };
        for dependency in manifest.dependencies() {
            if counts(&dependency, None) {
                dependency_of(workspace, manifest, &dependency, open);
            }
        }
    }

    fn feature(
        &mut self,
        workspace: &Workspace,
        dir: &RelPath,
        feature: &str,
        open: &mut Vec<Wanted>,
    ) {
        let Some(manifest) = workspace.packages.get(dir) else { return };
        let local = |dependency: &Declared| {
            workspace.local(dependency.key, &dependency.spec.as_ref().table(), dir)
        };
        // `member/feature` also exists on the command line.
        if let Some((name, inner)) = feature.split_once('/') {
            if let Some(name) = name.strip_suffix('?') {
                // The feature becomes active once x is, whatever turns x on.
                let name = name.trim_end_matches('?');
                let on = self.on.get(dir);
                let wanted = manifest.declared(name).filter(|found| found.role != Role::Dev);
                for folder in wanted.filter(|found| counts(found, on)).filter_map(|d| local(&d)) {
                    open.push(Wanted::Feature(folder, inner.to_owned()));
                }
                let waiting = self.weak.entry((dir.clone(), name.to_owned())).or_default();
                waiting.push(feature.to_owned());
                return;
            }
            let wanted = manifest.declared(name).filter(|found| found.role != Role::Dev);
            for folder in wanted.filter_map(|dependency| local(&dependency)) {
                open.push(Wanted::Feature(folder, inner.to_owned()));
            }
            // `x/feature` turns on the optional dependency x too.
            open.push(Wanted::Feature(dir.clone(), format!("dep:{name}")));
            return;
        }
        if !self.on.entry(dir.clone()).or_default().insert(feature.to_owned()) {
            return;
        }
        if let Some(key) = feature.strip_prefix("dep:") {
            for dependency in manifest.declared(key).filter(|found| found.role != Role::Dev) {
                dependency_of(workspace, manifest, &dependency, open);
            }
            let waiting = self.weak.remove(&(dir.clone(), key.to_owned())).unwrap_or_default();
            open.extend(waiting.into_iter().map(|item| Wanted::Feature(dir.clone(), item)));
        } else if let Some(items) = manifest.features.get(feature) {
            open.extend(items.iter().map(|item| Wanted::Feature(dir.clone(), item.clone())));
        } else {
            // An optional dependency is a feature of the same name.
            open.push(Wanted::Feature(dir.clone(), format!("dep:{feature}")));
        }
    }
}

/// What is still to be turned on.
enum Wanted {
    /// The package in a folder.
    Package(RelPath),
    /// A feature of the package in a folder.
    Feature(RelPath, String),
}

/// Follows a dependency into the repository, with the features that it asks for.
fn dependency_of(
    workspace: &Workspace,
    manifest: &Manifest,
    dependency: &Declared,
    open: &mut Vec<Wanted>,
) {
    let table = dependency.spec.as_ref().table();
    let Some(folder) = workspace.local(dependency.key, &table, &manifest.dir()) else { return };
    let (table, _) = workspace.resolve(dependency.key, &table, &manifest.dir());
    let features = table.features.iter().cloned();
    let default = (table.default_features != Some(false)).then(|| "default".to_owned());
    let wanted = features.chain(default);
    open.extend(wanted.map(|feature| Wanted::Feature(folder.clone(), feature)));
    open.push(Wanted::Package(folder));
}

fn counts(dependency: &Declared, on: Option<&BTreeSet<String>>) -> bool {
    dependency.role != Role::Dev
        && linux(dependency.platform)
        && (!dependency.spec.as_ref().table().optional
            || on.is_some_and(|on| on.contains(&format!("dep:{}", dependency.key))))
}

/// False if a platform's `cfg(...)` or triple excludes Linux.
fn linux(platform: &str) -> bool {
    if platform.is_empty() {
        return true;
    }
    match platform.strip_prefix("cfg(").and_then(|rest| rest.strip_suffix(')')) {
        Some(expression) => cfg(expression, 0) != Some(false),
        None => platform.contains("-linux-gnu"),
    }
}

/// How deep a cfg expression is read. The limit protects the stack; what is deeper counts as
/// unknown.
const MAX_CFG: usize = 32;

/// The value of a cfg expression on Linux; `None` if it depends on something else.
fn cfg(expression: &str, depth: usize) -> Option<bool> {
    let expression = expression.trim();
    if depth > MAX_CFG {
        return None;
    }
    if let Some((word, inner)) = expression.split_once('(')
        && let Some(inner) = inner.strip_suffix(')')
    {
        let values: Vec<Option<bool>> =
            arguments(inner).iter().map(|part| cfg(part, depth + 1)).collect();
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
                // `Mentions::musl` covers what musl needs beyond glibc.
                "target_env" => Some(value == "gnu"),
                "target_arch" if value.starts_with("wasm") => Some(false),
                _ => None,
            }
        }
    }
}

/// The parts between commas at the top level.
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
    use std::fmt::Write as _;

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
    fn a_long_chain_of_features_is_followed() {
        let mut app = "[package]\nname = \"app\"\n[features]\ndefault = [\"f0\"]\n".to_owned();
        for n in 0..12_000 {
            writeln!(app, "f{n} = [\"f{}\"]", n + 1).unwrap();
        }
        app.push_str("f12000 = [\"dep:x\", \"x?/y\"]\n[dependencies]\nx = { version = \"1\", optional = true }\n");
        assert_eq!(keys(&[("Cargo.toml", &app)], "", ""), ["app:x"]);
    }

    #[test]
    fn a_deep_platform_is_not_known() {
        let depth = 40_000;
        let deep = format!("cfg({}unix{})", "not(".repeat(depth), ")".repeat(depth));
        assert!(linux(&deep));
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
