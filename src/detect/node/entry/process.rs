//! One of several programs that a start script runs side by side.

use super::Command;
use crate::facts::Evidence;

/// One of the programs.
pub(super) struct Process {
    /// What the start script calls it.
    pub(super) name: String,
    pub(super) command: Command,
    pub(super) evidence: Option<Evidence>,
}
