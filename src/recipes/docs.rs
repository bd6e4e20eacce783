//! Documentation: `docker run` lines and shell lines that start a program, in code blocks.

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
    for (first, block) in blocks(text) {
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
        into.needed.extend(needed(file, text));
        into.stated.extend(stated(file, text));
    }
    for (first, block) in blocks(text) {
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
    let is_yaml = |block: &Block| {
        let said = block.opening.and_then(|opening| opening.strip_prefix("```"));
        said.is_some_and(|said| COMPOSE.contains(&said.trim()))
    };
    let yaml = all_blocks(text).into_iter().filter(is_yaml);
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

/// Programs that others commonly start, by key of packages.toml.
const PROGRAMS: [&str; 8] = [
    "ffmpeg",
    "imagemagick",
    "graphviz",
    "pandoc",
    "exiftool",
    "tesseract",
    "ghostscript",
    "libreoffice",
];

/// Phrases that say that a program is required at run time.
const NEEDING: [&str; 9] = [
    "requires ",
    "required",
    "must be installed",
    "must have ",
    "needs to be installed",
    "needs ",
    "depends on ",
    "be available in",
    "be in your path",
];

/// Programs that a sentence outside of code says are required.
fn needed(file: &RelPath, text: &str) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start().to_ascii_lowercase();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        let says = NEEDING.iter().any(|words| line.contains(words));
        if fenced || !says || line.contains("optional") || line.contains("not require") {
            continue;
        }
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
        let named = words.find_map(|word| PROGRAMS.iter().find(|program| **program == word));
        if let Some(name) = named.filter(|name| found.iter().all(|(held, _)| held != *name)) {
            let evidence = Evidence::at(file, number, format!("it says that {name} is needed"));
            found.push(((*name).to_owned(), evidence));
        }
    }
    found
}

/// Variables with their values in the image: ``**DATA_DIR**: defaults to `/data` in the Docker
/// image``.
fn stated(file: &RelPath, text: &str) -> Vec<Variable> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let Some((before, rest)) = line.split_once("efaults to `") else { continue };
        let Some((value, after)) = rest.split_once('`') else { continue };
        let near: String = after.chars().take(30).collect::<String>().to_ascii_lowercase();
        let mut names = before.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let key = names.find_map(|word| {
            let word = word.trim_matches('_');
            let upper =
                word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            (upper && word.len() > 3 && word.contains('_')).then(|| word.to_owned())
        });
        let of_image = near.trim_start().starts_with("in ")
            && ["docker", "container"].iter().any(|word| near.contains(word));
        if let Some(key) = key.filter(|_| of_image && value.starts_with('/')) {
            let evidence = Evidence::at(file, number, format!("{key} is {value} in the image"));
            found.push(Variable { key, value: value.to_owned(), evidence });
        }
    }
    found
}

/// Languages of fences that hold shell lines. A fence without a language may.
const SHELL: [&str; 14] = [
    "",
    "sh",
    "bash",
    "shell",
    "zsh",
    "fish",
    "console",
    "shell-session",
    "shellsession",
    "sh-session",
    "bash-session",
    "terminal",
    "text",
    "txt",
];

/// True if the line that opens a fence says that it holds shell lines: ```` ```sh title="x" ````.
fn is_shell(opening: &str) -> bool {
    let said = opening.trim_start_matches(['`', '~', ' ', '{', '.']);
    let language = said.split([' ', ',', '{', '}', ':']).next().unwrap_or_default();
    SHELL.contains(&language.to_ascii_lowercase().as_str())
}

/// A block of code.
struct Block<'t> {
    /// The number of its first line.
    first: u32,
    /// The line that opens the fence; `None` for indented code, as in other markup languages.
    opening: Option<&'t str>,
    lines: Vec<&'t str>,
}

/// Every block of code, in order.
fn all_blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut indented = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => {
                fence = Some(mark);
                let (first, opening) = (number + 1, Some(trimmed));
                found.push(Block { first, opening, lines: Vec::new() });
            }
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => found.last_mut().into_iter().for_each(|block| block.lines.push(line)),
            (None, None) if line.starts_with("    ") || line.starts_with('\t') => {
                match found.last_mut() {
                    Some(block) if indented + 1 == number => block.lines.push(line),
                    _ => found.push(Block { first: number, opening: None, lines: vec![line] }),
                }
                indented = number;
            }
            (None, None) => {}
        }
    }
    found
}

/// The text of each code block that may hold shell lines, with its first line number.
fn blocks(text: &str) -> Vec<(u32, String)> {
    let all = all_blocks(text).into_iter();
    let shell = all.filter(|block| block.opening.is_none_or(is_shell));
    let text = |block: Block| {
        let lines = block.lines.iter().map(|line| format!("{}\n", line.trim_start()));
        (block.first, lines.collect())
    };
    shell.map(text).collect()
}

fn add(mut command: Command, file: &RelPath, number: u32, into: &mut Running) {
    if command.argv.first().is_some_and(|word| word == "sudo") {
        command.argv.remove(0);
    }
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
                    run.folders.push(Folder { path, source: None, evidence });
                }
                if let Some(path) = mounted_for_reading(value) {
                    let evidence = evidence(format!("`-v {value}` mounts {path}"));
                    run.inputs.push(Folder { path, source: None, evidence });
                }
            }
            "--mount" => {
                if let Some(path) = mount(value) {
                    let evidence = evidence(format!("`--mount {value}` mounts a volume at {path}"));
                    run.folders.push(Folder { path, source: None, evidence });
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
