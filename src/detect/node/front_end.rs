//! Front ends of programs in other languages: which script makes what such a program embeds or
//! serves.

use anyhow::{Context, Result};

use super::{App, program, script, site};
use crate::detect::is_there;
use crate::facts::{Evidence, Facts, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// Commands that name a folder without making it.
const NO_MAKERS: [&str; 9] =
    ["rm", "rimraf", "del", "del-cli", "mkdir", "mkdirp", "ls", "echo", "test"];

/// Commands whose operands are all paths.
const COPIERS: [&str; 6] = ["cp", "mv", "rsync", "cpx", "copyfiles", "cpy"];

/// Scripts that end in nothing that an image could hold.
const NO_BUILDS: [&str; 10] =
    ["dev", "watch", "serve", "start", "preview", "test", "lint", "clean", "format", "deploy"];

/// What the scripts of a package write, whoever asks for it.
struct Outputs {
    /// Paths that the commands of a script name, each command's in order: the script, where it
    /// stands, the paths.
    named: Vec<(String, Evidence, Vec<RelPath>)>,
    /// The script that builds, and where it stands.
    build: Option<(String, Evidence)>,
    /// Where its tool writes.
    tool: Tool,
}

enum Tool {
    /// A tool for pages, and its folder where that is one of its own.
    Site(Option<RelPath>, Vec<Evidence>),
    /// A bundler's own program.
    Bundler(RelPath, Evidence),
    Unknown,
}

/// What the build of the application in `dir` makes there, where `path` is part of it or it of
/// `path`.
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
    // Where several words of a command meet it, the last: sources stand before the destination.
    let mut named = outputs.named.iter().filter_map(|(name, at, paths)| {
        let output = paths.iter().rfind(|path| meets(path))?;
        Some((name, at, output))
    });
    let usual = outputs.build.as_ref().map(|(name, _)| name);
    let first = named.clone().find(|(name, ..)| Some(*name) == usual).or_else(|| named.next());
    if let Some((name, at, output)) = first {
        return found(name, output, vec![writes(at, output)]);
    }
    let Some((build, at)) = &outputs.build else { return Ok(None) };
    match &outputs.tool {
        Tool::Site(output, evidence) => match output.as_ref().filter(|output| meets(output)) {
            Some(output) => {
                found(build, output, [vec![writes(at, output)], evidence.clone()].concat())
            }
            None => Ok(None),
        },
        Tool::Bundler(output, evidence) if meets(output) => {
            found(build, output, vec![writes(at, output), evidence.clone()])
        }
        // Nothing says where it writes: what is missing inside a package of its own can come from
        // nowhere else.
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

impl Outputs {
    fn read(dir: &Dir) -> Result<Self> {
        let none = Self { named: Vec::new(), build: None, tool: Tool::Unknown };
        let Some(app) = App::read(dir)? else { return Ok(none) };
        let at = |name: &str| app.package.at(&["scripts", name], "a script");
        let build = app.build_script();
        let own = |folder: &str| dir.path.join(folder).filter(|output| *output != dir.path);
        let tool = if build.is_none() {
            Tool::Unknown
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
        Ok(Self { named, build: build.map(|name| (name.clone(), at(&name))), tool })
    }
}

/// The paths that the commands of scripts name and could make:
/// `vite build --outDir ../server/dist`, `cp -r dist ../public`.
fn named<'a>(app: &'a App) -> Vec<(&'a str, Vec<RelPath>)> {
    let builds = |name: &str| !name.split([':', '-', '_']).any(|part| NO_BUILDS.contains(&part));
    let mut named = Vec::new();
    for (name, text) in app.package.scripts().into_iter().filter(|(name, _)| builds(name)) {
        for command in script::parse(text).commands.into_iter().map(script::unwrap) {
            let first = command.argv.first().map(String::as_str).unwrap_or_default();
            if NO_MAKERS.contains(&first) {
                continue;
            }
            // A plain word is a path after a flag alone: `build` in `vite build` is none.
            let is_path = |words: &&[String]| {
                COPIERS.contains(&first)
                    || words[0].starts_with('-')
                    || words[1].contains(['/', '='])
            };
            let mut paths: Vec<RelPath> = command
                .argv
                .windows(2)
                .filter(is_path)
                .filter_map(|words| output(app, &words[1]))
                .collect();
            paths.extend(exported(app, &command.argv));
            if !paths.is_empty() {
                named.push((name, paths));
            }
        }
    }
    named
}

/// The folder of a framework's command that writes pages beside its build: `nuxt generate` of
/// Nuxt 2, `next export`. <https://v2.nuxt.com/docs/features/deployment-targets>
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

/// The script copies or moves files: to a folder that must be there.
pub(super) fn copies(script: &str) -> bool {
    let mut commands = script::parse(script).commands.into_iter().map(script::unwrap);
    commands
        .any(|command| command.argv.first().is_some_and(|word| COPIERS.contains(&word.as_str())))
}

/// The script of `app` runs the package manager in the folder of a front end, and does nothing
/// else: `cd client && npm ci && npm run build`, `npm run build --prefix client`.
pub(super) fn delegates(app: &App, script: &str, dir: &RelPath) -> bool {
    const MANAGERS: [&str; 4] = ["npm", "pnpm", "yarn", "bun"];
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
        if !MANAGERS.contains(&first.as_str()) || folder.as_ref() != Some(dir) {
            return false;
        }
        any = true;
    }
    any
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
        // What only removes or serves it makes nothing.
        let clean =
            vite(r#""clean": "rm -rf ../server/dist", "dev": "vite --outDir ../server/dist""#);
        assert_eq!(of(&clean, &[], "server/dist"), None);
        // What is there is read, not made.
        let reads = vite(r#""build": "tailwindcss -i ../static/in.css -o ../static/out.css""#);
        assert_eq!(
            of(&reads, &[("static/in.css", "")], "static"),
            Some(made("build", "static/out.css"))
        );
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
    fn an_unknown_tool_makes_what_is_missing_in_its_own_folder() {
        let own = r#"{"scripts": {"build": "node make.js"}}"#;
        assert_eq!(of(own, &[], "web/out"), Some(made("build", "web/out")));
        assert_eq!(of(own, &[], "other/out"), None);
        assert_eq!(of(own, &[("web/out/a.js", "")], "web/out"), None);
        assert_eq!(of(r#"{"scripts": {"test": "x"}}"#, &[], "web/out"), None);
    }
}
