//! Whether anything in the repository makes the file that a program starts. A `COPY` of a file that
//! no build writes stops the build of the image.

use anyhow::Result;
use std::collections::BTreeMap;

use super::{App, Command, Entry, commands, is_idle};
use crate::detect::node::built;
use crate::detect::node::codes;
use crate::facts::Finding;
use crate::path::RelPath;
use crate::repo::parse_json5;

/// How many configuration files are read.
const MAX_FILES: usize = 64;

/// Marks an entry whose file nothing makes, and says so.
pub(super) fn check(app: &App, entry: &mut Entry) -> Result<()> {
    let file = entry.launch.file.clone();
    if entry.launch.source.is_some() || is_made(app, &file)? {
        return Ok(());
    }
    entry.unmade = true;
    let named = app.build_script();
    let build = named.as_deref().unwrap_or("tsc");
    let note = match &named {
        Some(name) => format!("`{}`", app.package.script(name).unwrap_or_default()),
        None => "no script builds".to_owned(),
    };
    let evidence = app.package.at(&["scripts", build], note);
    let what = format!("dockgen found neither a source nor a command that makes {file}");
    entry.findings.push(Finding::new(codes::PROGRAM_FILE_UNMADE, what, [evidence]));
    Ok(())
}

/// True if a compiler's settings, a tool of the build or a text of the build leads to the file.
fn is_made(app: &App, file: &str) -> Result<bool> {
    let mut commands: Vec<Command> = match app.build_script() {
        Some(name) => commands(app, &name),
        None => vec![Command { argv: vec!["tsc".to_owned()], ..Command::default() }],
    };
    commands.retain(|command| !is_idle(command));
    let (folder, inside) = file.split_once('/').map_or((None, file), |(a, b)| (Some(a), b));
    let folder_or_name = folder.unwrap_or(inside);
    if of_compiler(app, file)? {
        return Ok(true);
    }
    let tools: BTreeMap<String, Vec<String>> = app.catalog.table("build_output")?;
    let writes = |word: &String| {
        let tool = word.rsplit('/').next().unwrap_or(word);
        tools.get(tool).is_some_and(|folders| folders.iter().any(|f| f == folder_or_name))
    };
    if commands.iter().any(|command| command.argv.iter().take(3).any(writes)) {
        return Ok(true);
    }
    let says = |text: &str| match folder {
        Some(folder) => names_folder(text, folder),
        None => names_file(text, inside),
    };
    let words = |command: &Command| command.argv.iter().any(|word| says(&format!(" {word} ")));
    if commands.iter().any(words) {
        return Ok(true);
    }
    for path in texts(app, &commands) {
        if let Some(text) = app.dir.repo.source_text(&path)?
            && says(&text)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// True if a tsconfig.json of the application writes into the file's folder, and a source has the
/// file's name: the compiler makes one file of each.
fn of_compiler(app: &App, file: &str) -> Result<bool> {
    let Some(wanted) = app.dir.join(file) else { return Ok(false) };
    let stem = |path: &RelPath| path.file_name().split('.').next().unwrap_or_default().to_owned();
    let name = stem(&wanted);
    let code = |path: &RelPath| matches!(path.extension(), "ts" | "tsx" | "mts" | "cts" | "js");
    let mut files = app.dir.repo.files_under(&app.dir.path);
    let named =
        files.any(|path| code(path) && [name.as_str(), "index"].contains(&stem(path).as_str()));
    if !named {
        return Ok(false);
    }
    let configs = app
        .dir
        .repo
        .files_under(&app.dir.path)
        .filter(|path| path.file_name().starts_with("tsconfig") && path.extension() == "json");
    let outputs = app
        .tsconfig
        .iter()
        .filter_map(|output| app.dir.path.join(output.out_dir.as_ref()?.as_str()));
    let mut outputs: Vec<RelPath> = outputs.collect();
    for path in configs.take(MAX_FILES) {
        let Some(text) = app.dir.repo.text(path)? else { continue };
        let Ok(json) = parse_json5::<serde_json::Value>(path, &text) else { continue };
        let out = json.get("compilerOptions").and_then(|options| options.get("outDir")?.as_str());
        outputs.extend(out.and_then(|out| path.parent()?.join(out)));
    }
    let in_place = app.tsconfig.as_ref().is_some_and(super::super::typescript::Output::in_place);
    let beside =
        in_place && app.finds(file.rsplit_once('.').map_or(file, |(stem, _)| stem)).is_some();
    Ok(beside || outputs.iter().any(|output| *output != app.dir.path && wanted.is_within(output)))
}

/// The files that say what a build writes: configurations beside package.json, projects of Nx, and
/// the files that the commands name.
fn texts(app: &App, commands: &[Command]) -> Vec<RelPath> {
    let named = commands.iter().flat_map(|command| &command.argv).filter_map(|word| {
        let found = app.finds(word.split('=').next_back().unwrap_or(word))?;
        app.dir.join(&found)
    });
    let mut files: Vec<RelPath> = named.collect();
    let beside = app.dir.repo.children(&app.dir.path).map(|(path, _)| path);
    files.extend(beside.filter(|path| is_settings(path.file_name())).cloned());
    let below = app.dir.repo.files_under(&app.dir.path);
    let project = |path: &&RelPath| {
        path.file_name() == "project.json" || path.file_name().starts_with("webpack.config.")
    };
    files.extend(below.filter(project).take(MAX_FILES).cloned());
    files.retain(|path| app.dir.repo.is_file(path));
    files.truncate(2 * MAX_FILES);
    files
}

/// True for the name of a file that configures a build.
fn is_settings(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let listed =
        ["gulpfile", "gruntfile", "makefile", "justfile", "taskfile", "build.", "nest-cli"];
    !lower.starts_with("tsconfig")
        && (lower.contains(".config.")
            || lower.rsplit_once('.').is_some_and(|(_, end)| end == "sh")
            || lower.contains("rc.") && lower.starts_with('.')
            || lower.starts_with('.') && lower.ends_with("rc")
            || ["angular.json", "nx.json", "project.json"].contains(&lower.as_str())
            || listed.iter().any(|start| lower.starts_with(start)))
}

/// True if the text has the folder's name as a component of a path.
fn names_folder(text: &str, folder: &str) -> bool {
    bounded(text, folder, |before, after| {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "_-.".contains(c));
        !word(after) && (!word(before) || before == Some('.'))
    })
}

/// True if the text has the name as a path of one component, and not as the key of a setting.
fn names_file(text: &str, name: &str) -> bool {
    let stem = name.strip_prefix("./").unwrap_or(name);
    let ends = |c: Option<char>| c.is_none_or(|c| "'\"` ,;)\n".contains(c));
    let begins = |c: Option<char>| c.is_none_or(|c| "'\"` =(,\n".contains(c));
    [stem.to_owned(), format!("./{stem}")].iter().any(|name| {
        bounded(text, name, |before, after| begins(before) && ends(after))
            && !text.contains(&format!("{name}\":"))
            && !text.contains(&format!("{name}':"))
    })
}

fn bounded(text: &str, word: &str, holds: impl Fn(Option<char>, Option<char>) -> bool) -> bool {
    !word.is_empty()
        && text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            holds(before, text[at + word.len()..].chars().next())
        })
}

/// The source of a bundle that a script of the build makes through a bundler's functions, and
/// whether it holds its dependencies.
pub(super) fn bundled(app: &App, file: &str) -> Result<Option<(String, bool)>> {
    let Some(build) = app.build_script() else { return Ok(None) };
    for command in commands(app, &build) {
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let ["node" | "tsx" | "ts-node" | "bun", rest @ ..] = words.as_slice() else { continue };
        let script = rest.iter().find(|word| !word.starts_with('-'));
        let Some(script) = script.and_then(|word| app.finds(word)) else { continue };
        let made = built::by_functions(app, &script)?;
        if let Some(bundle) = made.into_iter().find(|bundle| bundle.file == file) {
            return Ok(Some((bundle.source, bundle.whole)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::{from_files, from_scripts};
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    /// Whether nothing makes the file of the first program.
    fn unmade(manifest: &str, files: &[(&str, &str)]) -> bool {
        let mut all = vec![("package.json", manifest)];
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = program::all(&app).unwrap();
        let findings = &found.programs[0].0.findings;
        findings.iter().any(|finding| finding.code.as_str() == "program-file-unmade")
    }

    #[test]
    fn a_build_that_writes_the_file_is_found() {
        let manifest = |build: &str, start: &str| {
            format!(r#"{{"scripts": {{"build": "{build}", "start": "node {start}"}}}}"#)
        };
        for (build, start, files) in [
            ("tsup src/x.ts", "dist/index.js", vec![]),
            (
                "rollup -c",
                "out/x.js",
                vec![("rollup.config.mjs", "export default {output: {file: 'out/x.js'}}")],
            ),
            ("node tools/make.js", "out/x.js", vec![("tools/make.js", "write(`${root}/out`)")]),
            ("cp -r src lib", "lib/x.js", vec![]),
            (
                "tsc",
                "dist/x.js",
                vec![
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("a/b/x.ts", ""),
                ],
            ),
            ("./make.sh", "out/x.js", vec![("make.sh", "mkdir -p out\ncp x.js out/")]),
        ] {
            assert!(!unmade(&manifest(build, start), &files), "{build}");
        }
        for (build, start, files) in [
            (
                "tsc",
                "dist/x.js",
                vec![
                    ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}}"#),
                    ("src/y.ts", ""),
                ],
            ),
            ("tsup src/x.ts", "build/x.js", vec![]),
            ("rimraf out && vite build", "out/x.js", vec![("vite.config.js", "export default {}")]),
            ("node tools/make.js", "main.js", vec![("tools/make.js", "write('out/main.js')")]),
        ] {
            assert!(unmade(&manifest(build, start), &files), "{build}");
        }
    }

    #[test]
    fn a_file_that_nothing_makes_is_the_last_choice() {
        let manifest = r#"{"main": "index.js", "bin": {"x": "bin/x.mjs"}, "scripts": {"build": "node tools/make.js"}}"#;
        let make = "const here = dirname(fileURLToPath(import.meta.url))\nawait esbuild.build({\n entryPoints: [join(here, '../src/web.ts')], bundle: true, platform: 'node', outfile: 'bin/x.mjs' })";
        let repo = Repo::from_files([
            ("package.json", manifest),
            ("tools/make.js", make),
            ("src/web.ts", "app.listen(4000)"),
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let files: Vec<(String, bool)> = from_files(&app)
            .unwrap()
            .into_iter()
            .map(|entry| (entry.launch.file, entry.unmade))
            .collect();
        assert_eq!(files, [("bin/x.mjs".to_owned(), false), ("index.js".to_owned(), true)]);
        let found = program::all(&app).unwrap();
        let (program, launch) = &found.programs[0];
        assert_eq!(program.port.as_ref().map(|port| port.value), Some(4000));
        assert_eq!(launch.source.as_deref(), Some("src/web.ts"));
    }

    #[test]
    fn a_script_may_start_the_same_program_from_its_folder() {
        let manifest = r#"{"scripts": {"build": "webpack", "start": "node dist/api/main", "start:prod": "node main"}}"#;
        let repo = Repo::from_files([("package.json", manifest), ("src/main.ts", "")]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (entries, refused) = from_scripts(&app).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].launch.file, "dist/api/main");
        assert_eq!(refused[0].0, "start:prod");
    }
}
