//! What rows of the catalog cannot say about Rust's libraries: attributes of fields, with which
//! clap and serde set defaults, variables and flags.

use std::ops::Range;
use std::rc::Rc;

use super::source::SourceFile;
use crate::code::{Call, File, Part, Program, Rows, Special, Value};
use crate::path::RelPath;

/// The files of a program, as the shared reader of code takes them.
pub(super) fn program<'r>(files: &[Rc<SourceFile>], rows: &'r Rows) -> Program<'r> {
    let known = || rows.server.iter().map(|server| server.of.as_str());
    // Names are searched in the whole program, because a file's path does not tell its module's
    // path.
    let files = files.iter().map(|file| (RelPath::root(), file.code(known())));
    let special = Special { tag: attributes, call: matched, ..Special::NONE };
    Program::new(files.collect(), std::collections::BTreeMap::new(), rows, special)
}

/// Methods of clap's matches that give the value of an argument.
const MATCHES: [&str; 8] = [
    "value_of",
    "value_of_os",
    "value_of_t",
    "value_of_t_or_exit",
    "get_one",
    "remove_one",
    "get_raw",
    "value_of_lossy",
];

/// How many calls a chain of a builder may have.
const MAX_CHAIN: usize = 24;

/// The value of `matches.value_of("port")`: what `Arg::new("port")` or `Arg::with_name("port")` sets.
fn matched(program: &Program, call: &Call, _: &[String], steps: u8) -> Option<Value> {
    if call.name() == "env" && call.file.word(call.at + 1) == "!" {
        return package_folder(call);
    }
    // The folder of a `TempDir`.
    if call.name() == "path" && call.is_method() && call.arguments().is_empty() {
        let folder = program.receiver(call, steps)?;
        return folder.text().filter(|text| text.starts_with("/tmp/")).map(|_| folder);
    }
    if !call.is_method() || !MATCHES.contains(&call.name()) || call.arguments().len() != 1 {
        return None;
    }
    let key = program.argument_within(call, 0, steps)?.text()?;
    let named = ["new", "with_name"].into_iter().flat_map(|name| program.calls_named(name));
    let named = named.filter(|made| made.package() == Some("Arg"));
    let is_key = |made: &Call| {
        let first = made.arguments().first().cloned();
        first.is_some_and(|first| made.file.string(first.start).is_some_and(|text| text == key))
    };
    let made = named.take(MAX_ARGUMENTS).find(is_key)?;
    let file = &made.file;
    let (mut env, mut flag, mut default) = (None, None, None);
    let mut at = file.closing(made.open) + 1;
    for _ in 0..MAX_CHAIN {
        let open = at + 2;
        if file.word(at) != "." || file.word(open) != "(" {
            break;
        }
        let next = Call { file: file.clone(), at: at + 1, open };
        let text = || program.argument_within(&next, 0, steps)?.text();
        match file.word(at + 1) {
            "long" => flag = text(),
            "env" => env = text(),
            "default_value" | "default_value_os" => default = text(),
            _ => {}
        }
        at = file.closing(open) + 1;
    }
    let evidence = made.evidence(format!("the argument `{key}`"));
    (env.is_some() || flag.is_some() || default.is_some())
        .then(|| Part::setting(default, env, flag, evidence).into())
}

/// The folder of the package, which `env!("CARGO_MANIFEST_DIR")` compiles in: where the image builds
/// it.
fn package_folder(call: &Call) -> Option<Value> {
    let file = &call.file;
    let name = file.string(call.open + 1)?;
    if name != "CARGO_MANIFEST_DIR" || file.closing(call.open) != call.open + 2 {
        return None;
    }
    let (folder, _) = file.path.as_str().split_once("src/")?;
    let path = format!("{}/{folder}", super::plan::SOURCE);
    let note = "the folder of the package, which is compiled in";
    Some(Value::known(path.trim_end_matches('/'), call.evidence(note)))
}

/// How many arguments of builders are looked at.
const MAX_ARGUMENTS: usize = 400;

/// Attributes that say what sets a field.
const SETTING: [&str; 11] = [
    "arg",
    "clap",
    "structopt",
    "serde",
    "argh",
    "bpaf",
    "config",
    "envconfig",
    "educe",
    "Default",
    "derivative",
];

/// Attributes that contain only the default.
const DEFAULTS: [&str; 2] = ["default", "serde_inline_default"];

/// Reads `#[arg(long, env = "PORT", default_value_t = 3000)]`, `#[serde(default =
/// "default_port")]` and `#[default(3000)]`.
fn attributes(
    program: &Program,
    file: &Rc<File>,
    name: usize,
    range: Range<usize>,
    steps: u8,
) -> Option<Value> {
    let field = file.word(name);
    let (mut env, mut flag, mut default) = (None, None, None);
    for open in range.clone().filter(|&at| file.word(at) == "(") {
        let of = open.checked_sub(1).map_or("", |at| file.word(at));
        let alone = open >= 2 && file.word(open - 2) == "[" && DEFAULTS.contains(&of);
        if alone {
            default = program.eval(file, open + 1..file.closing(open), steps).text();
        }
        if !SETTING.contains(&of) {
            continue;
        }
        for part in file.elements(open) {
            let value = part.start + 2..part.end;
            let is_set = file.word(part.start + 1) == "=" && !value.is_empty();
            let text =
                || file.string(value.start).filter(|_| is_set).map(std::borrow::Cow::into_owned);
            // bpaf sets with calls: `#[bpaf(long, env("PORT"), fallback(3000))]`.
            let called = of == "bpaf" && file.word(part.start + 1) == "(";
            let inner = || file.string(part.start + 2).filter(|_| called).map(String::from);
            match file.word(part.start) {
                "fallback" if called => {
                    default = program.eval(file, value.start..value.end - 1, steps).text();
                }
                "env" if called => env = inner(),
                "long" if called => flag = inner(),
                "option" if of == "argh" => {
                    flag.get_or_insert_with(|| field.replace('_', "-"));
                }
                // The name may be a constant.
                "env" if is_set => env = program.eval(file, value, steps).text(),
                "env" => env = Some(field.to_ascii_uppercase()),
                "long" => flag = text().or_else(|| Some(field.replace('_', "-"))),
                "from" if of == "envconfig" => env = text(),
                // The string contains code.
                "value" | "expression" if of == "Default" && is_set => {
                    let text = program.eval(file, value, steps).text();
                    default = text.map(|text| text.trim_matches('"').to_owned());
                }
                // The string contains code: `default = "String::from(\"./data\")"`.
                "default" if of == "argh" && is_set => {
                    let code = text().unwrap_or_default();
                    let mut quoted = code.split('"');
                    let inner = quoted.nth(1).filter(|_| quoted.next().is_some());
                    default = Some(inner.map_or_else(|| code.clone(), str::to_owned));
                }
                // serde names a function in a string.
                "default" if of == "serde" && is_set => {
                    let named = text().unwrap_or_default();
                    let function = named.rsplit("::").next().unwrap_or_default();
                    default = program.result_of_function(file, function, steps);
                }
                "default" | "Default" | "default_value" | "default_value_t"
                | "default_value_os_t"
                    if is_set =>
                {
                    default = program.eval(file, value, steps).text();
                }
                _ => {}
            }
        }
    }
    // The default may also follow an equals sign: `#[default = 3000]`.
    let plain = range.clone().find(|&at| {
        file.word(at) == "[" && DEFAULTS.contains(&file.word(at + 1)) && file.word(at + 2) == "="
    });
    if let Some(open) = plain {
        default = program.eval(file, open + 3..file.closing(open), steps).text();
    }
    if env.is_none() && default.is_none() && flag.is_none() {
        return None;
    }
    let evidence = file.evidence(name, format!("the setting `{field}`"));
    Some(Part::setting(default, env, flag, evidence).into())
}
