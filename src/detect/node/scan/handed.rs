//! Variables without a default that are handed to a library which does not do without them:
//! `mongoose.connect(process.env.MONGO_URI)`.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Deserialize;

use super::super::expression::option;
use super::super::token::{Token, arguments, closing};
use super::{House, Source};
use crate::code::conditions::is_conditional;
use crate::code::is_env_name;
use crate::facts::Evidence;

/// How many calls of one file are looked at.
const MAX_CALLS: usize = 200;

/// What a library is handed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    module: String,
    /// The functions, methods or classes; empty: what the module itself exports.
    #[serde(default)]
    calls: Vec<String>,
    /// The arguments.
    #[serde(default)]
    at: Vec<usize>,
    /// The options.
    #[serde(default)]
    options: Vec<String>,
    /// True if the library throws at once without the value. Others fail later.
    #[serde(default)]
    stops: bool,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

/// A variable that a library is handed.
pub(super) struct Handed {
    pub(super) name: String,
    /// The place of the call, in the shared reader.
    pub(super) at: usize,
    pub(super) stops: bool,
    pub(super) evidence: Evidence,
}

/// The variables in a source.
pub(super) fn of(house: &House, source: &Source) -> Result<Vec<Handed>> {
    let mut found = Vec::new();
    if source.code.places("env").is_empty() && source.code.modules.is_empty() {
        return Ok(found);
    }
    let mut rows: Vec<Row> = house.app.catalog.table("handed")?;
    rows.retain(|row| source.imports(&row.module));
    if rows.is_empty() {
        return Ok(found);
    }
    let tokens = source.tokens.as_slice();
    let mut left = MAX_CALLS;
    for (at, window) in tokens.windows(2).enumerate() {
        let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
        let mut open = at + 1;
        let mut module = source.code.imported(name);
        // `require("stripe")(KEY)`
        if name == "require" {
            let end = closing(tokens, open);
            module = tokens.get(at + 2).and_then(Token::text);
            if !tokens.get(end + 1).is_some_and(|next| next.is('(')) {
                continue;
            }
            open = end + 1;
        }
        let fits = |row: &&Row| match row.calls.as_slice() {
            [] => module == Some(row.module.as_str()),
            calls => calls.iter().any(|call| call == name),
        };
        let mut mine = rows.iter().filter(fits).peekable();
        if mine.peek().is_none() || is_guarded(source, at) {
            continue;
        }
        let Some(rest) = left.checked_sub(1) else { break };
        left = rest;
        let args = arguments(tokens, open);
        for row in mine {
            let by_place = row.at.iter().filter_map(|at| args.get(*at).copied());
            let by_name = row.options.iter().filter_map(|key| option(&args, key));
            for value in by_place.chain(by_name) {
                for name in open_variables(house, source, value)? {
                    let note = format!("{} is handed {name}", row.module);
                    let evidence = source.at(tokens[at].at, note);
                    let at = source.code.token_at(tokens[at].at);
                    found.push(Handed { name, at, stops: row.stops, evidence });
                }
            }
        }
    }
    if !found.is_empty() {
        let tested = tested(tokens);
        found.retain(|one| !tested.contains(one.name.as_str()));
    }
    Ok(found)
}

/// The variables in a value of which no part has a default.
fn open_variables(house: &House, source: &Source, value: &[Token]) -> Result<Vec<String>> {
    // An object holds values of its own.
    if value.first().is_none_or(|first| first.is('{') || first.is('[')) {
        return Ok(Vec::new());
    }
    let value = house.code()?.value(&source.code, source.range(value));
    let open = value.parts.iter().filter(|part| part.text.is_none() && !part.like);
    let names = open.filter_map(|part| part.env.clone());
    Ok(names.filter(|name| is_env_name(name)).collect())
}

/// True for a call under a condition, by a statement or by an operator before it.
fn is_guarded(source: &Source, at: usize) -> bool {
    let tokens = source.tokens.as_slice();
    let mut from = at;
    // The receiver, and `new` or `await` before it.
    while from >= 2 && tokens[from - 1].is('.') {
        from -= 2;
    }
    while from >= 1 && (tokens[from - 1].is_word("new") || tokens[from - 1].is_word("await")) {
        from -= 1;
    }
    let before = from.checked_sub(1).map(|before| &tokens[before]);
    before.is_some_and(|token| token.is('?') || token.is('&') || token.is(':') || token.is('|'))
        || is_conditional(&source.code, source.code.token_at(tokens[at].at))
}

/// The variables that the file tests: `!process.env.NAME`.
fn tested(tokens: &[Token]) -> BTreeSet<&str> {
    let tests = tokens
        .windows(6)
        .filter(|w| w[0].is('!') && w[1].is_word("process") && w[3].is_word("env") && w[4].is('.'));
    tests.filter_map(|w| w[5].word()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    fn said(source: &str) -> String {
        let scan = scanned(&[("package.json", "{}"), ("index.js", source)]);
        let found = scan.findings.iter().find(|found| found.code.as_str() == "variables-required");
        found.map_or(String::new(), |found| found.what.clone())
    }

    #[test]
    fn what_a_library_is_handed_without_a_default_is_needed() {
        for source in [
            "const mongoose = require('mongoose'); mongoose.connect(process.env.A_KEY)",
            "import mongoose from 'mongoose';\nasync function go() { await mongoose.connect(process.env.A_KEY as string) }\ngo()",
            "const stripe = require('stripe')(process.env.A_KEY)",
            "import Stripe from 'stripe'; const s = new Stripe(process.env.A_KEY!, { x: 1 })",
            "const o = require('openai'); const c = new o.OpenAI({ apiKey: process.env.A_KEY })",
            "const { createClient } = require('@supabase/supabase-js'); createClient('x', process.env.A_KEY)",
            "const c = { key: process.env.A_KEY }; require('mongoose').connect(c.key)",
        ] {
            assert_eq!(said(source), "the program stops as it starts without A_KEY", "{source}");
        }
        assert_eq!(
            said(
                "const jwt = require('jsonwebtoken'); app.get('/', () => jwt.sign({}, process.env.A_KEY))"
            ),
            "parts of the program fail without A_KEY"
        );
        for source in [
            "require('mongoose').connect(process.env.A_KEY || 'mongodb://x.test/y')",
            "const Stripe = require('stripe'); if (process.env.A_KEY) { s = new Stripe(process.env.A_KEY) }",
            "const Stripe = require('stripe'); const s = process.env.A_KEY ? new Stripe(process.env.A_KEY) : null",
            "const Stripe = require('stripe'); const s = process.env.A_KEY && new Stripe(process.env.A_KEY)",
            "const S = require('stripe'); function f() { if (!process.env.A_KEY) return null; return new S(process.env.A_KEY) }",
            "const other = require('other'); other.connect(process.env.A_KEY)",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
    }
}
