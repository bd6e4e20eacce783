//! The subject of a verification: the Dockerfile on disk, and the plan that says what to expect.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};

use super::Wanted;
use super::image::Contents;
use crate::config;
use crate::detect;
use crate::docker::ignore::IgnoreFile;
use crate::docker::parse::{Dockerfile, parse};
use crate::facts::Kind;
use crate::path::RelPath;
use crate::pipeline::App;
use crate::plan::Plan;
use crate::planning;
use crate::repo::Dir;
use crate::report::next::Here;
use crate::write;

/// The subject of a verification.
pub struct Subject<'a> {
    /// The application.
    pub app: &'a App<'a>,
    /// The expectation.
    pub plan: Plan,
    /// The repository's root on disk.
    pub root: PathBuf,
    /// The Dockerfile that is built.
    pub file: PathBuf,
    /// The path of the Dockerfile, as a person would type it.
    pub shown: String,
    /// Its text.
    pub text: String,
    /// Its parsed text.
    pub parsed: Dockerfile,
    /// What is excluded from the build context.
    pub ignore: IgnoreFile,
    /// Folders that the program writes.
    pub writable: Vec<String>,
    /// Folders of development dependencies, which must not be in the image.
    pub development: Vec<String>,
    /// Source files that the plan is based on, likeliest first.
    pub sources: Vec<RelPath>,
    subcommands: bool,
    listens: bool,
}

impl<'a> Subject<'a> {
    /// Reads the Dockerfile on disk and plans what to expect.
    ///
    /// # Errors
    /// If there is no Dockerfile, it cannot be read, or nothing can be planned.
    pub fn of(app: &'a App<'a>, here: &Here) -> Result<Self> {
        let (root, dir) = (app.survey.place.root.clone(), &app.facts.dir);
        let (dockerfile, output) = dockerfile(app)?;
        let shown = here.path(&dockerfile);
        let Some(text) = write::read(&root, &dockerfile)? else {
            bail!(
                "{shown}: there is no Dockerfile here, and verify builds the one on disk: `dockgen init` writes it{}",
                if here.path(dir) == "." {
                    String::new()
                } else {
                    format!(" (dockgen init {})", here.path(dir))
                }
            );
        };
        parse(&text).map_err(|error| anyhow!("{shown}:{error}"))?;
        let draft = app
            .draft(output.as_ref())
            .with_context(|| format!("{shown}: what to expect of it cannot be planned"))?;
        let plan = draft.plan;
        let own =
            RelPath::new(&format!("{dockerfile}.dockerignore")).context("the Dockerfile's path")?;
        let shared = plan.context.join(".dockerignore").context("the build context")?;
        let ignore = match write::read(&root, &own)? {
            Some(text) => text,
            None => write::read(&root, &shared)?.unwrap_or_default(),
        };
        let file = root.join(dockerfile.as_str());
        Self::new(app, plan, Files { shown, file, dockerfile: text, ignore })
    }

    /// A Dockerfile that is not written yet, or not in this form.
    ///
    /// # Errors
    /// As [`Subject::of`].
    pub fn new(app: &'a App<'a>, plan: Plan, files: Files) -> Result<Self> {
        let (root, dir) = (app.survey.place.root.clone(), &app.facts.dir);
        let Files { shown, file, dockerfile: text, ignore } = files;
        let parsed = parse(&text).map_err(|error| anyhow!("{shown}:{error}"))?;
        let ignore =
            IgnoreFile::parse(&ignore).with_context(|| format!("{shown}: its .dockerignore"))?;
        let program = planning::program(&app.survey.repo, &app.facts, &app.answers)?;
        let mut writable: Vec<String> =
            plan.runtime.writable.iter().map(|path| path.as_str().to_owned()).collect();
        writable.extend(
            plan.artifacts
                .iter()
                .filter(|a| a.owned)
                .map(|artifact| artifact.dest.as_str().to_owned()),
        );
        if program.needs.temporary_files.is_some() || plan.runtime.make_tmp {
            writable.push("/tmp".to_owned());
        }
        for path in &mut writable {
            path.truncate(path.trim_end_matches('/').len().max(1));
        }
        writable.sort();
        writable.dedup();
        let language = detect::language(&app.facts.language)
            .context("a language that is not in the registry")?;
        let development = language
            .development
            .map(|list| list(&Dir::new(&app.survey.repo, dir.clone()), &app.facts));
        let mut sources: Vec<RelPath> = Vec::new();
        let evidence =
            program.evidence.iter().chain(program.port.iter().flat_map(|port| &port.evidence));
        for place in evidence.map(|evidence| &evidence.file) {
            if !sources.contains(place) {
                sources.push(place.clone());
            }
        }
        Ok(Self {
            app,
            root,
            file,
            shown,
            text,
            parsed,
            ignore,
            writable,
            development: development.transpose()?.unwrap_or_default(),
            sources,
            subcommands: program.subcommands.is_some(),
            listens: program.kind != Kind::Command,
            plan,
        })
    }

    /// The build context's folder.
    pub fn context(&self) -> PathBuf {
        if self.plan.context.is_root() {
            self.root.clone()
        } else {
            self.root.join(self.plan.context.as_str())
        }
    }

    /// True if the program is a server by what was read.
    pub fn listens(&self) -> bool {
        self.listens
    }

    /// The port that it listens on: the planned one, or else the only one that the image exposes.
    pub fn port(&self, contents: &Contents) -> Option<u16> {
        let named: Vec<u16> = contents
            .config
            .ports
            .iter()
            .filter_map(|port| port.strip_suffix("/tcp")?.parse::<u16>().ok())
            .collect();
        self.plan.runtime.port.or(match named.as_slice() {
            [port] => Some(*port),
            _ => None,
        })
    }

    /// The arguments to start it with. A program with subcommands and no arguments is started with
    /// `--help`.
    pub fn args(&self, wanted: &Wanted, contents: &Contents) -> Vec<String> {
        match &wanted.args {
            Some(args) => args.clone(),
            None if self.subcommands
                && contents.config.cmd.is_empty()
                && self.port(contents).is_none() =>
            {
                vec!["--help".to_owned()]
            }
            None => Vec::new(),
        }
    }
}

/// The files of a subject.
#[derive(Clone, Debug)]
pub struct Files {
    /// The path of the Dockerfile, as a person would type it.
    pub shown: String,
    /// The Dockerfile that is built. Its .dockerignore is beside it.
    pub file: PathBuf,
    /// The Dockerfile's text.
    pub dockerfile: String,
    /// The .dockerignore's text.
    pub ignore: String,
}

/// The path of an application's Dockerfile, and the same as `output` if it is not beside the
/// application.
fn dockerfile(app: &App) -> Result<(RelPath, Option<RelPath>)> {
    let dir = &app.facts.dir;
    let beside = dir.join("Dockerfile").context("the application's folder")?;
    let Some(state) = app.state()? else { return Ok((beside, None)) };
    let path = state.dockerfile(dir)?;
    let output = (path != beside).then(|| path.clone());
    Ok((path, output))
}

/// The place of `file` in the application's dockgen.toml, for errors.
pub fn settings_place(app: &App) -> String {
    app.facts.dir.join(config::FILE).unwrap_or_default().to_string()
}
