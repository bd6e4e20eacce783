//! The folders to which the paths of a source file refer at run time.

use super::super::App;
use super::super::expression::{Anchor, PathValue};
use super::super::launch::{Launch, Layout};
use super::Source;
use crate::code::writes::HOME;
use crate::path::RelPath;

/// The folders to which the paths of a source file refer at run time. Each is a list of names from
/// the root of the build context, because the image has the same folders.
pub(super) struct Location {
    /// The folder of the file, or of its compiled form.
    folder: Vec<String>,
    /// The working directory.
    start: Vec<String>,
    /// The folder of the application.
    home: Vec<String>,
}

/// Bundlers, which put the code of all sources beside the file that is started.
const BUNDLERS: [&str; 7] = ["esbuild", "tsup", "tsdown", "ncc", "rollup", "rolldown", "pkgroll"];

/// True if a bundler makes the file that is started. A compiler would make another one of its source.
fn is_bundle(app: &App, launch: &Launch) -> bool {
    let scripts = app.package.scripts();
    let builds = || scripts.iter().filter(|(name, _)| name.starts_with("build"));
    let says = |names: &[&str], text: &str| {
        let mut words = text.split([' ', '&', ';', '/']);
        words.any(|word| names.contains(&word) && (word != "esbuild" || text.contains("--bundle")))
    };
    if launch.layout != Layout::Output || !builds().any(|(_, text)| says(&BUNDLERS, text)) {
        return false;
    }
    let stem = |file: &str| file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned();
    let compiled = launch.source.as_deref().and_then(|source| app.compiled(source));
    match compiled {
        Some(compiled) => stem(&compiled) != stem(&launch.file),
        None => !builds().any(|(_, text)| says(&["babel", "swc", "tsc"], text)),
    }
}

fn names(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Location {
    pub(super) fn of(app: &App, launch: &Launch, source: &Source) -> Self {
        let name = source.path.strip(&app.dir.path);
        let compiled = name.filter(|_| launch.layout == Layout::Output || source.compiled);
        let built = compiled.and_then(|name| app.dir.join(&app.compiled(name)?));
        let below = |path: &RelPath| names(path.strip(&app.root.path).unwrap_or_default());
        let bundle = compiled.filter(|_| is_bundle(app, launch));
        let built = bundle.and_then(|_| app.dir.join(&launch.file)).or(built);
        let folder = built.as_ref().unwrap_or(&source.path).parent().unwrap_or_default();
        let start = launch.dir.as_deref().and_then(|dir| app.dir.join(dir));
        Self {
            folder: below(&folder),
            start: below(start.as_ref().unwrap_or(&app.dir.path)),
            home: below(&app.dir.path),
        }
    }

    /// The files to which a relative path may refer in the repository, likeliest first. They may
    /// be outside the application.
    pub(super) fn in_repository(&self, app: &App, found: &PathValue) -> Vec<RelPath> {
        let text = found.path.split(['?', '#']).next().unwrap_or_default();
        let from = |folder: &[String]| app.root.path.join(&folder.join("/"))?.join(text);
        let here = from(&self.start);
        match found.from {
            Anchor::Root | Anchor::Home => Vec::new(),
            Anchor::WorkingDirectory => here.into_iter().collect(),
            // ES modules often define `__dirname` themselves as the working directory:
            // `path.resolve()`.
            Anchor::SourceFile => from(&self.folder).into_iter().chain(here).collect(),
        }
    }

    /// The relative path from the folder of another file to that of this one.
    pub(super) fn relative_to(&self, other: &Self) -> String {
        way(&other.folder, 0, &self.folder)
    }

    /// A path relative to the application, or an absolute one. `../data` is beside the
    /// application.
    pub(super) fn resolve(&self, found: &PathValue) -> Option<String> {
        let text = found.path.split(['?', '#']).next().unwrap_or_default();
        match found.from {
            Anchor::Root => Some(text.to_owned()),
            Anchor::Home => RelPath::new(text).map(|path| format!("{HOME}/{path}")),
            Anchor::WorkingDirectory => self.joined(&self.start, text),
            Anchor::SourceFile => self.joined(&self.folder, text),
        }
    }

    fn joined(&self, folder: &[String], text: &str) -> Option<String> {
        if text.starts_with('/') {
            return None;
        }
        let (mut up, mut to) = (0, folder.to_vec());
        for part in text.split('/') {
            match part {
                "" | "." => {}
                // The image's root is right above that of the context.
                ".." => up = if to.pop().is_none() { 1 } else { up },
                name => to.push(name.to_owned()),
            }
        }
        Some(way(&self.home, up, &to))
    }
}

/// A path up to its first placeholder: `locales` for `locales/{{lng}}.json`.
pub(super) fn fixed(text: &str) -> &str {
    let Some(at) = text.find(['{', '*', '[', '$', '%']) else { return text };
    text[..at].rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The relative path between two folders. `up` says how far `to` is above the root.
fn way(from: &[String], up: usize, to: &[String]) -> String {
    let same = from.iter().zip(to).take_while(|(a, b)| up == 0 && a == b).count();
    let back = std::iter::repeat_n("..", from.len() - same + up);
    let words: Vec<&str> = back.chain(to[same..].iter().map(String::as_str)).collect();
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::{Launch, Layout};
    use crate::repo::Repo;

    #[test]
    fn the_sources_of_a_bundle_lie_beside_it() {
        let written = |build: &str, options: &str| {
            let manifest = format!(r#"{{"scripts": {{"build": "{build}"}}}}"#);
            let files = [
                ("package.json", manifest.as_str()),
                ("tsconfig.json", options),
                ("server/index.ts", "import './deep/files'"),
                ("server/deep/files.ts", "fs.mkdirSync(path.join(import.meta.dirname, '../up'))"),
            ];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let launch = Launch {
                file: "dist/index.js".to_owned(),
                source: Some("server/index.ts".to_owned()),
                outputs: vec!["dist".to_owned()],
                layout: Layout::Output,
                ..Launch::default()
            };
            let scan = super::super::read(&app, &launch).unwrap();
            scan.writable.into_iter().map(|folder| folder.value).collect::<Vec<_>>()
        };
        let bundle = "vite build && esbuild server/index.ts --bundle --outdir=dist";
        assert_eq!(written(bundle, "{}"), ["up"]);
        assert_eq!(
            written("tsup server/index.ts", r#"{"compilerOptions": {"outDir": "x"}}"#),
            ["up"]
        );
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "server"}}"#;
        assert_eq!(written("tsc && rollup -c client.js", options), ["dist/up"]);
    }
}
