//! Questions as data, and answers that record who gave them. Nothing here uses a terminal.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::evidence::Sourced;
use crate::port::{NoPort, Port};
use crate::repo::excerpt;

mod values;

pub use values::{CarriedFile, MadeFrontEnd, Unfit, carried_files, made_front_ends};

/// The ids of the questions that all languages share. Each has a flag of the same meaning.
pub mod id {
    /// Which program to start: a [`Program::id`](crate::facts::Program::id).
    pub const ENTRYPOINT: &str = "entrypoint";
    /// The ports that the program listens on, comma-separated; `none` for a program without one.
    pub const PORT: &str = "port";
    /// The base family: `auto`, `distroless`, `alpine`, `debian`, `scratch`.
    pub const BASE: &str = "base";
    /// The version of the language.
    pub const TOOLCHAIN: &str = "toolchain";
    /// The version of the language that builds front ends: `auto`, or one version for all of them.
    pub const FRONT_END_TOOLCHAIN: &str = "front-end-toolchain";
    /// The package manager or build tool.
    pub const TOOL: &str = "tool";
    /// Default arguments, as shell words.
    pub const ARGS: &str = "args";
    /// The image's and the binary's name.
    pub const NAME: &str = "name";
    /// Folders that the program writes, comma-separated.
    pub const WRITABLE: &str = "writable";
    /// Environment of the image: `KEY=value` pairs as shell words.
    pub const ENV: &str = "env";
    /// Whether the Dockerfile gets a `development` target: `yes` or `no`.
    pub const DEV: &str = "dev";
    /// Folders that the program does not write, although dockgen takes them for such.
    pub const NO_WRITABLE: &str = "no-writable";
    /// Files and folders to copy into the image: `SRC` or `SRC=DEST`, comma-separated.
    pub const FILE: &str = "file";
    /// Packages of the final image, by their names in its distribution, comma-separated.
    pub const PACKAGE: &str = "package";
    /// Packages of the builder, by their names in its distribution, comma-separated.
    pub const BUILD_PACKAGE: &str = "build-package";
    /// Arguments of `docker build`: `NAME` or `NAME=default`, as shell words.
    pub const BUILD_ARG: &str = "build-arg";
    /// The command that builds, in place of the language's own: one line for a shell.
    pub const BUILD_COMMAND: &str = "build-command";
    /// The file that this command makes, relative to the application's folder.
    pub const BUILD_OUTPUT: &str = "build-output";
    /// Words to add to the command of the build tool, as shell words.
    pub const BUILD_FLAGS: &str = "build-flags";
    /// Paths that the build context must contain, comma-separated.
    pub const CONTEXT_KEEP: &str = "context-keep";
    /// Patterns of a .dockerignore for what the build context must not contain, comma-separated.
    pub const CONTEXT_HIDE: &str = "context-hide";
    /// The command by which the engine asks whether the program is healthy, as shell words.
    pub const HEALTH_COMMAND: &str = "health-command";
    /// What runs before the program at each start: one line for a shell.
    pub const BEFORE_START: &str = "before-start";
    /// Front ends to build: `FOLDER:SCRIPT:OUTPUT` or `FOLDER:SCRIPT:OUTPUT=DEST`, comma-separated.
    pub const FRONT_END: &str = "front-end";
}

/// How an answer with several values is written as one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// It has one value.
    One,
    /// Items separated by commas: [`split_list`].
    List,
    /// Shell words: [`split_words`](crate::plan::split_words).
    Words,
    /// Commands of a shell, joined by `&&`.
    Commands,
}

impl Form {
    /// The form of the answers to a question.
    pub fn of(id: &str) -> Self {
        match id {
            id::PORT
            | id::WRITABLE
            | id::NO_WRITABLE
            | id::FILE
            | id::PACKAGE
            | id::BUILD_PACKAGE
            | id::CONTEXT_KEEP
            | id::CONTEXT_HIDE
            | id::FRONT_END => Self::List,
            id::ENV | id::ARGS | id::BUILD_ARG | id::BUILD_FLAGS | id::HEALTH_COMMAND => {
                Self::Words
            }
            id::BEFORE_START => Self::Commands,
            _ => Self::One,
        }
    }
}

/// One of a question's predefined answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The stored value.
    pub value: String,
    /// What the wizard shows.
    pub label: String,
}

/// The kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answerable {
    /// One of these values.
    Choice(Vec<Choice>),
    /// One of these values, or any other text without a newline.
    Suggest(Vec<Choice>),
    /// Any text without a newline.
    Text,
    /// Ports, comma-separated: `8080`, `8080,53/udp`, or `none`.
    Port,
    /// `yes` or `no`.
    Confirm,
}

/// A decision that a person may make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The key in dockgen.toml, in `--set` and in [`Answers`].
    pub id: String,
    /// What the wizard asks: `Which program should the container start?`
    pub prompt: String,
    /// The valid answers.
    pub kind: Answerable,
    /// The value if nobody answers, with its evidence; `None` if there is no good default and a
    /// person must decide.
    pub default: Option<Sourced<String>>,
    /// The evidence is not conclusive: the wizard asks, and `--yes` reports the default as an
    /// assumption.
    pub open: bool,
}

impl Question {
    /// Checks an answer. The error says what is valid.
    pub fn check(&self, answer: &str) -> Result<()> {
        if answer.chars().any(char::is_control) {
            bail!("`{}` must not contain a control character or a newline", self.id);
        }
        match &self.kind {
            Answerable::Choice(choices) if !choices.iter().any(|c| c.value == answer) => {
                let valid: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
                bail!(
                    "`{}` is not a valid answer for `{}`: one of {}",
                    excerpt(answer),
                    self.id,
                    valid.join(", ")
                )
            }
            Answerable::Port if ports(answer).is_err() => {
                bail!(
                    "`{}` is not a valid port for `{}`: a number from 1 to 65535, several with \
                     commas, 53/udp for datagrams, or none",
                    excerpt(answer),
                    self.id
                )
            }
            Answerable::Confirm if answer != "yes" && answer != "no" => {
                bail!("`{}` is not a valid answer for `{}`: yes or no", excerpt(answer), self.id)
            }
            _ => Ok(()),
        }
    }
}

/// Splits a list answer at commas; `\\,` is a comma inside an item.
pub fn split_list(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(item) = items.last_mut() else { break };
        match c {
            '\\' if matches!(chars.peek(), Some(',' | '\\')) => item.extend(chars.next()),
            ',' => items.push(String::new()),
            other => item.push(other),
        }
    }
    items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The ports of an answer to [`Answerable::Port`], in order; empty for `none`.
///
/// # Errors
/// If a part is not a port.
pub fn ports(answer: &str) -> Result<Vec<Port>, NoPort> {
    if answer == "none" { Ok(Vec::new()) } else { answer.split(',').map(str::parse).collect() }
}

/// The inverse of [`split_list`].
pub fn join_list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items
        .into_iter()
        .map(|item| item.as_ref().replace('\\', "\\\\").replace(',', "\\,"))
        .collect();
    items.join(",")
}

/// Who gave an answer, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// A running container showed it.
    Seen,
    /// dockgen.toml.
    File,
    /// The wizard.
    Prompt,
    /// Nobody: the value is detected or assumed.
    Default,
}

/// An answer to set, by the id of its question; `None` removes it.
pub type Given = (String, Option<String>);

/// Answers by question id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers(BTreeMap<String, (String, Origin)>);

impl Answers {
    /// Stores an answer unless a stronger origin has answered already.
    pub fn set(&mut self, id: &str, value: impl Into<String>, origin: Origin) {
        if self.0.get(id).is_none_or(|(_, held)| origin <= *held) {
            self.0.insert(id.to_owned(), (value.into(), origin));
        }
    }

    /// Stores an answer, whoever answered before.
    pub fn change(&mut self, id: &str, value: impl Into<String>, origin: Origin) {
        self.0.insert(id.to_owned(), (value.into(), origin));
    }

    /// Removes an answer.
    pub fn remove(&mut self, id: &str) {
        self.0.remove(id);
    }

    /// The items of an answer in the form [`Form::List`]; none without an answer.
    pub fn list(&self, id: &str) -> Vec<String> {
        self.get(id).map(split_list).unwrap_or_default()
    }

    /// Stores an answer, whoever answered before; `None` removes it.
    pub fn give(&mut self, id: &str, value: Option<&str>, origin: Origin) {
        match value {
            Some(value) => drop(self.0.insert(id.to_owned(), (value.to_owned(), origin))),
            None => drop(self.0.remove(id)),
        }
    }

    /// The answer, if there is one.
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|(value, _)| value.as_str())
    }

    /// Who answered.
    pub fn origin(&self, id: &str) -> Option<Origin> {
        self.0.get(id).map(|(_, origin)| *origin)
    }

    /// All answers, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Origin)> {
        self.0.iter().map(|(id, (value, origin))| (id.as_str(), value.as_str(), *origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_commas_inside_items() {
        let items = ["A=1,2", r"B=c:\\x", "C= "];
        assert_eq!(split_list(&join_list(items)), ["A=1,2", r"B=c:\\x", "C="]);
        assert_eq!(split_list(" a, ,b,"), ["a", "b"]);
    }

    #[test]
    fn the_stronger_origin_wins() {
        let mut answers = Answers::default();
        answers.set(id::PORT, "1", Origin::File);
        answers.set(id::PORT, "2", Origin::Prompt);
        assert_eq!(answers.get(id::PORT), Some("1"));
        answers.set(id::PORT, "3", Origin::Flag);
        assert_eq!(
            (answers.get(id::PORT), answers.origin(id::PORT)),
            (Some("3"), Some(Origin::Flag))
        );
    }
}
