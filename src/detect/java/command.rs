//! Subcommands of picocli and JCommander. The image starts the one that serves. Rules:
//! <https://picocli.info/#_subcommands>.

use std::collections::BTreeSet;

use super::code::{Code, Place, elements};
use crate::facts::{Finding, FindingCode, Kind, Program, Sourced};

/// How many tokens stand between an annotation and the body of its class or method.
const MAX_HEAD: usize = 80;

/// How many tokens of a definition are read: `Serve serve = new Serve()`.
const MAX_MADE: usize = 6;

/// A subcommand.
struct Command {
    name: String,
    place: Place,
}

/// The subcommands that annotations declare.
fn commands(code: &Code) -> Vec<Command> {
    let mut found = Vec::new();
    let registered = registered(code);
    for (annotation, key) in [("Command", "name"), ("Parameters", "commandNames")] {
        for place in code.calls(annotation) {
            let file = &code.sources[place.0];
            if place.1 == 0 || !file.mark(place.1 - 1, '@') {
                continue;
            }
            let of = |key: &str| {
                elements(file, place.1 + 1)
                    .into_iter()
                    .find(|range| file.word(range.start) == Some(key) && range.len() >= 3)
            };
            // A command that has subcommands, or from which the program starts, is not a
            // subcommand itself.
            let root = of("subcommands").is_some() || file.main_class().is_some();
            let Some(range) = of(key).filter(|_| !root || in_class(code, *place)) else { continue };
            // picocli knows a class as a subcommand only where another one names it.
            let of_picocli = annotation == "Command";
            let class = class_of(code, *place).filter(|_| of_picocli);
            if class.is_some_and(|class| !registered.contains(class)) {
                continue;
            }
            if let Some(name) = range.clone().find_map(|at| file.text(at)) {
                found.push(Command { name: name.to_owned(), place: *place });
            }
        }
    }
    found
}

/// The words in lists of subcommands: `subcommands = {Serve.class}`, `addSubcommand("serve", new
/// Serve())`.
fn registered<'c>(code: &'c Code) -> BTreeSet<&'c str> {
    let mut words = BTreeSet::new();
    for (name, key) in [("Command", Some("subcommands")), ("addSubcommand", None)] {
        for (source, at) in code.calls(name) {
            let file = &code.sources[*source];
            let all = elements(file, at + 1).into_iter();
            let lists = all.filter(|one| key.is_none_or(|key| file.word(one.start) == Some(key)));
            words.extend(lists.flatten().filter_map(|at| file.word(at)));
        }
    }
    // `Serve serve = new Serve(); line.addSubcommand("serve", serve)`
    let variables = words.iter().flat_map(|name| code.definitions(name));
    let types = variables.flat_map(|set| {
        let file = &code.sources[set.at.0];
        (set.at.1..set.at.1 + MAX_MADE).filter_map(|at| file.word(at))
    });
    let types: Vec<&str> = types.collect();
    words.extend(types);
    words
}

/// The name of the class to which an annotation belongs; `None` for a method.
fn class_of<'c>(code: &'c Code, (source, at): Place) -> Option<&'c str> {
    let file = &code.sources[source];
    let from = file.pair(at + 1).max(at);
    let head = from..(from + MAX_HEAD).min(file.len());
    let mut head = head.take_while(|at| !file.mark(*at, '{'));
    let class = head.find(|at| file.word(*at) == Some("class"))?;
    file.word(class + 1)
}

/// True if the command line chooses among subcommands.
pub(super) fn has_subcommands(code: &Code) -> bool {
    !commands(code).is_empty()
}

/// True if the annotation is inside a class: on a method, or on an inner class.
fn in_class(code: &Code, (source, at): Place) -> bool {
    code.sources[source].enclosing(at).is_some()
}

/// The tokens of the class or method to which an annotation belongs.
fn spoken_of(code: &Code, (source, at): Place) -> std::ops::Range<usize> {
    let file = &code.sources[source];
    let from = file.pair(at + 1).max(at);
    let open = (from..(from + MAX_HEAD).min(file.len())).find(|at| file.mark(*at, '{'));
    open.map_or(from..from, |open| from..file.pair(open).max(open))
}

/// Fills in the subcommand that serves, if the program is a service because of its own calls.
pub(super) fn describe(program: &mut Program, code: &Code, listener: Option<Place>) {
    let all = commands(code);
    let (Some((source, at)), true) = (listener, program.kind == Kind::Service) else { return };
    if all.is_empty() || program.args.is_some() {
        return;
    }
    let direct = |command: &&Command| {
        command.place.0 == source && spoken_of(code, command.place).contains(&at)
    };
    let stem = code.sources[source].path.file_name().split('.').next().unwrap_or_default();
    let through = |command: &&Command| {
        let file = &code.sources[command.place.0];
        command.place.0 != source
            && spoken_of(code, command.place).any(|at| file.word(at) == Some(stem))
    };
    let mut serving: Vec<&Command> = all.iter().filter(direct).collect();
    if serving.is_empty() {
        serving = all.iter().filter(through).collect();
    }
    let note = "the subcommand that opens the port";
    match serving.as_slice() {
        [command] => {
            let word = crate::docker::quote::shell_words(std::slice::from_ref(&command.name));
            program.args = Some(Sourced::new(word, code.evidence(command.place, note)));
        }
        [] if all.iter().all(|command| command.place.0 != source) => {}
        _ => program.findings.push(
            Finding::new(
                FindingCode::ArgumentsUnknown,
                "the program has several subcommands, and dockgen does not know which one serves",
                all.iter()
                    .take(4)
                    .map(|c| code.evidence(c.place, format!("subcommand {}", c.name))),
            )
            .with_fix(format!(
                "set the subcommand with --args {}, or give it to `docker run IMAGE`",
                all[0].name
            )),
        ),
    }
}
