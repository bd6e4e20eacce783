//! What only the build can take: variables whose values are compiled into what it makes, and
//! credentials for what it fetches.

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::path::RelPath;

/// A variable of the environment that the build reads. Its value ends up in what the build makes,
/// so that no container can change it: the Dockerfile takes it as an `ARG`. One that is named like
/// a secret becomes a secret mount instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildArg {
    /// The name.
    pub name: String,
    /// Its value where `docker build` is given none; absent: the build sees it unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The build stops without it.
    pub required: bool,
    /// Where it is unset, the code or a file that the build reads has a value for it: nothing is
    /// said about a missing one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Where it is read, and where the default stands.
    pub evidence: Vec<Evidence>,
}

impl BuildArg {
    /// A variable without a default that the build does not demand.
    pub fn new(name: impl Into<String>, evidence: Evidence) -> Self {
        Self {
            name: name.into(),
            default: None,
            required: false,
            fallback: false,
            evidence: vec![evidence],
        }
    }
}

/// How a step gets a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handed {
    /// As a variable of that name.
    Variable(String),
    /// As a file of the repository that holds a credential itself: it stays out of the build
    /// context, and is mounted at `target`, an absolute path in the stage.
    File {
        /// The file on the machine that builds.
        file: RelPath,
        /// Where the step finds it.
        target: String,
    },
}

/// A credential that a step of the build reads, and that must reach no layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSecret {
    /// What `docker build --secret id=...` calls it: letters, digits, `.`, `_`, `-`.
    pub id: String,
    /// How the step gets it.
    pub handed: Handed,
    /// The step stops at once without it, in place of a message of the registry.
    pub required: bool,
}
