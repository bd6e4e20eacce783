//! What an expression of the code is likely to be worth: a number with the variable that overrides
//! it, a path.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::token::{Kind, Token, arguments, closing, property};
use crate::budget::{MAX_EXPRESSION, MAX_PATTERN, MAX_VALUE_STEPS};

/// A number or a text, and the environment variables that can replace it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Value {
    /// The literal that is the default.
    pub(crate) literal: Option<String>,
    /// Names of variables of the environment in it.
    pub(crate) env: Vec<String>,
    /// Byte offset of the literal, or of the expression.
    pub(crate) at: usize,
}

/// One file's tokens, and where its names get their values.
pub(crate) struct Names<'t> {
    tokens: &'t [Token],
    /// Name -> index of the first token of its value.
    defined: BTreeMap<&'t str, usize>,
    /// Name -> indices of the first tokens of the properties of that name.
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
                // `process.env.PORT = x` says less of `PORT` than its declaration.
                written.entry(name).or_insert(index + 2);
            } else if declared && window[1].is(':') {
                // `const port: number = 3000`
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

    /// The same, with the paths that the program holds in its global object.
    pub(crate) fn with(mut self, globals: &Rc<BTreeMap<String, PathValue>>) -> Self {
        self.globals = Some(globals.clone());
        self
    }

    /// `global.appRoot`, where a file of the program writes a path there.
    fn global(&self, tokens: &[Token]) -> Option<PathValue> {
        let [object, dot, name] = tokens else { return None };
        let global = dot.is('.') && (object.is_word("global") || object.is_word("globalThis"));
        self.globals.as_ref().filter(|_| global)?.get(name.word()?).cloned()
    }

    /// The expression that a name stands for: up to the `;`, `,` or line that ends it at its own
    /// level.
    pub(crate) fn value_of(&self, name: &str) -> Option<&'t [Token]> {
        let from = *self.defined.get(name)?;
        Some(expression(self.tokens, from))
    }

    /// The properties of that name in object literals, in order: `port: ...`.
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
            // Without semicolons a statement ends where the next one begins.
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

/// The default and the environment variables of an expression; names are looked up in `files`,
/// nearest first.
pub(crate) fn value(tokens: &[Token], files: &[&Names]) -> Value {
    let tokens = &tokens[..tokens.len().min(MAX_EXPRESSION)];
    Search { files, known: BTreeMap::new(), left: MAX_VALUE_STEPS }.value(tokens, 0)
}

/// The search for one value. Names lead to expressions that hold names: each expression is read
/// once, and a search that looked at too many of them ends without a value.
struct Search<'f, 'n, 't> {
    files: &'f [&'n Names<'t>],
    /// What an expression (by its place and length) was worth, after so many names.
    known: BTreeMap<(usize, usize), (usize, Value)>,
    /// Steps that are left.
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
        // One that is being read says nothing to itself.
        self.known.insert(key, (steps, found.clone()));
        self.follow(tokens, steps, &mut found);
        self.known.insert(key, (steps, found.clone()));
        found
    }

    /// Looks at what the names of an expression stand for.
    fn follow(&mut self, tokens: &[Token], steps: usize, found: &mut Value) {
        let members: BTreeSet<&str> = tokens
            .windows(2)
            .filter(|pair| pair[0].is('.'))
            .filter_map(|pair| pair[1].word())
            .collect();
        let mut asked = BTreeSet::new();
        // `config.port`, `port`, `Number(PORT)`: the last name that leads somewhere.
        let names = tokens.iter().rev().filter_map(Token::word);
        for name in names.filter(|name| !IGNORED.contains(name)) {
            if !asked.insert(name) {
                continue;
            }
            let mut others = self.candidates(name, members.contains(name));
            others.retain(|other| !other.is_empty() && !is_same(other, tokens));
            // What reads the environment or states a number tells more than what passes a value on.
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

    /// The expressions that a name may stand for, likeliest first: its own definition, wherever it
    /// is, says more than a property of that name, unless it is asked for as a member.
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

/// What an expression says by itself.
fn stated(tokens: &[Token]) -> Value {
    let mut found = Value { at: tokens.first().map_or(0, |t| t.at), ..Value::default() };
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        match &token.kind {
            Kind::Number(number) if found.literal.is_none() && !radix(tokens, index) => {
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
                    // `get("PORT", 8080)`
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

fn is_env_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// From where a relative path counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The working directory.
    WorkingDirectory,
    /// The folder of the source file.
    SourceFile,
    /// The user's home.
    Home,
    /// Absolute.
    Root,
}

/// A path that the code names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathValue {
    pub(crate) from: Anchor,
    pub(crate) path: String,
    /// It may be replaced by the environment.
    pub(crate) env: Vec<String>,
    /// More names follow that cannot be told: `join(uploads, name)`.
    pub(crate) open: bool,
}

impl PathValue {
    pub(crate) fn new(from: Anchor, path: &str) -> Self {
        Self { from, path: path.to_owned(), env: Vec::new(), open: false }
    }
}

/// The path that an expression stands for, where it can be told.
pub(crate) fn path(tokens: &[Token], names: &Names) -> Option<PathValue> {
    let left = Cell::new(MAX_EXPRESSION);
    path_within(tokens, &Tracing { names, others: None, left: &left }, 0).filter(|path| !path.open)
}

/// The same in one file of a program, whose names may come from its other files; it may be open.
pub(crate) fn path_in(
    tokens: &[Token],
    names: &Names,
    others: &dyn Others,
    file: usize,
) -> Option<PathValue> {
    let left = Cell::new(MAX_EXPRESSION);
    path_within(tokens, &Tracing { names, others: Some((others, file)), left: &left }, 0)
}

/// Where a name comes from.
pub(crate) enum Origin {
    /// From no other file of the program.
    Here,
    /// From another file, which says that it is this path, or nothing that is known.
    Other(Option<PathValue>),
}

/// What the names of a file mean that come from other files of the program.
pub(crate) trait Others {
    /// The path that `words` (`config.paths.uploads`) stand for in `file`.
    fn path(&self, file: usize, words: &[&str], left: &Cell<usize>, steps: usize) -> Origin;
}

/// The names that one path is followed through, and how many expressions may still be read:
/// `join(b, b)`, where `b` is `join(c, c)` and so on, doubles with each name.
pub(crate) struct Tracing<'n, 't> {
    pub(crate) names: &'n Names<'t>,
    /// The other files, and which one this is.
    pub(crate) others: Option<(&'n dyn Others, usize)>,
    pub(crate) left: &'n Cell<usize>,
}

pub(crate) fn path_within(tokens: &[Token], names: &Tracing, steps: usize) -> Option<PathValue> {
    if steps > MAX_STEPS || tokens.len() > MAX_EXPRESSION {
        return None;
    }
    names.left.set(names.left.get().checked_sub(1)?);
    let tokens = match tokens.first() {
        Some(first)
            if first.is_word("await") || first.is_word("new") && !tokens.get(1)?.is_word("URL") =>
        {
            &tokens[1..]
        }
        _ => tokens,
    };
    // `process.env.X || './data'`
    let or = tokens
        .windows(2)
        .position(|w| w[0].is('|') && w[1].is('|') || w[0].is('?') && w[1].is('?'));
    if let Some(or) = or {
        let mut fallback = path_within(tokens.get(or + 2..)?, names, steps + 1)?;
        fallback.env = stated(&tokens[..or]).env;
        return Some(fallback);
    }
    let here = |from, path: &str| Some(PathValue::new(from, path));
    let words: Vec<&str> = tokens.iter().filter_map(Token::word).take(4).collect();
    match &tokens.first()?.kind {
        Kind::Text(text) if tokens.len() == 1 => {
            let from = if text.starts_with('/') { Anchor::Root } else { Anchor::WorkingDirectory };
            here(from, text.strip_prefix("file:").unwrap_or(text))
        }
        Kind::Text(_) => summed(tokens, plus(tokens)?, names, steps),
        // `${__dirname}/x`: the substitutions follow the template.
        Kind::Template(text) => {
            let rest = text.strip_prefix("${}")?;
            let (rest, open) = match rest.split_once("${}") {
                // The folder before the next hole.
                Some((known, _)) => (known.rsplit_once('/')?.0, true),
                None => (rest, false),
            };
            let holes = tokens.get(1..)?;
            let base = path_within(if open { hole(holes) } else { holes }, names, steps + 1)?;
            let mut found = extended(base, rest)?;
            found.open |= open;
            Some(found)
        }
        Kind::Word(word) => match word.as_str() {
            "__dirname" | "import" if plus(tokens).is_none() => {
                (word == "__dirname" && tokens.len() == 1 || words.contains(&"dirname"))
                    .then(|| here(Anchor::SourceFile, ""))?
            }
            "os" | "homedir" if words.contains(&"homedir") && plus(tokens).is_none() => {
                here(Anchor::Home, "")
            }
            "process" if words == ["process", "env", "HOME"] && plus(tokens).is_none() => {
                here(Anchor::Home, "")
            }
            "process" if words.get(1) == Some(&"cwd") && plus(tokens).is_none() => {
                here(Anchor::WorkingDirectory, "")
            }
            // `Path.join(...)`, `nodePath.resolve(...)`
            module
                if (matches!(module, "join" | "resolve" | "normalize" | "fs")
                    || module.to_ascii_lowercase().ends_with("path"))
                    && tokens.iter().any(|token| token.is('('))
                    && plus(tokens).is_none() =>
            {
                let open = tokens.iter().position(|t| t.is('('))?;
                let called = tokens.get(open.checked_sub(1)?)?.word()?;
                match called {
                    "join" | "resolve" | "normalize" => {
                        joined(&arguments(tokens, open), names, steps)
                    }
                    "dirname" => dirname(&arguments(tokens, open), names, steps),
                    _ => None,
                }
            }
            "fileURLToPath" => path_within(arguments(tokens, 1).first()?, names, steps + 1),
            "dirname" => dirname(&arguments(tokens, 1), names, steps),
            "new" => {
                let args = arguments(tokens, 2);
                let relative =
                    args.get(1).is_some_and(|base| base.iter().any(|t| t.is_word("meta")));
                relative.then(|| here(Anchor::SourceFile, args.first()?.first()?.text()?))?
            }
            _ => {
                if let Some(at) = plus(tokens) {
                    return summed(tokens, at, names, steps);
                }
                if let Origin::Other(known) = from_others(tokens, names, steps) {
                    return known;
                }
                // `name`, `Class.name`
                if let Some(known) = names.names.global(tokens) {
                    return Some(known);
                }
                let name = match tokens {
                    [_] => word.as_str(),
                    [_, dot, name] if dot.is('.') => name.word()?,
                    _ => return None,
                };
                path_within(names.names.value_of(name)?, names, steps + 1)
            }
        },
        _ => None,
    }
}

/// `base + "/x"`, whose sign is at `at`.
fn summed(tokens: &[Token], at: usize, names: &Tracing, steps: usize) -> Option<PathValue> {
    let base = path_within(&tokens[..at], names, steps + 1)?;
    let Some(rest) = tokens.get(at + 1)?.text() else {
        // `"./uploads/" + name`
        let folder = base.path.ends_with('/');
        return folder.then_some(PathValue { open: true, ..base });
    };
    // `uploads + "/" + name`
    let open = tokens.len() > at + 2;
    let known = if open { rest.rsplit_once('/')?.0 } else { rest };
    let mut found = extended(base, known)?;
    found.open |= open;
    Some(found)
}

/// `config.uploads`, where another file of the program says what that is.
fn from_others(tokens: &[Token], names: &Tracing, steps: usize) -> Origin {
    let Some((others, file)) = names.others else { return Origin::Here };
    let (mut words, mut dot) = (Vec::new(), false);
    for token in tokens {
        if dot != token.is('.') {
            return Origin::Here;
        }
        words.extend(token.word().filter(|_| !dot));
        dot = !dot;
    }
    if !dot || words.len() > MAX_STEPS {
        return Origin::Here;
    }
    others.path(file, &words, names.left, steps)
}

/// The folder of a module, or of a path.
fn dirname(args: &[&[Token]], names: &Tracing, steps: usize) -> Option<PathValue> {
    let first = args.first()?;
    let inner: Vec<&str> = first.iter().filter_map(Token::word).collect();
    if ["__filename", "fileURLToPath", "url"].iter().any(|word| inner.contains(word)) {
        return Some(PathValue::new(Anchor::SourceFile, ""));
    }
    let mut found = path_within(first, names, steps + 1)?;
    // The folder of what lies somewhere below.
    if found.open {
        return Some(found);
    }
    let folder = found.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    found.path = folder.to_owned();
    Some(found)
}

/// The first `+` of the outermost level.
fn plus(tokens: &[Token]) -> Option<usize> {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark('+') if at > 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn joined(args: &[&[Token]], names: &Tracing, steps: usize) -> Option<PathValue> {
    let mut whole: Option<PathValue> = None;
    for arg in args {
        let Some(part) = path_within(arg, names, steps + 1) else {
            // What is below a folder that is known, whatever its name.
            let mut known = whole.filter(|held| !held.path.is_empty())?;
            known.open = true;
            return Some(known);
        };
        let open = part.open;
        let held = match whole {
            Some(held) if matches!(part.from, Anchor::WorkingDirectory | Anchor::Root) => {
                extended(held, &part.path)?
            }
            _ => part,
        };
        if open {
            return Some(PathValue { open, ..held });
        }
        whole = Some(held);
    }
    whole
}

/// The path with more names behind it; nothing follows what cannot be told.
fn extended(held: PathValue, rest: &str) -> Option<PathValue> {
    if held.open {
        return Some(held);
    }
    if held.path.len() + rest.len() > MAX_PATTERN {
        return None;
    }
    Some(PathValue { path: join(&held.path, rest), ..held })
}

/// The expression of a template's first hole, where several stand one after the other.
fn hole(tokens: &[Token]) -> &[Token] {
    let mut at = 1;
    while let Some(token) = tokens.get(at) {
        if token.is('(') || token.is('[') {
            at = closing(tokens, at) + 1;
        } else if token.is('.') {
            at += 2;
        } else {
            break;
        }
    }
    // An operator: it is more than a name.
    let ends = tokens.get(at).is_none_or(|token| !matches!(token.kind, Kind::Mark(_)));
    if ends { &tokens[..at.min(tokens.len())] } else { &[] }
}

fn join(base: &str, rest: &str) -> String {
    match (base, rest.trim_start_matches('/')) {
        ("", rest) => rest.to_owned(),
        (base, "") => base.to_owned(),
        (base, rest) => format!("{}/{rest}", base.trim_end_matches('/')),
    }
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
    }

    fn way(source: &str) -> Option<(Anchor, String)> {
        let file = tokens(source);
        let names = Names::of(&file);
        let found = path(names.value_of("x")?, &names)?;
        Some((found.from, found.path))
    }

    #[test]
    fn paths_of_every_common_form() {
        use Anchor::{SourceFile, WorkingDirectory};
        for (source, from, text) in [
            ("const x = './data'", WorkingDirectory, "./data"),
            ("const x = path.join(__dirname, '..', 'up')", SourceFile, "../up"),
            ("const x = path.resolve(process.cwd(), 'up')", WorkingDirectory, "up"),
            ("const d = path.join(__dirname, 'a'); const x = path.join(d, 'b')", SourceFile, "a/b"),
            ("const x = Path.join(__dirname, 'up')", SourceFile, "up"),
            ("const x = `${__dirname}/up`", SourceFile, "up"),
            ("const x = __dirname + '/up'", SourceFile, "up"),
            ("const x = new URL('./up', import.meta.url)", SourceFile, "./up"),
            ("const x = process.env.DIR || './data'", WorkingDirectory, "./data"),
            (
                "const __dirname = path.dirname(fileURLToPath(import.meta.url)); const x = join(__dirname, 'up')",
                SourceFile,
                "up",
            ),
            ("const x = path.join(import.meta.dirname, 'up')", SourceFile, "up"),
        ] {
            assert_eq!(way(source), Some((from, text.to_owned())), "{source}");
        }
        assert_eq!(way("const x = path.join(dir, name)"), None);
        assert_eq!(way("const x = x"), None);
    }
}
