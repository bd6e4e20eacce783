//! The process manager pm2, and the file that declares the processes for it
//! (<https://pm2.keymetrics.io/docs/usage/application-declaration/>).

use anyhow::Result;

use super::process::Process;
use super::{App, watched};
use crate::detect::node::config::{self, Config};
use crate::detect::node::expression::Names;
use crate::detect::node::script::Command;
use crate::detect::node::token::{Token, arguments, property};
use crate::path::RelPath;

/// How many processes of one file are read.
const MAX_PROCESSES: usize = 16;

/// The processes of a pm2 command: a file, or the applications of an ecosystem file.
pub(super) fn processes(app: &App, words: &[&str]) -> Result<Vec<Process>> {
    let value_of = |name: &str| {
        let joined = format!("{name}=");
        words
            .windows(2)
            .find(|w| w[0] == name)
            .map(|w| w[1])
            .or_else(|| words.iter().find_map(|w| w.strip_prefix(joined.as_str())))
    };
    let (only, environment) = (value_of("--only"), value_of("--env"));
    let own = words.iter().position(|word| *word == "--").unwrap_or(words.len());
    let mut operands = watched::operands(app, "pm2", &words[..own])?.into_iter();
    let file = operands
        .find_map(|(_, word)| (word.contains('.') || app.finds(word).is_some()).then_some(word));
    let Some(file) = file else { return Ok(Vec::new()) };
    let ecosystem = ["ecosystem", "pm2", "process"].iter().any(|name| file.contains(name))
        || RelPath::new(file).is_some_and(|path| path.extension() == "json");
    if !ecosystem {
        let mut argv = vec!["node".to_owned(), file.to_owned()];
        let more = words.iter().skip(own + 1);
        argv.extend(more.map(|word| (*word).to_owned()));
        let command = Command { argv, ..Command::default() };
        return Ok(vec![Process { name: file.to_owned(), command, evidence: None }]);
    }
    let Some(config) = config::read_file(&app.dir, file.trim_start_matches("./"))? else {
        return Ok(Vec::new());
    };
    let mut found = declared(&config, environment);
    if let Some(only) = only {
        found.retain(|process| only.split(',').any(|name| name == process.name));
    }
    Ok(found)
}

/// The applications that the file declares, in order.
fn declared(config: &Config, environment: Option<&str>) -> Vec<Process> {
    let names = Names::of(&config.tokens);
    let objects: Vec<&[Token]> = match names.properties("apps").next() {
        Some(list) if list.first().is_some_and(|t| t.is('[')) => arguments(list, 0),
        Some(one) => vec![one],
        // The file declares a single application: `{"script": "server.js"}` or `module.exports =
        // {script: ..}`.
        None => {
            let open = config.tokens.iter().position(|t| t.is('{'));
            open.map(|open| &config.tokens[open..]).into_iter().collect()
        }
    };
    objects
        .into_iter()
        .take(MAX_PROCESSES)
        .filter_map(|object| {
            let property = |object, name: &str| held(object, name, &names);
            let text = |name: &str| config.value(property(object, name)?).text();
            let script = text("script")?;
            let at = object.first().map_or(0, |token| token.at);
            let mut env = variables(property(object, "env"), config, &names);
            let more = environment
                .map(|name| variables(property(object, &format!("env_{name}")), config, &names));
            for (key, value) in more.unwrap_or_default() {
                env.retain(|(held, _)| *held != key);
                env.push((key, value));
            }
            let words = |name: &str| words(property(object, name), config);
            let mut argv: Vec<String> = script.split_whitespace().map(str::to_owned).collect();
            let manager = ["npm", "yarn", "pnpm", "bun", "npx"].contains(&argv.first()?.as_str());
            // pm2 hands scripts to Node.js; a package manager is a program of its own.
            if !manager {
                argv.insert(0, "node".to_owned());
                let flags = [words("node_args"), words("interpreter_args")].concat();
                argv.splice(1..1, flags);
            }
            argv.extend(words("args"));
            let name = text("name").unwrap_or_else(|| script.clone());
            let evidence = config.at(at, format!("pm2 starts {name}: {script}"));
            let dir =
                property(object, "cwd").and_then(|cwd| folder(cwd, config)).unwrap_or_default();
            let command = Command { env, argv, dir, ..Command::default() };
            Some(Process { name, command, evidence: Some(evidence) })
        })
        .collect()
}

/// The folder in `cwd: "./packages/api"` or `cwd: __dirname + "/packages/api"`, below that of the
/// file; `None` for the folder itself, and for one of the machine on which pm2 runs.
fn folder(tokens: &[Token], config: &Config) -> Option<String> {
    let literal = match tokens {
        [dirname, plus, rest @ ..] if dirname.is_word("__dirname") && plus.is('+') => {
            config.value(rest).text()?.trim_start_matches('/').to_owned()
        }
        [path, dot, join, open, ..]
            if path.is_word("path")
                && dot.is('.')
                && open.is('(')
                && (join.is_word("join") || join.is_word("resolve")) =>
        {
            let parts = arguments(tokens, 3);
            let (first, rest) = parts.split_first()?;
            if !matches!(first, [one] if one.is_word("__dirname")) {
                return None;
            }
            let parts: Option<Vec<String>> =
                rest.iter().map(|part| config.value(part).text()).collect();
            parts?.join("/")
        }
        _ => config.value(tokens).text()?,
    };
    let path = RelPath::new(&literal).filter(|path| !path.is_root())?;
    Some(path.as_str().to_owned())
}

/// How many objects one value is followed through.
const MAX_OBJECTS: usize = 8;

/// The value of a property, which may have a name, or come from an object that is spread:
/// `{ ...common, env }`.
fn held<'t>(object: &'t [Token], name: &str, names: &Names<'t>) -> Option<&'t [Token]> {
    let mut object = object;
    for _ in 0..MAX_OBJECTS {
        if let Some(value) = property(object, name) {
            let behind = match value {
                [one] => one.word().and_then(|word| names.value_of(word)),
                _ => None,
            };
            return Some(behind.unwrap_or(value));
        }
        object = spread(object, names).pop()?;
    }
    None
}

/// The objects that are spread in an object, in order.
fn spread<'t>(object: &'t [Token], names: &Names<'t>) -> Vec<&'t [Token]> {
    if !object.first().is_some_and(|token| token.is('{')) {
        return Vec::new();
    }
    let of = |entry: &'t [Token]| match entry {
        [a, b, c, name] if [a, b, c].iter().all(|token| token.is('.')) => {
            names.value_of(name.word()?)
        }
        _ => None,
    };
    arguments(object, 0).into_iter().filter_map(of).collect()
}

/// `{A: "b", PORT: 8085}` as pairs, without values that are unknown.
fn variables(object: Option<&[Token]>, config: &Config, names: &Names) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let spreads = object.map(|object| spread(object, names)).unwrap_or_default();
    for object in spreads.into_iter().take(MAX_OBJECTS).map(Some).chain([object]) {
        for (key, value) in pairs(object, config) {
            found.retain(|(held, _)| *held != key);
            found.push((key, value));
        }
    }
    found
}

fn pairs(object: Option<&[Token]>, config: &Config) -> Vec<(String, String)> {
    let Some(object) = object.filter(|object| object.first().is_some_and(|t| t.is('{'))) else {
        return Vec::new();
    };
    let pair = |tokens: &[Token]| {
        let key = tokens.first()?;
        let key = key.word().or_else(|| key.text())?;
        let setting = tokens.get(1)?.is(':').then(|| config.value(&tokens[2..]))?;
        // A variable of the machine on which the file is read may override it.
        let literal = setting.text().filter(|_| setting.variables().next().is_none())?;
        Some((key.to_owned(), literal))
    };
    arguments(object, 0).into_iter().filter_map(pair).collect()
}

/// The words in a string or in a list of strings.
fn words(tokens: Option<&[Token]>, config: &Config) -> Vec<String> {
    let Some(tokens) = tokens else { return Vec::new() };
    let parts = match tokens.first() {
        Some(first) if first.is('[') => arguments(tokens, 0),
        _ => vec![tokens],
    };
    let literals = parts.into_iter().filter_map(|part| config.value(part).text());
    literals
        .flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{App, from_scripts};
    use crate::repo::Repo;

    #[test]
    fn the_folder_in_which_a_process_runs_is_followed() {
        for (cwd, file) in [
            ("'./packages/api'", "packages/api/a.js"),
            ("__dirname + '/packages/api'", "packages/api/a.js"),
            ("path.join(__dirname, 'packages', 'api')", "packages/api/a.js"),
            ("'./'", "a.js"),
            ("'/opt/x'", "a.js"),
        ] {
            let code = format!("module.exports = {{ apps: [{{ script: 'a.js', cwd: {cwd} }}] }}");
            let repo = Repo::from_files([
                ("package.json", r#"{"scripts": {"start": "pm2-runtime ecosystem.config.js"}}"#),
                ("ecosystem.config.js", code.as_str()),
                ("packages/api/a.js", ""),
                ("a.js", ""),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = from_scripts(&app).unwrap().0.remove(0);
            assert_eq!(entry.launch.file, file, "{cwd}");
        }
    }

    #[test]
    fn an_environment_with_a_name_or_spread_is_read() {
        for code in [
            "const env = { PORT: 8085 }; module.exports = { apps: [{ script: 'a.js', env }] }",
            "const base = { env: { PORT: '8085' } }; module.exports = { apps: [{ ...base, script: 'a.js' }] }",
            "const all = { PORT: 8085 }; module.exports = { apps: [{ script: 'a.js', env: { ...all } }] }",
        ] {
            let repo = Repo::from_files([
                ("package.json", r#"{"scripts": {"start": "pm2-runtime ecosystem.config.js"}}"#),
                ("ecosystem.config.js", code),
                ("a.js", ""),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = from_scripts(&app).unwrap().0.remove(0);
            assert_eq!(entry.launch.env, [("PORT".to_owned(), "8085".to_owned())], "{code}");
        }
    }
}
