//! A pom with its parents in the repository and its active profiles, read as Maven would:
//! properties, coordinates, dependencies. Nothing is fetched, so only the name of a parent outside
//! the repository is known.
//!
//! Rules: <https://maven.apache.org/ref/3.9.11/maven-model-builder/>.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Result, bail};

use super::profile::{self, UserSettings};
use super::xml::{self, Element};
use crate::budget::{MAX_REPLACED, MAX_VALUE};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, Repo, excerpt};

/// How deep `${a}` may lead to `${b}` and so on.
const MAX_NESTING: usize = 32;

/// A value, with the place that states it.
pub(super) type Found = (String, Evidence);

/// The root element of a pom; `None` if there is no such file.
struct Root(Option<Rc<Element>>);

/// The root element of a pom, which is read once; `None` if there is no such file.
fn read(repo: &Repo, path: &RelPath) -> Result<Option<Rc<Element>>> {
    let known = repo.once(path, || {
        let Some(text) = repo.text(path)? else { return Ok(Root(None)) };
        let root = xml::parse(path, &text)?;
        if root.name != "project" {
            bail!(
                "{path}:{}: the root element is <{}> instead of <project>",
                root.line,
                excerpt(&root.name)
            );
        }
        Ok(Root(Some(Rc::new(root))))
    })?;
    Ok(known.0.clone())
}

/// The pom that `way` names relative to `folder`: a file, or a folder with a pom.xml.
pub(super) fn locate(repo: &Repo, folder: &RelPath, way: &str) -> Option<RelPath> {
    let path = folder.join(way.trim())?;
    if repo.is_file(&path) {
        Some(path)
    } else {
        path.join("pom.xml").filter(|pom| repo.is_file(pom))
    }
}

/// `group:artifact`, and the version if it is stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Coordinates {
    pub(super) key: String,
    pub(super) version: String,
    pub(super) evidence: Evidence,
}

/// A pom of the lineage: the pom itself, its parent, its parent's parent.
pub(super) struct Level {
    pub(super) path: RelPath,
    pub(super) root: Rc<Element>,
    /// The active profiles, as indexes into `<profiles>`.
    active: Vec<usize>,
}

impl Level {
    /// The active profiles, last first because the last one wins, and then the pom itself.
    pub(super) fn scopes(&self) -> impl Iterator<Item = &Element> {
        let profiles = self
            .active
            .iter()
            .rev()
            .filter_map(|at| self.root.child("profiles")?.children.get(*at));
        profiles.chain(std::iter::once(&*self.root))
    }
}

/// A dependency of a project.
#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) key: String,
    pub(super) version: Option<String>,
    pub(super) scope: String,
    pub(super) kind: String,
    pub(super) evidence: Evidence,
}

/// The effective model of one pom, as far as the repository tells.
pub(super) struct Model {
    /// The pom first, its topmost parent in the repository last.
    pub(super) lineage: Vec<Level>,
    /// The parent outside the repository.
    pub(super) foreign: Option<Coordinates>,
    pub(super) settings: Rc<UserSettings>,
}

impl Model {
    /// Reads the pom at `path` and its parents.
    ///
    /// # Errors Fails if a pom is broken or is its own ancestor.
    pub(super) fn load(
        repo: &Repo,
        path: &RelPath,
        settings: &Rc<UserSettings>,
    ) -> Result<Option<Self>> {
        let mut lineage: Vec<Level> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut foreign = None;
        let mut next = Some(path.clone());
        while let Some(path) = next.take() {
            let Some(root) = read(repo, &path)? else { break };
            if !seen.insert(path.clone()) {
                bail!(
                    "{path}: a pom is its own ancestor: fix <parent>, since Maven refuses the circle too"
                );
            }
            let folder = path.parent().unwrap_or_default();
            if let Some(parent) = root.child("parent") {
                next = parent_in_tree(repo, &folder, parent)?;
                if next.is_none() {
                    foreign = Some(coordinates(parent, &path));
                }
            }
            let active = profile::active(&root, &Dir::new(repo, folder), settings);
            lineage.push(Level { path, root, active });
        }
        if lineage.is_empty() {
            return Ok(None);
        }
        let mut model = Self { lineage, foreign, settings: settings.clone() };
        if let Some(foreign) = &mut model.foreign {
            // The version may be a property of the poms below, such as `${revision}`.
            let resolved = Self {
                lineage: std::mem::take(&mut model.lineage),
                foreign: None,
                settings: settings.clone(),
            };
            foreign.version = resolved.resolve(&foreign.version);
            model.lineage = resolved.lineage;
        }
        Ok(Some(model))
    }

    /// The pom file.
    pub(super) fn path(&self) -> &RelPath {
        &self.lineage[0].path
    }

    /// The folder of the pom.
    pub(super) fn dir(&self) -> RelPath {
        self.path().parent().unwrap_or_default()
    }

    /// Every active profile and pom, strongest first, with its file.
    pub(super) fn scopes(&self) -> impl Iterator<Item = (&RelPath, &Element)> {
        self.lineage.iter().flat_map(|level| level.scopes().map(|scope| (&level.path, scope)))
    }

    /// The strongest text at `way`, resolved, for values that are inherited, such as
    /// `build/finalName`.
    pub(super) fn text(&self, way: &str) -> Option<Found> {
        self.scopes().find_map(|(path, scope)| {
            let element = scope.at(way).filter(|element| !element.text.is_empty())?;
            Some((
                self.resolve(&element.text),
                Evidence::at(path, element.line, format!("<{}>", element.name)),
            ))
        })
    }

    /// The text of the pom's own element, or of its parent element.
    fn own(&self, name: &str) -> Option<String> {
        let root = &self.lineage[0].root;
        let text = root.text_at(name).or_else(|| root.text_at(&format!("parent/{name}")))?;
        Some(self.resolve(text))
    }

    pub(super) fn group_id(&self) -> String {
        self.own("groupId").unwrap_or_default()
    }

    pub(super) fn artifact_id(&self) -> String {
        self.lineage[0]
            .root
            .text_at("artifactId")
            .map(|text| self.resolve(text))
            .unwrap_or_default()
    }

    pub(super) fn version(&self) -> Option<String> {
        self.own("version")
    }

    /// `group:artifact`.
    pub(super) fn key(&self) -> String {
        format!("{}:{}", self.group_id(), self.artifact_id())
    }

    pub(super) fn packaging(&self) -> String {
        self.lineage[0]
            .root
            .text_at("packaging")
            .map_or_else(|| "jar".to_owned(), |text| self.resolve(text))
    }

    /// The stem of the artifact's file name.
    pub(super) fn final_name(&self) -> String {
        self.text("build/finalName").map_or_else(
            || format!("{}-{}", self.artifact_id(), self.version().unwrap_or_default()),
            |found| found.0,
        )
    }

    /// The folder into which the build writes, relative to the pom's folder.
    pub(super) fn build_dir(&self) -> String {
        self.text("build/directory").map_or_else(|| "target".to_owned(), |found| relative(&found.0))
    }

    /// The folder of the Java sources, relative to the pom's folder.
    pub(super) fn source_dir(&self) -> String {
        self.text("build/sourceDirectory")
            .map_or_else(|| "src/main/java".to_owned(), |found| relative(&found.0))
    }

    /// The line of the pom's own element `name`, or else of the root element.
    pub(super) fn line(&self, name: &str) -> u32 {
        let root = &self.lineage[0].root;
        root.child(name).unwrap_or(root).line
    }

    /// A property with its place. References to other properties are resolved.
    pub(super) fn property(&self, name: &str) -> Option<Found> {
        if let Some((value, evidence)) = self.settings.properties.get(name) {
            return Some((value.clone(), evidence.clone()));
        }
        let (path, element) = self.raw_property(name)?;
        let note = format!("property {name}");
        Some((self.resolve(&element.text), Evidence::at(path, element.line, note)))
    }

    fn raw_property(&self, name: &str) -> Option<(&RelPath, &Element)> {
        self.scopes().find_map(|(path, scope)| {
            let list = scope.child("properties")?;
            // If two properties have the same name, the last one wins.
            list.children
                .iter()
                .rev()
                .find(|property| property.name == name)
                .map(|property| (path, property))
        })
    }

    /// `text` with every `${...}` that the repository defines filled in. Other references stay as
    /// they are.
    pub(super) fn resolve(&self, text: &str) -> String {
        let (mut stack, mut steps) = (Vec::new(), MAX_REPLACED);
        let value = self.fill(text, &mut stack, &mut steps);
        if value.len() > MAX_VALUE { text.to_owned() } else { value.trim().to_owned() }
    }

    /// Like [`Model::resolve`], after the filter of Spring's parent, for which `@name@` means
    /// `${name}`.
    pub(super) fn unfiltered(&self, value: &str) -> String {
        let mut out = String::new();
        let mut parts = value.split('@').peekable();
        out.push_str(parts.next().unwrap_or_default());
        while let Some(name) = parts.next() {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
            if parts.peek().is_some() && !name.is_empty() && name.chars().all(plain) {
                out.push_str(&self.resolve(&format!("${{{name}}}")));
                out.push_str(parts.next().unwrap_or_default());
            } else {
                out.push('@');
                out.push_str(name);
            }
        }
        self.resolve(&out)
    }

    /// `steps` is how many references may still be replaced. The limit is needed because empty
    /// references can double without adding a byte.
    fn fill(&self, text: &str, stack: &mut Vec<String>, steps: &mut usize) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (head, tail) = rest.split_at(start);
            out.push_str(head);
            let Some(end) = tail.find('}') else {
                rest = tail;
                break;
            };
            let (name, whole) = (&tail[2..end], &tail[..=end]);
            let circular = stack.iter().any(|open| open == name) || stack.len() > MAX_NESTING;
            let spent = out.len() > MAX_VALUE || *steps == 0;
            *steps = steps.saturating_sub(1);
            let value = if circular || spent { None } else { self.raw_value(name) };
            match value {
                Some(raw) => {
                    stack.push(name.to_owned());
                    let filled = self.fill(&raw, stack, steps);
                    stack.pop();
                    out.push_str(&filled);
                }
                None => out.push_str(whole),
            }
            rest = &tail[end + 1..];
        }
        out.push_str(rest);
        out.truncate(
            out.char_indices().map(|(at, _)| at).find(|at| *at > MAX_VALUE).unwrap_or(out.len()),
        );
        out
    }

    fn raw_value(&self, name: &str) -> Option<String> {
        let root = &self.lineage[0].root;
        let own = |way: &str| {
            let text = root.text_at(way).or_else(|| root.text_at(&format!("parent/{way}")));
            text.map(str::to_owned)
        };
        let project = name.strip_prefix("project.").or_else(|| name.strip_prefix("pom."));
        match project.unwrap_or_default() {
            "version" => return own("version"),
            "groupId" => return own("groupId"),
            "artifactId" => return root.text_at("artifactId").map(str::to_owned),
            "packaging" => return Some(root.text_at("packaging").unwrap_or("jar").to_owned()),
            "name" => {
                return root
                    .text_at("name")
                    .or_else(|| root.text_at("artifactId"))
                    .map(str::to_owned);
            }
            "parent.version" => return root.text_at("parent/version").map(str::to_owned),
            "parent.groupId" => return root.text_at("parent/groupId").map(str::to_owned),
            "parent.artifactId" => return root.text_at("parent/artifactId").map(str::to_owned),
            "basedir" => return Some(".".to_owned()),
            "build.directory" => return Some(self.raw_build("directory", "target")),
            "build.sourceDirectory" => {
                return Some(self.raw_build("sourceDirectory", "src/main/java"));
            }
            "build.outputDirectory" => {
                return Some("${project.build.directory}/classes".to_owned());
            }
            "build.finalName" => {
                return Some(
                    self.raw_build("finalName", "${project.artifactId}-${project.version}"),
                );
            }
            _ => {}
        }
        if name == "basedir" {
            return Some(".".to_owned());
        }
        if let Some((value, _)) = self.settings.properties.get(name) {
            return Some(value.clone());
        }
        self.raw_property(name).map(|(_, element)| element.text.clone())
    }

    fn raw_build(&self, name: &str, default: &str) -> String {
        let way = format!("build/{name}");
        let found = self.scopes().find_map(|(_, scope)| scope.text_at(&way));
        found.unwrap_or(default).to_owned()
    }

    /// The dependencies of the pom and its parents, with the versions in `<dependencyManagement>`.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let managed = self.managed();
        let mut all: Vec<Dependency> = Vec::new();
        for (path, scope) in self.scopes() {
            for element in scope.list("dependencies").filter(|e| e.name == "dependency") {
                let mut dependency = self.dependency(element, path);
                if let Some(known) = managed.get(&dependency.key) {
                    dependency.version = dependency.version.or_else(|| known.version.clone());
                    if element.child("scope").is_none() {
                        dependency.scope.clone_from(&known.scope);
                    }
                }
                if !all
                    .iter()
                    .any(|held| held.key == dependency.key && held.kind == dependency.kind)
                {
                    all.push(dependency);
                }
            }
        }
        all
    }

    /// The entries of `<dependencyManagement>`, by `group:artifact`. BOMs are listed under their
    /// own name.
    pub(super) fn managed(&self) -> BTreeMap<String, Dependency> {
        let mut managed = BTreeMap::new();
        for (path, scope) in self.scopes() {
            for element in
                scope.list("dependencyManagement/dependencies").filter(|e| e.name == "dependency")
            {
                let dependency = self.dependency(element, path);
                managed.entry(dependency.key.clone()).or_insert(dependency);
            }
        }
        managed
    }

    fn dependency(&self, element: &Element, path: &RelPath) -> Dependency {
        let text = |name: &str| element.text_at(name).map(|text| self.resolve(text));
        let key = format!(
            "{}:{}",
            text("groupId").unwrap_or_default(),
            text("artifactId").unwrap_or_default()
        );
        let note = format!("dependency {key}");
        Dependency {
            key,
            version: text("version"),
            scope: text("scope").unwrap_or_else(|| "compile".to_owned()),
            kind: text("type").unwrap_or_else(|| "jar".to_owned()),
            evidence: Evidence::at(path, element.line, note),
        }
    }

    /// The modules of the pom and of its active profiles, as they are written.
    pub(super) fn modules(&self) -> Vec<(String, u32)> {
        let mut modules: Vec<(String, u32)> = Vec::new();
        let level = &self.lineage[0];
        let scopes: Vec<&Element> = level.scopes().collect();
        for scope in scopes.into_iter().rev() {
            // Maven 4 calls modules subprojects.
            let written = scope.list("modules").chain(scope.list("subprojects"));
            for module in written.filter(|module| !module.text.is_empty()) {
                let name = self.resolve(&module.text);
                if !modules.iter().any(|(held, _)| *held == name) {
                    modules.push((name, module.line));
                }
            }
        }
        modules
    }
}

/// `text` without a leading `./`, and empty for the `.` that stands for the project's folder.
pub(super) fn relative(text: &str) -> String {
    RelPath::new(text).map_or_else(|| text.to_owned(), |path| path.as_str().to_owned())
}

/// The relative path of a parent's pom; `None` where the pom says that it comes from a repository.
/// Maven appends the path to the project's folder, also where it begins with `/`.
pub(super) fn parent_way(parent: &Element) -> Option<&str> {
    let way = parent.child("relativePath").map_or("../pom.xml", |element| element.text.as_str());
    // An empty `<relativePath/>` tells Maven not to look in the tree.
    Some(way.trim_start_matches('/')).filter(|way| !way.is_empty())
}

/// The parent's pom, if the repository holds it: at `<relativePath>`, by default one folder up,
/// and only if it is the one that is named.
fn parent_in_tree(repo: &Repo, folder: &RelPath, parent: &Element) -> Result<Option<RelPath>> {
    let Some(way) = parent_way(parent) else { return Ok(None) };
    let Some(path) = locate(repo, folder, way) else { return Ok(None) };
    let Some(found) = read(repo, &path)? else { return Ok(None) };
    let same = |name: &str| {
        let own = found.text_at(name).or_else(|| found.text_at(&format!("parent/{name}")));
        match (own, parent.text_at(name)) {
            (Some(own), Some(wanted)) => {
                // A property may stand for the same text.
                own == wanted || own.contains("${") || wanted.contains("${")
            }
            _ => true,
        }
    };
    Ok((same("groupId") && same("artifactId") && same("version")).then_some(path))
}

fn coordinates(element: &Element, path: &RelPath) -> Coordinates {
    let text = |name: &str| element.text_at(name).unwrap_or_default();
    let key = format!("{}:{}", text("groupId"), text("artifactId"));
    let evidence = Evidence::at(path, element.line, format!("parent {key}"));
    Coordinates { key, version: text("version").to_owned(), evidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(files: &[(&str, &str)], path: &str) -> Result<Model> {
        let repo = Repo::from_files(files.iter().copied());
        let settings = Rc::new(UserSettings::read(&repo.root())?);
        Model::load(&repo, &RelPath::new(path).unwrap(), &settings).map(Option::unwrap)
    }

    const PARENT: &str = "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><packaging>pom</packaging>
        <properties><a>x${b}</a><b>parent</b></properties><build><finalName>${project.artifactId}-${a}</finalName></build>
        <dependencyManagement><dependencies><dependency><groupId>d</groupId><artifactId>d</artifactId><version>7</version></dependency></dependencies></dependencyManagement></project>";

    #[test]
    fn properties_come_from_the_nearest_pom_and_resolve_late() {
        let child = "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>
            <artifactId>c</artifactId><properties><b>child</b></properties>
            <dependencies><dependency><groupId>d</groupId><artifactId>d</artifactId></dependency></dependencies></project>";
        let model = model(&[("pom.xml", PARENT), ("c/pom.xml", child)], "c/pom.xml").unwrap();
        assert_eq!(model.final_name(), "c-xchild");
        assert_eq!(model.version().as_deref(), Some("1"));
        assert_eq!(model.property("b").unwrap().1.place(), "c/pom.xml:2");
        assert_eq!(model.dependencies()[0].version.as_deref(), Some("7"));
        assert!(model.foreign.is_none());
    }

    #[test]
    fn circles_and_growth_end() {
        let mut many = "<p40>xx</p40>".to_owned();
        for n in 0..40 {
            let next = n + 1;
            many.extend([format!("<p{n}>${{p{next}}}${{p{next}}}</p{n}>")]);
        }
        let text = format!(
            "<project><artifactId>a</artifactId><version>${{v}}</version><properties><v>${{w}}</v><w>${{v}}</w>{many}</properties></project>"
        );
        let empty = text.replace("<p40>xx</p40>", "<p40></p40>");
        let model_of = |text: &str| model(&[("pom.xml", text)], "pom.xml").unwrap();
        assert!(model_of(&empty).resolve("${p0}").len() <= MAX_VALUE);
        let model = model_of(&text);
        assert_eq!(model.version().as_deref(), Some("${v}"));
        assert!(model.resolve("${p0}").len() <= MAX_VALUE);
        assert_eq!(model.resolve("a ${nothing} ${open"), "a ${nothing} ${open");
    }

    #[test]
    fn a_pom_that_is_its_own_ancestor_is_an_error() {
        let text = "<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId></project>";
        assert!(
            model(&[("pom.xml", text)], "pom.xml")
                .is_err_and(|e| e.to_string().contains("own ancestor"))
        );
    }

    #[test]
    fn a_relative_path_with_a_leading_slash_counts_from_the_project() {
        for way in ["/bom/pom.xml", "bom/pom.xml", "/bom", "./bom/pom.xml", "/./bom/"] {
            let text = format!(
                "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version><relativePath>{way}</relativePath></parent><artifactId>c</artifactId></project>"
            );
            let found = model(&[("bom/pom.xml", PARENT), ("pom.xml", &text)], "pom.xml").unwrap();
            assert_eq!((found.lineage.len(), found.foreign.is_none()), (2, true), "{way}");
        }
    }

    #[test]
    fn a_parent_elsewhere_is_known_by_name_alone() {
        for relative in ["<relativePath/>", "", "<relativePath>../other</relativePath>"] {
            let text = format!(
                "<project><parent><groupId>org.x</groupId><artifactId>boot</artifactId><version>${{v}}</version>{relative}</parent><artifactId>c</artifactId><properties><v>2</v></properties></project>"
            );
            let model = model(&[("pom.xml", PARENT), ("c/pom.xml", &text)], "c/pom.xml").unwrap();
            let foreign = model.foreign.unwrap();
            assert_eq!((foreign.key.as_str(), foreign.version.as_str()), ("org.x:boot", "2"));
        }
    }
}
