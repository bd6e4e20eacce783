//! Environment variables without which a program stops.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use super::reach::Reach;
use super::{World, lists};
use crate::code::tags;
use crate::code::{Call, Does, File, Form, conditions, connects, is_env_name};
use crate::facts::{Evidence, Finding};

/// How many tokens after a call are searched for a test of its result.
const MAX_TOKENS: usize = 40;

/// How many conditions a chain of `else if` may have.
const MAX_CHAIN: usize = 8;

/// Struct tags with which a library makes a variable mandatory.
const DEMANDS: [(&str, &str); 6] = [
    ("required", "true"),
    ("required", ""),
    ("required", "yes"),
    ("env-required", "true"),
    ("require", "true"),
    ("needed", "true"),
];

/// Mandatory variables by name, each with whether only a condition demands it, and its place.
type Demands = BTreeMap<String, (bool, Evidence)>;

/// A flag without which the program stops, its place, and whether it belongs to the program in any
/// case, not perhaps to a subcommand of it.
pub(super) type Flag = (String, Evidence, bool);

/// Every mandatory variable, with its place, and every mandatory flag. Variables that only a
/// condition demands come last: some of them belong to a mode that is not chosen.
pub(super) fn demands(world: &World) -> (Vec<(String, Evidence)>, Vec<Flag>) {
    let mut found: Demands = BTreeMap::new();
    let mut flags: Vec<Flag> = Vec::new();
    let mut reach = None;
    for (row, call) in world.code.doing(&[Does::Environment]) {
        let names = names(world, &call, row.at.unwrap_or(0));
        if row.default.is_some() || names.is_empty() || !is_demanded(world, &call, &mut reach) {
            continue;
        }
        for name in names {
            let note = format!("without {name} the program ends");
            demand(&mut found, name, sometimes(&call), call.evidence(note));
        }
    }
    readers(world, &mut found);
    handed(world, &mut found);
    refused(world, &mut found, &mut flags);
    for file in world.code.files() {
        for definition in file.facts().definitions().iter().filter(|d| d.form == Form::Tag) {
            let at = definition.value.start;
            let Some(text) = file.string(at) else { continue };
            let pairs = tags::pairs(&text);
            let demanded = pairs.iter().any(|(key, value)| {
                let options = value.split(',').skip(1).map(str::trim);
                let optional = ["required", "notEmpty", "nonempty"];
                DEMANDS.contains(&(*key, *value))
                    || *key == "arg" && value.split(',').any(|option| option == "required")
                    || *key == "env" && options.into_iter().any(|o| optional.contains(&o))
            });
            if !demanded {
                continue;
            }
            let Some(value) = world.code.tagged(file, definition.name, at, &[]) else {
                // A tag without a name or a default: the library names the variable.
                if let Some(name) = world.code.named_after(file, definition.name) {
                    let note = format!("{name} is required");
                    demand(&mut found, name, false, file.evidence(at, note));
                }
                continue;
            };
            if value.text().is_some() {
                continue;
            }
            if let Some(name) = value.env() {
                let note = format!("{name} is required");
                demand(&mut found, name.to_owned(), false, file.evidence(at, note));
            } else if let Some(flag) = value.flag() {
                let note = format!("--{flag} is required");
                flags.push((flag.to_owned(), file.evidence(at, note), false));
            }
        }
    }
    let mut all: Vec<(String, (bool, Evidence))> = found.into_iter().collect();
    all.sort_by_key(|(_, (sometimes, _))| *sometimes);
    (all.into_iter().map(|(name, (_, evidence))| (name, evidence)).collect(), flags)
}

/// The variables that a call reads: one, or those of the list that a loop goes through. What other
/// functions hand over is one of several cases.
fn names(world: &World, call: &Call, at: usize) -> Vec<String> {
    let Some(range) = call.arguments().get(at).cloned() else { return Vec::new() };
    let file = &call.file;
    let handed = file.facts().function_at(call.at).is_some_and(|function| {
        let parameters = file.elements(function.parameters);
        parameters.iter().any(|one| range.clone().any(|at| file.word(at) == file.word(one.start)))
    });
    let value = world.code.value(file, range);
    let all = value.alternatives().take(if handed { 1 } else { usize::MAX });
    all.filter_map(|value| value.text()).filter(|name| is_env_name(name)).collect()
}

/// Adds a variable. A place that demands it in any case replaces one that does so under a condition.
fn demand(found: &mut Demands, name: String, sometimes: bool, evidence: Evidence) {
    match found.get(&name) {
        Some((held, _)) if !*held || sometimes => {}
        _ => {
            found.insert(name, (sometimes, evidence));
        }
    }
}

/// True if the call stands under a condition.
fn sometimes(call: &Call) -> bool {
    conditions::is_conditional(&call.file, call.at)
}

/// Reports variables of which at least one must be set: `if a != "" { } else if len(b) > 0 { }
/// else { log.Fatal() }`.
pub(super) fn either(world: &World) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in world.code.files() {
        for &at in file.places("else") {
            let open = at + 1;
            let ends = file.word(open) == "{"
                && (open..file.closing(open)).any(|at| is_end(world, file.word(at)));
            let Some(names) = ends.then(|| chain(world, file, at)).flatten() else { continue };
            let evidence = file.evidence(at, "without any of them the program ends");
            found.push(Finding::one_variable_required(&names, evidence));
        }
    }
    found
}

/// The variables that the conditions before an `else` test, in the order of the source; `None` if
/// a condition tests something else.
fn chain(world: &World, file: &Rc<File>, mut at: usize) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for _ in 0..MAX_CHAIN {
        let close = at.checked_sub(1).filter(|&close| file.word(close) == "}")?;
        let open = file.opening(close);
        let start = conditions::statement(file, open);
        let name = asked(world, file, start + 1..open).filter(|_| file.word(start) == "if")?;
        if !names.contains(&name) {
            names.insert(0, name);
        }
        at = start.checked_sub(1)?;
        if file.word(at) != "else" {
            return Some(names).filter(|names| names.len() > 1);
        }
    }
    None
}

/// The variable that a condition tests for a value: `x != ""` or `len(x) > 0`.
fn asked(world: &World, file: &Rc<File>, head: Range<usize>) -> Option<String> {
    let mark = head.clone().find(|&at| matches!(file.word(at), "!=" | ">" | "&&" | "||"))?;
    let value = if file.word(mark) == "!=" {
        file.string(mark + 1).filter(|text| text.is_empty())?;
        head.start..mark
    } else {
        let sized = file.word(head.start) == "len" && file.word(head.start + 1) == "(";
        let close = file.closing(head.start + 1);
        (sized && file.word(mark) == ">" && close + 1 == mark && file.word(mark + 1) == "0")
            .then(|| head.start + 2..close)?
    };
    (mark + 2 == head.end).then_some(())?;
    let value = world.code.value(file, value);
    value.env().filter(|_| value.text().is_none()).map(str::to_owned)
}

/// Adds variables that a function of the program demands, such as `mustGetenv("KEY")`: it stops
/// the program if the variable is not set.
fn readers(world: &World, found: &mut Demands) {
    for file in world.code.files() {
        for function in &file.facts().functions {
            let parameters = file.elements(function.parameters);
            let [parameter] = parameters.as_slice() else { continue };
            let body = function.parameters..function.range.end;
            let Some(name) = Some(file.word(parameter.start)).filter(|_| !function.method) else {
                continue;
            };
            let reads = body.clone().any(|at| {
                matches!(file.word(at), "Getenv" | "LookupEnv") && file.word(at + 2) == name
            });
            let ends = || body.clone().any(|at| is_end(world, file.word(at)));
            if !reads || !ends() {
                continue;
            }
            for call in world.code.calls_named(file.word(function.name)) {
                for key in names(world, &call, 0) {
                    let note = format!("without {key} the program ends");
                    demand(found, key, sometimes(&call), call.evidence(note));
                }
            }
        }
    }
}

/// Adds variables without a default that are handed to a library which needs a value.
fn handed(world: &World, found: &mut Demands) {
    let mut runs = |call: &Call| world.reaches(call);
    for (name, file, at) in
        connects::handed(world.code, &[Does::Demands, Does::Connects], &mut runs)
    {
        if is_env_name(&name) {
            let evidence = file.evidence(at, format!("a library is handed {name}"));
            demand(found, name, conditions::is_conditional(&file, at), evidence);
        }
    }
}

/// How many callers of a function are followed, and how many functions upwards.
const MAX_CALLERS: usize = 4;
const MAX_STEPS: u8 = 4;

/// Adds the variables and flags that the code that serves refuses to go without: `if c.String("x")
/// == "" { return errors.New("..") }`, `if *dir == "" { log.Fatal("..") }`. A test for the default,
/// such as `secret == "changeme"`, refuses the same.
fn refused(world: &World, found: &mut Demands, flags: &mut Vec<Flag>) {
    let mut reach = None;
    let lists = lists::of(world.code);
    for file in world.code.files() {
        for &at in file.places("if") {
            let Some(open) = (at..(at + MAX_TOKENS).min(file.len())).find(|&n| file.word(n) == "{")
            else {
                continue;
            };
            let head = at + 1..open;
            let both = head.clone().any(|n| file.word(n) == "&&");
            let tests = head.clone().any(|n| matches!(file.word(n), "==" | "!" | "<"));
            let ends = || refuses(world, file, open) || leaves_main(world, file, open);
            if both || !tests || !ends() {
                continue;
            }
            for part in file.split(head, &["||"]) {
                let several = several(world, file, &part);
                if several.len() > 1 && !conditions::is_conditional(file, at) {
                    for name in several {
                        let note = format!("without {name} the program ends");
                        demand(found, name, false, file.evidence(at, note));
                    }
                }
                let off = || off(world, file, &part).filter(|_| ends_at_once(world, file, open));
                let list = || Some((lists.unset(file, &part)?, true));
                let one = unset(world, file, &part).or_else(list).or_else(off);
                let Some((name, is_flag)) = one else { continue };
                let reach = reach.get_or_insert_with(|| Reach::new(world));
                if conditions::is_conditional(file, at)
                    || !is_started(world, reach, file, at, MAX_STEPS)
                {
                    break;
                }
                if is_flag {
                    let note = format!("without --{name} the program ends");
                    flags.push((name, file.evidence(at, note), true));
                    continue;
                }
                let note = format!("without {name} the program ends");
                demand(found, name, false, file.evidence(at, note));
            }
        }
    }
}

/// The variables of a list whose elements a loop reads one by one: `os.Getenv(name) == ""`.
fn several(world: &World, file: &Rc<File>, part: &Range<usize>) -> Vec<String> {
    if !part.clone().any(|at| file.string(at).is_some_and(|text| text.is_empty())) {
        return Vec::new();
    }
    let rows = world.code.rows.doing(&[Does::Environment]);
    let readers: Vec<&str> = rows.flat_map(|row| row.names.iter().map(String::as_str)).collect();
    let mut calls = part.clone().filter(|&at| readers.contains(&file.word(at)));
    calls.find_map(|at| Call::at(file, at)).map(|call| names(world, &call, 0)).unwrap_or_default()
}

/// True if a block ends the program, or returns an error that is made there or has a name.
pub(super) fn refuses(world: &World, file: &File, open: usize) -> bool {
    let makes = ["Errorf", "New", "Wrap", "Wrapf", "Exit"];
    let block = open..file.closing(open).min(open + MAX_TOKENS);
    let returns = block.clone().any(|at| file.word(at) == "return");
    block.into_iter().any(|at| {
        let name = file.word(at);
        is_end(world, name)
            || returns && makes.contains(&name) && file.word(at + 1) == "("
            || returns && is_error(name)
    })
}

/// True if a block of `main` prints how the program is used, and returns.
fn leaves_main(world: &World, file: &File, open: usize) -> bool {
    let own = file.path.parent().unwrap_or_default() == *world.folder;
    let main = file
        .facts()
        .function_at(open)
        .is_some_and(|function| own && !function.method && file.word(function.name) == "main");
    let mut block = open..file.closing(open).min(open + MAX_TOKENS);
    let shows = |at: usize| matches!(file.word(at), "Usage" | "PrintDefaults" | "Help");
    let leaves = |at: usize| file.word(at) == "return" && file.enclosing(at) == Some(open);
    main && block.clone().any(shows) && block.any(leaves)
}

/// True if a block ends the program, or leaves `main`, under no further condition.
fn ends_at_once(world: &World, file: &File, open: usize) -> bool {
    let block = open..file.closing(open).min(open + MAX_TOKENS);
    let own = |at: usize| file.enclosing(at) == Some(open) && is_end(world, file.word(at));
    leaves_main(world, file, open) || block.into_iter().any(own)
}

/// The switch of `!*daemon`, which is off unless somebody sets it.
fn off(world: &World, file: &Rc<File>, part: &Range<usize>) -> Option<(String, bool)> {
    if file.word(part.start) != "!" {
        return None;
    }
    let value = world.code.value(file, part.start + 1..part.end);
    let is_off = value.text().is_none_or(|text| text == "false") && !value.is_like();
    value.flag().filter(|_| is_off).map(|flag| (format!("{flag}=true"), true))
}

/// True for a name such as `ErrNoToken`.
fn is_error(word: &str) -> bool {
    let rest = word.strip_prefix("Err").or_else(|| word.strip_prefix("err"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()) && rest != "Errorf")
}

/// The variable of `x.y("z") == ""`, if nothing else gives it a value, or the flag, with true. The
/// text may also be the default.
fn unset(world: &World, file: &Rc<File>, part: &Range<usize>) -> Option<(String, bool)> {
    let (whole, text) = if let Some(inside) = lists::sized(file, part) {
        (inside, std::borrow::Cow::Borrowed(""))
    } else {
        let mark = part.clone().find(|&at| file.word(at) == "==")?;
        (part.start..mark, file.string(mark + 1).filter(|_| mark + 2 == part.end)?)
    };
    let value = world.code.value(file, whole);
    let unset = match value.text() {
        Some(default) => default == *text,
        None => text.is_empty(),
    } && !value.is_like();
    if let Some(name) = value.env() {
        return (unset && is_env_name(name)).then(|| (name.to_owned(), false));
    }
    value.flag().filter(|_| unset).map(|flag| (flag.to_owned(), true))
}

/// True if the function around a place leads to a listener, or hands its error to one that does.
pub(super) fn is_started(
    world: &World,
    reach: &Reach,
    file: &Rc<File>,
    at: usize,
    steps: u8,
) -> bool {
    let Some(function) = file.facts().function_at(at) else { return false };
    if reach.leads(file, function.range.clone()) {
        return true;
    }
    let Some(steps) = steps.checked_sub(1) else { return false };
    let calls = world.code.callers(file, function);
    let calls = calls.filter(|call| {
        let own = call.file.path.parent() == file.path.parent();
        // Another package may ask for what only one of its modes needs.
        !call.is_head_of(file, function)
            && (own || !conditions::is_conditional(&call.file, call.at))
    });
    calls.take(MAX_CALLERS).any(|call| {
        world.code.stops_at(&call) && is_started(world, reach, &call.file, call.at, steps)
    })
}

fn is_end(world: &World, name: &str) -> bool {
    world.code.rows.ending.iter().any(|ending| ending == name)
}

/// True if the code after the call tests the result and stops the program if it is empty: `if x ==
/// "" { log.Fatal(...) }`, or `if !ok { return errors.New(...) }` on the way to the server.
fn is_demanded<'w, 'p, 'r>(
    world: &'w World<'p, 'r>,
    call: &Call,
    reach: &mut Option<Reach<'w, 'p, 'r>>,
) -> bool {
    let file = &call.file;
    let close = file.closing(call.open);
    let Some(before) = call.at.checked_sub(3) else { return false };
    // Collects the names on the left: `x := os.Getenv("X")` or `x, ok := os.LookupEnv("X")`.
    let mut names: Vec<&str> = Vec::new();
    for at in (before.saturating_sub(5)..=before).rev() {
        match file.word(at) {
            ":=" | "=" | "," => {}
            name if file.is_word(at) && !names.contains(&name) => names.push(name),
            _ => break,
        }
    }
    let end = (close + MAX_TOKENS).min(file.len());
    let mut heads = (close..end).filter(|&at| matches!(file.word(at), "if"));
    heads.any(|at| {
        let Some(open) = (at..(at + 24).min(file.len())).find(|&at| file.word(at) == "{") else {
            return false;
        };
        let head = at + 1..open;
        let block = open..file.closing(open);
        let mut returns = || {
            let absent = head.len() == 2 && !conditions::is_conditional(file, call.at);
            let reach = reach.get_or_insert_with(|| Reach::new(world));
            absent && refuses(world, file, open) && is_started(world, reach, file, at, MAX_STEPS)
        };
        is_empty_test(file, &head, &names)
            && (block.into_iter().any(|at| is_end(world, file.word(at))) || returns())
    })
}

/// True for `x == ""`, `len(x) == 0` and `!ok`, alone or as one side of `||`.
fn is_empty_test(file: &crate::code::File, head: &Range<usize>, names: &[&str]) -> bool {
    // `x == "" && y == ""` stops the program only if both are empty, so it demands neither.
    if head.clone().any(|at| file.word(at) == "&&") {
        return false;
    }
    file.split(head.clone(), &["||"]).into_iter().any(|part| {
        let about = part.clone().any(|at| names.contains(&file.word(at)));
        let empty = part.clone().any(|at| file.word(at) == "==")
            && part
                .clone()
                .any(|at| file.string(at).is_some_and(|t| t.is_empty()) || file.word(at) == "0");
        let absent = part.len() == 2 && file.word(part.start) == "!";
        about && (empty || absent)
    })
}
