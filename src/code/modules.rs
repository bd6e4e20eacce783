//! Files as modules: their exports, and the files that imports refer to.

use std::ops::Range;
use std::rc::Rc;

use super::facts::{Definition, Form, values};
use super::file::File;
use super::functions::Function;
use super::program::Program;
use super::value::Value;

/// Maximum number of definitions of one name.
const MAX_DEFINITIONS: usize = 64;

/// Maximum number of exports that are examined for the one of the whole file.
const MAX_EXPORTS: usize = 1024;

impl File {
    /// The expression that the file exports as a whole: `module.exports = x`, `export default x`,
    /// or a file that is a single object.
    pub(crate) fn whole_export(&self) -> Option<Range<usize>> {
        let mut all = self.facts().definitions_of(self, "exports").iter().take(MAX_DEFINITIONS);
        let common = |d: &&Definition| self.is_assigned_to(d, "module");
        if let Some(definition) = all.find(common) {
            return Some(definition.value.clone());
        }
        let mut own = self.places("export").iter().take(MAX_EXPORTS);
        if let Some(at) = own.find(|&&at| matches!(self.word(at + 1), "default" | "=")) {
            return values(self, at + 2, 1).pop();
        }
        (self.word(0) == "{").then(|| 0..self.closing(0) + 1)
    }

    /// The file exports a function as a whole, and no object that holds it.
    pub(super) fn exports_whole(&self, function: &Function) -> bool {
        let whole = self.whole_export().filter(|whole| self.word(whole.start) != "{");
        whole.is_some_and(|whole| {
            whole.contains(&function.parameters)
                || whole.len() == 1 && self.word(whole.start) == self.word(function.name)
        })
    }

    /// The expression that the file exports under a name: `exports.name = x`,
    /// `export const name = x`.
    pub(crate) fn named_export(&self, name: &str) -> Option<Range<usize>> {
        let all = self.facts().definitions_of(self, name).iter().take(MAX_DEFINITIONS);
        let declared = |d: &&Definition| {
            d.form == Form::Declared && d.name > 1 && self.word(d.name - 2) == "export"
        };
        let found = all.clone().find(|d| self.is_assigned_to(d, "exports"));
        found.or_else(|| all.clone().find(declared)).map(|d| d.value.clone())
    }

    /// `of.name = x`
    pub(super) fn is_assigned_to(&self, definition: &Definition, of: &str) -> bool {
        definition.form == Form::Assigned && self.word(definition.name - 2) == of
    }
}

impl Program<'_> {
    /// The file of the program that a module's name refers to in another one.
    pub(super) fn module(&self, from: &File, name: &str) -> Option<&Rc<File>> {
        self.file(from.modules.get(name)?)
    }

    /// The value below `keys` of a module. The first key is the name of the export.
    pub(super) fn of_module(
        &self,
        from: &File,
        name: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let named = keys.iter().map(String::as_str).filter(|key| *key != "default");
        let key: Vec<&str> = std::iter::once(name).chain(named).collect();
        let stated = self.documented(&key.join("."));
        stated.or_else(|| self.exported(self.module(from, name)?, keys, steps))
    }

    fn exported(&self, file: &Rc<File>, keys: &[String], steps: u8) -> Option<Value> {
        let whole = file.whole_export();
        if let Some((key, rest)) = keys.split_first() {
            if let Some(value) = file.named_export(key) {
                return Some(self.eval_below(file, value, rest, steps));
            }
            if let Some(class) = file.class(key) {
                return self.of_class(file, class, rest, steps);
            }
            if key == "default" {
                return Some(self.eval_below(file, whole?, rest, steps));
            }
            // `export { port }`
            if whole.is_none() {
                return self.defined_at(file, file.len(), key, rest, steps);
            }
        }
        Some(self.eval_below(file, whole?, keys, steps))
    }
}
