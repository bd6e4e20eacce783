//! Python: projects of every packaging tool, requirements files, and what they start.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::ask::{Answerable, Answers, Question, id, split_list};
use crate::catalog::Catalog;
use crate::detect::{Language, Unsupported};
use crate::facts::{EnvVar, Evidence, Facts, Finding, Program, Sourced, Strength};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

mod addresses;
mod application;
mod browser;
mod codes;
mod commands;
mod data;
mod demands;
mod dialect;
mod django;
mod extras;
mod finish;
mod flags;
mod groups;
mod guarded;
mod imported;
mod installable;
mod installed;
mod limits;
mod listen;
mod lock;
mod manifest;
mod migrations;
mod models;
mod native;
mod opened;
mod options;
mod pages;
mod paste;
mod plan;
mod plugins;
mod removed;
mod required;
mod requirement;
mod requirements;
mod restated;
mod runtime;
mod server;
mod setuptools;
mod source;
mod special;
mod specifier;
mod start;
mod stops;
mod stylesheet;
mod sync;
mod tables;
mod title;
mod told;
mod tool;
mod translations;
mod unchanged;
mod unwritten;
mod version;
mod wheel;
mod worker;
mod workspace;
mod world;

pub use dialect::DIALECT;

/// True for the name of a source file.
fn is_script(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == "py")
}

#[cfg(test)]
mod tests;

use groups::Groups;
use installed::Installed;
use manifest::Project;
use tool::{From, Tool};
use workspace::Layout;

/// The row of the registry.
pub const LANGUAGE: Language = Language {
    id: "python",
    name: "Python",
    markers: &["pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "manage.py"],
    refused: CONDA,
    extensions: &["py"],
    detect,
    encloses: workspace::encloses,
    program,
    plan: plan::plan,
    front_end: None,
    refine: Some(refine),
    confirm: None,
    development: None,
    packs: None,
    takes: &[],
    codes: codes::ALL,
};

/// The question of extras.
const EXTRAS: &str = "extras";

/// Manifests of conda, whose packages are not those of the official images.
const CONDA: &[&str] = &["environment.yml", "environment.yaml"];

/// Private to Python: from detection to plan.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Details {
    programs: BTreeMap<String, ProgramDetails>,
}

/// What is known of one program beyond the common facts. Paths start from the application's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ProgramDetails {
    /// ENTRYPOINT. Its first word is a program of the environment.
    command: Vec<String>,
    /// The working directory.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    workdir: String,
    /// Folders that modules are imported from, beside the working directory and the environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    paths: Vec<String>,
    /// The folder's files are needed beside the installed project.
    #[serde(default)]
    sources: bool,
    /// Commands of the build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
    /// Folders that they make and the image holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    made: Vec<String>,
    /// The one with static files, where a variable names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gathered: Option<Gathered>,
    /// The command of the development target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reload: Vec<String>,
    /// What the .dockerignore must not hide.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unhidden: Vec<String>,
    /// A setuptools that has every module is installed beside the dependencies.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    setuptools: bool,
    /// The ranges of Pythons outside of which its code ends it.
    #[serde(skip)]
    admitted: Vec<Sourced<String>>,
}

/// The folder of static files, and the variable that names another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Gathered {
    variable: String,
    folder: String,
}

/// A command that runs in the build, where the sources are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    words: Vec<String>,
    /// Placeholders that this command alone sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env: Vec<EnvVar>,
    /// A comment for the Dockerfile.
    note: String,
}

/// A way to install, from the catalog.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InstallRow {
    name: String,
    /// The tool's package; absent for pip itself.
    package: Option<String>,
    #[serde(default)]
    version: String,
    /// Packages of the tool's own that must not be newer.
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    cache: String,
    /// The command without a lockfile.
    command: Vec<String>,
    /// The command with one.
    #[serde(default)]
    locked: Vec<String>,
    /// The commands that write the lockfile anew, where the one without a lockfile does not.
    #[serde(default)]
    relock: Vec<Vec<String>>,
    /// The option that names an extra.
    extra: Option<String>,
    /// It does not compile what it installs.
    #[serde(default)]
    compile: bool,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// A plugin of a build that asks git for the version, and the variable that tells it one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionRow {
    package: String,
    variable: String,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// The variables by which a tool is told the login of a named index.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginRow {
    tool: String,
    variables: Vec<String>,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// An application as its files describe it, without its programs.
struct Application {
    dir: RelPath,
    project: Project,
    layout: Layout,
    tool: Tool,
    groups: Groups,
    installed: Installed,
}

/// What is known before the source code is read.
pub(super) struct App<'a> {
    dir: &'a Dir<'a>,
    project: &'a Project,
    installed: &'a Installed,
    /// The build context.
    context: &'a RelPath,
    /// The folders that modules are imported from, nearest first.
    roots: Vec<RelPath>,
    /// A person can choose extras of the project.
    extras: bool,
    catalog: &'static Catalog,
}

impl Application {
    /// Reads the manifests of a folder; `None` if it holds no Python application.
    fn read(dir: &Dir, extras: &[String]) -> Result<Option<Self>> {
        let project = manifest::read(dir)?;
        let layout = workspace::layout(dir, project.as_ref())?;
        let mut tool = tool::choose(dir, project.as_ref(), &layout)?;
        let described = project.as_ref().is_some_and(|project| {
            project.name.is_some() || project.builds || !project.dependencies.is_empty()
        });
        if !described
            && tool.from == From::Nothing
            && !LANGUAGE.markers.iter().any(|name| dir.has(name))
        {
            return Ok(None);
        }
        let way = dir.path.strip(&layout.root).unwrap_or_default().to_owned();
        let groups = groups::groups(project.as_ref(), &tool)?;
        let grouped: Vec<_> = project.iter().flat_map(|own| groups.requirements(own)).collect();
        let installed = tool::installed(&tool, project.as_ref(), &grouped, &way, extras);
        let mut project = project.unwrap_or_default();
        tool.behind = sync::behind(&tool, &project, &way);
        tool.findings.extend(sync::finding(&tool, &tool.behind));
        tool.findings.extend(groups.findings.iter().cloned());
        let able = installable::is_installable(dir, &project, &installed)?;
        // What only a build knows is built all the same.
        let built = tool.from == From::Code;
        project.installs = installs(dir, &project, &tool) && (able || built);
        if built && !able {
            let at = Evidence::file(&project.path, "the manifest");
            let what =
                "the project cannot be built as it stands, and only its build knows what it needs";
            tool.findings.push(Finding::new(codes::PROJECT_UNBUILDABLE, what, [at]));
        }
        Ok(Some(Self { dir: dir.path.clone(), project, layout, tool, groups, installed }))
    }

    /// The folders that modules are imported from, nearest first.
    fn roots(&self, repo: &Repo) -> Vec<RelPath> {
        let folders = std::iter::once(&self.dir).chain(&self.layout.locals);
        folders
            .flat_map(|folder| {
                [folder.join("src").filter(|src| repo.is_dir(src)), Some(folder.clone())]
            })
            .flatten()
            .collect()
    }

    fn app<'a>(&'a self, dir: &'a Dir<'a>, catalog: &'static Catalog) -> App<'a> {
        let roots = self.roots(dir.repo);
        let (project, installed) = (&self.project, &self.installed);
        let extras = question(project, &self.tool).is_some();
        App { dir, project, installed, context: &self.layout.context, roots, extras, catalog }
    }
}

/// True if the project itself is installed into the environment.
fn installs(dir: &Dir, project: &Project, tool: &Tool) -> bool {
    match (tool.from, tool.id.value.as_str()) {
        (From::Code, _) => true,
        (From::Requirements, _) => {
            let local = tool.requirements.iter().flat_map(|all| &all.local);
            let mut own = local.filter_map(|local| local.file.parent()?.join(&local.way));
            // Its commands exist only where it is installed, and so do the names of its entry points.
            let named = !project.scripts.is_empty() || paste::names_project(dir, project);
            project.builds && named || own.any(|folder| folder == dir.path)
        }
        (From::Nothing, _) => project.builds && !project.scripts.is_empty(),
        (_, "poetry") => project.packaged != Some(false) && has_package(dir, project),
        (_, "pipenv") => project.packaged == Some(true),
        _ => project.packaged.unwrap_or(project.builds),
    }
}

/// True if Poetry finds a package to install: one that is listed, or one of the project's name.
fn has_package(dir: &Dir, project: &Project) -> bool {
    let Some(name) = &project.name else { return false };
    let name = requirement::normal(&name.value).replace('-', "_");
    !project.packages.is_empty()
        || [name.clone(), format!("src/{name}")].iter().any(|way| dir.has_folder(way))
        || dir.has(&format!("{name}.py"))
}

fn detect(dir: &Dir) -> Result<Option<Facts>> {
    let Some(mut application) = Application::read(dir, &[])? else {
        return match CONDA.iter().find(|name| dir.has(name)) {
            Some(name) => bail!(Unsupported(format!(
                "{}: a conda environment; dockgen writes images with the official Python, whose \
                 packages come from PyPI: list the packages in pyproject.toml or requirements.txt",
                dir.join(name).unwrap_or_default()
            ))),
            None => Ok(None),
        };
    };
    let catalog = Catalog::of(LANGUAGE.id)?;
    let mut asked = question(&application.project, &application.tool);
    if let Some(question) = &mut asked
        && let Some(extras) = default_extras(dir, &application)?
        && let Some(with) = Application::read(dir, &split_list(&extras.value))?
    {
        application = with;
        question.default = Some(extras);
    }
    let found = start::programs(&application.app(dir, catalog))?;
    // Requirements beside other things are those of a tool; alone, they are what the user asked about.
    if found.is_empty() && !dir.path.is_root() {
        return Ok(None);
    }
    let Application { project, layout, tool, installed, .. } = &application;
    let mut ranges = project.python.clone();
    if let Some(lock) = &tool.lock
        && let Some((range, line)) = &lock.python
        && ranges.is_empty()
    {
        let evidence = Evidence::at(&lock.path, *line, format!("it is made for Python {range}"));
        ranges.push(Sourced::new(range.clone(), evidence));
    }
    let admitted = found.first().map_or(&[][..], |(_, own)| &own.admitted);
    let (toolchain, mut findings) = version::python(dir, &ranges, admitted, installed, catalog)?;
    findings.extend(tool.findings.iter().cloned());
    findings.extend(layout.findings.iter().cloned());
    let mut native = native::read(installed, &toolchain.value, catalog)?;
    if project.installs {
        native::of_project(dir, project, &mut native)?;
    }
    native::listed(dir, &mut native)?;
    findings.extend(native.findings.iter().cloned());
    if found.is_empty() {
        findings.push(no_start(dir, project));
    }
    let mut details = Details::default();
    let mut programs = Vec::new();
    for (mut program, mut own) in found {
        native.add_to(&mut program.needs);
        setuptools::settle(catalog, &toolchain.value, installed, &mut program, &mut own)?;
        details.programs.insert(program.id.clone(), own);
        programs.push(program);
    }
    let mut facts = Facts {
        language: LANGUAGE.id.to_owned(),
        dir: dir.path.clone(),
        context: layout.context.clone(),
        name: name(dir, project),
        tool: tool.id.clone(),
        toolchain,
        programs,
        manifests: manifests(dir.repo, &application),
        build_args: Vec::new(),
        source: project.source.clone(),
        questions: asked.into_iter().collect(),
        findings,
        details: serde_json::Value::Null,
    };
    facts.set_details(&details)?;
    Ok(Some(facts))
}

/// The extras that the repository installs itself, and the one that holds the server.
fn default_extras(dir: &Dir, application: &Application) -> Result<Option<Sourced<String>>> {
    let Application { project, tool, installed, .. } = application;
    let told = extras::told(dir, project)?;
    let mut server = groups::extra(project, tool)?;
    if server.is_none() {
        let roots = application.roots(dir.repo);
        server = groups::imported(dir, &roots, project, installed)?;
    }
    Ok(match (told, server) {
        (Some(mut told), Some(server)) if told.strength == Strength::Guessed => {
            if !split_list(&told.value).contains(&server.value) {
                told.value = format!("{},{}", told.value, server.value);
                told.evidence.extend(server.evidence);
            }
            Some(told)
        }
        // A Dockerfile that somebody wrote installs what its program needs.
        (Some(told), _) => Some(told),
        (None, server) => server,
    })
}

/// Which extras of the project are installed; `None` where none are offered, or where the file that
/// is installed from has its own list.
fn question(project: &Project, tool: &Tool) -> Option<Question> {
    let offered = project.offered();
    let listed = matches!(tool.from, From::Requirements | From::Standard | From::Nothing);
    if offered.is_empty() || listed || tool.id.value == "pipenv" {
        return None;
    }
    Some(Question {
        id: EXTRAS.to_owned(),
        prompt: format!(
            "Which extras of the project are installed? (comma-separated; it offers {})",
            offered.join(", ")
        ),
        kind: Answerable::Text,
        default: Some(Sourced::assumed(String::new())),
        open: true,
    })
}

/// The extras that a person asks for, else those that the server needs.
fn extras(facts: &Facts, answers: &Answers) -> Vec<String> {
    let asked = facts.questions.iter().find(|question| question.id == EXTRAS);
    let default = asked.and_then(|question| question.default.as_ref());
    let default = default.map(|default| default.value.as_str());
    let listed = split_list(answers.get(EXTRAS).or(default).unwrap_or_default());
    listed.iter().map(|name| requirement::normal(name)).collect()
}

/// Extras bring packages, which need something of the system.
fn refine(dir: &Dir, facts: &Facts, answers: &Answers, mut program: Program) -> Result<Program> {
    let extras = extras(facts, answers);
    if !extras.is_empty()
        && let Some(application) = Application::read(dir, &extras)?
    {
        let python = answers.get(id::TOOLCHAIN).unwrap_or(&facts.toolchain.value);
        let catalog = Catalog::of(LANGUAGE.id)?;
        native::read(&application.installed, python, catalog)?.add_to(&mut program.needs);
    }
    Ok(program)
}

fn no_start(dir: &Dir, project: &Project) -> Finding {
    let place = if project.path.is_root() { &dir.path } else { &project.path };
    Finding::nothing_to_start(
        "dockgen found no server, no command and no script to start",
        "main.py",
        [Evidence::file(place, "no program")],
    )
}

/// The project's name, else the folder's.
fn name(dir: &Dir, project: &Project) -> Sourced<String> {
    match &project.name {
        Some(name) => name.clone().map(|name| image_name(&name)),
        None if dir.path.is_root() => Sourced::assumed(image_name("")),
        None => {
            let evidence = Evidence::file(&dir.path, "the folder's name");
            Sourced::new(image_name(dir.path.file_name()), evidence)
        }
    }
}

/// Docker's rule for a repository's name: lower case, digits and single separators between them.
fn image_name(name: &str) -> String {
    let name = requirement::normal(name);
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let name = plain.trim_matches('-');
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

/// Every file that the installation of the dependencies reads.
fn manifests(repo: &Repo, application: &Application) -> Vec<RelPath> {
    let Application { layout, tool, dir, .. } = application;
    let mut all: BTreeSet<RelPath> = BTreeSet::new();
    if let Some(requirements) = &tool.requirements {
        all.extend(requirements.files.iter().cloned());
        all.extend(requirements.links.iter().cloned());
    }
    all.extend(tool.lock.iter().map(|lock| lock.path.clone()));
    let folders = [dir, &layout.root].into_iter().chain(&layout.members).chain(&layout.locals);
    let named = match (tool.from, tool.id.value.as_str()) {
        (From::Requirements | From::Standard | From::Code | From::Nothing, _) => &[][..],
        (_, "pipenv") => &["Pipfile"],
        _ => &["pyproject.toml"],
    };
    for folder in folders {
        let held = named.iter().filter_map(|name| folder.join(name));
        all.extend(held.filter(|path| repo.is_file(path)));
    }
    all.into_iter().collect()
}

fn program(dir: &Dir, facts: &Facts, wanted: &str) -> Result<Program> {
    let extras = extras(facts, &Answers::default());
    let Some(application) = Application::read(dir, &extras)? else {
        bail!("{}: no manifest of Python is there", dir.path)
    };
    Ok(named(&application, dir, wanted)?.0)
}

/// The program that a person named.
fn named(application: &Application, dir: &Dir, wanted: &str) -> Result<(Program, ProgramDetails)> {
    let catalog = Catalog::of(LANGUAGE.id)?;
    let (mut program, mut own) = start::named(&application.app(dir, catalog), wanted)?;
    let ranges = &application.project.python;
    let installed = &application.installed;
    let (toolchain, _) = version::python(dir, ranges, &own.admitted, installed, catalog)?;
    let mut native = native::read(installed, &toolchain.value, catalog)?;
    if application.project.installs {
        native::of_project(dir, &application.project, &mut native)?;
    }
    native::listed(dir, &mut native)?;
    native.add_to(&mut program.needs);
    setuptools::settle(catalog, &toolchain.value, installed, &mut program, &mut own)?;
    Ok((program, own))
}

/// Refuses what cannot be the tag of an image.
fn check(version: &str) -> Result<()> {
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if !version.contains('.') || !version.split('.').all(digits) {
        bail!(
            "`{version}` is no Python version that an image can have: it reads MAJOR.MINOR or \
             MAJOR.MINOR.PATCH"
        );
    }
    Ok(())
}
