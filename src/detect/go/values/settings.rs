//! Settings by name: flags (flag, pflag, cobra, urfave/cli), viper's keys, and struct tags that
//! name a variable.

use std::collections::BTreeMap;

use super::functions::is_env_name;
use super::{Code, Part, Value};
use crate::detect::go::source::SourceFile;
use crate::detect::go::syntax::{Call, Form};

/// Types in the names of flag functions: `String`, `IntVarP`.
const TYPES: [&str; 9] =
    ["String", "Int", "Int64", "Int32", "Uint", "Uint16", "Uint32", "Duration", "Bool"];

/// Functions that read a flag into a variable.
const INTO: [&str; 18] = [
    "StringVar",
    "StringVarP",
    "IntVar",
    "IntVarP",
    "Int64Var",
    "Int64VarP",
    "Int32Var",
    "Int32VarP",
    "UintVar",
    "UintVarP",
    "Uint16Var",
    "Uint16VarP",
    "Uint32Var",
    "Uint32VarP",
    "DurationVar",
    "DurationVarP",
    "BoolVar",
    "BoolVarP",
];

/// Functions that give a flag's value.
const GIVING: [&str; 18] = [
    "String",
    "StringP",
    "Int",
    "IntP",
    "Int64",
    "Int64P",
    "Int32",
    "Int32P",
    "Uint",
    "UintP",
    "Uint16",
    "Uint16P",
    "Uint32",
    "Uint32P",
    "Duration",
    "DurationP",
    "Bool",
    "BoolP",
];

/// Words of settings that belong to another service than the one that listens.
const OTHERS: [&str; 24] = [
    "database",
    "postgres",
    "mysql",
    "mariadb",
    "redis",
    "mongo",
    "smtp",
    "mail",
    "kafka",
    "rabbit",
    "amqp",
    "nats",
    "ldap",
    "elastic",
    "memcache",
    "etcd",
    "proxy",
    "clickhouse",
    "minio",
    "imap",
    "upstream",
    "vault",
    "consul",
    "db",
];

/// True where words speak of a database, a mail server and the like.
pub(in crate::detect::go) fn is_other_service(words: &str) -> bool {
    words.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        OTHERS.iter().any(|other| word == *other || (other.len() > 4 && word.contains(other)))
    })
}

/// What kind of flag function a name is: the position of the flag's name, and of its default.
fn flag_positions(name: &str) -> Option<(usize, usize)> {
    let (stem, short) = match name.strip_suffix('P') {
        Some(stem) => (stem, 1),
        None => (name, 0),
    };
    let (stem, variable) = match stem.strip_suffix("Var") {
        Some(stem) => (stem, 1),
        None => (stem, 0),
    };
    TYPES.contains(&stem).then_some((variable, variable + 1 + short))
}

impl Code {
    /// A call that registers or reads a flag, or reads a setting of viper's or urfave's.
    pub(super) fn setting(&self, call: &Call, steps: u8) -> Option<Value> {
        if let Some(value) = self.flag_value(call, steps) {
            return Some(value);
        }
        let kind = call.name().strip_prefix("Get").unwrap_or(call.name());
        if !TYPES.contains(&kind) || !call.is_method() {
            return None;
        }
        let arguments = call.arguments();
        let [key] = arguments.as_slice() else { return None };
        let key = self.eval(&call.file, key.clone(), steps).text()?;
        self.viper(&key, steps)
            .or_else(|| self.urfave(&key, steps))
            .or_else(|| self.flag_named(&key, steps))
    }

    /// The default of the flag that a call registers.
    pub(super) fn flag_value(&self, call: &Call, steps: u8) -> Option<Value> {
        let (name, default) = flag_positions(call.name())?;
        let arguments = call.arguments();
        if arguments.len() < default + 1 || !call.is_method() {
            return None;
        }
        let flag = call.file.string(arguments.get(name)?.start)?.into_owned();
        let default = self.eval(&call.file, arguments.get(default)?.clone(), steps);
        let text = default.text();
        let note = match &text {
            Some(text) => format!("flag --{flag}, `{text}` by default"),
            None => format!("flag --{flag}"),
        };
        let env = default.env().map(str::to_owned);
        Some(Value { parts: vec![Part::setting(text, env, Some(flag), call.evidence(note))] })
    }

    /// The flags that are read into a variable or field of that name:
    /// `flag.StringVar(&cfg.Addr, "addr", ...)`.
    pub(super) fn registered(
        &self,
        of: impl Fn(&Call) -> bool,
        name: &str,
        steps: u8,
    ) -> impl Iterator<Item = Value> {
        let calls = self.registered.get(name).into_iter().flatten().filter(move |call| of(call));
        calls.filter_map(move |call| self.flag_value(call, steps))
    }

    /// Every call that reads a flag into something, by the name of that.
    pub(super) fn registrations(&self) -> BTreeMap<String, Vec<Call>> {
        let mut all: BTreeMap<String, Vec<Call>> = BTreeMap::new();
        for call in self.calls_of(&INTO) {
            if let Some(first) =
                call.arguments().first().filter(|first| call.file.word(first.start) == "&")
            {
                let name = call.file.word(first.end - 1).to_owned();
                all.entry(name).or_default().push(call);
            }
        }
        all
    }

    /// A flag by its name.
    fn flag_named(&self, name: &str, steps: u8) -> Option<Value> {
        self.calls_of(&INTO)
            .chain(self.calls_of(&GIVING))
            .filter(|call| {
                flag_positions(call.name()).is_some_and(|(at, _)| {
                    call.arguments().get(at).and_then(|a| call.file.string(a.start)).as_deref()
                        == Some(name)
                })
            })
            .find_map(|call| self.flag_value(&call, steps))
    }

    /// A key of viper's: its default, else that of the flag of its name; the variable that is bound
    /// to it.
    fn viper(&self, key: &str, steps: u8) -> Option<Value> {
        if !self.files().any(|file| file.imports_from("github.com/spf13/viper")) {
            return None;
        }
        let names_key = |call: &Call| {
            call.arguments()
                .first()
                .and_then(|range| self.eval(&call.file, range.clone(), steps).text())
                .is_some_and(|text| text.eq_ignore_ascii_case(key))
        };
        let default =
            self.calls_of(&["SetDefault"]).find(|call| names_key(call)).and_then(|call| {
                let range = call.arguments().get(1)?.clone();
                let text = self.eval(&call.file, range, steps).text()?;
                Some((
                    text.clone(),
                    call.evidence(format!("viper's default of `{key}` is `{text}`")),
                ))
            });
        let flag = self.flag_named(key, steps);
        let bound = self.calls_of(&["BindEnv"]).find(|call| names_key(call)).and_then(|call| {
            let range = call.arguments().get(1)?.clone();
            self.eval(&call.file, range, steps).text()
        });
        let automatic =
            || self.calls_of(&["AutomaticEnv"]).next().map(|_| self.automatic_env(key, steps));
        let env = bound.or_else(automatic).filter(|name| is_env_name(name));
        let (text, evidence) = match (default, &flag) {
            (Some((text, evidence)), _) => (Some(text), evidence),
            (None, Some(flag)) => (flag.text(), flag.evidence()?.clone()),
            (None, None) => return None,
        };
        let flag = flag.as_ref().and_then(|value| value.flag()).map(str::to_owned);
        Some(Value { parts: vec![Part::setting(text, env, flag, evidence)] })
    }

    /// The variable that viper's `AutomaticEnv` reads for a key.
    fn automatic_env(&self, key: &str, steps: u8) -> String {
        let prefix = self
            .calls_of(&["SetEnvPrefix"])
            .find_map(|call| self.eval(&call.file, call.arguments().first()?.clone(), steps).text())
            .map_or_else(String::new, |prefix| format!("{prefix}_"));
        let replaces = self.calls_of(&["SetEnvKeyReplacer"]).next().is_some();
        let key = if replaces { key.replace(['.', '-'], "_") } else { key.to_owned() };
        format!("{prefix}{key}").to_ascii_uppercase()
    }

    /// A flag of urfave/cli: the fields of the literal whose Name it is.
    fn urfave(&self, name: &str, steps: u8) -> Option<Value> {
        for file in self.files().filter(|file| file.imports_from("github.com/urfave/cli")) {
            for definition in
                file.index().definitions_of(file, "Name").iter().filter(|d| d.form == Form::Field)
            {
                if file.string(definition.value.start).as_deref() != Some(name) {
                    continue;
                }
                let Some(open) = file.enclosing(definition.name) else { continue };
                let field = |wanted: &[&str]| {
                    let at =
                        |range: &std::ops::Range<usize>| wanted.contains(&file.word(range.start));
                    file.elements(open)
                        .into_iter()
                        .find(at)
                        .filter(|range| file.word(range.start + 1) == ":")
                };
                let text = field(&["Value"])
                    .and_then(|range| self.eval(file, range.start + 2..range.end, steps).text());
                let variables = field(&["EnvVars", "EnvVar", "Sources"]);
                let env = variables.and_then(|range| {
                    range
                        .filter_map(|at| file.string(at))
                        .map(std::borrow::Cow::into_owned)
                        .find(|t| is_env_name(t))
                });
                let evidence = file.evidence(definition.name, format!("flag --{name}"));
                return Some(Value {
                    parts: vec![Part::setting(text, env, Some(name.to_owned()), evidence)],
                });
            }
        }
        None
    }
}

/// What a struct tag says: `env:"PORT" envDefault:"8080"` and the spellings of other libraries.
pub(in crate::detect::go) fn tag(file: &SourceFile, at: usize) -> Option<Value> {
    let text = file.string(at)?;
    let get = |key: &str| {
        let start = text
            .match_indices(&format!("{key}:\""))
            .find(|(at, _)| *at == 0 || text[..*at].ends_with([' ', '\t', '\n']))?
            .0
            + key.len()
            + 2;
        Some(text[start..].split('"').next().unwrap_or_default().to_owned())
    };
    let named = get("env").or_else(|| get("envconfig"));
    let (mut env, mut default) = (None, None);
    if let Some(named) = &named {
        let mut words = named.split(',');
        env = words.next().map(str::to_owned).filter(|name| is_env_name(name));
        default = words.find_map(|word| word.trim().strip_prefix("default=").map(str::to_owned));
    }
    let arg = get("arg").and_then(|arg| {
        arg.split(',').find_map(|w| w.trim().strip_prefix("env:").map(str::to_owned))
    });
    let env = env.or(arg).filter(|name| is_env_name(name));
    let default = default
        .or_else(|| get("envDefault"))
        .or_else(|| get("env-default"))
        .or_else(|| get("default"));
    if env.is_none() && default.is_none() {
        return None;
    }
    let note = match (&env, &default) {
        (Some(env), Some(default)) => format!("environment variable {env}, else `{default}`"),
        (Some(env), None) => format!("environment variable {env}"),
        (None, _) => format!("`{}` by default", default.as_deref().unwrap_or_default()),
    };
    Some(Value { parts: vec![Part::setting(default, env, None, file.evidence(at, note))] })
}
