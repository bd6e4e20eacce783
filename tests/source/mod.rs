//! Rust source text taken apart: code without comments and tests, and its string literals.

mod paths;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// One file under src/.
pub(crate) struct Source {
    /// Relative to the crate, with `/`.
    pub(crate) path: String,
    /// String literals outside comments and tests, with their lines.
    pub(crate) strings: Vec<(usize, String)>,
    /// Lines that hold code, outside comments and tests.
    pub(crate) lines: usize,
    /// The code with comments, tests and the inside of strings blanked out, line breaks kept.
    code: String,
}

impl Source {
    /// The lines of code (not of comments, strings or tests) that hold `word`, with what follows it
    /// not part of the word.
    pub(crate) fn words(&self, word: &str) -> Vec<(usize, String)> {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let hit = |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + word.len()..].chars().next();
                !(before.is_some_and(part) || word.ends_with(part) && after.is_some_and(part))
            })
        };
        let lines = self.code.lines().enumerate().filter(|(_, line)| hit(line));
        lines.map(|(at, line)| (at + 1, line.trim().to_owned())).collect()
    }

    /// Its module: `detect/go/flags`.
    pub(crate) fn module(&self) -> &str {
        self.path.trim_start_matches("src/").trim_end_matches(".rs")
    }

    /// Those of `modules` that it names.
    pub(crate) fn needs(&self, modules: &BTreeSet<String>) -> BTreeSet<String> {
        paths::modules(&self.code, self.module(), modules)
    }
}

/// Every file under src/, sorted by path, but `tests.rs` and what stands in a folder `tests`.
///
/// Read once for all tests.
pub(crate) fn sources() -> &'static [Source] {
    static READ: LazyLock<Vec<Source>> = LazyLock::new(read_all);
    &READ
}

fn read_all() -> Vec<Source> {
    fn visit(folder: &Path, root: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.file_stem().is_some_and(|stem| stem == "tests") {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                visit(&path, root, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push(read(name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    visit(&root.join("src"), root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 10, "the sources are not where this test looks for them");
    found
}

/// Takes `text` apart. Tests are what follows `#[cfg(test)]`, up to the end of that item.
pub(crate) fn read(path: String, text: &str) -> Source {
    let (code, mut strings) = blank(text);
    let mut code = code;
    while let Some(at) = code.find("#[cfg(test)]") {
        let open = code[at..].find(['{', ';']).map(|offset| at + offset);
        let end = match open {
            Some(open) if code[open..].starts_with('{') => closing(&code, open),
            Some(end) => end + 1,
            None => code.len(),
        };
        let lines = code[..at].matches('\n').count() + 1..=code[..end].matches('\n').count() + 1;
        strings.retain(|(line, _)| !lines.contains(line));
        let hidden: String =
            code[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(at..end, &hidden);
    }
    let lines = code.lines().filter(|line| !line.trim().is_empty()).count();
    Source { path, strings, lines, code }
}

fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return open + at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanks comments and the inside of strings and of char literals; returns the strings with their
/// lines.
fn blank(text: &str) -> (String, Vec<(usize, String)>) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut strings) = (String::with_capacity(text.len()), Vec::new());
    let (mut at, mut line) = (0, 1);
    let is = |at: usize, word: &str| {
        word.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    while at < chars.len() {
        let start = at;
        let mut literal = None;
        let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        if is(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if is(at, "/*") {
            let mut depth = 0;
            loop {
                if is(at, "/*") {
                    (depth, at) = (depth + 1, at + 2);
                } else if is(at, "*/") {
                    (depth, at) = (depth - 1, at + 2);
                } else {
                    at += 1;
                }
                if depth == 0 || at >= chars.len() {
                    break;
                }
            }
        } else if let Some(hashes) = raw_hashes(&chars, at).filter(|_| !word_before) {
            let end: String =
                std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            at += 2 + hashes;
            let from = at;
            while at < chars.len() && !is(at, &end) {
                at += 1;
            }
            literal = Some(chars[from..at].iter().collect::<String>());
            at += end.len();
        } else if chars[at] == '"' {
            at += 1;
            let from = at;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            literal = Some(unescape(&chars[from..at.min(chars.len())]));
            at += 1;
        } else if chars[at] == '\''
            && (chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\''))
        {
            at += if chars[at + 1] == '\\' { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            code.push(chars[at]);
            line += usize::from(chars[at] == '\n');
            at += 1;
            continue;
        }
        at = at.min(chars.len());
        if let Some(literal) = literal {
            strings.push((line, literal));
        }
        for c in &chars[start..at] {
            line += usize::from(*c == '\n');
            code.push(if *c == '\n' { '\n' } else { ' ' });
        }
        if chars[start] == '"' {
            code.pop();
            code.push('"');
        }
    }
    (code, strings)
}

/// The number of `#` of a raw string that begins here; `None` where none begins.
fn raw_hashes(chars: &[char], from: usize) -> Option<usize> {
    let hashes = chars[from..].strip_prefix(&['r'])?.iter().take_while(|c| **c == '#').count();
    (chars.get(from + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn unescape(chars: &[char]) -> String {
    let (mut text, mut chars) = (String::new(), chars.iter());
    while let Some(c) = chars.next() {
        match (*c, chars.as_slice().first()) {
            ('\\', Some('n')) => text.push('\n'),
            ('\\', Some('t')) => text.push('\t'),
            ('\\', Some(other)) => text.push(*other),
            _ => {
                text.push(*c);
                continue;
            }
        }
        chars.next();
    }
    text
}

#[test]
fn tells_code_from_strings_comments_and_tests() {
    let text = "// std::fs\nuse std::io; /* std::fs */\nfn f<'a>(c: char) -> &'a str { if c == '\"' { \"a \\\"FROM x\" } else { r#\"RUN \"y\"\"# } }\n#[cfg(test)]\nmod tests { const X: &str = \"1.2\"; }\nfn g() {}\n";
    let source = read("x".to_owned(), text);
    assert_eq!(source.words("std::fs"), []);
    assert_eq!(source.words("std::io"), [(2, "use std::io;".to_owned())]);
    assert_eq!(source.strings, [(3, "a \"FROM x".to_owned()), (3, "RUN \"y\"".to_owned())]);
    assert_eq!(source.words("fn g"), [(6, "fn g() {}".to_owned())]);
    assert_eq!(source.words("X"), []);
    assert_eq!(source.lines, 3);
}
