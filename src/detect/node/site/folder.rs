//! The folder that the build of a site writes, according to a flag, the tool's configuration, or
//! the tool's default.

use anyhow::Result;

use super::{Build, clean, flag};
use crate::detect::node::config::{self, Config};
use crate::detect::node::expression::{Anchor, Names, path};
use crate::detect::node::token::{Token, arguments, property};
use crate::facts::Evidence;
use crate::path::RelPath;

/// How many files of one configuration are read.
const MAX_FILES: usize = 4;

/// How many properties of one name are followed: each may lead through the whole file.
const MAX_PROPERTIES: usize = 16;

/// A folder that a configuration names.
enum Named {
    /// Relative to the folder from which the tool counts.
    Counted(String),
    /// Relative to the repository, because the configuration builds the path from its own place.
    Fixed(String),
}

/// The folder that a flag or the configuration names, relative to the application.
pub(super) fn stated(build: &Build) -> Result<Option<(String, Vec<Evidence>)>> {
    let (app, tool) = (build.app, build.tool);
    let words = build.words().join(" ");
    let at_script = |note: String| app.package.at(&["scripts", build.name], note);
    let short = if tool.package == "webpack-cli" { "-o" } else { "" };
    if let Some(folder) = flag(&words, tool.flag).or_else(|| flag(&words, short)) {
        let note = format!("{} {folder}", tool.flag);
        let folder = match build.operand().filter(|_| tool.package == "vite") {
            Some(root) => joined(&root, &folder),
            None => clean(&folder),
        };
        return Ok(Some((folder, vec![at_script(note)])));
    }
    let mut found = Vec::new();
    for config in configs(build)? {
        let root = root(build, &config, &mut found);
        let Some((named, at)) = output(tool.package, tool.property, &config) else { continue };
        let counted = match named {
            Named::Counted(folder) => joined(&root, &folder),
            Named::Fixed(path) => {
                RelPath::new(&path).map_or(path.clone(), |path| path.relative_to(&app.dir.path))
            }
        };
        found.push(at);
        return Ok(Some((counted, found)));
    }
    Ok(None)
}

/// The default folder of the tool, below its root.
pub(super) fn default(build: &Build, evidence: &mut Vec<Evidence>) -> Result<String> {
    let folder = build.tool.default;
    let configs = configs(build)?;
    let Some(config) = configs.first() else {
        return Ok(match (build.tool.package, build.operand()) {
            ("vitepress" | "vite", Some(root)) => joined(&root, folder),
            _ => clean(folder),
        });
    };
    let root = root(build, config, evidence);
    let note = format!("names no other folder than {folder}");
    evidence.push(Evidence::file(&config.path, note));
    Ok(joined(&root, folder))
}

/// The root of Vite's pages, if the script or the configuration names one.
pub(super) fn of_pages(build: &Build) -> Result<Option<String>> {
    if build.tool.package != "vite" {
        return Ok(None);
    }
    let configs = configs(build)?;
    let root = match configs.first() {
        Some(config) => root(build, config, &mut Vec::new()),
        None => build.operand().unwrap_or_default(),
    };
    Ok(Some(root).filter(|root| !root.is_empty()))
}

/// The stem of VitePress's configuration, which is among the pages.
pub(super) fn of_vitepress(build: &Build) -> String {
    let folder = build.operand().map_or(String::new(), |folder| format!("{folder}/"));
    format!("{folder}.vitepress/config")
}

/// The configuration that the script names, or else the tool's usual one, followed by the files of
/// the repository from which it is merged.
fn configs(build: &Build) -> Result<Vec<Config>> {
    let (app, tool) = (build.app, build.tool);
    let words = build.words().join(" ");
    let named = flag(&words, "--config").or_else(|| flag(&words, "-c"));
    let operand = build.operand().filter(|_| tool.package == "vite");
    let mut all = Vec::new();
    if let Some(file) = named.filter(|file| !file.is_empty()) {
        all.extend(config::read_file(&app.dir, file.trim_start_matches("./"))?);
    } else if tool.package == "vitepress" {
        all.extend(config::read(&app.dir, &of_vitepress(build))?);
    } else {
        for stem in tool.config {
            let stem = operand.as_ref().map_or((*stem).to_owned(), |root| format!("{root}/{stem}"));
            if let Some(config) = config::read(&app.dir, &stem)? {
                all.push(config);
                break;
            }
        }
    }
    // webpack merges files: `merge(require("./webpack.common.js"), { ... })`.
    let mut next = 0;
    while tool.package == "webpack-cli" && next < all.len() && all.len() < MAX_FILES {
        let here = all[next].path.parent().unwrap_or_default();
        let texts: Vec<String> = all[next]
            .tokens
            .iter()
            .filter_map(Token::text)
            .filter(|text| text.starts_with("./webpack") || text.starts_with("../webpack"))
            .map(str::to_owned)
            .collect();
        for text in texts {
            let name = here.join(&text).map(|path| path.relative_to(&app.dir.path));
            let Some(name) = name else { continue };
            match config::read_file(&app.dir, &name)? {
                Some(config) => all.push(config),
                None => all.extend(config::read(&app.dir, name.trim_end_matches(".js"))?),
            }
        }
        next += 1;
    }
    Ok(all)
}

/// The folder from which the tool counts, relative to the application.
fn root(build: &Build, config: &Config, evidence: &mut Vec<Evidence>) -> String {
    match build.tool.package {
        "vitepress" => build.operand().unwrap_or_default(),
        // outDir is relative to Vite's root: <https://vite.dev/config/build-options#build-outdir>.
        "vite" => {
            let names = Names::of(&config.tokens);
            let stated = names.properties("root").take(MAX_PROPERTIES).find_map(|tokens| {
                let at = tokens.first()?.at;
                Some((named(config, &names, tokens)?, at))
            });
            match stated {
                Some((folder, at)) => {
                    let folder = match folder {
                        Named::Counted(folder) => clean(&folder),
                        Named::Fixed(path) => RelPath::new(&path)
                            .map_or(path, |path| path.relative_to(&build.app.dir.path)),
                    };
                    evidence.push(config.at(at, format!("root is \"{folder}\"")));
                    if folder == "." { String::new() } else { folder }
                }
                None => build.operand().unwrap_or_default(),
            }
        }
        _ => String::new(),
    }
}

/// The output folder in the configuration.
fn output(package: &str, key: &str, config: &Config) -> Option<(Named, Evidence)> {
    let names = Names::of(&config.tokens);
    let found = |tokens: &[Token]| {
        let at = tokens.first()?.at;
        let folder = named(config, &names, tokens)?;
        let (Named::Counted(text) | Named::Fixed(text)) = &folder;
        let evidence = config.at(at, format!("{key} is \"{text}\""));
        Some((folder, evidence))
    };
    match package {
        "webpack-cli" => {
            let mut objects =
                names.properties("output").take(MAX_PROPERTIES).filter(|value| is_object(value));
            objects.find_map(|object| found(property(object, key)?))
        }
        "@rsbuild/core" => {
            let values = names.properties(key).take(MAX_PROPERTIES);
            let mut roots = values.filter_map(|value| {
                if is_object(value) { property(value, "root") } else { Some(value) }
            });
            roots.find_map(found)
        }
        "@11ty/eleventy" => {
            let call = config.tokens.iter().position(|t| t.is_word("setOutputDirectory"));
            let called = call.and_then(|at| found(arguments(&config.tokens, at + 1).first()?));
            let mut dirs =
                names.properties("dir").take(MAX_PROPERTIES).filter(|value| is_object(value));
            called.or_else(|| dirs.find_map(|dir| found(property(dir, key)?)))
        }
        _ if key.is_empty() => None,
        _ => names.properties(key).take(MAX_PROPERTIES).find_map(found),
    }
}

fn is_object(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.is('{'))
}

/// The folder that an expression names.
fn named(config: &Config, names: &Names, tokens: &[Token]) -> Option<Named> {
    let taken = config.taken(tokens).unwrap_or(tokens);
    if let Some(found) = path(taken, names) {
        let here = config.path.parent().unwrap_or_default();
        let literal = taken.first().is_some_and(|token| token.text().is_some());
        return match found.from {
            Anchor::WorkingDirectory if literal => Some(Named::Counted(found.path)),
            Anchor::SourceFile => Some(Named::Fixed(here.join(&found.path)?.as_str().to_owned())),
            _ => Some(Named::Counted(found.path)).filter(|_| found.from != Anchor::Home),
        };
    }
    config.value(taken).text().map(Named::Counted)
}

fn joined(root: &str, folder: &str) -> String {
    let inside = RelPath::new(root).and_then(|root| root.join(folder));
    inside.map_or_else(|| clean(folder), |path| path.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, site};
    use crate::repo::Repo;

    /// The folder of the site that a script builds with one tool and one further file.
    fn folder(package: &str, script: &str, file: (&str, &str)) -> String {
        let (name, text) = script.split_once(": ").unwrap();
        let manifest = format!(
            r#"{{"scripts": {{"{name}": "{text}"}}, "devDependencies": {{"{package}": "1"}}}}"#
        );
        let repo = Repo::from_files([
            ("package.json", manifest.as_str()),
            ("web/index.html", ""),
            ("index.html", ""),
            file,
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let site = site::detect(&app).unwrap().unwrap();
        format!("{} {}", site.launch.site.unwrap(), site.launch.script.unwrap_or_default())
    }

    #[test]
    fn the_folder_is_that_of_the_flag_or_the_configuration() {
        let (vite, webpack) = ("vite", "webpack-cli");
        let eleventy = "export default (c) => ({ dir: { input: 'src', output: 'public' } })";
        let called = "export default (c) => { c.setOutputDirectory('www') }";
        let absolute = "export default { root: path.resolve(__dirname, 'web'), \
            build: { outDir: path.resolve(__dirname, 'dist/pages') } }";
        let output = "module.exports = { output: { path: path.join(__dirname, 'pages') } }";
        for (package, script, file, wanted) in [
            (vite, "build: vite build web", ("x", ""), "web/dist "),
            (vite, "build: vite build --config v.mjs", ("v.mjs", absolute), "dist/pages "),
            (vite, "build: vite build", ("vite.config.js", absolute), "dist/pages "),
            (webpack, "build: webpack", ("webpack.config.js", output), "pages "),
            (webpack, "build: webpack -c p.js", ("p.js", output), "pages "),
            ("@11ty/eleventy", "build: eleventy", ("eleventy.config.js", eleventy), "public "),
            ("@11ty/eleventy", "build: npx @11ty/eleventy", (".eleventy.js", called), "www "),
            (
                "@rsbuild/core",
                "build: rsbuild build",
                ("rsbuild.config.ts", "export default { output: { distPath: { root: 'www' } } }"),
                "www ",
            ),
            (
                "vitepress",
                "docs_build: vitepress build docs",
                ("x", ""),
                "docs/.vitepress/dist docs_build",
            ),
            (
                "vitepress",
                "build: vitepress build docs",
                ("docs/.vitepress/config.mts", "export default { outDir: '../public' }"),
                "public ",
            ),
        ] {
            assert_eq!(folder(package, script, file), wanted, "{script}");
        }
    }
}
