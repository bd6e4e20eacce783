//! `dockgen init`: from a path to the files.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use crate::cli::Init;
use crate::digest;
use crate::exit::Exit;
use crate::facts::Facts;
use crate::interrupt;
use crate::path::RelPath;
use crate::pin::Pinning;
use crate::pipeline::{self, Change, Draft, Role, Survey};
use crate::report::{self, Wrote, json, next, next::Here, preview};
use crate::screen::look::Look;
use crate::screen::{self, Screen};
use crate::wizard::Wizard;
use crate::workspace;
use crate::write::{self, Output, Standing};

/// Reads, decides, asks open questions, shows, and writes.
pub(super) fn run(args: &Init, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    let flags = args.wanted.answers();
    let progress = Progress::new(screen.progress && !args.quiet);
    let mut survey =
        pipeline::survey(&args.wanted.path, &args.wanted.apps, &flags, &|n| progress.seen(n))?;
    if args.wanted.ask_tools {
        pipeline::confirm(&mut survey)?;
    }
    drop(progress);
    if args.pin {
        survey.pinning = Pinning::Read(digest::lookup()?);
    }
    let here = super::here(&survey, &args.wanted.path);
    let output = args.output.as_deref().map(|path| inside(&survey, path)).transpose()?;
    let talk = screen.attended && !(args.yes || args.json || args.stdout);

    let drafts = if talk {
        talk_through(
            args,
            &survey,
            &flags,
            output.as_ref(),
            &Wizard::new(&screen.err, &here, args.dry_run),
        )?
    } else {
        let chosen = survey.selection.taken.clone();
        for_one(&survey, &chosen, output.is_some() || args.stdout)?;
        pipeline::drafts(&pipeline::apps(&survey, chosen, &flags)?, output.as_ref())?
    };
    if drafts.is_empty() {
        screen.say("Nothing was written.\n");
        return Ok(Exit::Done);
    }
    if args.stdout {
        for draft in &drafts {
            screen::file("Dockerfile", &draft.dockerfile)?;
        }
        if !args.quiet {
            screen.say(
                &drafts.iter().map(|d| report::notes(d, &here, &screen.err)).collect::<String>(),
            );
        }
        return Ok(Exit::Done);
    }
    let refused = if talk || args.force { None } else { refusal(&drafts, &here) };
    if let (Some((changes, error)), false) = (&refused, args.dry_run) {
        for change in changes {
            screen.say(&preview::change(change, &here.path(&change.new.path), &screen.err));
        }
        bail!("{error}");
    }
    if !args.dry_run {
        commit(&survey, &drafts)?;
    }
    if args.json {
        screen::json(&json::written(&survey, &drafts, &here)?)?;
    } else if !args.quiet {
        let wrote = match (&refused, args.dry_run) {
            (Some(_), _) => Wrote::Refused,
            (None, true) => Wrote::Planned,
            (None, false) => Wrote::Done,
        };
        screen.print(&outcome(&survey, &drafts, &here, wrote, talk, &screen.out)?)?;
    }
    if let Some((_, error)) = refused {
        screen.fail(&error);
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

/// The applications and answers that a person chose; none if they quit.
fn talk_through(
    args: &Init,
    survey: &Survey,
    flags: &[(String, String)],
    output: Option<&RelPath>,
    wizard: &Wizard,
) -> Result<Vec<Draft>> {
    let mut chosen = survey.selection.taken.clone();
    if chosen.len() > 1 {
        chosen = wizard.choose(chosen)?;
    }
    for_one(survey, &chosen, output.is_some())?;
    let mut drafts = Vec::new();
    for mut app in pipeline::apps(survey, chosen, flags)? {
        match wizard.settle(&mut app, output, args.force || args.dry_run)? {
            Some(draft) => drafts.push(draft),
            None => return Ok(Vec::new()),
        }
    }
    Ok(drafts)
}

/// Rejects several applications where only one is possible.
fn for_one(survey: &Survey, chosen: &[Facts], one: bool) -> Result<()> {
    if one && chosen.len() > 1 {
        let names: Vec<String> =
            chosen.iter().map(|facts| facts.dir.relative_to(&survey.place.start)).collect();
        bail!(
            "--output and --stdout are for one application: add --app with one of {}",
            names.join(", ")
        );
    }
    Ok(())
}

/// `--output`, relative to the root.
fn inside(survey: &Survey, path: &Path) -> Result<RelPath> {
    let (name, folder) =
        (path.file_name(), path.parent().filter(|folder| *folder != Path::new("")));
    let name = name
        .and_then(|name| name.to_str())
        .context("--output: give the path of a file, with a UTF-8 name")?;
    let folder = folder.unwrap_or(Path::new("."));
    let folder = std::fs::canonicalize(folder).with_context(|| {
        format!("--output: the folder {} does not exist: create it first", folder.display())
    })?;
    let folder = workspace::relative(&survey.place.root, &folder)
        .context("--output: must be inside the repository")?;
    let path = folder.join(name).context("--output: must be inside the repository")?;
    write::check_output(&path).context("--output")?;
    Ok(path)
}

/// The files of a person's that a run would overwrite, and the error for them.
fn refusal<'d>(drafts: &'d [Draft], here: &Here) -> Option<(Vec<&'d Change>, String)> {
    let changes = drafts.iter().flat_map(|draft| &draft.changes);
    let refused: Vec<_> = changes.filter(|change| change.is_refused()).collect();
    let first = refused.first()?;
    let (why, merges) = match first.standing {
        Standing::Edited => {
            ("was edited after dockgen wrote it", "`dockgen update` merges what is new into it")
        }
        _ => (
            "was not written by dockgen",
            "`dockgen update --adopt` keeps it as it is and merges later changes into it",
        ),
    };
    let error = format!(
        "{} {why}; nothing was written: {merges}, --force overwrites it, --output FILE writes elsewhere, --dry-run \
         shows what would change",
        here.path(&first.new.path)
    );
    Some((refused, error))
}

fn commit(survey: &Survey, drafts: &[Draft]) -> Result<()> {
    let changed = drafts
        .iter()
        .flat_map(|draft| &draft.changes)
        .filter(|change| change.standing != Standing::Same);
    let outputs: Vec<Output> = changed.map(|change| change.new.clone()).collect();
    interrupt::writing(|| write::all(&survey.place.root, &outputs))
}

/// What was done, or would be, and the commands to type next.
///
/// `shown`: the wizard has already shown the decisions.
fn outcome(
    survey: &Survey,
    drafts: &[Draft],
    here: &Here,
    wrote: Wrote,
    shown: bool,
    look: &Look,
) -> Result<String> {
    let mut out = String::new();
    for draft in drafts {
        if !shown {
            writeln!(
                out,
                "{}{}",
                report::heading(&draft.facts, here, look),
                report::summary(draft, here, look)
            )?;
            let notes = report::notes(draft, here, look);
            if !notes.is_empty() {
                writeln!(out, "{notes}")?;
            }
        }
        if wrote != Wrote::Done {
            for change in draft
                .changes
                .iter()
                .filter(|c| c.role != Role::Pristine && c.standing != Standing::Same)
            {
                let path = here.path(&change.new.path);
                writeln!(out, "{}", look.bold(&format!("==> {path}")))?;
                writeln!(out, "{}", preview::change(change, &path, look))?;
            }
        }
        writeln!(out, "{}", report::written(&draft.changes, here, wrote, look))?;
    }
    out.push_str(&report::assumptions(&survey.selection.assumptions, look));
    out.push_str(&report::others(survey, here, look));
    if wrote != Wrote::Done {
        out.push_str("Nothing was written (--dry-run).\n");
        return Ok(out);
    }
    out.push_str("Next:\n");
    for draft in drafts {
        writeln!(out, "  {}", next::build(draft, here))?;
        if let Some(prepare) = next::prepare(draft, here) {
            writeln!(out, "  {prepare}")?;
        }
        writeln!(out, "  {}", next::run(draft, here))?;
    }
    Ok(out)
}
