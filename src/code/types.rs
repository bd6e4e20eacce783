//! Names of types, as far as the code states them: of parameters, variables, fields and results.

use std::ops::Range;
use std::rc::Rc;

use super::facts::{Definition, Form, struct_name};
use super::file::File;
use super::idioms::generic;
use super::program::Program;

/// Maximum number of variables with a stated type that are examined before a place.
const MAX_TYPED: usize = 64;

/// Maximum number of words in a type.
const MAX_WORDS: usize = 24;

/// Maximum number of functions without a name that are looked at before a place.
const MAX_CLOSURES: usize = 32;

/// Maximum number of files that are searched for a constant.
const MAX_FILES: usize = 4096;

/// Maximum number of names that are followed to a type.
const MAX_STEPS: u8 = 6;

impl Program<'_> {
    /// The name of an expression's type.
    pub(super) fn type_of(&self, file: &Rc<File>, range: Range<usize>) -> Option<String> {
        self.type_within(file, range, MAX_STEPS)
    }

    /// The name of the type of `a.b` in `a.b.c`. `dot` is the position of the last dot.
    pub(crate) fn type_before(&self, file: &Rc<File>, dot: usize) -> Option<String> {
        let mut start = dot.checked_sub(1)?;
        // `new(x).method`
        if file.word(start) == ")" && !file.dialect().tails {
            start = file.opening(start).checked_sub(1).filter(|&at| file.is_word(at))?;
        }
        while start >= 2 && file.word(start - 1) == "." && file.is_word(start - 2) {
            start -= 2;
        }
        self.type_of(file, start..dot)
    }

    /// True if the type of that name has that field.
    pub(super) fn has_field(&self, of: &str, name: &str) -> bool {
        self.files().any(|file| {
            file.facts().fields_of(file, of).iter().any(|field| file.word(field.name) == name)
        })
    }

    /// The name of the type whose field a definition sets.
    pub(crate) fn owner_of(&self, file: &Rc<File>, definition: &Definition) -> Option<String> {
        let name = definition.name;
        if definition.form == Form::Assigned {
            return self.type_before(file, name.checked_sub(1)?);
        }
        let open = file.enclosing(name)?;
        let tails = file.dialect().tails;
        let back = if definition.form == Form::Tag && !tails { 2 } else { 1 };
        let owner = open.checked_sub(back).filter(|&at| file.is_word(at));
        // In `[]Type{{name: x}}`, the type comes before the list.
        let listed = || {
            let around = file.enclosing(open).filter(|&around| !tails && around > 0)?;
            let elided =
                matches!(file.word(open - 1), "{" | "," | ":") && definition.form == Form::Field;
            (elided && file.word(around) == "{" && file.is_word(around - 1)).then(|| around - 1)
        };
        let owner = owner.or_else(listed)?;
        if tails && file.word(owner) == "Self" {
            return self.of_impl(file, owner);
        }
        Some(file.word(owner).to_owned())
    }

    fn type_within(&self, file: &Rc<File>, mut range: Range<usize>, steps: u8) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        while range.len() > 1 && matches!(file.word(range.start), "&" | "*" | "mut") {
            range.start += 1;
        }
        if file.dialect().tails {
            return self.annotated(file, range, steps);
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
                    // An anonymous struct is named after its field.
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
                // In `a, b T`, the type comes with the last name.
                let of = parameters[number..].iter().find(|one| one.len() > 1)?;
                return name_of(file, of.start + 1..of.end);
            }
            if let Some(of) = closure_parameter(file, function.range.start..at, name) {
                return name_of(file, of);
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

    /// The name of an expression's type, in a language that states the types of all parameters and
    /// results.
    fn annotated(&self, file: &Rc<File>, mut range: Range<usize>, steps: u8) -> Option<String> {
        while range.len() > 1 && file.word(range.end - 1) == "?" {
            range.end -= 1;
        }
        if range.len() > 2 && file.word(range.end - 1) == "await" {
            return self.annotated(file, range.start..range.end - 2, steps);
        }
        let last = range.end.checked_sub(1).filter(|&last| last >= range.start)?;
        match file.word(last) {
            "}" => {
                let before = file.opening(last).checked_sub(1).filter(|&at| at >= range.start)?;
                self.stated(file, before..before + 1)
            }
            ")" => {
                let mut name = file.opening(last).checked_sub(1).filter(|&at| at >= range.start)?;
                if file.word(name) == ">" {
                    // `from_str::<Settings>(..)`
                    let open = generic(file, name).filter(|&open| open > range.start + 1)?;
                    if let Some(of) = self.stated(file, open..name) {
                        return Some(of);
                    }
                    name = open - 2;
                }
                let joint = name.checked_sub(1).map_or("", |at| file.word(at));
                if joint == "." {
                    // A method that keeps the value keeps its type.
                    return self.type_within(file, range.start..name - 1, steps);
                }
                let of =
                    (joint == "::" && name >= 2).then(|| self.stated(file, name - 2..name - 1));
                of.flatten().or_else(|| self.given(file.word(name)))
            }
            _ if !file.is_word(last) => None,
            _ if range.len() == 1 => self.annotation(file, last, steps),
            _ if file.word(last - 1) == "." => {
                let owner = self.type_within(file, range.start..last - 1, steps)?;
                self.files().find_map(|other| {
                    let fields = other.facts().fields_of(other, &owner);
                    let field = fields.iter().find(|f| other.word(f.name) == file.word(last))?;
                    self.stated(other, field.of.clone())
                })
            }
            "::" => None,
            _ => self.annotation(file, last, steps),
        }
    }

    /// The type of a variable, a parameter or a constant.
    fn annotation(&self, file: &Rc<File>, at: usize, steps: u8) -> Option<String> {
        let (name, facts) = (file.word(at), file.facts());
        if name == "self" {
            return self.of_impl(file, at);
        }
        let of = |file: &Rc<File>, definition: &Definition| {
            if file.word(definition.name + 1) == ":" {
                return self.stated(file, definition.name + 2..definition.value.start);
            }
            self.type_within(file, definition.value.clone(), steps)
        };
        if let Some(function) = facts.function_at(at) {
            let local = facts.definitions_of(file, name).iter();
            let local = local
                .filter(|d| d.form == Form::Declared && d.name < at && d.scope.contains(&at))
                .rfind(|d| function.range.contains(&d.name));
            if let Some(definition) = local {
                return of(file, definition);
            }
            let parameters = file.elements(function.parameters);
            for one in parameters {
                let start = one.start + usize::from(file.word(one.start) == "mut");
                if file.word(start) == name && file.word(start + 1) == ":" {
                    return self.stated(file, start + 2..one.end);
                }
            }
        }
        let files = std::iter::once(file).chain(self.files());
        files.take(MAX_FILES).find_map(|other| {
            let facts = other.facts();
            let mut own = facts.definitions_of(other, name).iter();
            let own =
                own.find(|d| d.form == Form::Declared && facts.function_at(d.name).is_none())?;
            of(other, own)
        })
    }

    /// The result type of the only function of that name.
    fn given(&self, name: &str) -> Option<String> {
        if !self.is_distinct(name) {
            return None;
        }
        self.files().find_map(|file| {
            let mut functions = file.facts().functions.iter();
            let function = functions.find(|function| file.word(function.name) == name)?;
            let from = file.closing(function.parameters) + 1;
            let end = (from..function.range.end).find(|&at| file.word(at) == "{")?;
            self.stated(file, from..end)
        })
    }

    /// The last word of a type that is the name of a struct of the program: `Arc<Settings>`.
    fn stated(&self, file: &Rc<File>, range: Range<usize>) -> Option<String> {
        let words = range.take(MAX_WORDS).filter(|&at| file.is_word(at));
        let found: Vec<usize> = words.collect();
        found.into_iter().rev().find_map(|at| match file.word(at) {
            "Self" => self.of_impl(file, at),
            name => self.is_struct(name).then(|| name.to_owned()),
        })
    }

    /// True if the program has a struct of that name.
    fn is_struct(&self, name: &str) -> bool {
        self.files().any(|file| !file.facts().fields_of(file, name).is_empty())
    }

    /// The name of a setting with the fields that contain it: `server.port`; `None` if several
    /// contain its type.
    pub(crate) fn setting_name(&self, owner: &str, field: &str) -> Option<String> {
        let (mut owner, mut name) = (owner.to_owned(), field.to_owned());
        for _ in 0..MAX_STEPS {
            let holders: Vec<(String, String)> =
                self.files().flat_map(|f| holders(f, &owner)).collect();
            match holders.as_slice() {
                [] => return Some(name),
                [(outer, field)] => {
                    name = format!("{field}.{name}");
                    owner.clone_from(outer);
                }
                _ => return None,
            }
        }
        None
    }

    /// The type whose `impl` contains a position.
    fn of_impl(&self, file: &Rc<File>, at: usize) -> Option<String> {
        let heads = super::conditions::heads(file, at).into_iter();
        // In `impl Trait for Type`, the type comes after `for`. The head of a loop also begins with
        // `for`.
        let whole = heads.map(|head| {
            let before = (head.start.saturating_sub(MAX_WORDS)..head.start).rev();
            let before = before.take_while(|&at| !matches!(file.word(at), ";" | "{" | "}"));
            let is_for = file.word(head.start) == "for";
            let begins = before.filter(|_| is_for).find(|&at| file.word(at) == "impl");
            begins.unwrap_or(head.start)..head.end
        });
        let whole: Vec<Range<usize>> = whole.collect();
        let mut heads = whole.into_iter().rev();
        let head = heads.find(|head| head.clone().any(|at| file.word(at) == "impl"))?;
        let of = head.clone().find(|&at| file.word(at) == "for").unwrap_or(head.start);
        let mut words = (of..head.end).filter(|&at| file.is_word(at));
        words.find(|&at| self.is_struct(file.word(at))).map(|at| file.word(at).to_owned())
    }

    /// The first result type of the function that is called at a position.
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

/// The type of a parameter of the innermost function without a name around a position: `func(s
/// *Server) { s.port = port }`. `before` ends at the position.
fn closure_parameter(file: &File, before: Range<usize>, name: &str) -> Option<Range<usize>> {
    let all = file.places("func");
    let all = &all[..all.partition_point(|&at| at < before.end)];
    let inside = all.iter().rev().take(MAX_CLOSURES).take_while(|&&at| at > before.start);
    inside.copied().filter(|&at| file.word(at + 1) == "(").find_map(|at| {
        let close = file.closing(at + 1);
        let body = (close + 1..close + MAX_WORDS).find(|&at| matches!(file.word(at), "{" | ";"))?;
        if file.word(body) != "{" || file.closing(body) < before.end {
            return None;
        }
        let parameters = file.elements(at + 1);
        let number = parameters.iter().position(|one| file.word(one.start) == name)?;
        let of = parameters[number..].iter().find(|one| one.len() > 1)?;
        Some(of.start + 1..of.end)
    })
}

/// The types that have a field of a type, with the names of these fields.
fn holders(file: &File, of: &str) -> Vec<(String, String)> {
    let facts = file.facts();
    let mut all = Vec::new();
    for owner in facts.owners(file) {
        let fields = facts.fields_of(file, owner).iter();
        let fields = fields.filter(|field| field.of.clone().any(|at| file.word(at) == of));
        all.extend(fields.map(|field| (owner.to_owned(), file.word(field.name).to_owned())));
    }
    all
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
