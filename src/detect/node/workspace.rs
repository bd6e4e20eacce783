//! Workspaces of npm, Yarn and Bun (package.json) and of pnpm (pnpm-workspace.yaml): their
//! members, and which of them an application needs.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::manifest::{Kind, Package};
use crate::detect::{Above, ReadFile};
use crate::glob::{Globs, Syntax};
use crate::path::RelPath;
use crate::repo::{Dir, line_of, parse_json, parse_yaml};

#[derive(Default, Deserialize)]
struct PnpmWorkspace {
    #[serde(default)]
    packages: Option<Vec<String>>,
}

/// A workspace, as one of its members or its root sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Workspace {
    /// The folder of its manifest and lockfile.
    pub(crate) root: RelPath,
    /// The folders of its members, relative to the repository, without the root itself.
    pub(crate) members: Vec<RelPath>,
    /// Members that the application depends on, directly or not, without the application itself.
    pub(crate) needed: Vec<RelPath>,
}

/// The members of a workspace, whoever asks.
struct Members {
    /// Their folders, sorted.
    folders: Vec<RelPath>,
    by_name: BTreeMap<String, (RelPath, Package)>,
    /// Members on which another one, or the root, depends.
    depended_on: BTreeSet<RelPath>,
}

impl Members {
    /// The members of the workspace whose root is `folder`; `None` if it is not a workspace's
    /// root.
    fn of(folder: &Dir) -> Result<Rc<Option<Self>>> {
        folder.repo.once(&folder.path, || {
            let Some(patterns) = patterns(folder)? else { return Ok(None) };
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

/// The nearest workspace that has `dir` as a member or as its root.
pub(crate) fn find(dir: &Dir) -> Result<Option<Workspace>> {
    for folder in dir.upwards() {
        if let Some(members) = &*Members::of(&folder)?
            && (folder.path == dir.path || members.include(&dir.path))
        {
            let needed = needed(dir, &folder, members)?;
            return Ok(Some(Workspace {
                root: folder.path,
                members: members.folders.clone(),
                needed,
            }));
        }
    }
    Ok(None)
}

/// True if another package of the workspace depends on the one in `dir`.
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

/// The folder of the member called `name` in the workspace whose root is `root`.
pub(crate) fn folder(root: &Dir, name: &str) -> Option<RelPath> {
    let members = Members::of(root).ok()?;
    members.as_ref().as_ref()?.by_name.get(name).map(|(folder, _)| folder.clone())
}

/// The names of the members of the workspace whose root is `root`, including its own.
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
pub(crate) fn encloses(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let pnpm = RelPath::new(PNPM).unwrap_or_default();
    if let Some(text) = read(PNPM)? {
        let listed = parse_yaml::<PnpmWorkspace>(&pnpm, &text)?.packages.unwrap_or_default();
        return Ok(declares(&Patterns::new(&listed, &pnpm, &text)?, member));
    }
    let Some(text) = read("package.json")? else { return Ok(Above::Apart) };
    let path = RelPath::new("package.json").unwrap_or_default();
    let json: serde_json::Value = parse_json(&path, &text)?;
    let list =
        json.get("workspaces").and_then(|value| value.get("packages").or(Some(value)).cloned());
    let listed: Vec<String> =
        list.and_then(|list| serde_json::from_value(list).ok()).unwrap_or_default();
    Ok(declares(&Patterns::new(&listed, &path, &text)?, member))
}

fn declares(patterns: &Patterns, member: &RelPath) -> Above {
    if patterns.include(member.as_str()) { Above::Declares } else { Above::Apart }
}

const PNPM: &str = "pnpm-workspace.yaml";

/// The patterns of a workspace's root; `None` if `dir` is not one.
fn patterns(dir: &Dir) -> Result<Option<Patterns>> {
    let (path, text, listed) = if let Some((path, text)) = dir.text(PNPM)? {
        let listed = parse_yaml::<PnpmWorkspace>(&path, &text)?.packages.unwrap_or_default();
        (path, text, listed)
    } else {
        let Some(package) = Package::read(dir)? else { return Ok(None) };
        let Some((path, text)) = dir.text("package.json")? else { return Ok(None) };
        (path, text, package.workspaces())
    };
    if listed.is_empty() {
        return Ok(None);
    }
    Patterns::new(&listed, &path, &text).map(Some)
}

fn members(root: &Dir, patterns: &Patterns) -> Vec<RelPath> {
    let manifests = root.repo.files_named("package.json");
    let folders =
        manifests.iter().filter_map(RelPath::parent).filter(|folder| *folder != root.path);
    let mut members: Vec<RelPath> = folders
        .filter(|folder| folder.strip(&root.path).is_some_and(|way| patterns.include(way)))
        .collect();
    members.sort();
    members
}

/// Patterns for folders: `*` matches in one component, `**` across several, `{a,b}` gives
/// alternatives, `!` excludes.
struct Patterns {
    wanted: Globs,
    unwanted: Globs,
}

impl Patterns {
    fn new(listed: &[String], path: &RelPath, text: &str) -> Result<Self> {
        let syntax = Syntax { braces: true, classes: false };
        let place = |pattern: &str| match line_of(text, pattern) {
            Some(line) => format!("{path}:{line}"),
            None => path.to_string(),
        };
        let (unwanted, wanted): (Vec<&str>, Vec<&str>) =
            listed.iter().map(String::as_str).partition(|pattern| pattern.starts_with('!'));
        let unwanted = unwanted.iter().map(|pattern| &pattern[1..]);
        Ok(Self {
            wanted: Globs::new(wanted, syntax, &place)?,
            unwanted: Globs::new(unwanted, syntax, &place)?,
        })
    }

    fn include(&self, way: &str) -> bool {
        self.wanted.matches(way) && !self.unwanted.matches(way)
    }
}

/// The members that the package in `dir` depends on by name, transitively. Dependencies come
/// before the packages that need them.
fn needed(dir: &Dir, root: &Dir, members: &Members) -> Result<Vec<RelPath>> {
    let Some(own) = Package::read(dir)? else { return Ok(Vec::new()) };
    let (mut found, mut seen) = (Vec::new(), BTreeSet::from([dir.path.clone()]));
    let needs = |package: &Package| {
        // A peer is built before the package that imports its types.
        let names = package.dependencies().chain(package.peers()).map(|(name, _)| name);
        names.filter_map(|name| members.by_name.get(name)).collect::<Vec<_>>().into_iter()
    };
    // Dependencies of the root are visible to every member, which may import them without listing
    // them.
    let root = Package::read(root)?.filter(|root| root.path != own.path);
    let above: Vec<_> = root
        .iter()
        .flat_map(|root| {
            let own = root
                .dependencies()
                .filter(|(name, _)| root.dependency(name) == Some(Kind::Production));
            own.filter_map(|(name, _)| members.by_name.get(name)).collect::<Vec<_>>()
        })
        .collect();
    // A stack of its own replaces recursion, because a chain of members may be longer than the
    // call stack is deep.
    let mut open = vec![(None, above.into_iter()), (None, needs(&own))];
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

    fn includes(listed: &[&str], way: &str) -> Result<bool> {
        let listed: Vec<String> = listed.iter().map(|p| (*p).to_owned()).collect();
        let path = RelPath::new("package.json").unwrap();
        Ok(Patterns::new(&listed, &path, &listed.join(" "))?.include(way))
    }

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
            assert_eq!(includes(&[pattern], way).unwrap(), expected, "{pattern} {way}");
        }
        assert!(!includes(&["apps/*", "!apps/old"], "apps/old").unwrap());
        let error = includes(&[&"{a,a}".repeat(24)], "a").unwrap_err();
        assert!(format!("{error:#}").starts_with("package.json:1: the braces"), "{error:#}");
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
        // Dependencies of the root count, whichever manifest lists them.
        let repo = Repo::from_files([
            (
                "package.json",
                r#"{"workspaces": ["*"], "dependencies": {"b": "*"}, "devDependencies": {"c": "*"}}"#,
            ),
            ("a/package.json", r#"{"name": "a"}"#),
            ("b/package.json", r#"{"name": "b"}"#),
            ("c/package.json", r#"{"name": "c"}"#),
        ]);
        let found = find(&Dir::new(&repo, RelPath::new("a").unwrap())).unwrap().unwrap();
        assert_eq!(found.needed, [RelPath::new("b").unwrap()]);
    }

    #[test]
    fn a_peer_is_built_before_the_package_that_imports_it() {
        let repo = Repo::from_files([
            ("package.json", r#"{"workspaces": ["*"]}"#),
            ("app/package.json", r#"{"name": "app", "dependencies": {"aaa": "*", "zed": "*"}}"#),
            ("aaa/package.json", r#"{"name": "aaa", "peerDependencies": {"zed": "*"}}"#),
            ("zed/package.json", r#"{"name": "zed"}"#),
        ]);
        let found = find(&Dir::new(&repo, RelPath::new("app").unwrap())).unwrap().unwrap();
        let needed: Vec<_> = found.needed.iter().map(RelPath::as_str).collect();
        assert_eq!(needed, ["zed", "aaa"]);
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
        let encloses = |way: &str| encloses(&read, &RelPath::new(way).unwrap()).unwrap();
        assert_eq!(encloses("apps/web"), Above::Declares);
        assert_eq!(encloses("x/web"), Above::Apart);
    }
}
