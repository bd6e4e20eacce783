//! Several poms that are built in one run: the aggregator, its modules, and the parents that they
//! need.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use anyhow::Result;

use super::plugins;
use super::pom::{Model, locate, relative};
use super::profile::UserSettings;
use super::xml;
use crate::detect::{Above, ReadFile};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

/// How many modules are followed.
const MAX_MODULES: usize = 2000;

/// True if the project above a folder packs it, with its resources or its web application.
///
/// # Errors Fails if the pom cannot be read.
pub(super) fn packs(repo: &Repo, folder: &RelPath) -> Result<bool> {
    let own = folder.join("pom.xml").into_iter();
    let above = own.chain(folder.ancestors().filter_map(|above| above.join("pom.xml")));
    let Some(path) = above.into_iter().find(|path| repo.is_file(path)) else { return Ok(false) };
    let Some(model) = Model::load(repo, &path, &Rc::default())? else { return Ok(false) };
    // A pom of this kind packs nothing.
    if model.packaging() == "pom" {
        return Ok(false);
    }
    let mut packed = vec!["src/main/resources".to_owned(), "src/main/webapp".to_owned()];
    for (_, scope) in model.scopes() {
        let resources = scope.list("build/resources").filter_map(|e| e.text_at("directory"));
        packed.extend(resources.map(|text| relative(&model.resolve(text))));
    }
    let plugins = plugins::of(&model);
    if let Some(war) = plugins.get(super::artifact::WAR) {
        packed.extend(war.anywhere(&model, "warSourceDirectory").map(|found| relative(&found.0)));
        if let Some((_, resources)) = war.element("webResources") {
            let folders = resources.walk().filter(|element| element.name == "directory");
            packed.extend(folders.map(|e| relative(&model.resolve(&e.text))));
        }
    }
    let dir = model.dir();
    // A module of its own, whose resources are what the plugin builds of it.
    let builds = super::frontend::PLUGINS.iter().any(|key| plugins.contains_key(*key));
    if builds && *folder == dir && model.lineage.len() > 1 {
        let inside = |way: &String| !way.is_empty() && !way.starts_with("src/main/");
        if packed.iter().any(inside) {
            return Ok(true);
        }
    }
    Ok(packed.iter().filter_map(|way| dir.join(way)).any(|packed| {
        // A project that packs its whole folder says nothing about a part of it.
        packed != dir && folder.is_within(&packed)
    }))
}

/// What one run of Maven reads.
pub(super) struct Reactor {
    /// The pom from which the run starts.
    pub(super) pom: RelPath,
    /// Every project of the run by its pom, including the aggregator.
    pub(super) projects: BTreeMap<RelPath, Rc<Model>>,
    /// Every pom that the run reads: those of the projects and of their parents in the repository.
    pub(super) poms: BTreeSet<RelPath>,
    /// The nearest folder that contains all of them.
    pub(super) context: RelPath,
    /// The projects by `group:artifact`.
    by_key: BTreeMap<String, RelPath>,
}

/// The run from a pom; `None` if there is no such file.
struct Run(Option<Rc<Reactor>>);

impl Reactor {
    /// The run that builds the project at `pom`, from the topmost pom that has it among its
    /// modules.
    pub(super) fn of(repo: &Repo, pom: &RelPath) -> Result<Option<Rc<Self>>> {
        let folder = pom.parent().unwrap_or_default();
        let mut best: Option<Rc<Self>> = None;
        let mut candidates = vec![pom.clone()];
        candidates.extend(folder.ancestors().filter_map(|above| above.join("pom.xml")));
        if let Some(own) = Model::load(repo, pom, &Rc::default())? {
            // In a flat layout the parent is beside the module and lists it as `../module`.
            candidates.extend(own.lineage.iter().skip(1).map(|level| level.path.clone()));
        }
        for candidate in candidates {
            if repo.is_file(&candidate)
                && let Some(reactor) = Self::once(repo, &candidate)?
                && reactor.projects.contains_key(pom)
                && best.as_ref().is_none_or(|held| reactor.projects.contains_key(&held.pom))
            {
                best = Some(reactor);
            }
        }
        Ok(best)
    }

    /// A cached run, because its modules share it.
    fn once(repo: &Repo, pom: &RelPath) -> Result<Option<Rc<Self>>> {
        let known = repo.once(pom, || Ok(Run(Self::read(repo, pom)?.map(Rc::new))))?;
        Ok(known.0.clone())
    }

    fn read(repo: &Repo, pom: &RelPath) -> Result<Option<Self>> {
        let start = pom.parent().unwrap_or_default();
        let settings = Rc::new(UserSettings::read(&Dir::new(repo, settings_folder(repo, &start)))?);
        let mut projects: BTreeMap<RelPath, Rc<Model>> = BTreeMap::new();
        let mut waiting = VecDeque::from([pom.clone()]);
        while let Some(path) = waiting.pop_front() {
            if projects.contains_key(&path) || projects.len() >= MAX_MODULES {
                continue;
            }
            let Some(model) = Model::load(repo, &path, &settings)? else { continue };
            let folder = model.dir();
            waiting.extend(
                model.modules().iter().filter_map(|(module, _)| locate(repo, &folder, module)),
            );
            projects.insert(path, Rc::new(model));
        }
        let lineages = projects
            .values()
            .flat_map(|model| model.lineage.iter().map(|level| level.path.clone()));
        let files: BTreeSet<RelPath> = lineages.collect();
        let context = files
            .iter()
            .filter_map(RelPath::parent)
            .reduce(|a, b| common(&a, &b))
            .unwrap_or_default();
        let by_key = projects.iter().map(|(path, model)| (model.key(), path.clone())).collect();
        Ok((!projects.is_empty()).then_some(Self {
            pom: pom.clone(),
            by_key,
            projects,
            poms: files,
            context,
        }))
    }

    /// The projects of the run that the one at `pom` depends on, directly or not, without itself.
    pub(super) fn siblings(&self, pom: &RelPath) -> Vec<Rc<Model>> {
        let mut found: BTreeSet<&RelPath> = BTreeSet::new();
        let mut waiting = vec![pom];
        while let Some(path) = waiting.pop() {
            let Some(model) = self.projects.get(path) else { continue };
            for dependency in model.dependencies().iter().filter(|d| d.scope != "test") {
                if let Some(sibling) = self.by_key.get(&dependency.key)
                    && sibling != pom
                    && found.insert(sibling)
                {
                    waiting.push(sibling);
                }
            }
        }
        found.into_iter().filter_map(|path| self.projects.get(path).cloned()).collect()
    }

    /// The folder whose `.mvn` and `mvnw` a run uses.
    pub(super) fn tool_folder(&self, repo: &Repo) -> RelPath {
        settings_folder(repo, &self.pom.parent().unwrap_or_default())
    }
}

/// Maven looks for `.mvn` in the folder of its first pom, and then above it.
fn settings_folder(repo: &Repo, start: &RelPath) -> RelPath {
    let holds = |folder: &RelPath| folder.join(".mvn").is_some_and(|path| repo.is_dir(&path));
    if holds(start) {
        start.clone()
    } else {
        start.ancestors().find(holds).unwrap_or_else(|| start.clone())
    }
}

/// The deepest folder that contains both.
pub(super) fn common(a: &RelPath, b: &RelPath) -> RelPath {
    let shared: Vec<&str> =
        a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    RelPath::new(&shared.join("/")).unwrap_or_default()
}

/// How the root of `read` relates to the application at `member`: it lists it as a module, or is
/// the nearest folder that contains both the application and the parent that it names.
pub(super) fn encloses(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let mut waiting = vec![RelPath::root()];
    let mut seen = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        if !seen.insert(folder.clone()) || seen.len() > MAX_MODULES {
            continue;
        }
        let Some(path) = folder.join("pom.xml") else { continue };
        let Some(text) = read(path.as_str())? else { continue };
        let root = xml::parse(&path, &text)?;
        let of_profiles = root.list("profiles").flat_map(|profile| profile.list("modules"));
        for module in
            root.list("modules").chain(of_profiles).filter_map(|module| folder.join(&module.text))
        {
            if module == *member {
                return Ok(Above::Declares);
            }
            if member.is_within(&module) {
                waiting.push(module);
            }
        }
    }
    parent(read, member)
}

fn parent(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let Some(path) = member.join("pom.xml") else { return Ok(Above::Apart) };
    let Some(text) = read(path.as_str())? else { return Ok(Above::Apart) };
    let root = xml::parse(&path, &text)?;
    let Some(parent) = root.child("parent") else { return Ok(Above::Apart) };
    let Some(found) = super::pom::parent_way(parent).and_then(|way| member.join(way)) else {
        return Ok(Above::Apart);
    };
    let pom = if found.file_name().ends_with("xml") { Some(found) } else { found.join("pom.xml") };
    let Some(pom) = pom else { return Ok(Above::Apart) };
    let Some(text) = read(pom.as_str())? else { return Ok(Above::Apart) };
    let same = xml::parse(&pom, &text)?.text_at("artifactId") == parent.text_at("artifactId");
    let home = pom.parent().unwrap_or_default();
    Ok(match (same, home.is_root(), common(&home, member).is_root()) {
        (true, true, _) => Above::Declares,
        (true, false, true) => Above::Reached,
        _ => Above::Apart,
    })
}

/// `path` relative to `folder`, for Maven's command line; `.` for the folder itself.
pub(super) fn below(path: &RelPath, folder: &RelPath) -> String {
    let way = relative(&path.relative_to(folder));
    if way.is_empty() { ".".to_owned() } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn pom(artifact: &str, body: &str) -> String {
        format!(
            "<project><groupId>g</groupId><artifactId>{artifact}</artifactId><version>1</version>{body}</project>"
        )
    }

    fn child(artifact: &str, body: &str) -> String {
        format!(
            "<project><parent><groupId>g</groupId><artifactId>root</artifactId><version>1</version></parent><artifactId>{artifact}</artifactId>{body}</project>"
        )
    }

    const USES_CORE: &str = "<dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId></dependency></dependencies>";

    #[test]
    fn a_module_is_built_from_the_topmost_aggregator() {
        let repo = Repo::from_files([
            (
                "x/pom.xml",
                pom("root", "<modules><module>a</module><module>b/pom.xml</module></modules>"),
            ),
            ("x/a/pom.xml", child("a", "<modules><module>deep</module></modules>")),
            (
                "x/a/deep/pom.xml",
                child("deep", USES_CORE)
                    .replace("<parent>", "<parent><relativePath>../../pom.xml</relativePath>"),
            ),
            ("x/b/pom.xml", child("core", "")),
            ("x/unlisted/pom.xml", child("unlisted", "")),
        ]);
        let deep = RelPath::new("x/a/deep/pom.xml").unwrap();
        let reactor = Reactor::of(&repo, &deep).unwrap().unwrap();
        assert_eq!((reactor.pom.as_str(), reactor.context.as_str()), ("x/pom.xml", "x"));
        assert_eq!(reactor.projects.len(), 4);
        assert_eq!(reactor.siblings(&deep)[0].artifact_id(), "core");
        let alone =
            Reactor::of(&repo, &RelPath::new("x/unlisted/pom.xml").unwrap()).unwrap().unwrap();
        assert_eq!(
            (alone.pom.as_str(), alone.poms.len(), alone.context.as_str()),
            ("x/unlisted/pom.xml", 2, "x")
        );
    }

    #[test]
    fn a_flat_layout_has_its_parent_beside_it() {
        let parent = pom("root", "<modules><module>../app</module></modules>");
        let app =
            child("app", "").replace("<parent>", "<parent><relativePath>../parent</relativePath>");
        let repo =
            Repo::from_files([("parent/pom.xml", parent.as_str()), ("app/pom.xml", app.as_str())]);
        let reactor = Reactor::of(&repo, &RelPath::new("app/pom.xml").unwrap()).unwrap().unwrap();
        assert_eq!((reactor.pom.as_str(), reactor.context.as_str()), ("parent/pom.xml", ""));
    }

    #[test]
    fn a_folder_encloses_its_modules_and_children() {
        let files = BTreeMap::from([
            ("pom.xml", pom("root", "<modules><module>a</module></modules>")),
            ("a/pom.xml", pom("a", "<modules><module>b</module></modules>")),
            ("a/b/pom.xml", child("b", "")),
            ("c/pom.xml", child("c", "")),
            ("d/pom.xml", pom("d", "")),
        ]);
        let read = |path: &str| Ok(files.get(path).cloned());
        let encloses =
            |member: &str| super::encloses(&read, &RelPath::new(member).unwrap()).unwrap();
        for (member, above) in [
            ("a/b", Above::Declares),
            ("a", Above::Declares),
            ("c", Above::Declares),
            ("d", Above::Apart),
            ("missing", Above::Apart),
        ] {
            assert_eq!(encloses(member), above, "{member}");
        }
    }
}
