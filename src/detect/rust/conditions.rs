//! `#[cfg(...)]` before a module: whether the features of the build compile it.

use std::ops::Range;

use super::source::SourceFile;

/// Conditions inside each other that are read.
const MAX_DEPTH: u8 = 16;

/// False where one of an item's attributes, whose brackets open at `attributes`, asks for features
/// that are off. What rests on anything else, such as the platform, counts.
pub(super) fn compiled(file: &SourceFile, attributes: &[usize], on: &dyn Fn(&str) -> bool) -> bool {
    let conditions =
        attributes.iter().filter(|&&open| file.is(open + 1, "cfg") && file.is(open + 2, "("));
    let mut held =
        conditions.map(|open| holds(file, open + 3..file.closing(open + 2), on, MAX_DEPTH));
    held.all(|held| held != Some(false))
}

/// Whether a condition holds; `None` where that depends on more than features.
fn holds(
    file: &SourceFile,
    range: Range<usize>,
    on: &dyn Fn(&str) -> bool,
    depth: u8,
) -> Option<bool> {
    let depth = depth.checked_sub(1)?;
    if range.len() == 3 && file.is(range.start, "feature") && file.is(range.start + 1, "=") {
        return file.string(range.start + 2).map(|feature| on(&feature));
    }
    if !file.is(range.start + 1, "(") {
        return None;
    }
    let parts = parts(file, range.start + 2..file.closing(range.start + 1).min(range.end));
    let held: Vec<Option<bool>> =
        parts.into_iter().map(|part| holds(file, part, on, depth)).collect();
    // One that is off decides `all`, one that is on decides `any`.
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

/// What the commas of a list divide.
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
        ] {
            assert!(!is_compiled(condition), "{condition}");
        }
        for condition in [
            r#"feature = "on""#,
            "unix",
            "not(windows)",
            r#"any(feature = "off", unix)"#,
            r#"all(feature = "on", unix)"#,
            r#"not(feature = "off")"#,
        ] {
            assert!(is_compiled(condition), "{condition}");
        }
    }
}
