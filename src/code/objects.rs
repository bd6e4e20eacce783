//! Objects whose keys are followed: literals, names, classes, and results of functions.
//!
//! Nothing depends on similar names: a key is looked up in the object that an expression evaluates
//! to.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::branches::{self, Condition, Reach};
use super::conditions;
use super::eval::whole_call;
use super::facts::{Call, Definition, Form, values};
use super::file::File;
use super::functions::Function;
use super::program::Program;
use super::value::{Value, env, first_of};

/// Maximum number of keys between a name and the requested value.
const MAX_KEYS: usize = 16;

/// Maximum number of places with one name, and of places that return a function's result.
const MAX_PLACES: usize = 256;
const MAX_RETURNS: usize = 8;

/// Maximum number of places after a definition that may write into its variable.
const MAX_WRITTEN: usize = 64;

/// Maximum number of objects that one literal spreads.
const MAX_SPREAD: usize = 8;

/// Maximum number of blocks between a place and the class around it, and of tokens in its head.
const MAX_BLOCKS: usize = 32;
const MAX_HEAD: usize = 24;

impl Program<'_> {
    /// The value below `keys` in an object literal, a class or the result of a function; `None` for
    /// any other expression.
    pub(super) fn object(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let at = range.start + usize::from(file.word(range.start) == "async");
        match file.word(at) {
            _ if !file.dialect().objects => None,
            "{" if file.closing(at) + 1 == range.end => self.in_literal(file, at, keys, steps),
            "class" => self.of_class(file, file.body_of_class(at)?, keys, steps),
            "(" | "function" => {
                let open = range.clone().take(3).find(|&at| file.word(at) == "(")?;
                let functions = &file.facts().functions;
                let found = functions.binary_search_by_key(&open, |f| f.parameters).ok()?;
                self.result_below(file, &functions[found], keys, steps)
            }
            _ => None,
        }
    }

    /// The value below `keys` in the object literal that opens at a position. A later spread
    /// replaces a key before it, where the object that it spreads is known:
    /// `{ port: 80, ...settings }`.
    fn in_literal(
        &self,
        file: &Rc<File>,
        open: usize,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let (key, rest) = keys.split_first()?;
        let stated = file.property(open, key);
        let from = stated.as_ref().map_or(open, |range| range.start);
        let elements = file.elements(open).into_iter().rev();
        let spread = elements.take_while(|one| one.start > from);
        let spread = spread.filter(|one| one.len() > 1 && file.word(one.start) == "...");
        let spread = spread
            .take(MAX_SPREAD)
            .map(|one| self.eval_below(file, one.start + 1..one.end, keys, steps));
        let stated = stated.into_iter().map(|range| self.eval_below(file, range, rest, steps));
        first_of(spread.chain(stated))
    }

    /// The value below `keys` of names, keys and calls: `config.get("server").port`.
    pub(super) fn chained(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let (mut end, mut path) = (range.end, keys.to_vec());
        while end > range.start && path.len() < MAX_KEYS {
            let (last, rest) = (end - 1, range.start..end);
            match file.word(last) {
                ")" if file.opening(last) == range.start => {
                    let more = path.len() > keys.len();
                    return more.then(|| self.eval_below(file, rest, &path, steps));
                }
                ")" if is_required(file, &rest) => {
                    return self.of_required(file, &rest, &path, steps);
                }
                ")" => return Some(self.call(&whole_call(file, &rest)?, &path, steps)),
                "]" => {
                    end = file.opening(last);
                    let key = self.eval(file, end + 1..last, steps);
                    // `configs[process.env.NODE_ENV || "development"]`
                    let set = key.env().and_then(|name| self.rows.set.get(name)).cloned();
                    path.insert(0, set.or_else(|| key.text())?);
                    end -= usize::from(end > 0 && file.word(end - 1) == "?.");
                }
                "!" => end = last,
                "}" if file.opening(last) == range.start && path.len() > keys.len() => {
                    return Some(self.eval_below(file, rest, &path, steps));
                }
                _ if !file.is_word(last) => return None,
                name if rest.len() > 2 && matches!(file.word(last - 1), "." | "?.") => {
                    path.insert(0, name.to_owned());
                    end = last - 1;
                }
                _ => return self.by_keys(file, last, &path, steps).filter(|_| rest.len() == 1),
            }
        }
        None
    }

    /// The value below `keys` of the name at a position.
    fn by_keys(&self, file: &Rc<File>, at: usize, keys: &[String], steps: u8) -> Option<Value> {
        let name = file.word(at);
        if let Some((key, holder)) = keys.split_last() {
            let words: Vec<&str> =
                std::iter::once(name).chain(holder.iter().map(String::as_str)).collect();
            if self.rows.environment.contains(&words.join(".")) {
                return Some(env(key.clone(), None, |note| file.evidence(at, note)));
            }
        }
        if name == "this" {
            return self.of_class(file, file.class_around(at), keys, steps);
        }
        let mut functions = file.facts().functions_around(at);
        functions
            .find_map(|function| self.handed(file, function, name, keys, steps))
            .or_else(|| self.defined_at(file, at, name, keys, steps))
            .filter(|value| !value.is_unknown())
            .or_else(|| (self.special.below)(self, file, at, keys, steps))
    }

    /// The value below `keys` of a name at a position: a variable, a class or an import.
    pub(super) fn defined_at(
        &self,
        file: &Rc<File>,
        at: usize,
        name: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let import = file.import_of(name);
        let sure = |d: &&Definition| d.form != Form::Set || import.is_none();
        if let Some(first) = file.definition(at, name).filter(sure) {
            let values = file.written(first, at).map(|definition| {
                let reach = move || self.reached(file, definition.name, Some(at), steps);
                (self.taken(file, definition, keys, steps), reach)
            });
            let found = branches::merged(values, false, &Cell::new(false));
            return found
                .filter(|value| !value.is_unknown())
                .or_else(|| self.put_into(file, first, keys, steps));
        }
        if let Some(class) = file.class(name) {
            return self.of_class(file, class, keys, steps);
        }
        let import = import?;
        let keys = [import.export.clone().into_iter().collect(), keys.to_vec()].concat();
        self.of_module(file, &import.path, &keys, steps)
    }

    /// What lies below `keys` of the object that a definition makes, where one statement behind it
    /// puts that there, whatever happens: `config.port = 3000`.
    fn put_into(
        &self,
        file: &Rc<File>,
        of: &Definition,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let (key, rest) = keys.split_first()?;
        if file.word(of.value.start) != "{" {
            return None;
        }
        let name = file.word(of.name);
        let function = |at: usize| file.facts().function_at(at).map(|f| f.parameters);
        let all = file.facts().definitions_of(file, key).iter().take(MAX_WRITTEN);
        let mut all = all.filter(|d| d.name > of.name && file.is_assigned_to(d, name));
        let (first, second) = (all.next()?, all.next());
        // An object of the module is filled by the function that hands it on.
        let fills = function(of.name).is_none_or(|own| Some(own) == function(first.name));
        let sure = fills && !conditions::is_conditional(file, first.name);
        (sure && second.is_none()).then(|| self.eval_below(file, first.value.clone(), rest, steps))
    }

    /// Whether a place in a function, or outside of any, is reached as the container starts: by the
    /// conditions around it there, as seen from another place if there is one.
    pub(super) fn reached(
        &self,
        file: &Rc<File>,
        at: usize,
        from: Option<usize>,
        steps: u8,
    ) -> Reach {
        let function = file.facts().function_at(at);
        let first = function.map_or(0, |function| function.body);
        let all = branches::conditions(file, at, first, from);
        Reach::under(all, |condition| match condition {
            Condition::If(range, wanted) => Some(self.holds(file, range, steps)? == wanted),
            Condition::Arm(open, number) => self.is_arm_taken(file, (open, number), steps),
            Condition::Other => None,
        })
    }

    /// The value below `keys` in the value of a definition.
    fn taken(&self, file: &Rc<File>, of: &Definition, keys: &[String], steps: u8) -> Value {
        let value = of.value.clone();
        if of.form != Form::Taken {
            return self.eval_below(file, value, keys, steps);
        }
        let key = if file.word(of.name - 1) == ":" { of.name - 2 } else { of.name };
        let path = [vec![file.word(key).to_owned()], keys.to_vec()].concat();
        let default = default(file, of.name).map(|range| self.eval_below(file, range, keys, steps));
        let value = self.eval_below(file, value, &path, steps);
        first_of(std::iter::once(value).chain(default))
            .unwrap_or_else(|| Value::unknown(file.evidence(of.name, "it is set at run time")))
    }

    /// The value of a member of a class: an assignment, its own value, a getter, or a parameter of
    /// the constructor.
    pub(super) fn of_class(
        &self,
        file: &Rc<File>,
        class: Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let (key, rest) = keys.split_first()?;
        let all = definitions_in(file, &class, key);
        if let Some(found) = self.put_into_member(file, &class, key, rest, steps) {
            return Some(found);
        }
        let written = all.clone().find(|d| file.is_assigned_to(d, "this"));
        if let Some(found) = written.or_else(|| all.clone().find(|d| d.form == Form::Member)) {
            return Some(self.eval_below(file, found.value.clone(), rest, steps));
        }
        let mut functions = functions_in(file, &class);
        let getter = |f: &&Function| {
            file.word(f.name) == key && f.name > 0 && file.word(f.name - 1) == "get"
        };
        if let Some(getter) = functions.clone().find(getter) {
            return self.result_below(file, getter, rest, steps);
        }
        let constructor = functions.find(|f| is_constructor(file, f))?;
        self.handed(file, constructor, key, rest, steps)
    }

    /// What lies below `keys` of a member of a class, where one statement of the class puts that
    /// there: `this.config.port = 3000`.
    fn put_into_member(
        &self,
        file: &Rc<File>,
        class: &Range<usize>,
        member: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let (key, rest) = keys.split_first()?;
        let all = definitions_in(file, class, key);
        let of_this = |at: usize| at > 3 && file.word(at - 4) == "this";
        let mut all = all.filter(|d| file.is_assigned_to(d, member) && of_this(d.name));
        let (first, second) = (all.next()?, all.next());
        let value =
            second.is_none().then(|| self.eval_below(file, first.value.clone(), rest, steps));
        value.filter(|value| !value.is_unknown())
    }

    /// The value below `keys` in the result of calling a function or a class of the program.
    pub(super) fn given_by(&self, call: &Call, keys: &[String], steps: u8) -> Option<Value> {
        let within = |file: &Rc<File>, function: &Function, value: &dyn Fn() -> Option<Value>| {
            let bound = (Rc::as_ptr(file), function.parameters, call.clone());
            self.bound.borrow_mut().push(bound);
            let value = value();
            self.bound.borrow_mut().pop();
            value
        };
        if let Some((file, function)) = self.called(call) {
            let value = || self.result_below(file, function, keys, steps);
            return within(file, function, &value);
        }
        let (file, class) = self.class_of(&call.file, call.name())?;
        let value = || self.of_class(file, class.clone(), keys, steps);
        match functions_in(file, &class).find(|f| is_constructor(file, f)) {
            Some(constructor) => within(file, constructor, &value),
            None => value(),
        }
    }

    /// The function that a call refers to, and its file.
    fn called<'c>(&'c self, call: &'c Call) -> Option<(&'c Rc<File>, &'c Function)> {
        let (file, name, on) = (&call.file, call.name(), call.receiver());
        // A constructor has the name of its class, and returns no value of its own.
        let of = |file: &'c Rc<File>, name: &str| {
            let found = file.facts().function_of(file, name)?;
            (!is_constructor(file, found)).then_some((file, found))
        };
        if (!call.is_method() || on == "this")
            && let Some(found) = of(file, name)
        {
            return Some(found);
        }
        let import = file.import_of(if call.is_method() { on } else { name })?;
        let target = self.module(file, &import.path)?;
        let export = import.export.as_deref().filter(|export| *export != "default");
        let name = if call.is_method() { Some(name) } else { export };
        if let Some(name) = name {
            return of(target, name);
        }
        Some((target, exported_function(target)?))
    }

    /// The value below `keys` of what the function that a module exports returns:
    /// `require("./env")()`.
    fn of_required(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let target = self.module(file, &file.string(range.start + 2)?)?;
        self.result_below(target, exported_function(target)?, keys, steps.checked_sub(1)?)
    }

    /// The class that a name refers to in a file.
    fn class_of<'c>(
        &'c self,
        file: &'c Rc<File>,
        name: &str,
    ) -> Option<(&'c Rc<File>, Range<usize>)> {
        if let Some(class) = file.class(name) {
            return Some((file, class));
        }
        let import = file.import_of(name)?;
        let target = self.module(file, &import.path)?;
        if let Some(class) = import.export.as_deref().and_then(|export| target.class(export)) {
            return Some((target, class));
        }
        let whole = target.whole_export()?;
        let class = match target.word(whole.start) {
            "class" => target.body_of_class(whole.start),
            name => target.class(name).filter(|_| whole.len() == 1),
        };
        Some((target, class?))
    }

    fn result_below(
        &self,
        file: &Rc<File>,
        function: &Function,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        if file.word(function.body) != "{" {
            let range = function.body..function.range.end;
            return Some(self.eval_below(file, range, keys, steps));
        }
        let all = file.places("return");
        let from = all.partition_point(|&at| at < function.body);
        let own = |at: &usize| {
            let around = file.facts().function_at(*at);
            around.is_some_and(|around| around.parameters == function.parameters)
        };
        let all = all[from..].iter().copied().take_while(|at| function.range.contains(at));
        all.filter(own)
            .take(MAX_RETURNS)
            .filter_map(|at| {
                Some(self.eval_below(file, values(file, at + 1, 1).pop()?, keys, steps))
            })
            .find(|value| !value.is_unknown())
    }
}

impl File {
    /// The value of a key in the object that opens at a position.
    pub(crate) fn property(&self, open: usize, key: &str) -> Option<Range<usize>> {
        self.elements(open).into_iter().find_map(|mut one| {
            // The last one ends with its line, if no comma follows.
            while !one.is_empty() && self.word(one.end - 1) == ";" {
                one.end -= 1;
            }
            // `get key() { return x }`
            if self.word(one.start) == "get" && self.word(one.start + 1) == key {
                return Some(one.start + 2..one.end);
            }
            let named = self.string(one.start).is_some_and(|text| text == key);
            if !named && self.word(one.start) != key {
                return None;
            }
            match self.word(one.start + 1) {
                ":" => Some(one.start + 2..one.end),
                _ => Some(one).filter(|one| one.len() == 1),
            }
        })
    }

    /// The variable that a name refers to at a position: the nearest declaration around it, or else
    /// any.
    fn definition(&self, at: usize, name: &str) -> Option<&Definition> {
        let all = self.facts().definitions_of(self, name).iter().take(MAX_PLACES);
        let all = all.filter(|d| d.form.is_variable() && d.name != at && !d.value.contains(&at));
        all.min_by_key(|d| match d.form {
            Form::Set => (2, 0),
            _ if d.scope.contains(&at) => (0, self.len().saturating_sub(d.scope.start)),
            _ => (1, 0),
        })
    }

    /// A definition of a variable, and later assignments to it in the same function.
    fn written<'f>(
        &'f self,
        first: &'f Definition,
        at: usize,
    ) -> impl Iterator<Item = &'f Definition> {
        let function = |at: usize| self.facts().function_at(at).map(|function| function.parameters);
        let own = function(first.name);
        let before = if function(at) == own { at } else { self.len() };
        let all = self.facts().definitions_of(self, self.word(first.name));
        let from = all.partition_point(|d| d.name <= first.name);
        let later = all[from..].iter().take(MAX_WRITTEN).filter(move |d| {
            let pattern = || {
                let open = self.enclosing(d.name).filter(|&open| self.word(open) == "{");
                open.is_some_and(|open| self.word(self.closing(open) + 1) == "=")
            };
            d.form == Form::Set && d.name < before && !pattern() && function(d.name) == own
        });
        std::iter::once(first).chain(later.take(MAX_RETURNS))
    }

    /// The body of the class of that name.
    pub(super) fn class(&self, name: &str) -> Option<Range<usize>> {
        let mut all = self.places(name).iter().take(MAX_PLACES);
        let at = *all.find(|&&at| at > 0 && self.word(at - 1) == "class")?;
        self.body_of_class(at)
    }

    fn body_of_class(&self, at: usize) -> Option<Range<usize>> {
        let open = (at..at + MAX_HEAD).find(|&at| self.word(at) == "{")?;
        Some(open..self.closing(open))
    }

    /// The body of the class around a position; the whole file if there is none.
    pub(crate) fn class_around(&self, at: usize) -> Range<usize> {
        let blocks = std::iter::successors(self.enclosing(at), |&open| self.enclosing(open));
        let mut blocks = blocks.take(MAX_BLOCKS).filter(|&open| self.word(open) == "{");
        let found = blocks.find(|&open| {
            (conditions::statement(self, open)..open).any(|at| self.word(at) == "class")
        });
        found.map_or(0..self.len(), |open| open..self.closing(open))
    }

    /// The position of the name of the class with that body.
    pub(crate) fn name_of_class(&self, class: &Range<usize>) -> Option<usize> {
        let head = conditions::statement(self, class.start)..class.start;
        head.skip_while(|&at| self.word(at) != "class").nth(1)
    }
}

/// The functions whose parameters are in a range.
fn functions_in<'f>(
    file: &'f File,
    range: &Range<usize>,
) -> impl Iterator<Item = &'f Function> + Clone + use<'f> {
    let (all, end) = (&file.facts().functions, range.end);
    let from = all.partition_point(|function| function.parameters < range.start);
    all[from..].iter().take_while(move |function| function.parameters < end)
}

fn is_constructor(file: &File, function: &Function) -> bool {
    function.parameters > 0 && file.word(function.parameters - 1) == "constructor"
}

/// The default of a name in a pattern or a parameter list: `name = x`, `name: Type = x`.
pub(super) fn default(file: &File, name: usize) -> Option<Range<usize>> {
    let mut at = name + 1;
    while matches!(file.word(at), ":" | "?" | "|") || file.is_word(at) && at < name + MAX_HEAD {
        at += 1;
    }
    Some(at).filter(|&at| file.word(at) == "=").and_then(|at| values(file, at + 1, 1).pop())
}

/// The function that a module exports as a whole.
fn exported_function(file: &File) -> Option<&Function> {
    let whole = file.whole_export().filter(|whole| file.word(whole.start) != "{")?;
    let named = file.facts().function_of(file, file.word(whole.start));
    // A constructor has the name of its class, and returns no value of its own.
    let named = named.filter(|found| whole.len() == 1 && !is_constructor(file, found));
    named.or_else(|| functions_in(file, &whole).next())
}

/// The definitions of a name inside a class.
fn definitions_in<'f>(
    file: &'f File,
    class: &Range<usize>,
    name: &str,
) -> impl Iterator<Item = &'f Definition> + Clone {
    let (all, class) = (file.facts().definitions_of(file, name), class.clone());
    let from = all.partition_point(|d| d.name < class.start);
    all[from..].iter().take_while(move |d| class.contains(&d.name)).take(MAX_PLACES)
}

/// True for `require("./env")()`.
fn is_required(file: &File, range: &Range<usize>) -> bool {
    let open = range.start + 1;
    file.word(range.start) == "require"
        && file.word(open) == "("
        && file.closing(open) + 3 == range.end
}
