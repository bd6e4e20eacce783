//! Files that the scripts of the build name, and that the repository does not hold.

use anyhow::Result;

use super::manifest::Package;
use super::script::{self, Command};
use super::{App, codes};
use crate::facts::Finding;
use crate::path::RelPath;
use crate::repo::Dir;
use crate::shell;

/// Flags of compilers and bundlers that take the path of their settings.
const SETTINGS: [&str; 5] = ["-p", "--project", "-c", "--config", "--tsconfig"];

/// Programs that take those flags.
const TOOLS: [&str; 12] = [
    "tsc",
    "vue-tsc",
    "tsup",
    "vite",
    "webpack",
    "rollup",
    "tsc-alias",
    "ttsc",
    "tspc",
    "swc",
    "babel",
    "gulp",
];

/// Programs that run the file that is their first plain word.
const RUNNERS: [&str; 6] = ["node", "tsx", "ts-node", "ts-node-esm", "esno", "jiti"];

/// How many scripts may lead to one another.
const MAX_DEPTH: u8 = 4;

/// The first such file of the application and of the members that are built for it.
pub(super) fn finding(app: &App) -> Result<Option<Finding>> {
    let own = app.build_script();
    let own = own.as_deref().and_then(|name| missing(&app.dir, &app.package, name, MAX_DEPTH));
    if let Some(found) = own {
        return Ok(Some(said(&app.package, found)));
    }
    let needed = app.workspace.iter().flat_map(|workspace| &workspace.needed);
    for folder in needed {
        let dir = Dir::new(app.dir.repo, folder.clone());
        let Some(package) = Package::read(&dir)? else { continue };
        if let Some(found) = missing(&dir, &package, "build", MAX_DEPTH) {
            return Ok(Some(said(&package, found)));
        }
    }
    Ok(None)
}

fn said(package: &Package, (name, path): (String, String)) -> Finding {
    let what = format!("the script {name} names {path}, which the repository does not hold");
    let at = package.at(&["scripts", &name], format!("names {path}"));
    Finding::new(codes::BUILD_FILE_MISSING, what, [at])
}

/// The script and the path of the first file that is missing.
fn missing(dir: &Dir, package: &Package, name: &str, depth: u8) -> Option<(String, String)> {
    let depth = depth.checked_sub(1)?;
    let chain = shell::parse(package.script(name)?);
    // An alternative or a condition may spare the command.
    if chain.shell.is_some() {
        return None;
    }
    let scripts = package.scripts();
    for command in chain.commands {
        let command = script::unwrap(command);
        // What follows is in another folder.
        if command.argv.first().is_some_and(|word| word == "cd") {
            return None;
        }
        if let Some((next, _)) = script::runs_script(&command, &scripts) {
            if let Some(found) = missing(dir, package, next, depth) {
                return Some(found);
            }
            continue;
        }
        if let Some((path, settings)) = named(&command)
            && !is_there(dir, &path, settings)
        {
            return Some((name.to_owned(), path));
        }
    }
    None
}

/// The file that a command needs to begin; true for settings.
fn named(command: &Command) -> Option<(String, bool)> {
    let (tool, rest) = command.argv.split_first()?;
    if RUNNERS.contains(&tool.as_str()) {
        // A flag before the file may take it as its value.
        let first = rest.first().filter(|word| !word.starts_with('-'))?;
        return Some((first.clone(), false)).filter(|(word, _)| word.contains(['.', '/']));
    }
    if !TOOLS.contains(&tool.as_str()) {
        return None;
    }
    let path = rest.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
        Some((flag, value)) => SETTINGS.contains(&flag).then(|| value.to_owned()),
        None => rest.get(at + 1).filter(|_| SETTINGS.contains(&word.as_str())).cloned(),
    });
    path.map(|path| (path, true))
}

/// True for a path that is there, or that a step of the build may make.
fn is_there(dir: &Dir, path: &str, settings: bool) -> bool {
    let plain = path.trim_start_matches("./");
    let Some(whole) = dir.path.join(plain) else { return true };
    let repo = dir.repo;
    let ends = [".js", ".ts", ".mjs", ".cjs", ".json", "/index.js", "/index.ts"];
    let exists = |end: &str| {
        let path = RelPath::new(&format!("{whole}{end}"));
        path.is_some_and(|path| repo.exists(&path))
    };
    // Tools write into folders that git does not hold.
    let made = match plain.split_once('/') {
        Some((top, _)) => top.starts_with('.') || !settings && !dir.has_folder(top),
        None => plain.starts_with('.'),
    };
    let computed = path.contains(['$', '*', '{', '%', ',', ':']) || plain.contains("node_modules/");
    computed || made || repo.exists(&whole) || ends.iter().any(|end| exists(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn said(scripts: &str) -> Option<String> {
        let manifest = format!(r#"{{"scripts": {{{scripts}}}}}"#);
        let files = [
            ("package.json", manifest.as_str()),
            ("tsconfig.json", "{}"),
            ("scripts/a.js", ""),
            ("test/a.ts", ""),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        finding(&app).unwrap().map(|one| one.what)
    }

    #[test]
    fn files_that_the_build_names_are_there() {
        for script in [
            "tsc -p test/tsconfig.json",
            "tsc -p types/tsconfig.json",
            "npm run x && tsc",
            "tsc && node scripts/b.js",
            "vite build --config=vite.prod.ts",
        ] {
            let found =
                said(&format!(r#""build": "{script}", "x": "tsc --project test/none.json""#));
            assert!(found.is_some(), "{script}");
        }
        for script in [
            "tsc -p .",
            "tsc -p tsconfig",
            "node scripts/a && node dist/gen.js",
            "tsc -p .svelte-kit/tsconfig.json",
            "cd web && tsc -p tsconfig.web.json",
            "tsc -p a.json || true",
            "node -r ./x.js scripts/a.js",
        ] {
            assert_eq!(said(&format!(r#""build": "{script}""#)), None, "{script}");
        }
    }
}
