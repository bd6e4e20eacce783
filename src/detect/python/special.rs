//! What no row of the catalog says about Python's libraries: fields of settings classes, which
//! pydantic fills from the environment, and arguments of the command line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::source::Module;
use crate::code::{Call, File, Form, Part, Program, Rows, Special, Value, conditions, is_env_name};
use crate::path::RelPath;

/// Maximum number of fields of one name, and of tokens in a class.
const MAX_FIELDS: usize = 32;
const MAX_CLASS: usize = 4000;

/// Maximum number of modules that bring names, of arguments of the command line, and of places that
/// name a class.
const MAX_BROUGHT: usize = 8;
const MAX_ARGUMENTS: usize = 256;
const MAX_NAMED: usize = 64;

/// Maximum number of keys of a configuration that are followed.
const MAX_ASSIGNED: usize = 400;

/// The class that pydantic fills from the environment.
const SETTINGS: &str = "BaseSettings";

/// The files of a program, each a module of its own.
pub(super) fn program<'r>(modules: &[Rc<Module>], rows: &'r Rows) -> Program<'r> {
    let place = |module: &Rc<Module>| module.file.path.clone();
    let files = modules.iter().map(|module| (place(module), module.file.clone())).collect();
    let named = modules.iter().map(|module| (module.name.clone(), place(module)));
    let folders: BTreeMap<String, RelPath> = named.collect();
    let special = Special { call, below: setting, ..Special::NONE };
    let program = Program::new(files, folders, rows, special);
    for (key, file, range) in assigned(modules) {
        let value = program.value(&file, range);
        let part = match (value.parts.as_slice(), value.text()) {
            ([part], _) => part.clone(),
            (parts, Some(text)) => Part { text: Some(text), env: None, ..parts[0].clone() },
            _ => continue,
        };
        program.know([(key.to_lowercase(), part)]);
    }
    program
}

/// As [`program`], for a program whose working directory in the image is `home`.
pub(super) fn placed<'r>(modules: &[Rc<Module>], rows: &'r Rows, home: String) -> Program<'r> {
    let mut placed = program(modules, rows);
    placed.home = Some(home);
    placed
}

/// `app.config["NAME"] = value`
fn assigned(modules: &[Rc<Module>]) -> Vec<(String, Rc<File>, Range<usize>)> {
    let mut all = Vec::new();
    for module in modules {
        let file = &module.file;
        for at in 0..file.len() {
            if file.word(at) != "]" || file.word(at + 1) != "=" || all.len() >= MAX_ASSIGNED {
                continue;
            }
            let Some(name) = at.checked_sub(1).and_then(|at| file.string(at)) else { continue };
            if !is_env_name(&name) || file.opening(at) + 2 != at {
                continue;
            }
            let end = (at + 2..file.len()).find(|&end| file.is_line_end(end));
            all.push((name.into_owned(), file.clone(), at + 2..end.unwrap_or(file.len())));
        }
    }
    all
}

/// Libraries whose object, by custom called `env`, reads variables.
const ENVIRONMENTS: [&str; 2] = ["environ", "environs"];

/// Methods of that object that read no variable.
const OTHERS: [&str; 5] = ["add_parser", "parser_for", "prefixed", "read_env", "seal"];

/// The name of the variable that `env("X")` or `env.int("X")` reads.
pub(super) fn variable_of(program: &Program, call: &Call) -> Option<Range<usize>> {
    let name = if call.is_method() { call.receiver() } else { call.name() };
    // The object of starlette's is called `config` by custom.
    let starlette = name == "config" && !call.is_method();
    if starlette && call.file.imports_module("starlette") {
        let first = call.arguments().first().cloned()?;
        return call
            .file
            .string(first.start)
            .is_some_and(|text| is_env_name(&text))
            .then_some(first);
    }
    let named = name == "env" && !OTHERS.contains(&call.name());
    // The object is made in the file, or comes from the settings of another one.
    let made = |file: &File| ENVIRONMENTS.iter().any(|module| file.imports_module(module));
    let used = || {
        let brought = call
            .file
            .imports
            .iter()
            .filter(|import| import.name == "env" || import.export.as_deref() == Some("*"));
        let mut modules = brought.take(MAX_BROUGHT).filter_map(|i| program.module_named(&i.path));
        made(&call.file) || modules.any(|file| made(&file))
    };
    let first = call.arguments().first().cloned().filter(|_| named && used())?;
    call.file.string(first.start).is_some_and(|text| is_env_name(&text)).then_some(first)
}

/// The default of such a variable.
pub(super) fn default_of(call: &Call) -> Option<Range<usize>> {
    call.named("default").or_else(|| call.placed(1))
}

fn call(program: &Program, call: &Call, _: &[String], steps: u8) -> Option<Value> {
    let key = call.file.string(variable_of(program, call)?.start)?.into_owned();
    let default = default_of(call).map(|range| program.eval(&call.file, range, steps));
    let evidence = call.evidence(format!("environment variable {key}"));
    let text = default.and_then(|value| value.text());
    Some(Part::setting(text, Some(key), None, evidence).into())
}

/// Attributes of a Flask application: `app.root_path`, `app.instance_path`.
fn flask(file: &File, at: usize) -> Option<Value> {
    let evidence = file.evidence(at, "a folder of the application");
    match file.word(at) {
        "root_path" => Some(Value::known(file.seen_as.clone()?, evidence).parent()),
        "instance_path" => Some(Value::known("instance", evidence)),
        _ => None,
    }
}

/// `settings.port`, `args.port`.
fn setting(
    program: &Program,
    file: &Rc<File>,
    at: usize,
    _: &[String],
    steps: u8,
) -> Option<Value> {
    let name = file.word(at);
    flask(file, at)
        .or_else(|| argument(program, file, at, name, steps))
        .or_else(|| defined(program, file, at, name, steps))
        .or_else(|| of_library(program, file, at))
        .or_else(|| field(program, name, steps))
}

/// An attribute of what a library makes is none of the program's classes: `folder.name` after
/// `folder = tempfile.TemporaryDirectory()`.
fn of_library(program: &Program, file: &Rc<File>, at: usize) -> Option<Value> {
    let owner = at.checked_sub(2).filter(|&owner| owner < 1 || file.word(owner - 1) != ".")?;
    let range = file.facts().function_at(owner)?.range.clone();
    let definitions = file.facts().definitions_of(file, file.word(owner));
    let near = definitions.iter().rfind(|d| d.name < owner && range.contains(&d.name))?;
    let made = near.value.clone().take(MAX_FIELDS).find_map(|at| Call::at(file, at))?;
    let library = file.import_of(file.word(near.value.start))?;
    // `settings = get_settings()` may be of another module of the program.
    let own = |path: &str| program.folder(path).is_some();
    let head = library.path.split('.').next().unwrap_or_default();
    (near.value.start <= made.at && !own(&library.path) && !own(head)).then(|| {
        Value::unknown(file.evidence(at, format!("`{}` of a library has it", made.name())))
    })
}

/// An argument that `argparse` reads.
fn argument(program: &Program, file: &Rc<File>, at: usize, name: &str, steps: u8) -> Option<Value> {
    let owner = at.checked_sub(2).map(|owner| file.word(owner))?;
    let like = ["args", "opts", "options", "arguments", "namespace", "parsed"];
    let likely = like.iter().any(|word| owner.to_ascii_lowercase().contains(word));
    if !likely && !is_parsed(file, owner) {
        return None;
    }
    let flag = format!("--{}", name.replace('_', "-"));
    let plain = format!("--{name}");
    let call = program.calls_named("add_argument").take(MAX_ARGUMENTS).find(|call| {
        let stored = call.named("dest").and_then(|range| call.file.string(range.start));
        if let Some(stored) = stored {
            return stored == name;
        }
        let names = call.arguments().into_iter().take(3);
        names
            .filter_map(|range| call.file.string(range.start))
            .any(|text| text == flag.as_str() || text == plain.as_str())
    })?;
    let texts = call.arguments().into_iter().filter_map(|range| call.file.string(range.start));
    let flag = texts.into_iter().find(|text| text.starts_with("--"))?.into_owned();
    let default = program.named_argument(&call, "default", steps);
    let env = default.as_ref().and_then(|value| value.env()).map(str::to_owned);
    let default = default.and_then(|value| value.text());
    let flag = flag.trim_start_matches('-').to_owned();
    let evidence = call.evidence(format!("flag --{flag}"));
    Some(Part::setting(default, env, Some(flag), evidence).into())
}

/// An option of tornado: `define("port", default=8888)`, read as `options.port`.
/// <https://www.tornadoweb.org/en/stable/options.html>
fn defined(program: &Program, file: &Rc<File>, at: usize, name: &str, steps: u8) -> Option<Value> {
    let owner = at.checked_sub(2).map(|owner| file.word(owner))?;
    if owner != "options" || !file.imports_module("tornado") {
        return None;
    }
    let call = program.calls_named("define").take(MAX_ARGUMENTS).find(|call| {
        let first = call.arguments().into_iter().next();
        first.is_some_and(|first| call.file.string(first.start).is_some_and(|text| text == name))
    })?;
    let placed = || program.argument_within(&call, 1, steps);
    let default = program.named_argument(&call, "default", steps).or_else(placed);
    let env = default.as_ref().and_then(|value| value.env()).map(str::to_owned);
    let evidence = call.evidence(format!("option --{name}"));
    let text = default.and_then(|value| value.text());
    Some(Part::setting(text, env, Some(name.to_owned()), evidence).into())
}

/// True for what a parser of the command line returned: `a = parser.parse_args()`.
fn is_parsed(file: &File, name: &str) -> bool {
    let mut all = file.facts().definitions_of(file, name).iter().take(MAX_FIELDS);
    all.any(|definition| {
        let mut value = definition.value.clone().take(MAX_FIELDS);
        value.any(|at| matches!(file.word(at), "parse_args" | "parse_known_args"))
    })
}

/// A field of a settings class, and the variable that sets it.
fn field(program: &Program, name: &str, steps: u8) -> Option<Value> {
    program.fields_of(name).take(MAX_FIELDS).find_map(|(_, file, definition)| {
        if definition.form != Form::Member {
            return None;
        }
        let class = class_of(file, definition.name)?;
        let value = definition.value.clone();
        let made = made(file, &value);
        let default = match &made {
            Some(call) => program
                .named_argument(call, "default", steps)
                .or_else(|| program.argument_within(call, 0, steps)),
            None => Some(program.eval(file, value, steps)),
        };
        if !is_settings(program, file, &class) {
            return default;
        }
        let own = made.and_then(|call| variable(&call));
        let env = own.unwrap_or_else(|| format!("{}{name}", prefix(file, &class)).to_uppercase());
        let evidence = file.evidence(definition.name, format!("the setting {env}"));
        let text = default.and_then(|value| value.text());
        Some(Part::setting(text, Some(env), None, evidence).into())
    })
}

/// The call of `Field(...)` that describes a field.
fn made(file: &Rc<File>, value: &Range<usize>) -> Option<Call> {
    Call::at(file, value.start).filter(|call| call.name() == "Field")
}

/// The variable that `Field(alias="X")` names.
pub(super) fn variable(call: &Call) -> Option<String> {
    let named = ["env", "validation_alias", "alias"].iter();
    let texts = named.filter_map(|name| call.file.string(call.named(name)?.start));
    texts.map(std::borrow::Cow::into_owned).next()
}

/// A class: its head, and its body.
pub(super) struct Class {
    pub(super) head: Range<usize>,
    pub(super) open: usize,
}

/// The class whose body contains a position directly.
fn class_of(file: &File, at: usize) -> Option<Class> {
    let open = file.enclosing(at)?;
    let start = conditions::statement(file, open);
    (file.word(start) == "class").then_some(Class { head: start..open, open })
}

/// Every class that pydantic fills from the environment.
pub(super) fn settings(program: &Program) -> Vec<(Rc<File>, Class)> {
    let mut all = Vec::new();
    for file in program.files() {
        for &at in file.places("class") {
            let end = (at..at + 64).find(|&end| file.word(end) == "{" || file.is_line_end(end));
            let Some(open) = end.filter(|&open| file.word(open) == "{") else { continue };
            let class = Class { head: at..open, open };
            if is_settings(program, file, &class) {
                all.push((file.clone(), class));
            }
        }
    }
    all
}

/// True if a class is derived from pydantic's settings, directly or through another class.
fn is_settings(program: &Program, file: &File, class: &Class) -> bool {
    let bases = |file: &File, head: &Range<usize>| -> Vec<String> {
        let words = head.clone().skip(2).filter(|&at| file.is_word(at));
        words.map(|at| file.word(at).to_owned()).collect()
    };
    let own = bases(file, &class.head);
    own.iter().any(|base| base == SETTINGS)
        || own.iter().take(4).any(|base| {
            let brought = file.import_of(base).and_then(|i| program.module_named(&i.path));
            let file = brought.as_deref().unwrap_or(file);
            file.places(base).iter().take(MAX_NAMED).any(|&at| {
                let end = (at..at + 64).find(|&end| matches!(file.word(end), "{" | ";"));
                at > 0
                    && file.word(at - 1) == "class"
                    && end.is_some_and(|end| {
                        bases(file, &(at - 1..end)).iter().any(|base| base == SETTINGS)
                    })
            })
        })
}

/// The first word of all variables of a class.
pub(super) fn prefix(file: &File, class: &Class) -> String {
    let end = file.closing(class.open).min(class.open + MAX_CLASS);
    let stated =
        (class.open..end).find(|&at| file.word(at) == "env_prefix" && file.word(at + 1) == "=");
    stated.and_then(|at| file.string(at + 2)).unwrap_or_default().into_owned()
}
