//! `dockgen answer`: sets and removes answers in dockgen.toml, and shows what an update makes of
//! them.

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use super::update::{self, Mode, Style};
use crate::ask::{Form, Given, Origin};
use crate::cli::Answer;
use crate::exit::Exit;
use crate::interrupt;
use crate::pipeline::{self, App, Role};
use crate::report::{self, Wrote, preview};
use crate::screen::Screen;
use crate::write::{self, Standing};

/// Checks the answers, writes dockgen.toml, and compares the files; with `--write` also updates
/// them.
pub(super) fn run(args: &Answer, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    let (path, given) = args.given()?;
    if given.is_empty() {
        bail!(
            "there is nothing to answer: give ID=VALUE, such as port=8080, or --unset ID; \
             `dockgen explain --json` lists the questions"
        );
    }
    let progress = Progress::new(screen.progress && !args.quiet);
    let survey = pipeline::survey_known(&path, &args.apps, &|n| progress.seen(n))?;
    drop(progress);
    super::whole(&survey)?;
    let here = super::here(&survey, &path);
    let taken = &survey.selection.taken;
    if taken.len() > 1 {
        let names: Vec<String> =
            taken.iter().map(|facts| facts.dir.relative_to(&survey.place.start)).collect();
        bail!("there are several applications: add --app with one of {}", names.join(", "));
    }
    let facts = taken.first().context("no application was chosen")?.clone();
    let app = App::read(&survey, facts)?.answering(&joined(given), Origin::Flag)?;
    if app.state()?.is_some() {
        let mode = if args.dry_run {
            Mode::DryRun
        } else if args.write {
            Mode::Write
        } else {
            Mode::Answers
        };
        let style = Style { mode, conflict: args.conflict(), json: args.json, quiet: args.quiet };
        return update::settle(&survey, &here, &[app], false, &style, screen);
    }
    if args.write {
        bail!(
            "dockgen has written no files for this application, so there is nothing to update: run \
             `dockgen answer` without --write, then `dockgen init`"
        );
    }
    let draft = app.draft(None)?;
    let look = &screen.out;
    let changes: Vec<_> =
        draft.changes.iter().filter(|change| change.role == Role::Config).cloned().collect();
    if !args.dry_run {
        let outputs = changes.iter().filter(|change| change.standing != Standing::Same);
        let outputs: Vec<_> = outputs.map(|change| change.new.clone()).collect();
        interrupt::writing(|| write::all(&survey.place.root, &outputs))?;
    }
    if args.json {
        let made = report::json::Made { drafts: &[draft], kept: &[], compose: None };
        crate::screen::json(&report::json::written(&survey, &made, &[], &here)?)?;
    } else if !args.quiet {
        let mut out = report::heading(&draft.facts, &here, look);
        for change in changes.iter().filter(|change| change.standing != Standing::Same) {
            let path = here.path(&change.new.path);
            out.push_str(&preview::change(change, &path, look));
        }
        out.push('\n');
        let wrote = if args.dry_run { Wrote::Planned } else { Wrote::Done };
        out.push_str(&report::written(&changes, &here, wrote, look));
        out.push_str("`dockgen init` writes the Dockerfile.\n");
        screen.print(&out)?;
    }
    Ok(Exit::Done)
}

/// Several values of one question as one answer, where its form allows it.
fn joined(given: Vec<Given>) -> Vec<Given> {
    let mut all: Vec<Given> = Vec::new();
    for (id, value) in given {
        let held = all.iter_mut().find(|(held, _)| *held == id);
        match (held, Form::of(&id), &value) {
            (Some((_, Some(text))), Form::List, Some(more)) => *text = format!("{text},{more}"),
            (Some((_, Some(text))), Form::Words, Some(more)) => *text = format!("{text} {more}"),
            (Some((_, Some(text))), Form::Commands, Some(more)) => {
                *text = format!("{text} && {more}");
            }
            (Some(slot), ..) => slot.1 = value,
            (None, ..) => all.push((id, value)),
        }
    }
    all
}
