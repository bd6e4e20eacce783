//! What the container starts: scripts that come down to a plain `node file`, then `main`, `bin`
//! and the usual file names.

mod command;
mod delegated;
mod files;
mod flags;
mod made;
mod pm2;
mod prepared;
mod process;
pub(crate) mod roles;
mod settle;
mod several;
mod shell;
mod started;
mod tool_files;
mod variables;
mod watched;

use command::keep;
pub(crate) use command::kept;
pub(crate) use files::{exports_alone, from_files, named};
use settle::settle;
pub(crate) use several::of_runner;
pub(crate) use started::with_recipes;
pub(crate) use variables::settle as settle_variables;

use anyhow::Result;

use super::App;
use super::launch::Launch;
use super::manifest::Kind;
use super::script::{self, BACKGROUND, Command};
use crate::detect::node::codes;
use crate::docker::lint::is_secret_name;
use crate::facts::{Evidence, Finding, Sourced};
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

/// How many scripts may call one another in a row.
const MAX_DEPTH: usize = 8;

/// Something to start.
#[derive(Default)]
pub(crate) struct Entry {
    /// The answer that selects it.
    pub(crate) id: String,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
    /// Set if it needs a shell, with the reason.
    pub(crate) shell: Option<Evidence>,
    pub(crate) findings: Vec<Finding>,
    /// True if a developer's tool starts it. Any other entry is likelier.
    pub(crate) development: bool,
    /// The name of the dependency's command that it starts.
    pub(crate) command: Option<String>,
    /// True if its start script starts other programs beside it.
    pub(crate) beside: bool,
    /// Variables whose value the image fixes in the command line.
    pub(crate) fixed: Vec<(String, String)>,
    /// True if nothing in the repository makes its file. Any other entry is likelier.
    pub(crate) unmade: bool,
    /// The script that starts it.
    pub(crate) script: Option<String>,
    /// Folders that the commands before it make or fill.
    pub(crate) writable: Vec<Sourced<String>>,
}

impl Entry {
    /// The words of its command line.
    fn words(&self) -> impl Iterator<Item = &String> {
        let launch = &self.launch;
        launch.flags.iter().chain([&launch.file]).chain(&launch.args)
    }

    /// True if its script first runs something that the image cannot run.
    fn is_cut(&self) -> bool {
        self.findings.iter().any(|finding| finding.code == codes::START_CHAIN)
    }
}

/// The result of reading a script.
pub(crate) enum Outcome {
    /// The programs that it starts: several, if it starts them side by side.
    Start(Vec<Entry>),
    /// A web server for built files.
    Site,
    /// Nothing for production, with the reason.
    No(String),
}

/// A script that starts nothing, and the reason.
pub(crate) type Refused = (String, String);

/// Every entry that the scripts give, best first, and why the other scripts give none.
pub(crate) fn from_scripts(app: &App) -> Result<(Vec<Entry>, Vec<Refused>)> {
    let (mut entries, mut refused): (Vec<Entry>, Vec<Refused>) = (Vec::new(), Vec::new());
    for name in SCRIPTS {
        if app.package.script(name).is_none() {
            continue;
        }
        match resolve(app, name)? {
            Outcome::Start(found) => {
                for entry in found {
                    match entries.iter_mut().find(|held| held.id == entry.id) {
                        // The same program, but with everything that its script runs before it.
                        Some(held) if held.is_cut() && !entry.is_cut() => *held = entry,
                        Some(_) => {}
                        None => entries.push(entry),
                    }
                }
            }
            Outcome::Site => refused.push((name.to_owned(), "serves built files".to_owned())),
            Outcome::No(why) => refused.push((name.to_owned(), why)),
        }
    }
    // The servers of Vite's templates for rendering: `preview` starts what `dev` starts, built.
    if entries.is_empty()
        && app.package.script("preview").is_some_and(|text| text.contains("NODE_ENV=production"))
        && let Outcome::Start(found) = resolve(app, "preview")?
    {
        entries = found;
    }
    if entries.is_empty() {
        entries = roles::servers(app)?;
    }
    entries.sort_by_key(|entry| (entry.development, entry.unmade));
    from_its_folder(&mut entries, &mut refused);
    Ok((entries, refused))
}

/// Takes out what starts the same program from the folder of its file: `node main`, beside
/// `node dist/main`.
fn from_its_folder(entries: &mut Vec<Entry>, refused: &mut Vec<Refused>) {
    let made = entries.iter().filter(|entry| !entry.unmade);
    let made: Vec<String> = made.map(|entry| entry.launch.file.clone()).collect();
    entries.retain(|entry| {
        let file = format!("/{}", entry.launch.file);
        let Some(same) = made.iter().find(|held| entry.unmade && held.ends_with(&file)) else {
            return true;
        };
        let why = format!("it starts {same} from another folder");
        let script = entry.script.clone().unwrap_or_else(|| entry.id.clone());
        refused.push((script, why));
        false
    });
}

/// Reads one script down to the programs that it starts.
pub(crate) fn resolve(app: &App, name: &str) -> Result<Outcome> {
    let mut commands = Vec::new();
    let mut shell = None;
    flatten(app, name, &mut Vec::new(), &mut commands, &mut shell);
    let text = app.package.script(name).unwrap_or_default();
    let place = |note: String| app.package.at(&["scripts", name], note);
    let (mut commands, mut fixed) = variables::spread(app, commands);
    let (findings, mut aside) = follow_files(app, &mut commands, &mut fixed)?;
    commands.retain(|command| (command.otherwise || !is_idle(command)) && !is_build(app, command));
    while commands.last().is_some_and(|last| last.otherwise && is_idle(last)) {
        commands.pop();
    }
    aside.retain(|command| !is_idle(command) && !is_build(app, command));
    let beside = shell == Some(BACKGROUND) && commands.len() > 1;
    let processes = if beside {
        several::background(std::mem::take(&mut commands))
    } else if !aside.is_empty() {
        // What stands in the foreground last runs beside them; the rest runs before it.
        aside.extend(commands.pop());
        several::background(aside)
    } else {
        let Some(last) = commands.pop() else {
            return Ok(Outcome::No("it only builds".to_owned()));
        };
        if is_web_server(app, &last) {
            return Ok(Outcome::Site);
        }
        match several::of(app, &last)? {
            Some(processes) => processes,
            None => vec![process::Process { name: String::new(), command: last, evidence: None }],
        }
    };
    let stated = place(format!("the script {name} is `{text}`"));
    let names: Vec<String> = processes.iter().map(|process| process.name.clone()).collect();
    let (mut entries, mut why) =
        (Vec::new(), "it starts nothing that dockgen understands".to_owned());
    for process in &processes {
        let last = &process.command;
        let outcome = if is_web_server(app, last) {
            Err("a web server for built files".to_owned())
        } else {
            node(app, last)?
        };
        let mut entry = match outcome {
            Ok(entry) => entry,
            Err(refused) => {
                why = refused;
                continue;
            }
        };
        let shell = shell.filter(|_| !beside);
        if let Some(needs) = shell
            && entry.words().any(|word| word.contains(['$', '`', '>', '<']))
        {
            why = format!("it needs a shell for {needs}");
            continue;
        }
        entry.fixed.extend(fixed.iter().cloned());
        entry.findings.extend(variables::finding(&entry.fixed, stated.clone()));
        entry.evidence.extend(process.evidence.clone());
        entry.evidence.insert(0, stated.clone());
        entry.findings.extend(findings.iter().cloned());
        for finding in flags::wrappers(app, text) {
            if !entry.findings.iter().any(|held| held.code == finding.code) {
                entry.findings.push(finding);
            }
        }
        entry.script = Some(name.to_owned());
        entry.beside = names.len() > 1;
        prepared::before(app, name, &commands, &stated, &mut entry)?;
        if entry.beside {
            entry.findings.push(several::finding(name, &names, stated.clone()));
        }
        entries.push(entry);
    }
    if names.len() > 1 {
        why = format!("it starts {} side by side, and {why}", names.join(", "));
    }
    Ok(if entries.is_empty() { Outcome::No(why) } else { Outcome::Start(entries) })
}

/// Replaces commands that run shell files by the commands in those files. Returns the findings,
/// and the commands that those files start in the background.
fn follow_files(
    app: &App,
    commands: &mut Vec<Command>,
    fixed: &mut Vec<(String, String)>,
) -> Result<(Vec<Finding>, Vec<Command>)> {
    let (mut findings, mut aside) = (Vec::new(), Vec::new());
    for command in std::mem::take(commands) {
        match shell::follow(app, &command)? {
            Some(followed) => {
                findings.extend(followed.finding);
                fixed.extend(followed.fixed);
                let scripts = app.package.scripts();
                let lists = [(followed.commands, &mut *commands), (followed.aside, &mut aside)];
                for (list, into) in lists {
                    for command in list {
                        match script::runs_script(&command, &scripts) {
                            Some((name, _)) => {
                                flatten(app, name, &mut Vec::new(), into, &mut None);
                            }
                            None => into.push(command),
                        }
                    }
                }
            }
            None => commands.push(command),
        }
    }
    Ok((findings, aside))
}

/// Appends the commands of a script. Commands that run another script are replaced by its
/// commands.
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
        flatten_chain(app, chain, seen, into, shell);
    }
    seen.pop();
}

fn flatten_chain(
    app: &App,
    chain: script::Chain,
    seen: &mut Vec<String>,
    into: &mut Vec<Command>,
    shell: &mut Option<&'static str>,
) {
    let scripts = app.package.scripts();
    let mut dir = RelPath::root();
    let mut given: Vec<(String, String)> = Vec::new();
    for command in chain.commands {
        let mut command = script::unwrap(command);
        if let Some(pair) = script::set(&command) {
            given.push(pair);
            continue;
        }
        command.env.splice(0..0, given.iter().cloned());
        if let Some(to) = folder(&command) {
            dir = dir.join(&to).unwrap_or_default();
            continue;
        }
        if !dir.is_root() {
            // The scripts in that folder belong to another package.
            dir.as_str().clone_into(&mut command.dir);
            into.push(command);
            continue;
        }
        if let Some(names) = several::in_sequence(app, &command) {
            for name in names {
                flatten(app, &name, seen, into, shell);
            }
            continue;
        }
        match script::runs_script(&command, &scripts) {
            Some((next, args)) => {
                let from = into.len();
                flatten(app, next, seen, into, shell);
                if let Some(last) = into.get_mut(from..).and_then(<[Command]>::last_mut) {
                    last.argv.extend(args.iter().cloned());
                    last.env.extend(command.env.iter().cloned());
                    // `dotenv -e .env --` wraps the command that the calling script appends.
                    *last = script::unwrap(std::mem::take(last));
                }
            }
            None => into.push(command),
        }
    }
}

/// The commands of a script. Commands that run another script are replaced by its commands.
pub(crate) fn commands(app: &App, name: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    flatten(app, name, &mut Vec::new(), &mut commands, &mut None);
    commands
}

/// The folder to which `cd` changes.
fn folder(command: &Command) -> Option<String> {
    match command.argv.as_slice() {
        [cd, to] if cd == "cd" && !to.starts_with('/') && !to.contains(['$', '`', '~']) => {
            Some(to.clone())
        }
        _ => None,
    }
}

/// Appends the commands of a line that another tool runs. Commands that run a script are replaced
/// by its commands.
fn flatten_line(app: &App, line: &str, into: &mut Vec<Command>) {
    flatten_chain(app, script::parse(line), &mut Vec::new(), into, &mut None);
}

/// True for a command that does nothing a container needs.
fn is_idle(command: &Command) -> bool {
    matches!(
        command.argv.first().map(String::as_str),
        None | Some("echo" | "true" | "clear" | "rimraf" | "rm" | "sleep" | "husky" | "kill-port")
    )
}

/// True for a command that belongs to the build stage.
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

/// True if a command of the build may be the compiler that writes where tsconfig.json says.
fn may_compile(app: &App) -> Result<bool> {
    let Some(build) = app.build_script() else { return Ok(false) };
    let others: Vec<String> = app.catalog.table("no_compilers")?;
    let commands = commands(app, &build);
    Ok(commands.iter().filter(|command| !is_idle(command)).any(|command| {
        let tool = command.argv.first().map(String::as_str).unwrap_or_default();
        let tool = tool.rsplit('/').next().unwrap_or(tool);
        let checks = command.argv.iter().any(|word| word == "--noEmit");
        !checks && others.iter().all(|other| other != tool)
    }))
}

fn is_web_server(app: &App, command: &Command) -> bool {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    // A production dependency that serves pages of the repository, with no build, is the program
    // itself.
    let held = |word: &str| app.dir.join(word).is_some_and(|path| app.dir.repo.is_dir(&path));
    if let Some((first, rest)) = words.split_first()
        && matches!(*first, "serve" | "http-server")
        && app.package.dependency(first) == Some(Kind::Production)
        && !app.builds()
        && rest.iter().any(|word| held(word))
    {
        return false;
    }
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

/// Leaves out of the environment what the image cannot load or may not hold.
fn in_image(app: &App, entry: &mut Entry) {
    flags::from_environment(app, entry);
    let (secret, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut entry.launch.env).into_iter().partition(|(key, _)| is_secret_name(key));
    entry.launch.env = kept;
    for (key, _) in secret {
        let evidence = app.package.at(&["scripts"], format!("sets {key}"));
        let what = format!("the image leaves out {key}, which the start script sets");
        let fix = format!("pass it when the container starts: `docker run -e {key}=VALUE ...`");
        let found = Finding::new(codes::START_SECRET, what, [evidence]).with_fix(fix);
        if !entry.findings.contains(&found) {
            entry.findings.push(found);
        }
    }
}

/// Leaves out of a launch's `NODE_OPTIONS` what the image cannot load.
pub(crate) fn options(app: &App, launch: &mut Launch, findings: &mut Vec<Finding>) {
    let mut entry = Entry { launch: std::mem::take(launch), ..Entry::default() };
    in_image(app, &mut entry);
    *launch = entry.launch;
    findings.append(&mut entry.findings);
}

/// A plain start of Node.js, or the reason why a command is none.
type PlainStart = std::result::Result<Entry, String>;

/// Reads a command as a plain start of Node.js.
fn node(app: &App, command: &Command) -> Result<PlainStart> {
    if let Some(inner) = delegated::command(app, command) {
        return node(app, &inner);
    }
    let settled = variables::settle(app, command);
    let command = &settled.command;
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    if !command.dir.is_empty() && !matches!(words.first(), Some(&("node" | "nodejs"))) {
        return Ok(Err(format!("`{}` runs in the folder {}", words.join(" "), command.dir)));
    }
    let launch = Launch { env: command.env.clone(), ..Launch::default() };
    let mut entry = Entry { launch, fixed: settled.fixed, ..Entry::default() };
    in_image(app, &mut entry);
    match words.as_slice() {
        [] => return Ok(Err("it is empty".to_owned())),
        ["node" | "nodejs", rest @ ..] => {
            if let Err(why) = flags::read(app, rest, &mut entry) {
                return Ok(Err(why));
            }
            if !command.dir.is_empty() {
                entry.launch.file = format!("{}/{}", command.dir, entry.launch.file);
                entry.launch.dir = Some(command.dir.clone());
            }
        }
        [tool @ ("nodemon" | "forever" | "supervisor" | "node-dev"), rest @ ..] => {
            return watched::restarted(app, tool, rest, entry);
        }
        [
            tool @ ("tsx" | "ts-node" | "ts-node-esm" | "ts-node-dev" | "tsnd" | "babel-node"
            | "esno" | "swc-node"),
            rest @ ..,
        ] => {
            entry.development = matches!(*tool, "ts-node-dev" | "tsnd") || rest.contains(&"watch");
            let starts = |w: &str| is_script(w) || app.finds(w).is_some_and(|found| found != w);
            let operands = watched::operands(app, tool, rest)?;
            let mut named = operands.into_iter().filter(|(_, word)| *word != "watch");
            let Some((at, _)) = named.find(|(_, word)| starts(word)) else {
                return Ok(Err(format!("{tool} is given no file")));
            };
            flags::preloads(app, &rest[..at], &mut entry);
            rest[at].clone_into(&mut entry.launch.file);
            entry.launch.args = rest[at + 1..].iter().map(|w| (*w).to_owned()).collect();
            return command::loaded(app, tool, entry);
        }
        ["bun", rest @ ..] => {
            let Some(file) = rest.iter().find(|w| is_script(w)) else {
                return Ok(Err("bun is given no file".to_owned()));
            };
            (*file).clone_into(&mut entry.launch.file);
            // No image can be written for Bun yet, so anything that Node.js starts is likelier.
            entry.development = true;
            entry.findings.push(super::scan::bun_only(
                app.package.at(&["scripts"], format!("`{}`", command.argv.join(" "))),
            ));
        }
        [first, ..] if is_script(first) && app.finds(first).is_some() => {
            (*first).clone_into(&mut entry.launch.file);
            entry.launch.args = command.argv[1..].to_vec();
        }
        [name, rest @ ..] => return Ok(command::brought(app, name, rest, entry)),
    }
    settle(app, entry)
}

impl Entry {
    fn clone_empty(&self) -> Self {
        Self {
            launch: Launch { env: self.launch.env.clone(), ..Launch::default() },
            development: self.development,
            ..Self::default()
        }
    }
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
    use crate::detect::node::launch::Layout;
    use crate::repo::Repo;

    /// `node <flags> <file> <args>` for a script `start`, with the layout; else why it starts
    /// nothing.
    #[test]
    fn a_script_that_prepares_a_checkout_gives_way_to_the_one_that_starts() {
        let scripts = r#"{"scripts": {"start": "node index.js", "client": "cd client && npx x",
            "prod": "npm run client && npm ci && node index.js"}}"#;
        let repo = Repo::from_files([("package.json", scripts), ("index.js", "")]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (entries, _) = from_scripts(&app).unwrap();
        assert_eq!(entries.len(), 1);
        assert!(!entries[0].is_cut());
    }

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
                ("x.js", ""),
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
    fn variables_named_like_secrets_are_left_out_and_said() {
        let manifest = r#"{"scripts": {"start": "TOKEN_TTL=60 A=b node a.js"}}"#;
        let repo = Repo::from_files([("package.json", manifest), ("a.js", "")]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entry = from_scripts(&app).unwrap().0.remove(0);
        assert_eq!(entry.launch.env, [("A".to_owned(), "b".to_owned())]);
        assert_eq!(entry.findings[0].code.as_str(), "start-secret");
    }

    #[test]
    fn what_wrappers_add_to_the_environment_is_said() {
        let said = |script: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "{script}"}}, "dependencies": {{"tsx": "4"}}}}"#
            );
            let files = [("package.json", manifest.as_str()), ("a.js", ""), ("a.ts", "")];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = from_scripts(&app).unwrap().0.remove(0);
            entry.findings.iter().any(|finding| finding.what.contains("leaves out"))
        };
        for script in [
            "env-cmd -f ./config/prod.env node a.js",
            "dotenv -e .env.production -- node a.js",
            "tsx --env-file=.env a.ts",
            "doppler run -- node a.js",
        ] {
            assert!(said(script), "{script}");
        }
        for script in ["dotenv -- node a.js", "node a.js", "tsx a.ts --env-file-if-exists=x"] {
            assert!(!said(script), "{script}");
        }
    }

    #[test]
    fn what_node_options_loads_is_in_the_image_or_left_out() {
        let of = |options: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "NODE_OPTIONS='{options}' node a.js"}},
                "devDependencies": {{"hook": "1"}}}}"#
            );
            let files = [("package.json", manifest.as_str()), ("a.js", ""), ("own.js", "")];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = from_scripts(&app).unwrap().0.remove(0);
            let text = entry.launch.env.first().map(|(_, value)| value.clone());
            (text, entry.launch.keep_development, entry.findings.len())
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(of("--require ./.pnp.cjs"), (None, false, 0));
        assert_eq!(
            of("-r ./gone.js --max-old-space-size=9"),
            (text("--max-old-space-size=9"), false, 1)
        );
        assert_eq!(of("--require ./own.js"), (text("--require ./own.js"), false, 0));
        assert_eq!(of("--import=hook/register"), (text("--import=hook/register"), true, 1));
        assert_eq!(of("--env-file=.env"), (None, false, 1));
    }

    #[test]
    fn a_shell_file_may_start_programs_in_the_background() {
        let of = |script: &str| {
            let repo = Repo::from_files([
                ("package.json", r#"{"scripts": {"start": "sh run.sh"}}"#),
                ("run.sh", script),
                ("m.js", ""),
                ("w.js", ""),
                ("a.js", ""),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entries = from_scripts(&app).unwrap().0;
            let words = entries.iter().map(|entry| match &entry.launch.before {
                Some(before) => format!("{before} && {}", entry.launch.file),
                None => entry.launch.file.clone(),
            });
            let said = entries.iter().all(|entry| entry.beside);
            (words.collect::<Vec<_>>().join(", "), said)
        };
        let both = || ("w.js, a.js".to_owned(), true);
        assert_eq!(of("#!/bin/sh\nnode w.js &\nnode a.js\n"), both());
        assert_eq!(of("node w.js & node a.js\n"), both());
        assert_eq!(of("node w.js &\nnode a.js &\nwait\n"), both());
        let after = "node m.js && w.js, node m.js && a.js".to_owned();
        assert_eq!(of("node m.js\nnode w.js &\nexec node a.js\n"), (after, true));
    }

    #[test]
    fn folders_stand_for_their_main_file_and_cd_moves_the_start() {
        let launch = |script: &str, main: &str, files: &[(&str, &str)]| {
            let manifest = format!(
                r#"{{"main": "{main}", "scripts": {{"start": "{script}", "build": "tsc"}}}}"#
            );
            let config = r#"{"compilerOptions": {"outDir": "build", "rootDir": "src"}}"#;
            let mut all = vec![("package.json", manifest.as_str()), ("tsconfig.json", config)];
            all.extend(files);
            let repo = Repo::from_files(all);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let mut entries = from_scripts(&app).unwrap().0;
            entries.pop().map(|entry| (entry.launch.file, entry.launch.dir))
        };
        let source = [("src/server.ts", "")];
        let built = Some("build".to_owned());
        assert_eq!(launch("node .", "lib/app.js", &[("lib/app.js", "")]).unwrap().0, "lib/app.js");
        assert_eq!(launch("node .", "./build/server", &source).unwrap().0, "build/server");
        assert_eq!(
            launch("cd build && node server.js", "", &source),
            Some(("build/server.js".to_owned(), built))
        );
        assert_eq!(
            launch("cd x && tsc && cd .. && node build/server.js", "", &source),
            Some(("build/server.js".to_owned(), None))
        );
        // The scripts there are those of another package.
        assert_eq!(launch("cd server && npm start", "", &source), None);
    }

    #[test]
    fn what_starts_nothing_says_why() {
        for (script, why) in [
            ("node dist/x.js", "not in the repository"),
            ("bun --version", "no file"),
            ("concurrently a b", "side by side"),
            ("vite", "development"),
            ("mystery --x", "neither a dependency"),
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
        // Compiled files win over a loader for development.
        let loader = r#"{"scripts": {"start": "ts-node src/index.ts", "build": "tsc"}, "devDependencies": {"ts-node": "10"}}"#;
        assert_eq!(
            start(loader, &[config, ("src/index.ts", "")]),
            Ok(("dist/index.js".into(), Layout::Output))
        );
        let both = r#"{"scripts": {"start": "node server.js", "build": "vite build"}}"#;
        assert_eq!(start(both, &[("server.js", "")]), Ok(("server.js".into(), Layout::Tree)));
        // The compiler writes beside the sources.
        let place = r#"{"scripts": {"start": "node ./src/index", "build": "tsc && x"}}"#;
        let started = |options: &str| {
            let config = format!(r#"{{"compilerOptions": {options}}}"#);
            start(place, &[("tsconfig.json", config.as_str()), ("src/index.ts", "")])
        };
        assert_eq!(started("{}"), Ok(("src/index.js".into(), Layout::Tree)));
        assert_eq!(started(r#"{"noEmit": true}"#), Ok(("src/index.ts".into(), Layout::Tree)));
        // There is no build script, but the compiler's settings name the output.
        let compiler = r#"{"scripts": {"start": "node dist/index.js"}, "devDependencies": {"typescript": "5"}}"#;
        assert_eq!(
            start(compiler, &[config, ("src/index.ts", "")]),
            Ok(("dist/index.js".into(), Layout::Output))
        );
    }

    /// What the script `start` runs side by side, and the codes of the first one's findings.
    fn beside(script: &str, more: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let manifest = format!(
            r#"{{"scripts": {{"start": {script:?}, "web": "node web.js", "job": "node job.js"}}}}"#
        );
        let mut files = vec![("package.json", manifest.as_str()), ("web.js", ""), ("job.js", "")];
        files.extend(more);
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entries = from_scripts(&app).unwrap().0;
        let codes =
            entries.first().map(|e| e.findings.iter().map(|f| f.code.to_string()).collect());
        (entries.into_iter().map(|entry| entry.id).collect(), codes.unwrap_or_default())
    }

    #[test]
    fn programs_side_by_side_are_entries_of_their_own() {
        for script in [
            "concurrently -k -n a,b \"node web.js\" \"node job.js\"",
            "concurrently npm:web npm:job",
            "run-p web job",
            "npm-run-all --parallel web job",
            "node web.js & node job.js",
        ] {
            let (ids, codes) = beside(script, &[]);
            assert_eq!(ids, ["web.js", "job.js"], "{script}");
            assert_eq!(codes, ["several-processes"], "{script}");
        }
        assert_eq!(beside("run-s job web", &[]).0, ["start"]);
    }

    #[test]
    fn pm2_files_name_processes_with_their_environment() {
        let file = "module.exports = { apps: [
            { name: 'web', script: 'npm', args: 'run web', env: { PORT: 1, A: 'b' }, env_production: { PORT: 8085 } },
            { name: 'job', script: './job.js', node_args: '--no-warnings' } ] }";
        let files = [("ecosystem.config.js", file)];
        let (ids, codes) = beside("pm2-runtime start ecosystem.config.js --env production", &files);
        assert_eq!(
            (ids, codes),
            (vec!["web.js".into(), "job.js".into()], vec!["several-processes".into()])
        );
        let (ids, codes) = beside("pm2-runtime ecosystem.config.js --only job", &files);
        assert_eq!((ids, codes), (vec!["job.js".to_owned()], vec![]));
        let all = [
            ("ecosystem.config.js", file),
            (
                "package.json",
                r#"{"scripts": {"web": "node web.js",
            "start": "pm2 start ecosystem.config.js --env production"}}"#,
            ),
            ("web.js", ""),
        ];
        let repo = Repo::from_files(all);
        let entry = from_scripts(&App::read(&repo.root()).unwrap().unwrap()).unwrap().0.remove(0);
        let mut env = entry.launch.env;
        env.sort();
        assert_eq!(env, [("A".into(), "b".into()), ("PORT".into(), "8085".into())]);
    }

    #[test]
    fn files_of_the_shell_are_followed() {
        let manifest = r#"{"scripts": {"start": "./run.sh"}}"#;
        let read = |text: &str| {
            let repo = Repo::from_files([
                ("package.json", manifest),
                ("run.sh", text),
                ("web.js", ""),
                ("job.js", ""),
            ]);
            from_scripts(&App::read(&repo.root()).unwrap().unwrap()).unwrap().0.remove(0)
        };
        let plain = read("#!/bin/bash\nset -e\nexport A=b\nnode job.js\nexec node web.js \"$@\"\n");
        assert_eq!(plain.launch.before.as_deref(), Some("A=b node job.js"));
        assert_eq!((plain.launch.file.as_str(), plain.findings.len()), ("web.js", 0));
        assert_eq!(plain.launch.env, [("A".to_owned(), "b".to_owned())]);
        let more = read("#!/bin/sh\nif [ -n \"$X\" ]; then\n  node job.js\nfi\nnode web.js\n");
        assert_eq!(more.findings[0].code.as_str(), "start-script-shortened");
        assert_eq!(more.findings[0].evidence[0].place(), "run.sh:2");
        assert_eq!((more.launch.file.as_str(), more.launch.before), ("web.js", None));
    }

    #[test]
    fn what_a_flag_loads_is_in_the_image_or_the_flag_goes() {
        let loads = |script: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "node {script} dist/index.js", "build": "tsc"}},
                "dependencies": {{"newrelic": "1"}}, "devDependencies": {{"tsconfig-paths": "4", "typescript": "5"}}}}"#
            );
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                (
                    "tsconfig.json",
                    r#"{"extends": "./base.json", "compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#,
                ),
                ("base.json", "{}"),
                ("src/index.ts", ""),
                ("src/trace.ts", ""),
                ("trace.js", ""),
            ]);
            let launch =
                from_scripts(&App::read(&repo.root()).unwrap().unwrap()).unwrap().0.remove(0);
            let codes: Vec<String> = launch.findings.iter().map(|f| f.code.to_string()).collect();
            let launch = launch.launch;
            (launch.flags.join(" "), launch.carried.join(" "), codes.join(" "))
        };
        let told = |flags: &str, carried: &str, codes: &str| {
            (flags.to_owned(), carried.to_owned(), codes.to_owned())
        };
        assert_eq!(loads("-r ./.pnp.cjs"), told("", "", ""));
        assert_eq!(loads("-r newrelic"), told("-r newrelic", "", ""));
        assert_eq!(loads("--import ./trace.js"), told("--import ./trace.js", "trace.js", ""));
        assert_eq!(loads("-r ./dist/trace.js"), told("-r ./dist/trace.js", "", ""));
        assert_eq!(loads("-r ./gone.js"), told("", "", "preload-left-out"));
        assert_eq!(loads("-r other/register"), told("", "", "preload-left-out"));
        assert_eq!(
            loads("-r tsconfig-paths/register"),
            told(
                "-r tsconfig-paths/register",
                "tsconfig.json base.json",
                "dev-dependency-at-run-time"
            )
        );
    }

    #[test]
    fn a_start_script_may_count_from_what_the_build_makes() {
        let manifest = r#"{"scripts": {"start": "node bin/server.js", "build": "node ace build"}}"#;
        let config = r#"{"compilerOptions": {"rootDir": "./", "outDir": "./build"}}"#;
        let found = start(manifest, &[("tsconfig.json", config), ("bin/server.ts", "")]);
        assert_eq!(found, Ok(("build/bin/server.js".into(), Layout::Output)));
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
