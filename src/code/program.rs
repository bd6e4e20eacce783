//! The files of a program, with lookups by name.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::derived::Derived;
use super::facts::{Call, Definition, Field, Form};
use super::file::File;
use super::owned::Owned;
use super::rules::{CallRow, Does, FieldRow, Rows};
use super::value::{Part, Value};
use crate::path::RelPath;

/// Maximum number of expressions that are evaluated below keys.
const MAX_ALL: u32 = 20_000;

/// Maximum number of searches through all files for something that no name refers to.
const MAX_SEARCHES: u32 = 24;

/// Reads the attributes of the field at a position, which are in the given range.
type ReadTag = fn(&Program, &Rc<File>, usize, Range<usize>, u8) -> Option<Value>;

/// Looks up keys below the name at a position.
type AskBelow = fn(&Program, &Rc<File>, usize, &[String], u8) -> Option<Value>;

/// Functions of a language, for what its rows cannot express.
#[derive(Clone, Copy)]
pub(crate) struct Special {
    /// The value below keys in the result of a call.
    pub call: fn(&Program, &Call, &[String], u8) -> Option<Value>,
    /// The settings in the attributes of a field.
    pub tag: ReadTag,
    /// The value of a setting by its key: `server.port`.
    pub key: fn(&Program, &str, u8) -> Option<Value>,
    /// The value below keys of the name at a position, if nothing in the code states it.
    pub below: AskBelow,
}

impl Special {
    /// No such functions.
    pub(crate) const NONE: Self = Self {
        call: |_, _, _, _| None,
        tag: |_, _, _, _, _| None,
        key: |_, _, _| None,
        below: |_, _, _, _, _| None,
    };
}

/// The files of a program.
pub(crate) struct Program<'r> {
    /// Every file with the folder of its package, the program's own first.
    pub(super) files: Vec<(RelPath, Rc<File>)>,
    /// Folders of packages by import path, for qualified names.
    pub(super) folders: BTreeMap<String, RelPath>,
    /// The indices of the files by path.
    paths: BTreeMap<RelPath, usize>,
    /// The indices of the files by the folder of their package.
    packages: BTreeMap<RelPath, Vec<usize>>,
    /// The files that import another one as a whole, each with the name of the import.
    importers: BTreeMap<RelPath, Vec<(usize, String)>>,
    /// What functions of libraries do.
    pub rows: &'r Rows,
    pub(super) special: Special,
    /// Rows by the names of functions.
    named: BTreeMap<&'r str, Vec<&'r CallRow>>,
    /// Calls as file index and position, sorted by name, then by file.
    calls: Vec<(usize, usize)>,
    /// Fields and similar definitions as file index and definition index, sorted by name, then by
    /// file.
    fields: Vec<(usize, usize)>,
    /// Calls that store a flag in a variable or field, by its name.
    flags_into: BTreeMap<String, Vec<Call>>,
    /// The number of functions with a name.
    defined: BTreeMap<String, usize>,
    /// The names of variables that are not local to a function.
    globals: OnceCell<BTreeSet<String>>,
    /// Classes of the program by the last word of what they are derived from.
    pub(super) derived: OnceCell<Derived>,
    /// Functions and calls by the type or module that they name.
    pub(super) owned: Owned,
    /// Fields by the name of their type.
    pub(super) holders: BTreeMap<String, Vec<(Rc<File>, Field)>>,
    /// Types that libraries fill with settings.
    pub(super) filled: Vec<String>,
    /// The contents of opened settings files, by lower-case key.
    pub(super) documents: RefCell<BTreeMap<String, Part>>,
    /// Values of expressions by file and range. One that is being evaluated counts as unknown,
    /// which ends cycles.
    pub(super) known: RefCell<BTreeMap<(*const File, usize, usize), Value>>,
    pub(super) looks: Cell<u32>,
    /// The number of further expressions that may be evaluated below keys, for all values together.
    pub(super) left: Cell<u32>,
    searches: Cell<u32>,
    /// The working directory in the image, if it is known.
    pub(crate) home: Option<String>,
    /// The calls whose functions are being evaluated, each with its function: their arguments are
    /// the values of the parameters.
    pub(super) bound: RefCell<Vec<Bound>>,
}

/// True for a variable or constant that is not local to a function, and for those of the functions
/// that run as the program starts.
pub(super) fn is_global(file: &File, definition: &Definition) -> bool {
    // Outside a function, `None = 0` is an enum variant, not a variable.
    let declared = !file.dialect().tails || definition.form == Form::Declared;
    let inside = || file.facts().function_at(definition.name);
    definition.form.is_variable()
        && inside().map_or(declared, |f| matches!(file.word(f.name), "init" | "main"))
}

/// A call whose function is being evaluated. The function is identified by its file and the place
/// of its parameters.
pub(super) type Bound = (*const File, usize, Call);

impl<'r> Program<'r> {
    /// A program with these files, each with the folder of its package.
    pub(crate) fn new(
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
        // The sort is stable: within a name, files stay in order.
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
        let mut packages: BTreeMap<RelPath, Vec<usize>> = BTreeMap::new();
        for (number, (folder, file)) in files.iter().enumerate() {
            packages.entry(folder.clone()).or_default().push(number);
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
            packages,
            importers,
            rows,
            special,
            named,
            calls,
            fields,
            flags_into: BTreeMap::new(),
            defined: BTreeMap::new(),
            globals: OnceCell::new(),
            derived: OnceCell::new(),
            owned: Owned::default(),
            holders: BTreeMap::new(),
            filled: Vec::new(),
            documents: RefCell::default(),
            known: RefCell::default(),
            looks: Cell::new(0),
            left: Cell::new(MAX_ALL),
            searches: Cell::new(MAX_SEARCHES),
            home: None,
            bound: RefCell::default(),
        };
        program.flags_into = program.registrations();
        program.look_up_holders();
        for (_, file) in &program.files {
            // Functions are distinguished by package, if the language has packages; methods are
            // not.
            let everywhere = file.dialect().tails || file.dialect().indents;
            let counts = |function: &&super::functions::Function| everywhere || function.method;
            for function in file.facts().functions.iter().filter(counts) {
                *program.defined.entry(file.word(function.name).to_owned()).or_default() += 1;
            }
        }
        program.owned = Owned::of(program.files.iter().map(|(_, file)| file));
        program
    }

    /// Every file.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Rc<File>> {
        self.files.iter().map(|(_, file)| file)
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &RelPath) -> Option<&Rc<File>> {
        self.files.get(*self.paths.get(path)?).map(|(_, file)| file)
    }

    /// The files that import one as a whole, each with the name of the import.
    pub(super) fn importers(&self, path: &RelPath) -> impl Iterator<Item = (&Rc<File>, &str)> {
        let all = self.importers.get(path).into_iter().flatten();
        all.map(|(number, name)| (&self.files[*number].1, name.as_str()))
    }

    /// The folder of the package that an import refers to, if it is in the repository.
    pub(crate) fn folder(&self, path: &str) -> Option<&RelPath> {
        self.folders.get(path)
    }

    /// The files of the package in a folder.
    pub(super) fn files_in<'c>(
        &'c self,
        folder: &'c RelPath,
    ) -> impl Iterator<Item = &'c Rc<File>> {
        let numbers = self.packages.get(folder).into_iter().flatten();
        numbers.map(|&number| &self.files[number].1)
    }

    /// The files of the package that contains `file`, which comes first.
    pub(super) fn package_of(&self, file: &Rc<File>) -> Vec<Rc<File>> {
        let number = self.paths.get(&file.path);
        let folder = number.map(|&number| &self.files[number].0);
        let others = folder.into_iter().flat_map(|folder| self.files_in(folder));
        let others = others.filter(|other| !Rc::ptr_eq(other, file));
        std::iter::once(file).chain(others).cloned().collect()
    }

    /// True if a file has a variable of that name that is not local to a function. Most names are
    /// local, so that the files of a large package need not be searched for each.
    pub(super) fn has_global(&self, name: &str) -> bool {
        let all = self.globals.get_or_init(|| {
            let all = self.files().flat_map(|file| {
                let definitions = file.facts().definitions().iter();
                let global = definitions.filter(|definition| is_global(file, definition));
                global.map(|definition| file.word(definition.name).to_owned())
            });
            all.collect()
        });
        all.contains(name)
    }

    /// Counts a search through all files for something that no name refers to; `None` if too many
    /// were made.
    pub(crate) fn may_search(&self) -> Option<()> {
        self.searches.set(self.searches.get().checked_sub(1)?);
        Some(())
    }

    /// The fields of that name.
    pub(crate) fn fields_of<'c>(
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

    /// Every call, in file order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call> {
        self.files()
            .flat_map(|file| file.facts().calls().iter().filter_map(|&at| Call::at(file, at)))
    }

    /// Every call of a function of that name.
    pub(crate) fn calls_named(&self, name: &str) -> impl Iterator<Item = Call> + use<'_, 'r> {
        let word = |&(number, at): &(usize, usize)| self.files[number].1.word(at);
        let from = self.calls.partition_point(|entry| word(entry) < name);
        let count = self.calls[from..].partition_point(|entry| word(entry) == name);
        let found = self.calls[from..from + count].iter();
        found.filter_map(|&(number, at)| Call::at(&self.files[number].1, at))
    }

    /// Every call of a function of one of these names.
    pub(crate) fn calls_of<'n>(
        &self,
        names: &'n [&str],
    ) -> impl Iterator<Item = Call> + use<'_, 'r, 'n> {
        names.iter().flat_map(move |name| self.calls_named(name))
    }

    /// Every call that does one of these things, with its row, in the order of the rows.
    pub(crate) fn doing<'c>(
        &'c self,
        does: &'c [Does],
    ) -> impl Iterator<Item = (&'r CallRow, Call)> + use<'c, 'r> {
        let rows: &'r Rows = self.rows;
        rows.call.iter().filter(move |row| does.contains(&row.does)).flat_map(move |row| {
            let calls = row.names.iter().flat_map(move |name| self.calls_named(name));
            calls
                .filter(move |call| row.fits(call) && !self.is_own(row, call))
                .chain(self.of_derived(row))
                .filter(move |call| self.is_when(row, call))
                .map(move |c| (row, c))
        })
    }

    /// Every field that does one of these things, with its row.
    pub(crate) fn fields_doing<'c>(
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
                found.filter(move |d| row.is_at(file, d)).map(move |d| (row, file, d))
            })
        })
    }

    /// The subject of a row: an argument of the call, or its receiver.
    pub(super) fn subject(&self, row: &CallRow, call: &Call) -> Option<Value> {
        if row.on {
            return Some(self.value(&call.file, call.on()?));
        }
        if !row.named.is_empty() || row.stated {
            // The first argument, unless the row is about a named one alone.
            let at = row.at.or_else(|| row.named.is_empty().then_some(0));
            return Some(self.value(&call.file, call.named_or_at(&row.named, at)?));
        }
        self.argument(call, row.at.unwrap_or(0))
    }

    /// True if the condition of a row holds for a call.
    fn is_when(&self, row: &CallRow, call: &Call) -> bool {
        let Some(when) = row.when else { return true };
        let Some(range) = call.arguments().get(when).cloned() else { return false };
        let says = |text: &str| row.is.iter().any(|is| is.eq_ignore_ascii_case(text));
        range.clone().any(|at| says(call.file.word(at)))
            || self.value(&call.file, range).text().is_some_and(|text| says(&text))
    }

    /// The rows for a call, in order.
    pub(super) fn rows_for(&self, call: &Call) -> impl Iterator<Item = &'r CallRow> {
        let rows = self.named.get(call.name()).map_or(&[][..], Vec::as_slice);
        rows.iter().copied().filter(move |row| row.fits(call) && !self.is_own(row, call))
    }

    /// True if a row means flags of any package, and the call is of a package of the program's own,
    /// whose function does something else: `env.String("HOST", "localhost")`.
    fn is_own(&self, row: &CallRow, call: &Call) -> bool {
        let any = row.does == Does::Flag && row.of.is_empty();
        let folder = call.package().filter(|_| any).and_then(|path| self.folder(path));
        folder.is_some_and(|folder| {
            let mut files = self.files_in(folder);
            files.any(|file| file.facts().function_of(file, call.name()).is_some())
        })
    }

    /// True if a library's function makes what it opens.
    pub(crate) fn is_made_by(&self, call: &Call) -> bool {
        let makes = [Does::MakesFolder, Does::WritesFile, Does::OpensDatabase];
        let of_library = |row: &&CallRow| row.when.is_none() && !matches!(&*row.of, "" | "*");
        self.rows_for(call).filter(of_library).any(|row| makes.contains(&row.does))
    }

    /// True if a single function has the name, and no known library's does, so that a call by that
    /// name refers to it.
    pub(super) fn is_distinct(&self, name: &str) -> bool {
        // A row for stated paths knows its calls by more than a name.
        let of_library =
            |row: &&CallRow| !row.stated && !matches!(row.does, Does::Demands | Does::Connects);
        let rows = self.named.get(name).into_iter().flatten();
        self.defined.get(name) == Some(&1) && rows.copied().find(of_library).is_none()
    }

    /// Several functions have the name.
    pub(super) fn is_shared(&self, name: &str) -> bool {
        self.defined.get(name).is_some_and(|count| *count > 1)
    }

    /// The calls that store a flag in something of that name.
    pub(super) fn flags_into(&self, name: &str) -> impl Iterator<Item = &Call> {
        self.flags_into.get(name).into_iter().flatten()
    }

    /// Every call that stores a flag, by the name of its target.
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
