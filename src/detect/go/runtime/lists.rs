//! Flags that hold lists, and tests for empty ones.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::code::{Call, File, Program as Code};

/// Functions that make a flag of a list, with the places of what they fill, of the flag's name and
/// of the default: flag, pflag, goflags.
const MAKES: [(&str, Option<usize>, usize, Option<usize>); 12] = [
    ("Var", Some(0), 1, None),
    ("VarP", Some(0), 1, None),
    ("StringSlice", None, 0, Some(1)),
    ("StringSliceP", None, 0, Some(2)),
    ("StringSliceVar", Some(0), 1, Some(2)),
    ("StringSliceVarP", Some(0), 1, Some(3)),
    ("StringArray", None, 0, Some(1)),
    ("StringArrayP", None, 0, Some(2)),
    ("StringArrayVar", Some(0), 1, Some(2)),
    ("StringArrayVarP", Some(0), 1, Some(3)),
    ("IntSliceVar", Some(0), 1, Some(2)),
    ("IntSlice", None, 0, Some(1)),
];

/// Flags of lists that are empty by default, by the variable or field that holds each.
pub(super) struct Lists(BTreeMap<String, String>);

/// The flags of lists of a program.
pub(super) fn of(code: &Code) -> Lists {
    let mut all = BTreeMap::new();
    for (name, into, at, default) in MAKES {
        for call in code.calls_named(name) {
            let arguments = call.arguments();
            let file = &call.file;
            let flag = arguments.get(at).filter(|one| one.len() == 1);
            let Some(flag) = flag.and_then(|one| file.string(one.start)) else { continue };
            let given = default.and_then(|at| arguments.get(at));
            if given.is_some_and(|given| !is_empty(file, given)) {
                continue;
            }
            let holder = match into {
                Some(into) => arguments.get(into).filter(|one| file.word(one.start) == "&"),
                None => None,
            };
            let name = holder.map(|one| one.end - 1).or_else(|| assigned(&call));
            if let Some(name) = name.filter(|&name| file.is_word(name)) {
                all.entry(file.word(name).to_owned()).or_insert_with(|| flag.into_owned());
            }
        }
    }
    Lists(all)
}

/// True for `nil` and for a literal without elements.
fn is_empty(file: &File, range: &Range<usize>) -> bool {
    let close = range.end.saturating_sub(1);
    file.word(range.start) == "nil" || file.word(close) == "}" && file.opening(close) + 1 == close
}

/// The name to which the result of a call is given: `domains := pflag.StringSlice(..)`.
fn assigned(call: &Call) -> Option<usize> {
    let file = &call.file;
    let mut start = call.at;
    while start > 1 && file.word(start - 1) == "." {
        start -= 2;
    }
    let sign = start.checked_sub(1).filter(|&at| matches!(file.word(at), ":=" | "="))?;
    sign.checked_sub(1)
}

impl Lists {
    /// The flag whose list a condition finds empty.
    pub(super) fn unset(&self, file: &File, part: &Range<usize>) -> Option<String> {
        let inside = sized(file, part)?;
        self.0.get(file.word(inside.end.checked_sub(1)?)).cloned()
    }
}

/// What `len(x) == 0` and `len(x) < 1` measure.
pub(super) fn sized(file: &File, part: &Range<usize>) -> Option<Range<usize>> {
    if file.word(part.start) != "len" || file.word(part.start + 1) != "(" {
        return None;
    }
    let close = file.closing(part.start + 1);
    let test = (file.word(close + 1), file.word(close + 2));
    let empty = matches!(test, ("==", "0") | ("<", "1")) && close + 3 == part.end;
    empty.then_some(part.start + 2..close)
}
