//! What the analysis of a program works with.

use super::Tables;
use super::layout::Layout;
use super::package::Sources;
use crate::path::RelPath;

/// What the analysis of a program works with.
pub(super) struct Module<'a, 'r> {
    pub(super) sources: &'a Sources<'r>,
    pub(super) layout: &'a Layout,
    pub(super) tables: &'a Tables,
    /// The application's folder: the module's, or one inside it.
    pub(super) dir: &'a RelPath,
}
