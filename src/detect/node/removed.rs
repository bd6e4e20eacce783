//! Functions of Node.js that the code calls and a later release line lacks.

use anyhow::Result;

use super::App;
use super::version::Ceiling;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::line_at;

/// Maximum number of files that are looked through, and maximum size of one.
const MAX_FILES: usize = 400;
const MAX_SIZE: u64 = 256 << 10;

/// Extensions of source files.
const SOURCES: [&str; 4] = ["js", "cjs", "mjs", "ts"];

/// Folders with code that no program runs.
const ASIDE: [&str; 8] =
    ["node_modules", "test", "tests", "__tests__", "examples", "docs", "dist", "vendor"];

/// Functions of a module of Node.js.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    module: String,
    names: Vec<String>,
    /// The first release line without them.
    cycle: u64,
    #[expect(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

/// The first release line that lacks a function which the code calls.
pub(super) fn ceiling(app: &App) -> Result<Option<Ceiling>> {
    let rows: Vec<Row> = app.catalog.table("removed")?;
    let repo = app.dir.repo;
    // What the programs are made of has been read by now.
    let read = repo.inputs(&app.dir.path);
    let files = read.iter().filter(|path| {
        SOURCES.contains(&path.extension())
            && !path.components().any(|part| ASIDE.contains(&part))
            && repo.size(path) <= MAX_SIZE
    });
    let mut found: Option<Ceiling> = None;
    for path in files.take(MAX_FILES) {
        let Some(text) = repo.source_text(path)? else { continue };
        for row in &rows {
            let lower = found.as_ref().is_none_or(|held| row.cycle < held.cycle);
            if let Some(evidence) = used(row, path, &text).filter(|_| lower) {
                found = Some(Ceiling { cycle: row.cycle, evidence, who: "the code" });
            }
        }
    }
    Ok(found)
}

/// Where a file calls one of the functions.
fn used(row: &Row, path: &RelPath, text: &str) -> Option<Evidence> {
    let name = bound(&row.module, text)?;
    let calls = text.match_indices(name).filter(|(at, _)| {
        let before = text[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_$.'\"".contains(c))
    });
    calls.into_iter().find_map(|(at, _)| {
        let rest = text[at + name.len()..].strip_prefix('.')?;
        let function = row.names.iter().find(|function| {
            rest.strip_prefix(function.as_str()).is_some_and(|rest| rest.starts_with('('))
        })?;
        let note = format!("{}.{function} is gone since Node.js {}", row.module, row.cycle);
        Some(Evidence::at(path, line_at(text, at).unwrap_or(1), note))
    })
}

/// The name by which a file knows a module: `const util = require("util")`.
fn bound<'t>(module: &str, text: &'t str) -> Option<&'t str> {
    text.lines().find_map(|line| {
        let line = line.trim();
        let (before, behind) = line.split_once("require(").or_else(|| line.split_once(" from "))?;
        let named = behind.trim_start_matches(['\'', '"']);
        let named = named.strip_prefix("node:").unwrap_or(named).strip_prefix(module)?;
        let before = before.trim_end().trim_end_matches('=').trim_end();
        let name = before.rsplit([' ', '\t', ',']).next()?;
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        (named.starts_with(['\'', '"']) && plain && !name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_functions_that_are_gone() {
        let row = Row {
            module: "util".to_owned(),
            names: vec!["log".to_owned(), "isDate".to_owned()],
            cycle: 23,
            source: String::new(),
        };
        let path = RelPath::new("a.js").unwrap();
        let line = |text: &str| used(&row, &path, text).and_then(|at| at.line);
        assert_eq!(line("const util = require('util')\nutil.log('x')\n"), Some(2));
        assert_eq!(
            line("var fs = require('fs'),\n  u = require(\"node:util\");\nu.isDate(x)"),
            Some(3)
        );
        assert_eq!(line("import util from 'util'\nutil.isDate(x)\n"), Some(2));
        assert_eq!(line("const util = require('util')\nutil.inspect('x')\n"), None);
        assert_eq!(line("const util = require('./util')\nutil.log('x')\n"), None);
        assert_eq!(line("const util = require('util')\nmy.util.log('x')\n"), None);
    }
}
