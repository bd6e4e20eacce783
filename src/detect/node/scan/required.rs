//! Variables without which the program ends as it starts: checked by hand, or by a schema of the
//! environment.

use std::collections::BTreeMap;

use super::super::token::{Token, arguments, closing, split};
use super::{Scan, Source};
use crate::code::is_env_name;
use crate::facts::{Evidence, Finding, Severity};

/// How many names a message holds.
const MAX_NAMES: usize = 12;

/// What is said of them; what the image sets is given.
pub(super) fn read(sources: &[Source], scan: &mut Scan) {
    let mut found: BTreeMap<String, Evidence> = BTreeMap::new();
    for source in sources {
        let tokens = source.tokens.as_slice();
        let schema = tokens.windows(4).any(|w| {
            matches!(
                w[0].word(),
                Some("parse" | "safeParse" | "cleanEnv" | "validate" | "parseEnv")
            ) && w[1].is('(')
                && w[2].is_word("process")
                && w[3].is('.')
        }) || ["@t3-oss/env-core", "@t3-oss/env-nextjs"]
            .iter()
            .any(|name| source.imports(name));
        for (index, token) in tokens.iter().enumerate() {
            let name = match token.word() {
                Some("if") => checked(tokens, index),
                Some("login") if source.imports("discord.js") => given(tokens, index),
                Some(name) if schema && is_env_name(name) => stated(tokens, index).then_some(name),
                _ => None,
            };
            if let Some(name) = name.filter(|name| *name != "NODE_ENV") {
                let note = format!("needs {name}");
                found.entry(name.to_owned()).or_insert_with(|| source.at(token.at, note));
            }
        }
    }
    found.retain(|name, _| !scan.env.iter().any(|held| held.value.key == *name));
    if found.is_empty() {
        return;
    }
    let names: Vec<&str> = found.keys().map(String::as_str).take(MAX_NAMES).collect();
    let more = if found.len() > names.len() { " and others" } else { "" };
    let first = names[0];
    scan.findings.push(Finding::new(
        "environment-required",
        Severity::Note,
        format!("the program ends as it starts without {}{more}", names.join(", ")),
        found.values().take(4).cloned(),
        "the image holds no values of its own for them: secrets do not belong into a layer",
        format!("give them when the container starts: `docker run -e {first} ...` or --env-file"),
    ));
}

/// The variable in `process.env.NAME` that begins at `at`.
fn variable(tokens: &[Token], at: usize) -> Option<(&str, usize)> {
    let part = tokens.get(at..at + 5)?;
    let env = part[0].is_word("process") && part[1].is('.') && part[2].is_word("env");
    (env && part[3].is('.')).then(|| Some((part[4].word()?, at + 5))).flatten()
}

/// `if (!process.env.NAME) throw ...`, `{ ...; process.exit(1) }`.
fn checked(tokens: &[Token], at: usize) -> Option<&str> {
    let open = tokens.get(at + 1).filter(|token| token.is('('))?;
    let not = tokens.get(at + 2).is_some_and(|token| token.is('!'));
    let (name, end) = variable(tokens, at + 3).filter(|_| not && open.is('('))?;
    if end != closing(tokens, at + 1) {
        return None;
    }
    let body = match tokens.get(end + 1)? {
        brace if brace.is('{') => tokens.get(end + 2..closing(tokens, end + 1))?,
        _ => tokens.get(end + 1..tokens.len().min(end + 5))?,
    };
    let exits = |w: &[Token]| w[0].is_word("process") && w[2].is_word("exit");
    let ends = body.iter().any(|t| t.is_word("throw")) || body.windows(3).any(exits);
    ends.then_some(name)
}

/// `client.login(process.env.NAME)`.
fn given(tokens: &[Token], at: usize) -> Option<&str> {
    let args = arguments(tokens, at + 1);
    let first = args.first()?;
    let (name, end) = variable(first, 0)?;
    (end == first.len()).then_some(name)
}

/// `NAME: z.string()`, `NAME: str()`, `NAME: Joi.string().required()` without a way out.
fn stated(tokens: &[Token], at: usize) -> bool {
    const LIBRARIES: [&str; 14] = [
        "z",
        "str",
        "url",
        "email",
        "host",
        "num",
        "port",
        "bool",
        "json",
        "Joi",
        "joi",
        "yup",
        "v",
        "makeValidator",
    ];
    const OPEN: [&str; 8] =
        ["optional", "default", "nullish", "nullable", "catch", "devDefault", "allow", "when"];
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let key = before.is_some_and(|t| t.is('{') || t.is(','))
        && tokens.get(at + 1).is_some_and(|t| t.is(':'));
    let Some(rest) = tokens.get(at + 2..).filter(|_| key) else { return false };
    let mut end = 0;
    while let Some(token) = rest.get(end) {
        if token.is(',') || token.is('}') || end > 400 {
            break;
        }
        let bracket = token.is('(') || token.is('[') || token.is('{');
        end = if bracket { closing(rest, end) } else { end } + 1;
    }
    let value = rest.get(..end.min(rest.len())).unwrap_or_default();
    let Some(first) = value.first().and_then(Token::word) else { return false };
    let open = value.iter().any(|t| t.word().is_some_and(|word| OPEN.contains(&word)));
    let joi = matches!(first, "Joi" | "joi" | "yup");
    let required = !joi || value.iter().any(|t| t.is_word("required"));
    LIBRARIES.contains(&first) && !open && required && split(value).len() == 1
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use crate::repo::Repo;

    fn said(source: &str) -> String {
        let repo = Repo::from_files([("package.json", "{}"), ("index.js", source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, from) = ("index.js".to_owned(), Some("index.js".to_owned()));
        let launch = Launch { file, source: from, ..Launch::default() };
        let scan = super::super::read(&app, &launch).unwrap();
        let found = scan.findings.iter().find(|found| found.code == "environment-required");
        found.map_or(String::new(), |found| found.what.clone())
    }

    #[test]
    fn what_the_start_cannot_do_without_is_named() {
        for source in [
            "if (!process.env.A_KEY) { throw new Error('x') }",
            "if (!process.env.A_KEY) { console.error('x'); process.exit(1) }",
            "const { Client } = require('discord.js'); client.login(process.env.A_KEY)",
            "const e = cleanEnv(process.env, { A_KEY: str(), B: str({ default: 'x' }) })",
            "const e = z.object({ A_KEY: z.string().min(1), B: z.string().optional() }).parse(process.env)",
            "const { value } = Joi.object({ A_KEY: Joi.string().required(), B: Joi.string() }).validate(process.env)",
        ] {
            assert_eq!(said(source), "the program ends as it starts without A_KEY", "{source}");
        }
        for source in [
            "if (!process.env.A_KEY) { console.warn('x') }",
            "if (!process.env.A_KEY || y) { throw x }",
            "const e = z.object({ A_KEY: z.string() }).parse(body)",
            "if (process.env.A_KEY) { throw x }",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
    }
}
