//! A language's lexical rules as data.

/// The lexical rules of a language.
#[derive(Debug)]
pub struct Dialect {
    /// The marks that start a comment up to the end of the line.
    pub line_comments: &'static [&'static str],
    /// The marks that start and end a comment over several lines.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// True if such comments nest.
    pub nested_comments: bool,
    /// String literals. If one opening mark is a prefix of another, the longer one comes first.
    pub strings: &'static [Quote],
    /// The meaning of `'`, if it does not open a string.
    pub characters: Characters,
    /// True if `/` starts a regular expression where an expression may begin.
    pub patterns: bool,
    /// Bytes in words besides letters, digits, `_` and non-ASCII ones.
    pub word_bytes: &'static [u8],
    /// Operators of more than one character, longest first.
    pub marks: &'static [&'static str],
    /// When the end of a line ends a statement; `None` if only `;` does.
    pub line_ends: Option<LineEnds>,
    /// Words before a call that runs concurrently.
    pub beside: &'static [&'static str],
    /// Words that declare the name after them: `let`, `var`, `const`.
    pub declares: &'static [&'static str],
    /// Prefixes of an expression that do not change its value: `await`, `&`.
    pub prefixes: &'static [&'static str],
    /// Words between an expression and its type: `as`.
    pub casts: &'static [&'static str],
    /// Operators that return their first non-empty operand: `||`, `??`.
    pub choices: &'static [&'static str],
    /// True if `a ? b : c` is an expression.
    pub ternary: bool,
    /// True if `a if c else b` is an expression, and conditions are written in words.
    pub conditional: bool,
    /// Marks that join names, besides the dot: `::`.
    pub joints: &'static [&'static str],
    /// Suffixes of an expression that do not change its value: `?`.
    pub postfix: &'static [&'static str],
    /// The last expression of a block is its value; closures are `|x| x`, macros `name!(...)`;
    /// `#[...]` precedes a field, which is `name: Type`; formats contain `{name}`.
    pub tails: bool,
    /// Objects are `{ key: value }`, functions are values, members of classes are `this.name`, and
    /// a file is a module that imports and exports.
    pub objects: bool,
    /// Blocks are lines that are indented after a `:`, and become braces. Arguments can be named
    /// (`port=5000`), `/` joins paths, and an import can bring a single name of a module.
    pub indents: bool,
    /// Words for a value that is missing: `null`, `undefined`.
    pub nothing: &'static [&'static str],
    /// Words before a member of a class: `static`, `private`.
    pub modifiers: &'static [&'static str],
    /// Words that begin a function: `func`, `fn`, `function`.
    pub functions: &'static [&'static str],
    /// Words before brackets that are not a call: `if`, `for`, `func`.
    pub keywords: &'static [&'static str],
}

/// A kind of string literal.
#[derive(Debug)]
pub struct Quote {
    /// Its opening mark, with prefix and quotes: `"`, `b"`, `"""`.
    pub open: &'static str,
    /// Its closing mark.
    pub close: &'static str,
    /// `\` escapes the next character.
    pub escapes: bool,
    /// Such a `\` only keeps a quote from ending the string: it is part of the value.
    pub keeps: bool,
    /// It may contain line ends.
    pub lines: bool,
    /// Any number of `#` may come between the prefix and the quote, with as many after the closing
    /// quote: `r#"..."#`. `open` is then the prefix alone.
    pub hashes: bool,
    /// The mark that starts an expression inside it, which ends with `}`: `${`.
    pub hole: Option<&'static str>,
}

impl Quote {
    /// A string with escapes, on one line.
    pub const fn plain(quote: &'static str) -> Self {
        let (keeps, lines, hashes, hole) = (false, false, false, None);
        Self { open: quote, close: quote, escapes: true, keeps, lines, hashes, hole }
    }

    /// A string over several lines, without escapes.
    pub const fn raw(open: &'static str, close: &'static str) -> Self {
        let (keeps, hashes, hole) = (false, false, None);
        Self { open, close, escapes: false, keeps, lines: true, hashes, hole }
    }
}

/// The meaning of `'`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// None of its own: the language has strings in single quotes.
    None,
    /// A character.
    Quoted,
    /// A character, or the name of a lifetime.
    OrLifetimes,
}

/// When the end of a line ends a statement.
#[derive(Debug)]
pub struct LineEnds {
    /// Words after which a statement continues.
    pub open_words: &'static [&'static str],
    /// Beginnings of a line that continues the statement.
    pub continues: &'static [&'static str],
    /// The brackets inside which line ends can end statements.
    pub inside: &'static [u8],
}
