//! What a detector found out, in the vocabulary that every language shares, each value with its
//! evidence.

use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ask::Question;
use crate::path::RelPath;

mod inputs;

pub use inputs::{BuildArg, BuildSecret, Handed};

/// Where a value was read, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The file that says so.
    pub file: RelPath,
    /// The line in that file, from 1; absent where the whole file is the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The rule, in words: `engines.node is ">=20"; newest supported LTS inside it`.
    pub note: String,
}

impl Evidence {
    /// Evidence at a line of a file.
    pub fn at(file: &RelPath, line: u32, note: impl Into<String>) -> Self {
        Self { file: file.clone(), line: Some(line), note: note.into() }
    }

    /// Evidence that a file as a whole gives, by its presence or its absence.
    pub fn file(file: &RelPath, note: impl Into<String>) -> Self {
        Self { file: file.clone(), line: None, note: note.into() }
    }

    /// `file:line`, or `file` where no line is known.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.to_string(),
        }
    }
}

/// An alternative that was looked at and not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The alternative.
    pub value: String,
    /// Why it was not taken.
    pub why: String,
}

/// A value with the evidence for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// What it rests on, strongest first. Empty means: an assumption, which must be stated.
    pub evidence: Vec<Evidence>,
    /// What else was found, and why it lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// How well it is known.
    #[serde(default, skip_serializing_if = "Strength::is_stated")]
    pub strength: Strength,
}

/// How well a value is known.
///
/// A guess is never taken in silence: it opens its question in the wizard, and `--yes` prints it as
/// an assumption with the flag that sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// One indirect sign speaks for it, such as a command line in a README.
    Guessed,
    /// Two independent sources agree on it.
    Agreed,
    /// A manifest, a recipe, a framework's documented default, or a constant that flows straight
    /// to the call states it.
    #[default]
    Stated,
}

impl Strength {
    /// True for what needs no word about how it is known.
    pub fn is_stated(&self) -> bool {
        *self == Self::Stated
    }
}

/// The transport protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Connections.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}

/// A port as EXPOSE and `docker run -p` write it: `8080`, `53/udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// The transport protocol.
    pub protocol: Protocol,
}

impl Port {
    /// A port for connections.
    pub fn tcp(number: u16) -> Self {
        Self { number, protocol: Protocol::Tcp }
    }

    /// A port for datagrams.
    pub fn udp(number: u16) -> Self {
        Self { number, protocol: Protocol::Udp }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Tcp => write!(f, "{}", self.number),
            Protocol::Udp => write!(f, "{}/udp", self.number),
        }
    }
}

impl FromStr for Port {
    type Err = NoPort;

    fn from_str(text: &str) -> Result<Self, NoPort> {
        let (number, protocol) = match text.split_once('/') {
            None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Protocol::Tcp),
            Some((number, "udp")) => (number, Protocol::Udp),
            Some(_) => return Err(NoPort(text.to_owned())),
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        number.map(|number| Self { number, protocol }).ok_or_else(|| NoPort(text.to_owned()))
    }
}

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}

impl TryFrom<String> for Port {
    type Error = NoPort;

    fn try_from(text: String) -> Result<Self, NoPort> {
        text.parse()
    }
}

/// The text names no port.
#[derive(Debug)]
pub struct NoPort(String);

impl fmt::Display for NoPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a port: write a number from 1 to 65535, or 53/udp", self.0)
    }
}

impl std::error::Error for NoPort {}

impl<T> Sourced<T> {
    /// A value that one piece of evidence gives.
    pub fn new(value: T, evidence: Evidence) -> Self {
        Self::with(value, vec![evidence])
    }

    /// A value that several pieces of evidence give, strongest first.
    pub fn with(value: T, evidence: Vec<Evidence>) -> Self {
        Self { value, evidence, rejected: Vec::new(), strength: Strength::Stated }
    }

    /// A value that nothing in the repository states.
    pub fn assumed(value: T) -> Self {
        Self::with(value, Vec::new())
    }

    /// A value that one indirect sign speaks for.
    pub fn guessed(value: T, evidence: Evidence) -> Self {
        Self { strength: Strength::Guessed, ..Self::new(value, evidence) }
    }

    /// The same, with a further source that says so too: two that agree make a guess good.
    #[must_use]
    pub fn agreeing(mut self, evidence: Evidence) -> Self {
        if self.strength == Strength::Guessed
            && self.evidence.iter().all(|held| held.file != evidence.file)
        {
            self.strength = Strength::Agreed;
        }
        self.evidence.push(evidence);
        self
    }

    /// Another value, known the same way.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        let Self { value, evidence, rejected, strength } = self;
        Sourced { value: change(value), evidence, rejected, strength }
    }

    /// The same, with an alternative that lost.
    #[must_use]
    pub fn rejecting(mut self, value: impl Into<String>, why: impl Into<String>) -> Self {
        self.rejected.push(Rejected { value: value.into(), why: why.into() });
        self
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The image cannot work: nothing is written.
    Error,
    /// The image will probably disappoint.
    Warning,
    /// Worth knowing.
    Note,
}

/// Something to tell the user: what is wrong, where, why it matters in a container, and the way
/// out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable name such as `localhost-only`, in lower-case words.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// Where; several where several files are at fault.
    pub evidence: Vec<Evidence>,
    /// Why it matters in a container.
    pub why: String,
    /// What to do.
    pub fix: String,
}

impl Finding {
    /// A finding with one piece of evidence.
    pub fn new(
        code: &str,
        severity: Severity,
        what: impl Into<String>,
        evidence: impl IntoIterator<Item = Evidence>,
        why: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code: code.to_owned(),
            severity,
            what: what.into(),
            evidence: evidence.into_iter().collect(),
            why: why.into(),
            fix: fix.into(),
        }
    }
}

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
