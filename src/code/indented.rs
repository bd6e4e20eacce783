//! Languages with indented blocks: assignments without a declaration, named arguments, paths that
//! are joined by `/`, and names that an import brings from another module.

use std::ops::Range;
use std::rc::Rc;

use super::derived;
use super::facts::assigned::{MAX_NAMES, is_name};
use super::facts::{Call, Form};
use super::file::File;
use super::functions::Function;
use super::program::Program;
use super::rules::CallRow;
use super::tree::Kind;
use super::value::{Part, Value, env, first_of, is_env_name, merge};

/// Maximum number of adjacent texts, and of parts of a path.
const MAX_TEXTS: usize = 64;

/// Maximum number of callers of a function, and of modules that are imported as a whole.
const MAX_CALLERS: usize = 8;
const MAX_WHOLE: usize = 8;

/// What following a name into another module costs of the expressions that one value may look at.
const LOOKS_OF_MODULE: u32 = 8;

impl File {
    /// The dotted name that ends at a position, with its first word as the import names it:
    /// `flask.Flask` for `Flask`; `None` if the first word is not imported.
    pub(crate) fn dotted(&self, at: usize) -> Option<String> {
        let mut start = at;
        while start >= 2 && self.word(start - 1) == "." && at - start < 2 * MAX_NAMES {
            start -= 2;
        }
        let import = self.import_of(self.word(start)).filter(|_| self.is_word(start))?;
        let mut name = import.path.clone();
        let words = (start + 2..=at).step_by(2).map(|at| self.word(at));
        for word in import.export.as_deref().into_iter().chain(words) {
            name.push('.');
            name.push_str(word);
        }
        Some(name)
    }

    /// True if the file imports that module, or something of it.
    pub(crate) fn imports_module(&self, module: &str) -> bool {
        let below = |path: &str| {
            path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.imports.iter().any(|import| below(&import.path))
    }
}

impl Call {
    /// True if the function is one of the module `of`, or of a module or type below it.
    pub(crate) fn is_in(&self, of: &str) -> bool {
        self.file.dotted(self.at).is_some_and(|name| {
            name.strip_prefix(of).is_some_and(|rest| rest.starts_with('.') && rest.len() > 1)
        })
    }

    /// The argument of that name.
    pub(crate) fn named(&self, name: &str) -> Option<Range<usize>> {
        let file = &self.file;
        let named = |range: &Range<usize>| {
            file.word(range.start) == name && file.word(range.start + 1) == "="
        };
        let found = file.dialect().indents.then(|| self.arguments().into_iter().find(named))?;
        found.map(|range| range.start + 2..range.end)
    }

    /// The argument at a position, if it has no name: `port=80` has one.
    pub(crate) fn placed(&self, at: usize) -> Option<Range<usize>> {
        let range = self.arguments().into_iter().nth(at)?;
        let keyed = self.file.dialect().indents && self.file.word(range.start + 1) == "=";
        (!keyed).then_some(range)
    }

    /// The argument of one of these names, or else the one at `at` if it has no name.
    pub(super) fn named_or_at<N: AsRef<str>>(
        &self,
        names: &[N],
        at: Option<usize>,
    ) -> Option<Range<usize>> {
        let mut names = names.iter();
        names.find_map(|name| self.named(name.as_ref())).or_else(|| self.placed(at?))
    }
}

impl<'r> Program<'r> {
    /// The value of the argument of that name.
    pub(crate) fn named_argument(&self, call: &Call, name: &str, steps: u8) -> Option<Value> {
        Some(self.eval(&call.file, call.named(name)?, steps))
    }

    /// The value of an expression of such a language that others do not have; `None` for any other.
    pub(super) fn indented(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        steps: u8,
    ) -> Option<Value> {
        let eval = |range: Range<usize>| self.eval(file, range, steps);
        let (first, last) = (file.word(range.start), range.end - 1);
        if range.len() > 2 && file.word(range.start + 1) == "=" {
            return Some(eval(range.start + 2..range.end));
        }
        if range.len() == 1 && file.is_word(range.start) {
            return self.word_of(file, range.start, first);
        }
        if range.len() > 1
            && let Some(value) = self.texts(file, range, steps)
        {
            return Some(value);
        }
        // `a if c else b`
        if let [value, rest] = file.split(range.clone(), &["if"]).as_slice()
            && let [_, other] = file.split(rest.clone(), &["else"]).as_slice()
        {
            return first_of([eval(value.clone()), eval(other.clone())]);
        }
        let joined = file.split(range.clone(), &["/"]);
        if joined.len() > 1 {
            return Some(self.joined_by_slash(file, joined, steps));
        }
        if range.len() > 2 && file.word(last - 1) == "." && file.word(last) == "parent" {
            return Some(eval(range.start..last - 1).parent());
        }
        if file.word(last) == "]" {
            return self.indexed(file, range, steps);
        }
        if is_name(file, range) {
            return self.of_module_named(file, range, steps);
        }
        None
    }

    /// The value of a word that means the same everywhere.
    fn word_of(&self, file: &Rc<File>, at: usize, word: &str) -> Option<Value> {
        match word {
            "True" | "False" => Some(Value::known(word, file.evidence(at, "a literal"))),
            "None" => Some(Value::unknown(file.evidence(at, "nothing"))),
            _ if self.rows.program.iter().any(|name| name == word) => {
                let path = file.seen_as.clone()?;
                let known = Part::known(path, file.evidence(at, "the path of the file"));
                Some(Part { file: true, ..known }.into())
            }
            _ => None,
        }
    }

    /// Adjacent strings are one text.
    fn texts(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let (mut all, mut at) = (Vec::new(), range.start);
        while at < range.end {
            let end = match file.kind(at)? {
                Kind::Text => at + 1,
                Kind::Opening => file.closing(at) + 1,
                _ => return None,
            };
            all.push(at..end);
            at = end;
            if all.len() > MAX_TEXTS {
                return None;
            }
        }
        if all.len() < 2 {
            return None;
        }
        let mut whole = Value::default();
        for piece in all {
            whole.append(self.eval(file, piece, steps));
        }
        Some(whole)
    }

    fn joined_by_slash(&self, file: &Rc<File>, parts: Vec<Range<usize>>, steps: u8) -> Value {
        let mut whole = Value::default();
        for (number, part) in parts.into_iter().take(MAX_TEXTS).enumerate() {
            let at = part.start;
            let value = self.eval(file, part, steps);
            // An absolute path replaces the path before it.
            if number == 0 || value.text().is_some_and(|text| text.starts_with('/')) {
                whole = value;
                continue;
            }
            whole.append(Value::known("/", file.evidence(at, "a path")));
            whole.append(value);
        }
        whole.drop_empty_heads();
        whole.drop_here();
        whole
    }

    /// `os.environ["X"]`, `path.parents[1]`, `sys.argv[1]`.
    fn indexed(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let open = file.opening(range.end - 1);
        let owner = range.start..open;
        if owner.is_empty() || open <= range.start {
            return None;
        }
        if file.word(open - 1) == "parents" && owner.len() > 2 {
            let count: u8 = file.word(open + 1).parse().ok().filter(|count| *count < 16)?;
            let value = self.eval(file, owner.start..open - 2, steps);
            return Some((0..=count).fold(value, |value, _| value.parent()));
        }
        let name = is_name(file, &owner).then(|| file.dotted(open - 1)).flatten();
        let key = self.eval(file, open + 1..range.end - 1, steps).text()?;
        if !name.is_some_and(|name| self.rows.environment.contains(&name)) {
            // `app.config["NAME"]`
            return is_env_name(&key).then(|| self.documented(&key)).flatten();
        }
        is_env_name(&key).then(|| env(key, None, |note| file.evidence(range.start, note)))
    }

    /// `config.PORT`, where `config` is a module of the program, or `settings.port`.
    fn of_module_named(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let last = range.end - 1;
        if let Some(value) = (self.special.below)(self, file, last, &[], steps) {
            return Some(value);
        }
        let dotted = file.dotted(last)?;
        let (module, name) = dotted.rsplit_once('.')?;
        if let Some(text) = self.rows.constant.get(&dotted) {
            return Some(Value::known(text.clone(), file.evidence(last, "a constant")));
        }
        let folder = self.folder(module)?;
        let files: Vec<_> = self.files_in(folder).cloned().collect();
        self.of_package(&files, name, steps)
    }

    /// The value of a name that an import brings from another module.
    pub(super) fn brought(&self, file: &Rc<File>, name: &str, steps: u8) -> Option<Value> {
        if !file.dialect().indents {
            return None;
        }
        let steps = steps.checked_sub(1)?;
        let own = file
            .import_of(name)
            .and_then(|import| Some((import.path.as_str(), import.export.as_deref()?)));
        let whole = file.imports.iter().filter(|import| import.export.as_deref() == Some("*"));
        let whole = whole.take(MAX_WHOLE).map(|import| (import.path.as_str(), name));
        for (path, export) in own.into_iter().chain(whole) {
            self.looks.set(self.looks.get().checked_sub(LOOKS_OF_MODULE)?);
            let Some(folder) = self.folder(path).cloned() else { continue };
            for module in self.files_in(&folder).take(1) {
                let value = self.by_name(module, module.len(), export, steps);
                if !value.is_unknown() {
                    return Some(value);
                }
            }
        }
        None
    }

    /// The value of a name that the body of the same class defines above a place in it.
    pub(super) fn of_class_body(
        &self,
        file: &Rc<File>,
        at: usize,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        if !file.dialect().indents || file.facts().function_at(at).is_some() {
            return None;
        }
        let around = std::iter::successors(file.enclosing(at), |&open| file.enclosing(open));
        let open = around.take(MAX_WHOLE).find(|&open| file.word(open) == "{")?;
        let mut own = file.facts().definitions_of(file, name).iter().filter(|d| {
            d.form == Form::Member && d.name < at && file.enclosing(d.name) == Some(open)
        });
        let value = own.next_back()?.value.clone();
        Some(self.eval(file, value, steps.checked_sub(1)?))
    }

    /// Calls that make an object of a class that is derived from one of the row's.
    pub(super) fn of_derived<'c>(
        &'c self,
        row: &'r CallRow,
    ) -> impl Iterator<Item = Call> + use<'c, 'r> {
        let derived = self.derived.get_or_init(|| derived::all(self.files()));
        let of = Some(row.of.as_str()).filter(|of| !of.is_empty() && !derived.is_empty());
        let bases = of.into_iter().flat_map(|_| &row.names).filter_map(|name| derived.get(name));
        bases.flatten().filter(|one| one.is_of(&row.of)).flat_map(|one| {
            self.calls_named(&one.name).filter(|call| {
                call.file.path == one.home
                    || call.file.imported(call.name()).is_some()
                    || call.is_method()
            })
        })
    }

    /// The module of that name.
    pub(crate) fn module_named(&self, name: &str) -> Option<Rc<File>> {
        self.files_in(self.folder(name)?).next().cloned()
    }

    /// True if a call refers to that function of a file.
    pub(super) fn leads_to(&self, call: &Call, file: &Rc<File>, function: &Function) -> bool {
        let called = self.callee(call);
        called.is_some_and(|(at, found)| Rc::ptr_eq(&at, file) && found.name == function.name)
    }

    /// The function of the program that a call refers to.
    pub(crate) fn callee(&self, call: &Call) -> Option<(Rc<File>, Function)> {
        let file = &call.file;
        let function = |file: &Rc<File>, name: &str| {
            Some((file.clone(), file.facts().function_of(file, name)?.clone()))
        };
        if let Some(dotted) = file.dotted(call.at) {
            let (module, name) = dotted.rsplit_once('.')?;
            let folder = self.folder(module)?;
            return self.files_in(folder).find_map(|file| function(file, name));
        }
        if !call.is_method() {
            return function(file, call.name());
        }
        if !self.is_distinct(call.name()) {
            return None;
        }
        self.files().find_map(|file| function(file, call.name()))
    }

    /// The value of a parameter: from the call that is being followed, else from the callers, else
    /// its default.
    pub(super) fn received(
        &self,
        file: &Rc<File>,
        function: &Function,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        let parameters = file.elements(function.parameters);
        let position = parameters.iter().position(|one| file.word(one.start) == name)?;
        let own = &parameters[position];
        let first = parameters.first().map_or("", |first| file.word(first.start));
        let position = position.checked_sub(usize::from(matches!(first, "self" | "cls")))?;
        let default = own.clone().find(|&at| file.word(at) == "=");
        let default = default.map(|at| self.eval(file, at + 1..own.end, steps));
        let passed = self.passed(file, function, position, &[], steps);
        if let Some(value) = passed.filter(|value| !value.is_unknown()) {
            return Some(value);
        }
        let word = file.word(function.name);
        let calls = self.calls_named(word).take(MAX_CALLERS);
        let calls = calls.filter(|call| self.leads_to(call, file, function));
        let values = calls.filter_map(|call| {
            let argument = call.named_or_at(&[name], Some(position))?;
            Some((true, self.eval(&call.file, argument, steps)))
        });
        merge(values.collect()).filter(|value| !value.is_unknown()).or(default)
    }
}
