//! Questions that the repository never answers: what a person adds to an image.

use anyhow::{Context, Result, bail};

use crate::ask::{carried_files, id, made_front_ends, split_list};
use crate::docker::ignore::IgnoreFile;
use crate::docker::lint;
use crate::docker::types::EnvKey;
use crate::path::RelPath;
use crate::plan::split_words;
use crate::repo::excerpt;

/// A question, with what it means for people who write dockgen.toml.
pub(crate) struct Row {
    /// Its id.
    pub(crate) id: &'static str,
    /// What the wizard asks.
    pub(crate) prompt: &'static str,
    /// The meaning of an answer, for the JSON schema.
    pub(crate) about: &'static str,
    /// Only languages that list its id in `takes` have it.
    pub(crate) of_some: bool,
}

/// Every such question, in the order in which they are offered.
pub(crate) const ROWS: [Row; 13] = [
    Row {
        id: id::NO_WRITABLE,
        prompt: "Which folders does the program not write, although dockgen says so?",
        about: "Folders that the program does not write: taken from those that were detected.",
        of_some: false,
    },
    Row {
        id: id::FILE,
        prompt: "Which other files and folders does the image need (SRC=DEST)?",
        about: "Files and folders of the repository to copy into the image: SRC or SRC=DEST. SRC \
                is relative to the application's folder; DEST is absolute, or relative to the \
                working directory.",
        of_some: false,
    },
    Row {
        id: id::PACKAGE,
        prompt: "Which other system packages does the program need?",
        about: "Packages of the final image, by their names in its distribution.",
        of_some: false,
    },
    Row {
        id: id::BUILD_PACKAGE,
        prompt: "Which other system packages does the build need?",
        about: "Packages of the image that builds, by their names in its distribution.",
        of_some: false,
    },
    Row {
        id: id::BUILD_ARG,
        prompt: "Which other arguments does the build take (NAME or NAME=default)?",
        about: "Arguments of `docker build --build-arg`: NAME, or NAME=default.",
        of_some: false,
    },
    Row {
        id: id::BUILD_COMMAND,
        prompt: "Which command builds, in place of the usual one?",
        about: "The command that builds, in place of the language's own: one line for a shell.",
        of_some: true,
    },
    Row {
        id: id::BUILD_OUTPUT,
        prompt: "Which file does that command make?",
        about: "The file that the build command makes, relative to the application's folder.",
        of_some: true,
    },
    Row {
        id: id::BUILD_FLAGS,
        prompt: "Which other flags does the build tool get?",
        about: "Words to add to the command of the build tool.",
        of_some: true,
    },
    Row {
        id: id::FRONT_END,
        prompt: "Which other front ends are built (FOLDER:SCRIPT:OUTPUT=DEST)?",
        about: "Front ends to build: FOLDER:SCRIPT:OUTPUT, or FOLDER:SCRIPT:OUTPUT=DEST where the \
                program opens the output at DEST.",
        of_some: false,
    },
    Row {
        id: id::CONTEXT_KEEP,
        prompt: "Which other paths must the build context contain?",
        about: "Paths that the build context must contain, relative to the application's folder.",
        of_some: false,
    },
    Row {
        id: id::CONTEXT_HIDE,
        prompt: "What else must the build context not contain?",
        about: "Patterns of a .dockerignore for what the build context must not contain, relative \
                to the application's folder.",
        of_some: false,
    },
    Row {
        id: id::HEALTH_COMMAND,
        prompt: "Which command says whether the program is healthy?",
        about: "The command of HEALTHCHECK; it runs in the container, without a shell.",
        of_some: false,
    },
    Row {
        id: id::BEFORE_START,
        prompt: "Which command runs before the program at each start?",
        about: "Commands that run before the program at each start, such as a migration. They \
                need a shell in the image.",
        of_some: false,
    },
];

/// Checks an answer to one of [`ROWS`].
///
/// # Errors
/// If it is invalid. The error says what is valid.
pub(super) fn check(id: &str, answer: &str) -> Result<()> {
    match id {
        id::FILE => carried_files(answer).map(drop),
        id::FRONT_END => made_front_ends(answer)?
            .iter()
            .try_for_each(|made| inside(&made.output, "the output of the front end")),
        id::PACKAGE | id::BUILD_PACKAGE => {
            split_list(answer).iter().try_for_each(|name| check_package(name))
        }
        id::BUILD_ARG => {
            split_words(answer)?.iter().try_for_each(|argument| check_argument(argument))
        }
        id::BUILD_FLAGS => split_words(answer).map(drop),
        id::BUILD_OUTPUT => inside(answer, "the file that the build makes"),
        id::HEALTH_COMMAND => {
            let words = split_words(answer)?;
            if words.first().is_some_and(String::is_empty) {
                bail!("`{}` names no command: give the program and its arguments", excerpt(answer));
            }
            Ok(())
        }
        id::CONTEXT_KEEP => split_list(answer).iter().try_for_each(|path| {
            if path.starts_with('/') {
                bail!(
                    "`{}` is an absolute path: name it relative to the application's folder",
                    excerpt(path)
                );
            }
            Ok(())
        }),
        id::BUILD_COMMAND | id::BEFORE_START => check_line(answer),
        id::CONTEXT_HIDE => split_list(answer).iter().try_for_each(|row| check_pattern(row)),
        _ => Ok(()),
    }
}

/// Rejects a path that leaves the folder that it starts from.
fn inside(path: &str, what: &str) -> Result<()> {
    if RelPath::new(path).is_none_or(|path| path.is_root()) {
        bail!("`{}` is not below the folder: {what} must be", excerpt(path));
    }
    Ok(())
}

/// A line for a shell that more is added to.
fn check_line(line: &str) -> Result<()> {
    let ends = |marks: &[char]| line.trim_end().ends_with(marks);
    let fault = if split_words(line).is_err() {
        "a quote is not closed"
    } else if line.trim_start().starts_with('#') || line.contains(" #") || line.contains("\t#") {
        "what follows # is a comment, and would hide the rest of the line"
    } else if ends(&['&', '|', '\\', '(', '{']) {
        "it ends in the middle of a command"
    } else {
        return Ok(());
    };
    bail!("`{}` is not a whole command: {fault}", excerpt(line))
}

/// The rule for names of packages in both distributions, with a version if there is one.
fn check_package(name: &str) -> Result<()> {
    let (bare, version) = name.split_once('=').unwrap_or((name, "0"));
    let plain = |text: &str, more: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if !plain(bare, "+._-") || !plain(version, "+._-~:") {
        bail!(
            "`{}` is not the name of a package: give letters, digits and + . _ -, such as \
             ca-certificates, and several with commas",
            excerpt(name)
        );
    }
    Ok(())
}

/// Rejects an argument without a name, and the default of a secret.
fn check_argument(argument: &str) -> Result<()> {
    let (name, default) = match argument.split_once('=') {
        Some((name, default)) => (name, Some(default)),
        None => (argument, None),
    };
    EnvKey::new(name).with_context(|| format!("`{}` in `build-arg`", excerpt(argument)))?;
    if default.is_some() && lint::names_a_secret(name) {
        bail!(
            "{name} looks like a secret by its name: anybody with the image can read the default \
             of an ARG; give the name without a value, and dockgen mounts it as a build secret"
        );
    }
    Ok(())
}

/// A row of a .dockerignore that excludes something below the application's folder.
fn check_pattern(row: &str) -> Result<()> {
    let row = row.trim();
    let fault = if row.starts_with('!') {
        "an exception includes what others hide: use context-keep for it"
    } else if row.starts_with('#') {
        "a line that begins with # is a comment in a .dockerignore"
    } else if row.split('/').any(|part| part == "..") {
        "it leaves the application's folder"
    } else if row.trim_matches(['/', '*', '.']).is_empty() {
        "it would hide everything"
    } else if IgnoreFile::parse(row).is_err() {
        "it is not a pattern of a .dockerignore"
    } else {
        return Ok(());
    };
    bail!("`{}` cannot be hidden: {fault}", excerpt(row))
}
