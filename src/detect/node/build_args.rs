//! Variables that a build compiles into pages, and the env files from which it takes them. Setting
//! such a variable for a container has no effect.

mod apart;
mod env_file;
mod plugins;
mod scripted;
mod served;
mod skipped;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Deserialize;

use self::env_file::EnvFile;
pub(crate) use self::plugins::configs;
use self::uses::{Compiled, META, PROCESS, Use, uses};

use super::App;
use super::config;
use super::launch::{Launch, Layout};
use super::script;
use crate::detect::node::codes;
use crate::docker::ignore::IgnoreFile;
use crate::docker::lint::is_secret_name;
use crate::facts::{BuildArg, Evidence, Finding};
use crate::path::RelPath;
use crate::repo::{Dir, Entry};

/// How many files of one application are read.
const MAX_FILES: usize = 3_000;

/// Extensions of files that a bundler compiles.
const COMPILED: [&str; 13] =
    ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx", "vue", "svelte", "astro", "html", "mdx"];

/// Folders that no build for production compiles.
const ASIDE: [&str; 9] = [
    "node_modules",
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "e2e",
    "cypress",
    "playwright",
    ".storybook",
];

/// Members of `import.meta.env` that the tools set themselves.
const BUILT_IN: [&str; 7] = ["MODE", "PROD", "DEV", "SSR", "BASE_URL", "SITE", "ASSETS_PREFIX"];

/// A bundler or framework, by its dependency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    package: String,
    /// Prefixes of the variables that it compiles in.
    prefixes: Vec<String>,
    /// The objects whose members it replaces by values.
    objects: Vec<String>,
    /// Env files that it reads during the build, in falling precedence. `{mode}` stands for
    /// `production`, or for the value of `--mode`.
    files: Vec<String>,
    /// The documentation.
    #[allow(dead_code)]
    source: String,
}

/// The variables of a build and the env files behind them.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) args: Vec<BuildArg>,
    /// Env files without secrets that the build reads.
    pub(super) files: Vec<RelPath>,
    pub(super) findings: Vec<Finding>,
    /// Variables that keep the build from checking its environment.
    pub(super) skips: Vec<(String, String)>,
}

/// Finds the variables of the build; none if nothing is built. `launches` are the programs that the
/// image can start.
pub(super) fn read(app: &App, launches: &[&Launch]) -> Result<Found> {
    let beside = launches.iter().any(|launch| !launch.also.is_empty());
    let mut found = Found::default();
    if !app.builds() && !app.compiles() && !beside {
        return Ok(found);
    }
    let rows: Vec<Row> = app.catalog.table("compiled_in")?;
    let has = |row: &&Row| {
        app.package.has(&row.package)
            || app.root_package.as_ref().is_some_and(|root| root.has(&row.package))
    };
    let rows: Vec<&Row> = rows.iter().filter(has).collect();
    let configs = plugins::configs(app)?;
    let mut named = plugins::named(&configs);
    let site = launches.first().is_some_and(|launch| launch.layout == Layout::Site);
    named.extend(scripted::named(app, site)?);
    let skips = skipped::of(app, !rows.is_empty())?.into_iter();
    found.skips = skips.map(|name| (name, "1".to_owned())).collect();
    if rows.is_empty() && named.is_empty() {
        return Ok(found);
    }
    let stated = plugins::prefixes(&configs);
    // The `envPrefix` of a configuration replaces Vite's own prefix.
    let own = rows.iter().filter(|row| row.package != "vite" || stated.is_empty());
    let prefixes: Vec<&str> =
        own.clone().flat_map(|row| &row.prefixes).chain(&stated).map(String::as_str).collect();
    let mut compiled: Vec<Compiled> = own
        .flat_map(|row| row.objects.iter().map(move |object| (object, &row.prefixes)))
        .flat_map(|(object, all)| all.iter().map(move |prefix| (object.as_str(), prefix.as_str())))
        .collect();
    compiled.extend(stated.iter().map(|prefix| (META, prefix.as_str())));
    // Vite replaces `process.env` only where its configuration says so.
    if plugins::process_env(app, &configs) {
        let again: Vec<_> = compiled.iter().map(|(_, prefix)| (PROCESS, *prefix)).collect();
        compiled.extend(again);
    }
    // In pages that are made once, Astro puts the value of every variable.
    if site && app.package.has("astro") {
        compiled.push((META, ""));
    }
    let apart = if compiled.iter().any(|(object, _)| *object == PROCESS) {
        apart::files(app, launches)?
    } else {
        BTreeSet::new()
    };
    let mut used = used(app, &compiled, &prefixes, &apart)?;
    let given = plugins::given(&configs);
    // The configuration sets these itself, so a build argument would change nothing.
    used.retain(|name, _| !given.contains(name) && !BUILT_IN.contains(&name.as_str()));
    for (one, evidence) in named {
        used.entry(one.name.clone()).or_default().push((one, evidence));
    }
    let files = env_files(app, &rows)?;
    let let_in = |file: &&EnvFile| {
        file.secrets.is_empty()
            && file.names().any(|name| {
                used.contains_key(name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
            })
    };
    let hidden = hidden_by_them(app)?;
    let is_hidden = |path: &RelPath| {
        let way = path.strip(&app.root.path);
        hidden.as_ref().zip(way).is_some_and(|(file, way)| file.hides(way))
    };
    let (inside, outside): (Vec<&EnvFile>, Vec<&EnvFile>) =
        files.iter().partition(|file| let_in(file) && !is_hidden(&file.path));
    let example = example(app)?;
    let mut from_example: Vec<String> = Vec::new();
    for (name, all) in used {
        let mut arg = BuildArg::new(&name, all[0].1.clone());
        arg.required = all.iter().any(|(one, _)| one.required);
        arg.fallback = all.iter().all(|(one, _)| one.fallback);
        // A secret takes no value from a file: the image would contain it.
        if is_secret_name(&name) {
            found.args.push(arg);
            continue;
        }
        if let Some(evidence) = inside.iter().find_map(|file| Some(file.get(&name)?.1)) {
            arg.evidence.push(evidence);
            arg.fallback = true;
        } else if let Some((value, evidence)) = outside.iter().find_map(|file| file.public(&name)) {
            arg.evidence.push(evidence);
            arg.default = Some(value);
        } else if let Some((value, evidence)) =
            example.as_ref().filter(|_| !arg.fallback).and_then(|file| file.meant(&name))
        {
            arg.evidence.push(evidence);
            arg.default = Some(value);
            from_example.push(name.clone());
        }
        found.args.push(arg);
    }
    found.findings.extend(inside.iter().map(|file| reaches(file)));
    let kept = outside.iter().filter(|file| !file.secrets.is_empty());
    found.findings.extend(
        kept.filter(|file| file.names().any(|n| names(&found.args, n))).map(|file| stays_out(file)),
    );
    if let Some(file) = example.filter(|_| !from_example.is_empty()) {
        found.findings.push(taken_from_example(&file, &from_example));
    }
    found.files = inside.iter().map(|file| file.path.clone()).collect();
    Ok(found)
}

fn names(args: &[BuildArg], name: &str) -> bool {
    args.iter().any(|arg| arg.name == name)
}

/// Every use of such a variable, by its name.
fn used(
    app: &App,
    compiled: &[Compiled],
    prefixes: &[&str],
    apart: &BTreeSet<RelPath>,
) -> Result<BTreeMap<String, Vec<(Use, Evidence)>>> {
    let mut used: BTreeMap<String, Vec<(Use, Evidence)>> = BTreeMap::new();
    for path in sources(app).into_iter().filter(|path| !apart.contains(path)) {
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        let page = path.extension() == "html";
        for one in uses(&text, compiled, if page { prefixes } else { &[] }) {
            let note = format!("the build compiles {} in", one.name);
            let evidence = match crate::repo::line_at(&text, one.at) {
                Some(line) => Evidence::at(&path, line, note),
                None => Evidence::file(&path, note),
            };
            used.entry(one.name.clone()).or_default().push((one, evidence));
        }
    }
    Ok(used)
}

/// The files that a bundler may compile: those of the application and of the workspace members
/// that it needs.
pub(super) fn sources(app: &App) -> Vec<RelPath> {
    let members = app.workspace.iter().flat_map(|workspace| &workspace.needed);
    let compiled = |path: &&RelPath| {
        let name = path.file_name();
        let apart = [".test.", ".spec.", ".stories.", ".d.ts", ".min."];
        COMPILED.contains(&path.extension()) && !apart.iter().any(|part| name.contains(part))
    };
    let mut all: Vec<RelPath> = Vec::new();
    for folder in std::iter::once(&app.dir.path).chain(members) {
        let inside = |path: &&RelPath| {
            let way = path.strip(folder).unwrap_or_default();
            !way.split('/').any(|part| ASIDE.contains(&part))
        };
        let files = app.dir.repo.files_under(folder).filter(compiled).filter(inside);
        all.extend(files.take(MAX_FILES.saturating_sub(all.len())).cloned());
    }
    all
}

/// The env files that the build reads, in falling precedence. Files that git ignores exist on one
/// machine only, so they are left out.
fn env_files(app: &App, rows: &[&Row]) -> Result<Vec<EnvFile>> {
    let vite = config::read(&app.dir, "vite.config")?;
    let stated = |name: &str| vite.as_ref().and_then(|config| config.literal(name));
    let folder = stated("envDir").or_else(|| stated("root")).map(|(folder, _)| folder);
    let folder = folder.and_then(|folder| app.dir.join(&folder));
    let folder = Dir::new(app.dir.repo, folder.unwrap_or_else(|| app.dir.path.clone()));
    let mode = mode(app);
    let mut names: Vec<String> = Vec::new();
    for file in rows.iter().flat_map(|row| &row.files) {
        let name = file.replace("{mode}", &mode);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut found = Vec::new();
    for name in names {
        found.extend(EnvFile::read(&folder, &name)?);
    }
    Ok(found)
}

fn mode(app: &App) -> String {
    let text = app.build_script().and_then(|name| app.package.script(&name)).unwrap_or_default();
    let commands = script::parse(text).commands.into_iter().map(script::unwrap);
    let words: Vec<String> = commands.flat_map(|command| command.argv).collect();
    let flag = words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--mode") {
        Some("") => words.get(at + 1).cloned(),
        Some(rest) => rest.strip_prefix('=').map(str::to_owned),
        None => None,
    });
    // The mode becomes part of a file name.
    let plain = |mode: &String| mode.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    flag.filter(plain).unwrap_or_else(|| "production".to_owned())
}

/// The .dockerignore, if a person wrote it: what it hides should stay hidden.
fn hidden_by_them(app: &App) -> Result<Option<IgnoreFile>> {
    let Some((_, text)) = app.root.text(".dockerignore")? else { return Ok(None) };
    // What dockgen wrote itself says nothing about the project's intentions.
    let ours = text.lines().next().is_some_and(|line| line.contains("dockgen"));
    Ok(if ours { None } else { IgnoreFile::parse(&text).ok() })
}

fn example(app: &App) -> Result<Option<EnvFile>> {
    for name in [".env.example", ".env.sample", ".env.template", ".env.dist", "example.env"] {
        if app.dir.join(name).is_some_and(|path| app.dir.repo.entry(&path) == Some(&Entry::File)) {
            return EnvFile::read(&app.dir, name);
        }
    }
    Ok(None)
}

fn reaches(file: &EnvFile) -> Finding {
    Finding::new(
        codes::ENV_FILE_IN_CONTEXT,
        format!("the build reads {} and compiles its values in", file.path),
        [Evidence::file(&file.path, "in the repository, and nothing in it is named like a secret")],
    )
}

fn stays_out(file: &EnvFile) -> Finding {
    let names: Vec<&str> = file.secrets.iter().map(|(name, _)| name.as_str()).take(4).collect();
    let at = file.secrets.first().map(|(_, line)| *line);
    let note = "looks like a secret";
    Finding::new(
        codes::ENV_FILE_HOLDS_SECRETS,
        format!(
            "{} stays out of the build context, because {} look like secrets",
            file.path,
            names.join(", ")
        ),
        [at.map_or_else(
            || Evidence::file(&file.path, note),
            |line| Evidence::at(&file.path, line, note),
        )],
    )
}

fn taken_from_example(file: &EnvFile, names: &[String]) -> Finding {
    Finding::new(
        codes::BUILD_ARGUMENT_FROM_EXAMPLE,
        format!("{} gives the defaults of build arguments: {}", file.path, names.join(", ")),
        [Evidence::file(&file.path, "an example of the values")],
    )
    .with_fix(format!(
        "build with `docker build --build-arg {}=VALUE ...` if they differ",
        names[0]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn found(files: &[(&str, &str)]) -> Found {
        let repo = Repo::from_files(files.iter().copied());
        read(&App::read(&repo.root()).unwrap().unwrap(), &[]).unwrap()
    }

    const VITE: (&str, &str) = (
        "package.json",
        r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
    );
    const USES: (&str, &str) =
        ("src/a.ts", "f(import.meta.env.VITE_URL, import.meta.env.VITE_B ?? '/b')");

    fn shown(found: &Found) -> Vec<String> {
        let show = |arg: &BuildArg| {
            format!("{}={} {}", arg.name, arg.default.clone().unwrap_or_default(), arg.fallback)
        };
        found.args.iter().map(show).collect()
    }

    #[test]
    fn a_variable_has_the_value_of_a_file_that_the_build_reads() {
        assert_eq!(shown(&found(&[VITE, USES])), ["VITE_B= true", "VITE_URL= false"]);
        // The file contains no secret, so the build tool reads it itself.
        let tracked = found(&[VITE, USES, (".env", "VITE_URL=https://u.example.org\n")]);
        assert_eq!(shown(&tracked), ["VITE_B= true", "VITE_URL= true"]);
        assert_eq!(tracked.files[0].as_str(), ".env");
        // The file stays out, and its public values become defaults.
        let mixed = found(&[
            VITE,
            USES,
            (".env.production", "VITE_URL=https://u.example.org\nDB_PASSWORD=x\n"),
        ]);
        assert_eq!(shown(&mixed), ["VITE_B= true", "VITE_URL=https://u.example.org false"]);
        assert!(mixed.files.is_empty());
        // The same applies if a .dockerignore hides the file.
        let kept = found(&[
            VITE,
            USES,
            (".env", "VITE_URL=https://u.example.org\n"),
            (".dockerignore", ".env\n"),
        ]);
        assert_eq!(shown(&kept)[1], "VITE_URL=https://u.example.org false");
        // An example that names this machine is no default.
        let example = found(&[VITE, USES, (".env.example", "VITE_URL=http://localhost:3000\n")]);
        assert_eq!(shown(&example)[1], "VITE_URL= false");
        let example = found(&[VITE, USES, (".env.example", "VITE_URL=https://u.org\nAPI_KEY=x\n")]);
        assert_eq!(shown(&example)[1], "VITE_URL=https://u.org false");
    }

    #[test]
    fn the_configuration_names_variables_and_prefixes() {
        let named = |config: (&str, &str), source: &str| {
            let manifest = r#"{"scripts": {"build": "x"}, "devDependencies": {"vite": "6"}}"#;
            let files = [("package.json", manifest), config, ("src/a.js", source)];
            shown(&found(&files)).join(", ")
        };
        for plugin in [
            "new webpack.EnvironmentPlugin(['API_URL', 'NODE_ENV'])",
            "new EnvironmentPlugin('API_URL')",
            "new DefinePlugin({ 'process.env.API_URL': JSON.stringify(process.env.API_URL) })",
        ] {
            let config = format!("module.exports = {{ plugins: [{plugin}] }}");
            assert_eq!(named(("webpack.config.js", &config), ""), "API_URL= false", "{plugin}");
        }
        let plugin =
            "export default { plugins: [sentry({ authToken: process.env.SENTRY_AUTH_TOKEN })] }";
        assert_eq!(named(("vite.config.js", plugin), ""), "SENTRY_AUTH_TOKEN= true");
        let object = "module.exports = { plugins: [new EnvironmentPlugin({ API_URL: 'x' })] }";
        assert_eq!(named(("webpack.config.js", object), ""), "API_URL= true");
        let uses = "f(import.meta.env.APP_A, import.meta.env.VITE_B)";
        let prefix = "export default { envPrefix: ['APP_'] }";
        assert_eq!(named(("vite.config.js", prefix), uses), "APP_A= false");
        assert_eq!(named(("vite.config.js", "export default {}"), uses), "VITE_B= false");
        // A variable that the configuration sets is no argument.
        for config in [
            "process.env.VITE_B = version; export default {}",
            "export default { define: { 'import.meta.env.VITE_B': JSON.stringify(version) } }",
        ] {
            assert_eq!(named(("vite.config.js", config), uses), "", "{config}");
        }
    }

    #[test]
    fn what_only_the_server_reads_is_not_compiled_in() {
        let with = |package: &str, config: (&str, &str), files: &[(&str, &str)]| {
            let manifest = format!(
                r#"{{"scripts": {{"build": "x"}}, "devDependencies": {{"{package}": "6"}}}}"#
            );
            let mut all = vec![("package.json", manifest.as_str()), config];
            all.extend(files);
            let repo = Repo::from_files(all);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let launch = Launch {
                layout: Layout::Tree,
                file: "backend/server.js".to_owned(),
                source: Some("backend/server.js".to_owned()),
                ..Launch::default()
            };
            shown(&read(&app, &[&launch]).unwrap()).join(", ")
        };
        let server = ("backend/server.js", "require('../shared'); f(process.env.X_A)");
        let vite = |text: &'static str| ("vite.config.js", text);
        let own = vite("export default { envPrefix: 'X_' }");
        // Vite leaves process.env as it is.
        assert_eq!(with("vite", own, &[server]), "");
        assert_eq!(with("vite", own, &[("src/a.js", "f(process.env.X_A)")]), "");
        assert_eq!(with("vite", own, &[("src/a.js", "f(import.meta.env.X_A)")]), "X_A= false");
        let whole = vite("export default { envPrefix: 'X_', define: { 'process.env': env } }");
        assert_eq!(with("vite", whole, &[("src/a.js", "f(process.env.X_A)")]), "X_A= false");
        // The server's own files are not compiled, and what the pages import too is.
        let none = vite("");
        let react = ("backend/server.js", "require('../shared'); f(process.env.REACT_APP_A)");
        let shared = ("shared.js", "f(process.env.REACT_APP_B)");
        let page = ("src/index.js", "import '../shared'; f(process.env.REACT_APP_C)");
        let pages = "REACT_APP_B= false, REACT_APP_C= false";
        assert_eq!(with("react-scripts", none, &[react, shared, page]), pages);
        let alone = ("src/index.js", "f(process.env.REACT_APP_C)");
        assert_eq!(with("react-scripts", none, &[react, shared, alone]), "REACT_APP_C= false");
    }

    #[test]
    fn what_only_the_development_server_reads_is_no_secret_of_the_build() {
        let read = |text: &str| {
            let manifest =
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#;
            shown(&found(&[("package.json", manifest), ("vite.config.js", text)])).join(", ")
        };
        for text in [
            "const T = process.env.A_TOKEN || ''; export default { plugins: [{ name: 'r', apply: 'serve', transform(x) { return T } }] }",
            "export default { plugins: [{ name: 'r', configureServer(s) { s.use(process.env.A_TOKEN) } }] }",
            "export default { server: { proxy: { '/api': { headers: { a: `x ${process.env.A_TOKEN}` } } } } }",
            "export default ({ command }) => { if (command === 'serve') { return { x: process.env.A_TOKEN } } return {} }",
            "const T = process.env.A_TOKEN; export default { server: { proxy: p(T) } }",
            "const A_TOKEN = process.env.A_TOKEN; export default { server: { proxy: p(A_TOKEN) } }",
        ] {
            assert_eq!(read(text), "", "{text}");
        }
        for text in [
            "const T = process.env.A_TOKEN; export default { server: { x: T }, plugins: [p(T)] }",
            "export default { plugins: [{ apply: 'build', transform() { return process.env.A_TOKEN } }] }",
        ] {
            assert_eq!(read(text), "A_TOKEN= true", "{text}");
        }
    }

    #[test]
    fn the_mode_names_the_file() {
        let staging = (
            "package.json",
            r#"{"scripts": {"build": "vite build --mode staging"}, "devDependencies": {"vite": "6"}}"#,
        );
        let files =
            [staging, USES, (".env.staging", "VITE_URL=1\n"), (".env.production", "VITE_URL=2\n")];
        assert_eq!(
            found(&files).files.iter().map(RelPath::as_str).collect::<Vec<_>>(),
            [".env.staging"]
        );
    }
}
