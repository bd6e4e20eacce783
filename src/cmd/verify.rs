//! `dockgen verify`: checks that the Dockerfile on disk builds, starts and caches.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::display::Display;
use super::progress::Progress;
use super::runs::{Given, left_behind, ready};
use crate::cli::Verify;
use crate::config::verify::{Edit, Proofs};
use crate::exit::Exit;
use crate::interrupt;
use crate::pipeline::{self, App};
use crate::screen::{self, Screen, visible};
use crate::verify::{self, Engine, Proof, Subject, Wanted, page, report};

/// Builds, inspects, starts, requests, stops and reports.
pub(super) fn run(args: &Verify, screen: &Screen) -> Result<Exit> {
    interrupt::install()?;
    interrupt::before_end(verify::abandon, "interrupted; what was started is removed again");
    if let Some(path) = &args.report {
        plain_place(path, &args.path)?;
    }
    let outcome = proofs(args, screen);
    left_behind(screen);
    let (engine, proofs) = outcome?;
    if let Some(path) = &args.report {
        let text = page::page(&engine.title(), &proofs);
        plain_place(path, &args.path)?;
        save(path, &text)?;
    }
    if args.json {
        screen::json(&report::json(&engine, &proofs)?)?;
    } else {
        let look = &screen.out;
        screen.print(
            &proofs.iter().map(|proof| report::text(proof, look)).collect::<Vec<_>>().join("\n"),
        )?;
    }
    Ok(if proofs.iter().all(|proof| proof.proved) { Exit::Done } else { Exit::Differs })
}

/// Rejects a path for the report that is a symlink, or is behind one that may be the repository's.
fn plain_place(path: &Path, repository: &Path) -> Result<()> {
    let mut way = PathBuf::new();
    let (named, repository) = (path.is_absolute(), std::path::absolute(repository)?);
    for part in path.components() {
        way.push(part);
        let last = way == path;
        // A folder in an absolute path is the person's own, up to the repository.
        let mine = named && (way == repository || !way.starts_with(&repository));
        let data = std::fs::symlink_metadata(&way).ok().filter(|_| last || !mine);
        if data.as_ref().is_some_and(|data| data.file_type().is_symlink()) {
            bail!(
                "--report: {} is a symlink, and dockgen does not write through one: name another file",
                way.display()
            );
        }
        if last && data.is_some_and(|data| !data.is_file()) {
            bail!("--report: {} is a folder or a special file: name another file", way.display());
        }
    }
    Ok(())
}

/// Writes the report to a temporary file and renames it, so that a reader finds the old or the new
/// one.
fn save(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let write = || -> Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".dockgen-");
        // A temporary file is private by default, a report is not. The umask applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("--report: cannot write {}", path.display()))
}

fn proofs(args: &Verify, screen: &Screen) -> Result<(Engine, Vec<Proof>)> {
    let progress = Progress::new(screen.progress && !args.quiet);
    let survey = pipeline::survey_known(&args.path, &args.apps, &|n| progress.seen(n))?;
    drop(progress);
    super::whole(&survey)?;
    let here = super::here(&survey, &args.path);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &[])?;
    let subjects = apps.iter().map(|app| Subject::of(app, &here)).collect::<Result<Vec<_>>>()?;
    let engine = Engine::find()?;
    let bar = Display::new(screen, args.quiet);
    ready(&engine, &bar)?;
    let mut proofs = Vec::new();
    for subject in &subjects {
        bar.line(&visible::inline(&format!("verifying {}", subject.shown)));
        let wanted = wanted(args, subject.app)?;
        let proof = verify::prove(&engine, subject, &wanted, &|event| bar.show(event));
        proofs.push(proof.with_context(|| subject.shown.clone())?);
    }
    Ok((engine, proofs))
}

/// The settings: flags first, then dockgen.toml.
fn wanted(args: &Verify, app: &App) -> Result<Wanted> {
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
        stop_seconds: args.stop_seconds,
    };
    let mut wanted = given.over(app)?;
    if !args.expect.is_empty() {
        wanted.expect.clone_from(&args.expect);
    }
    wanted.budget_mb = args.budget_mb.or(wanted.budget_mb);
    wanted.max_changed_mb = args.max_changed_mb.or(wanted.max_changed_mb);
    if let Some(file) = &args.edit {
        wanted.edit = Some(Edit { file: file.clone(), from: None, to: None });
    }
    let named = |proof: &str| args.caching.iter().any(|held| held == proof);
    wanted.caching = Proofs {
        source: named("source") || args.max_changed_mb.is_some(),
        dependency: named("dependency"),
        cold: named("cold"),
    };
    wanted.bases = args.bases;
    Ok(wanted)
}
