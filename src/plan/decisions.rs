//! The reasons of a plan: every decision with its evidence, and what is to be said about it whatever the language.

use crate::ask::{Origin, id};
use crate::detect::{self, Chosen};
use crate::facts::{Finding, Program, Rejected, Severity, Sourced};
use crate::plan::Decision;

/// What was decided, by whom and why.
pub(super) fn of(chosen: &Chosen) -> Vec<Decision> {
    let (facts, program, answers) = (chosen.facts, chosen.program, chosen.answers);
    let mut all = Vec::new();
    let mut add = |what: &str, found: Option<Sourced<String>>, why: &str| {
        let answered = answers.get(what).zip(answers.origin(what));
        let (value, origin) = match (&found, answered) {
            (_, Some((value, origin))) => (value.to_owned(), origin),
            (Some(found), None) => (found.value.clone(), Origin::Default),
            (None, None) => return,
        };
        let (mut evidence, mut rejected) = (Vec::new(), Vec::new());
        if let Some(found) = found {
            if answered.is_some() && found.value != value {
                rejected.push(Rejected { value: found.value, why: "detected, and overruled".to_owned() });
            }
            evidence = found.evidence;
            rejected.extend(found.rejected);
        }
        let why = match origin {
            Origin::Flag => "set by a flag",
            Origin::File => "set in dockgen.toml",
            Origin::Prompt => "answered in the wizard",
            Origin::Default if evidence.is_empty() => "assumed: nothing in the repository says otherwise",
            Origin::Default => why,
        };
        all.push(Decision { what: what.to_owned(), value, origin, why: why.to_owned(), evidence, rejected });
    };
    let text = |s: &Sourced<String>| Some(s.clone());
    add(id::NAME, text(&facts.name), "the manifest's name");
    add(id::TOOL, text(&facts.tool), "by manifest and lockfile");
    add(id::TOOLCHAIN, text(&facts.toolchain), "by the precedence of version sources");
    let others = facts.programs.iter().filter(|p| p.id != program.id);
    add(
        id::ENTRYPOINT,
        Some(Sourced {
            value: program.id.clone(),
            evidence: program.evidence.clone(),
            rejected: others
                .map(|p| Rejected { value: p.id.clone(), why: "another program; likelier first".to_owned() })
                .collect(),
        }),
        "what the manifest starts",
    );
    add(id::BASE, Some(chosen.base.choice.clone()), &chosen.base.why);
    add(
        id::PORT,
        program.port.as_ref().map(|p| Sourced {
            value: p.value.to_string(),
            evidence: p.evidence.clone(),
            rejected: p.rejected.clone(),
        }),
        "read from the code",
    );
    add(id::ARGS, None, "");
    for file in &program.files {
        add(
            "carried file",
            Some(Sourced { value: file.value.to_string(), evidence: file.evidence.clone(), rejected: Vec::new() }),
            "opened at run time",
        );
    }
    for folder in &program.writable {
        add("writable folder", text(folder), "written at run time");
    }
    for var in &program.env {
        add(
            "environment",
            Some(Sourced {
                value: format!("{}={}", var.value.key, var.value.value),
                evidence: var.evidence.clone(),
                rejected: Vec::new(),
            }),
            "needed in a container",
        );
    }
    if let Some(library) = &program.subcommands {
        add("subcommands", text(library), "an ENTRYPOINT alone, so that `docker run IMAGE SUBCOMMAND` works");
    }
    all
}

/// The decision to put an init in front.
pub(super) fn init(program: &Program) -> Decision {
    Decision {
        what: "init".to_owned(),
        value: "tini".to_owned(),
        origin: Origin::Default,
        why: "no handler for SIGTERM was found: as process 1 the program would ignore it and be killed after 10 s"
            .to_owned(),
        evidence: program.evidence.clone(),
        rejected: Vec::new(),
    }
}

/// Findings that no single language owns.
pub(super) fn findings(chosen: &Chosen) -> Vec<Finding> {
    end_of_life(chosen).into_iter().chain(privileged_port(chosen)).collect()
}

fn end_of_life(chosen: &Chosen) -> Option<Finding> {
    let release = chosen.catalog.release_of(chosen.toolchain)?;
    if release.supported {
        return None;
    }
    let name = detect::language(&chosen.facts.language).map_or("", |language| language.name);
    let supported = chosen.catalog.release.iter().filter(|r| r.supported);
    let supported: Vec<&str> = supported.map(|r| r.cycle.as_str()).collect();
    let since = release.eol.as_ref().map_or_else(String::new, |day| format!(" since {day}"));
    Some(Finding::new(
        "end-of-life",
        Severity::Warning,
        format!("{name} {} is past its end of life{since}", chosen.toolchain),
        chosen.facts.toolchain.evidence.clone(),
        "its images get no security fixes any more",
        format!("move to {}: change the version where it is stated, or set --toolchain", supported.join(" or ")),
    ))
}

/// Docker Engine 20.10+ and Kubernetes 1.22+ set `net.ipv4.ip_unprivileged_port_start` to 0 in containers; others may not.
fn privileged_port(chosen: &Chosen) -> Option<Finding> {
    let port = chosen.program.port.as_ref().filter(|port| port.value < 1024)?;
    Some(Finding::new(
        "privileged-port",
        Severity::Note,
        format!("the program listens on port {}, below 1024, as a user without privileges", port.value),
        port.evidence.clone(),
        "current Docker engines and Kubernetes allow that; older ones and host networking answer `permission denied`",
        "let the program listen on a port from 1024 up and publish it, such as -p 80:8080",
    ))
}
