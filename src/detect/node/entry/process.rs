//! One of several programs that a start script runs side by side.

use super::Command;
use crate::facts::Evidence;

/// One of the programs.
pub(super) struct Process {
    /// The name that the start script gives to it.
    pub(super) name: String,
    pub(super) command: Command,
    pub(super) evidence: Option<Evidence>,
}
