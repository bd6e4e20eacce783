//! Pages that the program serves and that another package of the repository builds.

use std::collections::BTreeSet;

use super::super::App;
use super::super::entry;
use super::super::expression::{PathValue, option};
use super::super::front_end::{delegates, made_inside};
use super::super::launch::{Launch, Layout};
use super::super::token::{Token, arguments, closing};
use super::location::Location;
use super::modules::Modules;
use super::{Scan, Source, import_clauses};
use crate::detect::node::codes;
use crate::detect::{add_front_end, suppliers};
use crate::facts::{Evidence, Finding, FindingCode, FrontEnd, Sourced};
use crate::path::RelPath;

/// Calls that serve the folder or file in their first argument.
const SERVES: [&str; 6] =
    ["static", "serveStatic", "sendFile", "expressStaticGzip", "koaStatic", "sirv"];

/// Calls that serve a folder in their options.
const PLUGINS: [&str; 4] = ["register", "serveStatic", "forRoot", "static"];

/// How many folders a message names.
const MAX_UNMADE: usize = 3;

/// Calls that join a path.
const JOINS: [&str; 2] = ["join", "resolve"];

pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    // The program's own build may write any folder.
    let builds = app.builds() || !matches!(launch.layout, Layout::Source | Layout::Tree);
    let mut missing: Vec<(RelPath, Evidence)> = Vec::new();
    let mut named: Vec<(String, Evidence)> = Vec::new();
    let modules = Modules::of(app, launch, sources);
    let servers: Vec<String> = app.catalog.table("folder_servers").unwrap_or_default();
    for (file, source) in sources.iter().enumerate() {
        let path = &|tokens: &[Token]| modules.path_of(tokens, file);
        let place = Location::of(app, launch, source);
        let imported: BTreeSet<String> = import_clauses::imports(&source.tokens)
            .into_iter()
            .filter(|import| import.export.as_deref().is_none_or(|name| name == "default"))
            .filter(|import| servers.contains(&import.path))
            .map(|import| import.name)
            .collect();
        for (index, window) in source.tokens.windows(2).enumerate() {
            let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
            // `require("koa-static")("./public")`
            let at_once = name == "require"
                && source.tokens.get(index + 4).is_some_and(|token| token.is('('))
                && source.tokens[index + 2].text().is_some_and(|m| servers.iter().any(|s| s == m));
            let by_module = at_once || imported.contains(name);
            if JOINS.contains(&name) {
                named.extend(joined(app, launch, (source, &place), path, index, scan));
            }
            if !SERVES.contains(&name) && !PLUGINS.contains(&name) && !by_module {
                continue;
            }
            let args = arguments(&source.tokens, index + if at_once { 4 } else { 1 });
            let name = if at_once { source.tokens[index + 2].text().unwrap_or(name) } else { name };
            let first = SERVES.contains(&name) || by_module;
            let folder = args.first().copied().filter(|_| first);
            // Express refuses a relative path without a root, which then contains the file.
            let bare = |one: &&[Token]| {
                name == "sendFile" && one.first().is_some_and(|t| t.text().is_some())
            };
            let folder = match folder.filter(bare) {
                Some(_) => option(&args, "root"),
                None => folder,
            };
            let options = ["root", "rootPath"].into_iter().filter(|_| PLUGINS.contains(&name));
            let public = by_module.then(|| option(&args, "public")).flatten();
            let options = options.filter_map(|key| option(&args, key)).chain(public);
            let candidates: Vec<&[Token]> = folder.into_iter().chain(options).collect();
            for tokens in candidates {
                let found = path(tokens).filter(|found| !found.path.contains("${}"));
                let paths = found.map(|found| place.in_repository(app, &found));
                let mut known = false;
                let first = paths.as_ref().and_then(|paths| paths.first().cloned());
                for path in paths.unwrap_or_default() {
                    let evidence = source.at(window[0].at, format!("{name} serves {path}"));
                    known = served(app, launch, &path, &evidence, scan);
                    if known {
                        break;
                    }
                }
                // A dependency brings it.
                let installed =
                    |path: &RelPath| path.as_str().split('/').any(|part| part == "node_modules");
                if let Some(path) = first.filter(|path| !known && !installed(path)) {
                    let evidence = source.at(window[0].at, format!("{name} serves {path}"));
                    missing.push((path, evidence));
                }
            }
        }
    }
    for (path, evidence) in missing.into_iter().filter(|_| !builds) {
        let way = path.relative_to(&app.dir.path);
        // Uploads arrive at run time.
        let written = scan.writable.iter().any(|held| held.value.trim_start_matches("./") == way);
        let missing = FindingCode::ServedFolderMissing;
        let said = scan.findings.iter().any(|finding| finding.code == missing);
        let uploads = ["upload", "media", "data", "tmp", "storage", "files", "logs"];
        let made = scan
            .front_ends
            .iter()
            .any(|made| path.is_within(&made.value.output) || made.value.output.is_within(&path));
        if !made && !written && !said && !uploads.iter().any(|word| way.contains(word)) {
            scan.findings.push(absent(app, &path, evidence));
        }
    }
    unmade(app, launch, named, scan);
}

/// Handles `path.join(__dirname, '..', 'client', 'dist')` at `index`, whatever code takes it. A
/// path beside the code that only another package's build writes is read there.
fn joined(
    app: &App,
    launch: &Launch,
    (source, place): (&Source, &Location),
    path: &dyn Fn(&[Token]) -> Option<PathValue>,
    index: usize,
    scan: &mut Scan,
) -> Option<(String, Evidence)> {
    let tokens = &source.tokens;
    let start = if index >= 2 && tokens[index - 1].is('.') { index - 2 } else { index };
    let call = &tokens[start..(closing(tokens, index + 1) + 1).min(tokens.len())];
    let args = arguments(tokens, index + 1);
    let first = args.first()?;
    let beside = first.iter().any(is_beside);
    if !beside && !first.iter().any(|token| token.is_word("cwd")) {
        return None;
    }
    let found = path(call).filter(|found| !found.path.contains("${}"))?;
    let way = place.resolve(&found).filter(|way| !way.starts_with('/'))?;
    let note = format!("names {way}");
    let named = Some((way, source.at(tokens[index].at, note)));
    if !beside {
        return named;
    }
    for path in place.in_repository(app, &found) {
        let evidence = source.at(tokens[index].at, format!("opens {path}"));
        if served(app, launch, &path, &evidence, scan) {
            return None;
        }
    }
    named
}

/// Reports folders that the program names by their whole path, and that the repository does not
/// hold, no known build writes and no known call writes. Such a folder may be storage behind an
/// object of the program's own.
fn unmade(app: &App, launch: &Launch, named: Vec<(String, Evidence)>, scan: &mut Scan) {
    let touches = |a: &str, b: &str| {
        a == b
            || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'))
            || b.strip_prefix(a).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut found: Vec<(String, Evidence)> = Vec::new();
    for (way, evidence) in named {
        let last = way.rsplit('/').next().unwrap_or_default();
        let first = way.split('/').next().unwrap_or_default();
        let built = launch.outputs.iter().any(|output| touches(output, &way));
        let made = scan.front_ends.iter().filter_map(|made| made.value.opened.as_deref());
        let known = scan.writable.iter().map(|held| held.value.trim_start_matches("./"));
        let known = known.chain(made).any(|held| touches(held, &way));
        let aside =
            last.contains('.') || ["node_modules", ".next", "dist", "build"].contains(&first);
        let there = app.dir.join(&way).is_none_or(|path| app.dir.repo.exists(&path));
        if !(built || known || aside || there || found.iter().any(|held| held.0 == way)) {
            found.push((way, evidence));
        }
    }
    let shown: Vec<&str> = found.iter().map(|(way, _)| way.as_str()).take(MAX_UNMADE).collect();
    let Some(first) = shown.first() else { return };
    scan.findings.push(
        Finding::new(
            codes::FOLDER_NOBODY_MAKES,
            format!("the program names {}, which no known code or build creates", shown.join(", ")),
            found.iter().map(|(_, evidence)| evidence.clone()).take(MAX_UNMADE),
        )
        .with_fix(format!("if the program writes there, set --writable {first}")),
    );
}

/// True for the folder of the module.
fn is_beside(token: &Token) -> bool {
    token.is_word("__dirname") || token.is_word("dirname")
}

/// The finding for a folder that the program serves and that neither the repository nor a build
/// provides.
fn absent(app: &App, path: &RelPath, evidence: Evidence) -> Finding {
    let way = path.relative_to(&app.dir.path);
    Finding::served_folder_missing(way, [evidence])
}

/// Handles a path that the program serves. If the repository does not hold it, a build may write
/// it. True if the path is known.
fn served(
    app: &App,
    launch: &Launch,
    path: &RelPath,
    evidence: &Evidence,
    scan: &mut Scan,
) -> bool {
    let repo = app.dir.repo;
    if repo.exists(path) {
        for made in made_inside(&app.dir, path).unwrap_or_default() {
            beside(app, launch, made, evidence, scan);
        }
        return true;
    }
    let mut known = false;
    let context = &app.root.path;
    for mut made in suppliers(repo, &RelPath::root(), path) {
        known = true;
        let folder = made.value.dir.file_name();
        // If the program's own build writes the folder, no other build is needed. Exceptions: that
        // build only runs the other one, or the image takes only the build's own folders.
        let taken = |output: &String| {
            let folder = app.dir.join(output);
            folder.is_some_and(|folder| made.value.output.is_within(&folder))
        };
        let all = launch.layout != Layout::Output || launch.outputs.iter().any(taken);
        let own = app.build_script().and_then(|name| app.package.script(&name));
        let names = |script: &&str| !folder.is_empty() && script.contains(folder);
        if made.value.dir == app.dir.path {
            beside(app, launch, made, evidence, scan);
            continue;
        }
        if all && own.filter(names).is_some_and(|s| !delegates(app, s, &made.value.dir)) {
            continue;
        }
        if !made.value.output.is_within(context) {
            let folder = &made.value.output;
            let said = outside(folder, &made.value.dir, context, evidence);
            if !scan.findings.iter().any(|held| held.what == said.what) {
                scan.findings.push(said);
            }
            continue;
        }
        made.value.opened = Some(made.value.output.relative_to(&app.dir.path));
        made.evidence.insert(0, evidence.clone());
        add_front_end(&mut scan.front_ends, made);
    }
    known
}

/// Adds a script of the package that writes what the program serves. It runs after the build,
/// unless the build already runs it.
fn beside(
    app: &App,
    launch: &Launch,
    made: Sourced<FrontEnd>,
    evidence: &Evidence,
    scan: &mut Scan,
) {
    let script = &made.value.script;
    let usual = launch.script.clone().or_else(|| app.build_script()).unwrap_or_default();
    let (before, after) = (format!("pre{usual}"), format!("post{usual}"));
    let runs = [usual.as_str(), &before, &after, "preinstall", "install", "postinstall", "prepare"];
    let all: Vec<Vec<String>> = runs
        .into_iter()
        .filter(|name| app.package.script(name).is_some())
        .flat_map(|name| entry::commands(app, name))
        .map(|command| command.argv)
        .collect();
    let wanted = entry::commands(app, script);
    let held = wanted.iter().all(|command| all.contains(&command.argv));
    if held || made.value.moved_from.is_some() || scan.also.iter().any(|a| a.value.0 == *script) {
        return;
    }
    let folder = made.value.output.relative_to(&app.dir.path);
    let mut also = made.map(|made| (made.script, folder));
    also.evidence.insert(0, evidence.clone());
    scan.also.push(also);
}

fn outside(path: &RelPath, dir: &RelPath, context: &RelPath, evidence: &Evidence) -> Finding {
    Finding::new(
        codes::FRONT_END_OUTSIDE,
        format!(
            "the program serves {path}, which the build of {dir} writes outside the build context \
             {context}"
        ),
        [evidence.clone()],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    /// What a server with this `main` serves, and the codes of its findings.
    fn of(dir: &str, manifest: &str, main: &str) -> (Vec<String>, Vec<String>) {
        let client = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let (package, server) = (format!("{dir}package.json"), format!("{dir}server.js"));
        let repo = Repo::from_files([
            (package.as_str(), manifest),
            (server.as_str(), main),
            ("client/package.json", client),
        ]);
        let folder = RelPath::new(dir.trim_end_matches('/')).unwrap_or_default();
        let app = App::read(&crate::repo::Dir::new(&repo, folder)).unwrap().unwrap();
        let launch = Launch {
            file: "server.js".into(),
            source: Some("server.js".into()),
            layout: Layout::Source,
            ..Launch::default()
        };
        let scan = super::super::read(&app, &launch).unwrap();
        let told = |made: &crate::facts::Sourced<crate::facts::FrontEnd>| {
            format!("{} as {}", made.value.output, made.value.opened.clone().unwrap())
        };
        (
            scan.front_ends.iter().map(told).collect(),
            scan.findings.iter().map(|f| f.code.to_string()).collect(),
        )
    }

    #[test]
    fn pages_of_another_package() {
        let express = r#"{"dependencies": {"express": "5"}}"#;
        let made = || vec!["client/dist as client/dist".to_owned()];
        for main in [
            "app.use(express.static(path.join(__dirname, 'client', 'dist')))",
            "app.use(express.static('client/dist')); res.sendFile(path.resolve(__dirname, 'client', 'dist', 'index.html'))",
            "app.register(require('@fastify/static'), { root: path.join(__dirname, 'client/dist/assets') })",
            "app.register(x, { root: require('path').join(__dirname, 'client/dist') })",
            "const serve = require('koa-static'); app.use(serve('./client/dist'))",
            "import files from 'koa-static'; app.use(files('client/dist', { gzip: true }))",
            "app.use(require('koa-static')('./client/dist'))",
            "const h = require('serve-handler'); x((q, r) => h(q, r, { public: 'client/dist' }))",
        ] {
            assert_eq!(of("", express, main), (made(), vec![]), "{main}");
        }
        // The form of the path does not matter.
        let main = "const pages = () => path.join(__dirname, 'client', 'dist'); serve(pages())";
        assert_eq!(of("", express, main), (made(), vec![]));
        let module = r#"{"main": "src/server.js", "dependencies": {"express": "5"}}"#;
        let main = "const __dirname = path.resolve(); app.use(express.static(path.join(__dirname, '/client/dist')))";
        assert_eq!(of("", module, main).0, made());
        assert_eq!(of("", express, "app.use(express.static('public'))").0, Vec::<String>::new());
        let koa = "const serve = require('koa-static'); app.use(serve('./public'))";
        assert_eq!(of("", express, koa).1, ["served-folder-missing"]);
        let other = "const serve = require('./mine'); app.use(serve('./public'))";
        let said = of("", express, other).1;
        assert!(!said.contains(&"served-folder-missing".to_owned()), "{said:?}");
        // The server's own build writes the pages, or leaves that to their package.
        let builds = |script: &str| {
            format!(r#"{{"scripts": {{"build": "{script}"}}, "dependencies": {{"express": "5"}}}}"#)
        };
        let served =
            |script: &str| of("", &builds(script), "app.use(express.static('client/dist'))").0;
        assert_eq!(served("vite build client && tsc"), Vec::<String>::new());
        assert_eq!(
            served("cd client && npm ci && npm run build && cd .. && node cp-client.js"),
            Vec::<String>::new()
        );
        assert_eq!(served("cd client && npm ci && npm run build"), made());
        assert_eq!(served("npm install --prefix client && npm --prefix=client run build"), made());
    }

    #[test]
    fn what_a_dependency_brings_is_not_missing() {
        for (folder, missing) in [("node_modules/a/dist", false), ("other/dist", true)] {
            for path in [format!("'{folder}'"), format!("path.join(__dirname, '{folder}')")] {
                let main = format!("app.use(express.static({path}))");
                let manifest = r#"{"dependencies": {"express": "5", "a": "1"}}"#;
                let repo =
                    Repo::from_files([("package.json", manifest), ("server.js", main.as_str())]);
                let app = App::read(&repo.root()).unwrap().unwrap();
                let file = "server.js".to_owned();
                let launch = Launch { source: Some(file.clone()), file, ..Launch::default() };
                let scan = super::super::read(&app, &launch).unwrap();
                assert_eq!(!scan.findings.is_empty(), missing, "{path}");
            }
        }
    }

    #[test]
    fn scripts_beside_the_build_make_what_is_served() {
        let also = |scripts: &str, main: &str, files: &[(&str, &str)]| -> Vec<String> {
            let manifest = format!(
                r#"{{"scripts": {{{scripts}}}, "dependencies": {{"express": "5", "vite": "7"}}}}"#
            );
            let mut all = vec![("package.json", manifest.as_str()), ("server.js", main)];
            all.extend(files);
            let repo = Repo::from_files(all);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let file = "server.js".to_owned();
            let launch = Launch { source: Some(file.clone()), file, ..Launch::default() };
            let scan = super::super::read(&app, &launch).unwrap();
            scan.also.iter().map(|made| format!("{}: {}", made.value.0, made.value.1)).collect()
        };
        let serves = "app.use(express.static('web/dist'))";
        let own = r#""start": "node server.js", "web:build": "vite build web""#;
        assert_eq!(also(own, serves, &[]), ["web:build: web/dist"]);
        let config = [("vite.config.js", "export default { build: { outDir: 'web/dist' } }")];
        let two = r#""build:ui": "vite build", "build:ui:staging": "vite build --mode staging""#;
        assert_eq!(also(two, serves, &config), ["build:ui: web/dist"]);
        // Two scripts that cannot be told apart, one that the build runs, and another folder.
        for scripts in [
            r#""ui:a": "vite build web", "ui:b": "vite build web""#,
            r#""build": "tsc && vite build web", "web": "vite build web""#,
            r#""build": "tsc", "postbuild": "npm run web", "web": "vite build web""#,
            r#""web": "vite build site""#,
            r#""dev:web": "vite build web""#,
        ] {
            assert!(also(scripts, serves, &[]).is_empty(), "{scripts}");
        }
        // A missing file in an existing folder.
        let css = r#""css": "sass --no-source-map in.scss ./public/app.css""#;
        let (page, main) = (("public/index.html", ""), "app.use(express.static('public'))");
        let ignored = (".gitignore", "node_modules\npublic/app.css\n");
        assert_eq!(also(css, main, &[page, ignored]), ["css: public/app.css"]);
        assert!(also(css, main, &[page]).is_empty());
    }

    #[test]
    fn a_folder_that_nothing_makes_is_said() {
        let express = r#"{"dependencies": {"express": "5"}}"#;
        let said = |main: &str| of("", express, main).1;
        assert_eq!(said("app.use(express.static('site'))"), ["served-folder-missing"]);
        assert_eq!(said("app.use('/', expressStaticGzip('site', {}))"), ["served-folder-missing"]);
        assert!(said("app.use(express.static('uploads'))").is_empty());
        assert!(said("fs.mkdirSync('out'); app.use(express.static('out'))").is_empty());
        assert!(said("app.use(express.static('client/dist')); res.sendFile(path.resolve('client/dist/index.html'))").is_empty());
        // The package's own script moves the output of another package.
        let moves = r#"{"scripts": {
            "setup": "cd client && npm ci && npm run build && cp -r dist ../site"
            }, "dependencies": {"express": "5"}}"#;
        let (made, said) = of("", moves, "app.use(express.static('site'))");
        assert_eq!((made, said), (vec!["site as site".to_owned()], vec![]));
    }

    #[test]
    fn a_folder_that_only_an_object_may_write_is_said() {
        let express = r#"{"dependencies": {"express": "5"}}"#;
        let said = |main: &str| of("", express, main).1;
        let driver = "const at = path.resolve(process.cwd(), 'store', 'files'); new Driver({ at })";
        assert_eq!(said(driver), ["folder-nobody-makes"]);
        for main in [
            "const at = path.join(__dirname, 'up'); fs.mkdirSync(at)",
            "load(path.join(__dirname, 'client')); load(path.join(__dirname, 'client', 'dist'))",
            "load(path.join(process.cwd(), 'a.json')); load(path.join(__dirname, 'dist', 'x'))",
            "load(path.join(base, 'up')); load(path.join(__dirname, name))",
        ] {
            assert!(said(main).is_empty(), "{main}");
        }
    }

    #[test]
    fn pages_outside_of_the_context_are_said() {
        let main = "app.use(express.static(path.join(__dirname, '../client/dist')))";
        let (made, said) = of("server/", r#"{"dependencies": {"express": "5"}}"#, main);
        assert_eq!((made.len(), said), (0, vec!["front-end-outside".to_owned()]));
    }
}
