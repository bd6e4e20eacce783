//! Files beside TypeScript sources that the compiled code opens beside itself. The compiler copies
//! none of them: `readFileSync(join(__dirname, "schema.sql"))` reads dist/schema.sql.

use anyhow::Result;

use super::super::App;
use super::super::entry;
use super::super::expression::{Anchor, PathValue};
use super::super::launch::{Launch, Layout};
use super::super::nest;
use super::location::fixed;
use super::{Scan, Source};
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

/// Commands of a build that write the JavaScript of the sources and copy nothing.
const PLAIN: [&str; 12] = [
    "tsc",
    "tspc",
    "ttsc",
    "tsc-alias",
    "resolve-tspaths",
    "rimraf",
    "rm",
    "del",
    "prisma",
    "eslint",
    "tslint",
    "echo",
];

/// How many files of one folder are looked at.
const MAX_FILES: usize = 500;

/// Notes a path that compiled code opens, if its file is beside the source alone. `text` is the path
/// in the image.
pub(super) fn note(
    app: &App,
    launch: &Launch,
    source: &Source,
    (found, text): (&PathValue, &str),
    evidence: &Evidence,
    scan: &mut Scan,
) {
    let beside_source = found.from == Anchor::SourceFile;
    if launch.layout != Layout::Output || !beside_source || !launch.is_output(text) {
        return;
    }
    let beside = source.path.parent().unwrap_or_default();
    let from = beside.join(fixed(&found.path)).filter(|from| is_left(app, from));
    let to = app.dir.join(fixed(text)).filter(|to| !app.dir.repo.exists(to));
    let below = |path: RelPath| path.strip(&app.dir.path).map(str::to_owned);
    let (Some(from), Some(to)) = (from.and_then(below), to.and_then(below)) else { return };
    let pair = (from, to);
    if !scan.left.iter().any(|held| held.value == pair) {
        scan.left.push(Sourced::new(pair, evidence.clone()));
    }
}

/// True for a file or a folder of the application that no compiler reads.
fn is_left(app: &App, path: &RelPath) -> bool {
    let typed = |path: &RelPath| matches!(path.extension(), "ts" | "tsx" | "mts" | "cts");
    let script = |path: &RelPath| matches!(path.extension(), "js" | "jsx" | "mjs" | "cjs");
    if *path == app.dir.path || !path.is_within(&app.dir.path) {
        return false;
    }
    if app.dir.repo.is_file(path) {
        return !typed(path) && !script(path) && !path.file_name().starts_with(".env");
    }
    let mut files = app.dir.repo.files_under(path).take(MAX_FILES).peekable();
    files.peek().is_some() && !files.any(typed)
}

/// Keeps what was noted only where the build is known to copy nothing.
pub(super) fn settle(app: &App, launch: &Launch, scan: &mut Scan) -> Result<()> {
    if !scan.left.is_empty() && !is_plain(app, launch)? {
        scan.left.clear();
    }
    scan.left.sort_by(|a, b| a.value.cmp(&b.value));
    // A folder is copied whole.
    let held: Vec<String> = scan.left.iter().map(|left| format!("{}/", left.value.0)).collect();
    scan.left.retain(|left| !held.iter().any(|above| left.value.0.starts_with(above.as_str())));
    Ok(())
}

fn is_plain(app: &App, launch: &Launch) -> Result<bool> {
    let by_nest = |words: &[String]| words.first().is_some_and(|word| word == "nest");
    if launch.build.as_ref().is_some_and(|words| by_nest(words)) {
        return nest::copies_nothing(app);
    }
    let Some(name) = launch.script.clone().or_else(|| app.build_script()) else {
        return Ok(app.compiles());
    };
    let after = format!("post{name}");
    let mut compiles = false;
    for command in [name, after].iter().flat_map(|name| entry::commands(app, name)) {
        let Some(first) = command.argv.first() else { continue };
        let nests = by_nest(&command.argv) && nest::copies_nothing(app)?;
        if !nests && !PLAIN.contains(&first.as_str()) {
            return Ok(false);
        }
        compiles |= nests || first.starts_with('t');
    }
    Ok(compiles)
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::{Launch, Layout};
    use crate::repo::Repo;

    /// What is copied from beside the sources.
    fn left(build: &str, source: &str, more: &[(&str, &str)]) -> Vec<String> {
        let manifest = format!(
            r#"{{"scripts": {{"build": "{build}", "start": "node dist/server.js"}}, "devDependencies": {{"typescript": "5"}}}}"#
        );
        let mut all = vec![
            ("package.json", manifest.as_str()),
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
            ("src/server.ts", source),
            ("src/schema.sql", "select 1"),
            ("src/views/a.ejs", "x"),
            ("src/routes/a.ts", "x"),
        ];
        all.extend(more);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "dist/server.js".to_owned(),
            source: Some("src/server.ts".to_owned()),
            outputs: vec!["dist".to_owned()],
            layout: Layout::Output,
            ..Launch::default()
        };
        let left = super::super::read(&app, &launch).unwrap().left.into_iter();
        left.map(|left| format!("{} {}", left.value.0, left.value.1)).collect()
    }

    #[test]
    fn what_the_compiler_leaves_beside_the_sources_is_copied() {
        let sql = ["src/schema.sql dist/schema.sql"];
        for source in [
            "fs.readFileSync(path.join(__dirname, 'schema.sql'))",
            "const here = dirname(fileURLToPath(import.meta.url)); readFileSync(join(here, 'schema.sql'))",
            "await readFile(new URL('./schema.sql', import.meta.url))",
            "readFileSync(fileURLToPath(new URL('./schema.sql', import.meta.url)))",
            "readFileSync(`${__dirname}/schema.sql`)",
        ] {
            assert_eq!(left("tsc", source, &[]), sql, "{source}");
        }
        let views = "app.set('views', path.join(__dirname, 'views'))";
        assert_eq!(left("rimraf dist && tsc -p .", views, &[]), ["src/views dist/views"]);
        let opens = "fs.readFileSync(path.join(__dirname, 'schema.sql'))";
        for build in ["tsc && copyfiles -u 1 src/*.sql dist", "webpack", "tsc && node scripts/x.js"]
        {
            assert!(left(build, opens, &[]).is_empty(), "{build}");
        }
        for source in [
            "readdirSync(path.join(__dirname, 'routes'))",
            "fs.readFileSync(path.join(__dirname, '../schema.sql'))",
            "fs.readFileSync('src/schema.sql')",
        ] {
            assert!(left("tsc", source, &[]).is_empty(), "{source}");
        }
    }

    #[test]
    fn nest_copies_the_assets_that_its_settings_name() {
        let opens = "fs.readFileSync(path.join(__dirname, 'schema.sql'))";
        let settings = |text: &'static str| [("nest-cli.json", text)];
        let plain = settings(r#"{"sourceRoot": "src"}"#);
        assert_eq!(left("nest build", opens, &plain).len(), 1);
        let assets = settings(r#"{"compilerOptions": {"assets": ["**/*.sql"]}}"#);
        assert!(left("nest build", opens, &assets).is_empty());
    }
}
