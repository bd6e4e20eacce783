//! The fields that contain a field, through the structs of a program: they determine the prefix of
//! its environment variable, and its key in a settings file.

use std::rc::Rc;

use super::facts::{Call, Field, Form, struct_name};
use super::file::{File, is_below};
use super::program::Program;
use super::rules::FillRow;
use super::tags;
use super::types::name_of;
use super::value::{Part, Value};
use crate::facts::Evidence;

/// Maximum number of structs from a field to the outermost one.
const MAX_LEVELS: usize = 8;

/// A field with the fields that contain it.
#[derive(Debug)]
pub(crate) struct Held {
    /// The names of the fields, from the outermost to the field itself, each with its tag. An
    /// embedded struct has an empty name.
    pub way: Vec<(String, String)>,
    /// The outermost struct.
    root: Option<String>,
}

impl Held {
    /// The key of the field in a settings file: `server.port`.
    pub(crate) fn key(&self, program: &Program) -> String {
        let keys = &program.rows.tag.key;
        let part = |(name, tag): &(String, String)| {
            let stated =
                tags::pairs(tag).into_iter().find(|(key, _)| keys.iter().any(|k| k == key));
            let mut words = stated.map(|(_, value)| value.split(',')).into_iter().flatten();
            let first = words.next().unwrap_or_default().to_owned();
            let flat = words.any(|word| matches!(word, "squash" | "inline"));
            match (flat, first.is_empty()) {
                (true, _) => String::new(),
                (false, true) => name.to_ascii_lowercase(),
                (false, false) => first.to_ascii_lowercase(),
            }
        };
        let parts: Vec<String> =
            self.way.iter().map(part).filter(|part| !part.is_empty()).collect();
        parts.join(".")
    }
}

impl Program<'_> {
    /// The field at a position with the fields that contain it. `hints` are the words before it
    /// where it is used, the nearest first. `None` if its containers are not certain.
    fn held(&self, file: &Rc<File>, at: usize, hints: &[&str]) -> Option<Held> {
        let mut hints = hints.iter();
        let (mut file, mut at) = (file.clone(), at);
        let (mut tag, mut embedded) = (tag_of(&file, at), false);
        let mut held = Held { way: Vec::new(), root: None };
        for _ in 0..MAX_LEVELS {
            let hint = if embedded { None } else { hints.next() };
            let name = if embedded { String::new() } else { file.word(at).to_owned() };
            held.way.insert(0, (name, tag));
            let open = file.enclosing(at)?;
            let word = open.checked_sub(1).filter(|&word| file.word(word) == "struct")?;
            let owner = struct_name(&file, word)?;
            let around = file.enclosing(owner).filter(|&outer| outer > 0);
            if around.is_some_and(|outer| file.word(outer - 1) == "struct") {
                // An anonymous struct.
                tag = file.string(file.closing(open) + 1).unwrap_or_default().into_owned();
                (at, embedded) = (owner, false);
                continue;
            }
            let name = file.word(owner).to_owned();
            if self.filled.contains(&name) {
                held.root = Some(name);
                return Some(held);
            }
            let exported = |(other, field): &&(Rc<File>, Field)| {
                let embedded = field.of.contains(&field.name);
                embedded || other.word(field.name).starts_with(char::is_uppercase)
            };
            let holders = self.holders.get(&name).map_or(&[][..], Vec::as_slice);
            let holders: Vec<_> = holders.iter().filter(exported).collect();
            let hinted = |(other, field): &&&(Rc<File>, Field)| {
                hint.is_some_and(|hint| other.word(field.name).eq_ignore_ascii_case(hint))
            };
            let mut named = holders.iter().filter(hinted);
            let chosen = match (named.next(), named.next(), holders.as_slice()) {
                (_, _, []) => {
                    held.root = Some(name);
                    return Some(held);
                }
                (Some(one), None, _) | (_, _, [one]) => *one,
                _ => return None,
            };
            file = chosen.0.clone();
            (at, embedded) = (chosen.1.name, chosen.1.of.contains(&chosen.1.name));
            tag = tag_of(&file, chosen.1.of.end.saturating_sub(1));
        }
        None
    }

    /// The settings in the tag of a field, with all prefixes.
    pub(crate) fn tagged(
        &self,
        file: &Rc<File>,
        at: usize,
        tag: usize,
        hints: &[&str],
    ) -> Option<Value> {
        let rows = &self.rows.tag;
        let mut value = tags::read(rows, file, at, tag)?;
        let held = self.held(file, at, hints);
        let part = value.parts.first_mut()?;
        let Some(held) = held else {
            // Each container may have a different prefix, so the name is unknown.
            let prefixed = !rows.prefix.is_empty() && self.prefixes();
            if prefixed {
                part.env = None;
            }
            return Some(value);
        };
        let mut before = self.root_prefix(file);
        for (_, tag) in &held.way[..held.way.len() - 1] {
            before.push_str(&tags::prefix(rows, tag));
        }
        match &mut part.env {
            Some(env) => env.insert_str(0, &format!("{}{before}", self.fill_prefix(&held))),
            None => part.env = self.by_path(&held),
        }
        Some(value)
    }

    /// The variable of a field whose tag names none, for a library that names it after the fields.
    pub(crate) fn named_after(&self, file: &Rc<File>, at: usize) -> Option<String> {
        self.by_path(&self.held(file, at, &[])?)
    }

    /// The value of a field by its key in settings files and in the code that reads them.
    pub(super) fn keyed(&self, of: &str, name: &str, hints: &[&str], steps: u8) -> Option<Value> {
        let (file, field) = self.files().find_map(|file| {
            let fields = file.facts().fields_of(file, of).iter();
            let mut found = fields.filter(|field| file.word(field.name) == name);
            Some((file, found.next()?.clone()))
        })?;
        let held = self.held(file, field.name, hints)?;
        let key = held.key(self);
        let read = (self.special.key)(self, &key, steps);
        let stated = self.document(&key);
        if read.is_none() && stated.is_none() {
            return None;
        }
        let tag = tag_at(file, field.of.end.saturating_sub(1));
        let tagged = tag.and_then(|tag| self.tagged(file, field.name, tag, hints));
        let mut parts = [&read, &tagged].into_iter().flatten().filter_map(|v| match &*v.parts {
            [part] => Some(part),
            _ => None,
        });
        let first = parts.next().cloned();
        let second = parts.next().cloned();
        let evidence = stated.as_ref().map(|(_, evidence)| evidence.clone());
        let base = first.clone().or(second.clone());
        let evidence = evidence.or(base.map(|part| part.evidence))?;
        let pick = |get: &dyn Fn(&Part) -> Option<String>| {
            first.as_ref().and_then(get).or_else(|| second.as_ref().and_then(get))
        };
        let text = stated.map(|(text, _)| text).or_else(|| pick(&|part| part.text.clone()));
        let (env, flag) = (pick(&|part| part.env.clone()), pick(&|part| part.flag.clone()));
        Some(Part::setting(text, env, flag, evidence).into())
    }

    /// The value of a key in the settings files that the program opens.
    pub(crate) fn document(&self, key: &str) -> Option<(String, Evidence)> {
        let part = self.documents.borrow().get(&key.to_ascii_lowercase()).cloned()?;
        Some((part.text?, part.evidence))
    }

    /// The value of a key in the settings files, with the variable that overrides it.
    pub(crate) fn documented(&self, key: &str) -> Option<Value> {
        self.documents.borrow().get(&key.to_ascii_lowercase()).cloned().map(Value::from)
    }

    /// Sets the contents of the settings files that the program opens and the image contains, by
    /// lower-case keys.
    pub(crate) fn know(&self, documents: impl IntoIterator<Item = (String, Part)>) {
        self.documents.borrow_mut().extend(documents);
        self.known.borrow_mut().clear();
    }

    /// True if some field has a prefix for the fields inside it.
    fn prefixes(&self) -> bool {
        self.holders.values().flatten().any(|(file, field)| {
            !tags::prefix(&self.rows.tag, &tag_of(file, field.of.end.saturating_sub(1))).is_empty()
        })
    }

    /// The prefix that an option of the library adds to every variable.
    fn root_prefix(&self, of: &Rc<File>) -> String {
        let rows = self
            .rows
            .tag
            .option
            .iter()
            .filter(|row| of.imports_from(&row.of) || self.uses(&row.of));
        for row in rows {
            for file in self.files().filter(|file| file.imports_from(&row.of)) {
                let set = file.facts().definitions_of(file, &row.field).iter();
                let mut set = set.filter(|definition| definition.form == Form::Field);
                if let Some(text) = set.find_map(|definition| file.string(definition.value.start)) {
                    return text.into_owned();
                }
            }
        }
        String::new()
    }

    fn uses(&self, module: &str) -> bool {
        self.files().any(|file| file.imports_from(module))
    }

    /// The row of the library that fills the outermost struct, and the first word of all variables,
    /// which is an argument of the call.
    fn filling(&self, held: &Held) -> Option<(&FillRow, String)> {
        let root = held.root.as_ref()?;
        let rows = self.rows.tag.fill.iter().filter_map(|row| Some((row, row.prefix?)));
        for (row, prefix) in rows {
            for call in row.names.iter().flat_map(|name| self.calls_named(name)) {
                if call.package().is_some_and(|path| is_below(path, &row.of))
                    && self.filled_by(&call, row.into).as_ref() == Some(root)
                {
                    let range = call.arguments().get(prefix)?.clone();
                    let first = call.file.string(range.start).filter(|_| range.len() == 1)?;
                    return Some((row, first.into_owned()));
                }
            }
        }
        None
    }

    /// The prefix that the filling call adds to variables in tags.
    fn fill_prefix(&self, held: &Held) -> String {
        match self.filling(held) {
            Some((row, first)) if row.before_tags && !first.is_empty() => {
                format!("{}_", first.to_ascii_uppercase())
            }
            _ => String::new(),
        }
    }

    /// The variable of a field, for a library that names it after the fields.
    fn by_path(&self, held: &Held) -> Option<String> {
        let (row, first) = self.filling(held)?;
        let names = held.way.iter().filter(|(name, _)| !name.is_empty());
        let parts = names.map(|(name, tag)| {
            let splits = row.split.is_empty() || tags::value(tag, &row.split) == Some("true");
            if splits { tags::kebab(name).replace('-', "_") } else { name.clone() }
        });
        let first = Some(first).filter(|first| !first.is_empty());
        let all: Vec<String> = first.into_iter().chain(parts).collect();
        Some(all.join("_").to_ascii_uppercase())
    }

    /// The type that has a field: this one, or one that it embeds.
    pub(super) fn having(&self, of: String, name: &str) -> Option<String> {
        if self.has_field(&of, name) {
            return Some(of);
        }
        self.files().find_map(|file| {
            let fields = file.facts().fields_of(file, &of).iter();
            let embedded = fields.filter(|field| field.of.contains(&field.name));
            let mut types = embedded.filter_map(|field| name_of(file, field.of.clone()));
            types.find(|of| self.has_field(of, name))
        })
    }

    /// The type that a call fills.
    fn filled_by(&self, call: &Call, into: usize) -> Option<String> {
        self.type_of(&call.file, call.arguments().get(into)?.clone())
    }

    /// Computes the types that libraries fill, and the fields of each type.
    pub(super) fn look_up_holders(&mut self) {
        for (_, file) in &self.files {
            let facts = file.facts();
            for owner in facts.owners(file) {
                for field in facts.fields_of(file, owner) {
                    if let Some(of) = name_of(file, field.of.clone()) {
                        self.holders.entry(of).or_default().push((file.clone(), field.clone()));
                    }
                }
            }
        }
        let mut filled = Vec::new();
        for row in &self.rows.tag.fill {
            for call in row.names.iter().flat_map(|name| self.calls_named(name)) {
                if call.file.imports_from(&row.of) {
                    filled.extend(self.filled_by(&call, row.into));
                }
            }
        }
        self.filled = filled;
    }
}

/// The token of a field's tag, searched from a token of its line.
fn tag_at(file: &File, at: usize) -> Option<usize> {
    let next = at + 1;
    let is_tag = |at: usize| file.string(at).is_some() && file.word(at).starts_with('`');
    is_tag(next).then_some(next)
}

/// The text of the tag of the field whose name or last token is at a position.
fn tag_of(file: &File, at: usize) -> String {
    let mut end = at;
    // Search to the end of the line.
    for _ in 0..32 {
        match file.word(end + 1) {
            ";" | "}" | "" => break,
            _ if file.is_open(end + 1) => end = file.closing(end + 1),
            _ => end += 1,
        }
    }
    file.string(end).map(std::borrow::Cow::into_owned).unwrap_or_default()
}
