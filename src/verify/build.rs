//! A build of the Dockerfile on disk.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::causes::{When, passes};
use super::engine::{Answer, Engine, Flavour};
use super::image::Image;
use super::made::Thing;
use super::owner;
use super::steps::{Failure, Log, PlainLog, Step, Told};
use super::{Event, Wanted, Watch, seconds};
use crate::budget::MAX_OUTPUT;
use crate::read;

/// What to build.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The build context's folder.
    pub context: &'a Path,
    /// The Dockerfile.
    pub dockerfile: &'a Path,
    /// The stage; if absent, the last one.
    pub target: Option<&'a str>,
    /// Values of `--secret`, as the engine accepts them.
    pub secrets: &'a [String],
    /// The time limit.
    pub limit: Duration,
}

impl<'a> Order<'a> {
    /// The whole Dockerfile, with the settings of `wanted`.
    pub fn new(wanted: &'a Wanted, (context, dockerfile): &'a (PathBuf, PathBuf)) -> Self {
        Self { context, dockerfile, target: None, secrets: &wanted.secrets, limit: wanted.build }
    }
}

/// A finished build.
#[derive(Debug)]
pub struct Built<'e> {
    /// The image; `None` if the build failed.
    pub image: Option<Image<'e>>,
    /// The steps that were reached.
    pub steps: Vec<Step>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Why it failed.
    pub failure: Option<Failure>,
}

enum Reading {
    Raw(Log),
    Plain(PlainLog),
}

/// Builds an image named after `stem`.
///
/// # Errors
/// If the engine cannot be run or stopped responding. A failed build is not an error.
pub fn build<'e>(engine: &'e Engine, stem: &str, order: Order, watch: Watch) -> Result<Built<'e>> {
    let built = attempt(engine, stem, order, watch)?;
    let Some(failure) = &built.failure else { return Ok(built) };
    if !passes(
        When::Build,
        &[failure.lines.as_slice(), std::slice::from_ref(&failure.error)].concat(),
    )? {
        return Ok(built);
    }
    watch(&Event::Doing(format!("building once more: the engine failed ({})", failure.error)));
    attempt(engine, stem, order, watch)
}

fn attempt<'e>(engine: &'e Engine, stem: &str, order: Order, watch: Watch) -> Result<Built<'e>> {
    let name = engine.name(stem);
    engine.list(Thing::Image(name.clone()))?;
    let image = Image::new(engine, name.clone());
    let mut words: Vec<String> = Vec::new();
    let mut reading = match engine.flavour {
        Flavour::Docker => {
            words.extend(["buildx", "build", "--load", "--progress=rawjson"].map(str::to_owned));
            // An attestation would make the image a list of images, which a single platform does
            // not need.
            words.push("--provenance=false".to_owned());
            Reading::Raw(Log::default())
        }
        Flavour::Podman => {
            words.extend(["build", "--format=docker"].map(str::to_owned));
            // Podman's layer cache ignores the contents of bind mounts (seen in 4.3.1), so an
            // edited program would not be rebuilt.
            let text = read::bytes(order.dockerfile, MAX_OUTPUT).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            words.push(
                if text.contains("--mount=type=bind") { "--no-cache" } else { "--layers" }
                    .to_owned(),
            );
            Reading::Plain(PlainLog::default())
        }
    };
    words.extend([
        "-t".to_owned(),
        name,
        "--label".to_owned(),
        format!("dockgen.verify={}", engine.suffix()),
        "--label".to_owned(),
        owner::label(),
    ]);
    words.extend(["-f".to_owned(), order.dockerfile.display().to_string()]);
    if let Some(target) = order.target {
        words.extend(["--target".to_owned(), target.to_owned()]);
    }
    words.extend(order.secrets.iter().flat_map(|secret| ["--secret".to_owned(), secret.clone()]));
    words.push(order.context.display().to_string());

    let began = Instant::now();
    let tell = |told: Vec<Told>| told.into_iter().for_each(|one| watch(&Event::Build(one)));
    let ended = engine.lines(&words, order.limit, &mut |line| {
        tell(match &mut reading {
            Reading::Raw(log) => log.take(line),
            Reading::Plain(log) => log.take(line, began.elapsed().as_secs_f64()),
        });
    })?;
    let took = began.elapsed();
    if let Reading::Plain(log) = &mut reading {
        log.close(took.as_secs_f64());
    }
    let (steps, mut failure) = match &reading {
        Reading::Raw(log) => (log.steps(), log.failure()),
        Reading::Plain(log) => (log.steps(), log.failure()),
    };
    let seconds = seconds(took.as_secs_f64());
    if ended == Some(true) {
        return Ok(Built { image: Some(image), steps, seconds, failure: None });
    }
    if ended.is_none() {
        failure.error = format!("it did not end within {} s", order.limit.as_secs());
    }
    engine.must_be_alive("building")?;
    Ok(Built { image: None, steps, seconds, failure: Some(failure) })
}

/// Runs Docker's own linter; `None` if the engine has none.
///
/// # Errors
/// If the engine cannot be run.
pub(super) fn lint(engine: &Engine, order: Order) -> Result<Option<Answer>> {
    if engine.flavour == Flavour::Podman {
        return Ok(None);
    }
    let (file, context) =
        (order.dockerfile.display().to_string(), order.context.display().to_string());
    let words = ["buildx", "build", "--check", "--progress=plain", "-f", &file, &context];
    let answer = engine.run(&words, order.limit)?;
    if answer.ok || !passes(When::Build, &[answer.last()])? {
        return Ok(Some(answer));
    }
    engine.run(&words, order.limit).map(Some)
}
