//! Start scripts that run several programs side by side: `concurrently`, `npm-run-all`, `&`, pm2.
//! An image starts one of them, so each becomes an entry of its own, with a finding about the
//! others.

use anyhow::Result;

use super::process::Process;
use super::{App, Command, pm2, script};
use crate::facts::{Evidence, Finding, FindingCode};

/// Flags of `concurrently` that take their value from the next word.
const VALUED: [&str; 18] = [
    "-n",
    "--names",
    "-c",
    "--prefix-colors",
    "-p",
    "--prefix",
    "-s",
    "--success",
    "-l",
    "--prefix-length",
    "-m",
    "--max-processes",
    "-t",
    "--timestamp-format",
    "--restart-tries",
    "--restart-after",
    "--hide",
    "--default-input-target",
];

/// The programs that a command starts side by side; `None` if the command is none of these tools.
pub(super) fn of(app: &App, command: &Command) -> Result<Option<Vec<Process>>> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let mut found = match words.as_slice() {
        ["pm2" | "pm2-runtime" | "pm2-docker", rest @ ..] => {
            let mut found = pm2::processes(app, rest)?;
            let scripts = app.package.scripts();
            for process in &mut found {
                // A process may run a script of the package.
                if let Some((name, args)) = script::runs_script(&process.command, &scripts) {
                    let mut commands = Vec::new();
                    super::flatten(app, name, &mut Vec::new(), &mut commands, &mut None);
                    let Some(mut last) = commands.pop() else { continue };
                    last.argv.extend(args.iter().cloned());
                    last.env.extend(process.command.env.iter().cloned());
                    process.command = last;
                }
            }
            found
        }
        ["concurrently", rest @ ..] => {
            let mut lines = Vec::new();
            let mut rest = rest.iter();
            while let Some(word) = rest.next() {
                if VALUED.contains(word) {
                    rest.next();
                } else if !word.starts_with('-') {
                    lines.extend(expanded(app, word));
                }
            }
            lines.iter().filter_map(|line| parsed(app, line)).collect()
        }
        ["run-p" | "npm-run-all" | "npm-run-all2", rest @ ..] => {
            let mut lines = Vec::new();
            for word in rest.iter().filter(|word| !word.starts_with('-')) {
                lines.extend(expanded(app, &format!("npm:{word}")));
            }
            lines.iter().filter_map(|line| parsed(app, line)).collect()
        }
        _ => return Ok(None),
    };
    for process in &mut found {
        let outer = command
            .env
            .iter()
            .filter(|(key, _)| !process.command.env.iter().any(|(held, _)| held == key));
        let outer: Vec<_> = outer.cloned().collect();
        process.command.env.extend(outer);
    }
    Ok(Some(found))
}

/// The scripts that `run-s`, or `npm-run-all` without `--parallel`, runs in sequence.
pub(super) fn in_sequence(app: &App, command: &Command) -> Option<Vec<String>> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let sequential = match words.as_slice() {
        ["run-s", ..] => true,
        ["npm-run-all" | "npm-run-all2", rest @ ..] => {
            !rest.iter().any(|w| matches!(*w, "-p" | "--parallel" | "-l"))
        }
        _ => false,
    };
    sequential.then(|| of_runner(app, command))
}

/// The scripts that a program for several of them runs, in whatever order: `run-s build:*`,
/// `concurrently npm:web`.
pub(crate) fn of_runner(app: &App, command: &Command) -> Vec<String> {
    const RUNNERS: [&str; 5] = ["run-s", "run-p", "npm-run-all", "npm-run-all2", "concurrently"];
    let Some((first, rest)) = command.argv.split_first() else { return Vec::new() };
    let names =
        rest.iter().filter(|word| RUNNERS.contains(&first.as_str()) && !word.starts_with('-'));
    names.flat_map(|word| matching(app, word.strip_prefix("npm:").unwrap_or(word))).collect()
}

/// The scripts that a name with `*` matches.
fn matching(app: &App, name: &str) -> Vec<String> {
    let Some((head, tail)) = name.split_once('*') else { return vec![name.to_owned()] };
    let tail = tail.trim_start_matches('*');
    let scripts = app.package.scripts();
    let fits = |script: &&str| {
        script
            .strip_prefix(head)
            .is_some_and(|rest| !rest.is_empty() && rest.strip_suffix(tail).is_some())
    };
    scripts.into_keys().filter(fits).map(str::to_owned).collect()
}

/// Expands `npm:web` to `npm run web`. A plain line stays as it is.
fn expanded(app: &App, word: &str) -> Vec<String> {
    let managers = ["npm", "yarn", "pnpm", "bun", "node"];
    match word.split_once(':') {
        Some((manager, name)) if managers.contains(&manager) && !name.contains(' ') => {
            matching(app, name).into_iter().map(|name| format!("npm run {name}")).collect()
        }
        _ => vec![word.to_owned()],
    }
}

/// The program of a line: its last command.
fn parsed(app: &App, line: &str) -> Option<Process> {
    let mut commands = Vec::new();
    super::flatten_line(app, line, &mut commands);
    commands.pop().map(named)
}

/// The programs of a line that runs them side by side with `&`.
pub(super) fn background(commands: Vec<Command>) -> Vec<Process> {
    commands.into_iter().map(named).collect()
}

/// A program under the name of its file.
fn named(command: Command) -> Process {
    let mut words = command.argv.iter().filter(|word| !word.starts_with('-'));
    let name = words.find(|word| *word != "node").cloned().unwrap_or_default();
    Process { name, command, evidence: None }
}

/// The finding for each of several programs.
pub(super) fn finding(name: &str, all: &[String], evidence: Evidence) -> Finding {
    Finding::new(
        FindingCode::SeveralProcesses,
        format!("the script {name} runs {} programs side by side: {}", all.len(), all.join(", ")),
        [evidence],
    )
}
