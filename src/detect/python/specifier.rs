//! Ranges of versions, in packaging's form (`>=3.11,<3.14`) and in Poetry's (`^3.11 || ~3.9`).

/// The numbers of a release: `3.12` is 3, 12 and 0.
pub(super) fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut all = [0; 3];
    let mut parts = version.trim().trim_start_matches('v').split('.');
    for (at, slot) in all.iter_mut().enumerate() {
        let Some(part) = parts.next() else { break };
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return (at > 0).then_some(all);
        }
        *slot = digits.parse().ok()?;
    }
    Some(all)
}

/// How many numbers a version states.
fn stated(version: &str) -> usize {
    version.split('.').filter(|part| part.starts_with(|c: char| c.is_ascii_digit())).count()
}

/// True if a range admits a version; `None` if the range cannot be read.
pub(super) fn admits(range: &str, version: [u64; 3]) -> Option<bool> {
    let mut any = false;
    for alternative in range.split("||").flat_map(|text| text.split(" or ")) {
        let mut all = true;
        for clause in clauses(alternative) {
            all &= clause_admits(&clause, version)?;
        }
        any |= all;
    }
    Some(any)
}

/// The version below which a range keeps all that it admits; `None` if it has no such bound.
pub(super) fn bound(range: &str) -> Option<[u64; 3]> {
    let of = |alternative: &str| clauses(alternative).iter().filter_map(|one| upper(one)).min();
    let mut alternatives = range.split("||").flat_map(|text| text.split(" or "));
    alternatives.try_fold([0; 3], |most, one| Some(most.max(of(one)?)))
}

/// The first version above a clause.
fn upper(clause: &str) -> Option<[u64; 3]> {
    let end = clause.find(|c: char| !"<>=!~^".contains(c)).unwrap_or(clause.len());
    let (operator, text) = clause.split_at(end);
    let wild = text.contains('*') || operator.is_empty();
    let named = text.trim_end_matches(".*");
    let stated = numbers(named)?;
    let parts = self::stated(named).clamp(1, 3);
    // The version after all those whose first numbers are the same.
    let after = |kept: usize| {
        let kept = kept.clamp(1, 3);
        let mut next = [0; 3];
        next[..kept].copy_from_slice(&stated[..kept]);
        next[kept - 1] = next[kept - 1].saturating_add(1);
        next
    };
    match operator {
        "<" => Some(stated),
        "<=" => Some(after(3)),
        "==" | "" | "===" => Some(after(if wild { parts } else { 3 })),
        "~=" => Some(after(parts.saturating_sub(1))),
        "~" => Some(after(parts.min(2))),
        "^" => Some(after(stated.iter().position(|one| *one > 0).map_or(parts, |at| at + 1))),
        _ => None,
    }
}

/// `>=3.9,<4` and `>=3.9 <4` are two clauses each.
fn clauses(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty()) {
        match all.last_mut() {
            // The blank in `>= 3.9` separates nothing.
            Some(last) if last.ends_with(['=', '<', '>', '~', '^', '!']) => last.push_str(word),
            _ => all.push(word.to_owned()),
        }
    }
    all
}

fn clause_admits(clause: &str, version: [u64; 3]) -> Option<bool> {
    let end = clause.find(|c: char| !"<>=!~^".contains(c)).unwrap_or(clause.len());
    let (operator, text) = clause.split_at(end);
    if text == "*" {
        return Some(true);
    }
    // A bare `3.11` in Poetry means any patch release of it.
    let wild = text.contains('*') || operator.is_empty();
    let named = text.trim_end_matches(".*");
    let bound = numbers(named)?;
    let parts = stated(named).min(3);
    let same = |parts: usize| version[..parts] == bound[..parts];
    Some(match operator {
        "==" | "" | "===" => same(if wild { parts } else { 3 }),
        "!=" => !same(if wild { parts } else { 3 }),
        ">=" => version >= bound,
        ">" => version > bound,
        "<=" => version <= bound,
        "<" => version < bound,
        // `~=3.11` lets the last stated number grow; Poetry's `~3.11` keeps two.
        "~=" => version >= bound && same(parts.saturating_sub(1)),
        "~" => version >= bound && same(parts.clamp(1, 2)),
        "^" => {
            // The first number that is not zero may not change; `^0.3` allows 0.3.x alone.
            let fixed = bound.iter().position(|number| *number > 0).map_or(parts, |at| at + 1);
            version >= bound && same(fixed.min(3))
        }
        _ => return None,
    })
}

/// The minor number of `3.12` and `3.12.4`.
pub(super) fn minor(version: &str) -> Option<u64> {
    numbers(version).map(|numbers| numbers[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_bounds_of_ranges() {
        for (range, below) in [
            ("<2", Some([2, 0, 0])),
            (">=1.20,<1.27.1", Some([1, 27, 1])),
            ("<=1.26.4", Some([1, 26, 5])),
            ("~=0.5.1", Some([0, 6, 0])),
            ("~=1.24", Some([2, 0, 0])),
            ("==1.24.*", Some([1, 25, 0])),
            ("==1.24.3", Some([1, 24, 4])),
            ("^1.24", Some([2, 0, 0])),
            ("^0.5.1", Some([0, 6, 0])),
            ("<2 || ^3.0", Some([4, 0, 0])),
            (">=1.20", None),
            ("<2 || >=3", None),
            ("", None),
            ("banana", None),
        ] {
            assert_eq!(bound(range), below, "{range}");
        }
    }

    #[test]
    fn ranges_of_both_forms() {
        let inside = |range: &str, version: &str| admits(range, numbers(version).unwrap());
        for (range, yes, no) in [
            (">=3.11,<3.14", "3.13.5", "3.14.0"),
            (">=3.11, <3.14", "3.11.0", "3.10.9"),
            ("~=3.11", "3.14.1", "4.0.0"),
            ("~=3.11.2", "3.11.9", "3.12.0"),
            ("^3.9", "3.14.0", "3.8.1"),
            ("~3.9", "3.9.7", "3.10.0"),
            ("3.12.*", "3.12.4", "3.13.0"),
            ("==3.12.*", "3.12.4", "3.11.0"),
            ("3.12", "3.12.4", "3.13.0"),
            ("!=3.12.*", "3.13.0", "3.12.1"),
            (">= 3.10", "3.10.0", "3.9.1"),
            ("^3.8 || ^2.7", "2.7.18", "3.7.0"),
            (">=3.8 <3.10", "3.9.0", "3.10.0"),
        ] {
            assert_eq!(inside(range, yes), Some(true), "{range} {yes}");
            assert_eq!(inside(range, no), Some(false), "{range} {no}");
        }
        assert_eq!(inside("*", "3.1"), Some(true));
        assert_eq!(inside("banana", "3.1"), None);
        assert_eq!(numbers("3.12rc1"), Some([3, 12, 0]));
    }
}
