//! What the container starts: scripts resolved to a plain `node file`, then `main`, `bin` and the
//! usual file names.

mod files;
mod pm2;

pub(crate) use files::{from_files, named};

use std::collections::BTreeMap;

use anyhow::Result;

use super::App;
use super::launch::{Launch, Layout};
use super::manifest::Kind;
use super::script::{self, Command};
use crate::docker::quote;
use crate::facts::{Evidence, Finding, Severity};
use crate::path::RelPath;

/// Scripts that start production, best first.
pub(crate) const SCRIPTS: [&str; 9] = [
    "start:prod",
    "start:production",
    "start-prod",
    "serve:prod",
    "prod",
    "production",
    "start",
    "serve",
    "server",
];

/// How many scripts may lead to one another.
const MAX_DEPTH: usize = 8;

/// Something to start.
pub(crate) struct Entry {
    /// The answer that names it.
    pub(crate) id: String,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
    /// It needs a shell: why.
    pub(crate) shell: Option<Evidence>,
    pub(crate) findings: Vec<Finding>,
    /// A developer's tool starts it: anything else is likelier.
    pub(crate) development: bool,
}

/// What a script comes to.
pub(crate) enum Outcome {
    Start(Box<Entry>),
    /// A web server for built files.
    Site,
    /// Nothing for production, and why.
    No(String),
}

/// A script that starts nothing, and why.
pub(crate) type Refused = (String, String);

/// Every entry that the scripts give, best first; and why the others give none.
pub(crate) fn from_scripts(app: &App) -> Result<(Vec<Entry>, Vec<Refused>)> {
    let (mut entries, mut refused): (Vec<Entry>, Vec<Refused>) = (Vec::new(), Vec::new());
    for name in SCRIPTS {
        if app.package.script(name).is_none() {
            continue;
        }
        match resolve(app, name)? {
            Outcome::Start(entry) if !entries.iter().any(|held| held.id == entry.id) => {
                entries.push(*entry);
            }
            Outcome::Start(_) => {}
            Outcome::Site => refused.push((name.to_owned(), "serves built files".to_owned())),
            Outcome::No(why) => refused.push((name.to_owned(), why)),
        }
    }
    entries.sort_by_key(|entry| entry.development);
    Ok((entries, refused))
}

/// Resolves one script.
pub(crate) fn resolve(app: &App, name: &str) -> Result<Outcome> {
    let mut commands = Vec::new();
    let mut shell = None;
    flatten(app, name, &mut Vec::new(), &mut commands, &mut shell);
    let text = app.package.script(name).unwrap_or_default();
    let place = |note: String| app.package.at(&["scripts", name], note);
    commands.retain(|command| !is_idle(command) && !is_build(app, command));
    let Some(last) = commands.pop() else { return Ok(Outcome::No("it only builds".to_owned())) };
    if is_web_server(&last) {
        return Ok(Outcome::Site);
    }
    let mut entry = match node(app, &last)? {
        Ok(entry) => entry,
        Err(why) => return Ok(Outcome::No(why)),
    };
    entry.evidence.insert(0, place(format!("the script {name} is `{text}`")));
    if shell.is_some() && last.argv.iter().any(|word| word.contains(['$', '`', '>', '<'])) {
        return Ok(Outcome::No(format!("it needs a shell for {}", shell.unwrap_or_default())));
    }
    if commands.is_empty() {
        return Ok(Outcome::Start(Box::new(entry)));
    }
    // Commands before the server: they run too, by a shell, as the script says.
    let mut lines = Vec::new();
    for command in &commands {
        match node(app, command)? {
            Ok(step) => {
                let mut words: Vec<String> = vec!["node".to_owned()];
                words.extend(step.launch.flags.iter().cloned());
                words.push(step.launch.file.clone());
                words.extend(step.launch.args.iter().cloned());
                let mut line: Vec<String> = step
                    .launch
                    .env
                    .iter()
                    .map(|(key, value)| format!("{key}={}", quote::shell_word(value)))
                    .collect();
                line.push(quote::shell_words(&words));
                lines.push(line.join(" "));
                entry.launch.keep_development |= step.launch.keep_development;
                let new = step
                    .findings
                    .into_iter()
                    .filter(|finding| !entry.findings.contains(finding))
                    .collect::<Vec<_>>();
                entry.findings.extend(new);
            }
            Err(_) => {
                entry.findings.push(Finding::new(
                    "start-chain",
                    Severity::Warning,
                    format!("`{}` runs before the server in the script {name}, and not in the image", command.argv.join(" ")),
                    [place(format!("`{text}`"))],
                    "it is no part of the production dependencies, so the image cannot run it",
                    "run it from a machine with the development dependencies before the container starts, or make its tool a production dependency",
                ));
            }
        }
    }
    if !lines.is_empty() {
        name.clone_into(&mut entry.id);
        entry.shell = Some(place(format!(
            "the script {name} runs `{}` before the server",
            lines.join(" && ")
        )));
        entry.launch.before = Some(lines.join(" && "));
    }
    Ok(Outcome::Start(Box::new(entry)))
}

/// The commands of a script, those of the scripts that it runs in their place.
fn flatten(
    app: &App,
    name: &str,
    seen: &mut Vec<String>,
    into: &mut Vec<Command>,
    shell: &mut Option<&'static str>,
) {
    if seen.len() >= MAX_DEPTH || seen.iter().any(|held| held == name) {
        return;
    }
    seen.push(name.to_owned());
    let scripts = app.package.scripts();
    for part in [format!("pre{name}"), name.to_owned()] {
        let Some(text) = scripts.get(part.as_str()) else { continue };
        let chain = script::parse(text);
        if part == name && chain.shell.is_some() {
            *shell = chain.shell;
        }
        for command in chain.commands {
            let command = script::unwrap(command);
            match script::runs_script(&command, &scripts) {
                Some((next, args)) => {
                    let from = into.len();
                    flatten(app, next, seen, into, shell);
                    if let Some(last) = into.get_mut(from..).and_then(<[Command]>::last_mut) {
                        last.argv.extend(args.iter().cloned());
                        last.env.extend(command.env.iter().cloned());
                    }
                }
                None => into.push(command),
            }
        }
    }
    seen.pop();
}

/// Does nothing that a container needs.
fn is_idle(command: &Command) -> bool {
    matches!(
        command.argv.first().map(String::as_str),
        None | Some("echo" | "true" | "clear" | "rimraf" | "rm" | "sleep" | "husky" | "kill-port")
    )
}

/// Belongs to the build stage.
fn is_build(app: &App, command: &Command) -> bool {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let build = app.build_script().and_then(|name| app.package.script(&name).map(script::parse));
    let same = build.is_some_and(|chain| {
        chain.commands.into_iter().any(|c| script::unwrap(c).argv == command.argv)
    });
    same || matches!(
        words.as_slice(),
        [
            "tsc"
                | "tsup"
                | "webpack"
                | "rollup"
                | "esbuild"
                | "swc"
                | "babel"
                | "tsc-alias"
                | "copyfiles"
                | "cpx"
                | "cpy"
                | "tailwindcss"
                | "eslint"
                | "prettier"
                | "jest"
                | "vitest",
            ..
        ] | [_, "build", ..]
            | ["prisma", "generate", ..]
            | ["npm", "install" | "ci" | "i", ..]
            | ["yarn", "install", ..]
            | ["pnpm", "install" | "i", ..]
    )
}

fn is_web_server(command: &Command) -> bool {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["serve" | "http-server" | "sirv" | "live-server" | "local-web-server" | "lite-server", ..]
            | [
                "vite" | "astro" | "gatsby" | "docusaurus" | "vitepress",
                "preview" | "serve" | "start",
                ..
            ]
    )
}

/// A command as a plain start of Node.js; else why it is none.
fn node(app: &App, command: &Command) -> Result<Result<Entry, String>> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let mut entry = Entry {
        id: String::new(),
        launch: Launch { env: command.env.clone(), ..Launch::default() },
        evidence: Vec::new(),
        shell: None,
        findings: Vec::new(),
        development: false,
    };
    match words.as_slice() {
        [] => return Ok(Err("it is empty".to_owned())),
        ["node" | "nodejs", rest @ ..] => {
            if let Err(why) = node_words(app, rest, &mut entry) {
                return Ok(Err(why));
            }
        }
        ["nodemon" | "forever" | "supervisor" | "node-dev", rest @ ..] => {
            entry.development = true;
            let exec = rest.windows(2).find(|w| matches!(w[0], "--exec" | "-x")).map(|w| w[1]);
            if let Some(line) = exec {
                let mut inner = script::parse(line).commands.pop().unwrap_or_default();
                let file = rest.iter().rfind(|w| is_script(w)).filter(|_| !line.contains('.'));
                inner.argv.extend(file.map(|w| (*w).to_owned()));
                if inner.argv.first().is_some_and(|w| w == "nodemon") {
                    return Ok(Err("a watch tool starts it".to_owned()));
                }
                return Ok(node(app, &inner)?.map(|entry| Entry { development: true, ..entry }));
            }
            let Some(file) = rest
                .iter()
                .find(|w| !w.starts_with('-') && (is_script(w) || app.finds(w).is_some()))
            else {
                return Ok(Err("a watch tool starts it".to_owned()));
            };
            (*file).clone_into(&mut entry.launch.file);
        }
        ["pm2" | "pm2-runtime" | "pm2-docker", rest @ ..] => {
            let Some(found) = pm2::script(app, rest)? else {
                return Ok(Err("pm2 is told nothing that was understood".to_owned()));
            };
            (entry.launch.file, entry.launch.args) = found;
        }
        [
            tool @ ("tsx" | "ts-node" | "ts-node-esm" | "ts-node-dev" | "tsnd" | "babel-node"
            | "esno" | "swc-node"),
            rest @ ..,
        ] => {
            entry.development = matches!(*tool, "ts-node-dev" | "tsnd") || rest.contains(&"watch");
            let Some(at) =
                rest.iter().position(|w| is_script(w) || app.finds(w).is_some_and(|f| f != *w))
            else {
                return Ok(Err(format!("{tool} is given no file")));
            };
            rest[at].clone_into(&mut entry.launch.file);
            entry.launch.args = rest[at + 1..].iter().map(|w| (*w).to_owned()).collect();
            return Ok(loaded(app, tool, entry));
        }
        ["bun", rest @ ..] => {
            let Some(file) = rest.iter().find(|w| is_script(w)) else {
                return Ok(Err("bun is given no file".to_owned()));
            };
            (*file).clone_into(&mut entry.launch.file);
            // Whatever Node.js starts is likelier than a program that no image can be written for.
            entry.development = true;
            entry.findings.push(super::scan::bun_only(
                app.package.at(&["scripts"], format!("`{}`", command.argv.join(" "))),
            ));
        }
        [first, ..] if is_script(first) && app.finds(first).is_some() => {
            (*first).clone_into(&mut entry.launch.file);
            entry.launch.args = command.argv[1..].to_vec();
        }
        [name, rest @ ..] => return Ok(package_command(app, name, rest, entry)),
    }
    Ok(settle(app, entry))
}

/// The words after `node`: flags, file, arguments.
fn node_words(app: &App, words: &[&str], entry: &mut Entry) -> Result<(), String> {
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-') && *word != "--") {
        let name = word.split('=').next().unwrap_or(word);
        let takes = matches!(
            name,
            "-r" | "--require"
                | "--import"
                | "--loader"
                | "--experimental-loader"
                | "-C"
                | "--conditions"
                | "--env-file"
                | "--env-file-if-exists"
                | "--watch-path"
                | "--title"
                | "--max-old-space-size"
        );
        let value = (takes && !word.contains('=')).then(|| words.next()).flatten();
        match name {
            "-e" | "--eval" | "-p" | "--print" | "--run" | "--test" => {
                return Err(format!("node {name} starts no file"));
            }
            "--watch" | "--watch-path" | "--watch-preserve-output" => entry.development = true,
            // The image holds no .env file: the environment comes from outside.
            "--inspect"
            | "--inspect-brk"
            | "--inspect-wait"
            | "--env-file"
            | "--env-file-if-exists" => {}
            "-r" | "--require"
                if value.is_some_and(|v| v.starts_with("dotenv"))
                    && app.package.dependency("dotenv") != Some(Kind::Production) => {}
            _ => {
                entry.launch.flags.push(word.to_owned());
                entry.launch.flags.extend(value.map(str::to_owned));
            }
        }
    }
    let Some(file) = words.find(|word| *word != "--") else {
        return Err("node is given no file".to_owned());
    };
    file.clone_into(&mut entry.launch.file);
    entry.launch.args = words.map(str::to_owned).collect();
    Ok(())
}

/// A command that a dependency brings.
fn package_command(
    app: &App,
    name: &str,
    rest: &[&str],
    mut entry: Entry,
) -> Result<Entry, String> {
    let bins: BTreeMap<String, String> = app.catalog.table("bin").unwrap_or_default();
    let packages: BTreeMap<String, String> = app.catalog.table("bin_package").unwrap_or_default();
    let dev: Vec<String> = app.catalog.table("dev_tools").unwrap_or_default();
    let package = packages.get(name).map_or(name, String::as_str);
    if dev.iter().any(|tool| tool == name) {
        return Err(format!("{name} is a tool for development"));
    }
    let Some(kind) = app.package.dependency(package) else {
        return Err(format!(
            "`{name}` is no dependency of the package and no file of the repository"
        ));
    };
    let known = || bins.get(name).map(|path| format!("node_modules/{path}"));
    let file =
        app.locked_command(package, name).or_else(known).or_else(|| app.linked_command(name));
    let Some(file) = file else {
        return Err(format!(
            "where the package {package} keeps its command {name} is not known with this package manager"
        ));
    };
    entry.launch.file = file;
    entry.launch.args = rest.iter().map(|w| (*w).to_owned()).collect();
    entry.launch.layout = if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    name.clone_into(&mut entry.id);
    if kind == Kind::Development {
        keep(app, package, &mut entry);
    }
    Ok(entry)
}

/// A development dependency is needed at run time.
fn keep(app: &App, package: &str, entry: &mut Entry) {
    entry.launch.keep_development = true;
    entry.findings.push(Finding::new(
        "dev-dependency-at-run-time",
        Severity::Warning,
        format!("{package} is a development dependency, and the start command needs it"),
        [app.package.at_dependency(package, "listed for development")],
        "all development dependencies stay in the image, which makes it larger",
        format!("move {package} to `dependencies`, or start compiled files"),
    ));
}

/// A TypeScript loader: compiled files where the build makes them, else the loader itself.
fn loaded(app: &App, tool: &str, mut entry: Entry) -> Result<Entry, String> {
    let package = match tool {
        "ts-node-dev" | "tsnd" => "ts-node-dev",
        "ts-node-esm" => "ts-node",
        "babel-node" => "@babel/node",
        other => other,
    };
    let production =
        app.package.dependency(package) == Some(Kind::Production) && tool != "ts-node-dev";
    if !production && app.build_script().is_some() && app.compiled(&entry.launch.file).is_some() {
        return settle(app, entry);
    }
    match tool {
        // One process that handles its own signals: https://tsx.is/dev-api/node-cli
        "tsx" | "esno" => {
            entry.launch.flags.extend(["--import".to_owned(), "tsx".to_owned()]);
            // Its cache is in /tmp, which a read-only root has not.
            entry.launch.env.push(("TSX_DISABLE_CACHE".to_owned(), "1".to_owned()));
        }
        "ts-node" | "ts-node-dev" | "tsnd" => {
            entry.launch.flags.extend(["-r".to_owned(), "ts-node/register".to_owned()]);
        }
        _ => return package_command(app, tool, &[entry.launch.file.as_str()], entry.clone_empty()),
    }
    let loader = if tool == "tsx" || tool == "esno" { "tsx" } else { "ts-node" };
    if !app.package.has(loader) {
        return Err(format!("{loader} is no dependency of the package"));
    }
    if app.package.dependency(loader) == Some(Kind::Development) {
        keep(app, loader, &mut entry);
    }
    entry.launch.layout = if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    entry.launch.source = app.finds(&entry.launch.file);
    entry.launch.file = entry.launch.source.clone().unwrap_or_else(|| entry.launch.file.clone());
    entry.id.clone_from(&entry.launch.file);
    Ok(entry)
}

impl Entry {
    fn clone_empty(&self) -> Self {
        Self {
            id: String::new(),
            launch: Launch { env: self.launch.env.clone(), ..Launch::default() },
            evidence: Vec::new(),
            shell: None,
            findings: Vec::new(),
            development: self.development,
        }
    }
}

/// Finds the file: in the repository, or in what the build makes.
fn settle(app: &App, mut entry: Entry) -> Result<Entry, String> {
    let named = entry.launch.file.clone();
    let Some(path) = RelPath::new(&named) else {
        return Err(format!("{named} lies outside the application"));
    };
    let wanted = path.as_str().to_owned();
    let typescript = |file: &str| [".ts", ".tsx", ".mts", ".cts"].iter().any(|e| file.ends_with(e));
    let loader = entry.launch.flags.iter().any(|flag| {
        ["ts-node", "tsx", "@swc", "esbuild-register"].iter().any(|l| flag.contains(l))
    });
    if wanted.starts_with("node_modules/") {
        entry.launch.file = wanted;
        entry.launch.layout =
            if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    } else if let Some(found) = app.finds(&wanted) {
        if typescript(&found) && app.build_script().is_some() && app.compiled(&found).is_some() {
            let compiled = app.compiled(&found).unwrap_or_default();
            entry.launch.flags.retain(|flag| flag != "-r" || !loader);
            entry.launch.flags.retain(|flag| {
                !(["ts-node", "tsx"].iter().any(|l| flag.contains(l))
                    || loader && flag == "--import")
            });
            entry.launch.outputs = vec![top(&compiled)];
            entry.launch.file = compiled;
            entry.launch.layout = Layout::Output;
        } else {
            entry.launch.layout = if app.builds() { Layout::Tree } else { Layout::Source };
            entry.launch.file.clone_from(if loader || typescript(&found) {
                &found
            } else {
                &wanted
            });
        }
        entry.launch.source = Some(found);
    } else if app.builds() || app.compiles() {
        entry.launch.outputs = vec![top(&wanted)];
        entry.launch.source = app.source_of(&wanted);
        entry.launch.file = wanted;
        entry.launch.layout = Layout::Output;
    } else {
        return Err(format!("{named} is not in the repository, and no script builds it"));
    }
    entry.id.clone_from(&entry.launch.file);
    Ok(entry)
}

/// The folder that the build writes: the first component of a file in it.
fn top(file: &str) -> String {
    file.split('/').next().unwrap_or(file).to_owned()
}

fn is_script(word: &str) -> bool {
    let extension = word.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "tsx" | "jsx")
        && !word.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    /// `node <flags> <file> <args>` for a script `start`, with the layout; else why it starts
    /// nothing.
    fn start(manifest: &str, files: &[(&str, &str)]) -> Result<(String, Layout), String> {
        let mut all = vec![("package.json", manifest)];
        all.extend(files.iter().copied());
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (entries, refused) = from_scripts(&app).unwrap();
        let Some(entry) = entries.first() else { return Err(refused[0].1.clone()) };
        let launch = &entry.launch;
        let env: Vec<String> = launch.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let words: Vec<&[String]> =
            vec![&env, &launch.flags, std::slice::from_ref(&launch.file), &launch.args];
        Ok((words.concat().join(" "), launch.layout))
    }

    fn plain(script: &str) -> Result<String, String> {
        let manifest = format!(
            r#"{{"scripts": {{"start": {script:?}, "serve:it": "node ./server.js --x"}},
            "dependencies": {{"next": "9", "cross-env": "7", "tsx": "4"}}, "devDependencies": {{"ts-node": "10"}}}}"#
        );
        let config = r#"{"apps": [{"script": "./server.js", "args": "-a b"}]}"#;
        start(
            &manifest,
            &[
                ("server.js", ""),
                ("src/index.ts", ""),
                ("ecosystem.config.json", config),
                ("lib/index.js", ""),
            ],
        )
        .map(|found| found.0)
    }

    #[test]
    fn a_plain_start_is_recognised_in_every_dress() {
        for (script, expected) in [
            ("node server.js", "server.js"),
            ("node server", "server"),
            ("node ./lib", "lib"),
            (
                "PORT=1 node --max-old-space-size=512 -r ./x.js server.js --a",
                "PORT=1 --max-old-space-size=512 -r ./x.js server.js --a",
            ),
            ("cross-env A=b node server.js", "A=b server.js"),
            ("exec node --env-file=.env server.js", "server.js"),
            ("npm run serve:it -- --y", "server.js --x --y"),
            ("yarn serve:it", "server.js --x"),
            ("nodemon server.js", "server.js"),
            ("pm2 start ecosystem.config.json --no-daemon", "server.js -a b"),
            ("pm2-runtime server.js", "server.js"),
            ("echo hi && node server.js", "server.js"),
            ("tsx src/index.ts", "TSX_DISABLE_CACHE=1 --import tsx src/index.ts"),
            ("ts-node src/index.ts", "-r ts-node/register src/index.ts"),
            ("node server.js | pino-pretty", "server.js"),
        ] {
            assert_eq!(plain(script).as_deref(), Ok(expected), "{script}");
        }
    }

    #[test]
    fn what_starts_nothing_says_why() {
        for (script, why) in [
            ("node dist/x.js", "not in the repository"),
            ("bun --version", "no file"),
            ("concurrently a b", "development"),
            ("vite", "development"),
            ("mystery --x", "no dependency"),
            ("node server.js $ARGS", "shell"),
            ("node", "no file"),
        ] {
            assert!(plain(script).unwrap_err().contains(why), "{script}");
        }
    }

    #[test]
    fn built_files_come_from_the_build() {
        let manifest = r#"{"scripts": {"start": "node dist/index.js", "build": "tsc"}, "devDependencies": {"typescript": "5"}}"#;
        let config =
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#);
        assert_eq!(
            start(manifest, &[config, ("src/index.ts", "")]),
            Ok(("dist/index.js".into(), Layout::Output))
        );
        // A loader for development gives way to compiled files.
        let loader = r#"{"scripts": {"start": "ts-node src/index.ts", "build": "tsc"}, "devDependencies": {"ts-node": "10"}}"#;
        assert_eq!(
            start(loader, &[config, ("src/index.ts", "")]),
            Ok(("dist/index.js".into(), Layout::Output))
        );
        let both = r#"{"scripts": {"start": "node server.js", "build": "vite build"}}"#;
        assert_eq!(start(both, &[("server.js", "")]), Ok(("server.js".into(), Layout::Tree)));
        // No build script, but a compiler that knows where to write.
        let compiler = r#"{"scripts": {"start": "node dist/index.js"}, "devDependencies": {"typescript": "5"}}"#;
        assert_eq!(
            start(compiler, &[config, ("src/index.ts", "")]),
            Ok(("dist/index.js".into(), Layout::Output))
        );
    }

    #[test]
    fn production_scripts_come_before_development() {
        let manifest = r#"{"scripts": {"start": "nodemon a.js", "start:prod": "node b.js"}}"#;
        assert_eq!(start(manifest, &[("a.js", ""), ("b.js", "")]).unwrap().0, "b.js");
        let circle = r#"{"scripts": {"start": "npm run start"}}"#;
        assert!(start(circle, &[]).is_err());
    }

    #[test]
    fn a_chain_runs_what_stands_before_by_a_shell() {
        let repo = Repo::from_files([
            (
                "package.json",
                r#"{"scripts": {"start": "npm run migrate && node s.js", "migrate": "node m.js 'a b'", "prestart": "tsc"}}"#,
            ),
            ("s.js", ""),
            ("m.js", ""),
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entry = from_scripts(&app).unwrap().0.remove(0);
        assert_eq!(entry.launch.before.as_deref(), Some("node m.js 'a b'"));
        assert_eq!(entry.id, "start");
        assert!(entry.shell.is_some());
    }
}
