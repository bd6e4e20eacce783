//! Entries that files name: `main`, `bin`, the usual file names, and what a person names.

use anyhow::Result;

use super::{App, Command, Entry, Outcome, node, resolve};
use crate::detect::node::codes;
use crate::detect::node::manifest::Package;
use crate::detect::node::token::{Kind, tokens};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Dir;

/// Usual names of files that contain a server.
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

/// The entries in `main`, in `bin` and in the usual files, for packages whose scripts start
/// nothing.
pub(crate) fn from_files(app: &App) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |named: &str, evidence: Evidence| -> Result<()> {
        let command =
            Command { argv: vec!["node".to_owned(), named.to_owned()], ..Command::default() };
        if let Ok(mut entry) = node(app, &command)?
            && !entries.iter().any(|held| held.id == entry.id)
        {
            entry.evidence.push(evidence);
            entry.unmade |= is_stale(app, named);
            entries.push(entry);
        }
        Ok(())
    };
    let main = app
        .package
        .str(&["main"])
        .filter(|main| !main.contains(".config.") && !main.ends_with(".d.ts") && !main.is_empty());
    let bins: Vec<String> = match app.package.get(&["bin"]) {
        Some(serde_json::Value::String(one)) => vec![one.clone()],
        Some(serde_json::Value::Object(several)) => {
            several.values().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    // A file that only exports functions is used by whoever requires it: it is not a program.
    let library = main.is_some_and(|main| exports_alone(app, main));
    let published =
        app.package.get(&["private"]).and_then(serde_json::Value::as_bool) != Some(true);
    if let Some(main) = main.filter(|_| !library) {
        add(main, app.package.at(&["main"], format!("main is {main}")))?;
    }
    for bin in &bins {
        add(bin, app.package.at(&["bin"], format!("bin is {bin}")))?;
    }
    if let Some(main) = main.filter(|_| library && bins.is_empty() && !published) {
        add(main, app.package.at(&["main"], format!("main is {main}")))?;
    }
    if library && published && bins.is_empty() {
        return Ok(entries);
    }
    for file in FILES {
        if let Some(path) = app.dir.join(file).filter(|path| app.dir.repo.is_file(path))
            && !of_another(app, &path)?
            && !of_a_page(app, &path)?
        {
            add(file, Evidence::file(&path, format!("{file} is a usual name for a server")))?;
        }
    }
    // `npm init` writes a main that nobody asked for.
    entries.sort_by_key(|entry| entry.unmade);
    Ok(entries)
}

/// True for a file that is not there, and that the compiler, which alone builds, writes elsewhere.
fn is_stale(app: &App, main: &str) -> bool {
    let compiled = app.build_script().is_some_and(|script| {
        let commands = super::commands(app, &script);
        let compiles = |command: &Command| command.argv.first().is_some_and(|word| word == "tsc");
        !commands.is_empty() && commands.iter().all(compiles)
    });
    let out = app.tsconfig.as_ref().and_then(|output| output.out_dir.as_ref());
    let elsewhere = |path: &RelPath| {
        !app.dir.repo.exists(path) && out.is_some_and(|out| !out.is_root() && !path.is_within(out))
    };
    compiled && app.dir.join(main).is_some_and(|path| elsewhere(&path))
}

/// True if the file is in the folder of another package, which has dependencies or scripts of its
/// own.
fn of_another(app: &App, file: &RelPath) -> Result<bool> {
    let Some(folder) = file.parent().filter(|folder| *folder != app.dir.path) else {
        return Ok(false);
    };
    let package = Package::read(&Dir::new(app.dir.repo, folder))?;
    Ok(package.is_some_and(|package| package.has_production() || !package.scripts().is_empty()))
}

/// A page loads the file: it runs in browsers.
fn of_a_page(app: &App, file: &RelPath) -> Result<bool> {
    for page in ["index.html", "public/index.html", "src/index.html"] {
        let Some((path, text)) = app.dir.text(page)? else { continue };
        let folder = path.parent().unwrap_or_default();
        for (at, _) in text.match_indices("src=") {
            let value = text[at + 4..].trim_start_matches(['"', '\'']);
            let end = value.find(['"', '\'', '>', ' ', '?', '\n']).unwrap_or(value.len());
            let value = &value[..end];
            let base = if value.starts_with('/') { &app.dir.path } else { &folder };
            if base.join(value.trim_start_matches('/')).as_ref() == Some(file) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// True if the file exports what others call and, when run, starts nothing: no call at the top
/// level listens.
pub(crate) fn exports_alone(app: &App, named: &str) -> bool {
    let Some(path) = RelPath::new(named) else { return false };
    let found = app.source_of(path.as_str()).or_else(|| app.finds(path.as_str()));
    let Some(path) = found.and_then(|name| app.dir.join(&name)) else { return false };
    let Ok(Some(text)) = app.dir.repo.source_text(&path) else { return false };
    let tokens = tokens(&text);
    let (mut depth, mut exports) = (0usize, false);
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => depth = depth.saturating_sub(1),
            Kind::Word(word) if depth == 0 => match word.as_str() {
                // A call of such a name starts something.
                "listen" | "serve" | "createServer" | "start" | "run" | "main" | "bootstrap"
                    if tokens.get(index + 1).is_some_and(|next| next.is('(')) =>
                {
                    let declared = index > 0 && tokens[index - 1].is_word("function");
                    if !declared {
                        return false;
                    }
                }
                "export" => exports = true,
                "exports" => {
                    exports |= tokens.get(index + 1).is_some_and(|n| n.is('=') || n.is('.'));
                }
                "argv" | "isMain" => return false,
                _ => {}
            },
            Kind::Word(word) if word == "main" => {
                // `if (require.main === module)` marks a file that is also a program.
                let at = index.checked_sub(2).and_then(|at| tokens.get(at));
                if at.is_some_and(|token| token.is_word("require") || token.is_word("meta")) {
                    return false;
                }
            }
            _ => {}
        }
    }
    exports
}

/// The entry that a person names: a script, or a file.
pub(crate) fn named(app: &App, wanted: &str) -> Result<Option<Entry>> {
    if app.package.script(wanted).is_some()
        && let Outcome::Start(entries) = resolve(app, wanted)?
    {
        return Ok(entries.into_iter().next());
    }
    let mut command = Command { argv: crate::plan::split_words(wanted)?, ..Command::default() };
    if command.argv.first().is_some_and(|word| word != "node") {
        command.argv.insert(0, "node".to_owned());
    }
    Ok(node(app, &command)?.ok().map(|mut entry| {
        wanted.clone_into(&mut entry.id);
        // Who names a file knows what makes it.
        entry.findings.retain(|finding| finding.code != codes::PROGRAM_FILE_UNMADE);
        entry
    }))
}

#[cfg(test)]
mod tests {
    use super::from_files;
    use crate::detect::node::App;
    use crate::repo::Repo;

    #[test]
    fn what_the_compiler_writes_comes_before_a_main_that_nobody_makes() {
        let first = |build: &str| {
            let manifest =
                format!(r#"{{"main": "lib/index.js", "scripts": {{"build": "{build}"}}}}"#);
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
                ("src/index.ts", "require('http').createServer().listen(80)"),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            from_files(&app).unwrap().remove(0).launch.file
        };
        assert_eq!(first("tsc"), "dist/index.js");
        assert_eq!(first("rollup -c"), "lib/index.js");
    }

    #[test]
    fn a_file_that_a_page_loads_is_no_program() {
        let found = |page: &str| {
            let files = [("package.json", "{}"), ("main.js", "x()"), ("index.html", page)];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            from_files(&app).unwrap().len()
        };
        for page in [
            "<script type=module src=main.js></script>",
            "<script type=\"module\" src=\"./main.js\"></script>",
            "<script src='/main.js?v=1' defer></script>",
        ] {
            assert_eq!(found(page), 0, "{page}");
        }
        assert_eq!(found("<script src=\"other/main.js\"></script>"), 1);
    }
}
