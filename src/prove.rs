//! Proves a plan by running it: builds the image, watches it on a root that it may write, turns
//! what was seen into answers, plans again, and verifies the result without privileges.
//!
//! What is proved is what `dockgen update` would write. Nothing is written here, and nothing of the
//! repository runs outside of containers.

mod catalog;
mod folders;
mod found;
mod kept;
mod log;
mod lookup;
mod mistaken;
mod page;
mod planned;
mod ports;
mod propose;
pub mod report;
mod services;
mod unbuilt;

pub use found::{Found, Given, Remains, Row};
pub use services::{Needed, complete};

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::ask::Origin;
use crate::own::SETTINGS;
use crate::pipeline::App;
use crate::report::next::Here;
use crate::screen::visible::inline;
use crate::verify::{
    self, Attempt, Built, Contents, Engine, Event, Files, Helper, Image, Observed, Order, Outcome,
    Proof, Subject, Unwritten, Wanted, Watch,
};
use crate::write::Output;
use found::Proposal;
use planned::Planned;
use propose::View;

/// The row of a migration, and what became of it.
const MIGRATION: &str = "migration";
const RAN: &str = "ran before it";
const FAILED: &str = "failed before it";

/// The words of a comment in dockgen.toml about an answer that a run gave.
const SEEN: &str = "Answered by a running container";

/// Number of rounds.
pub const MAX_ROUNDS: usize = 4;

/// What a proof needs besides the application.
pub struct Setting<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The settings of the runs.
    pub wanted: Wanted,
    /// The person's working directory.
    pub here: &'a Here,
    /// The day, `YYYY-MM-DD`.
    pub day: String,
    /// Receives progress.
    pub watch: Watch<'a>,
}

/// One round: a build and a run that was watched.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Round {
    /// Seconds that the build took.
    pub build_seconds: f64,
    /// Number of steps of the build that ran, and of all.
    pub steps: (usize, usize),
    /// Seconds for which the program was watched.
    pub run_seconds: f64,
    /// Seconds of the round in all.
    pub seconds: f64,
    /// What was changed after it.
    pub changed: Vec<String>,
    /// Lines of the build or of the program, if something is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// The result for one application.
#[derive(Debug, Serialize)]
pub struct Proven {
    /// The application's name.
    pub name: String,
    /// The path of the Dockerfile, as a person would type it.
    pub dockerfile: String,
    /// Nothing remains, and the image was verified.
    pub proved: bool,
    /// What was assumed, seen and changed.
    pub rows: Vec<Row>,
    /// The answers that were found.
    pub answers: Vec<Found>,
    /// Variables that the runs were given, and that `docker run` needs too.
    pub given: Vec<Given>,
    /// The services that it seems to need, each started beside it if its image can be had.
    pub services: Vec<Needed>,
    /// What no answer settles.
    pub remains: Vec<Remains>,
    /// With `--write`, dockgen.toml also gets what the runs needed, for `dockgen verify`.
    pub keeps: bool,
    /// The rounds.
    pub rounds: Vec<Round>,
    /// The verification of the last round; absent if there was nothing to verify.
    pub verified: Option<Proof>,
    /// The files that the answers lead to.
    #[serde(skip)]
    pub outputs: Vec<Output>,
    /// Why they must not be written, if so.
    #[serde(skip)]
    pub foreign: Option<String>,
}

/// Proves one application.
///
/// # Errors
/// If the engine cannot be run or stopped responding, or if this machine is the reason that nothing
/// was proved.
pub fn prove(app: &App, setting: Setting) -> Result<Proven> {
    let held = &app.verify().env;
    let own = setting.wanted.env.iter().filter(|pair| !held.contains(pair)).cloned().collect();
    let mut state = State {
        setting,
        app: app.answering(&[], Origin::Seen)?,
        own,
        helper: None,
        lacking: Vec::new(),
        proven: None,
    };
    loop {
        if state.round()? {
            break;
        }
    }
    let mut proven = state.proven.take().context("a proof has at least one round")?;
    if proven.proved {
        state.keep(&mut proven);
    }
    Ok(proven)
}

/// A proof that goes on.
struct State<'a, 'e> {
    setting: Setting<'e>,
    app: App<'a>,
    /// The variables that a person gave for this proof alone.
    own: Vec<String>,
    helper: Option<Attempt<Helper<'e>>>,
    /// Services that are not started.
    lacking: Vec<Remains>,
    proven: Option<Proven>,
}

impl State<'_, '_> {
    /// One round; true if it was the last one.
    fn round(&mut self) -> Result<bool> {
        let began = Instant::now();
        let Setting { engine, here, watch, .. } = self.setting;
        let number = self.proven.as_ref().map_or(1, |proven| proven.rounds.len() + 1);
        watch(&Event::Doing(format!("round {number}: planning")));
        let planned = Planned::of(&self.app, here)?;
        let files = Unwritten::new(engine, &planned.dockerfile, &planned.ignore)?;
        let shown = Files {
            shown: planned.shown.clone(),
            file: files.file(),
            dockerfile: planned.dockerfile.clone(),
            ignore: planned.ignore.clone(),
        };
        let subject = Subject::new(&self.app, planned.draft.plan.clone(), shown)?;
        let mut proven = self.proven.take().unwrap_or_else(|| Proven::new(&planned));
        proven.outputs = noted(planned.outputs.clone(), &proven.answers);
        proven.foreign.clone_from(&planned.foreign);
        if number == 1 {
            proven.services = services::needed(&self.app, &planned.draft)?;
            for needed in &mut proven.services {
                let lacking = beside(engine, needed, &mut self.setting.wanted, watch)?;
                needed.started = self.setting.wanted.services.contains_key(&needed.name);
                self.lacking.extend(lacking);
            }
        }
        watch(&Event::Doing(format!("round {number}: building")));
        let paths = (subject.context(), subject.file.clone());
        let order = Order::new(&self.setting.wanted, &paths);
        let built = verify::build(engine, &proven.name, order, watch)?;
        let ran = built.steps.iter().filter(|step| !step.cached).count();
        let mut round = Round {
            build_seconds: built.seconds,
            steps: (ran, built.steps.len()),
            ..Round::default()
        };
        let Some(image) = &built.image else {
            let mut found = Proposal::default();
            found.remains.push(unbuilt(&built, &mut round)?);
            let package = unbuilt::package(&self.app, &round.lines, &self.setting.day)?;
            let last = package.is_none() || number == MAX_ROUNDS;
            if let Some((answer, row)) = package.filter(|_| !last) {
                found.answers.push(answer);
                found.rows.push(row);
            }
            proven.merge(found, &mut round);
            round.seconds = rounded(began);
            proven.rounds.push(round);
            self.proven = Some(proven);
            return Ok(last || self.answered());
        };
        watch(&Event::Doing(format!("round {number}: reading the image")));
        let contents = image.contents(&subject.parsed)?;
        if self.helper.is_none() {
            let from = subject.plan.builder.as_str();
            self.helper = Some(Helper::make(engine, from, &self.setting.wanted, watch)?);
        }
        let migration = migration(&self.app, &subject, &contents, &mut self.setting.wanted)?;
        let mut found = self.watched(&subject, (image, &contents), &mut round, &mut proven)?;
        found.rows.extend(proven.services.iter().map(|needed| needed.row(&self.setting.wanted)));
        if let Some(mut row) = migration {
            if found.unprepared {
                row.seen = row.seen.replace(RAN, FAILED);
            }
            found.rows.push(row);
        }
        found.remains.extend(self.lacking.iter().cloned());
        proven.merge(found, &mut round);
        let changed = !round.changed.is_empty();
        round.seconds = rounded(began);
        proven.rounds.push(round);
        let last = !changed || proven.rounds.len() == MAX_ROUNDS;
        if last {
            proven.close(changed);
        }
        self.proven = Some(proven);
        Ok(last || self.answered())
    }

    /// Watches the image, and verifies it if nothing is left to change.
    fn watched(
        &self,
        subject: &Subject,
        (image, contents): (&Image, &Contents),
        round: &mut Round,
        proven: &mut Proven,
    ) -> Result<Proposal> {
        let Setting { engine, wanted, day, watch, .. } = &self.setting;
        let helper = match &self.helper {
            Some(Attempt::Done(helper)) => Ok(helper),
            Some(Attempt::Refused(why)) => Err(why.as_str()),
            None => Err("no helper was made"),
        };
        let image = (image, contents);
        let observed =
            verify::observe(engine, image, (subject, wanted), helper, &page::next, watch)?;
        round.run_seconds = observed.seconds;
        if let Some(cause) = observed.cause.as_ref().filter(|one| observed.refused && one.engine) {
            bail!(
                "the container could not be started: {} ({}): {}",
                cause.what,
                cause.line,
                cause.fix
            );
        }
        let questions = self.app.questions()?;
        let mut view = View {
            app: &self.app,
            questions: &questions,
            subject,
            contents,
            observed: &observed,
            env: &wanted.env,
            day,
        };
        let mut found = view.compare()?;
        proven.verified = None;
        let mut hardened = Observed::default();
        if found.is_settled() {
            let mut wanted = wanted.clone();
            if observed.unprepared.is_some() {
                wanted.prepare.clear();
            }
            let proof = verify::prove(engine, subject, &wanted, watch)?;
            if let Some(boot) = proof.boot.as_ref().filter(|boot| !boot.ok) {
                // It does in earnest what it did not do when it was watched.
                hardened.lines.clone_from(&boot.lines);
                hardened.blind = Some("it was not watched".to_owned());
                view.observed = &hardened;
                let more = view.compare()?;
                found.answers.extend(more.answers);
                found.rows.extend(more.rows.into_iter().filter(|row| row.changed.is_some()));
            }
            proven.verified = Some(proof);
        }
        if !found.is_settled() || proven.verified.as_ref().is_some_and(|proof| !proof.proved) {
            round.lines = observed.lines[observed.lines.len().saturating_sub(20)..].to_vec();
        }
        Ok(found)
    }

    /// Adds what the runs needed to dockgen.toml, so that `dockgen verify` starts the program too.
    fn keep(&self, proven: &mut Proven) {
        let held = self.app.verify();
        let prepared =
            proven.rows.iter().any(|row| row.what == MIGRATION && row.seen.ends_with(RAN));
        let (kept, out) = kept::kept(&self.setting.wanted, held, &self.own, prepared);
        proven.remains.extend(out);
        match self.app.keeping(&proven.outputs, &kept) {
            Ok(Some(output)) => {
                proven.outputs.retain(|one| one.path != output.path);
                proven.outputs.push(output);
                proven.keeps = true;
            }
            Ok(None) => {}
            Err(error) => proven.remains.push(Remains {
                what: format!("{error:#}"),
                fix: "then run `dockgen prove --write` again".to_owned(),
                blocks: false,
            }),
        }
    }

    /// Takes the answers for the next round; true if they cannot be planned.
    fn answered(&mut self) -> bool {
        let Some(proven) = &mut self.proven else { return true };
        let given: Vec<(String, Option<String>)> = proven
            .answers
            .iter()
            .map(|answer| (answer.id.clone(), Some(answer.value.clone())))
            .collect();
        let new = proven.given.iter().map(|given| given.pair.clone());
        let new: Vec<String> = new.filter(|pair| !self.setting.wanted.env.contains(pair)).collect();
        self.setting.wanted.env.extend(new);
        match self.app.answering(&given, Origin::Seen) {
            Ok(next) => {
                self.app = next;
                false
            }
            Err(error) => {
                proven.remains.push(Remains {
                    what: format!("what was seen cannot be planned: {error:#}"),
                    fix: "answer the question yourself, with --set or in dockgen.toml".to_owned(),
                    blocks: true,
                });
                proven.close(false);
                true
            }
        }
    }
}

impl Proposal {
    /// True if the next round would be the same, and nothing prevents the program from running.
    fn is_settled(&self) -> bool {
        self.answers.is_empty()
            && self.given.is_empty()
            && !self.remains.iter().any(|one| one.blocks)
    }
}

impl Proven {
    fn new(planned: &Planned) -> Self {
        Self {
            name: planned.draft.plan.name.as_str().to_owned(),
            dockerfile: planned.shown.clone(),
            proved: false,
            rows: Vec::new(),
            answers: Vec::new(),
            given: Vec::new(),
            services: Vec::new(),
            remains: Vec::new(),
            keeps: false,
            rounds: Vec::new(),
            verified: None,
            outputs: Vec::new(),
            foreign: None,
        }
    }

    /// Takes what a round gives.
    fn merge(&mut self, found: Proposal, round: &mut Round) {
        for answer in found.answers {
            round.changed.push(format!("{} = {}", answer.id, answer.value));
            match self.answers.iter_mut().find(|held| held.id == answer.id) {
                Some(held) => {
                    held.evidence = if answer.id == crate::ask::id::PORT {
                        answer.evidence
                    } else {
                        format!("{}, {}", held.evidence, answer.evidence)
                    };
                    held.value = answer.value;
                }
                None => self.answers.push(answer),
            }
        }
        for given in found.given {
            round.changed.push(format!("-e {}", given.pair));
            self.given.push(given);
        }
        self.remains = found.remains;
        for row in found.rows {
            match self.rows.iter_mut().find(|held| held.what == row.what) {
                // What was assumed at first, and what was changed, stay.
                Some(held) if held.changed.is_none() || row.changed.is_some() => {
                    (held.seen, held.changed) = (row.seen, row.changed);
                }
                Some(held) if held.what == "port" => held.seen = row.seen,
                Some(_) => {}
                None => self.rows.push(row),
            }
        }
    }

    /// Decides the outcome. `open` is true if the last round still changed something.
    fn close(&mut self, open: bool) {
        if open {
            self.remains.push(Remains {
                what: format!("after {MAX_ROUNDS} rounds, each run still shows something new"),
                fix: "keep what was found with --write, and run `dockgen prove` again".to_owned(),
                blocks: true,
            });
        }
        let broken = self.verified.iter().flat_map(|proof| &proof.checks);
        for check in broken.filter(|check| check.outcome == Outcome::Broken) {
            self.remains.push(Remains {
                what: check.what.clone(),
                fix: check.fix.clone().unwrap_or_default(),
                blocks: true,
            });
        }
        let blocked = self.remains.iter().any(|one| one.blocks);
        self.proved = !blocked && self.verified.as_ref().is_some_and(|proof| proof.proved);
    }
}

/// Adds what was seen to the comments of the answers in dockgen.toml.
fn noted(mut outputs: Vec<Output>, answers: &[Found]) -> Vec<Output> {
    for output in outputs.iter_mut().filter(|output| output.path.file_name() == SETTINGS) {
        let lines: Vec<&str> = output.text.lines().collect();
        let noted = lines.iter().enumerate().map(|(at, line)| {
            let below = lines.get(at + 1).and_then(|line| line.split_once(" = "));
            let answer = answers.iter().find(|one| below.is_some_and(|(id, _)| id == one.id));
            match answer.filter(|_| line.starts_with("# ") && line.contains(SEEN)) {
                Some(answer) => {
                    line.replacen(SEEN, &format!("{SEEN}: {}", inline(&answer.evidence)), 1) + "\n"
                }
                None => format!("{line}\n"),
            }
        });
        output.text = noted.collect();
    }
    outputs
}

/// Starts a service with every run, or says why not.
fn beside(
    engine: &Engine,
    needed: &Needed,
    wanted: &mut Wanted,
    watch: Watch,
) -> Result<Option<Remains>> {
    let Needed { name, image, because, .. } = needed;
    let lacking = |why: String| Remains {
        what: format!("it seems to need {name} ({because}), and {why}"),
        fix: format!(
            "start one beside it: --service {name}=IMAGE, and point the program to it with --env"
        ),
        blocks: false,
    };
    if wanted.services.contains_key(name) {
        return Ok(None);
    }
    Ok(match verify::fetch(engine, image, watch)? {
        Attempt::Done(()) => {
            services::add(needed, wanted);
            None
        }
        Attempt::Refused(why) => Some(lacking(format!("the image {image} cannot be had: {why}"))),
    })
}

/// Plans the migration that the repository names to run before the program, with its row.
fn migration(
    app: &App,
    subject: &Subject,
    contents: &Contents,
    wanted: &mut Wanted,
) -> Result<Option<Row>> {
    let held = &app.verify().prepare;
    if !held.is_empty() {
        let seen = format!("`{}` {RAN}", held.join("; "));
        let assumed = format!("`prepare` in {SETTINGS}");
        return Ok(Some(Row { what: MIGRATION.to_owned(), assumed, seen, changed: None }));
    }
    if wanted.services.is_empty() {
        return Ok(None);
    }
    let tree = contents.tree();
    let holds = |path: &str| tree.contains_key(path.trim_matches('/'));
    let found = services::migration(app, &subject.plan, &holds)?;
    let Some(found) = found else { return Ok(None) };
    let seen = if found.words.is_empty() {
        format!("`{}` cannot run in the image", found.line)
    } else {
        format!("`{}` {RAN}", found.line)
    };
    wanted.prepare = if found.words.is_empty() { Vec::new() } else { vec![found.words] };
    Ok(Some(Row { what: MIGRATION.to_owned(), assumed: found.place, seen, changed: None }))
}

/// Why it does not build.
fn unbuilt(built: &Built, round: &mut Round) -> Result<Remains> {
    let check = verify::built_check(built)?;
    round.lines.clone_from(&check.lines);
    Ok(Remains { what: check.what, fix: check.fix.unwrap_or_default(), blocks: true })
}

/// Seconds since then, in milliseconds.
fn rounded(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}
