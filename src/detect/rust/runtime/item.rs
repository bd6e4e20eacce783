//! The fields of a struct, one after another.

use std::ops::Range;

use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;

/// Attributes of command-line libraries.
const ATTRIBUTES: [&str; 4] = ["arg", "clap", "structopt", "command"];

/// The name of the field at a position, after its attributes, and the position of its type.
pub(super) fn field_at(file: &SourceFile, at: usize) -> Option<(String, usize)> {
    let mut next = at;
    while file.is(next, "#") && file.is(next + 1, "[") {
        next = file.closing(next + 1) + 1;
    }
    if file.is(next, "pub") {
        next += 1;
        if file.is(next, "(") {
            next = file.closing(next) + 1;
        }
    }
    (file.kind(next) == Some(Kind::Word) && file.is(next + 1, ":"))
        .then(|| (file.word(next).to_owned(), next + 2))
}

/// The place after a field's type and comma: `Map<A, B>` contains another comma.
pub(super) fn after_field(file: &SourceFile, of: usize, close: usize) -> usize {
    let (mut depth, mut next) = (0usize, of);
    while next < close && !(depth == 0 && file.is(next, ",")) {
        match file.word(next) {
            "<" => depth += 1,
            ">" => depth = depth.saturating_sub(1),
            "(" | "[" => next = file.closing(next),
            _ => {}
        }
        next += 1;
    }
    next + 1
}

/// True if an attribute of a command-line library has the word.
pub(super) fn says(file: &SourceFile, attributes: &Range<usize>, word: &str) -> bool {
    place(file, attributes, word).is_some()
}

/// The place of a word in an attribute of a command-line library.
pub(super) fn place(file: &SourceFile, attributes: &Range<usize>, word: &str) -> Option<usize> {
    attributes.clone().find(|&at| {
        let open = file.enclosing(at).first().copied();
        file.is(at, word)
            && open.and_then(|open| file.called(open)).is_some_and(|of| ATTRIBUTES.contains(&of))
    })
}
