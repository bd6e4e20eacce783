//! Modules that another module imports as a whole: `from .base import *`.

use std::collections::{BTreeSet, VecDeque};

use super::{DIALECT, Sources, written};
use crate::code::{Import, Tree};
use crate::path::RelPath;

/// Maximum number of modules that one module imports as a whole.
const MAX_WHOLE: usize = 8;

/// Maximum size of one.
const MAX_TEXT: usize = 512 << 10;

impl Sources<'_> {
    /// What `from module import *` brings of the imports of that module, where the text uses it.
    pub(super) fn brought(&self, tree: &Tree, root: &RelPath, imports: &[Import]) -> Vec<Import> {
        let whole = |import: &&Import| import.export.as_deref() == Some("*");
        let mut next: VecDeque<(String, u32)> =
            imports.iter().filter(whole).map(|one| (one.path.clone(), one.line)).collect();
        let (mut brought, mut seen) = (Vec::new(), BTreeSet::new());
        while let Some((module, line)) = next.pop_front() {
            let Some(path) = self.find(root, &module) else { continue };
            if seen.len() == MAX_WHOLE || !seen.insert(path.clone()) {
                continue;
            }
            let text = self.repo.source_text(&path).ok().flatten();
            let Some(text) = text.filter(|text| text.len() <= MAX_TEXT) else { continue };
            for one in written(&Tree::new(&DIALECT, &text)) {
                for import in self.imports(&path, root, &one) {
                    if whole(&&import) {
                        next.push_back((import.path.clone(), line));
                    } else if !import.name.is_empty() && !import.name.starts_with('_') {
                        brought.push(Import { line, ..import });
                    }
                }
            }
        }
        if !brought.is_empty() {
            let used: BTreeSet<&str> = (0..tree.len()).map(|at| tree.word(at)).collect();
            brought.retain(|import| used.contains(&*import.name));
        }
        brought
    }
}
