//! Modules that the program loads as it starts and that the repository does not hold.

use std::path::Path;

use anyhow::Result;

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::imports::{self, Import};
use super::{Scan, Source, must_exist, resolution, sources};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// Beginnings of scripts that may generate code before the program starts.
const GENERATE: [&str; 8] = [
    "prebuild",
    "build",
    "prepare",
    "postinstall",
    "install",
    "preinstall",
    "prestart",
    "generate",
];

/// How many files are searched for the name of one that is missing.
const MAX_FILES: usize = 300;

/// Reports missing modules: all of a program whose sources are started as they are, and of others,
/// whose build may write any file, those that git keeps out or that have an example beside them.
pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    let generates = app
        .package
        .scripts()
        .keys()
        .any(|name| GENERATE.iter().any(|begin| name.starts_with(begin)));
    let made = launch.layout != Layout::Source || app.builds() || app.compiles() || generates;
    scan.findings.extend(finding(app, sources, made));
}

/// The same for the sources of a site.
pub(crate) fn of_site(app: &App) -> Result<Option<Finding>> {
    let keeps_out = |folder: &RelPath| {
        let text = folder.join(".gitignore").and_then(|path| app.dir.repo.text(&path).ok()?);
        text.is_some_and(|text| text.lines().any(|line| is_code(Path::new(line.trim()))))
    };
    if ![&app.dir.path, &app.root.path].into_iter().any(keeps_out) {
        return Ok(None);
    }
    let files = app.dir.repo.files_under(&app.dir.path);
    let files = files.filter(|path| resolution::is_code(path) && !path.extension().is_empty());
    let mut sources = Vec::new();
    for path in files.take(MAX_FILES) {
        sources.extend(sources::read(app, path.clone())?);
    }
    Ok(finding(app, &sources, true))
}

/// `made`: a script may write files before the program runs.
fn finding(app: &App, sources: &[Source], made: bool) -> Option<Finding> {
    let lost: Vec<Evidence> = sources.iter().flat_map(|source| absent(app, source, made)).collect();
    let what = format!("{}, and the repository does not hold it", lost.first()?.note);
    Some(Finding::new(codes::MODULE_MISSING, what, lost))
}

/// Imports of missing files that run as the program starts.
fn absent(app: &App, source: &Source, made: bool) -> Vec<Evidence> {
    let lost = |import: &Import| {
        // The path goes on: `'./' + name`.
        let goes_on = source.tokens.get(import.text + 1).is_some_and(|next| next.is('+'));
        let relative = import.module.starts_with("./") || import.module.starts_with("../");
        let here = !relative || goes_on || is_there(app, source, import.module);
        !here && (!made || is_kept_out(app, source, import.module))
    };
    let said = |import: Import| {
        let at = source.tokens[import.text].at;
        source.at(at, format!("the program imports `{}`", import.module))
    };
    imports::loaded(source).into_iter().filter(lost).map(said).collect()
}

/// True for a module that git keeps out by its own name, or that has an example beside it, unless
/// something in the repository names the file, which may write it.
fn is_kept_out(app: &App, source: &Source, text: &str) -> bool {
    let Some(base) = source.path.parent().unwrap_or_default().join(text) else { return false };
    let name = base.as_str();
    let stem = name.strip_suffix(".js").or(name.strip_suffix(".mjs")).unwrap_or(name);
    let ends = ["", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx"];
    let mut files = ends.iter().filter_map(|end| RelPath::new(&format!("{stem}{end}")));
    let ignored = |file: &RelPath| {
        let folders = [&app.dir.path, &app.root.path].into_iter();
        is_code(Path::new(file.as_str())) && { folders }
            .any(|folder| must_exist::ignores(app, folder, file))
    };
    let found = files.find(|file| ignored(file) || is_code_of_example(app, file));
    found.is_some_and(|file| !is_named(app, source, file.file_name()))
}

/// True for a file of code with an example of it beside it: `config.example.js`.
fn is_code_of_example(app: &App, file: &RelPath) -> bool {
    is_code(Path::new(file.as_str()))
        && must_exist::example(app, file).is_some_and(|one| one.extension() == file.extension())
}

fn is_code(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| {
        matches!(end, "js" | "ts" | "mjs" | "cjs" | "tsx" | "jsx" | "mts" | "cts")
    })
}

/// True if a script of the package or another file of code names that file.
fn is_named(app: &App, source: &Source, name: &str) -> bool {
    if app.package.scripts().values().any(|text| text.contains(name)) {
        return true;
    }
    let repo = app.dir.repo;
    let files = repo.files_under(&app.dir.path).filter(|path| **path != source.path);
    let mut files = files
        .filter(|path| is_code(Path::new(path.as_str())) || path.extension() == "sh")
        .take(MAX_FILES);
    files.any(|path| repo.source_text(path).ok().flatten().is_some_and(|text| text.contains(name)))
}

/// True if the text refers to some file, whatever its extension.
fn is_there(app: &App, source: &Source, text: &str) -> bool {
    let Some(base) = source.path.parent().unwrap_or_default().join(text) else { return true };
    let repo = app.dir.repo;
    if resolution::target(app, &source.path, text).is_some() || repo.exists(&base) {
        return true;
    }
    let stem = base.file_name().rsplit_once('.').map_or(base.file_name(), |(stem, _)| stem);
    let begins = |path: &RelPath| {
        let name = path.file_name();
        // `config.example.js` is no `./config`.
        let sample = is_code(Path::new(name))
            && name.split('.').any(|part| must_exist::EXAMPLES.contains(&part));
        let rest = name.strip_prefix(base.file_name()).or(name.strip_prefix(stem));
        !sample && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    repo.children(&base.parent().unwrap_or_default()).any(|(path, _)| begins(path))
}

#[cfg(test)]
mod tests {
    use crate::path::RelPath;
    use crate::repo::{Dir, Repo};

    use super::super::super::App;
    use super::super::super::launch::{Launch, Layout};

    fn lost(main: &str, scripts: &str) -> Option<String> {
        let manifest =
            format!(r#"{{"scripts": {{{scripts}}}, "dependencies": {{"express": "5"}}}}"#);
        let repo = Repo::from_files([
            ("package.json", manifest.as_str()),
            ("index.js", main),
            ("lib/held.js", ""),
            ("data.json", "{}"),
            ("native.node", ""),
            ("config.example.js", ""),
        ]);
        let app = App::read(&Dir::new(&repo, RelPath::root())).unwrap().unwrap();
        let launch = Launch {
            file: "index.js".into(),
            source: Some("index.js".into()),
            ..Launch::default()
        };
        let scan = super::super::read(&app, &launch).unwrap();
        let found = scan.findings.iter().find(|finding| finding.code.as_str() == "module-missing");
        found.map(|finding| finding.evidence[0].place())
    }

    #[test]
    fn a_module_that_git_keeps_out_is_said_where_a_build_runs_too() {
        let lost = |more: &[(&str, &str)]| {
            let manifest = r#"{"scripts": {"build": "tsc", "start": "node dist/index.js"}}"#;
            let own = [
                ("package.json", manifest),
                ("src/index.ts", "import { token } from './keys'; use(token)"),
            ];
            let repo = Repo::from_files([&own, more].concat());
            let app = App::read(&repo.root()).unwrap().unwrap();
            let (file, source) = ("dist/index.js".to_owned(), Some("src/index.ts".to_owned()));
            let launch = Launch { file, source, layout: Layout::Output, ..Launch::default() };
            let scan = super::super::read(&app, &launch).unwrap();
            let said = scan.findings.iter().any(|one| one.code.as_str() == "module-missing");
            (said, super::of_site(&app).unwrap().is_some())
        };
        assert_eq!(lost(&[(".gitignore", "dist\nsrc/keys.ts\n")]), (true, true));
        let lost = |more: &[(&str, &str)]| lost(more).0;
        assert!(lost(&[("src/keys.example.ts", "")]));
        assert!(!lost(&[]));
        assert!(!lost(&[(".gitignore", "keys.ts"), ("make.js", "write('src/keys.ts')")]));
        assert!(!lost(&[(".gitignore", "src/keys.ts"), ("src/keys.ts", "")]));
    }

    #[test]
    fn modules_that_are_not_there_are_said() {
        let start = r#""start": "node index.js""#;
        assert!(lost("require('./config')", start).is_some());
        for main in ["\nconst a = require('./made/api')", "\nimport a from './made/api.js'"] {
            assert_eq!(lost(main, start).as_deref(), Some("index.js:2"), "{main}");
            assert_eq!(lost(main, r#""build": "tsc", "start": "node index.js""#), None);
        }
        for main in [
            "require('./lib/held'); require('./lib/held.js'); require('./data'); require('./lib')",
            "require('./native'); require('made')",
            "try { require('./made') } catch {}",
            "const a = () => require('./made')",
            "require('./' + name)",
            "import type { A } from './made'",
        ] {
            assert_eq!(lost(main, start), None, "{main}");
        }
    }
}
