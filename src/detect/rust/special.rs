//! What no row of the catalog says about Rust's libraries: attributes of fields, by which clap and
//! serde give defaults, variables and flags.

use std::ops::Range;
use std::rc::Rc;

use super::source::SourceFile;
use crate::code::{File, Part, Program, Rows, Special, Value};
use crate::path::RelPath;

/// The files of a program for the shared reader of code.
pub(super) fn program<'r>(files: &[Rc<SourceFile>], rows: &'r Rows) -> Program<'r> {
    let known = || rows.server.iter().map(|server| server.of.as_str());
    // Names are looked up in the whole program: the paths of modules say little.
    let files = files.iter().map(|file| (RelPath::root(), file.code(known())));
    let special = Special { call: |_, _, _| None, tag: attributes, key: |_, _, _| None };
    Program::new(files.collect(), std::collections::BTreeMap::new(), rows, special)
}

/// `#[arg(long, env = "PORT", default_value_t = 3000)]`, `#[serde(default = "default_port")]`.
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
        if !["arg", "clap", "structopt", "serde", "argh"].contains(&of) {
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
                "default_value" | "default_value_t" | "default_value_os_t" if is_set => {
                    default = program.eval(file, value, steps).text();
                }
                // serde names a function.
                "default" if of == "serde" && is_set => {
                    let named = text().unwrap_or_default();
                    let function = named.rsplit("::").next().unwrap_or_default();
                    default = program.result_of_function(function, steps);
                }
                "default" if is_set => default = program.eval(file, value, steps).text(),
                _ => {}
            }
        }
    }
    if env.is_none() && default.is_none() && flag.is_none() {
        return None;
    }
    let evidence = file.evidence(name, format!("the setting `{field}`"));
    Some(Part::setting(default, env, flag, evidence).into())
}
