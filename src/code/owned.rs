//! Functions that have their name in common with others, told apart by the type or the module that
//! they belong to: `Storage::new(..)`, `func (s *Server) Open()`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::conditions::statement;
use super::facts::Call;
use super::file::File;
use super::functions::Function;

/// How many words a type has in front of its own name: `impl<T: Clone> a::b::Type<T>`.
const MAX_WORDS: usize = 48;

/// Functions and calls by what they belong to.
#[derive(Debug, Default)]
pub(super) struct Owned {
    /// How many functions have a name with an owner: `Storage::new`.
    defined: BTreeMap<String, usize>,
    /// The calls that name the owner.
    calls: BTreeMap<String, Vec<Call>>,
}

impl Owned {
    /// Of all files of a program.
    pub(super) fn of<'f>(files: impl Iterator<Item = &'f Rc<File>>) -> Self {
        let mut all = Self::default();
        for file in files.filter(|file| !file.dialect().objects) {
            for function in &file.facts().functions {
                if let Some(key) = key_of(file, function) {
                    *all.defined.entry(key).or_default() += 1;
                }
            }
            let calls = file.facts().calls().iter().filter(|_| file.dialect().tails);
            for call in calls.filter_map(|&at| Call::at(file, at)) {
                let Some(owner) = call.package() else { continue };
                let own = || owner_of(file, file.facts().function_at(call.at)?);
                let owner = if owner == "Self" { own() } else { Some(owner.to_owned()) };
                let Some(owner) = owner else { continue };
                all.calls.entry(key(&owner, call.name())).or_default().push(call);
            }
        }
        all
    }

    /// The calls of a function that name its type or its module; none where another function has
    /// both names too.
    pub(super) fn calls_of(&self, file: &File, function: &Function) -> &[Call] {
        let key = key_of(file, function).filter(|key| self.defined.get(key) == Some(&1));
        key.and_then(|key| self.calls.get(&key)).map_or(&[], Vec::as_slice)
    }

    /// The type has a method of that name.
    pub(super) fn has(&self, owner: &str, name: &str) -> bool {
        self.defined.contains_key(&key(owner, name))
    }
}

fn key(owner: &str, name: &str) -> String {
    format!("{owner}::{name}")
}

fn key_of(file: &File, function: &Function) -> Option<String> {
    Some(key(&owner_of(file, function)?, file.word(function.name)))
}

/// The type or the module that a function belongs to.
pub(super) fn owner_of(file: &File, function: &Function) -> Option<String> {
    if !file.dialect().tails {
        return receiver(file, function).map(str::to_owned);
    }
    let Some(open) = file.enclosing(function.range.start) else { return Some(module(file)) };
    let start = statement(file, open);
    // A head begins with the `for` of `impl Trait for Type`.
    if file.word(start) == "for" {
        return type_name(file, start + 1, open);
    }
    let begins = (start..open).find(|&at| matches!(file.word(at), "impl" | "mod"))?;
    if file.word(begins) == "mod" {
        return Some(file.word(begins + 1).to_owned());
    }
    type_name(file, begins + 1, open)
}

/// The type of a method's receiver.
fn receiver<'f>(file: &'f File, function: &Function) -> Option<&'f str> {
    let open = function.range.start + 1;
    let mut words = (open + 1..file.closing(open)).take(MAX_WORDS);
    let end = words.find(|&at| file.word(at) == "[").unwrap_or_else(|| file.closing(open));
    let name = end.checked_sub(1).filter(|&at| function.method && file.is_word(at))?;
    Some(file.word(name))
}

/// The last name of the path behind `impl<T>`.
fn type_name(file: &File, from: usize, end: usize) -> Option<String> {
    let (mut depth, mut name) = (0_usize, None);
    for at in (from..end).take(MAX_WORDS) {
        match file.word(at) {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "where" => break,
            word if depth == 0 && file.is_word(at) => name = Some(word),
            _ => {}
        }
    }
    name.map(str::to_owned)
}

/// The name of the module that a file is.
fn module(file: &File) -> String {
    let name = file.path.file_name();
    let stem = name.split('.').next().unwrap_or_default();
    match stem {
        "mod" => file.path.parent().map_or_else(String::new, |p| p.file_name().to_owned()),
        _ => stem.to_owned(),
    }
}
