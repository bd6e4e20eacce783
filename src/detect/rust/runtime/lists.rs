//! Programs that the code starts from a list, or by a library: `for tool in ["a", "b"] {
//! Command::new(tool) }`, `cmd!("git", "pull")`.

use std::ops::Range;
use std::rc::Rc;

use super::Code;
use crate::code::{File, Form, Program as Source, conditions};
use crate::facts::Evidence;

/// How many elements of a list are looked at.
const MAX_ELEMENTS: usize = 32;

/// How many tokens the type of a constant may have.
const MAX_TYPE: usize = 40;

/// How many tokens the value of a constant may have before its list: `&[`, `vec![`.
const MAX_BEFORE: usize = 4;

/// The names of programs that an expression can be, as an element of a list: `argv[0]`, or what a
/// loop goes through.
pub(super) fn named(source: &Source, file: &Rc<File>, name: &Range<usize>) -> Vec<String> {
    let start = name.start + usize::from(file.word(name.start) == "&");
    let name = start..name.end;
    if name.len() == 4 && file.word(start + 1) == "[" {
        let number = file.word(start + 2).parse::<usize>().ok();
        let list = number.and_then(|number| Some((number, list(source, file, start)?)));
        let Some((number, (file, open))) = list else { return Vec::new() };
        let element = file.elements(open).into_iter().nth(number);
        return element.and_then(|one| text(&file, &one)).into_iter().collect();
    }
    if name.len() != 1 {
        return Vec::new();
    }
    let word = file.word(start);
    if let Some(first) = first_of(source, file, start) {
        return vec![first];
    }
    for head in conditions::heads(file, start) {
        let Some(inside) = looped(file, &head) else { continue };
        let pattern = head.start + 1..inside;
        let tuple = pattern.clone().find(|&at| file.word(at) == "(");
        let position = match tuple {
            Some(open) => {
                let parts = file.elements(open);
                parts.into_iter().position(|part| file.word(part.end - 1) == word)
            }
            None => (file.word(inside - 1) == word).then_some(0),
        };
        let Some(position) = position else { continue };
        let from = (inside + 1..head.end).find(|&at| !matches!(file.word(at), "&" | "mut"));
        let Some((file, open)) = from.and_then(|from| list(source, file, from)) else { continue };
        let elements = file.elements(open).into_iter().take(MAX_ELEMENTS);
        let texts = elements.filter_map(|one| match tuple {
            Some(_) if file.word(one.start) == "(" => {
                text(&file, file.elements(one.start).get(position)?)
            }
            Some(_) => None,
            None => text(&file, &one),
        });
        return texts.collect();
    }
    Vec::new()
}

/// The first element of the list that the variable was taken from: `let (program, rest) =
/// argv.split_first().unwrap()`.
fn first_of(source: &Source, file: &Rc<File>, at: usize) -> Option<String> {
    let places = file.places(file.word(at));
    let before = places[..places.partition_point(|&place| place < at)].last()?;
    let open = before.checked_sub(1).filter(|&open| file.word(open) == "(")?;
    let list = file.closing(open) + 2;
    let taken = file.word(list - 1) == "="
        && file.word(list + 1) == "."
        && matches!(file.word(list + 2), "split_first" | "split_at");
    let (file, open) = taken.then(|| self::list(source, file, list))??;
    text(&file, file.elements(open).first()?)
}

/// The position of `in`, if the head is that of a loop over a list.
fn looped(file: &File, head: &Range<usize>) -> Option<usize> {
    let mut words = head.clone().filter(|_| file.word(head.start) == "for");
    words.find(|&at| file.word(at) == "in")
}

/// The bracket of the list at a position: a literal, or a name that is defined as one.
fn list(source: &Source, file: &Rc<File>, at: usize) -> Option<(Rc<File>, usize)> {
    if file.word(at) == "[" {
        return Some((file.clone(), at));
    }
    let name = file.word(at);
    std::iter::once(file).chain(source.files()).find_map(|file| {
        let all = file.facts().definitions_of(file, name).iter();
        let all = all.filter(|one| one.form == Form::Declared).map(|one| one.value.start);
        let open = all.chain(constant(file, name)).find_map(|start| opened(file, start))?;
        Some((file.clone(), open))
    })
}

/// The bracket of the list that a value is: `&[`, `vec![`.
fn opened(file: &File, start: usize) -> Option<usize> {
    let mut first = (start..start + MAX_BEFORE)
        .take_while(|&at| matches!(file.word(at), "&" | "[" | "vec" | "!"));
    first.find(|&at| file.word(at) == "[")
}

/// Where the value of a constant begins, whatever its type.
fn constant(file: &File, name: &str) -> Option<usize> {
    let declared = |at: &usize| {
        let before = at.checked_sub(1).map_or("", |before| file.word(before));
        matches!(before, "const" | "static") && file.word(at + 1) == ":"
    };
    let at = *file.places(name).iter().find(|at| declared(at))?;
    (at..at + MAX_TYPE).find(|&at| file.word(at) == "=").map(|sign| sign + 1)
}

fn text(file: &File, range: &Range<usize>) -> Option<String> {
    let text = file.string(range.start).filter(|_| range.len() == 1)?;
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '{');
    plain.then(|| text.into_owned())
}

/// The programs that libraries start or demand: `duct::cmd!("git", "pull")`, xshell's `cmd!(sh, "git
/// pull")`, `which::which("git")?`.
pub(super) fn of_libraries(source: &Source, code: &Code) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let plain = |text: &str| !text.is_empty() && !text.contains(['{', ' ']);
    let (duct, xshell) = (code.dependencies.contains("duct"), code.dependencies.contains("xshell"));
    for file in code.files.iter().filter(|file| (duct || xshell) && file.names("cmd")) {
        for at in (0..file.len()).filter(|&at| file.is(at, "cmd")) {
            let open = at + 1 + usize::from(file.is(at + 1, "!"));
            let first = file.string(open + 1).filter(|_| duct && file.is(open, "("));
            let line = file.string(open + 3).filter(|_| xshell && file.is(open + 2, ","));
            let line = line.as_deref().and_then(|line| line.split_whitespace().next());
            if let Some(name) = first.as_deref().or(line).filter(|name| plain(name)) {
                found.push((name.to_owned(), file.evidence(at, format!("starts `{name}`"))));
            }
        }
    }
    if code.dependencies.contains("which") {
        for call in source.calls_named("which").filter(|call| !call.is_method()) {
            let next = call.file.closing(call.open) + 1;
            let stops = ["expect", "unwrap", "context", "with_context", "map_err"];
            let demanded = call.file.word(next) == "?"
                || call.file.word(next) == "." && stops.contains(&call.file.word(next + 1));
            let name = call.arguments().first().and_then(|one| text(&call.file, one));
            if let Some(name) = name.filter(|_| demanded) {
                let evidence = call.evidence(format!("`which` looks for `{name}`"));
                found.push((name, evidence));
            }
        }
    }
    found
}
