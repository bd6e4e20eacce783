//! Processes that the repository starts beside the program, as far as the same image can run them.

use anyhow::Result;

use super::App;
use crate::ask::{Origin, id};
use crate::docker::parse::{Instruction, parse};
use crate::docker::quote::shell_words;
use crate::facts::{self, Evidence, Finding, Program};
use crate::plan::words::Line;
use crate::plan::{Env, Plan, Runtime};
use crate::{planning, render};

/// Maximum number of processes that are planned: each costs what the program itself costs.
const MAX: usize = 8;

/// A process that the image runs with another command.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its name in the file that starts it.
    pub name: String,
    /// The whole command, for `--entrypoint`.
    pub command: Vec<String>,
    /// Variables that it needs and the image does not set.
    pub env: Vec<Env>,
    /// The place of the line that starts it.
    pub evidence: Evidence,
}

/// The processes beside the planned program whose own plan has the same image.
///
/// # Errors
/// If the plan cannot be rendered.
pub(super) fn of(app: &App, plan: &Plan) -> Result<Vec<Process>> {
    let mut found: Vec<Process> = Vec::new();
    let programs = &app.facts.programs;
    let wanted = app.answers.get(id::ENTRYPOINT);
    let own = |one: &&Program| wanted.is_none_or(|name| name == one.id || name == one.name);
    let Some(program) = programs.iter().find(own).filter(|one| !one.processes.is_empty()) else {
        return Ok(found);
    };
    let image = layers(plan)?;
    let mut ids: Vec<&str> = programs.iter().map(|one| one.id.as_str()).collect();
    // A script that detection did not list: its line names it.
    let is_file =
        |word: &&str| app.facts.dir.join(word).is_some_and(|path| app.survey.repo.is_file(&path));
    let words = program.processes.iter().flat_map(|process| &process.words).map(String::as_str);
    ids.extend(words.filter(is_file));
    ids.retain(|id| *id != program.id);
    ids.dedup();
    for other in ids.into_iter().take(MAX) {
        let mut answers = app.answers.clone();
        answers.change(id::ENTRYPOINT, other, Origin::Flag);
        answers.change(id::BASE, plan.runtime.family.as_str(), Origin::Flag);
        answers.remove(id::ARGS);
        answers.remove(id::PORT);
        // A program that cannot be planned is none of this image's.
        let Ok(mut planned) = planning::make(&app.survey.repo, &app.facts, &answers) else {
            continue;
        };
        if !fits(&planned.runtime, &plan.runtime) {
            continue;
        }
        let started = program
            .processes
            .iter()
            .filter_map(|process| Some((process, command(&planned.runtime, &process.words)?)));
        let started: Vec<(&facts::Process, Vec<String>)> = started.collect();
        let set = |var: &&Env| !plan.runtime.env.iter().any(|held| held.key == var.key);
        let env: Vec<Env> = planned.runtime.env.iter().filter(set).cloned().collect();
        planned.runtime = plan.runtime.clone();
        planned.front_ends.clone_from(&plan.front_ends);
        if started.is_empty() || layers(&planned)? != image {
            continue;
        }
        for (process, command) in started {
            if !found.iter().any(|held| held.evidence == process.evidence) {
                let (name, evidence) = (process.name.clone(), process.evidence.clone());
                found.push(Process { name, command, env: env.clone(), evidence });
            }
        }
    }
    Ok(found)
}

/// Names the commands in findings about these processes, where the image can run them all.
pub(super) fn explain(processes: &[Process], image: &str, findings: &mut [Finding]) {
    for finding in findings.iter_mut() {
        let about = |held: &&Process| finding.evidence.contains(&held.evidence);
        let lines = processes.iter().filter(about).map(|held| {
            let (tool, words) = held.command.split_first()?;
            let words = [
                &["docker", "run", "--init", "--entrypoint", tool, image].map(str::to_owned),
                words,
            ];
            Some(format!("`{}`", shell_words(&words.concat())))
        });
        let lines: Vec<String> = lines.flatten().collect();
        if !lines.is_empty() && lines.len() == finding.evidence.len() {
            finding.fix = format!(
                "run the same image beside the program: {}; the file that `--compose` writes does so",
                lines.join(", ")
            );
        }
    }
}

/// True if a final image has all that another one needs.
fn fits(needed: &Runtime, image: &Runtime) -> bool {
    let carried = [
        (needed.carry_certificates, image.carry_certificates),
        (needed.carry_zoneinfo, image.carry_zoneinfo),
        (needed.make_tmp, image.make_tmp),
    ];
    needed.image == image.image
        && needed.packages.iter().all(|name| image.packages.contains(name))
        && needed.writable.iter().all(|folder| image.writable.contains(folder))
        && carried.iter().all(|(needed, held)| *held || !needed)
}

/// The command of the line, as the image has it: the planned one with the options of both, without
/// the init, which the image may lack. `None` if the line starts something else.
fn command(planned: &Runtime, line: &[String]) -> Option<Vec<String>> {
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let words: Vec<&str> = planned.entrypoint.iter().map(Line::as_str).collect();
    let plain = |word: &&str| !word.starts_with('-');
    // An init, and the tool that it starts.
    let begin = words.iter().position(|word| *word == "--").map_or(0, |at| at + 1);
    let tool = name(words.get(begin)?);
    let first = line.iter().position(|word| name(word) == tool)?;
    let mut last = first;
    for word in words[begin + 1..].iter().filter(|word| plain(word)) {
        last = line.iter().position(|held| held == word).filter(|at| *at > first)?.max(last);
    }
    let given = |option: &str| {
        let key = option.split('=').next().unwrap_or_default();
        line.iter().any(|word| word.split('=').next() == Some(key))
    };
    let options = planned.cmd.iter().map(Line::as_str);
    let missing = options.filter(|word| word.starts_with("--") && !given(word));
    let start = std::iter::once(words[begin]);
    let before = line[first + 1..=last].iter().map(String::as_str);
    let after = line[last + 1..].iter().map(String::as_str);
    Some(start.chain(before).chain(missing).chain(after).map(str::to_owned).collect())
}

/// Every instruction of the image, as text. Comments may differ.
fn layers(plan: &Plan) -> Result<Vec<String>> {
    let file = parse(&render::dockerfile(plan, &[])?)?;
    let all = file
        .stages
        .iter()
        .flat_map(|stage| std::iter::once(&stage.from).chain(&stage.instructions));
    let text = |held: &Instruction| {
        let Instruction { keyword, flags, arguments, heredocs, .. } = held;
        format!("{keyword} {flags:?} {arguments} {heredocs:?}")
    };
    Ok(all.map(text).collect())
}
