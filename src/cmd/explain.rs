//! `dockgen explain`: every decision with its evidence.

use std::fmt::Write;

use anyhow::Result;

use super::progress::Progress;
use crate::cli::Explain;
use crate::exit::Exit;
use crate::pipeline;
use crate::report::{self, json};
use crate::screen::{self, Screen};

/// Decides as `init --yes` would, and shows the decisions.
pub(super) fn run(args: &Explain, screen: &Screen) -> Result<Exit> {
    let flags = args.wanted.answers();
    let progress = Progress::new(screen.progress);
    let (path, apps) = (&args.wanted.path, &args.wanted.apps);
    // From a folder inside an application too, as `check` and `update`.
    let mut survey =
        pipeline::survey(path, apps, &flags, &|n| progress.seen(n)).or_else(|error| {
            pipeline::survey_known(path, apps, &|n| progress.seen(n)).map_err(|_| error)
        })?;
    if args.wanted.ask_tools {
        pipeline::confirm(&mut survey)?;
    }
    drop(progress);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &flags)?;
    let drafts = pipeline::drafts(&apps, None)?;
    let here = super::here(&survey, &args.wanted.path);
    if args.json {
        screen::json(&json::explained(&survey, &drafts)?)?;
        return Ok(super::exit(&survey, &here, screen, Exit::Done));
    }
    let look = &screen.out;
    let mut out = String::new();
    for draft in &drafts {
        writeln!(out, "{}", report::heading(&draft.facts, &here, look))?;
        out.push_str(&report::decisions(&draft.plan.decisions, &here, look));
        writeln!(out, "{}", report::context(&draft.context, look))?;
        let notes = report::notes(draft, &here, look);
        if !notes.is_empty() {
            writeln!(out, "{notes}")?;
        }
    }
    out.push_str(&report::assumptions(&survey.selection.assumptions, look));
    out.push_str(&report::others(&survey, &here, look));
    screen.print(&format!("{}\n", out.trim_end()))?;
    Ok(super::exit(&survey, &here, screen, Exit::Done))
}
