//! The stages that build a front end: another application whose output the program needs.

use serde::{Deserialize, Serialize};

use super::words::{ContainerPath, ImageRef, Line};
use super::{Arg, CopySpec, SecretMount};

/// The decision on the image that builds a front end.
pub(crate) const IMAGE: &str = "front-end image";

/// The stages of one front end: `<stage>-deps`, and `stage`, which contains its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontEndPlan {
    /// The name of the stage.
    pub stage: Line,
    /// The name of the template without its suffix.
    pub template: String,
    /// The folder that is copied into the stage, relative to the build context.
    pub folder: Line,
    /// Suffixes of files in `folder` that only the program's language reads.
    pub exclude_extensions: Vec<Line>,
    /// Files in `folder` that only the program's dependency resolution reads.
    pub exclude: Vec<Line>,
    /// The path of its output in the stage.
    pub output: ContainerPath,
    /// The path of its output in the build context, where it does not exist.
    pub path: Line,
    /// True if the program's build reads it there; false if the program opens it at run time.
    pub built_in: bool,
    /// The version of its language.
    pub toolchain: Line,
    /// Its package manager or build tool.
    pub tool: Line,
    /// The image to build in.
    pub builder: ImageRef,
    /// Packages to install in it.
    pub build_packages: Vec<Line>,
    /// Files that dependency resolution reads.
    pub manifests: Vec<CopySpec>,
    /// Variables that its stage takes by `ARG`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_args: Vec<Arg>,
    /// Variables of its stage with the name of a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub build_secrets: Vec<SecretMount>,
    /// Credentials that the step that downloads its dependencies reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub install_secrets: Vec<SecretMount>,
    /// Data for its language's own template.
    pub details: serde_json::Value,
}
