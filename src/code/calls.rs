//! Calls inside expressions: functions with rows in the catalog, and functions of the program
//! itself.

use std::ops::Range;
use std::rc::Rc;

use super::eval::program;
use super::facts::{Call, Form};
use super::file::File;
use super::functions::Function;
use super::owned::owner_of;
use super::program::Program;
use super::rules::{CallRow, Does};
use super::value::{Base, Part, Value, env, first_of, is_env_name, merge};

/// Maximum number of calls that write under a key.
const MAX_WRITTEN: usize = 64;

/// Maximum length of a joined value in bytes.
const MAX_LENGTH: usize = 4096;

/// How many tokens of a function that reads a variable are looked at.
const MAX_BODY: usize = 400;

/// Names of what holds settings, wherever these come from.
const SETTINGS: [&str; 4] = ["config", "settings", "conf", "configuration"];

/// How many calls are asked for the type that their method is called on.
const MAX_ASKED: usize = 32;

impl Program<'_> {
    /// The value below `keys` in the result of a call.
    pub(super) fn call(&self, call: &Call, keys: &[String], steps: u8) -> Value {
        self.rows_for(call)
            .find_map(|row| self.by_row(row, call, keys, steps))
            .or_else(|| (self.special.call)(self, call, keys, steps))
            .or_else(|| self.env_reader(call, steps).filter(|_| keys.is_empty()))
            .or_else(|| {
                if call.file.dialect().objects {
                    return self.given_by(call, keys, steps);
                }
                self.returned(call, steps)
            })
            .unwrap_or_else(|| {
                Value::unknown(call.evidence(format!("`{}` gives it at run time", call.name())))
            })
    }

    /// The value of an argument, if it is passed.
    pub(crate) fn argument_within(&self, call: &Call, number: usize, steps: u8) -> Option<Value> {
        let range = call.arguments().get(number)?.clone();
        Some(self.eval(&call.file, range, steps))
    }

    /// The folder that a call makes for a while, if the row says where.
    fn temporary(&self, row: &CallRow, call: &Call, steps: u8) -> Option<Value> {
        let within = Some(row.between.clone()).filter(|within| !within.is_empty())?;
        let named = row.at.and_then(|at| self.argument_within(call, at, steps)?.text());
        let folder = named.filter(|text| !text.is_empty()).unwrap_or(within);
        let note = format!("`{}` names a temporary folder", call.name());
        Some(Value::known(format!("{folder}/temporary"), call.evidence(note)))
    }

    /// The value of a call according to a row; `None` if the row is not about values.
    fn by_row(&self, row: &CallRow, call: &Call, keys: &[String], steps: u8) -> Option<Value> {
        let argument = |number: usize| self.argument_within(call, number, steps);
        let at = row.at.unwrap_or(0);
        match row.does {
            Does::Passes => {
                let range = call.arguments().get(at)?.clone();
                // A call that only passes a value on does not count as a step.
                let steps = steps + u8::from(call.file.dialect().objects);
                Some(self.eval_below(&call.file, range, keys, steps))
            }
            Does::Below => self.asked(row, call, keys, steps),
            Does::Merges => {
                let all = call.arguments().into_iter().rev();
                let all = all.map(|range| self.eval_below(&call.file, range, keys, steps));
                first_of(all).filter(|value| !value.is_unknown())
            }
            Does::Module => {
                let (file, range) = (&call.file, call.arguments().get(at)?.clone());
                let name: String = match file.string(range.start).filter(|_| range.len() == 1) {
                    Some(name) => name.into_owned(),
                    None => range.map(|at| file.word(at)).collect(),
                };
                self.of_module(file, &name, keys, steps)
            }
            _ if !keys.is_empty() => None,
            Does::Environment => {
                let default = call.named_or_at(&["default"], row.default);
                let default = default.and_then(|at| self.eval(&call.file, at, steps).text());
                let unknown = || Value::unknown(call.evidence("a variable of a name not known"));
                let Some(key) = argument(at)?.text() else { return Some(unknown()) };
                // A method of any type may read more than the environment.
                if row.of.len() < 2 && !is_env_name(&key) {
                    return None;
                }
                let default = default.or_else(|| self.schema_default(&key, steps));
                Some(env(key, default, |note| call.evidence(note)))
            }
            Does::Formats => self.formatted(call, at, steps),
            Does::Joins => {
                let mut whole = Value::default();
                for (number, part) in self.spread(call, 0, steps)?.into_iter().enumerate() {
                    if number > 0 {
                        let note = format!("`{}`", call.name());
                        whole.append(Value::known(&*row.between, call.evidence(note)));
                    }
                    whole.append(part);
                    if whole.length() > MAX_LENGTH {
                        return None;
                    }
                }
                if row.between == "/" {
                    whole.drop_empty_heads();
                    if call.file.dialect().indents {
                        whole.drop_here();
                    }
                }
                Some(whole)
            }
            Does::Chooses => {
                let all = 0..call.arguments().len();
                merge(all.filter_map(argument).map(|value| (true, value)).collect())
            }
            // The chain gets shorter, so even a long one is followed to its start.
            Does::Keeps => self.receiver(call, steps.saturating_add(1)),
            Does::Falls => self.falling(call, at, steps),
            Does::Appends => {
                let mut whole = self.receiver(call, steps)?;
                let more = argument(at)?;
                // An absolute path replaces the path before it.
                if more.text().is_some_and(|text| text.starts_with('/')) {
                    return Some(more);
                }
                whole.append(Value::known(&*row.between, call.evidence("a path")));
                whole.append(more);
                Some(whole)
            }
            Does::ParentOf => self.receiver(call, steps).map(Value::parent),
            Does::Flag => self.flag_of(call, steps),
            Does::Temporary => self.temporary(row, call, steps),
            Does::Parent => argument(at).map(Value::parent),
            Does::Home => {
                let evidence = call.evidence("the user's home");
                let mut home = Value::base(Base::Home, evidence.clone());
                if !row.between.is_empty() {
                    home.append(Value::known(&*row.between, evidence.clone()));
                }
                let all = if row.at.is_some() { at..call.arguments().len() } else { 0..0 };
                for number in all {
                    home.append(Value::known("/", evidence.clone()));
                    home.append(argument(number)?);
                }
                Some(home)
            }
            Does::HomeOf => {
                let name = self.receiver(call, steps)?.text()?.to_lowercase();
                let evidence = call.evidence("the user's home");
                let mut home = Value::base(Base::Home, evidence.clone());
                home.append(Value::known(format!("{}/{name}", row.between), evidence));
                Some(home)
            }
            Does::Program => Some(program(&call.file, call.at)),
            Does::Here => Some(Value::known(".", call.evidence("the working directory"))),
            _ => None,
        }
    }

    /// The value below the key that a call reads from its object, or else the stated default: what
    /// another call wrote there, or what the object contains.
    fn asked(&self, row: &CallRow, call: &Call, keys: &[String], steps: u8) -> Option<Value> {
        let file = &call.file;
        let key = self.argument_within(call, row.at?, steps)?.text()?;
        let sets = self.rows.doing(&[Does::Sets]).flat_map(|row| row.names.iter());
        let written = sets.flat_map(|name| self.calls_named(name)).take(MAX_WRITTEN).find(|set| {
            let own = set.file.path == file.path && set.receiver() == call.receiver();
            own && set
                .arguments()
                .first()
                .is_some_and(|one| file.string(one.start).is_some_and(|text| text == key.as_str()))
        });
        let written = written.and_then(|set| set.arguments().get(1).cloned());
        let found = if let Some(value) = written {
            self.eval_below(file, value, keys, steps)
        } else {
            let path: Vec<String> = key.split('.').map(str::to_owned).collect();
            self.eval_below(file, call.on()?, &[&path, keys].concat(), steps)
        };
        let default = row.default.and_then(|at| call.arguments().get(at).cloned());
        let default = default.map(|range| self.eval_below(file, range, keys, steps));
        first_of(std::iter::once(found).chain(default)).filter(|value| !value.is_unknown())
    }

    /// The default of the flag that a call registers.
    pub(super) fn flag_of(&self, call: &Call, steps: u8) -> Option<Value> {
        let row = self.rows_for(call).find(|row| row.does == Does::Flag)?;
        let arguments = call.arguments();
        let flag = call.file.string(arguments.get(row.at?)?.start)?.into_owned();
        let default = self.argument_within(call, row.default?, steps)?;
        let text = default.text();
        // A folder that is known when the program runs: the flag may move it.
        if text.is_none() && default.below().is_some() {
            return Some(default);
        }
        let note = match &text {
            Some(text) => format!("flag --{flag}, `{text}` by default"),
            None => format!("flag --{flag}"),
        };
        let env = default.env().map(str::to_owned);
        let flag = Some(flag).filter(|_| !self.is_of_subcommand(call));
        let empty = text.as_ref().is_some_and(String::is_empty) && env.is_none();
        let mut value = Value::from(Part::setting(text, env, flag, call.evidence(note)));
        if empty {
            // A folder that nobody names is the working directory.
            value.others.push(vec![Part::known("", call.evidence("an empty default"))]);
        }
        Some(value)
    }

    /// True if the flag belongs to one of several flag sets: a subcommand's, which the program
    /// without it rejects.
    fn is_of_subcommand(&self, call: &Call) -> bool {
        call.is_method()
            && call.package().is_none()
            && self.calls_named("NewFlagSet").nth(1).is_some()
    }

    /// The flags that are stored in a variable or field of that name:
    /// `flag.StringVar(&cfg.Addr, "addr", ...)`.
    pub(super) fn registered(
        &self,
        of: impl Fn(&Call) -> bool,
        name: &str,
        steps: u8,
    ) -> impl Iterator<Item = Value> {
        let calls = self.flags_into(name).filter(move |call| of(call));
        calls.filter_map(move |call| self.flag_of(call, steps))
    }

    /// The flag that is stored in the field of a package's variable by that very expression:
    /// `flag.StringVar(&Flags.Dir, "dir", ...)` for `Flags.Dir`, if nothing else sets it.
    pub(super) fn stored(
        &self,
        from: &File,
        owner: &Range<usize>,
        name: &str,
        steps: u8,
    ) -> Option<Value> {
        let root = from.word(owner.start);
        // A name of the function itself is another variable.
        let is_local = |file: &File, at: usize| {
            file.facts().function_at(at).is_some_and(|function| {
                let mut own = file.facts().definitions_of(file, root).iter();
                let parameters = function.parameters..file.closing(function.parameters);
                own.any(|one| function.range.contains(&one.name))
                    || parameters.into_iter().any(|at| file.word(at) == root)
            })
        };
        let same = |call: &&Call| {
            let file = &call.file;
            file.path.parent() == from.path.parent()
                && !is_local(file, call.at)
                && call.arguments().iter().any(|one| {
                    let words = one.clone().skip(1).map(|at| file.word(at));
                    file.word(one.start) == "&"
                        && words.eq(owner.clone().map(|at| from.word(at)).chain([".", name]))
                })
        };
        if from.dialect().indents || is_local(from, owner.start) {
            return None;
        }
        let mut calls = self.flags_into(name).filter(same);
        let (one, None) = (calls.next()?, calls.next()) else { return None };
        let sets = |at: usize, file: &File| {
            let before = |back: usize| at.checked_sub(back).map_or("", |at| file.word(at));
            before(1) == "." && before(2) == from.word(owner.end - 1)
        };
        let assigned = self.fields_of(name).any(|(_, file, definition)| {
            definition.form == Form::Assigned && sets(definition.name, file)
        });
        if assigned { None } else { self.flag_of(one, steps) }
    }

    /// The calls that may refer to a function: by its name and, if packages distinguish functions,
    /// by its package.
    pub(crate) fn callers<'c>(
        &'c self,
        file: &'c Rc<File>,
        function: &'c Function,
    ) -> impl Iterator<Item = Call> + use<'c> {
        let (tails, own) = (file.dialect().tails, file.path.parent());
        let name = file.word(function.name);
        let of = owner_of(file, function).filter(|_| function.method && self.is_shared(name));
        let many = if of.is_some() { MAX_ASKED } else { usize::MAX };
        self.calls_named(name).take(many).filter(move |call| {
            if tails || function.method {
                let other = || {
                    let of = of.as_ref()?;
                    let on = self.type_before(&call.file, call.at - 1)?;
                    // A type without the method may be an interface that this one meets.
                    Some(on != *of && self.owned.has(&on, name))
                };
                return !function.method || call.is_method() && other() != Some(true);
            }
            match call.package().filter(|_| !self.folders.is_empty()) {
                Some(path) => self.folder(path) == own.as_ref(),
                // If the receiver is not a package, the function of that name is a method.
                None if call.is_method() => self.folders.is_empty(),
                None => self.folders.is_empty() || call.file.path.parent() == own,
            }
        })
    }

    /// A flag by its name.
    pub(crate) fn flag_named(&self, name: &str, steps: u8) -> Option<Value> {
        self.doing(&[Does::Flag])
            .filter(|(row, call)| {
                let arguments = call.arguments();
                let range = row.at.and_then(|at| arguments.get(at));
                range.and_then(|range| call.file.string(range.start)).as_deref() == Some(name)
            })
            .find_map(|(_, call)| self.flag_of(&call, steps))
    }

    /// A format with its verbs replaced by the arguments.
    fn formatted(&self, call: &Call, at: usize, steps: u8) -> Option<Value> {
        let format = self.argument_within(call, at, steps)?.text()?;
        if call.file.dialect().tails {
            return self.interpolated(call, &format, at, steps);
        }
        let note = || call.evidence(format!("`{}`", call.name()));
        let (mut whole, mut text, mut next) = (Value::default(), String::new(), at + 1);
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                text.push(c);
                continue;
            }
            let verb = chars.by_ref().find(|c| c.is_ascii_alphabetic() || *c == '%')?;
            if verb == '%' {
                text.push('%');
                continue;
            }
            if !text.is_empty() {
                whole.append(Value::known(std::mem::take(&mut text), note()));
            }
            whole.append(self.argument_within(call, next, steps)?);
            next += 1;
        }
        if !text.is_empty() {
            whole.append(Value::known(text, note()));
        }
        Some(whole)
    }

    /// A format with its placeholders replaced: `{}`, `{name}`, `{0}`.
    fn interpolated(&self, call: &Call, format: &str, at: usize, steps: u8) -> Option<Value> {
        let note = || call.evidence(format!("`{}!`", call.name()));
        let (mut whole, mut rest, mut next) = (Value::default(), format, at + 1);
        while let Some((before, behind)) = rest.split_once('{') {
            if !before.is_empty() {
                whole.append(Value::known(before.replace("}}", "}"), note()));
            }
            if let Some(behind) = behind.strip_prefix('{') {
                whole.append(Value::known("{", note()));
                rest = behind;
                continue;
            }
            let (inner, behind) = behind.split_once('}')?;
            let name = inner.split(':').next().unwrap_or_default().trim();
            let value = if name.is_empty() {
                next += 1;
                self.argument_within(call, next - 1, steps)?
            } else if let Ok(number) = name.parse::<usize>() {
                self.argument_within(call, at + 1 + number, steps)?
            } else {
                self.by_name(&call.file, call.at, name, steps)
            };
            whole.append(value);
            rest = behind;
        }
        if !rest.is_empty() {
            whole.append(Value::known(rest.replace("}}", "}"), note()));
        }
        Some(whole)
    }

    /// A function of the program that reads an environment variable: `getenv("PORT", "8080")`.
    fn env_reader(&self, call: &Call, steps: u8) -> Option<Value> {
        let key = self.argument_within(call, 0, steps)?.text().filter(|key| is_env_name(key))?;
        // The name is a part of the variable's: what the function returns says which.
        if self.is_composed(call) || self.reads_settings(call) {
            return None;
        }
        let reads = call.name().to_ascii_lowercase().contains("env");
        let default = self.argument_within(call, 1, steps).and_then(|value| value.text());
        (reads || default.is_some()).then(|| env(key, default, |note| call.evidence(note)))
    }

    /// True if a function of the program reads settings, and not the environment:
    /// `app.config.get(key, default)`.
    fn reads_settings(&self, call: &Call) -> bool {
        if call.file.dialect().indents
            && call.name() == "get"
            && SETTINGS.contains(&call.receiver())
        {
            return true;
        }
        let mut found = false;
        for file in self.files() {
            let Some(function) = file.facts().function_of(file, call.name()) else { continue };
            let words = || function.range.clone().take(MAX_BODY).map(|at| file.word(at));
            if words().any(|word| word.to_ascii_lowercase().contains("env")) {
                return false;
            }
            let of = function.body..function.range.end.min(function.body + MAX_BODY);
            found |= of.into_iter().any(|at| {
                let reads = file.word(at + 1) == "[" || file.word(at + 2) == "get";
                SETTINGS.contains(&file.word(at)) && reads
            });
        }
        found
    }

    /// True if a function of the program puts a text before or behind the name that it is given:
    /// `os.Getenv("APP_" + name)`.
    fn is_composed(&self, call: &Call) -> bool {
        self.files().any(|file| {
            let Some(function) = file.facts().function_of(file, call.name()) else { return false };
            let words = function.range.clone().take(MAX_BODY);
            let called = words.filter(|&at| file.is_word(at) && file.word(at + 1) == "(");
            called.filter_map(|at| Call::at(file, at)).any(|inner| {
                let reads = self.rows_for(&inner).any(|row| row.does == Does::Environment);
                let name = inner.arguments().first().filter(|_| reads).cloned();
                name.is_some_and(|name| {
                    name.len() > 1 && name.into_iter().any(|at| file.string(at).is_some())
                })
            })
        })
    }

    /// The result of a function of the program: the last known one, and the variable that another
    /// one reads.
    fn returned(&self, call: &Call, steps: u8) -> Option<Value> {
        if call.file.dialect().indents {
            let (file, function) = self.callee(call)?;
            return self.result_with(&file, &function, call, steps);
        }
        let (name, method) = (call.name(), call.is_method() && call.package().is_none());
        let tails = call.file.dialect().tails;
        let local = call.package().and_then(|path| self.folder(path));
        if call.package().is_some() && local.is_none() && !tails {
            return None;
        }
        let own = call.file.path.parent().unwrap_or_default();
        // If several types have a method of that name, its result is unknown unless the type is
        // known.
        let of = (method && !tails).then(|| self.type_before(&call.file, call.at - 1)).flatten();
        if method && !tails && of.is_none() && !self.is_distinct(name) {
            return None;
        }
        let folder = local.or((!method).then_some(&own));
        let files: Vec<_> = match folder {
            Some(folder) if !tails => self.files_in(folder).collect(),
            _ => self.files().collect(),
        };
        for file in files {
            let mut functions = file.facts().functions.iter();
            let has = |f: &&Function| {
                let mut receiver = f.range.start + 1..f.name;
                of.as_ref().is_none_or(|of| receiver.any(|at| file.word(at) == of))
            };
            let found = functions
                .find(|f| (tails || f.method == method) && file.word(f.name) == name && has(f));
            let Some(function) = found else { continue };
            return self.result_with(file, function, call, steps);
        }
        None
    }

    /// The result of a function with the arguments of a call.
    fn result_with(
        &self,
        file: &Rc<File>,
        function: &Function,
        call: &Call,
        steps: u8,
    ) -> Option<Value> {
        let bound = (Rc::as_ptr(file), function.parameters, call.clone());
        self.bound.borrow_mut().push(bound);
        let value = self.result_within(file, function, steps);
        self.bound.borrow_mut().pop();
        value.filter(|value| !value.is_unknown())
    }

    /// The result of a function, as far as its text states it.
    fn result_within(&self, file: &Rc<File>, function: &Function, steps: u8) -> Option<Value> {
        if file.dialect().tails {
            let body = function.parameters..function.range.end;
            return self
                .is_distinct(file.word(function.name))
                .then(|| self.tail_of(file, body, steps))?;
        }
        let returns = function.range.clone().filter(|&at| file.word(at) == "return");
        let values = returns
            .filter_map(|at| Some((true, self.eval(file, result(file, at)?, steps))))
            .collect();
        merge(values)
    }
}

/// The first result after `return`.
fn result(file: &File, at: usize) -> Option<Range<usize>> {
    let mut end = at + 1;
    while end < file.len() && !matches!(file.word(end), ";" | "," | "}") {
        end = if file.is_open(end) { file.closing(end) + 1 } else { end + 1 };
    }
    (end > at + 1).then(|| at + 1..end.min(file.len()))
}
