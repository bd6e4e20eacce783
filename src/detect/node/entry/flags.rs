//! The words after `node`: its flags, the modules that they load before the program, the file and
//! its arguments.

use super::{Entry, keep};
use crate::detect::node::App;
use crate::detect::node::codes;
use crate::detect::node::manifest::Kind;
use crate::facts::Finding;
use crate::path::RelPath;

/// Flags that take their value from the next word.
const VALUED: [&str; 12] = [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--env-file",
    "--env-file-if-exists",
    "--watch-path",
    "--title",
    "--max-old-space-size",
];

/// Flags that load a module before the program.
const PRELOADS: [&str; 5] = ["-r", "--require", "--import", "--loader", "--experimental-loader"];

/// Reads the words after `node` into the entry.
pub(super) fn read(app: &App, words: &[&str], entry: &mut Entry) -> Result<(), String> {
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-') && *word != "--") {
        let kept = flag(app, word, &mut words, entry)?;
        entry.launch.flags.extend(kept);
    }
    let Some(file) = words.find(|word| *word != "--") else {
        return Err("node is given no file".to_owned());
    };
    file.clone_into(&mut entry.launch.file);
    entry.launch.args = words.map(str::to_owned).collect();
    Ok(())
}

/// Keeps the options of a loader of TypeScript that load a module before the program: `tsx --import
/// ./tracing.mjs app.ts`.
pub(super) fn preloads(app: &App, words: &[&str], entry: &mut Entry) {
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let name = word.split('=').next().unwrap_or(word);
        if PRELOADS.contains(&name) {
            let kept = flag(app, word, &mut words, entry).unwrap_or_default();
            entry.launch.flags.extend(kept);
        }
    }
}

/// Leaves out of `NODE_OPTIONS` what the image cannot load, as if its flags stood behind `node`.
pub(super) fn from_environment(app: &App, entry: &mut Entry) {
    let held = |(key, _): &(String, String)| key == "NODE_OPTIONS";
    let Some(at) = entry.launch.env.iter().position(held) else { return };
    let text = std::mem::take(&mut entry.launch.env[at].1);
    let mut words = text.split_whitespace().peekable();
    let mut kept: Vec<String> = Vec::new();
    while let Some(word) = words.next() {
        // Node.js itself refuses a word there that is no flag.
        kept.extend(flag(app, word, &mut words, entry).unwrap_or_default());
    }
    if kept.is_empty() {
        entry.launch.env.remove(at);
    } else {
        entry.launch.env[at].1 = kept.join(" ");
    }
}

/// The words of one flag that the image keeps. `words` gives its value, if that stands apart.
fn flag<'w>(
    app: &App,
    word: &'w str,
    words: &mut impl Iterator<Item = &'w str>,
    entry: &mut Entry,
) -> Result<Vec<String>, String> {
    let (name, joined) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let takes = VALUED.contains(&name);
    let next = (takes && joined.is_none()).then(|| words.next()).flatten();
    match name {
        "-e" | "--eval" | "-p" | "--print" | "--run" | "--test" => {
            return Err(format!("node {name} starts no file"));
        }
        "--watch" | "--watch-path" | "--watch-preserve-output" => entry.development = true,
        // The image has no .env file: the environment comes from outside.
        "--env-file" => {
            let file = next.or(joined).unwrap_or(".env");
            entry.findings.push(left_out(app, &format!("{name}={file}"), file));
        }
        "--inspect" | "--inspect-brk" | "--inspect-wait" | "--env-file-if-exists" => {}
        _ => {
            let preload = PRELOADS.contains(&name);
            let loaded = next.or(joined).filter(|_| preload);
            if loaded.is_none_or(|module| preloaded(app, name, module, entry)) {
                return Ok([word].into_iter().chain(next).map(str::to_owned).collect());
            }
        }
    }
    Ok(Vec::new())
}

/// The finding that nothing reads a file of variables in the image.
fn left_out(app: &App, words: &str, file: &str) -> Finding {
    let evidence = app.package.at(&["scripts"], format!("`{words}`"));
    let what = format!("the image leaves out `{words}`: it holds no .env file");
    gone(what, evidence).with_fix(format!(
        "pass the variables when the container starts: `docker run --env-file {file} ...`"
    ))
}

/// What wrappers before the program add to the environment, which the image starts without them:
/// `env-cmd -f prod.env`, `dotenv -e .env.production --`, `tsx --env-file=.env`, `doppler run --`.
pub(super) fn wrappers(app: &App, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for command in crate::shell::parse(text).commands {
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let plain = |word: &&str| {
            matches!(*word, "exec" | "npx" | "cross-env" | "env") || word.contains('=')
        };
        let skip = words.iter().take_while(|word| plain(word)).count();
        let Some((tool, rest)) = words[skip..].split_first() else { continue };
        let own = rest.iter().position(|word| *word == "--").unwrap_or(rest.len());
        let valued = |names: &[&str]| {
            rest.iter().take(own + 1).enumerate().find_map(|(at, word)| {
                let (flag, value) =
                    word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
                let next = || rest.get(at + 1).copied();
                names.contains(&flag).then(|| value.or_else(next)).flatten()
            })
        };
        let file = match *tool {
            "env-cmd" => Some(valued(&["-f", "--file"]).unwrap_or(".env")),
            "dotenv" => valued(&["-e"]),
            "dotenvx" => valued(&["-f", "--env-file"]),
            "tsx" | "ts-node" => valued(&["--env-file"]),
            "doppler" | "infisical" | "op" | "chamber" | "teller" => {
                let what =
                    format!("the image leaves out `{tool}`, which gives the program its secrets");
                let evidence = app.package.at(&["scripts"], format!("`{text}`"));
                found.push(gone(what, evidence).with_fix(
                    "pass the variables when the container starts, for example \
                     `docker run --env-file FILE ...`",
                ));
                None
            }
            _ => None,
        };
        found.extend(file.map(|file| left_out(app, &format!("{tool} .. {file}"), file)));
    }
    found
}

/// Parts of the names of modules that compile a source as it is loaded.
const LOADERS: [&str; 9] = [
    "ts-node",
    "tsx",
    "@swc",
    "@babel/register",
    "esbuild-r",
    "@esbuild-kit",
    "sucrase",
    "jiti",
    "tsm",
];

/// Tools of a build that put a path in place of an alias. `tsc` itself leaves aliases as they are.
const RESOLVE_ALIASES: [&str; 4] = ["tsc-alias", "tscpaths", "resolve-tspaths", "ef-tspm"];

/// True for a flag, or the value of one, that loads such a module.
pub(super) fn is_loader(flag: &str) -> bool {
    let module = flag.split_once('=').map_or(flag, |(_, module)| module);
    LOADERS.iter().any(|part| module.starts_with(part))
}

/// True if compiled code would look for modules under aliases that nothing resolves there.
pub(super) fn needs_aliases(app: &App, entry: &Entry) -> bool {
    let asks = entry.launch.flags.iter().any(|flag| flag.contains("tsconfig-paths"));
    let aliases =
        app.tsconfig.as_ref().is_some_and(crate::detect::node::typescript::Output::has_aliases);
    if !asks || !aliases {
        return false;
    }
    let build = app.build_script().map(|name| super::commands(app, &name)).unwrap_or_default();
    let tool = |name: &str| {
        let mut words = build.iter().filter_map(|command| command.argv.first());
        words.any(|word| word.rsplit('/').next() == Some(name))
    };
    tool("tsc") && !RESOLVE_ALIASES.iter().any(|name| tool(name))
}

/// Drops the flags that only sources need: the program starts from compiled files.
pub(super) fn without_loaders(entry: &mut Entry) {
    let useless = |module: &str| is_loader(module) || module.starts_with("tsconfig-paths");
    if !entry.launch.flags.iter().any(|flag| useless(flag)) {
        return;
    }
    let mut words = std::mem::take(&mut entry.launch.flags).into_iter();
    let mut preloads = false;
    while let Some(word) = words.next() {
        if !PRELOADS.contains(&word.as_str()) {
            let (name, module) = word.split_once('=').unwrap_or((&word, ""));
            let preload = PRELOADS.contains(&name);
            if !(preload && useless(module)) {
                preloads |= preload;
                entry.launch.flags.push(word);
            }
            continue;
        }
        let module = words.next();
        if module.as_deref().is_some_and(useless) {
            continue;
        }
        preloads = true;
        entry.launch.flags.push(word);
        entry.launch.flags.extend(module);
    }
    if !preloads {
        entry.launch.keep_development = false;
        let kept = |found: &Finding| found.code != codes::DEV_DEPENDENCY_AT_RUN_TIME;
        entry.findings.retain(kept);
    }
}

/// Makes sure that the image has what a flag loads; false if the flag is dropped instead.
fn preloaded(app: &App, flag: &str, module: &str, entry: &mut Entry) -> bool {
    let script = |note: String| app.package.at(&["scripts"], note);
    if module.starts_with('.') || module.starts_with('/') || module.starts_with("file:") {
        // The loader of Plug'n'Play has no use, because the image has the dependencies in
        // node_modules.
        if module.contains(".pnp.") {
            return false;
        }
        let path = RelPath::new(module).map(|path| path.as_str().to_owned());
        // `./node_modules/x/start.js` is the file of a dependency.
        let inside = path.as_deref().and_then(|path| path.strip_prefix("node_modules/"));
        if let Some(inside) = inside.filter(|inside| app.package.has(package_of(inside))) {
            return preloaded(app, flag, inside, entry);
        }
        if let Some(found) = path.as_deref().and_then(|path| app.finds(path)) {
            entry.launch.carried.push(found);
            return true;
        }
        // The build writes the file: `-r ./dist/tracing.js`.
        if let Some(path) = path.filter(|path| app.source_of(path).is_some()) {
            entry.launch.preloads.push(path);
            return true;
        }
        entry.findings.push(gone(
            format!("the image leaves out `{flag} {module}`: the repository holds no such file"),
            script(format!("`{flag} {module}`")),
        ));
        return false;
    }
    let name = package_of(module);
    match app.package.dependency(name) {
        Some(Kind::Production) => true,
        // The environment comes from outside, so nothing reads a .env file.
        _ if name == "dotenv" => false,
        Some(Kind::Development) => {
            keep(app, name, entry);
            if name == "tsconfig-paths" {
                // tsconfig-paths reads the aliases when the program starts.
                entry.launch.carried.extend(app.tsconfig_files());
            }
            true
        }
        None if module.starts_with("node:") => true,
        None => {
            entry.findings.push(gone(
                format!(
                    "the image leaves out `{flag} {module}`: {name} is not a dependency of the package"
                ),
                script(format!("`{flag} {module}`")),
            ));
            false
        }
    }
}

/// `@scope/name/register` belongs to the package `@scope/name`.
fn package_of(module: &str) -> &str {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |(at, _)| at);
    &module[..end]
}

fn gone(what: String, evidence: crate::facts::Evidence) -> Finding {
    Finding::new(codes::PRELOAD_LEFT_OUT, what, [evidence])
}
