//! Subcommands: which library parses them, and whether one is evidently the server.

use super::World;
use crate::code::Form;
use crate::facts::{Evidence, Sourced};

/// Names of the subcommand that serves, likeliest first.
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

/// What is known of a program's subcommands.
#[derive(Debug, Default)]
pub(super) struct Subcommands {
    pub(super) library: Option<Sourced<String>>,
    /// The subcommand that serves, where it needs no further argument.
    pub(super) serving: Option<Sourced<String>>,
    /// The subcommand that serves, where it needs more to start.
    pub(super) wanting: Option<Sourced<String>>,
}

/// Finds out about subcommands.
pub(super) fn subcommands(world: &World) -> Subcommands {
    let mut found = Subcommands { library: library(world), ..Subcommands::default() };
    if found.library.is_none() {
        return found;
    }
    let mut commands = commands(world);
    commands.sort_by_key(|(name, _, _)| SERVING.iter().position(|serving| serving == name));
    for (name, evidence, wanting) in commands {
        let slot = if wanting { &mut found.wanting } else { &mut found.serving };
        slot.get_or_insert_with(|| Sourced::new(name, evidence));
    }
    found
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
    for file in code.files().filter(|file| file.imports_from("github.com/alecthomas/kong")) {
        let tag = file.facts().definitions().iter().filter(|d| d.form == Form::Tag);
        for definition in tag {
            if file.string(definition.value.start).is_some_and(|text| text.contains("cmd:\"")) {
                return named("kong", file.evidence(definition.name, "`cmd` in a tag of kong's"));
            }
        }
    }
    let kingpin = calls("github.com/alecthomas/kingpin", &["Command"]);
    if let Some(at) = kingpin.or_else(|| calls("gopkg.in/alecthomas/kingpin.v2", &["Command"])) {
        return named("kingpin", at);
    }
    os_args(world).and_then(|at| named("os.Args", at))
}

/// `switch os.Args[1]`, or a comparison of it, in the program's own package.
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

/// Subcommands whose name is a server's: name, where, and whether they need an argument.
fn commands(world: &World) -> Vec<(String, Evidence, bool)> {
    let mut all = Vec::new();
    for file in world.code.files() {
        let cobra = file.imports_from("github.com/spf13/cobra");
        let urfave = file.imports_from("github.com/urfave/cli");
        if !cobra && !urfave {
            continue;
        }
        let field = if cobra { "Use" } else { "Name" };
        for definition in
            file.facts().definitions_of(file, field).iter().filter(|d| d.form == Form::Field)
        {
            let Some(text) = file.string(definition.value.start) else { continue };
            let mut words = text.split_whitespace();
            let name = words.next().unwrap_or_default();
            if !SERVING.contains(&name) {
                continue;
            }
            let Some(open) = file.enclosing(definition.name) else { continue };
            let typed = (1..=2)
                .filter_map(|back| open.checked_sub(back))
                .any(|at| file.word(at) == "Command");
            // Inside a list of commands the type is left out.
            let listed = matches!(file.word(open.wrapping_sub(1)), "{" | ",");
            if !typed && !listed {
                continue;
            }
            let required = file.elements(open).into_iter().any(|element| {
                file.word(element.start) == "Args"
                    && element
                        .clone()
                        .any(|at| matches!(file.word(at), "ExactArgs" | "MinimumNArgs"))
            });
            let asked = words.any(|word| {
                word.starts_with('<') || word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            });
            all.push((
                name.to_owned(),
                file.evidence(definition.name, format!("subcommand `{name}`")),
                required || asked,
            ));
        }
    }
    // `case "serve":` below `switch os.Args[1]`.
    if let Some(own) = world.closure.packages.first() {
        for file in own.files.iter().map(|file| &file.code) {
            for at in file.body..file.len() {
                if file.word(at) == "case"
                    && let Some(name) =
                        file.string(at + 1).filter(|name| SERVING.contains(&name.as_ref()))
                {
                    let evidence = file.evidence(at, format!("subcommand `{name}`"));
                    all.push((name.into_owned(), evidence, false));
                }
            }
        }
    }
    all
}
