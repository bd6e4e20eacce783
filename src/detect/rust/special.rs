//! What rows of the catalog cannot say about Rust's libraries: attributes of fields, with which
//! clap and serde set defaults, variables and flags.

use std::ops::Range;
use std::rc::Rc;

use super::source::SourceFile;
use crate::code::{File, Part, Program, Rows, Special, Value};
use crate::path::RelPath;

/// The files of a program, as the shared reader of code takes them.
pub(super) fn program<'r>(files: &[Rc<SourceFile>], rows: &'r Rows) -> Program<'r> {
    let known = || rows.server.iter().map(|server| server.of.as_str());
    // Names are searched in the whole program, because a file's path does not tell its module's
    // path.
    let files = files.iter().map(|file| (RelPath::root(), file.code(known())));
    let special = Special { tag: attributes, ..Special::NONE };
    Program::new(files.collect(), std::collections::BTreeMap::new(), rows, special)
}

/// Attributes that say what sets a field.
const SETTING: [&str; 10] = [
    "arg",
    "clap",
    "structopt",
    "serde",
    "argh",
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
            match file.word(part.start) {
                "env" => env = text().or_else(|| Some(field.to_ascii_uppercase())),
                "long" => flag = text().or_else(|| Some(field.replace('_', "-"))),
                "from" if of == "envconfig" => env = text(),
                // The string contains code.
                "value" | "expression" if of == "Default" && is_set => {
                    let text = program.eval(file, value, steps).text();
                    default = text.map(|text| text.trim_matches('"').to_owned());
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
