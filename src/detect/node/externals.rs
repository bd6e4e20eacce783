//! The packages that the build does not put into its output, and that the program therefore
//! imports when it runs.

use anyhow::Result;

use super::config::{self, Config};
use super::expression::Names;
use super::launch::{Launch, Layout};
use super::token::{Kind, Token};
use super::{App, entry};
use crate::shell::Command;

/// What stays an import in the output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// Every package.
    All,
    /// These packages.
    Named(Vec<String>),
}

impl Outside {
    /// True if the program imports the package when it runs.
    pub(super) fn holds(&self, package: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|name| {
                name == package || name.strip_prefix(package).is_some_and(|r| r.starts_with('/'))
            }),
        }
    }

    fn nothing() -> Self {
        Self::Named(Vec::new())
    }
}

/// The packages outside the files from which a program is started.
pub(super) fn of(app: &App, launch: &Launch) -> Result<Outside> {
    match launch.layout {
        Layout::Source | Layout::Tree => return Ok(Outside::All),
        Layout::Output if !launch.bundled => {}
        _ => return Ok(Outside::nothing()),
    }
    let Some(script) = launch.script.clone().or_else(|| app.build_script()) else {
        return Ok(if app.compiles() { Outside::All } else { Outside::nothing() });
    };
    let commands = entry::commands(app, &script);
    if commands.iter().any(|command| compiles(app, launch, command)) {
        return Ok(Outside::All);
    }
    for command in &commands {
        if let Some(outside) = bundler(app, command)? {
            return Ok(outside);
        }
    }
    // A program of the repository may call a bundler.
    for stem in ["esbuild.config", "esbuild", "build", "scripts/build", "script/build"] {
        if let Some(config) = config::read(&app.dir, stem)? {
            return Ok(esbuild(&config));
        }
    }
    Ok(Outside::nothing())
}

/// Output for servers that a build writes from a source, beside what it starts.
pub(super) struct Rendered {
    pub(super) source: String,
    /// The ends of the paths by which a server loads it: `server/entry-server.js`.
    pub(super) files: Vec<String>,
}

/// What `vite build --ssr src/entry-server.js` writes in the build: every package stays an import
/// there. <https://vite.dev/guide/ssr#ssr-externals>
pub(super) fn rendered(app: &App, launch: &Launch) -> Result<Vec<Rendered>> {
    let Some(script) = launch.script.clone().or_else(|| app.build_script()) else {
        return Ok(Vec::new());
    };
    let config = config::read(&app.dir, "vite.config")?;
    if config.as_ref().is_some_and(|config| names(config, "noExternal")) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for command in entry::commands(app, &script) {
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        if !matches!(words.as_slice(), ["vite", "build", ..]) {
            continue;
        }
        let Some(source) = option(&words, &["--ssr"]).first().copied() else { continue };
        let stated = option(&words, &["--outDir"]).first().map(|text| (*text).to_owned());
        let stated =
            stated.or_else(|| config.as_ref()?.literal("outDir").map(|(folder, _)| folder));
        let folder = stated.unwrap_or_else(|| "dist".to_owned());
        let folder = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        let name = source.rsplit('/').next().unwrap_or(source);
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let files = ["js", "mjs", "cjs"].map(|extension| format!("{folder}/{stem}.{extension}"));
        let source = source.trim_start_matches("./").to_owned();
        found.push(Rendered { source, files: files.into() });
    }
    Ok(found)
}

/// True for a compiler that writes one file for each source, so that every import stays.
fn compiles(app: &App, launch: &Launch, command: &Command) -> bool {
    let says = |word: &str| command.argv.iter().any(|held| held == word);
    match command.argv.first().map(String::as_str) {
        Some("tsc" | "vue-tsc" | "tsgo") => {
            let folder = app.tsconfig.as_ref().and_then(|output| output.out_dir.as_ref());
            let writes = folder.is_some_and(|folder| {
                launch.file.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
            });
            let stated = says("--outDir") || says("--outdir");
            (writes || stated) && !says("--noEmit") && !says("--emitDeclarationOnly")
        }
        // Nest's own webpack configuration leaves every package outside.
        Some("babel" | "swc" | "nest") => true,
        _ => false,
    }
}

/// The packages that a bundler leaves outside; `None` for any other command.
fn bundler(app: &App, command: &Command) -> Result<Option<Outside>> {
    let words: Vec<&str> = command.argv.iter().skip(1).map(String::as_str).collect();
    let Some(tool) = command.argv.first() else { return Ok(None) };
    let config = |stem: &str| -> Result<Option<Config>> {
        match option(&words, &["--config", "-c"]).first() {
            Some(file) => config::read_file(&app.dir, file.trim_start_matches("./")),
            None => config::read(&app.dir, stem),
        }
    };
    let outside = match tool.as_str() {
        "esbuild" => {
            if !words.contains(&"--bundle") || option(&words, &["--packages"]) == ["external"] {
                Outside::All
            } else {
                let prefix = words.iter().filter_map(|word| word.strip_prefix("--external:"));
                patterns(prefix.map(str::to_owned).collect())
            }
        }
        "bun" if words.first() == Some(&"build") => {
            if option(&words, &["--packages"]) == ["external"] {
                Outside::All
            } else {
                patterns(
                    option(&words, &["--external", "-e"]).iter().map(ToString::to_string).collect(),
                )
            }
        }
        // By default both put devDependencies into their output.
        "tsup" | "tsdown" => {
            let stated = option(&words, &["--external"]);
            let mut names: Vec<String> = stated.iter().map(ToString::to_string).collect();
            let config = config(&format!("{tool}.config"))?;
            if let Some(config) = &config {
                if says(config, "skipNodeModulesBundle", "true") || says(config, "bundle", "false")
                {
                    return Ok(Some(Outside::All));
                }
                names.extend(strings(config, "external"));
            }
            patterns(names)
        }
        // Without a plugin that resolves packages, each package stays an import.
        "rollup" | "rolldown" => match config(&format!("{tool}.config"))? {
            Some(config) if tool == "rollup" && !finds_packages(&config) => Outside::All,
            Some(config) => patterns(strings(&config, "external")),
            None => Outside::nothing(),
        },
        "webpack" | "rspack" => match config(&format!("{tool}.config"))? {
            Some(config) if config.says("webpack-node-externals") => Outside::All,
            Some(config) => patterns(strings(&config, "externals")),
            None => Outside::nothing(),
        },
        "vite" => {
            let config = config("vite.config")?;
            let server = words.iter().any(|word| word.starts_with("--ssr"))
                || config.as_ref().is_some_and(|config| names(config, "ssr"));
            let whole = config.as_ref().is_some_and(|config| names(config, "noExternal"));
            if server && !whole { Outside::All } else { return Ok(None) }
        }
        "ncc" | "unbuild" | "pkgroll" | "microbundle" => Outside::nothing(),
        _ => return Ok(None),
    };
    Ok(Some(outside))
}

fn esbuild(config: &Config) -> Outside {
    if config.literal("packages").is_some_and(|(text, _)| text == "external") {
        return Outside::All;
    }
    patterns(strings(config, "external"))
}

/// Names of packages. `*`, and any pattern with `node_modules`, stands for all of them.
fn patterns(names: Vec<String>) -> Outside {
    let all = |name: &String| name == "*" || name.contains("node_modules");
    if names.iter().any(all) { Outside::All } else { Outside::Named(names) }
}

/// The values of an option that may occur more than once: `--external x` or `--external=x`.
fn option<'w>(words: &[&'w str], names: &[&str]) -> Vec<&'w str> {
    let spaced = words.windows(2).filter(|pair| names.contains(&pair[0])).map(|pair| pair[1]);
    let joined = words.iter().filter_map(|word| {
        let (name, value) = word.split_once('=')?;
        names.contains(&name).then_some(value)
    });
    spaced.chain(joined).collect()
}

fn names(config: &Config, property: &str) -> bool {
    Names::of(&config.tokens).properties(property).next().is_some()
}

fn says(config: &Config, property: &str, word: &str) -> bool {
    let names = Names::of(&config.tokens);
    names.properties(property).any(|value| value.first().is_some_and(|t| t.is_word(word)))
}

/// The strings and keys in the values of a property.
fn strings(config: &Config, property: &str) -> Vec<String> {
    let names = Names::of(&config.tokens);
    let mut found = Vec::new();
    for value in names.properties(property) {
        let keys = value.windows(2).filter(|pair| pair[1].is(':')).filter_map(|w| w[0].word());
        found.extend(keys.map(str::to_owned));
        found.extend(value.iter().filter_map(Token::text).map(str::to_owned));
        let pattern = value.iter().any(|token| token.kind == Kind::Pattern);
        if pattern && value.len() == 1 {
            found.push("node_modules".to_owned());
        }
    }
    found
}

fn finds_packages(config: &Config) -> bool {
    ["@rollup/plugin-node-resolve", "rollup-plugin-node-resolve"]
        .iter()
        .any(|plugin| config.says(plugin))
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    /// The packages that are kept and reported, for a server that imports koa and typed, both
    /// listed for development.
    fn kept(build: &str, files: &[(&str, &str)]) -> Option<String> {
        let manifest = format!(
            r#"{{"scripts": {{"build": "{build}", "start": "node dist/main.js"}}, "dependencies": {{"a": "1"}},
            "devDependencies": {{"typescript": "5", "koa": "2", "typed": "1", "vite": "6"}}}}"#
        );
        let source = "import Koa from 'koa';\nimport { Shape } from 'typed';\nimport { pages } from './pages.js';\n\
            const shape: Shape = { a: 1 } as Shape;\nif (shape) { require('vite'); }\nnew Koa().listen(3000);";
        let mut all = vec![
            ("package.json", manifest.as_str()),
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
            ("src/main.ts", source),
            ("src/pages.ts", "export const pages = async () => import('vite');"),
        ];
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (program, launch) = program::all(&app).unwrap().programs.remove(0);
        let said =
            program.findings.iter().find(|f| f.code.as_str() == "dev-dependency-at-run-time");
        assert_eq!(said.is_some(), launch.keep_development, "{build}");
        said.map(|finding| finding.what.clone())
    }

    #[test]
    fn what_vite_renders_for_a_server_imports_its_packages() {
        let kept = |build: &str, opens: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"build": "{build}", "start": "node server.js"}},
                "dependencies": {{"express": "4"}}, "devDependencies": {{"vite": "6", "vue": "3"}}}}"#
            );
            let server = format!("app.get('*', async () => (await import('{opens}')).render())");
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                ("server.js", server.as_str()),
                ("src/entry-server.ts", "import { make } from './make'; make()"),
                ("src/make.ts", "import { createSSRApp } from 'vue'; createSSRApp({})"),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let launch = program::all(&app).unwrap().programs.remove(0).1;
            launch.keep_development
        };
        let build = "vite build && vite build --ssr src/entry-server.ts --outDir dist/server";
        assert!(kept(build, "./dist/server/entry-server.js"));
        assert!(kept("vite build --ssr=./src/entry-server.ts", "./dist/entry-server.mjs"));
        assert!(!kept(build, "/src/entry-server.js"));
        assert!(!kept("vite build", "./dist/server/entry-server.js"));
    }

    #[test]
    fn what_a_build_leaves_outside_and_production_drops_stays() {
        let rollup =
            "export default { input: 'src/main.ts', external: ['koa'], plugins: [resolve()] }";
        let resolve = format!("import resolve from '@rollup/plugin-node-resolve';\n{rollup}");
        let nodes =
            "const x = require('webpack-node-externals'); module.exports = { externals: [x()] }";
        for (build, file) in [
            ("tsc", ("x", "")),
            ("esbuild src/main.ts --bundle --packages=external --outdir=dist", ("x", "")),
            ("esbuild src/main.ts --bundle --external:koa --outdir=dist", ("x", "")),
            ("tsup", ("tsup.config.ts", "export default { external: ['koa'] }")),
            ("rollup -c", ("rollup.config.mjs", &*resolve)),
            ("rollup -c", ("rollup.config.mjs", rollup)),
            ("webpack", ("webpack.config.js", nodes)),
            ("node build.mjs", ("build.mjs", "await build({ packages: 'external' })")),
        ] {
            let said = kept(build, &[file]).unwrap_or_default();
            assert!(said.starts_with("koa is a development dependency"), "{build}: {said}");
        }
        for (build, file) in [
            ("esbuild src/main.ts --bundle --outdir=dist", ("x", "")),
            ("tsup", ("tsup.config.ts", "export default { external: ['pg'] }")),
            ("webpack", ("webpack.config.js", "module.exports = { externals: { pg: 'pg' } }")),
            ("tsc --noEmit && ncc build src/main.ts", ("x", "")),
            ("tsc", ("package-lock.json", r#"{"packages": {"node_modules/koa": {}}}"#)),
        ] {
            assert_eq!(kept(build, &[file]), None, "{build}");
        }
    }
}
