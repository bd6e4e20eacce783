//! The command of a command-line library whose action listens:
//! `program.command("serve").action(...)`, `new Command("serve").action(...)` or
//! `yargs.command("serve", "...", {}, handler)`.

use super::super::super::token::{Token, arguments, closing, property};
use super::super::Source;

/// Libraries whose commands have these forms.
const LIBRARIES: [&str; 6] = ["commander", "yargs", "yargs/yargs", "cac", "sade", "@caporal/core"];

/// Calls that take the action of a command.
const ACTIONS: [&str; 3] = ["action", "handler", "handle"];

/// How many tokens before a place are read.
const MAX_TOKENS: usize = 2000;

/// The word of the command to which a place belongs, and its byte offset. The place is in the
/// command's own action, or in a function that the action receives.
pub(super) fn asked<'s>(
    sources: &'s [Source],
    source: &'s Source,
    open: usize,
) -> Option<(&'s Source, String, usize)> {
    let uses = |source: &Source| LIBRARIES.iter().any(|library| source.imports(library));
    if uses(source)
        && let Some((word, at)) = around(&source.tokens, open)
    {
        return Some((source, word, at));
    }
    let here = source.code.token_at(source.tokens[open].at);
    let function = source.code.facts().function_at(here)?;
    let name = source.code.word(function.name);
    sources.iter().filter(|source| uses(source)).find_map(|source| {
        let named = (0..source.tokens.len()).filter(|&at| source.tokens[at].is_word(name));
        let (word, at) = named.take(8).find_map(|at| around(&source.tokens, at))?;
        Some((source, word, at))
    })
}

fn around(tokens: &[Token], open: usize) -> Option<(String, usize)> {
    for at in (0..open).rev().take(MAX_TOKENS) {
        if !tokens[at].is('(') || closing(tokens, at) < open {
            continue;
        }
        let name = at.checked_sub(1).and_then(|at| tokens[at].word()).unwrap_or_default();
        if name == "command" {
            return word(tokens, at);
        }
        if ACTIONS.contains(&name) {
            return chained(tokens, at.checked_sub(2)?);
        }
    }
    None
}

/// The command at the start of the chain that ends at a dot: `.command("serve").option(...)`.
fn chained(tokens: &[Token], mut dot: usize) -> Option<(String, usize)> {
    for _ in 0..24 {
        let close = dot.checked_sub(1).filter(|at| tokens[*at].is(')'))?;
        let opens = |at: &usize| tokens[*at].is('(') && closing(tokens, *at) == close;
        let open = (0..close).rev().take(MAX_TOKENS).find(opens)?;
        let name = open.checked_sub(1)?;
        if tokens[name].is_word("command") {
            return word(tokens, open);
        }
        // The root has a name too, and only a command is added to another one.
        if tokens[name].is_word("Command") && tokens[name.checked_sub(1)?].is_word("new") {
            let added = tokens.iter().any(|token| token.is_word("addCommand"));
            return added.then(|| word(tokens, open)).flatten();
        }
        if tokens[name].is_word("addCommand") {
            return None;
        }
        dot = name.checked_sub(1).filter(|at| tokens[*at].is('.'))?;
    }
    None
}

/// The word in `command("serve [port]", ...)` or `command({ command: "serve [port]", ... })`.
fn word(tokens: &[Token], open: usize) -> Option<(String, usize)> {
    let args = arguments(tokens, open);
    let object = args.first()?;
    let first = match object.first()? {
        brace if brace.is('{') => property(object, "command")?.first()?,
        first => first,
    };
    let word = first.text()?.split_whitespace().next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    word.chars().all(plain).then(|| (word.to_owned(), first.at))
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    fn command(text: &str) -> Option<String> {
        let manifest = r#"{"main": "cli.js", "dependencies": {"yargs": "17", "commander": "12"}}"#;
        let run = "function run() { require('http').createServer().listen(6010); }\n";
        let repo =
            Repo::from_files([("package.json", manifest), ("cli.js", &format!("{run}{text}"))]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = program::all(&app).unwrap();
        assert_eq!(found.programs[0].0.port.as_ref().map(|port| port.value), Some(6010), "{text}");
        let (_, launch) = &found.programs[0];
        launch.args.first().cloned()
    }

    #[test]
    fn commands_of_every_documented_form() {
        for text in [
            "require('yargs').command('serve', 'x', y => y, argv => run(argv)).argv;",
            "const yargs = require('yargs/yargs'); yargs(hideBin(process.argv)).command('serve', 'x', y => y, argv => run(argv)).parse();",
            "const yargs = require('yargs/yargs'); yargs(hideBin(process.argv)).command({ command: 'serve', handler: (argv) => run(argv) }).parse();",
            "const { Command } = require('commander'); const s = new Command('serve').action(() => run()); const p = new Command('wire'); p.addCommand(s); p.parse();",
        ] {
            assert_eq!(command(text).as_deref(), Some("serve"), "{text}");
        }
        for text in [
            "const { Command } = require('commander'); new Command('wire').action(() => run()).parse();",
            "const { Command } = require('commander'); new Command('wire').addCommand(other).action(() => run()).parse();",
        ] {
            assert_eq!(command(text), None, "{text}");
        }
    }
}
