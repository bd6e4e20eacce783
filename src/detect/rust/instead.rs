//! Variables that a build script reads in place of git:
//! `env::var("GIT_HASH").unwrap_or_else(|_| ask_git())`.

use std::ops::Range;

use super::source::SourceFile;

/// What stands between a variable and what replaces it.
const ELSE: [&str; 6] = ["unwrap_or_else", "or_else", "map_or_else", "else", "Err", "None"];

/// Questions whether a variable is set: its value is not what git would say.
const ASKED: [&str; 4] = ["is_ok", "is_err", "is_some", "is_none"];

/// How many tokens belong to what replaces a variable.
const MAX_ELSE: usize = 300;

/// The code that runs only where the variable at `at` is unset: `at` is the text of
/// `env::var("GIT_HASH")`. The bodies of functions that are called there belong to it.
pub(super) fn code_without(file: &SourceFile, at: usize) -> Vec<Range<usize>> {
    let read = at >= 2
        && file.is(at - 1, "(")
        && ["var", "var_os"].contains(&file.word(at - 2))
        && file.path_to(at - 2).contains(&"env");
    let close = if read { file.closing(at - 1) } else { file.len() };
    if file.is(close + 1, ".") && ASKED.contains(&file.word(close + 2)) {
        return Vec::new();
    }
    let rest = rest(file, close);
    let Some(start) = rest.clone().find(|&at| ELSE.contains(&file.word(at))) else {
        return Vec::new();
    };
    let own = start..rest.end;
    let named = |at: &usize| file.is(at + 1, "(") || file.is(at + 1, ")") || file.is(at + 1, ";");
    let words = own.clone().filter(named).map(|at| file.word(at));
    let mut all: Vec<Range<usize>> = words.filter_map(|name| body(file, name)).collect();
    all.push(own);
    all
}

/// The rest of the statement behind a token, with the branches of an `if` or `match`.
fn rest(file: &SourceFile, after: usize) -> Range<usize> {
    let end = file.len().min(after.saturating_add(MAX_ELSE));
    let mut depth = 0usize;
    let mut at = after.saturating_add(1).min(end);
    let start = at;
    while at < end {
        match file.word(at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" | ";" | "let" | "fn" if depth == 0 => break,
            "}" => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    start..at
}

/// The body of a function of the file.
fn body(file: &SourceFile, name: &str) -> Option<Range<usize>> {
    if name.is_empty() {
        return None;
    }
    let is = |at: &usize| file.is(*at, "fn") && file.is(at + 1, name) && file.is(at + 2, "(");
    let start = (0..file.len()).find(is)?;
    let end = file.len().min(start.saturating_add(MAX_ELSE));
    let open = (start..end).find(|&at| file.is(at, "{"))?;
    Some(open..file.closing(open))
}

/// True for the start of the program git: `Command::new("git")`.
pub(super) fn starts_git(file: &SourceFile, at: usize) -> bool {
    at >= 2
        && file.is(at - 1, "(")
        && file.path_to(at - 2).contains(&"Command")
        && file.string(at).is_some_and(|text| text == "git")
}

/// The variables that a build script takes in place of what git says, each with the code that is
/// spared then.
pub(super) fn variables(file: &SourceFile) -> Vec<(String, Vec<Range<usize>>)> {
    let mut all = Vec::new();
    for at in 2..file.len() {
        let Some(name) = file.string(at).filter(|_| file.is(at - 1, "(")) else { continue };
        let spared = code_without(file, at);
        if spared.iter().any(|range| range.clone().any(|at| starts_git(file, at))) {
            all.push((name.into_owned(), spared));
        }
    }
    all
}
