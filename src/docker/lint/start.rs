//! How the image starts, and as which user.

use std::collections::BTreeSet;

use super::{Found, Subject, scope};
use crate::docker::parse::Instruction;
use crate::docker::types::Line;

pub(super) fn user(subject: &Subject) -> Vec<Found> {
    let file = subject.file;
    let fix = "end the last stage with `USER 65532:65532`";
    let Some(last) = file.stages.len().checked_sub(1) else { return Vec::new() };
    let Some(held) = scope::last(subject, "USER") else {
        let message = format!(
            "the image sets no user: it would run as root or as the user of its base; {fix}"
        );
        return vec![(file.stages[last].line, message)];
    };
    let user = scope::read(subject, last, held.line, &held.arguments)
        .unwrap_or_else(|| held.arguments.clone());
    let mut ids = user.splitn(2, ':');
    let number = |id: Option<&str>| {
        id.is_none_or(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()))
    };
    let (uid, gid) = (ids.next().unwrap_or_default(), ids.next());
    if !number(Some(uid)) || !number(gid) {
        let message = format!(
            "the user `{user}` is not numeric: Kubernetes cannot tell that it is not root (runAsNonRoot), and a base \
             without /etc/passwd does not know the name; {fix}"
        );
        return vec![(held.line, message)];
    }
    if uid.trim_start_matches('0').is_empty() {
        let message = format!(
            "the image runs as root: whoever takes over the program owns the container; {fix}"
        );
        return vec![(held.line, message)];
    }
    Vec::new()
}

pub(super) fn entrypoint(subject: &Subject) -> Vec<Found> {
    starts(subject, "ENTRYPOINT", &subject.plan.runtime.entrypoint)
}

pub(super) fn cmd(subject: &Subject) -> Vec<Found> {
    starts(subject, "CMD", &subject.plan.runtime.cmd)
}

fn starts(subject: &Subject, keyword: &str, planned: &[Line]) -> Vec<Found> {
    let planned: Vec<&str> = planned.iter().map(Line::as_str).collect();
    let Some(held) = scope::last(subject, keyword) else {
        let line = subject.file.last().map_or(1, |stage| stage.line);
        let message =
            format!("there is no {keyword}, and the program starts with {planned:?}: add it");
        return if planned.is_empty() { Vec::new() } else { vec![(line, message)] };
    };
    let message = match held.exec() {
        None => format!(
            "{keyword} is in shell form: a shell becomes process 1 and swallows SIGTERM, and without a shell in the \
             image nothing starts; write a JSON array with double quotes"
        ),
        Some(argv) if argv != planned => format!(
            "{keyword} is {argv:?}, and the program starts with {planned:?}: the image would start something else; \
             set `entrypoint` or `args` in dockgen.toml if that is what you want"
        ),
        Some(_) => return Vec::new(),
    };
    vec![(held.line, message)]
}

/// Instructions in shell form run in `/bin/sh`.
pub(super) fn shell(subject: &Subject) -> Vec<Found> {
    let (file, runtime) = (subject.file, &subject.plan.runtime);
    let bare = |image: &str| {
        image == "scratch"
            || (!runtime.shell && image == runtime.image.as_str())
            || (image.contains("distroless") && !image.contains("debug"))
    };
    let mut found = Vec::new();
    for (at, stage) in file.stages.iter().enumerate() {
        let (_, image) = subject.scopes.ancestry(file, at);
        let asks = |held: &&Instruction| match held.keyword.as_str() {
            "RUN" | "CMD" | "ENTRYPOINT" => !held.is_exec_form(),
            "HEALTHCHECK" => !held.is_exec_form() && !held.arguments.eq_ignore_ascii_case("NONE"),
            _ => false,
        };
        for held in stage.instructions.iter().filter(asks).filter(|_| bare(image)) {
            let message = format!(
                "{} needs a shell, and `{image}` has none: the step fails; do it in an earlier stage and copy the \
                 result, or write a JSON array",
                held.keyword
            );
            found.push((held.line, message));
        }
    }
    found
}

pub(super) fn expose(subject: &Subject) -> Vec<Found> {
    let file = subject.file;
    let Some(last) = file.stages.len().checked_sub(1) else { return Vec::new() };
    let (stages, _) = subject.scopes.ancestry(file, last);
    let mut exposed = BTreeSet::new();
    let mut line = file.stages[last].line;
    for held in
        stages.iter().flat_map(|stage| &stage.instructions).filter(|held| held.keyword == "EXPOSE")
    {
        line = held.line;
        for word in held.words() {
            let word = scope::read(subject, last, held.line, &word).unwrap_or(word);
            exposed.insert(word.strip_suffix("/tcp").unwrap_or(&word).to_owned());
        }
    }
    let planned = subject.plan.runtime.ports();
    let planned: BTreeSet<String> = planned.iter().map(ToString::to_string).collect();
    if exposed == planned {
        return Vec::new();
    }
    let named = |ports: &BTreeSet<String>| {
        if ports.is_empty() {
            "nothing".to_owned()
        } else {
            ports.iter().cloned().collect::<Vec<_>>().join(", ")
        }
    };
    let message = format!(
        "EXPOSE names {}, and the program listens on {}: platforms route traffic to the port that EXPOSE names; \
         correct it, or set `port` in dockgen.toml",
        named(&exposed),
        named(&planned)
    );
    vec![(line, message)]
}
