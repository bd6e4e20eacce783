//! Build arguments and secret mounts: the inputs of `docker build`.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::Plan;
use super::words::{ContainerPath, EnvKey, Line};
use crate::facts::{BuildSecret, Handed};
use crate::path::RelPath;

/// An `ARG` of a build stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// The name.
    pub name: EnvKey,
    /// The default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Line>,
    /// The build stops without a value.
    pub required: bool,
}

/// A `--mount=type=secret` of a RUN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretMount {
    /// The id, as in `--secret id=...`.
    pub id: Line,
    /// The variable that is set to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<EnvKey>,
    /// The file that contains it, in the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<ContainerPath>,
    /// The file to pass, relative to the repository's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<RelPath>,
    /// The step stops without it.
    pub required: bool,
}

impl SecretMount {
    fn new(secret: &BuildSecret) -> Result<Self> {
        let (env, file, target) = match &secret.handed {
            Handed::Variable(name) => (Some(EnvKey::new(name)?), None, None),
            Handed::File { file, target } => {
                (None, Some(file.clone()), Some(ContainerPath::new(target)?))
            }
        };
        Ok(Self { id: Line::new(&secret.id)?, env, target, file, required: secret.required })
    }

    /// The mounts for these secrets, one for each target.
    pub(crate) fn all(secrets: &[BuildSecret]) -> Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for secret in secrets {
            let mount = Self::new(secret)?;
            if !all.contains(&mount) {
                all.push(mount);
            }
        }
        Ok(all)
    }

    /// The argument of `docker build` that passes it; `place` shows a file of the repository.
    pub fn argument(&self, place: &dyn Fn(&RelPath) -> String) -> String {
        match (&self.file, &self.env) {
            (Some(file), _) => format!("id={},src={}", self.id, place(file)),
            (None, Some(env)) => format!("id={},env={env}", self.id),
            (None, None) => format!("id={}", self.id),
        }
    }
}

impl Plan {
    /// Files of the build context that have the name of a secret but contain none, which languages
    /// list in their details.
    pub fn harmless(&self) -> Vec<&str> {
        let details = self.front_ends.iter().map(|front_end| &front_end.details);
        let lists =
            details.chain([&self.details]).filter_map(|held| held.get("harmless")?.as_array());
        lists.flatten().filter_map(serde_json::Value::as_str).collect()
    }
}
