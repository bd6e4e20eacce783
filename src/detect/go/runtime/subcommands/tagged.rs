//! Subcommands that are fields with a struct tag (kong, go-flags) or method calls (kingpin).

use std::rc::Rc;

use super::super::World;
use super::super::reach::Reach;
use super::{MAX_LEVELS, SERVING};
use crate::code::tags::kebab;
use crate::code::{Call, File};
use crate::facts::Evidence;

/// How many commands are read, which bounds the work on generated code.
const MAX_COMMANDS: usize = 200;

/// A command that serves: the names that lead to it, its evidence, and whether it needs an
/// argument.
pub(super) type Serving = (Vec<String>, Evidence, bool);

/// A field that declares a command.
struct Command {
    file: Rc<File>,
    /// The position of the field's name.
    at: usize,
    name: String,
    /// The type that contains the field, and the position of its name.
    owner: String,
    owner_at: usize,
    /// The type of the field; empty for a struct without a name.
    of: String,
    /// True if it runs when no command is given.
    default: bool,
}

impl Command {
    /// True if the field is a command of this command.
    fn holds(&self, below: &Self) -> bool {
        if self.of.is_empty() {
            // The fields of a struct without a name belong to the field that has it as type.
            return Rc::ptr_eq(&self.file, &below.file) && self.at == below.owner_at;
        }
        self.of == below.owner && !(Rc::ptr_eq(&self.file, &below.file) && self.at == below.at)
    }
}

/// A library whose commands are fields with a struct tag.
pub(super) struct Tagged {
    pub(super) name: &'static str,
    modules: &'static [&'static str],
    /// The key that marks a field as a command.
    pub(super) key: &'static str,
    /// The key whose value is the name of the command, if it differs from the name of the field.
    named: &'static str,
    /// The method that runs the command.
    method: &'static str,
}

/// <https://github.com/alecthomas/kong#command-handling>,
/// <https://pkg.go.dev/github.com/jessevdk/go-flags#hdr-Commands>
/// <https://pkg.go.dev/github.com/alexflint/go-arg#readme-subcommands>
pub(super) const TAGGED: [Tagged; 3] = [
    Tagged {
        name: "go-arg",
        modules: &["github.com/alexflint/go-arg"],
        key: "subcommand:",
        named: "subcommand:",
        method: "Run",
    },
    Tagged {
        name: "kong",
        modules: &["github.com/alecthomas/kong"],
        key: "cmd:\"",
        named: "name:\"",
        method: "Run",
    },
    Tagged {
        name: "go-flags",
        modules: &["github.com/jessevdk/go-flags", "github.com/umputun/go-flags"],
        key: "command:\"",
        named: "command:\"",
        method: "Execute",
    },
];

impl Tagged {
    pub(super) fn is_used(&self, file: &File) -> bool {
        self.modules.iter().any(|module| file.imports_from(module))
    }
}

/// The commands in tags that serve: those that listen, or else those with a name such as `serve`.
pub(super) fn tagged(world: &World, reach: &Reach, library: &Tagged) -> Vec<Serving> {
    let mut all: Vec<Command> = Vec::new();
    for file in world.code.files().filter(|file| library.is_used(file)) {
        // The types of the commands are often in other files, which need not import the library.
        let folder = file.path.parent();
        for file in world.code.files().filter(|other| other.path.parent() == folder) {
            if !all.iter().any(|command| Rc::ptr_eq(&command.file, file)) {
                commands(file, library, &mut all);
            }
        }
    }
    let leads = |command: &Command| {
        let method = reach.method(&command.of, library.method);
        method.is_some_and(|(file, body)| reach.leads(&file, body))
    };
    // A default command runs without being named.
    if all.iter().any(|command| command.default && leads(command)) {
        return Vec::new();
    }
    let by_name = |command: &&Command| SERVING.contains(&command.name.as_str());
    let mut chosen: Vec<&Command> = all.iter().filter(|command| leads(command)).collect();
    if chosen.is_empty() {
        chosen = all.iter().filter(by_name).collect();
    }
    let mut serving = Vec::new();
    for command in chosen {
        let mut path = vec![command.name.clone()];
        let mut below = command;
        for _ in 0..MAX_LEVELS {
            let Some(above) = all.iter().find(|above| above.holds(below)) else { break };
            path.insert(0, above.name.clone());
            below = above;
        }
        let evidence = command.file.evidence(command.at, format!("command `{}`", path.join(" ")));
        serving.push((path, evidence, wants(&command.file, &command.of)));
    }
    serving
}

fn commands(file: &Rc<File>, library: &Tagged, all: &mut Vec<Command>) {
    let facts = file.facts();
    for owner in facts.owners(file) {
        for field in facts.fields_of(file, owner) {
            let tag = file.string(field.of.end).filter(|tag| tag.contains(library.key));
            let Some(tag) = tag else { continue };
            let named = tag
                .split_once(library.named)
                .and_then(|(_, rest)| rest.split(['"', '|', ',']).next());
            let name = named.map_or_else(|| kebab(file.word(field.name)), str::to_owned);
            let default = tag.contains("default:\"1\"") || tag.contains("default:\"withargs\"");
            if all.len() < MAX_COMMANDS {
                all.push(Command {
                    file: file.clone(),
                    at: field.name,
                    name,
                    owner: owner.to_owned(),
                    owner_at: field.owner,
                    of: match file.word(field.of.start) {
                        "struct" => String::new(),
                        _ => file.word(field.of.end - 1).to_owned(),
                    },
                    default,
                });
            }
        }
    }
}

/// True if the type has a positional argument without which kong refuses to run the command.
fn wants(file: &File, of: &str) -> bool {
    file.facts().fields_of(file, of).iter().any(|field| {
        file.string(field.of.end).is_some_and(|tag| {
            let required = tag.contains("arg:\"") && !tag.contains("optional:\"");
            required && !tag.contains("default:\"") || tag.contains("required:\"")
        })
    })
}

/// The kingpin commands that serve: those whose case listens, or else those with a name such as
/// `serve`.
pub(super) fn kingpin(world: &World, reach: &Reach) -> Vec<Serving> {
    let mut serving = Vec::new();
    for call in world.code.calls_named("Command").take(MAX_COMMANDS) {
        let file = &call.file;
        let kingpin = ["github.com/alecthomas/kingpin", "gopkg.in/alecthomas/kingpin.v2"];
        if !call.is_method() || !kingpin.iter().any(|module| file.imports_from(module)) {
            continue;
        }
        let Some(first) = call.arguments().first().cloned() else { continue };
        let Some(name) = file.string(first.start).map(std::borrow::Cow::into_owned) else {
            continue;
        };
        let variable = file.facts().definitions().iter().find(|definition| {
            definition.form.is_variable() && definition.value.contains(&call.at)
        });
        let variable = variable.map(|definition| file.word(definition.name));
        // The body of `case serve.FullCommand():` reaches up to the next case.
        let cases = |of: &str, test: &dyn Fn(usize) -> bool| {
            (file.body..file.len()).filter(|&at| file.word(at) == "case").any(|at| {
                let end = (at + 1..file.len())
                    .find(|&end| matches!(file.word(end), "case" | "default"))
                    .unwrap_or(file.len());
                let named = file.word(at + 1) == of || test(at + 1);
                named && reach.leads(file, at + 2..end)
            })
        };
        let literal = |at: usize| file.string(at).is_some_and(|text| text == name);
        let listens = cases(variable.unwrap_or_default(), &literal);
        if listens || SERVING.contains(&name.as_str()) {
            let mut path = above(&call);
            path.push(name);
            let evidence = call.evidence(format!("command `{}`", path.join(" ")));
            serving.push((listens, (path, evidence, false)));
        }
    }
    let some = serving.iter().any(|(listens, _)| *listens);
    serving.into_iter().filter(|(listens, _)| *listens == some).map(|(_, one)| one).collect()
}

/// The names of the commands that a command of kingpin is below: those of the variables on which
/// `Command` is called.
fn above(call: &Call) -> Vec<String> {
    let file = &call.file;
    let mut names = Vec::new();
    let mut of = call.receiver().to_owned();
    for _ in 0..MAX_LEVELS {
        let all = file.facts().definitions_of(file, &of).iter();
        let made = all.filter(|definition| definition.form.is_variable()).find_map(|definition| {
            let mut value = definition.value.clone();
            let at = value.find(|&at| file.word(at) == "Command" && file.word(at + 1) == "(")?;
            let outer = Call::at(file, at)?;
            let name = outer.arguments().first().and_then(|one| file.string(one.start))?;
            Some((name.into_owned(), outer.receiver().to_owned()))
        });
        let Some((name, outer)) = made else { break };
        names.insert(0, name);
        of = outer;
    }
    names
}
