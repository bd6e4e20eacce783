//! Subcommands that a program looks up by itself: `COMMANDS[sys.argv[1]]()`, `if sys.argv[1] == "serve"`.

use std::rc::Rc;

use super::super::finish::Scene;
use super::super::source::Module;
use super::{Command, MAX_COMMANDS};
use crate::code::{File, conditions};

/// Tokens of `sys.argv[1]`, from the name on.
const ARGUMENT: [&str; 4] = ["argv", "[", "1", "]"];

impl Scene<'_> {
    /// The subcommands of a module that ends without one.
    pub(super) fn of_arguments(&self, module: &Rc<Module>) -> Vec<Command> {
        let file = &module.file;
        let reads = |at: &usize| {
            let words = (0..).map(|next| file.word(at + next));
            ARGUMENT.into_iter().zip(words).all(|(wanted, word)| wanted == word)
        };
        let places: Vec<usize> = file.places("argv").iter().copied().filter(reads).collect();
        // `if len(sys.argv) > 1:` goes on without one.
        let asked = file.places("argv").iter().any(|&at| {
            let words = [file.word(at + 1), file.word(at + 2)];
            words[0] == ")" && matches!(words[1], ">" | ">=")
        });
        let mut all = Vec::new();
        for at in places.into_iter().filter(|_| !asked) {
            let table = table(file, at);
            let (open, names) = match table {
                Some(table) => (true, keys(file, table)),
                None => (false, compared(file, at)),
            };
            for (name, at, value) in names.into_iter().take(MAX_COMMANDS) {
                let function = file.facts().function_of(file, file.word(value));
                let serves = function.is_some_and(|function| open && self.serves(module, function));
                let evidence = file.evidence(at, format!("the subcommand {name}"));
                all.push(Command { name, serves, evidence });
            }
        }
        if all.is_empty() {
            all = self.of_table(module);
        }
        all.dedup_by(|one, other| one.name == other.name);
        if all.len() > 1 { all } else { Vec::new() }
    }
}

/// Errors of a word that is missing or that no command has.
const UNKNOWN: [&str; 4] = ["KeyError", "IndexError", "ValueError", "Exception"];

/// Maximum number of tokens between the head of a `try` and the end of its `except` blocks.
const MAX_TRIED: usize = 200;

impl Scene<'_> {
    /// The commands of a dictionary that the program looks its first argument up in, and without
    /// which it prints their names and returns: `try: action = ACTIONS[name] .. except KeyError: ..`.
    fn of_table(&self, module: &Rc<Module>) -> Vec<Command> {
        let file = &module.file;
        for definition in file.facts().definitions() {
            if file.word(definition.value.start) != "{" {
                continue;
            }
            let name = definition.name;
            let looked = file.places(file.word(name)).iter().copied().find(|&at| {
                at != name && file.word(at + 1) == "[" && file.is_word(at + 2) && ends(file, at)
            });
            if looked.is_none() {
                continue;
            }
            let names = keys(file, name).into_iter().take(MAX_COMMANDS);
            return names
                .map(|(name, at, value)| {
                    let function = file.facts().function_of(file, file.word(value));
                    let serves = function.is_some_and(|function| self.serves(module, function));
                    let evidence = file.evidence(at, format!("the subcommand {name}"));
                    Command { name, serves, evidence }
                })
                .collect();
        }
        Vec::new()
    }
}

/// True for a place in a `try` about arguments whose `except` prints and returns.
fn ends(file: &File, at: usize) -> bool {
    let heads = conditions::heads(file, at);
    let Some(head) = heads.iter().find(|head| file.word(head.start) == "try") else {
        return false;
    };
    let close = file.closing(head.end);
    let tried = head.end..close.min(head.end + MAX_TRIED);
    let given = tried.into_iter().any(|at| matches!(file.word(at), "args" | "argv"));
    let handled = close..(close + MAX_TRIED).min(file.len());
    let except = handled.clone().take(4).find(|&at| file.word(at) == "except");
    let Some(except) = except.filter(|_| given) else { return false };
    let Some(open) = (except..handled.end).find(|&at| file.word(at) == "{") else { return false };
    let caught = (except..open).any(|at| UNKNOWN.contains(&file.word(at)));
    let body = open..file.closing(open).min(handled.end);
    let says = |words: &[&str]| body.clone().any(|at| words.contains(&file.word(at)));
    caught && says(&["print", "echo"]) && says(&["return", "exit"])
}

/// The name of what the argument is looked up in: `COMMANDS[sys.argv[1]]`, `COMMANDS.get(sys.argv[1])`.
fn table(file: &File, at: usize) -> Option<usize> {
    let open = at.checked_sub(3)?;
    match file.word(open) {
        "[" if open > 0 && file.is_word(open - 1) => Some(open - 1),
        "(" if open > 2 && file.word(open - 1) == "get" => Some(open - 3),
        _ => None,
    }
}

/// The keys of the dictionary of that name, with their places and those of their values.
fn keys(file: &Rc<File>, name: usize) -> Vec<(String, usize, usize)> {
    let made = file.facts().definitions_of(file, file.word(name)).iter().next_back();
    let Some(open) = made.map(|d| d.value.start).filter(|&open| file.word(open) == "{") else {
        return Vec::new();
    };
    let pairs = file.elements(open).into_iter();
    let pairs = pairs.filter(|range| file.word(range.start + 1) == ":");
    pairs
        .filter_map(|range| {
            Some((file.string(range.start)?.into_owned(), range.start, range.start + 2))
        })
        .collect()
}

/// The texts that the argument, or the name that holds it, is compared with.
fn compared(file: &Rc<File>, at: usize) -> Vec<(String, usize, usize)> {
    let held = (at > 3 && file.word(at - 3) == "=" && file.is_word(at - 4)).then(|| at - 4);
    let behind = at + ARGUMENT.len();
    let mut places: Vec<usize> = vec![behind];
    if let Some(name) = held {
        places.extend(file.places(file.word(name)).iter().map(|&at| at + 1));
    }
    let after = places.into_iter().filter(|&at| file.word(at) == "==");
    after.filter_map(|at| Some((file.string(at + 1)?.into_owned(), at + 1, at + 1))).collect()
}
