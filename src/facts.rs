//! What a detector found out, in the vocabulary that every language shares, each value with its
//! evidence.

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
    /// Runs and ends, or waits without listening.
    Command,
    /// Files that a web server serves.
    Site,
}

/// Which C library a program is linked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    /// A static binary: any base will do.
    #[default]
    None,
    /// Linked with the C library of the builder, whichever that is.
    Dynamic,
    /// Prebuilt for glibc: musl will not do.
    Glibc,
}

/// What a program asks of the image that it runs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The C library.
    pub libc: Libc,
    /// Why `libc` is what it is, where it is not [`Libc::None`].
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

/// Files that a program needs, and that the build of another application of the repository makes:
/// its front end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontEnd {
    /// The language of that application.
    pub language: String,
    /// Its folder.
    pub dir: RelPath,
    /// Its script that makes them.
    pub script: String,
    /// The folder or file that is made, as a path of the repository: where the program needs it.
    pub output: RelPath,
    /// Where the script writes it, where another tool moves it from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<RelPath>,
    /// How the program calls it, where it opens it at run time; absent where it is built into the
    /// program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<String>,
}

/// One thing in the repository that can be started, with what it needs at run time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// What the `entrypoint` question stores: `./cmd/server`, `dist/index.js`. Unique inside one
    /// [`Facts`].
    pub id: String,
    /// A short name for people and for the binary: `server`.
    pub name: String,
    /// What kind of process.
    pub kind: Kind,
    /// Why it is taken for a program.
    pub evidence: Vec<Evidence>,
    /// The port that it listens on; of several the one for connections that matters most.
    pub port: Option<Sourced<u16>>,
    /// Further ports that it listens on, and all that it receives datagrams on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_ports: Vec<Sourced<Port>>,
    /// The environment variable that holds the port's number, where the program reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_variable: Option<String>,
    /// Files and folders that it opens at run time, relative to the repository's root.
    pub files: Vec<Sourced<RelPath>>,
    /// What the builds of other applications make for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub front_ends: Vec<Sourced<FrontEnd>>,
    /// Folders that it writes: relative to its working directory, or absolute.
    pub writable: Vec<Sourced<String>>,
    /// Environment that it needs in a container, such as `HOST=0.0.0.0`.
    pub env: Vec<Sourced<EnvVar>>,
    /// Variables without which it ends as it starts; what `env` sets is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<Sourced<String>>,
    /// Variables that the build of this program alone takes; [`Facts::build_args`] holds those of
    /// the application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<BuildArg>,
    /// The command-line library, where it has subcommands (`cobra`): an ENTRYPOINT without CMD.
    pub subcommands: Option<Sourced<String>>,
    /// Default arguments that it should start with in a container, as shell words: the subcommand
    /// that serves, a flag that opens it to the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub args: Option<Sourced<String>>,
    /// It stops on SIGTERM by itself; the evidence is the handler, or how the runtime does it.
    pub handles_sigterm: Option<Evidence>,
    /// What it asks of the image.
    pub needs: Needs,
    /// What is to be said about this program.
    pub findings: Vec<Finding>,
}

impl Program {
    /// Every port, the one that matters most first, as the `port` question takes them; `None` for
    /// a program without one.
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

    /// A program of which nothing more is known yet.
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
        }
    }
}

/// What is known of one deployable application.
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
    /// The language's version: a cycle (`26`, `1.27`) or an exact version (`22.14.0`).
    pub toolchain: Sourced<String>,
    /// What can be started, likeliest first. Several make a question.
    pub programs: Vec<Program>,
    /// Files that dependency resolution reads, relative to the root.
    pub manifests: Vec<RelPath>,
    /// Variables that its build takes, whichever program is started. One of the same name in
    /// [`Program::build_args`] comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<BuildArg>,
    /// The address of its source, where a manifest states it (an OCI label).
    pub source: Option<Sourced<String>>,
    /// Questions beyond the common ones (`entrypoint`, `port`, `base`, ...) that this language
    /// asks.
    pub questions: Vec<Question>,
    /// What is to be said about the application as a whole.
    pub findings: Vec<Finding>,
    /// Private to the language: see [`Facts::details`].
    #[serde(default)]
    pub details: serde_json::Value,
}

impl Facts {
    /// Stores what only the language's own template and `plan` function read.
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
