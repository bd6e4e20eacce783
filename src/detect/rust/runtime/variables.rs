//! Variables without which a program ends: `env::var("X").expect("..")`, an error that reaches
//! `main`, and functions of the program's own that ask for the variable that they are given.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Code;
use super::functions::{self, Function, Functions};
use super::refused;
use crate::code::is_env_name;
use crate::detect::rust::source::SourceFile;
use crate::facts::Evidence;

/// How many functions an error passes through on its way to `main`.
const MAX_DEPTH: u8 = 6;

/// How many callers of a function are followed.
const MAX_CALLERS: usize = 8;

/// How many tokens behind a statement are searched for the name that it binds.
const MAX_BOUND: usize = 2_000;

/// How many methods are read after a call.
const MAX_METHODS: usize = 16;

/// How many functions that read the variable that they are given are known.
const MAX_READERS: usize = 64;

/// How many questions about who takes an error are answered for one program.
const MAX_ASKED: u32 = 4_000;

/// The variables that a program demands.
#[derive(Default)]
pub(super) struct Demanded {
    pub(super) single: BTreeMap<String, Evidence>,
    /// Names of which one must be set.
    pub(super) either: BTreeMap<Vec<String>, Evidence>,
}

/// In which form a result says that the variable is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Absent {
    Error,
    Nothing,
    /// `Ok(None)`.
    NothingInside,
}

/// What becomes of an absent variable in the code after the call that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The program ends there.
    Ends,
    /// The function around the call hands it to its caller.
    Hands(Absent),
    /// The program goes on, or dockgen cannot tell.
    GoesOn,
}

/// A function that reads the variable that one of its parameters names.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reader<'f, 'c> {
    function: &'f Function<'c>,
    parameter: usize,
    outcome: Outcome,
}

impl PartialEq for Function<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.name == other.name
    }
}

impl Eq for Function<'_> {}

/// Every variable that the program demands. `skips` says that a place runs only with a switch that
/// is off.
pub(super) fn demanded(code: &Code, skips: &dyn Fn(&SourceFile, usize) -> bool) -> Demanded {
    let functions = Functions::new(code);
    let follow = Follow { functions: &functions, left: MAX_ASKED.into() };
    let mut found = Demanded::default();
    let mut readers: Vec<Reader> = Vec::new();
    for file in code.files.iter().filter(|file| file.names("var") || file.names("var_os")) {
        for at in (0..file.len()).filter(|at| reads(file, *at)) {
            let Some(argument) = functions::elements(file, at + 1).into_iter().next() else {
                continue;
            };
            let (outcome, others) = after(file, at + 1, Absent::Error);
            if let Some(name) = functions.text(file, argument.clone()) {
                let ends = outcome == Outcome::Ends || follow.ends(file, at, Absent::Error, 0);
                if ends && !skips(file, at) {
                    found.add(&functions, file, at, name, &others);
                }
            } else if let names = refused::looped(file, at, &argument)
                && !names.is_empty()
            {
                let ends = outcome == Outcome::Ends || follow.ends(file, at, Absent::Error, 0);
                for name in names.into_iter().filter(|_| ends && !skips(file, at)) {
                    found.add(&functions, file, at, name, &others);
                }
            } else if let Some(function) = functions.around(file, at)
                && let Some(parameter) = Functions::parameter(function, file, argument)
                && outcome != Outcome::GoesOn
                && others.is_empty()
            {
                readers.push(Reader { function, parameter, outcome });
            }
        }
    }
    follow.readers(&mut readers);
    for reader in readers {
        for (file, at) in functions.callers(reader.function) {
            let Some(open) = functions::arguments(file, at) else { continue };
            let argument = functions::elements(file, open).into_iter().nth(reader.parameter);
            let name = argument.and_then(|range| functions.text(file, range));
            let Some(name) = name.filter(|_| !skips(file, at)) else { continue };
            let conditional = || {
                let around = functions.around(file, at);
                around.is_none_or(|function| function.is_conditional(at))
            };
            let ends = match reader.outcome {
                Outcome::Ends => !conditional(),
                Outcome::Hands(absent) => follow.ends(file, at, absent, 0),
                Outcome::GoesOn => false,
            };
            if ends {
                found.add(&functions, file, at, name, &[]);
            }
        }
    }
    found
}

impl Demanded {
    /// Adds a variable, or the alternatives of which one must be set.
    fn add(
        &mut self,
        functions: &Functions,
        file: &SourceFile,
        at: usize,
        name: String,
        others: &[Range<usize>],
    ) {
        let others = others.iter().map(|range| functions.text(file, range.clone()));
        let Some(others) = others.collect::<Option<Vec<String>>>() else { return };
        let names: Vec<String> = std::iter::once(name).chain(others).collect();
        if !names.iter().all(|name| is_env_name(name)) {
            return;
        }
        if let [name] = names.as_slice() {
            let note = format!("without {name} the program ends");
            self.single.entry(name.clone()).or_insert_with(|| file.evidence(at, note));
        } else {
            let note = "without any of them the program ends";
            self.either.entry(names).or_insert_with(|| file.evidence(at, note));
        }
    }
}

/// True for the name of a function that reads a variable: `env::var(`.
fn reads(file: &SourceFile, at: usize) -> bool {
    let named = (file.is(at, "var") || file.is(at, "var_os")) && file.is(at + 1, "(");
    named && file.path_to(at).iter().any(|part| ["env", "dotenvy", "dotenv"].contains(part))
}

struct Follow<'f, 'c> {
    functions: &'f Functions<'c>,
    /// How many more questions are answered.
    left: std::cell::Cell<u32>,
}

impl<'f, 'c> Follow<'f, 'c> {
    /// True if the program ends where the call at a place finds its variable absent.
    fn ends(&self, file: &SourceFile, at: usize, absent: Absent, depth: u8) -> bool {
        let Some(left) = self.left.get().checked_sub(1) else { return false };
        self.left.set(left);
        let Some(function) = self.functions.around(file, at) else { return false };
        let Some(open) = functions::arguments(file, at) else { return false };
        if function.is_conditional(at) {
            return false;
        }
        match after(file, open, absent).0 {
            Outcome::Ends => true,
            Outcome::GoesOn => false,
            Outcome::Hands(absent) if function.is_main() => absent == Absent::Error,
            Outcome::Hands(absent) => {
                let callers = self.functions.callers(function).take(MAX_CALLERS);
                depth < MAX_DEPTH
                    && callers.into_iter().any(|(file, at)| self.ends(file, at, absent, depth + 1))
            }
        }
    }

    /// Adds the functions that pass the name of a variable on to one that reads it.
    fn readers(&self, readers: &mut Vec<Reader<'f, 'c>>) {
        let mut next = 0;
        while let Some(Reader { function, parameter, outcome }) = readers.get(next).copied() {
            next += 1;
            for (file, at) in self.functions.callers(function) {
                let Some(open) = functions::arguments(file, at) else { continue };
                let argument = functions::elements(file, open).into_iter().nth(parameter);
                let Some(around) = self.functions.around(file, at) else { continue };
                let parameter =
                    argument.and_then(|range| Functions::parameter(around, file, range));
                let outcome = match outcome {
                    Outcome::Hands(absent) => after(file, open, absent).0,
                    other => other,
                };
                let Some(parameter) = parameter.filter(|_| outcome != Outcome::GoesOn) else {
                    continue;
                };
                let new = Reader { function: around, parameter, outcome };
                if !around.is_conditional(at)
                    && readers.len() < MAX_READERS
                    && !readers.contains(&new)
                {
                    readers.push(new);
                }
            }
        }
    }
}

/// What becomes of an absent variable after the call whose arguments open at `open`, and the
/// variables that the code reads in its place: `.or_else(|_| env::var("OTHER"))`.
fn after(file: &SourceFile, open: usize, absent: Absent) -> (Outcome, Vec<Range<usize>>) {
    behind(file, open, file.closing(open) + 1, absent, true)
}

/// As [`after`], from the token `next`. A name that the result is bound to is followed if `binds`.
fn behind(
    file: &SourceFile,
    open: usize,
    mut next: usize,
    mut absent: Absent,
    binds: bool,
) -> (Outcome, Vec<Range<usize>>) {
    let mut others = Vec::new();
    let mut methods = 0;
    loop {
        methods += 1;
        if methods > MAX_METHODS {
            return (Outcome::GoesOn, others);
        }
        if file.is(next, "?") {
            if absent != Absent::NothingInside {
                return (Outcome::Hands(absent), others);
            }
            absent = Absent::Nothing;
            next += 1;
            continue;
        }
        if file.is(next, ".") && file.is(next + 1, "await") {
            next += 2;
            continue;
        }
        if !file.is(next, ".") {
            // `Ok(env::var(x).ok())` and `block_on(run())`.
            let around = file.brackets(next).first().copied();
            let around = around.filter(|_| file.is(next, ")"));
            match around.and_then(|open| file.called(open)) {
                Some("Ok") if absent == Absent::Nothing => absent = Absent::NothingInside,
                Some("block_on") => {}
                _ => break,
            }
            next += 1;
            continue;
        }
        let Some(open) = functions::arguments(file, next + 1) else { break };
        let inside = open..file.closing(open);
        match file.word(next + 1) {
            "expect" | "unwrap" if absent == Absent::NothingInside => absent = Absent::Nothing,
            "expect" | "unwrap" => return (Outcome::Ends, others),
            "unwrap_or_else" => {
                let ends = inside.into_iter().any(|n| file.is(n, "panic") || file.is(n, "exit"));
                return (if ends { Outcome::Ends } else { Outcome::GoesOn }, others);
            }
            "or_else" | "or" => {
                let other = inside.clone().find(|at| reads(file, *at));
                let range =
                    other.and_then(|at| functions::elements(file, at + 1).into_iter().next());
                let Some(range) = range else { return (Outcome::GoesOn, others) };
                others.push(range);
            }
            "ok" => absent = Absent::Nothing,
            "context" | "with_context" | "wrap_err" | "wrap_err_with" | "ok_or" | "ok_or_else"
            | "ok_or_eyre" => {
                if absent != Absent::NothingInside {
                    absent = Absent::Error;
                }
            }
            "is_err" | "is_none" => {
                let block = file.closing(open) + 1;
                let tested = file.is(block, "{") && is_whole_condition(file, open);
                let outcome =
                    if tested { told(file, block..file.closing(block)) } else { Outcome::GoesOn };
                return (outcome, others);
            }
            "map" | "map_err" | "and_then" | "filter" | "inspect_err" | "into" | "as_deref"
            | "as_ref" | "cloned" => {}
            _ => return (Outcome::GoesOn, others),
        }
        next = file.closing(open) + 1;
    }
    if binds
        && file.is(next, ";")
        && let Some(used) = bound(file, open, next)
    {
        let (outcome, more) = behind(file, used, used + 1, absent, false);
        others.extend(more);
        return (outcome, others);
    }
    (handled(file, open, next, absent), others)
}

/// The only use of the name that a statement binds: `let a = env::var("A").ok(); .. a.ok_or(x)?`.
fn bound(file: &SourceFile, open: usize, end: usize) -> Option<usize> {
    let statement = file.statement(open);
    let name = statement.start + 1 + usize::from(file.is(statement.start + 1, "mut"));
    let binds =
        file.is(statement.start, "let") && ["=", ":"].iter().any(|mark| file.is(name + 1, mark));
    let block = file.brackets(statement.start).into_iter().find(|open| file.is(*open, "{"))?;
    let word = file.word(name);
    let mut places = (end..file.closing(block).min(end + MAX_BOUND)).filter(|&at| {
        // `Settings { name: name.unwrap() }`: the first one is the field.
        let field = file.is(at + 1, ":") && !file.is(at + 2, ":");
        binds && file.is(at, word) && !field && !file.is(at - 1, ".")
    });
    let used = places.next().filter(|_| places.next().is_none())?;
    (file.is(used + 1, ".") && !conditional_below(file, used, block)).then_some(used)
}

/// True if a condition or a loop inside `block` decides whether the code at a position runs.
fn conditional_below(file: &SourceFile, at: usize, block: usize) -> bool {
    let around = file.brackets(at).into_iter().take_while(|open| *open != block);
    around.filter(|open| file.is(*open, "{")).any(|open| {
        let mut head = (open.saturating_sub(40)..open).rev();
        let head = head.by_ref().take_while(|n| ![";", "{", "}"].contains(&file.word(*n)));
        head.into_iter()
            .any(|n| ["if", "else", "match", "while", "for", "loop", ">"].contains(&file.word(n)))
    })
}

/// True if a chain of calls is all that an `if` asks.
fn is_whole_condition(file: &SourceFile, open: usize) -> bool {
    let mut before = (open.saturating_sub(60)..open).rev();
    let start = before.find(|n| ["if", "&", "|", "!", ";", "{", "}"].contains(&file.word(*n)));
    start.is_some_and(|start| file.is(start, "if"))
}

/// What becomes of the result that ends before `next`: it is the function's own, or a `match`, an
/// `if let` or a `let .. else` takes it apart.
fn handled(file: &SourceFile, open: usize, next: usize, absent: Absent) -> Outcome {
    let statement = file.statement(open).start;
    let heads = statement..open;
    if file.is(next, "else") && file.is(next + 1, "{") {
        return told(file, next + 1..file.closing(next + 1));
    }
    if file.is(next, "{") {
        let matched = heads.clone().any(|n| file.is(n, "match"));
        let failed = heads.clone().any(|n| {
            file.is(n, "if") && file.is(n + 1, "let") && ["Err", "None"].contains(&file.word(n + 2))
        });
        let block = next..file.closing(next);
        if failed {
            return told(file, block);
        }
        let Some(arm) = matched.then(|| absent_arm(file, next)).flatten() else {
            return Outcome::GoesOn;
        };
        let outcome = told(file, arm.clone());
        let returned = arm.into_iter().any(|n| file.is(n, "return") || file.is(n, "bail"));
        let own = is_tail(file, block.end) || file.is(statement, "return");
        return match outcome {
            Outcome::Hands(_) if !returned && !own => Outcome::GoesOn,
            other => other,
        };
    }
    if file.is(statement, "return") && file.is(next, ";") {
        return Outcome::Hands(absent);
    }
    if is_tail(file, next.saturating_sub(1)) {
        return Outcome::Hands(absent);
    }
    Outcome::GoesOn
}

/// True if what ends at `last` is the last expression of a function.
fn is_tail(file: &SourceFile, last: usize) -> bool {
    let close = last + 1;
    let Some(open) = file.brackets(last).into_iter().find(|open| file.closing(*open) == close)
    else {
        return false;
    };
    // A function's head stands before its brace; nothing else there has `fn`.
    let mut head = (open.saturating_sub(120)..open).rev();
    let stops = |n: &usize| file.is(*n, ";") || file.is(*n, "{") || file.is(*n, "}");
    file.is(open, "{") && head.by_ref().take_while(|n| !stops(n)).any(|n| file.is(n, "fn"))
}

/// The code of the arm of a `match` that takes an absent variable.
fn absent_arm(file: &SourceFile, open: usize) -> Option<Range<usize>> {
    let close = file.closing(open);
    let mut arms: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let (mut at, mut from) = (open + 1, open + 1);
    while at < close && arms.len() < MAX_METHODS {
        if file.is(at, "=") && file.is(at + 1, ">") {
            let body = at + 2;
            let mut end = body;
            if file.is(body, "{") {
                end = file.closing(body) + 1;
            } else {
                while end < close && !file.is(end, ",") {
                    let opens = ["(", "[", "{"].iter().any(|mark| file.is(end, mark));
                    end = if opens { file.closing(end) } else { end } + 1;
                }
            }
            arms.push((from..at, body..end.min(close)));
            at = end + usize::from(file.is(end, ","));
            from = at;
            continue;
        }
        let opens = ["(", "[", "{"].iter().any(|mark| file.is(at, mark));
        // The pattern stays whole: what names the absence stands inside its bracket.
        at = if opens { file.closing(at) } else { at } + 1;
    }
    let names = |arm: &Range<usize>, word: &str| arm.clone().any(|n| file.is(n, word));
    let mut absent = arms.iter().filter(|(pattern, _)| {
        ["Err", "None", "_"].iter().any(|word| file.is(pattern.start, word))
    });
    let exact = arms.iter().find(|(pattern, _)| names(pattern, "NotPresent"));
    exact.or_else(|| absent.next()).map(|(_, body)| body.clone())
}

/// What a block does for an absent variable.
fn told(file: &SourceFile, block: Range<usize>) -> Outcome {
    const ENDS: [&str; 4] = ["panic", "exit", "unreachable", "FAILURE"];
    let words: BTreeSet<&str> = block.clone().take(400).map(|n| file.word(n)).collect();
    let names = |word: &str| words.contains(word);
    if ENDS.iter().any(|word| names(word)) {
        return Outcome::Ends;
    }
    if names("Err") || names("bail") {
        return Outcome::Hands(Absent::Error);
    }
    if names("None") && names("Ok") {
        return Outcome::Hands(Absent::NothingInside);
    }
    if names("None") {
        return Outcome::Hands(Absent::Nothing);
    }
    Outcome::GoesOn
}
