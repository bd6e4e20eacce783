//! What a detector found, in terms that all languages share, each value with its evidence.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ask::Question;
use crate::path::RelPath;

mod inputs;

pub use crate::evidence::{Evidence, Rejected, Sourced, Strength};
pub use crate::findings::{Finding, FindingCode, Severity};
pub use crate::port::{NoPort, Port, Protocol};
pub use inputs::{BuildArg, BuildSecret, Handed};

/// What kind of process a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Listens on a port until it is stopped.
    Service,
    /// Runs and exits, or waits without listening.
    Command,
    /// Files that a web server serves.
    Site,
}

/// Which C library a program is linked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    /// A static binary, which runs on any base.
    #[default]
    None,
    /// Linked with the C library of the builder, whichever it is.
    Dynamic,
    /// Prebuilt for glibc: musl does not work.
    Glibc,
}

/// What a program requires of its image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The C library.
    pub libc: Libc,
    /// The evidence for `libc`, unless it is [`Libc::None`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libc_evidence: Vec<Evidence>,
    /// The program starts a shell, or is started by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<Evidence>,
    /// Packages of the system: keys of `catalog/packages.toml`, such as `git`, `openssl`, `ffmpeg`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<Sourced<String>>,
    /// Time zones by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<Evidence>,
    /// A writable `/tmp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temporary_files: Option<Evidence>,
}

/// An environment variable that the image sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvVar {
    /// The name.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A front end: files that a program needs, and that the build of another application in the
/// repository creates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontEnd {
    /// The language of that application.
    pub language: String,
    /// Its folder.
    pub dir: RelPath,
    /// The script of that application that creates them.
    pub script: String,
    /// The folder or file that is created, as a path in the repository, where the program needs it.
    pub output: RelPath,
    /// The path that the script writes, if another tool moves it from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<RelPath>,
    /// The path by which the program opens it at run time; absent if it is built into the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<String>,
}

/// A connection to a service at this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The service, by its id in `services.toml`, if the call says it.
    pub service: Option<String>,
    /// The whole text that the call is given.
    pub text: String,
    /// The host, with the port if the text names one.
    pub address: String,
    /// The environment variable that names another host.
    pub variable: Option<String>,
    /// The flag that names another host.
    pub flag: Option<String>,
    /// The call, and where the address is stated.
    pub evidence: Vec<Evidence>,
}

/// Something in the repository that can be started, with what it needs at run time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The value of the `entrypoint` answer: `./cmd/server`, `dist/index.js`. Unique within one
    /// [`Facts`].
    pub id: String,
    /// A short name for people and for the binary: `server`.
    pub name: String,
    /// What kind of process.
    pub kind: Kind,
    /// Why it counts as a program.
    pub evidence: Vec<Evidence>,
    /// The port that it listens on; the main one for connections if there are several.
    pub port: Option<Sourced<u16>>,
    /// Further ports that it listens on, and all UDP ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_ports: Vec<Sourced<Port>>,
    /// The environment variable with the port's number, if the program reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_variable: Option<String>,
    /// Files and folders that it opens at run time, relative to the repository's root.
    pub files: Vec<Sourced<RelPath>>,
    /// Words of its command line that name files inside of its own archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub packed: Vec<String>,
    /// The front ends that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub front_ends: Vec<Sourced<FrontEnd>>,
    /// Folders that it writes: relative to its working directory, or absolute.
    pub writable: Vec<Sourced<String>>,
    /// Environment that it needs in a container, such as `HOST=0.0.0.0`.
    pub env: Vec<Sourced<EnvVar>>,
    /// Variables without which it exits at start, except those that `env` sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<Sourced<String>>,
    /// Variables that the build of this program alone takes. [`Facts::build_args`] has those of the
    /// application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<BuildArg>,
    /// The command-line library, if it has subcommands (`cobra`). Then ENTRYPOINT has no CMD.
    pub subcommands: Option<Sourced<String>>,
    /// Default arguments for a container, as shell words: the subcommand that serves, a flag that
    /// makes it listen on all addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Sourced<String>>,
    /// The program stops on SIGTERM by itself. The evidence is the handler, or the runtime's
    /// default.
    pub handles_sigterm: Option<Evidence>,
    /// What it requires of the image.
    pub needs: Needs,
    /// Findings on this program.
    pub findings: Vec<Finding>,
    /// Services that it connects to at this machine.
    #[serde(skip)]
    pub connections: Vec<Connection>,
    /// Other processes of the application that the repository starts beside it.
    #[serde(skip)]
    pub processes: Vec<Process>,
}

/// A process that the repository starts beside the program: `worker` of a Procfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its name in the file that starts it.
    pub name: String,
    /// The command.
    pub words: Vec<String>,
    /// The place of that line.
    pub evidence: Evidence,
}

impl Program {
    /// Every port, the main one first, in the form of a `port` answer; `None` for a program without
    /// ports.
    pub fn ports(&self) -> Option<Sourced<String>> {
        let first = self.port.clone().map(|port| port.map(Port::tcp));
        let mut all = first.into_iter().chain(self.more_ports.iter().cloned());
        let mut ports = all.next()?.map(|port| port.to_string());
        for port in all {
            ports.value = format!("{},{}", ports.value, port.value);
            ports.evidence.extend(port.evidence);
            ports.rejected.extend(port.rejected);
            ports.strength = ports.strength.min(port.strength);
        }
        Some(ports)
    }

    /// A program of which nothing else is known yet.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        kind: Kind,
        evidence: Evidence,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            kind,
            evidence: vec![evidence],
            port: None,
            more_ports: Vec::new(),
            port_variable: None,
            files: Vec::new(),
            packed: Vec::new(),
            front_ends: Vec::new(),
            writable: Vec::new(),
            env: Vec::new(),
            required: Vec::new(),
            build_args: Vec::new(),
            subcommands: None,
            args: None,
            handles_sigterm: None,
            needs: Needs::default(),
            findings: Vec::new(),
            connections: Vec::new(),
            processes: Vec::new(),
        }
    }
}

/// The facts about one deployable application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The language's id in the registry.
    pub language: String,
    /// The application's folder.
    pub dir: RelPath,
    /// The build context: `dir`, or the workspace root above it.
    pub context: RelPath,
    /// The application's name: lower case, fit for an image name.
    pub name: Sourced<String>,
    /// The tool that resolves dependencies and builds: `npm`, `pnpm`, `go`.
    pub tool: Sourced<String>,
    /// The language's version: a release line (`26`, `1.27`) or an exact version (`22.14.0`).
    pub toolchain: Sourced<String>,
    /// The programs that can be started, likeliest first. If there are several, a person is asked.
    pub programs: Vec<Program>,
    /// Files that dependency resolution reads, relative to the root.
    pub manifests: Vec<RelPath>,
    /// Variables that the build takes, whichever program is started. One in [`Program::build_args`]
    /// of the same name takes precedence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<BuildArg>,
    /// The address of its source, if a manifest states it. It becomes an OCI label.
    pub source: Option<Sourced<String>>,
    /// Questions of this language beyond the common ones (`entrypoint`, `port`, `base`, ...).
    pub questions: Vec<Question>,
    /// Findings on the application as a whole.
    pub findings: Vec<Finding>,
    /// Data of the language: see [`Facts::details`].
    #[serde(default)]
    pub details: serde_json::Value,
}

impl Facts {
    /// Stores data for the language's own template and `plan` function.
    pub fn set_details<T: Serialize>(&mut self, details: &T) -> anyhow::Result<()> {
        self.details = serde_json::to_value(details)?;
        Ok(())
    }

    /// Reads back what [`Facts::set_details`] stored.
    pub fn details<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        Ok(serde_json::from_value(self.details.clone())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_as_docker_does() {
        for (text, shown) in [("8080", "8080"), ("8080/tcp", "8080"), ("53/udp", "53/udp")] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), shown);
        }
        for text in ["", "0", "65536", "53/sctp", "-1", "80/", "udp"] {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_second_file_makes_a_guess_good() {
        let at = |file: &str| Evidence::file(&RelPath::new(file).unwrap(), "says so");
        let guess = Sourced::guessed(1, at("README.md"));
        assert_eq!(guess.clone().agreeing(at("README.md")).strength, Strength::Guessed);
        assert_eq!(guess.agreeing(at("Procfile")).strength, Strength::Agreed);
        assert_eq!(Sourced::new(1, at("a")).agreeing(at("b")).strength, Strength::Stated);
    }
}
