//! What a start needs from outside: variables that the code demands, arguments that only a
//! variable can give, and fields of settings without a default.

use std::collections::BTreeSet;

use super::Code;
use super::disk::Disk;
use super::item::{after_field, field_at};
use super::layers::Layer;
use super::{arguments, environment, positional, refused, variables};
use crate::code::{Does, Program as Source, connects};
use crate::detect::env_file;
use crate::detect::rust::codes;
use crate::detect::rust::lexer::Kind as Lexeme;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding, Kind, Program};

/// Calls that fill a struct with all settings.
const FILLING: [&str; 3] = ["extract", "try_deserialize", "from_env"];

/// The crates of those calls.
const LIBRARIES: [&str; 3] = ["figment", "config", "envy"];

/// Extensions of settings files.
const ENDINGS: [&str; 6] = ["toml", "yaml", "yml", "json", "json5", "ini"];

/// Maximum number of nested structs that are read.
const MAX_STRUCTS: usize = 16;

/// Maximum number of tests for an empty setting in one file.
const MAX_CHECKS: usize = 64;

/// Maximum number of findings that name several variables of which one must be set.
const MAX_EITHER: usize = 4;

/// Reports what the program cannot start without.
pub(super) fn demands(
    source: &Source,
    code: &Code,
    (disk, layers): (&Disk, &[Layer]),
    program: &mut Program,
) {
    let flags = off(code);
    let variables::Demanded { single: mut found, either } =
        variables::demanded(code, &|file, at| behind(file, at, &flags));
    for file in code.files {
        for at in 0..file.len() {
            let named = argument(source, file, at);
            if let Some(name) = named.filter(|name| crate::code::is_env_name(name)) {
                let note = format!("without {name} the program ends");
                found.entry(name).or_insert_with(|| file.evidence(at, note));
            }
        }
    }
    refused::defaults(source, &mut found);
    for (name, file, at) in connects::handed(source, &[Does::Demands], &mut |_| true) {
        let note = format!("a library needs {name}");
        found.entry(name).or_insert_with(|| file.evidence(at, note));
    }
    let layer = environment::layer(code);
    let mut settings: Vec<(String, Evidence)> = Vec::new();
    for (field, evidence) in fields(code, disk) {
        match layer.as_ref().and_then(|layer| layer.variable(&field)) {
            Some(name) => {
                found.entry(name).or_insert(evidence);
            }
            None => settings.push((field, evidence)),
        }
    }
    for (names, evidence) in either.into_iter().take(MAX_EITHER) {
        if !names.iter().any(|name| found.contains_key(name)) {
            program.findings.push(Finding::one_variable_required(&names, evidence));
        }
    }
    for (field, evidence) in checked(code) {
        if let Some(name) = layer.as_ref().and_then(|layer| layer.variable(&field)) {
            found.entry(name).or_insert(evidence);
        }
    }
    env_file::required(program, found);
    let given = program.args.as_ref().map(|args| args.value.clone());
    let serves = program.kind == Kind::Service;
    let taken = || positional::demanded(source, code).filter(|_| serves && program.args.is_none());
    let below = program.subcommands.is_some() && serves;
    let finding = (given.is_none() || below)
        .then(|| arguments::demanded(source, code, given.as_deref()))
        .flatten()
        .or_else(taken);
    program.findings.extend(finding);
    if !settings.is_empty() {
        let names: Vec<String> =
            settings.iter().take(12).map(|(name, _)| format!("`{name}`")).collect();
        let files: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        let from = if files.is_empty() {
            String::new()
        } else {
            format!(", which it reads from {},", files.join(", "))
        };
        program.findings.push(Finding::new(
            codes::SETTINGS_REQUIRED,
            format!("the program stops if its settings{from} lack {}", names.join(", ")),
            settings.iter().take(4).map(|(_, evidence)| evidence.clone()),
        ));
    }
}

/// The switches of the command line that are off unless somebody sets them: `#[arg(long)] x: bool`.
fn off(code: &Code) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in code.files {
        for at in 0..file.len() {
            let opens = file.is(at, "#") && file.is(at + 1, "[");
            if !opens || !["arg", "clap", "structopt", "argh"].contains(&file.word(at + 2)) {
                continue;
            }
            let inside = at + 3..file.closing(at + 1);
            let set = inside.clone().any(|n| file.word(n).starts_with("default_value"));
            if let Some((name, of)) = field_at(file, at).filter(|_| !set)
                && file.is(of, "bool")
            {
                found.insert(name);
            }
        }
    }
    found
}

/// The token stands behind one of these switches: `cli.x.then(|| ..)`, `if cli.x { .. }`.
fn behind(file: &SourceFile, at: usize, flags: &BTreeSet<String>) -> bool {
    let is_switch = |end: usize| {
        let name = end.checked_sub(1).map(|name| file.word(name));
        name.is_some_and(|name| flags.contains(name))
    };
    !flags.is_empty()
        && file.brackets(at).into_iter().any(|open| {
            let method = open.checked_sub(2).filter(|dot| {
                file.is(*dot, ".") && ["then", "then_some"].contains(&file.word(dot + 1))
            });
            let start = (open.saturating_sub(8)..open).rev().find(|n| file.is(*n, "if"));
            let plain = start.is_some_and(|start| {
                (start + 1..open).all(|n| file.is(n, ".") || file.kind(n) == Some(Lexeme::Word))
            });
            method.is_some_and(is_switch) || file.is(open, "{") && plain && is_switch(open)
        })
}

/// The variable of `#[arg(long, env = "X")] field: String`, which has no default.
fn argument(source: &Source, file: &SourceFile, at: usize) -> Option<String> {
    let opens = file.is(at, "#")
        && file.is(at + 1, "[")
        && (file.is(at + 2, "arg") || file.is(at + 2, "clap"))
        && file.is(at + 3, "(");
    if !opens {
        return None;
    }
    let close = file.closing(at + 3);
    let word = |name: &str| (at + 4..close).find(|n| file.word(*n).starts_with(name));
    let env = word("env").filter(|n| file.is(*n, "env"))?;
    let spared = ["default_value", "required_unless", "default_missing", "conflicts_with", "group"];
    if spared.iter().any(|name| word(name).is_some()) || word("required").is_some() {
        return None;
    }
    let (name, of) = field_at(file, at)?;
    if ["Vec", "bool", "u8"].contains(&file.word(of))
        || file.is(of, "Option") && !positional::is_unwrapped(source, &name)
    {
        return None;
    }
    let given = file.string(env + 2).filter(|_| file.is(env + 1, "="));
    if given.is_none() && file.is(env + 1, "=") {
        return None;
    }
    Some(given.map_or_else(|| name.to_ascii_uppercase(), std::borrow::Cow::into_owned))
}

/// The fields without a default in the struct that holds all settings.
fn fields(code: &Code, disk: &Disk) -> Vec<(String, Evidence)> {
    if !LIBRARIES.iter().any(|name| code.dependencies.contains(*name)) {
        return Vec::new();
    }
    // The code provides defaults for all fields at once.
    let serialized =
        code.find(|file, at| file.is(at, "defaults") && file.path_to(at).contains(&"Serialized"));
    let Some(of) = filled(code).filter(|_| serialized.is_none()) else { return Vec::new() };
    let (mut structs, mut known) = (BTreeSet::new(), BTreeSet::new());
    for file in code.files {
        for at in 0..file.len() {
            if file.is(at, "struct") {
                structs.insert(file.word(at + 1));
            } else if file.is(at, "set_default") {
                known.extend(file.string(at + 2).map(std::borrow::Cow::into_owned));
            }
        }
    }
    let held = disk.files.iter().map(|(path, _, _)| path.clone());
    for path in held.chain(super::settings::embedded(code)) {
        known.extend(keys(code, &path));
    }
    let (mut found, mut left) = (Vec::new(), MAX_STRUCTS);
    let mut open = vec![(of, String::new())];
    while let Some((of, above)) = open.pop() {
        let Some((file, fields)) = read(code, &of) else { continue };
        let (mut at, close) = (fields + 1, file.closing(fields));
        while at < close {
            let Some((mut name, of)) = field_at(file, at) else { break };
            let spared = says_default(file, at..of) || file.is(of, "Option");
            let renamed = (at..of).find(|n| file.is(*n, "rename") && file.is(n + 1, "="));
            if let Some(text) = renamed.and_then(|n| file.string(n + 2)) {
                name = text.into_owned();
            }
            let whole = format!("{above}{name}");
            let spared = spared || known.contains(&name) || known.contains(&whole);
            // A nested struct may have defaults of its own.
            if !spared && structs.contains(file.word(of)) {
                let plain = file.is(of + 1, ",") || file.is(of + 1, "}");
                if plain && left > 0 {
                    left -= 1;
                    open.push((file.word(of).to_owned(), format!("{whole}.")));
                }
            } else if !spared {
                let note = format!("the field `{whole}` has no default");
                found.push((whole, file.evidence(of - 2, note)));
            }
            at = after_field(file, of, close);
        }
    }
    found
}

/// The brace that opens a struct which is read from settings, if it has no default as a whole.
fn read<'c>(code: &'c Code, of: &str) -> Option<(&'c SourceFile, usize)> {
    let is_item = |file: &SourceFile, at: usize| file.is(at, "struct") && file.is(at + 1, of);
    let (file, item) = code.find(is_item)?;
    let open = item + 2;
    let read = (item.saturating_sub(200)..item)
        .rev()
        .take_while(|&at| !file.is(at, ";") && !file.is(at, "}"))
        .any(|at| file.is(at, "Deserialize"));
    let whole = file.is(open, "{") && read && !says_default(file, item.saturating_sub(60)..item);
    whole.then_some((file, open))
}

/// The fields of the struct with all settings without which its own code refuses it: `if
/// self.url.is_empty() { return Err(..) }`.
fn checked(code: &Code) -> Vec<(String, Evidence)> {
    if !LIBRARIES.iter().any(|name| code.dependencies.contains(*name)) {
        return Vec::new();
    }
    let Some(of) = filled(code) else { return Vec::new() };
    let given = |field: &str| {
        let stated = |file: &SourceFile, at: usize| {
            file.is(at, field)
                && file.is(at + 1, ":")
                && file.string(at + 2).is_some_and(|text| !text.is_empty())
        };
        code.find(stated).is_some()
    };
    let refuses = ["Err", "bail", "panic", "exit"];
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for file in code.files.iter().filter(|file| file.names("is_empty")) {
        let asks = |at: &usize| {
            let condition = file.is(at - 5, "if") && file.is(at - 3, ".") && file.is(at - 1, ".");
            condition && file.is(*at, "is_empty") && file.is(at + 3, "{")
        };
        for at in (5..file.len()).filter(asks).take(MAX_CHECKS) {
            let mut block = at + 3..file.closing(at + 3);
            if !block.any(|n| refuses.iter().any(|word| file.is(n, word)))
                || implemented(file, at).as_deref() != Some(of.as_str())
            {
                continue;
            }
            let field = file.word(at - 2);
            if !given(field) {
                let note = format!("the program refuses an empty `{field}`");
                found.push((field.to_owned(), file.evidence(at, note)));
            }
        }
    }
    found
}

/// True if an attribute of serde in the range gives a default or leaves the field out.
fn says_default(file: &SourceFile, range: std::ops::Range<usize>) -> bool {
    let mut words = range.rev().take_while(|&at| !file.is(at, ";") && !file.is(at, "}"));
    words.any(|at| {
        let calls: Vec<&str> =
            file.enclosing(at).into_iter().filter_map(|open| file.called(open)).collect();
        ["default", "skip", "skip_deserializing", "flatten"].iter().any(|word| file.is(at, word))
            && calls.contains(&"serde")
            && !calls.contains(&"cfg_attr")
    })
}

/// The keys in a settings file, or in the files of a folder.
fn keys(code: &Code, path: &crate::path::RelPath) -> BTreeSet<String> {
    let itself = code.repo.is_file(path).then_some(path);
    let files = itself.into_iter().chain(code.repo.files_under(path));
    let mut found = BTreeSet::new();
    for file in files.filter(|file| ENDINGS.contains(&file.extension())) {
        let Ok(Some(text)) = code.repo.source_text(file) else { continue };
        let keys = text.lines().filter_map(|line| Some(line.split_once(['=', ':'])?.0));
        found.extend(keys.map(|key| {
            key.trim_start().trim_start_matches('"').trim_end().trim_end_matches('"').to_owned()
        }));
    }
    found
}

/// The struct that a call fills: `extract::<Settings>()`, `let s: Settings =
/// c.try_deserialize()?`, or the result of the function around the call.
fn filled(code: &Code) -> Option<String> {
    let (file, at) = code.find(|file, at| {
        if !LIBRARIES.iter().any(|name| file.names(name)) {
            return false;
        }
        let named = FILLING.iter().any(|name| file.is(at, name));
        let called = file.is(at + 1, "(") || file.is(at + 1, ":") && file.is(at + 3, "<");
        named && called && at > 0 && (file.is(at - 1, ".") || file.path_to(at).contains(&"envy"))
    })?;
    let own =
        |name: &str| code.find(|file, at| file.is(at, "struct") && file.is(at + 1, name)).is_some();
    if file.is(at + 3, "<") {
        let name = file.word(at + 4);
        return if name == "Self" { implemented(file, at) } else { Some(name.to_owned()) }
            .filter(|name| own(name));
    }
    let range = file.statement(at);
    if file.is(range.start, "let") {
        let stated = (range.start..at).take_while(|n| !file.is(*n, "="));
        return stated.map(|n| file.word(n)).find(|name| own(name)).map(str::to_owned);
    }
    // The type of the function's result.
    let function = (0..at).rev().find(|n| file.is(*n, "fn"))?;
    let end = (function..at).find(|n| file.is(*n, "{"))?;
    let result = (function..end).find(|n| file.is(*n, "-") && file.is(n + 1, ">"))?;
    (result..end).find_map(|n| match file.word(n) {
        "Self" => implemented(file, at),
        name => own(name).then(|| name.to_owned()),
    })
}

/// The type of the `impl` around a position.
fn implemented(file: &SourceFile, at: usize) -> Option<String> {
    let start = (0..at).rev().find(|n| file.is(*n, "impl"))?;
    let open = (start..at).find(|n| file.is(*n, "{"))?;
    let of = (start..open).find(|n| file.is(*n, "for")).unwrap_or(start);
    Some(file.word(of + 1).to_owned())
}
