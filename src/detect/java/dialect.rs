//! Java's and Kotlin's lexical rules.

use crate::code::dialect::{Characters, Dialect, Quote};

/// The text of Java and Kotlin as the shared reader sees it.
pub static DIALECT: Dialect = Dialect {
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    nested_comments: false,
    strings: &[Quote { escapes: true, ..Quote::raw("\"\"\"", "\"\"\"") }, Quote::plain("\"")],
    characters: Characters::Quoted,
    patterns: false,
    word_bytes: b"",
    marks: &["==", "!=", "<=", ">=", "&&", "||", "->", "::", "+=", "-=", "++", "--"],
    line_ends: None,
    beside: &[],
    declares: &["final", "val", "var"],
    prefixes: &["new"],
    casts: &[],
    choices: &["?:"],
    ternary: true,
    conditional: false,
    joints: &[],
    postfix: &[],
    tails: false,
    objects: false,
    indents: false,
    nothing: &["null"],
    modifiers: &[],
    functions: &[],
    keywords: &["if", "while", "for", "switch", "return", "catch", "synchronized"],
};
