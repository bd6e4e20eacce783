//! Scripts that prepare a container before the program starts, which the image does not run.

use anyhow::Result;

use crate::facts::{Evidence, Facts, Finding, FindingCode, Program};
use crate::path::RelPath;
use crate::recipes::start;
use crate::repo::{Entry, Repo};
use crate::shell;

/// Names of such scripts, and the folders that they lie in.
const NAMES: [&str; 5] = [
    "docker-entrypoint.sh",
    "entrypoint.sh",
    "docker_entrypoint.sh",
    "docker-start.sh",
    "docker-run.sh",
];
const FOLDERS: [&str; 20] = [
    "",
    "docker",
    ".docker",
    "scripts",
    "script",
    "bin",
    "build",
    "deploy",
    "deployment",
    "container",
    "hack",
    "docker_assets",
    "docker-assets",
    "docker/scripts",
    "build/docker",
    "contrib/docker",
    "deploy/docker",
    "packaging/docker",
    "rootfs",
    "src/main/docker",
];

/// Names that such a script may have, and others too: what it does tells them apart.
const STARTERS: [&str; 11] = [
    "boot.sh",
    "bootstrap.sh",
    "entry.sh",
    "init.sh",
    "launch.sh",
    "run.sh",
    "run-server.sh",
    "start.sh",
    "start-server.sh",
    "startup.sh",
    "startup-init.sh",
];

/// First words of commands that only somebody at a machine types.
const OF_MACHINE: [&str; 16] = [
    "brew",
    "docker",
    "docker-compose",
    "git",
    "kill",
    "killall",
    "kubectl",
    "nohup",
    "open",
    "pkill",
    "podman",
    "screen",
    "service",
    "sudo",
    "systemctl",
    "tmux",
];

/// First words of commands that work on files, and never start an application.
const OF_FILES: [&str; 26] = [
    "apk", "apt", "apt-get", "awk", "cat", "chmod", "chown", "cp", "curl", "cut", "envsubst",
    "export", "find", "grep", "ln", "ls", "mkdir", "mv", "rm", "sed", "sleep", "source", "tar",
    "touch", "wget", ".",
];

/// First words of commands that leave nothing behind.
const OF_READING: [&str; 9] = ["awk", "cat", "cut", "date", "find", "grep", "ls", "sleep", "wait"];

/// Words of the shell's own that change nothing.
const OF_SHELL: [&str; 18] = [
    "break", "case", "continue", "default", "esac", "false", "for", "function", "in", "local",
    "read", "readonly", "return", "shift", "true", "unset", "until", "while",
];

/// Commands that give the process another user, which the image has from its first instruction on.
const OF_USERS: [&str; 12] = [
    "addgroup", "adduser", "chown", "chgrp", "delgroup", "deluser", "groupadd", "groupmod",
    "useradd", "userdel", "usermod", "whoami",
];

/// Programs that start the rest of their words as another user.
const AS_USER: [&str; 5] = ["gosu", "setpriv", "su-exec", "s6-setuidgid", "runuser"];

/// Second words of commands that install or build, which the image has done.
const BUILDING: [&str; 5] = ["build", "ci", "install", "sync", "venv"];

/// Last words of commands that start the application by its manifest.
const STARTING: [&str; 5] = ["start", "start:prod", "start:production", "serve", "production"];

/// Maximum number of commands that are said.
const MAX_SAID: usize = 4;
/// Maximum number of words of a command among which a file of the application is looked for.
const MAX_WORDS: usize = 8;

/// One command of a script.
struct Step {
    line: u32,
    words: Vec<String>,
    /// The script goes on while it runs.
    beside: bool,
}

/// Reports the script, unless the program is started by it or a finding of a language's own is about it.
///
/// # Errors
/// If it cannot be read.
pub(super) fn left(repo: &Repo, facts: &Facts, program: &mut Program) -> Result<()> {
    for (path, is_sure) in candidates(repo, facts) {
        let about = |finding: &Finding| finding.evidence.iter().any(|at| at.file == path);
        if program.findings.iter().any(about) || program.id.ends_with(path.file_name()) {
            return Ok(());
        }
        let Some(text) = repo.source_text(&path)? else { continue };
        let steps = steps(&text);
        let typed = |step: &Step| OF_MACHINE.contains(&step.words[0].as_str());
        if !is_sure && (steps.iter().any(typed) || !starts(repo, facts, program, &path, &steps)?) {
            continue;
        }
        let (beside, before): (Vec<&Step>, Vec<&Step>) =
            steps.iter().partition(|step| step.beside && !is_file_work(step));
        // The last command is the program.
        let own = |step: &Step| is_own(repo, facts, program, &step.words).unwrap_or(false);
        let last = before.last().is_some_and(|step| step.words[0] == "exec" || own(step));
        let end = before.len() - usize::from(last && !before.is_empty());
        let machine = !is_sure && !is_in_deployment(&path);
        let prepares =
            before[..end].iter().filter(|step| prepares(step) && !(machine && is_shell(step)));
        let evidence = |step: &&Step| {
            Evidence::at(&path, step.line, format!("`{}` of the script", step.words[0]))
        };
        let said: Vec<Evidence> = prepares.map(evidence).take(MAX_SAID).collect();
        let found = !said.is_empty() || !beside.is_empty();
        if !said.is_empty() {
            let what = if machine {
                format!("{path} runs other commands before the program, and the image does not")
            } else {
                format!(
                    "{path} prepares the container before the program, and the image does not run \
                     it"
                )
            };
            program.findings.push(Finding::new(FindingCode::EntrypointNotRun, what, said));
        }
        also_started(program, &path, &beside);
        if found || is_sure {
            return Ok(());
        }
    }
    Ok(())
}

/// Reports the processes that a script leaves running beside the program.
fn also_started(program: &mut Program, path: &RelPath, beside: &[&Step]) {
    if beside.is_empty() {
        return;
    }
    let short = |step: &&Step| {
        let words: Vec<&str> = step.words.iter().take(4).map(String::as_str).collect();
        format!("`{}`", words.join(" "))
    };
    let named: Vec<String> = beside.iter().take(MAX_SAID).map(short).collect();
    let what = format!("{path} also starts {}, and the image does not", named.join(", "));
    let evidence = beside.iter().take(MAX_SAID).map(|step| {
        Evidence::at(path, step.line, "the script leaves it running beside the program")
    });
    program.findings.push(Finding::new(FindingCode::OtherProcesses, what, evidence));
}

/// The scripts, likeliest first; `true` for those whose name and place say what they are.
fn candidates(repo: &Repo, facts: &Facts) -> Vec<(RelPath, bool)> {
    let below = |home: &RelPath, names: &[&str]| -> Vec<RelPath> {
        let folders = FOLDERS.iter().filter_map(|folder| match *folder {
            "" => Some(home.clone()),
            folder => home.join(folder),
        });
        let folders = folders.filter(|folder| repo.is_dir(folder));
        let paths =
            folders.flat_map(|folder| names.iter().filter_map(move |name| folder.join(name)));
        paths.filter(|path| repo.is_file(path)).collect()
    };
    let mut found: Vec<(RelPath, bool)> = Vec::new();
    found.extend(below(&facts.dir, &NAMES).into_iter().take(1).map(|path| (path, true)));
    found.extend(below(&facts.dir, &STARTERS).into_iter().map(|path| (path, false)));
    for home in facts.dir.ancestors() {
        for names in [&NAMES[..], &STARTERS[..]] {
            found.extend(below(&home, names).into_iter().map(|path| (path, false)));
        }
    }
    found
}

/// True if a script starts the application: one of its commands names a file of it, or, beside the
/// application, the last one starts what it is given.
fn starts(
    repo: &Repo,
    facts: &Facts,
    program: &Program,
    path: &RelPath,
    steps: &[Step],
) -> Result<bool> {
    for step in steps {
        if is_own(repo, facts, program, &step.words)? {
            return Ok(true);
        }
    }
    let given = |step: &Step| step.words.len() > 1 && step.words.last().is_some_and(|w| w == "$@");
    Ok(path.is_within(&facts.dir)
        && steps.last().is_some_and(|step| step.words[0] == "exec" && given(step)))
}

/// True if a command starts the program, or another file of the application.
fn is_own(repo: &Repo, facts: &Facts, program: &Program, words: &[String]) -> Result<bool> {
    let words: &[String] = if words[0] == "exec" { &words[1..] } else { words };
    let Some(first) = words.first() else { return Ok(false) };
    if start::names(words, program) {
        return Ok(true);
    }
    if OF_FILES.contains(&first.as_str()) || words.get(1).is_some_and(|word| is_building(word)) {
        return Ok(false);
    }
    let mut before = "";
    for word in words.iter().take(MAX_WORDS).map(String::as_str) {
        if (before == "-m" || word.contains(':')) && is_module(repo, &facts.dir, word)
            || is_program(repo, &facts.dir, word)
        {
            return Ok(true);
        }
        before = word;
    }
    by_manifest(repo, facts, words)
}

/// True for a command that the manifest of the application defines: `npm run start`.
fn by_manifest(repo: &Repo, facts: &Facts, words: &[String]) -> Result<bool> {
    let Some(last) = words.last().filter(|_| (2..=3).contains(&words.len())) else {
        return Ok(false);
    };
    if !STARTING.contains(&last.as_str()) {
        return Ok(false);
    }
    let own = facts.manifests.iter().find(|path| path.parent().as_ref() == Some(&facts.dir));
    let Some(path) = own else { return Ok(false) };
    Ok(repo.source_text(path)?.is_some_and(|text| text.contains(&format!("\"{last}\""))))
}

/// True for a file of code in the application's folder, by its path there or in another image.
fn is_program(repo: &Repo, dir: &RelPath, word: &str) -> bool {
    const DATA: [&str; 12] =
        ["", "cfg", "conf", "env", "ini", "json", "lock", "md", "sql", "toml", "txt", "yml"];
    if word.starts_with('-') || word.contains(['$', '=']) {
        return false;
    }
    let name = word.rsplit('/').next().unwrap_or_default();
    let inside = word.trim_start_matches("./");
    let paths = [inside, if word.starts_with('/') { name } else { inside }];
    let code = |path: &RelPath| {
        repo.is_file(path) && !DATA.contains(&path.extension()) && path.extension() != "sh"
    };
    paths.iter().any(|path| dir.join(path).is_some_and(|path| code(&path)))
}

/// True for a module of the application: `shop.web:app`.
fn is_module(repo: &Repo, dir: &RelPath, word: &str) -> bool {
    let (name, object) = word.split_once(':').unwrap_or((word, "app"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.".contains(c);
    // `db:5432` is a host with its port.
    let called = object.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if name.is_empty() || !called || !name.chars().all(plain) {
        return false;
    }
    let Some(path) = dir.join(&name.replace('.', "/")) else { return false };
    let Some(folder) = path.parent() else { return false };
    repo.is_dir(&path)
        || repo.children(&folder).any(|(held, entry)| {
            let stem = held.file_name().split('.').next().unwrap_or_default();
            *entry == Entry::File && stem == path.file_name()
        })
}

fn is_building(word: &str) -> bool {
    BUILDING.contains(&word)
}

fn is_file_work(step: &Step) -> bool {
    OF_FILES.contains(&step.words[0].as_str())
}

/// True for a script in a folder of images or deployment; one beside the code may be for a machine.
fn is_in_deployment(path: &RelPath) -> bool {
    let folder = path.parent().map_or_else(String::new, |folder| folder.as_str().to_owned());
    ["docker", "container", "deploy"].iter().any(|word| folder.contains(word))
}

/// True for a command that only sets up the shell of whoever calls the script.
fn is_shell(step: &Step) -> bool {
    ["export", "source", "."].contains(&step.words[0].as_str())
}

/// True if a command does something that the container lacks without it.
fn prepares(step: &Step) -> bool {
    let words = step.words.as_slice();
    let first = words[0].as_str();
    let user = OF_USERS.contains(&first)
        || AS_USER.contains(&first) && words.last().is_some_and(|word| word == "$@");
    let plain = first == "export" && !words.iter().any(|word| word.contains("$("));
    let reads = OF_READING.contains(&first);
    let builds = first == "make"
        || words.iter().skip(1).take(2).any(|word| is_building(word))
        || words.windows(2).any(|pair| pair[0] == "-m" && is_building(&pair[1]));
    !(user || builds || reads || plain && words.len() > 1 && words[1].contains("PATH="))
}

/// The commands that do something.
fn steps(text: &str) -> Vec<Step> {
    let mut found = Vec::new();
    for (number, line) in shell::statements(text).into_iter().take(MAX_LINES) {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        let beside = line.ends_with('&') && !line.ends_with("&&");
        for command in shell::parse(line).commands {
            let mut words = command.argv;
            words.retain(|word| word != "then" && word != "do");
            let Some(first) = words.first() else { continue };
            // `load() {`, `*)`
            let shape = first.ends_with(')') || first.starts_with("((");
            if !shape && !shell::is_quiet(first) && !OF_SHELL.contains(&first.as_str()) {
                found.push(Step { line: number + 1, words, beside });
            }
        }
    }
    found
}

/// Maximum number of lines of a script that are read.
const MAX_LINES: usize = 400;
