//! `dockgen init`: from a path to the files.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::progress::Progress;
use crate::cli::Init;
use crate::compose;
use crate::digest;
use crate::exit::Exit;
use crate::facts::Facts;
use crate::interrupt;
use crate::path::RelPath;
use crate::pin::Pinning;
use crate::pipeline::{self, App, Change, Draft, Role, Survey};
use crate::report::{self, Wrote, beside, json, next, next::Here, preview};
use crate::screen::look::Look;
use crate::screen::{self, Screen};
use crate::wizard::{Among, Settled, Wizard};
use crate::workspace;
use crate::write::{self, Output, Standing};

/// Reads, decides, asks open questions, shows, and writes.
pub(super) fn run(args: &Init, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    let flags = args.wanted.answers();
    let progress = screen.progress && !args.quiet;
    let mut survey = self::survey(args, &args.wanted.apps, &flags, progress)?;
    let here = super::here(&survey, &args.wanted.path);
    let output = args.output.as_deref().map(|path| inside(&survey, path)).transpose()?;
    let talk = screen.attended && !(args.yes || args.json || args.stdout);

    let mut compose = args.compose;
    let wizard = Wizard::new(&screen.err, &here, args.dry_run);
    let drafts = if talk {
        let mut chosen = survey.selection.taken.clone();
        if chosen.len() > 1 {
            chosen = wizard.choose(chosen)?;
        }
        let output = output.as_ref();
        loop {
            match talk_through(args, &survey, &chosen, &flags, output, &wizard, &mut compose)? {
                Talked::Drafts(drafts) => break drafts,
                Talked::Programs(folders) => {
                    let start = &survey.place.start;
                    let named: Vec<String> =
                        folders.iter().map(|folder| folder.relative_to(start)).collect();
                    survey = self::survey(args, &named, &flags, progress)?;
                    chosen.clone_from(&survey.selection.taken);
                }
            }
        }
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
    let forced = talk || args.force;
    let (drafts, kept) = if forced { (drafts, Vec::new()) } else { apart(drafts) };
    let compose = compose.then(|| compose::of(&survey, &drafts)).transpose()?;
    let refused = refusal(&drafts, compose.as_ref(), forced, &here);
    if let (Some((changes, error)), false) = (&refused, args.dry_run) {
        for change in changes {
            screen.say(&preview::change(change, &here.path(&change.new.path), &screen.err));
        }
        for draft in &drafts {
            screen.say(&report::told(draft, &here, &screen.err));
            screen.say(&beside::table(draft, &here, &screen.err));
        }
        bail!("{error}");
    }
    if !args.dry_run {
        commit(&survey, &drafts, compose.as_ref())?;
    }
    let own = refused.iter().map(|(_, error)| error.clone());
    let left = kept.iter().filter_map(|draft| left(draft, &here));
    let failures: Vec<String> = own.chain(left).chain(super::unread(&survey, &here)).collect();
    if args.json {
        let all = json::Made { drafts: &drafts, kept: &kept, compose: compose.as_ref() };
        screen::json(&json::written(&survey, &all, &failures, &here)?)?;
    } else if !args.quiet {
        let wrote = match (&refused, args.dry_run) {
            (Some(_), _) => Wrote::Refused,
            (None, true) => Wrote::Planned,
            (None, false) => Wrote::Done,
        };
        let compose = compose.as_ref();
        let told = outcome(&survey, &drafts, compose, &here, wrote, talk, &screen.out)?;
        screen.print(&(not_written(&kept, &here, &screen.out) + &told))?;
    }
    if !failures.is_empty() {
        for failure in &failures {
            screen.fail(failure);
        }
        return Ok(Exit::Failed);
    }
    if talk && !args.dry_run {
        return super::prove::offer(&args.wanted.path, &args.wanted.apps, &wizard, screen);
    }
    Ok(Exit::Done)
}

/// The drafts to write, and those whose Dockerfile is a person's. Where all are a person's, none is
/// set apart: then the run as a whole is refused.
fn apart(drafts: Vec<Draft>) -> (Vec<Draft>, Vec<Draft>) {
    let is_kept = |draft: &Draft| draft.changes.iter().any(Change::is_refused);
    if drafts.iter().all(is_kept) {
        return (drafts, Vec::new());
    }
    drafts.into_iter().partition(|draft| !is_kept(draft))
}

/// What would be written for the applications that were set apart, beside what is there.
fn not_written(kept: &[Draft], here: &Here, look: &Look) -> String {
    let one = |draft: &Draft| {
        let (told, table) = (report::told(draft, here, look), beside::table(draft, here, look));
        let files = report::written(&draft.changes, here, Wrote::Refused, look);
        format!("{told}\n{table}\n{files}\n")
    };
    kept.iter().map(one).collect()
}

/// Why nothing was written for an application that was set apart.
fn left(draft: &Draft, here: &Here) -> Option<String> {
    let change = draft.changes.iter().find(|change| change.is_refused())?;
    Some(why_kept(change, "nothing was written for this application", here))
}

/// The repository with its applications, as the flags ask for them.
fn survey(
    args: &Init,
    apps: &[String],
    flags: &[(String, String)],
    progress: bool,
) -> Result<Survey> {
    let progress = Progress::new(progress);
    let mut survey = pipeline::survey(&args.wanted.path, apps, flags, &|n| progress.seen(n))?;
    drop(progress);
    if args.wanted.ask_tools {
        pipeline::confirm(&mut survey)?;
    }
    if args.pin {
        survey.pinning = Pinning::Read(digest::lookup()?);
    }
    Ok(survey)
}

/// What a conversation ended with.
enum Talked {
    /// The files to write; none if the person quit.
    Drafts(Vec<Draft>),
    /// The folders of programs that get an image each, in place of the module that holds them.
    Programs(Vec<RelPath>),
}

/// What a person chose. `compose` says whether
/// compose.yaml is written too.
fn talk_through(
    args: &Init,
    survey: &Survey,
    chosen: &[Facts],
    flags: &[(String, String)],
    output: Option<&RelPath>,
    wizard: &Wizard,
    compose: &mut bool,
) -> Result<Talked> {
    for_one(survey, chosen, output.is_some())?;
    let mut drafts = Vec::new();
    let mut apps = pipeline::apps(survey, chosen.to_vec(), flags)?;
    let several = apps.len() > 1;
    let one_file = several || output.is_some() || !flags.is_empty();
    for at in 0..apps.len() {
        // Flags are about the one program that the module's own image starts.
        let apart = if one_file {
            Vec::new()
        } else {
            pipeline::programs_apart(&survey.repo, &apps[at].facts)
        };
        let among = Among { after: apps.len() - at - 1, several, apart: &apart };
        let force = args.force || args.dry_run;
        match wizard.settle(&mut apps[at], output, force, compose, among)? {
            Settled::Write(draft) => drafts.push(*draft),
            Settled::LeftOut => {}
            Settled::Programs(folders) => return Ok(Talked::Programs(folders)),
            Settled::Quit => return Ok(Talked::Drafts(Vec::new())),
            Settled::WriteAll(draft) => {
                drafts.push(*draft);
                drafts.extend(accepted(&apps[at + 1..], force, wizard)?);
                break;
            }
        }
    }
    Ok(Talked::Drafts(drafts))
}

/// The drafts of applications that a person accepts unseen. One that cannot be planned, or whose
/// Dockerfile is a person's, is left out, and the others are kept.
fn accepted(apps: &[App], force: bool, wizard: &Wizard) -> Result<Vec<Draft>> {
    let mut drafts = Vec::new();
    for app in apps {
        let drafted = app.draft(None).and_then(|draft| {
            let kept = draft.changes.iter().find(|change| change.is_refused() && !force);
            match kept {
                Some(change) => bail!("{} was not written by dockgen", change.new.path),
                None => Ok(draft),
            }
        });
        match drafted {
            Ok(draft) => drafts.push(draft),
            Err(error) => {
                let folder = &app.facts.dir;
                wizard.complain(&error.context(format!("{folder} is left out")))?;
            }
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
/// `forced`: Dockerfiles may be overwritten. A compose file never is.
fn refusal<'d>(
    drafts: &'d [Draft],
    compose: Option<&'d Change>,
    forced: bool,
    here: &Here,
) -> Option<(Vec<&'d Change>, String)> {
    let changes = drafts.iter().flat_map(|draft| &draft.changes).filter(|_| !forced);
    let refused: Vec<_> = changes.chain(compose).filter(|change| change.is_refused()).collect();
    let first = refused.first()?;
    if first.role == Role::Compose {
        let error = format!(
            "{} exists, and dockgen changes no compose file that is there; nothing was written: leave out --compose, or \
             move the file away; --dry-run shows what dockgen would write",
            here.path(&first.new.path)
        );
        return Some((refused, error));
    }
    let error = why_kept(first, "nothing was written", here);
    Some((refused, error))
}

/// Why a Dockerfile of a person's is kept, and what can be done instead.
fn why_kept(change: &Change, so: &str, here: &Here) -> String {
    let (why, merges) = match change.standing {
        Standing::Edited => {
            ("was edited after dockgen wrote it", "`dockgen update` merges what is new into it")
        }
        _ => (
            "was not written by dockgen",
            "`dockgen update --adopt` keeps it as it is, and `dockgen check` then says when it falls behind the \
             repository; `dockgen init` in a terminal takes over its ports, volumes and variables",
        ),
    };
    format!(
        "{} {why}; {so}: {merges}, --force overwrites it, --output Dockerfile.dockgen writes beside it",
        here.path(&change.new.path)
    )
}

fn commit(survey: &Survey, drafts: &[Draft], compose: Option<&Change>) -> Result<()> {
    let changed = drafts
        .iter()
        .flat_map(|draft| &draft.changes)
        .chain(compose)
        .filter(|change| change.standing != Standing::Same);
    let outputs: Vec<Output> = changed.map(|change| change.new.clone()).collect();
    interrupt::writing(|| write::all(&survey.place.root, &outputs))
}

/// What is said of the folder that dockgen makes beside the Dockerfile.
const REMEMBERED: &str =
    "Commit .dockgen/ with the files: `dockgen update` keeps your edits by what it remembers.\n\n";

/// What was done, or would be, and the commands to type next.
///
/// `shown`: the wizard has already shown the decisions.
fn outcome(
    survey: &Survey,
    drafts: &[Draft],
    compose: Option<&Change>,
    here: &Here,
    wrote: Wrote,
    shown: bool,
    look: &Look,
) -> Result<String> {
    let mut out = String::new();
    for draft in drafts {
        if !shown {
            writeln!(out, "{}", report::told(draft, here, look))?;
        }
        if wrote == Wrote::Refused {
            let table = beside::table(draft, here, look);
            if !table.is_empty() {
                writeln!(out, "{table}")?;
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
    if let Some(change) = compose {
        if wrote != Wrote::Done && change.standing != Standing::Same {
            let path = here.path(&change.new.path);
            writeln!(out, "{}", look.bold(&format!("==> {path}")))?;
            writeln!(out, "{}", preview::change(change, &path, look))?;
        }
        writeln!(out, "{}", report::written(std::slice::from_ref(change), here, wrote, look))?;
    }
    out.push_str(&report::assumptions(&survey.selection.assumptions, look));
    out.push_str(&report::others(survey, here, look));
    if wrote != Wrote::Done {
        out.push_str("Nothing was written (--dry-run).\n");
        return Ok(out);
    }
    let is_first =
        |change: &Change| change.role == Role::Pristine && change.standing == Standing::New;
    if drafts.iter().flat_map(|draft| &draft.changes).any(is_first) {
        out.push_str(REMEMBERED);
    }
    out.push_str("Next:\n");
    if compose.is_some() {
        for prepare in drafts.iter().filter_map(|draft| next::prepare(draft, here)) {
            writeln!(out, "  {prepare}")?;
        }
        writeln!(out, "  {}", next::compose(here))?;
        return Ok(out);
    }
    let mut published = next::Published::default();
    for draft in drafts {
        writeln!(out, "  {}", next::build(draft, here))?;
        if let Some(prepare) = next::prepare(draft, here) {
            writeln!(out, "  {prepare}")?;
        }
        writeln!(out, "  {}", next::run(draft, here, &mut published))?;
    }
    Ok(out)
}
