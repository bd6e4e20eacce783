//! Systemd units: how a program is started on a machine, and which folders it owns there.
//! <https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html>

use super::{Folder, Recipe, Run, Running, Variable};
use crate::facts::Evidence;
use crate::path::{RelPath, is_at_or_below};
use crate::settings::{self, Assignment};
use crate::shell;

/// Settings that name folders, each with the folder that these are in.
const OWNED: [(&str, &str); 4] = [
    ("StateDirectory", "/var/lib"),
    ("CacheDirectory", "/var/cache"),
    ("LogsDirectory", "/var/log"),
    ("RuntimeDirectory", "/run"),
];

/// Reads a `.socket` file: the ports of the service that it starts.
pub(super) fn socket(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let all = settings::sections(text);
    let socket: Vec<&Assignment> = all.iter().filter(|a| a.section == "Socket").collect();
    let stem = file.file_name().trim_end_matches(".socket").trim_end_matches('@');
    let service = socket.iter().find(|a| a.key == "Service").map(|a| a.value.as_str());
    let service = service.map_or(stem, |name| name.trim_end_matches(".service"));
    let note = format!("the unit starts {service}");
    let mut run = Run::new(Recipe::Socket, service, Evidence::file(file, note));
    run.words.push(service.trim_end_matches(['@', '%', 'i']).to_owned());
    for assignment in socket {
        let udp = match assignment.key.as_str() {
            "ListenStream" => false,
            "ListenDatagram" => true,
            _ => continue,
        };
        let number = assignment.value.rsplit(':').next().and_then(super::port_number);
        if let Some(number) = number {
            let evidence = Evidence::at(
                file,
                assignment.line,
                format!("{}={}", assignment.key, assignment.value),
            );
            run.ports.push(super::Port { number, udp, evidence });
        }
    }
    if !run.ports.is_empty() {
        into.runs.push(run);
    }
}

/// Reads a `.service` file.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let all = settings::sections(text);
    let service: Vec<&Assignment> = all.iter().filter(|a| a.section == "Service").collect();
    let Some(start) = service.iter().rfind(|a| a.key == "ExecStart" && !a.value.is_empty()) else {
        return;
    };
    // A task that a timer starts, or one that ends, is not the service.
    if service.iter().any(|a| a.key == "Type" && a.value.trim() == "oneshot") {
        return;
    }
    // The paths in a unit that runs a container are those of the machine, not of the container.
    let line = start.value.trim_start_matches(['@', '-', ':', '+', '!']);
    let name = file.file_name().trim_end_matches(".service").trim_end_matches('@');
    let note = format!("the unit starts `{}`", super::short(line));
    let mut run = Run::new(Recipe::Unit, name, Evidence::at(file, start.line, note));
    run.set_line(line, file, start.line);
    if run.words.first().is_some_and(|word| word.ends_with("/docker") || word == "docker") {
        return;
    }
    let at = |a: &Assignment, note: String| Evidence::at(file, a.line, note);
    for assignment in &service {
        let words = || {
            let command = shell::parse(&assignment.value).commands.into_iter().next();
            command.unwrap_or_default()
        };
        let value = &assignment.value;
        match assignment.key.as_str() {
            "Environment" => {
                for (key, value) in words().env {
                    let evidence = at(assignment, format!("the unit sets {key}"));
                    run.env.push(Variable { key, value, evidence });
                }
            }
            "ReadWritePaths" => {
                for word in words().argv {
                    let path = word.trim_start_matches(['-', '+']).to_owned();
                    let evidence = at(assignment, "the unit lets it write there".to_owned());
                    run.folders.push(Folder { path, source: None, given: None, evidence });
                }
            }
            key => {
                let Some((_, base)) = OWNED.iter().find(|(held, _)| *held == key) else { continue };
                for word in value.split_whitespace() {
                    let name = word.split(':').next().unwrap_or_default();
                    let evidence = at(assignment, format!("{key}={value}"));
                    run.folders.push(Folder {
                        path: format!("{base}/{name}"),
                        source: None,
                        given: None,
                        evidence,
                    });
                }
            }
        }
    }
    run.folders.retain(|folder| folder.path.starts_with('/') && !folder.path.contains(['%', '$']));
    // The folder with the program, or one around it, is another one in the image.
    let home = service.iter().rfind(|a| a.key == "WorkingDirectory").map(|a| a.value.trim());
    let around =
        |path: &str| home.is_some_and(|home| is_at_or_below(home, path.trim_end_matches('/')));
    run.folders.retain(|folder| {
        !around(&folder.path) || OWNED.iter().any(|(_, base)| folder.path.starts_with(base))
    });
    into.runs.push(run);
}
