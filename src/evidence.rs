//! A value and where it was read.

use serde::{Deserialize, Serialize};

use crate::path::RelPath;

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
