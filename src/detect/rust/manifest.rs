//! One Cargo.toml: packages, targets, dependencies, features, profiles. Format:
//! <https://doc.rust-lang.org/cargo/reference/manifest.html>.

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Result;
use serde::Deserialize;
use toml::Spanned;

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{line_at, line_of, parse_toml};

/// A value, or `{ workspace = true }` for the value of the workspace root.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Inherit<T> {
    Own(T),
    Workspace { workspace: bool },
}

impl<T> Inherit<T> {
    /// The value, taken from the workspace if it is inherited.
    pub(super) fn or<'a>(&'a self, inherited: Option<&'a T>) -> Option<&'a T> {
        match self {
            Self::Own(value) => Some(value),
            Self::Workspace { workspace } => inherited.filter(|_| *workspace),
        }
    }
}

/// `build = "build.rs"`, `build = false`, or several scripts.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum BuildScript {
    Path(String),
    Paths(Vec<String>),
    Auto(bool),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct PackageTable {
    pub(super) name: Spanned<String>,
    pub(super) version: Option<Spanned<Inherit<String>>>,
    pub(super) edition: Option<Spanned<Inherit<String>>>,
    pub(super) rust_version: Option<Spanned<Inherit<String>>>,
    pub(super) repository: Option<Spanned<Inherit<String>>>,
    pub(super) build: Option<BuildScript>,
    pub(super) default_run: Option<String>,
    pub(super) autobins: Option<bool>,
    pub(super) workspace: Option<String>,
}

/// `[lib]`, `[[bin]]`, `[[example]]`, `[[test]]`, `[[bench]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Target {
    pub(super) name: Option<Spanned<String>>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) required_features: Vec<String>,
}

/// The right side of a dependency.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Dependency {
    Version(#[allow(dead_code, reason = "only its kind matters")] String),
    Table(DependencyTable),
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct DependencyTable {
    pub(super) path: Option<String>,
    pub(super) package: Option<String>,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(alias = "default_features")]
    pub(super) default_features: Option<bool>,
    #[serde(default)]
    pub(super) features: Vec<String>,
    #[serde(default)]
    pub(super) workspace: bool,
}

impl Dependency {
    pub(super) fn table(&self) -> DependencyTable {
        match self {
            Self::Version(_) => DependencyTable::default(),
            Self::Table(table) => table.clone(),
        }
    }
}

pub(super) type Dependencies = BTreeMap<String, Spanned<Dependency>>;

/// `[target.'cfg(unix)']` and the like.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Platform {
    #[serde(default)]
    pub(super) dependencies: Dependencies,
    #[serde(default, alias = "build_dependencies")]
    pub(super) build_dependencies: Dependencies,
    #[serde(default, alias = "dev_dependencies")]
    pub(super) dev_dependencies: Dependencies,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct InheritedPackage {
    pub(super) version: Option<String>,
    pub(super) edition: Option<String>,
    pub(super) rust_version: Option<String>,
    pub(super) repository: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct WorkspaceTable {
    #[serde(default)]
    pub(super) members: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) default_members: Vec<String>,
    #[serde(default)]
    pub(super) exclude: Vec<String>,
    #[serde(default)]
    pub(super) package: InheritedPackage,
    #[serde(default)]
    pub(super) dependencies: Dependencies,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(alias = "project")]
    package: Option<PackageTable>,
    workspace: Option<WorkspaceTable>,
    lib: Option<Target>,
    #[serde(default)]
    bin: Vec<Target>,
    #[serde(default)]
    example: Vec<Target>,
    #[serde(default)]
    test: Vec<Target>,
    #[serde(default)]
    bench: Vec<Target>,
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(default, alias = "build_dependencies")]
    build_dependencies: Dependencies,
    #[serde(default, alias = "dev_dependencies")]
    dev_dependencies: Dependencies,
    #[serde(default)]
    target: BTreeMap<String, Platform>,
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    patch: BTreeMap<String, BTreeMap<String, Dependency>>,
    #[serde(default)]
    replace: BTreeMap<String, Dependency>,
    #[serde(default)]
    profile: BTreeMap<String, toml::Table>,
}

/// A parsed Cargo.toml.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    /// The path of the file.
    pub(super) path: RelPath,
    /// The text of the file, for line numbers.
    pub(super) text: Rc<str>,
    pub(super) package: Option<PackageTable>,
    pub(super) workspace: Option<WorkspaceTable>,
    pub(super) lib: Option<Target>,
    pub(super) bins: Vec<Target>,
    pub(super) examples: Vec<Target>,
    pub(super) tests: Vec<Target>,
    pub(super) benches: Vec<Target>,
    /// Dependencies by platform; `""` stands for all platforms.
    pub(super) platforms: BTreeMap<String, Platform>,
    pub(super) features: BTreeMap<String, Vec<String>>,
    /// Folders that replace packages of a registry.
    pub(super) patches: Vec<String>,
    pub(super) profiles: BTreeMap<String, toml::Table>,
}

/// The table that contains a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Normal,
    Build,
    Dev,
}

/// A dependency with its table and platform.
#[derive(Clone, Debug)]
pub(super) struct Declared<'a> {
    /// The key: the name under which code uses the dependency, with `-`.
    pub(super) key: &'a str,
    pub(super) spec: &'a Spanned<Dependency>,
    pub(super) role: Role,
    /// The platform; `""` stands for all of them.
    pub(super) platform: &'a str,
}

impl Manifest {
    /// Parses a Cargo.toml.
    ///
    /// # Errors The error names the file and the line that is not valid.
    pub(super) fn parse(path: &RelPath, text: &Rc<str>) -> Result<Self> {
        let file: File = parse_toml(path, text)?;
        let mut platforms = file.target;
        let own = Platform {
            dependencies: file.dependencies,
            build_dependencies: file.build_dependencies,
            dev_dependencies: file.dev_dependencies,
        };
        platforms.insert(String::new(), own);
        let patched = file
            .patch
            .into_values()
            .flat_map(BTreeMap::into_values)
            .chain(file.replace.into_values());
        Ok(Self {
            path: path.clone(),
            text: text.clone(),
            package: file.package,
            workspace: file.workspace,
            lib: file.lib,
            bins: file.bin,
            examples: file.example,
            tests: file.test,
            benches: file.bench,
            platforms,
            features: file.features,
            patches: patched.filter_map(|dependency| dependency.table().path).collect(),
            profiles: file.profile,
        })
    }

    /// The folder of the manifest.
    pub(super) fn dir(&self) -> RelPath {
        self.path.parent().unwrap_or_default()
    }

    /// The name of the package; `""` for a virtual manifest.
    pub(super) fn name(&self) -> &str {
        self.package.as_ref().map_or("", |package| package.name.as_ref().as_str())
    }

    /// Evidence at the start of a span.
    pub(super) fn at<T>(&self, value: &Spanned<T>, note: impl Into<String>) -> Evidence {
        let line = line_at(&self.text, value.span().start).unwrap_or(1);
        Evidence::at(&self.path, line, note)
    }

    /// Evidence at the first occurrence of `needle`.
    pub(super) fn find(&self, needle: &str, note: impl Into<String>) -> Evidence {
        Evidence { file: self.path.clone(), line: line_of(&self.text, needle), note: note.into() }
    }

    /// Every dependency of every platform.
    pub(super) fn dependencies(&self) -> impl Iterator<Item = Declared<'_>> {
        self.platforms.iter().flat_map(|(platform, tables)| {
            let roles = [
                (Role::Normal, &tables.dependencies),
                (Role::Build, &tables.build_dependencies),
                (Role::Dev, &tables.dev_dependencies),
            ];
            roles.into_iter().flat_map(move |(role, table)| {
                table.iter().map(move |(key, spec)| Declared { key, spec, role, platform })
            })
        })
    }

    /// The dependencies with that key.
    pub(super) fn declared<'a>(&'a self, key: &str) -> impl Iterator<Item = Declared<'a>> {
        self.platforms.iter().flat_map(move |(platform, tables)| {
            let roles = [
                (Role::Normal, &tables.dependencies),
                (Role::Build, &tables.build_dependencies),
                (Role::Dev, &tables.dev_dependencies),
            ];
            roles.into_iter().filter_map(move |(role, table)| {
                let (key, spec) = table.get_key_value(key)?;
                Some(Declared { key, spec, role, platform })
            })
        })
    }

    /// The value of a key of `[package]`, its own or inherited.
    pub(super) fn inherited<'a>(
        value: Option<&'a Spanned<Inherit<String>>>,
        workspace: Option<&'a String>,
    ) -> Option<&'a str> {
        value?.as_ref().or(workspace).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(&RelPath::new("a/Cargo.toml").unwrap(), &Rc::from(text))
    }

    #[test]
    fn reads_packages_targets_and_dependencies() {
        let manifest = parse(
            "[package]\nname = \"a\"\nversion.workspace = true\nedition = \"2024\"\n[[bin]]\nname = \"server\"\nrequired-features = [\"x\"]\n[dependencies]\nserde = \"1\"\nb = { path = \"../b\", optional = true }\n[target.'cfg(windows)'.dependencies]\nw = \"1\"\n[build-dependencies.c]\nversion = \"1\"\n[patch.crates-io]\nz = { path = \"vendor/z\" }\n",
        )
        .unwrap();
        assert_eq!(manifest.name(), "a");
        assert_eq!(manifest.bins[0].required_features, ["x"]);
        let all: Vec<_> = manifest.dependencies().map(|d| (d.key, d.role, d.platform)).collect();
        assert!(
            all.contains(&("b", Role::Normal, ""))
                && all.contains(&("w", Role::Normal, "cfg(windows)"))
        );
        assert!(all.contains(&("c", Role::Build, "")));
        assert_eq!(manifest.patches, ["vendor/z"]);
        let package = manifest.package.as_ref().unwrap();
        let version = Manifest::inherited(package.version.as_ref(), Some(&"1.2.3".to_owned()))
            .map(str::to_owned);
        assert_eq!(version.as_deref(), Some("1.2.3"));
        assert_eq!(manifest.at(&package.name, "").line, Some(2));
    }

    #[test]
    fn a_broken_manifest_names_its_line() {
        assert!(
            parse("[package]\nname = 3\n").unwrap_err().to_string().starts_with("a/Cargo.toml:2")
        );
        assert!(parse("[package\n").unwrap_err().to_string().starts_with("a/Cargo.toml:1"));
    }
}
