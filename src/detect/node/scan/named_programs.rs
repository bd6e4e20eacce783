//! The texts to which an expression may lead, through lists, loops, patterns and the callers of a
//! function: `for (const [name, ...args] of COMMANDS) spawn(name, args)`. The shared evaluator asks
//! for one value; a program that starts any of several needs all of them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use crate::code::{File, Form, Program};

/// How many expressions are looked at for one question, and how far one leads to another.
const MAX_LOOKS: usize = 160;
const MAX_DEPTH: u8 = 9;

/// How many places of one name, callers of one function, and tokens of a value.
const MAX_PLACES: usize = 24;
const MAX_VALUE: usize = 400;

/// Methods whose function gets each element of a list.
const EACH: [&str; 8] =
    ["forEach", "map", "flatMap", "filter", "find", "some", "every", "findLast"];

/// Methods that return some elements of their list.
const PARTS: [&str; 6] = ["filter", "slice", "concat", "reverse", "sort", "flat"];

/// A key or a number below an expression; `None` for any of its elements.
type Key = Option<String>;

/// The texts, sorted.
pub(super) fn texts(code: &Program, file: &Rc<File>, range: Range<usize>) -> BTreeSet<String> {
    let mut search = Search { code, left: MAX_LOOKS, found: BTreeSet::new() };
    search.look(file, range, &[], MAX_DEPTH);
    search.found
}

struct Search<'c, 'r> {
    code: &'c Program<'r>,
    left: usize,
    found: BTreeSet<String>,
}

impl Search<'_, '_> {
    /// Adds the texts below `keys` of an expression.
    fn look(&mut self, file: &Rc<File>, mut range: Range<usize>, keys: &[Key], depth: u8) {
        let (Some(left), Some(depth)) = (self.left.checked_sub(1), depth.checked_sub(1)) else {
            return;
        };
        self.left = left;
        while range.len() > 2
            && file.word(range.start) == "("
            && file.closing(range.start) + 1 == range.end
        {
            range = range.start + 1..range.end - 1;
        }
        if range.is_empty() {
            return;
        }
        if file.word(range.start) == "..." {
            return self.look(file, range.start + 1..range.end, &below(Some("0"), keys), depth);
        }
        for marks in [&["||", "??"][..], &["?", ":"][..]] {
            let parts = file.split(range.clone(), marks);
            if parts.len() > 1 && file.word(range.start) != "{" {
                // The condition of `a ? b : c` is none of its values.
                let skip = usize::from(marks[0] == "?");
                for part in parts.into_iter().skip(skip) {
                    self.look(file, part, keys, depth);
                }
                return;
            }
        }
        let last = range.end - 1;
        match file.word(last) {
            "}" | "]" if file.opening(last) == range.start => {
                self.in_literal(file, range.start, keys, depth);
            }
            "]" => {
                let open = file.opening(last);
                let stated = file.string(open + 1).map(std::borrow::Cow::into_owned);
                let number = file.word(open + 1).parse::<usize>().ok().map(|n| n.to_string());
                let key = stated.or(number).filter(|_| last == open + 2);
                self.look(file, range.start..open, &below(key.as_deref(), keys), depth);
            }
            ")" => self.in_call(file, range, keys, depth),
            name if range.len() > 2 && matches!(file.word(last - 1), "." | "?.") => {
                self.look(file, range.start..last - 1, &below(Some(name), keys), depth);
            }
            _ if range.len() == 1 && file.is_word(last) => self.named(file, last, keys, depth),
            _ if keys.is_empty() => self.found.extend(file.string(range.start).map(Into::into)),
            _ => {}
        }
    }

    /// The texts below `keys` in an array or an object.
    fn in_literal(&mut self, file: &Rc<File>, open: usize, keys: &[Key], depth: u8) {
        let Some((key, rest)) = keys.split_first() else { return };
        let list = file.word(open) == "[";
        if let (Some(key), false) = (key, list) {
            if let Some(stated) = file.property(open, key) {
                self.look(file, stated, rest, depth);
            }
            return;
        }
        let number = key.as_ref().and_then(|key| key.parse::<usize>().ok());
        for (at, one) in file.elements(open).into_iter().enumerate().take(MAX_PLACES) {
            let wanted = number.is_none_or(|number| number == at);
            if file.word(one.start) == "..." {
                self.look(file, one.start + 1..one.end, keys, depth);
            } else if wanted {
                let keyed = !list && file.word(one.start + 1) == ":";
                let from = one.start + if keyed { 2 } else { 0 };
                self.look(file, from..one.end, rest, depth);
            }
        }
    }

    /// The texts below `keys` in the result of a call.
    fn in_call(&mut self, file: &Rc<File>, range: Range<usize>, keys: &[Key], depth: u8) {
        let open = file.opening(range.end - 1);
        let Some(name) = open.checked_sub(1).filter(|name| *name >= range.start) else { return };
        let on = range.start..name.saturating_sub(1).max(range.start);
        let first = file.elements(open).into_iter().next();
        match (file.word(name), keys.split_first(), first) {
            // The first word of the text.
            ("split", Some((Some(key), [])), _) if key == "0" => self.look(file, on, &[], depth),
            ("values", Some((_, rest)), Some(of)) if file.word(on.start) == "Object" => {
                self.look(file, of, &below(None, rest), depth);
            }
            // The value of an entry.
            ("entries", Some((_, [Some(key), rest @ ..])), Some(of))
                if file.word(on.start) == "Object" && key == "1" =>
            {
                self.look(file, of, &below(None, rest), depth);
            }
            ("find" | "at" | "shift" | "pop", _, _) if !on.is_empty() => {
                self.look(file, on, &below(None, keys), depth);
            }
            (part, Some((_, rest)), _) if PARTS.contains(&part) && !on.is_empty() => {
                self.look(file, on, &below(None, rest), depth);
            }
            _ => {}
        }
    }

    /// The texts below `keys` of the name at a position.
    fn named(&mut self, file: &Rc<File>, at: usize, keys: &[Key], depth: u8) {
        let name = file.word(at);
        for function in file.facts().functions_around(at) {
            let all = file.elements(function.parameters);
            let given = all.iter().enumerate().find_map(|(number, one)| {
                Some((number, [keys_to(file, one.start, name)?, keys.to_vec()].concat()))
            });
            if let Some((number, keys)) = given {
                let one = all[number].clone();
                if file.word(one.start + 1) == "=" {
                    self.look(file, one.start + 2..one.end, &keys, depth);
                }
                return self.handed(file, function.parameters, number, &keys, depth);
            }
        }
        if let Some((list, keys)) = looped(file, at, keys).or_else(|| taken(file, at, keys)) {
            return self.look(file, list, &keys, depth);
        }
        let made = file.facts().definitions_of(file, name).iter();
        let made: Vec<_> = made.filter(|made| made.form.is_variable()).take(MAX_PLACES).collect();
        for made in &made {
            let key = match made.form {
                Form::Taken if file.word(made.name - 1) == ":" => Some(file.word(made.name - 2)),
                Form::Taken => Some(name),
                _ => None,
            };
            let keys = key.map_or(keys.to_vec(), |key| below(Some(key), keys));
            self.look(file, made.value.clone(), &keys, depth);
        }
        if made.is_empty() {
            self.imported(file, name, keys, depth);
        }
    }

    /// What the callers of the function with these parameters give for one of them.
    fn handed(
        &mut self,
        file: &Rc<File>,
        parameters: usize,
        number: usize,
        keys: &[Key],
        depth: u8,
    ) {
        let around = file.enclosing(parameters).filter(|open| file.word(*open) == "(");
        let method = around.and_then(|open| open.checked_sub(1)).map_or("", |at| file.word(at));
        if let Some(open) = around.filter(|open| *open > 2 && EACH.contains(&method)) {
            if number == 0 {
                let list = receiver(file, open - 2);
                self.look(file, list, &below(None, keys), depth);
            }
            return;
        }
        let Some(function) = file.facts().functions.iter().find(|f| f.parameters == parameters)
        else {
            return;
        };
        let (code, name) = (self.code, file.word(function.name));
        if !file.is_word(function.name) {
            return;
        }
        let calls = code.calls_named(name).filter(|call| !call.is_head_of(file, function));
        // A method of that name may be another object's.
        let ours = |call: &crate::code::Call| {
            let word = if call.is_method() { call.receiver() } else { name };
            let module = call.file.imported(word).and_then(|module| call.file.modules.get(module));
            let own = call.file.path == file.path && (!call.is_method() || word == "this");
            own || module.is_some()
        };
        for call in calls.filter(ours).take(MAX_PLACES) {
            if let Some(argument) = call.arguments().get(number).cloned() {
                self.look(&call.file, argument, keys, depth);
            }
        }
    }

    /// The texts below `keys` of what another file exports.
    fn imported(&mut self, file: &Rc<File>, name: &str, keys: &[Key], depth: u8) {
        let Some(import) = file.import_of(name) else { return };
        let Some(path) = file.modules.get(&import.path) else { return };
        let code = self.code;
        let Some(target) = code.files().find(|file| file.path == *path) else { return };
        let (export, keys) = match import.export.as_deref() {
            Some("default") | None => (target.whole_export(), keys.to_vec()),
            Some(export) => match target.named_export(export) {
                Some(range) => (Some(range), keys.to_vec()),
                None => (target.whole_export(), below(Some(export), keys)),
            },
        };
        if let Some(range) = export {
            self.look(target, range, &keys, depth);
        }
    }
}

fn below(key: Option<&str>, keys: &[Key]) -> Vec<Key> {
    let mut all = vec![key.map(str::to_owned)];
    all.extend_from_slice(keys);
    all
}

/// The keys from a pattern, or from a plain name, to a name in it: `[name, ...rest]`,
/// `{ bin: name }`.
fn keys_to(file: &File, at: usize, name: &str) -> Option<Vec<Key>> {
    match file.word(at) {
        "[" => file.elements(at).into_iter().enumerate().find_map(|(number, one)| {
            let inner = keys_to(file, one.start, name)?;
            Some([vec![Some(number.to_string())], inner].concat())
        }),
        "{" => file.elements(at).into_iter().find_map(|one| {
            let renamed = file.word(one.start + 1) == ":";
            let inner = keys_to(file, one.start + if renamed { 2 } else { 0 }, name)?;
            Some([vec![Some(file.word(one.start).to_owned())], inner].concat())
        }),
        word => (word == name).then(Vec::new),
    }
}

/// The list of the loop around a place that declares its name, and the keys below the list:
/// `for (const [name] of LIST) {`.
fn looped(file: &File, at: usize, keys: &[Key]) -> Option<(Range<usize>, Vec<Key>)> {
    let name = file.word(at);
    let before = file.places(name).iter().rev().filter(|place| **place < at);
    before.take(MAX_PLACES).find_map(|&place| {
        let mut open = file.enclosing(place)?;
        while matches!(file.word(open), "[" | "{") {
            open = file.enclosing(open)?;
        }
        let close = file.closing(open);
        let word = |back: usize| open.checked_sub(back).map_or("", |at| file.word(at));
        let loops = word(1) == "for" || word(1) == "await" && word(2) == "for";
        let body = file.word(close + 1) != "{" || at < file.closing(close + 1);
        let of = (place..close).find(|&at| file.word(at) == "of")?;
        let keys = [keys_to(file, open + 2, name)?, keys.to_vec()].concat();
        (loops && at > close && body).then(|| (of + 1..close, below(None, &keys)))
    })
}

/// The value of the array pattern that declares a name, and the keys below it:
/// `const [name, ...rest] = LINE`.
fn taken(file: &File, at: usize, keys: &[Key]) -> Option<(Range<usize>, Vec<Key>)> {
    let name = file.word(at);
    let before = file.places(name).iter().rev().filter(|place| **place < at);
    before.take(MAX_PLACES).find_map(|&place| {
        let open = file.enclosing(place).filter(|open| file.word(*open) == "[")?;
        let equals = file.closing(open) + 1;
        let declares = open.checked_sub(1).map_or("", |at| file.word(at));
        if file.word(equals) != "=" || !matches!(declares, "const" | "let" | "var") {
            return None;
        }
        let mut end = equals + 1;
        while end < equals + MAX_VALUE && !matches!(file.word(end), ";" | "," | "}" | ")" | "") {
            end = file.closing(end) + 1;
        }
        let keys = [keys_to(file, open, name)?, keys.to_vec()].concat();
        Some((equals + 1..end, keys))
    })
}

/// True for a name that a function receives, if the function is no method: of a method's callers, the
/// shared evaluator asks.
pub(super) fn is_handed(file: &File, at: usize) -> bool {
    let name = file.word(at);
    let mut around = file.facts().functions_around(at);
    around.any(|function| {
        let mut all = file.elements(function.parameters).into_iter();
        let plain = file.class_around(function.parameters) == (0..file.len());
        plain && all.any(|one| keys_to(file, one.start, name).is_some())
    })
}

/// The expression before the dot at a position.
pub(super) fn receiver(file: &File, dot: usize) -> Range<usize> {
    let mut start = dot;
    for _ in 0..MAX_PLACES {
        let Some(last) = start.checked_sub(1) else { break };
        if file.is_word(last) || matches!(file.word(last), "." | "?.") {
            start = last;
        } else if matches!(file.word(last), ")" | "]") {
            start = file.opening(last);
        } else {
            break;
        }
    }
    start..dot
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    fn packages(source: &str, run: &str) -> String {
        let source = format!("const cp = require('child_process');\n{source}");
        let files = [("package.json", "{}"), ("index.js", source.as_str()), ("run.js", run)];
        let found = scanned(&files);
        let mut keys: Vec<_> = found.packages.iter().map(|held| held.value.clone()).collect();
        keys.sort();
        let said = found.findings.iter().filter(|one| one.code.as_str() == "command-unknown");
        keys.extend(said.map(|one| one.what.clone()));
        keys.join(" ")
    }

    #[test]
    fn every_program_of_a_list_is_named() {
        for source in [
            "const all = [['ffmpeg', '-i'], ['curl', 'x']]; for (const [cmd, ...args] of all) cp.spawn(cmd, args)",
            "const all = ['ffmpeg', 'curl']; for (let i = 0; i < 2; i++) { cp.spawn(all[i], []) }",
            "const all = { a: { bin: 'ffmpeg' }, b: { bin: 'curl' } }; const one = all[kind]; cp.execFile(one.bin, [])",
            "['ffmpeg', 'curl'].forEach((name) => cp.spawn(name))",
            "const all = { a: 'ffmpeg', b: 'curl' }; for (const [key, cmd] of Object.entries(all)) { cp.spawn(cmd) }",
            "const [a, ...b] = 'ffmpeg -i x'.split(' '); cp.spawn(a, b); const [c] = ['curl', 'x']; cp.spawn(c)",
            "const run = (cmd, args) => cp.spawn(cmd, args); run('ffmpeg', []); run('curl', [])",
            "const all = [{ cmd: 'ffmpeg' }, { cmd: 'curl' }]; all.map(({ cmd }) => cp.spawn(cmd))",
            "cp.spawn(fast ? 'ffmpeg' : 'curl')",
            "const line = ['ffmpeg', 'x']; cp.spawn(...line); cp.spawn('curl')",
        ] {
            assert_eq!(packages(source, ""), "curl ffmpeg", "{source}");
        }
        let other = "const { run } = require('./run'); run('ffmpeg', []); run('curl', [])";
        let run = "const { spawn } = require('child_process'); exports.run = (cmd, args) => spawn(cmd, args);";
        assert_eq!(packages(other, run), "curl ffmpeg");
    }

    #[test]
    fn what_is_none_of_the_started_programs_is_not_named() {
        for source in [
            "const exec = (cmd) => cp.spawn(cmd); db.exec('vacuum x'); /a/.exec('tidy')",
            "const all = [['git', 'log']]; for (const [cmd, ...args] of all) console.log(cmd)",
            "const list = { a: ['node', 'x'] }; for (const [cmd, ...args] of Object.values(list)) cp.spawn(cmd, args)",
        ] {
            assert_eq!(packages(source, ""), "", "{source}");
        }
    }
}
