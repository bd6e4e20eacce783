//! The processes beside a program as services of their own, from the same image.

use super::{App, Pair, literal};
use crate::pipeline::{self, Draft};

/// The services of a draft's further processes; `app` is the program's.
pub(super) fn of(app: &App, draft: &Draft) -> Vec<App> {
    let service = |process: &pipeline::Process| {
        let mut service = app.clone();
        service.name = service_name(&process.name);
        service.process = Some(super::Process {
            why: format!("The process {} ({})", process.name, process.evidence.place()),
            command: process.command.iter().map(|word| literal(word)).collect(),
        });
        let more = process
            .env
            .iter()
            .map(|var| Pair { key: var.key.to_string(), value: literal(var.value.as_str()) });
        service.environment.extend(more);
        // It serves nobody, so nothing asks it for its health.
        service.ports.clear();
        service.health.clear();
        service.restart = "unless-stopped";
        service
    };
    draft.processes.iter().map(service).collect()
}

/// A name that a service may have. <https://docs.docker.com/reference/compose-file/services/>
fn service_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    text.chars().map(|c| if allowed(c) { c } else { '-' }).collect()
}
