//! Configuration files that are programs (vite.config.ts, next.config.js). Their string literals
//! are read without running them.

use anyhow::Result;

use super::condition;
use super::expression::{Names, Value, value};
use super::token::{Token, tokens};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, line_at};

/// A configuration file, tokenized.
pub(crate) struct Config {
    pub(crate) path: RelPath,
    text: std::rc::Rc<str>,
    pub(crate) tokens: Vec<Token>,
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
    let tokens = tokens(&text);
    Ok(Some(Config { path, text, tokens }))
}

impl Config {
    /// The value of the first property with that name, and its evidence.
    pub(crate) fn property(&self, name: &str) -> Option<(Value, Evidence)> {
        let names = Names::of(&self.tokens);
        let found = names.properties(name).find(|tokens| !tokens.is_empty())?;
        let at = found.first().map_or(0, |t| t.at);
        // A condition that depends only on the environment has one outcome in a build.
        let taken = condition::branch(found, &names).unwrap_or(found);
        let undefined = matches!(taken, [one] if one.is_word("undefined"));
        let value = if undefined { Value::default() } else { value(taken, &[&names]) };
        let note = format!(
            "{name}{}",
            value.literal.as_ref().map_or_else(String::new, |text| format!(" is \"{text}\""))
        );
        Some((value, self.at(at, note)))
    }

    /// The literal of the first property with that name.
    pub(crate) fn literal(&self, name: &str) -> Option<(String, Evidence)> {
        let (value, evidence) = self.property(name)?;
        Some((value.literal?, evidence))
    }

    /// The module whose export is the value of the first property with that name, or is called for
    /// it: `adapter: node()` after `import node from "@x/node"`. `None` if an unknown condition
    /// chooses the module.
    pub(crate) fn module(&self, name: &str) -> Option<(String, Evidence)> {
        let names = Names::of(&self.tokens);
        let found = names.properties(name).into_iter().find(|tokens| !tokens.is_empty());
        let found = found.or_else(|| names.value_of(name))?;
        let taken = condition::branch(found, &names)?;
        let mut called = taken.first()?.word()?;
        // The property may name a constant: `const adapter = node();  kit: { adapter }`.
        if let Some(more) = names.value_of(called).filter(|_| self.imported(called).is_none()) {
            called = condition::branch(more, &names)?.first()?.word()?;
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
