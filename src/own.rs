//! Names of the files that dockgen keeps in a repository.

/// The folder beside an application that contains dockgen's own files.
pub(crate) const FOLDER: &str = ".dockgen";

/// The file in [`FOLDER`] that records the inputs of the outputs.
pub(crate) const STATE: &str = "state.json";

/// The file beside an application that contains a person's answers.
pub(crate) const SETTINGS: &str = "dockgen.toml";

/// The compose file, which is written on request and never changed.
pub(crate) const COMPOSE: &str = "compose.yaml";
