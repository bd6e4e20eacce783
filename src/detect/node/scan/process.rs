//! Signals, programs of the system that the code starts, and subcommands.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::super::App;
use super::super::manifest::{Kind as Dependency, Package};
use super::super::token::{Kind, Token, arguments, closing, property};
use super::{House, Scan, Source, env_file, lines, named_programs, tagged};
use crate::catalog;
use crate::detect::node::codes;
use crate::detect::privileges::Privileged;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};
use crate::repo::Dir;

/// Libraries that install a handler for SIGTERM when they are used.
const HANDLERS: [&str; 6] = [
    "@godaddy/terminus",
    "http-graceful-shutdown",
    "close-with-grace",
    "lightship",
    "fastify-graceful-shutdown",
    "graceful-server",
];

/// Libraries for command lines with subcommands.
const COMMAND_LINES: [&str; 6] = ["commander", "yargs", "cac", "@oclif/core", "clipanion", "citty"];

/// Programs that developers' machines have and servers lack.
const DESKTOP: [&str; 12] = [
    "open",
    "start",
    "xdg-open",
    "osascript",
    "cmd",
    "cmd.exe",
    "powershell",
    "powershell.exe",
    "wmic",
    "reg",
    "sw_vers",
    "explorer",
];

/// Reads the sources. `certain` says that the program runs what they start; a framework may run
/// some sources only during its build.
pub(super) fn read(
    house: &House,
    sources: &[Source],
    certain: bool,
    scan: &mut Scan,
) -> Result<()> {
    let app = house.app;
    let programs = catalog::commands()?;
    let dependencies: BTreeMap<String, String> = app.catalog.table("dependency_packages")?;
    for (dependency, key) in &dependencies {
        // A framework's output contains what its sources import. A program that only the build's
        // own scripts start is not needed.
        let used = certain
            || !programs.values().any(|p| p == key)
            || sources.iter().any(|s| s.imports(dependency));
        let holder = holder(app, sources, dependency)?;
        if used
            && let Some(package) = holder
            && !is_brought(app, sources, key)?
        {
            let evidence = package.at_dependency(dependency, format!("{dependency} uses it"));
            key.split(' ').for_each(|key| add(scan, key, evidence.clone()));
        }
    }
    let privileged: Vec<Privileged> = app.catalog.table("privileged")?;
    for row in &privileged {
        let library = row.library.as_str();
        if certain && app.package.dependency(library) == Some(Dependency::Production) {
            scan.findings.push(row.finding(app.package.at_dependency(library, String::new())));
        }
    }
    let values = &|source: &Source, tokens: &[Token]| -> Vec<String> {
        let Ok(code) = house.code() else { return Vec::new() };
        let range = source.range(tokens);
        let mut texts = named_programs::texts(code, &source.code, range.clone());
        if range.len() != 1 || !named_programs::is_handed(&source.code, range.start) {
            let value = code.value(&source.code, range);
            texts.extend(value.alternatives().filter_map(|one| one.text()));
        }
        texts.into_iter().take(MAX_VALUES).collect()
    };
    let mut commands = Vec::new();
    for source in sources {
        scan.sigterm = scan.sigterm.take().or_else(|| sigterm(source));
        started((app, source), programs, (certain, values), scan);
        if certain
            && !scan.findings.iter().any(|finding| finding.code == FindingCode::DotenvRequired)
        {
            scan.findings.extend(env_file::demanded(source));
        }
        if let Some(evidence) = bun(source)
            .or_else(|| served_by_bun(app, source))
            .filter(|_| !scan.findings.iter().any(|finding| finding.code == codes::BUN_ONLY))
        {
            scan.findings.push(super::bun_only(evidence));
        }
        for library in COMMAND_LINES.iter().filter(|library| source.imports(library)) {
            commands.extend(
                subcommands(source)
                    .map(|at| (*library, source.at(at, format!("a subcommand, by {library}")))),
            );
        }
    }
    if scan.packages.iter().any(|package| package.value == "git")
        && certain
        && let Some(evidence) = sources.iter().find_map(by_ssh)
    {
        add(scan, "openssh-client", evidence);
    }
    // A single command offers no choice.
    if commands.len() >= 2
        && !scan.listens
        && let Some((library, _)) = commands.first()
    {
        let value = (*library).to_owned();
        let evidence = commands.into_iter().map(|(_, evidence)| evidence).take(8).collect();
        scan.subcommands = Some(Sourced::with(value, evidence));
    }
    Ok(())
}

/// The package that has a dependency for production: the application, or a member of the workspace
/// whose code is part of the program.
fn holder(app: &App, sources: &[Source], name: &str) -> Result<Option<Package>> {
    if app.package.dependency(name) == Some(Dependency::Production) {
        return Ok(Some(app.package.clone()));
    }
    for folder in app.workspace.iter().flat_map(|workspace| &workspace.needed) {
        let Some(package) = Package::read(&Dir::new(app.dir.repo, folder.clone()))? else {
            continue;
        };
        let uses = |source: &Source| source.path.is_within(folder) && source.imports(name);
        if package.dependency(name) == Some(Dependency::Production) && sources.iter().any(uses) {
            return Ok(Some(package));
        }
    }
    Ok(None)
}

/// True if another dependency, which the code imports, brings the program.
fn is_brought(app: &App, sources: &[Source], key: &str) -> Result<bool> {
    let brought: BTreeMap<String, String> = app.catalog.table("brought_programs")?;
    Ok(brought.iter().any(|(module, program)| {
        program == key
            && app.package.dependency(module) == Some(Dependency::Production)
            && sources.iter().any(|source| source.imports(module))
    }))
}

/// Git is told how to call `ssh`, which its package does not bring.
fn by_ssh(source: &Source) -> Option<Evidence> {
    let told = |text: &str| {
        text.contains("core.sshCommand") || text == "GIT_SSH_COMMAND" || text.starts_with("ssh -i")
    };
    let at = source.tokens.iter().find(|token| match &token.kind {
        Kind::Text(text) | Kind::Template(text) | Kind::Word(text) => told(text),
        _ => false,
    })?;
    Some(source.at(at.at, "git connects by ssh"))
}

/// A use of Bun's own interface: `Bun.serve(...)` or `from "bun:sqlite"`. A file that tests for
/// Bun does not count.
fn bun(source: &Source) -> Option<Evidence> {
    let tokens = &source.tokens;
    if tokens.windows(2).any(|w| w[0].is_word("typeof") && w[1].is_word("Bun")) {
        return None;
    }
    let module =
        |token: &Token| token.text().is_some_and(|text| text == "bun" || text.starts_with("bun:"));
    let at = tokens.windows(3).enumerate().find_map(|(index, w)| {
        let own = !index.checked_sub(1).is_some_and(|before| tokens[before].is('.'));
        let object = own && w[0].is_word("Bun") && w[1].is('.') && w[2].word().is_some();
        let import = w[0].is_word("from") && module(&w[1])
            || w[0].is_word("require") && w[1].is('(') && module(&w[2]);
        (object || import).then_some(w[0].at)
    })?;
    Some(source.at(at, "uses Bun's own interface"))
}

/// What Bun serves by itself: `export default { port: 3000, fetch: app.fetch }`.
/// <https://bun.com/docs/api/http#export-default-syntax>
fn served_by_bun(app: &App, source: &Source) -> Option<Evidence> {
    let types = ["@types/bun", "bun-types"].iter().any(|name| app.package.has(name));
    let locks = ["bun.lock", "bun.lockb"].iter().any(|name| app.root.has(name));
    let tokens = &source.tokens;
    let at = tokens
        .windows(3)
        .position(|w| w[0].is_word("export") && w[1].is_word("default") && w[2].is('{'))?;
    let object = tokens.get(at + 2..=closing(tokens, at + 2))?;
    let served = ["fetch", "port"].iter().all(|key| property(object, key).is_some());
    (served && (types || locks)).then(|| source.at(tokens[at].at, "Bun serves its default export"))
}

fn add(scan: &mut Scan, key: &str, evidence: Evidence) {
    match scan.packages.iter_mut().find(|p| p.value == key) {
        Some(held) if held.evidence.len() < 4 => held.evidence.push(evidence),
        Some(_) => {}
        None => scan.packages.push(Sourced::new(key.to_owned(), evidence)),
    }
}

/// The handler in `process.on('SIGTERM', ...)`, a list of signals, or Nest's shutdown hooks, but
/// not `child.kill('SIGTERM')`.
fn sigterm(source: &Source) -> Option<Evidence> {
    let tokens = &source.tokens;
    for (index, token) in tokens.iter().enumerate() {
        let before = |back: usize| index.checked_sub(back).and_then(|at| tokens.get(at));
        if token.text() == Some("SIGTERM") {
            let sent = before(1).is_some_and(|t| t.is('('))
                && before(2).is_some_and(|t| t.is_word("kill"))
                || before(1).is_some_and(|t| t.is(','))
                    && (3..=8).any(|back| before(back).is_some_and(|t| t.is_word("kill")));
            if !sent {
                return Some(source.at(token.at, "handles SIGTERM"));
            }
        }
        if token.is_word("enableShutdownHooks") && tokens.get(index + 1).is_some_and(|t| t.is('('))
        {
            return Some(source.at(token.at, "NestJS ends on SIGTERM by its shutdown hooks"));
        }
        if let Some(library) =
            token.text().and_then(|text| HANDLERS.iter().find(|name| **name == text))
        {
            return Some(source.at(token.at, format!("{library} handles SIGTERM")));
        }
    }
    None
}

/// `child_process` and wrappers of it.
const STARTS: [&str; 10] = [
    "child_process",
    "zx",
    "zx/globals",
    "execa",
    "cross-spawn",
    "shelljs",
    "tinyexec",
    "nano-spawn",
    "promisify-child-process",
    "child-process-promise",
];

/// The names that `source` gives to them: `import cp from "child_process"` or `const cp =
/// require("child_process")`.
fn named(source: &Source) -> BTreeSet<&str> {
    let tokens = &source.tokens;
    let word = |at: Option<usize>| at.and_then(|at| tokens.get(at)?.word());
    let library = |text: &str| STARTS.contains(&text.trim_start_matches("node:"));
    let all = tokens.iter().enumerate().filter(|(_, token)| token.text().is_some_and(library));
    let name = |(at, _): (usize, &Token)| match word(at.checked_sub(1)) {
        Some("from") => word(at.checked_sub(2)),
        _ if word(at.checked_sub(2)) == Some("require") => word(at.checked_sub(4)),
        _ => None,
    };
    all.filter_map(name).collect()
}

/// Programs of the image itself, and of every shell.
const COMMON: [&str; 14] = [
    "node", "npm", "npx", "sh", "echo", "ls", "cat", "cp", "mv", "rm", "mkdir", "true", "cd", "pwd",
];

/// How many places of one program are reported.
const MAX_PLACES: usize = 3;

/// Reports that the image lacks a program, or adds a place to an earlier report. `certain` says
/// that the program runs this code.
fn lacks(scan: &mut Scan, program: &str, certain: bool, place: Evidence) {
    let known = scan.lacking.get(program).and_then(|at| scan.findings.get_mut(*at));
    if let Some(held) = known {
        if held.evidence.len() < MAX_PLACES {
            held.evidence.push(place);
        }
        return;
    }
    scan.lacking.insert(program.to_owned(), scan.findings.len());
    scan.findings.push(if certain {
        Finding::command_unknown(program, [place])
    } else {
        Finding::system_program(program, [place])
    });
}

/// How many values of one expression are programs.
const MAX_VALUES: usize = 24;

/// The texts to which an expression of a source may lead.
type Values<'v> = &'v dyn Fn(&Source, &[Token]) -> Vec<String>;

/// Names that `promisify` gives to these functions, and whether each starts a shell.
fn promisified(tokens: &[Token]) -> BTreeMap<&str, bool> {
    let mut found = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        if !token.is_word("promisify") || !tokens.get(at + 1).is_some_and(|t| t.is('(')) {
            continue;
        }
        let end = closing(tokens, at + 1);
        let inner = tokens.get(at + 2..end).unwrap_or_default();
        let shell = match inner.last().and_then(Token::word) {
            Some("exec") => true,
            Some("execFile") => false,
            _ => continue,
        };
        let before = tokens[..at].iter().rev().take(6);
        let equals = before.clone().position(|token| token.is('='));
        let name = equals.and_then(|back| tokens.get(at.checked_sub(back + 2)?)?.word());
        if let Some(name) = name {
            found.insert(name, shell);
        }
    }
    found
}

/// Adds the programs that `child_process` and its wrappers start.
fn started(
    (app, source): (&App, &Source),
    programs: &BTreeMap<String, String>,
    (certain, values): (bool, Values),
    scan: &mut Scan,
) {
    if !STARTS.iter().any(|library| source.imports(library)) {
        return;
    }
    let named = named(source);
    let tokens = &source.tokens;
    let promised = promisified(tokens);
    for call in tagged::of(source) {
        let place = |note: String| source.at(call.at, note);
        if call.shell && certain {
            scan.shell.get_or_insert_with(|| place("zx starts a shell".to_owned()));
            add(scan, "bash", place("zx starts a shell".to_owned()));
        }
        for program in &call.programs {
            starts(program, programs, certain, scan, place(format!("starts {program}")));
        }
    }
    for (index, window) in tokens.windows(2).enumerate() {
        let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
        // `exec` in `/x/.exec(y)` is a method of regular expressions.
        let receiver = index
            .checked_sub(2)
            .filter(|_| tokens[index - 1].is('.'))
            .and_then(|at| tokens[at].word());
        let method = index > 0 && tokens[index - 1].is('.');
        let ours = receiver.is_some_and(|word| {
            named.contains(word)
                || ["childProcess", "child_process", "cp", "shell", "util", "exec", "process"]
                    .contains(&word)
        });
        if method && !ours || index > 0 && tokens[index - 1].is_word("function") {
            continue;
        }
        let (known, by_shell) = match name {
            "exec" | "execSync" | "execAsync" | "execPromise" | "execP" | "execCommand"
            | "shellExec" => (true, true),
            "spawn" | "spawnSync" | "spawnAsync" | "execFile" | "execFileSync"
            | "execFileAsync" | "execa" | "execaSync" => (true, false),
            "sync" if ours => (true, false),
            other => match promised.get(other) {
                Some(shell) if !method => (true, *shell),
                _ => (false, false),
            },
        };
        if !known {
            continue;
        }
        let args = arguments(tokens, index + 1);
        let Some(first) = args.first().and_then(|arg| arg.first()) else { continue };
        let shell = by_shell || shell_option(&args);
        if shell && certain && scan.shell.is_none() {
            scan.shell = Some(source.at(window[0].at, format!("{name} starts a shell")));
        }
        let texts = match (&first.kind, args[0]) {
            (Kind::Text(text) | Kind::Template(text), [_]) => vec![text.clone()],
            (Kind::Text(text) | Kind::Template(text), _) if text.contains(' ') || by_shell => {
                vec![text.clone()]
            }
            _ => values(source, args[0]),
        };
        for text in texts {
            let mut found = if shell {
                lines::programs(&text)
            } else {
                text.split_whitespace().next().map(str::to_owned).into_iter().collect()
            };
            // `spawn("sh", ["-c", "x"])`
            if let Some(line) = found.first().filter(|name| lines::is_shell(name)).and_then(|_| {
                let list = args.get(1).filter(|list| list.first().is_some_and(|t| t.is('[')))?;
                let says = list.iter().position(|token| token.text() == Some("-c"))?;
                match &list.get(says + 2)?.kind {
                    Kind::Text(text) | Kind::Template(text) => Some(text.clone()),
                    _ => None,
                }
            }) {
                found.extend(lines::programs(&line));
            }
            for program in found {
                // A file of the repository, or a name for another system.
                let own = program.starts_with('.') || app.finds(&program).is_some();
                let foreign = [".exe", ".cmd", ".bat"].iter().any(|end| program.ends_with(end));
                if !own && !foreign {
                    let place = source.at(window[0].at, format!("starts {}", bare(&program)));
                    starts(&program, programs, certain, scan, place);
                }
            }
        }
    }
}

/// The name of a program, without the folder that it is in.
fn bare(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Adds a program that the code starts, or reports that the image lacks it.
fn starts(
    program: &str,
    programs: &BTreeMap<String, String>,
    certain: bool,
    scan: &mut Scan,
    place: Evidence,
) {
    let program = bare(program);
    if certain && matches!(program, "node" | "npm" | "npx" | "pnpm" | "yarn") {
        own_program(program, scan, place);
    } else if let Some(key) = programs.get(program).filter(|_| certain) {
        add(scan, key, place);
    } else if !program.is_empty()
        && !DESKTOP.contains(&program)
        && !COMMON.contains(&program)
        && program.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
    {
        lacks(scan, program, certain, place);
    }
}

/// Adds what the image needs where the program starts Node.js or its package manager by name. The
/// smallest base has the first outside of its PATH, and no image has the second.
fn own_program(program: &str, scan: &mut Scan, place: Evidence) {
    if program == "node" {
        scan.shell.get_or_insert(place);
        return;
    }
    if scan.lacking.contains_key(program) {
        return;
    }
    scan.lacking.insert(program.to_owned(), scan.findings.len());
    let what = format!("the program starts `{program}`, which the image does not hold");
    scan.findings.push(Finding::new(FindingCode::CommandUnknown, what, [place]).with_fix(
        "start the file that the command stands for with process.execPath, or do its work before \
         the container starts",
    ));
}

fn shell_option(args: &[&[Token]]) -> bool {
    super::super::expression::option(args, "shell")
        .is_some_and(|value| value.first().is_some_and(|t| t.is_word("true")))
}

/// The byte offsets of `.command('name ...')`.
fn subcommands(source: &Source) -> impl Iterator<Item = usize> {
    source.tokens.windows(4).filter_map(|w| {
        (w[0].is('.')
            && w[1].is_word("command")
            && w[2].is('(')
            && w[3].text().is_some_and(|t| !t.starts_with(['$', '*'])))
        .then_some(w[1].at)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use super::super::tested::scanned;
    use super::super::{House, Scan};
    use crate::repo::Repo;

    fn scan(source: &str) -> Scan {
        let manifest = r#"{"dependencies": {"fluent-ffmpeg": "2", "commander": "12"}}"#;
        scanned(&[("package.json", manifest), ("index.js", source)])
    }

    #[test]
    fn a_program_that_a_dependency_brings_is_not_installed() {
        let packages = |source: &str| {
            let manifest = r#"{"dependencies": {"fluent-ffmpeg": "2", "ffmpeg-static": "5"}}"#;
            let found = scanned(&[("package.json", manifest), ("index.js", source)]);
            found.packages.len()
        };
        let sets = "require('fluent-ffmpeg').setFfmpegPath(require('ffmpeg-static'))";
        assert_eq!(packages(sets), 0);
        assert_eq!(packages("require('fluent-ffmpeg')"), 1);
    }

    #[test]
    fn bash_is_a_package_and_privileges_are_said() {
        let found = scan("const { spawn } = require('child_process'); spawn('bash', ['-c', 'x'])");
        assert!(found.packages.iter().any(|package| package.value == "bash"));
        let manifest = r#"{"dependencies": {"serialport": "12"}}"#;
        let repo = Repo::from_files([("package.json", manifest), ("index.js", "")]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let mut scan = Scan::default();
        let rows = app.catalog.table("code").unwrap();
        super::read(&House::of(&app, &[], &rows), &[], true, &mut scan).unwrap();
        assert_eq!(scan.findings[0].code.as_str(), "privileges-needed");
        assert!(scan.findings[0].fix.contains("--device /dev/ttyUSB0 --group-add dialout"));
    }

    #[test]
    fn git_by_ssh_takes_its_client() {
        for source in [
            "git.addConfig('core.sshCommand', `ssh -i ${key}`)",
            "spawn('git', ['clone', url], { env: { GIT_SSH_COMMAND: command } })",
        ] {
            let manifest = r#"{"dependencies": {"simple-git": "3"}}"#;
            let repo = Repo::from_files([("package.json", manifest), ("index.js", source)]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let launch = Launch { source: Some("index.js".into()), ..Launch::default() };
            let found = super::super::read(&app, &launch).unwrap().packages;
            let keys: Vec<_> = found.iter().map(|package| package.value.as_str()).collect();
            assert_eq!(keys, ["git", "openssh-client"], "{source}");
        }
    }

    #[test]
    fn handlers_for_sigterm() {
        for source in [
            "process.on('SIGTERM', stop)",
            "process.once(\"SIGTERM\", stop)",
            "['SIGINT', 'SIGTERM'].forEach(s => process.on(s, stop))",
            "app.enableShutdownHooks()",
        ] {
            assert!(scan(source).sigterm.is_some(), "{source}");
        }
        for source in [
            "child.kill('SIGTERM')",
            "// process.on('SIGTERM')",
            "process.kill(pid, 'SIGTERM')",
            "process.on('SIGINT', x)",
        ] {
            assert!(scan(source).sigterm.is_none(), "{source}");
        }
    }

    #[test]
    fn what_only_bun_has_is_an_error() {
        for source in [
            "Bun.serve({ fetch })",
            "import { Database } from 'bun:sqlite'; x",
            "const { $ } = require('bun')",
        ] {
            assert_eq!(
                scan(source).findings.first().map(|f| f.code.as_str()),
                Some("bun-only"),
                "{source}"
            );
        }
        for source in [
            "if (typeof Bun !== 'undefined') Bun.gc(true)",
            "menu.Bun.serve()",
            "import x from 'bundle'; x",
        ] {
            assert!(scan(source).findings.is_empty(), "{source}");
        }
    }

    #[test]
    fn programs_and_shells() {
        let found = scan(
            "const { exec, spawn } = require('child_process'); spawn('git', ['log']); exec(`ping ${host}`); /a/.exec('curl x')",
        );
        let keys: Vec<_> = found.packages.iter().map(|p| p.value.as_str()).collect();
        assert_eq!(keys, ["ffmpeg", "git", "ping"]);
        assert!(found.shell.is_some());
        let found = scan(
            "const { spawn } = require('node:child_process'); spawn('weird-tool', []); spawn('xdg-open', [])",
        );
        assert!(found.shell.is_none());
        assert_eq!(found.findings.len(), 1);
        assert_eq!(found.findings[0].code.as_str(), "command-unknown");
        let twice = scan("import { spawn } from 'child_process'; spawn('odd'); spawn('odd')");
        assert_eq!((twice.findings.len(), twice.findings[0].evidence.len()), (1, 2));
        for named in [
            "import run from 'promisify-child-process'; run.spawn('weird-tool', [])",
            "import * as run from 'node:child_process'; run.execFile('weird-tool')",
            "const run = require('child_process'); run.spawnSync('weird-tool')",
        ] {
            assert_eq!(scan(named).findings.len(), 1, "{named}");
        }
        let other =
            "import cp from 'child_process'; import job from './job'; job.spawn('weird-tool')";
        let other = scan(other).findings;
        assert!(other.iter().all(|finding| finding.code.as_str() != "command-unknown"));
    }

    #[test]
    fn programs_are_followed_to_where_they_are_named() {
        let of = |source: &str| {
            let source =
                format!("const cp = require('child_process'), util = require('util');\n{source}");
            let files = [("package.json", "{}"), ("index.js", source.as_str())];
            let found = scanned(&files);
            let keys: Vec<_> = found.packages.iter().map(|held| held.value.clone()).collect();
            let said: Vec<_> = found.findings.iter().map(|f| f.what.clone()).collect();
            format!("{}{}", keys.join(" "), said.join(" "))
        };
        for source in [
            "const b = 'ffprobe'; cp.spawn(b)",
            "cp.spawn(process.env.F || 'ffprobe')",
            "const { F = 'ffprobe' } = process.env; cp.spawn(F, [])",
            "const conf = { bin: 'ffprobe' }; cp.execFile(conf.bin)",
            "cp.spawn(win32 ? 'ffprobe.exe' : 'ffprobe')",
            "function run(c, a) { return cp.spawn(c, a) }\nrun('ffprobe', [])",
            "const run = util.promisify(cp.execFile); run('ffprobe', [])",
            "const cmd = 'ffprobe x'; cp.exec(cmd)",
            "cp.exec('cat x | ffprobe -')",
            "cp.exec('LANG=C nice -n 10 ffprobe x')",
            "cp.exec('cd /tmp && timeout 5 ffprobe x')",
            "cp.exec('echo $(ffprobe x)')",
            "cp.spawn('sh', ['-c', 'ffprobe x'])",
        ] {
            assert_eq!(of(source), "ffmpeg", "{source}");
        }
        for source in ["cp.exec('cd /tmp && ls -l > x; which x')", "cp.spawn(process.execPath, [])"]
        {
            assert_eq!(of(source), "", "{source}");
        }
    }

    #[test]
    fn subcommands_need_two() {
        let two = "const { program } = require('commander'); program.command('serve <x>'); program.command('migrate');";
        assert_eq!(scan(two).subcommands.unwrap().value, "commander");
        assert!(
            scan("const { program } = require('commander'); program.command('serve')")
                .subcommands
                .is_none()
        );
    }
}
