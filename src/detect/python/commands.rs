//! Programs with subcommands, which print their help where none is given: argparse, click, typer.

mod arguments;

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::finish::Scene;
use super::options::decorators;
use super::source::Module;
use super::told::{Target, Told};
use super::{ProgramDetails, codes};
use crate::code::{Call, File, Form, Function};
use crate::facts::{Evidence, Finding, Program, Sourced};

/// Subcommands that start a server, likeliest first.
const SERVING: [&str; 12] = [
    "serve",
    "server",
    "runserver",
    "run-server",
    "start-server",
    "run",
    "start",
    "web",
    "webserver",
    "api",
    "up",
    "daemon",
];

/// Maximum number of subcommands, and of modules that are looked through.
const MAX_COMMANDS: usize = 64;
const MAX_MODULES: usize = 12;
const MAX_SAID: usize = 6;

/// Maximum number of words that lead to a subcommand.
const MAX_NESTED: usize = 4;

/// A subcommand.
struct Command {
    /// All words that lead to it: `server run`.
    name: String,
    /// The function of it starts a server.
    serves: bool,
    evidence: Evidence,
}

impl Command {
    fn last(&self) -> &str {
        self.name.rsplit(' ').next().unwrap_or_default()
    }
}

/// The words of a program in lines of the repository: `shop`, `python -m shop`.
fn target(details: &ProgramDetails) -> Option<Target> {
    match details.command.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["python", "-m", module] => Some(Target::Module(module.to_owned())),
        ["python", file] => Some(Target::File(file.to_owned())),
        [command] => Some(Target::Command(command.to_owned())),
        _ => None,
    }
}

impl Scene<'_> {
    /// Chooses the subcommand that serves, or says that one is needed.
    pub(super) fn subcommand(
        &self,
        modules: &[Rc<Module>],
        told: &[Told],
        details: &ProgramDetails,
        program: &mut Program,
    ) {
        let given = program.args.as_ref().map(|args| args.value.clone()).unwrap_or_default();
        if given.split_whitespace().any(|word| !word.starts_with('-')) {
            return;
        }
        let commands = self.commands(modules);
        let Some(first) = commands.first() else {
            program.findings.extend(open_group(modules).map(|at| {
                let what = format!(
                    "`{}` has subcommands that its code adds as it starts, and none of them is chosen",
                    program.name
                );
                let fix = "choose one with its options: --args 'SUBCOMMAND ...'";
                Finding::new(codes::SUBCOMMAND_MISSING, what, [at]).with_fix(fix)
            }));
            return;
        };
        let is = |name: &str| commands.iter().find(|one| one.last() == name);
        let own = target(details);
        let lines = told.iter().filter(|told| Some(&told.target) == own.as_ref());
        let begins = |told: &Told, one: &Command| {
            let mut rest = told.rest.iter();
            one.name.split(' ').all(|word| rest.next().is_some_and(|held| held == word))
        };
        let stated = lines
            .filter_map(|told| Some((commands.iter().find(|one| begins(told, one))?, told)))
            .find(|(one, _)| one.serves || SERVING.contains(&one.last()));
        let mut serving = commands.iter().filter(|one| one.serves);
        let chosen = if let Some((one, told)) = stated {
            Some(Sourced::new(one.name.clone(), told.evidence.clone()))
        } else if let (Some(one), None) = (serving.next(), serving.next()) {
            Some(Sourced::new(one.name.clone(), one.evidence.clone()))
        } else {
            let named = SERVING.iter().find_map(|name| is(name));
            // There is no other one to choose.
            let named = named.or_else(|| commands.first().filter(|_| commands.len() == 1));
            named.map(|one| Sourced::guessed(one.name.clone(), one.evidence.clone()))
        };
        if let Some(mut chosen) = chosen {
            let value = format!("{} {given}", chosen.value);
            value.trim().clone_into(&mut chosen.value);
            program.args = Some(chosen);
            return;
        }
        let names: Vec<&str> =
            commands.iter().take(MAX_SAID).map(|one| one.name.as_str()).collect();
        let what = format!(
            "`{}` has subcommands ({}), and none of them is chosen",
            program.name,
            names.join(", ")
        );
        let fix = format!("choose one with its options: --args '{} ...'", first.name);
        let finding = Finding::new(codes::SUBCOMMAND_MISSING, what, [first.evidence.clone()]);
        program.findings.push(finding.with_fix(fix));
    }

    /// True if the program that begins with the first module has subcommands.
    pub(super) fn has_commands(&self, modules: &[Rc<Module>]) -> bool {
        !self.commands(modules).is_empty()
    }

    /// The subcommands of the program that begins with the first module.
    fn commands(&self, modules: &[Rc<Module>]) -> Vec<Command> {
        let Some(entry) = modules.first() else { return Vec::new() };
        let brings = |module: &Rc<Module>| {
            entry.file.imports.iter().any(|import| import.path == module.name)
        };
        let near = modules.iter().enumerate().filter(|(at, one)| *at == 0 || brings(one));
        for (_, module) in near.take(MAX_MODULES) {
            let mut found = self.decorated(module);
            found.extend(self.added(module, modules));
            found.extend(self.registered(module, modules));
            found.extend(of_argparse(&module.file));
            if found.is_empty() {
                found.extend(self.of_arguments(module));
            }
            if !found.is_empty() {
                found.truncate(MAX_COMMANDS);
                return found;
            }
        }
        Vec::new()
    }

    /// Functions below `@group.command()` of click, and below `@app.command()` of typer.
    fn decorated(&self, module: &Module) -> Vec<Command> {
        let file = &module.file;
        let typer = typers(file);
        let mut found = Vec::new();
        let mut group: Option<String> = None;
        // Groups inside of that one, with the words that lead to each.
        let mut inner: BTreeMap<String, String> = BTreeMap::new();
        let mut open = typer.is_some_and(|(_, alone)| alone);
        for call in file.places("add_typer").iter().filter_map(|&at| Call::at(file, at)) {
            let first = call.arguments().first().map(|range| file.word(range.start));
            let named = call.named("name").and_then(|range| file.string(range.start));
            if let (Some(word), Some(name)) = (first, named)
                && file.import_of(word).is_none()
            {
                let above = inner.get(call.receiver()).map(|above| format!("{above} "));
                inner.insert(word.to_owned(), format!("{}{name}", above.unwrap_or_default()));
            }
        }
        for &at in file.places("def") {
            let Some(function) = file.facts().function_of(file, file.word(at + 1)) else {
                continue;
            };
            for call in decorators(file, function) {
                let invoked = call
                    .named("invoke_without_command")
                    .is_some_and(|range| file.word(range.start) == "True");
                let of = call.receiver();
                match call.name() {
                    "group" if !call.is_method() || of == "click" => {
                        if invoked {
                            return Vec::new();
                        }
                        group.get_or_insert_with(|| file.word(function.name).to_owned());
                    }
                    "callback" if typer.is_some_and(|(name, _)| name == of) => {
                        if invoked {
                            return Vec::new();
                        }
                        open = true;
                    }
                    "command" | "group"
                        if group.as_deref() == Some(of)
                            || inner.contains_key(of)
                            || typer.is_some_and(|(name, _)| name == of) =>
                    {
                        let mut one = self.command(module, function, &call);
                        if let Some(before) = inner.get(of) {
                            one.name = format!("{before} {}", one.name);
                        }
                        if call.name() == "group" && !invoked {
                            // Alone it prints its help, as the program does.
                            inner.insert(file.word(function.name).to_owned(), one.name);
                        } else {
                            found.push(one);
                        }
                    }
                    _ => {}
                }
            }
        }
        // A single command of typer is the program itself.
        if group.is_none() && !open && found.len() < 2 { Vec::new() } else { found }
    }

    /// Commands of click that are made elsewhere: `cli.add_command(serve)`.
    fn registered(&self, module: &Module, modules: &[Rc<Module>]) -> Vec<Command> {
        let file = &module.file;
        let mut all = Vec::new();
        for &at in file.places("add_command").iter().take(MAX_COMMANDS) {
            let Some(call) = Call::at(file, at).filter(Call::is_method) else { continue };
            let arguments = call.arguments();
            let Some(first) = arguments.first().filter(|one| one.len() == 1) else { continue };
            let word = file.word(first.start);
            let import = file.import_of(word);
            let brought = import.and_then(|import| {
                let other = modules.iter().find(|one| one.name == import.path)?;
                Some((&**other, import.export.as_deref()?))
            });
            let (home, name) = match (brought, import) {
                (Some(found), _) => found,
                (None, None) => (module, word),
                (None, Some(_)) => continue,
            };
            let Some(function) = home.file.facts().function_of(&home.file, name) else { continue };
            let calls = decorators(&home.file, function);
            let Some(made) = calls.iter().find(|call| call.name() == "command") else { continue };
            let mut one = self.command(home, function, made);
            if let Some(named) = arguments.get(1).and_then(|range| file.string(range.start)) {
                one.name = named.into_owned();
            }
            all.push(one);
        }
        all
    }

    /// The commands of another typer object: `app.add_typer(server.app, name="server")`.
    fn added(&self, module: &Module, modules: &[Rc<Module>]) -> Vec<Command> {
        let file = &module.file;
        let mut all = Vec::new();
        for &at in file.places("add_typer").iter().take(MAX_MODULES) {
            let Some(call) = Call::at(file, at) else { continue };
            let Some(first) = call.arguments().first().cloned() else { continue };
            let word = call.named("name").and_then(|range| file.string(range.start));
            let import = file.import_of(file.word(first.start));
            let (Some(word), Some(import)) = (word, import) else { continue };
            let Some(other) = modules.iter().find(|one| one.name == import.path) else { continue };
            let Some((name, _)) = typers(&other.file) else { continue };
            for &at in other.file.places("def").iter().take(MAX_COMMANDS) {
                let of = other.file.facts().function_of(&other.file, other.file.word(at + 1));
                let Some(function) = of else { continue };
                let calls = decorators(&other.file, function);
                let mut own =
                    calls.iter().filter(|c| c.name() == "command" && c.receiver() == name);
                if let Some(call) = own.next() {
                    let mut one = self.command(other, function, call);
                    one.name = format!("{word} {}", one.name);
                    all.push(one);
                }
            }
        }
        all
    }

    fn command(&self, module: &Module, function: &Function, call: &Call) -> Command {
        let file = &module.file;
        let first = call.arguments().first().cloned();
        let stated = first.filter(|range| range.len() == 1);
        let stated = stated.and_then(|range| Some(file.string(range.start)?.into_owned()));
        let name = stated.unwrap_or_else(|| file.word(function.name).replace('_', "-"));
        let evidence = file.evidence(function.name, format!("the subcommand {name}"));
        Command { name, serves: self.serves(module, function), evidence }
    }
}

/// The group of click of the program that begins with the first module, if it does nothing without a
/// subcommand, and adds those by names that it puts together.
fn open_group(modules: &[Rc<Module>]) -> Option<Evidence> {
    let entry = modules.first()?;
    let brings =
        |module: &Rc<Module>| entry.file.imports.iter().any(|import| import.path == module.name);
    let near = modules.iter().enumerate().filter(|(at, one)| *at == 0 || brings(one));
    near.take(MAX_MODULES).find_map(|(_, module)| {
        let file = &module.file;
        file.places("def").iter().find_map(|&at| {
            let function = file.facts().function_of(file, file.word(at + 1))?;
            let calls = decorators(file, function);
            let group = calls.iter().find(|call| {
                call.name() == "group" && (!call.is_method() || call.receiver() == "click")
            })?;
            let alone = group.named("invoke_without_command").is_some();
            let name = file.word(function.name);
            let mut adds = file.places("add_command").iter().filter_map(|&at| Call::at(file, at));
            let added = adds.any(|call| call.receiver() == name);
            (added && !alone).then(|| file.evidence(function.name, "a group of subcommands"))
        })
    })
}

/// The object of typer, and true if it holds others: `app.add_typer(users, name="users")`.
fn typers(file: &Rc<File>) -> Option<(&str, bool)> {
    let made = |range: &Range<usize>| {
        range.clone().take(4).filter_map(|at| Call::at(file, at)).any(|c| c.name() == "Typer")
    };
    let all = file.facts().definitions().iter().filter(|d| d.form == Form::Set);
    let name = all.into_iter().find(|d| made(&d.value)).map(|d| file.word(d.name))?;
    Some((name, file.places("add_typer").iter().any(|&at| at > 1 && file.word(at - 2) == name)))
}

/// `parser.add_subparsers(required=True)` with its `add_parser("serve")`, also one inside of another.
fn of_argparse(file: &Rc<File>) -> Vec<Command> {
    let calls = |name: &str| {
        let places = file.places(name).iter().take(MAX_COMMANDS);
        places.filter_map(|&at| Call::at(file, at)).collect::<Vec<_>>()
    };
    // `group.required = True`: before Python 3.7, the call did not take it.
    let set = |name: &str| {
        let mut places = file.places("required").iter().filter(|&&at| at > 1);
        places.any(|&at| {
            let words =
                [file.word(at - 2), file.word(at - 1), file.word(at + 1), file.word(at + 2)];
            words == [name, ".", "=", "True"]
        })
    };
    let variable = |call: &Call| {
        let mut all = file.facts().definitions().iter().filter(|d| d.value.contains(&call.at));
        all.next().map(|d| file.word(d.name))
    };
    let demands = |call: &Call| {
        call.named("required").is_some_and(|range| file.word(range.start) == "True")
            || variable(call).is_some_and(set)
    };
    let groups = calls("add_subparsers");
    // Without `required`, a program may do something all the same; one that prints its help does not.
    let needed = groups.iter().any(demands) || !calls("print_help").is_empty();
    if groups.is_empty() || !needed {
        return Vec::new();
    }
    let parsers: Vec<(Option<&str>, String, Call)> = calls("add_parser")
        .into_iter()
        .flat_map(|call| {
            let names = call.arguments().first().map(|one| listed(file, &call, one.start));
            let entry = |name| (variable(&call), name, call.clone());
            names.unwrap_or_default().into_iter().map(entry).collect::<Vec<_>>()
        })
        .collect();
    // The parser that holds a group, by the variable of the group.
    let holders: BTreeMap<&str, &Call> =
        groups.iter().filter_map(|call| Some((variable(call)?, call))).collect();
    let holds = |name: &str| groups.iter().any(|one| one.receiver() == name && demands(one));
    let mut found = Vec::new();
    for (own, name, call) in &parsers {
        // A parser with subcommands of its own does nothing alone.
        if own.is_some_and(holds) {
            continue;
        }
        let mut words = vec![name.clone()];
        let mut group = call.receiver();
        while words.len() < MAX_NESTED {
            let Some(of) = holders.get(group) else { break };
            let mut above = parsers.iter().filter(|(own, ..)| *own == Some(of.receiver()));
            let Some((_, name, call)) = above.next() else { break };
            words.insert(0, name.clone());
            group = call.receiver();
        }
        let evidence = call.evidence(format!("the subcommand {name}"));
        found.push(Command { name: words.join(" "), serves: false, evidence });
    }
    found
}

/// The names that a call gives to parsers: a text, or those of the list that a loop runs over.
fn listed(file: &Rc<File>, call: &Call, at: usize) -> Vec<String> {
    if let Some(text) = file.string(at) {
        return vec![text.into_owned()];
    }
    let mut loops = file.places("for").iter().rev().filter(|&&one| one < call.at);
    let open =
        loops.find(|&&one| file.word(one + 1) == file.word(at) && file.word(one + 2) == "in");
    let Some(open) = open.map(|one| one + 3) else { return Vec::new() };
    if !matches!(file.word(open), "(" | "[") {
        return Vec::new();
    }
    let texts = file.elements(open).into_iter().take(MAX_COMMANDS);
    texts.filter_map(|one| Some(file.string(one.start)?.into_owned())).collect()
}
