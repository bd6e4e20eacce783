//! Patches that an install applies to dependencies: copied before it, and applied again where a
//! later install writes the dependencies anew.

use anyhow::Result;
use serde::Serialize;

use super::super::App;
use super::super::manifest::{Kind, Package};
use super::super::tool::Tool;
use super::steps::Installed;
use super::{ROOT, lines};
use crate::detect::node::codes;
use crate::docker::types::{ContainerPath, Line};
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::Dir;
use crate::settings;

/// How many patches are read.
const MAX_PATCHES: usize = 500;

/// A patch that a manifest names.
struct Named {
    /// Its path below the folder of the lockfile; `None` if it lies outside.
    path: Option<String>,
    evidence: Evidence,
}

/// Patches by `patch-package`, which run once more after the install for production.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Again {
    /// The folder of the package, where that is not the install's own.
    folder: Option<ContainerPath>,
    /// The arguments of the tool.
    words: Vec<Line>,
    /// The install for production leaves the tool out.
    left_out: bool,
}

/// What to copy for the patches that manifests name: whole folders where they hold nothing else.
pub(super) fn paths(app: &App, tool: &Tool, installed: &[Installed]) -> Result<Vec<String>> {
    let root = &app.root;
    let mut all = Vec::new();
    for named in named(app, tool, installed)? {
        let Some(path) = named.path.and_then(|path| root.join(&path)) else { continue };
        if !root.repo.is_file(&path) {
            continue;
        }
        let folder = path.parent().filter(|folder| holds_patches_alone(root, folder));
        let copied = folder.unwrap_or(path);
        all.extend(copied.strip(&root.path).map(str::to_owned));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

fn holds_patches_alone(root: &Dir, folder: &RelPath) -> bool {
    let patch = |path: &RelPath| matches!(path.extension(), "patch" | "diff");
    *folder != root.path && root.repo.files_under(folder).all(patch)
}

/// Patches that the repository does not hold.
pub(super) fn missing(app: &App, tool: &Tool, installed: &[Installed]) -> Result<Vec<Finding>> {
    let root = &app.root;
    let gone = named(app, tool, installed)?.into_iter().filter(|named| {
        let path = named.path.as_ref().and_then(|path| root.join(path));
        path.is_none_or(|path| !root.repo.is_file(&path))
    });
    let evidence: Vec<Evidence> = gone.map(|named| named.evidence).collect();
    if evidence.is_empty() {
        return Ok(Vec::new());
    }
    let what = match evidence.len() {
        1 => "a patch of a dependency is not in the build context".to_owned(),
        several => format!("{several} patches of dependencies are not in the build context"),
    };
    Ok(vec![Finding::new(codes::PATCH_MISSING, what, evidence.into_iter().take(4))])
}

fn named(app: &App, tool: &Tool, installed: &[Installed]) -> Result<Vec<Named>> {
    let mut all = Vec::new();
    let root = app.managing_package();
    match tool.id.as_str() {
        "pnpm" => {
            of_object(root, &["pnpm", "patchedDependencies"], &mut all);
            if let Some((path, text)) = app.root.text("pnpm-workspace.yaml")? {
                let documents = settings::parse_yaml(&text);
                let list = documents.iter().find_map(|item| item.get("patchedDependencies"));
                for entry in list.map(settings::Item::entries).unwrap_or_default() {
                    let Some(file) = entry.item.text() else { continue };
                    let note = format!("{} is patched by {file}", entry.key);
                    let evidence = Evidence::at(&path, entry.line, note);
                    all.push(Named { path: inside("", file), evidence });
                }
            }
        }
        "bun" => of_object(root, &["patchedDependencies"], &mut all),
        "yarn-berry" => {
            protocol("", root, &mut all);
            for one in installed.iter().filter(|one| !one.way.is_empty()) {
                protocol(&one.way, &one.package, &mut all);
            }
        }
        _ => {}
    }
    all.truncate(MAX_PATCHES);
    Ok(all)
}

/// `"patchedDependencies": {"left-pad@1.3.0": "patches/left-pad.patch"}`
fn of_object(package: &Package, keys: &[&str], all: &mut Vec<Named>) {
    let list = package.get(keys).and_then(serde_json::Value::as_object);
    for (name, file) in list.into_iter().flatten() {
        let Some(file) = file.as_str() else { continue };
        let mut keys = keys.to_vec();
        keys.push(name);
        let evidence = package.at(&keys, format!("{name} is patched by {file}"));
        all.push(Named { path: inside("", file), evidence });
    }
}

/// `"left-pad": "patch:left-pad@npm%3A1.3.0#~/.yarn/patches/left-pad.patch"`
/// (<https://yarnpkg.com/protocol/patch>): `~` is the project's folder.
fn protocol(way: &str, package: &Package, all: &mut Vec<Named>) {
    for list in ["dependencies", "devDependencies", "optionalDependencies", "resolutions"] {
        for (name, range) in package.list(list) {
            let Some((_, files)) =
                range.strip_prefix("patch:").and_then(|rest| rest.split_once('#'))
            else {
                continue;
            };
            for file in files.split('&') {
                let file = file.split("::").next().unwrap_or(file);
                let file = file.strip_prefix("optional!").unwrap_or(file);
                if file.contains("builtin<") || file.is_empty() {
                    continue;
                }
                let path = match file.strip_prefix("~/") {
                    Some(file) => inside("", file),
                    None => inside(way, file),
                };
                let evidence = package.at(&[list, name], format!("{name} is patched by {file}"));
                all.push(Named { path, evidence });
            }
        }
    }
}

fn inside(way: &str, file: &str) -> Option<String> {
    RelPath::new(way)?.join(file).map(|path| path.as_str().to_owned())
}

/// What runs again after an install for production that writes packages anew, and runs no script:
/// Yarn 1 puts back the files that a patch changed, Bun begins with an empty folder.
pub(super) fn again(app: &App, tool: &Tool, installed: &[Installed]) -> Result<Vec<Again>> {
    if !matches!(tool.id.as_str(), "yarn" | "bun") {
        return Ok(Vec::new());
    }
    let production =
        |package: &Package| package.dependency("patch-package") == Some(Kind::Production);
    let left_out = !installed.iter().any(|one| production(&one.package))
        && !production(app.managing_package());
    let mut all: Vec<Again> = Vec::new();
    for one in installed {
        for command in &one.lifecycle.patches {
            let folder = (!one.way.is_empty()).then(|| format!("{ROOT}/{}", one.way));
            let words = lines(command.get(1..).unwrap_or_default())?;
            let folder = folder.map(ContainerPath::new).transpose()?;
            all.push(Again { folder, words, left_out });
        }
    }
    Ok(all)
}
