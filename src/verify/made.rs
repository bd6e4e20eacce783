//! Registers what this process creates in the engine and on disk, so that all of it is removed: at
//! the end, on a failure and on Ctrl-C. Nothing else is removed, and a name is registered before
//! the thing is created.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::interrupt::Interrupted;

/// Time limit of one removal.
const REMOVAL: Duration = Duration::from_secs(30);

/// A created thing, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A container, with its anonymous volumes.
    Container(String),
    /// A network.
    Network(String),
    /// An image.
    Image(String),
    /// The builder's cache mounts whose ids begin with this text.
    CacheMounts(String),
    /// A folder on this machine.
    Folder(PathBuf),
}

#[derive(Debug, Default)]
struct Made {
    /// Set on Ctrl-C: nothing more may be created.
    closed: bool,
    /// The created things, with the engine's program.
    things: Vec<(PathBuf, Thing)>,
    /// Running commands.
    children: Vec<u32>,
}

static MADE: Mutex<Made> =
    Mutex::new(Made { closed: false, things: Vec::new(), children: Vec::new() });

fn made() -> MutexGuard<'static, Made> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Registers a thing before it is created.
///
/// # Errors
/// After Ctrl-C.
pub(super) fn list(program: &Path, thing: Thing) -> Result<()> {
    let mut made = made();
    if made.closed {
        return Err(Interrupted.into());
    }
    made.things.push((program.to_owned(), thing));
    Ok(())
}

/// Fails after Ctrl-C, when the result of a command no longer matters.
pub(super) fn go_on() -> Result<()> {
    if made().closed { Err(Interrupted.into()) } else { Ok(()) }
}

/// Registers a started command, which is killed on Ctrl-C.
pub(super) fn began(child: u32) -> Result<()> {
    let mut made = made();
    made.children.push(child);
    if made.closed { Err(Interrupted.into()) } else { Ok(()) }
}

/// Unregisters a command that ended.
pub(super) fn ended(child: u32) {
    made().children.retain(|held| *held != child);
}

/// Removes a thing. On failure, returns what is left and the command to remove it.
pub(super) fn remove(program: &Path, thing: &Thing) -> Option<String> {
    let left = undo(program, thing).err().map(|why| format!("{}: {why}", by_hand(program, thing)));
    // If it could not be removed, it stays registered, and the end of the run tries again.
    if left.is_none() {
        made().things.retain(|(_, held)| held != thing);
    }
    left
}

/// Removes everything registered. Returns what is left, with the commands to remove it.
pub fn remove_all() -> Vec<String> {
    let mut things = std::mem::take(&mut made().things);
    // Containers come before the networks and images that they use.
    things.sort_by(|(_, a), (_, b)| a.cmp(b));
    things.iter().filter_map(|(program, thing)| remove(program, thing)).collect()
}

/// Ends an interrupted run: kills commands, then removes everything registered.
pub fn abandon() {
    let children = {
        let mut made = made();
        made.closed = true;
        made.children.clone()
    };
    for child in children {
        kill(child);
    }
    let again = made().things.clone();
    remove_all();
    // The engine may have received a request right before the command was killed.
    std::thread::sleep(Duration::from_millis(300));
    for (program, thing) in again {
        remove(&program, &thing);
    }
}

/// Kills a command with its children: each command has its own process group.
#[cfg(unix)]
pub(super) fn kill(child: u32) {
    let pid = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        rustix::process::kill_process_group(pid, rustix::process::Signal::KILL).ok();
    }
}

#[cfg(not(unix))]
pub(super) fn kill(child: u32) {
    Command::new("taskkill").args(["/T", "/F", "/PID", &child.to_string()]).output().ok();
}

fn words(thing: &Thing) -> Option<Vec<String>> {
    let words: &[&str] = match thing {
        Thing::Container(name) => &["rm", "-f", "-v", name],
        Thing::Network(name) => &["network", "rm", name],
        Thing::Image(name) => &["image", "rm", "-f", name],
        Thing::CacheMounts(_) | Thing::Folder(_) => return None,
    };
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

/// The command to type if a thing could not be removed.
fn by_hand(program: &Path, thing: &Thing) -> String {
    let program = program
        .file_name()
        .map_or_else(|| program.to_string_lossy(), |name| name.to_string_lossy());
    match (words(thing), thing) {
        (Some(words), _) => format!("{program} {}", words.join(" ")),
        (None, Thing::Folder(path)) => format!("rm -r {}", path.display()),
        (None, Thing::CacheMounts(marker)) => {
            format!("{program} buildx du --verbose (records with {marker})")
        }
        (None, _) => String::new(),
    }
}

fn undo(program: &Path, thing: &Thing) -> Result<(), String> {
    let (ok, _, err) = match (thing, words(thing)) {
        (Thing::Folder(path), _) => {
            return match std::fs::remove_dir_all(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(error.to_string())
                }
                _ => Ok(()),
            };
        }
        (Thing::CacheMounts(marker), _) => return empty(program, marker),
        (_, Some(words)) => ask(program, &words)?,
        (_, None) => return Ok(()),
    };
    let text = err.to_lowercase();
    // What was registered and never created, or is already gone, counts as removed.
    let absent = ["no such", "not found", "no container with", "already in progress"]
        .iter()
        .any(|words| text.contains(words));
    if ok || absent {
        return Ok(());
    }
    Err(text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it failed").trim().to_owned())
}

/// Removes the cache mounts whose ids begin with `marker` one by one: a filter by a part of the
/// description would match those of others.
fn empty(program: &Path, marker: &str) -> Result<(), String> {
    let list = ["buildx", "du", "--verbose", "--filter", "type=exec.cachemount"].map(str::to_owned);
    let (ok, out, err) = ask(program, &list)?;
    if !ok {
        return Err(err);
    }
    for id in records(&out, marker) {
        let (ok, _, err) = ask(
            program,
            &["buildx", "prune", "-f", "--filter", &format!("id={id}")].map(str::to_owned),
        )?;
        if !ok {
            return Err(err);
        }
    }
    Ok(())
}

/// The ids of the records of cache mounts whose own ids begin with `marker`.
fn records<'a>(listing: &'a str, marker: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut record = "";
    let id = format!("with id \"/{marker}-");
    for line in listing.lines() {
        if let Some(rest) = line.strip_prefix("ID:") {
            record = rest.trim();
        } else if line.starts_with("Description:") && line.contains(&id) && !record.is_empty() {
            found.push(record);
        }
    }
    found
}

fn ask(program: &Path, words: &[String]) -> Result<(bool, String, String), String> {
    let mut command = Command::new(program);
    command.args(words).current_dir(std::env::temp_dir());
    // Ctrl-C in the terminal must not stop the removal.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let out = child.stdout.take().map(|mut pipe| {
        std::thread::spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut pipe, &mut text).ok();
            text
        })
    });
    let began = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if began.elapsed() > REMOVAL {
            kill(child.id());
            child.kill().ok();
            child.wait().ok();
            return Err("the engine does not answer".to_owned());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let out = out.and_then(|reader| reader.join().ok()).unwrap_or_default();
    Ok((output.status.success(), out, String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_cache_mounts_are_found() {
        let listing = "ID:           aaa\nDescription:  cached mount /root/.npm from exec x with id \"//root/.npm\"\n\n\
                       ID:           bbb\nDescription:  cached mount /root/.npm from exec x with id \"/mine-0\"\n\n\
                       ID:           ccc\nDescription:  cached mount /x from exec echo mine with id \"/other\"\n";
        assert_eq!(records(listing, "mine"), ["bbb"]);
    }

    #[test]
    fn folders_are_removed_and_absent_ones_are_no_failure() {
        let folder = tempfile::tempdir().unwrap().keep();
        std::fs::write(folder.join("x"), "x").unwrap();
        let thing = Thing::Folder(folder.clone());
        assert_eq!(remove(Path::new("docker"), &thing), None);
        assert!(!folder.exists());
        assert_eq!(remove(Path::new("docker"), &thing), None);
    }
}
