//! A language's lexical rules as data.

/// What the text of a language looks like.
#[derive(Debug)]
pub struct Dialect {
    /// What begins a comment that ends with its line.
    pub line_comments: &'static [&'static str],
    /// What begins and ends a comment over several lines.
    pub block_comment: Option<(&'static str, &'static str)>,
    /// Such comments nest.
    pub nested_comments: bool,
    /// String literals; where one opening begins with another, the longer one first.
    pub strings: &'static [Quote],
    /// What `'` begins, where it begins no string.
    pub characters: Characters,
    /// `/` begins a regular expression where an expression may begin.
    pub patterns: bool,
    /// Bytes that belong to words besides letters, digits, `_` and what is beyond ASCII.
    pub word_bytes: &'static [u8],
    /// Operators of more than one character, longest first.
    pub marks: &'static [&'static str],
    /// Where the end of a line ends a statement; `None` where only `;` does.
    pub line_ends: Option<LineEnds>,
    /// Words before a call that runs beside the rest of the program.
    pub beside: &'static [&'static str],
    /// Words that declare the name behind them: `let`, `var`, `const`.
    pub declares: &'static [&'static str],
    /// What stands before an expression and does not change what it is worth: `await`, `&`.
    pub prefixes: &'static [&'static str],
    /// What stands between an expression and its type: `as`.
    pub casts: &'static [&'static str],
    /// Operators that give their first operand that says something: `||`, `??`.
    pub choices: &'static [&'static str],
    /// `a ? b : c` is an expression.
    pub ternary: bool,
    /// Marks that join names, besides the dot: `::`.
    pub joints: &'static [&'static str],
    /// Marks behind an expression that do not change what it is worth: `?`.
    pub postfix: &'static [&'static str],
    /// The last expression of a block is its value; closures are `|x| x`, macros `name!(...)`;
    /// `#[...]` stands before a field, which is `name: Type`; formats hold `{name}`.
    pub tails: bool,
    /// Objects are `{ key: value }`, functions are values, members of classes are `this.name`, and
    /// a file is a module that imports and exports.
    pub objects: bool,
    /// Words before a member of a class: `static`, `private`.
    pub modifiers: &'static [&'static str],
    /// Words that begin a function: `func`, `fn`, `function`.
    pub functions: &'static [&'static str],
    /// Words that stand before brackets and call nothing: `if`, `for`, `func`.
    pub keywords: &'static [&'static str],
}

/// One kind of string literal.
#[derive(Debug)]
pub struct Quote {
    /// What begins it, prefix and quotes: `"`, `b"`, `"""`.
    pub open: &'static str,
    /// What ends it.
    pub close: &'static str,
    /// `\` escapes the next character.
    pub escapes: bool,
    /// It may hold line ends.
    pub lines: bool,
    /// Any number of `#` may stand between the prefix and the quote, and as many behind the closing
    /// one: `r#"..."#`. `open` is then the prefix alone.
    pub hashes: bool,
    /// What begins an expression inside it, which ends with `}`: `${`.
    pub hole: Option<&'static str>,
}

impl Quote {
    /// A string with escapes on one line.
    pub const fn plain(quote: &'static str) -> Self {
        Self { open: quote, close: quote, escapes: true, lines: false, hashes: false, hole: None }
    }

    /// A string over several lines, without escapes.
    pub const fn raw(open: &'static str, close: &'static str) -> Self {
        Self { open, close, escapes: false, lines: true, hashes: false, hole: None }
    }
}

/// What `'` begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Characters {
    /// Nothing of its own: the dialect has strings in single quotes.
    None,
    /// A character.
    Quoted,
    /// A character, or the name of a lifetime.
    OrLifetimes,
}

/// Where the end of a line ends a statement.
#[derive(Debug)]
pub struct LineEnds {
    /// Words after which a statement goes on.
    pub open_words: &'static [&'static str],
    /// What the next line begins with where it continues the statement.
    pub continues: &'static [&'static str],
    /// The brackets inside which statements can end.
    pub inside: &'static [u8],
}
