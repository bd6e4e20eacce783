//! Java, built by Maven.
//!
//! | file | what dockgen reads there |
//! |---|---|
//! | pom.xml, its parents and its modules | modules, packaging, plugins, levels, dependencies |
//! | .mvn/, mvnw | options of every run, the exact Maven |
//! | .java-version, .sdkmanrc, .tool-versions, mise.toml | the JDK |
//! | application.properties, application.yml | port, address, databases and logs in files |
//! | the sources | main classes, ports, and the files and programs in use at run time |

mod addresses;
mod arguments;
mod artifact;
mod assembly;
mod beside;
mod branch;
mod classpath;
mod code;
mod codes;
mod command;
mod commands;
mod conditional;
mod config;
mod contexts;
mod database;
mod demands;
mod deployed;
mod dialect;
mod dropwizard;
mod flags;
mod folders;
mod frontend;
mod gradle;
mod host;
mod image;
mod listen;
mod looked_for;
mod main_class;
mod maven;
mod must_exist;
mod names;
mod opened;
mod outside;
mod pages;
mod plan;
mod plugins;
mod pom;
mod port;
mod profile;
mod reactor;
mod resources;
mod runtime;
mod second;
mod servlet;
mod settings;
mod shipping;
mod side;
mod source;
mod started;
mod starters;
mod storage;
mod surroundings;
mod tables;
mod toolchain;
mod truth;
mod value;
mod versionless;
mod window;
mod witness;
mod word;
mod xml;

pub use dialect::DIALECT;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use self::artifact::{Artifact, Candidate, Project, Shape};
use self::plugins::Plugin;
use self::pom::{Dependency, Model, relative};
use self::reactor::Reactor;
use self::source::Source;
use self::surroundings::Surroundings;
use self::tables::Tables;
use self::toolchain::Floor;
use crate::detect::Language;
use crate::facts::{Evidence, Facts, Finding, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// The id in the registry of languages.
const ID: &str = "java";

/// Java's row in the registry of languages.
pub const LANGUAGE: Language = Language {
    id: ID,
    name: "Java",
    markers: &["pom.xml"],
    refused: &gradle::FILES,
    extensions: &["java"],
    detect,
    encloses: reactor::encloses,
    program: program_named,
    plan: plan::plan,
    front_end: None,
    refine: None,
    confirm: None,
    development: None,
    packs: Some(reactor::packs),
    takes: &[crate::ask::id::BUILD_COMMAND, crate::ask::id::BUILD_FLAGS],
    codes: codes::ALL,
};

/// How one program is started, beyond the shared facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Launch {
    artifact: Artifact,
    /// The detected port, and the variable that overrides it.
    port: Option<u16>,
    port_variable: Option<String>,
    /// JVM flags with which the repository starts the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    jvm: Vec<String>,
}

/// What Java's detection passes to Java's plan beyond the shared facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    run: maven::Run,
    /// How each program is started, by [`Program::id`].
    launches: BTreeMap<String, Launch>,
}

/// One project with its surroundings.
struct App<'r> {
    dir: Dir<'r>,
    reactor: Rc<Reactor>,
    model: Rc<Model>,
    plugins: BTreeMap<String, Plugin>,
    siblings: Vec<Rc<Model>>,
    tables: Tables,
    context: RelPath,
    tool_folder: RelPath,
}

impl<'r> App<'r> {
    fn read(dir: &Dir<'r>) -> Result<Option<Self>> {
        let Some(path) = dir.join("pom.xml").filter(|path| dir.repo.is_file(path)) else {
            return Ok(None);
        };
        let Some(reactor) = Reactor::of(dir.repo, &path)? else { return Ok(None) };
        let Some(model) = reactor.projects.get(&path).cloned() else { return Ok(None) };
        let tool_folder = reactor.tool_folder(dir.repo);
        let context = reactor::common(&reactor.context, &tool_folder);
        let siblings = reactor.siblings(&path);
        let plugins = plugins::of(&model);
        let tables = Tables::read()?;
        Ok(Some(Self {
            dir: dir.clone(),
            reactor,
            model,
            plugins,
            siblings,
            tables,
            context,
            tool_folder,
        }))
    }

    fn project(&self) -> Project<'_> {
        Project {
            repo: self.dir.repo,
            model: &self.model,
            plugins: &self.plugins,
            tables: &self.tables,
        }
    }

    /// The sources of the project, then those of its siblings.
    fn sources(&self) -> Result<Vec<Source>> {
        let mut sources = Vec::new();
        for model in std::iter::once(&self.model).chain(&self.siblings) {
            sources.extend(own_sources(&self.dir, model)?);
        }
        Ok(sources)
    }

    /// The dependencies of the project, then those of its siblings.
    fn dependencies(&self) -> Vec<Dependency> {
        std::iter::once(&self.model)
            .chain(&self.siblings)
            .flat_map(|model| model.dependencies())
            .collect()
    }

    /// True if another project of the run builds something to start.
    fn others_start(&self) -> bool {
        self.reactor.projects.values().any(|model| {
            let plugins = plugins::of(model);
            let project =
                Project { repo: self.dir.repo, model, plugins: &plugins, tables: &self.tables };
            model.path() != self.model.path() && !project.candidates().is_empty()
        })
    }

    /// True if another project of the run is built with this one.
    fn is_used(&self) -> bool {
        let own = self.model.key();
        let mut others = self.reactor.projects.values();
        others.any(|model| model.dependencies().iter().any(|d| d.key == own && d.scope != "test"))
    }

    /// What can be started: archives that the build makes for that purpose, or else classes with a
    /// main method.
    fn candidates(&self, sources: &[Source]) -> Vec<Candidate> {
        let project = self.project();
        let mut declared = project.candidates();
        if self.model.packaging() != "jar" {
            return declared;
        }
        let windows = window::opened(&mut declared, sources, &self.tables.code);
        if !declared.is_empty() && !windows {
            return self.as_started(declared, sources);
        }
        let others = declared.is_empty() && self.others_start();
        // A library with a main method is no application, and an example is none beside one.
        if others && (self.is_used() || is_example(&self.model.dir())) {
            return declared;
        }
        let own = sources.iter().filter(|source| source.path.is_within(&self.model.dir()));
        let mut found: Vec<(bool, Candidate)> = own
            .filter_map(|source| {
                let (class, at) = source.main_class()?;
                if self.model.lineage.len() > 1 && measures(source) {
                    return None;
                }
                let words = ["SpringBootApplication", "SpringApplication", "embeddedServer"];
                let mut servers = self.tables.server_default.iter();
                let likely = words.into_iter().any(|word| source.names(word))
                    || servers.any(|row| source.names(&row.names))
                    || listen::opens(&self.tables.code, source);
                Some((!likely, project.classes(class, source.evidence(at, "a main method"))))
            })
            // Beside another program, only a server counts.
            .filter(|(later, _)| !later || !others && !windows)
            .collect();
        found.sort_by_key(|(later, candidate)| {
            (*later, candidate.id.matches('.').count(), candidate.id.clone())
        });
        let found = found.into_iter().map(|(_, candidate)| candidate).chain(declared).collect();
        self.as_started(found, sources)
    }

    /// The same, with the class first that a recipe starts by its name in place of the archive's.
    fn as_started(&self, mut all: Vec<Candidate>, sources: &[Source]) -> Vec<Candidate> {
        let of_class =
            |candidate: &Candidate| matches!(candidate.artifact.shape, Shape::Classes { .. });
        if !all.iter().all(of_class) {
            return all;
        }
        let Some((class, evidence)) = started::class(self).ok().flatten() else { return all };
        let is_main = |source: &Source| source.main_class().is_some_and(|(name, _)| name == class);
        if !sources.iter().any(is_main) {
            return all;
        }
        let same = |candidate: &Candidate| matches!(&candidate.artifact.shape, Shape::Classes { main, .. } if *main == class);
        if let Some(at) = all.iter().position(same) {
            all[..=at].rotate_right(1);
        } else {
            all.insert(0, self.project().classes(class, evidence));
        }
        all
    }

    /// A program with everything that is known of it.
    fn program(&self, candidate: &Candidate, sources: &[Source]) -> Result<(Program, Launch)> {
        let project = self.project();
        let dependencies = self.dependencies();
        let told = started::told(self)?;
        let told_names = told.as_ref().map(|told| told.value.names.clone());
        // A Quarkus application runs with the profile prod by default.
        let quarkus = || project.quarkus().map(|_| "prod".to_owned()).into_iter().collect();
        // Micronaut uses the environments in the code if none is named outside.
        let names = told_names.unwrap_or_else(quarkus);
        let names = if names.is_empty() { settings::environments(sources) } else { names };
        let filtered = started::filtered(self)?;
        let words = started::java_words(self)?;
        let (repo, name) = (self.dir.repo, self.model.artifact_id());
        let stated = contexts::named(repo, &self.dir.path, sources, &name, &words);
        let beside: Vec<RelPath> =
            self.siblings.iter().flat_map(|model| resources::folders(model)).collect();
        let mut settings = settings::read(repo, &self.model, &names, &filtered, &stated, &beside)?;
        let moved = deployed::port(self, &mut settings)?;
        let of_developer = match &told {
            None => settings::of_developer(self.dir.repo, &self.model, &filtered)?,
            Some(_) => None,
        };
        let around = Surroundings {
            project: &project,
            dependencies: &dependencies,
            sources,
            settings: &settings,
        };
        let name = candidate.id.rsplit('.').next().unwrap_or_default().to_lowercase();
        let mut program =
            Program::new(&candidate.id, name, Kind::Command, candidate.evidence.clone());
        let demanded = runtime::describe(&mut program, &candidate.artifact.shape, &around)?;
        pages::front_ends(&mut program, self)?;
        let port_variable = program.port_variable.clone();
        program.findings.extend(candidate.notes.iter().cloned());
        program.findings.extend(main_class::unclear(self, &candidate.artifact.shape, sources));
        if candidate.artifact.file.contains("${") {
            program.findings.push(Finding::new(
                codes::ARTIFACT_NAME_UNKNOWN,
                format!(
                    "dockgen cannot read the name of the archive: `{}`",
                    candidate.artifact.file
                ),
                [candidate.evidence.clone()],
            ));
        }
        let mut jvm = flags::needed(&self.model, |key| self.plugins.get(key));
        let shape = &candidate.artifact.shape;
        started::add(self, &mut program, shape, port_variable.as_deref(), &mut jvm, told)?;
        deployed::set(&mut program, moved);
        program.findings.extend(of_developer);
        demands::say(self, &mut program, demanded)?;
        deployed::say(self, &mut program, &jvm)?;
        let port = program.port.as_ref().map(|port| port.value);
        Ok((program, Launch { artifact: candidate.artifact.clone(), port, port_variable, jvm }))
    }

    /// The project's artifactId as Docker allows it for an image.
    fn name(&self) -> Sourced<String> {
        let text = self.model.artifact_id().to_lowercase();
        let text: String =
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
        if name.is_empty() {
            return Sourced::assumed("app".to_owned());
        }
        Sourced::new(
            name,
            Evidence::at(
                self.model.path(),
                self.model.line("artifactId"),
                "the project's artifactId",
            ),
        )
    }

    fn source_address(&self) -> Option<Sourced<String>> {
        let (text, evidence) = self.model.text("scm/url").or_else(|| self.model.text("url"))?;
        let text = text.trim_end_matches(".git").to_owned();
        let plain = text.starts_with("https://")
            && !text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '$');
        plain.then(|| Sourced::new(text, evidence))
    }

    /// The oldest JDKs on which the frameworks run.
    fn floors(&self, candidates: &[Candidate]) -> Vec<Floor> {
        let project = self.project();
        let mut floors = Vec::new();
        if let Some((version, evidence)) = project.spring_boot_version()
            && let Some(row) = self.tables.spring_boot(Some(&version))
        {
            let note = format!("Spring Boot {version} needs Java {}", row.java);
            let evidence = Evidence { note, ..evidence };
            floors.push(Floor { java: row.java, compiled: true, evidence });
        }
        if let Some((plugin, version)) = project.quarkus()
            && let Some(java) = self.tables.quarkus(version.as_deref())
        {
            let note = format!("Quarkus needs Java {java}");
            let evidence = Evidence { note, ..plugin.evidence.clone() };
            floors.push(Floor { java, compiled: true, evidence });
        }
        if let Some(war) =
            candidates.iter().find(|c| matches!(c.artifact.shape, Shape::Servlet { .. }))
        {
            let note = format!("the servlet container needs Java {}", self.tables.jetty.java);
            let evidence = Evidence { note, ..war.evidence.clone() };
            floors.push(Floor { java: self.tables.jetty.java, compiled: false, evidence });
        }
        floors
    }
}

/// True for a module among others that builds nothing to start. Decided without reading the other
/// modules.
fn is_library(dir: &Dir) -> Result<bool> {
    let Some(path) = dir.join("pom.xml").filter(|path| dir.repo.is_file(path)) else {
        return Ok(true);
    };
    let Some(model) = Model::load(dir.repo, &path, &Rc::default())? else { return Ok(true) };
    let above = |folder: RelPath| folder.join("pom.xml").is_some_and(|pom| dir.repo.is_file(&pom));
    let alone = model.lineage.len() == 1 && !dir.path.ancestors().any(above);
    if alone || model.packaging() == "pom" {
        return Ok(false);
    }
    let (plugins, tables) = (plugins::of(&model), Tables::read()?);
    let project = Project { repo: dir.repo, model: &model, plugins: &plugins, tables: &tables };
    Ok(project.candidates().is_empty()
        && !own_sources(dir, &model)?.iter().any(|source| source.main_class().is_some()))
}

/// True for a source of a benchmark, whose main method runs it.
fn measures(source: &Source) -> bool {
    source.names("jmh") || source.names("jcstress")
}

/// True for a project that nothing builds any more: the pom above it is its parent by name and has
/// modules, without this one, and the parent's version is a snapshot of another time.
fn is_left_behind(app: &App) -> Result<bool> {
    let Some(foreign) = app.model.foreign.as_ref() else { return Ok(false) };
    if app.reactor.pom != *app.model.path() || !foreign.version.ends_with("-SNAPSHOT") {
        return Ok(false);
    }
    let above = app.dir.path.ancestors().filter_map(|folder| folder.join("pom.xml"));
    for path in above.into_iter().filter(|path| path != app.model.path()) {
        if app.dir.repo.is_file(&path)
            && let Some(model) = Model::load(app.dir.repo, &path, &Rc::default())?
            && model.key() == foreign.key
            && !model.modules().is_empty()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True if a folder on the way is named like an example or a measurement.
fn is_example(folder: &RelPath) -> bool {
    let words = ["example", "sample", "demo", "benchmark", "test", "tutorial", "quickstart"];
    folder.components().any(|part| words.iter().any(|word| part.contains(word)))
}

/// The Java and Kotlin sources of one project.
fn own_sources(dir: &Dir, model: &Model) -> Result<Vec<Source>> {
    let folders: BTreeSet<String> =
        [model.source_dir(), "src/main/java".to_owned(), "src/main/kotlin".to_owned()]
            .into_iter()
            .collect();
    let mut sources = Vec::new();
    for folder in folders.iter().filter_map(|folder| model.dir().join(folder)) {
        let files: Vec<RelPath> = dir.repo.files_under(&folder).cloned().collect();
        for path in files.iter().filter(|path| ["java", "kt"].contains(&path.extension())) {
            if let Some(text) = dir.repo.source_text(path)? {
                sources.push(Source::new(path, &text));
            }
        }
    }
    Ok(sources)
}

fn detect(dir: &Dir) -> Result<Option<Facts>> {
    if !dir.has("pom.xml") {
        gradle::refuse(dir)?;
    }
    if is_library(dir)? {
        return Ok(None);
    }
    let Some(app) = App::read(dir)? else { return Ok(None) };
    if is_left_behind(&app)? {
        return Ok(None);
    }
    let sources = app.sources()?;
    let candidates = app.candidates(&sources);
    // A library that inherits the plugin of the applications beside it.
    let inherits = app.plugins.get(artifact::SPRING_BOOT).is_some_and(|plugin| {
        plugin.evidence.file != *app.model.path()
            && plugin.anywhere(&app.model, "mainClass").is_none()
    });
    let is_jar = app.model.packaging() == "jar";
    if inherits && is_jar && main_class::is_without(&app.model, &sources) && app.is_used() {
        return Ok(None);
    }
    if candidates.is_empty() && (app.others_start() || app.reactor.pom != *app.model.path()) {
        // A library, or the root of modules that are applications.
        return Ok(None);
    }
    let mut launches = BTreeMap::new();
    let mut programs: Vec<Program> = Vec::new();
    for candidate in &candidates {
        let (program, launch) = app.program(candidate, &sources)?;
        if launches.insert(program.id.clone(), launch).is_none() {
            programs.push(program);
        }
    }
    // A service is likelier wanted than a tool beside it.
    programs.sort_by_key(|program| program.kind != Kind::Service);
    let floors = app.floors(&candidates);
    let (toolchain, disputes) = toolchain::detect(dir, &app.project(), &floors)?;
    let (profiles, more) = started::profiles(&app)?;
    let (run, mut findings) = maven::run(&app, profiles.as_ref())?;
    findings.extend(disputes);
    findings.extend(support(&app));
    findings.extend(more);
    let mut manifests: Vec<RelPath> = app.reactor.poms.iter().cloned().collect();
    manifests.extend(run.more_manifests.iter().filter_map(|way| app.context.join(way)));
    let mut facts = Facts {
        language: ID.to_owned(),
        dir: dir.path.clone(),
        context: app.context.clone(),
        name: app.name(),
        tool: maven::tool(&app),
        toolchain,
        programs,
        manifests,
        build_args: Vec::new(),
        source: app.source_address(),
        questions: vec![maven::profiles_question(profiles)],
        findings,
        details: serde_json::Value::Null,
    };
    facts.set_details(&Details { run, launches })?;
    Ok(Some(facts))
}

/// Reports a Spring Boot release without further fixes.
fn support(app: &App) -> Option<Finding> {
    let (version, evidence) = app.project().spring_boot_version()?;
    let row = app.tables.support(&version).filter(|row| !row.supported)?;
    Some(Finding::new(
        codes::FRAMEWORK_END_OF_LIFE,
        format!("Spring Boot {version} has had no open-source fixes since {}", row.eol),
        [evidence],
    ))
}

/// The program that a person named: a class, or an archive that the build makes.
fn program_named(dir: &Dir, _: &Facts, wanted: &str) -> Result<Program> {
    let Some(app) = App::read(dir)? else { bail!("{} holds no pom.xml", dir.path) };
    let candidate = named(&app, wanted)?;
    Ok(app.program(&candidate, &app.sources()?)?.0)
}

fn named(app: &App, wanted: &str) -> Result<Candidate> {
    let note = format!("`{wanted}` was asked for");
    let evidence = Evidence::at(app.model.path(), app.model.line("artifactId"), note);
    let extension = wanted.rsplit('.').next().unwrap_or_default();
    if matches!(extension, "jar" | "war") {
        let file = relative(wanted);
        let artifact = Artifact { shape: Shape::Whole, file, options: Vec::new() };
        return Ok(Candidate { id: wanted.to_owned(), artifact, evidence, notes: Vec::new() });
    }
    if artifact::is_class(wanted) {
        return Ok(app.project().classes(wanted.to_owned(), evidence));
    }
    bail!(
        "`{wanted}` is neither a class with a main method (com.example.Main) nor an archive that the build makes (target/app.jar)"
    )
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_code;
#[cfg(test)]
mod tests_demands;
#[cfg(test)]
mod tests_listen;
#[cfg(test)]
mod tests_modules;
#[cfg(test)]
mod tests_written;
