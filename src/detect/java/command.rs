//! Subcommands of picocli and JCommander. The image starts the one that serves. Rules:
//! <https://picocli.info/#_subcommands>.

use std::collections::BTreeSet;

use super::code::{Code, Place, elements};
use super::word;
use crate::docker::quote;
use crate::facts::{Finding, FindingCode, Kind, Program, Sourced};

/// How many tokens stand between an annotation and the body of its class or method.
const MAX_HEAD: usize = 80;

/// How many tokens of a definition are read: `Serve serve = new Serve()`.
const MAX_MADE: usize = 6;

/// How many commands lead to a subcommand.
const MAX_ABOVE: usize = 3;

/// A subcommand.
struct Command {
    name: String,
    place: Place,
}

/// The subcommands that annotations declare.
fn commands(code: &Code) -> Vec<Command> {
    let mut found = added(code);
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
            let known = |name: &str| found.iter().any(|one: &Command| one.name == name);
            if let Some(name) = range.clone().find_map(|at| file.text(at)).filter(|n| !known(n)) {
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
    for (name, key) in [
        ("Command", Some("subcommands")),
        ("addSubcommand", None),
        ("Cli", Some("commands")),
        ("withCommand", None),
        ("withCommands", None),
    ] {
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

/// The names of the commands that lead to a subcommand: `server` before `start`.
fn above(code: &Code, place: Place) -> Vec<String> {
    let mut words = Vec::new();
    let mut class = class_of(code, place);
    for _ in 0..MAX_ABOVE {
        let Some(name) = class else { break };
        let holder = code.calls("Command").iter().find_map(|other| {
            let file = &code.sources[other.0];
            let parts = elements(file, other.1 + 1);
            let of = |key: &str| parts.iter().find(|range| file.word(range.start) == Some(key));
            let mut lists = of("subcommands")?.clone();
            let word = of("name")?.clone().find_map(|at| file.text(at))?;
            let own = class_of(code, *other).filter(|own| *own != name)?;
            lists.any(|at| file.word(at) == Some(name)).then_some((word, own))
        });
        // The command from which the program starts is its own name.
        let Some((word, own)) = holder.filter(|(_, own)| registered(code).contains(own)) else {
            break;
        };
        words.insert(0, word.to_owned());
        class = Some(own);
    }
    words
}

/// The commands that are added with a name: `line.addSubcommand("serve", new Serve())`.
fn added(code: &Code) -> Vec<Command> {
    let mut found = Vec::new();
    for place in code.calls("addSubcommand") {
        let file = &code.sources[place.0];
        let [name, made] = elements(file, place.1 + 1).try_into().unwrap_or_default();
        let Some(name) = file.text(name.start) else { continue };
        let class = made.clone().filter_map(|at| file.word(at)).find_map(|word| {
            let variable = || {
                let set = code.definitions(word).iter().find(|set| set.at.0 == place.0)?;
                set.value.clone().filter_map(|at| file.word(at)).find_map(|word| code.class(word))
            };
            code.class(word).or_else(variable)
        });
        let Some(class) = class else { continue };
        let at = code.sources[class].places("class").first().copied().unwrap_or_default();
        found.push(Command { name: name.to_owned(), place: (class, at) });
    }
    found
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
    let from = if file.mark(at + 1, '(') { file.pair(at + 1).max(at) } else { at };
    let open = (from..(from + MAX_HEAD).min(file.len())).find(|at| file.mark(*at, '{'));
    open.map_or(from..from, |open| from..file.pair(open).max(open))
}

/// Fills in the subcommand that serves, if the program is a service because of its own calls.
pub(super) fn describe(program: &mut Program, code: &Code, listener: Option<Place>) {
    let all = commands(code);
    let (Some((source, at)), true) = (listener, program.kind == Kind::Service) else { return };
    if program.args.is_some() {
        return;
    }
    if all.is_empty() {
        if let Some(word) = word::before(code, (source, at)) {
            let note = "the word with which the program opens the port";
            let text = quote::shell_words(std::slice::from_ref(&word.text));
            program.args = Some(Sourced::new(text, code.evidence(word.place, note)));
        }
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
            let mut words = above(code, command.place);
            words.push(command.name.clone());
            let word = quote::shell_words(&words);
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

#[cfg(test)]
mod tests {
    use super::super::tests_code::program;

    const SERVE: &str = "HttpServer.create(new InetSocketAddress(9000), 0).start();";

    fn args(root: &str, more: &str) -> Option<String> {
        let app = format!(
            "{root} class App {{ public static void main(String[] args) {{ System.exit(new CommandLine(new App()).execute(args)); }} }}"
        );
        let more = more.replace("SERVE", SERVE);
        program("", &[("App.java", &app), ("Server.java", &more)]).args.map(|args| args.value)
    }

    #[test]
    fn subcommands_of_subcommands_are_named_whole() {
        let nested = "@Command(name = \"server\", subcommands = {Server.Start.class}) class Server { @Command(name = \"start\") static class Start { void run() { SERVE } } }";
        let root = "@Command(name = \"app\", subcommands = {Server.class})";
        assert_eq!(args(root, nested).as_deref(), Some("server start"));
    }

    #[test]
    fn subcommands_may_get_their_name_where_they_are_added() {
        let app = "class App { public static void main(String[] args) { CommandLine line = new CommandLine(new Root()); line.addSubcommand(\"web\", new Server()); line.addSubcommand(\"load\", new Load()); } }";
        let server = format!("@Command class Server {{ void run() {{ {SERVE} }} }}");
        let all = [("App.java", app), ("Server.java", &server), ("Load.java", "class Load {}")];
        assert_eq!(program("", &all).args.unwrap().value, "web");
        let airline = "@Command(name = \"serve\") class Server { void run() { SERVE } }";
        assert_eq!(
            args("@Cli(name = \"x\", commands = {Server.class})", airline).unwrap(),
            "serve"
        );
    }
}
