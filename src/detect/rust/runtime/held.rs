//! Texts that a constant or a list holds, and the places where the code takes them; texts that the
//! code only compares.

use std::collections::{BTreeMap, BTreeSet};

use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;

/// Types whose `new` or `from` takes a path that the program opens.
pub(super) const OPENERS: [&str; 22] = [
    "ServeDir",
    "ServeFile",
    "Path",
    "PathBuf",
    "Files",
    "Tera",
    "StaticFilesEndpoint",
    "StaticFileEndpoint",
    "StaticDir",
    "StaticFile",
    "FileServer",
    "File",
    "Config",
    "Utf8Path",
    "Utf8PathBuf",
    "WalkDir",
    "Environment",
    "Toml",
    "Yaml",
    "Json",
    "Migrator",
    "Engine",
];

/// Calls that look at a text and open nothing: `way.starts_with(".github/")`.
const TESTS: [&str; 22] = [
    "starts_with",
    "ends_with",
    "contains",
    "contains_key",
    "strip_prefix",
    "strip_suffix",
    "eq",
    "ne",
    "eq_ignore_ascii_case",
    "split",
    "rsplit",
    "splitn",
    "rsplitn",
    "split_once",
    "rsplit_once",
    "trim_matches",
    "trim_start_matches",
    "trim_end_matches",
    "find",
    "rfind",
    "replace",
    "replacen",
];

/// Methods between a list and the closure that takes its elements.
const EACH: [&str; 10] = [
    "iter",
    "into_iter",
    "map",
    "for_each",
    "filter_map",
    "flat_map",
    "find_map",
    "try_for_each",
    "copied",
    "any",
];

/// How many tokens before a value are searched for the name of its constant.
const MAX_HEAD: usize = 16;

/// How many tokens behind a list are searched for the variable that takes its elements.
const MAX_CHAIN: usize = 24;

/// How many uses of a name are looked at.
const MAX_USES: usize = 32;

/// How many tokens a list or a block that takes its elements may have.
const MAX_BLOCK: usize = 2000;

/// A place where the code takes a text.
pub(super) struct Taken<'c> {
    pub(super) file: &'c SourceFile,
    pub(super) at: usize,
    /// True if the text is one of a list.
    pub(super) of_list: bool,
}

/// The names of all constants with the files that define them, and where the code uses them.
pub(super) struct Held<'c> {
    defined: BTreeMap<&'c str, BTreeSet<usize>>,
    uses: BTreeMap<&'c str, Vec<(usize, usize)>>,
    files: &'c [std::rc::Rc<SourceFile>],
}

impl<'c> Held<'c> {
    pub(super) fn new(files: &'c [std::rc::Rc<SourceFile>]) -> Self {
        let mut new = Self { defined: BTreeMap::new(), uses: BTreeMap::new(), files };
        let constants = |file: &SourceFile, at: usize| {
            (file.is(at, "const") || file.is(at, "static")) && file.is(at + 2, ":")
        };
        for (number, file) in files.iter().enumerate() {
            for at in (0..file.len()).filter(|&at| constants(file, at)) {
                new.defined.entry(file.word(at + 1)).or_default().insert(number);
            }
        }
        for (number, file) in files.iter().enumerate() {
            for at in 0..file.len() {
                if file.kind(at) == Some(Kind::Word)
                    && new.defined.contains_key(file.word(at))
                    && !(at > 0 && constants(file, at - 1))
                {
                    new.uses.entry(file.word(at)).or_default().push((number, at));
                }
            }
        }
        new
    }

    /// The places where the code takes the text at a position, if a constant or a list holds it.
    /// `None` if the text stands where it is used.
    pub(super) fn taken(&self, file: &'c SourceFile, at: usize) -> Option<Vec<Taken<'c>>> {
        let list = list(file, at);
        let start = list.unwrap_or(at);
        let end = list.map_or(at, |open| file.closing(open)) + 1;
        let places: Vec<(&SourceFile, usize)> = if let Some(name) = constant(file, start, end) {
            self.uses_of(name, file)
        } else if list.is_none() {
            return None;
        } else if let Some(name) = local(file, start, end) {
            let block = file.brackets(start).into_iter().find(|&open| file.is(open, "{"));
            let close = block.map_or(file.len(), |open| file.closing(open));
            let body = end..close.min(end + MAX_BLOCK);
            body.filter(|&n| file.is(n, name)).map(|n| (file, n)).collect()
        } else if call(file, start).is_none() {
            vec![(file, start)]
        } else {
            return None;
        };
        let Some(_) = list else {
            let taken = |(file, at)| Taken { file, at, of_list: false };
            return Some(places.into_iter().map(taken).collect());
        };
        let mut taken = Vec::new();
        for (file, at) in places.into_iter().take(MAX_USES) {
            let Some((name, body)) = element(file, at) else { continue };
            let uses = body.take(MAX_BLOCK).filter(|&n| file.is(n, name)).take(MAX_USES);
            taken.extend(uses.map(|at| Taken { file, at, of_list: true }));
        }
        Some(taken)
    }

    /// The uses of the constant that a file defines: those of its own file alone, if another file
    /// has a constant of that name.
    fn uses_of(&self, name: &str, file: &SourceFile) -> Vec<(&'c SourceFile, usize)> {
        let alone = self.defined.get(name).is_some_and(|files| files.len() == 1);
        let uses = self.uses.get(name).into_iter().flatten();
        let uses = uses.map(|&(number, at)| (&*self.files[number], at));
        uses.filter(|(held, _)| alone || std::ptr::eq(*held, file)).take(MAX_USES).collect()
    }
}

/// The name of the innermost call around a token, whether it is a macro, and the type before
/// `::new`.
pub(super) fn call(file: &SourceFile, at: usize) -> Option<(&str, bool, Option<&str>)> {
    for open in file.enclosing(at) {
        if let Some(name) = file.called(open) {
            let is_macro = open > 0 && file.is(open - 1, "!");
            let end = open - 1 - usize::from(is_macro);
            let names = file.path_to(end);
            let owner = names.len().checked_sub(2).map(|n| names[n]);
            return Some((name, is_macro, owner));
        }
    }
    None
}

/// The opening bracket of the list that a text is an element of: `["a", "b"]`, `vec!["a"]`.
fn list(file: &SourceFile, at: usize) -> Option<usize> {
    let open = file.enclosing(at).into_iter().next().filter(|&open| file.is(open, "["))?;
    let attribute = open > 0 && (file.is(open - 1, "#") || file.is(open - 1, "!"));
    let vec = open > 1 && file.is(open - 1, "!") && file.is(open - 2, "vec");
    // `map["a"]` is no list, `in ["a"]` is one.
    let indexed = file.called(open).is_some_and(|word| !["in", "return", "else"].contains(&word));
    (vec || !attribute && !indexed).then_some(open)
}

/// The name of the constant whose value is `start..end`.
fn constant(file: &SourceFile, start: usize, end: usize) -> Option<&str> {
    let equals = before(file, start)?;
    file.is(end, ";").then_some(())?;
    let from = (equals.saturating_sub(MAX_HEAD)..equals)
        .rev()
        .take_while(|n| !file.is(*n, "{") && !file.is(*n, "}"))
        .find(|n| file.is(*n, "const") || file.is(*n, "static"))?;
    file.is(from + 2, ":").then(|| file.word(from + 1))
}

/// The name of the variable whose value is `start..end`.
fn local(file: &SourceFile, start: usize, end: usize) -> Option<&str> {
    let equals = before(file, start)?;
    file.is(end, ";").then_some(())?;
    let from = (equals.saturating_sub(MAX_HEAD)..equals)
        .rev()
        .take_while(|n| !file.is(*n, "{") && !file.is(*n, "}"))
        .find(|n| file.is(*n, "let"))?;
    Some(file.word(from + 1 + usize::from(file.is(from + 1, "mut"))))
}

/// The equals sign before a value, apart from `&` and `vec!` before it.
fn before(file: &SourceFile, mut start: usize) -> Option<usize> {
    if start > 1 && file.is(start - 1, "!") {
        start -= 2;
    }
    if start > 0 && file.is(start - 1, "&") {
        start -= 1;
    }
    start.checked_sub(1).filter(|&at| file.is(at, "="))
}

/// The variable that takes each element of the list at a position, and the tokens in which it is
/// known: `for path in LISTS { .. }`, `LISTS.iter().map(|path| ..)`.
fn element(file: &SourceFile, at: usize) -> Option<(&str, std::ops::Range<usize>)> {
    let mut first = at;
    while first > 0 && ["&", ":", "vec", "!"].iter().any(|mark| file.is(first - 1, mark)) {
        first -= 1;
    }
    let mut next = if file.is(at, "[") { file.closing(at) } else { at } + 1;
    let looped = first > 2 && file.is(first - 1, "in");
    let variable = first.saturating_sub(2);
    let end = (next + MAX_CHAIN).min(file.len());
    while next < end {
        if looped && file.is(next, "{") {
            let is_loop = file.is(variable.saturating_sub(1), "for");
            return is_loop.then(|| (file.word(variable), next..file.closing(next)));
        }
        let each =
            file.is(next, ".") && EACH.contains(&file.word(next + 1)) && file.is(next + 2, "(");
        if !each {
            return None;
        }
        let open = next + 2;
        if file.is(open + 1, "|") {
            let name = open + 2 + usize::from(file.is(open + 2, "&"));
            let body = name + 2..file.closing(open);
            return file.is(name + 1, "|").then(|| (file.word(name), body));
        }
        next = file.closing(open) + 1;
    }
    None
}

/// True if the code only compares the text: `x == "a"`, `"a" | "b" => ..`, `x.starts_with("a")`,
/// `["a", "b"].contains(&x)`.
pub(super) fn is_compared(file: &SourceFile, at: usize) -> bool {
    let two = |at: usize, first: &str, second: &str| file.is(at, first) && file.is(at + 1, second);
    let back = at.saturating_sub(2);
    let compared = two(back, "=", "=") || two(back, "!", "=") || two(at + 1, "=", "=");
    let arm = two(at + 1, "=", ">") || file.is(at + 1, "|") || two(at + 1, "!", "=");
    if compared || arm || at > 0 && file.is(at - 1, "|") && file.string(back).is_some() {
        return true;
    }
    for open in file.enclosing(at) {
        let Some(name) = file.called(open) else {
            let close = file.closing(open);
            if file.is(open, "[") && file.is(close + 1, ".") {
                return file.is(close + 2, "contains");
            }
            continue;
        };
        if TESTS.contains(&name) {
            return true;
        }
        // `x.starts_with(Path::new("a"))`
        let path = file.path_to(open - 1);
        let owner = path.len().checked_sub(2).and_then(|n| path.get(n));
        let passes = matches!(name, "new" | "from") && owner.is_some_and(|of| OPENERS.contains(of));
        if !passes && !matches!(name, "Some" | "Ok") {
            return false;
        }
    }
    false
}
