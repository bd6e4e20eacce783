//! The little shell that package.json scripts are written in: enough of it to recognise simple
//! commands, and to know when a script is more than that.

use std::collections::BTreeMap;

/// What needs a shell where commands run side by side.
pub(crate) const BACKGROUND: &str = "a background process (&)";

/// One simple command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// Assignments before it: `PORT=3000 node x`.
    pub(crate) env: Vec<(String, String)>,
    /// Its words, quotes removed.
    pub(crate) argv: Vec<String>,
}

/// A script as a chain of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Commands that run one after the other (`&&`, `;`).
    pub(crate) commands: Vec<Command>,
    /// What needs a shell, where something does: a pipe (whose readers are left out of `commands`),
    /// a variable, a redirection, a substitution, `||`, `&`.
    pub(crate) shell: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Next,
    /// What follows reads the output of what stands before.
    Pipe,
}

/// Reads a script.
pub(crate) fn parse(script: &str) -> Chain {
    let (tokens, shell) = tokens(script);
    let mut chain = Chain { commands: Vec::new(), shell };
    let mut command = Command::default();
    let mut piped = false;
    for token in tokens {
        match token {
            Token::Next => {
                push(&mut chain, &mut command);
                piped = false;
            }
            Token::Pipe => {
                push(&mut chain, &mut command);
                piped = true;
            }
            Token::Word(_) if piped => {}
            Token::Word(word) => match assignment(&word) {
                Some((key, value)) if command.argv.is_empty() => command.env.push((key, value)),
                _ => command.argv.push(word),
            },
        }
    }
    push(&mut chain, &mut command);
    chain
}

fn push(chain: &mut Chain, command: &mut Command) {
    let command = std::mem::take(command);
    if !command.argv.is_empty() || !command.env.is_empty() {
        chain.commands.push(command);
    }
}

fn tokens(script: &str) -> (Vec<Token>, Option<&'static str>) {
    let (mut tokens, mut word, mut shell): (Vec<Token>, Option<String>, _) =
        (Vec::new(), None, None);
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => tokens.extend(word.take().map(Token::Word)),
            '\'' => {
                let slot = word.get_or_insert_default();
                slot.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                let slot = word.get_or_insert_default();
                while let Some(inner) = chars.next() {
                    match inner {
                        '"' => break,
                        '\\' => slot.extend(chars.next()),
                        '$' | '`' => {
                            shell = shell.or(Some("a variable or a substitution"));
                            slot.push(inner);
                        }
                        other => slot.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '&' if chars.peek() == Some(&'&') => {
                chars.next();
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Next);
            }
            ';' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Next);
            }
            '|' | '&' => {
                shell = shell.or(Some(match (c, chars.peek()) {
                    ('|', Some('|')) => "an alternative (||)",
                    ('|', _) => "a pipe",
                    _ => BACKGROUND,
                }));
                let pipe = c == '|' && chars.next_if_eq(&'|').is_none();
                tokens.extend(word.take().map(Token::Word));
                tokens.push(if pipe { Token::Pipe } else { Token::Next });
            }
            '>' | '<' | '(' | ')' => {
                shell = shell.or(Some("a redirection or a subshell"));
                word.get_or_insert_default().push(c);
            }
            '$' | '`' => {
                shell = shell.or(Some("a variable or a substitution"));
                word.get_or_insert_default().push(c);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word.map(Token::Word));
    (tokens, shell)
}

fn assignment(word: &str) -> Option<(String, String)> {
    let (key, value) = word.split_once('=')?;
    let name = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.then(|| (key.to_owned(), value.to_owned()))
}

/// Removes wrappers that only set the environment or run the rest: `cross-env A=b`,
/// `dotenv -e f --`, `exec`, `npx`.
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
            _ => break,
        };
        command.argv.drain(..skip);
        // Their own options, then assignments, then the command.
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

/// The script that a command runs through a package manager: `npm run x`, `yarn x`, `pnpm run x`,
/// `bun run x`; the words after it are its arguments.
pub(crate) fn runs_script<'a>(
    command: &'a Command,
    scripts: &BTreeMap<&str, &str>,
) -> Option<(&'a str, &'a [String])> {
    let argv = &command.argv;
    let manager = argv.first()?.as_str();
    if !matches!(manager, "npm" | "yarn" | "pnpm" | "bun") {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<&str> {
        command.argv.iter().map(String::as_str).collect()
    }

    #[test]
    fn reads_assignments_quotes_and_chains() {
        let chain = parse(
            r#"A=b NODE_OPTIONS="--max-old-space-size=4096 --x" node 'a b.js' && npm run c; d"#,
        );
        assert_eq!(chain.shell, None);
        assert_eq!(chain.commands[0].env[1].1, "--max-old-space-size=4096 --x");
        assert_eq!(words(&chain.commands[0]), ["node", "a b.js"]);
        assert_eq!(chain.commands.len(), 3);
    }

    #[test]
    fn knows_what_needs_a_shell() {
        for script in ["node $X", "node a | b", "node a > b", "a || b", "a & b", "node \"$(x)\""] {
            assert!(parse(script).shell.is_some(), "{script}");
        }
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
        assert_eq!(name("yarn next"), None);
    }
}
