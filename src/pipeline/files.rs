//! The files to write, and how each compares with the file on disk.

use std::path::Path;

use anyhow::{Context, Result};

use crate::ask::{Answers, Question};
use crate::config::Config;
use crate::docker::FETCHES;
use crate::facts::{Evidence, Facts, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::render::{self, Override};
use crate::state::{self, State};
use crate::write::{self, Output, Standing};

/// The folder of the repository's own templates, relative to the application's.
pub(super) const TEMPLATES: &str = ".dockgen/templates";

/// The role of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The Dockerfile.
    Dockerfile,
    /// Its .dockerignore.
    Ignore,
    /// dockgen.toml.
    Config,
    /// compose.yaml, which is written on request and never changed.
    Compose,
    /// A file of dockgen's in .dockgen/: the state, or a copy of what was written, which shows
    /// later edits.
    Pristine,
}

/// A file with its old and new content.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its role.
    pub role: Role,
    /// How the file on disk compares with the new text.
    pub standing: Standing,
    /// The content on disk.
    pub old: Option<String>,
    /// The file to write.
    pub new: Output,
}

impl Change {
    fn new(
        role: Role,
        path: &RelPath,
        old: Option<String>,
        text: &str,
        last: Option<&str>,
    ) -> Self {
        let standing = Standing::of(old.as_deref(), text, last);
        Self { role, standing, old, new: Output { path: path.clone(), text: text.to_owned() } }
    }

    /// True if writing it would lose what a person wrote. A .dockerignore is merged, so it loses
    /// nothing.
    pub fn is_refused(&self) -> bool {
        matches!(self.role, Role::Dockerfile | Role::Compose) && self.standing.is_kept()
    }
}

/// The user's templates in `<app>/.dockgen/templates/`. Each replaces the built-in template of its
/// name.
pub(super) fn overrides(root: &Path, facts: &Facts) -> Result<Vec<Override>> {
    let mut found = Vec::new();
    let folder = facts.dir.join(TEMPLATES).context("the application's folder")?;
    if !write::is_there(root, &folder) {
        return Ok(found);
    }
    for name in render::names()? {
        let path = folder.join(&name).context("the application's folder")?;
        found.extend(write::read(root, &path)?.map(|text| (name, text)));
    }
    Ok(found)
}

/// The overrides that the application's Dockerfile uses, with their paths.
pub(super) fn used<'o>(
    facts: &Facts,
    plan: &Plan,
    overrides: &'o [Override],
) -> Result<Vec<(RelPath, &'o str)>> {
    let names = render::used(plan, overrides)?;
    let place = |(name, text): &'o Override| {
        let path = facts.dir.join(&format!(".dockgen/templates/{name}"));
        path.context("the application's folder").map(|path| (path, text.as_str()))
    };
    overrides.iter().filter(|(name, _)| names.contains(name)).map(place).collect()
}

/// Reports the Dockerfile of an earlier run at another path: the state describes one file, so
/// `update` and `check` ignore the other from now on.
pub(super) fn left_behind(
    root: &Path,
    facts: &Facts,
    known: &State,
    paths: &Paths,
) -> Result<Option<Finding>> {
    let earlier = known.dockerfile(&facts.dir)?;
    if earlier == paths.dockerfile || write::read(root, &earlier)?.is_none() {
        return Ok(None);
    }
    Ok(Some(
        Finding::new(
            FindingCode::EarlierOutput,
            format!("an earlier run of dockgen wrote {earlier}; {} replaces it", paths.dockerfile),
            Some(Evidence::file(&earlier, "an earlier run wrote it")),
        )
        .with_fix(format!(
            "delete {earlier}, or keep it in place of the new one: `dockgen init --output \
             {earlier}`"
        )),
    ))
}

/// Reports the replaced templates, and the Dockerfile that depends on them: whoever can write them
/// decides what is in the image.
pub(super) fn overridden(used: &[(RelPath, &str)]) -> Option<Finding> {
    const LINES: usize = 20;
    if used.is_empty() {
        return None;
    }
    let mut evidence: Vec<Evidence> = Vec::new();
    for (path, text) in used {
        evidence.push(Evidence::file(path, "in place of dockgen's own"));
        let command = |line: &str| FETCHES.iter().any(|word| line.trim_start().starts_with(word));
        for (number, line) in text.lines().enumerate().filter(|(_, line)| command(line)).take(LINES)
        {
            let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
            evidence.push(Evidence::at(
                path,
                number,
                line.trim().chars().take(200).collect::<String>(),
            ));
        }
    }
    let names: Vec<&str> = used.iter().map(|(path, _)| path.as_str()).collect();
    let commands = evidence.len() - used.len();
    let runs = match commands {
        0 => String::new(),
        1 => ", with 1 line that runs a command or takes an image or a file".to_owned(),
        count => format!(", with {count} lines that run a command or take an image or a file"),
    };
    Some(Finding::new(
        FindingCode::TemplateOverride,
        format!("the repository replaces dockgen's own templates: {}{runs}", names.join(", ")),
        evidence,
    ))
}

/// The paths of the files to write.
pub(super) struct Paths {
    app: RelPath,
    pub(super) dockerfile: RelPath,
    pub(super) ignore: RelPath,
    /// The context's own .dockerignore, if the Dockerfile's replaces it.
    pub(super) ignore_of_context: Option<RelPath>,
}

impl Paths {
    /// `BuildKit` prefers `<Dockerfile>.dockerignore` to the context's .dockerignore. The former is
    /// used if the application shares its context.
    pub(super) fn of(facts: &Facts, output: Option<&RelPath>) -> Result<Self> {
        if let Some(output) = output {
            write::check_output(output).with_context(|| output.to_string())?;
        }
        let beside = facts.dir.join("Dockerfile").context("the application's folder")?;
        let at_context = output.is_none() && facts.dir == facts.context;
        let dockerfile = output.cloned().unwrap_or(beside);
        let context = facts.context.join(".dockerignore").context("the build context")?;
        let own =
            RelPath::new(&format!("{dockerfile}.dockerignore")).context("the Dockerfile's path")?;
        let (ignore, ignore_of_context) =
            if at_context { (context, None) } else { (own, Some(context)) };
        Ok(Self { app: facts.dir.clone(), dockerfile, ignore, ignore_of_context })
    }

    /// The path of the copy in `.dockgen/` beside the application.
    pub(super) fn pristine(&self, path: &RelPath) -> Result<RelPath> {
        let way = path.relative_to(&self.app).replace("..", "__");
        let way = way.strip_prefix('.').unwrap_or(&way);
        // That folder contains overrides of templates, so a copy must not be put into it.
        let way = match way.strip_prefix("templates/") {
            Some(rest) => format!("__templates/{rest}"),
            None => way.to_owned(),
        };
        self.app
            .join(state::FOLDER)
            .and_then(|folder| folder.join(&way))
            .context("the application's folder")
    }
}

/// The texts as changes. Each file comes directly before its copy, so that the run after a killed
/// one still recognises its own text.
pub(super) fn changes(
    root: &Path,
    paths: &Paths,
    dockerfile: &str,
    ignore: &str,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for (role, path, text) in
        [(Role::Dockerfile, &paths.dockerfile, dockerfile), (Role::Ignore, &paths.ignore, ignore)]
    {
        let copy = paths.pristine(path)?;
        let (old, last) = (write::read(root, path)?, write::read(root, &copy)?);
        changes.push(Change::new(role, path, old, text, last.as_deref()));
        changes.push(Change::new(Role::Pristine, &copy, last.clone(), text, last.as_deref()));
    }
    Ok(changes)
}

/// dockgen.toml, if a person decided something.
pub(super) fn config(
    root: &Path,
    config: &Config,
    answers: &Answers,
    questions: &[Question],
) -> Result<Option<Change>> {
    let Some(text) = config.updated(answers, questions)? else { return Ok(None) };
    let old = write::read(root, config.path())?;
    Ok(Some(Change::new(Role::Config, config.path(), old.clone(), &text, old.as_deref())))
}

/// `.dockgen/state.json`, unchanged if the outputs and facts are unchanged. `others` are the
/// changes before it.
pub(super) fn state(root: &Path, facts: &Facts, new: &State, others: &[Change]) -> Result<Change> {
    let path = state::path(&facts.dir).context("the application's folder")?;
    let old = write::read(root, &path)?;
    let same = others
        .iter()
        .all(|change| change.role != Role::Pristine || change.standing == Standing::Same);
    let text = match State::read(root, &facts.dir)?
        .filter(|known| same && known.holds(new))
        .and(old.clone())
    {
        Some(old) => old,
        None => new.text()?,
    };
    Ok(Change::new(Role::Pristine, &path, old.clone(), &text, old.as_deref()))
}
