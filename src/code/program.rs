//! The files of a program, looked through by name.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::facts::{Call, Definition, Field, Form};
use super::file::File;
use super::rules::{CallRow, Does, FieldRow, Rows};
use super::value::{Part, Value};
use crate::path::RelPath;

/// How many expressions are looked at below keys.
const MAX_ALL: u32 = 20_000;

/// How often all files are searched for something that no name leads to.
const MAX_SEARCHES: u32 = 24;

/// Reads the attributes of the field at a position, in the range that they take.
type ReadTag = fn(&Program, &Rc<File>, usize, Range<usize>, u8) -> Option<Value>;

/// Looks below keys of the name at a position.
type AskBelow = fn(&Program, &Rc<File>, usize, &[String], u8) -> Option<Value>;

/// What only a language's own code can say, where its rows do not.
#[derive(Clone, Copy)]
pub struct Special {
    /// What lies below keys of what a call gives.
    pub call: fn(&Program, &Call, &[String], u8) -> Option<Value>,
    /// What the attributes of a field say.
    pub tag: ReadTag,
    /// The value of a setting by its key: `server.port`.
    pub key: fn(&Program, &str, u8) -> Option<Value>,
    /// What lies below keys of the name at a position, where nothing in the code says it.
    pub below: AskBelow,
}

impl Special {
    /// Nothing that no row says.
    pub const NONE: Self = Self {
        call: |_, _, _, _| None,
        tag: |_, _, _, _, _| None,
        key: |_, _, _| None,
        below: |_, _, _, _, _| None,
    };
}

/// The files of a program.
pub struct Program<'r> {
    /// Every file with the folder of its package, the program's own first.
    pub(super) files: Vec<(RelPath, Rc<File>)>,
    /// Folders of packages by import path, for qualified names.
    pub(super) folders: BTreeMap<String, RelPath>,
    /// The numbers of the files by their paths.
    paths: BTreeMap<RelPath, usize>,
    /// The files that import one as a whole, each with the name by which it does.
    importers: BTreeMap<RelPath, Vec<(usize, String)>>,
    /// What functions of libraries do.
    pub rows: &'r Rows,
    pub(super) special: Special,
    /// Rows by the names of functions.
    named: BTreeMap<&'r str, Vec<&'r CallRow>>,
    /// Calls as file and position, sorted by name, then by file.
    calls: Vec<(usize, usize)>,
    /// Fields and their like as file and number of the definition, sorted by name, then by file.
    fields: Vec<(usize, usize)>,
    /// Calls that read a flag into a variable or field, by its name.
    flags_into: BTreeMap<String, Vec<Call>>,
    /// How many functions have a name.
    defined: BTreeMap<String, usize>,
    /// Fields by the name of the type that they are of.
    pub(super) holders: BTreeMap<String, Vec<(Rc<File>, Field)>>,
    /// Types that libraries fill with settings.
    pub(super) filled: Vec<String>,
    /// What opened settings files say, by their keys in lower case.
    pub(super) documents: RefCell<BTreeMap<String, Part>>,
    /// Values of expressions by file and range; those being looked at count as unknown, which ends
    /// circles.
    pub(super) known: RefCell<BTreeMap<(*const File, usize, usize), Value>>,
    pub(super) looks: Cell<u32>,
    /// Expressions that are looked at below keys, for all values together.
    pub(super) left: Cell<u32>,
    searches: Cell<u32>,
    /// The calls whose functions are being looked through, each with its function: what they pass
    /// is what the parameters are.
    pub(super) bound: RefCell<Vec<Bound>>,
}

/// A call whose function, by the file and the place of its parameters, is being looked through.
pub(super) type Bound = (*const File, usize, Call);

impl<'r> Program<'r> {
    /// A program of these files, each with the folder of its package.
    pub fn new(
        files: Vec<(RelPath, Rc<File>)>,
        folders: BTreeMap<String, RelPath>,
        rows: &'r Rows,
        special: Special,
    ) -> Self {
        let (mut calls, mut fields) = (Vec::new(), Vec::new());
        for (number, (_, file)) in files.iter().enumerate() {
            let facts = file.facts();
            calls.extend(facts.calls().iter().map(|&at| (number, at)));
            let all = facts.definitions().iter().enumerate();
            fields.extend(all.filter(|(_, d)| !d.form.is_variable()).map(|(at, _)| (number, at)));
        }
        // Stable sorts: within a name the order of the files stays.
        calls.sort_by_key(|&(number, at)| files[number].1.word(at));
        fields.sort_by_key(|&(number, at)| {
            files[number].1.word(files[number].1.facts().definitions()[at].name)
        });
        let mut named: BTreeMap<&str, Vec<&CallRow>> = BTreeMap::new();
        for row in &rows.call {
            for name in &row.names {
                named.entry(name).or_default().push(row);
            }
        }
        let (mut paths, mut importers) = (BTreeMap::new(), BTreeMap::new());
        for (number, (_, file)) in files.iter().enumerate() {
            paths.entry(file.path.clone()).or_insert(number);
            let whole = file
                .imports
                .iter()
                .filter(|import| import.export.as_ref().is_none_or(|export| export == "default"));
            for import in whole.filter(|import| !import.name.is_empty()) {
                let Some(path) = file.modules.get(&import.path) else { continue };
                let all: &mut Vec<_> = importers.entry(path.clone()).or_default();
                all.push((number, import.name.clone()));
            }
        }
        let mut program = Self {
            files,
            folders,
            paths,
            importers,
            rows,
            special,
            named,
            calls,
            fields,
            flags_into: BTreeMap::new(),
            defined: BTreeMap::new(),
            holders: BTreeMap::new(),
            filled: Vec::new(),
            documents: RefCell::default(),
            known: RefCell::default(),
            looks: Cell::new(0),
            left: Cell::new(MAX_ALL),
            searches: Cell::new(MAX_SEARCHES),
            bound: RefCell::default(),
        };
        program.flags_into = program.registrations();
        program.look_up_holders();
        for (_, file) in &program.files {
            // Functions are told apart by their packages where there are some; methods are not.
            let counts =
                |function: &&super::functions::Function| file.dialect().tails || function.method;
            for function in file.facts().functions.iter().filter(counts) {
                *program.defined.entry(file.word(function.name).to_owned()).or_default() += 1;
            }
        }
        program
    }

    /// Every file.
    pub fn files(&self) -> impl Iterator<Item = &Rc<File>> {
        self.files.iter().map(|(_, file)| file)
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &RelPath) -> Option<&Rc<File>> {
        self.files.get(*self.paths.get(path)?).map(|(_, file)| file)
    }

    /// The files that import one as a whole, each with the name by which it does.
    pub(super) fn importers(&self, path: &RelPath) -> impl Iterator<Item = (&Rc<File>, &str)> {
        let all = self.importers.get(path).into_iter().flatten();
        all.map(|(number, name)| (&self.files[*number].1, name.as_str()))
    }

    /// The folder of the package that an import stands for, where the repository holds it.
    pub(super) fn folder(&self, path: &str) -> Option<&RelPath> {
        self.folders.get(path)
    }

    /// The files of the package in a folder.
    pub(super) fn files_in<'c>(
        &'c self,
        folder: &'c RelPath,
    ) -> impl Iterator<Item = &'c Rc<File>> {
        self.files.iter().filter(move |(dir, _)| dir == folder).map(|(_, file)| file)
    }

    /// The files of the package that holds `file`, that one first.
    pub(super) fn package_of(&self, file: &Rc<File>) -> Vec<Rc<File>> {
        let folder = self.files.iter().find(|(_, held)| Rc::ptr_eq(held, file));
        let others = folder.into_iter().flat_map(|(folder, _)| self.files_in(folder));
        let others = others.filter(|other| !Rc::ptr_eq(other, file));
        std::iter::once(file).chain(others).cloned().collect()
    }

    /// All files may be searched once more for something that no name leads to.
    pub fn may_search(&self) -> Option<()> {
        self.searches.set(self.searches.get().checked_sub(1)?);
        Some(())
    }

    /// The fields of that name.
    pub fn fields_of<'c>(
        &'c self,
        name: &'c str,
    ) -> impl Iterator<Item = (&'c RelPath, &'c Rc<File>, &'c Definition)> {
        let definition = |&(number, at): &(usize, usize)| {
            let (dir, file) = &self.files[number];
            (dir, file, &file.facts().definitions()[at])
        };
        let word = move |entry: &(usize, usize)| {
            let (_, file, found) = definition(entry);
            file.word(found.name)
        };
        let from = self.fields.partition_point(|entry| word(entry) < name);
        self.fields[from..].iter().take_while(move |entry| word(entry) == name).map(definition)
    }

    /// Every call, in the order of the files.
    pub fn calls(&self) -> impl Iterator<Item = Call> {
        self.files()
            .flat_map(|file| file.facts().calls().iter().filter_map(|&at| Call::at(file, at)))
    }

    /// Every call of a function of that name.
    pub fn calls_named(&self, name: &str) -> impl Iterator<Item = Call> + use<'_, 'r> {
        let word = |&(number, at): &(usize, usize)| self.files[number].1.word(at);
        let from = self.calls.partition_point(|entry| word(entry) < name);
        let count = self.calls[from..].partition_point(|entry| word(entry) == name);
        let found = self.calls[from..from + count].iter();
        found.filter_map(|&(number, at)| Call::at(&self.files[number].1, at))
    }

    /// Every call of a function of one of these names.
    pub fn calls_of<'n>(&self, names: &'n [&str]) -> impl Iterator<Item = Call> + use<'_, 'r, 'n> {
        names.iter().flat_map(move |name| self.calls_named(name))
    }

    /// Every call that does one of these things, with the row that says so, in the order of the
    /// rows.
    pub fn doing<'c>(
        &'c self,
        does: &'c [Does],
    ) -> impl Iterator<Item = (&'r CallRow, Call)> + use<'c, 'r> {
        let rows: &'r Rows = self.rows;
        rows.call.iter().filter(move |row| does.contains(&row.does)).flat_map(move |row| {
            let calls = row.names.iter().flat_map(move |name| self.calls_named(name));
            calls
                .filter(move |call| row.fits(call) && self.is_when(row, call))
                .map(move |c| (row, c))
        })
    }

    /// Every field that does one of these things, with the row that says so.
    pub fn fields_doing<'c>(
        &'c self,
        does: &'c [Does],
    ) -> impl Iterator<Item = (&'r FieldRow, &'c Rc<File>, &'c Definition)> {
        let rows: &'r Rows = self.rows;
        rows.field.iter().filter(move |row| does.contains(&row.does)).flat_map(move |row| {
            let files = self.files();
            let files = files.filter(move |file| row.is_used(file));
            files.flat_map(move |file| {
                let names = row.names.iter();
                let found = names.flat_map(move |name| file.facts().definitions_of(file, name));
                found.filter(|d| d.form == Form::Field).map(move |d| (row, file, d))
            })
        })
    }

    /// What a row is about: an argument of the call, or what the method is called on.
    pub(super) fn subject(&self, row: &CallRow, call: &Call) -> Option<Value> {
        if row.on {
            return Some(self.value(&call.file, call.on()?));
        }
        self.argument(call, row.at.unwrap_or(0))
    }

    /// The condition of a row holds for a call.
    fn is_when(&self, row: &CallRow, call: &Call) -> bool {
        let Some(when) = row.when else { return true };
        let Some(range) = call.arguments().get(when).cloned() else { return false };
        let says = |text: &str| row.is.iter().any(|is| is.eq_ignore_ascii_case(text));
        range.clone().any(|at| says(call.file.word(at)))
            || self.value(&call.file, range).text().is_some_and(|text| says(&text))
    }

    /// The rows for a call, in their order.
    pub(super) fn rows_for(&self, call: &Call) -> impl Iterator<Item = &'r CallRow> {
        let rows = self.named.get(call.name()).map_or(&[][..], Vec::as_slice);
        rows.iter().copied().filter(move |row| row.fits(call))
    }

    /// One function alone has the name, and no library's that is known: who calls it by its name
    /// means it.
    pub(super) fn is_distinct(&self, name: &str) -> bool {
        self.defined.get(name) == Some(&1) && !self.named.contains_key(name)
    }

    /// The calls that read a flag into something of that name.
    pub(super) fn flags_into(&self, name: &str) -> impl Iterator<Item = &Call> {
        self.flags_into.get(name).into_iter().flatten()
    }

    /// Every call that reads a flag into something, by the name of that.
    fn registrations(&self) -> BTreeMap<String, Vec<Call>> {
        let mut all: BTreeMap<String, Vec<Call>> = BTreeMap::new();
        for (row, call) in self.doing(&[Does::Flag]) {
            if let Some(into) = row.into
                && let Some(range) = call.arguments().get(into)
                && call.file.word(range.start) == "&"
            {
                let name = call.file.word(range.end - 1).to_owned();
                all.entry(name).or_default().push(call);
            }
        }
        all
    }
}
