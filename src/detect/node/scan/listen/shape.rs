//! Shapes of expressions, parameters, imports and exports: what stands where.

use super::super::super::token::{Kind, Token, arguments, closing, split};

/// A name with the keys behind it: `config.get("server.port")` is config, server, port.
pub(in crate::detect::node::scan) struct Chain<'s> {
    pub(in crate::detect::node::scan) root: &'s Token,
    /// The tokens of the root, where it is a call.
    pub(in crate::detect::node::scan) call: Option<&'s [Token]>,
    pub(in crate::detect::node::scan) keys: Vec<String>,
    /// What stands in where the key is not set.
    pub(in crate::detect::node::scan) default: Option<&'s [Token]>,
}

/// An expression without what changes its type alone: `Number(x)`, `+x`, `(x)`, `x as number`,
/// `x!`.
pub(in crate::detect::node::scan) fn plain(mut tokens: &[Token]) -> &[Token] {
    // https://www.npmjs.com/package/detect-port: the port, or another where it is taken.
    const PASSES: [&str; 6] =
        ["Number", "parseInt", "parseFloat", "String", "normalizePort", "detectPort"];
    loop {
        let before = tokens.len();
        if let Some(cast) = tokens.iter().position(|t| t.is_word("as") || t.is_word("satisfies"))
            && cast > 0
        {
            tokens = &tokens[..cast];
        }
        match tokens {
            [first, rest @ ..] if first.is('+') || first.is_word("await") => {
                tokens = rest;
            }
            [rest @ .., last] if last.is('!') || last.is(';') => tokens = rest,
            [open, .., _] if open.is('(') && closing(tokens, 0) + 1 == tokens.len() => {
                tokens = &tokens[1..tokens.len() - 1];
            }
            [name, open, .., _]
                if open.is('(')
                    && closing(tokens, 1) + 1 == tokens.len()
                    && name.word().is_some_and(|word| PASSES.contains(&word)) =>
            {
                tokens = arguments(tokens, 1).first().copied().unwrap_or_default();
            }
            _ => {}
        }
        if tokens.len() == before {
            return tokens;
        }
    }
}

/// What `||` and `??` stand between.
pub(in crate::detect::node::scan) fn alternatives(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    while let Some(token) = tokens.get(at) {
        let twice = tokens.get(at + 1).is_some_and(|next| next.kind == token.kind);
        match token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark('|' | '?') if twice => {
                parts.push(&tokens[from..at]);
                at += 1;
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(tokens.get(from..).unwrap_or_default());
    parts
}

/// `process.env.PORT`, `process.env["PORT"]`, `import.meta.env.PORT`.
pub(in crate::detect::node::scan) fn variable(tokens: &[Token]) -> Option<&str> {
    let env = tokens.iter().position(|token| token.is_word("env"))?;
    let head: Vec<&str> = tokens[..env].iter().filter_map(Token::word).collect();
    if !matches!(head.as_slice(), ["process" | "Bun"] | ["import", "meta"]) {
        return None;
    }
    match tokens.get(env + 1..)? {
        [dot, name] if dot.is('.') => name.word(),
        [open, name, close] if open.is('[') && close.is(']') => name.text(),
        _ => None,
    }
}

/// A name with its keys, where the whole expression is that.
pub(in crate::detect::node::scan) fn chain(tokens: &[Token]) -> Option<Chain<'_>> {
    const GETS: [&str; 2] = ["get", "getOrThrow"];
    let root = tokens.first()?;
    root.word()?;
    let mut found = Chain { root, call: None, keys: Vec::new(), default: None };
    let mut at = 1;
    while let Some(token) = tokens.get(at) {
        if token.is('?') && tokens.get(at + 1).is_some_and(|next| next.is('.')) {
            at += 1;
            continue;
        }
        if token.is('.') {
            let name = tokens.get(at + 1)?.word()?;
            let mut open = at + 2;
            if tokens.get(open).is_some_and(|t| t.is('<')) {
                open += tokens[open..].iter().take(12).position(|t| t.is('>'))? + 1;
            }
            if !tokens.get(open).is_some_and(|t| t.is('(')) {
                found.keys.push(name.to_owned());
                at += 2;
                continue;
            }
            let given = arguments(tokens, open);
            let key = given.first().and_then(|one| one.first()?.text());
            match key.filter(|_| GETS.contains(&name)) {
                Some(key) => {
                    found.keys.extend(key.split('.').map(str::to_owned));
                    found.default = given.get(1).copied();
                    at = closing(tokens, open) + 1;
                }
                // Any other call: what it gives is asked for as a whole.
                None => return rest_of_call(tokens, closing(tokens, open) + 1),
            }
        } else if token.is('[') {
            let key = tokens.get(at + 1)?.text()?;
            found.keys.push(key.to_owned());
            at = closing(tokens, at) + 1;
        } else if token.is('(') {
            return rest_of_call(tokens, closing(tokens, at) + 1);
        } else {
            return None;
        }
    }
    Some(found)
}

/// A call up to `end`, with the keys behind it; a longer chain of calls is one call.
fn rest_of_call(tokens: &[Token], end: usize) -> Option<Chain<'_>> {
    let mut found = Chain { root: tokens.first()?, call: None, keys: Vec::new(), default: None };
    let mut end = end;
    let mut at = end;
    while tokens.get(at).is_some_and(|token| token.is('.')) {
        let name = tokens.get(at + 1)?.word()?;
        if tokens.get(at + 2).is_some_and(|token| token.is('(')) {
            at = closing(tokens, at + 2) + 1;
            end = at;
            found.keys.clear();
        } else {
            found.keys.push(name.to_owned());
            at += 2;
        }
    }
    found.call = Some(tokens.get(..end)?);
    (at >= tokens.len()).then_some(found)
}

/// What a function without parameters of its own returns: `() => ({ ... })`.
pub(in crate::detect::node::scan) fn body(tokens: &[Token]) -> Option<&[Token]> {
    let arrow = tokens.windows(2).take(24).position(|w| w[0].is('=') && w[1].is('>'))?;
    let head = tokens.first()?;
    if !(head.is('(') || head.is_word("async")) {
        return None;
    }
    let rest = tokens.get(arrow + 2..)?;
    if !rest.first()?.is('{') {
        return Some(rest);
    }
    let back = rest.iter().position(|token| token.is_word("return"))?;
    Some(value_from(rest, back + 1))
}

/// The expression that begins at `from`, to the end of its statement.
pub(in crate::detect::node::scan) fn value_from(tokens: &[Token], from: usize) -> &[Token] {
    const STARTS: [&str; 10] =
        ["const", "let", "var", "function", "import", "export", "if", "return", "class", "this"];
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark(')' | ']' | '}' | ';' | ',') => break,
            Kind::Word(word) if at > from && STARTS.contains(&word.as_str()) => break,
            _ => {}
        }
        at += 1;
    }
    tokens.get(from..at.min(tokens.len())).unwrap_or_default()
}

/// A variable that is taken out of an object: `const { port: PORT = 1 } = of`.
pub(in crate::detect::node::scan) struct Taken<'t> {
    pub(in crate::detect::node::scan) key: String,
    pub(in crate::detect::node::scan) of: &'t [Token],
    pub(in crate::detect::node::scan) default: Option<&'t [Token]>,
}

pub(in crate::detect::node::scan) fn destructured<'t>(
    tokens: &'t [Token],
    name: &str,
) -> Option<Taken<'t>> {
    let declared = tokens
        .windows(2)
        .enumerate()
        .filter(|(_, w)| w[1].is('{') && matches!(w[0].word(), Some("const" | "let" | "var")));
    for (index, _) in declared {
        let end = closing(tokens, index + 1);
        if !tokens.get(end + 1).is_some_and(|token| token.is('=')) {
            continue;
        }
        for entry in split(tokens.get(index + 2..end).unwrap_or_default()) {
            if let Some((key, default)) = taken(entry, name) {
                return Some(Taken { key, of: value_from(tokens, end + 2), default });
            }
        }
    }
    None
}

/// The key and the default of `name`, `key: name`, `name = default` in a pattern.
fn taken<'t>(entry: &'t [Token], name: &str) -> Option<(String, Option<&'t [Token]>)> {
    let equals = entry.iter().position(|token| token.is('='));
    let head = &entry[..equals.unwrap_or(entry.len())];
    let default = equals.and_then(|at| entry.get(at + 1..));
    let key = head.first()?.word()?;
    let bound = match head {
        [_, colon, bound] if colon.is(':') => bound.word()?,
        [_] => key,
        _ => return None,
    };
    (bound == name).then(|| (key.to_owned(), default))
}

/// The key below which a parameter holds the name, and its default.
pub(in crate::detect::node::scan) fn parameter<'t>(
    one: &'t [Token],
    name: &str,
) -> Option<(Option<String>, Option<&'t [Token]>)> {
    if one.first()?.is('{') {
        let end = closing(one, 0);
        let inside = one.get(1..end)?;
        let (key, default) = split(inside).into_iter().find_map(|entry| taken(entry, name))?;
        return Some((Some(key), default));
    }
    let end = one.iter().position(|t| t.is(':') || t.is('=') || t.is('?')).unwrap_or(one.len());
    let own = one.get(..end)?.iter().rev().find_map(Token::word)? == name;
    let equals = one.iter().position(|token| token.is('='));
    own.then(|| (None, equals.and_then(|at| one.get(at + 1..))))
}

/// Where the lists of parameters of the functions around a token open, the nearest first.
pub(in crate::detect::node::scan) fn around(tokens: &[Token], here: usize) -> Vec<usize> {
    let (mut open, mut lists) = (Vec::new(), Vec::new());
    for (index, token) in tokens.iter().enumerate().take(here) {
        if token.is('{') || token.is('(') || token.is('[') {
            let end = closing(tokens, index);
            if end >= here {
                open.push(index);
            }
        }
    }
    for body in open.into_iter().rev().filter(|&at| tokens[at].is('{')) {
        // `) {`, `): Type {`, `) => {`
        let from = body.saturating_sub(14);
        let list = (from..body).rev().find(|&at| tokens[at].is(')')).and_then(|end| {
            (0..end).rev().take(400).find(|&at| tokens[at].is('(') && closing(tokens, at) == end)
        });
        let plain = |list: usize| {
            let end = closing(tokens, list);
            tokens[end + 1..body].iter().all(|t| {
                t.word().is_some()
                    || [':', '=', '>', '<', '|', '.', '[', ']'].iter().any(|mark| t.is(*mark))
            })
        };
        lists.extend(list.filter(|&list| plain(list)));
    }
    lists
}

/// The name by which the function is called whose parameters open there.
pub(in crate::detect::node::scan) fn function_name(tokens: &[Token], open: usize) -> Option<&str> {
    let before = tokens.get(open.checked_sub(1)?)?;
    match before.word() {
        Some("constructor") => {
            let class = (0..open).rev().find(|&at| tokens[at].is_word("class"))?;
            tokens.get(class + 1)?.word()
        }
        Some("if" | "for" | "while" | "switch" | "catch") => None,
        // `const start = async (port) =>`, `start = function (port)`
        Some("async" | "function") => assigned(tokens, open - 1),
        Some(name) => Some(name),
        None => assigned(tokens, open),
    }
}

/// The name that the expression at `at` is written into.
fn assigned(tokens: &[Token], mut at: usize) -> Option<&str> {
    while at > 0 && (tokens[at - 1].is_word("async") || tokens[at - 1].is_word("function")) {
        at -= 1;
    }
    let sign = tokens.get(at.checked_sub(1)?)?;
    (sign.is('=') || sign.is(':')).then(|| tokens.get(at.checked_sub(2)?)?.word()).flatten()
}

/// Where the arguments of the calls of a function or class open.
pub(in crate::detect::node::scan) fn calls_of<'t>(
    tokens: &'t [Token],
    name: &'t str,
) -> impl Iterator<Item = usize> + 't {
    tokens.windows(2).enumerate().filter_map(move |(index, pair)| {
        let declared = index > 0
            && tokens[index - 1].word().is_some_and(|w| matches!(w, "function" | "class"));
        (pair[0].is_word(name) && pair[1].is('(') && !declared).then_some(index + 1)
    })
}

/// The value of `name = ...` or `name: Type = ...` among the members of a class.
pub(in crate::detect::node::scan) fn member<'t>(
    tokens: &'t [Token],
    name: &str,
) -> Option<&'t [Token]> {
    const MODIFIERS: [&str; 6] =
        ["static", "readonly", "private", "public", "protected", "declare"];
    let at = tokens.windows(2).position(|pair| {
        pair[0].word().is_some_and(|w| MODIFIERS.contains(&w)) && pair[1].is_word(name)
    })? + 1;
    let equals = tokens.get(at + 1..)?.iter().take(8).position(|t| t.is('='))?;
    let between = &tokens[at + 1..at + 1 + equals];
    between
        .iter()
        .all(|t| t.word().is_some() || t.is(':') || t.is('|'))
        .then(|| value_from(tokens, at + 2 + equals))
}

/// The module that a name is imported from, and the name of the export.
pub(in crate::detect::node::scan) fn imported<'t>(
    tokens: &'t [Token],
    name: &str,
) -> Option<(&'t str, Option<String>)> {
    for (index, token) in tokens.iter().enumerate() {
        if token.is_word("import") {
            let from = (index..tokens.len()).take(80).find(|&at| tokens[at].is_word("from"))?;
            let Some(module) = tokens.get(from + 1).and_then(Token::text) else { continue };
            let clause = &tokens[index + 1..from];
            let open = clause.iter().position(|t| t.is('{')).unwrap_or(clause.len());
            if clause[..open].iter().any(|t| t.is_word(name)) {
                let star = clause.first().is_some_and(|t| t.is('*'));
                return Some((module, (!star).then(|| "default".to_owned())));
            }
            for entry in split(clause.get(open + 1..clause.len().saturating_sub(1)).unwrap_or(&[]))
            {
                let words: Vec<&str> = entry.iter().filter_map(Token::word).collect();
                if words.last() == Some(&name) {
                    let export = words.iter().find(|w| **w != "type").copied().unwrap_or(name);
                    return Some((module, Some(export.to_owned())));
                }
            }
        }
        // `const x = require("./y")` is a value: only its call is of interest here.
    }
    None
}

/// The names that take the whole of a module: `const x = require("./y")`, `import x from "./y"`.
pub(in crate::detect::node::scan) fn bindings(
    tokens: &[Token],
) -> impl Iterator<Item = (&str, &str)> {
    tokens.windows(5).filter_map(|w| {
        let name = w[0].word()?;
        if w[1].is('=') && w[2].is_word("require") && w[3].is('(') {
            return Some((name, w[4].text()?));
        }
        let imported = w[0].is_word("import") && w[2].is_word("from");
        imported.then(|| Some((w[1].word()?, w[3].text()?))).flatten()
    })
}

/// The value of `module.exports = ...` or `export default ...`.
pub(in crate::detect::node::scan) fn whole_export(tokens: &[Token]) -> Option<&[Token]> {
    let at = tokens
        .windows(4)
        .position(|w| w[0].is_word("module") && w[2].is_word("exports") && w[3].is('='));
    let common = at.map(|at| at + 4);
    let own = || {
        let at = tokens
            .windows(2)
            .position(|w| w[0].is_word("export") && (w[1].is_word("default") || w[1].is('=')))?;
        Some(at + 2)
    };
    common.or_else(own).map(|from| value_from(tokens, from))
}

/// The value of `exports.name = ...`.
pub(in crate::detect::node::scan) fn named_export<'t>(
    tokens: &'t [Token],
    name: &str,
) -> Option<&'t [Token]> {
    let dotted = tokens.windows(4).position(|w| {
        w[0].is_word("exports") && w[1].is('.') && w[2].is_word(name) && w[3].is('=')
    });
    if let Some(at) = dotted {
        return Some(value_from(tokens, at + 4));
    }
    let declared = tokens.windows(3).position(|w| {
        w[0].is_word("export")
            && matches!(w[1].word(), Some("const" | "let" | "var"))
            && w[2].is_word(name)
    })?;
    let equals = tokens.get(declared + 3..)?.iter().take(12).position(|t| t.is('='))?;
    Some(value_from(tokens, declared + 4 + equals))
}
