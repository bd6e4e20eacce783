//! Arguments without which a program stops, where no derive states them: those of clap's builder,
//! and words that the code takes from the command line by itself.

use std::ops::Range;
use std::rc::Rc;

use super::Code;
use crate::code::{File, Program as Source};
use crate::facts::{Evidence, Finding, FindingCode};

/// How many calls of one chain are read.
const MAX_CHAIN: usize = 24;

/// How many brackets around a place are looked at.
const MAX_AROUND: usize = 16;

/// How many tokens of a block may end the program.
const MAX_BLOCK: usize = 200;

/// How many tokens the type may have for which a value is read.
const MAX_TYPE: usize = 12;

/// How many places of one name are looked at.
const MAX_PLACES: usize = 64;

/// How many arguments are named.
const MAX_NAMED: usize = 8;

/// Calls of clap that give an argument a value by themselves, or make it needless at times.
const SPARED: [&str; 14] = [
    "default_value",
    "default_values",
    "default_value_os",
    "default_value_t",
    "default_value_if",
    "default_value_ifs",
    "env",
    "required_unless",
    "required_unless_present",
    "required_unless_present_any",
    "required_if_eq",
    "conflicts_with",
    "exclusive",
    "group",
];

/// Calls that read the value of an argument.
const READS: [&str; 5] = ["get_one", "remove_one", "value_of", "value_of_os", "value_of_lossy"];

/// Calls that hand a value on, if there is one.
const HANDS_ON: [&str; 12] = [
    "cloned",
    "copied",
    "map",
    "as_ref",
    "as_deref",
    "as_str",
    "to_owned",
    "and_then",
    "to_string",
    "clone",
    "filter",
    "into",
];

/// Words that end a program.
const ENDS: [&str; 5] = ["exit", "panic", "bail", "abort", "usage"];

/// An argument that a start must give, as a person types it.
struct Argument {
    shown: String,
    evidence: Evidence,
}

/// The finding on the arguments that the program demands.
pub(super) fn demanded(source: &Source, code: &Code) -> Option<Finding> {
    let mut all = Vec::new();
    for file in source.files() {
        if code.dependencies.contains("clap") {
            built(source, file, &mut all);
        }
        if all.is_empty() {
            all.extend(taken(file).into_iter().next());
        }
    }
    all.truncate(MAX_NAMED);
    let first = all.first()?;
    let names: Vec<String> = all.iter().map(|one| format!("`{}`", one.shown)).collect();
    let typed: Vec<&str> = all.iter().map(|one| one.shown.as_str()).collect();
    let what = if all.len() == 1 {
        format!("the program stops without the argument `{}`", first.shown)
    } else {
        format!("the program stops without the arguments {}", names.join(", "))
    };
    Some(
        Finding::new(FindingCode::ArgumentsUnknown, what, all.iter().map(|a| a.evidence.clone()))
            .with_why("the image starts the program without them: it prints its usage and stops")
            .with_fix(format!(
                "set them with --args, or give them at the end of `docker run IMAGE`: {}; mount a \
                 file that they name with `-v`",
                typed.join(" ")
            )),
    )
}

/// `Arg::new("CONFIG").required(true)` of the command that the program itself is.
fn built(source: &Source, file: &Rc<File>, all: &mut Vec<Argument>) {
    for &at in file.places("Arg") {
        let makes = file.word(at + 1) == "::"
            && matches!(file.word(at + 2), "new" | "with_name")
            && file.word(at + 3) == "(";
        if !makes {
            continue;
        }
        let inside = at + 4..file.closing(at + 3);
        let Some(name) = source.value(file, inside).text() else { continue };
        let calls = chain(file, file.closing(at + 3) + 1);
        let called = |name: &str| calls.iter().copied().find(|&at| file.word(at) == name);
        if SPARED.iter().any(|name| called(name).is_some()) {
            continue;
        }
        let is_true = |at: usize| file.word(at + 1) == "(" && file.word(at + 2) == "true";
        let start = if file.word(at - 1) == "::" { at.saturating_sub(2) } else { at };
        let variable = (start > 1 && file.word(start - 1) == "=")
            .then(|| file.word(start - 2))
            .filter(|_| file.is_word(start.saturating_sub(2)));
        let again = |variable: &str| {
            let places = file.places(variable).iter().take(MAX_PLACES);
            let mut own = places.filter(|&&at| same_function(file, at, start));
            own.any(|&at| {
                file.word(at + 1) == "." && file.word(at + 2) == "required" && is_true(at + 2)
            })
        };
        let required = called("required").is_some_and(is_true) || variable.is_some_and(again);
        let used = match variable {
            None => Some(at),
            Some(variable) => {
                let places = file.places(variable).iter().copied().take(MAX_PLACES);
                let is_given = |at: usize| {
                    at > 2
                        && file.word(at - 1) == "("
                        && matches!(file.word(at - 2), "arg" | "args")
                };
                places.filter(|&at| same_function(file, at, start)).find(|&at| is_given(at))
            }
        };
        if !used.is_some_and(|at| is_of_program(source, file, at))
            || !required && !is_read(source, &name)
        {
            continue;
        }
        let given = |call: &str| called(call).and_then(|at| file.string(at + 2));
        let value = name.to_ascii_uppercase().replace('-', "_");
        let shown = match (given("long"), called("long"), called("short")) {
            (Some(long), ..) => format!("--{long} {value}"),
            (None, Some(_), _) => format!("--{name} {value}"),
            (None, None, Some(at)) => {
                format!("-{} {value}", file.word(at + 2).trim_matches(['\'', '"']))
            }
            _ => value,
        };
        let evidence = file.evidence(at, format!("the argument `{name}` has no default"));
        if !all.iter().any(|held| held.shown == shown) {
            all.push(Argument { shown, evidence });
        }
    }
}

/// The names of the calls that follow each other from a dot on.
fn chain(file: &File, mut dot: usize) -> Vec<usize> {
    let mut all = Vec::new();
    while file.word(dot) == "." && file.word(dot + 2) == "(" && all.len() < MAX_CHAIN {
        all.push(dot + 1);
        dot = file.closing(dot + 2) + 1;
    }
    all
}

fn same_function(file: &File, one: usize, other: usize) -> bool {
    let start = |at: usize| file.facts().function_at(at).map(|function| function.range.start);
    start(one) == start(other)
}

/// True if what stands at `at` belongs to the command that the program parses, and to no
/// subcommand of it.
fn is_of_program(source: &Source, file: &Rc<File>, at: usize) -> bool {
    let below =
        |open: usize| open > 0 && matches!(file.word(open - 1), "subcommand" | "subcommands");
    let Some(function) = file.facts().function_at(at) else { return false };
    let around = std::iter::successors(file.enclosing(at), |&open| file.enclosing(open));
    let around = around.take(MAX_AROUND).take_while(|&open| open > function.body);
    let mut outermost = at;
    for open in around {
        if below(open) {
            return false;
        }
        outermost = open;
    }
    // `let serve = Command::new("serve").arg(..)`, which another command takes.
    let start = crate::code::conditions::statement(file, outermost);
    let held = (file.word(start) == "let").then(|| {
        if file.word(start + 1) == "mut" { file.word(start + 2) } else { file.word(start + 1) }
    });
    let handed =
        |name: &str| file.places(name).iter().take(MAX_PLACES).any(|&at| at > 0 && below(at - 1));
    if held.is_some_and(handed) {
        return false;
    }
    let parses = |file: &File, range: Range<usize>| {
        range.into_iter().any(|at| file.is_word(at) && is_parsing(file.word(at)))
    };
    if parses(file, function.body..function.range.end) {
        return true;
    }
    let name = file.word(function.name);
    source.calls_named(name).take(MAX_PLACES).any(|call| {
        chain(&call.file, call.file.closing(call.open) + 1)
            .into_iter()
            .any(|at| is_parsing(call.file.word(at)))
    })
}

fn is_parsing(word: &str) -> bool {
    [
        "get_matches",
        "get_matches_from",
        "try_get_matches",
        "try_get_matches_from",
        "get_matches_mut",
    ]
    .contains(&word)
}

/// True if the code takes the value of an argument and stops where there is none:
/// `get_one::<String>("CONFIG").unwrap()`.
fn is_read(source: &Source, name: &str) -> bool {
    let reads = |file: &Rc<File>, at: usize| {
        let open = (at + 1..at + MAX_TYPE).find(|&at| file.word(at) == "(");
        open.is_some_and(|open| {
            let named = file.string(open + 1).is_some_and(|text| text == *name);
            let start = crate::code::conditions::statement(file, at);
            named
                && file.word(open + 2) == ")"
                && is_certain(file, at)
                && stops_without(file, start, open + 3)
        })
    };
    source.files().any(|file| {
        let all = READS.iter().flat_map(|read| file.places(read).iter().take(MAX_PLACES));
        all.into_iter().any(|&at| reads(file, at))
    })
}

/// True if the code stops where an optional field of the command line has no value:
/// `args.config.expect("..")` of `let args = Args::parse()`.
pub(super) fn is_unwrapped(source: &Source, field: &str) -> bool {
    source.files().any(|file| {
        file.places(field).iter().take(MAX_PLACES).any(|&at| {
            let of = at.checked_sub(2).filter(|_| file.word(at - 1) == ".");
            let parsed = of.is_some_and(|of| {
                let all = file.facts().definitions_of(file, file.word(of)).iter();
                let own = all.filter(|definition| definition.scope.contains(&at));
                own.take(MAX_PLACES).any(|definition| {
                    let mut value = definition.value.clone().take(MAX_CHAIN);
                    value.any(|at| file.word(at) == "parse" && file.word(at - 1) == "::")
                })
            });
            let start = crate::code::conditions::statement(file, at);
            parsed && is_certain(file, at) && stops_without(file, start, at + 1)
        })
    })
}

/// True for a place that each start comes to: in `main`, or in the function that parses.
fn is_certain(file: &File, at: usize) -> bool {
    let Some(function) = file.facts().function_at(at) else { return false };
    let mut own = function.body..function.range.end;
    let first = file.word(function.name) == "main" || own.any(|at| is_parsing(file.word(at)));
    let around = std::iter::successors(file.enclosing(at), |&open| file.enclosing(open));
    let mut blocks = around
        .take(MAX_AROUND)
        .take_while(|&open| open > function.body)
        .filter(|&open| file.word(open) == "{");
    // A literal such as `Config { path: .. }` is no condition.
    first
        && blocks.all(|open| {
            file.word(open - 1).starts_with(|c: char| c.is_ascii_uppercase())
                || matches!(file.word(open - 1), "move" | "async")
        })
}

/// True if the program ends where the option that ends before `end` is none.
fn stops_without(file: &File, start: usize, end: usize) -> bool {
    let mut end = end;
    for _ in 0..MAX_CHAIN {
        if file.word(end) == "." && file.word(end + 1) == "as_deref" {
            end = file.closing(end + 2) + 1;
            continue;
        }
        if file.word(end) != "." || file.word(end + 2) != "(" {
            break;
        }
        let close = file.closing(end + 2);
        match file.word(end + 1) {
            "unwrap" | "expect" => return true,
            "unwrap_or_else" => return ends(file, end + 2..close),
            "ok_or" | "ok_or_else" | "context" | "with_context" => {
                return file.word(close + 1) == "?";
            }
            name if HANDS_ON.contains(&name) => end = close + 1,
            _ => return false,
        }
    }
    let before = |word: &str| (start..end).any(|at| file.word(at) == word);
    match file.word(end) {
        // `let Some(path) = .. else { .. }`
        "else" => file.word(end + 1) == "{" && ends(file, end + 1..file.closing(end + 1)),
        "{" if before("match") => {
            let close = file.closing(end).min(end + MAX_BLOCK);
            (end + 1..close).any(|at| {
                let none = file.word(at) == "None" && file.word(at + 1) == "=>";
                let body = at + 2;
                let to = if file.word(body) == "{" { file.closing(body) } else { body + 12 };
                none && file.enclosing(at) == Some(end) && ends(file, body..to.min(close))
            })
        }
        // `if let Some(path) = .. { .. } else { .. }`
        "{" if before("if") => {
            let other = file.closing(end) + 1;
            let open = other + 1;
            file.word(other) == "else"
                && file.word(open) == "{"
                && ends(file, open..file.closing(open))
        }
        _ => false,
    }
}

/// True if a block ends the program: by a call, or by leaving `main`.
fn ends(file: &File, block: Range<usize>) -> bool {
    let block = block.start..block.end.min(block.start + MAX_BLOCK);
    let main = file
        .facts()
        .function_at(block.start)
        .is_some_and(|function| file.word(function.name) == "main");
    block.into_iter().any(|at| {
        let word = file.word(at);
        let called = matches!(file.word(at + 1), "(" | "!");
        called && ENDS.contains(&word) || word == "return" && (main || file.word(at + 1) == "Err")
    })
}

/// The words that the code takes by itself: `env::args().nth(1).expect(..)`, `if args.len() < 2 {
/// .. }` over `let args: Vec<String> = env::args().collect()`, `&args[1]` that nothing guards.
fn taken(file: &Rc<File>) -> Option<Argument> {
    let shown = |at: usize, note: &str| {
        Some(Argument { shown: "ARGUMENT".to_owned(), evidence: file.evidence(at, note) })
    };
    let is_args = |at: usize| {
        file.word(at + 1) == "("
            && file.word(at + 2) == ")"
            && (at < 2 || file.word(at - 1) != "." && file.word(at - 1) != "fn")
            && (file.word(at.saturating_sub(1)) == "::" && file.word(at.saturating_sub(2)) == "env"
                || file.word(at.saturating_sub(1)) != "::")
    };
    let note = "without an argument the program ends";
    for &at in file.places("args").iter().chain(file.places("args_os")) {
        if !is_args(at) || !is_certain(file, at) {
            continue;
        }
        let start = crate::code::conditions::statement(file, at);
        let after = at + 3;
        if file.word(after) == "." && matches!(file.word(after + 1), "nth" | "skip") {
            let number: usize = file.word(after + 3).parse().unwrap_or(0);
            let mut end = file.closing(after + 2) + 1;
            if file.word(after + 1) == "skip" {
                end = if file.word(end + 1) == "next" { file.closing(end + 2) + 1 } else { at };
            }
            if end > at {
                if number > 0 && stops_without(file, start, end) {
                    return shown(at, note);
                }
                continue;
            }
        }
        let name = (start..at).find(|&at| file.word(at) == "=").and_then(|_| {
            let mutable = file.word(start + 1) == "mut";
            let name = start + 1 + usize::from(mutable);
            (file.word(start) == "let" && file.is_word(name)).then(|| file.word(name))
        });
        let collected = (after..after + MAX_CHAIN)
            .take_while(|&at| file.word(at) != ";")
            .any(|at| file.word(at) == "collect");
        if let Some(name) =
            name.filter(|_| file.word(after) == ";" || file.word(after + 1) == "skip")
        {
            // The first word is the program's own name.
            let skips = usize::from(file.word(after) == ";");
            let places = file.places(name).iter().copied().take(MAX_PLACES);
            let mut next = places.filter(|&one| {
                one > at && same_function(file, one, at) && file.word(one + 2) == "next"
            });
            if let Some(one) = next.nth(skips).filter(|&one| is_certain(file, one)) {
                let start = crate::code::conditions::statement(file, one);
                if stops_without(file, start, file.closing(one + 3) + 1) {
                    return shown(one, note);
                }
            }
            continue;
        }
        let Some(name) = name.filter(|_| collected) else { continue };
        let places = file.places(name).iter().copied().take(MAX_PLACES);
        let own: Vec<usize> =
            places.filter(|&one| one > at && same_function(file, one, at)).collect();
        for &one in &own {
            if counts(file, one) {
                return shown(one, note);
            }
        }
        let plain = own.iter().all(|&one| file.word(one + 1) == "[");
        let index = own.iter().copied().find(|&one| {
            file.word(one + 1) == "["
                && file.word(one + 2) == "1"
                && file.word(one + 3) == "]"
                && is_certain(file, one)
        });
        if let Some(one) = index.filter(|_| plain) {
            return shown(one, "the program panics where nothing is given");
        }
    }
    None
}

/// `if args.len() < 2 { .. }` with a block that ends the program.
fn counts(file: &File, at: usize) -> bool {
    let test = at > 0
        && file.word(at - 1) == "if"
        && file.word(at + 1) == "."
        && file.word(at + 2) == "len"
        && file.word(at + 3) == "(";
    let number: usize = file.word(at + 6).parse().unwrap_or(0);
    let short = match file.word(at + 5) {
        "<" | "!=" => number > 1,
        "<=" | "==" => number == 1,
        _ => false,
    };
    let open = at + 7;
    test && short
        && file.word(open) == "{"
        && is_certain(file, at)
        && ends(file, open..file.closing(open))
}
