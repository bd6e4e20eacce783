//! Workspaces of npm, yarn, bun (package.json) and pnpm (pnpm-workspace.yaml): members, and which
//! of them an app needs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::manifest::Package;
use crate::detect::ReadFile;
use crate::path::RelPath;
use crate::repo::{Dir, parse_json, parse_yaml};

#[derive(Default, Deserialize)]
struct PnpmWorkspace {
    #[serde(default)]
    packages: Option<Vec<String>>,
}

/// A workspace, seen from one of its members or from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Workspace {
    /// The folder of its manifest and lockfile.
    pub(crate) root: RelPath,
    /// Folders of its members, relative to the repository's root, without the root itself.
    pub(crate) members: Vec<RelPath>,
    /// Members that the application depends on, directly or not; not the application itself.
    pub(crate) needed: Vec<RelPath>,
}

/// What a workspace's root says, whoever asks.
struct Members {
    /// Their folders, sorted.
    folders: Vec<RelPath>,
    by_name: BTreeMap<String, (RelPath, Package)>,
    /// Members that another one, or the root, depends on.
    depended_on: BTreeSet<RelPath>,
}

impl Members {
    /// The members of the workspace whose root is `folder`; `None` where it is the root of none.
    fn of(folder: &Dir) -> Result<Rc<Option<Self>>> {
        folder.repo.once(&folder.path, || {
            let patterns = patterns(folder)?;
            if patterns.is_empty() {
                return Ok(None);
            }
            let folders = members(folder, &patterns);
            let (mut by_name, mut named) = (BTreeMap::new(), BTreeSet::new());
            for member in folders.iter().chain([&folder.path]) {
                let Some(package) = Package::read(&Dir::new(folder.repo, member.clone()))? else {
                    continue;
                };
                named.extend(package.dependencies().map(|(name, _)| name.to_owned()));
                if let Some(name) = package.str(&["name"]).filter(|_| *member != folder.path) {
                    by_name.insert(name.to_owned(), (member.clone(), package));
                }
            }
            let depended_on = by_name
                .iter()
                .filter(|(name, _)| named.contains(*name))
                .map(|(_, (f, _))| f.clone())
                .collect();
            Ok(Some(Self { folders, by_name, depended_on }))
        })
    }

    fn include(&self, folder: &RelPath) -> bool {
        self.folders.binary_search(folder).is_ok()
    }
}

/// The workspace that `dir` is a member or the root of: the nearest one above it.
pub(crate) fn find(dir: &Dir) -> Result<Option<Workspace>> {
    for folder in dir.upwards() {
        if let Some(members) = &*Members::of(&folder)?
            && (folder.path == dir.path || members.include(&dir.path))
        {
            let needed = needed(dir, members)?;
            return Ok(Some(Workspace {
                root: folder.path,
                members: members.folders.clone(),
                needed,
            }));
        }
    }
    Ok(None)
}

/// Another package of the workspace depends on the one in `dir`.
pub(crate) fn is_depended_on(dir: &Dir) -> Result<bool> {
    for folder in dir.upwards().skip(1) {
        if let Some(members) = &*Members::of(&folder)?
            && members.include(&dir.path)
        {
            return Ok(members.depended_on.contains(&dir.path));
        }
    }
    Ok(false)
}

/// The names of the members of the workspace whose root is `root`, its own included.
pub(crate) fn names(root: &Dir) -> Result<BTreeSet<String>> {
    let mut names: BTreeSet<String> = match &*Members::of(root)? {
        Some(members) => members.by_name.keys().cloned().collect(),
        None => BTreeSet::new(),
    };
    names
        .extend(Package::read(root)?.and_then(|package| package.str(&["name"]).map(str::to_owned)));
    Ok(names)
}

/// For the command line, which looks above the repository before it is opened.
pub(crate) fn encloses(read: &ReadFile, member: &RelPath) -> Result<bool> {
    let mut patterns = Vec::new();
    if let Some(text) = read("pnpm-workspace.yaml")? {
        let path = RelPath::new("pnpm-workspace.yaml").unwrap_or_default();
        patterns = parse_yaml::<PnpmWorkspace>(&path, &text)?.packages.unwrap_or_default();
    } else if let Some(text) = read("package.json")? {
        let json: serde_json::Value =
            parse_json(&RelPath::new("package.json").unwrap_or_default(), &text)?;
        let list =
            json.get("workspaces").and_then(|value| value.get("packages").or(Some(value)).cloned());
        patterns = list.and_then(|list| serde_json::from_value(list).ok()).unwrap_or_default();
    }
    Ok(includes(&patterns, member.as_str()))
}

fn patterns(dir: &Dir) -> Result<Vec<String>> {
    if let Some((path, text)) = dir.text("pnpm-workspace.yaml")? {
        return Ok(parse_yaml::<PnpmWorkspace>(&path, &text)?.packages.unwrap_or_default());
    }
    Ok(Package::read(dir)?.map(|package| package.workspaces()).unwrap_or_default())
}

fn members(root: &Dir, patterns: &[String]) -> Vec<RelPath> {
    let manifests = root.repo.files_named("package.json");
    let folders =
        manifests.iter().filter_map(RelPath::parent).filter(|folder| *folder != root.path);
    let mut members: Vec<RelPath> = folders
        .filter(|folder| folder.strip(&root.path).is_some_and(|way| includes(patterns, way)))
        .collect();
    members.sort();
    members
}

fn includes(patterns: &[String], way: &str) -> bool {
    let clean = |p: &str| p.trim_start_matches("./").trim_end_matches('/').to_owned();
    let wanted = patterns.iter().filter(|p| !p.starts_with('!')).any(|p| matches(&clean(p), way));
    wanted && !patterns.iter().filter_map(|p| p.strip_prefix('!')).any(|p| matches(&clean(p), way))
}

/// Glob over folders: `*` inside a component, `**` over several, `{a,b}`.
fn matches(pattern: &str, way: &str) -> bool {
    if let (Some(open), Some(close)) = (pattern.find('{'), pattern.find('}'))
        && open < close
    {
        return pattern[open + 1..close].split(',').any(|choice| {
            matches(&format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..]), way)
        });
    }
    let pattern: Vec<&str> = pattern.split('/').collect();
    let way: Vec<&str> = way.split('/').collect();
    components(&pattern, &way)
}

fn components(pattern: &[&str], way: &[&str]) -> bool {
    match (pattern.split_first(), way.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => (0..=way.len()).any(|skip| components(rest, &way[skip..])),
        (Some((first, rest)), Some((name, others))) => {
            component(first, name) && components(rest, others)
        }
        _ => false,
    }
}

fn component(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            (0..=rest.len()).any(|at| rest.is_char_boundary(at) && component(tail, &rest[at..]))
        }),
    }
}

/// The members that the package in `dir` depends on by name, transitively; what others need comes
/// first.
fn needed(dir: &Dir, members: &Members) -> Result<Vec<RelPath>> {
    let Some(own) = Package::read(dir)? else { return Ok(Vec::new()) };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::from([dir.path.clone()]));
    let needs = |package: &Package| {
        let names = package.dependencies().map(|(name, _)| name);
        names.filter_map(|name| members.by_name.get(name)).collect::<Vec<_>>().into_iter()
    };
    // A chain of members may be longer than the stack is deep.
    let mut open = vec![(None, needs(&own))];
    while let Some((folder, next)) = open.last_mut() {
        if let Some((needed, member)) = next.next() {
            if seen.insert(needed.clone()) {
                open.push((Some(needed.clone()), needs(member)));
            }
        } else {
            found.extend(folder.take());
            open.pop();
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn patterns_match_as_package_managers_do() {
        for (pattern, way, expected) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/x", false),
            ("packages/**", "packages/a/b", true),
            ("docs", "docs", true),
            ("{apps,packages}/*", "packages/a", true),
            ("apps/web-*", "apps/web-a", true),
            ("*", "docs", true),
        ] {
            assert_eq!(matches(pattern, way), expected, "{pattern} {way}");
        }
        let both = ["apps/*".to_owned(), "!apps/old".to_owned()];
        assert!(!includes(&both, "apps/old"));
    }

    #[test]
    fn members_and_what_they_need() {
        let repo = Repo::from_files([
            ("package.json", r#"{"workspaces": ["apps/*", "packages/*"]}"#),
            ("apps/web/package.json", r#"{"name": "web", "dependencies": {"@x/ui": "*"}}"#),
            ("packages/ui/package.json", r#"{"name": "@x/ui", "dependencies": {"@x/core": "*"}}"#),
            ("packages/core/package.json", r#"{"name": "@x/core"}"#),
            ("packages/other/package.json", r#"{"name": "@x/other"}"#),
        ]);
        let web = RelPath::new("apps/web").unwrap();
        let found = find(&Dir::new(&repo, web)).unwrap().unwrap();
        assert_eq!(found.root, RelPath::root());
        let needed: Vec<_> = found.needed.iter().map(RelPath::as_str).collect();
        assert_eq!(needed, ["packages/core", "packages/ui"]);
    }

    #[test]
    fn a_long_chain_of_members_is_followed() {
        let member = |n: usize| {
            let text = format!(r#"{{"name": "m{n}", "dependencies": {{"m{}": "*"}}}}"#, n + 1);
            (format!("m{n}/package.json"), text)
        };
        let root = ("package.json".to_owned(), r#"{"workspaces": ["*"]}"#.to_owned());
        let repo = Repo::from_files((0..20_000).map(member).chain([root]));
        let first = Dir::new(&repo, RelPath::new("m0").unwrap());
        let found = find(&first).unwrap().unwrap().needed;
        assert_eq!((found.len(), found[0].as_str()), (19_999, "m19999"));
    }

    #[test]
    fn a_root_encloses_its_members_alone() {
        let read = |name: &str| {
            Ok((name == "pnpm-workspace.yaml")
                .then(|| "packages:\n  - apps/*\nother: 1\n".to_owned()))
        };
        assert!(encloses(&read, &RelPath::new("apps/web").unwrap()).unwrap());
        assert!(!encloses(&read, &RelPath::new("x/web").unwrap()).unwrap());
    }
}
