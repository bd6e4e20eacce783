//! Arguments that the command line of a program demands: without them it prints its usage and ends.

use std::ops::Range;
use std::rc::Rc;

use super::finish::Scene;
use super::listen::is_reached;
use super::options::decorators;
use super::source::Module;
use crate::code::{Call, File, Function};
use crate::facts::{Evidence, Finding, FindingCode, Program};

/// Maximum number of calls of one name, of modules, and of functions that a parser is passed to.
const MAX_CALLS: usize = 128;
const MAX_MODULES: usize = 12;
const MAX_PASSED: u8 = 3;
const MAX_SAID: usize = 4;

/// An argument without which the program ends.
struct Demand {
    /// The option, `--directory`, or the name of a word: `CONFIG`.
    name: String,
    evidence: Evidence,
}

/// The variable that holds a parser, in a function or outside of all.
#[derive(Clone)]
struct Parser {
    file: Rc<File>,
    variable: String,
    /// The place of the function's name.
    function: Option<usize>,
}

impl Scene<'_> {
    /// Says which arguments the program demands that its command line does not give.
    pub(super) fn demanded(&self, modules: &[Rc<Module>], program: &mut Program) {
        if program.findings.iter().any(|held| held.code == FindingCode::ArgumentsUnknown) {
            return;
        }
        let given = program.args.as_ref().map(|args| args.value.clone()).unwrap_or_default();
        let words: Vec<&str> = given.split_whitespace().collect();
        let plain = words.iter().copied().filter(|word| !word.starts_with('-')).collect::<Vec<_>>();
        let scripts = self.app.project.scripts.iter();
        let script = scripts.filter(|script| script.name == program.id).find_map(|script| {
            let (_, function) = script.target.split_once(':')?;
            Some(function.trim().to_owned())
        });
        let near: Vec<&Rc<Module>> = near(modules).collect();
        let mut found = Vec::new();
        let mut subcommand = false;
        for module in &near {
            for parser in parsers(module, modules, script.as_deref(), &plain) {
                subcommand |= parser.1;
                demands(&parser.0, modules, MAX_PASSED, &mut found);
            }
        }
        if let Some(module) = modules.first().filter(|_| !subcommand)
            && let Some(function) = command_of(&module.file, script.as_deref())
            && !self.has_commands(modules)
        {
            let calls = decorators(&module.file, function);
            found.extend(calls.iter().rev().filter_map(of_decorator));
            found.extend(of_typer(&module.file, function));
        }
        // The first plain words are the subcommand; those behind them may be what is demanded.
        let spare = plain.len() > usize::from(subcommand);
        found.retain(|one| {
            if one.name.starts_with('-') {
                !words.iter().any(|word| word.split('=').next() == Some(one.name.as_str()))
            } else {
                !spare
            }
        });
        found.dedup_by(|a, b| a.name == b.name);
        let Some(first) = found.first() else { return };
        let names: Vec<&str> = found.iter().take(MAX_SAID).map(|one| one.name.as_str()).collect();
        let what = format!(
            "`{}` demands {}, which its command line does not give",
            program.name,
            names.join(", ")
        );
        let like = format!(
            "{given} {}{}",
            first.name,
            if first.name.starts_with('-') { " ..." } else { "" }
        );
        let fix = format!("set the arguments with --args '{}'", like.trim());
        let evidence = found.iter().take(MAX_SAID).map(|one| one.evidence.clone());
        let finding = Finding::new(FindingCode::ArgumentsUnknown, what, evidence);
        program.findings.push(finding.with_fix(fix));
    }
}

/// The module that a program begins with, and those that it imports itself.
fn near(modules: &[Rc<Module>]) -> impl Iterator<Item = &Rc<Module>> {
    let brings = |module: &Rc<Module>| {
        let mut first = modules.iter().take(1);
        first.any(|entry| {
            entry.file.imports.iter().any(|import| {
                import.path == module.name
                    || module.name.rsplit_once('.').is_some_and(|(package, name)| {
                        import.path == package && import.export.as_deref() == Some(name)
                    })
            })
        })
    };
    modules
        .iter()
        .enumerate()
        .filter(move |(at, one)| *at == 0 || brings(one))
        .map(|(_, one)| one)
        .take(MAX_MODULES)
}

fn calls<'f>(file: &'f Rc<File>, name: &str) -> impl Iterator<Item = Call> + use<'f> {
    file.places(name).iter().take(MAX_CALLS).filter_map(|&at| Call::at(file, at))
}

/// The parsers of a module that the program reads its command line with: the main ones, and that of
/// the chosen subcommand, which is marked.
fn parsers(
    module: &Module,
    modules: &[Rc<Module>],
    script: Option<&str>,
    words: &[&str],
) -> Vec<(Parser, bool)> {
    let file = &module.file;
    let entry = modules.first().is_some_and(|first| first.file.path == file.path);
    let main = calls(file, "ArgumentParser").map(|call| (call, false));
    let chosen = calls(file, "add_parser").filter(|call| {
        let first = call.arguments().first().and_then(|one| file.string(one.start));
        first.is_some_and(|name| words.contains(&&*name))
    });
    let mut found = Vec::new();
    for (call, of_command) in main.chain(chosen.map(|call| (call, true))) {
        let function = file.facts().function_at(call.at);
        let runs = match (entry, &function) {
            (true, None) => true,
            (true, Some(one)) => {
                let name = file.word(one.name);
                script == Some(name) || is_called(file, one)
            }
            // Another module's own command line is not the program's.
            (false, None) => of_command,
            (false, Some(one)) => {
                let name = file.word(one.name);
                let named = modules.first().is_some_and(|first| {
                    first.file.places(name).iter().any(|&at| first.file.word(at + 1) == "(")
                });
                named && is_reached(&call)
            }
        };
        let made = file.facts().definitions().iter().find(|d| d.value.contains(&call.at));
        let Some(made) = made.filter(|_| runs) else { continue };
        found.push((
            Parser {
                file: file.clone(),
                variable: file.word(made.name).to_owned(),
                function: function.map(|one| one.name),
            },
            of_command,
        ));
    }
    found
}

/// True if the module calls the function outside of its own body.
fn is_called(file: &File, function: &Function) -> bool {
    let mut uses = file.places(file.word(function.name)).iter();
    uses.any(|&at| at != function.name && file.word(at + 1) == "(" && !function.range.contains(&at))
}

/// What a parser demands, also by functions that it is passed to.
fn demands(parser: &Parser, modules: &[Rc<Module>], steps: u8, into: &mut Vec<Demand>) {
    let file = &parser.file;
    let here = |at: usize| file.facts().function_at(at).map(|one| one.name) == parser.function;
    // Groups of the parser only order its help.
    let groups: Vec<&str> = calls(file, "add_argument_group")
        .filter(|call| here(call.at) && call.receiver() == parser.variable)
        .filter_map(|call| {
            let mut all = file.facts().definitions().iter();
            all.find(|d| d.value.contains(&call.at)).map(|d| file.word(d.name))
        })
        .collect();
    for call in calls(file, "add_argument").filter(|call| here(call.at)) {
        let of = call.receiver();
        if of == parser.variable || groups.contains(&of) {
            into.extend(demand(&call));
        }
    }
    let Some(steps) = steps.checked_sub(1) else { return };
    for &at in file.places(&parser.variable).iter().take(MAX_CALLS).filter(|&&at| here(at)) {
        let alone = matches!(file.word(at + 1), "," | ")")
            && at.checked_sub(1).is_some_and(|before| matches!(file.word(before), "," | "("));
        let open = file.enclosing(at).filter(|&open| alone && file.word(open) == "(");
        let Some(call) = open.and_then(|open| Call::at(file, open.checked_sub(1)?)) else {
            continue;
        };
        let place = call.arguments().iter().position(|one| one.start == at && one.len() == 1);
        let Some((home, function)) = place.and(called(&call, modules)) else { continue };
        let parameters = home.elements(function.parameters);
        let Some(parameter) = place.and_then(|place| parameters.get(place)) else { continue };
        let next = Parser {
            variable: home.word(parameter.start).to_owned(),
            function: Some(function.name),
            file: home.clone(),
        };
        demands(&next, modules, steps, into);
    }
}

/// The function that a call is of, with its file.
fn called<'m>(call: &Call, modules: &'m [Rc<Module>]) -> Option<(&'m Rc<File>, &'m Function)> {
    let full = call.file.dotted(call.at);
    let (home, name) = match full.as_deref().and_then(|full| full.rsplit_once('.')) {
        Some((of, name)) => (modules.iter().find(|one| one.name == of)?, name),
        None if call.is_method() => return None,
        None => (modules.iter().find(|one| one.file.path == call.file.path)?, call.name()),
    };
    Some((&home.file, home.file.facts().function_of(&home.file, name)?))
}

/// What one `add_argument` demands.
fn demand(call: &Call) -> Option<Demand> {
    let file = &call.file;
    let names: Vec<String> = call
        .arguments()
        .into_iter()
        .take_while(|one| one.len() == 1)
        .filter_map(|one| Some(file.string(one.start)?.into_owned()))
        .collect();
    let first = names.first()?;
    let text = |name: &str| call.named(name).and_then(|range| file.string(range.start));
    let name = if first.starts_with('-') {
        let required = call
            .named("required")
            .is_some_and(|range| range.len() == 1 && file.word(range.start) == "True");
        if !required {
            return None;
        }
        names.iter().find(|name| name.starts_with("--")).unwrap_or(first).clone()
    } else {
        let optional = text("nargs").is_some_and(|nargs| matches!(&*nargs, "?" | "*"));
        // What is computed may be optional.
        let open = call.named("nargs").is_some() && text("nargs").is_none_or(|n| n != "+");
        let action = text("action").is_some_and(|action| action != "store");
        if optional || open || action || call.named("default").is_some() {
            return None;
        }
        first.to_uppercase().replace('-', "_")
    };
    Some(Demand { evidence: call.evidence(format!("demands {name}")), name })
}

/// The only command of a module that click or typer runs.
fn command_of<'f>(file: &'f Rc<File>, script: Option<&str>) -> Option<&'f Function> {
    if !file.imports_module("click") && !file.imports_module("typer") {
        return None;
    }
    let run = |name: &str| {
        let mut runs = calls(file, "run").filter(|call| call.is_in("typer"));
        runs.any(|call| file.word(call.open + 1) == name)
    };
    let functions = file.places("def").iter().take(MAX_CALLS);
    let mut functions = functions.filter_map(|&at| {
        let name = file.word(at + 1);
        let function = file.facts().function_of(file, name)?;
        let decorated = decorators(file, function).iter().any(|call| call.name() == "command");
        let own = script == Some(name) || script.is_none() && is_called(file, function);
        (run(name) || decorated && own).then_some(function)
    });
    functions.next()
}

/// `config: Path`, `config: Annotated[Path, typer.Option()]`, `config: Path = typer.Argument(...)`
fn of_typer(file: &Rc<File>, function: &Function) -> Vec<Demand> {
    if !file.imports_module("typer") {
        return Vec::new();
    }
    let demand = |one: Range<usize>| {
        let has = |word: &str| one.clone().any(|at| file.word(at) == word);
        let typed = file.word(one.start + 1) == ":";
        let made = one.clone().filter_map(|at| Call::at(file, at));
        let made = made.into_iter().find(|call| matches!(call.name(), "Option" | "Argument"));
        let open = made.as_ref().is_some_and(|call| {
            let first = call.arguments().into_iter().next();
            first.is_some_and(|one| file.word(one.start).starts_with('.'))
        });
        let equals = one
            .clone()
            .find(|&at| file.word(at) == "=" && file.enclosing(at) == Some(function.parameters));
        let given = has("Context") || has("envvar") || has("default_factory") || has("prompt");
        if !typed || given || equals.is_some() && !open {
            return None;
        }
        let word = file.word(one.start);
        let option = made.is_some_and(|call| call.name() == "Option");
        let name =
            if option { format!("--{}", word.replace('_', "-")) } else { word.to_uppercase() };
        Some(Demand { evidence: file.evidence(one.start, format!("demands {name}")), name })
    };
    file.elements(function.parameters).into_iter().filter_map(demand).collect()
}

/// `@click.argument("config")`, `@click.option("--config", required=True)`
fn of_decorator(call: &Call) -> Option<Demand> {
    let file = &call.file;
    let is = |name: &str, word: &str| {
        call.named(name).is_some_and(|range| range.len() == 1 && file.word(range.start) == word)
    };
    if ["default", "envvar", "prompt", "nargs"].iter().any(|name| call.named(name).is_some()) {
        return None;
    }
    let mut names = call.arguments().into_iter().take_while(|one| one.len() == 1);
    let name = match call.name() {
        "argument" if !is("required", "False") => {
            let name = file.string(names.next()?.start)?;
            name.to_uppercase().replace('-', "_")
        }
        "option" if is("required", "True") => {
            let names = names.filter_map(|one| Some(file.string(one.start)?.into_owned()));
            names.into_iter().find(|name| name.starts_with("--"))?
        }
        _ => return None,
    };
    Some(Demand { evidence: call.evidence(format!("demands {name}")), name })
}
