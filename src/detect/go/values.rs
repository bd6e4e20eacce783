//! What an expression is worth when the program starts: literals, constants, environment variables
//! and flags with their defaults, followed through variables, fields, parameters and small
//! functions.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::closure::Closure;
use super::lexer::Kind;
use super::source::SourceFile;
use super::syntax::{Call, Definition, Form, Function};
use crate::facts::Evidence;
use crate::path::RelPath;

mod functions;
mod settings;

pub(super) use functions::is_env_name;
pub(super) use settings::{is_other_service, tag};

/// How many steps an expression is followed: cycles end here.
const MAX_STEPS: u8 = 10;

/// How many expressions are looked at for one value: what is more entangled is not known.
const MAX_LOOKS: u32 = 400;

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The text, or the default; `None` where it is not known.
    pub(super) text: Option<String>,
    /// The environment variable that overrides it.
    pub(super) env: Option<String>,
    /// The command-line flag that overrides it.
    pub(super) flag: Option<String>,
    pub(super) evidence: Evidence,
}

impl Part {
    /// A setting with its default. An empty default is none: the program then asks for the setting,
    /// or takes another.
    pub(super) fn setting(
        default: Option<String>,
        env: Option<String>,
        flag: Option<String>,
        evidence: Evidence,
    ) -> Self {
        Self { text: default.filter(|text| !text.is_empty()), env, flag, evidence }
    }
}

/// A value as the concatenation of its pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) parts: Vec<Part>,
}

impl Value {
    pub(super) fn known(text: impl Into<String>, evidence: Evidence) -> Self {
        Self { parts: vec![Part { text: Some(text.into()), env: None, flag: None, evidence }] }
    }

    pub(super) fn unknown(evidence: Evidence) -> Self {
        Self { parts: vec![Part { text: None, env: None, flag: None, evidence }] }
    }

    /// The whole text, where every piece is known.
    pub(super) fn text(&self) -> Option<String> {
        if self.parts.is_empty() {
            return None;
        }
        self.parts.iter().map(|part| part.text.as_deref()).collect()
    }

    /// The known text before the first unknown piece.
    pub(super) fn prefix(&self) -> String {
        self.parts.iter().map_while(|part| part.text.as_deref()).collect()
    }

    /// The known text after unknown pieces at the start; `None` where something else is unknown
    /// too.
    pub(super) fn suffix(&self) -> Option<String> {
        let known = self.parts.iter().position(|part| part.text.is_some()).filter(|&at| at > 0)?;
        self.parts.get(known..)?.iter().map(|part| part.text.as_deref()).collect()
    }

    /// The environment variable, where one alone gives the whole value.
    pub(super) fn env(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [part] => part.env.as_deref(),
            _ => None,
        }
    }

    /// The flag, where one alone gives the whole value.
    pub(super) fn flag(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [part] => part.flag.as_deref(),
            _ => None,
        }
    }

    /// Where the value is stated: the first piece that a literal, a flag or a variable gives.
    pub(super) fn evidence(&self) -> Option<&Evidence> {
        let stated = |part: &&Part| {
            part.text.as_deref().is_some_and(|text| text.len() > 1) || part.env.is_some()
        };
        self.parts.iter().rev().find(stated).or(self.parts.first()).map(|part| &part.evidence)
    }

    fn is_unknown(&self) -> bool {
        self.parts
            .iter()
            .all(|part| part.text.is_none() && part.env.is_none() && part.flag.is_none())
    }
}

/// The files of a program, looked through for values.
pub(super) struct Code {
    /// Every file with the folder of its package, the program's own first.
    files: Vec<(RelPath, Rc<SourceFile>)>,
    /// Folders of packages by import path, for qualified names.
    folders: BTreeMap<String, RelPath>,
    /// Calls as file and position, sorted by name, then by file.
    calls: Vec<(usize, usize)>,
    /// Fields and their like as file and number of the definition, sorted by name, then by file.
    fields: Vec<(usize, usize)>,
    /// Calls that read a flag into a variable or field, by its name.
    registered: BTreeMap<String, Vec<Call>>,
    /// Values of expressions by file and range; those being looked at count as unknown, which ends
    /// circles.
    known: RefCell<BTreeMap<(*const SourceFile, usize, usize), Value>>,
    looks: Cell<u32>,
}

impl Code {
    pub(super) fn new(closure: &Closure) -> Self {
        let files: Vec<(RelPath, Rc<SourceFile>)> = closure
            .packages
            .iter()
            .flat_map(|package| {
                // Generated code configures nothing, and is often most of the text.
                let written = package.files.iter().filter(|file| !file.generated);
                written.map(|file| (package.dir.clone(), file.clone()))
            })
            .collect();
        let (mut calls, mut fields) = (Vec::new(), Vec::new());
        for (number, (_, file)) in files.iter().enumerate() {
            let index = file.index();
            calls.extend(index.calls().iter().map(|&at| (number, at)));
            let all = index.definitions().iter().enumerate();
            fields
                .extend(all.filter(|(_, d)| d.form != Form::Variable).map(|(at, _)| (number, at)));
        }
        // Stable sorts: within a name the order of the files stays.
        calls.sort_by_key(|&(number, at)| files[number].1.word(at));
        fields.sort_by_key(|&(number, at)| {
            files[number].1.word(files[number].1.index().definitions()[at].name)
        });
        let mut code = Self {
            files,
            folders: closure.local.clone(),
            calls,
            fields,
            registered: BTreeMap::new(),
            known: RefCell::default(),
            looks: Cell::new(0),
        };
        code.registered = code.registrations();
        code
    }

    /// The fields of that name.
    fn fields_of<'c>(
        &'c self,
        name: &'c str,
    ) -> impl Iterator<Item = (&'c RelPath, &'c Rc<SourceFile>, &'c Definition)> {
        let definition = |&(number, at): &(usize, usize)| {
            let (dir, file) = &self.files[number];
            (dir, file, &file.index().definitions()[at])
        };
        let word = move |entry: &(usize, usize)| {
            let (_, file, found) = definition(entry);
            file.word(found.name)
        };
        let from = self.fields.partition_point(|entry| word(entry) < name);
        self.fields[from..].iter().take_while(move |entry| word(entry) == name).map(definition)
    }

    /// Every file.
    pub(super) fn files(&self) -> impl Iterator<Item = &Rc<SourceFile>> {
        self.files.iter().map(|(_, file)| file)
    }

    /// Every call, in the order of the files.
    pub(super) fn calls(&self) -> impl Iterator<Item = Call> {
        self.files()
            .flat_map(|file| file.index().calls().iter().filter_map(|&at| Call::at(file, at)))
    }

    /// Every call of a function of one of these names.
    pub(super) fn calls_of<'n>(
        &self,
        names: &'n [&str],
    ) -> impl Iterator<Item = Call> + use<'_, 'n> {
        names.iter().flat_map(move |name| {
            let word = |&(number, at): &(usize, usize)| self.files[number].1.word(at);
            let from = self.calls.partition_point(|entry| word(entry) < *name);
            let count = self.calls[from..].partition_point(|entry| word(entry) == *name);
            let found = self.calls[from..from + count].iter();
            found.filter_map(|&(number, at)| Call::at(&self.files[number].1, at))
        })
    }

    /// The files of the package that holds `file`, that one first.
    fn package_of<'c>(
        &'c self,
        file: &'c Rc<SourceFile>,
    ) -> impl Iterator<Item = &'c Rc<SourceFile>> {
        let folder = file.path.parent().unwrap_or_default();
        let others =
            self.files.iter().filter(move |(dir, other)| *dir == folder && other.path != file.path);
        std::iter::once(file).chain(others.map(|(_, other)| other))
    }

    /// The value of an expression.
    pub(super) fn value(&self, file: &Rc<SourceFile>, range: Range<usize>) -> Value {
        self.looks.set(MAX_LOOKS);
        self.eval(file, range, MAX_STEPS)
    }

    /// The flag that a call registers.
    pub(super) fn flag(&self, call: &Call) -> Option<Value> {
        self.looks.set(MAX_LOOKS);
        self.flag_value(call, MAX_STEPS)
    }

    fn eval(&self, file: &Rc<SourceFile>, mut range: Range<usize>, steps: u8) -> Value {
        let unknown =
            Value::unknown(file.evidence(range.start, "not known before the program runs"));
        let (Some(steps), Some(looks)) = (steps.checked_sub(1), self.looks.get().checked_sub(1))
        else {
            return unknown;
        };
        self.looks.set(looks);
        loop {
            match file.word(range.start) {
                "*" | "&" if range.len() > 1 => range.start += 1,
                "(" if range.len() > 2 && file.closing(range.start) + 1 == range.end => {
                    range = range.start + 1..range.end - 1;
                }
                _ => break,
            }
        }
        if range.is_empty() {
            return unknown;
        }
        let key = (Rc::as_ptr(file), range.start, range.end);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        self.known.borrow_mut().insert(key, unknown.clone());
        let value = self.look(file, range, steps, unknown);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    fn look(&self, file: &Rc<SourceFile>, range: Range<usize>, steps: u8, unknown: Value) -> Value {
        let sum = sum(file, &range);
        if sum.len() > 1 {
            let parts =
                sum.into_iter().flat_map(|piece| self.eval(file, piece, steps).parts).collect();
            return Value { parts };
        }
        if range.len() == 1 {
            return match file.kind(range.start) {
                Some(Kind::Text) => file.string(range.start).map_or(unknown, |text| {
                    Value::known(text, file.evidence(range.start, "a literal"))
                }),
                Some(Kind::Number)
                    if file.word(range.start).starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    Value::known(
                        file.word(range.start).replace('_', ""),
                        file.evidence(range.start, "a literal"),
                    )
                }
                Some(Kind::Word) => self.named(file, range.start, steps),
                _ => unknown,
            };
        }
        if let Some(call) = whole_call(file, &range) {
            return self.call(&call, steps);
        }
        if is_chain(file, &range) { self.selected(file, &range, steps) } else { unknown }
    }

    /// A name: a local variable, a parameter, or something of the package.
    fn named(&self, file: &Rc<SourceFile>, at: usize, steps: u8) -> Value {
        let name = file.word(at);
        let unknown = Value::unknown(
            file.evidence(at, format!("`{name}` is not known before the program runs")),
        );
        let index = file.index();
        if let Some(function) = index.function_at(at) {
            let inside = index.definitions_of(file, name).iter().filter(|definition| {
                definition.form == Form::Variable
                    && function.range.contains(&definition.name)
                    && !definition.value.contains(&at)
            });
            let values: Vec<(bool, Value)> = inside
                .map(|d| (d.name < at, self.eval(file, d.value.clone(), steps)))
                .chain(
                    self.registered(|call| call.file.path == file.path, name, steps)
                        .map(|value| (true, value)),
                )
                .collect();
            let merged = merge(values);
            if merged.as_ref().is_some_and(|value| !value.is_unknown()) {
                return merged.unwrap_or(unknown);
            }
            if let Some(value) = self.parameter(file, function, name, steps) {
                return value;
            }
        }
        self.of_package(&self.package_of(file).cloned().collect::<Vec<_>>(), name, steps)
            .unwrap_or(unknown)
    }

    /// A variable or constant of a package, or a flag that is read into it.
    fn of_package(&self, files: &[Rc<SourceFile>], name: &str, steps: u8) -> Option<Value> {
        let mut values = Vec::new();
        for file in files {
            let index = file.index();
            let own = index.definitions_of(file, name).iter().filter(|d| d.form == Form::Variable);
            let inits = |d: &&Definition| {
                index
                    .function_at(d.name)
                    .is_none_or(|f| matches!(file.word(f.name), "init" | "main"))
            };
            values
                .extend(own.filter(inits).map(|d| (true, self.eval(file, d.value.clone(), steps))));
        }
        let inside = |call: &Call| files.iter().any(|file| file.path == call.file.path);
        values.extend(self.registered(inside, name, steps).map(|value| (true, value)));
        merge(values)
    }

    /// `x.y.Name`: something of another package of the repository, or a field.
    fn selected(&self, file: &Rc<SourceFile>, range: &Range<usize>, steps: u8) -> Value {
        let name = file.word(range.end - 1);
        if range.len() == 3
            && let Some(folder) =
                file.imported(file.word(range.start)).and_then(|path| self.folders.get(path))
        {
            let files =
                self.files.iter().filter(|(dir, _)| dir == folder).map(|(_, file)| file.clone());
            if let Some(value) = self.of_package(&files.collect::<Vec<_>>(), name, steps) {
                return value;
            }
        }
        let owner = if range.len() >= 3 { file.word(range.end - 3) } else { "" };
        self.field(file, owner, name, steps).unwrap_or_else(|| {
            Value::unknown(file.evidence(range.end - 1, format!("`{name}` is set at run time")))
        })
    }

    /// A field by its name: what is written into it anywhere, what its tag says, a flag that is
    /// read into it.
    fn field(&self, from: &Rc<SourceFile>, owner: &str, name: &str, steps: u8) -> Option<Value> {
        let package = from.path.parent();
        let owner = owner.to_ascii_lowercase();
        let mut candidates: Vec<(i32, Value)> = Vec::new();
        for (dir, file, definition) in self.fields_of(name) {
            let value = match definition.form {
                Form::Tag => match settings::tag(file, definition.value.start) {
                    Some(value) => value,
                    None => continue,
                },
                _ => self.eval(file, definition.value.clone(), steps),
            };
            if value.is_unknown() {
                continue;
            }
            let home = home(file, definition);
            let mut score =
                i32::from(package.as_ref() == Some(dir)) + i32::from(definition.form == Form::Tag);
            if !owner.is_empty() && home.contains(&owner) {
                score += 4;
            }
            if settings::is_other_service(&home) && !settings::is_other_service(&owner) {
                score -= 8;
            }
            candidates.push((score, value));
        }
        let registered = self.registered(|_| true, name, steps).map(|value| (2, value));
        candidates.extend(registered);
        let best = candidates
            .iter()
            .filter(|(_, value)| !value.is_unknown())
            .map(|(score, _)| *score)
            .max()?;
        candidates.retain(|(score, _)| *score == best);
        merge(candidates.into_iter().map(|(_, value)| (true, value)).collect())
    }

    /// What callers pass for a parameter.
    fn parameter(
        &self,
        file: &Rc<SourceFile>,
        function: &Function,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        let position = file.elements(function.parameters).iter().position(|parameter| {
            file.word(parameter.start) == name && file.kind(parameter.start) == Some(Kind::Word)
        })?;
        let called = file.word(function.name);
        let calls = self
            .calls_of(std::slice::from_ref(&called))
            .filter(|call| call.is_method() || !function.method);
        let values: Vec<(bool, Value)> = calls
            .filter_map(|call| {
                let argument = call.arguments().get(position)?.clone();
                Some((true, self.eval(&call.file, argument, steps)))
            })
            .take(8)
            .collect();
        merge(values).filter(|value| !value.is_unknown())
    }
}

/// Several definitions of one name: the last known text before the use, and the environment
/// variable or flag that another definition reads.
fn merge(values: Vec<(bool, Value)>) -> Option<Value> {
    let known = |before: bool| {
        values.iter().rev().find(|(b, value)| *b == before && value.text().is_some())
    };
    let Some((_, chosen)) = known(true).or_else(|| known(false)) else {
        let partly = values
            .iter()
            .position(|(_, value)| !value.is_unknown())
            .or(if values.is_empty() { None } else { Some(0) })?;
        return values.into_iter().nth(partly).map(|(_, value)| value);
    };
    let mut chosen = chosen.clone();
    if chosen.parts.iter().any(|part| part.env.is_some() || part.flag.is_some()) {
        return Some(chosen);
    }
    let (Some(text), Some(default)) = (chosen.text(), chosen.parts.first().cloned()) else {
        return Some(chosen);
    };
    for (_, other) in &values {
        let open: Vec<usize> =
            (0..other.parts.len()).filter(|&at| other.parts[at].text.is_none()).collect();
        let [at] = open.as_slice() else { continue };
        let (before, part, after) =
            (&other.parts[..*at], &other.parts[*at], &other.parts[at + 1..]);
        if part.env.is_none() && part.flag.is_none() {
            continue;
        }
        let join = |parts: &[Part]| {
            parts.iter().filter_map(|part| part.text.as_deref()).collect::<String>()
        };
        let middle =
            text.strip_prefix(&join(before)).and_then(|rest| rest.strip_suffix(&join(after)));
        if let Some(middle) = middle {
            let mut parts = before.to_vec();
            parts.push(Part {
                text: Some(middle.to_owned()),
                evidence: default.evidence.clone(),
                ..part.clone()
            });
            parts.extend(after.iter().cloned());
            chosen = Value { parts };
            break;
        }
    }
    Some(chosen)
}

/// The words around a field's definition, in lower case: its type, the variable, its tag, the file.
fn home(file: &SourceFile, definition: &Definition) -> String {
    let mut words = vec![file.path.as_str().to_ascii_lowercase()];
    if definition.form == Form::Assigned {
        words.extend(
            (1..=3)
                .filter_map(|back| definition.name.checked_sub(back))
                .map(|at| file.word(at).to_ascii_lowercase()),
        );
    } else if let Some(open) = file.enclosing(definition.name) {
        words.extend(
            (1..=3)
                .filter_map(|back| open.checked_sub(back))
                .map(|at| file.word(at).to_ascii_lowercase()),
        );
    }
    if definition.form == Form::Tag {
        words.push(file.word(definition.value.start).to_ascii_lowercase());
    }
    words.join(" ")
}

/// The operands of a sum; the range alone where it is none.
fn sum(file: &SourceFile, range: &Range<usize>) -> Vec<Range<usize>> {
    let (mut all, mut from, mut at) = (Vec::new(), range.start, range.start);
    while at < range.end {
        match file.word(at) {
            "(" | "[" | "{" => at = file.closing(at),
            "+" => {
                all.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    all.push(from..range.end);
    all
}

/// The call that a range is, from its first word to its last bracket.
fn whole_call(file: &Rc<SourceFile>, range: &Range<usize>) -> Option<Call> {
    if file.word(range.end - 1) != ")" {
        return None;
    }
    // The last opening bracket whose closing one ends the range.
    let open = range
        .clone()
        .rev()
        .find(|&at| file.word(at) == "(" && file.closing(at) + 1 == range.end)?;
    let at =
        open.checked_sub(1).filter(|&at| at >= range.start && file.kind(at) == Some(Kind::Word))?;
    Some(Call { file: file.clone(), at, open })
}

fn is_chain(file: &SourceFile, range: &Range<usize>) -> bool {
    range.len() >= 3
        && range.clone().enumerate().all(|(n, at)| {
            if n % 2 == 0 { file.kind(at) == Some(Kind::Word) } else { file.word(at) == "." }
        })
}
