//! Front ends of programs in other languages: which script makes what such a program embeds or serves.

use anyhow::{Context, Result};

use super::{App, program, script, site};
use crate::detect::is_there;
use crate::facts::{Evidence, Facts, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// Commands that name a folder without making it.
const NO_MAKERS: [&str; 9] = ["rm", "rimraf", "del", "del-cli", "mkdir", "mkdirp", "ls", "echo", "test"];

/// Commands whose operands are all paths.
const COPIERS: [&str; 6] = ["cp", "mv", "rsync", "cpx", "copyfiles", "cpy"];

/// Scripts that end in nothing that an image could hold.
const NO_BUILDS: [&str; 10] = ["dev", "watch", "serve", "start", "preview", "test", "lint", "clean", "format", "deploy"];

/// What the build of the application in `dir` makes there, where `path` is part of it or it of `path`.
pub(super) fn makes(dir: &Dir, path: &RelPath) -> Result<Option<Sourced<FrontEnd>>> {
    let Some(app) = App::read(dir)? else { return Ok(None) };
    let meets = |output: &RelPath| output.is_within(path) || path.is_within(output);
    let found = |script: &str, output: RelPath, evidence: Vec<Evidence>| {
        let language = super::LANGUAGE.id.to_owned();
        let value = FrontEnd { language, dir: dir.path.clone(), script: script.to_owned(), output, opened: None };
        Ok(Some(Sourced { value, evidence, rejected: Vec::new() }))
    };
    if let Some((name, output)) = named_in_a_script(&app, &meets) {
        let evidence = app.package.at(&["scripts", &name], format!("it writes {output}"));
        return found(&name, output, vec![evidence]);
    }
    let Some(build) = app.build_script() else { return Ok(None) };
    if let Some(site) = site::pages(&app)? {
        let output = site.launch.site.as_deref().and_then(|folder| dir.path.join(folder));
        return match output.filter(|output| *output != dir.path && meets(output)) {
            Some(output) => {
                let mut evidence = vec![app.package.at(&["scripts", &build], format!("it writes {output}"))];
                evidence.extend(site.evidence);
                found(&build, output, evidence)
            }
            None => Ok(None),
        };
    }
    if let Some((output, evidence)) = site::bundled(&app)?
        && let Some(output) = dir.path.join(&output)
        && output != dir.path
        && meets(&output)
    {
        return found(&build, output, vec![app.package.at(&["scripts", &build], "it builds"), evidence]);
    }
    // Nothing says where it writes: what is missing inside a package of its own can come from nowhere else.
    if !dir.path.is_root() && *path != dir.path && path.is_within(&dir.path) && app.dir.repo.entry(path).is_none() {
        let evidence = app.package.at(&["scripts", &build], format!("nothing else could make {path}"));
        return found(&build, path.clone(), vec![evidence]);
    }
    Ok(None)
}

/// The script with a word that names what is wanted: `vite build --outDir ../server/dist`, `cp -r dist ../server/dist`.
fn named_in_a_script(app: &App, meets: &dyn Fn(&RelPath) -> bool) -> Option<(String, RelPath)> {
    let scripts = app.package.scripts();
    let builds = |name: &str| !name.split([':', '-', '_']).any(|part| NO_BUILDS.contains(&part));
    let mut named = Vec::new();
    for (name, text) in scripts.iter().filter(|(name, _)| builds(name)) {
        for command in script::parse(text).commands.into_iter().map(script::unwrap) {
            let makes = command.argv.first().is_some_and(|word| !NO_MAKERS.contains(&word.as_str()));
            let copies = command.argv.first().is_some_and(|word| COPIERS.contains(&word.as_str()));
            // A plain word is a path after a flag alone: `build` in `vite build` is none.
            let is_path = |words: &&[String]| copies || words[0].starts_with('-') || words[1].contains(['/', '=']);
            let paths = command.argv.windows(2).filter(is_path).filter_map(|words| output(app, &words[1]));
            // Where several words do, the last: sources stand before the destination.
            let output = paths.filter(|path| meets(path)).last();
            named.extend(output.filter(|_| makes).map(|output| ((*name).to_owned(), output)));
        }
    }
    let build = app.build_script();
    let at = named.iter().position(|(name, _)| Some(name) == build.as_ref()).unwrap_or(0);
    (!named.is_empty()).then(|| named.swap_remove(at))
}

/// The script copies or moves files: to a folder that must be there.
pub(super) fn copies(script: &str) -> bool {
    let mut commands = script::parse(script).commands.into_iter().map(script::unwrap);
    commands.any(|command| command.argv.first().is_some_and(|word| COPIERS.contains(&word.as_str())))
}

/// The path that a word of a script names.
fn output(app: &App, word: &str) -> Option<RelPath> {
    let word = word.rsplit_once('=').map_or(word, |(_, value)| value);
    let path = word.trim_end_matches(['*', '/']);
    if path.len() < 2 || path.starts_with('-') || path.contains(['*', '$', '{']) {
        return None;
    }
    app.dir.join(path).filter(|path| !app.dir.path.is_within(path) && !is_there(app.dir.repo, path))
}

/// Facts about an application that need not be startable by itself.
pub(super) fn facts(dir: &Dir) -> Result<Facts> {
    let app = App::read(dir)?.with_context(|| format!("{} holds no package.json", dir.path))?;
    let mut found = program::all(&app)?;
    // What it would start does not matter.
    found.findings.clear();
    super::facts(&app, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    /// The script and what it makes, for a package.json in `web` and what else there is.
    fn of(manifest: &str, others: &[(&str, &str)], wanted: &str) -> Option<(String, String)> {
        let files = others.iter().copied().chain([("web/package.json", manifest)]);
        let repo = Repo::from_files(files);
        let dir = Dir::new(&repo, RelPath::new("web").unwrap());
        let made = makes(&dir, &RelPath::new(wanted).unwrap()).unwrap()?;
        Some((made.value.script, made.value.output.to_string()))
    }

    fn made(script: &str, output: &str) -> (String, String) {
        (script.to_owned(), output.to_owned())
    }

    #[test]
    fn a_script_that_names_the_folder_comes_first() {
        let vite = |scripts: &str| format!(r#"{{"scripts": {{{scripts}}}, "devDependencies": {{"vite": "7"}}}}"#);
        let release = vite(r#""build": "vite build", "release": "vite build --outDir=../server/dist --emptyOutDir""#);
        assert_eq!(of(&release, &[], "server/dist"), Some(made("release", "server/dist")));
        assert_eq!(of(&release, &[], "web/dist"), Some(made("build", "web/dist")));
        let copies = vite(r#""build": "vite build && rm -rf ../server/dist && cp -r dist ../server/dist""#);
        assert_eq!(of(&copies, &[], "server/dist"), Some(made("build", "server/dist")));
        assert_eq!(of(&copies, &[], "server/dist/index.html"), Some(made("build", "server/dist")));
        // What only removes or serves it makes nothing.
        let clean = vite(r#""clean": "rm -rf ../server/dist", "dev": "vite --outDir ../server/dist""#);
        assert_eq!(of(&clean, &[], "server/dist"), None);
        // What is there is read, not made.
        let reads = vite(r#""build": "tailwindcss -i ../static/in.css -o ../static/out.css""#);
        assert_eq!(of(&reads, &[("static/in.css", "")], "static"), Some(made("build", "static/out.css")));
    }

    #[test]
    fn the_tools_configuration_says_where_it_writes() {
        let vite = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7", "vitepress": "1"}}"#;
        let config = ("web/vite.config.js", "export default { build: { outDir: '../internal/ui/dist' } }");
        assert_eq!(of(vite, &[config], "internal/ui/dist"), Some(made("build", "internal/ui/dist")));
        assert_eq!(of(vite, &[config], "web/dist"), None);
        let esbuild = r#"{"scripts": {"build": "node esbuild.config.mjs"}, "devDependencies": {"esbuild": "0"}}"#;
        let config = ("web/esbuild.config.mjs", "await build({ outdir: \"../static/dist/\" })");
        assert_eq!(of(esbuild, &[config], "static"), Some(made("build", "static/dist")));
        assert_eq!(of(esbuild, &[config], "statics"), None);
    }

    #[test]
    fn an_unknown_tool_makes_what_is_missing_in_its_own_folder() {
        let own = r#"{"scripts": {"build": "node make.js"}}"#;
        assert_eq!(of(own, &[], "web/out"), Some(made("build", "web/out")));
        assert_eq!(of(own, &[], "other/out"), None);
        assert_eq!(of(own, &[("web/out/a.js", "")], "web/out"), None);
        assert_eq!(of(r#"{"scripts": {"test": "x"}}"#, &[], "web/out"), None);
    }
}
