//! JavaScript's and TypeScript's lexical rules.

use crate::code::dialect::{Characters, Dialect, LineEnds, Quote};

/// The text of JavaScript and TypeScript as the shared reader sees it.
pub static DIALECT: Dialect = Dialect {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested_comments: false,
    strings: &[
        Quote::plain("\""),
        Quote::plain("'"),
        Quote { lines: true, hole: Some("${"), ..Quote::plain("`") },
    ],
    characters: Characters::None,
    patterns: true,
    word_bytes: b"$",
    marks: &["===", "!==", "...", "=>", "??", "?.", "||", "&&", "==", "!=", "++", "--", "+="],
    line_ends: Some(LineEnds {
        open_words: &["const", "let", "var", "return", "new", "typeof", "await", "else", "export"],
        continues: &[
            ".", "?.", "?", ":", "+", "-", "*", "/", "||", "&&", "??", "=", "=>", ",", "{",
        ],
        inside: b"{",
    }),
    beside: &[],
    declares: &["const", "let", "var"],
    prefixes: &["await", "new", "+"],
    casts: &["as", "satisfies"],
    choices: &["||", "??"],
    ternary: true,
    conditional: false,
    joints: &[],
    postfix: &["!"],
    tails: false,
    objects: true,
    indents: false,
    nothing: &["null", "undefined"],
    modifiers: &["static", "readonly", "private", "public", "protected", "declare"],
    functions: &["function"],
    keywords: &["if", "while", "for", "switch", "return", "catch", "function"],
};
