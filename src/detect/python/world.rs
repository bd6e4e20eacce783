//! What stands beside a program's code as it is read.

use std::rc::Rc;

use super::App;
use super::source::Module;
use super::tables::Tables;
use crate::code::Program as Code;
use crate::path::RelPath;

/// A program's code with its surroundings.
pub(super) struct World<'w> {
    pub(super) app: &'w App<'w>,
    pub(super) tables: &'w Tables,
    pub(super) code: &'w Code<'w>,
    pub(super) modules: &'w [Rc<Module>],
    /// The working directory.
    pub(super) workdir: RelPath,
    /// The program's modules come from the environment, where the project is installed.
    pub(super) installed: bool,
}
