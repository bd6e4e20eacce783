//! Servers that a script with an unusual name bundles and that no script starts.

use anyhow::Result;

use super::App;
use super::config;
use super::expression::{Anchor, Names, path};
use super::launch::{Launch, Layout};
use super::script::{self, Command};
use super::token::{self, Token, arguments, property};
use crate::facts::Evidence;

/// A bundle of one source, and the script that writes it.
pub(super) struct Bundle {
    pub(super) launch: Launch,
    pub(super) evidence: Evidence,
}

/// The bundles for Node.js that scripts make of one source each.
pub(super) fn bundles(app: &App) -> Vec<Bundle> {
    let mut found: Vec<Bundle> = Vec::new();
    for (name, text) in app.package.scripts() {
        if name.split([':', '-']).any(|part| matches!(part, "dev" | "watch" | "test" | "lint")) {
            continue;
        }
        for command in script::parse(text).commands.into_iter().map(script::unwrap) {
            let Some((source, file, bundled)) = bundle(app, &command) else { continue };
            let folder = file.split('/').next().unwrap_or_default().to_owned();
            let launch = Launch {
                outputs: vec![folder],
                layout: Layout::Output,
                source: Some(source),
                script: Some(name.to_owned()),
                bundled,
                file,
                ..Launch::default()
            };
            if found.iter().any(|held| held.launch.file == launch.file) {
                continue;
            }
            let note = format!("the script {name} bundles it: `{text}`");
            found.push(Bundle { launch, evidence: app.package.at(&["scripts", name], note) });
        }
    }
    found
}

/// The source, the bundle, and whether the bundle contains its dependencies.
fn bundle(app: &App, command: &Command) -> Option<(String, String, bool)> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let value = |names: &[&str]| {
        let joined = words.iter().find_map(|word| {
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then_some(value)
        });
        joined.or_else(|| words.windows(2).find(|w| names.contains(&w[0])).map(|w| w[1]))
    };
    let source = words.iter().skip(1).filter(|word| !word.starts_with('-')).find_map(|word| {
        let found = app.finds(word)?;
        found
            .rsplit_once('.')
            .is_some_and(|(_, e)| e.contains("ts") || e.contains("js"))
            .then_some(found)
    })?;
    let clean = |path: &str| crate::path::RelPath::new(path).map(|p| p.as_str().to_owned());
    match *words.first()? {
        "esbuild" => {
            let external = words
                .iter()
                .any(|word| word.starts_with("--external") || *word == "--packages=external");
            let whole = words.contains(&"--bundle") && !external;
            // Without the option, esbuild builds for browsers.
            let browser =
                !words.iter().any(|w| *w == "--platform=node" || *w == "--platform=neutral");
            let file = value(&["--outfile"]).and_then(clean).filter(|_| !browser)?;
            Some((source, file, whole))
        }
        "ncc" => {
            let folder = value(&["-o", "--out"]).unwrap_or("dist");
            Some((source, clean(&format!("{folder}/index.js"))?, true))
        }
        "bun" if words.get(1) == Some(&"build") && value(&["--target"]) == Some("node") => {
            Some((source, clean(value(&["--outfile"])?)?, true))
        }
        _ => None,
    }
}

/// What a script of the build bundles through esbuild's functions.
pub(super) struct Made {
    pub(super) source: String,
    pub(super) file: String,
    /// True if it holds its dependencies.
    pub(super) whole: bool,
}

/// The bundles that a script makes: `esbuild.build({ entryPoints: [source], outfile: file })`.
/// <https://esbuild.github.io/api/#build>
pub(super) fn by_functions(app: &App, script: &str) -> Result<Vec<Made>> {
    let Some(config) = config::read_file(&app.dir, script)? else { return Ok(Vec::new()) };
    let tokens = &config.tokens;
    if !config.says("esbuild") && !config.names("esbuild") {
        return Ok(Vec::new());
    }
    let names = Names::of(tokens);
    let folder = config.path.parent().unwrap_or_default();
    let place = |value: &[Token]| -> Option<String> {
        let found = path(value, &names).filter(|found| found.env.is_empty())?;
        let from = match found.from {
            Anchor::WorkingDirectory => &app.dir.path,
            Anchor::SourceFile => &folder,
            Anchor::Home | Anchor::Root => return None,
        };
        Some(from.join(&found.path)?.strip(&app.dir.path)?.to_owned())
    };
    let mut made = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let called = tokens.get(index + 1).is_some_and(|next| next.is('('));
        if !called || !matches!(token.word(), Some("build" | "buildSync" | "context")) {
            continue;
        }
        let given = arguments(tokens, index + 1);
        let Some(options) = given.first() else { continue };
        let sources = property(options, "entryPoints").unwrap_or_default();
        let inside = sources.split_first().filter(|(first, _)| first.is('[')).map(|(_, rest)| rest);
        let first = inside.and_then(|rest| {
            token::split(&rest[..rest.len().saturating_sub(1)]).into_iter().next()
        });
        let source = first.and_then(place).and_then(|path| app.finds(&path));
        let file = property(options, "outfile").and_then(place);
        let (Some(source), Some(file)) = (source, file) else { continue };
        let is = |name: &str| property(options, name).is_some();
        let bundles = property(options, "bundle")
            .is_some_and(|v| v.first().is_some_and(|t| t.is_word("true")));
        let whole = bundles && !is("packages") && !is("external") && !is("plugins");
        made.push(Made { source, file, whole });
    }
    Ok(made)
}
