//! Sites: single-page applications and static pages, and the folder that their build writes, read
//! from the config.

use anyhow::Result;

use super::App;
use super::angular;
use super::config;
use super::framework;
use super::launch::{Launch, Layout};
use super::manifest::Package;
use super::script;
use crate::facts::Evidence;
use crate::path::RelPath;

/// A site that the repository builds.
pub(crate) struct Site {
    /// The tool that builds it.
    pub(crate) tool: &'static str,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
}

/// A tool with a fixed default folder and a config that may name another.
struct Tool {
    /// The dependency.
    package: &'static str,
    /// Its command.
    command: &'static str,
    /// Stem of its config file.
    config: &'static str,
    /// The property that names the folder.
    property: &'static str,
    /// The folder where nothing names it.
    default: &'static str,
    /// A single-page application: unknown paths lead to index.html.
    fallback: bool,
    /// The flag of its command that names the folder.
    flag: &'static str,
    /// The property of its config that names the path below which the site is served.
    base: &'static str,
}

/// Output folders by each tool's documentation (config reference pages).
const TOOLS: [Tool; 9] = [
    Tool {
        package: "vitepress",
        command: "vitepress",
        config: "",
        property: "outDir",
        default: ".vitepress/dist",
        fallback: false,
        flag: "--outDir",
        base: "base",
    },
    Tool {
        package: "@docusaurus/core",
        command: "docusaurus",
        config: "",
        property: "",
        default: "build",
        fallback: false,
        flag: "--out-dir",
        base: "baseUrl",
    },
    Tool {
        package: "gatsby",
        command: "gatsby",
        config: "",
        property: "",
        default: "public",
        fallback: false,
        flag: "",
        base: "",
    },
    Tool {
        package: "@11ty/eleventy",
        command: "eleventy",
        config: ".eleventy",
        property: "output",
        default: "_site",
        fallback: false,
        flag: "--output",
        base: "pathPrefix",
    },
    Tool {
        package: "@vue/cli-service",
        command: "vue-cli-service",
        config: "vue.config",
        property: "outputDir",
        default: "dist",
        fallback: true,
        flag: "--dest",
        base: "publicPath",
    },
    Tool {
        package: "@rsbuild/core",
        command: "rsbuild",
        config: "rsbuild.config",
        property: "root",
        default: "dist",
        fallback: true,
        flag: "",
        base: "assetPrefix",
    },
    Tool {
        package: "vite",
        command: "vite",
        config: "vite.config",
        property: "outDir",
        default: "dist",
        fallback: true,
        flag: "--outDir",
        base: "base",
    },
    Tool {
        package: "parcel",
        command: "parcel",
        config: "",
        property: "",
        default: "dist",
        fallback: true,
        flag: "--dist-dir",
        base: "",
    },
    Tool {
        package: "webpack-cli",
        command: "webpack",
        config: "",
        property: "",
        default: "dist",
        fallback: true,
        flag: "--output-path",
        base: "",
    },
];

/// The site that the build script makes; `None` where no tool for sites is known.
pub(crate) fn detect(app: &App) -> Result<Option<Site>> {
    // A bundler also builds servers and libraries: a page says that it is a site.
    known(app, &|tool| {
        tool == "@rsbuild/core"
            || !matches!(tool, "vite" | "webpack-cli" | "parcel")
            || has_page(app)
    })
}

/// The same for pages that a program of another language serves: that program may hold what leads
/// to them.
pub(super) fn pages(app: &App) -> Result<Option<Site>> {
    known(app, &|_| true)
}

fn known(app: &App, fits: &dyn Fn(&str) -> bool) -> Result<Option<Site>> {
    let package = &app.package;
    let Some(script) = app.build_script() else { return Ok(None) };
    let text = package.script(&script).unwrap_or_default();
    if package.has("react-scripts") {
        return Ok(Some(create_react_app(app, text)?));
    }
    if package.has("@angular/core") && app.dir.has("angular.json") {
        return angular::site(app);
    }
    // What the script runs, before what is there for documents or for tests.
    let (run, held): (Vec<&Tool>, Vec<&Tool>) =
        TOOLS.iter().partition(|tool| calls(text, tool.command));
    for tool in run.into_iter().chain(held) {
        // A member of a workspace may use a tool of the root.
        let shared = app
            .root_package
            .as_ref()
            .filter(|root| root.has(tool.package) && runs(package, tool.command));
        let Some(owner) = Some(package).filter(|package| package.has(tool.package)).or(shared)
        else {
            continue;
        };
        if !fits(tool.package) {
            continue;
        }
        let mut evidence =
            vec![owner.at_dependency(tool.package, format!("{} builds a site", tool.package))];
        let folder = folder(app, tool, text, &mut evidence)?;
        let prefix = prefix(app, tool, text)?;
        let mut site = site(tool.package, &folder, tool.fallback, evidence);
        if let Some((prefix, found)) = prefix {
            site.evidence.push(found);
            site.launch.prefix = Some(prefix);
        }
        return Ok(Some(site));
    }
    Ok(None)
}

/// The folder that a bundler's own program writes, which is no site: `esbuild.config.mjs` with an
/// `outdir`.
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

/// A script that builds calls the command.
fn runs(package: &Package, command: &str) -> bool {
    package
        .scripts()
        .into_iter()
        .any(|(name, text)| name.starts_with("build") && calls(text, command))
}

fn calls(script: &str, command: &str) -> bool {
    let mut commands = script::parse(script).commands.into_iter().map(script::unwrap);
    commands.any(|call| call.argv.first().is_some_and(|word| word == command))
}

fn has_page(app: &App) -> bool {
    ["index.html", "src/index.html", "public/index.html"].iter().any(|page| app.dir.has(page))
        || config::read(&app.dir, "vite.config")
            .ok()
            .flatten()
            .is_some_and(|c| c.property("root").is_some())
}

pub(super) fn site(
    tool: &'static str,
    folder: &str,
    fallback: bool,
    evidence: Vec<Evidence>,
) -> Site {
    let fallback = fallback.then(|| framework::INDEX.to_owned());
    let launch =
        Launch { layout: Layout::Site, site: Some(clean(folder)), fallback, ..Launch::default() };
    Site { tool, launch, evidence }
}

/// The path below which the pages ask for their files, where it is not the root.
fn prefix(app: &App, tool: &Tool, script: &str) -> Result<Option<(String, Evidence)>> {
    let name = app.build_script().unwrap_or_default();
    let stated = ["--base", "--public-url", "--base-href", "--baseUrl"]
        .into_iter()
        .find_map(|name| Some((name, flag(script, name)?)));
    if let Some((option, text)) = stated {
        let at = app.package.at(&["scripts", &name], format!("{option} {text}"));
        return Ok(below(&text).map(|prefix| (prefix, at)));
    }
    let stem = match tool.package {
        // `vitepress build pages` reads its configuration there.
        "vitepress" => {
            let mut words = script.split_whitespace().skip_while(|word| *word != "build").skip(1);
            let folder = words.next().filter(|word| !word.starts_with('-')).unwrap_or(".");
            format!("{folder}/.vitepress/config")
        }
        "@docusaurus/core" => "docusaurus.config".to_owned(),
        _ => tool.config.to_owned(),
    };
    if !stem.is_empty()
        && !tool.base.is_empty()
        && let Some(config) = config::read(&app.dir, stem.trim_start_matches("./"))?
        && let Some((text, found)) = config.literal(tool.base)
    {
        return Ok(below(&text).map(|prefix| (prefix, found)));
    }
    Ok(None)
}

/// The path of an address or a path, without slashes around it; `None` for the root and for what is
/// relative to the page.
pub(super) fn below(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => text,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let inside = path.strip_prefix('/')?.trim_matches('/');
    let fits = !inside.is_empty() && inside.chars().all(plain) && !inside.contains("..");
    (fits && !inside.contains("//")).then(|| inside.to_owned())
}

fn folder(app: &App, tool: &Tool, script: &str, evidence: &mut Vec<Evidence>) -> Result<String> {
    let name = app.build_script().unwrap_or_default();
    let vite = tool.package == "vite";
    if let Some(folder) = flag(script, tool.flag) {
        evidence.push(app.package.at(&["scripts", &name], format!("{} {folder}", tool.flag)));
        return Ok(clean(&folder));
    }
    let named = flag(script, "--config").or_else(|| flag(script, "-c"));
    let config = match (named, tool.config) {
        (Some(file), _) => config::read_file(&app.dir, file.trim_start_matches("./"))?,
        (None, "") => None,
        (None, stem) => config::read(&app.dir, stem)?,
    };
    let mut folder = tool.default.to_owned();
    if let Some(config) = config {
        let mut root = String::new();
        if vite
            && let Some((text, found)) = config.literal("root")
            && !text.starts_with('/')
        {
            evidence.push(found);
            root = clean(&text);
        }
        match config.property(tool.property) {
            Some((value, found)) if value.literal.is_some() && tool.package != "@rsbuild/core" => {
                folder = value.literal.unwrap_or_default();
                evidence.push(found);
            }
            _ => evidence
                .push(Evidence::file(&config.path, format!("names no other folder than {folder}"))),
        }
        // outDir counts from Vite's root: https://vite.dev/config/build-options#build-outdir
        if vite && !root.is_empty() {
            folder = RelPath::new(&root)
                .and_then(|r| r.join(&folder))
                .map_or(folder, |p| p.as_str().to_owned());
        }
        return Ok(clean(&folder));
    }
    if tool.package == "vitepress" {
        // `vitepress build docs`
        let docs = script
            .split_whitespace()
            .skip_while(|w| *w != "build")
            .nth(1)
            .filter(|w| !w.starts_with('-'));
        folder = docs.map_or(folder.clone(), |docs| format!("{}/{folder}", clean(docs)));
    }
    Ok(clean(&folder))
}

fn clean(folder: &str) -> String {
    // `../dist` lies beside the application.
    RelPath::new(folder)
        .map_or_else(|| folder.trim_start_matches('/').to_owned(), |p| p.as_str().to_owned())
}

/// The value of `--flag value` or `--flag=value` in a script.
fn flag(script: &str, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let mut words = script.split_whitespace();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().map(str::to_owned);
        }
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

/// `BUILD_PATH` in the script or in .env:
/// <https://create-react-app.dev/docs/advanced-configuration>.
fn create_react_app(app: &App, script: &str) -> Result<Site> {
    let name = app.build_script().unwrap_or_default();
    let mut evidence = vec![
        app.package
            .at_dependency("react-scripts", "Create React App builds a single-page application"),
    ];
    let chain = super::script::parse(script);
    let stated = chain
        .commands
        .into_iter()
        .map(super::script::unwrap)
        .flat_map(|c| c.env)
        .find(|(key, _)| key == "BUILD_PATH");
    if let Some((_, folder)) = stated {
        evidence.push(app.package.at(&["scripts", &name], format!("BUILD_PATH is {folder}")));
        return Ok(site("react-scripts", &folder, true, evidence));
    }
    for file in [".env.production", ".env"] {
        if let Some((path, text)) = app.dir.text(file)? {
            for (number, line) in (1..).zip(text.lines()) {
                if let Some(folder) = line.trim().strip_prefix("BUILD_PATH=") {
                    let folder = folder.trim().trim_matches(['"', '\'']);
                    evidence.push(Evidence::at(&path, number, format!("BUILD_PATH is {folder}")));
                    return Ok(site("react-scripts", folder, true, evidence));
                }
            }
        }
    }
    let mut site = site("react-scripts", "build", true, evidence);
    // <https://create-react-app.dev/docs/deployment/#building-for-relative-paths>
    if let Some(prefix) = app.package.str(&["homepage"]).and_then(below) {
        site.evidence.push(app.package.at(&["homepage"], format!("served below /{prefix}")));
        site.launch.prefix = Some(prefix);
    }
    Ok(site)
}
