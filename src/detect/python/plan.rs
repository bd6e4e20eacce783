//! The plan of a Python program: an environment with the dependencies, the project, and what the
//! final image carries.

mod development;
mod gathered;
mod image;
mod secrets;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use self::image::{Shape, artifacts};
use super::manifest::Project;
use super::tool::From;
use super::{Application, Details, ProgramDetails, Step, codes};
use crate::ask::id;
use crate::detect::Chosen;
use crate::docker::types::{ContainerPath, EnvKey, Line};
use crate::facts::{BuildSecret, Evidence, Finding, Handed};
use crate::path::RelPath;
use crate::plan::{Build, CopySpec, Env, split_words};
use crate::repo::Dir;

/// The root of the build context in every stage.
const ROOT: &str = "/app";
/// The environment, in every stage.
const VENV: &str = "/opt/venv";
/// Where the project's own files are installed before they join the environment.
const OWN: &str = "/opt/own";
/// The PATH of the official images, without the environment.
const PATH: &str = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How a tool installs, as the template reads it.
#[derive(Debug, Serialize)]
struct Install {
    /// The tool and its version, as pip installs it; empty for pip itself.
    tool: Vec<Line>,
    /// Its program, in an environment of its own.
    link: Vec<Line>,
    env: Vec<Env>,
    cache: Line,
    /// The commands before it, which write the lockfile anew.
    relock: Vec<Vec<Line>>,
    /// The command, up to its options.
    command: Vec<Line>,
    /// The files in which lines for folders of the repository are left out, and those lines.
    without: Vec<Without>,
    /// The tool does not compile what it installs.
    compile: bool,
}

/// A requirements file whose lines for folders are left out.
#[derive(Debug, Serialize)]
struct Without {
    file: Line,
    lines: Vec<Line>,
    /// Another file includes it by its name, which it must keep.
    included: bool,
}

/// What the template reads beside the common fields.
#[derive(Debug, Serialize)]
struct View {
    root: ContainerPath,
    home: ContainerPath,
    /// The folder of the lockfile.
    lock: ContainerPath,
    venv: ContainerPath,
    own: ContainerPath,
    musl: bool,
    /// The interpreter in the final image lies elsewhere than in the builder.
    interpreter: Option<ContainerPath>,
    install: Option<Install>,
    /// The command that installs the packages for development.
    tools: Option<Vec<Line>>,
    /// What is installed beside the dependencies.
    beside: Vec<Line>,
    /// The folders that are installed, and how; none for plain files.
    projects: Vec<Line>,
    /// They are installed with their dependencies.
    whole: bool,
    /// Variables that give a version in place of git.
    versions: Vec<Line>,
    /// Commands that run where the sources are.
    steps: Vec<StepView>,
    /// There is a stage with the sources.
    build: bool,
    netrc: bool,
    /// Git fetches dependencies over ssh.
    ssh: bool,
    /// What the build context must hold beside manifests and artifacts.
    reads: Vec<String>,
}

#[derive(Debug, Serialize)]
struct StepView {
    words: Vec<Line>,
    env: Vec<Env>,
    note: Line,
    workdir: ContainerPath,
}

/// Turns facts and answers into what the template needs.
pub(super) fn plan(chosen: &Chosen) -> Result<Build> {
    let facts = chosen.facts;
    let dir = Dir::new(chosen.repo, facts.dir.clone());
    let extras = super::extras(facts, chosen.answers);
    let app = Application::read(&dir, &extras)?.context("the manifests are gone")?;
    let details: Details = facts.details()?;
    let mut own = match details.programs.get(&chosen.program.id) {
        Some(own) => own.clone(),
        // A person named a program that detection does not list.
        None => super::named(&app, &dir, &chosen.program.id)?.1,
    };
    gathered::moved(chosen, &mut own);
    super::check(chosen.toolchain)?;
    let way = facts.dir.strip(&facts.context).context("the folder lies outside its context")?;
    let home = under(ROOT, way);
    let installs = app.project.installs;
    // Installed code is in the environment; the folder itself is needed for what is not.
    let sources = !installs || own.sources || own.command.is_empty();
    let (install, mut findings) = install(chosen, &app, way, &extras)?;
    let mut secrets = secrets::secrets(chosen, &app)?;
    findings.extend(secrets.finding.take());
    let ssh = over_ssh(&app);
    findings.extend(ssh.clone());
    if chosen.answers.get(id::TOOLCHAIN).is_some() && chosen.toolchain != facts.toolchain.value {
        let ranges = &app.project.python;
        findings.extend(super::version::refused(chosen.toolchain, ranges, chosen.catalog));
    }
    let projects = projects(&app, &extras)?;
    let versions = versions(chosen, &app.project)?;
    // The build context has no .git, so the build of the project is told a version.
    if !versions.is_empty() && !projects.is_empty() {
        let evidence = Evidence::file(&app.project.path, "its build asks git");
        let what = "the build of the project reads its version from git";
        findings.push(Finding::new(codes::VERSION_FROM_GIT, what, [evidence]));
    }
    let steps =
        own.steps.iter().map(|step| step_view(step, &home, &own)).collect::<Result<Vec<_>>>()?;
    let build = !projects.is_empty() || !steps.is_empty();
    let tools =
        install.as_ref().and_then(|one| development::tools(chosen, &app, way, &one.command));
    let artifacts = artifacts(
        chosen,
        &own,
        &Shape {
            home: &home,
            way,
            projects: !projects.is_empty(),
            whole: app.tool.from == From::Code,
            sources,
        },
    )?;
    let args = chosen.program.args.as_ref();
    let args = args.map(|args| split_words(&args.value)).transpose()?.unwrap_or_default();
    let workdir = under(&home, &own.workdir);
    // Only an image without a package manager has its interpreter at another place.
    let distroless =
        chosen.base.row.interpreter.as_ref().filter(|_| chosen.base.row.installer.is_none());
    let view = View {
        root: ContainerPath::new(ROOT)?,
        home: ContainerPath::new(&home)?,
        lock: ContainerPath::new(under(
            ROOT,
            app.layout
                .root
                .strip(&facts.context)
                .filter(|_| app.tool.from.stays())
                .unwrap_or_default(),
        ))?,
        venv: ContainerPath::new(VENV)?,
        own: ContainerPath::new(OWN)?,
        musl: chosen.base.row.builder == "musl",
        interpreter: distroless.map(ContainerPath::new).transpose()?,
        install,
        tools: tools.map(|words| lines(&words)).transpose()?,
        beside: beside(chosen, &own)?,
        projects,
        whole: app.tool.from == From::Code,
        versions,
        steps,
        build,
        netrc: secrets.netrc,
        ssh: ssh.is_some(),
        reads: reads(chosen, &app, &own)?,
    };
    Ok(Build {
        template: "python".to_owned(),
        manifests: manifests(chosen, &secrets.mounts)?,
        sources: vec![facts.dir.clone()],
        install_secrets: secrets.mounts,
        artifacts,
        env: environment(&own, &home),
        workdir,
        start_in: None,
        entrypoint: entrypoint(&own),
        args: args.clone(),
        stop_signal: None,
        dev: development::development(chosen, &own, &app, args),
        decisions: Vec::new(),
        findings,
        details: serde_json::to_value(view)?,
    })
}

/// Maximum length of a file's name in a setup script, and maximum number of such files.
const MAX_NAME: usize = 100;
const MAX_READ: usize = 64;

/// What is installed beside the dependencies.
fn beside(chosen: &Chosen, own: &ProgramDetails) -> Result<Vec<Line>> {
    if !own.setuptools {
        return Ok(Vec::new());
    }
    let wanted = super::setuptools::requirement(chosen.catalog, chosen.toolchain)?;
    Ok(vec![Line::new(wanted)?])
}

/// What the build context must hold although it looks like something else.
fn reads(chosen: &Chosen, app: &Application, own: &ProgramDetails) -> Result<Vec<String>> {
    let facts = chosen.facts;
    let mut paths: Vec<RelPath> =
        own.unhidden.iter().filter_map(|path| facts.dir.join(path)).collect();
    // What is installed is built, and a build reads the documents that its manifest names.
    let mut folders: Vec<&RelPath> = app.layout.locals.iter().collect();
    folders.extend(Some(&app.dir).filter(|_| app.project.installs));
    for folder in folders {
        let dir = Dir::new(chosen.repo, folder.clone());
        let project = super::manifest::read(&dir)?.unwrap_or_default();
        let named = project.documents.iter().map(String::as_str);
        // A setup script reads its description from there as often as not.
        let usual = ["README.md", "CHANGELOG.md"].into_iter().filter(|_| dir.has("setup.py"));
        paths.extend(named.chain(usual).filter_map(|name| folder.join(name)));
        if let Some((_, text)) = dir.text("setup.py")? {
            let texts =
                text.split(['"', '\'']).filter(|one| one.contains('.') && one.len() < MAX_NAME);
            let files = texts.filter_map(|one| folder.join(one.trim_start_matches("./")));
            paths.extend(files.filter(|path| chosen.repo.is_file(path)).take(MAX_READ));
        }
    }
    paths.retain(|path| chosen.repo.exists(path));
    paths.sort();
    paths.dedup();
    Ok(paths.iter().filter_map(|path| path.strip(&facts.context)).map(str::to_owned).collect())
}

/// The environment of the final image.
fn environment(own: &ProgramDetails, home: &str) -> Vec<(String, String)> {
    let mut env = vec![
        ("PATH".to_owned(), format!("{VENV}/bin:{PATH}")),
        ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
        ("PYTHONUNBUFFERED".to_owned(), "1".to_owned()),
    ];
    let paths: Vec<String> = own.paths.iter().map(|way| under(home, way)).collect();
    if !paths.is_empty() {
        env.push(("PYTHONPATH".to_owned(), paths.join(":")));
    }
    env
}

/// The command by its path in the environment.
fn entrypoint(own: &ProgramDetails) -> Vec<String> {
    let mut words = own.command.clone();
    if let Some(first) = words.first_mut()
        && !first.contains('/')
    {
        *first = format!("{VENV}/bin/{first}");
    }
    words
}

fn step_view(step: &Step, home: &str, own: &ProgramDetails) -> Result<StepView> {
    let env = step
        .env
        .iter()
        .map(|var| Ok(Env { key: EnvKey::new(&var.key)?, value: Line::new(&var.value)? }));
    Ok(StepView {
        words: lines(&step.words)?,
        env: env.collect::<Result<_>>()?,
        note: Line::new(&step.note)?,
        workdir: ContainerPath::new(under(home, &own.workdir))?,
    })
}

/// The command that installs the dependencies.
fn install(
    chosen: &Chosen,
    app: &Application,
    way: &str,
    extras: &[String],
) -> Result<(Option<Install>, Vec<Finding>)> {
    let rows: Vec<super::InstallRow> = chosen.catalog.table("install")?;
    let name = match app.tool.from {
        From::Lock if is_first_poetry(app) => "poetry-1",
        From::Lock | From::Manifest => app.tool.id.value.as_str(),
        From::Standard | From::Project => "uv-file",
        From::Requirements if app.tool.requirements.as_ref().is_some_and(|all| all.hashes) => {
            "pip-hashes"
        }
        From::Requirements => "pip",
        From::Code | From::Nothing => return Ok((None, Vec::new())),
    };
    let row = rows.into_iter().find(|row| row.name == name);
    let row = row.with_context(|| format!("the catalog has no way to install with {name}"))?;
    let behind = !app.tool.behind.is_empty();
    let mut command = if app.tool.from == From::Lock && !behind { row.locked } else { row.command };
    if let Some(odd) = extras.iter().find(|name| !app.project.extras.contains_key(*name)) {
        let known: Vec<&str> = app.project.extras.keys().map(String::as_str).collect();
        bail!("--set extras={odd}: the project has no such extra; it has {}", known.join(", "));
    }
    if let Some(flag) = row.extra {
        command.extend(extras.iter().flat_map(|name| [flag.clone(), name.clone()]));
    }
    with_groups(app, &mut command);
    let mut without = Vec::new();
    let in_context = |path: &RelPath| -> Result<String> {
        let way = path.strip(&chosen.facts.context);
        Ok(way.with_context(|| format!("{path} lies outside the build context"))?.to_owned())
    };
    match (name, &app.tool.requirements) {
        ("uv", _) => {
            let local = app.layout.locals.is_empty();
            let flag = if app.layout.members.is_empty() && local {
                "--no-install-project"
            } else if app.layout.members.is_empty() {
                "--no-install-local"
            } else {
                "--no-install-workspace"
            };
            command.push(flag.to_owned());
            if !app.layout.members.is_empty() && !way.is_empty() {
                let name = app.project.name.as_ref().map(|name| name.value.clone());
                command.extend(name.into_iter().flat_map(|name| ["--package".to_owned(), name]));
            }
        }
        ("uv-file", _) => {
            let file = app.tool.lock.as_ref().map_or(&app.project.path, |lock| &lock.path);
            command.extend(source(app, in_context(file)?));
        }
        (_, Some(requirements)) => {
            let mut file = in_context(&requirements.path)?;
            for local in &requirements.local {
                let held = Line::new(in_context(&local.file)?)?;
                let line = Line::new(&local.text)?;
                if let Some(one) = without.iter_mut().find(|one: &&mut Without| one.file == held) {
                    one.lines.push(line);
                } else {
                    let included = held.as_str() != file;
                    without.push(Without { file: held, lines: vec![line], included });
                }
            }
            if without.iter().any(|one| !one.included) {
                file = format!("{file}.external");
            }
            command.push(file);
        }
        _ => {}
    }
    let version = tool_version(app, &row.version);
    let tool = row.package.map(|package| format!("{package}{version}"));
    let tool = tool.into_iter().chain(row.with).collect::<Vec<_>>();
    let env = row
        .env
        .iter()
        .map(|(key, value)| Ok(Env { key: EnvKey::new(key)?, value: Line::new(value)? }));
    let install = Install {
        tool: lines(&tool)?,
        link: command
            .first()
            .map(|name| Line::new(format!("/opt/tool/bin/{name}")))
            .into_iter()
            .collect::<Result<_, _>>()?,
        env: env.collect::<Result<_>>()?,
        cache: Line::new(&row.cache)?,
        relock: row
            .relock
            .iter()
            .filter(|_| behind)
            .map(|words| lines(words))
            .collect::<Result<_>>()?,
        command: lines(&command)?,
        without,
        compile: row.compile,
    };
    Ok((Some(install), Vec::new()))
}

/// The option with the list that is installed: a file, or the group that stands for it.
fn source(app: &Application, file: String) -> [String; 2] {
    match app.project.main_group.as_ref().filter(|_| app.tool.lock.is_none()) {
        Some(group) => ["--group".to_owned(), format!("{file}:{group}")],
        None => ["--requirements".to_owned(), file],
    }
}

/// Adds the groups that are installed too.
fn with_groups(app: &Application, command: &mut Vec<String>) {
    if app.tool.id.value == "uv" {
        let named = app.groups.named.iter();
        command.extend(named.flat_map(|name| ["--group".to_owned(), name.clone()]));
    } else if let Some(only) = command.iter_mut().find(|word| *word == "main") {
        // `--only` takes several groups, separated by commas.
        *only = [&["main".to_owned()], app.groups.named.as_slice()].concat().join(",");
    }
}

/// True for a lockfile that the first Poetry wrote. The earliest do not say who wrote them.
fn is_first_poetry(app: &Application) -> bool {
    let lock = app.tool.lock.as_ref();
    let writer = lock.and_then(|lock| lock.writer.as_deref());
    // Only the second Poetry writes this format.
    let format = lock.and_then(|lock| super::specifier::numbers(lock.format.as_deref()?));
    let new = writer.map_or(format >= Some([2, 1, 0]), is_new);
    app.tool.id.value == "poetry" && !new
}

/// True for a version of a tool that reads today's manifests: Poetry from its second one on.
fn is_new(version: &str) -> bool {
    super::specifier::numbers(version).is_some_and(|numbers| numbers[0] >= 2)
}

/// The version that wrote the lockfile, where it says so and it is not too old; else the catalog's,
/// or the range that the project admits where that one lies outside.
fn tool_version(app: &Application, default: &str) -> String {
    let writer = app.tool.lock.as_ref().and_then(|lock| lock.writer.clone());
    let version = writer.filter(|version| is_new(version.as_str()));
    let version = version.unwrap_or_else(|| default.to_owned());
    let numbers = super::specifier::numbers(&version);
    let range = app.project.tool_versions.as_deref().map(str::trim).filter(|range| {
        let plain = |c: char| c.is_ascii_alphanumeric() || " .,<>=!~*^".contains(c);
        !range.is_empty() && range.chars().all(plain)
    });
    match range {
        Some(range)
            if numbers.is_some_and(|one| super::specifier::admits(range, one) == Some(false)) =>
        {
            match (range.strip_prefix('^'), range.starts_with(|c: char| c.is_ascii_digit())) {
                // Poetry's own form, which pip does not read.
                (Some(from), _) => super::specifier::numbers(from).map_or_else(
                    || format!("=={version}"),
                    |numbers| format!(">={from},<{}", numbers[0] + 1),
                ),
                (None, true) => format!("=={range}"),
                (None, false) => range.replace(' ', ""),
            }
        }
        _ => format!("=={version}"),
    }
}

/// The first dependency that git fetches over ssh.
fn over_ssh(app: &Application) -> Option<Finding> {
    let by_ssh = |package: &&super::installed::Package| {
        let super::installed::Origin::Git(url) = &package.origin else { return false };
        let url = url.trim_start_matches("git+");
        url.starts_with("ssh://") || url.starts_with("git@")
    };
    let package = app.installed.packages().find(by_ssh)?;
    let what = format!("git fetches {} over ssh", package.name);
    Some(Finding::new(codes::GIT_OVER_SSH, what, [package.evidence.clone()]))
}

/// The folders of the repository that are installed, as pip is told them.
fn projects(app: &Application, extras: &[String]) -> Result<Vec<Line>> {
    let mut folders: Vec<&RelPath> = app.layout.locals.iter().collect();
    let local = app.tool.requirements.iter().flat_map(|all| &all.local);
    let local: Vec<RelPath> = local
        .filter_map(|one| one.file.parent()?.join(one.way.trim_start_matches("//")))
        .filter(|folder| *folder != app.dir)
        .collect();
    folders.extend(&local);
    if app.project.installs {
        folders.insert(0, &app.dir);
    }
    let flags = !folders.is_empty() && app.tool.from != From::Code;
    let mut words = Vec::new();
    if flags {
        // What builds the project comes from the index that stands for PyPI.
        let index = secrets::in_place_of_pypi(app);
        let index = index.into_iter().flat_map(|url| ["--index-url", url]);
        for word in ["--no-deps", "--prefix", OWN].into_iter().chain(index) {
            words.push(Line::new(word)?);
        }
    }
    for folder in folders {
        let way = folder.strip(&app.layout.context);
        let way = way.with_context(|| format!("{folder} lies outside the build context"))?;
        let mut word = if way.is_empty() { ".".to_owned() } else { format!("./{way}") };
        // An extra names dependencies only, so an install without dependencies needs none.
        if !flags && !extras.is_empty() && *folder == app.dir {
            word = format!("./{way}[{}]", extras.join(","));
        }
        words.push(Line::new(word)?);
    }
    Ok(words)
}

/// The variables by which the build's own plugins are told a version in place of git.
fn versions(chosen: &Chosen, project: &Project) -> Result<Vec<Line>> {
    let rows: Vec<super::VersionRow> = chosen.catalog.table("version")?;
    // A plugin beside a stated version only finds the files that git tracks.
    let asks = |row: &super::VersionRow| {
        !project.states_version && project.build_requires.contains(&row.package)
    };
    let held = rows.into_iter().filter(asks);
    held.map(|row| Ok(Line::new(row.variable)?)).collect()
}

/// The manifests that are copied: one with a login is mounted instead.
fn manifests(chosen: &Chosen, mounted: &[BuildSecret]) -> Result<Vec<CopySpec>> {
    let context = &chosen.facts.context;
    let is_mounted = |path: &RelPath| {
        mounted.iter().any(|one| matches!(&one.handed, Handed::File { file, .. } if file == path))
    };
    let mut paths = Vec::new();
    for path in chosen.facts.manifests.iter().filter(|path| !is_mounted(path)) {
        let way = path.strip(context);
        paths.push(
            way.with_context(|| format!("{path} lies outside the build context"))?.to_owned(),
        );
    }
    let mut specs = CopySpec::manifests(chosen.repo, context, &paths, "./")?;
    // Files of one folder are one instruction.
    specs.sort_by(|a, b| (a.each.is_empty(), &a.dest).cmp(&(b.each.is_empty(), &b.dest)));
    let mut merged: Vec<CopySpec> = Vec::new();
    for spec in specs {
        match merged
            .last_mut()
            .filter(|last| last.dest == spec.dest && last.each.is_empty() && spec.each.is_empty())
        {
            Some(last) => last.src.extend(spec.src),
            None => merged.push(spec),
        }
    }
    Ok(merged)
}

fn lines(texts: &[String]) -> Result<Vec<Line>> {
    Ok(texts.iter().map(Line::new).collect::<Result<_, _>>()?)
}

/// A path below a folder; an absolute one stays.
fn under(folder: &str, way: &str) -> String {
    let way = way.trim_start_matches("./");
    if way.starts_with('/') {
        return way.to_owned();
    }
    if way.is_empty() || way == "." { folder.to_owned() } else { format!("{folder}/{way}") }
}
