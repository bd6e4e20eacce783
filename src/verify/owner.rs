//! The owner of a thing in the engine. A killed run removes nothing, so everything has a mark of
//! its process, and the next run removes what belongs to a process that no longer exists.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::engine::{ANSWER, Engine};
use crate::interrupt::Interrupted;

/// The label of containers, networks and images.
pub(super) const LABEL: &str = "dev.dockgen.verify";

/// The file with the mark, in a folder on this machine.
pub(super) const FILE: &str = "owner";

/// The prefix of all names.
const PREFIX: &str = "dockgen-verify-";

/// Maximum number of things of one kind that are examined.
const MANY: usize = 200;

/// A process: its machine (and container, if dockgen runs in one), the machine's boot, the process
/// id, and the start time of the process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    machine: String,
    boot: String,
    pid: i32,
    began: u64,
}

/// The label of this process, `NAME=VALUE`.
pub(super) fn label() -> String {
    format!("{LABEL}={}", mark())
}

/// The mark of this process.
pub(super) fn mark() -> String {
    let Owner { machine, boot, pid, began } = this();
    format!("{machine}.{boot}.{pid}.{began}")
}

fn this() -> &'static Owner {
    static OWNER: OnceLock<Owner> = OnceLock::new();
    OWNER.get_or_init(|| {
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let (machine, boot) = machine();
        Owner { machine, boot, pid, began: began(pid).unwrap_or_default() }
    })
}

/// The machine with its process id namespace, and its current boot.
fn machine() -> (String, String) {
    let text = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let boot = text("/proc/sys/kernel/random/boot_id");
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let id = text("/etc/machine-id");
    // Without an id, another machine may look the same, so only the same boot counts.
    let id = if id.is_empty() { &boot } else { &id };
    let name = text("/proc/sys/kernel/hostname");
    let hash = Sha256::digest(format!("{name}\n{id}\n{}", space.display()));
    let hex = hash.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    (format!("{hex:016x}"), boot.chars().filter(char::is_ascii_alphanumeric).take(8).collect())
}

/// The start time of a process of this machine in ticks; `None` if it cannot be seen.
fn began(pid: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name, which may contain blanks and parentheses.
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// True if the process is known to be gone. A process of another machine is not known.
fn is_gone(mark: &str) -> bool {
    let parts: Vec<&str> = mark.trim().split('.').collect();
    let [machine, boot, pid, start] = parts[..] else { return false };
    let (Ok(pid), Ok(start)) = (pid.parse::<i32>(), start.parse::<u64>()) else { return false };
    let this = this();
    if machine != this.machine || pid <= 0 {
        return false;
    }
    if boot != this.boot {
        return true;
    }
    match began(pid) {
        Some(now) => start != 0 && now != start,
        None => !exists(pid),
    }
}

#[cfg(unix)]
fn exists(pid: i32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    Pid::from_raw(pid).is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(not(unix))]
fn exists(_pid: i32) -> bool {
    true
}

/// A kind of thing in the engine: its name, how to list those with the label, where their labels
/// are, and how to remove one.
struct Kind {
    name: &'static str,
    list: &'static [&'static str],
    labels: &'static str,
    remove: &'static [&'static str],
}

/// Containers come before the networks and images that they use.
const KINDS: [Kind; 3] = [
    Kind {
        name: "container",
        list: &["ps", "-a", "--format", "{{.Names}}"],
        labels: "{{json .Config.Labels}}",
        remove: &["rm", "-f", "-v"],
    },
    Kind {
        name: "network",
        list: &["network", "ls", "--format", "{{.Name}}"],
        labels: "{{json .Labels}}",
        remove: &["network", "rm"],
    },
    Kind {
        name: "image",
        list: &["images", "--format", "{{.Repository}}:{{.Tag}}"],
        labels: "{{json .Config.Labels}}",
        remove: &["image", "rm", "-f"],
    },
];

/// Removes what dead runs left, and returns what that was. What cannot be listed or removed is left
/// for the next run.
///
/// # Errors
/// After Ctrl-C.
pub fn sweep(engine: &Engine) -> Result<Vec<String>> {
    let mut swept = Vec::new();
    let ask = |words: &[&str]| match engine.run(words, ANSWER) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Ok(answer) if answer.ok => Ok(Some(answer.out)),
        _ => Ok(None),
    };
    for kind in &KINDS {
        let filter = ["--filter", &format!("label={LABEL}")];
        let Some(names) = ask(&[kind.list, &filter].concat())? else { continue };
        // An image keeps a name that somebody else gave it.
        let mine = |name: &&str| {
            name.strip_prefix("localhost/").unwrap_or(name).starts_with(PREFIX)
                && !name.contains(char::is_whitespace)
        };
        for name in names.lines().map(str::trim).filter(mine).take(MANY) {
            let labels = ask(&[kind.name, "inspect", "--format", kind.labels, name])?;
            let labels = labels.and_then(|text| serde_json::from_str(&text).ok());
            let labels: serde_json::Value = labels.unwrap_or_default();
            if labels[LABEL].as_str().is_some_and(is_gone)
                && ask(&[kind.remove, &[name]].concat())?.is_some()
            {
                swept.push(format!("the {} {name}", kind.name));
            }
        }
    }
    swept.extend(sweep_folders(&std::env::temp_dir()));
    Ok(swept)
}

fn sweep_folders(place: &Path) -> Vec<String> {
    let mut swept = Vec::new();
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // The entry's own, not that of a symlink's target.
        let own = entry.metadata().is_ok_and(|data| data.is_dir() && is_own(&data));
        if !named || !own {
            continue;
        }
        let file = entry.path().join(FILE);
        let mark = crate::read::bytes(&file, 200).ok();
        let mark = mark.and_then(|bytes| String::from_utf8(bytes).ok());
        if mark.is_some_and(|mark| is_gone(&mark)) && fs::remove_dir_all(entry.path()).is_ok() {
            swept.push(format!("the folder {}", entry.path().display()));
        }
    }
    swept
}

#[cfg(unix)]
fn is_own(data: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(data) == rustix::process::getuid().as_raw()
}

#[cfg(not(unix))]
fn is_own(_data: &fs::Metadata) -> bool {
    true
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_is_known_to_be_gone_is_gone() {
        assert!(!is_gone(&mark()));
        let with = |machine: &str, boot: &str, pid: i32, began: u64| {
            format!("{machine}.{boot}.{pid}.{began}")
        };
        let Owner { machine, boot, pid, began } = this();
        // The process id was reused since.
        assert!(is_gone(&with(machine, boot, *pid, began + 1)));
        assert!(is_gone(&with(machine, "00000000", *pid, *began)));
        assert!(!is_gone(&with("0000000000000000", boot, *pid, began + 1)));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(is_gone(&with(machine, boot, gone, 1)));
        for other in ["", "x", "a.b.c.d", "1.2.3", "1.2.-1.4"] {
            assert!(!is_gone(other), "{other}");
        }
    }

    #[test]
    fn folders_of_a_process_that_is_gone_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let Owner { machine, boot, pid, began } = this();
        let stale = format!("{machine}.{boot}.{pid}.{}", began + 1);
        let folder = |name: &str, mark: &str| {
            fs::create_dir(place.path().join(name)).unwrap();
            fs::write(place.path().join(name).join(FILE), mark).unwrap();
        };
        folder("dockgen-verify-copy-1", &stale);
        folder("dockgen-verify-copy-2", &mark());
        folder("dockgen-verify-copy-3", "");
        folder("other", &stale);
        std::os::unix::fs::symlink("other", place.path().join("dockgen-verify-link")).unwrap();
        assert_eq!(sweep_folders(place.path()).len(), 1);
        assert!(!place.path().join("dockgen-verify-copy-1").exists());
        assert!(place.path().join("other/owner").exists());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
    }
}
