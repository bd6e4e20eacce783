//! Turns the command of a recipe into default arguments of a program, if an image can serve them.

pub(super) mod deployed;

use std::collections::BTreeSet;

use super::{Recipe, Run};
use crate::docker::quote;
use crate::facts::{Evidence, FindingCode, Program};

/// Flags for the address or port to listen on, without dashes.
const LISTENING: [&str; 20] = [
    "port",
    "http-port",
    "listen",
    "listen-port",
    "listen-address",
    "listen-addr",
    "listen-on",
    "addr",
    "address",
    "bind",
    "bind-address",
    "bind-addr",
    "bind-port",
    "http",
    "http-addr",
    "http-address",
    "http-listen-address",
    "web-listen-address",
    "server-port",
    "serve-addr",
];

/// Flags for what is logged.
const LOGGING: [&str; 8] =
    ["-v", "-vv", "-vvv", "--verbose", "--debug", "--log-level", "--loglevel", "--log.level"];

/// First words of commands that exit by themselves.
const ENDING: [&str; 12] = [
    "help",
    "version",
    "init",
    "migrate",
    "generate",
    "completion",
    "setup",
    "install",
    "config",
    "check",
    "test",
    "validate",
];

/// Programs that read a script: what they are given is no argument of the application.
const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "env"];

/// Maximum number of words of an interpreter before the module that it starts.
const MAX_BEFORE_MODULE: usize = 4;

/// The arguments with which a recipe starts a program.
pub(super) struct Start {
    /// The words after the program.
    pub(super) words: Vec<String>,
    /// Why the image cannot start with them, if it cannot.
    pub(super) lack: Option<String>,
    /// Words that belong to one deployment, which the image does not take, and why.
    pub(super) left: Option<(String, &'static str)>,
    pub(super) evidence: Evidence,
    pub(super) by: Recipe,
}

/// True if the words start the program's own file, or a server with the program's object.
pub(super) fn names(words: &[String], program: &Program) -> bool {
    place(words, program).is_some() || serves(words, program)
}

/// True if the words name the object that is the program: `shop.web:app`. Its detector reads the
/// options of the server.
fn serves(words: &[String], program: &Program) -> bool {
    let Some((module, _)) = program.id.split_once(':') else { return false };
    words.iter().skip(1).any(|word| *word == program.id || word.contains('.') && word == module)
}

fn is_object(id: &str) -> bool {
    id.contains(':')
}

/// The index of the program's own file: the first word, or the first argument of an interpreter
/// that is not a flag.
fn place(words: &[String], program: &Program) -> Option<usize> {
    let first = words.first()?;
    // An object is started by a server: a command of that name is another program.
    if !is_object(&program.id) && first.rsplit('/').next() == Some(program.name.as_str()) {
        return Some(0);
    }
    // `python -m shop serve`
    let module = words.iter().take(MAX_BEFORE_MODULE).position(|word| word == "-m");
    let module = module.map(|at| at + 1).filter(|at| words.get(*at) == Some(&program.name));
    if module.is_some_and(|at| at > 1) && !is_object(&program.id) {
        return module;
    }
    let at = words.iter().skip(1).position(|word| !word.starts_with('-'))? + 1;
    let (word, id) = (words[at].as_str(), program.id.as_str());
    let file = id.rsplit('/').next().is_some_and(|name| name.contains('.')) && !is_object(id);
    let same = word == id || word.strip_suffix(id).is_some_and(|above| above.ends_with('/'));
    (file && same).then_some(at)
}

/// The arguments of every run that has some. Of documentation, those count that all lines give.
///
/// `holds`: whether a relative path is a file of the application.
/// `names`: those of the processes and services of all recipes, which are hosts beside the program.
pub(super) fn all(
    runs: &[&Run],
    program: &Program,
    names: &BTreeSet<&str>,
    holds: &dyn Fn(&str) -> bool,
) -> Vec<Start> {
    let of_docs = |run: &Run| run.by == Recipe::Docs;
    let starts = |documented: bool| {
        let runs = runs.iter().filter(move |run| of_docs(run) == documented);
        runs.filter_map(|run| of(run, program, names, holds)).collect::<Vec<_>>()
    };
    let (mut starts, documented) = (starts(false), starts(true));
    if documented.windows(2).all(|pair| pair[0].words == pair[1].words) {
        starts.extend(documented);
    } else if runs.iter().all(|run| !of_docs(run) || run.image.is_some() && !run.words.is_empty()) {
        starts.extend(shared(documented));
    }
    starts
}

/// The start whose words are all in each other one: every line of documentation gives them.
fn shared(mut documented: Vec<Start>) -> Option<Start> {
    documented.sort_by_key(|start| start.words.len());
    let (first, others) = documented.split_first()?;
    let flags = first.words.iter().all(|word| word.starts_with('-'));
    let in_all = others.iter().all(|one| first.words.iter().all(|word| one.words.contains(word)));
    (flags && in_all).then(|| documented.swap_remove(0))
}

/// The arguments of a run; `None` if it starts something else, or exits by itself.
fn of(
    run: &Run,
    program: &Program,
    names: &BTreeSet<&str>,
    holds: &dyn Fn(&str) -> bool,
) -> Option<Start> {
    let words = match run.words.as_slice() {
        words if self::names(words, program) => {
            words.get(place(words, program)? + 1..).unwrap_or_default()
        }
        // Words after an image are arguments, unless the first is a program. The image's own server
        // may be another one than dockgen's for the same object: `-w 4` is an option of one alone.
        [_, ..] if is_object(&program.id) => return None,
        [first, ..] if (run.image.is_some() || run.built_here) && is_argument(first, program) => {
            &run.words[..]
        }
        _ => return None,
    };
    let first = words.first()?;
    if ENDING.contains(&first.as_str())
        || words.iter().any(|word| matches!(word.as_str(), "--help" | "-h" | "--version" | "-V"))
    {
        return None;
    }
    // Documentation starts a program on somebody's machine, with folders of that machine, and shows
    // how to see more of what it does.
    let elsewhere = || words.iter().any(|word| is_of_machine(word)) || only_logs(words);
    if run.by == Recipe::Docs && elsewhere() {
        return None;
    }
    let (words, left) = deployed::split(run, opened(words), names);
    let lack = lack(run, &words, holds);
    Some(Start { words, lack, left, evidence: run.evidence.clone(), by: run.by })
}

/// True if the words only choose how much the program logs: `--log-level debug`, `-v`.
fn only_logs(words: &[String]) -> bool {
    let mut flag = false;
    words.iter().all(|word| {
        let name = word.split('=').next().unwrap_or_default();
        let is_value = std::mem::replace(&mut flag, LOGGING.contains(&name));
        flag || is_value && !word.starts_with('-')
    })
}

/// True for a flag or an address, for a subcommand if the program has some, and for any word that
/// is no path to a program if the program stops without arguments.
fn is_argument(word: &str, program: &Program) -> bool {
    let demands =
        program.findings.iter().any(|finding| finding.code == FindingCode::ArgumentsUnknown);
    let address = || {
        let port = word.rsplit_once(':').and_then(|(_, port)| super::port_number(port));
        port.is_some() && !word.contains('/')
    };
    word.starts_with('-')
        || address()
        || program.subcommands.is_some() && !word.contains(['/', '.'])
        || demands && !word.contains('/') && !SHELLS.contains(&word)
}

/// True for a folder that a shell completes or that lies in the working directory of a person:
/// `~/data`, `--dir=./db`, `../x`.
fn is_of_machine(word: &str) -> bool {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    let folder = !value.rsplit('/').next().is_some_and(|name| name.trim_matches('.').contains('.'));
    is_home(word) || folder && (value.starts_with("./") || value.starts_with("../"))
}

/// True for a path that only a shell completes.
fn is_home(word: &str) -> bool {
    let value = word.split_once('=').map_or(word, |(_, value)| value);
    value == "~" || value.starts_with("~/")
}

/// The words with loopback addresses replaced by all addresses: in a container, nothing reaches
/// loopback from outside.
fn opened(words: &[String]) -> Vec<String> {
    let open = |word: &str| {
        for host in ["127.0.0.1:", "localhost:", "[::1]:"] {
            let flag = word.split_once('=').filter(|(flag, _)| is_listening(flag));
            match (word.strip_prefix(host), flag) {
                (Some(port), _) => return format!("0.0.0.0:{port}"),
                (None, Some((flag, value))) if value.starts_with(host) => {
                    return format!("{flag}=0.0.0.0:{}", &value[host.len()..]);
                }
                _ => {}
            }
        }
        word.to_owned()
    };
    let mut listening = false;
    let mut out = Vec::new();
    for word in words {
        let here = listening || word.contains('=');
        out.push(if here { open(word) } else { word.clone() });
        listening = is_listening(word);
    }
    out
}

fn is_listening(flag: &str) -> bool {
    let name = flag.trim_start_matches('-').replace(['.', '_'], "-").to_ascii_lowercase();
    flag.starts_with('-') && LISTENING.contains(&name.as_str())
}

/// Why an image cannot start with these words.
fn lack(run: &Run, words: &[String], holds: &dyn Fn(&str) -> bool) -> Option<String> {
    if let Some(why) = run.shell {
        return Some(format!(
            "the image starts the program without a shell, and the line needs one for {why}"
        ));
    }
    if let Some(word) = words.iter().find(|word| is_home(word)) {
        return Some(format!(
            "the image starts the program without a shell, and `{word}` needs one for the home"
        ));
    }
    let unknown = |word: &&String| {
        word.chars().any(char::is_control)
            || word.contains(['$', '%', '<', '>', '`', '|', '*'])
            || word.contains("...")
            || word.contains("{{")
    };
    if let Some(word) = words.iter().find(unknown) {
        return Some(format!("dockgen does not know what `{word}` stands for"));
    }
    let path = |word: &str| -> bool {
        let value = word.split_once('=').map_or(word, |(_, value)| value);
        let address = value.contains("://")
            || value.rsplit(':').next().is_some_and(|p| p.parse::<u16>().is_ok());
        let known = |folder: &super::Folder| {
            value == folder.path
                || value.strip_prefix(&folder.path).is_some_and(|r| r.starts_with('/'))
        };
        let config =
            ["toml", "yml", "yaml", "json", "conf", "cfg", "ini", "properties", "pem", "key"];
        let file = value.rsplit_once('.').is_some_and(|(_, end)| config.contains(&end));
        // Documentation and units start a program in a folder of a person's or a machine's.
        let here = || run.by < Recipe::Unit && holds(value);
        (value.starts_with('/') || file) && !address && !run.folders.iter().any(known) && !here()
    };
    let missing = words.iter().find(|word| path(word))?;
    Some(format!(
        "dockgen does not know whether the image holds `{missing}`; without it the container may stop as \
         it starts"
    ))
}

/// The port that the words make a program listen on.
pub(super) fn port(words: &[String]) -> Option<u16> {
    let mut flag = "";
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((flag, word));
        if is_listening(name) {
            let number = value.rsplit(':').next().unwrap_or_default();
            if let Some(port) = super::port_number(number) {
                return Some(port);
            }
        }
        flag = word;
    }
    None
}

/// The flag that makes a program listen on all addresses of the machine.
pub(super) fn opening(words: &[String]) -> Option<&str> {
    let mut flag = "";
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((flag, word));
        let everywhere = ["0.0.0.0", "[::]", "::", ":"].iter().any(|host| value.starts_with(host));
        if is_listening(name) && everywhere {
            return Some(name);
        }
        flag = word;
    }
    None
}

/// The line with `0.0.0.0` before every port that stands without a host.
pub(super) fn everywhere(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let (flag, value) = word.split_once('=').map_or(("", word), |(flag, value)| (flag, value));
        let bare = value.strip_prefix(':').and_then(super::port_number);
        match bare {
            Some(port) if flag.is_empty() => format!("0.0.0.0:{port}"),
            Some(port) => format!("{flag}=0.0.0.0:{port}"),
            None => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The words as one line, for `--args`.
pub(super) fn joined(words: &[String]) -> String {
    quote::shell_words(words)
}
