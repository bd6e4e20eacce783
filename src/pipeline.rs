//! All steps from a path to the files to write, in order. Nothing is written here.

mod assumptions;
mod blame;
mod effect;
mod files;
mod named;
mod processes;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::apps::{self, Selection};
use crate::ask::{Answers, Given, Origin, Question, id};
use crate::catalog::Catalog;
use crate::config::{self, Config};
use crate::config::{Kept, Settings};
use crate::context::{self, ContextReport, Existing};
use crate::detect;
use crate::docker::ignore::IgnoreFile;
use crate::env_example::{self, Example};
use crate::facts::{Evidence, Facts, Finding, FindingCode, Severity};
use crate::path::RelPath;
use crate::pin::{self, Pinning};
use crate::plan::Plan;
use crate::planning;
use crate::questions;
use crate::render;
use crate::repo::{Budget, Repo, excerpt};
use crate::state::State;
use crate::workspace::{self, Place};
use crate::write::{self, Output};
use assumptions::assumptions;
use blame::prove;
use files::Paths;
pub use files::{Change, Role};
pub use named::programs_apart;
use named::{named, of_programs};
pub use processes::Process;

/// Answers for a single application. If there are several, `--app` must name one.
const OF_ONE_APP: [&str; 13] = [
    id::ENTRYPOINT,
    id::PORT,
    id::NAME,
    id::ARGS,
    id::WRITABLE,
    id::NO_WRITABLE,
    id::FILE,
    id::BUILD_COMMAND,
    id::BUILD_OUTPUT,
    id::BUILD_FLAGS,
    id::FRONT_END,
    id::HEALTH_COMMAND,
    id::BEFORE_START,
];

/// A repository after reading.
pub struct Survey {
    /// The place of PATH in it.
    pub place: Place,
    /// Its entries and texts.
    pub repo: Repo,
    /// The applications in it.
    pub selection: Selection,
    /// What to do with the digests of images.
    pub pinning: Pinning,
}

/// Reads the repository around `path` and finds its applications.
///
/// # Errors
/// If something cannot be read, a manifest is invalid, or there is no application.
pub fn survey(
    path: &Path,
    wanted: &[String],
    flags: &[(String, String)],
    on_entry: &(dyn Fn(usize) + Sync),
) -> Result<Survey> {
    let (place, repo) = open(path, on_entry)?;
    let searched = |wanted: &[String]| {
        let named = named(&repo, &place.start, wanted);
        apps::search(&repo, &place.start, !wanted.is_empty(), &|_| Ok(false), named)
    };
    let mut found = searched(wanted)?;
    let folders = of_programs(&repo, &place.start, &found.apps, wanted);
    let wanted = folders.as_deref().unwrap_or(wanted);
    if folders.is_some() {
        found = searched(wanted)?;
    }
    let entrypoint = flags.iter().any(|(id, _)| id == id::ENTRYPOINT);
    if entrypoint && found.apps.is_empty() && found.broken.is_empty() {
        // No manifest says what to start, but a person does.
        found.apps.extend(detect::unstarted(&repo, &place.start)?);
    }
    let selection = apps::choose(&repo, &place.start, found, wanted, entrypoint)?;
    Ok(Survey { place, repo, selection, pinning: Pinning::Keep })
}

/// As [`survey`], but without names in `wanted`, it takes only the applications that have a dockgen
/// state. If no state is at or below `path`, it takes those of the nearest folder above that has
/// one, or else of the whole repository.
///
/// # Errors
/// As [`survey`].
pub fn survey_known(
    path: &Path,
    wanted: &[String],
    on_entry: &(dyn Fn(usize) + Sync),
) -> Result<Survey> {
    let own = known(path, wanted, on_entry);
    if !wanted.is_empty() || own.as_ref().is_ok_and(|(_, known)| *known) {
        return own.map(|(survey, _)| survey);
    }
    for above in workspace::stated_above(path) {
        if let Ok((survey, true)) = known(&above, wanted, on_entry) {
            return Ok(survey);
        }
    }
    own.map(|(survey, _)| survey)
}

/// The survey, and whether the selected applications have a dockgen state.
fn known(
    path: &Path,
    wanted: &[String],
    on_entry: &(dyn Fn(usize) + Sync),
) -> Result<(Survey, bool)> {
    let (place, repo) = open(path, on_entry)?;
    let state = |folder: &RelPath| State::read(&place.root, folder);
    let mut more = named(&repo, &place.start, wanted);
    for folder in repo.kept(&place.start) {
        let language = state(folder)?.and_then(|state| detect::language(&state.language));
        more.extend(language.map(|language| (folder.clone(), language)));
    }
    let mut found = apps::search(
        &repo,
        &place.start,
        !wanted.is_empty(),
        &|folder| Ok(state(folder)?.is_some()),
        more,
    )?;
    let mut known = Vec::new();
    for facts in &found.apps {
        known.push(state(&facts.dir)?.is_some_and(|state| state.language == facts.language));
    }
    let mut broken_known = Vec::new();
    for (folder, _) in &found.broken {
        if state(folder)?.is_some() {
            broken_known.push(folder.clone());
        }
    }
    let lost = found.broken.iter().position(|(folder, _)| broken_known.contains(folder));
    let is_known = known.contains(&true);
    let selection = if wanted.is_empty() && (is_known || lost.is_some()) {
        // One that cannot be read does not stop the others.
        if let Some(at) = lost.filter(|_| !is_known) {
            return Err(found.broken.swap_remove(at).1);
        }
        let (taken, others): (Vec<_>, Vec<_>) =
            found.apps.into_iter().zip(known).partition(|(_, known)| *known);
        let others = others
            .into_iter()
            .map(|(facts, _)| (facts, "dockgen has written nothing for it".to_owned()));
        let taken = taken.into_iter().map(|(facts, _)| facts).collect();
        let unread = apps::unread(found.broken, &|folder, _| broken_known.contains(folder));
        Selection {
            taken,
            others: others.collect(),
            unread,
            aside: found.aside,
            unsupported: Vec::new(),
            assumptions: Vec::new(),
        }
    } else {
        apps::choose(&repo, &place.start, found, wanted, false)?
    };
    Ok((Survey { place, repo, selection, pinning: Pinning::Keep }, is_known))
}

fn open(path: &Path, on_entry: &(dyn Fn(usize) + Sync)) -> Result<(Place, Repo)> {
    let place = workspace::find(path)?;
    let repo = Repo::open(&place.root, Budget::default(), on_entry)?;
    Ok((place, repo))
}

/// Asks the languages' tools about the repository, and notes disagreements.
///
/// # Errors
/// If a tool is missing or rejects the repository, or no application has a tool.
pub fn confirm(survey: &mut Survey) -> Result<()> {
    let has_tool = |facts: &Facts| {
        detect::language(&facts.language).is_some_and(|language| language.confirm.is_some())
    };
    if !survey.selection.taken.iter().any(has_tool) {
        bail!(
            "--ask-tools: dockgen knows no tool to ask about the applications here: leave the flag out"
        );
    }
    for facts in &mut survey.selection.taken {
        if let Some(confirm) =
            detect::language(&facts.language).and_then(|language| language.confirm)
        {
            facts.findings.extend(confirm(&survey.place.root, facts)?);
        }
    }
    Ok(())
}

/// An application with its answers so far.
pub struct App<'a> {
    /// The repository.
    pub survey: &'a Survey,
    /// What was detected.
    pub facts: Facts,
    /// What was answered.
    pub answers: Answers,
    config: Config,
    catalog: &'static Catalog,
}

/// The applications with the answers of flags and dockgen.toml.
///
/// # Errors
/// If an answer is invalid, answers no question, or could be for several applications.
pub fn apps<'a>(
    survey: &'a Survey,
    chosen: Vec<Facts>,
    flags: &[(String, String)],
) -> Result<Vec<App<'a>>> {
    if chosen.len() > 1
        && let Some((id, _)) = flags.iter().find(|(id, _)| OF_ONE_APP.contains(&id.as_str()))
    {
        let names: Vec<String> =
            chosen.iter().map(|facts| facts.dir.relative_to(&survey.place.start)).collect();
        bail!(
            "{} could apply to several applications: add --app with one of {}",
            flag(id),
            names.join(", ")
        );
    }
    let apps = chosen
        .into_iter()
        .map(|facts| App::new(survey, facts, flags))
        .collect::<Result<Vec<_>>>()?;
    for (id, _) in flags {
        let mut unknown = None;
        for app in &apps {
            unknown = questions::check_ids([id.as_str()].into_iter(), &app.questions()?).err();
            if unknown.is_none() {
                break;
            }
        }
        if let Some(error) = unknown {
            return Err(error.context(flag(id)));
        }
    }
    Ok(apps)
}

/// The drafts of all applications.
///
/// # Errors
/// If none can be drafted, or one that a flag is about. Any other failure is a finding.
pub fn drafts(apps: &[App], output: Option<&RelPath>) -> Result<Vec<Draft>> {
    let (mut drafts, mut failed) = (Vec::new(), Vec::new());
    for app in apps {
        match app.draft(output) {
            Ok(draft) => drafts.push(draft),
            // What a person asked for must be done or rejected.
            Err(error) if apps.len() == 1 || app.is_told()? => {
                return Err(if apps.len() == 1 { error } else { app.named(error) });
            }
            Err(error) => failed.push((app, error)),
        }
    }
    let Some(first) = drafts.first_mut() else {
        let failed = failed.into_iter().next().map(|(app, error)| app.named(error));
        return failed.map_or_else(|| Ok(drafts), Err);
    };
    for (app, error) in failed {
        first.findings.push(app.left_out(&error));
    }
    Ok(drafts)
}

/// The flag that answers a question.
pub fn flag(id: &str) -> String {
    const OWN: [&str; 10] = [
        id::BASE,
        id::PORT,
        id::ENTRYPOINT,
        id::TOOLCHAIN,
        id::TOOL,
        id::ARGS,
        id::NAME,
        id::WRITABLE,
        id::ENV,
        id::DEV,
    ];
    let own = OWN.contains(&id) || questions::ROWS.iter().any(|row| row.id == id);
    if own { format!("--{id}") } else { format!("--set {id}=VALUE") }
}

impl<'a> App<'a> {
    /// The application with the answers of its dockgen.toml, which are not checked yet: see
    /// [`App::answering`].
    ///
    /// # Errors
    /// If dockgen.toml cannot be read.
    pub fn read(survey: &'a Survey, facts: Facts) -> Result<Self> {
        let path = facts.dir.join(config::FILE).context("the application's folder")?;
        let config =
            Config::parse(path.clone(), write::read(&survey.place.root, &path)?.as_deref())?;
        let catalog = Catalog::of(&facts.language)?;
        let mut app = Self { survey, facts, answers: Answers::default(), config, catalog };
        app.config.answer(&mut app.answers);
        Ok(app)
    }

    fn new(survey: &'a Survey, facts: Facts, flags: &[(String, String)]) -> Result<Self> {
        let mut app = Self::read(survey, facts)?;
        let mine = app.questions()?;
        for (id, value) in flags {
            if mine.iter().any(|question| question.id == *id) {
                app.answers.set(id, value.as_str(), Origin::Flag);
            }
        }
        app.check_answers()?;
        Ok(app)
    }

    fn check_answers(&self) -> Result<()> {
        let questions = self.questions()?;
        self.config.check(&questions)?;
        for question in &questions {
            if let Some(answer) = self.answers.get(&question.id) {
                questions::check(question, answer).with_context(|| flag(&question.id))?;
            }
        }
        Ok(())
    }

    /// The same application with these answers in place of any that it has, valid or not; `None`
    /// removes one.
    ///
    /// # Errors
    /// If an answer is invalid, or answers no question, or one to remove is not in dockgen.toml.
    pub fn answering(&self, given: &[Given], origin: Origin) -> Result<Self> {
        let mut app = self.with(self.answers.clone());
        for (id, value) in given {
            match value {
                Some(value) => app.answers.change(id, value.as_str(), origin),
                None if app.config.holds(id) => app.answers.remove(id),
                None => bail!(
                    "{} does not answer `{}`: there is nothing to remove",
                    app.config.path(),
                    excerpt(id)
                ),
            }
            app.config.release(id);
        }
        let set = given.iter().filter(|(_, value)| value.is_some());
        questions::check_ids(set.map(|(id, _)| id.as_str()), &app.questions()?)?;
        app.check_answers()?;
        Ok(app)
    }

    fn with(&self, answers: Answers) -> Self {
        let Self { survey, facts, config, catalog, .. } = self;
        Self { survey, facts: facts.clone(), answers, config: config.clone(), catalog }
    }

    /// True if a flag is about this application.
    fn is_told(&self) -> Result<bool> {
        let flag = |question: &Question| self.answers.origin(&question.id) == Some(Origin::Flag);
        Ok(self.questions()?.iter().any(flag))
    }

    fn named(&self, error: anyhow::Error) -> anyhow::Error {
        error.context(format!("the application in {}", self.facts.dir))
    }

    /// The finding for an application that cannot be drafted while others can.
    fn left_out(&self, error: &anyhow::Error) -> Finding {
        let manifest = self.facts.manifests.first();
        Finding::new(
            FindingCode::ApplicationLeftOut,
            format!("dockgen writes nothing for the application in {}: {error:#}", self.facts.dir),
            manifest.map(|path| Evidence::file(path, "it cannot be planned")),
        )
        .with_fix(format!(
            "remove the cause, then run dockgen again; `--app {}` tries this application alone",
            self.facts.dir
        ))
    }

    /// The questions about this application, given the answers so far.
    ///
    /// # Errors
    /// If the answers name a program that cannot be started.
    pub fn questions(&self) -> Result<Vec<Question>> {
        let named = self.answers.get(id::ENTRYPOINT).is_some() || !self.facts.programs.is_empty();
        let program = named
            .then(|| planning::program(&self.survey.repo, &self.facts, &self.answers))
            .transpose();
        let program = program.with_context(|| match self.answers.origin(id::ENTRYPOINT) {
            Some(Origin::File) => self.config.place(id::ENTRYPOINT),
            _ => flag(id::ENTRYPOINT),
        })?;
        Ok(questions::questions(&self.facts, program.as_ref(), self.catalog, &self.answers))
    }

    /// Plans, renders and checks the files.
    ///
    /// `output` is the path of the Dockerfile, if it is not beside the application.
    ///
    /// # Errors
    /// If a question must be answered first, nothing fits, or the rendered text violates a rule.
    pub fn draft(&self, output: Option<&RelPath>) -> Result<Draft> {
        self.draft_on(Basis::Disk, output)
    }

    /// As [`App::draft`], with a .dockerignore planned on `basis`.
    ///
    /// # Errors
    /// As [`App::draft`].
    pub fn draft_on(&self, basis: Basis, output: Option<&RelPath>) -> Result<Draft> {
        let Self { survey: Survey { place, repo, pinning, .. }, facts, answers, config, .. } = self;
        let questions = self.questions()?;
        must_be_answered(&questions, answers, &facts.findings)?;
        let mut plan = planning::make(repo, facts, answers).map_err(|error| self.place(error))?;
        let processes = processes::of(self, &plan)?;
        let known = self.state()?;
        let pinned = known.as_ref().map(|state| state.pins.clone()).unwrap_or_default();
        let pins = pin::pin(&mut plan, &pinned, pinning)?;
        must_be_possible(&plan.findings)?;
        let overrides = files::overrides(&place.root, facts)?;
        let paths = Paths::of(facts, output)?;
        let dockerfile = render::dockerfile(&plan, &overrides).map_err(|error| {
            let own = || render::dockerfile(&plan, &[]).is_ok();
            self.blame(&error, &paths.dockerfile, &plan, &overrides, &own)
        })?;

        let read = |path: &RelPath| write::read(&place.root, path);
        let last = read(&paths.pristine(&paths.ignore)?)?;
        let mut existing = (
            &paths.ignore,
            last.clone().filter(|_| basis == Basis::Pristine).or(read(&paths.ignore)?),
        );
        if let (None, Some(file)) = (&existing.1, &paths.ignore_of_context) {
            existing = (file, read(file)?);
        }
        let existing = existing.1.as_deref().map(|text| Existing { file: existing.0, text });
        let ignore = context::plan_ignore(repo, &plan, &paths.ignore, existing, last.as_deref())
            .map_err(|error| self.place(error))?;
        let ignore_file = IgnoreFile::parse(&ignore.text)?;
        let proved = prove(&dockerfile, &plan, &overrides, repo, &ignore_file);
        if overrides.is_empty() {
            effect::check(&dockerfile, answers).map_err(|error| self.place(error))?;
        }
        let target = proved.map_err(|error| {
            let own = || {
                let text = render::dockerfile(&plan, &[]);
                text.is_ok_and(|text| prove(&text, &plan, &[], repo, &ignore_file).is_ok())
            };
            self.blame(&error, &paths.dockerfile, &plan, &overrides, &own)
        })?;
        let mut state = State::of(repo, facts, &plan, pins, &overrides, &paths.dockerfile)?;
        state.accepted = known.as_ref().map(|known| known.accepted.clone()).unwrap_or_default();

        let context = context::report(repo, &plan, &ignore_file)?;
        let mut findings = plan.findings.clone();
        processes::explain(&processes, plan.name.as_str(), &mut findings);
        let overrides = files::used(facts, &plan, &overrides)?;
        findings.extend(files::overridden(&overrides));
        if let (Basis::Disk, Some(known)) = (basis, &known) {
            findings.extend(files::left_behind(&place.root, facts, known, &paths)?);
        }
        findings.extend(repo.findings());
        findings.extend(detect::submodule::findings(repo, &plan.context));
        findings.extend(detect::pointer::findings(repo, &plan.context));
        findings.extend(ignore.findings.into_iter().chain(context.findings.clone()));
        findings.sort_by_key(|finding| finding.severity);
        must_be_possible(&findings)?;

        let mut changes = files::changes(&place.root, &paths, &dockerfile, &ignore.text)?;
        changes.extend(files::config(&place.root, config, answers, &questions)?);
        changes.push(files::state(&place.root, facts, &state, &changes)?);
        let assumptions = assumptions(&questions, answers, &plan);
        Ok(Draft {
            facts: facts.clone(),
            questions,
            plan,
            target,
            dockerfile,
            context,
            changes,
            findings,
            overrides: overrides.into_iter().map(|(path, _)| path).collect(),
            assumptions,
            processes,
            state,
            example: env_example::of(repo, &[&facts.dir, &facts.context])?,
            health: config.verify.health.clone(),
        })
    }

    /// Takes over what an earlier Dockerfile beside the application has and the plan lacks, as answers
    /// of a person's; what was taken, by question.
    ///
    /// # Errors
    /// If the Dockerfile cannot be read, or the answers do not fit together.
    pub fn take_over(&mut self, plan: &Plan) -> Result<Vec<(&'static str, String)>> {
        let mut taken = Vec::new();
        for (id, value) in planning::taken_over(&self.survey.repo, &self.facts, plan)? {
            let questions = self.questions()?;
            let Some(question) = questions.iter().find(|question| question.id == id) else {
                continue;
            };
            if questions::check(question, &value).is_ok() {
                self.answers.change(id, value.as_str(), Origin::Prompt);
                taken.push((id, value));
            }
        }
        Ok(taken)
    }

    /// The same application with another base family.
    #[must_use]
    pub fn on_base(&self, family: &str) -> Self {
        let mut answers = self.answers.clone();
        answers.set(id::BASE, family, Origin::Flag);
        self.with(answers)
    }

    /// `[verify]` of its dockgen.toml.
    pub fn verify(&self) -> &Settings {
        &self.config.verify
    }

    /// Its dockgen.toml with these settings of runs in it: as it is, or as it is in `outputs`, if it
    /// is written anyway. `None` if that changes nothing.
    ///
    /// # Errors
    /// If dockgen cannot change it as it is written.
    pub fn keeping(&self, outputs: &[Output], kept: &Kept) -> Result<Option<Output>> {
        let path = self.config.path();
        let text = outputs.iter().find(|output| output.path == *path);
        let text = text.map_or_else(|| self.config.text(), |output| output.text.as_str());
        let new = Config::keeping(path, text, kept)?;
        Ok((new != text).then(|| Output { path: path.clone(), text: new }))
    }

    /// The application's state after the last run; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or was written by a newer dockgen.
    pub fn state(&self) -> Result<Option<State>> {
        State::read(&self.survey.place.root, &self.facts.dir)
    }
}

/// The basis for planning a .dockerignore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The file on disk, including what a person wrote in it.
    Disk,
    /// The last output. The result is a new output, to be merged line by line with the file on
    /// disk.
    Pristine,
}

/// An application with its planned files.
#[derive(Debug)]
pub struct Draft {
    /// What was detected.
    pub facts: Facts,
    /// The questions.
    pub questions: Vec<Question>,
    /// The plan.
    pub plan: Plan,
    /// The final stage's name.
    pub target: Option<String>,
    /// The Dockerfile's text.
    pub dockerfile: String,
    /// The size of the build context, and what it excludes.
    pub context: ContextReport,
    /// The files.
    pub changes: Vec<Change>,
    /// Findings on all of it.
    pub findings: Vec<Finding>,
    /// The user's templates that replace dockgen's.
    pub overrides: Vec<RelPath>,
    /// Values that nothing in the repository states.
    pub assumptions: Vec<String>,
    /// Processes that the repository starts beside the program, and the same image can run.
    pub processes: Vec<Process>,
    /// The inputs of this draft, for the next run.
    pub state: State,
    /// The application's example environment file.
    pub example: Option<Example>,
    /// The path that answers if the program is healthy, by dockgen.toml.
    pub health: Option<String>,
}

impl Draft {
    /// The path of the file with this role.
    pub fn path(&self, role: Role) -> Option<&RelPath> {
        self.changes.iter().find(|change| change.role == role).map(|change| &change.new.path)
    }
}

/// Fails on a finding of severity error: the image cannot work.
fn must_be_possible(findings: &[Finding]) -> Result<()> {
    let Some(finding) = findings.iter().find(|finding| finding.severity == Severity::Error) else {
        return Ok(());
    };
    let place = finding
        .evidence
        .first()
        .map_or_else(String::new, |evidence| format!("{}: ", evidence.place()));
    bail!("{place}{}: {}; {}", finding.what, finding.why, finding.fix)
}

/// Fails on a question that nobody answered. Where an error among `findings` says why the repository
/// does not answer it, that is the reason.
fn must_be_answered(questions: &[Question], answers: &Answers, findings: &[Finding]) -> Result<()> {
    let blank = |q: &&Question| q.open && q.default.is_none() && answers.get(&q.id).is_none();
    let Some(question) = questions.iter().find(blank) else { return Ok(()) };
    must_be_possible(findings)?;
    bail!("{} Nothing in the repository says so: set {}", question.prompt, flag(&question.id))
}
