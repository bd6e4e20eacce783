//! Settings that a program refuses to go without: `if (!url) throw ...`, `if not url: raise ...`.

mod gathered;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::callers::Parameter;
use super::conditions;
use super::facts::Call;
use super::file::File;
use super::functions::Function;
use super::idioms::start_of;
use super::program::Program;
use super::value::{Value, is_env_name};

/// Words that raise an error.
const RAISES: [&str; 2] = ["throw", "raise"];

/// Functions that raise an error unless their first argument holds.
const ASSERTS: [&str; 3] = ["assert", "ok", "invariant"];

/// Methods that call a function for each element of a list.
const EACH: [&str; 6] = ["forEach", "filter", "find", "some", "every", "map"];

/// Functions of a list's length or content.
const SIZES: [&str; 3] = ["len", "any", "bool"];

/// Maximum number of tokens of a condition, and of a block that ends the program.
const MAX_HEAD: usize = 96;
const MAX_BLOCK: usize = 160;

/// Maximum number of elements of a list of names.
const MAX_NAMES: usize = 32;

/// Maximum number of conditions that are examined in one program.
const MAX_CONDITIONS: usize = 2000;

/// Maximum number of the program's own functions that end it.
const MAX_STOPS: usize = 64;

/// Maximum number of loops before a place that are examined.
const MAX_LOOPS: usize = 4;

/// A setting that a program refuses to go without.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// The environment variables. Each of them alone is enough.
    pub names: Vec<String>,
    /// The file that demands it.
    pub file: Rc<File>,
    /// The place: the condition, or the call of the function that has it.
    pub at: usize,
}

/// A condition that ends the program where it holds.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// The file with the condition.
    pub file: Rc<File>,
    /// The place of the `if`.
    pub at: usize,
    /// The condition.
    pub head: Range<usize>,
    /// It raises an error, which a caller may catch.
    pub raises: bool,
}

impl Program<'_> {
    /// Every condition that ends the program, in the order of its files.
    pub(crate) fn endings(&self) -> Vec<Ending> {
        let mut found = Vec::new();
        let stops = self.stops();
        for file in self.files() {
            for (at, head, body) in self.ended(file, &stops) {
                if found.len() >= MAX_CONDITIONS {
                    return found;
                }
                let raises = body.clone().any(|at| RAISES.contains(&file.word(at)));
                found.push(Ending { file: file.clone(), at, head: bare(file, head), raises });
            }
        }
        found
    }

    /// Every `if` of a file whose block ends the program, with its condition and its block.
    fn ended<'f>(
        &'f self,
        file: &'f Rc<File>,
        stops: &'f BTreeSet<String>,
    ) -> impl Iterator<Item = (usize, Range<usize>, Range<usize>)> + 'f {
        let conditions = file.places("if").iter();
        conditions.filter_map(move |&at| {
            let (head, body) = parts(file, at).filter(|(_, body)| self.ends(file, body, stops))?;
            Some((at, head, body))
        })
    }

    /// The program's own functions that end it whenever they are called: `def fatal(text): .. exit(1)`.
    fn stops(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for file in self.files().filter(|file| file.dialect().indents) {
            let exits = self.rows.ending.iter().flat_map(|name| file.places(name));
            for &at in exits.filter(|&&at| file.word(at + 1) == "(") {
                let Some(function) = file.facts().function_at(at) else { continue };
                // Only what stands in the body itself runs at every call.
                let own = file.enclosing(at) == Some(function.body);
                if own && !function.method && all.len() < MAX_STOPS {
                    all.insert(file.word(function.name).to_owned());
                }
            }
        }
        all
    }

    /// Every setting that the program refuses to go without, in the order of its files.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        let mut found = Vec::new();
        let mut left = MAX_CONDITIONS;
        let stops = self.stops();
        for file in self.files() {
            for (at, head, _) in self.ended(file, &stops) {
                left = left.saturating_sub(1);
                if left == 0 {
                    return found;
                }
                self.refused(file, at, head, &mut found);
            }
            self.left_out(file, &mut found);
            for &at in file.places("assert").iter().filter(|_| file.dialect().indents) {
                let whole = at + 1..line_end(file, at);
                let first = file.split(whole, &[","]).into_iter().next();
                if let Some(one) = first {
                    self.needed(file, at, one, &mut found);
                }
            }
            self.otherwise(file, &stops, &mut found);
        }
        for call in ASSERTS.iter().flat_map(|name| self.calls_named(name)) {
            if let Some(one) = call.arguments().into_iter().next() {
                self.needed(&call.file, call.at, one, &mut found);
            }
        }
        found
    }

    /// Adds what stands before a call that ends the program: `process.env.X ?? fail("X")`.
    fn otherwise(&self, file: &Rc<File>, stops: &BTreeSet<String>, found: &mut Vec<Refusal>) {
        let choices = file.dialect().choices;
        if choices.is_empty() {
            return;
        }
        let ends = |function: &&Function| {
            let body = function.body + 1..file.closing(function.body);
            file.word(function.body) == "{"
                && body.len() <= MAX_BLOCK
                && self.ends(file, &body, stops)
        };
        let functions = file.facts().functions.iter().filter(ends);
        let names = functions.map(|function| file.word(function.name));
        let names = self.rows.ending.iter().map(String::as_str).chain(names);
        for name in names.filter(|name| !name.is_empty()).take(MAX_NAMES) {
            for &at in file.places(name).iter().filter(|&&at| file.word(at + 1) == "(") {
                let Some(mark) = start_of(file, at + 1).checked_sub(1) else { continue };
                if choices.contains(&file.word(mark)) {
                    self.needed(file, at, start_of(file, mark)..mark, found);
                }
            }
        }
    }

    /// Adds what a condition that ends the program asks for.
    fn refused(&self, file: &Rc<File>, at: usize, head: Range<usize>, found: &mut Vec<Refusal>) {
        let mut head = bare(file, head);
        let mut conditions = file.split(head.clone(), &["&&", "and"]);
        if conditions.len() > 1 {
            conditions.retain(|one| !self.is_of_image(file, one));
            if let [switch, open] = conditions.as_slice()
                && switch.len() == 1
                && Parameter::around(file, at, file.word(switch.start)).is_some()
                && let Some(operand) = absent(file, &bare(file, open.clone()))
            {
                self.switched(file, at, switch.start, operand, found);
                return;
            }
            let [open] = conditions.as_slice() else { return };
            head = bare(file, open.clone());
        }
        for part in file.split(head, &["||", "or"]) {
            let part = bare(file, part);
            let all = gathered::of(file, &part);
            if !all.is_empty() {
                for one in all {
                    self.needed(file, at, one, found);
                }
            } else if let Some(operand) = absent(file, &part) {
                self.needed(file, at, operand, found);
            } else if let Some(name) = self.unchanged(file, part.clone()) {
                add(found, vec![name], file, at);
            } else {
                self.lacking(file, at, part, found);
            }
        }
    }

    /// Adds the names that calls of a function pass together with the switch that makes it demand
    /// them: `setting("TOKEN", required=True)`.
    fn switched(
        &self,
        file: &Rc<File>,
        at: usize,
        switch: usize,
        operand: Range<usize>,
        found: &mut Vec<Refusal>,
    ) {
        let (range, _) = with_default(file, at, bare(file, operand));
        let Some(name) = self.variable_index(file, &range) else { return };
        let Some(parameter) = Parameter::around(file, name, file.word(name)) else { return };
        for passed in self.passed_for(&parameter).into_iter().filter(|one| one.key.is_none()) {
            let calls = &passed.file;
            let Some(open) = calls.enclosing(passed.argument.start) else { continue };
            let turns_on = |one: &Range<usize>| {
                one.len() == 3
                    && calls.word(one.start) == file.word(switch)
                    && calls.word(one.start + 2) == "True"
            };
            let key = self.value(calls, passed.argument.clone()).text();
            if let Some(key) = key.filter(|_| calls.elements(open).iter().any(turns_on)) {
                add(found, vec![key], calls, passed.argument.start);
            }
        }
    }

    /// True if the image's own environment makes a condition hold: `NODE_ENV === "production"`, or a
    /// name that stands for it.
    fn is_of_image(&self, file: &Rc<File>, condition: &Range<usize>) -> bool {
        let whole = match condition.len() {
            1 => match file.facts().definitions_of(file, file.word(condition.start)) {
                [one] => Some(one.value.clone()),
                _ => None,
            },
            _ => Some(condition.clone()),
        };
        let Some(whole) = whole.map(|whole| bare(file, whole)) else { return false };
        let Some((value, text)) = self.compared(file, whole) else { return false };
        let set = value.env().and_then(|name| self.rows.set.get(name));
        set.is_some_and(|set| *text == **set)
    }

    /// The value that a condition compares with a text, and the text: `secret == "changeme"`.
    fn compared<'f>(
        &self,
        file: &'f Rc<File>,
        condition: Range<usize>,
    ) -> Option<(Value, Cow<'f, str>)> {
        let sides = file.split(condition, &["==", "==="]);
        let [left, right] = sides.as_slice() else { return None };
        let (value, text) = if right.len() == 1 { (left, right) } else { (right, left) };
        let text = file.string(text.start).filter(|_| text.len() == 1)?;
        Some((self.value(file, value.clone()), text))
    }

    /// The variable whose default a condition asks for: `secret == "changeme"`.
    pub(crate) fn unchanged(&self, file: &Rc<File>, condition: Range<usize>) -> Option<String> {
        let (value, text) = self.compared(file, condition)?;
        let name = value.env().filter(|_| value.text().as_deref() == Some(&*text));
        name.map(str::to_owned)
    }

    /// Adds the variable behind an expression that must have a value.
    fn needed(&self, file: &Rc<File>, at: usize, operand: Range<usize>, found: &mut Vec<Refusal>) {
        let operand = bare(file, operand);
        // `"NAME" in os.environ`
        if let Some((name, _)) = self.asked_in(file, &operand) {
            match file.string(name) {
                Some(text) => add(found, vec![text.into_owned()], file, at),
                None => self.each_name(file, at, name, found),
            }
            return;
        }
        let (range, default) = with_default(file, at, operand);
        // An empty default is none: `process.env.X || ""`.
        let is_empty = |one: &Range<usize>| {
            one.len() == 1 && file.string(one.start).is_some_and(|text| text.is_empty())
        };
        let default = default.filter(|one| !is_empty(one));
        if let Some(name) = self.variable_index(file, &range) {
            if default.is_none() || is_parameter(file, default.as_ref()) {
                self.each_name(file, at, name, found);
            }
            return;
        }
        let whole = default.map_or(range.clone(), |default| range.start..default.end);
        let value = self.value(file, whole);
        if value.text().is_none() && value.env().is_some() {
            let mut names: Vec<String> = Vec::new();
            for name in value.variables().filter(|name| is_env_name(name)) {
                if !names.iter().any(|held| held == name) {
                    names.push(name.to_owned());
                }
            }
            let all = value.alternatives().all(|one| one.env().is_some() && one.text().is_none());
            if all {
                add(found, names, file, at);
            }
        }
    }

    /// Adds the names of a list that is made of the missing ones: `missing.length`, where `missing`
    /// is `names.filter((name) => !process.env[name])`.
    fn lacking(&self, file: &Rc<File>, at: usize, part: Range<usize>, found: &mut Vec<Refusal>) {
        let sized = SIZES.contains(&file.word(part.start)) && file.word(part.start + 1) == "(";
        let name = part.start + if sized { 2 } else { 0 };
        if !file.is_word(name) || part.len() > 6 {
            return;
        }
        let Some(made) = definition(file, name, at) else { return };
        let mut indexed = made.clone().filter_map(|at| {
            let end = match file.word(at) {
                "]" | ")" => at + 1,
                _ => return None,
            };
            self.variable_index(file, &(start_of(file, file.opening(at))..end))
        });
        if let Some(name) = indexed.next() {
            self.each_name(file, at, name, found);
            return;
        }
        // `[n for n in NAMES if n not in os.environ]`
        for &of in file.places("environ").iter().filter(|&&of| made.contains(&of)) {
            let from = (made.start..of).rev().take(5).find(|&at| file.word(at) == "in");
            let name =
                from.and_then(|at| at.checked_sub(if file.word(at - 1) == "not" { 2 } else { 1 }));
            if let Some(name) = name.filter(|&name| file.is_word(name)) {
                self.each_name(file, at, name, found);
            }
        }
    }

    /// Adds every name that a word stands for: the elements of the list that a loop goes through,
    /// or what callers of the function pass.
    fn each_name(&self, file: &Rc<File>, at: usize, name: usize, found: &mut Vec<Refusal>) {
        let word = file.word(name);
        if let Some(list) = looped(file, name) {
            for key in texts(file, list) {
                add(found, vec![key], file, at);
            }
            return;
        }
        let Some(parameter) = Parameter::around(file, name, word) else { return };
        for passed in self.passed_for(&parameter) {
            let Some(open) = passed.file.enclosing(passed.argument.start) else { continue };
            // A second argument may be the default.
            if passed.key.is_some() || passed.file.elements(open).len() != 1 {
                continue;
            }
            if let Some(key) = self.value(&passed.file, passed.argument.clone()).text() {
                add(found, vec![key], &passed.file, passed.argument.start);
            }
        }
    }

    /// The position of the name in `process.env[name]` or `os.getenv(name)`, where it is no text.
    fn variable_index(&self, file: &Rc<File>, range: &Range<usize>) -> Option<usize> {
        let last = range.end.checked_sub(1).filter(|last| *last > range.start)?;
        let open = file.opening(last);
        let inside = file.elements(open).into_iter().next()?;
        let head: String = (range.start..open).take(8).map(|at| file.word(at)).collect();
        let reads = match file.word(open) {
            "[" => self.rows.environment.contains(&head.trim_end_matches("?.").to_owned()),
            "(" => {
                let named = |of: &String| head == format!("{of}.get") || head.ends_with("getenv");
                file.elements(open).len() == 1 && self.rows.environment.iter().any(named)
            }
            _ => false,
        };
        (reads && inside.len() == 1 && file.is_word(inside.start)).then_some(inside.start)
    }

    /// True if a block ends the program, whatever happens in it.
    fn ends(&self, file: &Rc<File>, body: &Range<usize>, stops: &BTreeSet<String>) -> bool {
        let around = file.enclosing(body.start);
        // A method of the same name is another one.
        let plain = |at: usize| at.checked_sub(1).is_none_or(|before| file.word(before) != ".");
        let own = |word: &str| {
            file.import_of(word).is_some() || file.facts().function_of(file, word).is_some()
        };
        body.clone().any(|at| {
            let word = file.word(at);
            let ends = RAISES.contains(&word)
                || file.word(at + 1) == "("
                    && (self.rows.ending.iter().any(|end| end == word)
                        || stops.contains(word) && plain(at) && own(word));
            ends && file.enclosing(at) == around
        })
    }
}

impl File {
    /// The position of the method that calls a function for each element of a list:
    /// `list.forEach((name) => { ... })`.
    pub(crate) fn method_of_each(&self, function: &Function) -> Option<usize> {
        let at = self.enclosing(function.range.start)?.checked_sub(1)?;
        EACH.contains(&self.word(at)).then_some(at)
    }
}

/// Adds a setting, unless one of the names is none of the environment.
fn add(found: &mut Vec<Refusal>, names: Vec<String>, file: &Rc<File>, at: usize) {
    if !names.is_empty() && names.iter().all(|name| is_env_name(name)) {
        found.push(Refusal { names, file: file.clone(), at });
    }
}

/// The condition of an `if`, and the tokens of its block without the brackets.
fn parts(file: &File, at: usize) -> Option<(Range<usize>, Range<usize>)> {
    let first = at + 1;
    let (head, body) = if file.dialect().indents {
        let mut end = first;
        while file.word(end) != ":" {
            if end - first > MAX_HEAD || file.is_line_end(end) {
                return None;
            }
            end = if file.is_open(end) { file.closing(end) } else { end } + 1;
        }
        (first..end, end + 1)
    } else {
        let close = Some(file.closing(first)).filter(|_| file.word(first) == "(")?;
        (first + 1..close, close + 1)
    };
    let inside = if file.word(body) == "{" {
        body + 1..file.closing(body)
    } else {
        body..line_end(file, body)
    };
    let short = head.len() <= MAX_HEAD && !head.is_empty();
    short.then(|| (head, inside.start..inside.end.min(inside.start + MAX_BLOCK)))
}

/// The end of the statement that begins at a position.
fn line_end(file: &File, from: usize) -> usize {
    let mut at = from;
    while at < file.len() && at - from < MAX_BLOCK && !matches!(file.word(at), ";" | "}") {
        at = if file.is_open(at) { file.closing(at) } else { at } + 1;
    }
    at
}

/// An expression without the brackets around it, or the name that it is given to.
fn bare(file: &File, mut range: Range<usize>) -> Range<usize> {
    while range.len() > 2
        && file.word(range.start) == "("
        && file.closing(range.start) + 1 == range.end
    {
        range = range.start + 1..range.end - 1;
    }
    // `(url := os.getenv("URL"))`
    if file.dialect().indents && file.word(range.start + 1) == ":=" {
        range.start += 2;
    }
    range
}

/// The operand that a condition asks for, if it holds where there is no value.
fn absent(file: &File, part: &Range<usize>) -> Option<Range<usize>> {
    let start = part.start;
    match file.word(start) {
        "!" | "not" if part.len() > 1 => return Some(start + 1..part.end),
        _ => {}
    }
    let sides = file.split(part.clone(), &["in"]);
    if let [name, _] = sides.as_slice() {
        let not = name.len() == 2 && file.word(name.end - 1) == "not";
        return not.then(|| part.clone());
    }
    let mut sides = file.split(part.clone(), &["==", "===", "is"]).into_iter();
    let (left, right, more) = (sides.next()?, sides.next()?, sides.next());
    let nothing = |side: &Range<usize>| {
        let word = file.word(side.start);
        let text = file.string(side.start);
        side.len() == 1
            && (matches!(word, "null" | "undefined" | "None")
                || text.is_some_and(|text| matches!(&*text, "" | "undefined")))
    };
    if more.is_some() {
        return None;
    }
    let side = if nothing(&right) { left } else { Some(right).filter(|_| nothing(&left))? };
    let typed = usize::from(file.word(side.start) == "typeof");
    Some(side.start + typed..side.end)
}

/// The value of a name that is defined once before a position in the same function.
fn definition(file: &File, name: usize, at: usize) -> Option<Range<usize>> {
    let function = |at: usize| file.facts().function_at(at).map(|function| function.parameters);
    let all = file.facts().definitions_of(file, file.word(name));
    let mut own = all
        .iter()
        .filter(|d| d.form.is_variable() && d.name < at && function(d.name) == function(at));
    let last = own.next_back()?;
    let plain = last.form != super::Form::Taken && !conditions::is_conditional(file, last.name);
    (plain && own.next_back().is_none()).then(|| last.value.clone())
}

/// The texts of a list: a literal, or a name that is defined as one.
fn texts(file: &Rc<File>, list: Range<usize>) -> Vec<String> {
    let list = match list.len() {
        1 => match file.facts().definitions_of(file, file.word(list.start)) {
            [one] => one.value.clone(),
            _ => return Vec::new(),
        },
        _ => list,
    };
    let open = list.clone().find(|&at| {
        let first = at + 1;
        matches!(file.word(at), "[" | "(" | "{") && file.string(first).is_some()
    });
    let Some(open) = open else { return Vec::new() };
    let all = file.elements(open).into_iter().take(MAX_NAMES);
    let text = |one: Range<usize>| file.string(one.start).filter(|_| one.len() == 1);
    all.filter_map(|one| text(one).map(Cow::into_owned)).collect()
}

/// The value that a local name has, apart from its default: `process.env.X ?? fallback`.
fn with_default(
    file: &Rc<File>,
    at: usize,
    operand: Range<usize>,
) -> (Range<usize>, Option<Range<usize>>) {
    let known = (operand.len() == 1 && file.is_word(operand.start))
        .then(|| definition(file, operand.start, at));
    let range = known.flatten().unwrap_or(operand);
    let choices = file.dialect().choices;
    let mut all = file.split(range.clone(), choices).into_iter();
    match (all.next(), all.next(), all.next()) {
        (Some(first), Some(second), None) if !choices.is_empty() => (first, Some(second)),
        _ => (range, None),
    }
}

/// True if an expression is a parameter of a function around it.
fn is_parameter(file: &Rc<File>, range: Option<&Range<usize>>) -> bool {
    range.is_some_and(|range| {
        range.len() == 1 && Parameter::around(file, range.start, file.word(range.start)).is_some()
    })
}

/// The list that a loop goes through with a name: `for (const name of list)`, `for name in list`,
/// `list.forEach((name) => ..)`.
fn looped(file: &Rc<File>, name: usize) -> Option<Range<usize>> {
    let word = file.word(name);
    let loops = file.places("for");
    let before = loops.partition_point(|&at| at < name);
    let mark = if file.dialect().indents { "in" } else { "of" };
    for &at in loops[..before].iter().rev().take(MAX_LOOPS) {
        let list = head_of_loop(file, at, mark, word);
        // Behind the list: `:` or `)`, then the block.
        let body = list.as_ref().map_or(name, |list| list.end + 1);
        let end = if file.word(body) == "{" { file.closing(body) } else { line_end(file, body) };
        if list.is_some() && (body..end).contains(&name) {
            return list;
        }
    }
    // `[n for n in names if not os.environ.get(n)]`: the name may stand before the loop.
    let open = file.enclosing(name).and_then(|inner| file.enclosing(inner)).into_iter();
    let opens = open.chain(file.enclosing(name));
    for open in opens.filter(|_| file.dialect().indents) {
        let inside = |at: &&usize| **at > open && **at < file.closing(open);
        let list = loops.iter().filter(inside).find_map(|&at| head_of_loop(file, at, mark, word));
        if list.is_some() {
            return list;
        }
    }
    let functions = file.facts().functions_around(name).take(2);
    let mut lists = functions.filter_map(|function| {
        let first = file.elements(function.parameters).into_iter().next();
        let own = first.is_some_and(|one| file.word(one.start) == word)
            || file.word(function.parameters) == word;
        Call::at(file, file.method_of_each(function).filter(|_| own)?)?.on()
    });
    lists.next()
}

/// The list in the head of a loop over it with that name.
fn head_of_loop(file: &File, at: usize, mark: &str, name: &str) -> Option<Range<usize>> {
    let (from, end) = if file.word(at + 1) == "(" && mark == "of" {
        (at + 2, file.closing(at + 1))
    } else if mark == "in" {
        let mut end = at + 1;
        while end - at < MAX_HEAD && !matches!(file.word(end), ":" | ";" | "if" | "]" | ")" | "}") {
            end = if file.is_open(end) { file.closing(end) } else { end } + 1;
        }
        (at + 1, end)
    } else {
        return None;
    };
    let of = (from..end.min(from + 6)).find(|&at| file.word(at) == mark)?;
    let own = of.checked_sub(1).is_some_and(|at| file.word(at) == name);
    (own && of + 1 < end).then_some(of + 1..end)
}
