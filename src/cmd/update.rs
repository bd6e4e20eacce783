//! `dockgen update`: detects again, and merges changes into the files. Hand edits are kept.

use std::fmt::Write;

use anyhow::Result;

use super::progress::Progress;
use crate::cli::Update;
use crate::digest;
use crate::exit::Exit;
use crate::facts::FindingCode;
use crate::interrupt;
use crate::merge::Conflict;
use crate::pin::Pinning;
use crate::pipeline::{self, App, Role, Survey};
use crate::report::drift::{self, Compared};
use crate::report::{self, Wrote, next::Here, preview};
use crate::screen::look::Look;
use crate::screen::{self, Screen, visible};
use crate::update::{self, Review, Settled};
use crate::write::{self, Output, Standing};

/// Compares, reports what changed, merges and writes.
pub(super) fn run(args: &Update, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    let flags = args.wanted.answers();
    let progress = Progress::new(screen.progress && !args.quiet);
    let mut survey =
        pipeline::survey_known(&args.wanted.path, &args.wanted.apps, &|n| progress.seen(n))?;
    drop(progress);
    survey.pinning = match (args.pin, args.unpin) {
        (true, _) => Pinning::Read(digest::lookup()?),
        (_, true) => Pinning::Drop,
        _ => Pinning::Keep,
    };
    let here = super::here(&survey, &args.wanted.path);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &flags)?;
    let mode = if args.dry_run { Mode::DryRun } else { Mode::Write };
    let style = Style { mode, conflict: args.conflict(), json: args.json, quiet: args.quiet };
    let exit = settle(&survey, &here, &apps, args.adopt, &style, screen)?;
    Ok(super::exit(&survey, &here, screen, exit))
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// All files.
    Write,
    /// The answers in dockgen.toml alone.
    Answers,
    /// Nothing.
    DryRun,
}

/// What is written and printed.
pub(super) struct Style {
    pub(super) mode: Mode,
    pub(super) conflict: Conflict,
    pub(super) json: bool,
    pub(super) quiet: bool,
}

/// Compares the applications with their files, merges, reports and writes.
///
/// # Errors
/// If an application has no files to update, or nothing can be generated.
pub(super) fn settle(
    survey: &Survey,
    here: &Here,
    apps: &[App],
    adopt: bool,
    style: &Style,
    screen: &Screen,
) -> Result<Exit> {
    let reviews = apps.iter().map(|app| update::review(app, adopt)).collect::<Result<Vec<_>>>()?;
    let how = style.conflict;
    let settled = reviews.iter().map(|review| review.settle(how)).collect::<Result<Vec<_>>>()?;
    // All applications or none: a half-updated repository is hard to review.
    let refused = settled
        .iter()
        .any(|one| one.as_ref().is_none_or(|one| how == Conflict::Refuse && one.is_broken()));
    let pairs: Vec<(&Review, Option<&Settled>)> =
        reviews.iter().zip(settled.iter().map(Option::as_ref)).collect();
    let outputs: Vec<Output> = match style.mode {
        Mode::Write if !refused => pairs
            .iter()
            .filter_map(|(review, settled)| settled.map(|one| review.outputs(one)))
            .flatten()
            .collect(),
        Mode::Answers => reviews.iter().flat_map(Review::answers).collect(),
        Mode::Write | Mode::DryRun => Vec::new(),
    };
    if style.mode == Mode::Answers || style.mode == Mode::Write && !refused {
        interrupt::writing(|| write::all(&survey.place.root, &outputs))?;
    }
    if style.json {
        let compared: Vec<Compared> =
            reviews.iter().map(|review| Compared { review, violations: &[] }).collect();
        screen::json(&drift::json(survey, &compared)?)?;
    } else if !style.quiet {
        let mode = if refused && style.mode == Mode::Write { Mode::DryRun } else { style.mode };
        for (review, settled) in &pairs {
            screen.print(&told(review, *settled, here, mode, &screen.out))?;
        }
        let mode = if refused && style.mode == Mode::DryRun { Mode::Write } else { style.mode };
        let drifted = reviews.iter().any(Review::is_drifted);
        screen.print(&closing(survey, here, mode, drifted, &screen.out))?;
    }
    if style.mode == Mode::Answers {
        return Ok(Exit::Done);
    }
    if !refused {
        let marked = how == Conflict::Markers && reviews.iter().any(|review| !review.is_clean());
        if marked && style.mode == Mode::Write {
            screen.say(
                "settle the lines between the markers (<<<<<<< to >>>>>>>), then run `dockgen check`\n",
            );
        }
        return Ok(if marked { Exit::Differs } else { Exit::Done });
    }
    screen.say(&format!(
        "{} nothing was written: {}\n",
        screen.err.red("error:"),
        if settled.iter().any(Option::is_none) {
            "you and dockgen changed the same lines; --conflict=ours keeps yours there, --conflict=theirs takes dockgen's, \
             --conflict=markers writes both for you to settle"
        } else {
            "your edits and the new output do not fit together (see the rules above); change the lines that they name, or \
             take the result as it is with --conflict=ours"
        }
    ));
    Ok(Exit::Differs)
}

/// What happened to an application, or would.
fn told(
    review: &Review,
    settled: Option<&Settled>,
    here: &Here,
    mode: Mode,
    look: &Look,
) -> String {
    let dry_run = mode != Mode::Write;
    let mut out = report::heading(&review.draft.facts, here, look);
    out.push_str(&drift::reasons(&Compared { review, violations: &[] }, here, look));
    let unread: Vec<_> = review
        .draft
        .findings
        .iter()
        .filter(|finding| {
            matches!(finding.code, FindingCode::PinUnread | FindingCode::TemplateOverride)
        })
        .cloned()
        .collect();
    out.push_str(&report::findings(&unread, here, look));
    let answers: Vec<_> =
        review.draft.changes.iter().filter(|change| change.role == Role::Config).cloned().collect();
    let wrote = if mode == Mode::DryRun { Wrote::Planned } else { Wrote::Done };
    let answered = report::written(&answers, here, wrote, look);
    if mode == Mode::Answers {
        for change in answers.iter().filter(|change| change.standing != Standing::Same) {
            let path = here.path(&change.new.path);
            writeln!(out, "\n{}", preview::change(change, &path, look).trim_end()).ok();
        }
    }
    let Some(settled) = settled else {
        out.push('\n');
        out.push_str(&drift::conflicts(review, here, look));
        if mode == Mode::Answers {
            writeln!(out, "\n{answered}").ok();
        }
        return out + "\n";
    };
    for violation in &settled.broken {
        let text = visible::inline(&violation.to_string());
        writeln!(out, "{} {text}", look.red("merged")).ok();
    }
    let mut outcome = String::new();
    for (file, text) in review.files.iter().zip(&settled.texts) {
        let path = here.path(&file.path);
        let word = match &file.disk {
            _ if review.adopted && file.disk.as_ref() == Some(text) => {
                if dry_run {
                    look.yellow("to adopt")
                } else {
                    look.green("adopted")
                }
            }
            Some(disk) if disk == text => look.dim("unchanged"),
            disk => {
                let shown = preview::texts(disk.as_deref(), text, &path, look);
                writeln!(out, "\n{}", shown.trim_end()).ok();
                match (disk, dry_run) {
                    (None, false) => look.green("wrote"),
                    (None, true) => look.green("new"),
                    (_, false) => look.green("updated"),
                    (_, true) => look.yellow("changed"),
                }
            }
        };
        let pad = " ".repeat(10_usize.saturating_sub(console::measure_text_width(&word)));
        writeln!(outcome, "{word}{pad}{path}").ok();
    }
    outcome.push_str(&answered);
    if review.adopted {
        outcome.push_str(
            "It stays as it is: `dockgen check` says when the repository moves past it, and `dockgen update` changes only \
             lines that are dockgen's too. `dockgen init --dry-run` shows how it differs from dockgen's.\n",
        );
    }
    out + "\n" + &outcome + "\n"
}

/// The closing lines, about all applications.
fn closing(survey: &Survey, here: &Here, mode: Mode, drifted: bool, look: &Look) -> String {
    let mut out = report::others(survey, here, look);
    match mode {
        Mode::DryRun => out.push_str("Nothing was written (--dry-run).\n"),
        Mode::Answers if drifted => {
            out.push_str("Only the answers were written: `dockgen update` changes the files.\n");
        }
        Mode::Answers => out.push_str("The files need no change.\n"),
        Mode::Write => {}
    }
    out
}
