//! Settings by key: files of node-config, JSON modules, schemas of convict, factories of Nest,
//! options of command lines.

use super::super::super::App;
use super::super::super::expression::Names;
use super::super::super::token::{Kind, Token, arguments, closing, property};
use super::super::required::is_schema;
use super::flow::{Expression, Flow, Found};
use super::shape::{Chain, body};
use crate::code::is_env_name;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};

/// The value at `keys` of what a call gives.
pub(super) fn of_call<'s>(
    flow: &Flow<'s, '_>,
    call: Expression<'s>,
    keys: &[String],
    steps: u8,
) -> Option<Found> {
    let words: Vec<&str> = call.tokens.iter().filter_map(Token::word).take(4).collect();
    let open = call.tokens.iter().position(|token| token.is('('))?;
    let given = arguments(call.tokens, open);
    let source = &flow.sources[call.file];
    let whole = closing(call.tokens, open) + 1 == call.tokens.len();
    match words.as_slice() {
        ["require", ..] if whole => {
            let named = given.first()?;
            match named {
                [module] => flow.of_module(call.file, module.text()?, keys, steps),
                _ => flow.of_path(call.file, named, keys, steps),
            }
        }
        // <https://github.com/mozilla/node-convict>
        ["convict", ..] => {
            let at = |tokens| Expression { tokens, ..call };
            schema(flow, at(given.first()?), keys)
        }
        ["parseArgs" | "util", ..] if source.imports("util") => {
            let options = property(given.first()?, "options")?;
            let (key, rest) = keys.split_first().filter(|(_, rest)| rest.len() < 2)?;
            let key = if key == "values" { rest.first()? } else { key };
            let default = property(property(options, key)?, "default")?;
            flow.value(Expression { tokens: default, ..call }, &[], steps)
        }
        // What a command line gives: `program.opts()`, `yargs(...).option(...).parse()`.
        [.., "opts" | "parse" | "parseSync" | "argv"] | ["program" | "yargs" | "require", ..]
            if ["commander", "yargs"].iter().any(|name| source.imports(name)) =>
        {
            option(flow, call.file, keys.last()?, steps)
        }
        _ if source.imports("yargs") && words.contains(&"option") => {
            option(flow, call.file, keys.last()?, steps)
        }
        // Nest: `app.get(ConfigService)`.
        [_, "get", "ConfigService", ..] => of_nest(flow, keys, steps),
        _ => None,
    }
}

/// `app.get("port")` after `app.set("port", ...)`, `program.option(...)` of the same object.
pub(super) fn by_set(
    flow: &Flow,
    file: usize,
    name: &str,
    keys: &[String],
    steps: u8,
) -> Option<Found> {
    let [key] = keys else { return None };
    let tokens = flow.sources[file].tokens.as_slice();
    let open = tokens.windows(5).position(|w| {
        w[0].is_word(name)
            && w[1].is('.')
            && w[2].is_word("set")
            && w[3].is('(')
            && w[4].text() == Some(key)
    })? + 3;
    let value = arguments(tokens, open).get(1).copied()?;
    flow.value(Expression { file, tokens: value }, &[], steps)
}

/// `app.get("port")` of Feathers, which reads the files of node-config:
/// <https://feathersjs.com/api/configuration.html>.
pub(super) fn of_feathers(flow: &Flow, file: usize, chain: &Chain) -> Option<Found> {
    let source = &flow.sources[file];
    let reads = || flow.sources.iter().any(|held| held.imports("@feathersjs/configuration"));
    let called = source.tokens.windows(4).any(|w| {
        w[0].kind == chain.root.kind && w[1].is('.') && w[2].is_word("get") && w[3].is('(')
    });
    (!chain.keys.is_empty() && called && reads()).then(|| of_settings(flow.app, &chain.keys))?
}

/// What a list of settings says of a key that an object of a class is asked for:
/// `{ key: "port", envVar: "APP_PORT", default: 80 }`; nothing where two say it.
pub(super) fn of_list<'s>(flow: &Flow<'s, '_>, file: usize, chain: &Chain<'s>) -> Option<Found> {
    let [key] = chain.keys.as_slice() else { return None };
    let made = flow.names[file].value_of(chain.root.word()?)?;
    made.first().filter(|first| first.is_word("new"))?;
    flow.may_read_all()?;
    let mut found = None;
    for source in flow.sources {
        for (at, window) in source.tokens.windows(4).enumerate() {
            let named = window[1].is_word("key") || window[1].is_word("name");
            let asked = named && window[2].is(':') && window[3].text() == Some(key);
            if !asked || !window[0].is('{') {
                continue;
            }
            let entry = &source.tokens[at..=closing(&source.tokens, at)];
            let Some(token) = property(entry, "default").and_then(<[Token]>::first) else {
                continue;
            };
            let Kind::Number(number) = &token.kind else { continue };
            let variable = ["env", "envVar"].into_iter().find_map(|key| property(entry, key));
            let name = variable.and_then(|tokens| tokens.first()?.text());
            let evidence = source.at(token.at, format!("the default of {key}"));
            if found.is_some() {
                return None;
            }
            found = Some(Found::text(&number.to_string(), evidence)?.with_env(name));
        }
    }
    found
}

/// What a schema of the environment says of a variable that its result is asked for: `env.PORT` after
/// `z.object({ PORT: z.coerce.number().default(80) }).parse(process.env)`; nothing where two say it.
pub(super) fn of_environment(flow: &Flow, chain: &Chain) -> Option<Found> {
    let key = chain.keys.last().filter(|key| is_env_name(key))?;
    flow.may_read_all()?;
    let mut found = None;
    for source in flow.sources.iter().filter(|source| is_schema(source)) {
        for value in flow.names_of(source).properties(key) {
            let at = value.windows(2).position(|w| w[0].is_word("default"))?;
            let given = match &value[at + 1] {
                open if open.is('(') => arguments(value, at + 1).first().copied()?,
                _ => value.get(at + 2..)?,
            };
            let token = given.first()?;
            let text = match &token.kind {
                Kind::Number(number) => number.to_string(),
                _ => token.text()?.to_owned(),
            };
            if found.is_some() {
                return None;
            }
            let evidence = source.at(token.at, format!("the default of {key}"));
            found = Some(Found::text(&text, evidence)?.with_env(Some(key)));
        }
    }
    found
}

/// The default of a convict schema, and its variable.
fn schema(flow: &Flow, object: Expression, keys: &[String]) -> Option<Found> {
    let (key, rest) = keys.split_first()?;
    let inner = Expression { tokens: property(object.tokens, key)?, ..object };
    if !rest.is_empty() {
        return schema(flow, inner, rest);
    }
    let default = property(inner.tokens, "default")?;
    let token = default.first().filter(|_| default.len() == 1)?;
    let text = match &token.kind {
        Kind::Number(number) => number.to_string(),
        _ => token.text()?.to_owned(),
    };
    let evidence = flow.sources[object.file].at(token.at, format!("the default of {key}"));
    let env = property(inner.tokens, "env").and_then(|tokens| tokens.first()?.text());
    Some(Found::text(&text, evidence)?.with_env(env))
}

/// The default of an option of a command line.
fn option(flow: &Flow, file: usize, key: &str, steps: u8) -> Option<Found> {
    let tokens = flow.sources[file].tokens.as_slice();
    let at = |tokens| Expression { file, tokens };
    for (index, pair) in tokens.windows(2).enumerate() {
        let called = matches!(pair[0].word(), Some("option" | "default" | "requiredOption"));
        if !called || !pair[1].is('(') {
            continue;
        }
        let given = arguments(tokens, index + 1);
        let Some(name) = given.first().and_then(|one| one.first()?.text()) else { continue };
        let long = name.split([' ', ',', '|']).find_map(|word| word.strip_prefix("--"));
        if name != key && long.map(camel).as_deref() != Some(key) {
            continue;
        }
        let stated = given.iter().skip(1).find_map(|one| property(one, "default"));
        // `.option("-p, --port <n>", "text", "3000")`, `.default("port", 3000)`
        let last = given.last().filter(|_| given.len() > 2 || pair[0].is_word("default"));
        if let Some(value) = stated.or(last.copied()) {
            let flag = long.unwrap_or(name).to_owned();
            return flow
                .value(at(value), &[], steps)
                .map(|found| Found { flag: Some(flag), ..found });
        }
    }
    None
}

/// `--db-port` is `dbPort`.
fn camel(long: &str) -> String {
    let mut parts = long.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut chars = part.chars();
        name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(chars.as_str());
        name
    })
}

/// `registerAs("app", () => ({ port }))`, `ConfigModule.forRoot({ load: [configuration] })`:
/// <https://docs.nestjs.com/techniques/configuration>.
fn of_nest(flow: &Flow, keys: &[String], steps: u8) -> Option<Found> {
    for (file, source) in flow.sources.iter().enumerate() {
        let tokens = source.tokens.as_slice();
        for (index, pair) in tokens.windows(2).enumerate() {
            if !pair[0].is_word("registerAs") || !pair[1].is('(') {
                continue;
            }
            let given = arguments(tokens, index + 1);
            let named = given.first().and_then(|one| one.first()?.text());
            if let Some((first, rest)) = keys.split_first()
                && named == Some(first.as_str())
                && let Some(body) = given.get(1).and_then(|factory| body(factory))
            {
                return flow.value(Expression { file, tokens: body }, rest, steps);
            }
        }
    }
    for (file, source) in flow.sources.iter().enumerate() {
        if !source.imports("@nestjs/config") {
            continue;
        }
        for list in flow.names[file].properties("load") {
            for name in list.iter().filter(|token| token.word().is_some()) {
                let factory = Expression { file, tokens: std::slice::from_ref(name) };
                if let Some(found) = flow.value(factory, keys, steps) {
                    return Some(found);
                }
            }
        }
    }
    // Without one, keys are variables of the environment, with defaults of the schema.
    None
}

/// Files of node-config, the strongest first, with `NODE_ENV=production`:
/// <https://github.com/node-config/node-config/wiki/Configuration-Files>.
pub(super) fn of_settings(app: &App, keys: &[String]) -> Option<Found> {
    const ENDINGS: [&str; 6] = ["json", "json5", "yaml", "yml", "toml", "js"];
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| *key != "default").collect();
    let mut env = None;
    for ending in &ENDINGS[..4] {
        let name = format!("config/custom-environment-variables.{ending}");
        let Ok(Some((_, text))) = app.dir.text(&name) else { continue };
        let item = tree(ending, &text)?;
        env = item.text_at(&keys).map(str::to_owned);
    }
    for stem in ["production", "default"] {
        for ending in ENDINGS {
            let name = format!("config/{stem}.{ending}");
            let Ok(Some((path, text))) = app.dir.text(&name) else { continue };
            let found = if ending == "js" {
                of_script(&path, &text, &keys)
            } else {
                tree(ending, &text).and_then(|item| of_item(&item, &path, &keys))
            };
            if let Some(found) = found {
                return Some(found.with_env(env.as_deref()));
            }
        }
    }
    None
}

/// A JSON module.
pub(super) fn of_json(app: &App, path: &RelPath, keys: &[String]) -> Option<Found> {
    let text = app.dir.repo.text(path).ok().flatten()?;
    let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| *key != "default").collect();
    of_item(&tree("json", &text)?, path, &keys)
}

fn of_item(item: &Item, path: &RelPath, keys: &[&str]) -> Option<Found> {
    let found = item.at(keys)?;
    let note = format!("{} is {}", keys.join("."), found.text()?);
    Found::text(found.text()?, Evidence::at(path, found.line, note))
}

fn of_script(path: &RelPath, text: &str, keys: &[&str]) -> Option<Found> {
    let tokens = super::super::super::token::tokens(text);
    let names = Names::of(&tokens);
    let mut value = names.value_of("exports")?;
    for key in keys {
        value = property(value, key)?;
    }
    let stated = super::super::super::expression::value(value, &[&names]);
    let line = crate::repo::line_at(text, stated.at).unwrap_or(1);
    let note = format!("{} is stated here", keys.join("."));
    let found = Found::text(stated.literal.as_deref()?, Evidence::at(path, line, note))?;
    Some(found.with_env(stated.env.first().map(String::as_str)))
}

fn tree(ending: &str, text: &str) -> Option<Item> {
    match ending {
        "yaml" | "yml" => settings::parse_yaml(text).into_iter().next(),
        "toml" => settings::parse_toml(text),
        _ => settings::parse_json(text),
    }
}
