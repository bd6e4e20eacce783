//! The names of types, as far as the code states them: of parameters, of variables, of fields, of
//! results.

use std::ops::Range;
use std::rc::Rc;

use super::facts::{Definition, Form, struct_name};
use super::file::File;
use super::program::Program;

/// How many variables with a stated type are looked at before a place.
const MAX_TYPED: usize = 64;

/// How many names are followed to a type.
const MAX_STEPS: u8 = 6;

impl Program<'_> {
    /// The name of an expression's type.
    pub(super) fn type_of(&self, file: &Rc<File>, range: Range<usize>) -> Option<String> {
        self.type_within(file, range, MAX_STEPS)
    }

    /// The name of the type of `a.b` in `a.b.c`; `dot`: the position of the last dot.
    pub(super) fn type_before(&self, file: &Rc<File>, dot: usize) -> Option<String> {
        let mut start = dot.checked_sub(1)?;
        while start >= 2 && file.word(start - 1) == "." && file.is_word(start - 2) {
            start -= 2;
        }
        self.type_of(file, start..dot)
    }

    /// The type of that name has that field.
    pub(super) fn has_field(&self, of: &str, name: &str) -> bool {
        self.files().any(|file| {
            file.facts().fields_of(file, of).iter().any(|field| file.word(field.name) == name)
        })
    }

    /// The name of the type whose field a definition sets.
    pub(super) fn owner_of(&self, file: &Rc<File>, definition: &Definition) -> Option<String> {
        let name = definition.name;
        if definition.form == Form::Assigned {
            return self.type_before(file, name.checked_sub(1)?);
        }
        let open = file.enclosing(name)?;
        let back = if definition.form == Form::Tag { 2 } else { 1 };
        let owner = open.checked_sub(back).filter(|&at| file.is_word(at))?;
        Some(file.word(owner).to_owned())
    }

    fn type_within(&self, file: &Rc<File>, mut range: Range<usize>, steps: u8) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        while range.len() > 1 && matches!(file.word(range.start), "&" | "*") {
            range.start += 1;
        }
        let last = range.end.checked_sub(1).filter(|&last| last >= range.start)?;
        match file.word(last) {
            "}" => {
                let before = file.opening(last).checked_sub(1).filter(|&at| at >= range.start)?;
                if file.word(before) == "}" {
                    // `struct { ... }{}`
                    let word = file.opening(before).checked_sub(1)?;
                    let name = struct_name(file, word).filter(|_| file.word(word) == "struct")?;
                    return Some(file.word(name).to_owned());
                }
                file.is_word(before).then(|| file.word(before).to_owned())
            }
            ")" => {
                let open = Some(file.opening(last)).filter(|&open| open > range.start)?;
                match file.word(open - 1) {
                    // `x.(*Type)` and `new(Type)`.
                    "." | "new" => name_of(file, open + 1..last),
                    _ => self.result_of(file, open - 1),
                }
            }
            _ if file.is_word(last) && range.len() == 1 => self.type_of_name(file, last, steps),
            _ if file.is_word(last) && range.len() >= 3 && file.word(last - 1) == "." => {
                let owner = self.type_within(file, range.start..last - 1, steps)?;
                self.files().find_map(|other| {
                    let fields = other.facts().fields_of(other, &owner);
                    let field = fields.iter().find(|f| other.word(f.name) == file.word(last))?;
                    // A struct without a name of its own is called like its field.
                    if other.word(field.of.start) == "struct" {
                        return Some(other.word(field.name).to_owned());
                    }
                    name_of(other, field.of.clone())
                })
            }
            _ => None,
        }
    }

    fn type_of_name(&self, file: &Rc<File>, at: usize, steps: u8) -> Option<String> {
        let (name, facts) = (file.word(at), file.facts());
        let function = facts.function_at(at);
        if let Some(function) = function {
            let local = facts
                .definitions_of(file, name)
                .iter()
                .filter(|d| d.form == Form::Declared && d.name < at && d.scope.contains(&at))
                .rfind(|d| function.range.contains(&d.name));
            if let Some(definition) = local {
                return self.type_within(file, definition.value.clone(), steps);
            }
            let before = facts.typed.partition_point(|(name, _)| *name < at);
            let typed = facts.typed[..before].iter().rev().take(MAX_TYPED);
            let mut inside = typed.filter(|(name, _)| function.range.contains(name));
            if let Some((_, of)) = inside.find(|(n, _)| file.word(*n) == name) {
                return name_of(file, of.clone());
            }
            if function.method && file.word(function.range.start + 2) == name {
                let close = file.closing(function.range.start + 1);
                return name_of(file, function.range.start + 3..close);
            }
            let parameters = file.elements(function.parameters);
            if let Some(number) = parameters.iter().position(|one| file.word(one.start) == name) {
                // `a, b T`: the type stands with the last one.
                let of = parameters[number..].iter().find(|one| one.len() > 1)?;
                return name_of(file, of.start + 1..of.end);
            }
        }
        self.package_of(file).iter().find_map(|other| {
            let facts = other.facts();
            let outside = |at: usize| facts.function_at(at).is_none();
            let of = facts
                .typed
                .iter()
                .take(MAX_TYPED)
                .find(|(n, _)| other.word(*n) == name && outside(*n));
            if let Some((_, of)) = of {
                return name_of(other, of.clone());
            }
            let own = facts.definitions_of(other, name).iter();
            let own = own.filter(|d| d.form == Form::Declared).find(|d| outside(d.name))?;
            self.type_within(other, own.value.clone(), steps)
        })
    }

    /// The type of the first result of the function that is called at a position.
    fn result_of(&self, file: &Rc<File>, at: usize) -> Option<String> {
        let local = (at >= 2 && file.word(at - 1) == ".")
            .then(|| file.imported(file.word(at - 2)).and_then(|path| self.folder(path)))
            .flatten();
        let own = file.path.parent().unwrap_or_default();
        self.files_in(local.unwrap_or(&own)).find_map(|other| {
            let functions = &other.facts().functions;
            let function = functions.iter().find(|f| other.word(f.name) == file.word(at))?;
            let from = other.closing(function.parameters) + 1;
            if other.word(from) == "(" {
                return name_of(other, other.elements(from).first()?.clone());
            }
            let end = (from..function.range.end).find(|&at| other.word(at) == "{")?;
            name_of(other, from..end)
        })
    }
}

/// The name of a type: its last word, without packages and pointers. Maps, functions and channels
/// have none.
pub(super) fn name_of(file: &File, range: Range<usize>) -> Option<String> {
    let plain = range.clone().all(|at| {
        file.is_word(at) && !matches!(file.word(at), "map" | "func" | "chan" | "struct")
            || matches!(file.word(at), "*" | "." | "[" | "]")
    });
    let last = range.end.checked_sub(1).filter(|&last| plain && range.contains(&last))?;
    file.is_word(last).then(|| file.word(last).to_owned())
}
