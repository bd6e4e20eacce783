//! The functions of a program and who calls them, for what ends a program: the absence of a
//! variable travels through them as an error or as `None`.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Code;
use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;

/// How many tokens the head of a function may have.
const MAX_HEAD: usize = 400;

/// How many functions before a place are searched for the one around it.
const MAX_BEFORE: usize = 64;

/// How many calls of one name are looked at.
const MAX_CALLS: usize = 64;

/// How many tokens before a brace are searched for the keyword that it belongs to.
const MAX_CONDITION: usize = 60;

/// How many tokens of an argument are searched for the mark of a closure.
const MAX_CLOSURE: usize = 64;

/// A function with a body.
pub(super) struct Function<'c> {
    pub(super) file: &'c SourceFile,
    pub(super) name: usize,
    /// The type whose `impl` holds it.
    pub(super) of: Option<&'c str>,
    /// The opening bracket of the parameters.
    parameters: usize,
    /// From the opening brace to the closing one.
    pub(super) body: Range<usize>,
}

/// All functions of a program.
pub(super) struct Functions<'c> {
    all: Vec<Function<'c>>,
    /// Their indices by file, in the order of the text.
    files: BTreeMap<*const SourceFile, Range<usize>>,
    /// Their indices by name.
    named: BTreeMap<&'c str, Vec<usize>>,
    /// How many functions have a name, by the type whose `impl` holds them.
    counts: BTreeMap<(&'c str, Option<&'c str>), usize>,
    /// Calls by the name of the function, as places of that name.
    calls: BTreeMap<&'c str, Vec<(&'c SourceFile, usize)>>,
    /// Texts of constants by their name; `None` if several constants differ.
    constants: BTreeMap<&'c str, Option<String>>,
}

impl<'c> Functions<'c> {
    pub(super) fn new(code: &'c Code<'c>) -> Self {
        let mut new = Self {
            all: Vec::new(),
            files: BTreeMap::new(),
            named: BTreeMap::new(),
            counts: BTreeMap::new(),
            calls: BTreeMap::new(),
            constants: BTreeMap::new(),
        };
        for file in code.files {
            let from = new.all.len();
            new.read(file);
            new.files.insert(std::rc::Rc::as_ptr(file), from..new.all.len());
        }
        for (number, function) in new.all.iter().enumerate() {
            let name = function.file.word(function.name);
            new.named.entry(name).or_default().push(number);
            *new.counts.entry((name, function.of)).or_default() += 1;
        }
        for file in code.files {
            for at in 0..file.len() {
                let defined = at > 0 && file.is(at - 1, "fn");
                if file.kind(at) == Some(Kind::Word)
                    && !defined
                    && new.named.contains_key(file.word(at))
                    && arguments(file, at).is_some()
                {
                    new.calls.entry(file.word(at)).or_default().push((file, at));
                }
            }
        }
        new
    }

    fn read(&mut self, file: &'c SourceFile) {
        // The types of the `impl` blocks around the position, with their ends.
        let mut types: Vec<(usize, &str)> = Vec::new();
        for at in 0..file.len() {
            while types.last().is_some_and(|(end, _)| *end <= at) {
                types.pop();
            }
            match file.word(at) {
                "impl" if file.is(at, "impl") => types.extend(implemented(file, at)),
                "fn" if file.is(at, "fn") && file.kind(at + 1) == Some(Kind::Word) => {
                    let of = types.last().map(|(_, of)| *of);
                    self.all.extend(function(file, at + 1, of));
                }
                "const" | "static" if file.is(at + 2, ":") => {
                    let equals = (at + 3..at + 12).find(|n| file.is(*n, "="));
                    let text = equals.and_then(|n| file.string(n + 1));
                    if let Some(text) = text {
                        let held = self.constants.entry(file.word(at + 1));
                        held.and_modify(|held| {
                            if held.as_deref() != Some(&*text) {
                                *held = None;
                            }
                        })
                        .or_insert_with(|| Some(text.into_owned()));
                    }
                }
                _ => {}
            }
        }
    }

    /// The function around a place.
    pub(super) fn around(&self, file: &SourceFile, at: usize) -> Option<&Function<'c>> {
        let own = self.all.get(self.files.get(&std::ptr::from_ref(file))?.clone())?;
        let before = own.partition_point(|one| one.body.start < at);
        let mut before = own[..before].iter().rev().take(MAX_BEFORE);
        before.find(|one| one.body.contains(&at))
    }

    /// The calls that surely mean a function.
    pub(super) fn callers(
        &self,
        function: &Function,
    ) -> impl Iterator<Item = (&'c SourceFile, usize)> {
        let name = function.file.word(function.name);
        let calls = self.calls.get(name).map_or(&[][..], Vec::as_slice);
        let calls = calls.iter().take(MAX_CALLS).copied();
        calls.filter(|&(file, at)| self.means(file, at, function)).collect::<Vec<_>>().into_iter()
    }

    fn means(&self, file: &SourceFile, at: usize, function: &Function) -> bool {
        let same = std::ptr::eq(file, function.file);
        let name = function.file.word(function.name);
        let alone = |of: Option<&str>| self.counts.get(&(name, of)) == Some(&1);
        let path = file.path_to(at);
        let owner = path.len().checked_sub(2).and_then(|at| path.get(at)).copied();
        let method = at > 0 && file.is(at - 1, ".");
        match (function.of, owner) {
            (Some(of), Some("Self")) => {
                same && self.around(file, at).is_some_and(|around| around.of == Some(of))
            }
            (Some(of), Some(owner)) if of == owner => {
                let leads = || {
                    let parts: Vec<&str> = function.file.path.as_str().split(['/', '.']).collect();
                    path.iter()
                        .rev()
                        .skip(2)
                        .any(|part| parts.iter().any(|held| held.replace('-', "_") == *part))
                };
                alone(Some(of)) || same || leads()
            }
            (Some(_), None) => method && self.named.get(name).is_some_and(|all| all.len() == 1),
            (None, None) => !method && (same || alone(None)),
            (None, Some(owner)) => {
                owner.starts_with(|c: char| c.is_ascii_lowercase()) && alone(None)
            }
            _ => false,
        }
    }

    /// The text of an argument: a literal or a constant.
    pub(super) fn text(&self, file: &SourceFile, range: Range<usize>) -> Option<String> {
        let range = plain(file, range);
        let at = range.start;
        if let Some(text) = file.string(at).filter(|_| range.len() == 1) {
            return Some(text.into_owned());
        }
        let constant = self.constants.get(file.word(range.end.checked_sub(1)?))?;
        let path = range.clone().all(|n| file.kind(n) == Some(Kind::Word) || file.is(n, ":"));
        constant.clone().filter(|_| path)
    }

    /// The number of the parameter that an argument is, apart from `self`.
    pub(super) fn parameter(
        function: &Function,
        file: &SourceFile,
        range: Range<usize>,
    ) -> Option<usize> {
        let range = plain(file, range);
        let name = file.word(range.start);
        if range.len() != 1 || file.kind(range.start) != Some(Kind::Word) {
            return None;
        }
        let own = elements(function.file, function.parameters);
        let names = own.into_iter().map(|range| {
            let mut words = range.filter(|&n| !["&", "mut"].contains(&function.file.word(n)));
            words.next().map_or("", |n| function.file.word(n))
        });
        names.filter(|held| *held != "self").position(|held| held == name)
    }
}

impl Function<'_> {
    /// True for the function that the program starts with.
    pub(super) fn is_main(&self) -> bool {
        self.of.is_none() && self.file.word(self.name) == "main"
    }

    /// True if a place in the body runs only under a condition, or later: in a branch, a loop or a
    /// closure.
    pub(super) fn is_conditional(&self, at: usize) -> bool {
        let file = self.file;
        // A closure without brackets: `let f = || read()?`.
        let ends = |n: &usize| [";", "{", "}", "(", ","].iter().any(|mark| file.is(*n, mark));
        let mut before = (at.saturating_sub(MAX_CLOSURE)..at).rev().take_while(|n| !ends(n));
        if before.any(|n| file.is(n, "|")) {
            return true;
        }
        let inside = file.brackets(at).into_iter().take_while(|open| *open > self.body.start);
        let mut inside = inside.filter(|&open| open != self.parameters);
        inside.any(|open| match file.word(open) {
            "{" => opens_condition(file, open),
            "(" => {
                let first = open + 1..at.min(open + 1 + MAX_CLOSURE);
                first.into_iter().any(|n| file.is(n, "|"))
            }
            _ => false,
        })
    }
}

/// True if a brace belongs to a branch, a loop, a closure or a block that runs later.
fn opens_condition(file: &SourceFile, open: usize) -> bool {
    if open > 0 && file.is(open - 1, ">") && file.is(open.saturating_sub(2), "=") {
        return true;
    }
    for at in (open.saturating_sub(MAX_CONDITION)..open).rev() {
        match file.word(at) {
            "if" | "match" | "while" | "for" | "else" | "loop" | "async" | "move" | "|" => {
                return file.kind(at) != Some(Kind::Text);
            }
            ";" | "{" | "}" if file.kind(at) == Some(Kind::Mark) => return false,
            _ => {}
        }
    }
    false
}

/// The opening bracket of the arguments of a call whose name is at `at`: `f(` or `f::<T>(`.
pub(super) fn arguments(file: &SourceFile, at: usize) -> Option<usize> {
    if file.is(at + 1, "(") {
        return Some(at + 1);
    }
    let generic = file.is(at + 1, ":") && file.is(at + 2, ":") && file.is(at + 3, "<");
    let close = generic.then(|| angle(file, at + 3))??;
    file.is(close + 1, "(").then_some(close + 1)
}

/// The `>` that closes a `<`.
fn angle(file: &SourceFile, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in open..(open + MAX_HEAD).min(file.len()) {
        match file.word(at) {
            "<" => depth += 1,
            // The arrow of a function's type closes nothing.
            ">" if file.is(at.saturating_sub(1), "-") => {}
            ">" if depth == 1 => return Some(at),
            ">" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The ranges between the commas of a bracket.
pub(super) fn elements(file: &SourceFile, open: usize) -> Vec<Range<usize>> {
    let close = file.closing(open).min(open + MAX_HEAD);
    let (mut all, mut from, mut at) = (Vec::new(), open + 1, open + 1);
    while at < close {
        match file.word(at) {
            "(" | "[" | "{" if file.kind(at) == Some(Kind::Mark) => at = file.closing(at),
            "," if file.kind(at) == Some(Kind::Mark) => {
                all.push(from..at);
                from = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    if from < close {
        all.push(from..close);
    }
    all
}

/// An argument without `&` before it and without a conversion behind it.
fn plain(file: &SourceFile, range: Range<usize>) -> Range<usize> {
    const CONVERSIONS: [&str; 6] = ["into", "to_string", "to_owned", "as_ref", "as_str", "clone"];
    let start = range.start + usize::from(file.is(range.start, "&"));
    let converted = range.len() > 4
        && file.is(range.end - 4, ".")
        && CONVERSIONS.contains(&file.word(range.end - 3));
    start..if converted { range.end - 4 } else { range.end }
}

/// The type of an `impl` block and the end of the block.
fn implemented(file: &SourceFile, at: usize) -> Option<(usize, &str)> {
    // `-> impl Trait` and `x: impl Trait` are no blocks.
    let before = at.checked_sub(1).map_or("", |before| file.word(before));
    if !matches!(before, "" | "}" | "{" | ";" | "]" | "unsafe") {
        return None;
    }
    let start = if file.is(at + 1, "<") { angle(file, at + 1)? + 1 } else { at + 1 };
    let open = (start..(start + MAX_HEAD).min(file.len())).find(|n| file.is(*n, "{"))?;
    let of = (start..open).find(|n| file.is(*n, "for")).map_or(start, |n| n + 1);
    // The last name of the path.
    let mut last = of;
    while file.is(last + 1, ":") && file.is(last + 2, ":") && last + 3 < open {
        last += 3;
    }
    Some((file.closing(open), file.word(last)))
}

/// The function whose name is at a position, if it has a body.
fn function<'c>(file: &'c SourceFile, name: usize, of: Option<&'c str>) -> Option<Function<'c>> {
    let parameters = if file.is(name + 1, "<") { angle(file, name + 1)? + 1 } else { name + 1 };
    if !file.is(parameters, "(") {
        return None;
    }
    let mut body = file.closing(parameters) + 1;
    let end = (body + MAX_HEAD).min(file.len());
    while body < end && !file.is(body, "{") {
        if file.is(body, ";") {
            return None;
        }
        body = if file.is(body, "(") || file.is(body, "[") { file.closing(body) } else { body } + 1;
    }
    file.is(body, "{").then(|| Function {
        file,
        name,
        of,
        parameters,
        body: body..file.closing(body),
    })
}
