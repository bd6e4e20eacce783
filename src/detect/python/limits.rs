//! Versions of Python that the code of a program refuses, and the newest that its manifests name.

use std::rc::Rc;

use super::specifier::minor;
use crate::code::{File, Program as Code, conditions};
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// What a manifest says of each version that the project was tested with.
const CLASSIFIER: &str = "Programming Language :: Python :: 3.";

/// Maximum number of limits of one program.
const MAX_LIMITS: usize = 8;

/// Maximum number of tokens of one comparison, and of places that call one function.
const MAX_COMPARED: usize = 24;
const MAX_CALLS: usize = 32;

/// The ranges that the program admits, because it ends on any other: `if sys.version_info >= (3, 13):
/// sys.exit(..)`. Only what runs as the program starts counts.
pub(super) fn admitted(code: &Code, entries: &[RelPath]) -> Vec<Sourced<String>> {
    let mut all = Vec::new();
    for ending in code.endings() {
        let file = &ending.file;
        // One `and` narrows a refusal, so that both of its sides count as one.
        let parts = match file.split(ending.head.clone(), &["and"]).as_slice() {
            [whole] => file.split(whole.clone(), &["or"]),
            [first, second] if is_major(file, first.clone()) => vec![second.clone()],
            _ => continue,
        };
        for part in parts.into_iter().filter(|part| part.len() <= MAX_COMPARED) {
            let Some(range) = range(file, part) else { continue };
            if all.len() < MAX_LIMITS && runs(file, ending.at, entries) {
                let note = format!("the program ends unless Python is {range}");
                all.push(Sourced::new(range, file.evidence(ending.at, note)));
            }
        }
    }
    all
}

fn text(file: &File, range: std::ops::Range<usize>) -> String {
    range.take(MAX_COMPARED).map(|at| file.word(at)).collect()
}

/// `v[0] == 3`, `int(v[0]) == 3`, `sys.version_info.major == 3`
fn is_major(file: &File, range: std::ops::Range<usize>) -> bool {
    let text = text(file, range);
    ["[0]==3", "[0])==3", ".major==3"].iter().any(|end| text.ends_with(end))
}

/// The range that a comparison which ends the program leaves.
fn range(file: &Rc<File>, part: std::ops::Range<usize>) -> Option<String> {
    let text = text(file, part);
    let version = |name: &str| {
        ["sys.version_info", "version_info", "platform.python_version_tuple()"].contains(&name)
    };
    let at = text.find(['<', '>', '=', '!'])?;
    let (left, rest) = text.split_at(at);
    let operator = ["<=", ">=", "!=", "<", ">"].into_iter().find(|one| rest.starts_with(one))?;
    let right = &rest[operator.len()..];
    // `int(v[1]) > 12`, `sys.version_info.minor > 12`
    let one = left.strip_prefix("int(").and_then(|left| left.strip_suffix(')')).unwrap_or(left);
    if let Some(name) = one.strip_suffix("[1]").or_else(|| one.strip_suffix(".minor")) {
        let number: u64 = right.parse().ok()?;
        let holds = |at: &usize| {
            file.word(at + 1) == "=" && version(&self::text(file, at + 2..at + 7).replace(';', ""))
        };
        let known = version(name) || file.places(name).iter().take(MAX_CALLS).any(holds);
        return known.then(|| left_of(operator, number, true)).flatten();
    }
    let numbers = right.strip_prefix('(')?.strip_suffix(')')?.trim_end_matches(',');
    let numbers: Vec<u64> =
        numbers.split(',').map(|one| one.parse().ok()).collect::<Option<_>>()?;
    let short = ["[:2]", "[0:2]"].iter().find_map(|end| left.strip_suffix(end));
    let name = short.unwrap_or(left);
    match numbers.as_slice() {
        [3, minor, ..] if version(name) && !name.ends_with(')') => {
            left_of(operator, *minor, short.is_some() && numbers.len() == 2)
        }
        _ => None,
    }
}

/// What is left where a comparison is refused. A whole version is more than its first two numbers:
/// 3.12.1 is greater than (3, 12).
fn left_of(operator: &str, minor: u64, exact: bool) -> Option<String> {
    let next = minor.checked_add(1)?;
    Some(match operator {
        ">" if exact => format!("<3.{next}"),
        ">" | ">=" => format!("<3.{minor}"),
        "<=" if exact => format!(">=3.{next}"),
        "<" | "<=" => format!(">=3.{minor}"),
        _ if exact => format!("==3.{minor}.*"),
        _ => return None,
    })
}

/// True for what runs as the program starts: at the top of a module, or in a function that is called
/// there.
pub(super) fn runs(file: &File, at: usize, entries: &[RelPath]) -> bool {
    let heads = conditions::heads(file, at);
    let Some(function) = file.facts().function_at(at) else {
        return heads.iter().all(|head| {
            let guard = head.clone().any(|at| file.word(at) == "__name__");
            guard && entries.contains(&file.path)
        });
    };
    if heads.len() != 1 || function.method {
        return false;
    }
    let called = |place: &&usize| {
        **place != function.name
            && file.word(**place + 1) == "("
            && file.facts().function_at(**place).is_none()
            && runs(file, **place, entries)
    };
    file.places(file.word(function.name)).iter().take(MAX_CALLS).any(|place| called(&place))
}

/// The newest version that the classifiers of the manifests name.
pub(super) fn classified(dir: &Dir) -> Option<(String, Evidence)> {
    let mut found: Option<(u64, String, Evidence)> = None;
    for name in ["pyproject.toml", "setup.cfg", "setup.py"] {
        let Some((path, text)) = dir.text(name).ok().flatten() else { continue };
        for (line, held) in (1..).zip(text.lines()).filter(|(_, line)| line.contains(CLASSIFIER)) {
            if held.trim_start().starts_with('#') {
                continue;
            }
            let rest = held.split(CLASSIFIER).nth(1).unwrap_or_default();
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let version = format!("3.{digits}");
            let Some(number) = minor(&version).filter(|_| !digits.is_empty()) else { continue };
            if found.as_ref().is_none_or(|(held, ..)| *held < number) {
                let at = Evidence::at(&path, line, format!("a classifier names Python {version}"));
                found = Some((number, version, at));
            }
        }
    }
    found.map(|(_, version, at)| (version, at))
}
