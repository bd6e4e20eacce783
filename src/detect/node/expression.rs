//! The likely value of an expression: a number with the variable that overrides it, or a path.

mod path;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

pub(crate) use self::path::{
    Anchor, Origin, Others, PathValue, Tracing, path, path_in, path_within,
};
use super::token::{Kind, Token, closing, property};
use crate::budget::{MAX_EXPRESSION, MAX_VALUE_STEPS};

/// A number or a text, and the environment variables that override it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// The literal that is the default.
    pub(crate) literal: Option<String>,
    /// Names of the environment variables in it.
    pub(crate) env: Vec<String>,
    /// The byte offset of the literal, or of the expression.
    pub(crate) at: usize,
}

/// The tokens of one file, and where its names get their values.
pub(crate) struct Names<'t> {
    tokens: &'t [Token],
    /// The index of the first token of a name's value.
    defined: BTreeMap<&'t str, usize>,
    /// For each name, the indices of the first tokens of the properties with that name.
    properties: BTreeMap<&'t str, Vec<usize>>,
    /// Paths in the global object.
    globals: Option<Rc<BTreeMap<String, PathValue>>>,
}

/// How many names an expression is followed through.
const MAX_STEPS: usize = 7;

/// How many definitions of one name are tried.
const MAX_CANDIDATES: usize = 4;

impl<'t> Names<'t> {
    /// Notes the first value of every `name = ...` and `name: ...`.
    pub(crate) fn of(tokens: &'t [Token]) -> Self {
        let (mut defined, mut written) = (BTreeMap::new(), BTreeMap::new());
        let mut properties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, window) in tokens.windows(3).enumerate() {
            if let Some(key) = window[0].word().or(window[0].text())
                && window[1].is(':')
            {
                properties.entry(key).or_default().push(index + 2);
            }
            let Some(name) = window[0].word() else { continue };
            let assigned = window[1].is('=') && !window[2].is('=') && !window[2].is('>');
            let declared = index > 0
                && tokens[index - 1]
                    .word()
                    .is_some_and(|word| matches!(word, "const" | "let" | "var"));
            if assigned && declared {
                defined.entry(name).or_insert(index + 2);
            } else if assigned {
                // A declaration of `PORT` says more than `process.env.PORT = x`.
                written.entry(name).or_insert(index + 2);
            } else if declared && window[1].is(':') {
                // The declaration has a type: `const port: number = 3000`.
                let typed = tokens.iter().skip(index + 2).take(8).take_while(|t| !t.is(';'));
                let equals = typed.into_iter().position(|t| t.is('='));
                if let Some(equals) = equals {
                    defined.entry(name).or_insert(index + 3 + equals);
                }
            }
        }
        for (name, at) in written {
            defined.entry(name).or_insert(at);
        }
        Self { tokens, defined, properties, globals: None }
    }

    /// Adds the paths that the program keeps in its global object.
    pub(crate) fn with(mut self, globals: &Rc<BTreeMap<String, PathValue>>) -> Self {
        self.globals = Some(globals.clone());
        self
    }

    /// The path in `global.appRoot`, if a file of the program puts one there.
    fn global(&self, tokens: &[Token]) -> Option<PathValue> {
        let [object, dot, name] = tokens else { return None };
        let global = dot.is('.') && (object.is_word("global") || object.is_word("globalThis"));
        self.globals.as_ref().filter(|_| global)?.get(name.word()?).cloned()
    }

    /// The expression to which a name refers, up to the `;`, `,` or statement that ends it at its
    /// own level.
    pub(crate) fn value_of(&self, name: &str) -> Option<&'t [Token]> {
        let from = *self.defined.get(name)?;
        Some(expression(self.tokens, from))
    }

    /// The values of properties with that name in object literals, in order: `port: ...`.
    pub(crate) fn properties(&self, name: &str) -> impl Iterator<Item = &'t [Token]> {
        let found = self.properties.get(name).into_iter().flatten();
        found.map(|index| expression(self.tokens, *index))
    }
}

/// The tokens of the expression that begins at `from`.
fn expression(tokens: &[Token], from: usize) -> &[Token] {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark(')' | ']' | '}' | ';' | ',') => break,
            // Without semicolons, a statement ends where the next one begins.
            Kind::Word(word)
                if at > from
                    && matches!(
                        word.as_str(),
                        "const"
                            | "let"
                            | "var"
                            | "function"
                            | "import"
                            | "export"
                            | "if"
                            | "return"
                            | "class"
                    ) =>
            {
                break;
            }
            _ => {}
        }
        at += 1;
        if at - from > MAX_EXPRESSION {
            break;
        }
    }
    &tokens[from..at.min(tokens.len())]
}

/// The default and the environment variables of an expression. Names are looked up in `files`,
/// nearest first.
pub(crate) fn value(tokens: &[Token], files: &[&Names]) -> Value {
    let tokens = &tokens[..tokens.len().min(MAX_EXPRESSION)];
    Search { files, known: BTreeMap::new(), left: MAX_VALUE_STEPS }.value(tokens, 0)
}

/// The search for one value. Names lead to expressions that contain names, so each expression is
/// read only once, and a search that reads too many of them ends without a value.
struct Search<'f, 'n, 't> {
    files: &'f [&'n Names<'t>],
    /// The value of an expression (by its place and length), and after how many names it was
    /// found.
    known: BTreeMap<(usize, usize), (usize, Value)>,
    /// How many steps are left.
    left: usize,
}

impl<'t> Search<'_, '_, 't> {
    fn value(&mut self, tokens: &[Token], steps: usize) -> Value {
        let key = (tokens.as_ptr().addr(), tokens.len());
        if let Some((before, value)) = self.known.get(&key)
            && *before <= steps
        {
            return value.clone();
        }
        let mut found = stated(tokens);
        if found.literal.is_some() || steps >= MAX_STEPS {
            return found;
        }
        // An expression that refers to itself has no further value.
        self.known.insert(key, (steps, found.clone()));
        self.follow(tokens, steps, &mut found);
        self.known.insert(key, (steps, found.clone()));
        found
    }

    /// Looks up the names in an expression.
    fn follow(&mut self, tokens: &[Token], steps: usize, found: &mut Value) {
        let members: BTreeSet<&str> = tokens
            .windows(2)
            .filter(|pair| pair[0].is('.'))
            .filter_map(|pair| pair[1].word())
            .collect();
        let mut asked = BTreeSet::new();
        // The last name that leads to a value counts: `config.port`, `port` or `Number(PORT)`.
        let names = tokens.iter().rev().filter_map(Token::word);
        for name in names.filter(|name| !IGNORED.contains(name)) {
            if !asked.insert(name) {
                continue;
            }
            let mut others = self.candidates(name, members.contains(name));
            others.retain(|other| !other.is_empty() && !is_same(other, tokens));
            // An expression that reads the environment or states a number says more than one that
            // passes a value on.
            others.sort_by_key(|other| {
                let env = other.iter().any(|token| token.is_word("env"));
                let number = other.iter().any(|token| matches!(token.kind, Kind::Number(_)));
                (!env, !number)
            });
            for next in others.into_iter().take(MAX_CANDIDATES) {
                let followed = self.value(next, steps + 1);
                if followed.literal.is_some() {
                    found.env.extend(followed.env);
                    found.literal = followed.literal;
                    found.at = followed.at;
                    return;
                }
                if found.env.is_empty() {
                    found.env = followed.env;
                }
            }
        }
    }

    /// The expressions to which a name may refer, likeliest first. A definition of the name, in
    /// whatever file, comes before a property with that name, unless the name is used as a member.
    fn candidates(&mut self, name: &str, member: bool) -> Vec<&'t [Token]> {
        let (mut direct, mut properties) = (Vec::new(), Vec::new());
        for file in self.files {
            let found = file.properties(name).map(|value| (false, value));
            for (is_direct, value) in
                file.value_of(name).map(|value| (true, value)).into_iter().chain(found)
            {
                let Some(left) = self.left.checked_sub(value.len() + 1) else {
                    return Vec::new();
                };
                self.left = left;
                if is_direct { &mut direct } else { &mut properties }.push(value);
            }
            self.left = self.left.saturating_sub(1);
        }
        let (mut first, last) = if member { (properties, direct) } else { (direct, properties) };
        first.extend(last);
        first
    }
}

/// The value that an expression itself states.
fn stated(tokens: &[Token]) -> Value {
    let mut found = Value { at: tokens.first().map_or(0, |t| t.at), ..Value::default() };
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Number(number)
                if found.literal.is_none() && !radix(tokens, index) && !place(tokens, index) =>
            {
                found.literal = Some(number.to_string());
                found.at = token.at;
            }
            Kind::Text(text) => {
                let key = index >= 1 && tokens[index - 1].is('[')
                    || index >= 2
                        && tokens[index - 1].is('(')
                        && tokens[index - 2].word().is_some_and(|w| {
                            matches!(
                                w,
                                "get" | "env" | "getOrThrow" | "str" | "num" | "int" | "asString"
                            )
                        });
                if key {
                    if is_env_name(text) {
                        found.env.push(text.clone());
                    }
                } else if is_env_name(text) {
                    // A text that names a variable: `get("PORT", 8080)`.
                    found.env.push(text.clone());
                } else if found.literal.is_none() && !text.is_empty() {
                    found.literal = Some(text.clone());
                    found.at = token.at;
                }
            }
            Kind::Word(word)
                if word == "env" && tokens.get(index + 1).is_some_and(|t| t.is('.')) =>
            {
                if let Some(name) = tokens.get(index + 2).and_then(Token::word) {
                    found.env.push(name.to_owned());
                    index += 2;
                }
            }
            _ => {}
        }
        index += 1;
    }
    found
}

const IGNORED: [&str; 14] = [
    "process",
    "env",
    "Number",
    "parseInt",
    "String",
    "this",
    "config",
    "await",
    "new",
    "import",
    "meta",
    "parseFloat",
    "Bun",
    "as",
];

fn is_same(a: &[Token], b: &[Token]) -> bool {
    a.first().map(|t| t.at) == b.first().map(|t| t.at) && a.len() == b.len()
}

/// True for the second argument of `parseInt(x, 10)`.
fn radix(tokens: &[Token], index: usize) -> bool {
    index > 0
        && tokens[index - 1].is(',')
        && matches!(tokens[index].kind, Kind::Number(10.0))
        && tokens.iter().any(|t| t.is_word("parseInt"))
}

/// True for the number of `process.argv[2]`: a place in a list, not a value.
fn place(tokens: &[Token], index: usize) -> bool {
    let Some([list, open]) = index.checked_sub(2).and_then(|at| tokens.get(at..index)) else {
        return false;
    };
    let held = list.word().is_some_and(|word| word != "return") || list.is(')') || list.is(']');
    held && open.is('[')
}

fn is_env_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The value of a property in the first object among the arguments of a call.
pub(crate) fn option<'t>(args: &[&'t [Token]], name: &str) -> Option<&'t [Token]> {
    args.iter()
        .filter(|arg| arg.first().is_some_and(|t| t.is('{')))
        .find_map(|arg| property(arg, name))
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn number(source: &str, expression_text: &str) -> Value {
        let (file, expr) = (tokens(source), tokens(expression_text));
        value(&expr, &[&Names::of(&file)])
    }

    #[test]
    fn numbers_with_their_environment() {
        for (source, expr) in [
            ("", "process.env.PORT || 4000"),
            ("", "process.env.PORT ?? 4000"),
            ("", "Number(process.env.PORT) || 4000"),
            ("", "parseInt(process.env.PORT || '4000', 10)"),
            ("", "process.argv[2] || 4000"),
            ("", "[4000][0]"),
            ("", "+(process.env['PORT'] || 4000)"),
            ("const port = process.env.PORT || 4000\nconst x = 1", "port"),
            ("const port: number = Number(process.env.PORT ?? 4000);", "port"),
            ("module.exports = { port: process.env.PORT || 4000, host: 'x' }", "config.port"),
            ("const { PORT = 4000 } = process.env", "PORT"),
            (
                "const x = Joi.object({ PORT: Joi.number().default(4000) })",
                "config.get('PORT') || env.PORT",
            ),
        ] {
            let found = number(source, expr);
            assert_eq!(found.literal.as_deref(), Some("4000"), "{source} {expr}");
        }
        assert_eq!(number("", "process.env.PORT || 4000").env, ["PORT"]);
        assert_eq!(number("const a = b; const b = a;", "a").literal, None);
        assert_eq!(number("", "process.argv[2]").literal, None);
    }
}
