//! Options of command lines: their defaults, asked for by the result of a parser or by the
//! parameters of a command's action.

use std::ops::Range;
use std::rc::Rc;

use super::super::named_programs::receiver;
use super::commands::{ACTIONS, LIBRARIES};
use crate::code::{Call, File, Part, Program, Value};

/// How many calls with one name, and words in a chain, are looked at.
const MAX_CALLS: usize = 64;
const MAX_CHAIN: usize = 12;

/// The value of an option that the action of a command receives:
/// `.action((options) => start(options.port))`.
pub(super) fn of_action(
    program: &Program,
    file: &Rc<File>,
    at: usize,
    keys: &[String],
    steps: u8,
) -> Option<Value> {
    let name = file.word(at);
    let (parameters, own, path) = file.facts().functions_around(at).find_map(|function| {
        let elements = file.elements(function.parameters);
        let path = elements.iter().find_map(|one| key_of(file, one, name))?;
        let named = file.is_word(function.name).then(|| file.word(function.name));
        Some((function.parameters, named, [path, keys.to_vec()].concat()))
    })?;
    let key = path.last()?;
    let around = file.enclosing(parameters).filter(|open| *open > 0);
    if let Some(open) = around.filter(|&open| takes_action(file, open)) {
        return option(program, file, key, &chain(file, open), steps);
    }
    match own {
        Some("handler") => builder(program, file, key, steps)
            .or_else(|| option(program, file, key, &(0..0), steps)),
        // citty: `run({ args })` beside `args: { port: { default: "3000" } }`.
        Some("run") if path.len() == 2 && path[0] == "args" => {
            let options = file.property(around?, "args")?;
            let stated = file.property(options.start, key)?;
            let stated = file.property(stated.start, "default")?;
            Some(stated_default(program, file, stated, key, steps))
        }
        // `.action(start)`
        Some(own) => {
            let named = |call: &Call| {
                let mut given = call.arguments().into_iter();
                let named = given.any(|one| one.len() == 1 && call.file.word(one.start) == own);
                named && takes_action(&call.file, call.open)
            };
            let calls = program.calls_of(&["action", "command"]).take(MAX_CALLS);
            let call = { calls }.find(named)?;
            option(program, &call.file, key, &chain(&call.file, call.open), steps)
        }
        None => None,
    }
}

/// The chain of calls that ends with the one that opens at a position.
fn chain(file: &File, open: usize) -> Range<usize> {
    receiver(file, open.saturating_sub(2)).start..file.closing(open)
}

/// True for the bracket of a call that takes the action of a command.
fn takes_action(file: &File, open: usize) -> bool {
    let name = open.checked_sub(1).map_or("", |at| file.word(at));
    let takes = ACTIONS.contains(&name) || name == "command";
    takes && file.word(open) == "(" && LIBRARIES.iter().any(|library| file.imports_from(library))
}

/// The keys between a parameter and a name that it gives.
fn key_of(file: &File, one: &Range<usize>, name: &str) -> Option<Vec<String>> {
    if file.word(one.start) != "{" {
        return (file.word(one.start) == name).then(Vec::new);
    }
    file.elements(one.start).into_iter().find_map(|part| {
        let renamed = file.word(part.start + 1) == ":";
        let local = part.start + if renamed { 2 } else { 0 };
        if file.word(local) == "{" {
            let inner = key_of(file, &(local..part.end), name)?;
            return Some([vec![file.word(part.start).to_owned()], inner].concat());
        }
        (file.word(local) == name).then(|| vec![file.word(part.start).to_owned()])
    })
}

/// The default in the builder of a module of yargs: `exports.builder = { port: { default: 1 } }`.
fn builder(program: &Program, file: &Rc<File>, key: &str, steps: u8) -> Option<Value> {
    file.facts().definitions_of(file, "builder").iter().take(MAX_CALLS).find_map(|made| {
        let stated = file.property(made.value.start, key)?;
        let stated = file.property(stated.start, "default")?;
        Some(stated_default(program, file, stated, key, steps))
    })
}

/// The default in a range, which a flag overrides.
fn stated_default(
    program: &Program,
    file: &Rc<File>,
    stated: Range<usize>,
    flag: &str,
    steps: u8,
) -> Value {
    let mut value = program.eval(file, stated, steps);
    if let [part] = value.parts.as_mut_slice() {
        part.flag = Some(flag.to_owned());
    }
    value
}

/// The default of a command-line option. Those that are stated in the range `near` come first,
/// because commands may have options of the same name.
pub(super) fn option(
    program: &Program,
    file: &Rc<File>,
    key: &str,
    near: &Range<usize>,
    steps: u8,
) -> Option<Value> {
    let names = ["option", "options", "default", "requiredOption", "Option"];
    let calls = program.calls_of(&names).filter(|call| call.file.path == file.path);
    let calls: Vec<Call> = calls.take(MAX_CALLS).collect();
    let (first, rest): (Vec<Call>, Vec<Call>) =
        calls.into_iter().partition(|call| near.contains(&call.at));
    let mut all = first.iter().chain(&rest);
    all.find_map(|call| stated(program, call, key, steps))
}

/// The default that a call states for the option of that name.
fn stated(program: &Program, call: &Call, key: &str, steps: u8) -> Option<Value> {
    let (file, given) = (&call.file, call.arguments());
    // `.options({ port: { default: 3000 } })` or `.default({ port: 3000 })`
    if file.word(given.first()?.start) == "{" {
        let open = given.first()?.start;
        let stated = if call.name() == "default" {
            file.property(open, key)?
        } else {
            let own = file.property(open, key).or_else(|| {
                let mut all = file.elements(open).into_iter();
                let also = |one: &Range<usize>| {
                    file.word(one.start + 1) == ":" && is_alias(file, one.start + 2, key)
                };
                let one = all.find(also)?;
                Some(one.start + 2..one.end)
            })?;
            file.property(own.start, "default")?
        };
        return Some(stated_default(program, file, stated, key, steps));
    }
    let name = file.string(given.first()?.start)?;
    let long = name.split([' ', ',', '|']).find_map(|word| word.strip_prefix("--"));
    let alias = given.iter().skip(1).any(|one| is_alias(file, one.start, key));
    if name != key && long.map(camel).as_deref() != Some(key) && !alias {
        return None;
    }
    // `new Option("--port <n>").default(3000).env("PORT")`
    if call.name() == "Option" {
        let default = behind(file, call.open, "default");
        let variable = behind(file, call.open, "env");
        let variable = variable.and_then(|one| Some(file.string(one.start)?.into_owned()));
        let text = default.and_then(|one| program.eval(file, one, steps).text());
        let flag = Some(long.unwrap_or(&name).to_owned());
        let evidence = call.evidence(format!("the option --{key}"));
        return Some(Part::setting(text, variable, flag, evidence).into());
    }
    let stated = given.iter().skip(1).find_map(|one| file.property(one.start, "default"));
    // The default follows the name: `.option("-p, --port <n>", "text", "3000")` or
    // `.default("port", 3000)`.
    let last = given.last().filter(|_| given.len() > 2 || call.name() == "default");
    let flag = if alias { key } else { long.unwrap_or(&name) };
    Some(stated_default(program, file, stated.or(last.cloned())?, flag, steps))
}

/// True if the object at a position gives an option that other name.
fn is_alias(file: &File, open: usize, key: &str) -> bool {
    let Some(stated) = file.property(open, "alias").filter(|_| file.word(open) == "{") else {
        return false;
    };
    stated.clone().any(|at| file.string(at).is_some_and(|text| text == key))
}

/// The first argument of a call of that name in the chain behind another call.
fn behind(file: &File, mut open: usize, name: &str) -> Option<Range<usize>> {
    for _ in 0..MAX_CHAIN {
        let dot = file.closing(open) + 1;
        if file.word(dot) != "." || file.word(dot + 2) != "(" {
            return None;
        }
        open = dot + 2;
        if file.word(dot + 1) == name {
            return file.elements(open).into_iter().next();
        }
    }
    None
}

/// `--db-port` becomes `dbPort`.
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

#[cfg(test)]
mod tests {
    use super::super::super::tested::scanned;

    fn port(source: &str) -> Option<u16> {
        let files = [("package.json", "{}"), ("index.js", source)];
        scanned(&files).port.map(|port| port.value)
    }

    #[test]
    fn options_that_an_action_receives_have_their_defaults() {
        let commander = "const { program, Option } = require('commander');\n";
        for source in [
            "program.command('list').option('--port <n>', 'x', '9').action(f);\n\
             program.command('serve').option('-p, --port <n>', 'x', '4500').action((o) => { http.createServer().listen(Number(o.port)) })",
            "program.command('serve').option('--port <n>', 'x', '4500').action(async ({ port }) => { http.createServer().listen(port) })",
            "program.command('serve').option('--port <n>', 'x', '4500').action(serve);\n\
             function serve(options) { http.createServer().listen(options.port) }",
            "program.command('serve').addOption(new Option('--port <n>').env('P').default(4500)).action((o) => app.listen(o.port))",
            "program.command('a').option('--port <n>', 'x', '4500').action((o) => start(o.port));\n\
             function start(port) { app.listen(port) }",
        ] {
            assert_eq!(port(&format!("{commander}{source}")), Some(4500), "{source}");
        }
        for source in [
            "require('yargs').command('serve', 'x', (y) => y.option('port', { default: 4500 }), (argv) => { app.listen(argv.port) }).parse()",
            "require('yargs'); exports.command = 'serve'; exports.builder = { port: { default: 4500 } }; exports.handler = (argv) => { app.listen(argv.port) }",
            "const argv = require('yargs').option('p', { alias: 'port', default: 4500 }).argv; app.listen(argv.port)",
            "const argv = require('yargs').options({ p: { alias: ['port'], default: 4500 } }).argv; app.listen(argv.port)",
            "import { defineCommand } from 'citty'; defineCommand({ args: { port: { default: '4500' } }, run({ args }) { app.listen(Number(args.port)) } })",
            "const cli = require('cac')('x'); cli.command('serve', 'x').option('--port <n>', 'x', { default: 4500 }).action((root, o) => { app.listen(o.port) })",
        ] {
            assert_eq!(port(source), Some(4500), "{source}");
        }
        assert_eq!(
            port("other.action((o) => app.listen(o.port)); x.option('--port <n>', 'x', 1)"),
            None
        );
    }
}
