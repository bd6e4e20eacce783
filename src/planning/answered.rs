//! What a person's answers change in a program.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::decisions;
use crate::ask::{self, Answers, MadeFrontEnd, Unfit, id, made_front_ends, split_list};
use crate::detect::LANGUAGES;
use crate::facts::{
    BuildArg, EnvVar, Facts, Finding, FindingCode, FrontEnd, Program, Protocol, Sourced,
};
use crate::path::is_at_or_below;
use crate::plan::{Decision, split_words};
use crate::repo::{Dir, Repo, excerpt};

/// Replaces detected values of the program by a person's answers.
pub(super) fn apply(
    repo: &Repo,
    facts: &Facts,
    program: &mut Program,
    answers: &Answers,
) -> Result<()> {
    if let Some(answer) = answers.get(id::PORT) {
        let detected = program.port.take().map(|port| port.value);
        let mut ports = ask::ports(answer)?;
        let first = ports.iter().position(|port| port.protocol == Protocol::Tcp);
        program.port = first.map(|at| Sourced::assumed(ports.remove(at).number));
        program.more_ports = ports.into_iter().map(Sourced::assumed).collect();
        if let Some(port) =
            program.port.as_ref().map(|port| port.value).filter(|port| Some(*port) != detected)
        {
            tell_port(program, port);
        }
        program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
    }
    if let Some(folders) = answers.get(id::WRITABLE) {
        program.writable = split_list(folders).into_iter().map(Sourced::assumed).collect();
        program.findings.retain(|finding| finding.code != FindingCode::FolderUnknown);
    }
    if answers.get(id::ARGS).is_some_and(|args| !args.trim().is_empty()) {
        program.findings.retain(|finding| finding.code != FindingCode::ArgumentsUnknown);
    }
    for kept in answers.list(id::NO_WRITABLE) {
        let kept = plain(&kept);
        program.writable.retain(|folder| !is_at_or_below(&plain(&folder.value), &kept));
    }
    for argument in build_args(answers)? {
        program.build_args.retain(|held| held.name != argument.name);
        program.build_args.push(argument);
    }
    for made in made_front_ends(answers.get(id::FRONT_END).unwrap_or_default())? {
        let made = front_end(repo, facts, &made)?;
        program.front_ends.retain(|held| held.value.output != made.output);
        // What the program serves comes from the build that a person names.
        if made.opened.is_some() {
            program.findings.retain(|finding| finding.code != FindingCode::ServedFolderMissing);
        }
        program.front_ends.push(Sourced::assumed(made));
    }
    for pair in split_words(answers.get(id::ENV).unwrap_or_default())? {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("`{pair}` in `env` is not KEY=value")
        };
        let var = EnvVar { key: key.to_owned(), value: value.to_owned() };
        // The variable of the port says where the program listens.
        if program.port_variable.as_ref() == Some(&var.key)
            && answers.get(id::PORT).is_none()
            && let Some(port) = value.parse::<u16>().ok().filter(|port| *port > 0)
        {
            program.port = Some(Sourced::assumed(port));
            program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
        }
        program.env.retain(|held| held.value.key != var.key);
        program.env.push(Sourced::assumed(var));
    }
    Ok(())
}

/// Makes the program listen on the port that a person chose, by the variable that it reads. If it
/// reads none, a finding says so.
fn tell_port(program: &mut Program, port: u16) {
    match program.port_variable.clone() {
        Some(key) => program.env.push(Sourced::assumed(EnvVar { key, value: port.to_string() })),
        None => program.findings.push(Finding::new(
            FindingCode::PortNotTold,
            format!(
                "the image documents port {port}, and dockgen found no environment variable \
                     that tells it to the program"
            ),
            program.evidence.first().cloned(),
        )),
    }
}

/// A folder as a person or a detector may write it.
fn plain(folder: &str) -> String {
    let absolute = if folder.starts_with('/') { "/" } else { "" };
    let parts: Vec<&str> =
        folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("{absolute}{}", parts.join("/"))
}

/// The arguments of `docker build` that a person names.
pub(super) fn build_args(answers: &Answers) -> Result<Vec<BuildArg>> {
    let words = split_words(answers.get(id::BUILD_ARG).unwrap_or_default())?;
    Ok(words.iter().map(|argument| build_arg(argument)).collect())
}

/// An item of the answer: `NAME` or `NAME=default`.
fn build_arg(argument: &str) -> BuildArg {
    let (name, default) = match argument.split_once('=') {
        Some((name, default)) => (name, Some(default.to_owned())),
        None => (argument, None),
    };
    // A person knows that it has no value.
    BuildArg {
        name: name.to_owned(),
        default,
        required: false,
        fallback: true,
        evidence: Vec::new(),
    }
}

/// The front end that an item of the answer names.
fn front_end(repo: &Repo, facts: &Facts, made: &MadeFrontEnd) -> Result<FrontEnd> {
    let unfit = |why: String| Unfit { id: id::FRONT_END, why };
    let folder = excerpt(&made.folder);
    let Some(dir) = facts.dir.join(&made.folder).filter(|dir| repo.is_dir(dir)) else {
        bail!(unfit(format!(
            "`{folder}` is no folder of the repository: name the one with the front end's manifest"
        )));
    };
    let here = Dir::new(repo, dir.clone());
    let able = LANGUAGES.iter().find(|language| {
        language.front_end.is_some() && language.markers.iter().any(|marker| here.has(marker))
    });
    let Some(language) = able else {
        let able = LANGUAGES.iter().filter(|language| language.front_end.is_some());
        let markers: Vec<&str> = able.flat_map(|language| language.markers).copied().collect();
        bail!(unfit(format!(
            "`{folder}` holds no manifest by which a front end is built: name the folder with {}",
            markers.join(" or ")
        )));
    };
    let Some(output) = dir.join(&made.output).filter(|output| *output != dir) else {
        bail!(unfit(format!("`{}` is not below `{folder}`", excerpt(&made.output))));
    };
    Ok(FrontEnd {
        language: language.id.to_owned(),
        dir,
        script: made.script.clone(),
        output,
        moved_from: None,
        opened: made.dest.clone(),
    })
}

/// Marks decisions that other rooms made of an answer.
///
/// # Errors
/// If an answer has an open quote.
pub(super) fn mark(decisions: &mut [Decision], answers: &Answers) -> Result<()> {
    let words = split_words(answers.get(id::BUILD_ARG).unwrap_or_default())?;
    let names: BTreeSet<&str> = words.iter().filter_map(|word| word.split('=').next()).collect();
    for decision in decisions {
        let name = decision.value.split('=').next().unwrap_or_default();
        let of = match decision.what.as_str() {
            "build argument" | "build secret" if names.contains(name) => id::BUILD_ARG,
            "front end" if decision.evidence.is_empty() => id::FRONT_END,
            _ => continue,
        };
        *decision = decisions::answered(decision.clone(), of, answers);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Origin;
    use crate::facts::{Evidence, Kind};
    use crate::path::RelPath;

    #[test]
    fn an_answered_port_is_told_to_the_program() {
        let evidence = Evidence::file(&RelPath::root(), "test");
        let mut program = Program::new("p", "p", Kind::Service, evidence.clone());
        program.port = Some(Sourced::new(3000, evidence));
        program.port_variable = Some("PORT".to_owned());
        let repo = Repo::from_files([("package.json", "{\"main\": \"a.js\"}"), ("a.js", "")]);
        let facts = crate::detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
        let answered = |port: &str, mut program: Program| {
            let mut answers = Answers::default();
            answers.set(id::PORT, port, Origin::Flag);
            apply(&repo, &facts, &mut program, &answers).unwrap();
            (program.env.first().map(|var| var.value.value.clone()), program.findings.len())
        };
        assert_eq!(answered("4000", program.clone()), (Some("4000".to_owned()), 0));
        assert_eq!(answered("3000", program.clone()), (None, 0));
        assert_eq!(answered("none", program.clone()), (None, 0));
        program.port_variable = None;
        assert_eq!(answered("4000", program), (None, 1));
    }
}
