//! What the manifests of a project say: pyproject.toml in the forms of every tool, setup.cfg,
//! setup.py and Pipfile.

mod setup;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::requirement::{Requirement, normal};
use super::requirements::EVERY;
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;
use crate::repo::{Dir, parse_toml};
use crate::settings::{self, Item, Value};

/// Extras that serve the development of a project.
const DEVELOPMENT: [&str; 16] = [
    "benchmark",
    "build",
    "ci",
    "cov",
    "coverage",
    "dev",
    "develop",
    "development",
    "doc",
    "docs",
    "lint",
    "release",
    "test",
    "testing",
    "tests",
    "typing",
];

/// Names of the group that holds what a program needs, where no project lists it.
const MAIN: [&str; 8] =
    ["main", "prod", "production", "default", "app", "runtime", "server", "base"];

/// Maximum number of groups that one includes.
const MAX_GROUPS: usize = 32;

/// What a dependency of Poetry's and of a Pipfile says beside conditions.
const PLAIN: [&str; 7] =
    ["version", "extras", "index", "source", "allow-prereleases", "develop", "editable"];

/// A command that installing the project creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) name: String,
    /// `shop.main:run`.
    pub(super) target: String,
    pub(super) evidence: Evidence,
}

/// A project, as its manifests describe it.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// The manifest that names it, for evidence.
    pub(super) path: RelPath,
    pub(super) name: Option<Sourced<String>>,
    pub(super) source: Option<Sourced<String>>,
    /// The ranges of Pythons that it admits, strongest first.
    pub(super) python: Vec<Sourced<String>>,
    /// What it needs in production, each with its file.
    pub(super) dependencies: Vec<(RelPath, Requirement)>,
    pub(super) scripts: Vec<Script>,
    /// What it needs for parts of itself, and where each is stated.
    pub(super) extras: BTreeMap<String, (Vec<Requirement>, Evidence)>,
    /// The tools whose tables pyproject.toml has.
    pub(super) tools: Vec<String>,
    /// `build-system` exists, or a setup.py.
    pub(super) builds: bool,
    /// What its build needs.
    pub(super) build_requires: Vec<String>,
    /// The project itself is installed into the environment.
    pub(super) installs: bool,
    /// A tool's own word on whether the project is installed.
    pub(super) packaged: Option<bool>,
    /// Its dependencies are known to the code of its build alone.
    pub(super) dynamic: Option<Evidence>,
    /// The file that its build reads its dependencies from.
    pub(super) dynamic_file: Option<RelPath>,
    /// Dependencies that are folders of the repository, by name.
    pub(super) folders: BTreeMap<String, (String, Evidence)>,
    /// Dependencies that are members of the same workspace.
    pub(super) members: Vec<String>,
    /// Package indexes: their name and address.
    pub(super) indexes: Vec<(String, String, Evidence)>,
    /// Documents that the build reads: `readme`, `license`.
    pub(super) documents: Vec<String>,
    /// Folders of packages that the build is told, below the application's.
    pub(super) packages: Vec<String>,
    /// Its groups of dependencies, and where each is stated.
    pub(super) groups: BTreeMap<String, (Vec<Requirement>, Evidence)>,
    /// The group that holds its dependencies, as the manifest writes it, where it has no other list.
    pub(super) main_group: Option<String>,
    /// The groups that uv installs unasked.
    pub(super) default_groups: Vec<String>,
    /// What uv compiles although it has wheels.
    pub(super) from_source: BTreeSet<String>,
    /// The versions of its tool that it admits.
    pub(super) tool_versions: Option<String>,
    /// The backend of its build, where pyproject.toml names one.
    pub(super) backend: Option<String>,
    /// True if the manifest states the version itself.
    pub(super) states_version: bool,
    /// That version.
    pub(super) version: Option<Sourced<String>>,
    /// The name in a module that setuptools reads the version from: `shop.VERSION`.
    pub(super) version_of: Option<String>,
    /// A table tells setuptools which packages there are.
    pub(super) lists_packages: bool,
    /// Addresses of repositories that uv fetches dependencies from, by name.
    fetched: BTreeMap<String, String>,
}

/// Reads the manifests of a folder; `None` if it has none.
///
/// # Errors
/// If one is not valid.
pub(super) fn read(dir: &Dir) -> Result<Option<Project>> {
    let mut project = Project::default();
    let mut found = false;
    if let Some((path, text)) = dir.text("pyproject.toml")? {
        parse_toml::<toml::Table>(&path, &text)?;
        if let Some(tree) = settings::parse_toml(&text) {
            project.path.clone_from(&path);
            project.pyproject(&path, &tree);
            found = true;
        }
    }
    if let Some((path, text)) = dir.text("Pipfile")? {
        parse_toml::<toml::Table>(&path, &text)?;
        if let Some(tree) = settings::parse_toml(&text) {
            project.pipfile(&path, &tree);
            found = true;
        }
    }
    found |= setup::read(dir, &mut project)?;
    if let Some(file) = project.dynamic_file.take() {
        // Paths in a manifest start from its folder.
        project.dynamic_file = dir.join(file.as_str());
    }
    Ok(found.then_some(project))
}

/// The folders that the project of this pyproject.toml depends on, as it writes them.
pub(super) fn folders(path: &RelPath, text: &str) -> Vec<String> {
    let mut project = Project::default();
    if let Some(tree) = settings::parse_toml(text) {
        project.pyproject(path, &tree);
    }
    project.folders.into_values().map(|(way, _)| way).collect()
}

impl Project {
    pub(super) fn pyproject(&mut self, path: &RelPath, tree: &Item) {
        let at = |line: u32, note: &str| Evidence::at(path, line, note);
        if let Some(system) = tree.get("build-system") {
            self.builds = true;
            let requires = system.get("requires").into_iter().flat_map(Item::items);
            self.build_requires = requires
                .filter_map(Item::text)
                .filter_map(|text| Requirement::parse(text, 1))
                .map(|one| one.name)
                .collect();
            self.backend = system.text_at(&["build-backend"]).map(str::to_owned);
        }
        self.lists_packages = ["packages", "py-modules", "package-dir"]
            .iter()
            .any(|key| tree.at(&["tool", "setuptools", key]).is_some());
        for held in tree.get("tool").into_iter().flat_map(Item::entries) {
            self.tools.push(held.key.clone());
        }
        if let Some(project) = tree.get("project") {
            // The plugin's own table asks it for a version all the same.
            let asked = tree.at(&["tool", "setuptools_scm"]).is_some();
            self.states_version = project.text_at(&["version"]).is_some() && !asked;
            if let Some(version) = project.get("version")
                && let Some(text) = version.text()
            {
                let at = at(version.line, "project.version");
                self.version = Some(Sourced::new(text.to_owned(), at));
            }
            if let Some(name) = project.get("name")
                && let Some(text) = name.text()
            {
                self.name = Some(Sourced::new(text.to_owned(), at(name.line, "project.name")));
            }
            if let Some(range) = project.get("requires-python")
                && let Some(text) = range.text()
            {
                let note = format!("requires-python is \"{text}\"");
                self.python.push(Sourced::new(text.to_owned(), at(range.line, &note)));
            }
            self.list(path, project.get("dependencies"));
            for held in project.get("optional-dependencies").into_iter().flat_map(Item::entries) {
                let listed = held.item.items().iter();
                let listed =
                    listed.filter_map(|one| Requirement::parse(one.text()?, one.line)).collect();
                self.extra(path, &held.key, held.line, listed);
            }
            for table in ["scripts", "gui-scripts"] {
                self.scripts(path, project.get(table));
            }
            self.urls(path, project.get("urls"));
            self.documents(project);
            for one in project.get("dynamic").into_iter().flat_map(Item::items) {
                if one.text() == Some("dependencies") {
                    self.dynamic = Some(at(one.line, "the build knows the dependencies"));
                }
            }
        }
        for held in tree.get("dependency-groups").into_iter().flat_map(Item::entries) {
            self.group(path, tree, &held.key, held.line);
        }
        self.setuptools(tree);
        if let Some(poetry) = tree.at(&["tool", "poetry"]) {
            self.poetry(path, poetry);
        }
        if let Some(pdm) = tree.at(&["tool", "pdm"]) {
            self.packaged = pdm.text_at(&["distribution"]).map(|word| word == "true");
            self.sources(path, pdm.get("source"));
        }
        if let Some(uv) = tree.at(&["tool", "uv"]) {
            if let Some(word) = uv.text_at(&["package"]) {
                self.packaged = Some(word == "true");
            }
            self.sources(path, uv.get("index"));
            self.uv_sources(path, uv.get("sources"));
            let groups = uv.get("default-groups").into_iter().flat_map(Item::items);
            self.default_groups = groups.filter_map(Item::text).map(normal).collect();
            if uv.text_at(&["default-groups"]) == Some("all") {
                self.default_groups = self.groups.keys().cloned().collect();
            }
            self.tool_versions = uv.text_at(&["required-version"]).map(str::to_owned);
            let compiled = uv.get("no-binary-package").into_iter().flat_map(Item::items);
            self.from_source = compiled.filter_map(Item::text).map(normal).collect();
            if uv.text_at(&["no-binary"]) == Some("true") {
                self.from_source.insert(EVERY.to_owned());
            }
        }
        if tree.get("project").is_none() && self.dependencies.is_empty() {
            self.take_group(path, tree);
        }
        self.fetch_from_git();
    }

    /// Without a project, a group holds the dependencies: the one for production by its name, or the
    /// only one that is not for development.
    fn take_group(&mut self, path: &RelPath, tree: &Item) {
        let named = || MAIN.iter().find(|name| self.groups.contains_key(**name));
        let mut open = self.groups.keys().filter(|name| !is_for_development(name));
        let only = open.next().filter(|_| open.next().is_none());
        let Some(name) = named().map(|name| (*name).to_owned()).or_else(|| only.cloned()) else {
            return;
        };
        let entries = tree.get("dependency-groups").into_iter().flat_map(Item::entries);
        let written = entries.into_iter().find(|held| normal(&held.key) == name);
        self.main_group = written.map(|held| held.key.clone());
        let listed = self.groups.get(&name).map(|(listed, _)| listed.clone()).unwrap_or_default();
        self.dependencies.extend(listed.into_iter().map(|one| (path.clone(), one)));
    }

    /// A group of dependencies, with those that it includes.
    fn group(&mut self, path: &RelPath, tree: &Item, key: &str, line: u32) {
        let (mut listed, mut seen) = (Vec::new(), BTreeSet::from([normal(key)]));
        let mut open = vec![key.to_owned()];
        let table = tree.get("dependency-groups");
        while let Some(name) = open.pop() {
            let entries = table.into_iter().flat_map(Item::entries);
            let Some(held) = entries.into_iter().find(|held| normal(&held.key) == normal(&name))
            else {
                continue;
            };
            for one in held.item.items() {
                if let Some(text) = one.text() {
                    listed.extend(Requirement::parse(text, one.line));
                } else if let Some(other) = one.text_at(&["include-group"])
                    && seen.len() < MAX_GROUPS
                    && seen.insert(normal(other))
                {
                    open.push(other.to_owned());
                }
            }
        }
        let evidence = Evidence::at(path, line, format!("the group {key}"));
        self.groups.insert(normal(key), (listed, evidence));
    }

    /// Dependencies whose table of uv's names a repository come from git.
    fn fetch_from_git(&mut self) {
        let extras = self.extras.values_mut().chain(self.groups.values_mut());
        let listed = self.dependencies.iter_mut().map(|(_, one)| one);
        for one in listed.chain(extras.flat_map(|(listed, _)| listed)) {
            if let Some(url) = self.fetched.get(&one.name) {
                one.url.get_or_insert_with(|| url.clone());
            }
        }
    }

    fn list(&mut self, path: &RelPath, list: Option<&Item>) {
        for one in list.into_iter().flat_map(Item::items) {
            let requirement = one.text().and_then(|text| Requirement::parse(text, one.line));
            self.dependencies.extend(requirement.map(|found| (path.clone(), found)));
        }
    }

    fn extra(&mut self, path: &RelPath, key: &str, line: u32, listed: Vec<Requirement>) {
        let evidence = Evidence::at(path, line, format!("the extra {key}"));
        self.extras.insert(normal(key), (listed, evidence));
    }

    fn scripts(&mut self, path: &RelPath, table: Option<&Item>) {
        for held in table.into_iter().flat_map(Item::entries) {
            let target = held.item.text().or_else(|| held.item.text_at(&["reference"]));
            let target = target.or_else(|| held.item.text_at(&["callable"]));
            if let Some(target) = target.filter(|target| target.contains(':')) {
                self.scripts.push(Script {
                    name: held.key.clone(),
                    target: target.to_owned(),
                    evidence: Evidence::at(path, held.line, format!("the command {}", held.key)),
                });
            }
        }
    }

    /// The address of the source among the project's addresses.
    fn urls(&mut self, path: &RelPath, table: Option<&Item>) {
        let words = ["source", "repository", "source code", "github", "code", "homepage"];
        let held = table.into_iter().flat_map(Item::entries);
        let ranked = held.filter_map(|entry| {
            let key = entry.key.to_ascii_lowercase();
            let rank = words.iter().position(|word| *word == key)?;
            let url = entry.item.text().filter(|url| url.starts_with("https://"))?;
            // A page of its own is no source.
            let forge = ["https://github.com/", "https://gitlab.com/", "https://codeberg.org/"];
            (key != "homepage" || forge.iter().any(|forge| url.starts_with(forge)))
                .then_some((rank, url, entry.line))
        });
        if let Some((_, url, line)) = ranked.min_by_key(|(rank, ..)| *rank) {
            let evidence = Evidence::at(path, line, "the address of its source");
            self.source = Some(Sourced::new(url.to_owned(), evidence));
        }
    }

    /// `readme = "README.md"`, `license = {file = "LICENSE.md"}`, `license-files = [...]`.
    fn documents(&mut self, project: &Item) {
        for key in ["readme", "license", "license-files"] {
            for one in project.get(key).into_iter().flat_map(|held| match held.value {
                Value::Map(_) => std::slice::from_ref(held),
                _ => held.items(),
            }) {
                let file = one.text().or_else(|| one.text_at(&["file"]));
                self.documents.extend(file.map(str::to_owned));
            }
        }
    }

    /// `[tool.setuptools.dynamic] dependencies = {file = [...]}`.
    fn setuptools(&mut self, tree: &Item) {
        let version = ["tool", "setuptools", "dynamic", "version", "attr"];
        self.version_of = tree.text_at(&version).map(str::to_owned);
        let Some(held) = tree.at(&["tool", "setuptools", "dynamic", "dependencies", "file"]) else {
            return;
        };
        let mut files = held.items().iter().filter_map(Item::text);
        if let (Some(file), None) = (files.next(), files.next()) {
            self.dynamic_file = RelPath::new(file);
        }
    }

    fn poetry(&mut self, path: &RelPath, poetry: &Item) {
        if self.name.is_none()
            && let Some(name) = poetry.get("name")
            && let Some(text) = name.text()
        {
            self.name = Some(Sourced::new(
                text.to_owned(),
                Evidence::at(path, name.line, "tool.poetry.name"),
            ));
        }
        if let Some(word) = poetry.text_at(&["package-mode"]) {
            self.packaged = Some(word == "true");
        }
        for one in poetry.get("packages").into_iter().flat_map(Item::items) {
            let include = one.text_at(&["include"]).unwrap_or_default();
            let from = one.text_at(&["from"]).map_or_else(String::new, |from| format!("{from}/"));
            self.packages.push(format!("{from}{include}"));
        }
        for held in poetry.get("dependencies").into_iter().flat_map(Item::entries) {
            self.poetry_dependency(path, &held.key, held.line, &held.item);
        }
        for held in poetry.get("group").into_iter().flat_map(Item::entries) {
            // Its requirements are read as those of the project are, and kept apart.
            let own = std::mem::take(&mut self.dependencies);
            let (python, folders) = (self.python.len(), self.folders.clone());
            for one in held.item.get("dependencies").into_iter().flat_map(Item::entries) {
                self.poetry_dependency(path, &one.key, one.line, &one.item);
            }
            self.python.truncate(python);
            self.folders = folders;
            let listed = std::mem::replace(&mut self.dependencies, own);
            let listed = listed.into_iter().map(|(_, one)| one).collect();
            let evidence = Evidence::at(path, held.line, format!("the group {}", held.key));
            self.groups.insert(normal(&held.key), (listed, evidence));
        }
        self.tool_versions = poetry.text_at(&["requires-poetry"]).map(str::to_owned);
        for held in poetry.get("extras").into_iter().flat_map(Item::entries) {
            let listed = held.item.items().iter();
            let listed =
                listed.filter_map(|one| Requirement::parse(one.text()?, one.line)).collect();
            self.extra(path, &held.key, held.line, listed);
        }
        self.documents(poetry);
        self.scripts(path, poetry.get("scripts"));
        self.sources(path, poetry.get("source"));
        if self.source.is_none()
            && let Some(url) = poetry.get("repository")
            && let Some(text) = url.text().filter(|text| text.starts_with("https://"))
        {
            let evidence = Evidence::at(path, url.line, "tool.poetry.repository");
            self.source = Some(Sourced::new(text.to_owned(), evidence));
        }
    }

    fn poetry_dependency(&mut self, path: &RelPath, key: &str, line: u32, item: &Item) {
        let tables: &[Item] = match item.value {
            Value::Map(_) => std::slice::from_ref(item),
            _ => item.items(),
        };
        let Some(first) = tables.first() else { return };
        let versions = first.text().or_else(|| first.text_at(&["version"])).unwrap_or_default();
        if key == "python" {
            let note = format!("tool.poetry.dependencies.python is \"{versions}\"");
            self.python.push(Sourced::new(versions.to_owned(), Evidence::at(path, line, note)));
            return;
        }
        if first.text_at(&["optional"]) == Some("true") {
            return;
        }
        let extras = first.get("extras").into_iter().flat_map(Item::items).filter_map(Item::text);
        let url = first.text_at(&["git"]).map(|url| format!("git+{url}"));
        let url = url.or_else(|| first.text_at(&["url"]).map(str::to_owned));
        let requirement = Requirement {
            name: normal(key),
            extras: extras.map(normal).collect(),
            versions: versions.to_owned(),
            url: url.or_else(|| first.text_at(&["path"]).map(str::to_owned)),
            conditional: tables.len() > 1
                || first.entries().iter().any(|one| !PLAIN.contains(&one.key.as_str())),
            line,
        };
        if let Some(way) = first.text_at(&["path"]) {
            let evidence = Evidence::at(path, line, format!("{key} is the folder {way}"));
            self.folders.insert(requirement.name.clone(), (way.to_owned(), evidence));
        }
        self.dependencies.push((path.clone(), requirement));
    }

    /// `[[tool.poetry.source]]`, `[[tool.uv.index]]`, `[[tool.pdm.source]]`, `[[source]]`.
    fn sources(&mut self, path: &RelPath, list: Option<&Item>) {
        for one in list.into_iter().flat_map(Item::items) {
            if let Some(url) = one.text_at(&["url"]) {
                let line = one.entries().first().map_or(one.line, |entry| entry.line);
                let name = one.text_at(&["name"]).unwrap_or_default().to_owned();
                let evidence = Evidence::at(path, line, "a package index");
                self.indexes.push((name, url.to_owned(), evidence));
            }
        }
    }

    fn uv_sources(&mut self, path: &RelPath, table: Option<&Item>) {
        for held in table.into_iter().flat_map(Item::entries) {
            let name = normal(&held.key);
            if let Some(way) = held.item.text_at(&["path"]) {
                let evidence =
                    Evidence::at(path, held.line, format!("{} is the folder {way}", held.key));
                self.folders.insert(name, (way.to_owned(), evidence));
            } else if held.item.text_at(&["workspace"]) == Some("true") {
                self.members.push(name);
            } else if let Some(url) = held.item.text_at(&["git"]) {
                self.fetched.insert(name, format!("git+{url}"));
            }
        }
    }

    fn pipfile(&mut self, path: &RelPath, tree: &Item) {
        if self.path.is_root() {
            self.path.clone_from(path);
        }
        for key in ["python_full_version", "python_version"] {
            if let Some(held) = tree.at(&["requires", key])
                && let Some(text) = held.text()
            {
                let evidence = Evidence::at(path, held.line, format!("{key} is \"{text}\""));
                self.python.push(Sourced::new(text.to_owned(), evidence));
            }
        }
        for held in tree.get("packages").into_iter().flat_map(Item::entries) {
            if let Some(way) = held.item.text_at(&["path"]) {
                let note = format!("{} is the folder {way}", held.key);
                let evidence = Evidence::at(path, held.line, note);
                if way == "." {
                    self.packaged = Some(true);
                } else {
                    self.folders.insert(normal(&held.key), (way.to_owned(), evidence));
                }
                continue;
            }
            self.poetry_dependency(path, &held.key, held.line, &held.item);
        }
        self.sources(path, tree.get("source"));
    }

    /// The extras that do not serve its development.
    pub(super) fn offered(&self) -> Vec<&str> {
        self.extras.keys().map(String::as_str).filter(|name| !is_for_development(name)).collect()
    }

    /// True if pyproject.toml has `[tool.NAME]`.
    pub(super) fn has_tool(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| tool == name)
    }
}

/// True for an extra or a group that serves the development of a project.
pub(super) fn is_for_development(name: &str) -> bool {
    DEVELOPMENT.contains(&name.split('-').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)]) -> Project {
        let repo = Repo::from_files(files.iter().copied());
        read(&repo.root()).unwrap().unwrap()
    }

    fn names(project: &Project) -> Vec<&str> {
        project.dependencies.iter().map(|(_, one)| one.name.as_str()).collect()
    }

    #[test]
    fn the_standard_and_uv() {
        let project = of(&[(
            "pyproject.toml",
            "[project]\nname = \"Shop_API\"\nrequires-python = \">=3.12\"\ndependencies = [\n  \"fastapi[standard]>=0.110\",\n  \"shop-lib\",\n]\n[project.scripts]\nshop = \"shop.main:run\"\n[project.urls]\nHomepage = \"https://example.com\"\nRepository = \"https://github.com/acme/shop\"\n[build-system]\nrequires = [\"hatchling\", \"hatch-vcs>=0.4\"]\nbuild-backend = \"hatchling.build\"\n[dependency-groups]\ndev = [\"pytest\"]\n[tool.uv.sources]\nshop-lib = { workspace = true }\n[[tool.uv.index]]\nname = \"acme\"\nurl = \"https://pypi.acme.example/simple\"\n",
        )]);
        assert_eq!(names(&project), ["fastapi", "shop-lib"]);
        assert_eq!(project.dependencies[0].1.line, 5);
        assert_eq!(project.python[0].value, ">=3.12");
        assert_eq!(project.scripts[0].target, "shop.main:run");
        assert_eq!(project.source.as_ref().unwrap().value, "https://github.com/acme/shop");
        assert_eq!(project.build_requires, ["hatchling", "hatch-vcs"]);
        assert_eq!(project.members, ["shop-lib"]);
        assert_eq!(project.indexes[0].0, "acme");
        assert!(project.builds && project.has_tool("uv") && project.packaged.is_none());
    }

    #[test]
    fn a_group_without_a_project() {
        let of = |groups: &str| {
            let text = format!("[dependency-groups]\n{groups}");
            of(&[("pyproject.toml", text.as_str())])
        };
        let project = of("dev = [\"pytest\"]\nMain = [\"django\", \"gunicorn\"]\n");
        assert_eq!(names(&project), ["django", "gunicorn"]);
        assert_eq!(project.main_group.as_deref(), Some("Main"));
        assert_eq!(names(&of("dev = [\"pytest\"]\nsite = [\"flask\"]\n")), ["flask"]);
        assert!(names(&of("one = [\"a\"]\ntwo = [\"b\"]\n")).is_empty());
        assert!(names(&of("dev = [\"a\"]\n[project]\nname = \"x\"\n")).is_empty());
    }

    #[test]
    fn poetry_of_the_first_kind() {
        let project = of(&[(
            "pyproject.toml",
            "[tool.poetry]\nname = \"shop\"\npackage-mode = false\npackages = [{include = \"shop\", from = \"src\"}]\n[tool.poetry.dependencies]\npython = \"^3.11\"\nDjango = \"^5.0\"\npsycopg = {version = \"^3\", extras = [\"binary\"]}\nlib = {path = \"../lib\", develop = true}\ntool = {git = \"https://example.com/tool.git\"}\nmaybe = {version = \"1\", optional = true}\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n",
        )]);
        assert_eq!(names(&project), ["django", "psycopg", "lib", "tool"]);
        assert_eq!(project.python[0].value, "^3.11");
        assert_eq!(project.packaged, Some(false));
        assert_eq!(project.folders["lib"].0, "../lib");
        assert_eq!(project.packages, ["src/shop"]);
        assert_eq!(
            project.dependencies[3].1.url.as_deref(),
            Some("git+https://example.com/tool.git")
        );
    }

    #[test]
    fn pipfiles() {
        let project = of(&[(
            "Pipfile",
            "[[source]]\nurl = \"https://pypi.org/simple\"\nname = \"pypi\"\n[packages]\nflask = \"*\"\nshop = {path = \".\", editable = true}\n[dev-packages]\npytest = \"*\"\n[requires]\npython_version = \"3.12\"\n",
        )]);
        assert_eq!(names(&project), ["flask"]);
        assert_eq!((project.python[0].value.as_str(), project.packaged), ("3.12", Some(true)));
    }
}
