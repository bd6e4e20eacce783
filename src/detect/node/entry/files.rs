//! Entries that files name: `main`, `bin`, the usual file names, and what a person names.

use anyhow::Result;

use super::{App, Command, Entry, Outcome, node, resolve};
use crate::facts::Evidence;

/// Files that commonly hold a server, where nothing names one.
const FILES: [&str; 22] = [
    "index.js",
    "index.mjs",
    "index.cjs",
    "server.js",
    "server.mjs",
    "server.cjs",
    "app.js",
    "app.mjs",
    "main.js",
    "main.mjs",
    "src/index.js",
    "src/index.mjs",
    "src/server.js",
    "src/app.js",
    "src/main.js",
    "server/index.js",
    "src/index.ts",
    "src/server.ts",
    "src/main.ts",
    "src/app.ts",
    "index.ts",
    "server.ts",
];

/// `main`, `bin` and the usual files, where no script says more.
pub(crate) fn from_files(app: &App) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |named: &str, evidence: Evidence| -> Result<()> {
        let command = Command { env: Vec::new(), argv: vec!["node".to_owned(), named.to_owned()] };
        if let Ok(mut entry) = node(app, &command)?
            && !entries.iter().any(|held| held.id == entry.id)
        {
            entry.evidence.push(evidence);
            entries.push(entry);
        }
        Ok(())
    };
    if let Some(main) = app
        .package
        .str(&["main"])
        .filter(|main| !main.contains(".config.") && !main.ends_with(".d.ts") && !main.is_empty())
    {
        add(main, app.package.at(&["main"], format!("main is {main}")))?;
    }
    let bins: Vec<String> = match app.package.get(&["bin"]) {
        Some(serde_json::Value::String(one)) => vec![one.clone()],
        Some(serde_json::Value::Object(several)) => {
            several.values().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    for bin in bins {
        add(&bin, app.package.at(&["bin"], format!("bin is {bin}")))?;
    }
    for file in FILES {
        if let Some(path) = app.dir.join(file).filter(|path| app.dir.repo.is_file(path)) {
            add(file, Evidence::file(&path, format!("{file} is a usual name for a server")))?;
        }
    }
    Ok(entries)
}

/// The entry that a person names: a script, or a file.
pub(crate) fn named(app: &App, wanted: &str) -> Result<Option<Entry>> {
    if app.package.script(wanted).is_some()
        && let Outcome::Start(entry) = resolve(app, wanted)?
    {
        return Ok(Some(*entry));
    }
    let mut command = Command { env: Vec::new(), argv: crate::plan::split_words(wanted)? };
    if command.argv.first().is_some_and(|word| word != "node") {
        command.argv.insert(0, "node".to_owned());
    }
    Ok(node(app, &command)?.ok().map(|mut entry| {
        wanted.clone_into(&mut entry.id);
        entry
    }))
}
