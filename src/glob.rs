//! Folder patterns of package managers. Matching takes at most pattern times path steps, for any
//! pattern.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::budget::{MAX_ALTERNATIVES, MAX_GLOBS, MAX_PATTERN};

/// The syntax of a pattern beside `*` and `**`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// `{a,b}` matches both.
    pub braces: bool,
    /// `?` and `[a-z]` match one character.
    pub classes: bool,
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    alternatives: Vec<Vec<Part>>,
}

/// One component of a pattern.
#[derive(Clone, Debug)]
enum Part {
    /// `**`: any number of components.
    Any,
    /// One component.
    Name(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Char(char),
    One,
    Star,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// A bracket that is not closed.
    Nothing,
}

impl Glob {
    /// Parses `pattern`.
    ///
    /// # Errors
    /// If it is too long, or its braces expand to too many patterns.
    pub fn new(pattern: &str, syntax: Syntax) -> Result<Self> {
        if pattern.len() > MAX_PATTERN {
            bail!("a pattern has {} bytes, and at most {MAX_PATTERN} are read", pattern.len());
        }
        let alternatives = if syntax.braces { expand(pattern)? } else { vec![pattern.to_owned()] };
        let parts = |text: &String| {
            let parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
            let mut parts: Vec<Part> = parts
                .map(|part| if part == "**" { Part::Any } else { Part::Name(pieces(part, syntax)) })
                .collect();
            // Several `**` in a row are one.
            parts.dedup_by(|a, b| matches!((a, b), (Part::Any, Part::Any)));
            parts
        };
        Ok(Self { alternatives: alternatives.iter().map(parts).collect() })
    }

    /// True if the pattern matches the whole of `path`.
    pub fn matches(&self, path: &str) -> bool {
        let names: Vec<Vec<char>> = path
            .split('/')
            .filter(|name| !name.is_empty() && *name != ".")
            .map(|name| name.chars().collect())
            .collect();
        self.alternatives.iter().any(|parts| {
            greedy(
                parts,
                &names,
                |part| matches!(part, Part::Any),
                |part, name| matches!(part, Part::Name(pieces) if component(pieces, name)),
            )
        })
    }
}

/// The patterns of one list. Those without a wildcard are looked up, the others are tried in turn.
#[derive(Clone, Debug, Default)]
pub struct Globs {
    plain: BTreeSet<String>,
    wild: Vec<Glob>,
}

impl Globs {
    /// Parses a list. `place` gives the place of a pattern, for errors.
    ///
    /// # Errors
    /// If a pattern is invalid, or too many have wildcards.
    pub fn new<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
        syntax: Syntax,
        place: &dyn Fn(&str) -> String,
    ) -> Result<Self> {
        let mut globs = Self::default();
        let mut weight = 0;
        for pattern in patterns {
            if is_wild(pattern, syntax) {
                let glob = Glob::new(pattern, syntax).with_context(|| place(pattern))?;
                weight += glob.alternatives.len();
                if weight > MAX_GLOBS {
                    bail!(
                        "{}: more than {MAX_GLOBS} patterns with wildcards, the limit of one list",
                        place(pattern)
                    );
                }
                globs.wild.push(glob);
            } else {
                globs.plain.insert(clean(pattern));
            }
        }
        Ok(globs)
    }

    /// True if one of them matches the whole of `path`.
    pub fn matches(&self, path: &str) -> bool {
        self.plain.contains(path) || self.wild.iter().any(|glob| glob.matches(path))
    }
}

/// True if a pattern can match more than one text.
pub fn is_wild(pattern: &str, syntax: Syntax) -> bool {
    pattern.contains('*')
        || (syntax.classes && pattern.contains(['?', '[']))
        || (syntax.braces && pattern.contains('{'))
}

fn clean(pattern: &str) -> String {
    let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.collect::<Vec<_>>().join("/")
}

fn component(pieces: &[Piece], name: &[char]) -> bool {
    greedy(
        pieces,
        name,
        |piece| matches!(piece, Piece::Star),
        |piece, c| match piece {
            Piece::Char(wanted) => wanted == c,
            Piece::One => true,
            Piece::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (low..=high).contains(&c)) != *negated
            }
            Piece::Star | Piece::Nothing => false,
        },
    )
}

/// Matches by backtracking to the last star only: a later star makes the choices of earlier ones
/// irrelevant.
fn greedy<P, T>(
    pattern: &[P],
    text: &[T],
    is_star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(piece) if is_star(piece) => {
                star = Some((p, t));
                p += 1;
            }
            Some(piece) if fits(piece, &text[t]) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(is_star)
}

fn pieces(part: &str, syntax: Syntax) -> Vec<Piece> {
    let chars: Vec<char> = part.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        at += 1;
        match c {
            '*' if matches!(pieces.last(), Some(Piece::Star)) => {}
            '*' => pieces.push(Piece::Star),
            '?' if syntax.classes => pieces.push(Piece::One),
            '[' if syntax.classes => {
                let (class, end) = class(&chars, at);
                pieces.push(class);
                at = end;
            }
            c => pieces.push(Piece::Char(*c)),
        }
    }
    pieces
}

/// The class whose first character is at `at`, and its end.
fn class(chars: &[char], at: usize) -> (Piece, usize) {
    let negated = matches!(chars.get(at), Some('!' | '^'));
    let first = at + usize::from(negated);
    // A bracket in first place is one of the class's characters.
    let rest = chars.iter().enumerate().skip(first + 1);
    let Some(end) = rest.into_iter().find(|(_, c)| **c == ']').map(|(end, _)| end) else {
        return (Piece::Nothing, chars.len());
    };
    let set = &chars[first..end];
    let mut ranges = Vec::new();
    let mut at = 0;
    while let Some(low) = set.get(at) {
        if let (Some('-'), Some(high)) = (set.get(at + 1), set.get(at + 2)) {
            ranges.push((*low, *high));
            at += 3;
        } else {
            ranges.push((*low, *low));
            at += 1;
        }
    }
    (Piece::Class { negated, ranges }, end + 1)
}

/// The patterns that the braces of `pattern` expand to. A brace without its partner, or without a
/// comma, is literal.
fn expand(pattern: &str) -> Result<Vec<String>> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(text) = open.pop() {
        match braces(&text) {
            None => done.push(text),
            Some((head, choices, tail)) => {
                open.extend(choices.iter().map(|choice| format!("{head}{choice}{tail}")));
            }
        }
        if open.len() + done.len() > MAX_ALTERNATIVES {
            bail!(
                "the braces of `{}` stand for more than {MAX_ALTERNATIVES} patterns, the limit: list the folders one by one",
                pattern.chars().take(60).collect::<String>()
            );
        }
    }
    done.sort();
    done.dedup();
    Ok(done)
}

/// The first pair of braces with a comma in it: the text before, the choices, the text after.
fn braces(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '{' => open.push((at, Vec::new())),
            ',' => {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(at);
                }
            }
            '}' => {
                if let Some((from, commas)) = open.pop()
                    && !commas.is_empty()
                {
                    let mut choices = Vec::new();
                    let mut start = from + 1;
                    for end in commas.into_iter().chain([at]) {
                        choices.push(&text[start..end]);
                        start = end + 1;
                    }
                    return Some((&text[..from], choices, &text[at + 1..]));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const ALL: Syntax = Syntax { braces: true, classes: true };

    fn matches(pattern: &str, path: &str) -> bool {
        Glob::new(pattern, ALL).unwrap().matches(path)
    }

    #[test]
    fn patterns_match_whole_paths() {
        for (pattern, path, expected) in [
            ("apps/*", "apps/web", true),
            ("apps/*", "apps/web/x", false),
            ("./apps/*/", "apps/web", true),
            ("packages/**", "packages/a/b", true),
            ("packages/**", "packages", true),
            ("**/x", "x", true),
            ("**/x", "a/b/x", true),
            ("**/a/**/b", "a/x/a/y/b", true),
            ("**/a/*/b", "a/x/a/y/b", true),
            ("a/**/b/**/c", "a/b/x/b/c/c", true),
            ("a/**/b/**/c", "a/c/b", false),
            ("*a*b", "xaxxbxb", true),
            ("*a*b", "xaxxbx", false),
            ("{apps,packages}/*", "packages/a", true),
            ("{a,{b,c}}/x", "c/x", true),
            ("{a,}b", "b", true),
            ("{a}", "{a}", true),
            ("a{b", "a{b", true),
            ("v?", "v1", true),
            ("v[0-9]", "v1", true),
            ("v[!0-9]", "v1", false),
            ("v[]]", "v]", true),
            ("v[", "v[", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        let plain = Glob::new("{a,b}?[", Syntax::default()).unwrap();
        assert!(plain.matches("{a,b}?[") && !plain.matches("a?["));
    }

    #[test]
    fn no_pattern_takes_long() {
        let start = Instant::now();
        assert!(!matches(&("*a".repeat(500) + "b"), &"a".repeat(4000)));
        assert!(!matches(&("**/a/".repeat(500) + "b"), &"a/".repeat(2000)));
        assert!(!matches(&("*".repeat(2000) + "b"), &"a".repeat(4000)));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }

    #[test]
    fn a_list_holds_few_wildcards_and_any_number_of_names() {
        let list = |count: usize, end: &str| {
            let list: Vec<String> = (0..count).map(|at| format!("p{at}{end}")).collect();
            Globs::new(list.iter().map(String::as_str), ALL, &|p| format!("x:1: {p}"))
        };
        assert!(list(100_000, "").unwrap().matches("p9"));
        assert!(list(MAX_GLOBS, "*").unwrap().matches("p9x"));
        let error = list(MAX_GLOBS + 1, "*").unwrap_err().to_string();
        assert!(error.starts_with("x:1: p1000*: more than 1000 patterns"), "{error}");
    }

    #[test]
    fn braces_stand_for_few_patterns() {
        for hostile in ["{a,a}".repeat(24), "{a,b}".repeat(7), format!("{{{}}}", "a,".repeat(99))] {
            let error = Glob::new(&hostile, ALL).unwrap_err().to_string();
            assert!(error.contains("more than 64 patterns"), "{error}");
        }
        assert!(matches(&"{a,b}".repeat(6), "bababa"));
        assert!(Glob::new(&"a".repeat(5000), ALL).unwrap_err().to_string().contains("5000 bytes"));
        // Nested without a comma, and unclosed.
        assert!(!matches(&"{".repeat(4000), "a"));
    }
}
