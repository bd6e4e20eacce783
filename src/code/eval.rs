//! The evaluator for all languages: literals, sums, calls, names, parameters, fields.
//!
//! Its work is limited in two respects: the steps from one expression to the next, and the number
//! of expressions for one value. Beyond these limits a value is unknown, never guessed.

use std::ops::Range;
use std::rc::Rc;

use super::facts::{Call, Definition, Form, locals};
use super::file::File;
use super::idioms::generic;
use super::overrides::{home, overrides, replaced, weight};
use super::program::{Program, is_global};
use super::rules::Does;
use super::services::is_other_service;
use super::tree::{Kind, Piece};
use super::value::{Base, Value, merge};
use crate::path::RelPath;

/// Maximum number of steps, which also ends cycles.
pub(super) const MAX_STEPS: u8 = 10;

/// Maximum number of expressions that are evaluated for one value.
pub(super) const MAX_LOOKS: u32 = 400;

/// Maximum length of a value in bytes, and in parts. Paths and addresses are shorter.
const MAX_LENGTH: usize = 4096;

/// Maximum number of fields of one name.
const MAX_FIELDS: usize = 256;

/// How much more weight a setting by its key has than an assignment to the field.
const KEYED: i32 = 24;

impl Program<'_> {
    /// The value of an expression.
    pub(crate) fn value(&self, file: &Rc<File>, range: Range<usize>) -> Value {
        self.looks.set(MAX_LOOKS);
        self.eval(file, range, MAX_STEPS)
    }

    /// The value below `keys` of an expression.
    pub(crate) fn value_below(
        &self,
        file: &Rc<File>,
        range: Range<usize>,
        keys: &[String],
    ) -> Value {
        self.looks.set(MAX_LOOKS);
        self.eval_below(file, range, keys, MAX_STEPS)
    }

    /// The value of an argument of a call.
    pub(crate) fn argument(&self, call: &Call, number: usize) -> Option<Value> {
        let range = call.arguments().get(number)?.clone();
        Some(self.value(&call.file, range))
    }

    /// The value of the flag that a call registers.
    pub(crate) fn flag(&self, call: &Call) -> Option<Value> {
        self.looks.set(MAX_LOOKS);
        self.flag_of(call, MAX_STEPS)
    }

    /// The value of an expression, evaluated within the remaining steps.
    pub(crate) fn eval(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Value {
        self.eval_below(file, range, &[], steps)
    }

    /// The value below `keys` of an expression, evaluated within the remaining steps.
    pub(crate) fn eval_below(
        &self,
        file: &Rc<File>,
        mut range: Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Value {
        let unknown =
            Value::unknown(file.evidence(range.start, "not known before the program runs"));
        let (Some(steps), Some(looks)) = (steps.checked_sub(1), self.looks.get().checked_sub(1))
        else {
            return unknown;
        };
        self.looks.set(looks);
        if file.dialect().objects {
            let Some(left) = self.left.get().checked_sub(1) else { return unknown };
            self.left.set(left);
        }
        loop {
            match file.word(range.start) {
                word if range.len() > 1 && file.dialect().prefixes.contains(&word) => {
                    range.start += 1;
                }
                "(" if range.len() > 2
                    && file.closing(range.start) + 1 == range.end
                    && !((file.dialect().tails || file.dialect().indents)
                        && file.elements(range.start).len() > 1) =>
                {
                    range = range.start + 1..range.end - 1;
                }
                _ => break,
            }
        }
        loop {
            match file.word(range.end.wrapping_sub(1)) {
                word if range.len() > 1 && file.dialect().postfix.contains(&word) => range.end -= 1,
                "await" if range.len() > 2 && file.word(range.end - 2) == "." => range.end -= 2,
                _ => break,
            }
        }
        if let Some(cast) = file.split(range.clone(), file.dialect().casts).into_iter().next()
            && !cast.is_empty()
        {
            range = cast;
        }
        if range.is_empty() {
            return unknown;
        }
        // The result of a function depends on its arguments, so it is not cached.
        if !self.bound.borrow().is_empty() || !keys.is_empty() {
            return self.look(file, range, keys, steps, unknown);
        }
        let key = (Rc::as_ptr(file), range.start, range.end);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        self.known.borrow_mut().insert(key, unknown.clone());
        let value = self.look(file, range, keys, steps, unknown);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    fn look(
        &self,
        file: &Rc<File>,
        range: Range<usize>,
        keys: &[String],
        steps: u8,
        unknown: Value,
    ) -> Value {
        if let Some(value) = self.each(file, &range, steps) {
            return value;
        }
        if let Some(value) = self.chosen(file, &range, keys, steps) {
            return value;
        }
        if let Some(value) = self.idiom(file, &range, steps) {
            return value;
        }
        if let Some(value) = self.object(file, &range, keys, steps) {
            return value;
        }
        if !keys.is_empty() {
            return self.chained(file, &range, keys, steps).unwrap_or(unknown);
        }
        if let Some(value) = self.calculated(file, &range, steps, &unknown) {
            return value;
        }
        if file.kind(range.start) == Some(Kind::Opening)
            && file.closing(range.start) + 1 == range.end
        {
            // The value ends with its last expression, if no text follows.
            let empty = |piece: &Piece| {
                let text = match piece {
                    Piece::Text(at) => file.string(*at),
                    Piece::Hole(_) => None,
                };
                file.dialect().indents && text.is_some_and(|text| text.is_empty())
            };
            let pieces = file.pieces(range.start).into_iter().filter(|piece| !empty(piece));
            let pieces = pieces.map(|piece| match piece {
                Piece::Text(at) => Value::known(
                    file.string(at).unwrap_or_default(),
                    file.evidence(at, "a literal"),
                ),
                Piece::Hole(hole) => self.eval(file, hole, steps),
            });
            return Self::sum(pieces, unknown);
        }
        if range.len() == 1 {
            let literal = |text: String| {
                if text.len() > MAX_LENGTH {
                    unknown.clone()
                } else {
                    Value::known(text, file.evidence(range.start, "a literal"))
                }
            };
            return match file.kind(range.start) {
                Some(Kind::Text) => {
                    file.string(range.start).map_or(unknown.clone(), |text| literal(text.into()))
                }
                Some(Kind::Number) => {
                    let text = file.word(range.start).replace('_', "");
                    let digits = text.find(|c: char| !c.is_ascii_digit());
                    let typed = digits.filter(|&at| at > 0 && file.dialect().tails);
                    literal(typed.map_or(text.clone(), |at| text[..at].to_owned()))
                }
                Some(Kind::Word) if file.dialect().objects => {
                    self.chained(file, &range, keys, steps).unwrap_or(unknown)
                }
                Some(Kind::Word) if matches!(file.word(range.start), "true" | "false") => {
                    literal(file.word(range.start).to_owned())
                }
                Some(Kind::Word) => self.named(file, range.start, steps),
                _ => unknown,
            };
        }
        if file.dialect().objects {
            return self.chained(file, &range, keys, steps).unwrap_or(unknown);
        }
        if let Some(call) = whole_call(file, &range) {
            return self.call(&call, &[], steps);
        }
        if let Some(value) = self.joined(file, &range, steps) {
            return value;
        }
        if is_chain(file, &range) {
            return self.selected(file, &range, steps);
        }
        // `settings().port`: the result has a known type.
        let last = range.end - 1;
        if file.dialect().tails && range.len() > 3 && file.word(last - 1) == "." {
            let owner = range.start..last - 1;
            let of = self.type_of(file, owner.clone());
            let of = of.filter(|of| file.is_word(last) && self.has_field(of, file.word(last)));
            if of.is_some() {
                let value = self.field_of(file, owner, of, file.word(last), steps);
                return value.unwrap_or(unknown);
            }
        }
        if let Some(port) = literal_port(file, &range) {
            let mut value = Value::known(":", file.evidence(range.start, "an address"));
            value.append(self.eval(file, port, steps));
            return value;
        }
        let text: String = range.clone().map(|at| file.word(at)).take(8).collect();
        if self.rows.program.contains(&text) {
            return program(file, range.start);
        }
        unknown
    }

    pub(super) fn sum(values: impl Iterator<Item = Value>, unknown: Value) -> Value {
        let mut whole = Value::default();
        for value in values {
            whole.append(value);
            if whole.length() > MAX_LENGTH {
                return unknown;
            }
        }
        whole
    }

    /// The value of a name: a local variable, a parameter, or a definition of the package.
    fn named(&self, file: &Rc<File>, at: usize, steps: u8) -> Value {
        self.by_name(file, at, file.word(at), steps)
    }

    /// The value of a name in the scope of a position.
    pub(super) fn by_name(&self, file: &Rc<File>, at: usize, name: &str, steps: u8) -> Value {
        let unknown = Value::unknown(
            file.evidence(at, format!("`{name}` is not known before the program runs")),
        );
        if let Some(function) = file.facts().function_at(at) {
            let mut own: Vec<(&Definition, Value)> = locals(file, function, at, name)
                .into_iter()
                .map(|d| (d, self.defined(file, d, steps)))
                .filter(|(d, value)| !self.never(file, d, value, steps))
                .collect();
            own.drain(..replaced(file, at, &own));
            self.in_any_case(file, name, &mut own, steps);
            let values: Vec<(bool, Value)> = own
                .into_iter()
                .map(|(d, value)| (d.name < at, value))
                .chain(
                    self.registered(|call| call.file.path == file.path, name, steps)
                        .map(|value| (true, value)),
                )
                .collect();
            let merged = merge(values);
            if merged.as_ref().is_some_and(|value| !value.is_unknown()) {
                return merged.unwrap_or(unknown);
            }
            if let Some(value) = self.looped(file, at, name, steps) {
                return value;
            }
            let given = if file.dialect().indents {
                self.received(file, function, name, steps)
            } else {
                self.parameter(file, function, name, steps)
            };
            if let Some(value) = given {
                return value;
            }
        }
        let shared = self.has_global(name) || self.flags_into(name).next().is_some();
        // A constant of the file hides one of another module.
        let own = (shared && file.dialect().tails)
            .then(|| self.of_package(std::slice::from_ref(file), name, steps));
        let of_package =
            || shared.then(|| self.of_package(&self.package_of(file), name, steps)).flatten();
        own.flatten()
            .or_else(|| self.of_class_body(file, at, name, steps))
            .or_else(of_package)
            .or_else(|| self.brought(file, name, steps))
            .unwrap_or(unknown)
    }

    /// The value of a definition.
    fn defined(&self, file: &Rc<File>, definition: &Definition, steps: u8) -> Value {
        if definition.form != Form::Taken {
            return self.eval(file, definition.value.clone(), steps);
        }
        let name = definition.name;
        let field = if file.word(name - 1) == ":" { name - 2 } else { name };
        let open = file.enclosing(name).unwrap_or(name);
        let of = open.checked_sub(1).map(|at| file.word(at).to_owned());
        let value = definition.value.clone();
        self.field_of(file, value, of, file.word(field), steps)
            .unwrap_or_else(|| Value::unknown(file.evidence(name, "it is set at run time")))
    }

    /// The value of a variable or constant of a package, or of a flag that is stored in it.
    pub(super) fn of_package(&self, files: &[Rc<File>], name: &str, steps: u8) -> Option<Value> {
        let mut values = Vec::new();
        for file in files {
            let own = file.facts().definitions_of(file, name).iter();
            let own = own.filter(|definition| is_global(file, definition));
            values.extend(own.map(|d| (true, self.eval(file, d.value.clone(), steps))));
        }
        let own = files.first().and_then(|file| file.path.parent());
        let inside = |call: &Call| {
            files.iter().any(|file| file.path == call.file.path)
                || own.as_ref().is_some_and(|own| self.names_of(call, name, own))
        };
        values.extend(self.registered(inside, name, steps).map(|value| (true, value)));
        merge(values)
    }

    /// True if a call such as `flag.StringVar(&web.Root, ..)` takes a variable of the package in a
    /// folder.
    fn names_of(&self, call: &Call, name: &str, folder: &RelPath) -> bool {
        let file = &call.file;
        let mut words = call.open..file.closing(call.open);
        words.any(|at| {
            file.word(at) == name
                && file.word(at - 1) == "."
                && file.imported(file.word(at - 2)).and_then(|path| self.folder(path))
                    == Some(folder)
        })
    }

    /// The value of `x.y.Name`: something in another package of the repository, or a field.
    fn selected(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Value {
        let name = file.word(range.end - 1);
        if range.len() == 3
            && let Some(folder) =
                file.imported(file.word(range.start)).and_then(|path| self.folder(path))
        {
            let files: Vec<_> = self.files_in(folder).cloned().collect();
            if let Some(value) = self.of_package(&files, name, steps) {
                return value;
            }
        }
        let evidence = |note: String| file.evidence(range.end - 1, note);
        let home = || {
            let mut rows = self.rows.field.iter().filter(|row| row.does == Does::Home);
            let row = rows.find(|row| row.names.iter().any(|n| n == name) && row.is_used(file))?;
            let mut home = Value::base(Base::Home, evidence(row.note.clone()));
            if !row.between.is_empty() {
                home.append(Value::known(&*row.between, evidence(row.note.clone())));
            }
            Some(home)
        };
        self.field(file, range.start..range.end - 2, name, steps)
            .or_else(home)
            .unwrap_or_else(|| Value::unknown(evidence(format!("`{name}` is set at run time"))))
    }

    /// The value of a field: assignments to it anywhere, its tag, a flag that is stored in it.
    /// Fields match by name and, if it is known, by the type that has them.
    fn field(&self, from: &Rc<File>, owner: Range<usize>, name: &str, steps: u8) -> Option<Value> {
        if let Some(value) = self.of_looped(from, &owner, name, steps) {
            return Some(value);
        }
        let of = self.type_of(from, owner.clone());
        if of.clone().and_then(|of| self.having(of, name)).is_none()
            && let Some(value) = self.stored(from, &owner, name, steps)
        {
            return Some(value);
        }
        self.field_of(from, owner, of, name, steps)
    }

    /// The value of a field of the type of that name.
    fn field_of(
        &self,
        from: &Rc<File>,
        owner: Range<usize>,
        of: Option<String>,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        let package = from.path.parent();
        let wanted = of.and_then(|of| self.having(of, name));
        let hints: Vec<&str> =
            owner.clone().rev().map(|at| from.word(at)).filter(|word| *word != ".").collect();
        let range = owner.clone();
        let owner = from.word(owner.end - 1).to_ascii_lowercase();
        let mut candidates: Vec<(i32, Value)> = Vec::new();
        let mut sometimes = true;
        let mut settings: Vec<Value> = Vec::new();
        let keyed = wanted.as_ref().and_then(|of| self.keyed(of, name, &hints, steps));
        candidates.extend(keyed.clone().map(|value| (KEYED, value)));
        for (dir, file, definition) in self.fields_of(name).take(MAX_FIELDS) {
            let of = wanted.as_ref().and_then(|_| self.owner_of(file, definition));
            if of.is_some() && of != wanted {
                continue;
            }
            let value = match definition.form {
                Form::Tag => {
                    let value = if file.dialect().tails {
                        let range = definition.value.clone();
                        (self.special.tag)(self, file, definition.name, range, steps)
                    } else {
                        self.tagged(file, definition.name, definition.value.start, &hints)
                    };
                    match value {
                        Some(value) => value,
                        None => continue,
                    }
                }
                _ => self.eval(file, definition.value.clone(), steps),
            };
            if value.is_unknown() {
                continue;
            }
            if of.is_some() && overrides(file, definition, &value) {
                settings.push(value.clone());
            }
            let home = home(file, definition);
            let mut score =
                i32::from(package.as_ref() == Some(dir)) + i32::from(definition.form == Form::Tag);
            if of.is_some() {
                score += 16;
            }
            let weight = weight(file, definition);
            score += weight;
            // A package's own field comes before one of its dependencies.
            if file.dialect().tails && package_of(file) == package_of(from) {
                score += 2;
            }
            sometimes &= definition.form == Form::Assigned && weight < 0;
            // The method's own value has the type that both know.
            let itself = owner == "self" && of.is_some();
            if !owner.is_empty() && !itself && home.contains(&owner) {
                score += 4;
            }
            if is_other_service(&home) && !is_other_service(&owner) {
                score -= 8;
            }
            candidates.push((score, value));
        }
        let told = candidates.len();
        candidates.extend(self.registered(|_| true, name, steps).map(|value| (2, value)));
        sometimes &= candidates.len() == told && keyed.is_none();
        let best = candidates
            .iter()
            .filter(|(_, value)| !value.is_unknown())
            .map(|(score, _)| *score)
            .max()?;
        let chosen = |least: i32| {
            let held = candidates.iter().filter(|(score, _)| *score >= least);
            merge(held.map(|(_, value)| (true, value.clone())).collect())
        };
        // A tag that names a variable says nothing about the default in the code.
        let mut value = chosen(best)
            .filter(Value::is_known)
            .or_else(|| chosen(if best > 8 { 8 } else { best }))?;
        value = settings.iter().fold(value, Value::overridden_by);
        // A field of that name may be another type's.
        if wanted.is_none() {
            let others = value.others.iter_mut().flatten();
            value.parts.iter_mut().chain(others).for_each(|part| part.like = true);
        }
        // A field that only one case sets is empty in all others.
        if sometimes && !from.dialect().tails {
            let empty = Value::known("", from.evidence(range.start, "set under a condition alone"));
            value.others.extend(empty.alternatives().map(|empty| empty.parts));
        }
        Some(value)
    }
}

/// The port of an address that is a struct literal: `net.UDPAddr{Port: 53}`.
fn literal_port(file: &File, range: &Range<usize>) -> Option<Range<usize>> {
    let open = file.opening(range.end - 1);
    if file.word(open) != "{" || open <= range.start {
        return None;
    }
    let mut fields = file.elements(open).into_iter();
    let port = fields.find(|field| {
        file.word(field.start).eq_ignore_ascii_case("port") && file.word(field.start + 1) == ":"
    })?;
    Some(port.start + 2..port.end)
}

/// The folder of the package of a source file, where the language has a folder `src` in each.
fn package_of(file: &File) -> &str {
    file.path.as_str().split_once("src/").map_or("", |(above, _)| above)
}

/// The path of the program's own file.
pub(super) fn program(file: &File, at: usize) -> Value {
    let evidence = file.evidence(at, "the program's own file");
    let mut value = Value::base(Base::Program, evidence.clone());
    value.append(Value::known("/program", evidence));
    value
}

/// The call that fills a range, from its first word to its last bracket.
pub(super) fn whole_call(file: &Rc<File>, range: &Range<usize>) -> Option<Call> {
    let last = range.end - 1;
    if file.word(last) != ")" {
        return None;
    }
    let open = file.opening(last);
    let mut at = open.checked_sub(1)?;
    let dialect = file.dialect();
    if dialect.tails || dialect.objects {
        // `name::<T>(...)`, `name<T>(...)`, `name!(...)`
        if file.word(at) == ">" {
            at = generic(file, at)?.checked_sub(if dialect.tails { 2 } else { 1 })?;
        } else if file.word(at) == "!" {
            at = at.checked_sub(1)?;
        }
    }
    let at = Some(at).filter(|&at| at >= range.start && file.is_word(at))?;
    Some(Call { file: file.clone(), at, open })
}

fn is_chain(file: &File, range: &Range<usize>) -> bool {
    range.len() >= 3
        && range.len() % 2 == 1
        && range
            .clone()
            .enumerate()
            .all(|(n, at)| if n % 2 == 0 { file.is_word(at) } else { file.word(at) == "." })
}
