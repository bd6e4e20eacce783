//! Options of the command line that the program demands, and that its start does not give.

use super::super::launch::Launch;
use super::super::token::{Kind, Token, arguments, closing, property};
use super::{Scan, Source};
use crate::facts::{Evidence, Finding, FindingCode};

/// How many options are named.
const MAX_NAMES: usize = 6;
/// How many options of one file are looked at.
const MAX_OPTIONS: usize = 200;

/// An option that is demanded.
struct Demanded {
    /// Its name, without dashes.
    name: String,
    /// Its short forms, without dashes.
    short: Vec<String>,
    /// The variable that may hold its value.
    variable: Option<String>,
    at: Evidence,
}

/// Adds a finding for options that the start command lacks.
pub(super) fn read(launch: &Launch, sources: &[Source], scan: &mut Scan) {
    let mut lacking: Vec<Demanded> = Vec::new();
    for source in sources {
        let known = ["yargs", "yargs/yargs", "commander", "meow"];
        if !known.iter().any(|library| source.imports(library)) {
            continue;
        }
        // Options of a subcommand are demanded of those who give that one.
        let calls = |pair: &[Token]| pair[0].is_word("command") && pair[1].is('(');
        if source.tokens.windows(2).any(calls) {
            continue;
        }
        let found = demanded(source).into_iter().filter(|option| {
            let env = launch.env.iter().any(|(key, _)| Some(key) == option.variable.as_ref());
            !env && !given(launch, &option.name, &option.short)
                && !lacking.iter().any(|held| held.name == option.name)
        });
        lacking.extend(found.collect::<Vec<_>>());
    }
    let Some(first) = lacking.first() else { return };
    let names: Vec<String> =
        lacking.iter().take(MAX_NAMES).map(|option| format!("--{}", option.name)).collect();
    let mut fix = format!(
        "set the arguments with --args \"--{} ...\", or give them to `docker run IMAGE`",
        first.name
    );
    if let Some(variable) = &first.variable {
        fix = format!("{fix}; `docker run -e {variable}=VALUE` gives the first one too");
    }
    scan.findings.push(
        Finding::new(
            FindingCode::ArgumentsUnknown,
            format!("the program demands {}, which its start command lacks", names.join(", ")),
            lacking.iter().take(4).map(|option| option.at.clone()),
        )
        .with_fix(fix),
    );
}

/// True if the start gives an option, by its name or a short form, both without dashes.
pub(super) fn given(launch: &Launch, name: &str, short: &[String]) -> bool {
    launch.args.iter().any(|word| {
        let flag = word.split('=').next().unwrap_or_default();
        let long = flag.strip_prefix("--").is_some_and(|held| same(held, name));
        long || flag.strip_prefix('-').is_some_and(|f| short.iter().any(|s| f == s))
    })
}

/// `dataDir` and `data-dir` are one option.
fn same(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace('-', "").to_lowercase();
    plain(one) == plain(other)
}

fn demanded(source: &Source) -> Vec<Demanded> {
    let tokens = source.tokens.as_slice();
    let (mut found, mut looked) = (Vec::new(), 0);
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        let called = next.is_some_and(|next| next.is('('));
        match token.word() {
            // yargs, meow: `port: { type: "number", demandOption: true }`
            Some("demandOption" | "demand" | "isRequired")
                if next.is_some_and(|next| next.is(':')) =>
            {
                looked += 1;
                found.extend((looked <= MAX_OPTIONS).then(|| of_object(source, index)).flatten());
            }
            // `.demandOption(["port"])`
            Some("demandOption") if called => {
                let first = arguments(tokens, index + 1).into_iter().next().unwrap_or_default();
                let names = first.iter().filter_map(Token::text);
                found.extend(names.map(|name| Demanded {
                    name: name.to_owned(),
                    short: Vec::new(),
                    variable: None,
                    at: source.at(token.at, format!("demands --{name}")),
                }));
            }
            // commander: `.requiredOption("-p, --port <number>", "where it listens")`
            Some("requiredOption") if called => {
                let args = arguments(tokens, index + 1);
                let literal = |arg: &&[Token]| {
                    matches!(arg, [Token { kind: Kind::Text(_) | Kind::Number(_), .. }])
                };
                // The description is a text; a default comes behind it.
                if args.iter().skip(2).any(|arg| literal(arg) || !is_parser(arg)) {
                    continue;
                }
                let flags = args.first().and_then(|arg| arg.first()).and_then(Token::text);
                found.extend(flags.and_then(|flags| of_flags(source, token, flags, None)));
            }
            // `new Option("-p, --port <number>").env("PORT").makeOptionMandatory()`
            Some("Option") if called => {
                let chain = chain(tokens, closing(tokens, index + 1));
                let has = |name: &str| chain.iter().any(|(held, _)| *held == name);
                if has("makeOptionMandatory") && !has("default") {
                    let args = arguments(tokens, index + 1);
                    let flags = args.first().and_then(|arg| arg.first()).and_then(Token::text);
                    let env = chain.iter().find(|(name, _)| *name == "env").map(|(_, at)| *at);
                    let env = env.and_then(|at| arguments(tokens, at).first()?.first()?.text());
                    found.extend(flags.and_then(|flags| of_flags(source, token, flags, env)));
                }
            }
            _ => {}
        }
    }
    found
}

/// A function that reads the value of an option: `parseInt`, `(v) => Number(v)`.
fn is_parser(arg: &[Token]) -> bool {
    let arrow = arg.windows(2).any(|pair| pair[0].is('=') && pair[1].is('>'));
    let named = |word: &str| word == "function" || word.starts_with("parse") || word == "Number";
    arrow || arg.iter().any(|token| token.word().is_some_and(named))
}

/// The calls behind a bracket that closes, with the places of their own brackets.
fn chain(tokens: &[Token], mut end: usize) -> Vec<(&str, usize)> {
    let mut all = Vec::new();
    while let (Some(dot), Some(name)) = (tokens.get(end + 1), tokens.get(end + 2)) {
        let (true, Some(word)) = (dot.is('.'), name.word()) else { break };
        if !tokens.get(end + 3).is_some_and(|open| open.is('(')) || all.len() > 16 {
            break;
        }
        all.push((word, end + 3));
        end = closing(tokens, end + 3);
    }
    all
}

fn of_flags(
    source: &Source,
    token: &Token,
    flags: &str,
    variable: Option<&str>,
) -> Option<Demanded> {
    let words = || flags.split([' ', ',', '|']).filter(|word| word.starts_with('-'));
    let name = words().find_map(|word| word.strip_prefix("--"))?.to_owned();
    let short = words().filter(|word| !word.starts_with("--"));
    let short = short.map(|word| word.trim_start_matches('-').to_owned()).collect();
    let at = source.at(token.at, format!("demands --{name}"));
    Some(Demanded { name, short, variable: variable.map(str::to_owned), at })
}

/// The option whose object holds the word at `index`, unless it has a default.
fn of_object(source: &Source, index: usize) -> Option<Demanded> {
    let tokens = source.tokens.as_slice();
    if tokens.get(index + 2)?.is_word("false") {
        return None;
    }
    let opens = |at: &usize| tokens[*at].is('{') && closing(tokens, *at) > index;
    let open = (index.saturating_sub(80)..index).rev().find(opens)?;
    let object = tokens.get(open..=closing(tokens, open))?;
    if property(object, "default").is_some() {
        return None;
    }
    // `port: { ... }` or `.option("port", { ... })`
    let name = tokens.get(open.checked_sub(2)?)?;
    let name = name.word().or(name.text())?.to_owned();
    let alias = ["alias", "shortFlag", "aliases"].iter().find_map(|key| property(object, key));
    let short = alias.unwrap_or_default().iter().filter_map(Token::text).map(str::to_owned);
    let note = match tokens.get(index + 2)? {
        value if value.is_word("true") || value.text().is_some() => format!("demands --{name}"),
        _ => format!("demands --{name} under a condition"),
    };
    Some(Demanded {
        name,
        short: short.collect(),
        variable: None,
        at: source.at(tokens[index].at, note),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use crate::repo::Repo;

    fn said(source: &str, args: &str) -> String {
        said_with("{}", source, args)
    }

    /// What the finding says of a program that its start gives these arguments.
    pub(in super::super) fn said_with(manifest: &str, source: &str, args: &str) -> String {
        let repo = Repo::from_files([("package.json", manifest), ("index.js", source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, from) = ("index.js".to_owned(), Some("index.js".to_owned()));
        let args = args.split_whitespace().map(str::to_owned).collect();
        let launch = Launch { file, source: from, args, ..Launch::default() };
        let scan = super::super::read(&app, &launch).unwrap();
        let found = scan.findings.iter().find(|f| f.code.as_str() == "arguments-unknown");
        found.map_or(String::new(), |found| found.what.clone())
    }

    #[test]
    fn a_demanded_option_that_the_start_lacks_is_named() {
        for source in [
            "const y = require('yargs'); y.options({ port: { alias: 'p', demandOption: true } })",
            "const y = require('yargs'); y.option('port', { alias: 'p', demandOption: !set })",
            "const y = require('yargs'); y.alias('p', 'port').demandOption(['port'])",
            "const { program } = require('commander'); program.requiredOption('-p, --port <n>', 'x')",
            "import { Option } from 'commander'; new Option('-p, --port <n>', 'x').makeOptionMandatory()",
            "import meow from 'meow'; meow('', { flags: { port: { isRequired: true } } })",
        ] {
            let what = "the program demands --port, which its start command lacks";
            assert_eq!(said(source, ""), what, "{source}");
            assert_eq!(said(source, "--port 1"), "", "{source}");
            assert_eq!(said(source, "--port=1"), "", "{source}");
        }
        let short =
            "const y = require('yargs'); y.option('port', { alias: 'p', demandOption: true })";
        assert_eq!(said(short, "-p 1"), "");
    }

    #[test]
    fn an_option_with_a_default_or_of_a_subcommand_is_not() {
        for source in [
            "const y = require('yargs'); y.options({ port: { demandOption: true, default: 1 } })",
            "const y = require('yargs'); y.options({ port: { demandOption: false } })",
            "const { program } = require('commander'); program.requiredOption('--port <n>', 'x', '1')",
            "const { program } = require('commander'); program.command('a').requiredOption('--x <n>')",
            "const other = { port: { demandOption: true } }",
        ] {
            assert_eq!(said(source, ""), "", "{source}");
        }
    }
}
