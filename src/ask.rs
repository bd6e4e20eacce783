//! Questions as data, and answers that remember who gave them. Nothing here talks to a terminal.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::facts::Sourced;

/// The ids of the questions that every language shares. Each has a flag of the same meaning.
pub mod id {
    /// Which program to start: a [`Program::id`](crate::facts::Program::id).
    pub const ENTRYPOINT: &str = "entrypoint";
    /// The port that the program listens on; `none` for a program without one.
    pub const PORT: &str = "port";
    /// The base family: `auto`, `distroless`, `alpine`, `debian`, `scratch`.
    pub const BASE: &str = "base";
    /// The version of the language.
    pub const TOOLCHAIN: &str = "toolchain";
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
}

/// One of the answers that a question offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What is stored.
    pub value: String,
    /// What the wizard shows.
    pub label: String,
}

/// The kind of answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answerable {
    /// One of these.
    Choice(Vec<Choice>),
    /// Any text without a newline.
    Text,
    /// A port: 1 to 65535, or `none`.
    Port,
    /// `yes` or `no`.
    Confirm,
}

/// Something that a person may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The key in dockgen.toml, in `--set` and in [`Answers`].
    pub id: String,
    /// What the wizard asks: `Which program should the container start?`
    pub prompt: String,
    /// Which answers are valid.
    pub kind: Answerable,
    /// What is taken where nobody answers, with its evidence. `None`: there is no good default and a person must decide.
    pub default: Option<Sourced<String>>,
    /// The evidence does not settle it: the wizard asks, and `--yes` states the default as an assumption.
    pub open: bool,
}

impl Question {
    /// Checks an answer; the error says what would be valid.
    pub fn check(&self, answer: &str) -> Result<()> {
        if answer.chars().any(char::is_control) {
            bail!("`{}` must not hold a control character or a newline", self.id);
        }
        match &self.kind {
            Answerable::Choice(choices) if !choices.iter().any(|c| c.value == answer) => {
                let valid: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
                bail!("`{answer}` is no valid answer for `{}`: one of {}", self.id, valid.join(", "))
            }
            Answerable::Port if answer != "none" && !answer.parse::<u16>().is_ok_and(|p| p > 0) => {
                bail!("`{answer}` is no valid port for `{}`: a number from 1 to 65535, or none", self.id)
            }
            Answerable::Confirm if answer != "yes" && answer != "no" => {
                bail!("`{answer}` is no valid answer for `{}`: yes or no", self.id)
            }
            _ => Ok(()),
        }
    }
}

/// Who gave an answer; the first wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// dockgen.toml.
    File,
    /// The wizard.
    Prompt,
    /// Nobody: the detected or assumed value.
    Default,
}

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

    /// The answer, where somebody gave one.
    pub fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|(value, _)| value.as_str())
    }

    /// Who answered.
    pub fn origin(&self, id: &str) -> Option<Origin> {
        self.0.get(id).map(|(_, origin)| *origin)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, Origin)> {
        self.0.iter().map(|(id, (value, origin))| (id.as_str(), value.as_str(), *origin))
    }
}
