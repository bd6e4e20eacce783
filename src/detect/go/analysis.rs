//! The shared input of the analyses of all programs in a module.

use super::Tables;
use super::layout::Layout;
use super::package::Sources;
use crate::path::RelPath;

/// The shared input of the analyses of all programs in a module.
pub(super) struct Module<'a, 'r> {
    pub(super) sources: &'a Sources<'r>,
    pub(super) layout: &'a Layout,
    pub(super) tables: &'a Tables,
    /// The folder of the application: that of the module, or one inside it.
    pub(super) dir: &'a RelPath,
    /// The build tags that a person gives, in place of the repository's.
    pub(super) tags: Option<&'a [String]>,
}
