//! `dockgen prove`: builds, watches, corrects and verifies.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use super::display::Display;
use super::progress::Progress;
use super::runs::{Given, left_behind, ready};
use crate::cli::Prove;
use crate::exit::Exit;
use crate::interrupt;
use crate::pipeline::{self, App};
use crate::prove::{self, Proven, Setting, report};
use crate::screen::{self, Screen};
use crate::verify::{self, Engine, Wanted};
use crate::wizard::Wizard;
use crate::write::{self, Output};

/// Proves every application that is meant, and writes what was found if that is wanted.
pub(super) fn run(args: &Prove, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    interrupt::before_end(verify::abandon, "interrupted; what was started is removed again");
    let outcome = all(args, screen);
    left_behind(screen);
    let Outcome { engine, root, proven } = outcome?;
    if args.write {
        keep(&root, &proven)?;
    }
    if args.json {
        screen::json(&report::json(&engine, &proven, args.write)?)?;
    } else {
        show(&proven, screen)?;
        screen.print(closing(&proven, args.write))?;
    }
    Ok(exit(&proven))
}

/// Offers a proof to a person whose files were just written, if an engine answers.
pub(super) fn offer(
    path: &Path,
    apps: &[String],
    wizard: &Wizard,
    screen: &Screen,
) -> Result<Exit> {
    if Engine::find().is_err() || !wizard.confirm("Prove it now (builds the image)?", false)? {
        return Ok(Exit::Done);
    }
    interrupt::go_on();
    interrupt::before_end(verify::abandon, "interrupted; what was started is removed again");
    let args = Prove { path: path.to_owned(), apps: apps.to_vec(), ..Prove::default() };
    let outcome = all(&args, screen);
    left_behind(screen);
    let Outcome { root, proven, .. } = outcome?;
    show(&proven, screen)?;
    if finds(&proven) && wizard.confirm("Keep what was found (updates the files)?", true)? {
        keep(&root, &proven)?;
        screen.print(closing(&proven, true))?;
    }
    Ok(exit(&proven))
}

fn exit(proven: &[Proven]) -> Exit {
    if proven.iter().all(|one| one.proved) { Exit::Done } else { Exit::Differs }
}

fn show(proven: &[Proven], screen: &Screen) -> Result<()> {
    proven.iter().try_for_each(|one| screen.print(&report::text(one, &screen.out)))
}

/// Writes the answers and the files that they lead to.
fn keep(root: &Path, proven: &[Proven]) -> Result<()> {
    if let Some(why) = proven.iter().find_map(|one| one.foreign.as_ref()) {
        bail!("nothing was written: {why}");
    }
    let outputs: Vec<Output> = proven.iter().flat_map(|one| one.outputs.clone()).collect();
    interrupt::writing(|| write::all(root, &outputs))
}

/// What became of all applications.
struct Outcome {
    engine: Engine,
    root: PathBuf,
    proven: Vec<Proven>,
}

/// True if there is something to keep.
fn finds(proven: &[Proven]) -> bool {
    proven.iter().any(|one| !one.answers.is_empty() || one.keeps)
}

fn closing(proven: &[Proven], written: bool) -> &'static str {
    match (finds(proven), written) {
        (_, true) => "The files are up to date with what was found.\n",
        (true, false) => {
            "Nothing was written: --write keeps the answers in dockgen.toml and updates the files.\n"
        }
        (false, false) => "",
    }
}

fn all(args: &Prove, screen: &Screen) -> Result<Outcome> {
    let progress = Progress::new(screen.progress && !args.quiet);
    let survey = pipeline::survey_known(&args.path, &args.apps, &|n| progress.seen(n))?;
    drop(progress);
    super::whole(&survey)?;
    let here = super::here(&survey, &args.path);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &args.set)?;
    let engine = Engine::find()?;
    let display = Display::new(screen, args.quiet);
    ready(&engine, &display)?;
    let mut all = Vec::new();
    for app in &apps {
        let setting = Setting {
            engine: &engine,
            wanted: wanted(args, app)?,
            here: &here,
            day: today(),
            watch: &|event| display.show(event),
        };
        let proven = prove::prove(app, setting)
            .with_context(|| format!("the application in {}", here.path(&app.facts.dir)))?;
        all.push(proven);
    }
    Ok(Outcome { engine, root: survey.place.root.clone(), proven: all })
}

/// The settings: flags first, then dockgen.toml.
fn wanted(args: &Prove, app: &App) -> Result<Wanted> {
    let given = Given {
        env: &args.env,
        args: args.args.as_deref(),
        health: args.health.as_ref(),
        services: &args.services,
        memory: args.memory.as_ref(),
        publish: args.publish,
        secrets: &args.secrets,
        build_seconds: args.build_seconds,
        boot_seconds: args.boot_seconds,
        stop_seconds: None,
    };
    given.over(app)
}

/// Today in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    date(i64::try_from(since.as_secs() / 86_400).unwrap_or_default())
}

/// The date of a day, counted from 1970-01-01, by Howard Hinnant's `civil_from_days`.
fn date(days: i64) -> String {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn days_are_dates() {
        for (days, text) in
            [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_786, "2026-11-29")]
        {
            assert_eq!(date(days), text);
        }
    }
}
