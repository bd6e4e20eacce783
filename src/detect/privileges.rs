//! Libraries whose work asks the kernel for more than a container gives: rows of every language's
//! catalog.

use serde::Deserialize;

use crate::facts::{Evidence, Finding, FindingCode};

/// A library with what it needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Privileged {
    /// Its name, as the language's manifest has it.
    pub(super) library: String,
    /// What it does.
    does: String,
    /// The capability that the kernel asks for.
    capability: Option<String>,
    /// The device that it opens.
    device: Option<String>,
    /// The group that the device belongs to.
    group: Option<String>,
    /// The socket of the host that it connects to.
    socket: Option<String>,
    /// Where that is said.
    source: String,
}

/// The options that hand a socket of the host to a container.
pub(crate) fn of_socket(path: &str) -> String {
    format!("-v {path}:{path} --group-add \"$(stat -c %g {path})\"")
}

/// What to know of such a socket.
pub(crate) const CONTROLS: &str = "; whoever can write to that socket controls the host";

impl Privileged {
    /// What a person should know who starts the container.
    pub(super) fn finding(&self, evidence: Evidence) -> Finding {
        let Self { library, does, .. } = self;
        let capability = self.capability.as_ref().map(|name| format!("the capability {name}"));
        let device = self.device.as_ref().map(|path| format!("the device {path}"));
        let socket = self.socket.as_ref().map(|path| format!("the socket {path} of the host"));
        let needs: Vec<String> = capability.into_iter().chain(device).chain(socket).collect();
        let what =
            format!("the program uses `{library}` to {does}; that takes {}", needs.join(" and "));
        let options = [
            self.capability.as_ref().map(|name| format!("--cap-add {name} --user 0")),
            self.device.as_ref().map(|path| format!("--device {path}")),
            self.group.as_ref().map(|group| format!("--group-add {group}")),
            self.socket.as_ref().map(|path| of_socket(path)),
        ];
        let options: Vec<String> = options.into_iter().flatten().collect();
        let evidence = Evidence { note: self.source.clone(), ..evidence };
        let finding = Finding::new(FindingCode::PrivilegesNeeded, what, [evidence]);
        let more = match (&self.group, &self.socket) {
            (Some(_), _) => {
                "; the number of the group on the host is the safest, `stat -c %g DEVICE` prints it"
            }
            (_, Some(_)) => CONTROLS,
            _ => "",
        };
        finding.with_fix(format!(
            "if the program needs to do that, start it with `docker run {} ...`{more}",
            options.join(" ")
        ))
    }
}
