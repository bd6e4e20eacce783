//! The modules that a file of Rust names: by a path from the crate, from a parent, or from itself.

use std::collections::BTreeSet;

/// What each path in `code` (see [`super::read`]) leads to: the longest part of it that is one of
/// `modules`, which are paths such as `detect/go/flags`. `own` is the module of the file.
pub(crate) fn modules(code: &str, own: &str, modules: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in paths(&words(code)) {
        found.extend(resolve(&path, own, modules));
    }
    found.remove(own);
    found
}

fn resolve(path: &[String], own: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut at: Vec<&str> = own.split('/').collect();
    let mut rest = path.iter().map(String::as_str).peekable();
    match rest.peek().copied() {
        Some("crate") => {
            at.clear();
            rest.next();
        }
        Some("self") => drop(rest.next()),
        Some("super") => {
            while rest.next_if_eq(&"super").is_some() {
                at.pop();
            }
        }
        Some(child) if modules.contains(&format!("{own}/{child}")) => {}
        _ => return None,
    }
    for word in rest {
        let next = at.iter().copied().chain([word]).collect::<Vec<_>>().join("/");
        if !modules.contains(&next) {
            break;
        }
        at.push(word);
    }
    (!at.is_empty()).then(|| at.join("/"))
}

/// Names, `::`, and every other character by itself.
fn words(code: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for c in code.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        match (c, words.last_mut()) {
            (':', Some(last)) if last == ":" => last.push(':'),
            (c, _) if !c.is_whitespace() => words.push(c.to_string()),
            _ => {}
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Every path of two names or more, with those of `use a::{b, c::d}` one by one.
fn paths(words: &[String]) -> Vec<Vec<String>> {
    let is_name = |word: &String| word.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let mut found = Vec::new();
    // The path before each brace that is open, `None` where it is no group of a path.
    let mut open: Vec<Option<Vec<String>>> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let outer = open.last().cloned().flatten();
        match words[at].as_str() {
            "{" => open.push(None),
            "}" => drop(open.pop()),
            _ if is_name(&words[at]) => {
                let mut path = outer.clone().unwrap_or_default();
                path.push(words[at].clone());
                while words.get(at + 1).is_some_and(|next| next == "::")
                    && words.get(at + 2).is_some_and(is_name)
                {
                    path.push(words[at + 2].clone());
                    at += 2;
                }
                let group = words.get(at + 1).is_some_and(|next| next == "::")
                    && words.get(at + 2).is_some_and(|next| next == "{");
                if group {
                    open.push(Some(path));
                    at += 2;
                } else if path.len() > 1 {
                    found.push(path);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}
