//! The stages that build what another application of the repository makes for the program.

use serde::{Deserialize, Serialize};

use super::words::{ContainerPath, ImageRef, Line};
use super::{Arg, CopySpec, SecretMount};

/// The decision on the image that a front end is built in.
pub(crate) const IMAGE: &str = "front-end image";

/// The stages of one front end: `<stage>-deps`, and `stage`, which holds what it makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEndPlan {
    /// The name of the stage.
    pub stage: Line,
    /// The stem of the template.
    pub template: String,
    /// The folder that is copied into the stage, relative to the build context.
    pub folder: Line,
    /// Ends of the names of files in `folder` that the program's language alone reads.
    pub exclude_extensions: Vec<Line>,
    /// Files in `folder` that the program's dependency resolution alone reads.
    pub exclude: Vec<Line>,
    /// What it makes, in the stage.
    pub output: ContainerPath,
    /// The same as a path of the build context, which does not hold it.
    pub path: Line,
    /// The program's build reads it there; else the program opens it at run time.
    pub built_in: bool,
    /// The version of its language.
    pub toolchain: Line,
    /// Its package manager or build tool.
    pub tool: Line,
    /// The image to build in.
    pub builder: ImageRef,
    /// Packages to install in it.
    pub build_packages: Vec<Line>,
    /// What dependency resolution reads.
    pub manifests: Vec<CopySpec>,
    /// Variables that its stage takes by `ARG`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<Arg>,
    /// Variables of its stage that are named like secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_secrets: Vec<SecretMount>,
    /// Credentials that the step which fetches its dependencies reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install_secrets: Vec<SecretMount>,
    /// Private to its language.
    pub details: serde_json::Value,
}
