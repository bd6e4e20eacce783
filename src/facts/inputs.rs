//! Inputs of the build: variables whose values are compiled into its output, and credentials for
//! its downloads.

use serde::{Deserialize, Serialize};

use super::Evidence;
use crate::path::RelPath;

/// An environment variable that the build reads. Its value becomes part of the output, so a
/// container cannot change it: the Dockerfile takes it as an `ARG`. A variable with the name of a
/// secret becomes a secret mount instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildArg {
    /// The name.
    pub name: String,
    /// Its value if `docker build` passes none; if absent, the build sees it unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The build stops without it.
    pub required: bool,
    /// If it is unset, the code or a file that the build reads has a value for it, so a missing one
    /// is not reported.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// The places that read it, and the place of the default.
    pub evidence: Vec<Evidence>,
}

impl BuildArg {
    /// A variable without a default that the build does not require.
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

/// How a step receives a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Handed {
    /// As an environment variable of that name.
    Variable(String),
    /// As a file of the repository that contains a credential: it is excluded from the build
    /// context, and mounted at `target`, an absolute path in the stage.
    File {
        /// The file on the machine that builds.
        file: RelPath,
        /// The path in the stage.
        target: String,
    },
}

/// A credential that a step of the build reads, and that must not be in any layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSecret {
    /// The id for `docker build --secret id=...`: letters, digits, `.`, `_`, `-`.
    pub id: String,
    /// How the step receives it.
    pub handed: Handed,
    /// Without it, the step stops at once, with a clearer message than the registry's.
    pub required: bool,
}
