//! A [`Plan`]: all content of a Dockerfile as plain data, in Docker's and OCI's terms. Templates
//! see nothing else.

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::ask::Origin;
use crate::facts::{BuildSecret, Evidence, Facts, Finding, Port, Program, Rejected, Strength};
use crate::path::{RelPath, is_at_or_below};
use words::{ContainerPath, EnvKey, ImageRef, Line};

mod copy;
mod front_end;
mod inputs;
pub mod words;

pub use copy::{CopySpec, EachMember};
pub use front_end::FrontEndPlan;
pub(crate) use front_end::IMAGE as FRONT_END_IMAGE;
pub use inputs::{Arg, SecretMount};

/// The version of the plan's format. Templates written for another version are rejected.
pub const SCHEMA: u32 = 1;

/// User and group of every final image: distroless's `nonroot`, used on the other bases too, so
/// that volumes keep their owner when the base changes. Numeric, because Kubernetes' runAsNonRoot
/// requires it.
pub const USER: &str = "65532:65532";

/// A file or folder that is copied into the final image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// The stage that it is copied from; the build context if absent.
    pub stage: Option<Line>,
    /// An absolute path in that stage, or a path relative to the build context.
    pub src: Line,
    /// The destination path.
    pub dest: ContainerPath,
    /// Owned by the image's user, because the program writes there.
    pub owned: bool,
    /// Folders directly inside `src` that another artifact contains.
    #[serde(default)]
    pub exclude: Vec<Line>,
    /// A comment for the Dockerfile; `""` for none.
    pub note: Line,
}

impl Artifact {
    /// What is copied as it is: root's, whole, and without a comment.
    ///
    /// # Errors
    /// If a word or a path cannot stand in a Dockerfile.
    pub(crate) fn new(stage: Option<&str>, src: &str, dest: &str) -> Result<Self> {
        Ok(Self {
            stage: stage.map(Line::new).transpose()?,
            src: Line::new(src)?,
            dest: ContainerPath::new(dest)?,
            owned: false,
            exclude: Vec::new(),
            note: Line::new("")?,
        })
    }

    /// True if its destination is that of `other`, or below it.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        is_at_or_below(self.dest.as_str(), other.dest.as_str().trim_end_matches('/'))
    }

    /// The files that the program opens at run time, each at its path relative to `workdir`. For
    /// languages whose other artifacts do not contain them.
    ///
    /// # Errors
    /// If a file is outside the build context.
    pub(crate) fn opened(facts: &Facts, program: &Program, workdir: &str) -> Result<Vec<Self>> {
        let mut artifacts = Vec::new();
        for file in &program.files {
            let Some(src) = file.value.strip(&facts.context) else {
                bail!(
                    "{}: the program opens it at run time, but it is outside the build context {}",
                    file.value,
                    facts.context
                );
            };
            let dest = resolve(workdir, &file.value.relative_to(&facts.dir))?;
            artifacts.push(Self::new(None, src, dest.as_str())?);
        }
        Ok(artifacts)
    }
}

/// The absolute path of `path`, which is absolute or relative to `workdir`.
///
/// # Errors
/// If it is outside the image's root.
pub(crate) fn resolve(workdir: &str, path: &str) -> Result<ContainerPath> {
    if path.starts_with('/') {
        return Ok(ContainerPath::new(path)?);
    }
    let base = RelPath::new(workdir.trim_start_matches('/')).unwrap_or_default();
    let full = base
        .join(path)
        .with_context(|| format!("{path} is outside the image's root, relative to {workdir}"))?;
    Ok(ContainerPath::new(format!("/{}", full.as_str()))?)
}

/// An environment variable of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Env {
    /// The name.
    pub key: EnvKey,
    /// The value.
    pub value: Line,
}

/// The final image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// `distroless`, `alpine`, `debian`, `scratch`.
    pub family: String,
    /// The image.
    pub image: ImageRef,
    /// Packages to install in it.
    pub packages: Vec<Line>,
    /// The interpreter's path, where the language has one.
    pub interpreter: Option<ContainerPath>,
    /// The interpreter is copied from the builder.
    pub carry_interpreter: bool,
    /// It has a shell, so RUN works.
    pub shell: bool,
    /// The user has to be created.
    pub create_user: bool,
    /// CA certificates have to be copied into it.
    pub carry_certificates: bool,
    /// Time zones have to be copied into it.
    pub carry_zoneinfo: bool,
    /// A writable /tmp has to be created in it.
    pub make_tmp: bool,
    /// `uid:gid`.
    pub user: Line,
    /// The working directory.
    pub workdir: ContainerPath,
    /// Environment.
    pub env: Vec<Env>,
    /// Variables that every container must set: without one, the program exits at start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<EnvKey>,
    /// Folders that the program writes.
    pub writable: Vec<ContainerPath>,
    /// The main port for connections.
    pub port: Option<u16>,
    /// All other ports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_ports: Vec<Port>,
    /// Run a small init as process 1: the program does not handle SIGTERM, and process 1 has no
    /// default action for it.
    pub init: bool,
    /// The Debian image to copy a static init from, if neither the base nor the builder can install
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_image: Option<ImageRef>,
    /// ENTRYPOINT, including the init.
    pub entrypoint: Vec<Line>,
    /// CMD, the default arguments; none if empty.
    pub cmd: Vec<Line>,
    /// STOPSIGNAL, if it is not SIGTERM.
    pub stop_signal: Option<Line>,
    /// The command of HEALTHCHECK; none if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health: Vec<Line>,
}

impl Runtime {
    /// Every port, the main one first.
    pub fn ports(&self) -> Vec<Port> {
        self.port.map(Port::tcp).into_iter().chain(self.more_ports.iter().copied()).collect()
    }
}

/// OCI labels of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// `org.opencontainers.image.title`.
    pub title: Line,
    /// `org.opencontainers.image.source`.
    pub source: Option<Line>,
}

/// The `development` target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dev {
    /// Its command.
    pub command: Vec<Line>,
    /// Environment.
    pub env: Vec<Env>,
    /// The command does not watch its files: after an edit it must be started again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restart: bool,
}

/// A decision, for `explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What was decided: a question id or another word such as `init`.
    pub what: String,
    /// The value.
    pub value: String,
    /// Who decided.
    pub origin: Origin,
    /// Why, in a sentence.
    pub why: String,
    /// What it is based on.
    pub evidence: Vec<Evidence>,
    /// Alternatives that were rejected.
    pub rejected: Vec<Rejected>,
    /// How well the value is known.
    #[serde(default, skip_serializing_if = "Strength::is_stated")]
    pub strength: Strength,
}

/// The command of the development target.
pub struct DevCommand {
    /// The argument vector.
    pub command: Vec<String>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// The command does not watch its files: after an edit it must be started again.
    pub restart: bool,
}

/// What a language adds to the plan.
pub struct Build {
    /// The name of the template without its suffix: `go`, `node-site`.
    pub template: String,
    /// Files that dependency resolution reads, in copy order.
    pub manifests: Vec<CopySpec>,
    /// Credentials that the step that downloads dependencies reads.
    pub install_secrets: Vec<BuildSecret>,
    /// What the build is certain to compile, relative to the repository's root: files, and folders
    /// that are read whole.
    pub sources: Vec<RelPath>,
    /// The contents of the final image, in layer order: what changes least comes first.
    pub artifacts: Vec<Artifact>,
    /// Environment of the final image.
    pub env: Vec<(String, String)>,
    /// The folder of the application in the final image, which its relative paths start from.
    pub workdir: String,
    /// The working directory, if it is another folder.
    pub start_in: Option<String>,
    /// The program's argument vector, without an init.
    pub entrypoint: Vec<String>,
    /// Default arguments of the program, from its start script. The user's arguments follow them.
    pub args: Vec<String>,
    /// STOPSIGNAL, if it is not SIGTERM.
    pub stop_signal: Option<String>,
    /// The development target.
    pub dev: Option<DevCommand>,
    /// Further decisions.
    pub decisions: Vec<Decision>,
    /// Further findings.
    pub findings: Vec<Finding>,
    /// Data for the language's own template only.
    pub details: serde_json::Value,
}

/// All content of the Dockerfile, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The language's id.
    pub language: String,
    /// The name of the template without its suffix.
    pub template: String,
    /// The application's name.
    pub name: Line,
    /// The application's folder, relative to the repository's root.
    pub app: RelPath,
    /// The build context, relative to the repository's root.
    pub context: RelPath,
    /// The version of the language.
    pub toolchain: Line,
    /// The package manager or build tool.
    pub tool: Line,
    /// The image to build in.
    pub builder: ImageRef,
    /// Packages to install in the builder.
    pub build_packages: Vec<Line>,
    /// Files that dependency resolution reads.
    pub manifests: Vec<CopySpec>,
    /// Variables that the build stage takes by `ARG`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<Arg>,
    /// Variables of that stage with the name of a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_secrets: Vec<SecretMount>,
    /// Credentials that the step that downloads dependencies reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install_secrets: Vec<SecretMount>,
    /// The command that builds, in place of the language's own; a shell runs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_command: Option<Line>,
    /// Words to add to the command of the build tool; variables of the build stand in them as `$NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_flags: Vec<Line>,
    /// Paths that the build context must contain, relative to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<Line>,
    /// Rows of the .dockerignore for what it must not contain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hide: Vec<Line>,
    /// What the build is certain to compile, relative to the build context: files, and folders that
    /// are read whole.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The stages that build front ends for the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub front_ends: Vec<FrontEndPlan>,
    /// The contents of the final image.
    pub artifacts: Vec<Artifact>,
    /// The final image.
    pub runtime: Runtime,
    /// OCI labels.
    pub labels: Labels,
    /// The development target.
    pub dev: Option<Dev>,
    /// Data for the language's own template.
    pub details: serde_json::Value,
    /// The reasons for all of it.
    pub decisions: Vec<Decision>,
    /// Findings on the plan.
    pub findings: Vec<Finding>,
}

/// Why the detected value of a decision was rejected, if a person answered otherwise.
pub(crate) const OVERRULED: &str = "detected, and overruled";

impl Decision {
    /// The detected value, if a person answered otherwise. The evidence of the decision is that of
    /// this value.
    pub fn overruled(&self) -> Option<&str> {
        self.rejected
            .iter()
            .find(|rejected| rejected.why == OVERRULED)
            .map(|rejected| rejected.value.as_str())
    }
}

/// Splits an answer such as `serve --port 80 "a b"` into words, with single quotes, double quotes
/// and backslashes.
pub fn split_words(text: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' | '"' => {
                let slot = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some(end) if end == c => break,
                        Some('\\') if c == '"' => slot.extend(chars.next()),
                        Some(other) => slot.push(other),
                        None => bail!("a quote in `{text}` is not closed"),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_would() {
        assert_eq!(
            split_words(r#"serve --name "a \"b" 'c $d' e\ f"#).unwrap(),
            ["serve", "--name", "a \"b", "c $d", "e f"]
        );
        assert_eq!(split_words("''").unwrap(), [""]);
        assert!(split_words("'a").is_err());
    }

    #[test]
    fn paths_of_the_image() {
        assert_eq!(resolve("/app", "web/x").unwrap().as_str(), "/app/web/x");
        assert_eq!(resolve("/app", "../data").unwrap().as_str(), "/data");
        assert_eq!(resolve("/app", "/var/lib/x").unwrap().as_str(), "/var/lib/x");
        assert!(resolve("/app", "../../x").is_err());
    }
}
