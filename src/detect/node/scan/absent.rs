//! Modules that the program loads as it starts and that the repository does not hold.

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::imports::{self, Import};
use super::{Scan, Source, resolution};
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

/// Reports missing modules. Only programs whose sources are started as they are count, because a
/// build may write any file.
pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    let generates = app
        .package
        .scripts()
        .keys()
        .any(|name| GENERATE.iter().any(|begin| name.starts_with(begin)));
    if launch.layout != Layout::Source || app.builds() || app.compiles() || generates {
        return;
    }
    let lost: Vec<Evidence> = sources.iter().flat_map(|source| absent(app, source)).collect();
    let Some(first) = lost.first() else { return };
    scan.findings.push(Finding::new(
        codes::MODULE_MISSING,
        format!("{}, and the repository does not hold it", first.note),
        lost,
    ));
}

/// Imports of missing files that run as the program starts.
fn absent(app: &App, source: &Source) -> Vec<Evidence> {
    let lost = |import: &Import| {
        // The path goes on: `'./' + name`.
        let goes_on = source.tokens.get(import.text + 1).is_some_and(|next| next.is('+'));
        let relative = import.module.starts_with("./") || import.module.starts_with("../");
        relative && !goes_on && !is_there(app, source, import.module)
    };
    let said = |import: Import| {
        let at = source.tokens[import.text].at;
        source.at(at, format!("the program imports `{}`", import.module))
    };
    imports::loaded(source).into_iter().filter(lost).map(said).collect()
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
        name.strip_prefix(base.file_name())
            .or(name.strip_prefix(stem))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    repo.children(&base.parent().unwrap_or_default()).any(|(path, _)| begins(path))
}

#[cfg(test)]
mod tests {
    use crate::path::RelPath;
    use crate::repo::{Dir, Repo};

    use super::super::super::App;
    use super::super::super::launch::Launch;

    fn lost(main: &str, scripts: &str) -> Option<String> {
        let manifest =
            format!(r#"{{"scripts": {{{scripts}}}, "dependencies": {{"express": "5"}}}}"#);
        let repo = Repo::from_files([
            ("package.json", manifest.as_str()),
            ("index.js", main),
            ("lib/held.js", ""),
            ("data.json", "{}"),
            ("native.node", ""),
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
    fn modules_that_are_not_there_are_said() {
        let start = r#""start": "node index.js""#;
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
