//! What scripts in a carried folder import: `require("../src/db/rows")` in a file of seeds that a
//! library loads from its folder.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::{Scan, resolution, sources};
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

/// How many scripts are read.
const MAX_FILES: usize = 200;

/// Adds the files of the repository that carried scripts import, as long as these lie neither in a
/// carried folder nor in the output of the build.
pub(super) fn imports(app: &App, launch: &Launch, scan: &mut Scan) -> Result<()> {
    if launch.layout != Layout::Output {
        return Ok(());
    }
    let named = launch.carried.iter().filter_map(|way| app.dir.join(way));
    let folders: Vec<RelPath> =
        scan.files.iter().map(|file| file.value.clone()).chain(named).collect();
    let inside = |path: &RelPath| folders.iter().any(|folder| path.is_within(folder));
    let output =
        |path: &RelPath| path.strip(&app.dir.path).is_some_and(|way| launch.is_output(way));
    let alone = folders.iter().filter(|path| app.dir.repo.is_file(path));
    let all = folders.iter().flat_map(|folder| app.dir.repo.files_under(folder)).chain(alone);
    let mut open: Vec<RelPath> =
        all.filter(|path| resolution::is_server_code(app, path)).take(MAX_FILES).cloned().collect();
    let mut seen: BTreeSet<RelPath> = open.iter().cloned().collect();
    while let Some(path) = open.pop() {
        for (line, next) in sources::relative_imports(app, &path)? {
            let own = next.is_within(&app.dir.path) && app.dir.repo.is_file(&next);
            if !own || output(&next) || seen.len() > MAX_FILES || !seen.insert(next.clone()) {
                continue;
            }
            if !inside(&next) {
                let note = format!("imports {next}");
                let evidence = Evidence::at(&path, line, note);
                scan.files.push(Sourced::new(next.clone(), evidence));
            }
            open.push(next);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::{Launch, Layout};
    use crate::repo::Repo;

    #[test]
    fn what_carried_scripts_import_is_carried_too() {
        let files = [
            ("package.json", "{}"),
            ("main.js", "knex({ seeds: { directory: './seeds' } })"),
            ("seeds/a.js", "const rows = require('../src/db/rows'); require('./b'); require('fs')"),
            ("seeds/b.js", "import built from '../dist/x.js'"),
            ("src/db/rows.js", "import { names } from './names.js'"),
            ("src/db/names.js", "export const names = []"),
            ("src/db/other.js", ""),
            ("dist/x.js", ""),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, source) = ("dist/main.js".to_owned(), Some("main.js".to_owned()));
        let outputs = vec!["dist".to_owned()];
        let launch = Launch { file, source, outputs, layout: Layout::Output, ..Launch::default() };
        let files = super::super::read(&app, &launch).unwrap().files;
        let paths: Vec<_> = files.iter().map(|file| file.value.as_str()).collect();
        assert_eq!(paths, ["seeds", "src/db/rows.js", "src/db/names.js"]);
    }
}
