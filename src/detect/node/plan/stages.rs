//! What the stages for the dependencies and the build need, whatever their output is used for.

use anyhow::Result;
use serde::Serialize;

use super::super::launch::{Launch, Layout};
use super::super::tool::Tool;
use super::super::{App, Details, md4, prisma, sync};
use super::nested::{Install, Nested};
use super::patches::{self, Again};
use super::steps::{self, Drop, Installed, Step};
use super::{copy, environment, filter, image, install_env, lines, linker, member_modules};
use crate::ask::id;
use crate::detect::Chosen;
use crate::docker::types::{ContainerPath, Line};
use crate::facts::{BuildSecret, Finding};
use crate::path::RelPath;
use crate::plan::Env;

/// The `details` of node.Dockerfile and node-site.Dockerfile, and of front-end.Dockerfile for a
/// program in another language.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Stages {
    pub(super) tool: String,
    /// True if a later stage or the final image copies from the dependency stage.
    pub(super) deps: bool,
    /// True if the build runs on Alpine.
    pub(super) musl: bool,
    /// The argument of `npm install --global`.
    pub(super) install_tool: Option<String>,
    /// True if it replaces a command that the image has.
    pub(super) replaces: bool,
    /// The Yarn release in the repository.
    pub(super) release: Option<Line>,
    pub(super) install_env: Vec<Env>,
    pub(super) root: ContainerPath,
    /// The folder of the application below the root; empty if it is the root.
    pub(super) folder: String,
    pub(super) locked: bool,
    pub(super) omit_development: bool,
    /// True if Yarn 2+ installs production dependencies with its `focus` command.
    pub(super) focus: bool,
    pub(super) filter: Vec<Line>,
    /// True if the lockfile is that of a workspace.
    pub(super) workspace: bool,
    pub(super) drop: Vec<Drop>,
    /// What the build context must contain beside manifests and artifacts, relative to the folder
    /// of the lockfile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reads: Vec<Line>,
    /// Those among `reads` that are named like secrets but contain none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) harmless: Vec<Line>,
    /// The build secrets, which the plan passes separately.
    #[serde(skip)]
    pub(super) secrets: Vec<BuildSecret>,
    pub(super) after_install: Vec<After>,
    pub(super) prune: bool,
    /// Folders with dependencies of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) nested: Vec<Install>,
    /// Folders that the program writes and that the build may make.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) made: Vec<ContainerPath>,
    /// Scripts that the install for production would run without their tools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quiet: Vec<Drop>,
    /// Patches that are applied once more after the install for production.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) patches: Vec<Again>,
    pub(super) build: Vec<Step>,
    pub(super) build_env: Vec<Env>,
    /// Variables without which the install or the build fails.
    pub(super) placeholders: Vec<Env>,
    pub(super) build_caches: Vec<ContainerPath>,
    /// Folders of dependencies in workspace members, which may stay empty.
    pub(super) member_modules: Vec<Line>,
    /// A folder outside the sources to which a script copies its output.
    pub(super) destination: Option<ContainerPath>,
    pub(super) site: bool,
    /// The folder of the site in the build stage.
    pub(super) pages: Option<ContainerPath>,
    /// The path below which a site is served, such as `/docs`.
    pub(super) prefix: Option<Line>,
    /// The page that answers for unknown paths.
    pub(super) fallback: Option<Line>,
}

/// A command behind the install, in the folder of the package that asks for it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct After {
    /// The folder of a member; none for the folder of the install.
    folder: Option<ContainerPath>,
    words: Vec<Line>,
}

impl After {
    fn of(installed: &[Installed], root: &str) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for one in installed {
            let folder = (!one.way.is_empty()).then(|| format!("{root}/{}", one.way));
            let folder = folder.map(ContainerPath::new).transpose()?;
            for words in &one.lifecycle.after_install {
                all.push(Self { folder: folder.clone(), words: lines(words)? });
            }
        }
        Ok(all)
    }
}

/// The stages for `launch`, with the folder of the lockfile at `root`. They install development
/// dependencies too and prune nothing.
pub(super) fn stages(
    chosen: &Chosen,
    app: &App,
    tool: &Tool,
    installed: &[Installed],
    nested: &[Nested],
    launch: &mut Launch,
    root: &str,
) -> Result<(Stages, Vec<Finding>)> {
    let folder = app.dir.path.strip(&app.root.path).unwrap_or_default();
    let home = if folder.is_empty() { root.to_owned() } else { format!("{root}/{folder}") };
    let script = launch.script.clone().or_else(|| app.build_script()).unwrap_or_default();
    let md4 = md4::option(app, &script, chosen.toolchain)?;
    if let Some((option, _)) = &md4 {
        match launch.build_env.iter_mut().find(|(key, _)| key == "NODE_OPTIONS") {
            Some((_, options)) => *options = format!("{options} {option}"),
            None => launch.build_env.push(("NODE_OPTIONS".to_owned(), option.clone())),
        }
    }
    let scripts = nested.iter().flat_map(Nested::later).collect();
    let mut build = steps::steps(app, launch, installed, scripts, root)?;
    if chosen.answers.get(id::BUILD_COMMAND).is_some_and(|line| !line.trim().is_empty()) {
        build = steps::replaced(build, &home, root)?;
    }
    // Turbo hides variables that turbo.json does not name.
    let loose = !launch.build_env.is_empty() || !chosen.facts.build_args.is_empty();
    if loose {
        build.iter_mut().for_each(Step::show_variables);
    }
    if build.iter().any(Step::is_turbo) {
        launch.build_env.push(("TURBO_TELEMETRY_DISABLED".to_owned(), "1".to_owned()));
    }
    let mut findings: Vec<Finding> =
        installed.iter().flat_map(|one| one.lifecycle.findings.clone()).collect();
    let placeholders = prisma::placeholders(
        &app.root,
        installed.iter().map(|one| (one.way.as_str(), &one.package)),
    )?;
    findings.extend(prisma::finding(&placeholders));
    let placeholders: Vec<(String, String)> =
        placeholders.into_iter().map(|p| (p.key, p.value)).collect();
    let (secrets, more) = copy::secrets(app, tool, root)?;
    findings.extend(more);
    findings.extend(linker(app, tool)?);
    findings.extend(patches::missing(app, tool, installed)?);
    findings.extend(md4.map(|(_, finding)| finding));
    let details: Details = chosen.facts.details()?;
    let inside = |paths: &[RelPath]| {
        let ways = paths.iter().filter_map(|path| path.strip(&app.root.path));
        ways.map(Line::new).collect::<Result<Vec<_>, _>>()
    };
    let harmless = inside(&details.env_files)?;
    let mut reads = inside(&details.imported)?;
    reads.extend(harmless.iter().cloned());
    let stages = Stages {
        reads,
        harmless,
        tool: tool.id.clone(),
        deps: true,
        musl: chosen.base.row.builder == "musl",
        replaces: matches!(tool.id.as_str(), "yarn" | "yarn-berry"),
        install_tool: tool.install.clone(),
        release: tool.release.as_ref().map(|r| Line::new(r.as_str())).transpose()?,
        install_env: install_env(app, tool, installed, chosen)?,
        root: ContainerPath::new(root)?,
        folder: if folder.is_empty() { String::new() } else { home.clone() },
        locked: tool.lockfile.is_some() && sync::finding(app, tool)?.is_none(),
        omit_development: false,
        focus: false,
        filter: filter(app, tool)?,
        workspace: app.workspace.is_some(),
        drop: installed
            .iter()
            .map(Installed::drop)
            .chain(nested.iter().map(Nested::drop))
            .filter_map(Result::transpose)
            .collect::<Result<_>>()?,
        secrets,
        after_install: After::of(installed, root)?,
        prune: false,
        quiet: Vec::new(),
        patches: Vec::new(),
        made: Vec::new(),
        nested: nested.iter().map(Nested::install).collect::<Result<_>>()?,
        build,
        build_env: environment(&launch.build_env)?,
        placeholders: environment(&placeholders)?,
        build_caches: launch
            .build_caches
            .iter()
            .map(|c| ContainerPath::new(format!("{home}/{c}")))
            .collect::<Result<_, _>>()?,
        member_modules: member_modules(app, launch)?,
        destination: None,
        site: launch.layout == Layout::Site,
        pages: launch
            .site
            .as_ref()
            .map(|folder| anyhow::Ok(ContainerPath::new(image::pages(app, &home, folder)?)?))
            .transpose()?,
        prefix: launch.prefix.as_ref().map(|way| Line::new(format!("/{way}"))).transpose()?,
        fallback: launch.fallback.as_ref().map(Line::new).transpose()?,
    };
    Ok((stages, findings))
}
