//! A value and its source.

use serde::{Deserialize, Serialize};

use crate::path::RelPath;

/// The place that a value was read from, and the rule that was applied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Evidence {
    /// The file.
    pub file: RelPath,
    /// The line in that file, from 1; absent if the whole file is the evidence.
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

    /// Evidence from the existence or absence of a file as a whole.
    pub fn file(file: &RelPath, note: impl Into<String>) -> Self {
        Self { file: file.clone(), line: None, note: note.into() }
    }

    /// `file:line`, or `file` if no line is known.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.to_string(),
        }
    }
}

/// An alternative that was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The alternative.
    pub value: String,
    /// The reason.
    pub why: String,
}

/// A value with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// What it is based on, strongest first. If empty, the value is an assumption and must be
    /// reported.
    pub evidence: Vec<Evidence>,
    /// The rejected alternatives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
    /// How certain it is.
    #[serde(default, skip_serializing_if = "Strength::is_stated")]
    pub strength: Strength,
}

/// How certain a value is.
///
/// A guess is never used silently: it opens its question in the wizard, and `--yes` prints it as an
/// assumption with the flag that sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// A single indirect sign suggests it, such as a command line in a README.
    Guessed,
    /// Two independent sources agree on it.
    Agreed,
    /// It is stated by a manifest, a recipe, a framework's documented default, or a constant that
    /// flows straight to the call.
    #[default]
    Stated,
}

impl Strength {
    /// True if its certainty needs no comment.
    pub fn is_stated(&self) -> bool {
        *self == Self::Stated
    }
}

impl<T> Sourced<T> {
    /// A value with a single piece of evidence.
    pub fn new(value: T, evidence: Evidence) -> Self {
        Self::with(value, vec![evidence])
    }

    /// A value with several pieces of evidence, strongest first.
    pub fn with(value: T, evidence: Vec<Evidence>) -> Self {
        Self { value, evidence, rejected: Vec::new(), strength: Strength::Stated }
    }

    /// A value that nothing in the repository states.
    pub fn assumed(value: T) -> Self {
        Self::with(value, Vec::new())
    }

    /// A value that a single indirect sign suggests.
    pub fn guessed(value: T, evidence: Evidence) -> Self {
        Self { strength: Strength::Guessed, ..Self::new(value, evidence) }
    }

    /// Adds a further source. Two that agree make a guess reliable.
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

    /// Converts the value, and keeps its evidence.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        let Self { value, evidence, rejected, strength } = self;
        Sourced { value: change(value), evidence, rejected, strength }
    }

    /// Adds a rejected alternative.
    #[must_use]
    pub fn rejecting(mut self, value: impl Into<String>, why: impl Into<String>) -> Self {
        self.rejected.push(Rejected { value: value.into(), why: why.into() });
        self
    }
}
