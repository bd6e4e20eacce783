//! `dockgen verify`: checks that the Dockerfile on disk builds, starts and caches.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::display::Display;
use super::progress::Progress;
use crate::cli::Verify;
use crate::config::verify::{Edit, Proofs, Service};
use crate::exit::Exit;
use crate::interrupt;
use crate::pipeline::{self, App};
use crate::plan::split_words;
use crate::prove;
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
    for left in verify::remove_all() {
        screen.say(&format!(
            "{} could not be removed, do it by hand: {}\n",
            screen.err.yellow("warning:"),
            visible::inline(&left)
        ));
    }
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
    let here = super::here(&survey, &args.path);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &[])?;
    let subjects = apps.iter().map(|app| Subject::of(app, &here)).collect::<Result<Vec<_>>>()?;
    let engine = Engine::find()?;
    let bar = Display::new(screen, args.quiet);
    bar.line(&visible::inline(&format!("engine: {}", engine.title())));
    for thing in verify::sweep(&engine)? {
        bar.line(&visible::inline(&format!("removed what a killed run left: {thing}")));
    }
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
    let mut file = app.verify().clone();
    // If a flag is given, the file's value is not checked.
    file.memory = file.memory.filter(|_| args.memory.is_none());
    file.build_seconds = file.build_seconds.filter(|_| args.build_seconds.is_none());
    file.boot_seconds = file.boot_seconds.filter(|_| args.boot_seconds.is_none());
    file.stop_seconds = file.stop_seconds.filter(|_| args.stop_seconds.is_none());
    let mut wanted = Wanted::of(&file);
    wanted.env.extend(args.env.iter().cloned());
    if let Some(words) = &args.args {
        wanted.args = Some(split_words(words)?);
    }
    wanted.health = args.health.clone().or(wanted.health);
    if !args.expect.is_empty() {
        wanted.expect.clone_from(&args.expect);
    }
    for (name, image) in &args.services {
        let known = wanted.services.remove(name).unwrap_or_default();
        wanted.services.insert(name.clone(), Service { image: image.clone(), ..known });
    }
    prove::complete(&mut wanted)?;
    wanted.memory = args.memory.clone().unwrap_or(wanted.memory);
    wanted.publish = args.publish;
    wanted.secrets = args.secrets.iter().map(|secret| from_here(secret)).collect::<Result<_>>()?;
    let time = |given: Option<u64>, held| given.map_or(held, Duration::from_secs);
    wanted.build = time(args.build_seconds, wanted.build);
    wanted.boot = time(args.boot_seconds, wanted.boot);
    wanted.stop = time(args.stop_seconds, wanted.stop);
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

/// A secret with its file as an absolute path, because the engine's command runs in another folder.
pub(super) fn from_here(secret: &str) -> Result<String> {
    let field = |field: &str| match field.split_once('=') {
        Some((name @ ("src" | "source"), path)) => {
            let path = std::path::absolute(path)
                .with_context(|| format!("--secret {secret}: no such path"))?;
            Ok(format!("{name}={}", path.display()))
        }
        _ => Ok(field.to_owned()),
    };
    Ok(secret.split(',').map(field).collect::<Result<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_secrets_are_named_from_here() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            from_here("id=a,src=x/y").unwrap(),
            format!("id=a,src={}", here.join("x/y").display())
        );
        assert_eq!(from_here("id=a,env=TOKEN").unwrap(), "id=a,env=TOKEN");
        assert_eq!(from_here("id=a,source=/x").unwrap(), "id=a,source=/x");
    }
}
