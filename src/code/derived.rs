//! Classes that are derived from others, by the names of those.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::file::File;
use crate::path::RelPath;

/// Maximum number of classes that one is derived from.
const MAX_BASES: usize = 8;

/// A class that is derived from another one.
pub(super) struct Class {
    pub(super) name: String,
    /// The full name of what it is derived from: `starlette.staticfiles.StaticFiles`.
    base: String,
    pub(super) home: RelPath,
}

impl Class {
    /// True if it is derived from one of the module `of`, or of a module below it.
    pub(super) fn is_of(&self, of: &str) -> bool {
        self.base.strip_prefix(of).is_some_and(|rest| rest.starts_with('.'))
    }
}

/// Classes by the last word of what they are derived from.
pub(super) type Derived = BTreeMap<String, Vec<Class>>;

/// The classes of these files that are derived from imported ones.
pub(super) fn all<'f>(files: impl Iterator<Item = &'f Rc<File>>) -> Derived {
    let mut found = Derived::new();
    for file in files.filter(|file| file.dialect().indents) {
        for &at in file.places("class").iter().filter(|&&at| file.word(at + 2) == "(") {
            for base in file.elements(at + 2).into_iter().take(MAX_BASES) {
                let Some(last) = base.end.checked_sub(1) else { continue };
                let Some(full) = file.dotted(last) else { continue };
                let name = file.word(at + 1).to_owned();
                let one = Class { name, base: full, home: file.path.clone() };
                found.entry(file.word(last).to_owned()).or_default().push(one);
            }
        }
    }
    found
}
