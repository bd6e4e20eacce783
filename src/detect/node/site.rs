//! Sites: single-page applications and static pages. The folder that their build writes is read
//! from the configuration.

mod bundle;
mod folder;
pub(super) mod proxied;

use anyhow::Result;

pub(super) use self::bundle::page_of;

use super::App;
use super::angular;
use super::config;
use super::entry;
use super::expression::{Names, path};
use super::manifest::Package;
use super::script;
use super::static_site::{Site, base_flag, below, clean, flag, site};
use crate::facts::Evidence;

/// A tool with a fixed default folder and a configuration that may name another.
struct Tool {
    /// The dependency.
    package: &'static str,
    /// The command of the tool.
    command: &'static str,
    /// Stems of its configuration file, likeliest first.
    config: &'static [&'static str],
    /// The property with the folder.
    property: &'static str,
    /// The default folder.
    default: &'static str,
    /// True for a single-page application, where unknown paths lead to index.html.
    fallback: bool,
    /// The flag of its command that sets the folder.
    flag: &'static str,
    /// The property with the path below which the site is served.
    base: &'static str,
}

/// Output folders according to the documentation of each tool's configuration.
const TOOLS: [Tool; 9] = [
    Tool {
        package: "vitepress",
        command: "vitepress",
        config: &[],
        property: "outDir",
        default: ".vitepress/dist",
        fallback: false,
        flag: "--outDir",
        base: "base",
    },
    Tool {
        package: "@docusaurus/core",
        command: "docusaurus",
        config: &[],
        property: "",
        default: "build",
        fallback: false,
        flag: "--out-dir",
        base: "baseUrl",
    },
    Tool {
        package: "gatsby",
        command: "gatsby",
        config: &[],
        property: "",
        default: "public",
        fallback: false,
        flag: "",
        base: "",
    },
    Tool {
        package: "@11ty/eleventy",
        command: "eleventy",
        config: &[".eleventy", "eleventy.config"],
        property: "output",
        default: "_site",
        fallback: false,
        flag: "--output",
        base: "pathPrefix",
    },
    Tool {
        package: "@vue/cli-service",
        command: "vue-cli-service",
        config: &["vue.config"],
        property: "outputDir",
        default: "dist",
        fallback: true,
        flag: "--dest",
        base: "publicPath",
    },
    Tool {
        package: "@rsbuild/core",
        command: "rsbuild",
        config: &["rsbuild.config"],
        property: "distPath",
        default: "dist",
        fallback: true,
        flag: "",
        base: "assetPrefix",
    },
    Tool {
        package: "vite",
        command: "vite",
        config: &["vite.config"],
        property: "outDir",
        default: "dist",
        fallback: true,
        flag: "--outDir",
        base: "base",
    },
    Tool {
        package: "parcel",
        command: "parcel",
        config: &[],
        property: "",
        default: "dist",
        fallback: true,
        flag: "--dist-dir",
        base: "",
    },
    Tool {
        package: "webpack-cli",
        command: "webpack",
        config: &[
            "webpack.config",
            "webpack.prod",
            "webpack.common",
            "config/webpack.prod",
            "config/webpack.config",
        ],
        property: "path",
        default: "dist",
        fallback: true,
        flag: "--output-path",
        base: "",
    },
];

/// The site that the build script makes; `None` if no tool for sites is known.
pub(crate) fn detect(app: &App) -> Result<Option<Site>> {
    // A bundler may also build a server or a library; only a page makes it a site.
    known(app, &|build| {
        let tool = build.tool.package;
        !matches!(tool, "vite" | "webpack-cli" | "parcel") || has_page(build)
    })
}

/// The same for pages that a program in another language serves. That program may have the page
/// that leads to them, so none is required here.
pub(super) fn pages(app: &App) -> Result<Option<Site>> {
    known(app, &|_| true)
}

/// The folders of pages that the build of a server writes beside it: `tsc && vite build`.
pub(super) fn beside(app: &App) -> Result<Vec<String>> {
    let Some(name) = app.build_script() else { return Ok(Vec::new()) };
    written(app, &name, entry::commands(app, &name), &|build| has_page(build))
}

/// The folders to which the commands of one script write pages.
pub(super) fn made_by(app: &App, name: &str) -> Result<Vec<String>> {
    let chain = script::parse(app.package.script(name).unwrap_or_default());
    let commands: Vec<_> = chain.commands.into_iter().map(script::unwrap).collect();
    let react = |command: &script::Command| {
        command.argv.iter().map(String::as_str).take(2).eq(["react-scripts", "build"])
    };
    if commands.iter().any(react) {
        let site = create_react_app(app, app.package.script(name).unwrap_or_default())?;
        return Ok(site.launch.site.into_iter().collect());
    }
    written(app, name, commands, &|_| true)
}

fn written(
    app: &App,
    name: &str,
    commands: Vec<script::Command>,
    fits: &dyn Fn(&Build) -> bool,
) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for command in commands {
        let words = &command.argv;
        let is = |tool: &&Tool| words.first().is_some_and(|word| word == tool.command);
        let Some(tool) = TOOLS.iter().find(is) else { continue };
        let bundler = matches!(tool.package, "webpack-cli" | "parcel");
        let builds = bundler || words.get(1).is_some_and(|word| word == "build");
        if !builds || !command.dir.is_empty() || words.iter().any(|word| word == "--ssr") {
            continue;
        }
        let text = words.join(" ");
        let build = Build { app, tool, name, text: &text };
        if !fits(&build) {
            continue;
        }
        let folder = match folder::stated(&build)? {
            Some((folder, _)) => Some(folder),
            None if bundler => None,
            None => Some(folder::default(&build, &mut Vec::new())?),
        };
        found.extend(folder.filter(|folder| !folder.starts_with("..")));
    }
    Ok(found)
}

fn known(app: &App, fits: &dyn Fn(&Build) -> bool) -> Result<Option<Site>> {
    let package = &app.package;
    let usual = app.build_script();
    let Some(name) = usual.clone().or_else(|| documents(app)) else { return Ok(None) };
    let text = package.script(&name).unwrap_or_default();
    if package.has("react-scripts") {
        return Ok(Some(create_react_app(app, text)?));
    }
    if package.has("@angular/core") && app.dir.has("angular.json") {
        return angular::site(app);
    }
    // Tools that the script runs come before those that are there for documents or tests.
    let (run, held): (Vec<&Tool>, Vec<&Tool>) =
        TOOLS.iter().partition(|tool| calls(text, tool.command));
    for tool in run.into_iter().chain(held) {
        // A workspace member may use a tool of the root.
        let shared = app
            .root_package
            .as_ref()
            .filter(|root| root.has(tool.package) && runs(package, tool.command));
        let Some(owner) = Some(package).filter(|package| package.has(tool.package)).or(shared)
        else {
            continue;
        };
        let build = Build { app, tool, name: &name, text };
        if !fits(&build) {
            continue;
        }
        let mut evidence =
            vec![owner.at_dependency(tool.package, format!("{} builds a site", tool.package))];
        let stated = folder::stated(&build)?;
        let assumed = stated.is_none();
        let folder = match stated {
            Some((folder, found)) => {
                evidence.extend(found);
                folder
            }
            None => folder::default(&build, &mut evidence)?,
        };
        let prefix = prefix(&build)?;
        let mut site = site(tool.package, &folder, tool.fallback, evidence);
        site.assumed = assumed;
        site.launch.script = Some(name.clone()).filter(|_| usual.is_none());
        if let Some((prefix, found)) = prefix {
            site.evidence.push(found);
            site.launch.prefix = Some(prefix);
        }
        return Ok(Some(site));
    }
    Ok(None)
}

/// The script that builds a site of documents, such as `docs:build`, if no script with a usual
/// name builds.
fn documents(app: &App) -> Option<String> {
    const TOOLS: [&str; 4] = ["vitepress", "docusaurus", "eleventy", "@11ty/eleventy"];
    // Such a command goes on until somebody stops it.
    const SERVES: [&str; 7] = ["dev", "serve", "--serve", "preview", "start", "--watch", "watch"];
    let builds = |text: &str| {
        TOOLS.iter().any(|tool| calls(text, tool))
            && !text.split_whitespace().any(|word| SERVES.contains(&word))
    };
    let scripts = app.package.scripts().into_iter();
    let mut named = scripts.filter(|(name, text)| name.contains("build") && builds(text));
    named.next().map(|(name, _)| name.to_owned())
}

/// The folder that a bundler's own program writes, which is not a site: the `outdir` of
/// `esbuild.config.mjs`.
pub(super) fn bundled(app: &App) -> Result<Option<(String, Evidence)>> {
    if !app.package.has("esbuild") {
        return Ok(None);
    }
    for stem in ["esbuild.config", "esbuild", "build", "scripts/build"] {
        if let Some(config) = config::read(&app.dir, stem)?
            && let Some((folder, evidence)) = config.literal("outdir")
        {
            return Ok(Some((folder, evidence)));
        }
    }
    Ok(None)
}

/// True if a script that builds runs the command.
fn runs(package: &Package, command: &str) -> bool {
    package
        .scripts()
        .into_iter()
        .any(|(name, text)| name.starts_with("build") && calls(text, command))
}

fn calls(script: &str, command: &str) -> bool {
    let mut commands = script::parse(script).commands.into_iter().map(script::unwrap);
    // The command may have a path: `npx @11ty/eleventy`.
    let is = |word: &str| word.rsplit('/').next() == Some(command);
    commands.any(|call| call.argv.first().is_some_and(|word| is(word)))
}

fn has_page(build: &Build) -> bool {
    let app = build.app;
    let root = folder::of_pages(build).ok().flatten();
    let own = root.and_then(|root| app.dir.join(&format!("{root}/index.html")));
    ["index.html", "src/index.html", "public/index.html"].iter().any(|page| app.dir.has(page))
        || own.is_some_and(|page| app.dir.repo.is_file(&page))
        || build.tool.package == "webpack-cli" && makes_page(build)
        || config::read(&app.dir, "vite.config")
            .ok()
            .flatten()
            .is_some_and(|c| c.property("root").is_some())
}

/// True if a plugin of webpack makes the page.
fn makes_page(build: &Build) -> bool {
    let read = |stem: &&str| config::read(&build.app.dir, stem).ok().flatten();
    build.tool.config.iter().filter_map(read).any(|config| config.says("html-webpack-plugin"))
}

/// A build: the tool, the script that runs it, and the text of the script.
struct Build<'b, 'r> {
    app: &'b App<'r>,
    tool: &'b Tool,
    name: &'b str,
    text: &'b str,
}

impl Build<'_, '_> {
    /// The words of the tool's own command.
    fn words(&self) -> Vec<String> {
        let commands = script::parse(self.text).commands.into_iter().map(script::unwrap);
        let mut own = commands.filter(|c| {
            let first = c.argv.first().map_or("", String::as_str);
            first == self.tool.command || first == self.tool.package
        });
        own.next().map(|command| command.argv).unwrap_or_default()
    }

    /// The folder in `vitepress build docs` or `vite build web`.
    fn operand(&self) -> Option<String> {
        let words = self.words();
        let at = words.iter().position(|word| word == "build")?;
        let next = words.get(at + 1).filter(|word| !word.starts_with('-'))?;
        Some(clean(next)).filter(|folder| !folder.is_empty())
    }
}

/// The path below which the pages expect their files, unless it is the root.
fn prefix(build: &Build) -> Result<Option<(String, Evidence)>> {
    let (app, tool) = (build.app, build.tool);
    if let Some((text, at)) = base_flag(app, build.name, build.text) {
        return Ok(below(&text).map(|prefix| (prefix, at)));
    }
    let stems = match tool.package {
        // `vitepress build pages` reads its configuration there.
        "vitepress" => vec![folder::of_vitepress(build)],
        "@docusaurus/core" => vec!["docusaurus.config".to_owned()],
        _ => tool.config.iter().map(|stem| (*stem).to_owned()).collect(),
    };
    for stem in stems.iter().filter(|_| !tool.base.is_empty()) {
        if let Some(config) = config::read(&app.dir, stem.trim_start_matches("./"))?
            && let Some((text, found)) = config.stated(tool.base)
        {
            return Ok(below(&text).map(|prefix| (prefix, found)));
        }
    }
    Ok(None)
}

/// Create React App. `BUILD_PATH` in the script or in .env sets the folder:
/// <https://create-react-app.dev/docs/advanced-configuration>.
fn create_react_app(app: &App, script: &str) -> Result<Site> {
    let name = app.build_script().unwrap_or_default();
    let mut evidence = vec![
        app.package
            .at_dependency("react-scripts", "Create React App builds a single-page application"),
    ];
    let chain = super::script::parse(script);
    let env: Vec<(String, String)> =
        chain.commands.into_iter().map(super::script::unwrap).flat_map(|c| c.env).collect();
    let setting = |wanted: &str| -> Result<Option<(String, Evidence)>> {
        if let Some((_, value)) = env.iter().find(|(key, _)| key == wanted) {
            let at = app.package.at(&["scripts", &name], format!("{wanted} is {value}"));
            return Ok(Some((value.clone(), at)));
        }
        for file in [".env.production", ".env"] {
            let Some((path, text)) = app.dir.text(file)? else { continue };
            for (number, line) in (1..).zip(text.lines()) {
                let Some((key, value)) = line.trim().split_once('=') else { continue };
                if key.trim() == wanted {
                    let value = value.trim().trim_matches(['"', '\'']).to_owned();
                    let at = Evidence::at(&path, number, format!("{wanted} is {value}"));
                    return Ok(Some((value, at)));
                }
            }
        }
        Ok(None)
    };
    let folder = match setting("BUILD_PATH")? {
        Some(stated) => Some(stated),
        None => overridden(app)?,
    };
    let mut site = match folder {
        Some((folder, at)) => {
            evidence.push(at);
            site("react-scripts", &folder, true, evidence)
        }
        None => site("react-scripts", "build", true, evidence),
    };
    // <https://create-react-app.dev/docs/deployment/#building-for-relative-paths>
    if let Some((address, at)) = setting("PUBLIC_URL")? {
        site.launch.prefix = below(&address);
        site.evidence.push(at);
    } else if let Some(prefix) = app.package.str(&["homepage"]).and_then(below) {
        site.evidence.push(app.package.at(&["homepage"], format!("served below /{prefix}")));
        site.launch.prefix = Some(prefix);
    }
    Ok(site)
}

/// The folder to which a configuration of craco or react-app-rewired moves the output:
/// `paths.appBuild = path.resolve("dist")`.
fn overridden(app: &App) -> Result<Option<(String, Evidence)>> {
    for (package, stem) in
        [("@craco/craco", "craco.config"), ("react-app-rewired", "config-overrides")]
    {
        if !app.package.has(package) {
            continue;
        }
        let Some(config) = config::read(&app.dir, stem)? else { continue };
        let names = Names::of(&config.tokens);
        let Some(value) = names.value_of("appBuild") else { continue };
        // `paths.appBuild = config.output.path = path.resolve("dist")`
        let last = value.rsplit(|token| token.is('=')).next().unwrap_or(value);
        let Some(found) = path(last, &names) else { continue };
        let note = format!("{package} moves the output to {}", found.path);
        return Ok(Some((found.path, config.at(last[0].at, note))));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn create_react_app_is_moved_by_settings() {
        let of = |build: &str, files: &[(&str, &str)]| {
            let manifest = format!(
                r#"{{"scripts": {{"build": "{build}"}}, "dependencies": {{"react-scripts": "5", "react-app-rewired": "2", "@craco/craco": "7"}}}}"#
            );
            let repo = Repo::from_files([&[("package.json", manifest.as_str())], files].concat());
            let site = detect(&App::read(&repo.root()).unwrap().unwrap()).unwrap().unwrap();
            (site.launch.site.unwrap(), site.launch.prefix.unwrap_or_default())
        };
        let at = |folder: &str, prefix: &str| (folder.to_owned(), prefix.to_owned());
        assert_eq!(of("PUBLIC_URL=/board react-scripts build", &[]), at("build", "board"));
        assert_eq!(of("react-scripts build", &[(".env", "PUBLIC_URL=/a/b\n")]), at("build", "a/b"));
        assert_eq!(of("BUILD_PATH=out react-scripts build", &[]), at("out", ""));
        let rewired = "module.exports = { paths(p) { p.appBuild = path.resolve(__dirname, 'dist'); return p } }";
        assert_eq!(
            of("react-app-rewired build", &[("config-overrides.js", rewired)]),
            at("dist", "")
        );
        let craco = "module.exports = { webpack: { configure: (c, { paths }) => { paths.appBuild = c.output.path = path.resolve('www'); return c } } }";
        assert_eq!(of("craco build", &[("craco.config.js", craco)]), at("www", ""));
    }

    #[test]
    fn pages_that_the_build_of_a_server_makes_beside_it() {
        let of = |build: &str, config: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"build": {build:?}, "build:ui": "vite build", "build:api": "tsc"}},
                    "devDependencies": {{"vite": "7"}}}}"#
            );
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                ("index.html", ""),
                ("vite.config.ts", config),
            ]);
            beside(&App::read(&repo.root()).unwrap().unwrap()).unwrap()
        };
        let none = "export default {}";
        assert_eq!(of("tsc && vite build", none), ["dist"]);
        assert_eq!(of("npm-run-all build:*", none), ["dist"]);
        assert_eq!(of("tsc && vite build --outDir www", none), ["www"]);
        let out = "export default { build: { outDir: 'build/public' } }";
        assert_eq!(of("npm run build:api && npm run build:ui", out), ["build/public"]);
        assert!(of("tsc", none).is_empty());
        assert!(of("tsc && vite build --ssr src/server.ts", none).is_empty());
        assert!(of("tsc && cd web && vite build", none).is_empty());
    }
}
