//! Proves an image: builds the Dockerfile on disk, inspects the image, starts it without
//! privileges, sends requests, stops it, and on request edits a copy of the sources to see what is
//! rebuilt.
//!
//! The container engine is run by its command line. Nothing that the repository names runs on this
//! machine outside of containers. Whatever is created in the engine is removed again.

mod archive;
mod bases;
mod beside;
mod boot;
mod build;
mod caching;
mod catalog;
mod causes;
mod checks;
mod cold;
mod container;
mod copy;
mod edit;
mod engine;
mod image;
mod made;
mod observe;
mod owner;
pub mod page;
mod probe;
pub mod report;
mod sockets;
mod steps;
mod subject;
mod unwritten;

pub use crate::config::verify::{Settings, Wanted};
pub use archive::{Entry, Kind};
pub use bases::Row;
pub use beside::fetch;
pub use boot::{Boot, Health, Stop};
pub use build::{Built, Order, build};
pub use caching::{Caching, Rebuild};
pub use causes::Cause;
pub use checks::{Check, Outcome};
pub use engine::Attempt;
pub use engine::Engine;
pub use image::{Contents, Image, Layer};
pub use made::{abandon, remove_all};
pub use observe::{Change, Exit, Observed, Touched, observe};
pub use owner::sweep;
pub use probe::Answered;
pub use sockets::{Helper, Socket};
pub use steps::{Step, Told};
pub use subject::{Files, Subject, settings_place};
pub use unwritten::Unwritten;

use anyhow::{Result, bail};
use serde::Serialize;

use boot::Trial;
use causes::{When, cause};
use image::Config;

/// A progress event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The current step.
    Doing(String),
    /// A message of a build.
    Build(Told),
}

/// The receiver of events.
pub type Watch<'a> = &'a dyn Fn(&Event);

/// The result for one application.
#[derive(Debug, Serialize)]
pub struct Proof {
    /// The application's name.
    pub name: String,
    /// The path of the Dockerfile, as a person would type it.
    pub dockerfile: String,
    /// The planned base family.
    pub base: String,
    /// No check failed.
    pub proved: bool,
    /// The checks.
    pub checks: Vec<Check>,
    /// The build.
    pub build: BuildReport,
    /// The image; absent if it was not built.
    pub image: Option<ImageReport>,
    /// The start, the responses and the stop; absent if nothing was started.
    pub boot: Option<Boot>,
    /// The caching proof, if requested.
    pub caching: Option<Caching>,
    /// The base proof, if requested.
    pub bases: Option<Vec<Row>>,
}

/// A build, in figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BuildReport {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// A stage of a build.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// How many steps it has.
    pub steps: usize,
    /// Number of steps that ran.
    pub ran: usize,
    /// How long those took together, in seconds.
    pub seconds: f64,
}

/// An image, in figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImageReport {
    /// Unpacked size in bytes.
    pub size: u64,
    /// Packages of the system.
    pub packages: usize,
    /// Its configuration.
    pub config: Config,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
}

impl BuildReport {
    fn of(built: &Built) -> Self {
        Self { seconds: built.seconds, stages: stages(&built.steps), steps: built.steps.clone() }
    }
}

impl ImageReport {
    fn of(contents: &Contents) -> Self {
        let layers = contents
            .layers
            .iter()
            .map(|layer| Layer { files: Vec::new(), ..layer.clone() })
            .collect();
        Self {
            size: contents.size,
            packages: contents.packages,
            config: contents.config.clone(),
            layers,
        }
    }
}

/// The stages, in the order in which they appear in the steps.
fn stages(steps: &[Step]) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for step in steps {
        let at = stages.iter().position(|stage| stage.name == step.stage).unwrap_or_else(|| {
            stages.push(Stage { name: step.stage.clone(), steps: 0, ran: 0, seconds: 0.0 });
            stages.len() - 1
        });
        let stage = &mut stages[at];
        stage.steps += 1;
        stage.ran += usize::from(!step.cached);
        stage.seconds = seconds(stage.seconds + step.seconds);
    }
    stages
}

/// Proves one application.
///
/// # Errors
/// If the engine cannot be run or stopped responding, or if this machine is the reason that nothing
/// was proved. A failed check is not an error, but part of the proof.
pub fn prove(
    engine: &Engine,
    subject: &Subject<'_>,
    wanted: &Wanted,
    watch: Watch,
) -> Result<Proof> {
    let paths = (subject.context(), subject.file.clone());
    let order = Order::new(wanted, &paths);
    let mut proof = Proof {
        name: subject.plan.name.as_str().to_owned(),
        dockerfile: subject.shown.clone(),
        base: subject.plan.runtime.family.clone(),
        proved: false,
        checks: Vec::new(),
        build: BuildReport::default(),
        image: None,
        boot: None,
        caching: None,
        bases: None,
    };
    proof.checks.extend(wanted.capped.iter().map(|text| Check::note("limits", text)));
    watch(&Event::Doing("checking the Dockerfile".to_owned()));
    proof.checks.extend(lint(engine, order)?);
    watch(&Event::Doing("building".to_owned()));
    let built = build(engine, &proof.name, order, watch)?;
    proof.build = BuildReport::of(&built);
    proof.checks.push(built_check(&built)?);
    let Some(image) = &built.image else { return Ok(proof) };

    watch(&Event::Doing("reading the image".to_owned()));
    let contents = image.contents(&subject.parsed)?;
    proof.image = Some(ImageReport::of(&contents));
    proof.checks.extend(checks::of(
        &contents,
        &subject.plan,
        &subject.writable,
        &subject.development,
    )?);
    proof.checks.extend(budget(&contents, wanted));

    let mounts = checks::mounts(&contents, &subject.writable);
    let args = subject.args(wanted, &contents);
    let (port, health) = (subject.port(&contents), contents.config.health.as_slice());
    let trial = Trial { port, mounts: &mounts, args: &args, health, wanted };
    let boot = boot::boot(engine, image, trial, watch)?;
    proof.checks.extend(boot_checks(&boot, &contents, wanted)?);
    proof.boot = Some(boot);

    if wanted.caching.any() {
        let caching = caching::prove(engine, subject, wanted, &contents, watch)?;
        proof.checks.extend(caching.checks.iter().cloned());
        proof.caching = Some(caching);
    }
    if wanted.bases {
        let rows = bases::compare(engine, subject, wanted, watch)?;
        proof.checks.extend(rows.iter().filter(|row| row.planned).map(base_check));
        proof.bases = Some(rows);
    }
    proof.proved = proof.checks.iter().all(|check| check.outcome != Outcome::Broken);
    Ok(proof)
}

fn lint(engine: &Engine, order: Order) -> Result<Option<Check>> {
    let Some(answer) = build::lint(engine, order)? else {
        return Ok(Some(Check::skipped("lint", "this engine has no `build --check`")));
    };
    let text = answer.out.clone() + "\n" + &answer.err;
    if answer.ok {
        return Ok(Some(Check::ok("lint", "Docker's own check has nothing to say")));
    }
    if text.contains("unknown flag") || text.contains("not supported") {
        return Ok(Some(Check::skipped("lint", "this engine has no `build --check`")));
    }
    engine.must_be_alive("checking the Dockerfile")?;
    let said = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    let lines: Vec<String> =
        text.lines().filter(said).map(|line| line.trim_end().to_owned()).take(20).collect();
    if let Some(cause) =
        cause(When::Build, &text.lines().collect::<Vec<_>>())?.filter(|cause| cause.engine)
    {
        bail!("{}: {}; {}", cause.line, cause.what, cause.fix);
    }
    let fix = "follow the rule that each line names, or switch it off with `# check=skip=RULE` at the head of the Dockerfile";
    Ok(Some(Check::broken("lint", "Docker's own check warns", fix).with(lines)))
}

/// The outcome of a build as a check.
///
/// # Errors
/// If this machine is the reason that it failed.
pub fn built_check(built: &Built) -> Result<Check> {
    let Some(failure) = &built.failure else {
        let ran = built.steps.iter().filter(|step| !step.cached).count();
        let what = format!(
            "it builds in {:.1} s; {ran} of {} steps ran",
            built.seconds,
            built.steps.len()
        );
        return Ok(Check::ok("build", what));
    };
    let mut lines = failure.lines.clone();
    if !lines.contains(&failure.error) && !failure.error.is_empty() {
        lines.push(failure.error.clone());
    }
    let cause = cause(When::Build, &lines.iter().rev().collect::<Vec<_>>())?;
    if let Some(cause) = cause.as_ref().filter(|cause| cause.engine) {
        bail!("the build could not finish: {} ({}): {}", cause.what, cause.line, cause.fix);
    }
    let step = failure
        .step
        .as_ref()
        .map_or_else(String::new, |step| format!(" at `{}`", checks::short(step)));
    let fix = "the lines below are the last that the step printed";
    Ok(Check::broken("build", format!("it does not build: it fails{step}"), fix)
        .because(cause.as_ref())
        .with(lines))
}

fn budget(contents: &Contents, wanted: &Wanted) -> Option<Check> {
    let allowed = wanted.budget_mb?;
    let is = megabytes(contents.size);
    Some(if is <= allowed {
        Check::ok("budget", format!("the image has {is:.1} MB of {allowed} MB"))
    } else {
        let fix = "look at the layers below for what weighs most, choose a smaller base, or raise --budget-mb";
        Check::broken(
            "budget",
            format!("the image has {is:.1} MB, and {allowed} MB are allowed"),
            fix,
        )
    })
}

fn boot_checks(boot: &Boot, contents: &Contents, wanted: &Wanted) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    if !boot.ok {
        if let Some(cause) = boot.cause.as_ref().filter(|cause| cause.engine) {
            bail!(
                "the container could not be started: {} ({}): {}",
                cause.what,
                cause.line,
                cause.fix
            );
        }
        let fix = "the lines below are the last that it printed";
        let lines = boot.lines[boot.lines.len().saturating_sub(20)..].to_vec();
        checks.push(
            Check::broken("boot", format!("it does not start: {}", boot.what), fix)
                .because(boot.cause.as_ref())
                .with(lines),
        );
        return Ok(checks);
    }
    let starts =
        if boot.starts > 1 { format!(" (started {} times)", boot.starts) } else { String::new() };
    let after = format!(
        "{} after {:.1} s{starts}, on a read-only root without capabilities",
        boot.what, boot.seconds
    );
    checks.push(Check::ok("boot", after));
    if let Some(users) = &boot.users {
        checks.push(if users.contains(&0) {
            Check::broken(
                "process-user",
                "a process in the container runs as root",
                "let no program change its user to root",
            )
        } else {
            let mut users: Vec<String> = users.iter().map(ToString::to_string).collect();
            users.dedup();
            Check::ok("process-user", format!("its processes run as {}", users.join(", ")))
        });
    }
    checks.extend(boot.health.as_ref().map(health_check));
    if let Some(stop) = &boot.stop {
        let signal = contents.config.stop_signal.as_deref().unwrap_or("SIGTERM");
        let killed = stop.exit_code == 137 || stop.seconds >= wanted.stop.as_secs_f64() + 0.5;
        checks.push(if killed {
            let fix =
                "handle the signal in the program, or put a small init in front of it, as `dockgen init` plans it";
            Check::broken("stop", format!("it ignores {signal} and was killed after {:.1} s", stop.seconds), fix)
        } else {
            let what = format!("{signal} stops it in {:.1} s with exit code {}", stop.seconds, stop.exit_code);
            Check::ok("stop", what)
        });
    }
    Ok(checks)
}

fn health_check(health: &Health) -> Check {
    let Health { ok, command, said } = health;
    if *ok {
        return Check::ok(
            "health",
            format!("its health command, `{command}`, says that it is well"),
        );
    }
    let fix = "answer `health-command` with a program that the image has; an orchestrator restarts what is unwell";
    Check::broken("health", format!("its health command, `{command}`, fails although it runs"), fix)
        .with(Some(said.clone()).filter(|said| !said.is_empty()).into_iter().collect())
}

/// The comparison informs only; the planned base must work.
fn base_check(row: &Row) -> Check {
    match &row.why {
        None => Check::ok("bases", format!("the planned base, {}, builds and starts", row.family)),
        Some(why) => {
            let fix = "choose another of the table below with `dockgen update --base`";
            Check::broken(
                "bases",
                format!("the planned base, {}, does not serve: {why}", row.family),
                fix,
            )
        }
    }
}

/// Rounds to milliseconds.
fn seconds(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// MB as 10^6 bytes.
#[expect(clippy::cast_precision_loss, reason = "sizes of images are far below 2^52")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
