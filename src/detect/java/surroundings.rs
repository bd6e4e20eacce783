//! What is known of a program besides its artifact.

use super::artifact::Project;
use super::config::Settings;
use super::pom::Dependency;
use super::source::Source;

/// What is known of a program besides its artifact.
pub(super) struct Surroundings<'a> {
    pub(super) project: &'a Project<'a>,
    /// The dependencies of the project and of its siblings.
    pub(super) dependencies: &'a [Dependency],
    /// The sources of the project, then those of its siblings.
    pub(super) sources: &'a [Source],
    pub(super) settings: &'a Settings,
}
