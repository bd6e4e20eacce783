//! The names of the files that dockgen keeps in a repository.

/// The folder beside an application that holds what dockgen keeps.
pub(crate) const FOLDER: &str = ".dockgen";

/// The file in [`FOLDER`] that says what the outputs were made from.
pub(crate) const STATE: &str = "state.json";

/// The file beside an application that holds what a person decided.
pub(crate) const SETTINGS: &str = "dockgen.toml";
