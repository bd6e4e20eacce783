//! Front ends of programs in other languages: which script writes what such a program embeds or
//! serves.

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use super::{App, entry, framework, program, script, site};
use crate::detect::is_there;
use crate::facts::{Evidence, Facts, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// Commands that name a folder without writing it.
const NO_MAKERS: [&str; 24] = [
    "cd",
    "zip",
    "7z",
    "tar",
    "rm",
    "rimraf",
    "del",
    "del-cli",
    "mkdir",
    "mkdirp",
    "ls",
    "echo",
    "test",
    "svelte-check",
    "eslint",
    "oxlint",
    "stylelint",
    "prettier",
    "biome",
    "jest",
    "vitest",
    "mocha",
    "playwright",
    "cypress",
];

/// Commands whose operands are all paths.
const COPIERS: [&str; 6] = ["cp", "mv", "rsync", "cpx", "copyfiles", "cpy"];

/// Words in the names of scripts whose result no image contains.
const NO_BUILDS: [&str; 12] = [
    "check",
    "typecheck",
    "dev",
    "watch",
    "serve",
    "start",
    "preview",
    "test",
    "lint",
    "clean",
    "format",
    "deploy",
];

/// How many scripts are searched for tools and their output folders.
const MAX_SCRIPTS: usize = 64;

/// Words in the names of scripts that build for something else than production.
const OTHER_BUILDS: [&str; 6] =
    ["development", "staging", "analyze", "debug", "profile", "storybook"];

/// What the scripts of a package write, whoever asks.
struct Outputs {
    /// For each script, its evidence and the paths that one of its commands names, in order.
    named: Vec<(String, Evidence, Vec<RelPath>)>,
    /// The script that builds, and its evidence.
    build: Option<(String, Evidence)>,
    /// The scripts that it runs.
    runs: BTreeSet<String>,
    /// Where the tool of that script writes.
    tool: Tool,
    /// Folders that the tools of other scripts write.
    others: Vec<(String, Evidence, RelPath)>,
}

enum Tool {
    /// A tool for pages, and its output folder if it has one.
    Site(Option<RelPath>, Vec<Evidence>),
    /// A bundler's own program.
    Bundler(RelPath, Evidence),
    Unknown,
}

/// A script, its evidence, and what it writes.
type Part = (String, Evidence, RelPath);

/// The scripts that a script runs: `npm run build:css && npm run build:js`, `run-s build:*`.
fn run_by(app: &App, script: &str) -> BTreeSet<String> {
    let scripts = app.package.scripts();
    let text = scripts.get(script).copied().unwrap_or_default();
    let mut found = BTreeSet::new();
    for command in script::parse(text).commands.into_iter().map(script::unwrap) {
        let own = script::runs_script(&command, &scripts).map(|(name, _)| name.to_owned());
        found.extend(own);
        found.extend(entry::of_runner(app, &command));
    }
    found
}

/// The output of building the app in `dir`, if it contains or is contained in `path`.
pub(super) fn makes(dir: &Dir, path: &RelPath) -> Result<Option<Sourced<FrontEnd>>> {
    let outputs = dir.repo.once(&dir.path, || Outputs::read(dir))?;
    let meets = |output: &RelPath| output.is_within(path) || path.is_within(output);
    let found = |script: &str, output: &RelPath, evidence: Vec<Evidence>| {
        let (language, script, output) =
            (super::LANGUAGE.id.to_owned(), script.to_owned(), output.clone());
        let value = FrontEnd {
            language,
            dir: dir.path.clone(),
            script,
            output,
            moved_from: None,
            opened: None,
        };
        Ok(Some(Sourced::with(value, evidence)))
    };
    let writes = |at: &Evidence, output: &RelPath| Evidence {
        note: format!("it writes {output}"),
        ..at.clone()
    };
    // Among several matching words of a command the last counts, because the destination follows
    // the sources.
    let mut named = outputs.named.iter().filter_map(|(name, at, paths)| {
        let output = paths.iter().rfind(|path| meets(path))?;
        Some((name, at, output))
    });
    // Each of several outputs below the path is a part of what is served.
    let inside = |output: &RelPath| output.is_within(path) && output != path;
    let parts: Vec<Part> = named
        .clone()
        .filter(|(.., output)| inside(output))
        .map(|(name, at, output)| (name.clone(), at.clone(), output.clone()))
        .collect();
    let usual = outputs.build.as_ref().map(|(name, _)| name);
    let own = outputs.build.as_ref().map(|(build, at)| (build, at, &outputs.tool));
    let tool = own.and_then(|(build, at, tool)| match tool {
        Tool::Site(Some(output), evidence) if meets(output) => {
            Some((build, output, [vec![writes(at, output)], evidence.clone()].concat()))
        }
        Tool::Bundler(output, evidence) if meets(output) => {
            Some((build, output, vec![writes(at, output), evidence.clone()]))
        }
        _ => None,
    });
    let stated = named.clone().find(|(name, ..)| Some(*name) == usual);
    // What the usual script makes comes before what another one does with it.
    if let Some((build, output, evidence)) = tool.filter(|_| stated.is_none()) {
        return found(build, output, evidence);
    }
    if let Some((name, at, output)) = stated.or_else(|| named.next()) {
        let whole = outputs.merged(&parts, dir).into_iter();
        let held = inside(output).then_some(output);
        let whole = whole.clone().find(|(.., all)| held.is_some_and(|own| own.is_within(all)));
        let (name, at, output) =
            whole.as_ref().map_or((name, at, output), |(name, at, output)| (name, at, output));
        return found(name, output, vec![writes(at, output)]);
    }
    if let Some((name, at, output)) = outputs.other(&meets) {
        return found(name, output, vec![writes(at, output)]);
    }
    let Some((build, at, tool)) = own else { return Ok(None) };
    match tool {
        Tool::Site(..) => Ok(None),
        // The script does not say where it writes. A path that is missing inside the package can
        // come from nothing else.
        _ if !dir.path.is_root()
            && *path != dir.path
            && path.is_within(&dir.path)
            && dir.repo.entry(path).is_none() =>
        {
            let note = format!("nothing else could make {path}");
            found(build, path, vec![Evidence { note, ..at.clone() }])
        }
        _ => Ok(None),
    }
}

/// Output that scripts of the package write into `folder`, such as a style sheet or a bundle. The
/// repository has the folder but not the output, because a .gitignore names it.
pub(super) fn made_inside(dir: &Dir, folder: &RelPath) -> Result<Vec<Sourced<FrontEnd>>> {
    let outputs = dir.repo.once(&dir.path, || Outputs::read(dir))?;
    let ignored = dir.repo.once(&dir.path, || Ok(Ignored::read(dir)))?;
    let named = outputs.named.iter().filter_map(|(name, at, paths)| {
        let inside = |path: &&RelPath| path.is_within(folder) && *path != folder;
        Some((name, at, paths.iter().rfind(inside)?))
    });
    let mut found: Vec<Sourced<FrontEnd>> = Vec::new();
    let named = named.filter(|(.., output)| ignored.names(output));
    let parts = named.map(|(name, at, output)| (name.clone(), at.clone(), output.clone()));
    for (script, at, output) in outputs.merged(&parts.collect::<Vec<_>>(), dir) {
        if found.iter().any(|held| held.value.output == output) {
            continue;
        }
        let note = format!("it writes {output}, which a .gitignore names");
        let value = FrontEnd {
            language: super::LANGUAGE.id.to_owned(),
            dir: dir.path.clone(),
            script,
            output,
            moved_from: None,
            opened: None,
        };
        found.push(Sourced::new(value, Evidence { note, ..at }));
    }
    Ok(found)
}

/// Paths that the .gitignore files of a package and of the repository's root name in full.
struct Ignored(BTreeSet<RelPath>);

impl Ignored {
    fn read(dir: &Dir) -> Self {
        let mut paths = BTreeSet::new();
        for home in [&dir.path, &RelPath::root()] {
            let file = home.join(".gitignore");
            let text = file.and_then(|file| dir.repo.source_text(&file).ok().flatten());
            for line in text.iter().flat_map(|text| text.lines()).map(str::trim) {
                let plain = !line.is_empty() && !line.starts_with(['#', '!']);
                let path = line.trim_matches('/');
                paths.extend(home.join(path).filter(|_| plain && !path.contains('*')));
            }
        }
        Self(paths)
    }

    fn names(&self, path: &RelPath) -> bool {
        path.ancestors().chain([path.clone()]).any(|path| self.0.contains(&path))
    }
}

impl Outputs {
    fn read(dir: &Dir) -> Result<Self> {
        let none = Self {
            named: Vec::new(),
            build: None,
            runs: BTreeSet::new(),
            tool: Tool::Unknown,
            others: Vec::new(),
        };
        let Some(app) = App::read(dir)? else { return Ok(none) };
        let at = |name: &str| app.package.at(&["scripts", name], "a script");
        let build = app.build_script();
        let own = |folder: &str| dir.path.join(folder).filter(|output| *output != dir.path);
        let tool = if build.is_none() {
            Tool::Unknown
        } else if let Some(site) = framework::site(&app)? {
            Tool::Site(site.launch.site.as_deref().and_then(own), site.evidence)
        } else if let Some(site) = site::pages(&app)? {
            Tool::Site(site.launch.site.as_deref().and_then(own), site.evidence)
        } else if let Some((folder, evidence)) = site::bundled(&app)? {
            own(&folder).map_or(Tool::Unknown, |output| Tool::Bundler(output, evidence))
        } else {
            Tool::Unknown
        };
        let named = named(&app)
            .into_iter()
            .map(|(name, paths)| (name.to_owned(), at(name), paths))
            .collect();
        let mut others = Vec::new();
        let scripts = app.package.scripts().into_iter().filter(|(name, _)| builds(name));
        for (name, _) in scripts.take(MAX_SCRIPTS) {
            if build.as_deref() != Some(name) {
                let folders = site::made_by(&app, name)?.into_iter().filter_map(|way| own(&way));
                others.extend(folders.map(|folder| (name.to_owned(), at(name), folder)));
            }
        }
        let runs = build.as_deref().map(|build| run_by(&app, build)).unwrap_or_default();
        let build = build.map(|name| (name.clone(), at(&name)));
        Ok(Self { named, build, runs, tool, others })
    }

    /// One part for all outputs of a script, and one for all scripts that the usual one runs: a
    /// stage of the image runs one script, and one folder is copied from it. The package's own folder
    /// also holds its dependencies and is never copied, nor is a folder of the repository that the
    /// stage does not hold: it may take the place of the whole folder.
    fn merged(&self, parts: &[Part], dir: &Dir) -> Vec<Part> {
        let own = &dir.path;
        let join = |all: &[Part]| {
            let mut outputs = all.iter().map(|(.., output)| output.clone());
            let first = outputs.next()?;
            let whole = outputs.try_fold(first, |held, next| {
                let mut above = [next.clone()].into_iter().chain(next.ancestors());
                above.find(|above| held.is_within(above))
            });
            let held = |whole: &RelPath| whole.is_within(own) || !dir.repo.exists(whole);
            whole.filter(|whole| !whole.is_root() && !own.is_within(whole) && held(whole))
        };
        let usual = self.build.as_ref().filter(|(build, _)| {
            parts.iter().all(|(name, ..)| name == build || self.runs.contains(name))
        });
        let several = parts.iter().any(|part| part.0 != parts[0].0);
        if let Some((name, at)) = usual.filter(|_| several)
            && let Some(whole) = join(parts)
        {
            return vec![(name.clone(), at.clone(), whole)];
        }
        let mut merged: Vec<Part> = Vec::new();
        for part in parts {
            if merged.iter().any(|held| held.0 == part.0 && part.2.is_within(&held.2)) {
                continue;
            }
            let same: Vec<Part> = parts.iter().filter(|one| one.0 == part.0).cloned().collect();
            let whole = join(&same).unwrap_or_else(|| part.2.clone());
            merged.push((part.0.clone(), part.1.clone(), whole));
        }
        merged
    }

    /// The script beside the usual one whose tool writes what `meets`, if there is only one or one
    /// for production.
    fn other(&self, meets: &dyn Fn(&RelPath) -> bool) -> Option<&(String, Evidence, RelPath)> {
        let has = |name: &str, words: &[&str]| {
            name.split([':', '-', '_']).any(|part| words.contains(&part))
        };
        let all = self
            .others
            .iter()
            .filter(|(name, _, output)| meets(output) && !has(name, &OTHER_BUILDS));
        let production = all.clone().find(|(name, ..)| has(name, &["prod", "production"]));
        production.or_else(|| all.clone().next().filter(|_| all.count() == 1))
    }
}

/// True if the name of a script allows that it builds something.
fn builds(name: &str) -> bool {
    !name.split([':', '-', '_']).any(|part| NO_BUILDS.contains(&part))
}

/// Options whose value is no path that a build writes.
const VALUES: [&str; 12] = [
    "--config",
    "--env",
    "--format",
    "--host",
    "--load-path",
    "--loader",
    "--log-level",
    "--mode",
    "--platform",
    "--port",
    "--style",
    "--target",
];

/// The paths that commands of scripts name and may write: `vite build --outDir ../server/dist`,
/// `cp -r dist ../public`.
fn named<'a>(app: &'a App) -> Vec<(&'a str, Vec<RelPath>)> {
    let mut named = Vec::new();
    for (name, text) in app.package.scripts().into_iter().filter(|(name, _)| builds(name)) {
        for command in script::parse(text).commands.into_iter().map(script::unwrap) {
            let first = command.argv.first().map(String::as_str).unwrap_or_default();
            if NO_MAKERS.contains(&first) {
                continue;
            }
            // A plain word is a path only after a flag: `build` in `vite build` is not one.
            let is_path = |words: &&[String]| {
                let flag = words[1].split('=').next().unwrap_or_default();
                if VALUES.contains(&flag) || VALUES.contains(&words[0].as_str()) {
                    return false;
                }
                COPIERS.contains(&first)
                    || words[0].starts_with('-')
                    || words[1].contains(['/', '='])
            };
            // A copy writes its last operand, and reads the others.
            let operands = command.argv.iter().rposition(|word| !word.starts_with('-'));
            let from = operands.filter(|_| COPIERS.contains(&first)).unwrap_or(1).max(1);
            let mut paths: Vec<RelPath> = command
                .argv
                .get(from - 1..)
                .unwrap_or_default()
                .windows(2)
                .filter(is_path)
                .filter_map(|words| output(app, destination(first, &words[1])))
                .collect();
            paths.extend(exported(app, &command.argv));
            if !paths.is_empty() {
                named.push((name, paths));
            }
        }
    }
    named
}

/// `sass SOURCE:DESTINATION` names both in one word.
fn destination<'w>(command: &str, word: &'w str) -> &'w str {
    let pair = word.rsplit_once(':').filter(|_| command == "sass");
    pair.map_or(word, |(_, destination)| destination)
}

/// The folder into which a framework's command writes pages beside its build: `nuxt generate` of
/// Nuxt 2, or `next export`. <https://v2.nuxt.com/docs/features/deployment-targets>
fn exported(app: &App, words: &[String]) -> Option<RelPath> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let folder = match words.as_slice() {
        ["nuxt", "generate", ..] if app.package.major("nuxt").is_some_and(|major| major < 3) => {
            "dist"
        }
        ["next", "export", ..] => "out",
        _ => return None,
    };
    output(app, &format!("./{folder}"))
}

/// True if the script copies or moves files, which needs an existing destination.
pub(super) fn copies(script: &str) -> bool {
    let mut commands = script::parse(script).commands.into_iter().map(script::unwrap);
    commands
        .any(|command| command.argv.first().is_some_and(|word| COPIERS.contains(&word.as_str())))
}

/// True if the script of `app` only runs the package manager in the folder of a front end: `cd
/// client && npm ci && npm run build` or `npm run build --prefix client`.
pub(super) fn delegates(app: &App, script: &str, dir: &RelPath) -> bool {
    const FOLDERS: [&str; 4] = ["--prefix", "--dir", "--cwd", "-C"];
    let mut here = app.dir.path.clone();
    let mut any = false;
    for command in script::parse(script).commands.into_iter().map(script::unwrap) {
        let words = &command.argv;
        let Some(first) = words.first() else { continue };
        if first == "cd" {
            let Some(folder) = words.get(1).and_then(|folder| here.join(folder)) else {
                return false;
            };
            here = folder;
            continue;
        }
        let named = words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
            Some((flag, value)) if FOLDERS.contains(&flag) => Some(value),
            _ => words.get(at + 1).filter(|_| FOLDERS.contains(&word.as_str())).map(String::as_str),
        });
        let folder = named.map_or(Some(here.clone()), |folder| here.join(folder));
        if !script::is_manager(first) || folder.as_ref() != Some(dir) {
            return false;
        }
        any = true;
    }
    any
}

/// The path that a word of a script names, if nothing in the repository exists there.
fn output(app: &App, word: &str) -> Option<RelPath> {
    let word = word.rsplit_once('=').map_or(word, |(_, value)| value);
    let path = word.trim_end_matches(['*', '/']);
    if path.len() < 2 || path.starts_with('-') || path.contains(['*', '$', '{']) {
        return None;
    }
    app.dir.join(path).filter(|path| !app.dir.path.is_within(path) && !is_there(app.dir.repo, path))
}

/// The facts of an application that need not be startable itself.
pub(super) fn facts(dir: &Dir) -> Result<Facts> {
    let app = App::read(dir)?.with_context(|| format!("{} holds no package.json", dir.path))?;
    let mut found = program::all(&app)?;
    // Findings about its start do not matter here.
    found.findings.clear();
    super::facts(&app, found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    /// The script and its output, for a package.json in `web` and further files.
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
        let vite = |scripts: &str| {
            format!(r#"{{"scripts": {{{scripts}}}, "devDependencies": {{"vite": "7"}}}}"#)
        };
        let release = vite(
            r#""build": "vite build", "release": "vite build --outDir=../server/dist --emptyOutDir""#,
        );
        assert_eq!(of(&release, &[], "server/dist"), Some(made("release", "server/dist")));
        assert_eq!(of(&release, &[], "web/dist"), Some(made("build", "web/dist")));
        let copies =
            vite(r#""build": "vite build && rm -rf ../server/dist && cp -r dist ../server/dist""#);
        assert_eq!(of(&copies, &[], "server/dist"), Some(made("build", "server/dist")));
        assert_eq!(of(&copies, &[], "server/dist/index.html"), Some(made("build", "server/dist")));
        // A script that only removes or serves the output builds nothing.
        let clean =
            vite(r#""clean": "rm -rf ../server/dist", "dev": "vite --outDir ../server/dist""#);
        assert_eq!(of(&clean, &[], "server/dist"), None);
        // A checker writes nothing, whatever its script is called.
        let checks = vite(r#""types": "svelte-check --threshold warning .""#);
        assert_eq!(of(&checks, &[], "web"), None);
        // `compressed` is a style.
        let sass = r#"{"scripts": {"build": "sass scss:. --style=compressed --no-source-map"}}"#;
        assert_eq!(of(sass, &[], "web"), None);
        // An existing file is read, not built.
        let reads = vite(r#""build": "tailwindcss -i ../static/in.css -o ../static/out.css""#);
        assert_eq!(
            of(&reads, &[("static/in.css", "")], "static"),
            Some(made("build", "static/out.css"))
        );
    }

    #[test]
    fn several_outputs_of_one_build_are_copied_together() {
        let both = r#"{"scripts": {"build": "tailwindcss -i in.css -o ../static/app.css && esbuild a.ts --outfile=../static/app.js"}}"#;
        assert_eq!(of(both, &[], "static"), Some(made("build", "static")));
        for build in ["npm run build:css && npm run build:js", "npm-run-all build:*"] {
            let apart = format!(
                r#"{{"scripts": {{"build": "{build}", "build:css": "sass a:../static/css/a.css", "build:js": "esbuild a.ts --outdir=../static/js"}}}}"#
            );
            assert_eq!(of(&apart, &[], "static"), Some(made("build", "static")), "{build}");
            // The stage does not hold the page beside them.
            let page = [("static/index.html", "")];
            assert_eq!(of(&apart, &page, "static"), Some(made("build:css", "static/css/a.css")));
            // Of one of them alone, its own script is enough.
            assert_eq!(of(&apart, &[], "static/js"), Some(made("build:js", "static/js")));
        }
    }

    #[test]
    fn the_tools_configuration_says_where_it_writes() {
        let vite = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7", "vitepress": "1"}}"#;
        let config =
            ("web/vite.config.js", "export default { build: { outDir: '../internal/ui/dist' } }");
        assert_eq!(
            of(vite, &[config], "internal/ui/dist"),
            Some(made("build", "internal/ui/dist"))
        );
        assert_eq!(of(vite, &[config], "web/dist"), None);
        let esbuild = r#"{"scripts": {"build": "node esbuild.config.mjs"}, "devDependencies": {"esbuild": "0"}}"#;
        let config = ("web/esbuild.config.mjs", "await build({ outdir: \"../static/dist/\" })");
        assert_eq!(of(esbuild, &[config], "static"), Some(made("build", "static/dist")));
        assert_eq!(of(esbuild, &[config], "statics"), None);
    }

    #[test]
    fn pages_beside_a_build_are_those_of_the_command_that_writes_them() {
        let nuxt = |major: &str| {
            format!(
                r#"{{"scripts": {{"build": "nuxt build", "generate": "nuxt generate"}}, "dependencies": {{"nuxt": "{major}"}}}}"#
            )
        };
        assert_eq!(of(&nuxt("2.18"), &[], "web/dist"), Some(made("generate", "web/dist")));
        let page = of(&nuxt("2.18"), &[], "web/dist/index.html");
        assert_eq!(page, Some(made("generate", "web/dist")));
    }

    #[test]
    fn a_script_that_packs_or_copies_the_output_does_not_make_it() {
        for (name, other) in [
            ("build.zip", "cd ./dist && zip -r pages.zip ./ ./ && cd .."),
            ("build:tar", "tar -czf pages.tgz ./dist"),
            ("build:static", "cp -r ./dist/assets ../public"),
            ("build:analyze", "vite-analyze --dir=./dist"),
        ] {
            let manifest = format!(
                r#"{{"scripts": {{"build": "tsc && vite build", "{name}": "{other}"}}, "devDependencies": {{"vite": "7"}}}}"#
            );
            let files = [("web/index.html", "<script src='/a.ts'></script>")];
            assert_eq!(
                of(&manifest, &files, "web/dist"),
                Some(made("build", "web/dist")),
                "{other}"
            );
            if name != "build:analyze" {
                let unknown =
                    manifest.replace("vite build", "refine build").replace("\"vite\"", "\"x\"");
                let found = of(&unknown, &[], "web/dist");
                assert_eq!(found, Some(made("build", "web/dist")), "{other}");
            }
        }
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
