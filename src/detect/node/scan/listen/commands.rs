//! The words of the command line that lead to the command whose action listens:
//! `program.command("serve").action(...)`, `new Command("serve").action(...)`,
//! `yargs.command("serve", "...", {}, handler)`, a module of yargs, `subCommands` of citty, or an
//! object of functions that the program's first argument chooses from.

use std::ops::Range;

use super::super::Source;
use crate::code::File;
use crate::facts::Evidence;

/// Libraries whose commands have these forms.
pub(super) const LIBRARIES: [&str; 8] = [
    "commander",
    "yargs",
    "yargs/yargs",
    "cac",
    "sade",
    "@caporal/core",
    "citty",
    "@commander-js/extra-typings",
];

/// Calls that take the action of a command.
pub(super) const ACTIONS: [&str; 3] = ["action", "handler", "handle"];

/// Maximum number of brackets around a place, and of calls in a chain.
const MAX_AROUND: usize = 48;
const MAX_CHAIN: usize = 24;

/// How many commands may lead to one another, and how many places of one name are looked at.
const MAX_DEPTH: u8 = 4;
const MAX_PLACES: usize = 16;

/// Words of the command line, outermost first, and the place of the last one.
struct Words {
    all: Vec<String>,
    evidence: Evidence,
}

impl Words {
    /// The same words behind those of the command above.
    fn behind(mut self, mut before: Vec<String>) -> Self {
        before.append(&mut self.all);
        self.all = before;
        self
    }
}

/// The words without which the place is not reached. It is in the command's own action, or in a
/// function that the action receives.
pub(super) fn asked(
    sources: &[Source],
    source: &Source,
    open: usize,
) -> Option<(String, Evidence)> {
    let commands = Commands { sources };
    let code = &source.code;
    let here = code.token_at(source.tokens[open].at);
    let found = commands.around(source, here, MAX_DEPTH).or_else(|| {
        let function = code.facts().functions_around(here).find(|f| code.is_word(f.name))?;
        let name = code.word(function.name);
        sources.iter().find_map(|source| {
            let named = source.code.places(name).iter().take(MAX_PLACES);
            let mut named = named.filter(|at| **at != function.name || source.path != code.path);
            named.find_map(|&at| commands.around(source, at, MAX_DEPTH))
        })
    })?;
    Some((found.all.join(" "), found.evidence))
}

/// The commands of a program.
#[derive(Clone, Copy)]
struct Commands<'s> {
    sources: &'s [Source],
}

impl Commands<'_> {
    /// The command in whose action a place stands.
    fn around(self, source: &Source, at: usize, depth: u8) -> Option<Words> {
        let depth = depth.checked_sub(1)?;
        let code = &source.code;
        let uses = |source: &Source| LIBRARIES.iter().any(|name| source.imports(name));
        let (own, any) = (uses(source), self.sources.iter().any(uses));
        let mut inside = at;
        for _ in 0..MAX_AROUND {
            let Some(open) = code.enclosing(inside) else { break };
            inside = open;
            let called = open.checked_sub(1).map_or("", |name| code.word(name));
            let found = match code.word(open) {
                "(" if own && called == "command" => {
                    // A command in the builder of another one.
                    let above = self.around(source, open - 1, depth).map(|words| words.all);
                    word(code, open).map(|word| word.behind(above.unwrap_or_default()))
                }
                "(" if own && ACTIONS.contains(&called) && open > 2 => {
                    self.chained(source, open - 2, depth)
                }
                "{" if any => self.in_object(source, open, depth),
                _ => None,
            };
            let found = found
                .or_else(|| (code.word(open) == "{").then(|| chosen(code, open, at)).flatten());
            if found.is_some() {
                return found;
            }
        }
        any.then(|| exported(source, at)).flatten()
    }

    /// The command at the start of the chain that ends at a dot: `.command("serve").option(...)`.
    fn chained(self, source: &Source, mut dot: usize, depth: u8) -> Option<Words> {
        let depth = depth.checked_sub(1)?;
        let code = &source.code;
        for _ in 0..MAX_CHAIN {
            let last = dot.checked_sub(1)?;
            if code.is_word(last) {
                return self.named(source, last, depth);
            }
            let open = code.opening(last);
            let name = open.checked_sub(1).filter(|_| code.word(open) == "(")?;
            let before = name.checked_sub(1).map_or("", |before| code.word(before));
            match code.word(name) {
                "command" if before == "." => {
                    let above = self.chained(source, name - 1, depth);
                    let above = above.map(|words| words.all).unwrap_or_default();
                    return word(code, open).map(|word| word.behind(above));
                }
                "Command" | "createCommand" => {
                    let first = if before == "new" { name - 1 } else { name };
                    let above = self.added(source, first, depth)?;
                    return word(code, open).map(|word| word.behind(above));
                }
                _ if before != "." => return None,
                _ => dot = name - 1,
            }
        }
        None
    }

    /// The command in the variable at a position.
    fn named(self, source: &Source, at: usize, depth: u8) -> Option<Words> {
        let code = &source.code;
        let all = code.facts().definitions_of(code, code.word(at)).iter().take(MAX_PLACES);
        let mut made = all.filter(|made| made.form.is_variable() && made.name < at);
        let value = made.next_back()?.value.clone();
        self.chained(source, value.end, depth)
    }

    /// The words of the command to which the one that is made at a position is added: none for one
    /// of the program's own. `None` for what is added to nothing, which is the program itself.
    fn added(self, source: &Source, first: usize, depth: u8) -> Option<Vec<String>> {
        let code = &source.code;
        let variable = first.checked_sub(2).filter(|_| code.word(first - 1) == "=");
        let functions = code.facts().functions_around(first).map(|function| function.name);
        let names = variable.into_iter().chain(functions).filter(|at| code.is_word(*at));
        let names: Vec<&str> = names.map(|at| code.word(at)).take(MAX_PLACES).collect();
        for other in self.sources {
            let file = &other.code;
            for &at in file.places("addCommand").iter().take(MAX_PLACES) {
                let argument = at + 2;
                if file.word(at + 1) != "(" || file.word(at.saturating_sub(1)) != "." {
                    continue;
                }
                let word = file.word(argument);
                let import = file
                    .import_of(word)
                    .filter(|import| file.modules.get(&import.path) == Some(&source.path));
                let same = other.path == source.path && names.contains(&word);
                let required = (argument..argument + 4).any(|at| {
                    let text = file.string(at).unwrap_or_default();
                    file.modules.get(text.as_ref()) == Some(&source.path)
                });
                if same || import.is_some() || required {
                    let above = self.chained(other, at - 1, depth).map(|words| words.all);
                    return Some(above.unwrap_or_default());
                }
            }
        }
        // Commands in a list are added in a loop.
        let name = names.first().filter(|_| variable.is_some())?;
        let used = code.places(name).iter();
        let mut used = used.filter(|at| code.word(**at + 1) == ".").map(|at| code.word(at + 2));
        let root = used.any(|method| matches!(method, "parse" | "parseAsync" | "addCommand"));
        let adds = self.sources.iter().any(|one| !one.code.places("addCommand").is_empty());
        (adds && !root).then(Vec::new)
    }

    /// The command that an object describes: a module of yargs, or what citty's `defineCommand`
    /// takes.
    fn in_object(self, source: &Source, open: usize, depth: u8) -> Option<Words> {
        let code = &source.code;
        let called = open.checked_sub(2).filter(|_| code.word(open - 1) == "(");
        if called.is_some_and(|name| code.word(name) == "defineCommand") {
            return self.sub_command(source, called?, depth);
        }
        let handled = code.property(open, "handler").is_some()
            || code.elements(open).iter().any(|one| {
                one.clone().take(2).any(|at| code.word(at) == "handler" && at + 1 < one.end)
            });
        let given = called.is_some_and(|name| code.word(name) == "command");
        let stated = code.property(open, "command").filter(|_| handled && !given)?;
        stated_word(code, stated)
    }

    /// The command of a `defineCommand`: its key among the `subCommands` of another one.
    fn sub_command(self, source: &Source, call: usize, depth: u8) -> Option<Words> {
        let depth = depth.checked_sub(1)?;
        let code = &source.code;
        let variable = call.checked_sub(2).filter(|_| code.word(call - 1) == "=");
        let variable = variable.map(|at| code.word(at));
        for other in self.sources {
            let file = &other.code;
            // The innermost one that holds it comes last.
            for &at in file.places("subCommands").iter().rev().take(MAX_PLACES) {
                if file.word(at + 1) != ":" || file.word(at + 2) != "{" {
                    continue;
                }
                let refers = |one: &Range<usize>| {
                    let same = other.path == source.path;
                    one.contains(&call) && same
                        || one.clone().any(|at| {
                            let word = file.word(at);
                            let import = file.import_of(word).map(|import| import.path.as_str());
                            let text = file.string(at);
                            let module = import.or(text.as_deref());
                            let module = module.and_then(|module| file.modules.get(module));
                            same && Some(word) == variable || !same && module == Some(&source.path)
                        })
                };
                let Some(one) = file.elements(at + 2).into_iter().find(refers) else { continue };
                let key = file.string(one.start);
                let key = key.unwrap_or_else(|| file.word(one.start).into()).into_owned();
                let evidence = file.evidence(one.start, format!("the command `{key}` listens"));
                let above = self.around(other, at, depth).map(|words| words.all);
                let words = Words { all: vec![key], evidence };
                return Some(words.behind(above.unwrap_or_default()));
            }
        }
        None
    }
}

/// The command of a module of yargs, whose handler stands around a place:
/// `exports.command = "serve"`.
fn exported(source: &Source, at: usize) -> Option<Words> {
    let code = &source.code;
    let handler = |at: usize| code.word(at) == "handler";
    code.facts().functions_around(at).find(|function| handler(function.name))?;
    let mut stated = code.facts().definitions_of(code, "command").iter().take(MAX_PLACES);
    stated.find_map(|made| stated_word(code, made.value.clone()))
}

/// The key of the function around a place, in an object from which the program's first argument
/// chooses: `commands[process.argv[2]]()`.
fn chosen(code: &File, open: usize, at: usize) -> Option<Words> {
    let name = open.checked_sub(2).filter(|_| code.word(open - 1) == "=")?;
    let of_argument = |index: Range<usize>| {
        index.clone().any(|at| code.word(at) == "argv" || from_arguments(code, code.word(at)))
    };
    let mut used = code.places(code.word(name)).iter().take(MAX_PLACES);
    used.find(|at| {
        let bracket = **at + 1;
        code.word(bracket) == "[" && of_argument(bracket + 1..code.closing(bracket))
    })?;
    let one = code.elements(open).into_iter().find(|one| one.contains(&at))?;
    let skip = usize::from(code.word(one.start) == "async" && one.len() > 2);
    plain(code, one.start + skip)
}

/// True for a name that takes its value from the arguments: `const [, , name] = process.argv`.
fn from_arguments(code: &File, name: &str) -> bool {
    let reads = |range: Range<usize>| range.clone().any(|at| code.word(at) == "argv");
    let made = code.facts().definitions_of(code, name).iter().take(MAX_PLACES);
    let mut taken = code.places(name).iter().take(MAX_PLACES).filter_map(|&at| {
        let open = code.enclosing(at).filter(|open| code.word(*open) == "[")?;
        let equals = code.closing(open) + 1;
        (code.word(equals) == "=").then_some(equals..equals + 6)
    });
    made.into_iter().any(|made| reads(made.value.clone())) || taken.any(reads)
}

/// The word in `command("serve [port]", ...)` or `command({ command: "serve [port]", ... })`.
fn word(code: &File, open: usize) -> Option<Words> {
    let first = code.elements(open).into_iter().next()?;
    if code.word(first.start) == "{" {
        return stated_word(code, code.property(first.start, "command")?);
    }
    stated_word(code, first)
}

/// The first word of a command's name; none for the command that runs without one: `$0`.
fn stated_word(code: &File, stated: Range<usize>) -> Option<Words> {
    if code.word(stated.start) == "[" {
        let all = code.elements(stated.start);
        let default = |one: &Range<usize>| code.word(one.start).contains("$0");
        let first = all.first().filter(|_| !all.iter().any(default))?;
        return plain(code, first.start);
    }
    code.string(stated.start)?;
    plain(code, stated.start)
}

/// The plain word at a position.
fn plain(code: &File, at: usize) -> Option<Words> {
    let text = code.string(at).unwrap_or_else(|| code.word(at).into());
    let word = text.split_whitespace().next()?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
    let evidence = code.evidence(at, format!("the command `{word}` listens"));
    let words = Words { all: vec![word.to_owned()], evidence };
    word.chars().all(fits).then_some(words)
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    const MANIFEST: &str =
        r#"{"main": "cli.js", "dependencies": {"yargs": "17", "commander": "12", "citty": "0"}}"#;

    fn started(files: &[(&str, &str)]) -> String {
        let repo = Repo::from_files([&[("package.json", MANIFEST)], files].concat());
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = program::all(&app).unwrap();
        assert_eq!(
            found.programs[0].0.port.as_ref().map(|port| port.value),
            Some(6010),
            "{files:?}"
        );
        found.programs[0].1.args.join(" ")
    }

    fn command(text: &str) -> String {
        let run = "function run() { require('http').createServer().listen(6010); }\n";
        started(&[("cli.js", &format!("{run}{text}"))])
    }

    #[test]
    fn commands_of_every_documented_form() {
        for text in [
            "require('yargs').command('serve', 'x', y => y, argv => run(argv)).argv;",
            "const yargs = require('yargs/yargs'); yargs(hideBin(process.argv)).command('serve', 'x', y => y, argv => run(argv)).parse();",
            "const yargs = require('yargs/yargs'); yargs(hideBin(process.argv)).command({ command: 'serve', handler: (argv) => run(argv) }).parse();",
            "const { Command } = require('commander'); const s = new Command('serve').action(() => run()); const p = new Command('wire'); p.addCommand(s); p.parse();",
            "const { Command } = require('commander'); function made() { return new Command('serve').action(() => run()); }\nnew Command('wire').addCommand(made()).parse();",
            "const { defineCommand, runMain } = require('citty'); const serve = defineCommand({ run() { run() } }); runMain(defineCommand({ subCommands: { serve } }));",
            "const [, , name] = process.argv; const all = { serve() { run() }, list() {} }; all[name]();",
            "const all = { serve: () => run(), list() {} }; all[process.argv[2]]();",
        ] {
            assert_eq!(command(text), "serve", "{text}");
        }
        for text in [
            "const { Command } = require('commander'); new Command('wire').action(() => run()).parse();",
            "const { Command } = require('commander'); new Command('wire').addCommand(other).action(() => run()).parse();",
            "require('yargs').command(['serve', '$0'], 'x', y => y, argv => run(argv)).argv;",
            "const all = { serve: () => run(), list() {} }; all[other]();",
        ] {
            assert_eq!(command(text), "", "{text}");
        }
    }

    #[test]
    fn commands_of_commands_have_all_their_words() {
        for text in [
            "const { program } = require('commander'); const server = program.command('server').description('x'); server.command('start').action(() => run()); program.parse();",
            "const { program } = require('commander'); program.command('server').command('start').action(() => run());",
            "const { Command } = require('commander'); const a = new Command('server'); const b = new Command('start').action(() => run()); a.addCommand(b); const p = new Command('x'); p.addCommand(a); p.parse();",
            "require('yargs').command('server', 'x', (y) => y.command('start', 'x', {}, () => { run() })).parse()",
            "const { defineCommand } = require('citty'); defineCommand({ subCommands: { server: defineCommand({ subCommands: { start: defineCommand({ run() { run() } }) } }) } });",
        ] {
            assert_eq!(command(text), "server start", "{text}");
        }
    }

    #[test]
    fn commands_in_files_of_their_own_are_found() {
        let run = "require('http').createServer().listen(6010)";
        for (cli, serve) in [
            (
                "require('yargs').command(require('./serve')).parse()",
                "exports.command = 'serve [dir]'; exports.handler = (argv) => { RUN };",
            ),
            (
                "require('yargs').command(require('./serve')).parse()",
                "module.exports = { command: 'serve', handler(argv) { RUN } };",
            ),
            (
                "const { program } = require('commander'); const { serve } = require('./serve'); program.addCommand(serve); program.parse();",
                "const { Command } = require('commander'); exports.serve = new Command('serve').action(() => { RUN });",
            ),
            (
                "import { runMain, defineCommand } from 'citty'; runMain(defineCommand({ subCommands: { serve: () => import('./serve.js').then(r => r.default) } }));",
                "import { defineCommand } from 'citty'; export default defineCommand({ run() { RUN } });",
            ),
        ] {
            let serve = serve.replace("RUN", run);
            assert_eq!(started(&[("cli.js", cli), ("serve.js", &serve)]), "serve", "{serve}");
        }
    }
}
