//! What the features of a build leave of a file: `#[cfg(feature = "x")]` before an item, a field or
//! a statement.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{SourceFile, Sources};
use crate::budget::MAX_CALLS;
use crate::detect::rust::conditions;
use crate::path::RelPath;

/// Files by their paths and the places of what is left out of them.
pub(super) type Compiled = BTreeMap<(RelPath, Vec<usize>), Rc<SourceFile>>;

impl SourceFile {
    /// All brackets around a token, innermost first.
    pub(in crate::detect::rust) fn brackets(&self, at: usize) -> Vec<usize> {
        let outer = |at: usize| self.links.get(at).and_then(|link| link.around);
        std::iter::successors(outer(at), |open| outer(*open)).take(MAX_CALLS).collect()
    }

    /// The ranges of tokens that the features in `on` do not compile.
    fn left_out(&self, on: &dyn Fn(&str) -> bool) -> Vec<std::ops::Range<usize>> {
        let mut found = Vec::new();
        if !self.names("cfg") || !self.names("feature") {
            return found;
        }
        let mut at = 0;
        while at < self.len() {
            let attribute = self.is(at, "#") && self.is(at + 1, "[") && self.is(at + 2, "cfg");
            if attribute && !conditions::compiled(self, &[at + 1], on) {
                let end = self.item_end(self.closing(at + 1) + 1).min(self.len());
                found.push(at..end.max(at + 1));
                at = end.max(at + 1);
                continue;
            }
            at += 1;
        }
        found
    }

    /// The file without these tokens.
    fn without(&self, ranges: &[std::ops::Range<usize>]) -> Self {
        let mut file = Self {
            path: self.path.clone(),
            text: self.text.clone(),
            tests: self.tests.clone(),
            ..Self::default()
        };
        let mut from = 0;
        for range in ranges {
            file.tokens.extend_from_slice(self.tokens.get(from..range.start).unwrap_or_default());
            let ends = (self.tokens.get(range.start), self.tokens.get(range.end.saturating_sub(1)));
            if let (Some(first), Some(last)) = ends {
                file.tests.push(first.start..last.end);
            }
            from = range.end;
        }
        file.tokens.extend_from_slice(self.tokens.get(from..).unwrap_or_default());
        file.link();
        file.note();
        file
    }
}

impl Sources<'_> {
    /// The file as the features in `on` compile it. Programs that compile the same of it share one.
    pub(super) fn compiled(
        &self,
        file: Rc<SourceFile>,
        on: &dyn Fn(&str) -> bool,
    ) -> Rc<SourceFile> {
        let ranges = file.left_out(on);
        if ranges.is_empty() {
            return file;
        }
        let key = (file.path.clone(), ranges.iter().map(|range| range.start).collect::<Vec<_>>());
        if let Some(held) = self.compiled.borrow().get(&key) {
            return held.clone();
        }
        let made = Rc::new(file.without(&ranges));
        self.compiled.borrow_mut().insert(key, made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_other_features_are_left_out() {
        let text = "#[cfg(feature = \"on\")] fn a() {} #[cfg(feature = \"off\")] fn b() { x(\"b\") }\n\
                    #[cfg(not(any(feature = \"on\", feature = \"off\")))] fn c() {}\n\
                    struct S { #[cfg(feature = \"off\")] d: u8, e: u8 }\n\
                    fn f() { #[cfg(feature = \"off\")] let g = h(1, \"2\"); i(); }";
        let file = SourceFile::parse(&RelPath::new("a.rs").unwrap(), &Rc::from(text));
        let left = file.without(&file.left_out(&|feature| feature == "on"));
        let names: Vec<&str> = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
            .into_iter()
            .filter(|n| left.names(n))
            .collect();
        assert_eq!(names, ["a", "e", "f", "i"]);
        // The shared reader sees the same.
        let code = left.code(std::iter::empty());
        let words: Vec<&str> = (0..code.len()).map(|at| code.word(at)).collect();
        assert!(words.contains(&"i") && !words.contains(&"c") && !words.contains(&"h"));
        assert!(file.left_out(&|_| true).len() == 1);
    }
}
