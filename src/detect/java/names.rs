//! What names refer to: variables, parameters, fields, results of methods, and settings that a
//! framework injects.

use std::ops::Range;

use super::code::{Code, Definition, MAX_DEPTH, Method, Place, elements, end_of};
use super::source::Source;
use super::value::Called;
use crate::code::branches::{self, Reach};
use crate::code::{Base, Part, Value};
use crate::facts::Evidence;

/// How many definitions of one name are read.
const MAX_DEFINITIONS: usize = 12;

/// Parsers of the command line that set fields with a default of their own.
const OPTION_PARSERS: [&str; 3] = ["com.beust.jcommander", "org.kohsuke.args4j", "picocli"];

/// Maximum number of words before the name of a field.
const MAX_MODIFIERS: usize = 12;

impl Code<'_> {
    /// The value of a variable, a parameter or a field at a place.
    pub(super) fn variable(&self, place: Place, name: &str, depth: usize) -> Option<Value> {
        let (source, at) = place;
        if let Some(method) = self.method_at(place).cloned() {
            let inside = |d: &&Definition| {
                d.at.0 == source && method.body.contains(&d.at.1) && !d.value.contains(&at)
            };
            let local: Vec<&Definition> = self
                .definitions(name)
                .iter()
                .filter(inside)
                .filter(|d| d.at.1 < at && !self.of_this(d))
                .take(MAX_DEFINITIONS)
                .collect();
            if let Some(value) = self.merged(&local, Some(at), depth) {
                return Some(value);
            }
            // A parameter shadows the field with its name.
            if let Some(range) = self.parameter(&method, name) {
                return self.handed(&method, name, range, depth);
            }
        }
        self.field(source, name, depth).or_else(|| self.imported(source, name, depth))
    }

    /// The value behind `import static a.b.Constants.PORT`, or, in Kotlin, behind a declaration
    /// outside classes in another file.
    fn imported(&self, source: usize, name: &str, depth: usize) -> Option<Value> {
        let file = &self.sources[source];
        if file.is_kotlin() {
            let mut outside = self.definitions(name).iter().filter(|d| {
                self.sources[d.at.0].is_kotlin() && self.sources[d.at.0].enclosing(d.at.1).is_none()
            });
            let only = outside.next().filter(|_| outside.next().is_none())?;
            return Some(self.value(only.at.0, only.value.clone(), depth + 1));
        }
        file.imports.iter().find_map(|import| {
            let (class, member) = import.path.rsplit_once('.')?;
            let class = class.rsplit('.').next().filter(|_| [name, "*"].contains(&member))?;
            self.field(self.class(class).filter(|other| *other != source)?, name, depth + 1)
        })
    }

    /// True for `this.name = value`.
    fn of_this(&self, definition: &Definition) -> bool {
        let (source, at) = definition.at;
        let file = &self.sources[source];
        at >= 2 && file.mark(at - 1, '.') && file.word(at - 2) == Some("this")
    }

    /// True for `name = value` in a method that has no variable or parameter with that name.
    fn of_field(&self, definition: &Definition) -> bool {
        let (source, at) = definition.at;
        let file = &self.sources[source];
        let Some(name) = file.word(at) else { return false };
        let begins =
            |at: usize| at >= 1 && [';', '{', '}'].into_iter().any(|mark| file.mark(at - 1, mark));
        let Some(method) = self.method_at(definition.at) else { return false };
        let declared = || {
            let all = self.definitions(name).iter();
            let mut inside = all.filter(|d| d.at.0 == source && method.body.contains(&d.at.1));
            inside.any(|d| !begins(d.at.1))
        };
        begins(at) && self.parameter(method, name).is_none() && !declared()
    }

    /// The value that the definitions of one name have at `from`, in order, as far as conditions
    /// let them through.
    fn merged(&self, all: &[&Definition], from: Option<usize>, depth: usize) -> Option<Value> {
        let values = all.iter().map(|definition| {
            let value = self.value(definition.at.0, definition.value.clone(), depth + 1);
            (value, move || self.reached(definition.at, from, depth + 1))
        });
        // A setter passes on a value that nobody knows.
        branches::merged(values, from.is_none(), &self.doubt)
    }

    /// The number and the tokens of a parameter.
    fn parameter(&self, method: &Method, name: &str) -> Option<(usize, Range<usize>)> {
        let file = &self.sources[method.at.0];
        elements(file, method.open).into_iter().enumerate().find(|(_, range)| {
            let last = range.end.saturating_sub(1);
            file.word(last) == Some(name) || file.word(range.start) == Some(name)
        })
    }

    /// The value of a parameter, from its annotation or from its callers.
    fn handed(
        &self,
        method: &Method,
        name: &str,
        (number, range): (usize, Range<usize>),
        depth: usize,
    ) -> Option<Value> {
        let (source, at) = method.at;
        let file = &self.sources[source];
        if let Some(value) = self.injected(source, range) {
            return Some(value);
        }
        // In a call that is being followed, its own argument counts, as its place sees it.
        let frame = self.frames.borrow().iter().rposition(|(of, _)| *of == method.at);
        if let Some(frame) = frame {
            let inner = self.frames.borrow_mut().split_off(frame);
            let call = inner.first().map(|(_, call)| *call);
            let value = call.and_then(|call| {
                let range = self.arguments(call).get(number).cloned()?;
                Some(self.value(call.0, range, depth + 1))
            });
            self.frames.borrow_mut().extend(inner);
            return value.filter(|value| !value.is_unknown());
        }
        if let Some(value) = self.callers(method, number, depth) {
            return Some(value);
        }
        // Spring calls the setter of a class that it fills from the settings.
        let setter = file.word(at).and_then(|name| name.strip_prefix("set"));
        let setter = setter.filter(|rest| rest.starts_with(char::is_uppercase));
        if let Some(rest) = setter
            && number == 0
            && let Some(prefix) = prefix(file)
        {
            let property = property_of(&format!("get{rest}"));
            let key = format!("{prefix}.{property}");
            // Without a setting, the field keeps the value that it is declared with.
            if declares(file, &property) && self.settings.get(&key).is_some() {
                return Some(self.bound(&key, None, (source, 0)));
            }
        }
        // The head of a record or of a Kotlin class declares its fields.
        let head = at.checked_sub(1).and_then(|before| file.word(before));
        let head = matches!(head, Some("record" | "class"));
        if head { self.field(source, name, depth) } else { None }
    }

    /// The value that an annotation before a name gives: `@Value("${a.b:c}")`,
    /// `@ConfigProperty(name = "a.b", defaultValue = "c")` or `@DefaultValue("c")`.
    fn injected(&self, source: usize, range: Range<usize>) -> Option<Value> {
        let file = &self.sources[source];
        for at in range {
            let before = at.wrapping_sub(1);
            let annotates = file.mark(before, '@') || file.mark(before, '.');
            let Some(name) = file.word(at).filter(|_| annotates && file.mark(at + 1, '(')) else {
                continue;
            };
            let text = |key: &str| {
                elements(file, at + 1).into_iter().find_map(|range| {
                    let named = file.word(range.start) == Some(key);
                    let value = if named { range.start + 2 } else { range.start };
                    (named || key.is_empty()).then(|| file.text(value)).flatten()
                })
            };
            let evidence = self.evidence((source, at), format!("@{name}"));
            match name {
                "Value" => return Some(self.placeholder(text("")?, evidence)),
                "DefaultValue" => return Some(Value::known(text("")?, evidence)),
                "Option" | "Parameters" => {
                    let flag = file.option_name(at + 1).filter(|_| name == "Option");
                    let default = Some(text("defaultValue")?.to_owned());
                    return Some(Part { flag, text: default, ..Part::unknown(evidence) }.into());
                }
                "ConfigProperty" | "Property" => {
                    let key = text("name")?;
                    let stated = self.settings.get(key).map(|setting| setting.value.clone());
                    let text = stated.or_else(|| text("defaultValue").map(str::to_owned));
                    return Some(
                        Part { text, env: Some(variable_of(key)), ..Part::unknown(evidence) }
                            .into(),
                    );
                }
                _ => {}
            }
        }
        None
    }

    /// The value of a text with `${key:default}` in it.
    fn placeholder(&self, text: &str, evidence: Evidence) -> Value {
        let key = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let key = key.map(|key| key.split(':').next().unwrap_or_default());
        let (_, variable) = self.settings.expand(text);
        let env = variable.or_else(|| key.filter(|key| !key.contains('$')).map(variable_of));
        self.expanded(text, env, evidence)
    }

    /// The text of a setting, with the folders that the JVM knows: `${user.home}/data`.
    pub(super) fn expanded(&self, text: &str, env: Option<String>, evidence: Evidence) -> Value {
        let text = self.settings.expand(text).0;
        let text = text.replace("${java.io.tmpdir}", "/tmp").replace("${user.dir}", ".");
        let (base, text) = match text.strip_prefix("${user.home}") {
            Some(rest) => (Some(Base::Home), rest.to_owned()),
            None => (None, text),
        };
        if text.contains("${") || text.contains("#{") {
            return Value::unknown(evidence);
        }
        let Some(base) = base else {
            return Part { text: Some(text), env, ..Part::unknown(evidence) }.into();
        };
        let mut found = Value::base(base, evidence.clone());
        found.parts.extend(Value::known(text, evidence).parts);
        if let Some(part) = found.parts.first_mut() {
            part.env = env;
        }
        found
    }

    /// The value for which code asks the settings by key.
    pub(super) fn asked_for(&self, key: &str, evidence: Evidence) -> Option<Value> {
        let setting = self.settings.get(key)?;
        let (_, variable) = self.settings.expand(&setting.value);
        Some(self.expanded(&setting.value, variable, evidence))
    }

    /// The value of a class's field: as a framework sets it, or else as the code does.
    pub(super) fn field(&self, source: usize, name: &str, depth: usize) -> Option<Value> {
        if depth >= MAX_DEPTH || !self.step() {
            return None;
        }
        let file = &self.sources[source];
        if let Some(value) = self.declared(source, name) {
            return Some(value);
        }
        let all: Vec<&Definition> = self
            .definitions(name)
            .iter()
            .filter(|d| d.at.0 == source)
            .filter(|d| self.method_at(d.at).is_none() || self.of_this(d) || self.of_field(d))
            .take(MAX_DEFINITIONS)
            .collect();
        let found = self.merged(&all, None, depth).map(|value| self.as_option(source, name, value));
        let Some(prefix) = prefix(file) else { return found };
        if found.is_none() && !declares(file, name) {
            return None;
        }
        Some(self.bound(&format!("{prefix}.{name}"), found, (source, 0)))
    }

    /// The default of a field that an option of the command line sets:
    /// `@Parameter(names = "--port") int port = 8080`.
    fn as_option(&self, source: usize, name: &str, mut value: Value) -> Value {
        let file = &self.sources[source];
        let mut imports = file.imports.iter();
        let parses = imports.any(|one| OPTION_PARSERS.iter().any(|of| one.path.starts_with(of)));
        let mut places = file.places(name).iter().filter(|at| parses && file.mark(**at + 1, '='));
        let flag = places.find_map(|&at| {
            let mut start = at;
            // Goes back over the type and the modifiers to the bracket of an annotation.
            while start > 0 && at - start < MAX_MODIFIERS && file.word(start - 1).is_some() {
                start -= 1;
            }
            let close = start.checked_sub(1).filter(|&close| file.mark(close, ')'))?;
            let open = file.pair(close);
            let annotation = open.checked_sub(1).and_then(|at| file.word(at));
            matches!(annotation, Some("Parameter" | "Option")).then(|| file.option_name(open))?
        });
        if let ([part], Some(flag)) = (value.parts.as_mut_slice(), flag) {
            part.flag = Some(flag);
        }
        value
    }

    /// A property by its key: its setting, or else `default`, or else an object with further
    /// properties.
    fn bound(&self, key: &str, default: Option<Value>, at: Place) -> Value {
        let env = Some(variable_of(key));
        if let Some(setting) = self.settings.get(key) {
            let found = self.expanded(&setting.value, env.clone(), setting.evidence.clone());
            if !found.is_unknown() {
                return found;
            }
        }
        let Some(mut found) = default else {
            let evidence = self.evidence(at, key.to_owned());
            return Part { flag: Some(key.to_owned()), ..Part::unknown(evidence) }.into();
        };
        if let [part] = found.parts.as_mut_slice() {
            part.env = env;
        }
        found
    }

    /// The value of a getter of an object that a framework fills:
    /// `properties.getStorage().getPath()`.
    pub(super) fn part_of(&self, object: &Value, getter: &str, depth: usize) -> Option<Value> {
        let [part] = object.parts.as_slice() else { return None };
        let key = part.flag.as_deref().filter(|_| part.text.is_none())?;
        let name = property_of(getter);
        let file = self.sources.iter().position(|source| source.path == part.evidence.file)?;
        prefix(&self.sources[file]).filter(|prefix| key.starts_with(prefix.as_str()))?;
        // The class of the object is in the same file, or in one of its own.
        let last = key.rsplit('.').next().unwrap_or_default();
        let own =
            self.type_of((file, 0), last).filter(|home| declares(&self.sources[*home], &name));
        let home = own.unwrap_or(file);
        let all: Vec<&Definition> = self
            .definitions(&name)
            .iter()
            .filter(|d| d.at.0 == home)
            .filter(|d| self.method_at(d.at).is_none())
            .take(MAX_DEFINITIONS)
            .collect();
        let default = self.declared(home, &name).or_else(|| self.merged(&all, None, depth));
        let mut found = self.bound(&format!("{key}.{name}"), default, (file, 0));
        if let [part] = found.parts.as_mut_slice()
            && part.text.is_none()
        {
            // The parts of the object are looked up by this file.
            part.evidence.file = self.sources[file].path.clone();
        }
        Some(found)
    }

    /// A field, or a component of a record, that a framework fills.
    fn declared(&self, source: usize, name: &str) -> Option<Value> {
        let file = &self.sources[source];
        let at = file.places(name).iter().copied().filter(|at| *at > 0).find(|at| {
            file.word(at - 1).is_some()
                && (file.mark(at + 1, ';') || file.mark(at + 1, ')') || file.mark(at + 1, ','))
                && !matches!(file.word(at - 1), Some("return" | "new" | "throw"))
        })?;
        // Goes back to the start of the statement, over the brackets of annotations.
        let mut start = at;
        while start > 0 && at - start < 40 {
            if file.mark(start - 1, ')') {
                let open = file.pair(start - 1);
                if open >= start {
                    break;
                }
                start = open;
            } else if matches!(file.raw(start - 1), ";" | "{" | "}" | "(" | ",") {
                break;
            } else {
                start -= 1;
            }
        }
        self.injected(source, start..at)
    }

    /// The method with that name in a source, or else the only one in the program.
    pub(super) fn method(&self, source: usize, name: &str) -> Option<&Method> {
        let all = self.methods(name);
        let own = all.iter().find(|method| method.at.0 == source);
        own.or(if all.len() == 1 { all.first() } else { None })
    }

    /// What a method of the program returns.
    pub(super) fn own_call(&self, call: &Called, depth: usize) -> Option<Value> {
        if depth >= MAX_DEPTH || !self.step() {
            return None;
        }
        let class = call.receiver.last().copied().filter(|class| *class != "this");
        let place = (call.source, call.at);
        let other = class.map(|class| self.class(class).or_else(|| self.type_of(place, class)));
        let other = other.or_else(|| self.result_type(place).map(Some));
        let home = match other {
            None => call.source,
            Some(Some(other)) => other,
            Some(None) => return None,
        };
        let file = |source: usize| &self.sources[source];
        let handed = elements(file(call.source), call.open).len();
        let mut own = self.methods(call.name).iter().filter(|method| method.at.0 == home);
        // Among methods with the same name, the one with this number of parameters is called.
        let takes = |m: &&Method| elements(file(home), m.open).len() == handed;
        let method = own.clone().find(takes).or_else(|| own.next());
        if let Some(method) = method {
            self.frames.borrow_mut().push((method.at, place));
            let found = self.returned(method, depth);
            self.frames.borrow_mut().pop();
            return found;
        }
        // The getter comes from a record or a library.
        other.flatten()?;
        self.field(home, &property_of(call.name), depth + 1)
    }

    /// The class of the object whose method is called, if that object is itself the result of a
    /// method of the program: the type before its name, `HttpConfig getHttp()`.
    fn result_type(&self, (source, at): Place) -> Option<usize> {
        let file = &self.sources[source];
        let close = at.checked_sub(2).filter(|close| file.mark(*close, ')'))?;
        let before = file.opening(close).checked_sub(1)?;
        // The class tells whose method it is: `ProxyConfig.getInstance()`.
        let class = before.checked_sub(2).filter(|_| file.mark(before - 1, '.'));
        let class = class.and_then(|class| self.class(file.word(class)?));
        let methods = self.methods(file.word(before)?).iter();
        let mut types = methods.filter(|m| class.is_none_or(|of| m.at.0 == of)).map(|method| {
            let (source, at) = method.at;
            self.class(self.sources[source].word(at.checked_sub(1)?)?)
        });
        let first = types.next()??;
        types.all(|of| of == Some(first)).then_some(first)
    }

    fn returned(&self, method: &Method, depth: usize) -> Option<Value> {
        let source = method.at.0;
        let file = &self.sources[source];
        let (mut sure, mut maybe): (Option<Value>, Vec<Value>) = (None, Vec::new());
        // Kotlin: `fun port() = 80`.
        if file.mark(method.body.start, '=') {
            return Some(self.value(source, method.body.start + 1..method.body.end, depth + 1));
        }
        let returns = method.body.clone().filter(|at| file.word(*at) == Some("return"));
        for at in returns.take(MAX_DEFINITIONS) {
            let value = self.value(source, at + 1..end_of(file, at + 1), depth + 1);
            match self.reached((source, at), None, depth + 1) {
                Reach::Always => {
                    sure = sure.or(Some(value));
                }
                Reach::Sure(true) if sure.is_none() && value.is_known() => sure = Some(value),
                Reach::Sure(false) if value.text().is_some() => {}
                _ => maybe.push(value),
            }
        }
        let sets = |value: &Value| matches!(value.parts.as_slice(), [part] if part.env.is_some() || part.flag.is_some());
        let mut found = match sure {
            Some(value) if value.is_known() || maybe.is_empty() => value,
            sure => {
                let known = maybe.iter().find(|value| value.is_known()).cloned();
                if known.is_some() && sure.is_none() {
                    self.doubt.set(true);
                }
                match (known, sure) {
                    (Some(known), Some(open)) => known.overridden_by(&open),
                    (Some(known), None) => known,
                    (None, Some(open)) => open,
                    (None, None) => maybe.first()?.clone(),
                }
            }
        };
        if let Some(setter) = maybe.iter().find(|value| sets(value)) {
            found = found.overridden_by(setter);
        }
        let differs = |value: &&Value| value.is_known() && value.text() != found.text();
        if maybe.iter().any(|value| differs(&value) && !sets(value)) {
            self.doubt.set(true);
        }
        Some(found)
    }
}

/// True if a class has a field, or a record a component, with that name: a type precedes it.
fn declares(file: &Source, name: &str) -> bool {
    file.places(name).iter().filter(|at| **at > 0).any(|&at| {
        let typed = file.word(at - 1).is_some() || file.mark(at - 1, '>');
        typed
            && [';', '=', ',', ')'].into_iter().any(|mark| file.mark(at + 1, mark))
            && !matches!(file.word(at - 1), Some("return" | "new" | "throw"))
    })
}

/// The property behind `getName()`, `isName()` or `name()`.
fn property_of(getter: &str) -> String {
    let name = getter.strip_prefix("get").or(getter.strip_prefix("is"));
    let name = name.filter(|name| name.starts_with(char::is_uppercase)).unwrap_or(getter);
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_lowercase().collect::<String>()).unwrap_or_default();
    first + letters.as_str()
}

/// The environment variable for `server.port`: `SERVER_PORT`.
/// <https://docs.spring.io/spring-boot/reference/features/external-config.html>
fn variable_of(key: &str) -> String {
    key.replace('-', "").replace('.', "_").to_uppercase()
}

/// The prefix to which a class is bound: `@ConfigurationProperties("a")` or `(prefix = "a")`.
fn prefix(source: &Source) -> Option<String> {
    let at = source.calls("ConfigurationProperties").next()?;
    let named = matches!(source.word(at), Some("prefix" | "value"));
    source.text(if named { at + 2 } else { at }).map(str::to_owned)
}
