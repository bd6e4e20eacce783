//! What rows of the catalog cannot say about libraries for settings: schemas of convict and of the
//! environment, options of command lines, factories of Nest, lists of settings.

use std::ops::Range;
use std::rc::Rc;

use super::super::required::is_schema;
use super::options::{of_action, option};
use crate::code::{Call, File, Form, Kind, Part, Program, Special, Value, is_env_name};

/// How many occurrences of one word are read in a file.
const MAX_PLACES: usize = 256;

/// Parsers of arguments whose options have `default: { port: 3000 }`.
const PARSERS: [&str; 4] = ["minimist", "mri", "yargs-parser", "getopts"];

/// Parsers of YAML and TOML.
const FORMATS: [&str; 6] = ["js-yaml", "yaml", "yamljs", "toml", "@iarna/toml", "smol-toml"];

pub(super) const SPECIAL: Special = Special { call, below, ..Special::NONE };

/// The value at `keys` in the result of a call of such a library.
fn call(program: &Program, call: &Call, keys: &[String], steps: u8) -> Option<Value> {
    let file = &call.file;
    let from = |names: &[&str]| names.iter().any(|name| file.imports_from(name));
    let arguments = call.arguments();
    let first = arguments.first();
    let root = call.on().map_or("", |on| file.word(on.start));
    match call.name() {
        // What `JSON.parse` makes of a file has the keys of that file.
        "parse" if root == "JSON" => Some(program.eval_below(file, first?.clone(), keys, steps)),
        // A parser of YAML or TOML does the same.
        "load" | "safeLoad" | "parse"
            if reads_settings(file, call.name())
                || reads_settings(file, root)
                || call.on().is_some_and(|on| requires_settings(file, &on)) =>
        {
            Some(program.eval_below(file, first?.clone(), keys, steps))
        }
        // <https://zod.dev>: what a schema makes of an object has the keys of both.
        "parse" | "safeParse" | "parseAsync" | "safeParseAsync"
            if first.is_some_and(|one| file.word(one.start) == "{") =>
        {
            let keys =
                if keys.first().is_some_and(|key| key == "data") { &keys[1..] } else { keys };
            checked(program, call, keys, steps)
        }
        // convict: <https://github.com/mozilla/node-convict>.
        "convict" => schema(program, file, first?.clone(), keys, steps),
        "getProperties" => Some(program.eval_below(file, call.on()?, keys, steps)),
        // https://www.npmjs.com/package/minimist: an option is a flag of its name.
        name if file.imported(name).is_some_and(|from| PARSERS.contains(&from)) => {
            let [key] = keys else { return None };
            let defaults = file.property(arguments.get(1)?.start, "default")?;
            let default = program.eval_below(file, defaults, keys, steps).text();
            let evidence = call.evidence(format!("the option --{key}"));
            Some(Part::setting(default, None, Some(key.clone()), evidence).into())
        }
        "parseArgs" if from(&["util"]) => {
            let key = keys.last().filter(|_| keys.len() < 3)?;
            let options = file.property(first?.start, "options")?;
            let option = file.property(options.start, key)?;
            Some(program.eval(file, file.property(option.start, "default")?, steps))
        }
        // The values of a command line: `program.opts()` or `yargs(...).option(...).parse()`.
        "opts" | "parse" | "parseSync" | "option" | "options" if from(&["commander", "yargs"]) => {
            option(program, file, keys.last()?, &(0..0), steps)
        }
        _ if matches!(root, "program" | "yargs" | "require") && from(&["commander", "yargs"]) => {
            option(program, file, keys.last()?, &(0..0), steps)
        }
        // Nest: `app.get(ConfigService)`.
        "get" if first.is_some_and(|one| file.word(one.start) == "ConfigService") => {
            nest(program, keys, steps)
        }
        _ => None,
    }
}

/// True for a name that a parser of settings exports.
fn reads_settings(file: &File, name: &str) -> bool {
    file.imported(name).is_some_and(|from| FORMATS.contains(&from))
}

/// True for `require("js-yaml")`.
fn requires_settings(file: &File, on: &Range<usize>) -> bool {
    let named = on.len() == 4 && file.word(on.start) == "require";
    named && file.string(on.start + 2).is_some_and(|text| FORMATS.contains(&&*text))
}

/// The value at `keys` in the result of `schema.parse({ port: process.env.PORT })`: the variable of
/// the object, with the default of the schema.
fn checked(program: &Program, call: &Call, keys: &[String], steps: u8) -> Option<Value> {
    let file = &call.file;
    let (on, given) = (call.on()?, call.arguments().into_iter().next()?);
    let key = keys.last()?;
    let mut inner = if on.len() > 1 {
        on
    } else {
        file.facts().definitions_of(file, file.word(on.start)).first()?.value.clone()
    };
    for key in keys {
        let open = inner.clone().find(|&at| file.word(at) == "{")?;
        inner = file.property(open, key)?;
    }
    let value = program.eval_below(file, given, keys, steps);
    let env = value.variables().next().map(str::to_owned);
    let at = inner.clone().find(|&at| file.word(at) == "default").map_or(inner.start, |at| at + 2);
    let text = match file.kind(at)? {
        Kind::Number => Some(file.word(at).replace('_', "")),
        _ => file.string(at).map(std::borrow::Cow::into_owned),
    };
    let text = text.or_else(|| value.text());
    if text.is_none() && env.is_none() {
        return None;
    }
    let evidence = file.evidence(at, format!("the default of {key}"));
    Some(Part::setting(text, env, None, evidence).into())
}

/// The default in a convict schema, and its variable.
fn schema(
    program: &Program,
    file: &Rc<File>,
    object: Range<usize>,
    keys: &[String],
    steps: u8,
) -> Option<Value> {
    let mut inner = object;
    for key in keys {
        inner = file.property(inner.start, key)?;
    }
    let default = file.property(inner.start, "default")?;
    let env = file.property(inner.start, "env");
    let env = env.and_then(|env| Some(file.string(env.start)?.into_owned()));
    let text = program.eval(file, default.clone(), steps).text();
    let note = format!("the default of {}", keys.last()?);
    Some(Part::setting(text, env, None, file.evidence(default.start, note)).into())
}

/// The value in `registerAs("app", () => ({ port }))` or `ConfigModule.forRoot({ load:
/// [configuration] })`: <https://docs.nestjs.com/techniques/configuration>.
fn nest(program: &Program, keys: &[String], steps: u8) -> Option<Value> {
    let (first, rest) = keys.split_first()?;
    for call in program.calls_named("registerAs") {
        if let [name, factory] = call.arguments().as_slice()
            && call.file.string(name.start).is_some_and(|text| text == first.as_str())
        {
            return Some(program.eval_below(&call.file, factory.clone(), rest, steps));
        }
    }
    // Without a factory, keys are environment variables, whose defaults are in the schema.
    let loads =
        program.fields_of("load").filter(|(_, file, _)| file.imports_from("@nestjs/config"));
    let mut factories = loads.flat_map(|(_, file, load)| {
        let all = file.elements(load.value.start).into_iter();
        all.map(move |factory| program.eval_below(file, factory, keys, steps))
    });
    let found = factories.find(|value| !value.is_unknown());
    let checked = ["validationSchema", "validate"];
    if found.is_none() && checked.iter().any(|key| program.fields_of(key).next().is_some()) {
        return None;
    }
    found.or_else(|| {
        let [key] = keys else { return None };
        let mut reads = program.files().filter(|file| file.imports_from("@nestjs/config"));
        let evidence = reads.next()?.evidence(0, format!("environment variable {key}"));
        is_env_name(key).then(|| Part::setting(None, Some(key.clone()), None, evidence).into())
    })
}

/// The value at `keys` of a name that leads nowhere else.
fn below(
    program: &Program,
    file: &Rc<File>,
    at: usize,
    keys: &[String],
    steps: u8,
) -> Option<Value> {
    of_action(program, file, at, keys, steps)
        .or_else(|| feathers(program, file, at, keys))
        .or_else(|| listed(program, file, at, keys))
        .or_else(|| environment(program, keys.last()?))
        .or_else(|| unset(file, at, keys))
}

/// `env.PORT` where no code says what `env` is: by convention the environment, whatever checked it.
fn unset(file: &File, at: usize, keys: &[String]) -> Option<Value> {
    let [key] = keys else { return None };
    let evidence = file.evidence(at, format!("environment variable {key}"));
    let is = file.word(at) == "env" && is_env_name(key);
    is.then(|| Part::setting(None, Some(key.clone()), None, evidence).into())
}

/// `app.get("port")` of Feathers, which reads the files of node-config:
/// <https://feathersjs.com/api/configuration.html>.
fn feathers(program: &Program, file: &File, at: usize, keys: &[String]) -> Option<Value> {
    let stated = program.documented(&format!("config.{}", keys.join(".")))?;
    let mut called = file.places(file.word(at)).iter().take(MAX_PLACES);
    let called = called.any(|&at| {
        file.word(at + 1) == "." && file.word(at + 2) == "get" && file.word(at + 3) == "("
    });
    let reads = || program.files().any(|file| file.imports_from("@feathersjs/configuration"));
    (called && reads()).then_some(stated)
}

/// The entry of a settings list for the key that code asks an object for: `{ key: "port", envVar:
/// "APP_PORT", default: 80 }`. Nothing if two entries match.
fn listed(program: &Program, file: &Rc<File>, at: usize, keys: &[String]) -> Option<Value> {
    let [key] = keys else { return None };
    let made = file.facts().definitions_of(file, file.word(at)).first()?;
    (file.word(made.value.start) == "new").then(|| program.may_search())??;
    let entries = program.files().flat_map(|file| {
        let named = ["key", "name"].into_iter().flat_map(|word| file.places(word));
        let named = named.take(MAX_PLACES).copied().filter(|&at| {
            at > 0
                && file.word(at - 1) == "{"
                && file.word(at + 1) == ":"
                && file.string(at + 2).is_some_and(|text| text == key.as_str())
        });
        named.filter_map(move |at| {
            let default = file.property(at - 1, "default")?;
            let text = file.word(default.start).replace('_', "");
            (file.kind(default.start) == Some(Kind::Number)).then_some(())?;
            let env = ["env", "envVar"].into_iter().find_map(|key| file.property(at - 1, key));
            let env = env.and_then(|env| Some(file.string(env.start)?.into_owned()));
            let evidence = file.evidence(default.start, format!("the default of {key}"));
            Some(Part::setting(Some(text), env, None, evidence).into())
        })
    });
    only(entries)
}

/// The default in a schema of the environment for the variable that code reads from its result:
/// `env.PORT` after `z.object({ PORT: z.coerce.number().default(80) }).parse(process.env)`.
/// Nothing if two schemas match.
fn environment(program: &Program, key: &str) -> Option<Value> {
    is_env_name(key).then(|| program.may_search())??;
    let fields =
        program.fields_of(key).filter(|(_, file, d)| d.form == Form::Field && is_schema(file));
    only(fields.filter_map(|(_, file, field)| {
        // The default: `.default(80)` or `{ default: 80 }`.
        let at = field.value.clone().find(|&at| file.word(at) == "default")? + 2;
        let text = match file.kind(at)? {
            Kind::Number => file.word(at).replace('_', ""),
            _ => file.string(at)?.into_owned(),
        };
        let evidence = file.evidence(at, format!("the default of {key}"));
        Some(Part::setting(Some(text), Some(key.to_owned()), None, evidence).into())
    }))
}

fn only(values: impl Iterator<Item = Value>) -> Option<Value> {
    let mut values = values;
    values.next().filter(|_| values.next().is_none())
}
