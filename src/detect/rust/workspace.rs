//! The packages of a build: the members of the workspace and the path dependencies around them.
//! They decide the build context. Rules:
//! <https://doc.rust-lang.org/cargo/reference/workspaces.html>.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::manifest::{Dependency, DependencyTable, Manifest, WorkspaceTable};
use crate::budget::MAX_GLOBS;
use crate::detect::rust::codes;
use crate::detect::{Above, ReadFile, Unsupported, submodule};
use crate::facts::{Evidence, Finding};
use crate::glob::{Glob, Syntax, is_wild};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

const MANIFEST: &str = "Cargo.toml";

/// All packages whose manifest cargo reads when it builds one of them.
pub(super) struct Workspace {
    /// The folder of the workspace's root manifest, in which cargo runs and Cargo.lock lies.
    pub(super) root: RelPath,
    /// The root manifest, virtual or not.
    pub(super) manifest: Rc<Manifest>,
    /// The folders of the members.
    pub(super) members: BTreeSet<RelPath>,
    /// The manifests of members and path dependencies, by folder.
    pub(super) packages: BTreeMap<RelPath, Rc<Manifest>>,
    /// Folders that replace packages of a registry (`[patch]`), even if they are also members.
    pub(super) patched: BTreeSet<RelPath>,
    /// The nearest folder that contains all of them.
    pub(super) context: RelPath,
    pub(super) findings: Vec<Finding>,
}

/// The manifest in a folder.
pub(super) fn manifest_in(dir: &Dir) -> Result<Option<Rc<Manifest>>> {
    let known = dir.repo.once(&dir.path, || {
        let read = dir.text(MANIFEST)?;
        read.map(|(path, text)| Manifest::parse(&path, &text).map(Rc::new)).transpose()
    })?;
    Ok((*known).clone())
}

/// The workspace of the package in `dir`; `None` if `dir` has no Cargo.toml.
pub(super) fn workspace(dir: &Dir) -> Result<Option<Rc<Workspace>>> {
    let Some(own) = manifest_in(dir)? else { return Ok(None) };
    let mut root = own.clone();
    if own.workspace.is_none() {
        if let Some(named) = own.package.as_ref().and_then(|package| package.workspace.as_deref()) {
            match dir
                .join(named)
                .map(|path| Dir::new(dir.repo, path))
                .map(|folder| manifest_in(&folder))
                .transpose()?
            {
                Some(Some(found)) => root = found,
                _ => bail!(
                    "{}: `workspace = \"{named}\"` names a folder without Cargo.toml in the repository: correct it, or run dockgen on the repository that holds it",
                    own.path
                ),
            }
        } else if let Some(found) = above(dir)? {
            root = found;
        }
    }
    // All members of a workspace share the result.
    let workspace = dir.repo.once(&root.dir(), || {
        let mut workspace = Workspace {
            root: root.dir(),
            members: BTreeSet::new(),
            packages: BTreeMap::new(),
            patched: BTreeSet::new(),
            context: root.dir(),
            findings: Vec::new(),
            manifest: root,
        };
        workspace.collect(dir.repo)?;
        Ok(workspace)
    })?;
    if !workspace.packages.contains_key(&dir.path) && own.package.is_some() {
        // What the workspace lists is built without it.
        bail!(Unsupported(format!(
            "{}: {} is a workspace that does not list this package, and cargo refuses to build it so: add \"{}\" to its `members`, or to its `exclude`",
            own.path,
            workspace.manifest.path,
            dir.path.relative_to(&workspace.root)
        )));
    }
    Ok(Some(workspace))
}

/// The nearest workspace root above the folder that does not exclude it.
fn above(dir: &Dir) -> Result<Option<Rc<Manifest>>> {
    for folder in dir.upwards().skip(1) {
        let Some(manifest) = manifest_in(&folder)? else { continue };
        if let Some(table) = &manifest.workspace {
            let excluded = excludes(table, &dir.path.relative_to(&folder.path));
            return Ok((!excluded).then_some(manifest));
        }
    }
    Ok(None)
}

fn excludes(table: &WorkspaceTable, way: &str) -> bool {
    Excluded::of(table).holds(way)
}

/// What a workspace excludes.
#[derive(Default)]
struct Excluded {
    listed: BTreeSet<RelPath>,
    folders: BTreeSet<RelPath>,
}

impl Excluded {
    fn of(table: &WorkspaceTable) -> Self {
        let listed = table.members.iter().filter_map(|member| RelPath::new(member.as_ref()));
        let folders = table.exclude.iter().filter_map(|path| RelPath::new(path));
        Self { listed: listed.collect(), folders: folders.collect() }
    }

    fn holds(&self, way: &str) -> bool {
        let way = RelPath::new(way).unwrap_or_default();
        !self.listed.contains(&way)
            && (self.folders.contains(&way)
                || way.ancestors().any(|folder| self.folders.contains(&folder)))
    }
}

impl Workspace {
    fn collect(&mut self, repo: &Repo) -> Result<()> {
        let root = self.root.clone();
        let mut queue: Vec<(RelPath, Evidence)> = Vec::new();
        if self.manifest.package.is_some() {
            queue.push((root.clone(), Evidence::file(&self.manifest.path, "the root package")));
        }
        let excluded = self.manifest.workspace.as_ref().map(Excluded::of).unwrap_or_default();
        if let Some(table) = self.manifest.workspace.clone() {
            let mut wild = 0;
            for member in &table.members {
                let evidence = self.manifest.at(member, "a member of the workspace");
                let pattern = is_wild(member.as_ref(), SYNTAX);
                wild += usize::from(pattern);
                if wild > MAX_GLOBS {
                    bail!(
                        "{}: more than {MAX_GLOBS} patterns with wildcards, the limit of one list",
                        evidence.place()
                    );
                }
                let folders = expand(repo, &root, member.as_ref());
                for folder in folders.with_context(|| evidence.place())? {
                    // `exclude` applies to patterns, not to members that are listed by name.
                    if !(pattern && excluded.holds(&folder.relative_to(&root))) {
                        queue.push((folder, evidence.clone()));
                    }
                }
            }
        }
        let patches: Vec<String> = self.manifest.patches.clone();
        for path in patches {
            if let Some(folder) = root.join(&path) {
                self.patched.insert(folder.clone());
                queue.push((folder, self.manifest.find(&path, "a patch of a registry's package")));
            }
        }
        while let Some((folder, evidence)) = queue.pop() {
            if self.packages.contains_key(&folder) {
                continue;
            }
            let Some(manifest) = manifest_in(&Dir::new(repo, folder.clone()))? else {
                let submodule = submodule::missing(repo, &folder);
                self.findings.push(missing(folder.as_str(), evidence, submodule));
                continue;
            };
            // Path dependencies below the root are members too, as the manual says.
            let below = folder.is_within(&root)
                && self.manifest.workspace.is_some()
                && !excluded.holds(&folder.relative_to(&root));
            if folder == root || below {
                self.members.insert(folder.clone());
            }
            for dependency in manifest.dependencies() {
                let (spec, base) =
                    self.resolve(dependency.key, &dependency.spec.as_ref().table(), &folder);
                let Some(path) = spec.path else { continue };
                let evidence = manifest
                    .at(dependency.spec, format!("`{}` is a path dependency", dependency.key));
                match base.join(&path) {
                    Some(folder) => queue.push((folder, evidence)),
                    None => self.findings.push(missing(&path, evidence, None)),
                }
            }
            self.context = common(&self.context, &folder);
            self.packages.insert(folder, manifest);
        }
        // A package without a `[workspace]` is its own only member.
        if self.manifest.package.is_some() {
            self.members.insert(root);
        }
        Ok(())
    }

    /// A dependency together with what it inherits from the workspace, and the folder to which its
    /// path is relative.
    pub(super) fn resolve(
        &self,
        key: &str,
        spec: &DependencyTable,
        folder: &RelPath,
    ) -> (DependencyTable, RelPath) {
        if !spec.workspace {
            return (spec.clone(), folder.clone());
        }
        let shared = self.manifest.workspace.as_ref().and_then(|table| table.dependencies.get(key));
        let Some(shared) = shared.map(AsRef::as_ref).map(Dependency::table) else {
            return (spec.clone(), folder.clone());
        };
        let mut features = shared.features.clone();
        features.extend(spec.features.iter().cloned());
        let merged = DependencyTable {
            optional: spec.optional,
            features,
            default_features: spec.default_features.or(shared.default_features),
            workspace: false,
            ..shared
        };
        (merged, self.root.clone())
    }

    /// The folder of the package to which a dependency's path leads.
    pub(super) fn local(
        &self,
        key: &str,
        spec: &DependencyTable,
        folder: &RelPath,
    ) -> Option<RelPath> {
        let (spec, base) = self.resolve(key, spec, folder);
        let target = base.join(&spec.path?)?;
        self.packages.contains_key(&target).then_some(target)
    }

    /// The value of `[workspace.package]`.
    pub(super) fn shared(&self) -> super::manifest::InheritedPackage {
        self.manifest.workspace.as_ref().map(|table| table.package.clone()).unwrap_or_default()
    }
}

fn missing(path: &str, evidence: Evidence, submodule: Option<Evidence>) -> Finding {
    let fix = match &submodule {
        Some(at) => submodule::fix(at),
        None => Finding::OUTSIDE_FIX.to_owned(),
    };
    Finding::new(
        codes::PATH_DEPENDENCY_MISSING,
        format!("`{path}` holds no Cargo.toml inside the repository"),
        [evidence].into_iter().chain(submodule),
    )
    .with_fix(fix)
}

/// The nearest folder that contains both.
fn common(a: &RelPath, b: &RelPath) -> RelPath {
    if b.is_within(a) {
        return a.clone();
    }
    a.ancestors().find(|folder| b.is_within(folder)).unwrap_or_default()
}

/// `*`, `?` and `[abc]` in a path of `members`.
const SYNTAX: Syntax = Syntax { braces: false, classes: true };

/// The folders that an entry of `members` names, relative to the root. A pattern matches only
/// folders with a manifest.
fn expand(repo: &Repo, root: &RelPath, pattern: &str) -> Result<Vec<RelPath>> {
    if !is_wild(pattern, SYNTAX) {
        return Ok(root.join(pattern).into_iter().collect());
    }
    let glob = Glob::new(pattern, SYNTAX)?;
    let manifests = repo.files_named(MANIFEST);
    let folders = manifests.iter().filter_map(RelPath::parent);
    Ok(folders.filter(|folder| folder.strip(root).is_some_and(|way| glob.matches(way))).collect())
}

/// How the root of `read` relates to the package at `member`: it is its workspace root, or the
/// nearest folder that also contains a path dependency.
pub(super) fn encloses(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let parse = |folder: &RelPath| -> Result<Option<Manifest>> {
        let Some(path) = folder.join(MANIFEST) else { return Ok(None) };
        read(path.as_str())?
            .map(|text| Manifest::parse(&path, &Rc::from(text.as_str())))
            .transpose()
    };
    // The person may have named a folder inside a package; the package's folder counts.
    let mut own = None;
    for folder in
        std::iter::once(member.clone()).chain(member.ancestors()).filter(|folder| !folder.is_root())
    {
        if let Some(manifest) = parse(&folder)? {
            own = Some(manifest);
            break;
        }
    }
    let here = RelPath::root();
    let root = parse(&here)?;
    let Some(own) = own else { return Ok(Above::Apart) };
    if let (Some(table), None) =
        (root.as_ref().and_then(|root| root.workspace.as_ref()), &own.workspace)
    {
        let way = own.dir().as_str().to_owned();
        let named = own
            .package
            .as_ref()
            .and_then(|p| p.workspace.as_deref())
            .and_then(|path| own.dir().join(path));
        let lists = named.map_or(!excludes(table, &way), |named| named == here);
        return Ok(if lists { Above::Declares } else { Above::Apart });
    }
    let reached = own
        .dependencies()
        .filter_map(|dependency| dependency.spec.as_ref().table().path)
        .chain(own.patches.iter().cloned())
        .filter_map(|path| own.dir().join(&path))
        .any(|target| common(&own.dir(), &target).is_root());
    Ok(if reached { Above::Reached } else { Above::Apart })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    fn names<'a>(paths: impl IntoIterator<Item = &'a RelPath>) -> Vec<&'a str> {
        paths.into_iter().map(RelPath::as_str).collect()
    }

    fn of(files: &[(&str, &str)], dir: &str) -> Result<Rc<Workspace>> {
        let repo = Repo::from_files(files.iter().copied());
        Ok(workspace(&Dir::new(&repo, path(dir)))?.unwrap())
    }

    fn package(name: &str, rest: &str) -> String {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n{rest}")
    }

    #[test]
    fn members_by_pattern_and_by_path_dependency() {
        let a = package(
            "a",
            "[dependencies]\nlib = { workspace = true }\nout = { path = \"../../out\" }\n",
        );
        let lib = package("lib", "");
        let files = [
            (
                "ws/Cargo.toml",
                "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n[workspace.dependencies]\nlib = { path = \"shared/lib\" }\n",
            ),
            ("ws/a/Cargo.toml", ""),
            ("ws/crates/a/Cargo.toml", a.as_str()),
            ("ws/crates/old/Cargo.toml", lib.as_str()),
            ("ws/crates/notes/x.txt", ""),
            ("ws/shared/lib/Cargo.toml", lib.as_str()),
            ("ws/out/Cargo.toml", lib.as_str()),
        ];
        let found = of(&files, "ws/crates/a").unwrap();
        assert_eq!(found.root.as_str(), "ws");
        assert_eq!(names(found.packages.keys()), ["ws/crates/a", "ws/out", "ws/shared/lib"]);
        assert_eq!(names(&found.members), ["ws/crates/a", "ws/out", "ws/shared/lib"]);
        assert_eq!(found.context.as_str(), "ws");
    }

    #[test]
    fn path_dependencies_widen_the_context_and_missing_ones_are_said() {
        let app = package(
            "app",
            "[dependencies]\nlib = { path = \"../lib\" }\nno = { path = \"../../no\" }\n",
        );
        let lib = package("lib", "");
        let found = of(&[("x/app/Cargo.toml", &app), ("x/lib/Cargo.toml", &lib)], "x/app").unwrap();
        assert_eq!((found.context.as_str(), found.root.as_str()), ("x", "x/app"));
        assert_eq!(names(&found.members), ["x/app"]);
        assert_eq!(found.findings[0].code.as_str(), "path-dependency-missing");
        assert_eq!(found.findings[0].evidence[0].place(), "x/app/Cargo.toml:6");
    }

    #[test]
    fn a_package_that_its_workspace_does_not_list_is_refused_as_cargo_does() {
        let app = package("app", "");
        let error =
            of(&[("Cargo.toml", "[workspace]\nmembers = []\n"), ("app/Cargo.toml", &app)], "app")
                .err()
                .unwrap();
        assert!(error.to_string().contains("add \"app\" to its `members`"), "{error}");
        let alone = of(
            &[("Cargo.toml", "[workspace]\nexclude = [\"app\"]\n"), ("app/Cargo.toml", &app)],
            "app",
        )
        .unwrap();
        assert_eq!(alone.root.as_str(), "app");
    }

    #[test]
    fn what_encloses_a_member() {
        let encloses = |files: &[(&str, &str)], member: &str| {
            let files = files.to_vec();
            let read = move |name: &str| {
                Ok(files.iter().find(|(path, _)| *path == name).map(|(_, text)| (*text).to_owned()))
            };
            super::encloses(&read, &path(member)).unwrap()
        };
        let app = package("app", "[dependencies]\nlib = { path = \"../lib\" }\n");
        let plain = package("app", "");
        let listed =
            [("Cargo.toml", "[workspace]\nmembers = [\"a/*\"]"), ("a/b/Cargo.toml", &plain)];
        assert_eq!(encloses(&listed, "a/b"), Above::Declares);
        let excluded =
            [("Cargo.toml", "[workspace]\nexclude = [\"a\"]"), ("a/b/Cargo.toml", &plain)];
        assert_eq!(encloses(&excluded, "a/b"), Above::Apart);
        let two = [("Cargo.toml", plain.as_str()), ("a/Cargo.toml", &plain)];
        assert_eq!(encloses(&two, "a"), Above::Apart);
        assert_eq!(encloses(&[("app/Cargo.toml", &app)], "app"), Above::Reached);
        // The context is no higher than the nearest folder that contains both.
        assert_eq!(encloses(&[("x/app/Cargo.toml", &app)], "x/app"), Above::Apart);
        assert_eq!(encloses(&[], "app"), Above::Apart);
    }
}
