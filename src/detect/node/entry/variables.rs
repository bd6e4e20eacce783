//! Variables of the shell in a start command. The image starts its program without a shell: a
//! variable is replaced by its default, or by what the script itself sets.

use std::collections::BTreeMap;

use super::{App, Command};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};

/// How deep defaults stand inside defaults.
const MAX_DEPTH: usize = 4;
/// How many variables of one chain are told apart.
const MAX_DEFAULTS: usize = 64;
/// The longest text that a variable is replaced in, and the longest result.
const MAX_TEXT: usize = 4 << 10;

/// A command without the variables whose values are known.
pub(crate) struct Settled {
    pub(crate) command: Command,
    /// Variables that give an argument, with the value that the image has for it.
    pub(crate) fixed: Vec<(String, String)>,
}

/// What a variable was replaced by, while one text is read.
struct Replaced<'a> {
    app: &'a App<'a>,
    known: &'a mut BTreeMap<String, String>,
    fixed: Vec<(String, String)>,
}

/// Replaces variables in the words and the environment of a command.
pub(crate) fn settle(app: &App, command: &Command) -> Settled {
    let plain = |text: &String| !text.contains('$');
    if command.argv.iter().all(plain) && command.env.iter().all(|(_, value)| plain(value)) {
        return Settled { command: command.clone(), fixed: Vec::new() };
    }
    settle_with(app, command, &mut BTreeMap::new())
}

pub(super) fn settle_with(
    app: &App,
    command: &Command,
    known: &mut BTreeMap<String, String>,
) -> Settled {
    let mut read = Replaced { app, known, fixed: Vec::new() };
    let mut argv = Vec::new();
    for word in &command.argv {
        match read.text(word, 0) {
            Some(text) if text != *word => {
                // A word that is one variable becomes as many words as its value has.
                if word.starts_with("${") && word.ends_with('}') {
                    argv.extend(text.split_whitespace().map(str::to_owned));
                } else {
                    argv.push(text);
                }
            }
            _ => argv.push(word.clone()),
        }
    }
    let fixed = std::mem::take(&mut read.fixed);
    let env = command.env.iter().map(|(key, value)| {
        let value = read.text(value, 0).unwrap_or_else(|| value.clone());
        (key.clone(), value)
    });
    let env = env.collect();
    // `PORT=${WEB_PORT:-3000}`: another name than the one that the image sets.
    let renamed = std::mem::take(&mut read.fixed).into_iter();
    let renamed = renamed.filter(|(name, _)| !command.env.iter().any(|(key, _)| key == name));
    let fixed = fixed.into_iter().chain(renamed).collect();
    Settled { command: Command { env, argv, ..command.clone() }, fixed }
}

impl Replaced<'_> {
    /// The text with its variables replaced; `None` if one has no known value.
    fn text(&mut self, text: &str, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH || text.len() > MAX_TEXT {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let (inner, length) = reference(rest)?;
            rest = &rest[length..];
            out.push_str(&self.value(inner, depth)?);
            if out.len() > MAX_TEXT {
                return None;
            }
        }
        out.push_str(rest);
        Some(out)
    }

    /// The value of `NAME`, `NAME:-default`, `NAME:=default`, `NAME-default`, `NAME=default`,
    /// `NAME:+other`.
    fn value(&mut self, inner: &str, depth: usize) -> Option<String> {
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, operator) = inner.split_at(end.unwrap_or(inner.len()));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if let Some(value) = self.known.get(name).cloned().or_else(|| stated(self.app, name)) {
            let other = operator.strip_prefix(":+").or_else(|| operator.strip_prefix('+'));
            return match other {
                Some(other) => self.text(other, depth + 1),
                None => Some(value),
            };
        }
        // The image does not set it.
        if operator.starts_with(":+") || operator.starts_with('+') {
            return Some(String::new());
        }
        let colon = operator.strip_prefix(':').unwrap_or(operator);
        let default = colon.strip_prefix(['-', '='])?;
        let value = self.text(default, depth + 1)?;
        if colon.starts_with('=') {
            self.known.insert(name.to_owned(), value.clone());
        }
        self.fixed.push((name.to_owned(), value.clone()));
        Some(value)
    }
}

/// The inside of the reference after a `$`, and its length.
fn reference(text: &str) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix('{') {
        let mut depth = 1_usize;
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some((&inner[..at], at + 2));
            }
        }
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    (end > 0).then(|| (&text[..end], end))
}

/// What package managers set from package.json
/// (<https://docs.npmjs.com/cli/v11/using-npm/scripts#environment>).
fn stated(app: &App, name: &str) -> Option<String> {
    let key = name.strip_prefix("npm_package_")?;
    let keys: Vec<&str> = match key.strip_prefix("config_") {
        Some(key) => vec!["config", key],
        None if ["name", "version", "main"].contains(&key) => vec![key],
        None => return None,
    };
    match app.package.get(&keys)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The command only sets variables: `export A=b`, `A=b`, `: ${A:=b}`.
pub(super) fn sets(command: &Command) -> bool {
    matches!(command.argv.first().map(String::as_str), None | Some("export" | ":"))
}

/// The defaults that a command takes from variables which an earlier command of its chain set.
pub(super) fn used(defaults: &[(String, String)], command: &Command) -> Vec<(String, String)> {
    let names = |word: &String, name: &str| {
        ["$", "${"].iter().any(|open| word.contains(&format!("{open}{name}")))
    };
    let words: Vec<&String> = command.argv.iter().filter(|word| word.contains('$')).collect();
    let used = |(name, _): &&(String, String)| words.iter().any(|word| names(word, name));
    defaults.iter().take(MAX_DEFAULTS).filter(used).cloned().collect()
}

/// Takes the commands that only set variables (`export A=b`, `A=b`, `: ${A:=b}`) out of a chain:
/// the commands after them get what they set. With the variables that give an argument.
pub(super) fn spread(app: &App, commands: Vec<Command>) -> (Vec<Command>, Vec<(String, String)>) {
    if !commands.iter().any(sets) {
        return (commands, Vec::new());
    }
    let (mut known, mut exported) = (BTreeMap::new(), Vec::<(String, String)>::new());
    let (mut rest, mut fixed, mut defaults) = (Vec::new(), Vec::new(), Vec::new());
    for command in commands {
        let mut settled = settle_with(app, &command, &mut known);
        if !sets(&command) {
            fixed.extend(settled.fixed);
            fixed.extend(used(&defaults, &command));
            // The words of the command itself win over what was exported before it.
            let own = |key: &str| settled.command.env.iter().any(|(held, _)| held == key);
            let before: Vec<_> = exported.iter().filter(|(key, _)| !own(key)).cloned().collect();
            settled.command.env.splice(0..0, before);
            rest.push(settled.command);
            continue;
        }
        defaults.append(&mut settled.fixed);
        defaults.truncate(MAX_DEFAULTS);
        let argv = &settled.command.argv;
        let export = argv.first().is_some_and(|word| word == "export");
        let words = argv.iter().skip(1).filter(|_| export).filter_map(|word| word.split_once('='));
        let pairs = words.map(|(key, value)| (key.to_owned(), value.to_owned()));
        for (key, value) in pairs.chain(settled.command.env.iter().cloned()) {
            if value.contains(['$', '`']) {
                continue;
            }
            if export {
                exported.retain(|(held, _)| *held != key);
                exported.push((key.clone(), value.clone()));
            }
            known.insert(key, value);
        }
    }
    (rest, fixed)
}

/// What is said where a variable gave an argument.
pub(super) fn finding(fixed: &[(String, String)], evidence: Evidence) -> Option<Finding> {
    let mut pairs: Vec<String> =
        fixed.iter().map(|(name, value)| format!("{name} is \"{value}\"")).collect();
    pairs.dedup();
    (!pairs.is_empty()).then(|| {
        Finding::new(
            codes::START_VARIABLE_FIXED,
            format!(
                "the start command reads a variable, and the image fixes it: {}",
                pairs.join(", ")
            ),
            [evidence],
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::{App, from_scripts, with_recipes};
    use crate::repo::Repo;

    /// The environment and the words behind `node` that the script `start` comes to.
    fn start(script: &str) -> String {
        let manifest = format!(
            r#"{{"version": "1.2.3", "config": {{"port": "7000"}}, "scripts": {{"start": {script:?}}}}}"#
        );
        let repo = Repo::from_files([
            ("package.json", manifest.as_str()),
            ("a.js", ""),
            ("run.sh", "#!/bin/sh\n: \"${PORT:=8000}\"\nexec node a.js --port \"$PORT\"\n"),
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (entries, refused) = from_scripts(&app).unwrap();
        let Some(entry) = entries.first() else { return refused[0].1.clone() };
        let mut words: Vec<String> =
            entry.launch.env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        words.extend(entry.words().cloned());
        let fixed = entry.findings.iter().any(|f| f.code.as_str() == "start-variable-fixed");
        if fixed { format!("{} (fixed)", words.join(" ")) } else { words.join(" ") }
    }

    #[test]
    fn a_variable_with_a_default_is_an_argument() {
        for (script, expected) in [
            ("node a.js --port ${PORT:=9000}", "a.js --port 9000 (fixed)"),
            ("node a.js --port=\"${PORT:-9000}\"", "a.js --port=9000 (fixed)"),
            ("node a.js -p ${PORT-9000} ${HOST=0.0.0.0}", "a.js -p 9000 0.0.0.0 (fixed)"),
            ("node a.js ${A:-${B:-x}}", "a.js x (fixed)"),
            ("node ${FLAGS:-} a.js ${ARGS:--a b}", "a.js -a b (fixed)"),
            ("node a.js ${X:+--x}", "a.js"),
            ("PORT=${PORT:-9000} node a.js", "PORT=9000 a.js"),
            ("PORT=${WEB:-9000} node a.js", "PORT=9000 a.js (fixed)"),
            ("cross-env A=${A:-b} node a.js", "A=b a.js"),
            ("export PORT=${PORT:-9000} && node a.js -p $PORT", "PORT=9000 a.js -p 9000 (fixed)"),
            ("export PORT=${PORT:-9000} && node a.js", "PORT=9000 a.js"),
            (": ${PORT:=9000}; node a.js -p $PORT", "a.js -p 9000 (fixed)"),
            ("node a.js -p $npm_package_config_port", "a.js -p 7000"),
            ("node a.js --v ${npm_package_version}", "a.js --v 1.2.3"),
            ("./run.sh", "a.js --port 8000 (fixed)"),
            ("concurrently \"node a.js -p ${PORT:-9000}\"", "a.js -p 9000 (fixed)"),
        ] {
            assert_eq!(start(script), expected, "{script}");
        }
        for script in ["node a.js -p $PORT", "node a.js ${A:-$(x)}", "node a.js ${A:?gone}"] {
            assert!(start(script).contains("shell"), "{script}");
        }
    }

    #[test]
    fn a_recipe_gives_the_default_too() {
        let files = [
            ("package.json", "{}"),
            ("a.js", ""),
            ("Procfile", "web: node a.js -p ${PORT:-3000}\n"),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entries = with_recipes(&app, Vec::new()).unwrap();
        assert_eq!(entries[0].launch.args, ["-p", "3000"]);
    }
}
