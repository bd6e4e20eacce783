//! One file: its tokens, what it imports, and the facts that are found in it on first use.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;

use super::facts::Facts;
use super::tree::{Kind, Tree};
use crate::facts::Evidence;
use crate::path::RelPath;

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// What is imported, as written.
    pub path: String,
    /// The name by which the file calls it; empty where it has none.
    pub name: String,
    /// What of it the name stands for; `None` for the whole.
    pub export: Option<String>,
    /// From 1.
    pub line: u32,
}

/// A parsed file.
#[derive(Debug)]
pub struct File {
    /// Where it is.
    pub path: RelPath,
    /// What it imports.
    pub imports: Vec<Import>,
    /// Where the tokens after the imports begin.
    pub body: usize,
    /// The imports by their names.
    named: BTreeMap<String, usize>,
    /// The files that are meant by the names of modules, or by expressions in their place.
    pub modules: BTreeMap<String, RelPath>,
    /// A tool wrote it.
    pub generated: bool,
    tree: Tree,
    facts: OnceCell<Facts>,
    /// The positions of all words, sorted by word, then by position.
    words: OnceCell<Vec<usize>>,
}

impl Deref for File {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl File {
    /// A file whose imports end before the token `body`.
    pub fn new(path: RelPath, tree: Tree, imports: Vec<Import>, body: usize) -> Self {
        let (facts, words) = (OnceCell::new(), OnceCell::new());
        let (mut named, modules) = (BTreeMap::new(), BTreeMap::new());
        for (number, import) in imports.iter().enumerate() {
            named.entry(import.name.clone()).or_insert(number);
        }
        Self { path, imports, named, body, modules, generated: false, tree, facts, words }
    }

    /// Calls, definitions, functions and fields.
    pub fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| Facts::of(&self.tree, self.body))
    }

    /// The positions of a word.
    pub fn places(&self, word: &str) -> &[usize] {
        let words = self.words.get_or_init(|| {
            let is_word = |at: &usize| matches!(self.kind(*at), Some(Kind::Word | Kind::Number));
            let mut words: Vec<usize> = (0..self.len()).filter(is_word).collect();
            words.sort_by_key(|at| self.word(*at));
            words
        });
        let from = words.partition_point(|at| self.word(*at) < word);
        let count = words[from..].partition_point(|at| self.word(*at) == word);
        &words[from..from + count]
    }

    /// Evidence at a token.
    pub fn evidence(&self, at: usize, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.line(at), note)
    }

    /// What a name stands for in this file, where it is imported.
    pub fn imported(&self, name: &str) -> Option<&str> {
        self.import_of(name).map(|import| import.path.as_str())
    }

    /// The import that a name stands for.
    pub fn import_of(&self, name: &str) -> Option<&Import> {
        self.imports.get(*self.named.get(name).filter(|_| !name.is_empty())?)
    }

    /// True where the file imports that module, or one below it.
    pub fn imports_from(&self, module: &str) -> bool {
        self.imports.iter().any(|import| is_below(&import.path, module))
    }
}

/// True for a module's path, for a version of it and for one below it.
pub fn is_below(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(".v"))
}
