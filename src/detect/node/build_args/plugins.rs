//! Variables that the configuration of a bundler names itself, in `EnvironmentPlugin`,
//! `DefinePlugin` or `define`.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use anyhow::Result;

use super::super::config::{self, Config};
use super::super::expression::Names;
use super::super::token::{Token, arguments, split};
use super::super::{App, entry};
use super::scripted;
use super::served;
use super::uses::Use;
use crate::docker::lint::is_secret_name;
use crate::facts::Evidence;

/// Secrets of one configuration whose surroundings are read: each reading walks outward from the
/// variable.
const MAX_ASKED: usize = 40;

/// Configurations that are read if the script names none.
const STEMS: [&str; 14] = [
    "webpack.config",
    "webpack.common",
    "webpack.prod",
    "webpack.config.prod",
    "config/webpack.prod",
    "config/webpack.common",
    "rspack.config",
    "rollup.config",
    "esbuild.config",
    "vite.config",
    "next.config",
    "nuxt.config",
    "astro.config",
    "svelte.config",
];

/// True for variables that npm, Node.js and the tools set themselves.
fn is_own(name: &str) -> bool {
    matches!(name, "NODE_ENV" | "MODE" | "DEBUG" | "ANALYZE" | "CI" | "WEBPACK_SERVE" | "PORT")
        || name.starts_with("npm_")
}

/// The configurations of the bundlers that the build runs.
pub(crate) fn configs(app: &App) -> Result<Vec<Config>> {
    let mut all: Vec<Config> = Vec::new();
    let commands = app.build_script().map(|name| entry::commands(app, &name)).unwrap_or_default();
    for command in &commands {
        let mut words = command.argv.windows(2);
        let named = words.find(|pair| matches!(pair[0].as_str(), "--config" | "-c"));
        if let Some(pair) = named {
            all.extend(config::read_file(&app.dir, pair[1].trim_start_matches("./"))?);
        }
    }
    for stem in STEMS {
        all.extend(config::read(&app.dir, stem)?);
    }
    let mut seen = BTreeSet::new();
    all.retain(|config| seen.insert(config.path.clone()));
    Ok(all)
}

/// The prefixes in Vite's `envPrefix`.
pub(super) fn prefixes(configs: &[Config]) -> Vec<String> {
    let mut found = Vec::new();
    for config in configs {
        let names = Names::of(&config.tokens);
        let values = names.properties("envPrefix");
        let texts = values.flat_map(|value| value.iter().filter_map(Token::text));
        found.extend(texts.filter(|text| !text.is_empty()).map(str::to_owned));
    }
    found
}

/// The variables to which a configuration itself gives a value: `process.env.NAME = version` or
/// `define: { "import.meta.env.NAME": version }`.
pub(super) fn given(configs: &[Config]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for config in configs {
        for window in config.tokens.windows(7) {
            let env = window[0].is_word("process") && window[2].is_word("env");
            let name = match &window[3] {
                dot if dot.is('.') && window[5].is('=') && !window[6].is('=') => window[4].word(),
                open if open.is('[') && window[6].is('=') => window[4].text(),
                _ => None,
            };
            found.extend(name.filter(|_| env).map(str::to_owned));
        }
        for value in Names::of(&config.tokens).properties("define") {
            for entry in split(value.get(1..value.len().saturating_sub(1)).unwrap_or_default()) {
                let key = entry.first().and_then(Token::text).unwrap_or_default();
                let object = ["import.meta.env.", "process.env."];
                let name = object.iter().find_map(|object| key.strip_prefix(object));
                let reads = entry.iter().any(|token| token.is_word("env"));
                found.extend(name.filter(|_| !reads).map(str::to_owned));
            }
        }
    }
    found
}

/// Vite replaces the whole of `process.env`: its configuration or a plugin says so.
pub(super) fn process_env(app: &App, configs: &[Config]) -> bool {
    const PLUGINS: [&str; 3] =
        ["vite-plugin-environment", "vite-plugin-env-compatible", "vite-plugin-process-env"];
    let defined = |config: &Config| {
        let names = Names::of(&config.tokens);
        let mut values = names.properties("define");
        values.any(|value| {
            let entries = split(value.get(1..value.len().saturating_sub(1)).unwrap_or_default());
            entries.iter().any(|entry| entry.first().and_then(Token::text) == Some("process.env"))
        })
    };
    PLUGINS.iter().any(|plugin| app.package.has(plugin)) || configs.iter().any(defined)
}

/// Every variable that a configuration compiles in.
pub(super) fn named(configs: &[Config]) -> Vec<(Use, Evidence)> {
    let mut found = Vec::new();
    for config in configs {
        let mut add = |name: &str, at: usize, fallback: bool| {
            if !is_own(name) && name.starts_with(|c: char| c.is_ascii_uppercase()) {
                let one = Use { name: name.to_owned(), at, required: false, fallback };
                let note = format!("the build compiles {name} in");
                found.push((one, config.at(at, note)));
            }
        };
        let loaded = loaded(&config.tokens);
        for (index, pair) in config.tokens.windows(2).enumerate() {
            let Some(word) = pair[0].word().filter(|_| pair[1].is('(')) else { continue };
            let arguments = arguments(&config.tokens, index + 1);
            match word {
                "EnvironmentPlugin" => arguments.iter().for_each(|one| environment(one, &mut add)),
                "DefinePlugin" => arguments.iter().for_each(|one| replaced(one, &loaded, &mut add)),
                _ => {}
            }
        }
        for value in Names::of(&config.tokens).properties("define") {
            replaced(value, &loaded, &mut add);
        }
        // The configuration may pass a secret to a plugin, such as a token to upload source maps.
        let mut asked = 0;
        for (index, window) in config.tokens.windows(5).enumerate() {
            let env = window[0].is_word("process") && window[2].is_word("env");
            let Some(name) = window[4].word().filter(|name| env && is_secret_name(name)) else {
                continue;
            };
            asked += 1;
            if asked > MAX_ASKED || !served::alone(&config.tokens, index) {
                add(name, window[0].at, true);
            }
        }
        evaluated(config, &mut add);
    }
    found
}

/// Settings that the build writes into what it makes.
const WRITTEN: [&str; 5] = ["base", "basePath", "assetPrefix", "publicPath", "site"];

/// How many variables of one configuration are read.
const MAX_EVALUATED: usize = 60;

/// Adds the variables that the build reads as it evaluates the configuration: all of Next.js's,
/// which the server does not evaluate again, and those of settings that the pages contain.
fn evaluated(config: &Config, add: &mut impl FnMut(&str, usize, bool)) {
    let tokens = config.tokens.as_slice();
    let whole = config.path.file_name().starts_with("next.config.");
    let mut written: Vec<RangeInclusive<usize>> = Vec::new();
    if !whole {
        let names = Names::of(tokens);
        let values = WRITTEN.iter().flat_map(|key| names.properties(key));
        written.extend(values.filter_map(|value| Some(value.first()?.at..=value.last()?.at)));
    }
    let inside = |at: usize| written.iter().any(|range| range.contains(&at));
    let mut left = MAX_EVALUATED;
    for (index, window) in tokens.windows(5).enumerate() {
        let env = window[0].is_word("process") && window[2].is_word("env") && window[3].is('.');
        let Some(name) = window[4].word().filter(|_| env) else { continue };
        let others = scripted::is_of_others(name) || name.starts_with("SKIP_");
        if others || !(whole || inside(window[0].at)) || served::alone(tokens, index) {
            continue;
        }
        let Some(less) = left.checked_sub(1) else { return };
        left = less;
        let after = tokens.get(index + 5);
        let goes_on =
            after.is_some_and(|next| ['|', '?', '=', '!', '&'].iter().any(|mark| next.is(*mark)));
        let tested = index > 0 && (tokens[index - 1].is('!') || tokens[index - 1].is('('));
        add(name, window[0].at, goes_on || tested);
    }
}

/// Reads `["A", "B"]`, `"A"` or `{ A: "default" }`:
/// <https://webpack.js.org/plugins/environment-plugin/>.
fn environment(argument: &[Token], add: &mut impl FnMut(&str, usize, bool)) {
    let object = argument.first().is_some_and(|token| token.is('{'));
    if object {
        for entry in split(argument.get(1..argument.len() - 1).unwrap_or_default()) {
            let Some(key) = entry.first() else { continue };
            // With `undefined` the plugin warns; `null` says that the variable may be missing.
            let open = entry.get(2).is_some_and(|value| value.is_word("undefined"));
            if let Some(name) = key.word().or(key.text()) {
                add(name, key.at, !open);
            }
        }
    } else {
        for token in argument {
            if let Some(name) = token.text() {
                add(name, token.at, false);
            }
        }
    }
}

/// The names that hold what Vite's `loadEnv` returns: all of it, or one variable each.
/// <https://vite.dev/guide/api-javascript#loadenv>
#[derive(Default)]
struct Loaded<'t> {
    all: BTreeSet<&'t str>,
    variables: BTreeSet<&'t str>,
}

fn loaded(tokens: &[Token]) -> Loaded<'_> {
    let mut found = Loaded::default();
    for (at, window) in tokens.windows(2).enumerate() {
        let called = window[0].is_word("loadEnv") && window[1].is('(');
        let Some(equals) = at.checked_sub(1).filter(|at| called && tokens[*at].is('=')) else {
            continue;
        };
        let Some(before) = equals.checked_sub(1) else { continue };
        if let Some(name) = tokens[before].word() {
            found.all.insert(name);
        } else if tokens[before].is('}') {
            let names = tokens[..before].iter().rev().take_while(|token| !token.is('{'));
            found.variables.extend(names.filter_map(Token::word));
        }
    }
    found
}

/// Finds `process.env.NAME` in the values that replace names in the code, and the variables of
/// `loadEnv`.
fn replaced(object: &[Token], loaded: &Loaded, add: &mut impl FnMut(&str, usize, bool)) {
    for (at, token) in object.iter().enumerate() {
        let Some(word) = token.word() else { continue };
        let member = at > 0 && object[at - 1].is('.');
        let next = |by: usize| object.get(at + by);
        let open = |by: usize| next(by).is_some_and(|t| t.is('|') || t.is('?'));
        if !member && loaded.variables.contains(word) {
            add(word, token.at, open(1));
        } else if !member
            && loaded.all.contains(word)
            && next(1).is_some_and(|t| t.is('.'))
            && let Some(name) = next(2).and_then(Token::word)
        {
            add(name, token.at, open(3));
        }
    }
    for window in object.windows(6) {
        let env = window[0].is_word("process")
            && window[1].is('.')
            && window[2].is_word("env")
            && window[3].is('.');
        if let Some(name) = window[4].word().filter(|_| env) {
            add(name, window[0].at, window[5].is('|') || window[5].is('?'));
        }
    }
}
