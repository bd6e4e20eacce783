//! Which code leads to a call that listens. Functions are followed by name.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::World;
use crate::code::File;
use crate::code::listen;

/// How many tokens are read for one command, which bounds the time on large programs.
const MAX_TOKENS: usize = 60_000;

/// How many methods with one name are followed. A name that many types share does not identify a
/// method.
const MAX_METHODS: usize = 3;

/// The places where a program listens.
pub(super) struct Reach<'w, 'p, 'r> {
    world: &'w World<'p, 'r>,
    places: Vec<(Rc<File>, usize)>,
}

impl<'w, 'p, 'r> Reach<'w, 'p, 'r> {
    pub(super) fn new(world: &'w World<'p, 'r>) -> Self {
        Self { world, places: listen::places(world.code) }
    }

    /// True if the code in `range` leads to a place that listens.
    pub(super) fn leads(&self, file: &Rc<File>, range: Range<usize>) -> bool {
        self.leads_without(file, range, &[])
    }

    /// The same, without what stands in other places.
    pub(super) fn leads_without(
        &self,
        file: &Rc<File>,
        range: Range<usize>,
        apart: &[(Rc<File>, Range<usize>)],
    ) -> bool {
        let mut left_out: BTreeMap<*const File, Vec<Range<usize>>> = BTreeMap::new();
        for (file, range) in apart {
            left_out.entry(Rc::as_ptr(file)).or_default().push(range.clone());
        }
        for ranges in left_out.values_mut() {
            ranges.sort_by_key(|range| range.start);
        }
        let mut open = vec![(file.clone(), range)];
        let mut seen: BTreeSet<(*const File, usize)> = BTreeSet::new();
        let mut tokens = 0;
        while let Some((file, range)) = open.pop() {
            let without = left_out.get(&Rc::as_ptr(&file)).map_or(&[][..], Vec::as_slice);
            let is_apart = |at: usize| without.iter().find(|range| range.contains(&at));
            let here = |(held, at): &(Rc<File>, usize)| {
                Rc::ptr_eq(held, &file) && range.contains(at) && is_apart(*at).is_none()
            };
            if self.places.iter().any(here) {
                return true;
            }
            let mut without = without.iter().peekable();
            let mut skipped = range.start;
            for at in range {
                tokens += 1;
                if tokens > MAX_TOKENS {
                    return false;
                }
                while let Some(one) = without.next_if(|one| one.start <= at) {
                    skipped = skipped.max(one.end);
                }
                if at < skipped {
                    continue;
                }
                if !file.is_word(at) {
                    continue;
                }
                for (other, body) in self.functions(&file, at) {
                    if seen.insert((Rc::as_ptr(&other), body.start)) {
                        open.push((other, body));
                    }
                }
            }
        }
        false
    }

    /// The functions that a word may refer to.
    fn functions(&self, file: &Rc<File>, at: usize) -> Vec<(Rc<File>, Range<usize>)> {
        let name = file.word(at);
        let dotted = at > 1 && file.word(at - 1) == ".";
        let import = if dotted { file.imported(file.word(at - 2)) } else { None };
        let own = file.path.parent();
        let folder = match import {
            Some(path) => match self.world.closure.local.get(path) {
                Some(folder) => Some(folder),
                // The source of another module is not in the repository.
                None => return Vec::new(),
            },
            // A method may belong to a type of any folder.
            None if dotted => None,
            None => own.as_ref(),
        };
        let mut found = Vec::new();
        for other in self.world.code.files() {
            if folder.is_some_and(|folder| other.path.parent().as_ref() != Some(folder)) {
                continue;
            }
            let functions = other.facts().functions.iter();
            let functions =
                functions.filter(|f| f.method == folder.is_none() && other.word(f.name) == name);
            found.extend(functions.map(|f| (other.clone(), f.parameters..f.range.end)));
        }
        if folder.is_none() && found.len() > MAX_METHODS { Vec::new() } else { found }
    }

    /// The method `name` of the type `of`.
    pub(super) fn method(&self, of: &str, name: &str) -> Option<(Rc<File>, Range<usize>)> {
        self.world.code.files().find_map(|file| {
            let function = file.facts().functions.iter().find(|f| {
                let receiver = f.range.start + 1..f.name;
                f.method
                    && file.word(f.name) == name
                    && receiver.clone().any(|at| file.word(at) == of)
            })?;
            Some((file.clone(), function.parameters..function.range.end))
        })
    }
}
