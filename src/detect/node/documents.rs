//! Files that sources import although they are named like documents, secrets or databases: `import
//! text from "../PRIVACY.md?raw"`. The .dockerignore lets them in.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::App;
use super::build_args::sources;
use crate::docker::ignore::{IgnoreFile, Matched};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};
use crate::secrets;

/// Names that a .dockerignore hides besides those of secrets.
const HIDDEN: [&str; 6] =
    ["**/*.md", "**/*.db", "**/*.sqlite", "**/*.sqlite3", "**/*.log", "**/Dockerfile*"];

/// Words before a path without which the build or the program fails.
const BEFORE: [&str; 6] = ["from", "import", "import(", "require(", "require.resolve(", "URL("];

/// Calls that copy a file.
const COPIES: [&str; 3] = ["copyFileSync(", "copyFile(", "copySync("];

/// Generators of pages that read every document in their folder.
const PAGES: [&str; 2] = ["vitepress", "@11ty/eleventy"];

/// A longer text is not a path.
const MAX_PATH: usize = 300;

/// The files of a repository or workspace that a .dockerignore hides because of their names.
struct Hidden(BTreeSet<RelPath>);

impl Hidden {
    fn read(repo: &Repo, root: &RelPath) -> Result<Self> {
        let rows: Vec<&str> = secrets::catalog()?.hidden().chain(HIDDEN).collect();
        let rows = IgnoreFile::parse(&rows.join("\n"))?;
        // A folder's state is worked out once for all files in it.
        let mut folders: BTreeMap<&str, Matched> = BTreeMap::from([("", rows.root())]);
        let mut found = BTreeSet::new();
        for (letters, (path, entry)) in repo.lettered(root) {
            let Some(way) = path.strip(root).filter(|way| !way.is_empty()) else { continue };
            let parent = way.rsplit_once('/').map_or("", |(parent, _)| parent);
            let Some(above) = folders.get(parent) else { continue };
            if *entry == Entry::Dir {
                let state = rows.below(above, way);
                folders.insert(way, state);
            } else if *entry == Entry::File && rows.hides_below(above, way, letters) {
                found.insert(path.clone());
            }
        }
        Ok(Self(found))
    }
}

/// Such files, sorted.
pub(super) fn imported(app: &App) -> Result<Vec<RelPath>> {
    let repo = app.dir.repo;
    let hidden = repo.once(&app.root.path, || Hidden::read(repo, &app.root.path))?;
    let hidden = &hidden.0;
    if hidden.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: BTreeSet<RelPath> = BTreeSet::new();
    if PAGES.iter().any(|package| app.package.has(package)) {
        let document = |path: &&RelPath| {
            path.extension() == "md" && path.parent().as_ref() == Some(&app.dir.path)
        };
        found.extend(hidden.iter().filter(document).cloned());
    }
    for path in sources(app) {
        let Some(text) = repo.source_text(&path)? else { continue };
        let folder = path.parent().unwrap_or_default();
        let copies = COPIES.iter().any(|call| text.contains(call));
        for (before, literal) in literals(&text) {
            let name = literal.split(['?', '#']).next().unwrap_or_default();
            let name = name.rsplit('!').next().unwrap_or_default();
            let needed = BEFORE.iter().any(|word| before.ends_with(word));
            let document = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "md");
            if name.len() > MAX_PATH {
                continue;
            }
            // What a program copies where nothing is yet: an empty database.
            let first = app.dir.join(name).filter(|_| copies && name.contains('/'));
            found.extend(first.filter(|path| hidden.contains(path) && is_database(path)));
            if !(needed || document) {
                continue;
            }
            let rest = name.trim_start_matches("@/").trim_start_matches("~/");
            let relative = name.starts_with('.').then(|| folder.join(name)).flatten();
            // A path that the program opens is relative to its working directory, not to the
            // source.
            let others = (document || !name.starts_with('.')).then(|| {
                [name.trim_start_matches('/').to_owned(), format!("src/{rest}"), rest.to_owned()]
            });
            let others = others.into_iter().flatten().filter_map(|name| app.dir.join(&name));
            let mut bases = relative.into_iter().chain(others);
            found.extend(bases.find(|path| hidden.contains(path)));
        }
    }
    Ok(found.into_iter().collect())
}

fn is_database(path: &RelPath) -> bool {
    matches!(path.extension(), "db" | "sqlite" | "sqlite3")
}

/// Each text in quotes on one line, with the text before it.
fn literals(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter(|line| line.contains('.')).flat_map(|line| {
        let marks: Vec<usize> = line.match_indices(['"', '\'', '`']).map(|(at, _)| at).collect();
        let pairs: Vec<(usize, usize)> = marks.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.into_iter().map(move |(from, to)| (line[..from].trim_end(), &line[from + 1..to]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_the_program_copies_is_found() {
        let of = |source: &str| {
            let files = [("package.json", "{}"), ("lib/a.js", source), ("db/empty.db", "")];
            let repo = Repo::from_files(files);
            imported(&App::read(&repo.root()).unwrap().unwrap()).unwrap().len()
        };
        assert_eq!(of("class D { static from = './db/empty.db' }\nfs.copyFileSync(D.from, to)"), 1);
        assert_eq!(of("const from = './db/empty.db'; open(from)"), 0);
    }

    #[test]
    fn what_is_imported_is_found_whatever_its_name() {
        let source = "import a from '../PRIVACY.md?raw';\nimport b from '@/terms.md';\n\
            const c = require('./auth.json');\nreadFileSync('NOTES.md');\n// see db.sqlite\nx('./dev.db')";
        let files = [
            ("package.json", r#"{"scripts": {"build": "vite build"}}"#),
            ("src/main.js", source),
            ("PRIVACY.md", ""),
            ("src/terms.md", ""),
            ("NOTES.md", ""),
            ("README.md", ""),
            ("src/dev.db", ""),
            ("auth.json", ""),
        ];
        let repo = Repo::from_files(files);
        let found = imported(&App::read(&repo.root()).unwrap().unwrap()).unwrap();
        let found: Vec<&str> = found.iter().map(RelPath::as_str).collect();
        assert_eq!(found, ["NOTES.md", "PRIVACY.md", "src/terms.md"]);
    }
}
