//! What rows of the catalog cannot say about Go's libraries: the keys of viper and koanf, the call
//! chains of kingpin, and the flags of urfave/cli, which are fields of literals.

use super::closure::Closure;
use crate::code::{Call, Does, Form, Part, Program, Rows, Special, Value, is_env_name};

/// The files of a program, as the shared reader of code takes them.
pub(super) fn program<'r>(closure: &Closure, rows: &'r Rows) -> Program<'r> {
    let files = closure.packages.iter().flat_map(|package| {
        // Generated code configures nothing, and is often most of the text.
        let written = package.files.iter().filter(|file| !file.code.generated);
        written.map(|file| (package.dir.clone(), file.code.clone()))
    });
    Program::new(
        files.collect(),
        closure.local.clone(),
        rows,
        Special { call: setting, key: keyed, ..Special::NONE },
    )
}

/// The value of a call that reads a setting by its key: `viper.GetString("port")` or
/// `c.String("port")`.
fn setting(program: &Program, call: &Call, _: &[String], steps: u8) -> Option<Value> {
    if let Some(value) = kingpin(program, call, steps) {
        return Some(value);
    }
    if let Some(value) = with_default(program, call, steps) {
        return Some(value);
    }
    // `addr.String()` is the text of the address itself.
    if call.name() == "String" && call.is_method() && call.arguments().is_empty() {
        return program.receiver(call, steps).filter(|value| !value.is_unknown());
    }
    let kind = call.name().strip_prefix("Get").unwrap_or(call.name());
    let mut types = program.rows.doing(&[Does::Flag]).flat_map(|row| &row.names);
    if !call.is_method() || !types.any(|name| name == kind) || call.arguments().len() != 1 {
        return None;
    }
    let key = program.argument_within(call, 0, steps)?.text()?;
    keyed(program, &key, steps)
        .or_else(|| urfave(program, &key, steps))
        .or_else(|| program.flag_named(&key, steps))
}

/// The value of beego's `AppConfig.DefaultInt("httpport", 8000)`: that of the settings file, or the
/// default.
fn with_default(program: &Program, call: &Call, steps: u8) -> Option<Value> {
    let named = matches!(call.name(), "DefaultInt" | "DefaultInt64" | "DefaultString");
    let beego = ["github.com/beego/beego", "github.com/astaxie/beego"];
    if !named || call.arguments().len() != 2 || !beego.iter().any(|of| call.file.imports_from(of)) {
        return None;
    }
    let key = program.argument_within(call, 0, steps)?.text()?;
    program.documented(&key).or_else(|| program.argument_within(call, 1, steps))
}

/// The value of a setting by its key.
fn keyed(program: &Program, key: &str, steps: u8) -> Option<Value> {
    viper(program, key, steps).or_else(|| koanf(program, key, steps))
}

/// A key of koanf: its default in a map, and the environment variable that a provider maps to it.
fn koanf(program: &Program, key: &str, steps: u8) -> Option<Value> {
    let module = "github.com/knadh/koanf";
    let files = || program.files().filter(|file| file.imports_from(module));
    let default = files().find_map(|file| {
        let mut at = (file.body..file.len()).filter(|&at| file.word(at + 1) == ":");
        let at = at.find(|&at| file.string(at).is_some_and(|text| text == key))?;
        let end = (at + 2..file.len()).find(|&end| matches!(file.word(end), "," | "}" | ";"))?;
        let text = program.eval(file, at + 2..end, steps).text()?;
        Some((text.clone(), file.evidence(at, format!("koanf's default of `{key}` is `{text}`"))))
    });
    let stated = program.document(key);
    // The usual provider takes a prefix, then the key in capitals with `_` for dots.
    let provider = program.calls_named("Provider").find(|call| {
        let of = call.package().unwrap_or_default();
        let words = call.arguments().get(2).cloned().unwrap_or_default();
        of.contains("koanf/providers/env")
            && words.clone().any(|at| call.file.word(at) == "ToLower")
    });
    let prefix = provider.and_then(|call| program.argument_within(&call, 0, steps)?.text());
    let env =
        prefix.map(|prefix| format!("{prefix}{}", key.replace('.', "_").to_ascii_uppercase()));
    let (text, evidence) = stated.or(default)?;
    Some(Part::setting(Some(text), env.filter(|name| is_env_name(name)), None, evidence).into())
}

/// The value of `kingpin.Flag("listen", "...").Default(":9100").Envar("LISTEN").String()`.
fn kingpin(program: &Program, call: &Call, steps: u8) -> Option<Value> {
    let file = &call.file;
    if !call.arguments().is_empty() || !file.imports_from("github.com/alecthomas/kingpin") {
        return None;
    }
    let (mut flag, mut default, mut env) = (None, None, None);
    let mut at = call.at;
    for _ in 0..8 {
        // Walks the chain backwards, call by call: `name ( ... ) . next`.
        let open = file.opening(at.checked_sub(2)?);
        let name = open.checked_sub(1).filter(|_| file.word(open) == "(")?;
        let before = Call { file: file.clone(), at: name, open };
        let text = program.argument_within(&before, 0, steps).and_then(|value| value.text());
        match before.name() {
            "Default" => default = text,
            "Envar" => env = text,
            "Flag" => {
                flag = text;
                break;
            }
            _ => {}
        }
        at = name;
    }
    let flag = flag?;
    let evidence = call.evidence(format!("flag --{flag}"));
    Some(Part::setting(default, env, Some(flag), evidence).into())
}

/// A key of viper: its default, or else the default of the flag with the same name, and the
/// variable that is bound to the key.
fn viper(program: &Program, key: &str, steps: u8) -> Option<Value> {
    if !program.files().any(|file| file.imports_from("github.com/spf13/viper")) {
        return None;
    }
    let text = |call: &Call, number: usize| program.argument_within(call, number, steps)?.text();
    let of_key = |name: &'static str| {
        program
            .calls_named(name)
            .find(|call| text(call, 0).is_some_and(|text| text.eq_ignore_ascii_case(key)))
    };
    let default = of_key("SetDefault").and_then(|call| {
        let text = text(&call, 1)?;
        let evidence = call.evidence(format!("viper's default of `{key}` is `{text}`"));
        Some((text, evidence))
    });
    let default = program.document(key).or(default);
    let flag = program.flag_named(key, steps);
    let automatic = || {
        program.calls_named("AutomaticEnv").next()?;
        let prefix = program.calls_named("SetEnvPrefix").find_map(|call| text(&call, 0));
        let prefix = prefix.map_or_else(String::new, |prefix| format!("{prefix}_"));
        let replaces = program.calls_named("SetEnvKeyReplacer").next().is_some();
        let key = if replaces { key.replace(['.', '-'], "_") } else { key.to_owned() };
        Some(format!("{prefix}{key}").to_ascii_uppercase())
    };
    let bound = of_key("BindEnv").and_then(|call| text(&call, 1));
    let env = bound.or_else(automatic).filter(|name| is_env_name(name));
    let (text, evidence) = match (default, &flag) {
        (Some((text, evidence)), _) => (Some(text), evidence),
        (None, Some(flag)) => (flag.text(), flag.evidence()?.clone()),
        (None, None) => {
            let name = env.as_ref()?;
            let mut files = program.files().filter(|f| f.imports_from("github.com/spf13/viper"));
            let (file, at) = files.find_map(|file| {
                let says = |at: &usize| {
                    file.string(*at).is_some_and(|text| text.eq_ignore_ascii_case(key))
                };
                (file.body..file.len()).find(says).map(|at| (file, at))
            })?;
            (None, file.evidence(at, format!("viper reads {name}")))
        }
    };
    let flag = flag.as_ref().and_then(|value| value.flag()).map(str::to_owned);
    Some(Part::setting(text, env, flag, evidence).into())
}

/// A flag of urfave/cli: the fields of the literal whose `Name` it is.
fn urfave(program: &Program, name: &str, steps: u8) -> Option<Value> {
    for file in program.files().filter(|file| file.imports_from("github.com/urfave/cli")) {
        let names = file.facts().definitions_of(file, "Name").iter();
        for definition in names.filter(|definition| definition.form == Form::Field) {
            if file.string(definition.value.start).as_deref() != Some(name) {
                continue;
            }
            let Some(open) = file.enclosing(definition.name) else { continue };
            let field = |wanted: &[&str]| {
                file.elements(open).into_iter().find(|range| {
                    wanted.contains(&file.word(range.start)) && file.word(range.start + 1) == ":"
                })
            };
            let text = field(&["Value"])
                .and_then(|range| program.eval(file, range.start + 2..range.end, steps).text());
            let variables = field(&["EnvVars", "EnvVar", "Sources"]);
            let env = variables.and_then(|range| {
                let texts = range.filter_map(|at| file.string(at));
                texts.map(std::borrow::Cow::into_owned).find(|text| is_env_name(text))
            });
            let evidence = file.evidence(definition.name, format!("flag --{name}"));
            return Some(Part::setting(text, env, Some(name.to_owned()), evidence).into());
        }
    }
    None
}
