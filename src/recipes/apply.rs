//! Adds what the recipes say to what a detector found: port, folders, default arguments and
//! environment. Reports contradictions.
//!
//! A recipe is about a program if it starts the program's own file, if it is written for the
//! application's folder and builds it, or if it runs an image with exactly the application's name.

mod before;
mod code;
mod container;
mod files;
mod folders;
mod given;
mod mounts;
mod optional;
mod pages;
mod ports;
mod scripts;

use std::collections::BTreeSet;

use anyhow::Result;

use code::Code;

use super::dockerfile;
use super::start::{self, Start};
use super::{Recipe, Run, Running, Variable};
use crate::facts::{
    EnvVar, Evidence, Facts, Finding, FindingCode, Kind, Process, Program, Sourced,
};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::services::Row;

/// Parts of names whose values must not be in an image.
const SECRET: [&str; 8] = ["secret", "token", "pass", "pword", "key", "auth", "cred", "private"];

/// Names of processes other than the one that serves.
const SECOND: [&str; 6] = ["worker", "release", "clock", "scheduler", "cron", "jobs"];

/// Adds what the recipes say to every program of an application.
///
/// # Errors
/// If a recipe cannot be read.
pub(crate) fn facts(repo: &Repo, facts: &mut Facts) -> Result<()> {
    let mut programs = std::mem::take(&mut facts.programs);
    let alone = programs.len() < 2;
    for (at, one) in programs.iter_mut().enumerate() {
        add(repo, facts, one, alone || at == 0)?;
    }
    facts.programs = programs;
    Ok(())
}

/// As [`facts`], for a program that is not in them yet.
///
/// # Errors
/// As [`facts`].
pub(crate) fn program(repo: &Repo, facts: &Facts, one: &mut Program) -> Result<()> {
    let likeliest = facts.programs.first().is_none_or(|first| first.id == one.id);
    add(repo, facts, one, likeliest || facts.programs.len() < 2)
}

/// `likeliest`: a recipe that names the application but no program is about this one.
fn add(repo: &Repo, facts: &Facts, program: &mut Program, likeliest: bool) -> Result<()> {
    if program.kind == Kind::Site {
        return Ok(());
    }
    let running = super::running(repo, &facts.dir)?;
    let images: BTreeSet<&str> = running
        .iter()
        .flat_map(|r: &std::rc::Rc<Running>| &r.images)
        .map(|i| plain_image(i))
        .collect();
    let mut mine: Vec<&Run> = running
        .iter()
        .flat_map(|running| &running.runs)
        .filter(|run| is_of(run, facts, program, likeliest, &images))
        .collect();
    mine.sort_by_key(|run| {
        let second = SECOND.contains(&run.name.as_str());
        let other = !start::names(&run.words, program);
        (run.by, second, other, run.name != "web", run.ports.is_empty())
    });
    let (mine, others) = split(mine);
    let services = running.iter().flat_map(|running| &running.runs);
    let services = services.filter(|run| matches!(run.by, Recipe::Compose | Recipe::Kubernetes));
    let names: BTreeSet<&str> = services.map(|run| run.name.as_str()).collect();
    let holds = |word: &str| files::of(repo, facts, word).is_some();
    let starts = start::all(&mine, program, &names, &holds);
    let taken = arguments(program, &starts);
    if let Some(start) = taken {
        files::carried(repo, facts, program, start);
        folders::led(program, &start.words);
    }
    let exposed = ports::exposed(repo, facts)?;
    ports::port(program, &mine, taken, &exposed);
    ports::more_ports(program, &mine);
    let held = program.writable.len();
    let written = dockerfile::written(repo, &facts.dir)?;
    let image = written.0.as_ref().map(|(_, image)| image);
    folders::written(program, &mine, image);
    folders::environment(program, &mine);
    let stated: Vec<_> = running.iter().flat_map(|running| &running.stated).collect();
    folders::documented(program, &mine, &stated);
    folders::settled(program, held);
    opened(program, &mine);
    let code = Code::new(repo, facts);
    if likeliest && let Some(own) = running.first() {
        pages::opened(program, &facts.dir, &own.pages, &code)?;
    }
    folders::unread(program, held, &code)?;
    given::variables(program, &mine, image, &code)?;
    given::options(program, &mine, image);
    mounts::inputs(repo, facts, program, &mine);
    let told: Vec<_> = running.iter().flat_map(|running| &running.for_containers).collect();
    container::told(program, &told, &code)?;
    container::asked(program, &code)?;
    needed(program, running.iter().flat_map(|running| &running.needed));
    before::said(program, &mine, &others);
    other_processes(program, &others);
    scripts::left(repo, facts, program)
}

/// True if a recipe is about this program.
fn is_of(
    run: &Run,
    facts: &Facts,
    program: &Program,
    likeliest: bool,
    images: &BTreeSet<&str>,
) -> bool {
    if run.image.is_none() && !run.words.is_empty() && !run.built_here {
        return start::names(&run.words, program)
            || run.by != Recipe::Docs && likeliest && run.dir.as_ref() == Some(&facts.dir);
    }
    if !likeliest && !start::names(&run.words, program) {
        return false;
    }
    if run.built_here || run.dir.is_some() {
        return run.dir.as_ref() == Some(&facts.dir);
    }
    let Some(image) = run.image.as_deref().map(plain_image) else { return false };
    if image.split('/').any(|part| REPACKAGERS.contains(&part)) {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or_default();
    let same = |name: &str| plain_name(name) == plain_name(last);
    let named = same(&facts.name.value) || same(&program.name);
    let source = facts.source.as_ref().and_then(|source| source.value.rsplit('/').next());
    let repository = facts.dir.is_root() && source.is_some_and(same);
    // An image without an owner is another project's, unless it is built here or documentation calls
    // it as the application is called.
    let own =
        run.by == Recipe::Docs && named && Row::of_image(image).is_ok_and(|row| row.is_none());
    images.contains(image) && facts.dir.is_root()
        || (image.contains('/') || own) && (named || repository)
}

/// Owners of images of other people's software: their ports and volumes are those of their scripts.
const REPACKAGERS: [&str; 6] =
    ["linuxserver", "lscr.io", "hotio", "binhex", "bitnami", "bitnamilegacy"];

/// A name as images and repositories spell it differently: `box_exporter` and `Box-Exporter`.
fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// An image's name without registry, tag and digest.
fn plain_image(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => image,
    }
}

/// Splits the runs into those of the program and those of other processes of the application.
fn split(runs: Vec<&Run>) -> (Vec<&Run>, Vec<&Run>) {
    let mut mine: Vec<&Run> = Vec::new();
    let mut others: Vec<&Run> = Vec::new();
    for run in runs {
        let held = mine.iter().find(|held| held.by == run.by);
        let same = |held: &&Run| run.name == held.name || run.words == held.words;
        // Another way to run the same image for the same clients.
        let variant = |held: &&&Run| {
            let ports = |run: &Run| run.ports.iter().map(|p| p.number).collect::<Vec<_>>();
            held.image == run.image && !run.ports.is_empty() && ports(held) == ports(run)
        };
        let other = !held.iter().any(variant) && !others.iter().any(same);
        if run.by == Recipe::Docs || run.words.is_empty() || held.is_none_or(same) {
            mine.push(run);
        } else if other {
            others.push(run);
        }
    }
    (mine, others)
}

/// True for a word that stands for whatever arguments a person may give: `<flags>`, `[OPTIONS]`.
fn is_optional(words: &str) -> bool {
    let word = words.trim_matches(['\'', '"', ' ']).to_ascii_lowercase();
    let inner = word.strip_prefix(['<', '[']).and_then(|rest| rest.strip_suffix(['>', ']']));
    inner.is_some_and(|inner| ["flags", "options", "args", "arguments"].contains(&inner))
}

/// Takes the default arguments from the strongest recipe that the image can serve, and returns that
/// start.
fn arguments<'s>(program: &mut Program, starts: &'s [Start]) -> Option<&'s Start> {
    // Documentation shows many uses of a command, but for a service, how it is started.
    let serves = program.kind == Kind::Service;
    let speaks =
        |start: &&Start| start.by != Recipe::Docs || serves || start::port(&start.words).is_some();
    // A flag beats the variable that the image sets, and documentation sets it for another machine.
    let contradicts = |start: &&Start| {
        let mut names = start.words.iter().filter_map(|word| word.strip_prefix("--"));
        start.by == Recipe::Docs && names.any(|name| is_set(program, name))
    };
    let mut usable = starts.iter().filter(speaks).filter(|start| !contradicts(start));
    let wanted = usable.find(|s| !s.words.is_empty() || s.left.is_some())?;
    if let Some((words, why)) = wanted.left.as_ref().filter(|(words, _)| !is_optional(words)) {
        let what =
            format!("the repository also gives the program `{words}`, and the image does not");
        let finding = Finding::new(FindingCode::StartArguments, what, [wanted.evidence.clone()]);
        let fix = "give them to `docker run IMAGE` behind those of the image, with values of yours";
        report(program, finding.with_why(*why).with_fix(fix));
    }
    if wanted.words.is_empty() {
        return None;
    }
    let line = start::joined(&wanted.words);
    let held = program.args.as_ref().map(|args| args.value.clone());
    if let Some(lack) = &wanted.lack {
        if held.as_deref() != Some(line.as_str()) {
            report(
                program,
                Finding::new(
                    FindingCode::StartArguments,
                    format!(
                        "the repository starts the program with `{line}`, and the image does not"
                    ),
                    [wanted.evidence.clone()],
                )
                .with_why(lack.clone())
                .with_fix("provide what is missing and set --args, or set other arguments"),
            );
        }
        return None;
    }
    match held {
        None => {
            program.args = Some(known(wanted.by, line, wanted.evidence.clone()));
            program.findings.retain(|finding| finding.code != FindingCode::ArgumentsUnknown);
        }
        Some(held) if line == held || line.starts_with(&format!("{held} ")) => {
            if let Some(args) = program.args.as_mut().filter(|_| line != held) {
                args.value = line;
                args.evidence.insert(0, wanted.evidence.clone());
                given(program, &wanted.words);
            }
        }
        // `:8080` is `0.0.0.0:8080`.
        Some(held) if start::everywhere(&line) == start::everywhere(&held) => {}
        Some(held) => {
            let mut evidence = vec![wanted.evidence.clone()];
            evidence.extend(program.args.iter().flat_map(|args| args.evidence.clone()).take(1));
            report(
                program,
                Finding::new(
                    FindingCode::StartArguments,
                    format!(
                        "the repository starts the program with `{line}`, the image with `{held}`"
                    ),
                    evidence,
                ),
            );
            return None;
        }
    }
    Some(wanted)
}

/// Drops what only a start without these words would lack.
fn given(program: &mut Program, words: &[String]) {
    program.findings.retain(|finding| finding.code != FindingCode::ArgumentsUnknown);
    let Some(flag) = start::opening(words) else { return };
    program.findings.retain(|finding| {
        let asks = finding.fix.contains(&format!("`{flag} "));
        finding.code != FindingCode::LocalhostOnly || !asks
    });
}

/// True if the image sets a variable of the flag's name: `APP_DB_DIR` for `--db-dir`.
fn is_set(program: &Program, flag: &str) -> bool {
    let name = flag.split('=').next().unwrap_or_default();
    let name = name.replace(['-', '.'], "_").to_ascii_uppercase();
    let ends =
        |key: &str| key.strip_suffix(&name).is_some_and(|p| p.is_empty() || p.ends_with('_'));
    !name.is_empty() && program.env.iter().any(|held| ends(&held.value.key))
}

/// A value from a recipe. A single line of documentation is only a guess.
fn known<T>(by: Recipe, value: T, evidence: Evidence) -> Sourced<T> {
    match by {
        Recipe::Docs => Sourced::guessed(value, evidence),
        _ => Sourced::new(value, evidence),
    }
}

/// Adds a finding, unless the program already has it.
fn report(program: &mut Program, finding: Finding) {
    if !program.findings.contains(&finding) {
        program.findings.push(finding);
    }
}

/// Takes required programs that only documentation names, since the code does not show them.
fn needed<'r>(program: &mut Program, named: impl Iterator<Item = &'r (String, Evidence)>) {
    for (name, evidence) in named {
        let held = program.needs.packages.iter().any(|package| package.value == *name);
        if held || program.kind == Kind::Site {
            continue;
        }
        report(
            program,
            Finding::new(
                FindingCode::ProgramDocumented,
                format!("the documentation requires {name}, which the image does not hold"),
                [evidence.clone()],
            )
            .with_fix(format!("add its package to the final stage if the program starts {name}")),
        );
    }
}

/// Takes a variable that a recipe sets to all addresses of the machine: without it, the program
/// listens on loopback.
fn opened(program: &mut Program, runs: &[&Run]) {
    const EVERYWHERE: [&str; 5] = ["0.0.0.0", "::", "[::]", "*", "+"];
    if !program.findings.iter().any(|finding| finding.code == FindingCode::LocalhostOnly) {
        return;
    }
    let everywhere = |variable: &&Variable| {
        let value = variable.value.trim_matches(['"', '\'']);
        let host = value.rsplit_once(':').filter(|(_, port)| super::port_number(port).is_some());
        EVERYWHERE.contains(&host.map_or(value, |(host, _)| host))
    };
    let found = runs.iter().find_map(|run| Some((run, run.env.iter().find(everywhere)?)));
    let Some((run, variable)) = found else { return };
    let value = variable.value.trim_matches(['"', '\'']);
    set(program, &variable.key, value, known(run.by, (), variable.evidence.clone()));
    if program.env.iter().any(|held| held.value.key == variable.key) {
        program.findings.retain(|finding| finding.code != FindingCode::LocalhostOnly);
    }
}

/// True for what may be the name of a variable.
fn is_name(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !key.starts_with(|c: char| c.is_ascii_digit())
}

fn set(program: &mut Program, key: &str, value: &str, source: Sourced<()>) {
    let plain = is_name(key)
        && !value.chars().any(char::is_control)
        && !SECRET.iter().any(|word| key.to_ascii_lowercase().contains(word));
    if plain && !program.env.iter().any(|held| held.value.key == key) {
        let var = EnvVar { key: key.to_owned(), value: value.to_owned() };
        program.env.push(source.map(|()| var));
    }
}

/// Reports the other processes: the image starts only one.
fn other_processes(program: &mut Program, others: &[&Run]) {
    // The detector of a language that reads the process manager reports it itself.
    let said = program.findings.iter().any(|finding| finding.code == FindingCode::SeveralProcesses);
    let managed = |run: &&&Run| said && run.by == Recipe::ProcessManager;
    let others: Vec<&Run> =
        others.iter().filter(|run| !managed(run) && !before::is_release(run)).copied().collect();
    for run in others.iter().filter(|run| run.shell.is_none()) {
        let (name, words, evidence) = (run.name.clone(), run.words.clone(), run.evidence.clone());
        program.processes.push(Process { name, words, evidence });
    }
    // The manifest of the language may start the same command.
    let known = |run: &&&Run| {
        let command = format!("(`{}`)", run.words.join(" "));
        let mut findings = program.findings.iter();
        findings
            .any(|held| held.code == FindingCode::OtherProcesses && held.what.contains(&command))
    };
    let others: Vec<&Run> = others.iter().filter(|run| !known(run)).copied().collect();
    let Some(first) = others.first() else { return };
    let named: Vec<String> =
        others.iter().map(|run| format!("{} (`{}`)", run.name, run.words.join(" "))).collect();
    let file: &RelPath = &first.evidence.file;
    report(
        program,
        Finding::new(
            FindingCode::OtherProcesses,
            format!("{file} also starts {}, and the image does not", named.join(", ")),
            others.iter().map(|run| run.evidence.clone()),
        ),
    );
}
