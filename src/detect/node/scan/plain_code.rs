//! JavaScript outside of what the build writes, which compiled code requires: a `knexfile.js`
//! beside `src`. The compiler does not copy it.

use std::collections::BTreeSet;

use super::super::App;
use super::super::expression::{Anchor, PathValue};
use super::super::launch::{Launch, Layout};
use super::super::token::tokens;
use super::location::Location;
use super::{Scan, Source, resolution, sources};
use crate::facts::Sourced;
use crate::path::RelPath;

/// How many files are followed from one.
const MAX_FILES: usize = 48;

/// Adds the files that a source requires by a literal, and that stand in the image where they stand
/// in the repository.
pub(super) fn required(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    if launch.layout != Layout::Output || launch.bundled {
        return;
    }
    for source in sources {
        let plain = source.code.modules.iter().filter(|(_, path)| is_plain(app, launch, path));
        let mut plain = plain.filter(|(text, _)| text.starts_with('.')).peekable();
        if plain.peek().is_none() {
            continue;
        }
        let place = Location::of(app, launch, source);
        for (text, path) in plain {
            let Some(way) = path.strip(&app.dir.path) else { continue };
            let there = place.resolve(&PathValue::new(Anchor::SourceFile, text));
            let same = |there: String| {
                let rest = way.strip_prefix(there.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
            };
            if there.is_some_and(same) {
                let token = source.tokens.iter().find(|token| token.text() == Some(text.as_str()));
                let at = token.map_or(0, |token| token.at);
                let evidence = source.at(at, format!("requires {way}, which no compiler writes"));
                let all = with_required(app, path).into_iter();
                scan.files.extend(all.map(|path| Sourced::new(path, evidence.clone())));
            }
        }
    }
}

/// True for JavaScript of the application that is neither its output nor below its sources.
fn is_plain(app: &App, launch: &Launch, path: &RelPath) -> bool {
    let Some(way) = path.strip(&app.dir.path) else { return false };
    matches!(path.extension(), "js" | "cjs" | "mjs")
        && !matches!(way.split('/').next(), Some("src" | "node_modules"))
        && !launch.is_output(way)
}

/// A file of JavaScript with those that it requires in turn.
pub(super) fn with_required(app: &App, path: &RelPath) -> BTreeSet<RelPath> {
    let mut found = BTreeSet::from([path.clone()]);
    let mut open = vec![path.clone()];
    while let Some(file) = open.pop() {
        let Ok(Some(text)) = app.dir.repo.source_text(&file) else { continue };
        let all = tokens(&text);
        for module in sources::imported(&all).filter(|module| module.starts_with('.')) {
            if found.len() >= MAX_FILES {
                break;
            }
            let next = data(app, &file, module)
                .or_else(|| resolution::target(app, &file, module))
                .filter(|next| next.is_within(&app.dir.path) && !found.contains(next));
            if let Some(next) = next {
                found.insert(next.clone());
                open.push(next);
            }
        }
    }
    found
}

/// A document that a file requires.
fn data(app: &App, from: &RelPath, module: &str) -> Option<RelPath> {
    let path = from.parent().unwrap_or_default().join(module)?;
    (path.extension() == "json" && app.dir.repo.is_file(&path)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::{Launch, Layout};
    use crate::repo::Repo;

    fn carried(source: &str) -> Vec<String> {
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let files = [
            ("package.json", "{}"),
            ("tsconfig.json", options),
            ("src/server.ts", source),
            ("knexfile.js", "const c = require('./conf/db'); module.exports = { c }"),
            ("conf/db.js", "module.exports = require('./db.json')"),
            ("conf/db.json", "{}"),
            ("cloud/main.js", ""),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "dist/server.js".into(),
            source: Some("src/server.ts".into()),
            outputs: vec!["dist".into()],
            layout: Layout::Output,
            ..Launch::default()
        };
        let scan = super::super::read(&app, &launch).unwrap();
        scan.files.iter().map(|file| file.value.to_string()).collect()
    }

    #[test]
    fn plain_code_outside_of_the_sources_comes_along_with_what_it_requires() {
        for source in ["const c = require('../knexfile')", "import c from '../knexfile.js'"] {
            assert_eq!(carried(source), ["conf/db.js", "conf/db.json", "knexfile.js"], "{source}");
        }
        let parse = "new ParseServer({ cloud: process.env.C || path.join(__dirname, '/../cloud/main.js') })";
        assert_eq!(carried(parse), ["cloud/main.js"]);
        assert!(carried("import c from './other.js'").is_empty());
    }
}
