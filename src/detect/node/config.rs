//! Configuration files that are programs (vite.config.ts, next.config.js). Their string literals
//! are read without running them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use anyhow::Result;

use super::dialect::DIALECT;
use super::expression::{Names, path};
use super::token::{self, Token};
use crate::catalog::Catalog;
use crate::code::{File, Program, Rows, Special, Tree, Value};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, line_at};

/// What expressions of a configuration are worth: the same as in a program, and `env`, which Vite's
/// `loadEnv` returns and hands to functions.
static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let rows = Catalog::of("node").and_then(|catalog| catalog.table::<Rows>("code"));
    let mut rows = rows.unwrap_or_default();
    rows.environment.push("env".to_owned());
    rows
});

/// A configuration file, tokenized.
pub(crate) struct Config {
    pub(crate) path: RelPath,
    text: Rc<str>,
    pub(crate) tokens: Vec<Token>,
    /// The same file for the shared evaluator.
    file: Rc<File>,
    /// Built for the first expression that is evaluated: most files are only searched for a word.
    code: OnceCell<Program<'static>>,
}

/// Reads the first existing file of `stem.{ts,mts,js,mjs,cjs,cts}`.
pub(crate) fn read(dir: &Dir, stem: &str) -> Result<Option<Config>> {
    for extension in ["ts", "mts", "js", "mjs", "cjs", "cts"] {
        if let Some(config) = read_file(dir, &format!("{stem}.{extension}"))? {
            return Ok(Some(config));
        }
    }
    Ok(None)
}

/// Reads a configuration file by its name.
pub(crate) fn read_file(dir: &Dir, name: &str) -> Result<Option<Config>> {
    let Some(path) = dir.join(name) else { return Ok(None) };
    let Some(text) = dir.repo.source_text(&path)? else { return Ok(None) };
    let tree = Tree::new(&DIALECT, &text);
    let tokens = token::of(&tree);
    let file = Rc::new(File::new(path.clone(), tree, Vec::new(), 0));
    Ok(Some(Config { path, text, tokens, file, code: OnceCell::new() }))
}

impl Config {
    /// The value of the first property with that name, and its evidence.
    pub(crate) fn property(&self, name: &str) -> Option<(Value, Evidence)> {
        let names = Names::of(&self.tokens);
        let found = names.properties(name).find(|tokens| !tokens.is_empty())?;
        let at = found.first().map_or(0, |t| t.at);
        let value = self.value(found);
        let stated = value.text().map_or_else(String::new, |text| format!(" is \"{text}\""));
        Some((value, self.at(at, format!("{name}{stated}"))))
    }

    /// The value of an expression of the file.
    pub(crate) fn value(&self, tokens: &[Token]) -> Value {
        let range = token::range(&self.file, tokens);
        let value = self.code().value(&self.file, range.clone());
        // The shared evaluator joins no path that begins at the place of a file.
        if value.is_known() {
            return value;
        }
        // A path that is built from the file's own place is below it.
        let found = path(self.taken(tokens).unwrap_or(tokens), &Names::of(&self.tokens));
        let known = |path| Value::known(path, self.file.evidence(range.start, "a path"));
        found.map_or(value, |found| known(found.path))
    }

    /// The branch that an expression takes in a build, whose environment holds only what the image
    /// sets; `None` if its condition is unknown.
    pub(crate) fn taken<'t>(&'t self, tokens: &'t [Token]) -> Option<&'t [Token]> {
        let range = self.code().branch(&self.file, token::range(&self.file, tokens))?;
        Some(token::within(&self.tokens, &self.file, range))
    }

    fn code(&self) -> &Program<'static> {
        self.code.get_or_init(|| {
            let files = vec![(self.path.clone(), Rc::clone(&self.file))];
            Program::new(files, BTreeMap::new(), &ROWS, Special::NONE)
        })
    }

    /// The literal of the first property with that name.
    pub(crate) fn literal(&self, name: &str) -> Option<(String, Evidence)> {
        let (value, evidence) = self.property(name)?;
        Some((value.text()?, evidence))
    }

    /// The literal of a property with that name, also in the form `{ base }` or `config.base = x`.
    /// An assignment counts if it stands under no condition, or under one that a build meets.
    pub(crate) fn stated(&self, name: &str) -> Option<(String, Evidence)> {
        if let Some(found) = self.literal(name) {
            return Some(found);
        }
        let tokens = &self.tokens;
        let names = Names::of(tokens);
        let assigned = tokens
            .windows(4)
            .enumerate()
            .find(|(_, w)| w[0].is('.') && w[1].is_word(name) && w[2].is('=') && !w[3].is('='));
        if let Some((at, _)) = assigned {
            let to = tokens.get(at + 3..)?;
            let end = to.iter().position(|token| token.is(';') || token.is('}'));
            let value = &to[..end.unwrap_or(to.len().min(MAX_VALUE))];
            let text = self.value(value).text().filter(|_| builds(tokens, at))?;
            return Some((text.clone(), self.at(tokens[at].at, format!("{name} is \"{text}\""))));
        }
        let short = tokens.windows(3).find(|w| {
            (w[0].is('{') || w[0].is(',')) && w[1].is_word(name) && (w[2].is('}') || w[2].is(','))
        })?;
        let text = self.value(names.value_of(name)?).text()?;
        Some((text.clone(), self.at(short[1].at, format!("{name} is \"{text}\""))))
    }

    /// The module whose export is the value of the first property with that name, or is called for
    /// it: `adapter: node()` after `import node from "@x/node"`. `None` if an unknown condition
    /// chooses the module.
    pub(crate) fn module(&self, name: &str) -> Option<(String, Evidence)> {
        let names = Names::of(&self.tokens);
        let found = names.properties(name).into_iter().find(|tokens| !tokens.is_empty());
        let found = found.or_else(|| names.value_of(name))?;
        let taken = self.taken(found)?;
        let mut called = taken.first()?.word()?;
        // The property may name a constant: `const adapter = node();  kit: { adapter }`.
        if let Some(more) = names.value_of(called).filter(|_| self.imported(called).is_none()) {
            called = self.taken(more)?.first()?.word()?;
        }
        let module = self.imported(called)?;
        let at = taken.first().map_or(0, |token| token.at);
        Some((module.to_owned(), self.at(at, format!("{name} is {module}"))))
    }

    /// The module from which an identifier is imported or required.
    fn imported(&self, name: &str) -> Option<&str> {
        let tokens = &self.tokens;
        tokens.windows(4).find_map(|w| {
            let import = w[0].is_word("import") && w[1].is_word(name) && w[2].is_word("from");
            if import {
                return w[3].text();
            }
            let required = w[0].is_word(name) && w[1].is('=') && w[2].is_word("require");
            let at = w[3].at;
            let index = tokens.iter().position(|token| token.at == at).filter(|_| required)?;
            tokens.get(index + 1)?.text()
        })
    }

    /// True if the code contains the identifier.
    pub(crate) fn names(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is_word(word))
    }

    /// True if the code contains the string.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.tokens.iter().any(|token| token.text() == Some(text))
    }

    /// Evidence at a byte offset.
    pub(crate) fn at(&self, at: usize, note: impl Into<String>) -> Evidence {
        match line_at(&self.text, at) {
            Some(line) => Evidence::at(&self.path, line, note),
            None => Evidence::file(&self.path, note),
        }
    }
}

/// How many tokens a value has at most.
const MAX_VALUE: usize = 60;

/// True if the statement at `at` stands under no `if`, or under one that a build meets.
fn builds(tokens: &[Token], at: usize) -> bool {
    let mut under = tokens.iter().enumerate().take(at).filter_map(|(index, token)| {
        let open = index + 1;
        if !token.is_word("if") || !tokens.get(open).is_some_and(|token| token.is('(')) {
            return None;
        }
        let close = token::closing(tokens, open);
        let block = tokens.get(close + 1).filter(|token| token.is('{'));
        let end = if block.is_some() {
            token::closing(tokens, close + 1)
        } else {
            let rest = tokens.get(close + 1..)?;
            close + 1 + rest.iter().position(|token| token.is(';')).unwrap_or(rest.len())
        };
        (close < at && at < end).then(|| &tokens[open + 1..close])
    });
    // `command` and `mode` are what Vite hands to the function of a configuration.
    under.all(|condition| {
        let (Some(first), Some(last)) = (condition.first(), condition.last()) else { return false };
        let negated = condition.iter().any(|token| token.is('!'));
        let plain = condition.len() <= 6 && condition.iter().any(|token| token.is('='));
        let says = |text: &str| last.text() == Some(text);
        plain
            && match first.word() {
                Some("command") => says("build") && !negated || says("serve") && negated,
                Some("mode") => says("production") && !negated || says("development") && negated,
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn a_property_may_be_short_or_assigned() {
        for (expected, code) in [
            (Some("/x/"), "const base = '/x/'; export default defineConfig({ base })"),
            (Some("/x/"), "const base = '/x/'; export default { plugins: [], base, a: 1 }"),
            (Some("/x/"), "const c = {}; c.base = '/x/'; export default c"),
            (
                Some("/x/"),
                "({ command }) => { if (command !== 'serve') { c.base = '/x/'; } return c }",
            ),
            (Some("/x/"), "({ mode }) => { if (mode === 'production') c.base = '/x/'; return c }"),
            (None, "({ command }) => { if (command === 'serve') { c.base = '/x/'; } return c }"),
            (None, "if (process.env.PAGES) { c.base = '/x/'; }"),
            (None, "import { base } from './x'; export default { base }"),
        ] {
            let found = config(code).stated("base").map(|(text, _)| text);
            assert_eq!(found.as_deref(), expected, "{code}");
        }
    }

    fn config(code: &str) -> Config {
        let repo = Repo::from_files([("x.config.js", code)]);
        read(&repo.root(), "x.config").unwrap().unwrap()
    }

    fn taken(code: &str) -> Option<String> {
        let config = config(code);
        let names = Names::of(&config.tokens);
        let taken = config.taken(names.properties("it").last().unwrap())?;
        taken.first()?.word().map(str::to_owned)
    }

    #[test]
    fn conditions_of_the_environment_have_an_outcome() {
        for (code, expected) in [
            ("x = { it: process.env.A === 'static' ? one() : two() }", Some("two")),
            ("x = { it: process.env.A !== 'node' ? one : two }", Some("one")),
            ("x = { it: process.env.A === undefined ? one : two }", Some("one")),
            ("const env = loadEnv(m); x = { it: env.A != null ? one : two }", Some("two")),
            ("const a = process.env.A; x = { it: a ? one : two }", Some("two")),
            ("const a = process.env.A === 'x'; x = { it: !a ? one : two }", Some("one")),
            ("x = { it: process.env.NODE_ENV === 'production' ? one : two }", Some("one")),
            ("x = { it: process.env.A ? one : process.env.B ? two : three }", Some("three")),
            ("x = { it: (process.env.A || process.env.B) ? one : two }", Some("two")),
            ("x = { it: true && !process.env.A ? one : two }", Some("one")),
            ("x = { it: isFine() ? one : two }", None),
            ("const a = b; const b = a; x = { it: a ? one : two }", None),
            ("x = { it: plain }", Some("plain")),
            ("x = { it: a ?? b?.c }", Some("a")),
        ] {
            assert_eq!(taken(code).as_deref(), expected, "{code}");
        }
    }

    #[test]
    fn a_property_has_the_value_to_which_its_expression_leads() {
        for (expected, code) in [
            (Some("4000"), "x = { it: process.env.PORT || 4000 }"),
            (Some("4000"), "x = { it: parseInt(process.env.PORT ?? '4000', 10) }"),
            (Some("4000"), "const it: number = Number(4000); x = { it }"),
            (Some("a/b"), "x = { it: path.join(__dirname, 'a', 'b') }"),
            (Some("a"), "x = { it: process.env.A ? undefined : 'a' }"),
            (None, "x = { it: undefined }"),
            (None, "const a = b; const b = a; x = { it: a }"),
        ] {
            let found = config(code).literal("it").map(|(text, _)| text);
            assert_eq!(found.as_deref(), expected, "{code}");
        }
    }
}
