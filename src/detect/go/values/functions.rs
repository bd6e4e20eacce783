//! Calls inside expressions: the standard library's string functions, and functions of the program
//! itself.

use std::rc::Rc;

use super::{Code, Part, Value, merge};
use crate::detect::go::source::SourceFile;
use crate::detect::go::syntax::Call;

/// Functions that hand their first argument on, as far as a path or an address is concerned.
const PASSING: [&str; 24] = [
    "Itoa",
    "Atoi",
    "ParseInt",
    "ParseUint",
    "FormatInt",
    "FormatUint",
    "string",
    "int",
    "int64",
    "int32",
    "uint16",
    "uint",
    "TrimSpace",
    "Trim",
    "TrimSuffix",
    "TrimRight",
    "Clean",
    "Abs",
    "FromSlash",
    "ToSlash",
    "Must",
    "Sprint",
    "ExpandEnv",
    "Expand",
];

impl Code {
    /// The value of a call.
    pub(super) fn call(&self, call: &Call, steps: u8) -> Value {
        let unknown =
            || Value::unknown(call.evidence(format!("`{}` gives it at run time", call.name())));
        let arguments = call.arguments();
        let argument = |number: usize| {
            arguments.get(number).map(|range| self.eval(&call.file, range.clone(), steps))
        };
        let literal = |number: usize| argument(number).and_then(|value| value.text());
        match (call.package(), call.name()) {
            (Some("os" | "syscall"), "Getenv" | "LookupEnv") => match literal(0) {
                Some(key) => env(key, None, call),
                None => unknown(),
            },
            (Some("fmt"), "Sprintf") => self.formatted(call, steps).unwrap_or_else(unknown),
            (Some("net"), "JoinHostPort") => {
                let colon = Value::known(":", call.evidence("`net.JoinHostPort`"));
                let values = [argument(0), Some(colon), argument(1)];
                Value {
                    parts: values.into_iter().flatten().flat_map(|value| value.parts).collect(),
                }
            }
            (Some("path" | "path/filepath"), "Join") => {
                let mut parts: Vec<Part> = Vec::new();
                for (number, range) in arguments.iter().enumerate() {
                    if number > 0 {
                        parts.extend(Value::known("/", call.evidence("`filepath.Join`")).parts);
                    }
                    parts.extend(self.eval(&call.file, range.clone(), steps).parts);
                }
                Value { parts }
            }
            (Some("cmp"), "Or") => {
                let values =
                    (0..arguments.len()).filter_map(argument).map(|value| (true, value)).collect();
                merge(values).unwrap_or_else(unknown)
            }
            (_, name) if PASSING.contains(&name) && !arguments.is_empty() => {
                argument(0).unwrap_or_else(unknown)
            }
            _ => self
                .setting(call, steps)
                .or_else(|| env_reader(call, literal(0), argument(1)))
                .or_else(|| self.returned(call, steps))
                .unwrap_or_else(unknown),
        }
    }

    /// `fmt.Sprintf` with its verbs replaced.
    fn formatted(&self, call: &Call, steps: u8) -> Option<Value> {
        let arguments = call.arguments();
        let format = self.eval(&call.file, arguments.first()?.clone(), steps).text()?;
        let note = || call.evidence("`fmt.Sprintf`");
        let (mut parts, mut text, mut next) = (Vec::new(), String::new(), 1);
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            let verb = chars.by_ref().find(|c| c.is_ascii_alphabetic() || *c == '%')?;
            if verb == '%' {
                text.push('%');
                continue;
            }
            if !text.is_empty() {
                parts.extend(Value::known(std::mem::take(&mut text), note()).parts);
            }
            parts.extend(self.eval(&call.file, arguments.get(next)?.clone(), steps).parts);
            next += 1;
        }
        if !text.is_empty() {
            parts.extend(Value::known(text, note()).parts);
        }
        Some(Value { parts })
    }

    /// What a function of the program returns: the last known result, and the variable that another
    /// one reads.
    fn returned(&self, call: &Call, steps: u8) -> Option<Value> {
        let (name, method) = (call.name(), call.is_method() && call.package().is_none());
        let local = call.package().and_then(|path| self.folders.get(path));
        if call.package().is_some() && local.is_none() {
            return None;
        }
        let own = call.file.path.parent();
        let files = self.files.iter().filter(|(dir, _)| match local {
            Some(folder) => dir == folder,
            None => method || Some(dir) == own.as_ref(),
        });
        for (_, file) in files {
            let found = file
                .index()
                .functions
                .iter()
                .find(|f| f.method == method && file.word(f.name) == name);
            let Some(function) = found else { continue };
            let returns: Vec<usize> =
                function.range.clone().filter(|&at| file.word(at) == "return").collect();
            let values = returns
                .into_iter()
                .filter_map(|at| Some((true, self.eval(file, result(file, at)?, steps))));
            return merge(values.collect()).filter(|value| !value.is_unknown());
        }
        None
    }
}

/// The first result behind `return`.
fn result(file: &Rc<SourceFile>, at: usize) -> Option<std::ops::Range<usize>> {
    let mut end = at + 1;
    while end < file.len() && !matches!(file.word(end), ";" | "," | "}") {
        end =
            if matches!(file.word(end), "(" | "[" | "{") { file.closing(end) + 1 } else { end + 1 };
    }
    (end > at + 1).then(|| at + 1..end.min(file.len()))
}

/// A function of the program's own that reads an environment variable: `getenv("PORT", "8080")`.
fn env_reader(call: &Call, key: Option<String>, default: Option<Value>) -> Option<Value> {
    let key = key.filter(|key| is_env_name(key))?;
    let reads = call.name().to_ascii_lowercase().contains("env");
    let default = default.and_then(|value| value.text());
    (reads || default.is_some()).then(|| env(key, default, call))
}

fn env(key: String, default: Option<String>, call: &Call) -> Value {
    let note = match &default {
        Some(default) => format!("environment variable {key}, else `{default}`"),
        None => format!("environment variable {key}"),
    };
    Value { parts: vec![Part::setting(default, Some(key), None, call.evidence(note))] }
}

/// `PORT`, `APP_PORT`: capitals, digits and underscores.
pub(in crate::detect::go) fn is_env_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
