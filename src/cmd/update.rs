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
use crate::pipeline::{self, Role, Survey};
use crate::report::drift::{self, Compared};
use crate::report::{self, Wrote, next::Here, preview};
use crate::screen::look::Look;
use crate::screen::{self, Screen, visible};
use crate::update::{self, Review, Settled};
use crate::write::{self, Output};

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
    let reviews =
        apps.iter().map(|app| update::review(app, args.adopt)).collect::<Result<Vec<_>>>()?;
    let how = args.conflict();
    let settled = reviews.iter().map(|review| review.settle(how)).collect::<Result<Vec<_>>>()?;
    // All applications or none: a half-updated repository is hard to review.
    let refused = settled
        .iter()
        .any(|one| one.as_ref().is_none_or(|one| how == Conflict::Refuse && one.is_broken()));
    let pairs: Vec<(&Review, Option<&Settled>)> =
        reviews.iter().zip(settled.iter().map(Option::as_ref)).collect();
    if !refused && !args.dry_run {
        let outputs: Vec<Output> = pairs
            .iter()
            .filter_map(|(review, settled)| settled.map(|one| review.outputs(one)))
            .flatten()
            .collect();
        interrupt::writing(|| write::all(&survey.place.root, &outputs))?;
    }
    if args.json {
        let compared: Vec<Compared> =
            reviews.iter().map(|review| Compared { review, violations: &[] }).collect();
        screen::json(&drift::json(&survey, &compared)?)?;
    } else if !args.quiet {
        let look = &screen.out;
        for (review, settled) in &pairs {
            screen.print(&told(review, *settled, &here, args.dry_run || refused, look))?;
        }
        screen.print(&closing(&survey, &here, args.dry_run && !refused, look))?;
    }
    if !refused {
        let marked = how == Conflict::Markers && reviews.iter().any(|review| !review.is_clean());
        if marked && !args.dry_run {
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
    dry_run: bool,
    look: &Look,
) -> String {
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
    let Some(settled) = settled else {
        out.push('\n');
        out.push_str(&drift::conflicts(review, here, look));
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
    let wrote = if dry_run { Wrote::Planned } else { Wrote::Done };
    let answers: Vec<_> =
        review.draft.changes.iter().filter(|change| change.role == Role::Config).cloned().collect();
    outcome.push_str(&report::written(&answers, here, wrote, look));
    if review.adopted {
        outcome.push_str(
            "Later changes are merged into it; `dockgen init --dry-run` shows how it differs from dockgen's.\n",
        );
    }
    out + "\n" + &outcome + "\n"
}

/// The closing lines, about all applications.
fn closing(survey: &Survey, here: &Here, dry_run: bool, look: &Look) -> String {
    let mut out = report::others(survey, here, look);
    if dry_run {
        out.push_str("Nothing was written (--dry-run).\n");
    }
    out
}
