//! Scripts of process supervisors that start one service each: `s6-rc.d/NAME/run` of s6-overlay and
//! `service/NAME/run` of runit.
//! <https://github.com/just-containers/s6-overlay>, <https://smarden.org/runit/>

use super::{Recipe, Run, Running, short};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::shell;

/// Folders that hold a folder for each service.
const FOLDERS: [&str; 6] = ["s6-rc.d", "services.d", "service", "runit", "runit.d", "sv"];

/// Programs that start another one, each with the number of words of its own that are no flags.
const WRAPPERS: [(&str, usize); 9] = [
    ("exec", 0),
    ("s6-setuidgid", 1),
    ("setuidgid", 1),
    ("s6-notifyoncheck", 0),
    ("chpst", 0),
    ("gosu", 1),
    ("su-exec", 1),
    ("with-contenv", 0),
    ("nice", 0),
];

/// Flags of these programs that take a value in the next word.
const VALUED: [&str; 7] = ["-u", "-d", "-n", "-c", "-w", "-t", "-s"];

/// True for the script of a service.
pub(super) fn is_script(path: &RelPath) -> bool {
    let mut parts = path.as_str().rsplit('/');
    parts.next() == Some("run") && parts.nth(1).is_some_and(|above| FOLDERS.contains(&above))
}

/// Reads the script of a service: its last command is the process.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    // Both streams go to the supervisor.
    let text = text.replace("2>&1", "");
    let name = file.parent().map_or_else(String::new, |folder| folder.file_name().to_owned());
    let commands = shell::commands(&text)
        .filter(|(_, command)| command.argv.first().is_some_and(|first| !shell::is_quiet(first)));
    let Some((line, command)) = commands.last() else { return };
    let words = behind_wrappers(&command.argv);
    if words.is_empty() {
        return;
    }
    let note = format!("the service {name} runs `{}`", short(&words.join(" ")));
    let mut run = Run::new(Recipe::Unit, name, Evidence::at(file, line, note));
    run.words = words;
    into.runs.push(run);
}

/// The words without programs that only start the rest.
fn behind_wrappers(words: &[String]) -> Vec<String> {
    let mut rest = words;
    while let Some(first) = rest.first() {
        let name = first.rsplit('/').next().unwrap_or_default();
        let Some((_, own)) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name) else { break };
        rest = &rest[1..];
        while let Some(flag) = rest.first().filter(|word| word.starts_with('-')) {
            let taken = if VALUED.contains(&flag.as_str()) { 2 } else { 1 };
            rest = rest.get(taken..).unwrap_or_default();
        }
        rest = rest.get(*own..).unwrap_or_default();
    }
    rest.to_vec()
}
