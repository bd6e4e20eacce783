//! What surrounds a path in a literal says whether the program opens it.

use std::rc::Rc;

use crate::code::File;
use crate::path::RelPath;

/// Calls that compare or print their arguments, or that another reader handles: their text is not
/// a file.
const TALKING: [&str; 24] = [
    "AddConfigPath",
    "SetConfigName",
    "HasSuffix",
    "HasPrefix",
    "Contains",
    "EqualFold",
    "Equal",
    "Print",
    "Println",
    "Printf",
    "Errorf",
    "Fatal",
    "Fatalf",
    "Error",
    "Info",
    "Debug",
    "Warn",
    "Infof",
    "Warnf",
    "Debugf",
    "New",
    "Fprintf",
    "Fprintln",
    "Sprintf",
];

/// True for a name that stands for a developer's settings or for an example.
pub(super) fn is_development(path: &RelPath) -> bool {
    let words = ["development", "dev", "local", "example", "sample", "test", "testing"];
    path.file_name().split(['.', '-', '_']).any(|part| words.contains(&part))
}

/// True if the literal is in a list beside another one that begins with the same word, such as
/// `config.local.json` beside `config.json`.
pub(super) fn is_tried_in_turn(file: &File, at: usize, text: &str) -> bool {
    let first = |text: &str| text.split(['.', '-', '_']).next().map(str::to_owned);
    let before = at.checked_sub(2).filter(|_| file.word(at - 1) == ",");
    let after = Some(at + 2).filter(|_| file.word(at + 1) == ",");
    let mut others = before.into_iter().chain(after).filter_map(|at| file.string(at));
    file.enclosing(at).is_some_and(|open| file.word(open) == "{")
        && others.any(|other| other != text && first(&other) == first(text))
}

/// True if the literal is an argument, a value or a result.
pub(super) fn is_handed_on(file: &File, at: usize) -> bool {
    at.checked_sub(1)
        .is_some_and(|before| matches!(file.word(before), "=" | ":=" | ":" | "return" | "(" | ","))
        && file.word(at + 1) != ":"
        && !is_below_a_folder(file, at)
}

/// True if the literal is a name below a folder that only the running program knows:
/// `filepath.Join(dir, "config.json")`.
fn is_below_a_folder(file: &File, at: usize) -> bool {
    let joins = file.enclosing(at).filter(|&open| open > 0 && file.word(open - 1) == "Join");
    file.word(at - 1) == "," && joins.is_some_and(|open| file.string(open + 1).is_none())
}

/// True if the literal is only compared or printed.
pub(super) fn is_talk(file: &Rc<File>, at: usize) -> bool {
    if at >= 1 && matches!(file.word(at - 1), "==" | "!=" | "case") {
        return true;
    }
    let Some(open) = file.enclosing(at).filter(|&open| file.word(open) == "(" && open > 0) else {
        return false;
    };
    TALKING.contains(&file.word(open - 1))
}
