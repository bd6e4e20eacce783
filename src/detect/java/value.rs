//! The value of an expression when the program starts. Names, parameters, fields, getters and
//! conditions are followed to a text, an environment variable or a system property.

use std::ops::Range;

use super::code::{Code, MAX_DEPTH, Method, Place, elements};
use super::source::Source;
use crate::code::branches::outside;
use crate::code::{Base, Does, Kind, Part, Value, is_env_name};
use crate::facts::Evidence;

/// How many callers of a method are read for a parameter.
const MAX_CALLERS: usize = 8;
/// Stands for `System.getenv()` without a name.
const ENVIRONMENT: &str = "System.getenv()";
/// What the rows of the catalog say about values: from arguments, or from the object of a method.
const OF_ARGUMENTS: [Does; 4] = [Does::Passes, Does::Environment, Does::Joins, Does::Chooses];
const OF_RECEIVER: [Does; 3] = [Does::ParentOf, Does::Falls, Does::Appends];
/// The text of a value, if it is known and not empty.
pub(super) fn text_of(value: &Value) -> Option<String> {
    value.text().filter(|text| !text.is_empty())
}

/// The value, with a default for the case that the environment gives none.
fn or_else(value: Value, default: &Value) -> Value {
    if value.is_known() {
        return value;
    }
    let open = value.parts.first().filter(|_| value.parts.len() == 1).cloned();
    match (open, text_of(default)) {
        (Some(part), Some(text)) if part.env.is_some() || part.flag.is_some() => {
            let evidence = default.evidence().cloned().unwrap_or(part.evidence.clone());
            Part { text: Some(text), evidence, ..part }.into()
        }
        (Some(part), None) if part.env.is_some() || part.flag.is_some() => {
            if default.is_known() {
                default.clone()
            } else {
                part.into()
            }
        }
        _ => default.clone(),
    }
}

impl Code<'_> {
    /// The value of the tokens in a range of a source.
    pub(super) fn value(&self, source: usize, range: Range<usize>, depth: usize) -> Value {
        let file = &self.sources[source];
        let place = (source, range.start);
        let unknown = || Value::unknown(self.evidence(place, "unknown"));
        let (mut from, mut to) = (range.start, range.end);
        while from < to && file.mark(from, '(') && file.pair(from) + 1 == to {
            (from, to) = (from + 1, to - 1);
        }
        if from >= to || depth >= MAX_DEPTH || !self.step() {
            return unknown();
        }
        // Skips a cast.
        if file.mark(from, '(') && file.pair(from) + 1 < to {
            let next = file.pair(from) + 1;
            let is_value = file.word(next).is_some() || file.text(next).is_some();
            if is_value || file.mark(next, '(') {
                return self.value(source, next..to, depth + 1);
            }
        }
        if let Some(arrow) =
            outside(file, from..to, |at| file.is(at, "->")).first().filter(|at| **at > from)
        {
            return self.value(source, arrow + 1..to, depth + 1);
        }
        if let Some(value) = self.branching(source, from..to, depth) {
            return value;
        }
        if let Some(value) = self.either(source, from..to, depth) {
            return value;
        }
        let plus = outside(file, from..to, |at| file.mark(at, '+'));
        if plus.is_empty() {
            return self.chain(source, from..to, depth).unwrap_or_else(unknown);
        }
        let bounds = plus.iter().copied().chain([to]);
        let mut start = from;
        let mut sum = Value::default();
        for end in bounds {
            sum.parts.extend(self.value(source, start..end, depth + 1).parts);
            start = end + 1;
        }
        let literal = (from..to).any(|at| file.text(at).is_some());
        let numbers: Option<Vec<u32>> =
            sum.parts.iter().map(|part| part.text.as_deref()?.parse().ok()).collect();
        match numbers {
            Some(all) if !literal => {
                let total = all.iter().fold(0_u32, |sum, number| sum.saturating_add(*number));
                Value::known(total.to_string(), self.evidence(place, "a sum"))
            }
            _ => sum,
        }
    }

    /// The value of `condition ? a : b`, or of Kotlin's `a ?: b`.
    fn either(&self, source: usize, range: Range<usize>, depth: usize) -> Option<Value> {
        let file = &self.sources[source];
        let (from, to) = (range.start, range.end);
        let marks = outside(file, range, |at| file.mark(at, '?') && !file.mark(at + 1, '.'));
        let first = *marks.first()?;
        if file.mark(first + 1, ':') {
            let left = self.value(source, from..first, depth + 1);
            return Some(or_else(left, &self.value(source, first + 2..to, depth + 1)));
        }
        let mut open = 1;
        let colon = outside(file, first + 1..to, |_| true).into_iter().find(|at| {
            if file.mark(*at, '?') {
                open += 1;
            } else if file.mark(*at, ':') {
                open -= 1;
            }
            open == 0
        })?;
        let yes = self.value(source, first + 1..colon, depth + 1);
        let no = self.value(source, colon + 1..to, depth + 1);
        Some(match self.truth(source, from..first, depth + 1) {
            Some(true) => yes.overridden_by(&no),
            Some(false) => no.overridden_by(&yes),
            None if yes.text() == no.text() => no,
            None => {
                self.doubt.set(true);
                no
            }
        })
    }

    /// The value of names and calls joined by dots.
    fn chain(&self, source: usize, range: Range<usize>, depth: usize) -> Option<Value> {
        let file = &self.sources[source];
        let mut names: Vec<&str> = Vec::new();
        let mut value: Option<Value> = None;
        let mut at = range.start;
        while at < range.end {
            match (file.kind(at)?, file.raw(at)) {
                (Kind::Text, _) if value.is_none() && names.is_empty() => {
                    let text = file.text(at)?;
                    value = Some(Value::known(text, self.evidence((source, at), text)));
                }
                (Kind::Character, text) if range.len() == 1 && !text.contains('\\') => {
                    let text = text.trim_matches('\'');
                    value = Some(Value::known(text, self.evidence((source, at), text)));
                }
                (_, "(") if at == range.start && file.pair(at) < range.end => {
                    let close = file.pair(at);
                    value = Some(self.value(source, at + 1..close, depth + 1));
                    at = close;
                }
                (_, "new" | "final") => {}
                (Kind::Word | Kind::Number, word) => {
                    let open = (at + 1..(at + 12).min(range.end)).find(|open| {
                        file.mark(*open, '(')
                            && (*open == at + 1
                                || file.mark(at + 1, '<') && file.mark(open - 1, '>'))
                    });
                    if let Some(open) = open {
                        let receiver = std::mem::take(&mut names);
                        let call = Called { source, at, open, name: word, receiver: &receiver };
                        let result = self.call(&call, value.take(), depth);
                        if result.is_none() && receiver == ["System"] && word == "getenv" {
                            names.push(ENVIRONMENT);
                        }
                        value = Some(result.unwrap_or_else(|| {
                            Value::unknown(self.evidence((source, at), "unknown"))
                        }));
                        if names.first() == Some(&ENVIRONMENT) {
                            value = None;
                        }
                        at = file.pair(open).max(open);
                    } else {
                        names.push(word);
                    }
                }
                (_, "." | "?" | "!") => {}
                // The value of a list is its first element: `String[] words = {"a", "b"}`.
                (_, "{") if at == range.start => {
                    let first = elements(file, at).into_iter().next()?;
                    return Some(self.value(source, first, depth + 1));
                }
                // The value of `new String[] {"a", "b"}` is its first element too.
                (_, "[") if file.mark(at + 2, '{') && file.pair(at) == at + 1 => {
                    let first = elements(file, at + 2).into_iter().next()?;
                    return Some(self.value(source, first, depth + 1));
                }
                (_, "[") if names.first() == Some(&ENVIRONMENT) => {
                    let name = file.text(at + 1)?;
                    value = Some(self.setting((source, at), None, Some(name), None));
                    names.clear();
                    at = file.pair(at).max(at);
                }
                _ => return None,
            }
            at += 1;
        }
        match (value, names.as_slice()) {
            (Some(value), []) => Some(value),
            (None, [number]) if number.starts_with(|c: char| c.is_ascii_digit()) => {
                let number: String = number.chars().filter(char::is_ascii_digit).collect();
                Some(Value::known(number.clone(), self.evidence((source, range.start), number)))
            }
            (None, [truth @ ("true" | "false")]) => {
                Some(Value::known(*truth, self.evidence((source, range.start), *truth)))
            }
            (None, names) => self.named((source, range.start), names, depth + 1),
            (Some(_), _) => None,
        }
    }

    fn setting(
        &self,
        place: Place,
        default: Option<String>,
        env: Option<&str>,
        flag: Option<&str>,
    ) -> Value {
        let name = env.or(flag).unwrap_or_default();
        let evidence: Evidence = self.evidence(place, format!("`{name}`"));
        Part::setting(default, env.map(str::to_owned), flag.map(str::to_owned), evidence).into()
    }

    /// The result of a call; `None` if it is unknown.
    fn call(&self, call: &Called, on: Option<Value>, depth: usize) -> Option<Value> {
        let &Called { source, at, open, name, receiver } = call;
        let file = &self.sources[source];
        let arguments = elements(file, open);
        let argument = |number: usize| -> Option<Value> {
            arguments.get(number).map(|range| self.value(source, range.clone(), depth + 1))
        };
        let first = || argument(0).as_ref().and_then(text_of);
        let class = receiver.last().copied().unwrap_or_default();
        let place = (source, at);
        match (class, name) {
            (ENVIRONMENT, "get" | "getOrDefault") => {
                return Some(self.of_environment(place, &first()?, argument(1)));
            }
            // Dotenv gives the variables of the environment before those of its file.
            (_, "get") if file.names("Dotenv") && first().is_some_and(|key| is_env_name(&key)) => {
                return Some(self.of_environment(place, &first()?, argument(1)));
            }
            ("Files" | "File", "createTempFile" | "createTempDirectory") => {
                return Some(self.temporary(call, &arguments, depth));
            }
            ("InetAddress", "getLoopbackAddress") => {
                return Some(Value::known("127.0.0.1", self.evidence(place, "the loopback")));
            }
            ("System", "getProperty") | ("Integer" | "Long", "getInteger" | "getLong") => {
                let property = first()?;
                return Some(match (property.as_str(), argument(1)) {
                    ("user.home", _) => Value::base(Base::Home, self.evidence(place, "user.home")),
                    (name, _) if self.rows.constant.contains_key(name) => {
                        self.constant(place, name)?
                    }
                    (_, default) => {
                        let value = self.setting(place, None, None, Some(&property));
                        default.map_or(value.clone(), |default| or_else(value, &default))
                    }
                });
            }
            // Code asks the settings by key, perhaps with a default.
            (_, asks) if asks.starts_with("get") && self.keyed(source, &arguments).is_some() => {
                return self.keyed(source, &arguments);
            }
            (_, "getOptionalValue" | "getValue") if arguments.len() == 2 => {
                return Some(self.of_microprofile(place, &first()?));
            }
            // The place of Spring Boot's own archive, and its folder.
            (_, "ApplicationHome") => {
                return Some(Value::base(Base::Program, self.evidence(place, "its own folder")));
            }
            (_, "getLocation") if file.names("getCodeSource") => {
                let mut found = Value::base(Base::Program, self.evidence(place, "its own archive"));
                found.parts.extend(Value::known("/app.jar", self.evidence(place, "")).parts);
                return Some(found);
            }
            _ => {}
        }
        let by_row = |does: &[Does], on: Option<&Value>| {
            let mut rows = self.rows_for(place).filter(|row| does.contains(&row.does));
            rows.next().map(|row| match (row.does, on) {
                (Does::Passes, _) => argument(row.at.unwrap_or(0)),
                (Does::Environment, _) => Some(self.setting(place, None, Some(&first()?), None)),
                (Does::Joins, _) => {
                    Some(joined((0..arguments.len()).filter_map(argument).collect(), false))
                }
                (Does::Chooses, _) => Some(or_else(argument(0)?, &argument(1)?)),
                (Does::Keeps, Some(on)) => Some(on.clone()),
                (Does::ParentOf, Some(on)) => Some(on.clone().parent()),
                (Does::Falls, Some(on)) => {
                    Some(or_else(on.clone(), &argument(row.at.unwrap_or(0))?))
                }
                // The content of a map or of a configuration is unknown; only the default is
                // known.
                (Does::Falls, None) if row.arguments.is_some() => argument(row.at?),
                (Does::Appends, Some(on)) if row.between.is_empty() => {
                    Some([on.parts.clone(), argument(0)?.parts].concat().into())
                }
                (Does::Appends, Some(on)) => Some(joined(vec![on.clone(), argument(0)?], true)),
                _ => None,
            })
        };
        if let Some(value) = by_row(&OF_ARGUMENTS, None) {
            return value;
        }
        let on = match (on, receiver) {
            (None, [] | ["this"]) => None,
            (None, names) => self.named(place, names, depth + 1),
            (on, _) => on,
        };
        if let Some(on) = on.filter(|on| !on.is_unknown()) {
            if let Some(value) = by_row(&OF_RECEIVER, Some(&on)) {
                return value;
            }
            return match name {
                "resolveSibling" => Some(joined(vec![on.parent(), argument(0)?], true)),
                "getDir" if matches!(on.below(), Some((Base::Program, _))) => Some(on),
                "getSource" if matches!(on.below(), Some((Base::Program, _))) => {
                    let mut found = on;
                    let own = Value::known("/app.jar", self.evidence(place, "its own archive"));
                    found.parts.extend(own.parts);
                    Some(found)
                }
                _ => self
                    .part_of(&on, name, depth + 1)
                    .or_else(|| by_row(&[Does::Keeps], Some(&on)).flatten()),
            };
        }
        self.own_call(call, depth).or_else(|| by_row(&[Does::Falls], None).flatten())
    }

    /// A variable of the environment, and what stands in where it is not set.
    fn of_environment(&self, place: Place, name: &str, default: Option<Value>) -> Value {
        let value = self.setting(place, None, Some(name), None);
        match default {
            Some(default) => or_else(value, &default),
            None => value,
        }
    }

    /// A file that the platform makes for a while, in its own folder or in the one that an argument
    /// names: first in `java.nio.file.Files`, last in `java.io.File`.
    fn temporary(&self, call: &Called, arguments: &[Range<usize>], depth: usize) -> Value {
        let file = &self.sources[call.source];
        let place = (call.source, call.at);
        let folder = match (call.receiver.last(), arguments) {
            (Some(&"File"), [_, _, folder]) => Some(folder),
            (Some(&"Files"), [first, _, ..]) if file.text(first.start).is_none() => {
                let by_name = call.name == "createTempDirectory" || arguments.len() > 2;
                Some(first).filter(|_| by_name)
            }
            _ => None,
        };
        let folder = folder.map(|range| self.value(call.source, range.clone(), depth + 1));
        match folder.filter(|folder| !folder.is_unknown()) {
            Some(folder) => joined(vec![folder, Value::unknown(self.evidence(place, ""))], false),
            None => Value::known("/tmp/x", self.evidence(place, "a temporary file")),
        }
    }

    /// A key of `MicroProfile`'s settings: where no file sets it, a variable does.
    fn of_microprofile(&self, place: Place, key: &str) -> Value {
        let name = key.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let evidence = self.evidence(place, key.to_owned());
        let stated = self.asked_for(key, evidence);
        stated.unwrap_or_else(|| self.setting(place, None, Some(&name), None))
    }

    /// The setting that the first argument of a call names.
    fn keyed(&self, source: usize, arguments: &[Range<usize>]) -> Option<Value> {
        let first = arguments.first().filter(|range| range.len() == 1)?;
        let key = self.sources[source].text(first.start)?;
        let stated = self.asked_for(key, self.evidence((source, first.start), key.to_owned()));
        stated.or_else(|| self.deployed_with(key))
    }

    /// The value that the code gives to a verticle under this key.
    fn deployed_with(&self, key: &str) -> Option<Value> {
        self.calls("put").iter().take(MAX_CALLERS).find_map(|place| {
            let file = &self.sources[place.0];
            let arguments = self.arguments(*place);
            let same = file.text(arguments.first()?.start) == Some(key);
            let given = file.names("DeploymentOptions") && same;
            let range = arguments.get(1).filter(|_| given)?;
            Some(self.value(place.0, range.clone(), 1)).filter(Value::is_known)
        })
    }

    /// The value of a name: a variable, a parameter, a field, or a constant of another class.
    fn named(&self, place: Place, names: &[&str], depth: usize) -> Option<Value> {
        if depth >= MAX_DEPTH || !self.step() {
            return None;
        }
        match names {
            // A variable may be called `os` as well: a class is written with a capital.
            [class, name]
                if class.starts_with(char::is_uppercase)
                    && self.rows.constant.contains_key(&format!("{class}.{name}")) =>
            {
                self.constant(place, &format!("{class}.{name}"))
            }
            [name] | ["this", name] => self.variable(place, name, depth),
            [.., class, name] => {
                let other = self.class(class).or_else(|| self.type_of(place, class));
                match other {
                    Some(other) => self.field(other, name, depth),
                    None => self.field(place.0, name, depth),
                }
            }
            [] => None,
        }
    }

    /// The text that the catalog states for a constant.
    fn constant(&self, place: Place, name: &str) -> Option<Value> {
        let text = self.rows.constant.get(name)?;
        Some(Value::known(text.clone(), self.evidence(place, name)))
    }

    /// The source of the class in a declaration `Type name`.
    pub(super) fn type_of(&self, place: Place, name: &str) -> Option<usize> {
        let file: &Source = &self.sources[place.0];
        let declared = |at: usize| {
            let class = at.checked_sub(1).and_then(|before| file.word(before));
            class.and_then(|class| self.class(class))
        };
        file.places(name).iter().copied().find_map(declared)
    }

    /// What callers pass for a method's parameter: the current caller, or else the first one whose
    /// value is known.
    pub(super) fn callers(&self, method: &Method, number: usize, depth: usize) -> Option<Value> {
        let file = &self.sources[method.at.0];
        let calls = self.calls(file.word(method.at.1)?);
        // Another method with that name takes another number of arguments.
        let taken = elements(file, method.open).len();
        let exact = |place: &&Place| self.arguments(**place).len() == taken;
        // `Files.write(..)` calls no method of the program that is called `write` too.
        let of_library =
            |place: Place| self.rows_for(place).any(|row| !matches!(row.of.as_str(), "" | "*"));
        let calls: Vec<&Place> = calls.iter().filter(|place| !of_library(**place)).collect();
        let any = calls.iter().any(exact);
        let ranges: Vec<(usize, Range<usize>)> = calls
            .into_iter()
            .filter(|place| !any || exact(place))
            .take(MAX_CALLERS)
            .filter_map(|place| Some((place.0, self.arguments(*place).get(number)?.clone())))
            .collect();
        let value = |(source, range): &(usize, Range<usize>)| {
            Some(self.value(*source, range.clone(), depth + 1)).filter(|value| !value.is_unknown())
        };
        self.callers_seen.set(self.callers_seen.get().max(ranges.len()));
        if let Some(wanted) = self.caller.get() {
            return value(ranges.get(wanted.min(ranges.len().checked_sub(1)?))?);
        }
        let mut partly = None;
        for range in &ranges {
            match value(range) {
                Some(found) if found.is_known() => return Some(found),
                found => partly = partly.or(found),
            }
        }
        partly
    }
}

/// A call in a chain.
pub(super) struct Called<'c> {
    pub(super) source: usize,
    pub(super) at: usize,
    pub(super) open: usize,
    pub(super) name: &'c str,
    pub(super) receiver: &'c [&'c str],
}

/// The parts of a path, joined by one `/`. `resets`: an absolute part begins anew, as
/// `Path.resolve` has it; `new File(..)`, `Path.of(..)` and `Paths.get(..)` append it.
fn joined(values: Vec<Value>, resets: bool) -> Value {
    let mut all = Value::default();
    for mut value in values {
        if value.text().is_some_and(|text| text.is_empty()) {
            continue;
        }
        let first = value.parts.first().and_then(|part| part.text.as_deref());
        let absolute = first.is_some_and(|text| text.starts_with('/'));
        if absolute && resets || all.text().as_deref() == Some(".") {
            all = Value::default();
        }
        if !all.parts.is_empty()
            && let Some(text) = value.parts.first_mut().and_then(|part| part.text.as_mut())
        {
            *text = text.trim_start_matches('/').to_owned();
        }
        let last = all.parts.last().and_then(|part| part.text.as_deref());
        let open = last.is_some_and(|text| text.ends_with('/'));
        if let Some(part) = value.parts.first().filter(|_| !all.parts.is_empty() && !open) {
            let slash = Part { text: Some("/".to_owned()), ..Part::unknown(part.evidence.clone()) };
            all.parts.push(slash);
        }
        all.parts.extend(value.parts);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};

    fn folders(body: &str) -> Vec<String> {
        let app = main(body);
        program("", &[("App.java", &app)]).writable.into_iter().map(|one| one.value).collect()
    }

    #[test]
    fn only_resolve_begins_anew_at_an_absolute_part() {
        for (path, folder) in [
            ("new File(\"data\", \"/cats\")", "data/cats"),
            ("Paths.get(\"data/\", \"/cats\").toFile()", "data/cats"),
            ("Path.of(\"data\", \"a\", \"/b\").toFile()", "data/a/b"),
            ("Path.of(\"data\").resolve(\"/srv/b\").toFile()", "/srv/b"),
            ("Path.of(\"data/\").resolve(\"b\").toFile()", "data/b"),
            ("Paths.get(\"\", \"cats\").toFile()", "cats"),
            ("new File(System.getProperty(\"user.home\"), \"/.app\")", "/home/nonroot/.app"),
            ("new File(System.getProperty(\"user.home\") + \"//a//\", \"b\")", "/home/nonroot/a/b"),
            ("new File(\"data/x-@project.version@/y\")", "data"),
        ] {
            let body = format!("{path}.mkdirs();");
            assert_eq!(folders(&body), [folder], "{path}");
        }
    }

    #[test]
    fn a_call_of_a_library_is_none_of_a_method_with_its_name() {
        let body = "write(\"x\"); } static void write(String name) { Path dir = Paths.get(\"exports\"); Files.createDirectories(dir); Files.write(dir.resolve(name), b);";
        assert_eq!(folders(body), ["exports"]);
    }

    #[test]
    fn below_a_folder_that_nobody_knows_nothing_is_absolute() {
        let app = "class App { public static void main(String[] a) { f(a[0]); } \
                   static void f(String home) { new File(home, \"/cats\").mkdirs(); } }";
        assert!(program("", &[("App.java", app)]).writable.is_empty());
    }
}
