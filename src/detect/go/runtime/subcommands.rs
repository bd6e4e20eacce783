//! Subcommands: which library parses them, and whether one of them is clearly the server.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::World;
use super::reach::Reach;
use crate::code::facts::Definition;
use crate::code::{File, Form};
use crate::facts::{Evidence, Sourced};

mod dispatch;
mod docopt;
mod positions;
mod tagged;

use dispatch::Dispatched;
pub(super) use dispatch::open;
pub(super) use docopt::lacking;

/// Names of subcommands that serve, likeliest first.
const SERVING: [&str; 10] = [
    "serve",
    "server",
    "start",
    "run",
    "web",
    "api",
    "daemon",
    "http",
    "run-server",
    "start-server",
];

/// How many commands are read, which bounds the work on generated code.
const MAX_COMMANDS: usize = 200;

/// Fields that hold the code of a command.
const RUNS: [&str; 4] = ["Run", "RunE", "Action", "Exec"];

/// The module of `ff` and `ffcli`.
const FF: &str = "github.com/peterbourgon/ff";

/// The name of a program's own way to choose.
const OWN: &str = "os.Args";

/// How deep commands nest. The limit also ends a circle.
const MAX_LEVELS: usize = 8;

/// What is known of a program's subcommands.
#[derive(Debug, Default)]
pub(super) struct Subcommands {
    pub(super) library: Option<Sourced<String>>,
    /// The subcommand that serves, if it needs no further argument.
    pub(super) serving: Option<Sourced<String>>,
    /// The subcommand that serves, if it needs an argument to start.
    pub(super) wanting: Option<Sourced<String>>,
    /// The variable, with its value, that makes the program serve.
    pub(super) set: Option<(String, Sourced<String>)>,
    /// Commands of which one is demanded, where none is the likeliest.
    pub(super) open: Vec<(String, Evidence)>,
    /// All commands that are literals.
    pub(super) commands: Vec<Command>,
    /// The indices of the one that serves and of those above it.
    pub(super) started: Vec<usize>,
}

/// A literal that declares a command.
#[derive(Debug)]
pub(super) struct Command {
    name: String,
    /// The index of the file, and the position of the literal's opening brace.
    pub(super) file: usize,
    pub(super) open: usize,
    /// The names by which other code refers to the command: a variable, or the function that
    /// returns it.
    pub(super) names: Vec<String>,
    evidence: Evidence,
    /// True if it needs an argument.
    wanting: bool,
    /// True if it has code of its own to run.
    acts: bool,
    /// The code that it runs.
    run: Option<Range<usize>>,
    /// True if it is the program itself.
    pub(super) program: bool,
    /// True if the program is an `App`, so that no command without a parent is the program.
    of_app: bool,
    parent: Option<usize>,
}

/// Finds the library that parses subcommands, and the subcommand that serves.
pub(super) fn subcommands(world: &World) -> Subcommands {
    let mut found = Subcommands { library: library(world), ..Subcommands::default() };
    let commands = commands(world);
    let reach = Reach::new(world);
    if found.library.as_ref().is_none_or(|library| library.value == OWN) {
        match dispatch::dispatched(world, &reach) {
            Some(Dispatched::Serving(name, at)) => {
                let own = Sourced::new(OWN.to_owned(), at.clone());
                found.library.get_or_insert(own);
                found.serving = Some(Sourced::new(name, at));
            }
            Some(Dispatched::Set(variable, name, at)) => {
                found.set = Some((variable, Sourced::new(name, at)));
            }
            Some(Dispatched::Open(all)) => found.open = all,
            None => {}
        }
        if found.serving.is_some() || found.set.is_some() || !found.open.is_empty() {
            found.commands = commands;
            return found;
        }
    }
    if found.library.is_none() {
        found.commands = commands;
        return found;
    }
    let files: Vec<&Rc<File>> = world.code.files().collect();
    let listens = |command: &Command| {
        command.run.clone().is_some_and(|run| reach.leads(files[command.file], run))
    };
    let by_name = |path: &[String]| path.iter().all(|name| SERVING.contains(&name.as_str()));
    let (mut serving, mut others) = (cases(world), Vec::new());
    for library in &tagged::TAGGED {
        serving.extend(tagged::tagged(world, &reach, library));
    }
    serving.extend(tagged::kingpin(world, &reach));
    serving.extend(docopt::serving(world, &reach));
    for (path, command) in startable(&commands) {
        let one = (path, command.evidence.clone(), command.wanting);
        if by_name(&one.0) {
            serving.push(one);
        } else if listens(command) {
            others.push(one);
        }
    }
    // No name stands for serving. The one command whose code listens is taken, unless the program
    // listens without a command.
    let roots = roots(&commands);
    if serving.is_empty() && others.len() == 1 && !roots.into_iter().any(listens) {
        serving = others;
    }
    serving.sort_by_key(|(path, _, _)| {
        let known = |name: &String| SERVING.iter().position(|serving| serving == name);
        path.iter().filter_map(known).min().unwrap_or(SERVING.len())
    });
    if let Some((first, _, _)) = serving.first() {
        let one = startable(&commands).into_iter().find(|(path, _)| path == first);
        let one = one.and_then(|(_, one)| commands.iter().position(|held| std::ptr::eq(held, one)));
        let above = |&number: &usize| commands[number].parent;
        found.started = std::iter::successors(one, above).take(MAX_LEVELS).collect();
    }
    for (path, evidence, wanting) in serving {
        let slot = if wanting { &mut found.wanting } else { &mut found.serving };
        slot.get_or_insert_with(|| Sourced::new(path.join(" "), evidence));
    }
    found.commands = commands;
    found
}

/// The code of the commands that the image does not start. Nothing is known of them unless one
/// serves, or the program itself does.
pub(super) fn idle(world: &World, found: &Subcommands) -> Vec<(Rc<File>, Range<usize>)> {
    if found.commands.is_empty() {
        return Vec::new();
    }
    let files: Vec<&Rc<File>> = world.code.files().collect();
    let reach = Reach::new(world);
    let serves = |command: &&Command| {
        command.run.clone().is_some_and(|run| reach.leads(files[command.file], run))
    };
    let alone = found.wanting.is_none() && roots(&found.commands).iter().any(serves);
    if found.started.is_empty() && !alone {
        return Vec::new();
    }
    let commands = found.commands.iter().enumerate();
    let others = commands.filter(|(number, one)| {
        !found.started.contains(number) && !one.program && one.parent.is_some()
    });
    let code = others.filter_map(|(_, one)| Some((files[one.file].clone(), one.run.clone()?)));
    code.collect()
}

/// The commands that contain all others.
fn roots(commands: &[Command]) -> Vec<&Command> {
    let parents: BTreeSet<usize> = commands.iter().filter_map(|command| command.parent).collect();
    let numbered = commands.iter().enumerate();
    let roots = numbered.filter(|(number, command)| {
        let topmost = command.parent.is_none() && !command.of_app;
        command.program || topmost && parents.contains(number)
    });
    roots.map(|(_, command)| command).collect()
}

/// The commands that can be started, each with the names that lead to it. A command that only
/// contains others is left out.
fn startable(commands: &[Command]) -> Vec<(Vec<String>, &Command)> {
    let parents: BTreeSet<usize> = commands.iter().filter_map(|command| command.parent).collect();
    let mut all = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        let holds = parents.contains(&number);
        let topmost = command.parent.is_none() && !command.of_app;
        if command.program || holds && (!command.acts || topmost) {
            continue;
        }
        let (mut path, mut above) = (vec![command.name.clone()], command.parent);
        for _ in 0..MAX_LEVELS {
            // The topmost command is the program, which the image already starts by its file.
            let Some(next) = above.map(|above| &commands[above]) else { break };
            if next.parent.is_some() || next.of_app && !next.program {
                path.insert(0, next.name.clone());
            }
            above = next.parent;
        }
        all.push((path, command));
    }
    all
}

fn library(world: &World) -> Option<Sourced<String>> {
    let code = world.code;
    let calls = |module: &str, names: &[&str]| {
        code.calls_of(names)
            .find(|call| call.is_method() && call.file.imports_from(module))
            .map(|call| call.evidence(format!("`{}`", call.name())))
    };
    let named = |name: &str, evidence: Evidence| Some(Sourced::new(name.to_owned(), evidence));
    if let Some(at) = calls("github.com/spf13/cobra", &["AddCommand"]) {
        return named("cobra", at);
    }
    for file in code.files().filter(|file| file.imports_from("github.com/urfave/cli")) {
        let field =
            file.facts().definitions_of(file, "Commands").iter().find(|d| !d.form.is_variable());
        if let Some(definition) = field {
            return named("urfave/cli", file.evidence(definition.name, "`Commands` of urfave/cli"));
        }
    }
    for file in code.files().filter(|file| file.imports_from(FF)) {
        let fields = file.facts().definitions_of(file, "Exec").iter();
        if let Some(definition) = fields.into_iter().find(|d| d.form == Form::Field) {
            return named("ff", file.evidence(definition.name, "a command of ff"));
        }
    }
    for library in &tagged::TAGGED {
        for file in code.files().filter(|file| library.is_used(file)) {
            let tags = file.facts().definitions().iter().filter(|d| d.form == Form::Tag);
            for definition in tags {
                let tag = file.string(definition.value.start);
                if tag.is_some_and(|text| text.contains(library.key)) {
                    let note = format!("a command in a tag of {}", library.name);
                    return named(library.name, file.evidence(definition.name, note));
                }
            }
        }
    }
    let kingpin = calls("github.com/alecthomas/kingpin", &["Command"]);
    if let Some(at) = kingpin.or_else(|| calls("gopkg.in/alecthomas/kingpin.v2", &["Command"])) {
        return named("kingpin", at);
    }
    if let Some(usage) = docopt::usage(world) {
        return named("docopt", usage.evidence);
    }
    os_args(world).and_then(|at| named(OWN, at))
}

/// The place where the program's own package switches on `os.Args[1]` or compares it.
fn os_args(world: &World) -> Option<Evidence> {
    let own = world.closure.packages.first()?;
    own.files.iter().map(|file| &file.code).find_map(|file| {
        (file.body..file.len()).find_map(|at| {
            let args = file.word(at) == "os"
                && file.word(at + 1) == "."
                && file.word(at + 2) == "Args"
                && file.word(at + 3) == "["
                && file.word(at + 4) == "1"
                && file.word(at + 5) == "]";
            let before = at.checked_sub(1).map_or("", |before| file.word(before));
            let chosen =
                before == "switch" || (file.word(at + 6) == "==" && file.string(at + 7).is_some());
            (args && chosen).then(|| file.evidence(at, "`os.Args[1]` chooses what to do"))
        })
    })
}

/// Every command of cobra, urfave/cli and ff.
fn commands(world: &World) -> Vec<Command> {
    let files: Vec<&Rc<File>> = world.code.files().collect();
    let mut all = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let cobra = file.imports_from("github.com/spf13/cobra");
        if !cobra && !file.imports_from("github.com/urfave/cli") && !file.imports_from(FF) {
            continue;
        }
        let field = if cobra { "Use" } else { "Name" };
        let definitions = file.facts().definitions_of(file, field).iter();
        for definition in definitions.filter(|definition| definition.form == Form::Field) {
            if all.len() < MAX_COMMANDS {
                all.extend(command(number, file, definition.name, definition.value.start));
            }
        }
    }
    // `cli.NewApp()`, or a literal, whose commands may be set elsewhere.
    let urfave = |file: &Rc<File>| file.imports_from("github.com/urfave/cli");
    let app = all
        .iter()
        .any(|command| command.program && files[command.file].word(command.open - 2) == ".")
        || world.code.calls_named("NewApp").any(|call| urfave(&call.file));
    for number in 0..all.len() {
        all[number].of_app = app && urfave(files[all[number].file]);
        all[number].parent = parent(world, &files, &all, number);
        let topmost = all[number].parent.is_none();
        all[number].program |=
            topmost && (is_executed(world, &all[number]) || acts_as_program(world, &all[number]));
    }
    all
}

/// The command whose literal has its name at position `at`.
fn command(number: usize, file: &Rc<File>, at: usize, text: usize) -> Option<Command> {
    let text = file.string(text)?;
    let mut words = text.split_whitespace();
    let name = words.next()?.to_owned();
    let open = file.enclosing(at)?;
    let types = (1..=2).filter_map(|back| open.checked_sub(back)).map(|at| file.word(at));
    let of = types.clone().find(|of| ["Command", "App"].contains(of));
    // In a list of commands Go lets the literals omit their type.
    let listed = matches!(file.word(open.wrapping_sub(1)), "{" | ",");
    if of.is_none() && !listed {
        return None;
    }
    let fields = file.elements(open);
    let runs = fields.iter().find(|f| RUNS.contains(&file.word(f.start)));
    let runs = runs.map(|field| field.start + 2..field.end);
    let required = fields.iter().any(|field| {
        let counts = |at| matches!(file.word(at), "ExactArgs" | "MinimumNArgs");
        file.word(field.start) == "Args" && field.clone().any(counts)
    });
    // The usage line shows an argument: `serve <file>` or `serve FILE`.
    let asked = words.any(|word| {
        word.starts_with('<') || word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    });
    let facts = file.facts();
    let holds = |definition: &&Definition| definition.value.contains(&open);
    let variables = facts.definitions().iter().filter(|d| d.form.is_variable()).filter(holds);
    let names = variables.map(|definition| definition.name);
    let names = names.chain(facts.function_at(open).map(|function| function.name));
    Some(Command {
        file: number,
        open,
        names: names.map(|at| file.word(at).to_owned()).collect(),
        evidence: file.evidence(at, format!("subcommand `{name}`")),
        name,
        wanting: required || asked,
        acts: of != Some("App") && runs.is_some(),
        run: runs,
        program: of == Some("App"),
        of_app: false,
        parent: None,
    })
}

/// True for the command that cobra executes: all others are below it.
fn is_executed(world: &World, command: &Command) -> bool {
    let named = |word: &str| command.names.iter().any(|name| name == word);
    let functions = ["Execute", "ExecuteC", "ExecuteContext", "ExecuteContextC"];
    functions.iter().flat_map(|name| world.code.calls_named(name)).any(|call| {
        let file = &call.file;
        let Some(on) = call.on().filter(|_| file.imports_from("github.com/spf13/cobra")) else {
            return false;
        };
        // `root := newRoot()`
        let made = file.facts().definitions_of(file, file.word(on.start)).iter();
        let made = made.filter(|definition| definition.form.is_variable() && on.len() == 1);
        let mut made = made.flat_map(|definition| definition.value.clone());
        on.clone().any(|at| named(file.word(at))) || made.any(|at| named(file.word(at)))
    })
}

/// True for the command whose code the program runs by itself: `app.Action = serve.Action`.
fn acts_as_program(world: &World, command: &Command) -> bool {
    let named = |word: &str| command.names.iter().any(|name| name == word);
    world.code.files().filter(|file| file.imports_from("github.com/urfave/cli")).any(|file| {
        file.places("Action").iter().any(|&at| {
            let set = at > 1 && file.word(at - 1) == "." && file.word(at + 1) == "=";
            let mut value = (at + 2..at + 8).take_while(|&at| file.word(at) != ";");
            set && value.any(|at| named(file.word(at)) && file.word(at + 2) == "Action")
        })
    })
}

/// The command that contains another one: by nested braces, by a name in its list, or by
/// `AddCommand`.
fn parent(world: &World, files: &[&Rc<File>], all: &[Command], number: usize) -> Option<usize> {
    let child = &all[number];
    let file = files[child.file];
    let mut around = file.enclosing(child.open);
    for _ in 0..MAX_LEVELS {
        let Some(open) = around else { break };
        let held = |command: &Command| command.file == child.file && command.open == open;
        if let Some(found) = all.iter().position(held) {
            return Some(found);
        }
        around = file.enclosing(open);
    }
    let named = |word: &str| child.names.iter().any(|name| name == word);
    let listed = all.iter().position(|command| {
        let file = files[command.file];
        let lists = file.elements(command.open).into_iter();
        let mut lists = lists.filter(|f| ["Commands", "Subcommands"].contains(&file.word(f.start)));
        command.open != child.open && lists.any(|mut list| list.any(|at| named(file.word(at))))
    });
    listed.or_else(|| {
        let mut adds = world.code.calls_named("AddCommand");
        let add = adds.find(|call| {
            let range = call.open..call.file.closing(call.open);
            let inline = call.file.path == file.path && range.contains(&child.open);
            // The code of another command, written in place, may use the same names.
            let plain = call
                .arguments()
                .into_iter()
                .filter(|one| !one.clone().any(|at| call.file.word(at) == "{"));
            inline || plain.flatten().any(|at| named(call.file.word(at)))
        })?;
        let by = add.receiver().to_owned();
        let holds = |command: &Command| command.names.contains(&by);
        // Each function that makes a command may give it the same name.
        let within = |command: &Command| {
            let file = files[command.file];
            let around = |at: usize| file.facts().function_at(at).map(|f| f.range.clone());
            file.path == add.file.path && around(command.open) == around(add.at)
        };
        let near = all.iter().position(|command| holds(command) && within(command));
        near.or_else(|| all.iter().position(holds)).filter(|found| *found != number)
    })
}

/// The names in `case "serve":` below `switch os.Args[1]`.
fn cases(world: &World) -> Vec<(Vec<String>, Evidence, bool)> {
    let mut all = Vec::new();
    let own = world.closure.packages.first();
    for file in own.into_iter().flat_map(|own| &own.files).map(|file| &file.code) {
        for at in (file.body..file.len()).filter(|&at| file.word(at) == "case") {
            let name = file.string(at + 1).filter(|name| SERVING.contains(&name.as_ref()));
            if let Some(name) = name {
                let evidence = file.evidence(at, format!("subcommand `{name}`"));
                all.push((vec![name.into_owned()], evidence, false));
            }
        }
    }
    all
}
