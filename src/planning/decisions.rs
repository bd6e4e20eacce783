//! The decisions of a plan with their evidence, and the findings that apply to any language.

use crate::ask::{Answers, Origin, id};
use crate::detect::privileges::{CONTROLS, of_socket};
use crate::detect::{self, Chosen};
use crate::facts::{Finding, FindingCode, Program, Rejected, Sourced, Strength};
use crate::plan::{Decision, OVERRULED};

/// What was decided, by whom and why. `detected` is the program before answers changed it.
pub(super) fn of(chosen: &Chosen, detected: &Program) -> Vec<Decision> {
    let (facts, program, answers) = (chosen.facts, chosen.program, chosen.answers);
    let mut all = vec![
        decide(id::NAME, &facts.name, answers, "the manifest's name"),
        decide(id::TOOL, &facts.tool, answers, "by manifest and lockfile"),
        decide(id::TOOLCHAIN, &facts.toolchain, answers, "by the precedence of version sources"),
    ];
    let others = facts.programs.iter().filter(|p| p.id != program.id);
    let entrypoint = Sourced {
        value: program.id.clone(),
        evidence: program.evidence.clone(),
        rejected: others
            .map(|p| Rejected {
                value: p.id.clone(),
                why: "another program; likelier first".to_owned(),
            })
            .collect(),
        strength: Strength::Stated,
    };
    all.push(decide(id::ENTRYPOINT, &entrypoint, answers, "what the manifest starts"));
    all.push(base(chosen));
    // An unknown port is a decision too: the image exposes none.
    let port = detected.ports().or_else(|| program.ports());
    let port = port.unwrap_or_else(|| Sourced::assumed("none".to_owned()));
    all.push(decide(id::PORT, &port, answers, "read from the code"));
    if let Some(args) = &program.args {
        all.push(decide(id::ARGS, args, answers, "what the program needs to serve in a container"));
    } else if let Some(words) = answers.get(id::ARGS) {
        all.push(decide(id::ARGS, &Sourced::assumed(words.to_owned()), answers, ""));
    }
    all.extend(program.files.iter().map(|file| {
        found("carried file", file.clone().map(|path| path.to_string()), "opened at run time")
    }));
    all.extend(program.writable.iter().map(|folder| {
        let decision = found("writable folder", folder.clone(), "written at run time");
        answered(decision, id::WRITABLE, answers)
    }));
    all.extend(program.env.iter().map(|var| {
        let value = format!("{}={}", var.value.key, var.value.value);
        let text = var.clone().map(|_| value);
        let decision = found("environment", text, "needed in a container");
        if detected.env.contains(var) { decision } else { answered(decision, id::ENV, answers) }
    }));
    if let Some(library) = &program.subcommands {
        let why = "an ENTRYPOINT alone, so that `docker run IMAGE SUBCOMMAND` works";
        all.push(found("subcommands", library.clone(), why));
    }
    all
}

/// A decision based on what was detected.
pub(super) fn found(what: &str, found: Sourced<String>, why: &str) -> Decision {
    let why = if found.evidence.is_empty() {
        "assumed: nothing in the repository says otherwise"
    } else {
        why
    };
    Decision {
        what: what.to_owned(),
        value: found.value,
        origin: Origin::Default,
        why: why.to_owned(),
        evidence: found.evidence,
        rejected: found.rejected,
        strength: found.strength,
    }
}

/// The same decision, as a person's answer.
pub(super) fn answered(decision: Decision, id: &str, answers: &Answers) -> Decision {
    let Some(origin) = answers.origin(id) else { return decision };
    let why = match origin {
        Origin::Flag => "set by a flag",
        Origin::Seen => "seen in a running container",
        Origin::File => "set in dockgen.toml",
        Origin::Prompt => "answered in the wizard",
        Origin::Default => return decision,
    };
    Decision { origin, why: why.to_owned(), strength: Strength::Stated, ..decision }
}

/// The answer to a question, or else what was detected.
fn decide(id: &str, detected: &Sourced<String>, answers: &Answers, why: &str) -> Decision {
    let mut decision = found(id, detected.clone(), why);
    if let Some(answer) = answers.get(id).filter(|answer| *answer != decision.value) {
        let overruled = std::mem::replace(&mut decision.value, answer.to_owned());
        decision.rejected.insert(0, Rejected { value: overruled, why: OVERRULED.to_owned() });
    }
    answered(decision, id, answers)
}

fn base(chosen: &Chosen) -> Decision {
    let mut decision = found(id::BASE, chosen.base.choice.clone(), "");
    chosen.base.why.clone_into(&mut decision.why);
    if chosen.answers.get(id::BASE).is_none_or(|answer| answer == "auto") {
        return decision;
    }
    let why = decision.why.clone();
    let decision = answered(decision, id::BASE, chosen.answers);
    Decision { why: format!("{}; {why}", decision.why), ..decision }
}

/// The decision to start the program under an init.
pub(super) fn init(program: &Program) -> Decision {
    Decision {
        what: "init".to_owned(),
        value: "tini".to_owned(),
        origin: Origin::Default,
        why: "no handler for SIGTERM was found: as process 1 the program would ignore it and be killed after 10 s"
            .to_owned(),
        evidence: program.evidence.clone(),
        rejected: Vec::new(),
        strength: Strength::Stated,
    }
}

/// Findings that apply to any language.
pub(super) fn findings(chosen: &Chosen) -> Vec<Finding> {
    let all = end_of_life(chosen, "--toolchain").into_iter();
    let all = all.chain(unknown_release(chosen)).chain(privileged_port(chosen));
    all.chain(docker_socket(chosen)).collect()
}

/// The package of the command `docker`, and the socket that it talks to:
/// <https://docs.docker.com/engine/daemon/troubleshoot/>.
const DOCKER_CLI: &str = "docker-cli";
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// A program that starts the command `docker`, which needs the host's engine.
fn docker_socket(chosen: &Chosen) -> Option<Finding> {
    let program = chosen.program;
    let starts = program.needs.packages.iter().find(|package| package.value == DOCKER_CLI)?;
    if program.findings.iter().any(|one| one.what.contains("docker.sock")) {
        return None;
    }
    let what =
        format!("the program starts `docker`, which takes the socket {DOCKER_SOCKET} of the host");
    let finding =
        Finding::new(FindingCode::PrivilegesNeeded, what, starts.evidence.first().cloned());
    Some(finding.with_fix(format!(
        "if the program needs to do that, start it with `docker run {} ...`{CONTROLS}",
        of_socket(DOCKER_SOCKET)
    )))
}

/// A version that a person asked for, and that the catalog has no release of.
fn unknown_release(chosen: &Chosen) -> Option<Finding> {
    let answer = chosen.answers.get(id::TOOLCHAIN)?;
    if chosen.catalog.release_of(answer).is_some() {
        return None;
    }
    let name = detect::language(&chosen.facts.language).map_or("", |language| language.name);
    let known: Vec<&str> = chosen.catalog.release.iter().map(|r| r.cycle.as_str()).collect();
    Some(Finding::toolchain_unknown(name, answer, []).with_fix(format!(
        "set --toolchain to a release that it knows ({}), or update dockgen",
        known.join(", ")
    )))
}

pub(super) fn end_of_life(chosen: &Chosen, flag: &str) -> Option<Finding> {
    let release = chosen.catalog.release_of(chosen.toolchain)?;
    if release.supported {
        return None;
    }
    let name = detect::language(&chosen.facts.language).map_or("", |language| language.name);
    let supported = chosen.catalog.release.iter().filter(|r| r.supported);
    let supported: Vec<&str> = supported.map(|r| r.cycle.as_str()).collect();
    // An answer is not stated in the repository.
    let answered = chosen.answers.get(id::TOOLCHAIN).is_some();
    let stated = if answered { Vec::new() } else { chosen.facts.toolchain.evidence.clone() };
    let since = release.eol.as_ref().map_or_else(String::new, |day| format!(" since {day}"));
    Some(
        Finding::new(
            FindingCode::EndOfLife,
            format!("{name} {} is past its end of life{since}", chosen.toolchain),
            stated,
        )
        .with_fix(format!(
            "move to {}: change the version where it is stated, or set {flag}",
            supported.join(" or ")
        )),
    )
}

/// Docker Engine 20.10+ and Kubernetes 1.22+ set `net.ipv4.ip_unprivileged_port_start` to 0 in
/// containers; others may not.
fn privileged_port(chosen: &Chosen) -> Option<Finding> {
    let port = chosen.program.port.as_ref().filter(|port| port.value < 1024)?;
    Some(Finding::new(
        FindingCode::PrivilegedPort,
        format!(
            "the program listens on port {}, below 1024, as a user without privileges",
            port.value
        ),
        port.evidence.clone(),
    ))
}
