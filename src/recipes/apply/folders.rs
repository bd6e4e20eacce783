//! Folders that recipes mount or own, and variables that name them.

use anyhow::Result;

use super::code::Code;
use super::{known, report, set};
use crate::code::writes::HOME;
use crate::docker::types::ContainerPath;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Program, Sourced, Strength};
use crate::path::is_at_or_below;
use crate::recipes::dockerfile::Image;
use crate::recipes::{Folder, Recipe, Run, Variable};

/// Moves a folder of the program's own to where the image's arguments lead it: with
/// `-db /data/store.db`, the program does not write its default `data/store.db`.
pub(super) fn led(program: &mut Program, words: &[String]) {
    for word in words {
        let path = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        let folder = folder_of(path);
        if !path.starts_with('/') || ContainerPath::new(folder).is_err() {
            continue;
        }
        for held in program.writable.iter_mut().filter(|held| is_moved(&held.value, folder)) {
            folder.clone_into(&mut held.value);
        }
    }
}

/// True if `path` is the relative folder `held` below another folder: `/srv/data` for `data`.
fn is_moved(held: &str, path: &str) -> bool {
    let below = held.trim_start_matches("./");
    !below.starts_with(['/', '.']) && path.strip_suffix(below).is_some_and(|p| p.ends_with('/'))
}

/// `image`: that of the repository's own Dockerfile, which the recipes start.
pub(super) fn written(program: &mut Program, runs: &[&Run], image: Option<&Image>) {
    for run in runs {
        // A folder below another user's home that a variable names is moved together with the
        // variable.
        let moved = |folder: &&Folder| {
            let names = |held: &Variable| held.value.starts_with(&folder.path);
            behind_home(&folder.path).is_some() && run.env.iter().any(names)
        };
        // Documentation leads the program to one folder in this line, and to another in that one.
        let led = |folder: &&Folder| {
            let guessed = |held: &Sourced<String>| held.strength == Strength::Guessed;
            run.by == Recipe::Docs
                && run.words.contains(&folder.path)
                && program.writable.iter().any(guessed)
        };
        let folders: Vec<&Folder> =
            run.folders.iter().filter(|folder| !moved(folder) && !led(folder)).collect();
        for folder in folders {
            let own = image.and_then(|image| beside_program(program, run, image, &folder.path));
            if let Some(own) = own {
                volume_elsewhere(program, &folder.path, own, &folder.evidence);
                let source = known(run.by, own.to_owned(), folder.evidence.clone());
                program.writable.push(source);
                continue;
            }
            let leads = run.env.iter().any(|held| held.value == folder.path);
            add_folder(program, &folder.path, known(run.by, (), folder.evidence.clone()), leads);
        }
    }
}

/// Takes back that no folder was found, if a recipe named one after the first `held`. A folder that
/// documentation mounts is only a guess, unless a variable leads the program there.
pub(super) fn settled(program: &mut Program, held: usize) {
    let leads = |folder: &str| {
        let mut values = program.env.iter().map(|var| var.value.value.as_str());
        values.any(|value| is_at_or_below(value, folder))
    };
    let new = program.writable.get(held..).unwrap_or_default();
    if new.iter().any(|one| one.strength != Strength::Guessed || leads(&one.value)) {
        program.findings.retain(|finding| finding.code != FindingCode::FolderUnknown);
    }
}

/// Reports a folder that recipes named after the first `held`, if nothing leads the program there.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn unread(program: &mut Program, held: usize, code: &Code<'_>) -> Result<()> {
    let new: Vec<Sourced<String>> = program.writable.get(held..).unwrap_or_default().to_vec();
    for folder in new.iter().filter(|folder| folder.value.starts_with('/')) {
        let path = folder.value.as_str();
        let env = program.env.iter().map(|held| held.value.value.as_str());
        let args = program.args.iter().map(|held| held.value.as_str());
        let inside = |held: &Sourced<String>| {
            held.value.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        };
        let leads = env.chain(args).any(|value| value.contains(path))
            || program.writable.iter().any(inside)
            || [HOME, "/app", "/tmp"].contains(&path);
        let said = program.findings.iter().any(|finding| finding.what.contains(path));
        if leads || said || !code.leaves_out(path)? {
            continue;
        }
        let Some(evidence) = folder.evidence.first() else { continue };
        // A page of documentation other than the README is about one of many ways to use the image.
        let name = evidence.file.file_name().to_ascii_lowercase();
        if folder.strength == Strength::Guessed && !name.starts_with("readme") {
            continue;
        }
        let what = format!(
            "the repository mounts a volume at {path}, and no code or setting that dockgen read \
             names this folder"
        );
        let fix = format!(
            "find the variable or the argument that leads the program there, and set it: --env \
             NAME={path}, or --args"
        );
        let finding = Finding::new(FindingCode::VolumeUnread, what, [evidence.clone()]);
        report(program, finding.with_fix(fix));
    }
    Ok(())
}

/// Takes a variable whose value in the other image documentation states, if the value is a folder
/// that a recipe mounts, or the variable's name says that it is a folder.
pub(super) fn documented(program: &mut Program, runs: &[&Run], stated: &[&Variable]) {
    for variable in stated {
        let value = variable.value.as_str();
        let mounted = |folder: &Folder| is_at_or_below(value, &folder.path);
        let named = ["DIR", "FOLDER", "HOME"].iter().any(|end| variable.key.ends_with(end));
        if !named && !runs.iter().flat_map(|run| &run.folders).any(mounted) {
            continue;
        }
        let source = Sourced::new((), variable.evidence.clone());
        set(program, &variable.key, value, source.clone());
        add_folder(program, folder_of(value), source, true);
    }
}

/// The part of a folder below the working directory of the other image, to which that image copies
/// the program: `/srv/shop/data` is `data` beside the program, wherever an image holds it.
fn beside_program<'p>(
    program: &Program,
    run: &Run,
    image: &Image,
    path: &'p str,
) -> Option<&'p str> {
    let workdir = image.workdir.as_deref().filter(|held| !held.is_empty() && *held != "/app")?;
    let own = path.strip_prefix(workdir)?.strip_prefix('/').filter(|own| !own.is_empty())?;
    let holds_program = image.copies.iter().any(|copied| {
        let dest = copied.dest.trim_end_matches('/');
        !copied.foreign && (dest == workdir || matches!(dest, "." | ""))
    });
    // The program is told the absolute path, or its code states it.
    let told = run.env.iter().map(|held| held.value.as_str());
    let told = told.chain(image.env.iter().map(|(_, (value, _))| value.as_str()));
    let stated = told.chain(program.writable.iter().map(|held| held.value.as_str()));
    let below = |value: &str| {
        value.strip_prefix(path).is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric()))
    };
    let known = program.writable.iter().any(|held| held.value.trim_start_matches("./") == own);
    (holds_program && !known && !stated.into_iter().any(below)).then_some(own)
}

/// The part of a path below the home of a user that does not exist in the image.
fn behind_home(path: &str) -> Option<&str> {
    let below = |home: &str| {
        let rest = path.strip_prefix(home)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    };
    if below(HOME).is_some() {
        return None;
    }
    below("/root").or_else(|| below("/home").map(|rest| rest.split_once('/').map_or("", |r| r.1)))
}

/// `leads`: a variable that the image sets too leads the program to the folder.
fn add_folder(program: &mut Program, path: &str, source: Sourced<()>, leads: bool) {
    if let Some(rest) = behind_home(path) {
        of_other_user(program, path, rest, &source);
        return;
    }
    // A pattern or a list names files, not a folder.
    if path.contains(['*', '?', ',', ';']) || ContainerPath::new(path).is_err() {
        return;
    }
    let beside = path.strip_prefix("/app/").unwrap_or(path);
    // The other image has another working directory: its `/srv/data` is `data` here.
    let moved = |held: &str| is_moved(held, path);
    let same = |held: &str| held == path || held.trim_start_matches("./") == beside || moved(held);
    let elsewhere = program.writable.iter().find(|held| same(&held.value));
    let elsewhere = elsewhere.filter(|held| moved(&held.value) && beside == path);
    let elsewhere = elsewhere.map(|held| held.value.clone());
    if let Some(held) = elsewhere.as_ref().filter(|_| leads) {
        // With the variable, the program writes there and no longer in its own folder.
        for folder in program.writable.iter_mut().filter(|folder| folder.value == *held) {
            path.clone_into(&mut folder.value);
        }
    } else if let (Some(held), Some(evidence)) = (elsewhere, source.evidence.first()) {
        volume_elsewhere(program, path, &held, evidence);
    }
    match program.writable.iter_mut().find(|held| same(&held.value)) {
        Some(held) => {
            let new = |evidence: &Evidence| !held.evidence.contains(evidence);
            if let Some(evidence) = source.evidence.into_iter().find(new) {
                *held = held.clone().agreeing(evidence);
            }
        }
        None => program.writable.push(source.map(|()| path.to_owned())),
    }
}

fn volume_elsewhere(program: &mut Program, path: &str, held: &str, evidence: &Evidence) {
    let what = format!(
        " mounts a volume at {path}, and this image's program writes {held} in its own folder"
    );
    let said = program.findings.iter_mut().find(|finding| {
        finding.code == FindingCode::VolumeElsewhere && finding.what.ends_with(&what)
    });
    if let Some(said) = said {
        if !said.evidence.contains(evidence) {
            said.evidence.push(evidence.clone());
        }
        return;
    }
    let what = format!("{}{what}", evidence.place());
    report(program, Finding::new(FindingCode::VolumeElsewhere, what, [evidence.clone()]));
}

/// A volume below another user's home. If the code writes there too, its place in the image is
/// already known.
fn of_other_user(program: &mut Program, path: &str, rest: &str, source: &Sourced<()>) {
    let moved = format!("{HOME}/{rest}");
    let inside = |held: &str| {
        held == moved
            || held.strip_prefix(&moved).is_some_and(|more| more.starts_with('/'))
            || moved.strip_prefix(held).is_some_and(|more| more.starts_with('/'))
    };
    let last = rest.rsplit('/').next().unwrap_or_default();
    let known = program
        .writable
        .iter()
        .any(|held| inside(&held.value) || held.value.rsplit('/').next() == Some(last));
    // Caches of tools belong to a developer.
    if rest.is_empty() || known || rest.starts_with(".cache") {
        return;
    }
    report(
        program,
        Finding::new(
            FindingCode::HomeOfOtherUser,
            format!(
                "a volume is mounted at {path}, in the home of a user that the image does not \
                     have"
            ),
            source.evidence.clone(),
        )
        .with_fix(format!(
            "mount the volume at {moved}, and tell the program so if it reads the folder from a \
                 variable or an argument"
        )),
    );
}

/// Takes variables whose value is a folder that a recipe mounts, or inside one.
pub(super) fn environment(program: &mut Program, runs: &[&Run]) {
    for run in runs {
        for variable in &run.env {
            let mounted = |folder: &Folder| is_at_or_below(&variable.value, &folder.path);
            if !run.folders.iter().any(mounted)
                || variable.value.contains(['$', '`', '{'])
                || is_certificate(variable)
            {
                continue;
            }
            let source = known(run.by, (), variable.evidence.clone());
            if let Some(rest) = behind_home(&variable.value) {
                // The same folder, in the home of the image's user.
                let moved = format!("{HOME}/{rest}");
                set(program, &variable.key, &moved, source.clone());
                let is_taken = |held: &Sourced<EnvVar>| {
                    held.value.key == variable.key && held.value.value == moved
                };
                if program.env.iter().any(is_taken) {
                    add_folder(program, folder_of(&moved), source, true);
                }
                continue;
            }
            set(program, &variable.key, &variable.value, source.clone());
            if folder_of(&variable.value) == variable.value {
                add_folder(program, &variable.value, source, true);
            }
        }
    }
}

/// True for a file that whoever starts the container brings: a certificate, a list of logins.
fn is_certificate(variable: &Variable) -> bool {
    const FILES: [&str; 8] = [".cer", ".crt", ".csr", ".htpasswd", ".jks", ".key", ".p12", ".pem"];
    const WORDS: [&str; 5] = ["CERT", "HTPASSWD", "KEYSTORE", "SSL", "TLS"];
    FILES.iter().any(|end| variable.value.ends_with(end))
        || variable.value.ends_with("/htpasswd")
        || WORDS.iter().any(|word| variable.key.contains(word))
}

/// The folder that a path names, or the folder of the file that it names.
fn folder_of(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    if name.trim_start_matches('.').contains('.') { folder } else { path }
}
