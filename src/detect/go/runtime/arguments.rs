//! Flags without which a program prints its usage and stops.

use std::rc::Rc;

use super::World;
use super::subcommands::{Command, Subcommands};
use crate::code::{Call, File, Form};
use crate::facts::{Evidence, Finding, FindingCode, Program};

/// How many flags are named.
const MAX_NAMED: usize = 8;

/// How many brackets around a flag are looked at for the command that has it.
const MAX_LEVELS: usize = 12;

/// Cobra's functions that make a flag mandatory.
const MARKS: [&str; 2] = ["MarkFlagRequired", "MarkPersistentFlagRequired"];

/// The flags that the library demands of the command that is started.
pub(super) fn demanded(world: &World, commands: &Subcommands) -> Vec<(String, Evidence)> {
    let files: Vec<&Rc<File>> = world.code.files().collect();
    let mut all = Vec::new();
    for call in world.code.calls_of(&MARKS) {
        let arguments = call.arguments();
        let Some(flag) = arguments.last().and_then(|last| call.file.string(last.start)) else {
            continue;
        };
        let modules = ["github.com/spf13/cobra", "github.com/spf13/pflag"];
        let cobra = modules.iter().any(|module| call.file.imports_from(module));
        if cobra && (commands.library.is_none() || is_started(commands, &files, &call)) {
            let note = format!("--{flag} is required");
            all.push((flag.into_owned(), call.evidence(note)));
        }
    }
    for (number, file) in files.iter().enumerate() {
        if !file.imports_from("github.com/urfave/cli") {
            continue;
        }
        let required = file.facts().definitions_of(file, "Required").iter();
        let required =
            required.filter(|d| d.form == Form::Field && file.word(d.value.start) == "true");
        for definition in required {
            let Some(open) = file.enclosing(definition.name) else { continue };
            let fields = file.elements(open);
            let field = |name: &str| fields.iter().find(|field| file.word(field.start) == name);
            let spared =
                ["EnvVars", "EnvVar", "Sources", "Value"].iter().any(|n| field(n).is_some());
            let name = field("Name").and_then(|field| file.string(field.start + 2));
            let Some(name) = name.filter(|_| !spared) else { continue };
            let around = std::iter::successors(Some(open), |open| file.enclosing(*open));
            let of = around.take(MAX_LEVELS).find_map(|open| {
                let held = |one: &Command| one.file == number && one.open == open;
                commands.commands.iter().position(held)
            });
            let started = match of {
                Some(of) => commands.started.contains(&of) || commands.commands[of].program,
                None => false,
            };
            if started || commands.library.is_none() {
                let note = format!("--{name} is required");
                all.push((name.into_owned(), file.evidence(definition.name, note)));
            }
        }
    }
    all
}

/// True if a flag is marked on the command that is started, or on one above it for all below.
fn is_started(commands: &Subcommands, files: &[&Rc<File>], call: &Call) -> bool {
    let marks = if call.receiver() == "cobra" {
        call.arguments().first().map(|first| call.file.word(first.start).to_owned())
    } else {
        Some(call.receiver().to_owned())
    };
    let Some(marked) = marks else { return false };
    commands.started.iter().enumerate().any(|(level, &number)| {
        let command = &commands.commands[number];
        let file = files[command.file];
        let around = file.facts().function_at(command.open).map(|function| function.name);
        let same = Rc::ptr_eq(file, &call.file)
            && file.facts().function_at(call.at).map(|function| function.name) == around;
        let of_package = around.is_none() && file.path.parent() == call.file.path.parent();
        command.names.contains(&marked)
            && (same || of_package)
            && (level == 0 || call.name().contains("Persistent"))
    })
}

/// Reports the flags that nothing sets.
pub(super) fn finding(wanted: Vec<(String, Evidence)>, program: &Program) -> Option<Finding> {
    let given = program.args.as_ref().map_or("", |args| &args.value);
    let is_given = |flag: &str| {
        let flag = flag.split('=').next().unwrap_or_default();
        given.split([' ', '=']).any(|word| word.trim_start_matches('-') == flag && word != flag)
    };
    let (mut names, mut evidence): (Vec<String>, Vec<Evidence>) = (Vec::new(), Vec::new());
    for (flag, at) in wanted {
        let shown = format!("--{flag}");
        if !is_given(&flag) && !names.contains(&shown) && names.len() < MAX_NAMED {
            names.push(shown);
            evidence.push(at);
        }
    }
    let first = names.first()?;
    let what = if names.len() == 1 {
        format!("the program stops without the argument `{first}`")
    } else {
        let shown: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("the program stops without the arguments {}", shown.join(", "))
    };
    let example: Vec<String> = names
        .iter()
        .map(|name| {
            if name.contains('=') {
                return name.clone();
            }
            let value = name.trim_start_matches('-').to_ascii_uppercase().replace('-', "_");
            format!("{name}={value}")
        })
        .collect();
    Some(
        Finding::new(FindingCode::ArgumentsUnknown, what, evidence)
            .with_why("the image starts the program without them: it reports that and stops")
            .with_fix(format!(
                "set them with --args, or give them at the end of `docker run IMAGE`: {}",
                example.join(" ")
            )),
    )
}
