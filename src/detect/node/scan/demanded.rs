//! Commands of the command line of which the program demands one, and that its start does not give.

use super::super::App;
use super::super::launch::Launch;
use super::super::token::{Kind, Token, arguments, closing, property};
use super::{Scan, Source};
use crate::facts::{Evidence, Finding, FindingCode};

/// How many commands are named.
const MAX_NAMES: usize = 6;

/// How many calls of one file are looked at.
const MAX_CALLS: usize = 200;

/// The first version of commander that stops with its help where a command is missing:
/// <https://github.com/tj/commander.js/blob/master/CHANGELOG.md#500-2020-03-14>.
const COMMANDER_STOPS: u32 = 5;

/// A call `command(...)`.
struct Command {
    /// Its words; empty if they are no text.
    words: Vec<String>,
    open: usize,
    close: usize,
    /// True if it runs when no command is given.
    default: bool,
}

/// Adds a finding if the program stops without a command and the start gives none.
pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    let given = launch.args.iter().any(|word| !word.starts_with('-'));
    // A tool that listens nowhere gets its command from whoever runs it.
    if given || scan.subcommand.is_some() || !scan.listens {
        return;
    }
    let commander = app.package.major("commander").is_some_and(|major| major >= COMMANDER_STOPS);
    let found = sources.iter().find_map(|source| {
        if source.imports("yargs") || source.imports("yargs/yargs") {
            return of_yargs(source);
        }
        (commander && source.imports("commander")).then(|| of_commander(source))?
    });
    let Some((names, at)) = found else { return };
    let quoted: Vec<String> = names.iter().take(MAX_NAMES).map(|n| format!("`{n}`")).collect();
    let (which, example) = match names.first() {
        Some(first) => (format!(": it has {}", quoted.join(", ")), first.as_str()),
        None => (String::new(), "COMMAND"),
    };
    scan.findings.push(
        Finding::new(
            FindingCode::ArgumentsUnknown,
            format!("the program stops without a command, and its start gives none{which}"),
            [at],
        )
        .with_why("a container without arguments prints the usage and ends")
        .with_fix(format!(
            "set the command with --args \"{example} ...\", or give it to `docker run IMAGE`"
        )),
    );
}

/// The commands of yargs, if the program demands one: `.demandCommand()`, `.demand(1)`.
fn of_yargs(source: &Source) -> Option<(Vec<String>, Evidence)> {
    let tokens = source.tokens.as_slice();
    let commands = commands(tokens);
    if commands.iter().any(|command| command.default) {
        return None;
    }
    let inside = |at: usize| commands.iter().any(|held| held.open < at && at < held.close);
    let calls = (1..tokens.len()).filter(|&at| {
        let name = tokens[at].word();
        matches!(name, Some("demandCommand" | "demand")) && tokens[at - 1].is('.')
    });
    let demands = calls.take(MAX_CALLS).find(|&at| {
        if !tokens.get(at + 1).is_some_and(|open| open.is('(')) || inside(at) {
            return false;
        }
        // `.demand("port")` demands an option, and `.demandCommand("text")` a command.
        let args = arguments(tokens, at + 1);
        match args.first().and_then(|first| first.first()).map(|first| &first.kind) {
            Some(Kind::Number(least)) => *least >= 1.0,
            None | Some(Kind::Text(_)) => tokens[at].is_word("demandCommand"),
            Some(_) => false,
        }
    })?;
    let top = commands.iter().filter(|command| !inside(command.open));
    let note = format!("`.{}(..)`", tokens[demands].word().unwrap_or_default());
    Some((names(top), source.at(tokens[demands].at, note)))
}

/// The commands of commander, if the program has neither a default command nor an action.
fn of_commander(source: &Source) -> Option<(Vec<String>, Evidence)> {
    let tokens = source.tokens.as_slice();
    let called = |at: usize| tokens.get(at + 1).is_some_and(|next| next.is('('));
    let is_call = |at: usize, names: &[&str]| {
        at > 0
            && called(at)
            && tokens[at - 1].is('.')
            && names.iter().any(|n| tokens[at].is_word(n))
    };
    let parses = (0..tokens.len()).any(|at| is_call(at, &["parse", "parseAsync"]));
    // `new Command("serve")` may be a command or the program, and `isDefault` makes a command the
    // one that runs. A program that counts its arguments decides by itself.
    let unclear = tokens.iter().enumerate().any(|(at, token)| {
        matches!(token.word(), Some("isDefault" | "addCommand" | "executableFile"))
            || token.is_word("length")
                && tokens[at.saturating_sub(8)..at].iter().any(|t| t.is_word("argv"))
    });
    if !parses || unclear {
        return None;
    }
    let commands = commands(tokens);
    let first = commands.first()?;
    if commands.iter().any(|command| command.words.is_empty() || command.default) {
        return None;
    }
    // Each action follows a command in its own chain; any other may be the program's.
    let mut of_command: Vec<usize> = Vec::new();
    for command in &commands {
        let mut end = command.close;
        for _ in 0..24 {
            let chained = tokens.get(end + 1).is_some_and(|dot| dot.is('.')) && called(end + 2);
            if !chained {
                break;
            }
            of_command.push(end + 2);
            end = closing(tokens, end + 3);
        }
    }
    of_command.sort_unstable();
    let own = (0..tokens.len())
        .any(|at| is_call(at, &["action"]) && of_command.binary_search(&at).is_err());
    if own {
        return None;
    }
    let at = source.at(tokens[first.open].at, "commands, and no default one");
    Some((names(commands.iter()), at))
}

fn names<'c>(commands: impl Iterator<Item = &'c Command>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in commands.filter_map(|command| command.words.first()) {
        if !all.contains(word) {
            all.push(word.clone());
        }
    }
    all
}

fn commands(tokens: &[Token]) -> Vec<Command> {
    let mut all = Vec::new();
    for at in 1..tokens.len().saturating_sub(1) {
        if !(tokens[at].is_word("command") && tokens[at - 1].is('.') && tokens[at + 1].is('(')) {
            continue;
        }
        if all.len() >= MAX_CALLS {
            break;
        }
        let args = arguments(tokens, at + 1);
        let first = args.first().copied().unwrap_or_default();
        let of = match first.first() {
            Some(brace) if brace.is('{') => property(first, "command").unwrap_or_default(),
            _ => first,
        };
        // A list holds the word and its aliases.
        let texts: Vec<&str> = of.iter().filter_map(Token::text).collect();
        let word = |text: &&str| text.split_whitespace().next().map(str::to_owned);
        let words: Vec<String> = texts.iter().filter_map(word).collect();
        let default = words.iter().any(|word| word == "$0" || word == "*");
        all.push(Command { words, open: at + 1, close: closing(tokens, at + 1), default });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::arguments::tests::said_with;

    fn said(source: &str, args: &str) -> String {
        let manifest = r#"{"dependencies": {"yargs": "17", "commander": "^12.0.0"}}"#;
        let serves = "function all() { require('http').createServer().listen(4000); }";
        said_with(manifest, &format!("{serves}\n{source}"), args)
    }

    #[test]
    fn a_demanded_command_that_the_start_lacks_is_named() {
        let what =
            "the program stops without a command, and its start gives none: it has `up`, `down`";
        for source in [
            "require('yargs').command('up', 'x', y => y, a => b(a)).command('down <n>', 'x').demandCommand(1, 'x').argv",
            "require('yargs/yargs')(h).command(['up', 'u'], 'x').command({ command: 'down' }).demandCommand().parse()",
            "require('yargs').command('up', 'x').command('down', 'x').demand(1).argv",
            "const { program } = require('commander'); program.command('up').option('-x').action(a => b(a)); program.command('down').action(b); program.parse()",
        ] {
            assert_eq!(said(source, ""), what, "{source}");
            assert_eq!(said(source, "up"), "", "{source}");
        }
    }

    #[test]
    fn a_program_that_runs_without_a_command_is_not() {
        for source in [
            "require('yargs').command('up', 'x').argv",
            "require('yargs').command('$0', 'x').command('down', 'x').demandCommand().argv",
            "require('yargs').command('up', 'x').demandCommand(0).argv",
            "require('yargs').command('up', 'x', y => y.command('a', 'b').demandCommand()).argv",
            "require('yargs').demand('port').default('port', 1).argv",
            "const { program } = require('commander'); program.command('up').action(b); program.action(c); program.parse()",
            "const { program } = require('commander'); program.command('up', { isDefault: true }).action(b); program.parse()",
            "const { program } = require('commander'); program.option('-x').action(b).parse()",
        ] {
            assert_eq!(said(source, ""), "", "{source}");
        }
    }

    #[test]
    fn repeated_shapes_do_no_harm() {
        for shape in
            [".command(", ".command('a').action(b)", ".demandCommand('", ".action(", "argv.length "]
        {
            said(
                &format!("require('yargs'); require('commander'); x{}.parse()", shape.repeat(4000)),
                "",
            );
        }
    }
}
