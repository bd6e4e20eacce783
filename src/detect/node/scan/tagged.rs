//! Programs in the templates of execa and zx: `` $`rsync -a ${from} ${to}` ``.

use std::collections::BTreeSet;

use super::super::token::{Kind, Token, closing};
use super::{Source, import_clauses};

/// What a template starts.
pub(super) struct Tagged {
    /// The byte offset of its tag.
    pub(super) at: usize,
    pub(super) programs: Vec<String>,
    /// True if a shell reads it.
    pub(super) shell: bool,
}

/// The tags of these libraries, and whether they call a shell.
const LIBRARIES: [(&str, bool); 4] =
    [("execa", false), ("zx", true), ("zx/core", true), ("zx/globals", true)];

/// Exports that are tags.
const TAGS: [&str; 6] = ["$", "execa", "execaSync", "execaCommand", "within", "quiet"];

/// The templates of a file that start programs.
pub(super) fn of(source: &Source) -> Vec<Tagged> {
    let tokens = source.tokens.as_slice();
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    let mut shell = false;
    for (library, by_shell) in LIBRARIES {
        if source.imports(library) {
            shell |= by_shell;
        }
    }
    if source.imports("zx/globals") {
        tags.insert("$");
    }
    let imports = import_clauses::imports(tokens);
    for import in &imports {
        let ours = LIBRARIES.iter().any(|(library, _)| *library == import.path);
        let export = import.export.as_deref();
        if ours && export.is_none_or(|name| TAGS.contains(&name)) {
            tags.insert(&import.name);
        }
    }
    if tags.is_empty() {
        return Vec::new();
    }
    // `const run = $({ cwd })` is a tag too.
    for window in tokens.windows(4) {
        if let [name, equals, tag, open] = window
            && equals.is('=')
            && open.is('(')
            && tag.word().is_some_and(|word| tags.contains(word))
            && let Some(name) = name.word()
        {
            tags.insert(name);
        }
    }
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.word().filter(|word| tags.contains(word)) else { continue };
        if at > 0 && tokens[at - 1].is('.') || name.is_empty() {
            continue;
        }
        // Options may stand between: `$({ cwd })`x``, `$.sync`x``.
        let next = match tokens.get(at + 1) {
            Some(next) if next.is('(') => closing(tokens, at + 1) + 1,
            Some(next) if next.is('.') => at + 3,
            _ => at + 1,
        };
        let template = tokens.get(next).and_then(|token| match &token.kind {
            Kind::Template(text) | Kind::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let Some(text) = template.filter(|_| !is_argument(tokens, next)) else { continue };
        found.push(Tagged { at: token.at, programs: programs(text, shell), shell });
    }
    found
}

/// True if the text does not follow its tag, but is the value of something else.
fn is_argument(tokens: &[Token], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| {
        let before = &tokens[before];
        before.is('=') || before.is(',') || before.is('(')
    })
}

/// The programs of a line: the first word of each command that a shell tells apart.
fn programs(text: &str, shell: bool) -> Vec<String> {
    let separators: &[char] = if shell { &['|', '&', ';', '\n'] } else { &[] };
    let commands = text.split(|c: char| separators.contains(&c));
    let first = |command: &str| {
        let mut words = command.split_whitespace();
        words.find(|word| !word.contains('=')).map(str::to_owned)
    };
    commands.filter_map(first).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn templates_start_programs() {
        let of = |source: &str| {
            let manifest = r#"{"dependencies": {"execa": "9", "zx": "8"}}"#;
            let scan = scanned(&[("package.json", manifest), ("index.js", source)]);
            let keys: Vec<_> = scan.packages.iter().map(|held| held.value.clone()).collect();
            (keys.join(" "), scan.shell.is_some(), scan.findings.len())
        };
        for (source, expected) in [
            ("import { $ } from 'execa'; await $`rsync -a a b`", ("rsync", false, 0)),
            (
                "import { $ as sh } from 'execa'; await sh({ cwd })`rsync ${a} b`",
                ("rsync", false, 0),
            ),
            ("import { execa } from 'execa'; await execa`odd -i ${a}`", ("", false, 1)),
            (
                "import { execa } from 'execa'; const run = execa({ cwd }); await run`curl x`",
                ("curl", false, 0),
            ),
            ("const { $ } = require('zx'); $`git log | curl x`", ("bash git curl", true, 0)),
            ("import 'zx/globals'; await $`unzip x`", ("bash unzip", true, 0)),
            ("import { $ } from 'zx'; await $.sync`curl x`", ("bash curl", true, 0)),
            // Another library's tag.
            ("import $ from 'jquery'; import { execa } from 'execa'; $`curl`", ("", false, 0)),
            ("import { $ } from 'execa'; await $`${program} x`", ("", false, 0)),
        ] {
            let (keys, shell, said) = expected;
            assert_eq!(of(source), (keys.to_owned(), shell, said), "{source}");
        }
    }
}
