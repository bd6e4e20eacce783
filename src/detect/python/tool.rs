//! Which tool installs the dependencies, and from which file.

use anyhow::Result;

use super::lock::{self, Lock, Wanted};
use super::manifest::Project;
use super::requirement::{Requirement, normal};
use super::requirements::{self, Requirements};
use super::workspace::Layout;
use super::{codes, installed::Installed};
use crate::facts::{Evidence, Finding, Sourced};
use crate::repo::Dir;

/// The manifest whose list of dependencies can be read without a build.
const MANIFEST: &str = "pyproject.toml";

/// The file that says what is installed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum From {
    /// A lockfile of the tool.
    Lock,
    /// pylock.toml.
    Standard,
    /// A requirements file.
    Requirements,
    /// A manifest whose tool locks while it installs.
    Manifest,
    /// The list of dependencies in pyproject.toml.
    Project,
    /// A manifest that only a build of the project can read.
    Code,
    /// Nothing is installed.
    #[default]
    Nothing,
}

impl From {
    /// True if the tool runs in the folder of its manifest; others are told the file.
    pub(super) fn stays(self) -> bool {
        matches!(self, Self::Lock | Self::Manifest)
    }
}

/// The choice.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) id: Sourced<String>,
    pub(super) from: From,
    pub(super) lock: Option<Lock>,
    pub(super) requirements: Option<Requirements>,
    /// Dependencies of the manifest that the lockfile lacks.
    pub(super) behind: Vec<(String, Evidence)>,
    pub(super) findings: Vec<Finding>,
}

/// The tool for an application.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn choose(dir: &Dir, project: Option<&Project>, layout: &Layout) -> Result<Tool> {
    let root = Dir::new(dir.repo, layout.root.clone());
    let mut requirements = requirements::read(dir)?;
    if requirements.is_none()
        && let Some(path) = project.and_then(|project| project.dynamic_file.as_ref())
    {
        requirements = Some(requirements::read_file(dir.repo, path)?);
    }
    let mut locks = lock::NAMES.iter().filter(|(name, _)| root.has(name));
    if let Some((name, id)) = locks.next()
        && let Some(lock) = lock::read(&root, name)?
    {
        let evidence = Evidence::file(&lock.path, format!("a lockfile of {id}"));
        let mut id = Sourced::new((*id).to_owned(), evidence);
        let weaker = locks.map(|(name, id)| ((*id).to_owned(), (*name).to_owned()));
        let listed = requirements.as_ref().map(|r| ("pip".to_owned(), r.path.to_string()));
        for (other, file) in weaker.chain(listed) {
            id = id.rejecting(other, format!("{file}: {name} is stronger"));
        }
        let from = if id.value == "pip" { From::Standard } else { From::Lock };
        let (lock, behind, findings) = (Some(lock), Vec::new(), Vec::new());
        return Ok(Tool { id, from, lock, requirements: None, behind, findings });
    }
    if let Some(requirements) = requirements
        .filter(|all| project.is_none_or(|project| covers(all, project) && !repeats(all, project)))
    {
        let id = Sourced::new(
            "pip".to_owned(),
            Evidence::file(&requirements.path, "a requirements file"),
        );
        let findings = unpinned(&requirements).into_iter().chain(missing(&requirements));
        let findings = findings.chain(unhashed(&requirements)).collect();
        return Ok(Tool {
            id,
            from: From::Requirements,
            lock: None,
            requirements: Some(requirements),
            behind: Vec::new(),
            findings,
        });
    }
    Ok(unlocked(dir, project))
}

/// True if a requirements file has all that a project with commands of its own needs. Otherwise it
/// serves something else, such as its documentation.
fn covers(requirements: &Requirements, project: &Project) -> bool {
    let listed = |name: &str| requirements.listed.iter().any(|(_, one)| one.name == name);
    let packaged = project.builds && !project.scripts.is_empty();
    !packaged || project.dependencies.iter().all(|(_, one)| listed(&one.name))
}

/// True if a requirements file only repeats dependencies of a project that has more to offer: its
/// extras can be installed by the manifest alone.
fn repeats(requirements: &Requirements, project: &Project) -> bool {
    let listed = |name: &str| project.dependencies.iter().any(|(_, one)| one.name == name);
    let stated = project.dependencies.iter().all(|(path, _)| path.file_name() == MANIFEST);
    let plain = requirements.local.is_empty() && !requirements.hashes;
    let open = requirements.listed.iter();
    stated
        && plain
        && project.dynamic.is_none()
        && project.builds
        && !project.offered().is_empty()
        && open.into_iter().all(|(_, one)| one.pinned().is_none() && listed(&one.name))
}

/// Without a lockfile: what the manifest is written for.
fn unlocked(dir: &Dir, project: Option<&Project>) -> Tool {
    let tool = |id: &str, from, evidence: Vec<Evidence>, findings| Tool {
        id: Sourced::with(id.to_owned(), evidence),
        from,
        lock: None,
        requirements: None,
        behind: Vec::new(),
        findings,
    };
    let Some(project) = project else {
        return tool("pip", From::Nothing, Vec::new(), Vec::new());
    };
    let evidence = |note: &str| vec![Evidence::file(&project.path, note)];
    let without = |lock: &str, command: &str| {
        let here = Evidence::file(&project.path, "the manifest alone");
        vec![Finding::no_lockfile(lock, &project.path, command, [here])]
    };
    if project.has_tool("poetry") && (project.builds || project.packaged.is_some()) {
        let findings = without("poetry.lock", "poetry lock");
        return tool("poetry", From::Manifest, evidence("[tool.poetry]"), findings);
    }
    if dir.has("Pipfile") {
        let findings = without("Pipfile.lock", "pipenv lock");
        return tool("pipenv", From::Manifest, evidence("a Pipfile"), findings);
    }
    let listed = project.dependencies.iter().find(|(path, _)| path.file_name() != MANIFEST);
    let place = listed.map(|(path, one)| Evidence::at(path, one.line, "a list of dependencies"));
    if let Some(place) = project.dynamic.clone().or(place) {
        let file = &place.file;
        let finding = Finding::new(
            codes::DEPENDENCIES_IN_CODE,
            format!("only a build of the project can read the dependencies in {file}"),
            [place.clone()],
        );
        return tool("pip", From::Code, evidence("a project"), vec![finding]);
    }
    if project.dependencies.is_empty() {
        return tool("pip", From::Nothing, evidence("no dependencies"), Vec::new());
    }
    let findings = match &project.main_group {
        Some(group) => without(
            "pylock.toml",
            &format!("uv pip compile --group {group} --output-file pylock.toml"),
        ),
        None => without("uv.lock", "uv lock"),
    };
    tool("uv", From::Project, evidence("a list of dependencies"), findings)
}

/// A finding on the requirements whose version is open.
fn unpinned(requirements: &Requirements) -> Option<Finding> {
    let open: Vec<_> = requirements
        .listed
        .iter()
        .filter(|(_, one)| one.url.is_none() && one.pinned().is_none())
        .collect();
    let (path, first) = open.first()?;
    let what = format!(
        "{} of {} requirements name no version, such as {}",
        open.len(),
        requirements.listed.len(),
        first.name
    );
    let evidence = Evidence::at(path, first.line, "no `==`");
    Some(Finding::new(codes::REQUIREMENTS_OPEN, what, [evidence]))
}

/// What to say where some lines have hashes and others none: pip then asks for all of them.
fn unhashed(requirements: &Requirements) -> Option<Finding> {
    let at = requirements.unhashed.clone()?;
    let partly = requirements.hashes && !requirements.hashed_elsewhere;
    let what = "some requirements have hashes, and others have none";
    partly.then(|| Finding::new(codes::REQUIREMENTS_UNHASHED, what, [at]))
}

fn missing(requirements: &Requirements) -> Vec<Finding> {
    let found = |(path, evidence): &(String, Evidence)| {
        Finding::new(
            codes::REQUIREMENTS_MISSING,
            format!("{} includes {path}, which the repository does not hold", evidence.file),
            [evidence.clone()],
        )
    };
    requirements.missing.iter().map(found).collect()
}

/// What the image holds; `grouped` are the requirements of the groups that are installed too.
pub(super) fn installed(
    tool: &Tool,
    project: Option<&Project>,
    grouped: &[&Requirement],
    way: &str,
    extras: &[String],
) -> Installed {
    let mut installed = Installed::default();
    let mut roots: Vec<Wanted> = Vec::new();
    let mut require = |path, one| {
        installed.require(path, one);
        roots.push((one.name.clone(), one.extras.clone()));
    };
    if let Some(requirements) = &tool.requirements {
        requirements.listed.iter().for_each(|(path, one)| require(path, one));
    } else {
        let listed = project.into_iter().flat_map(|project| &project.dependencies);
        listed.for_each(|(path, one)| require(path, one));
        let asked = project.into_iter().flat_map(|project| {
            let chosen = extras.iter().filter_map(|name| project.extras.get(name));
            chosen.flat_map(|(listed, _)| listed).map(|one| (&project.path, one))
        });
        asked.for_each(|(path, one)| require(path, one));
        if let Some(project) = project {
            for one in grouped {
                require(&project.path, one);
            }
        }
    }
    if let Some(lock) = &tool.lock {
        let own = lock.local(way).map(|package| package.name.clone());
        let named = project.and_then(|project| project.name.as_ref());
        roots.extend(own.iter().map(|name| (name.clone(), extras.to_vec())));
        for package in lock.production(&roots) {
            let itself = Some(&package.name) == own.as_ref()
                || named.is_some_and(|name| normal(&name.value) == package.name);
            if !itself {
                installed.lock(package);
            }
        }
        installed.locked = true;
    }
    let mut indexes: Vec<&str> = Vec::new();
    if let Some(requirements) = &tool.requirements {
        installed.locked = requirements.hashes;
        installed.from_source.clone_from(&requirements.from_source);
        indexes.extend(requirements.indexes.iter().map(|(url, _)| url.as_str()));
    } else if let Some(project) = project {
        installed.from_source.clone_from(&project.from_source);
        indexes.extend(project.indexes.iter().map(|(_, url, _)| url.as_str()));
    }
    installed.for_cpu = indexes.iter().any(|url| url.trim_end_matches('/').ends_with("/whl/cpu"));
    installed
}
