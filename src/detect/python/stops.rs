//! Conditions that end a program as it starts, because they hold as long as nobody sets anything:
//! `if not DEBUG and SECRET_KEY == "change me": raise ..`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::codes;
use super::demands::{self, Demand};
use super::opened::{MAX_STARTS, starts_at};
use crate::code::{Call, File, Form, Program as Code, conditions, is_env_name};
use crate::facts::{Evidence, Finding, Program};

/// How far a name is followed, and maximum number of tokens of an operand.
const MAX_STEPS: u8 = 12;
const MAX_OPERAND: usize = 64;

/// Maximum number of conditions that are evaluated, and of keys of a configuration.
const MAX_ASKED: usize = 256;
const MAX_KEYS: usize = 400;

/// Maximum number of expressions that are examined in one program.
const MAX_LOOKS: u32 = 20_000;

/// How far behind the loop over a configuration the environment is read.
const MAX_LOOP: usize = 24;

/// Marks between two sides that are compared.
const COMPARISONS: [&str; 8] = ["==", "!=", "<", "<=", ">", ">=", "is", "in"];

/// Words in the names of variables that only a developer sets.
const DEVELOPING: [&str; 3] = ["DEBUG", "TEST", "DEV"];

/// A condition that ends the program.
struct Stop {
    /// The environment variables whose defaults it refuses.
    variables: Vec<String>,
    /// What holds the value that it refuses, where no variable sets that.
    key: Option<String>,
    evidence: Evidence,
}

/// What a condition comes to while nobody sets anything.
#[derive(Clone, Default)]
struct Asked {
    holds: bool,
    /// What it asks: variables, and names of the code.
    variables: Vec<String>,
    keys: Vec<String>,
    /// It asks for a switch, and not for a value that has to be set.
    switch: bool,
}

/// What an operand is: a text, or nothing.
struct Operand {
    text: Option<String>,
    /// The text is only the beginning of it.
    open: bool,
    asked: Asked,
}

/// Every condition that ends the program as it starts; `factory`: the function that a server calls.
fn stops(code: &Code, factory: Option<&str>) -> Vec<Stop> {
    let reader = Reader { code, keys: keys(code), left: Cell::new(MAX_LOOKS) };
    let mut all = Vec::new();
    for ending in code.endings().into_iter().take(MAX_ASKED) {
        let file = &ending.file;
        let function = file.facts().function_at(ending.at);
        let called = function.is_some_and(|one| {
            factory == Some(file.word(one.name)) && file.enclosing(one.range.start).is_none()
        });
        if !called && !starts_at(code, file, ending.at, MAX_STARTS) {
            continue;
        }
        let Some(asked) = reader.ended(file, ending.at, ending.head.clone()) else { continue };
        let names = asked.variables.iter().chain(&asked.keys);
        let mut names = names.map(String::as_str).peekable();
        if !asked.holds || asked.switch || names.peek().is_none() {
            continue;
        }
        let evidence = file.evidence(ending.at, "the program ends while this holds");
        let key = asked.keys.first().filter(|_| asked.variables.is_empty()).cloned();
        all.push(Stop { variables: asked.variables, key, evidence });
    }
    all
}

/// Adds the variables that such conditions demand, and says what else they refuse.
pub(super) fn add(
    code: &Code,
    factory: Option<&str>,
    demanded: &mut BTreeMap<String, Demand>,
    program: &mut Program,
) {
    let (mut keys, mut places) = (Vec::new(), Vec::new());
    for stop in stops(code, factory) {
        for name in stop.variables {
            let (evidence, kind) = (stop.evidence.clone(), String::new());
            demanded.entry(name).or_insert(Demand { evidence, kind, at_import: true });
        }
        if let Some(key) = stop.key.filter(|key| !keys.contains(key)) {
            keys.push(key);
            places.push(stop.evidence);
        }
    }
    if let Some(first) = places.first() {
        let what = format!(
            "the program ends while {} has the value that the code gives it",
            keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
        );
        let finding = Finding::new(codes::SECRET_UNCHANGED, what, [first.clone()]);
        program.findings.push(finding);
    }
}

struct Reader<'c> {
    code: &'c Code<'c>,
    keys: Keys,
    /// How many expressions may still be examined.
    left: Cell<u32>,
}

/// A range of a file.
type Place = (Rc<File>, Range<usize>);

/// The keys of a Flask configuration with their values, and true if variables of the same names set
/// them.
struct Keys {
    all: BTreeMap<String, Vec<Place>>,
    by_environment: bool,
}

/// `app.config.update(KEY=value)`, `app.config.from_mapping(KEY=value)`, `app.config["KEY"] = value`
fn keys(code: &Code) -> Keys {
    let mut keys = Keys { all: BTreeMap::new(), by_environment: false };
    let mut count = 0;
    for file in code.files() {
        for &at in file.places("config") {
            if count >= MAX_KEYS {
                return keys;
            }
            // `for key in app.config: if key in os.environ: ..`
            let looped = file.word(at + 1) == ":"
                && (at.saturating_sub(5)..at).any(|at| file.word(at) == "in")
                && (at..at + MAX_LOOP).any(|at| file.word(at) == "environ");
            keys.by_environment |= looped || file.word(at + 2) == "from_prefixed_env";
            if file.word(at + 1) == "[" && file.word(at + 3) == "]" && file.word(at + 4) == "=" {
                let end = (at + 5..at + 5 + MAX_OPERAND).find(|&end| file.is_line_end(end));
                if let (Some(name), Some(end)) = (file.string(at + 2), end) {
                    let value = (file.clone(), at + 5..end);
                    keys.all.entry(name.into_owned()).or_default().push(value);
                    count += 1;
                }
            }
            let method = matches!(file.word(at + 2), "update" | "from_mapping");
            let Some(call) = Call::at(file, at + 2).filter(|_| method) else { continue };
            for one in call.arguments() {
                if file.word(one.start + 1) == "=" {
                    let value = (file.clone(), one.start + 2..one.end);
                    keys.all.entry(file.word(one.start).to_owned()).or_default().push(value);
                    count += 1;
                }
            }
        }
    }
    keys
}

impl Reader<'_> {
    /// What the condition of an `if` comes to, together with those around it.
    fn ended(&self, file: &Rc<File>, at: usize, head: Range<usize>) -> Option<Asked> {
        let mut asked = self.asked(file, head, MAX_STEPS)?;
        for around in conditions::heads(file, at) {
            match file.word(around.start) {
                "if" => {
                    let end = around.end - usize::from(file.word(around.end - 1) == ":");
                    let outer = self.asked(file, around.start + 1..end, MAX_STEPS)?;
                    asked = both(outer, asked);
                }
                "try" if demands::is_fatal(file, around.end) => {}
                "def" | "async" | "with" => {}
                _ => return None,
            }
        }
        Some(asked)
    }

    fn asked(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<Asked> {
        let steps = steps.checked_sub(1)?;
        self.left.set(self.left.get().checked_sub(1)?);
        let range = bare(file, range);
        if range.is_empty() || range.clone().any(|at| matches!(file.word(at), "if" | "lambda")) {
            return None;
        }
        let parts = file.split(range.clone(), &["or"]);
        if parts.len() > 1 {
            let all: Vec<_> = parts.into_iter().map(|part| self.asked(file, part, steps)).collect();
            let mut holding = all.iter().flatten().filter(|one| one.holds).peekable();
            if holding.peek().is_none() {
                return all.into_iter().reduce(|a, b| Some(joined(a?, b?)))?;
            }
            return holding.cloned().reduce(joined);
        }
        let parts = file.split(range.clone(), &["and"]);
        if parts.len() > 1 {
            let all: Vec<_> = parts.into_iter().map(|part| self.asked(file, part, steps)).collect();
            if let Some(not) = all.iter().flatten().find(|one| !one.holds) {
                return Some(not.clone());
            }
            return all.into_iter().reduce(|a, b| Some(both(a?, b?)))?;
        }
        if file.word(range.start) == "not" {
            let inner = self.asked(file, range.start + 1..range.end, steps)?;
            return Some(Asked { holds: !inner.holds, ..inner });
        }
        let sides = file.split(range.clone(), &COMPARISONS);
        if sides.len() > 1 {
            return self.compared(file, &sides, steps);
        }
        self.truth(file, range, steps)
    }

    /// A comparison of two sides.
    fn compared(&self, file: &Rc<File>, sides: &[Range<usize>], steps: u8) -> Option<Asked> {
        let [left, right] = sides else { return None };
        let (mut left, mut right) = (left.clone(), right.clone());
        let mark = file.word(left.end).to_owned();
        let mut negated = mark == "!=";
        if mark == "is" && file.word(right.start) == "not" {
            (negated, right) = (true, right.start + 1..right.end);
        }
        if mark == "in" && left.len() > 1 && file.word(left.end - 1) == "not" {
            (negated, left) = (true, left.start..left.end - 1);
        }
        let mut asked = self.same(file, &mark, left, right, steps)?;
        asked.holds ^= negated;
        Some(asked)
    }

    fn same(
        &self,
        file: &Rc<File>,
        mark: &str,
        left: Range<usize>,
        right: Range<usize>,
        steps: u8,
    ) -> Option<Asked> {
        if matches!(mark, "<" | "<=" | ">" | ">=") {
            // `len(SECRET_KEY) < 16`
            let call = Call::at(file, left.start).filter(|call| call.name() == "len")?;
            let of = call.arguments().into_iter().next().filter(|_| left.len() > 3)?;
            let of = self.operand(file, of, steps)?;
            if of.open || right.len() != 1 {
                return None;
            }
            let (length, limit) = (of.text?.chars().count(), file.word(right.start).parse().ok()?);
            let holds = match mark {
                "<" => length < limit,
                "<=" => length <= limit,
                ">" => length > limit,
                _ => length >= limit,
            };
            return Some(Asked { holds, ..of.asked });
        }
        if mark == "in" {
            let one = self.operand(file, left, steps).filter(|one| !one.open)?;
            let text = one.text?;
            let listed = matches!(file.word(right.start), "(" | "[" | "{");
            if listed && file.closing(right.start) + 1 == right.end {
                let texts = file.elements(right.start).into_iter();
                let texts: Option<Vec<_>> =
                    texts.map(|at| file.string(at.start).filter(|_| at.len() == 1)).collect();
                let holds = texts?.iter().any(|held| **held == *text);
                return Some(Asked { holds, ..one.asked });
            }
            let other = self.operand(file, right, steps).filter(|other| !other.open)?;
            let holds = other.text?.contains(&text);
            return Some(Asked { holds, ..joined(one.asked, other.asked) });
        }
        let (left, right) = (self.operand(file, left, steps)?, self.operand(file, right, steps)?);
        if left.open || right.open {
            return None;
        }
        let holds = left.text == right.text;
        Some(Asked { holds, ..joined(left.asked, right.asked) })
    }

    /// An operand without a comparison: it holds if it is something.
    fn truth(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<Asked> {
        let open = file.opening(range.end - 1);
        let call = open.checked_sub(1).and_then(|at| Call::at(file, at));
        if let Some(call) = call.filter(|call| call.name() == "startswith" && call.is_method()) {
            let with = call.arguments().into_iter().next()?;
            let of = self.operand(file, call.on()?, steps)?;
            let (text, with) = (of.text?, file.string(with.start)?);
            if of.open && text.len() < with.len() {
                return None;
            }
            let holds = text.starts_with(&*with);
            return Some(Asked { holds, ..of.asked });
        }
        // A name that stands for a comparison.
        if let Some((home, value)) = self.definition(file, &range) {
            let asks = ["==", "!=", "in", "not", "and", "or", "<", ">", "is"];
            if value.clone().any(|at| {
                asks.contains(&home.word(at)) && home.enclosing(at).is_none_or(|o| o < value.start)
            }) {
                let inner = self.asked(&home, value, steps)?;
                return Some(Asked { switch: true, ..inner });
            }
        }
        let one = self.operand(file, range.clone(), steps)?;
        let text = one.text.as_deref().unwrap_or_default();
        let switch = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "1" | "0");
        let (home, value) =
            self.definition(file, &range).unwrap_or_else(|| (file.clone(), range.clone()));
        // `os.environ.get("DEBUG", "False")` is a text, which holds whatever it says.
        let quoted = value.clone().any(|at| home.string(at).is_some_and(|held| *held == *text));
        let cast = value.clone().any(|at| home.word(at).contains("bool"));
        let off = matches!(text.to_ascii_lowercase().as_str(), "" | "false" | "0")
            && !(quoted && !cast && !text.is_empty());
        Some(Asked { holds: !off, switch, ..one.asked })
    }

    /// The only definition of a name, outside of all functions and conditions, or in the same function.
    fn definition(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
    ) -> Option<(Rc<File>, Range<usize>)> {
        if range.len() != 1 || !file.is_word(range.start) {
            return None;
        }
        let only = |file: &Rc<File>, name: &str| {
            let all = file.facts().definitions_of(file, name).iter();
            let mut all = all.filter(|one| one.form.is_variable() || one.form == Form::Assigned);
            let one = all.next().filter(|_| all.next().is_none())?;
            let plain = matches!(one.form, Form::Set | Form::Declared)
                && !conditions::is_conditional(file, one.name)
                && one.value.len() <= MAX_OPERAND;
            plain.then(|| (one.name, one.value.clone()))
        };
        let name = file.word(range.start);
        if let Some((at, value)) = only(file, name) {
            let of = |at: usize| file.facts().function_at(at).map(|one| one.name);
            let seen = of(at).is_none() || of(at) == of(range.start);
            return seen.then(|| (file.clone(), value));
        }
        let import = file.import_of(name)?;
        let home = self.code.module_named(&import.path)?;
        let (at, value) = only(&home, import.export.as_deref()?)?;
        home.facts().function_at(at).is_none().then_some((home, value))
    }

    fn operand(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<Operand> {
        let steps = steps.checked_sub(1)?;
        self.left.set(self.left.get().checked_sub(1)?);
        let range = bare(file, range);
        if range.len() > MAX_OPERAND || range.is_empty() {
            return None;
        }
        if range.len() == 1 {
            let literal = |text| Some(Operand { text, open: false, asked: Asked::default() });
            let word = file.word(range.start);
            if let Some(text) = file.string(range.start) {
                return literal(Some(text.into_owned()));
            }
            if word == "None" {
                return literal(None);
            }
            if matches!(word, "True" | "False") || word.starts_with(|c: char| c.is_ascii_digit()) {
                return literal(Some(word.to_owned()));
            }
            let (home, value) = self.definition(file, &range)?;
            let mut found = self.operand(&home, value, steps)?;
            if found.asked.variables.is_empty() && found.asked.keys.is_empty() {
                found.asked.keys.push(word.to_owned());
            }
            return Some(found);
        }
        if let Some(key) = key_of(file, &range) {
            return self.configured(key, steps);
        }
        // A field of another object may have been set since.
        if matches!(file.word(range.start), "self" | "cls") {
            return None;
        }
        let field = range.len() > 2 && file.word(range.end - 2) == ".";
        let word = file.word(range.end - 1).to_owned();
        let value = self.code.value(file, range);
        let name = value.env().filter(|name| is_env_name(name) && value.others.is_empty())?;
        let variables = vec![name.to_owned()];
        let asked = Asked { variables, ..Asked::default() };
        let text = value.text();
        if field && text.is_none() {
            return self.default_of(&word, asked);
        }
        // Something else than a variable may give it.
        let known = text.is_some() || value.is_unset();
        known.then_some(Operand { text, open: false, asked })
    }

    /// The default of a field of settings that is no text: nothing, a switch, or what a function makes.
    fn default_of(&self, name: &str, asked: Asked) -> Option<Operand> {
        let mut fields = self.code.fields_of(name).filter(|(_, _, one)| one.form == Form::Member);
        let (_, file, definition) = fields.next().filter(|_| fields.next().is_none())?;
        let value = definition.value.clone();
        let made = Call::at(file, value.start).filter(|call| call.name() == "Field");
        let first = made.as_ref().and_then(|call| call.named("default").or_else(|| call.placed(0)));
        let made = made.and_then(|call| call.named("default_factory"));
        // `Field(default_factory=lambda: "unsafe-" + random())`
        if let Some(made) = made.filter(|made| file.word(made.start) == "lambda") {
            let text = file.string(made.start + 2)?.into_owned();
            let open = file.word(made.start + 3) == "+";
            return open.then_some(Operand { text: Some(text), open, asked });
        }
        let default = first.unwrap_or(value);
        let text = match file.word(default.start) {
            "None" => None,
            word @ ("True" | "False") => Some(word.to_owned()),
            _ => return None,
        };
        (default.len() == 1).then_some(Operand { text, open: false, asked })
    }

    /// A key of the configuration, where one place alone gives it its value.
    fn configured(&self, key: String, steps: u8) -> Option<Operand> {
        let [(home, value)] = self.keys.all.get(&key)?.as_slice() else { return None };
        let mut found = self.operand(home, value.clone(), steps)?;
        if found.asked.variables.is_empty() {
            let asked = &mut found.asked;
            let by_name = self.keys.by_environment;
            let into = if by_name { &mut asked.variables } else { &mut asked.keys };
            into.push(key);
        }
        Some(found)
    }
}

/// The key in `app.config["KEY"]` and `app.config.get("KEY")`.
fn key_of(file: &File, range: &Range<usize>) -> Option<String> {
    let close = range.end.checked_sub(1)?;
    let open = file.opening(close);
    let name = file.string(open + 1).filter(|_| open + 2 == close)?;
    let at = open.checked_sub(1)?;
    let of = if file.word(at) == "get" { at.checked_sub(2)? } else { at };
    (file.word(of) == "config" && of >= range.start).then(|| name.into_owned())
}

/// Both hold, or one of them does not. A switch only says where the other one is asked.
fn both(first: Asked, second: Asked) -> Asked {
    if !first.holds {
        return first;
    }
    if !second.holds {
        return second;
    }
    let developing = |one: &Asked| {
        one.variables.iter().any(|name| DEVELOPING.iter().any(|word| name.contains(word)))
    };
    match (first.switch || developing(&first), second.switch || developing(&second)) {
        (true, false) => second,
        (false, true) => first,
        // Either of them is enough, so none of them is demanded.
        (false, false) if first.variables != second.variables || first.keys != second.keys => {
            let named = |one: &Asked| !one.variables.is_empty() || !one.keys.is_empty();
            let either = named(&first) && named(&second);
            if either { Asked { holds: true, ..Asked::default() } } else { joined(first, second) }
        }
        _ => joined(first, second),
    }
}

fn joined(mut first: Asked, second: Asked) -> Asked {
    first.variables.extend(second.variables);
    first.keys.extend(second.keys);
    first.holds |= second.holds;
    first.switch &= second.switch;
    first
}

/// An expression without the brackets around it.
fn bare(file: &File, mut range: Range<usize>) -> Range<usize> {
    while range.len() > 2
        && file.word(range.start) == "("
        && file.closing(range.start) + 1 == range.end
    {
        range = range.start + 1..range.end - 1;
    }
    range
}
