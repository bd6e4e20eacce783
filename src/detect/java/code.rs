//! All sources of a program, indexed by name: definitions, methods, calls, and the values that
//! conditions let through.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;

use super::config::Settings;
use super::source::Source;
use crate::code::Call;
use crate::code::rules::{CallRow, Does, Rows};
use crate::facts::Evidence;

/// How many expressions are read for all values of a program together, and how deep one may lead
/// to another. The limits end hostile code.
const MAX_STEPS: u32 = 60_000;
pub(super) const MAX_DEPTH: usize = 14;
/// How many tokens a statement or the head of a method may have.
const MAX_STATEMENT: usize = 200;
/// Words before a bracket that do not name a method.
const KEYWORDS: [&str; 12] = [
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "try",
    "synchronized",
    "new",
    "return",
    "else",
    "throw",
    "when",
];

/// A token: the index of its source, and its position there.
pub(super) type Place = (usize, usize);

/// A definition `name = value`.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) at: Place,
    pub(super) value: Range<usize>,
}

/// A method, a constructor, or the head of a record.
#[derive(Clone, Debug)]
pub(super) struct Method {
    pub(super) at: Place,
    /// The opening bracket of its parameters.
    pub(super) open: usize,
    pub(super) body: Range<usize>,
}

/// The sources with their index.
pub(super) struct Code<'a> {
    pub(super) sources: &'a [Source],
    pub(super) settings: &'a Settings,
    /// What functions of libraries do.
    pub(super) rows: &'a Rows,
    /// The rows, by name of the function.
    named: BTreeMap<&'a str, Vec<&'a CallRow>>,
    definitions: BTreeMap<&'a str, Vec<Definition>>,
    methods: BTreeMap<&'a str, Vec<Method>>,
    calls: BTreeMap<&'a str, Vec<Place>>,
    stems: BTreeMap<&'a str, usize>,
    /// For each source, the bodies of its methods in order.
    bodies: Vec<Vec<Method>>,
    steps: Cell<u32>,
    /// True if a condition with an unknown value was passed.
    pub(super) doubt: Cell<bool>,
    /// The calls that are being followed: the method, and its call.
    pub(super) frames: RefCell<Vec<(Place, Place)>>,
    /// The caller whose arguments count; `None` for the first one with a known value.
    pub(super) caller: Cell<Option<usize>>,
    /// The largest number of callers of one method.
    pub(super) callers_seen: Cell<usize>,
}

impl<'a> Code<'a> {
    /// Indexes the names in all sources once.
    pub(super) fn new(sources: &'a [Source], settings: &'a Settings, rows: &'a Rows) -> Self {
        let mut code = Self {
            sources,
            settings,
            rows,
            named: BTreeMap::new(),
            definitions: BTreeMap::new(),
            methods: BTreeMap::new(),
            calls: BTreeMap::new(),
            stems: BTreeMap::new(),
            bodies: Vec::new(),
            steps: Cell::new(MAX_STEPS),
            doubt: Cell::new(false),
            frames: RefCell::new(Vec::new()),
            caller: Cell::new(None),
            callers_seen: Cell::new(0),
        };
        for row in &rows.call {
            for name in &row.names {
                code.named.entry(name).or_default().push(row);
            }
        }
        for (number, source) in sources.iter().enumerate() {
            let stem = source.path.file_name().split('.').next().unwrap_or_default();
            // The compiler wants a public class in the file of its name.
            code.stems.entry(stem).or_insert(number);
            code.index(number, source);
        }
        code
    }

    fn index(&mut self, number: usize, source: &'a Source) {
        let mut bodies = Vec::new();
        for at in 0..source.len() {
            let Some(name) = source.word(at) else { continue };
            let before = at.wrapping_sub(1);
            // After a bracket or a comma, it is a named argument, as in annotations.
            if source.mark(at + 1, '=') && !source.mark(before, '(') && !source.mark(before, ',') {
                let value = at + 2..end_of(source, at + 2);
                let definition = Definition { at: (number, at), value };
                self.definitions.entry(name).or_default().push(definition);
            }
            if let Some(equals) = typed(source, at) {
                let value = equals + 1..end_of(source, equals + 1);
                let definition = Definition { at: (number, at), value };
                self.definitions.entry(name).or_default().push(definition);
            }
            let Some(open) = arguments(source, at) else { continue };
            let after = source.pair(open) + 1;
            let free = if source.is_kotlin() {
                declares(source, at)
            } else {
                !KEYWORDS.contains(&name)
                    && !source.mark(before, '.')
                    && source.word(before) != Some("new")
            };
            if let Some(body) = body(source, after, free).filter(|_| free) {
                let method = Method { at: (number, at), open, body };
                self.methods.entry(name).or_default().push(method.clone());
                bodies.push(method);
            } else {
                self.calls.entry(name).or_default().push((number, at));
            }
        }
        self.bodies.push(bodies);
    }

    /// True as long as another expression may be read.
    pub(super) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn definitions(&self, name: &str) -> &[Definition] {
        self.definitions.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn methods(&self, name: &str) -> &[Method] {
        self.methods.get(name).map_or(&[], Vec::as_slice)
    }

    /// The positions of the names of calls.
    pub(super) fn calls(&self, name: &str) -> &[Place] {
        self.calls.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every call that does one of these things, with its row, in the order of the rows.
    pub(super) fn doing(&self, does: &[Does]) -> Vec<(&'a CallRow, Place)> {
        let mut found = Vec::new();
        for row in self.rows.call.iter().filter(|row| does.contains(&row.does)) {
            for name in &row.names {
                let places = self.calls(name).iter().copied();
                found.extend(places.filter(|p| self.fits(row, *p)).map(|place| (row, place)));
            }
        }
        found
    }

    /// The rows for a call, in order.
    pub(super) fn rows_for(&self, place: Place) -> impl Iterator<Item = &'a CallRow> {
        let rows = self.named.get(self.sources[place.0].raw(place.1));
        rows.into_iter().flatten().copied().filter(move |row| self.fits(row, place))
    }

    fn fits(&self, row: &CallRow, place: Place) -> bool {
        let file = &self.sources[place.0];
        let words = |range: &Range<usize>| {
            range.clone().any(|at| row.is.iter().any(|is| is == file.raw(at)))
        };
        let is = |arguments: &[Range<usize>]| match row.when {
            Some(when) => arguments.get(when).is_some_and(|range| {
                let value = || self.value(place.0, range.clone(), 0).text();
                words(range) || value().is_some_and(|text| row.is.contains(&text))
            }),
            None => arguments.iter().any(words),
        };
        file.is_of(place.1, &row.of)
            && row.arguments.is_none_or(|count| self.arguments(place).len() == count)
            && row.is_near(file)
            && (row.is.is_empty() || is(&self.arguments(place)))
    }

    /// The subject of a row: an argument of the call, or the object whose method is called.
    pub(super) fn subject(&self, row: &CallRow, place: Place) -> Option<Range<usize>> {
        if !row.on {
            return self.arguments(place).get(row.at.unwrap_or(0)).cloned();
        }
        let file = &self.sources[place.0];
        let on = Call::at(file, place.1)?.on()?;
        // `Files.createDirectories(x)` is a method of a class, not of a path.
        let class = on.len() == 1 && file.word(on.start)?.starts_with(char::is_uppercase);
        (!class).then_some(on)
    }

    /// The source that contains a class, by the name of its file.
    pub(super) fn class(&self, name: &str) -> Option<usize> {
        self.stems.get(name).copied()
    }

    /// The innermost method around a token.
    pub(super) fn method_at(&self, (source, at): Place) -> Option<&Method> {
        let all = self.bodies.get(source)?;
        let after = all.partition_point(|method| method.open <= at);
        // Methods of an inner class end before the code that follows them in the outer one.
        all[..after].iter().rev().take(MAX_STATEMENT).find(|m| m.body.contains(&at))
    }

    pub(super) fn evidence(&self, (source, at): Place, note: impl Into<String>) -> Evidence {
        self.sources[source].evidence(at, note)
    }

    /// The arguments of a call, given the position of its name.
    pub(super) fn arguments(&self, (source, at): Place) -> Vec<Range<usize>> {
        let source = &self.sources[source];
        arguments(source, at).map_or_else(Vec::new, |open| elements(source, open))
    }
}

/// The `=` in Kotlin's `val name: Type = value`.
fn typed(source: &Source, at: usize) -> Option<usize> {
    let declared = at >= 1
        && source.is_kotlin()
        && matches!(source.word(at - 1), Some("val" | "var"))
        && source.mark(at + 1, ':');
    let line = source.line(at);
    let mut rest = at + 2..(at + 14).min(source.len());
    declared.then(|| rest.find(|at| source.mark(*at, '=') && source.line(*at) == line))?
}

/// True if `fun` or `class` precedes a Kotlin name. Without them, a name with a block after it is
/// a call with a lambda.
fn declares(source: &Source, at: usize) -> bool {
    let line = source.line(at);
    (at.saturating_sub(10)..at)
        .rev()
        .take_while(|here| source.line(*here) == line)
        .take_while(|here| !['(', ')', '{', '='].into_iter().any(|mark| source.mark(*here, mark)))
        .any(|here| matches!(source.word(here), Some("fun" | "class" | "constructor")))
}

/// The opening bracket in `name(` or `Name<T>(`.
fn arguments(source: &Source, at: usize) -> Option<usize> {
    if source.mark(at + 1, '(') {
        return Some(at + 1);
    }
    if !source.mark(at + 1, '<') || at == 0 || source.word(at - 1) != Some("new") {
        return None;
    }
    let mut here = at + 1;
    while here < at + 24 {
        if source.mark(here, '>') && source.mark(here + 1, '(') {
            return Some(here + 1);
        }
        here += 1;
    }
    None
}

/// The body of a method whose head ends before `at`: `{ .. }`, perhaps after `throws ..`, and in
/// Kotlin also `: T = value`.
fn body(source: &Source, at: usize, function: bool) -> Option<Range<usize>> {
    let kotlin = source.is_kotlin();
    for here in at..(at + 24).min(source.len()) {
        let word = source.raw(here);
        match word {
            "=" if kotlin && function => {
                let end = end_of(source, here + 1);
                return (end > here + 1).then_some(here..end);
            }
            "{" => {
                let close = source.pair(here);
                return (close < source.len()).then_some(here..close);
            }
            "throws" | "implements" if !kotlin => {}
            "," | "." | "<" | ">" if here > at || !kotlin => {}
            ":" | "?" if kotlin => {}
            _ if here > at && source.word(here).is_some() => {}
            _ => return None,
        }
    }
    None
}

/// The end of an expression: that of its statement, argument or line.
pub(super) fn end_of(source: &Source, from: usize) -> usize {
    let kotlin = source.is_kotlin();
    let mut at = from;
    while at < source.len() && at < from + MAX_STATEMENT * 4 {
        if source.mark(at, ';') || source.mark(at, ',') || source.closes(at) {
            break;
        }
        // Kotlin needs no semicolon: an expression ends with its line if the next one cannot
        // continue it.
        let next_line = kotlin
            && at > from
            && source.line(at) > source.line(at - 1)
            && source.word(at) != Some("else")
            && !matches!(source.raw(at), "." | "?" | ":" | "+");
        if next_line {
            break;
        }
        at = if source.opens(at) { source.pair(at).max(at) + 1 } else { at + 1 };
    }
    at.min(source.len())
}

/// The parts between an opening bracket and its end, split at commas.
pub(super) fn elements(source: &Source, open: usize) -> Vec<Range<usize>> {
    let close = source.pair(open);
    if close >= source.len() || close < open {
        return Vec::new();
    }
    let (mut all, mut from, mut at, mut angles) = (Vec::new(), open + 1, open + 1, 0_usize);
    while at < close {
        if source.opens(at) {
            at = source.pair(at).max(at);
        } else if source.mark(at, '<') {
            // The comma in `Map<String, Integer>` separates no arguments.
            angles += 1;
        } else if source.mark(at, '>') {
            angles = angles.saturating_sub(1);
        } else if source.mark(at, ',') && angles == 0 {
            all.push(from..at);
            from = at + 1;
        }
        at += 1;
    }
    if from < close {
        all.push(from..close);
    }
    all
}
