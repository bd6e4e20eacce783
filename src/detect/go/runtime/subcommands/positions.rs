//! Commands in a list whose literals omit the names of their fields: `{"serve", "...", serve}`.

use std::ops::Range;
use std::rc::Rc;

use crate::code::{File, Program};

/// How many types, and how many literals of one type, are looked at.
const MAX_TYPES: usize = 64;
const MAX_LITERALS: usize = 200;

/// How many tokens may precede the brace of a literal in a list: a key, a type, a pointer.
const MAX_BEFORE: usize = 6;

/// The literals of a type that has a field of that name: the file, the position of the field's
/// value, and the literal's brace.
pub(super) fn named(code: &Program, field: &str) -> Vec<(Rc<File>, usize, usize)> {
    let mut found = Vec::new();
    for file in code.files() {
        for &at in file.places("struct").iter().take(MAX_TYPES) {
            let Some(number) = number(file, at, field) else { continue };
            if file.word(at - 1) == "]" {
                // `[]struct{ name string }{ {"serve"} }`
                listed(file, file.closing(at + 1) + 1, number, &mut found);
                continue;
            }
            let of = file.word(at - 1);
            for user in code.files() {
                for &used in user.places(of).iter().take(MAX_LITERALS) {
                    let before = used.checked_sub(1).map_or("", |before| user.word(before));
                    let pointed = before == "*" && used > 1 && user.word(used - 2) == "]";
                    if user.word(used + 1) != "{" || found.len() > MAX_LITERALS {
                        continue;
                    }
                    if before == "]" || pointed {
                        listed(user, used + 1, number, &mut found);
                    } else {
                        found.extend(literal(user, used + 1, number));
                    }
                }
            }
        }
    }
    found
}

/// The position of a field among those of the struct whose word is at `at`.
fn number(file: &File, at: usize, field: &str) -> Option<usize> {
    let open = at + 1;
    if at == 0 || file.word(open) != "{" {
        return None;
    }
    let mut number = 0;
    for line in file.split(open + 1..file.closing(open), &[";"]) {
        for name in file.split(line, &[","]) {
            if name.is_empty() {
                continue;
            }
            if file.word(name.start) == field {
                return Some(number);
            }
            number += 1;
        }
    }
    None
}

/// The literals in the list that opens at a position.
fn listed(file: &Rc<File>, list: usize, number: usize, found: &mut Vec<(Rc<File>, usize, usize)>) {
    if file.word(list) != "{" {
        return;
    }
    for mut element in file.elements(list).into_iter().take(MAX_LITERALS) {
        element.end = element.end.min(element.start + MAX_BEFORE);
        let open = element.into_iter().find(|&at| file.word(at) == "{");
        found.extend(open.and_then(|open| literal(file, open, number)));
    }
}

/// The value of a field in the literal that opens at a position, if the literal names no fields.
fn literal(file: &Rc<File>, open: usize, number: usize) -> Option<(Rc<File>, usize, usize)> {
    let fields: Vec<Range<usize>> = file.elements(open);
    let field = fields.get(number).filter(|field| field.len() == 1)?;
    let plain = fields.iter().all(|field| file.word(field.start + 1) != ":");
    plain.then(|| (file.clone(), field.start, open))
}
