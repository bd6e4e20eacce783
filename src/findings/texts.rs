//! Findings with the same words for all languages.

use std::fmt::Display;

use super::{Finding, FindingCode};
use crate::evidence::Evidence;

impl Finding {
    /// What to do about a line that names a folder outside the build context.
    pub const OUTSIDE_FIX: &'static str = "run dockgen on the folder that holds both \
        (`dockgen init .. --app NAME`), commit that folder here, or remove the line";

    /// The program listens only on `address`, the container's own loopback.
    pub fn localhost_only(
        address: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the program listens on {address} only");
        Self::new(FindingCode::LocalhostOnly, what, evidence)
    }

    /// The program ends unless one of these variables is set.
    pub fn one_variable_required(names: &[String], evidence: Evidence) -> Self {
        let what = format!("the program ends unless one of {} is set", names.join(", "));
        let set: Vec<String> = names.iter().map(|name| format!("`-e {name}=...`")).collect();
        Self::new(FindingCode::VariablesRequired, what, [evidence])
            .with_fix(format!("give `docker run` one of {}", set.join(", ")))
    }

    /// The program listens; `reason` says why the port is unknown, if that is known.
    pub fn port_unknown(
        reason: Option<&str>,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
        let what = format!("the program listens, and dockgen did not find its port{reason}");
        Self::new(FindingCode::PortUnknown, what, evidence)
    }

    /// The program listens on `held`, as `said` states, but `place` states `other`.
    pub fn port_disputed(
        (said, held): (impl Display, u16),
        (place, other): (impl Display, u16),
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!(
            "according to {said} the program listens on port {held}, and {place} publishes port \
             {other}"
        );
        Self::new(FindingCode::PortDisputed, what, evidence)
    }

    /// The program writes files into a folder that no code states; `variable` names it, if that is
    /// known, and `ending` is the last part of its path.
    pub fn folder_unknown(
        variable: Option<&str>,
        ending: Option<&str>,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let ending = ending.map_or_else(String::new, |one| format!(", whose path ends in `{one}`"));
        let what = format!("the program writes files, and dockgen did not find the folder{ending}");
        match variable {
            None => Self::new(FindingCode::FolderUnknown, what, evidence),
            Some(name) => {
                Self::new(FindingCode::FolderUnknown, format!("{what}: {name} names it"), evidence)
                    .with_fix(format!(
                        "set both, for example --writable /data --env {name}=/data/NAME, and mount \
                         a volume there"
                    ))
            }
        }
    }

    /// The program writes `file` into its own folder; `None` if no name is known.
    pub fn writes_beside_program(
        file: Option<&str>,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let file = file.map_or_else(String::new, |file| format!(" `{file}`"));
        let what = format!("the program writes{file} into its own folder");
        Self::new(FindingCode::WritesBesideProgram, what, evidence)
    }

    /// The program stops without `file`, which it opens at `target` in the container; a flag or a
    /// variable may name another one.
    pub fn file_missing(
        file: &str,
        target: &str,
        flag: Option<&str>,
        variable: Option<&str>,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let name = file.rsplit('/').next().unwrap_or_default();
        let mount = format!("mount it when the container starts: `-v ./{name}:{target}:ro`");
        let fix = match (flag, variable) {
            (Some(flag), _) => format!("{mount}, or name another file with --{flag}"),
            (None, Some(variable)) => format!("{mount}, or name another file with {variable}"),
            (None, None) => mount,
        };
        let what = format!(
            "the program stops if it cannot open {file}, and the repository does not hold it"
        );
        Self::new(FindingCode::FileMissing, what, evidence).with_fix(fix)
    }

    /// The program looks for services under names of a network of containers; `variables` name
    /// others.
    pub fn service_by_name(
        listed: &[String],
        variables: &[String],
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the program looks for {}", listed.join(", "));
        let found = Self::new(FindingCode::ServiceByName, what, evidence);
        let mut options: Vec<String> =
            variables.iter().map(|variable| format!("-e {variable}=...")).collect();
        options.dedup();
        if options.is_empty() {
            return found;
        }
        found.with_fix(format!(
            "start the container in the network of these services, or name others: `docker run {}`",
            options.join(" ")
        ))
    }

    /// The program reads `files`, which the .dockerignore keeps out of the image; `way` is the first
    /// of them, with the words on how to mount it.
    pub fn file_kept_out(
        files: &str,
        (way, mount): (&str, Option<String>),
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!(
            "the program reads {files}, which the .dockerignore keeps out of the image: the name \
             is that of a secret"
        );
        let let_in = format!("let it in with `!{way}` at the end of the .dockerignore");
        Self::new(FindingCode::FileKeptOut, what, evidence).with_fix(match mount {
            Some(mount) => format!("{mount}; if it is no secret, {let_in}"),
            None => format!("if it is no secret, {let_in}; else read it from a mounted folder"),
        })
    }

    /// The program serves `folder`, which nothing fills.
    pub fn served_folder_missing(
        folder: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!(
            "the program serves {folder}, which the repository does not hold and no known build \
             writes"
        );
        Self::new(FindingCode::ServedFolderMissing, what, evidence)
    }

    /// The program reads `file`, of which the repository contains only an example.
    pub fn config_not_in_git(
        file: impl Display,
        example: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!(
            "the program opens {file}, which the repository does not hold; {example} is an \
             example of it"
        );
        Self::new(FindingCode::ConfigNotInGit, what, evidence)
            .with_fix(format!("mount it when the container starts: `-v ./{file}:/app/{file}:ro`"))
    }

    /// The program stops without the environment file `file`.
    pub fn dotenv_required(file: &str, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let what = format!("the program stops if there is no `{file}`, and the image holds none");
        Self::new(FindingCode::DotenvRequired, what, evidence).with_fix(format!(
            "let the program go on without the file and pass the variables with `docker run \
             --env-file {file}`, or mount the file beside the program with `-v`"
        ))
    }

    /// Code that may run only during the build starts `program`, which the image lacks.
    pub fn system_program(
        program: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the program may start `{program}`, which the image does not hold");
        Self::new(FindingCode::SystemProgram, what, evidence)
    }

    /// The program tries `file` among others, and the name is that of a developer's.
    pub fn development_file(
        file: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what =
            format!("the program tries {file} among other files, and the image does not hold it");
        Self::new(FindingCode::DevelopmentFile, what, evidence)
            .with_fix(format!("mount it when the container starts, if its settings are to hold: `-v ./{file}:/app/{file}:ro`"))
    }

    /// The program starts `command`, whose package is not in the catalog.
    pub fn command_unknown(
        command: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the program starts `{command}`, and dockgen does not know its package");
        Self::new(FindingCode::CommandUnknown, what, evidence)
    }

    /// The repository builds with `flags` (tags, features) that were not followed.
    pub fn build_flags_unknown(flags: &str, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let what =
            format!("the repository builds the program with {flags} that dockgen cannot read");
        Self::new(FindingCode::BuildFlagsUnknown, what, evidence)
    }

    /// A recipe builds with `first`, another one with `other`.
    pub fn build_flags_disputed(
        first: impl Display,
        other: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the repository builds the program with {first}, and with {other}");
        Self::new(FindingCode::BuildFlagsDisputed, what, evidence)
    }

    /// There is no `lockfile` beside `manifest`; `command` creates it.
    pub fn no_lockfile(
        lockfile: &str,
        manifest: impl Display,
        command: &str,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("there is no {lockfile} beside {manifest}");
        Self::new(FindingCode::NoLockfile, what, evidence)
            .with_fix(format!("run `{command}` and commit the file that it writes"))
    }

    /// The manifest is that of a library; `example` is a place where a program could be.
    pub fn nothing_to_start(
        what: &str,
        example: &str,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        Self::new(FindingCode::NothingToStart, what, evidence).with_fix(format!(
            "write a program, for instance in {example}, or run dockgen on the folder that holds one"
        ))
    }

    /// `pinned` is older than the version `least` that the code needs.
    pub fn toolchain_too_old(
        toolchain: &str,
        pinned: impl Display,
        least: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("{toolchain} {pinned} is pinned, and the code needs {least} or newer");
        Self::new(FindingCode::ToolchainTooOld, what, evidence)
            .with_fix(format!("pin {least} or newer, or set --toolchain"))
    }

    /// The catalog has no row for this `version`.
    pub fn toolchain_unknown(
        toolchain: &str,
        version: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("this version of dockgen does not know {toolchain} {version}");
        Self::new(FindingCode::ToolchainUnknown, what, evidence)
    }

    /// The build reads the secret `id`; `source` is the rest of the flag that passes it.
    pub fn build_secret(
        id: &str,
        source: impl Display,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Self {
        let what = format!("the build reads `{id}` from a build secret");
        Self::new(FindingCode::BuildSecret, what, evidence)
            .with_fix(format!("build with `docker build --secret id={id},{source} ...`"))
    }

    /// The program embeds `path`, which does not exist.
    pub fn embed_missing(path: impl Display, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let what = format!("the program embeds {path}, which the repository does not hold");
        Self::new(FindingCode::EmbedMissing, what, evidence)
    }
}
