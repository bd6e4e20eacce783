//! `#[cfg(...)]` before an item: whether a build for Linux with the given features compiles it.

use std::ops::Range;

use super::source::SourceFile;

/// How deep conditions are read. The limit protects the stack.
const MAX_DEPTH: u8 = 16;

/// False if one of the item's attributes, whose brackets open at `attributes`, asks for inactive
/// features or another system. A condition of any other kind counts as true.
pub(super) fn compiled(file: &SourceFile, attributes: &[usize], on: &dyn Fn(&str) -> bool) -> bool {
    let on = |feature: &str| Some(on(feature));
    let conditions = attributes.iter().filter(|&&open| is_condition(file, open + 1));
    let mut held =
        conditions.map(|open| holds(file, open + 3..file.closing(open + 2), &on, MAX_DEPTH));
    held.all(|held| held != Some(false))
}

/// True if the `cfg` at a position excludes every build of a program for Linux: it asks for another
/// system, or for tests.
pub(super) fn elsewhere(file: &SourceFile, at: usize) -> bool {
    let open = at + 1 + usize::from(file.is(at + 1, "!"));
    file.is(at, "cfg")
        && file.is(open, "(")
        && !is_met(file, open + 1..file.closing(open), &["test"], &|_| None)
}

/// False if no build of a program meets the condition in `range`: a build sets none of the names in
/// `never`. `on` tells whether a feature is on, where that is known.
pub(super) fn is_met(
    file: &SourceFile,
    range: Range<usize>,
    never: &[&str],
    on: &dyn Fn(&str) -> Option<bool>,
) -> bool {
    held(file, range, &Known { on, never }, MAX_DEPTH) != Some(false)
}

/// What is known about the names in a condition.
struct Known<'k> {
    on: &'k dyn Fn(&str) -> Option<bool>,
    never: &'k [&'k str],
}

fn is_condition(file: &SourceFile, at: usize) -> bool {
    file.is(at, "cfg") && file.is(at + 1, "(")
}

fn holds(
    file: &SourceFile,
    range: Range<usize>,
    on: &dyn Fn(&str) -> Option<bool>,
    depth: u8,
) -> Option<bool> {
    held(file, range, &Known { on, never: &[] }, depth)
}

/// The value of a condition; `None` if it depends on more than features and the system.
fn held(file: &SourceFile, range: Range<usize>, known: &Known, depth: u8) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    if range.len() == 3 && file.is(range.start + 1, "=") {
        let text = file.string(range.start + 2)?;
        return match file.word(range.start) {
            "feature" => (known.on)(&text),
            "target_os" => Some(text == "linux"),
            "target_family" => Some(text == "unix"),
            _ => None,
        };
    }
    match file.word(range.start) {
        "unix" if range.len() == 1 => return Some(true),
        // Images contain release builds.
        "windows" | "debug_assertions" if range.len() == 1 => return Some(false),
        word if range.len() == 1 && known.never.contains(&word) => return Some(false),
        _ => {}
    }
    if !file.is(range.start + 1, "(") {
        return None;
    }
    let parts = parts(file, range.start + 2..file.closing(range.start + 1).min(range.end));
    let held: Vec<Option<bool>> =
        parts.into_iter().map(|part| self::held(file, part, known, depth)).collect();
    // One false part decides `all`, one true part decides `any`.
    let decides = match file.word(range.start) {
        "not" => return held.first()?.map(|held| !held),
        "all" => false,
        "any" => true,
        _ => return None,
    };
    if held.contains(&Some(decides)) {
        Some(decides)
    } else {
        held.iter().all(Option::is_some).then_some(!decides)
    }
}

/// The parts between the commas of a list.
fn parts(file: &SourceFile, range: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut start, mut at) = (Vec::new(), range.start, range.start);
    while at < range.end {
        if file.is(at, "(") {
            at = file.closing(at);
        } else if file.is(at, ",") {
            found.push(start..at);
            start = at + 1;
        }
        at += 1;
    }
    if start < range.end {
        found.push(start..range.end);
    }
    found
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::path::RelPath;

    fn is_compiled(condition: &str) -> bool {
        let text = format!("use a; #[path = \"x.rs\"] #[cfg({condition})] pub(crate) mod x;");
        let file = SourceFile::parse(&RelPath::new("a.rs").unwrap(), &Rc::from(text.as_str()));
        file.modules(&|feature| feature == "on").len() == 1
    }

    #[test]
    fn features_that_are_off_compile_nothing() {
        for condition in [
            r#"feature = "off""#,
            r#"not(feature = "on")"#,
            r#"all(unix, feature = "off")"#,
            r#"any(feature = "off", feature = "other")"#,
            r#"all(feature = "on", not(any(feature = "on", unix)))"#,
            "windows",
            "debug_assertions",
            "not(unix)",
            r#"any(target_os = "macos", target_os = "ios")"#,
            r#"not(target_os = "linux")"#,
        ] {
            assert!(!is_compiled(condition), "{condition}");
        }
        for condition in [
            r#"feature = "on""#,
            "unix",
            "not(windows)",
            "not(debug_assertions)",
            r#"any(feature = "off", unix)"#,
            r#"all(feature = "on", unix)"#,
            r#"not(feature = "off")"#,
            r#"any(target_os = "linux", target_os = "macos")"#,
            r#"target_arch = "x86_64""#,
        ] {
            assert!(is_compiled(condition), "{condition}");
        }
    }
}
