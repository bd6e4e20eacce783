//! What is copied before the install: manifests, lockfiles, and the files that they name.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::super::tool::Tool;
use super::nested::{self, Nested};
use super::patches;
use super::steps::{self, Installed};
use crate::detect::{Unsupported, submodule};
use crate::docker::types::Line;
use crate::facts::{BuildSecret, Evidence, Finding, Handed};
use crate::path::RelPath;
use crate::plan::CopySpec;
use crate::repo::Dir;
use crate::secrets;

/// Files in the lockfile's folder that an install reads.
const ROOT_FILES: [&str; 17] = [
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    ".pnpmfile.cjs",
    ".pnpmfile.mjs",
    "pnpmfile.cjs",
    "yarn.lock",
    ".yarnrc",
    ".yarnrc.yml",
    "bun.lock",
    "bun.lockb",
    "bunfig.toml",
    ".npmrc",
    "lerna.json",
    ".node-version",
];

/// The paths that dependency resolution reads, for the facts.
pub(crate) fn manifest_paths(app: &App, tool: &Tool, toolchain: &str) -> Result<Vec<RelPath>> {
    let launch = Launch { layout: Layout::Tree, ..Launch::default() };
    let (nested, _) = nested::read(app, tool, &launch, toolchain)?;
    let specs = manifests(app, tool, &steps::installed(app, tool)?, &nested)?;
    let root = &app.root.path;
    let paths = specs.iter().flat_map(|spec| spec.paths(app.root.repo, root));
    Ok(paths.filter_map(|path| root.join(&path)).collect())
}

pub(super) fn manifests(
    app: &App,
    tool: &Tool,
    installed: &[Installed],
    nested: &[Nested],
) -> Result<Vec<CopySpec>> {
    let root = &app.root;
    let mut specs = Vec::new();
    let mut files: Vec<&str> = Vec::new();
    for file in ROOT_FILES.into_iter().filter(|file| root.has(file) && !is_skipped(tool, file)) {
        // A file with a credential is mounted as a secret instead, so no layer contains it.
        if !holds_credential(root, file)? {
            files.push(file);
        }
    }
    specs.push(spec(&files, "./")?);
    let mut folders: Vec<String> = Vec::new();
    // The install loads the plugins and applies the patches.
    if tool.id == "yarn-berry" {
        folders.extend([".yarn/plugins".to_owned(), ".yarn/patches".to_owned()]);
    }
    let named = patches::paths(app, tool, installed)?;
    let patched = tool.id == "pnpm" && named.is_empty() || app.package.has("patch-package");
    if patched {
        folders.push("patches".to_owned());
    }
    folders.extend(named);
    let home = app.dir.path.strip(&root.path).unwrap_or_default().to_owned();
    let below =
        |path: &str| RelPath::new(&home).and_then(|p| p.join(path)).map(|p| p.as_str().to_owned());
    for one in installed {
        let below =
            |file: &String| RelPath::new(&one.way)?.join(file).map(|path| path.as_str().to_owned());
        folders.extend(one.lifecycle.files.iter().filter_map(below));
    }
    folders.extend(local_dependencies(app)?.into_iter().filter_map(|path| below(&path)));
    folders.sort();
    folders.dedup();
    // A folder brings what lies in it.
    let all: BTreeSet<String> = folders.iter().cloned().collect();
    folders.retain(|path| {
        let mut above = path.match_indices('/').map(|(end, _)| &path[..end]);
        !above.any(|above| all.contains(above))
    });
    if let Some(workspace) = &app.workspace {
        let ways = workspace.members.iter().filter_map(|member| member.strip(&root.path));
        let paths: Vec<String> = ways.map(|way| format!("{way}/package.json")).collect();
        specs.extend(CopySpec::manifests(root.repo, &root.path, &paths, "./")?);
    }
    for one in nested {
        let mut files = Vec::new();
        for file in one.files(root) {
            if root.join(&file).is_some_and(|path| root.repo.is_dir(&path)) {
                specs.push(spec(&[&file], &format!("{file}/"))?);
            } else if !holds_credential(root, &file)? {
                files.push(file);
            }
        }
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        specs.push(spec(&files, &format!("{}/", one.way))?);
    }
    for folder in folders {
        let Some(path) = root.join(&folder) else { continue };
        if root.repo.is_dir(&path) {
            specs.push(spec(&[&folder], &format!("{folder}/"))?);
        } else if root.repo.is_file(&path) {
            let parent = path
                .parent()
                .and_then(|p| p.strip(&root.path).map(str::to_owned))
                .unwrap_or_default();
            let dest = if parent.is_empty() { "./".to_owned() } else { format!("{parent}/") };
            specs.push(spec(&[&folder], &dest)?);
        }
    }
    Ok(specs)
}

/// True for a file of another package manager.
fn is_skipped(tool: &Tool, file: &str) -> bool {
    match file {
        "package-lock.json" | "npm-shrinkwrap.json" => tool.id != "npm",
        "pnpm-lock.yaml"
        | ".pnpmfile.cjs"
        | ".pnpmfile.mjs"
        | "pnpmfile.cjs"
        | "pnpm-workspace.yaml" => tool.id != "pnpm",
        "yarn.lock" => !tool.id.starts_with("yarn"),
        ".yarnrc" => tool.id != "yarn",
        ".yarnrc.yml" => tool.id != "yarn-berry",
        "bun.lock" | "bun.lockb" | "bunfig.toml" => tool.id != "bun",
        ".node-version" | "lerna.json" => true,
        _ => false,
    }
}

fn spec(src: &[&str], dest: &str) -> Result<CopySpec> {
    Ok(CopySpec {
        src: src.iter().map(|s| Line::new(*s)).collect::<Result<_, _>>()?,
        each: Vec::new(),
        dest: Line::new(dest)?,
    })
}

/// Folders and archives that dependencies name by path.
fn local_dependencies(app: &App) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, range) in app.package.dependencies() {
        let local =
            ["file:", "link:", "portal:"].into_iter().find_map(|prefix| range.strip_prefix(prefix));
        let local = local
            .or_else(|| (range.starts_with("./") || range.starts_with("../")).then_some(range));
        let Some(path) = local else { continue };
        let inside = app
            .dir
            .join(path)
            .is_some_and(|p| p.is_within(&app.root.path) && app.dir.repo.exists(&p));
        if !inside {
            let folder = app.dir.join(path);
            if let Some(at) = folder.and_then(|f| submodule::missing(app.dir.repo, &f)) {
                anyhow::bail!(
                    "{}: the dependency {name} is at {path}, which is not in this checkout: {}",
                    app.package.path,
                    submodule::fix(&at)
                );
            }
            let what = format!(
                "{}: the dependency {name} is at {path}, which is not below the build context: move it inside, or run dockgen on the folder that holds both",
                app.package.path
            );
            return Err(Unsupported(what).into());
        }
        found.push(path.trim_start_matches("./").to_owned());
    }
    Ok(found)
}

/// Settings files that may contain credentials, each with the id of its build secret.
const SETTINGS: [(&str, &str); 4] = [
    (".npmrc", "npmrc"),
    (".yarnrc.yml", "yarnrc"),
    (".yarnrc", "yarnrc"),
    ("bunfig.toml", "bunfig"),
];

/// True if the file itself contains a credential and so must not be copied.
fn holds_credential(root: &Dir, file: &str) -> Result<bool> {
    let literals = secrets::literals(root.repo)?;
    Ok(root.join(file).is_some_and(|path| literals.contains_key(&path)))
}

/// The credentials of the install: variables to which settings refer, and settings files that
/// contain credentials. `root` is the folder of the install in the stage.
pub(super) fn secrets(
    app: &App,
    tool: &Tool,
    root: &str,
) -> Result<(Vec<BuildSecret>, Vec<Finding>)> {
    let (mut all, mut findings): (Vec<BuildSecret>, Vec<Finding>) = (Vec::new(), Vec::new());
    for (file, id) in SETTINGS.into_iter().filter(|(file, _)| !is_skipped(tool, file)) {
        let Some((path, text)) = app.root.text(file)? else { continue };
        if holds_credential(&app.root, file)? {
            let folder = app.root.path.as_str().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            let id = if folder.is_empty() { id.to_owned() } else { format!("{folder}-{id}") };
            let target = format!("{root}/{file}");
            let handed = Handed::File { file: path.clone(), target };
            all.push(BuildSecret { id, handed, required: true });
        }
        for (number, name) in secrets::references(file, &text)? {
            let secret = BuildSecret {
                id: name.clone(),
                handed: Handed::Variable(name.clone()),
                required: false,
            };
            if all.contains(&secret) {
                continue;
            }
            all.push(secret);
            findings.push(Finding::build_secret(
                &name,
                format_args!("env={name}"),
                [Evidence::at(
                    &path,
                    number,
                    format!("{file} takes the registry's token from {name}"),
                )],
            ));
        }
    }
    Ok((all, findings))
}
