//! The scripts of package.json: wrappers that only set the environment, and package managers that
//! run other scripts.

use std::collections::BTreeMap;

use crate::shell::assignment;
pub(crate) use crate::shell::{BACKGROUND, Chain, Command, parse};

/// Removes wrappers that only set the environment or run the rest: `cross-env A=b`, `dotenv -e f
/// --`, `exec`, `npx`.
pub(crate) fn unwrap(mut command: Command) -> Command {
    for _ in 0..8 {
        let Some(first) = command.argv.first().map(String::as_str) else { break };
        let skip = match first {
            "exec" | "env" | "npx" | "bunx" | "time" | "nice" | "cross-env" | "cross-env-shell"
            | "env-cmd" | "dotenv" | "dotenvx" | "doppler" => 1,
            "pnpm" | "yarn" | "npm" | "bun"
                if matches!(
                    command.argv.get(1).map(String::as_str),
                    Some("exec" | "dlx" | "x")
                ) =>
            {
                2
            }
            // `yarn node a.js` is Plug'n'Play's spelling.
            "pnpm" | "yarn" if command.argv.get(1).is_some_and(|word| word == "node") => 1,
            // `infisical run --env=prod -- node a.js`
            "infisical" | "op" | "chamber" | "teller" => {
                match command.argv.iter().position(|word| word == "--") {
                    Some(at) => at + 1,
                    None => break,
                }
            }
            _ => break,
        };
        command.argv.drain(..skip);
        // The wrapper's options come first, then assignments, then the command.
        loop {
            match command.argv.first().map(String::as_str) {
                Some("--" | "run" | "-y" | "--yes" | "--no-install" | "--silent") => {
                    command.argv.remove(0);
                }
                Some("-e" | "-f" | "-c" | "-p" | "--package" | "-o") if command.argv.len() > 1 => {
                    command.argv.drain(..2);
                }
                Some(word) if word.starts_with('-') => {
                    command.argv.remove(0);
                }
                Some(word) => match assignment(word) {
                    Some(pair) => {
                        command.env.push(pair);
                        command.argv.remove(0);
                    }
                    None => break,
                },
                None => break,
            }
        }
    }
    command
}

/// The variable that a command sets for those behind it, as shells of Windows spell it: `set
/// PORT=3200`.
pub(crate) fn set(command: &Command) -> Option<(String, String)> {
    let [word, pair] = command.argv.as_slice() else { return None };
    assignment(pair).filter(|_| word == "set")
}

/// The script that a command runs through a package manager (`npm run x`, `yarn x`, `pnpm run x`,
/// `bun run x`), and the arguments after it.
pub(crate) fn runs_script<'a>(
    command: &'a Command,
    scripts: &BTreeMap<&str, &str>,
) -> Option<(&'a str, &'a [String])> {
    let argv = &command.argv;
    let manager = argv.first()?.as_str();
    // The scripts there are those of another package.
    if elsewhere(command).is_some() {
        return None;
    }
    if !is_manager(manager) {
        return None;
    }
    let mut at = 1;
    while argv.get(at).is_some_and(|word| word.starts_with('-')) {
        at += 1;
    }
    let explicit = matches!(argv.get(at)?.as_str(), "run" | "run-script");
    if explicit {
        at += 1;
        while argv.get(at).is_some_and(|word| word.starts_with('-') && word != "--") {
            at += 1;
        }
    }
    let name = argv.get(at)?.as_str();
    let short = matches!((manager, name), ("npm", "start" | "test")) || manager != "npm";
    let rest = &argv[at + 1..];
    let rest = rest.strip_prefix(&["--".to_owned()][..]).unwrap_or(rest);
    ((explicit || short) && scripts.contains_key(name)).then_some((name, rest))
}

/// True for the name of a package manager.
pub(crate) fn is_manager(word: &str) -> bool {
    matches!(word, "npm" | "yarn" | "pnpm" | "bun")
}

/// The folder that a package manager is told to work in: `npm --prefix docs run build`.
pub(crate) fn elsewhere(command: &Command) -> Option<&str> {
    const FLAGS: [&str; 4] = ["--prefix", "--cwd", "--dir", "-C"];
    let manager = command.argv.first()?.as_str();
    if !is_manager(manager) {
        return None;
    }
    // Words behind `--` are the script's.
    let own = command.argv.iter().position(|word| word == "--").unwrap_or(command.argv.len());
    let words = &command.argv[..own];
    words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
        Some((flag, value)) => FLAGS.contains(&flag).then_some(value),
        None => words.get(at + 1).filter(|_| FLAGS.contains(&word.as_str())).map(String::as_str),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<&str> {
        command.argv.iter().map(String::as_str).collect()
    }

    #[test]
    fn unwraps_environment_wrappers() {
        for script in [
            "cross-env A=b node x.js",
            "A=b exec node x.js",
            "cross-env A=b npx node x.js",
            "dotenv -e .env -- env A=b node x.js",
            "pnpm exec cross-env A=b node x.js",
        ] {
            let command = unwrap(parse(script).commands.remove(0));
            assert_eq!(words(&command), ["node", "x.js"], "{script}");
            assert_eq!(command.env, [("A".to_owned(), "b".to_owned())], "{script}");
        }
    }

    #[test]
    fn follows_package_managers_to_scripts() {
        let scripts = BTreeMap::from([("serve", ""), ("start", "")]);
        let name = |script: &str| {
            runs_script(&parse(script).commands[0], &scripts)
                .map(|(name, rest)| (name.to_owned(), rest.len()))
        };
        assert_eq!(name("npm run serve -- --x"), Some(("serve".into(), 1)));
        assert_eq!(name("yarn serve"), Some(("serve".into(), 0)));
        assert_eq!(name("pnpm --silent run serve"), Some(("serve".into(), 0)));
        assert_eq!(name("npm start"), Some(("start".into(), 0)));
        assert_eq!(name("npm serve"), None);
        assert_eq!(name("npm run serve --prefix web"), None);
        assert_eq!(name("yarn --cwd serve start"), None);
        assert_eq!(name("npm run serve -- --dir web"), Some(("serve".into(), 2)));
        assert_eq!(name("yarn next"), None);
    }
}
