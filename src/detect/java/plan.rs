//! Turns facts and answers into stages: one run of Maven without sources, one with them, and what
//! the final image contains.

use anyhow::{Context, Result};
use serde::Serialize;

use super::artifact::{Artifact as Built, Shape};
use super::maven::{PROFILES, Run};
use super::storage::HOME as HOME_OF_USER;
use super::versionless::{self, Versioned};
use super::{App, Details, Launch, named, toolchain};
use crate::ask::id;
use crate::detect::Chosen;
use crate::detect::java::codes;
use crate::docker::types::Line;
use crate::facts::Finding;
use crate::plan::{Artifact, Build, CopySpec, DevCommand, split_words};
use crate::repo::Dir;

/// Where the sources are in the build stage.
const SOURCE: &str = "/src";
/// Where the program is in the final image.
const HOME: &str = "/app";
/// How many modules get layers of their own beside the dependencies.
const MAX_APART: usize = 8;
/// The folder into which an archive is extracted.
const LAYERS: &str = "/layers";

/// How Spring Boot's archive is extracted.
#[derive(Clone, Debug, Serialize)]
struct Extract {
    jarmode: String,
    archive: Line,
    layers: bool,
    launcher: bool,
}

/// A file whose name contains a version, and its name in the image.
#[derive(Clone, Debug, Serialize)]
struct Renamed {
    before: Line,
    after: Line,
    to: Line,
}

/// The servlet container.
#[derive(Clone, Debug, Serialize)]
struct Servlet {
    version: String,
    environment: String,
}

/// The `details` of java.Dockerfile.
#[derive(Clone, Debug, Serialize)]
struct Stages {
    /// The id of the cache mount.
    cache: Line,
    /// Folders that get a placeholder class.
    source_folders: Vec<Line>,
    resolve: Vec<Line>,
    build: Vec<Line>,
    /// The archive, with a pattern in place of its version.
    renamed: Option<Renamed>,
    /// Folders that a COPY names and that a build may not create.
    folders: Vec<Line>,
    credentials: bool,
    frontend: bool,
    extract: Option<Extract>,
    servlet: Option<Servlet>,
}

pub(super) fn plan(chosen: &Chosen) -> Result<Build> {
    let facts = chosen.facts;
    let dir = Dir::new(chosen.repo, facts.dir.clone());
    let app = App::read(&dir)?.context("pom.xml is gone")?;
    let mut details: Details = facts.details()?;
    let launch = match details.launches.remove(&chosen.program.id) {
        Some(launch) => launch,
        None => app.program(&named(&app, &chosen.program.id)?, &app.sources()?)?.1,
    };
    let run = &details.run;
    let mut steady = launch.artifact.clone();
    let versioned = versioned(&app, &launch, &chosen.program.id);
    if let Some(versioned) = &versioned {
        steady.file.clone_from(&versioned.to);
    }
    let built = &steady;
    let mut options = run.options.clone();
    options.extend(built.options.iter().filter(|option| !run.options.contains(option)).cloned());
    options.extend(versioned.iter().flat_map(|found| found.options.clone()));
    let asked = facts.questions.iter().find(|question| question.id == PROFILES);
    let stated = asked.and_then(|question| Some(question.default.as_ref()?.value.as_str()));
    let profiles = chosen.answers.get(PROFILES).or(stated);
    if let Some(profiles) = profiles.filter(|profiles| !profiles.is_empty()) {
        options.push(format!("-P{profiles}"));
    }
    let goals = goals(run, built);
    let words = |extra: &[String]| {
        let mut words = run.command.clone();
        words.push("-B".to_owned());
        words.extend((!run.reports_transfers).then(|| "-ntp".to_owned()));
        words.extend(run.selection.iter().cloned());
        words.extend(options.iter().cloned());
        words.extend(extra.iter().cloned());
        words.extend(goals.iter().cloned());
        words
    };
    // Without the sources a module may fail; the later build then downloads the rest (-fn).
    let mut resolve = vec!["-fn".to_owned(), "-Dmaven.repo.local=/var/cache/maven".to_owned()];
    resolve.extend(run.without_sources.iter().cloned());
    let stages = Stages {
        cache: Line::new(format!("{}-maven", facts.name.value))?,
        source_folders: lines(&run.source_folders)?,
        resolve: lines(&words(&resolve))?,
        build: lines(&words(&[]))?,
        renamed: match &versioned {
            Some(found) => Some(Renamed {
                before: Line::new(in_module(run, &found.before))?,
                after: Line::new(&found.after)?,
                to: Line::new(in_module(run, &found.to))?,
            }),
            None => None,
        },
        folders: folders(run, built)?,
        credentials: run.credentials,
        frontend: run.frontend,
        extract: extract(run, built)?,
        servlet: servlet(&app, built),
    };
    let (mut env, args) = port(chosen, &launch);
    let mut jvm = app.tables.jvm_options.clone();
    if chosen.program.writable.iter().any(|folder| folder.value.starts_with(HOME_OF_USER)) {
        // Only some bases give the user a home by name.
        jvm.push_str(" -Duser.home=");
        jvm.push_str(HOME_OF_USER);
    }
    env.insert(0, ("JAVA_TOOL_OPTIONS".to_owned(), jvm));
    let mut entrypoint =
        vec![chosen.base.row.interpreter.clone().unwrap_or_else(|| "java".to_owned())];
    entrypoint.extend(launch.jvm.iter().cloned());
    entrypoint.extend(start(run, built));
    entrypoint.extend(args);
    let mut artifacts = artifacts(run, built)?;
    artifacts.extend(Artifact::opened(chosen.facts, chosen.program, HOME)?);
    let dev = chosen.answers.get("dev") == Some("yes");
    Ok(Build {
        template: super::ID.to_owned(),
        manifests: manifests(&app, run)?,
        sources: run.sources.clone(),
        install_secrets: Vec::new(),
        artifacts,
        env,
        workdir: HOME.to_owned(),
        start_in: None,
        entrypoint,
        args: chosen
            .program
            .args
            .as_ref()
            .map(|args| split_words(&args.value))
            .transpose()?
            .unwrap_or_default(),
        stop_signal: None,
        dev: if dev { dev_command(run) } else { None },
        decisions: Vec::new(),
        findings: one_platform(chosen, &app)
            .into_iter()
            .chain(versionless::finding(&app, &launch.artifact))
            .chain(too_old(chosen, &app))
            .collect(),
        details: serde_json::to_value(&stages)?,
    })
}

/// A JDK that a person chose, and that does not know the release for which the code is compiled.
fn too_old(chosen: &Chosen, app: &App) -> Option<Finding> {
    if chosen.toolchain == chosen.facts.toolchain.value {
        return None;
    }
    let jdk = toolchain::feature(chosen.toolchain)?;
    let compiled = toolchain::compiled(&app.project());
    let frameworks = app.floors(&[]).into_iter().map(|floor| (floor.java, floor.evidence));
    let (least, evidence) =
        compiled.into_iter().chain(frameworks).max_by_key(|(least, _)| *least)?;
    (jdk < least).then(|| Finding::toolchain_too_old("Java", chosen.toolchain, least, [evidence]))
}

/// An archive that a person named keeps its name.
fn versioned(app: &App, launch: &Launch, id: &str) -> Option<Versioned> {
    let ending = id.rsplit('.').next().unwrap_or_default();
    let named = id.contains('/') || matches!(ending, "jar" | "war");
    if named { None } else { versionless::versioned(app, &launch.artifact) }
}

fn lines(words: &[String]) -> Result<Vec<Line>> {
    Ok(words.iter().map(Line::new).collect::<Result<_, _>>()?)
}

/// Every file that the run without sources reads, at its own path.
fn manifests(app: &App, run: &Run) -> Result<Vec<CopySpec>> {
    let poms = app.reactor.poms.iter().filter_map(|path| path.strip(&app.context));
    let poms: Vec<String> = poms.map(str::to_owned).collect();
    let mut specs = CopySpec::manifests(app.dir.repo, &app.context, &poms, "./")?;
    for path in &run.more_manifests {
        specs.push(CopySpec::in_place(path)?);
    }
    Ok(specs)
}

/// The goals of Maven.
fn goals(run: &Run, built: &Built) -> Vec<String> {
    let mut goals = vec!["package".to_owned()];
    if matches!(built.shape, Shape::Classes { .. }) {
        goals.extend([
            "dependency:copy-dependencies".to_owned(),
            "-DincludeScope=runtime".to_owned(),
        ]);
        // Modules of the repository change more often than other dependencies, so they are copied
        // apart.
        if !run.siblings.is_empty() {
            let names: Vec<&str> =
                run.siblings.iter().map(|sibling| sibling.artifact.as_str()).collect();
            goals.push(format!("-DexcludeArtifactIds={}", names.join(",")));
        }
    }
    goals
}

/// A path of the module in the build stage.
fn in_module(run: &Run, path: &str) -> String {
    let module =
        if run.module.is_empty() { SOURCE.to_owned() } else { format!("{SOURCE}/{}", run.module) };
    if path.starts_with('/') { path.to_owned() } else { format!("{module}/{path}") }
}

/// The dependencies that `dependency:copy-dependencies` copies.
fn copied(run: &Run) -> String {
    in_module(run, &format!("{}/dependency", run.build_dir))
}

fn folders(run: &Run, built: &Built) -> Result<Vec<Line>> {
    let folders = match &built.shape {
        Shape::Classes { .. } => {
            let siblings =
                run.siblings.iter().map(|sibling| format!("{SOURCE}/{}", sibling.classes));
            [copied(run), in_module(run, &built.file)].into_iter().chain(siblings).collect()
        }
        Shape::Manifest { lib, .. } => vec![in_module(run, lib)],
        Shape::Servlet { .. } => vec![in_module(run, &format!("{}/WEB-INF/lib", built.file))],
        _ => Vec::new(),
    };
    lines(&folders)
}

fn extract(run: &Run, built: &Built) -> Result<Option<Extract>> {
    let Shape::Layers { jarmode, layers, launcher } = &built.shape else { return Ok(None) };
    Ok(Some(Extract {
        jarmode: jarmode.clone(),
        archive: Line::new(in_module(run, &built.file))?,
        layers: !layers.is_empty(),
        launcher: launcher.is_some(),
    }))
}

fn servlet(app: &App, built: &Built) -> Option<Servlet> {
    let Shape::Servlet { environment } = &built.shape else { return None };
    Some(Servlet { version: app.tables.jetty.version.clone(), environment: environment.clone() })
}

/// What the final image contains, ordered so that what changes least comes first.
fn artifacts(run: &Run, built: &Built) -> Result<Vec<Artifact>> {
    let mut all = Vec::new();
    let mut add = |src: String, dest: String, exclude: Vec<String>, note: &str| -> Result<()> {
        all.push(Artifact {
            exclude: lines(&exclude)?,
            note: Line::new(note)?,
            ..Artifact::new(Some("build"), &src, &dest)?
        });
        Ok(())
    };
    match &built.shape {
        Shape::Layers { layers, launcher, .. } if layers.is_empty() => {
            let lib = if launcher.is_some() { "BOOT-INF/lib" } else { "lib" };
            add(format!("{LAYERS}/{lib}"), format!("{HOME}/{lib}"), Vec::new(), "")?;
            add(LAYERS.to_owned(), HOME.to_owned(), vec![lib.to_owned()], "")?;
        }
        Shape::Layers { layers, launcher, .. } => {
            let mut note = "What changes least comes first: an edit of the sources changes the last layer alone.";
            // Without a launcher the loader's layer is empty.
            for layer in
                layers.iter().filter(|layer| launcher.is_some() || *layer != "spring-boot-loader")
            {
                add(format!("{LAYERS}/{layer}/"), format!("{HOME}/"), Vec::new(), note)?;
                note = "";
            }
        }
        Shape::FastJar => {
            for name in ["lib", "quarkus-run.jar", "quarkus", "app"] {
                add(
                    in_module(run, &format!("{}/{name}", built.file)),
                    format!("{HOME}/{name}"),
                    Vec::new(),
                    "",
                )?;
            }
        }
        Shape::Whole => {
            add(in_module(run, &built.file), format!("{HOME}/app.jar"), Vec::new(), "")?;
        }
        // As many layers as modules would be too many, so they share one with the dependencies.
        Shape::Manifest { lib, prefix } if run.siblings.len() > MAX_APART => {
            add(in_module(run, lib), format!("{HOME}/{prefix}"), Vec::new(), "")?;
            add(in_module(run, &built.file), format!("{HOME}/app.jar"), Vec::new(), "")?;
        }
        Shape::Manifest { lib, prefix } => {
            let names: Vec<String> = run.siblings.iter().map(|s| file_name(&s.archive)).collect();
            add(in_module(run, lib), format!("{HOME}/{prefix}"), names, "")?;
            for sibling in &run.siblings {
                let name = file_name(&sibling.archive);
                add(
                    in_module(run, &format!("{lib}/{name}")),
                    format!("{HOME}/{prefix}/{name}"),
                    Vec::new(),
                    "",
                )?;
            }
            add(in_module(run, &built.file), format!("{HOME}/app.jar"), Vec::new(), "")?;
        }
        Shape::Classes { .. } => {
            add(copied(run), format!("{HOME}/lib"), Vec::new(), "")?;
            for sibling in &run.siblings {
                let dest = format!("{HOME}/modules/{}", sibling.artifact);
                add(format!("{SOURCE}/{}", sibling.classes), dest, Vec::new(), "")?;
            }
            add(in_module(run, &built.file), format!("{HOME}/classes"), Vec::new(), "")?;
        }
        Shape::Servlet { .. } => {
            let web = in_module(run, &built.file);
            let lib = "WEB-INF/lib";
            add(format!("{web}/{lib}"), format!("{HOME}/webapps/root/{lib}"), Vec::new(), "")?;
            add(web, format!("{HOME}/webapps/root"), vec![lib.to_owned()], "")?;
        }
    }
    Ok(all)
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The arguments of `java`.
fn start(run: &Run, built: &Built) -> Vec<String> {
    let words: Vec<String> = match &built.shape {
        Shape::Layers { launcher: Some(class), .. } => {
            vec!["-cp".to_owned(), HOME.to_owned(), class.clone()]
        }
        Shape::Layers { launcher: None, .. } | Shape::Whole | Shape::Manifest { .. } => {
            vec!["-jar".to_owned(), format!("{HOME}/app.jar")]
        }
        Shape::FastJar => vec!["-jar".to_owned(), format!("{HOME}/quarkus-run.jar")],
        Shape::Classes { main, args } => {
            let mut path = vec![format!("{HOME}/classes")];
            path.extend(
                run.siblings.iter().map(|sibling| format!("{HOME}/modules/{}", sibling.artifact)),
            );
            path.push(format!("{HOME}/lib/*"));
            [vec!["-cp".to_owned(), path.join(":"), main.clone()], args.clone()].concat()
        }
        Shape::Servlet { .. } => vec!["-jar".to_owned(), "/jetty/start.jar".to_owned()],
    };
    words
}

/// The variable or argument that sets the port, if a person asks for another than the detected
/// one.
fn port(chosen: &Chosen, launch: &Launch) -> (Vec<(String, String)>, Vec<String>) {
    let wanted = chosen.program.port.as_ref().map(|port| port.value);
    let Some(port) = wanted.filter(|port| Some(*port) != launch.port) else {
        return (Vec::new(), Vec::new());
    };
    if chosen.answers.get(id::PORT).is_none() {
        return (Vec::new(), Vec::new());
    }
    match (&launch.artifact.shape, &launch.port_variable) {
        (Shape::Servlet { .. }, _) => (Vec::new(), vec![format!("jetty.http.port={port}")]),
        (_, Some(name)) => (vec![(name.clone(), port.to_string())], Vec::new()),
        _ => (Vec::new(), Vec::new()),
    }
}

/// Reports that the image is not published for other architectures.
fn one_platform(chosen: &Chosen, app: &App) -> Option<Finding> {
    let cycle = chosen
        .catalog
        .release_of(chosen.toolchain)
        .map_or(chosen.toolchain, |release| &release.cycle);
    let only = app.tables.alpine_amd64_only.iter().any(|only| only == cycle);
    (only && chosen.base.row.installer.as_deref() == Some("apk")).then(|| {
        Finding::new(
            codes::ONE_PLATFORM,
            format!("{} is published for amd64 only", chosen.base.image),
            chosen.facts.toolchain.evidence.clone(),
        )
    })
}

/// A run that watches the sources, if the framework has one.
fn dev_command(run: &Run) -> Option<DevCommand> {
    let several = run.selection.iter().any(|word| word == "-pl");
    let goal = match (run.quarkus, run.spring_boot) {
        (true, _) => vec!["quarkus:dev".to_owned(), "-Dquarkus.http.host=0.0.0.0".to_owned()],
        // The goal would run in every module that is built along.
        (false, true) if !several => vec!["spring-boot:run".to_owned()],
        _ => return None,
    };
    let mut command = run.command.clone();
    command.extend(run.selection.iter().cloned());
    command.extend(goal);
    Some(DevCommand { command, env: Vec::new(), restart: !run.quarkus })
}
