//! The functions that `main` and what surrounds it lead to. A program compiles every function of
//! the packages that it imports, and the linker drops those that nothing mentions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::World;
use crate::code::{Call, File};
use crate::path::RelPath;

/// A part of a file, with the folder of its package.
type Part = (RelPath, Rc<File>, Range<usize>);

/// A function or type, by the folder of its package and its name.
type Key = (RelPath, String);

/// The functions that something leads to.
pub(super) struct Reached {
    /// By file and start; `None` if names do not tell packages apart.
    functions: Option<BTreeSet<(*const File, usize)>>,
    /// Code that does not run, which leads nowhere.
    idle: Vec<(Rc<File>, Range<usize>)>,
}

/// The declarations that nothing has led to yet.
#[derive(Default)]
struct Search {
    functions: BTreeMap<Key, Vec<Part>>,
    types: BTreeMap<Key, Vec<Part>>,
    /// Methods with their names, by their type.
    methods: BTreeMap<Key, Vec<(String, Part)>>,
    /// Methods of types that are in use, by names that nothing mentions yet.
    waiting: BTreeMap<String, Vec<Part>>,
    mentioned: BTreeSet<String>,
    open: Vec<Part>,
    reached: BTreeSet<(*const File, usize)>,
}

impl Reached {
    pub(super) fn new(world: &World, idle: Vec<(Rc<File>, Range<usize>)>) -> Self {
        let mut search = Search::default();
        for package in &world.closure.packages {
            for file in &package.files {
                if file.code.imports.iter().any(|import| import.name == ".") {
                    return Self { functions: None, idle };
                }
                search.declare(&package.dir, &file.code, package.dir == *world.folder);
            }
        }
        while let Some((dir, file, range)) = search.open.pop() {
            search.reached.insert((Rc::as_ptr(&file), range.start));
            let without: Vec<&Range<usize>> =
                idle.iter().filter(|one| Rc::ptr_eq(&one.0, &file)).map(|one| &one.1).collect();
            for at in range {
                if file.is_word(at) && !without.iter().any(|one| one.contains(&at)) {
                    search.mention(world, &dir, &file, at);
                }
            }
        }
        Self { functions: Some(search.reached), idle }
    }

    /// True unless the call is in code that does not run, or in a function that nothing leads to.
    pub(super) fn holds(&self, call: &Call) -> bool {
        let is_idle = |one: &(Rc<File>, Range<usize>)| {
            one.0.path == call.file.path && one.1.contains(&call.at)
        };
        if self.idle.iter().any(is_idle) {
            return false;
        }
        let Some(functions) = &self.functions else { return true };
        let function = call.file.facts().function_at(call.at);
        function.is_none_or(|f| functions.contains(&(Rc::as_ptr(&call.file), f.range.start)))
    }
}

impl Search {
    /// Notes the declarations of a file. What initialises its variables runs in any case.
    fn declare(&mut self, dir: &RelPath, file: &Rc<File>, own: bool) {
        let mut at = file.body;
        let mut functions = file.facts().functions.iter().peekable();
        while at < file.len() {
            if let Some(function) = functions.next_if(|function| function.range.start <= at) {
                let part = (dir.clone(), file.clone(), function.range.clone());
                let name = file.word(function.name).to_owned();
                if function.method {
                    let of = receiver(file, function.range.start + 1);
                    self.methods.entry((dir.clone(), of)).or_default().push((name, part));
                } else if name == "init" || name == "main" && own {
                    self.open.push(part);
                } else {
                    self.functions.entry((dir.clone(), name)).or_default().push(part);
                }
                at = function.range.end + 1;
                continue;
            }
            let end = end(file, at);
            if file.word(at) == "type" {
                let group = file.word(at + 1) == "(";
                let inside = at + 2..file.closing(at + 1);
                let one = std::iter::once(at + 1..end).filter(|_| !group);
                let several = if group { file.split(inside, &[";"]) } else { Vec::new() };
                for one in one.chain(several).filter(|one| !one.is_empty()) {
                    let name = file.word(one.start).to_owned();
                    let part = (dir.clone(), file.clone(), one.start + 1..one.end);
                    self.types.entry((dir.clone(), name)).or_default().push(part);
                }
            } else {
                self.open.push((dir.clone(), file.clone(), at..end));
            }
            at = end + 1;
        }
    }

    /// Follows a word to the declarations that it may mean.
    fn mention(&mut self, world: &World, dir: &RelPath, file: &File, at: usize) {
        let name = file.word(at);
        let dotted = at > 1 && file.word(at - 1) == ".";
        let import = if dotted { file.imported(file.word(at - 2)) } else { None };
        let home = match import {
            Some(path) => world.closure.local.get(path),
            None if dotted => None,
            None => Some(dir),
        };
        if let Some(home) = home {
            let key = (home.clone(), name.to_owned());
            self.open.extend(self.functions.remove(&key).into_iter().flatten());
            if let Some(found) = self.types.remove(&key) {
                self.open.extend(found);
                for (name, part) in self.methods.remove(&key).into_iter().flatten() {
                    // An interface may lead to a method that others can see.
                    let shown = name.starts_with(char::is_uppercase);
                    if shown || self.mentioned.contains(&name) {
                        self.open.push(part);
                    } else {
                        self.waiting.entry(name).or_default().push(part);
                    }
                }
            }
        }
        if self.mentioned.insert(name.to_owned()) {
            self.open.extend(self.waiting.remove(name).into_iter().flatten());
        }
    }
}

/// The type in the receiver that opens at a position: `(s *Stack[T])`.
fn receiver(file: &File, open: usize) -> String {
    let inside = (open + 1..file.closing(open)).take_while(|&at| file.word(at) != "[");
    let last = inside.filter(|&at| file.is_word(at)).last();
    last.map_or("", |at| file.word(at)).to_owned()
}

/// The end of the declaration at a position.
fn end(file: &File, mut at: usize) -> usize {
    while at < file.len() && file.word(at) != ";" {
        at = if file.is_open(at) { file.closing(at) + 1 } else { at + 1 };
    }
    at
}
