//! Documentation: `docker run` lines and shell lines that start a program, in code blocks.

pub(super) mod blocks;
mod pages;
mod prose;

pub(super) use prose::for_containers;

use super::compose::{mounted, mounted_for_reading, published};
use super::{Folder, Port, Recipe, Run, Running, Scope, Told, Variable};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::shell::{self, Command};

/// Options of `docker run` that take a value in the next word.
const VALUED: [&str; 36] = [
    "-p",
    "--publish",
    "-v",
    "--volume",
    "-e",
    "--env",
    "--name",
    "--network",
    "--net",
    "-w",
    "--workdir",
    "-u",
    "--user",
    "--entrypoint",
    "--restart",
    "-m",
    "--memory",
    "--cpus",
    "--env-file",
    "--mount",
    "--platform",
    "-h",
    "--hostname",
    "-l",
    "--label",
    "--link",
    "--add-host",
    "--device",
    "--gpus",
    "--pid",
    "--cap-add",
    "--cap-drop",
    "--tmpfs",
    "--log-driver",
    "--log-opt",
    "--pull",
];

/// Reads what a documentation file tells a developer to run.
pub(super) fn told(home: &RelPath, file: &RelPath, text: &str, into: &mut Told) {
    for (first, block) in blocks::shell(file, text) {
        let part = ("documentation", String::new());
        let mut scope = Scope { file, dir: home.clone(), env: Vec::new(), release: false, part };
        for (number, line) in shell::lines(&block) {
            let line = line.trim_start().trim_start_matches("$ ");
            scope.line(line, first + number, &mut into.steps);
            scope.variables(first + number, &mut into.steps);
        }
    }
}

/// Reads the variables of direnv's `.envrc`.
pub(super) fn envrc(home: &RelPath, file: &RelPath, text: &str, into: &mut Told) {
    let part = ("script", file.file_name().to_owned());
    let mut scope = Scope { file, dir: home.clone(), env: Vec::new(), release: false, part };
    for (number, line) in shell::lines(text) {
        scope.line(&line, 1 + number, &mut into.steps);
        scope.variables(1 + number, &mut into.steps);
    }
}

/// Reads a documentation file.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    if file.file_name().to_ascii_lowercase().starts_with("readme") {
        into.needed.extend(prose::needed(file, text));
        into.stated.extend(prose::stated(file, text));
        into.for_containers.extend(prose::set_in_containers(file, text));
    }
    if !pages::is_for_developers(file) {
        into.pages.extend(pages::opened(file, text));
    }
    for (first, block) in blocks::shell(file, text) {
        let lines = shell::lines(&block);
        // Between lines with a prompt is what the commands print.
        let prompts = lines.iter().any(|(_, line)| is_prompted(line));
        for (number, line) in &lines {
            if prompts && !is_prompted(line) {
                continue;
            }
            let line = line.trim_start().trim_start_matches(PROMPTS).trim_start();
            for command in shell::parse(line).commands {
                add(command, file, first + number, into);
            }
        }
    }
    composed(file, text, into);
}

/// Maximum length of a line that may be a command by itself.
const MAX_SHOWN: usize = 300;

/// Reads the commands that a document shows outside of blocks: code in a sentence, and lines that are
/// nothing but a command.
pub(super) fn shown(file: &RelPath, text: &str, into: &mut Running) {
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        if fenced || line.len() > MAX_SHOWN {
            continue;
        }
        // reStructuredText writes two of them.
        let line = line.replace("``", "`");
        let whole = Some(line.as_str()).filter(|line| !line.contains('`'));
        for code in line.split('`').skip(1).step_by(2).chain(whole) {
            for command in shell::parse(code).commands {
                if command.argv.len() > 1 {
                    add(command, file, number, into);
                }
            }
        }
    }
}

/// What stands before a command that is typed.
const PROMPTS: [char; 4] = ['$', '~', '❯', '➜'];

fn is_prompted(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(PROMPTS) && line.chars().nth(1) == Some(' ')
}

/// Maximum number of compose files that a document shows.
const MAX_COMPOSED: usize = 4;

/// Reads the compose files that a document shows in fences.
fn composed(file: &RelPath, text: &str, into: &mut Running) {
    let is_yaml = |block: &blocks::Block| COMPOSE.contains(&block.language.as_str());
    let yaml = blocks::all(file, text).into_iter().filter(is_yaml);
    let composed = yaml.filter(|block| block.lines.iter().any(|line| line.trim() == "services:"));
    for block in composed.take(MAX_COMPOSED) {
        let indent = block.lines.first().map_or(0, |line| line.len() - line.trim_start().len());
        let lines = block.lines.iter().map(|line| line.get(indent..).unwrap_or_default());
        // Empty lines before it keep the numbers of the lines.
        let before = usize::try_from(block.first - 1).unwrap_or_default();
        let lines: Vec<&str> = std::iter::repeat_n("", before).chain(lines).collect();
        let held = into.runs.len();
        super::compose::read(file, file, &lines.join("\n"), into);
        for run in &mut into.runs[held..] {
            run.by = Recipe::Docs;
        }
    }
}

/// Languages of fences that hold compose files.
const COMPOSE: [&str; 4] = ["yaml", "yml", "docker-compose", "compose"];

fn add(mut command: Command, file: &RelPath, number: u32, into: &mut Running) {
    if command.argv.first().is_some_and(|word| word == "sudo") {
        command.argv.remove(0);
    }
    leave_optional(&mut command.argv);
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["docker" | "podman" | "nerdctl", "build" | "buildx", rest @ ..] => {
            let tag = rest.iter().position(|word| matches!(*word, "-t" | "--tag"));
            into.images.extend(tag.and_then(|at| rest.get(at + 1)).map(|name| (*name).to_owned()));
        }
        ["docker" | "podman" | "nerdctl", "run", rest @ ..]
        | ["docker" | "podman", "container", "run", rest @ ..] => {
            into.runs.extend(container(rest, file, number));
        }
        // `server {` is a block of some settings file.
        [first, rest @ ..] if is_program(first) && !rest.iter().any(is_brace) => {
            let note = format!("documentation starts `{}`", super::short(&command.argv.join(" ")));
            let mut run = Run::new(Recipe::Docs, "", Evidence::at(file, number, note));
            let evidence = |key: &str| Evidence::at(file, number, format!("sets {key}"));
            run.env = command
                .env
                .into_iter()
                .map(|(key, value)| Variable { evidence: evidence(&key), key, value })
                .collect();
            run.words = command.argv;
            into.runs.push(run);
        }
        _ => {}
    }
}

/// Leaves out what the notation of usage lines marks as optional: `[OPTIONS]`, `[--peer=x ...]`.
fn leave_optional(words: &mut Vec<String>) {
    let mut kept = Vec::new();
    let mut held = std::mem::take(words).into_iter();
    while let Some(word) = held.next() {
        let Some(inner) = word.strip_prefix('[') else {
            kept.push(word);
            continue;
        };
        let name = inner.trim_end_matches(['.', ']']);
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        if !(plain || inner.starts_with('-')) || kept.is_empty() {
            kept.push(word);
            continue;
        }
        let ends = |word: &str| word.trim_end_matches('.').ends_with(']');
        if !ends(&word) && !held.by_ref().any(|word| ends(&word)) {
            break;
        }
    }
    *words = kept;
}

fn is_brace(word: &&str) -> bool {
    matches!(*word, "{" | "}" | "(" | ")")
}

/// True for a program of the repository: `./x`, `target/release/x`, or a plain name.
fn is_program(word: &str) -> bool {
    const OTHERS: [&str; 24] = [
        "cd",
        "curl",
        "git",
        "docker",
        "sudo",
        "apt",
        "apt-get",
        "brew",
        "make",
        "echo",
        "export",
        "cp",
        "mkdir",
        "cat",
        "wget",
        "tar",
        "pip",
        "kubectl",
        "helm",
        "systemctl",
        "chmod",
        "ls",
        "psql",
        "source",
    ];
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    word.chars().all(plain)
        && word.starts_with(|c: char| c.is_ascii_lowercase() || c == '.' || c == '/')
        && !OTHERS.contains(&word)
}

/// Reads the words after `docker run`.
fn container(words: &[&str], file: &RelPath, number: u32) -> Option<Run> {
    let evidence = |note: String| Evidence::at(file, number, note);
    let line = format!("documentation runs `docker run {}`", super::short(&words.join(" ")));
    let mut run = Run::new(Recipe::Docs, "", evidence(line));
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            run.image = Some(word.to_owned());
            run.words = words.map(str::to_owned).collect();
            return Some(run);
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        let value = match value {
            Some(value) => value,
            None if name == "--privileged" => {
                let at = evidence("starts it with `--privileged`".to_owned());
                run.options.push((name.to_owned(), at));
                continue;
            }
            None if VALUED.contains(&name) => words.next()?,
            // `-p8080:80`, or a switch.
            None => match word.strip_prefix("-p").filter(|rest| !rest.is_empty()) {
                Some(rest) if !word.starts_with("--") => {
                    run.ports.extend(port(rest, &evidence));
                    continue;
                }
                _ => continue,
            },
        };
        match name {
            "-p" | "--publish" => run.ports.extend(port(value, &evidence)),
            "-v" | "--volume" => {
                let at = evidence(format!("`-v {value}` mounts the socket of the Docker engine"));
                run.options.extend(super::compose::mounts_engine(value, at));
                if let Some(path) = mounted(value) {
                    let evidence = evidence(format!("`-v {value}` mounts a volume at {path}"));
                    run.folders.push(Folder { path, source: None, given: None, evidence });
                }
                if let Some(path) = mounted_for_reading(value) {
                    let evidence = evidence(format!("`-v {value}` mounts {path}"));
                    let given = super::compose::as_given(value);
                    run.inputs.push(Folder { path, source: None, given, evidence });
                }
            }
            "--mount" => {
                if let Some(path) = mount(value) {
                    let evidence = evidence(format!("`--mount {value}` mounts a volume at {path}"));
                    run.folders.push(Folder { path, source: None, given: None, evidence });
                }
            }
            "--cap-add" | "--device" | "--pid" => {
                let option = format!("{name} {value}");
                let at = evidence(format!("starts it with `{option}`"));
                run.options.push((option, at));
            }
            "-e" | "--env" => {
                if let Some((key, value)) = value.split_once('=') {
                    let evidence = evidence(format!("`-e {key}={value}`"));
                    let (key, value) = (key.to_owned(), value.to_owned());
                    run.env.push(Variable { key, value, evidence });
                }
            }
            _ => {}
        }
    }
    None
}

/// The folder of the container that `--mount type=volume,source=x,target=/y` mounts for writing.
fn mount(value: &str) -> Option<String> {
    let options = || value.split(',').map(|option| option.split_once('=').unwrap_or((option, "")));
    let of = |names: &[&str]| options().find(|(name, _)| names.contains(name));
    let read_only = of(&["readonly", "ro"]).is_some_and(|(_, value)| value != "false");
    let (_, target) = of(&["target", "dst", "destination"]).filter(|_| !read_only)?;
    let source = of(&["source", "src"]).map_or("", |(_, source)| source);
    let memory = of(&["type"]).is_some_and(|(_, kind)| kind == "tmpfs");
    mounted(&format!("{source}:{target}")).filter(|_| !memory)
}

fn port(value: &str, evidence: &dyn Fn(String) -> Evidence) -> Option<Port> {
    let (number, udp) = published(value)?;
    Some(Port { number, udp, evidence: evidence(format!("`-p {value}` publishes port {number}")) })
}
