//! Python's lexical rules: <https://docs.python.org/3/reference/lexical_analysis.html>.

use crate::code::dialect::{Characters, Dialect, LineEnds, Quote};

/// The strings in each of the four quotes: raw ones keep their `\`, formats have expressions.
macro_rules! quotes {
    ($($prefix:literal $raw:literal $hole:expr),+ $(,)?) => {
        &[$(
            Quote {
                open: concat!($prefix, "\"\"\""),
                lines: true,
                keeps: $raw,
                hole: $hole,
                ..Quote::plain("\"\"\"")
            },
            Quote {
                open: concat!($prefix, "'''"),
                lines: true,
                keeps: $raw,
                hole: $hole,
                ..Quote::plain("'''")
            },
            Quote {
                open: concat!($prefix, "\""),
                keeps: $raw,
                hole: $hole,
                ..Quote::plain("\"")
            },
            Quote { open: concat!($prefix, "'"), keeps: $raw, hole: $hole, ..Quote::plain("'") },
        )+]
    };
}

/// An expression in a format.
const HOLE: Option<&str> = Some("{");

/// Python's text.
pub static DIALECT: Dialect = Dialect {
    line_comments: &["#"],
    block_comment: None,
    nested_comments: false,
    strings: quotes![
        "" false None, "r" true None, "R" true None, "b" false None,
        "B" false None, "u" false None, "U" false None, "br" true None,
        "bR" true None, "Br" true None, "BR" true None, "rb" true None,
        "rB" true None, "Rb" true None, "RB" true None, "f" false HOLE,
        "F" false HOLE, "t" false HOLE, "T" false HOLE, "fr" true HOLE,
        "fR" true HOLE, "Fr" true HOLE, "FR" true HOLE, "rf" true HOLE,
        "rF" true HOLE, "Rf" true HOLE, "RF" true HOLE,
    ],
    characters: Characters::None,
    patterns: false,
    word_bytes: b"",
    marks: &[
        "**=", "//=", ">>=", "<<=", "...", "**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=",
        "-=", "*=", "/=", "%=", "@=", "&=", "|=", "^=", ">>", "<<",
    ],
    line_ends: Some(LineEnds { open_words: &[], continues: &[], inside: b"" }),
    beside: &[],
    declares: &[],
    prefixes: &["await"],
    casts: &[],
    choices: &["or"],
    ternary: false,
    conditional: true,
    joints: &[],
    postfix: &[],
    tails: false,
    objects: false,
    indents: true,
    nothing: &["None"],
    modifiers: &[],
    functions: &["def"],
    keywords: &[
        "def", "class", "if", "elif", "else", "while", "for", "return", "yield", "not", "and",
        "or", "in", "is", "lambda", "assert", "del", "except", "finally", "from", "import",
        "raise", "try", "with", "async", "await", "pass", "global", "nonlocal",
    ],
};
