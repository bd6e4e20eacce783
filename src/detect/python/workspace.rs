//! Folders that belong together: workspaces of uv, and dependencies that are folders of the same
//! repository.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

use super::manifest::{self, Project};
use super::requirement::normal;
use crate::detect::{Above, ReadFile};
use crate::facts::{Evidence, Finding};
use crate::glob::{Globs, Syntax};
use crate::path::RelPath;
use crate::repo::{Dir, Repo, parse_toml};
use crate::settings::{self, Item};

use super::codes;

/// How the folders of an application lie to one another.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The build context.
    pub(super) context: RelPath,
    /// The folder of the lockfile.
    pub(super) root: RelPath,
    /// The workspace's members, if there is one; the root itself is not among them.
    pub(super) members: Vec<RelPath>,
    /// The folders that are installed beside the application, in the order of their paths.
    pub(super) locals: Vec<RelPath>,
    pub(super) findings: Vec<Finding>,
}

/// Looks for the workspace around a folder, and for its dependencies in the repository.
///
/// # Errors
/// If a manifest is not valid.
pub(super) fn layout(dir: &Dir, project: Option<&Project>) -> Result<Layout> {
    let mut layout =
        Layout { context: dir.path.clone(), root: dir.path.clone(), ..Layout::default() };
    for folder in dir.upwards() {
        let Some(globs) = globs(&folder)? else { continue };
        let members = members(&folder, &globs);
        if folder.path == dir.path || members.contains(&dir.path) {
            layout.context.clone_from(&folder.path);
            layout.root.clone_from(&folder.path);
            layout.members = members;
            break;
        }
    }
    let mut seen = BTreeSet::from([dir.path.clone()]);
    if let Some(project) = project {
        reach(dir, project, &mut layout, &mut seen)?;
    }
    seen.remove(&dir.path);
    layout.locals = seen.into_iter().collect();
    while let Some(outside) =
        layout.locals.iter().find(|local| !local.is_within(&layout.context)).cloned()
    {
        let parent = layout.context.parent();
        layout.context = parent.filter(|_| !outside.is_root()).unwrap_or_default();
    }
    Ok(layout)
}

/// Adds the folders that a project depends on, and those that they depend on.
fn reach(
    dir: &Dir,
    project: &Project,
    layout: &mut Layout,
    seen: &mut BTreeSet<RelPath>,
) -> Result<()> {
    let mut ways: Vec<(Option<RelPath>, String, Evidence)> = Vec::new();
    let needed = |name: &str| project.dependencies.iter().any(|(_, one)| one.name == name);
    for (_, (way, evidence)) in project.folders.iter().filter(|(name, _)| needed(name)) {
        ways.push((dir.path.join(way), way.clone(), evidence.clone()));
    }
    let names = if project.members.is_empty() { None } else { Some(names(dir.repo, layout)?) };
    for name in project.members.iter().filter(|name| needed(name)) {
        let member = names.as_ref().and_then(|names| names.0.get(name));
        let evidence = Evidence::file(&project.path, format!("{name} is in the workspace"));
        ways.push((member.cloned(), name.clone(), evidence));
    }
    for (path, way, evidence) in ways {
        let found = path.filter(|path| {
            let folder = Dir::new(dir.repo, path.clone());
            folder.has("pyproject.toml") || folder.has("setup.py") || dir.repo.is_file(path)
        });
        let Some(path) = found else {
            layout.findings.push(Finding::new(
                codes::LOCAL_MISSING,
                format!("the project depends on {way}, which the repository does not hold"),
                [evidence],
            ));
            continue;
        };
        if seen.insert(path.clone())
            && let folder = Dir::new(dir.repo, path)
            && let Some(project) = manifest::read(&folder)?
        {
            reach(&folder, &project, layout, seen)?;
        }
    }
    Ok(())
}

/// The folders of a workspace's members, by name.
struct Names(BTreeMap<String, RelPath>);

/// Read once for a workspace, each of whose members asks.
fn names(repo: &Repo, layout: &Layout) -> Result<Rc<Names>> {
    repo.once(&layout.root, || {
        let mut all = BTreeMap::new();
        for member in layout.members.iter().chain([&layout.root]) {
            let project = manifest::read(&Dir::new(repo, member.clone()))?;
            if let Some(name) = project.and_then(|project| project.name) {
                all.insert(normal(&name.value), member.clone());
            }
        }
        Ok(Names(all))
    })
}

/// The patterns of a workspace's members, and of what is left out.
fn globs(dir: &Dir) -> Result<Option<(Globs, Globs)>> {
    let Some((path, text)) = dir.text("pyproject.toml")? else { return Ok(None) };
    parse_toml::<toml::Table>(&path, &text)?;
    settings::parse_toml(&text).map_or(Ok(None), |tree| patterns(&path, &tree))
}

fn patterns(path: &RelPath, tree: &Item) -> Result<Option<(Globs, Globs)>> {
    let Some(workspace) = tree.at(&["tool", "uv", "workspace"]) else { return Ok(None) };
    let list = |key: &str| {
        let items = workspace.get(key).into_iter().flat_map(Item::items);
        let syntax = Syntax { braces: false, classes: true };
        let place = |pattern: &str| format!("{path}:{}: `{pattern}`", workspace.line);
        Globs::new(items.filter_map(Item::text), syntax, &place)
    };
    Ok(Some((list("members")?, list("exclude")?)))
}

fn members(root: &Dir, globs: &(Globs, Globs)) -> Vec<RelPath> {
    let manifests = root.repo.files_named("pyproject.toml");
    let folders = manifests.iter().filter_map(RelPath::parent);
    let mut members: Vec<RelPath> = folders
        .filter(|folder| {
            let way = folder.strip(&root.path).filter(|way| !way.is_empty());
            way.is_some_and(|way| globs.0.matches(way) && !globs.1.matches(way))
        })
        .collect();
    members.sort();
    members
}

/// See [`crate::detect::Language::encloses`].
///
/// # Errors
/// If a manifest is not valid.
pub(super) fn encloses(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let path = RelPath::new("pyproject.toml").unwrap_or_default();
    if let Some(text) = read(path.as_str())? {
        parse_toml::<toml::Table>(&path, &text)?;
        let tree = settings::parse_toml(&text);
        let globs = tree.map_or(Ok(None), |tree| patterns(&path, &tree))?;
        let way = member.as_str();
        if globs.is_some_and(|(wanted, not)| wanted.matches(way) && !not.matches(way)) {
            return Ok(Above::Declares);
        }
    }
    let Some(own) = member.join("pyproject.toml") else { return Ok(Above::Apart) };
    let Some(text) = read(own.as_str())? else { return Ok(Above::Apart) };
    let reached = manifest::folders(&own, &text).into_iter().any(|way| {
        let there = member.join(&way);
        // A folder below one that holds both is nearer.
        there.is_some_and(|there| there.components().next() != member.components().next())
    });
    Ok(if reached { Above::Reached } else { Above::Apart })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    const LIB: &str = "[project]\nname = \"shop-lib\"\n";

    fn of(files: &[(&str, &str)], dir: &str) -> (String, String, Vec<String>, usize) {
        let repo = Repo::from_files(files.iter().copied());
        let dir = Dir::new(&repo, RelPath::new(dir).unwrap());
        let project = manifest::read(&dir).unwrap();
        let found = layout(&dir, project.as_ref()).unwrap();
        let locals = found.locals.iter().map(ToString::to_string).collect();
        (found.context.to_string(), found.root.to_string(), locals, found.findings.len())
    }

    #[test]
    fn a_member_and_what_it_depends_on() {
        let api = "[project]\nname = \"api\"\ndependencies = [\"Shop_Lib\"]\n[tool.uv.sources]\nshop-lib = {workspace = true}\n";
        let files = [
            (
                "pyproject.toml",
                "[tool.uv.workspace]\nmembers = [\"packages/*\"]\nexclude = [\"packages/old\"]\n",
            ),
            ("packages/api/pyproject.toml", api),
            ("packages/lib/pyproject.toml", LIB),
            ("packages/old/pyproject.toml", LIB),
        ];
        let found = of(&files, "packages/api");
        assert_eq!(
            (found.1.as_str(), found.2),
            (RelPath::root().to_string().as_str(), vec!["packages/lib".to_owned()])
        );
        let read = |name: &str| {
            let held = files.iter().find(|(path, _)| *path == name);
            Ok(held.map(|(_, text)| (*text).to_owned()))
        };
        let above = |way: &str| encloses(&read, &RelPath::new(way).unwrap()).unwrap();
        assert_eq!(above("packages/api"), Above::Declares);
        assert_eq!(above("packages/old"), Above::Apart);
    }

    #[test]
    fn a_folder_beside_widens_the_context() {
        let api = "[tool.poetry]\nname = \"api\"\n[tool.poetry.dependencies]\nshop-lib = {path = \"../../libs/lib\"}\ngone = {path = \"../gone\"}\n";
        let files = [("services/api/pyproject.toml", api), ("libs/lib/pyproject.toml", LIB)];
        let found = of(&files, "services/api");
        assert_eq!(
            (found.1.as_str(), found.2, found.3),
            ("services/api", vec!["libs/lib".to_owned()], 1)
        );
        assert_eq!(found.0, RelPath::root().to_string());
        let read = |name: &str| {
            let held = files.iter().find(|(path, _)| *path == name);
            Ok(held.map(|(_, text)| (*text).to_owned()))
        };
        assert_eq!(
            encloses(&read, &RelPath::new("services/api").unwrap()).unwrap(),
            Above::Reached
        );
    }
}
