//! The parts of `.cargo/config.toml` that affect a build in a container. Format:
//! <https://doc.rust-lang.org/cargo/reference/config.html>.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::workspace::Workspace;
use crate::detect::rust::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::{Dir, Repo, line_of, parse_toml};

/// `build.target` may be one triple or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Several(Vec<String>),
}

impl Words {
    fn all(&self) -> Vec<&str> {
        match self {
            Self::One(text) => text.split_whitespace().collect(),
            Self::Several(words) => words.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Build {
    target: Option<Words>,
    rustc_wrapper: Option<String>,
    rustc_workspace_wrapper: Option<String>,
    rustflags: Option<Words>,
}

#[derive(Debug, Default, Deserialize)]
struct Target {
    linker: Option<String>,
    rustflags: Option<Words>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Source {
    replace_with: Option<String>,
    directory: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Net {
    #[serde(default)]
    git_fetch_with_cli: bool,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    build: Build,
    #[serde(default)]
    target: BTreeMap<String, Target>,
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    registries: toml::Table,
    #[serde(default)]
    net: Net,
}

/// What the configuration files of a build state.
#[derive(Debug, Default)]
pub(super) struct CargoConfig {
    /// The files, from the workspace's root upwards.
    pub(super) files: Vec<RelPath>,
    /// True if the configuration sets a target.
    pub(super) target: bool,
    /// A compiler wrapper, which no image contains.
    pub(super) wrapper: Option<Evidence>,
    /// Linkers that a glibc build needs, as keys of packages.toml.
    pub(super) tools: Vec<(String, Evidence)>,
    /// Folders with vendored packages.
    pub(super) vendored: Vec<RelPath>,
    /// Private registries, by name.
    pub(super) registries: Vec<(String, Evidence)>,
    /// Set if the git command fetches git dependencies.
    pub(super) git: Option<Evidence>,
    pub(super) findings: Vec<Finding>,
}

/// Reads the files in the workspace's root and above it, up to the build context.
pub(super) fn config(repo: &Repo, workspace: &Workspace) -> Result<CargoConfig> {
    let mut config = CargoConfig::default();
    for folder in Dir::new(repo, workspace.root.clone()).upwards() {
        if !folder.path.is_within(&workspace.context) {
            break;
        }
        // If both exist, cargo reads the one without an extension.
        for name in [".cargo/config", ".cargo/config.toml"] {
            let Some((path, text)) = folder.text(name)? else { continue };
            let file: File = parse_toml(&path, &text)?;
            config.take(&folder, &path, &text, &file);
            config.files.push(path);
            break;
        }
    }
    Ok(config)
}

impl CargoConfig {
    fn take(&mut self, folder: &Dir, path: &RelPath, text: &str, file: &File) {
        let at = |needle: &str, note: &str| Evidence {
            file: path.clone(),
            line: line_of(text, needle),
            note: note.to_owned(),
        };
        if let Some(target) = &file.build.target {
            self.target = true;
            if let Some(triple) = target.all().into_iter().find(|triple| !triple.contains("linux"))
            {
                self.findings.push(Finding::new(
                    codes::FOREIGN_TARGET,
                    format!("the project is configured for the target {triple}"),
                    [at("target", "build.target")],
                ));
            }
        }
        if file.build.rustc_wrapper.is_some() || file.build.rustc_workspace_wrapper.is_some() {
            self.wrapper
                .get_or_insert(at("wrapper", "a compiler wrapper, which no image contains"));
        }
        let mut words: Vec<(&str, Vec<&str>)> = Vec::new();
        let flags = |flags: &Option<Words>| {
            flags.as_ref().map(|f| f.all().into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let general = flags(&file.build.rustflags).unwrap_or_default();
        words.push(("", general.iter().map(String::as_str).collect()));
        let mut per_target: Vec<(String, Vec<String>)> = Vec::new();
        for (triple, target) in &file.target {
            if !(triple.contains("linux") && !triple.contains("musl") || triple.contains("unix")) {
                continue;
            }
            per_target.push((
                target.linker.clone().unwrap_or_default(),
                flags(&target.rustflags).unwrap_or_default(),
            ));
        }
        words.extend(
            per_target.iter().map(|(linker, flags)| {
                (linker.as_str(), flags.iter().map(String::as_str).collect())
            }),
        );
        for (linker, flags) in words {
            // The flag `-C linker=clang` has the same effect as the setting.
            if linker.contains("clang")
                || flags.iter().any(|flag| flag.contains("linker=") && flag.contains("clang"))
            {
                self.tools.push(("clang".to_owned(), at("clang", "the configured linker")));
            }
            for tool in ["lld", "mold"] {
                if linker == tool
                    || flags.iter().any(|flag| flag.ends_with(&format!("fuse-ld={tool}")))
                    || flags.iter().any(|flag| links_by(flag, tool))
                    || flags.contains(&tool)
                {
                    self.tools.push((tool.to_owned(), at(tool, "the configured linker")));
                }
            }
        }
        for source in file.source.values() {
            if let Some(directory) = source.directory.as_ref().filter(|_| replaced(file)) {
                // The path is relative to the folder that contains .cargo.
                match folder.join(directory) {
                    Some(vendored) if folder.repo.is_dir(&vendored) => self.vendored.push(vendored),
                    _ => self.findings.push(Finding::new(
                        codes::VENDOR_MISSING,
                        format!(
                            "cargo takes packages from `{directory}`, which the repository \
                                 does not hold"
                        ),
                        [at(directory, "a source's directory")],
                    )),
                }
            }
        }
        // An entry without an index configures crates.io itself, such as its protocol.
        for (name, _) in file.registries.iter().filter(|(_, table)| table.get("index").is_some()) {
            self.registries.push((name.clone(), at(name, "a registry of its own")));
        }
        if file.net.git_fetch_with_cli {
            self.git.get_or_insert(at(
                "git-fetch-with-cli",
                "git dependencies are fetched by the git command",
            ));
        }
    }
}

fn replaced(file: &File) -> bool {
    file.source.values().any(|source| source.replace_with.is_some())
}

/// True for a flag that names the linker by its path: `--ld-path=/usr/bin/mold`.
fn links_by(flag: &str, tool: &str) -> bool {
    let path = flag.split_once("ld-path=").map(|(_, path)| path);
    let name = path.map(|path| path.rsplit('/').next().unwrap_or(path));
    name.is_some_and(|name| name == tool || name == format!("ld.{tool}"))
}

#[cfg(test)]
mod tests {
    use super::super::workspace::workspace;
    use super::*;

    fn of(text: &str, more: &[(&str, &str)]) -> CargoConfig {
        let mut files =
            vec![("Cargo.toml", "[package]\nname = \"a\"\n"), (".cargo/config.toml", text)];
        files.extend(more);
        let repo = Repo::from_files(files);
        let workspace = workspace(&repo.root()).unwrap().unwrap();
        config(&repo, &workspace).unwrap()
    }

    #[test]
    fn linkers_and_wrappers() {
        let config = of(
            "[build]\nrustc-wrapper = \"sccache\"\n[target.x86_64-unknown-linux-gnu]\nlinker = \"clang\"\nrustflags = [\"-C\", \"link-arg=-fuse-ld=mold\"]\n[target.x86_64-pc-windows-msvc]\nrustflags = [\"-C\", \"link-arg=-fuse-ld=lld\"]\n",
            &[],
        );
        let tools: Vec<_> = config
            .tools
            .iter()
            .map(|(tool, evidence)| format!("{tool} {}", evidence.place()))
            .collect();
        assert_eq!(tools, ["clang .cargo/config.toml:4", "mold .cargo/config.toml:5"]);
        assert_eq!(config.wrapper.unwrap().line, Some(2));
        let flags = "rustflags = [\"-C\", \"linker=clang\", \"-C\", \"link-arg=-fuse-ld=lld\"]";
        let config = of(&format!("[target.x86_64-unknown-linux-gnu]\n{flags}\n"), &[]);
        let tools: Vec<&str> = config.tools.iter().map(|(tool, _)| tool.as_str()).collect();
        assert_eq!(tools, ["clang", "lld"]);
        let flags = "rustflags = [\"-C\", \"link-arg=--ld-path=/usr/bin/mold\"]\nlinker = \"/usr/bin/clang\"";
        let config = of(&format!("[target.x86_64-unknown-linux-gnu]\n{flags}\n"), &[]);
        let tools: Vec<&str> = config.tools.iter().map(|(tool, _)| tool.as_str()).collect();
        assert_eq!(tools, ["clang", "mold"]);
    }

    #[test]
    fn vendored_packages_must_be_there() {
        let text = "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n";
        assert_eq!(of(text, &[("vendor/a/Cargo.toml", "")]).vendored[0].as_str(), "vendor");
        assert_eq!(of(text, &[]).findings[0].code.as_str(), "vendor-missing");
    }

    #[test]
    fn targets() {
        assert!(of("[build]\ntarget = \"x86_64-unknown-linux-musl\"\n", &[]).target);
        assert_eq!(
            of("[build]\ntarget = [\"wasm32-wasip1\"]\n", &[]).findings[0].code.as_str(),
            "foreign-target"
        );
    }
}
