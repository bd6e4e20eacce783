//! Rust's lexical rules: <https://doc.rust-lang.org/reference/tokens.html>.

use crate::code::dialect::{Characters, Dialect, Quote};

/// Rust's text as the shared reader sees it.
pub static DIALECT: Dialect = Dialect {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested_comments: true,
    strings: &[
        Quote { hashes: true, ..Quote::raw("br", "\"") },
        Quote { hashes: true, ..Quote::raw("cr", "\"") },
        Quote { hashes: true, ..Quote::raw("r", "\"") },
        Quote { open: "b\"", lines: true, ..Quote::plain("\"") },
        Quote { open: "c\"", lines: true, ..Quote::plain("\"") },
        Quote { lines: true, ..Quote::plain("\"") },
    ],
    characters: Characters::OrLifetimes,
    patterns: false,
    word_bytes: b"",
    marks: &["..=", "...", "::", "->", "=>", "..", "==", "!=", "<=", ">=", "&&", "||", "+=", "-="],
    line_ends: None,
    beside: &[],
    declares: &["let", "mut", "const", "static"],
    prefixes: &["*", "&", "mut"],
    casts: &["as"],
    choices: &[],
    ternary: false,
    conditional: false,
    joints: &["::"],
    postfix: &["?"],
    tails: true,
    objects: false,
    indents: false,
    nothing: &[],
    modifiers: &[],
    functions: &["fn"],
    keywords: &["fn", "if", "while", "for", "match", "return", "loop", "in", "impl", "use"],
};
