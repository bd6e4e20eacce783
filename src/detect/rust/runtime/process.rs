//! Signals, subcommands, commands that the code starts, time zones, temporary files.

use std::collections::BTreeMap;

use super::subcommands::{Subcommands, subcommands};
use super::{Code, lists, shell_lines};
use crate::code::Program as Source;
use crate::detect::git_reads;
use crate::detect::rust::codes;
use crate::detect::script::{self, interpreter};
use crate::facts::{Evidence, Finding, Program, Sourced};
use crate::path::RelPath;

const SHELLS: [&str; 4] = ["sh", "ash", "dash", "/bin/sh"];

/// Fills in what the process needs. The returned finding about subcommands matters only for a
/// program that listens.
pub(super) fn process(source: &Source, code: &Code, program: &mut Program) -> Option<Finding> {
    program.handles_sigterm = sigterm(code);
    let found = subcommands(source, code);
    let open = found.library.is_some() && found.serving.is_none() && found.names.len() > 1;
    let finding = open.then(|| unknown_subcommand(&found, program));
    (program.subcommands, program.args) = (found.library, found.serving);
    foreground(code, program);
    commands(source, code, program);
    for (name, evidence) in shell_lines::started(source) {
        let Some(key) = code.tables.commands.get(&name) else { continue };
        if !program.needs.packages.iter().any(|package| package.value == *key) {
            program.needs.packages.push(Sourced::new(key.clone(), evidence));
        }
    }
    let privileged = code.tables.privileged.iter();
    let privileged = privileged.filter_map(|row| Some(row.finding(code.uses(&row.library)?)));
    program.findings.extend(privileged);
    let local = |file: &super::SourceFile, at: usize| {
        file.is(at, "Local")
            && (code.dependencies.contains("chrono") || code.dependencies.contains("tzlocal"))
            || file.is(at, "now_local")
            || file.is(at, "current_local_offset")
    };
    if let Some((file, at)) = code.find(local) {
        program.needs.zoneinfo = Some(file.evidence(at, "local time"));
    } else {
        program.needs.zoneinfo = code.uses("jiff");
    }
    if let Some(evidence) = program.needs.zoneinfo.clone() {
        program.needs.packages.push(Sourced::new("zoneinfo-at-build".to_owned(), evidence));
    }
    let temporary = code.find(|file, at| {
        file.is(at, "temp_dir")
            || file.is(at, "tempfile")
            || file.is(at, "TempDir")
            || file.is(at, "NamedTempFile")
    });
    program.needs.temporary_files =
        temporary.map(|(file, at)| file.evidence(at, "temporary files"));
    finding
}

/// The crate with which a program goes into the background, and the usual flags that keep it from
/// that. <https://docs.rs/daemonize>
const DAEMON: &str = "daemonize";
const FOREGROUND: [&str; 4] = ["foreground", "no-daemon", "no_daemon", "nodaemon"];

/// Keeps the program in the foreground, or says that it leaves it.
fn foreground(code: &Code, program: &mut Program) {
    let Some(evidence) = code.uses(DAEMON) else { return };
    let flag = FOREGROUND.iter().find_map(|name| {
        let (file, at) = code.find(|file, at| {
            file.is(at, name) || file.string(at).is_some_and(|text| text == *name)
        })?;
        Some((*name, file.evidence(at, format!("the flag {name}"))))
    });
    if let Some((name, at)) = flag.filter(|_| program.args.is_none()) {
        let words = format!("--{}", name.replace('_', "-"));
        program.args = Some(Sourced::guessed(words, at));
    } else {
        let what = "the program goes into the background";
        program.findings.push(Finding::new(codes::DAEMON, what, [evidence]));
    }
}

/// The handler of SIGTERM: of tokio, signal-hook, libc, or ctrlc with its feature, or one that a
/// server framework installs. `tokio::signal::ctrl_c` alone handles only SIGINT, which no
/// container engine sends.
fn sigterm(code: &Code) -> Option<crate::facts::Evidence> {
    let named = code.find(|file, at| {
        file.is(at, "SIGTERM")
            || file.is(at, "TERM_SIGNALS")
            || file.is(at, "terminate") && file.path_to(at).contains(&"SignalKind")
            || file.is(at, "catch_signals")
    });
    if let Some((file, at)) = named {
        return Some(file.evidence(at, "handles SIGTERM"));
    }
    if code.dependencies.contains("ctrlc")
        && code.tables.ctrlc_termination
        && let Some((file, at)) = code.find(|file, at| file.is(at, "ctrlc"))
    {
        return Some(file.evidence(at, "ctrlc with its feature `termination` handles SIGTERM"));
    }
    let disabled = code
        .find(|file, at| file.is(at, "disable_signals") || file.is(at, "system_exit"))
        .is_some();
    code.tables.servers.iter().filter(|_| !disabled).find_map(|server| {
        let stops = server.stops.as_ref()?;
        let mut evidence = code.uses(&server.name)?;
        evidence.note.clone_from(stops);
        Some(evidence)
    })
}

/// Reports that the program takes a subcommand and dockgen does not know which.
fn unknown_subcommand(found: &Subcommands, program: &Program) -> Finding {
    const SHOWN: usize = 8;
    let names: Vec<String> =
        found.names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if found.names.len() > SHOWN { ", ..." } else { "" };
    let evidence = found.library.iter().flat_map(|library| library.evidence.clone());
    Finding::new(
        codes::SUBCOMMAND_UNKNOWN,
        format!("`{}` takes a subcommand: {}{more}", program.name, names.join(", ")),
        evidence,
    )
}

/// Adds what `Command::new("git")` starts.
fn commands(source: &Source, code: &Code, program: &mut Program) {
    // clap has a type of this name too.
    let clap = code.dependencies.contains("clap");
    let other = aliases(source);
    let is_other = |path: &RelPath, name: &str| {
        other.get(path).is_some_and(|names| names.iter().any(|one| one == name))
    };
    for file in code.files {
        for at in 0..file.len() {
            let Some(name) = file.string(at) else { continue };
            let called = at >= 4
                && file.is(at - 1, "(")
                && file.is(at - 2, "new")
                && !file.path_to(at - 2).contains(&"clap");
            let renamed =
                called && file.path_to(at - 2).iter().any(|name| is_other(&file.path, name));
            let plain = called && file.path_to(at - 2).contains(&"Command");
            let described = || clap && (imports_clap_command(file) || declares(file, at));
            if !renamed && (!plain || described()) || shows_a_revision(code, file, at, &name) {
                continue;
            }
            started(code, program, &name, file.evidence(at, format!("starts `{name}`")));
        }
    }
    // `Command::new(PROGRAM)`, and a name that a variable may change.
    for call in source.calls_named("new") {
        let renamed = call.package().is_some_and(|name| is_other(&call.file.path, name));
        let plain = call.package() == Some("Command");
        let ours = renamed || plain && (!clap || !call.file.places("process").is_empty());
        let arguments = call.arguments();
        let [name] = arguments.as_slice() else { continue };
        if !ours || call.file.string(name.start).is_some() && name.len() == 1 {
            continue;
        }
        let plain = |text: &String| {
            !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '{')
        };
        let value = source.value(&call.file, name.clone());
        let mut texts: Vec<String> =
            value.alternatives().filter_map(|value| value.text()).filter(plain).collect();
        if texts.is_empty() {
            texts = lists::named(source, &call.file, name);
        }
        for text in texts {
            started(code, program, &text, call.evidence(format!("starts `{text}`")));
        }
    }
    for (text, evidence) in lists::of_libraries(source, code) {
        started(code, program, &text, evidence);
    }
}

/// How many tokens behind `git` its subcommand may stand.
const MAX_SUBCOMMAND: usize = 12;

/// True if the call asks git for a revision, and the code has a text for where that fails.
fn shows_a_revision(code: &Code, file: &super::SourceFile, at: usize, name: &str) -> bool {
    let mut words = (at + 1..at + MAX_SUBCOMMAND).filter_map(|at| file.string(at));
    let line = file.evidence(at, "").line.unwrap_or_default();
    name == "git"
        && words.next().is_some_and(|word| git_reads::READS.contains(&&*word))
        && code
            .repo
            .source_text(&file.path)
            .is_ok_and(|text| git_reads::is_spared(&text.unwrap_or_default(), line))
}

/// How many imports of one file are looked at.
const MAX_IMPORTS: usize = 64;

/// How many tokens an import may have before the name.
const MAX_PATH: usize = 24;

/// Other names of a process's command, by file: `use std::process::Command as StdCommand`.
fn aliases(source: &Source) -> BTreeMap<RelPath, Vec<String>> {
    let mut found: BTreeMap<RelPath, Vec<String>> = BTreeMap::new();
    for file in source.files() {
        for &at in file.places("Command").iter().take(MAX_IMPORTS) {
            let start = at.saturating_sub(MAX_PATH);
            let mut path = (start..at).rev().take_while(|&at| file.word(at) != ";");
            if file.word(at + 1) == "as" && path.any(|at| file.word(at) == "process") {
                found.entry(file.path.clone()).or_default().push(file.word(at + 2).to_owned());
            }
        }
    }
    found
}

/// Adds what a program needs that starts another one.
fn started(code: &Code, program: &mut Program, name: &str, evidence: Evidence) {
    let script = name.contains('/').then(|| code.root.join(name.trim_start_matches("./")));
    if let Some(path) = script.flatten()
        && let Some(name) = interpreter(code.repo, &path)
    {
        for (inner, line) in script::started(code.repo, &path) {
            let key = code.tables.commands.get(&inner).filter(|key| *key != "coreutils");
            let held = &mut program.needs.packages;
            if let Some(key) = key.filter(|key| !held.iter().any(|one| one.value == **key)) {
                let at = Evidence::at(&path, line, format!("starts `{inner}`"));
                held.push(Sourced::new(key.clone(), at));
            }
        }
        let note = format!("a script that begins with `#!` and {name}");
        return started(code, program, &name, Evidence { note, ..evidence });
    }
    if SHELLS.contains(&name) {
        program.needs.shell.get_or_insert(evidence);
    } else if let Some(key) = code.tables.commands.get(file_name(name)) {
        if !program.needs.packages.iter().any(|package| package.value == *key) {
            program.needs.packages.push(Sourced::new(key.clone(), evidence));
        }
    } else if !name.contains('/') && !name.contains('{') {
        let finding = Finding::command_unknown(name, [evidence]);
        let mut said = program.findings.iter_mut();
        if let Some(said) = said.find(|held| held.what == finding.what) {
            said.evidence.extend(finding.evidence);
            return;
        }
        program.findings.push(finding);
    }
}

/// The name of a program at a path of the system, such as `/bin/bash`.
fn file_name(name: &str) -> &str {
    let folders = ["/bin/", "/usr/bin/"];
    folders.iter().find_map(|folder| name.strip_prefix(folder)).unwrap_or(name)
}

/// True if the command is one of clap's: what follows describes it to a person.
fn declares(file: &super::SourceFile, at: usize) -> bool {
    const DESCRIBES: [&str; 14] = [
        "about",
        "long_about",
        "version",
        "author",
        "subcommand",
        "subcommands",
        "subcommand_required",
        "arg_required_else_help",
        "visible_alias",
        "alias",
        "after_help",
        "display_order",
        "group",
        "get_matches",
    ];
    let mut next = at + 2;
    for _ in 0..DESCRIBES.len() {
        if !file.is(next, ".") || !file.is(next + 2, "(") {
            return false;
        }
        let argument = file.is(next + 1, "arg") && file.is(next + 3, "Arg");
        if argument || DESCRIBES.iter().any(|word| file.is(next + 1, word)) {
            return true;
        }
        next = file.closing(next + 2) + 1;
    }
    false
}

fn imports_clap_command(file: &super::SourceFile) -> bool {
    (0..file.len()).any(|at| {
        file.is(at, "clap") && {
            let statement = file.statement(at);
            statement.clone().any(|n| file.is(n, "use"))
                && statement.clone().any(|n| file.is(n, "Command"))
        }
    })
}
