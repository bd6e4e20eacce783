//! Folders with dependencies of their own, outside of any workspace, that the build enters or the
//! program lies in: `"build": "cd docs && npm run build"`.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::super::launch::{Launch, Layout};
use super::super::lifecycle::{self, Lifecycle};
use super::super::manifest::Package;
use super::super::script::Command;
use super::super::tool::{self, Tool};
use super::super::{App, entry, script};
use super::steps::Drop;
use crate::detect::node::codes;
use crate::docker::types::Line;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::Dir;

/// How many of them are installed.
const MAX_FOLDERS: usize = 8;

/// Commands that do not need what a package depends on.
const PLAIN: [&str; 12] =
    ["rm", "rimraf", "cp", "mv", "mkdir", "echo", "ls", "cat", "touch", "make", "git", "sleep"];

/// One of them.
pub(super) struct Nested {
    /// Its folder below the install's.
    pub(super) way: String,
    /// The program lies in it, and needs the dependencies to run.
    pub(super) runs: bool,
    tool: Tool,
    lifecycle: Lifecycle,
    package: Package,
}

/// The install in such a folder, as the template reads it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Install {
    folder: Line,
    tool: String,
    locked: bool,
}

/// The folders, and what is said of those that cannot be installed.
pub(super) fn read(
    app: &App,
    main: &Tool,
    launch: &Launch,
    toolchain: &str,
) -> Result<(Vec<Nested>, Vec<Finding>)> {
    let (mut all, mut findings) = (Vec::new(), Vec::new());
    for (folder, evidence, runs) in entered(app, launch) {
        let dir = Dir::new(app.dir.repo, folder.clone());
        let (Some(package), Some(way)) = (Package::read(&dir)?, folder.strip(&app.root.path))
        else {
            continue;
        };
        if package.dependencies().next().is_none() || is_member(app, &folder) {
            continue;
        }
        let own = tool::detect(&dir, &package)?;
        // Without a sign of its own it is installed by the manager of the root.
        let id = if own.evidence.is_empty() { main.id.clone() } else { own.value };
        let tool = tool::resolve(&id, &dir, &package, app.catalog, toolchain)?;
        let there = tool.id == main.id || tool.id == "npm";
        let berry = tool.id == "yarn-berry" && tool.lockfile.is_none();
        if !there || berry || all.len() >= MAX_FOLDERS {
            findings.push(uninstalled(way, &package, evidence));
            continue;
        }
        if tool.lockfile.is_none() {
            findings.push(Finding::no_lockfile(
                "lockfile",
                &package.path,
                &format!("{} install", tool.id),
                [evidence],
            ));
        }
        let lifecycle = lifecycle::read(&dir, &package, false, app.catalog)?;
        all.push(Nested { way: way.to_owned(), runs, tool, lifecycle, package });
    }
    Ok((all, findings))
}

impl Nested {
    pub(super) fn install(&self) -> Result<Install> {
        Ok(Install {
            folder: Line::new(&self.way)?,
            tool: self.tool.id.clone(),
            locked: self.tool.lockfile.is_some(),
        })
    }

    /// What its install reads, below the install's folder.
    pub(super) fn files(&self, root: &Dir) -> Vec<String> {
        let mut names = vec!["package.json", ".npmrc", ".yarnrc.yml", "pnpm-workspace.yaml"];
        names.extend(self.tool.lockfile.as_ref().map(RelPath::file_name));
        let mut files: Vec<String> = names
            .into_iter()
            .chain(self.lifecycle.files.iter().map(String::as_str))
            .map(|name| format!("{}/{name}", self.way))
            .filter(|file| root.join(file).is_some_and(|path| root.repo.exists(&path)))
            .collect();
        files.sort();
        files
    }

    /// What is removed from its manifest.
    pub(super) fn drop(&self) -> Result<Option<Drop>> {
        Drop::of(&self.way, &self.lifecycle.drop)
    }

    /// Its own scripts that need the sources, with the folder.
    pub(super) fn later(&self) -> impl Iterator<Item = (String, String)> {
        let builds = |name: &String| self.package.script(name) == self.package.script("build");
        let later = self.lifecycle.later.iter().filter_map(|later| match later {
            lifecycle::Later::Script(name) => Some(name.clone()),
            lifecycle::Later::Command(_) => None,
        });
        later.filter(move |name| !builds(name)).map(|name| (self.way.clone(), name))
    }
}

fn is_member(app: &App, folder: &RelPath) -> bool {
    let held = |workspace: &super::super::workspace::Workspace| {
        workspace.root == *folder || workspace.members.contains(folder)
    };
    app.workspace.as_ref().is_some_and(held)
}

fn uninstalled(way: &str, package: &Package, evidence: Evidence) -> Finding {
    let lists = package.at(&["dependencies"], "its own dependencies");
    Finding::new(
        codes::FOLDER_UNINSTALLED,
        format!("the build enters {way}, whose own dependencies the image does not install"),
        [evidence, lists],
    )
}

/// The folders below the application that the build enters, without those that it installs itself;
/// with whether the program lies there.
fn entered(app: &App, launch: &Launch) -> Vec<(RelPath, Evidence, bool)> {
    let mut names: Vec<String> = Vec::new();
    if launch.layout != Layout::Source {
        names.extend(launch.script.clone().or_else(|| app.build_script()));
    }
    names.extend(launch.also.iter().cloned());
    let mut found: Vec<(RelPath, Evidence, bool)> = Vec::new();
    let mut installed = BTreeSet::new();
    for name in &names {
        let text = app.package.script(name).unwrap_or_default();
        for command in entry::commands(app, name) {
            let Some(folder) = folder(app, &command) else { continue };
            if installs(&command) {
                installed.insert(folder);
            } else if !found.iter().any(|(held, ..)| *held == folder) {
                let note = format!("`{text}` runs `{}` there", command.argv.join(" "));
                found.push((folder, app.package.at(&["scripts", name], note), false));
            }
        }
    }
    if let Some((folder, file)) = program(app, launch) {
        if let Some((.., runs)) = found.iter_mut().find(|(held, ..)| *held == folder) {
            *runs = true;
        } else {
            found.push((folder, Evidence::file(&file, "the image starts it"), true));
        }
    }
    // `"postinstall": "cd docs && npm ci"`
    for name in lifecycle::NAMES {
        let own = entry::commands(app, name).into_iter().filter(installs);
        installed.extend(own.filter_map(|command| folder(app, &command)));
    }
    found.retain(|(folder, ..)| !installed.contains(folder));
    found
}

/// The folder of the package that the program lies in, where that is not the application's.
fn program(app: &App, launch: &Launch) -> Option<(RelPath, RelPath)> {
    let plain = matches!(launch.layout, Layout::Source | Layout::Tree);
    let source = launch.source.as_deref().filter(|_| plain)?;
    let file = app.dir.join(source)?;
    let above = file.ancestors().find(|folder| {
        *folder != file && Dir::new(app.dir.repo, folder.clone()).has("package.json")
    })?;
    (above != app.dir.path && above.is_within(&app.dir.path)).then_some((above, file))
}

/// The folder that a command runs in, where that is not the application's.
fn folder(app: &App, command: &Command) -> Option<RelPath> {
    let folder = app.dir.join(&command.dir)?;
    let folder = match script::elsewhere(command) {
        Some(named) => folder.join(named)?,
        None => folder,
    };
    let plain = command.argv.first().is_none_or(|word| PLAIN.contains(&word.as_str()));
    let inside = folder != app.dir.path && folder.is_within(&app.dir.path);
    (inside && !plain).then_some(folder)
}

/// The command installs dependencies.
fn installs(command: &Command) -> bool {
    let mut words = command.argv.iter().map(String::as_str);
    let manager = words.next().unwrap_or_default();
    let words: Vec<&str> = words.filter(|word| !word.starts_with('-')).collect();
    let named = ["install", "i", "ci", "add", "clean-install"];
    script::is_manager(manager)
        && (words.iter().any(|word| named.contains(word)) || manager == "yarn" && words.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::ask::Answers;
    use crate::detect;
    use crate::planning;
    use crate::render;
    use crate::repo::Repo;

    #[test]
    fn only_scripts_that_the_manager_runs_install_for_the_image() {
        let dockerfile = |name: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "cd api && npm start", "{name}": "cd api && npm i"}}}}"#
            );
            let api = r#"{"scripts": {"start": "node a.js"}, "dependencies": {"express": "4"}}"#;
            let files = [
                ("package.json", manifest.as_str()),
                ("api/package.json", api),
                ("api/a.js", "require('express')().listen(3000)"),
            ];
            let repo = Repo::from_files(files);
            let language = detect::language("node").unwrap();
            let facts = (language.detect)(&repo.root()).unwrap().unwrap();
            let plan = planning::make(&repo, &facts, &Answers::default()).unwrap();
            render::dockerfile(&plan, &[]).unwrap()
        };
        let own = "WORKDIR /app/api\nRUN --mount=type=cache,target=/root/.npm \\\n    npm install";
        assert!(dockerfile("install:all").contains(own), "{}", dockerfile("install:all"));
        assert!(!dockerfile("postinstall").contains(own), "{}", dockerfile("postinstall"));
    }
}
