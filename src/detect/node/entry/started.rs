//! Entries that recipes start: a Procfile, a systemd unit, a hosting platform's file.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{App, Command, Entry, node, variables, watched};
use crate::detect::node::script;
use crate::facts::Evidence;
use crate::recipes::{self, Recipe};

/// The port that a platform gives the program, as a Procfile writes it, and the one that the image
/// gives it.
const PLATFORM_PORT: [&str; 2] = ["${PORT}", "$PORT"];
const OWN_PORT: &str = "8080";

/// Extends the scripts' entries by what recipes add: flags and arguments of the same start, and
/// other files that they start.
pub(crate) fn with_recipes(app: &App, mut entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let scripts: BTreeMap<&str, &str> = app.package.scripts();
    let mut runs = recipes::starts(app.dir.repo, &app.dir.path)?;
    // Of a Procfile's processes, `web` is the one that serves, and `release` ends before it starts:
    // https://devcenter.heroku.com/articles/procfile
    runs.retain(|run| run.by != Recipe::Procfile || run.name != "release");
    runs.sort_by_key(|run| run.by == Recipe::Procfile && run.name != "web");
    for run in runs {
        // pm2's files are read where a script starts them, and documentation shows many commands
        // that production does not run.
        let believed = !matches!(run.by, Recipe::ProcessManager | Recipe::Docs);
        // `web: LEVEL=info node server.js`
        let written = if run.by == Recipe::Procfile { run.env.as_slice() } else { &[] };
        let plain = written.iter().filter(|variable| !variable.value.contains(['$', '`']));
        let env = plain.map(|variable| (variable.key.clone(), variable.value.clone())).collect();
        let command = Command { argv: run.words.clone(), ..Command::default() };
        let settled = variables::settle(app, &command);
        let (mut argv, mut fixed) = (settled.command.argv, settled.fixed);
        if !believed {
            continue;
        }
        for word in &mut argv {
            if PLATFORM_PORT.iter().any(|name| word.contains(name)) {
                for name in PLATFORM_PORT {
                    *word = word.replace(name, OWN_PORT);
                }
                fixed.push(("PORT".to_owned(), OWN_PORT.to_owned()));
            }
        }
        if argv.iter().any(|word| word.contains(['$', '`', '%'])) {
            // Whatever else the file starts, it is not what serves.
            if run.by == Recipe::Procfile && run.name == "web" {
                break;
            }
            continue;
        }
        if let Some(first) = argv.first_mut()
            && let Some((_, name)) = first.rsplit_once('/')
            && ["node", "nodejs"].contains(&name)
        {
            *first = name.to_owned();
        }
        let command = script::unwrap(Command { env, argv, ..Command::default() });
        if script::runs_script(&command, &scripts).is_some() {
            continue;
        }
        let Ok(mut entry) = node(app, &command)? else { continue };
        entry.findings.extend(variables::finding(&fixed, run.evidence.clone()));
        entry.fixed.extend(fixed);
        add(&mut entries, entry, run.evidence);
    }
    watched::built_first(app, &mut entries)?;
    Ok(entries)
}

fn add(entries: &mut Vec<Entry>, mut started: Entry, evidence: Evidence) {
    let same = |held: &&mut Entry| held.launch.file == started.launch.file;
    let Some(held) = entries.iter_mut().find(same) else {
        started.evidence.push(evidence);
        entries.push(started);
        return;
    };
    let mut adds = !started.launch.env.is_empty();
    for (key, value) in started.launch.env {
        if held.launch.env.iter().all(|(set, _)| *set != key) {
            held.launch.env.push((key, value));
        }
    }
    if held.launch.flags.is_empty() && !started.launch.flags.is_empty() {
        held.launch.flags = started.launch.flags;
        adds = true;
    }
    if held.launch.args.is_empty() && !started.launch.args.is_empty() {
        held.launch.args = started.launch.args;
        adds = true;
    }
    if adds {
        held.evidence.push(evidence);
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, entry};
    use crate::repo::Repo;

    fn starts(manifest: &str, file: &str, text: &str) -> Vec<String> {
        let files = [("package.json", manifest), (file, text), ("a.js", ""), ("b.js", "")];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entries = entry::from_scripts(&app).unwrap().0;
        let entries = super::with_recipes(&app, entries).unwrap();
        let line = |entry: &entry::Entry| {
            let launch = &entry.launch;
            let set: Vec<String> = launch.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let words: [&[String]; 4] =
                [&set, &launch.flags, std::slice::from_ref(&launch.file), &launch.args];
            words.concat().join(" ")
        };
        entries.iter().map(line).collect()
    }

    #[test]
    fn a_recipe_starts_what_no_script_does() {
        for (file, text) in [
            ("Procfile", "web: node --expose-gc a.js -x\n"),
            ("deploy/a.service", "[Service]\nExecStart=/usr/bin/node --expose-gc a.js -x\n"),
            ("render.yaml", "services: [{type: web, startCommand: node --expose-gc a.js -x}]\n"),
            ("railway.toml", "[deploy]\nstartCommand = 'node --expose-gc a.js -x'\n"),
            ("nixpacks.toml", "[start]\ncmd = 'node --expose-gc a.js -x'\n"),
            ("fly.toml", "[processes]\nweb = 'node --expose-gc a.js -x'\n"),
            ("compose.yml", "services: {a: {build: ., command: [node, --expose-gc, a.js, -x]}}\n"),
        ] {
            assert_eq!(starts("{}", file, text), ["--expose-gc a.js -x"], "{file}");
        }
        let scripts = r#"{"scripts": {"start": "node a.js"}}"#;
        assert_eq!(
            starts(scripts, "Procfile", "web: node --expose-gc ./a.js"),
            ["--expose-gc a.js"]
        );
        assert_eq!(starts(scripts, "Procfile", "web: npm start\n"), ["a.js"]);
        assert_eq!(
            starts(scripts, "Procfile", "web: node a.js\nworker: node b.js"),
            ["a.js", "b.js"]
        );
        assert_eq!(
            starts("{}", "Procfile", "release: node c.js\nworker: node b.js\nweb: node a.js"),
            ["a.js", "b.js"]
        );
        assert_eq!(
            starts("{}", "Procfile", "web: LEVEL=info SECRET=$X node a.js -x"),
            ["LEVEL=info a.js -x"]
        );
        // Values of an example, of one deployment, and of its network stay out.
        let given = "services: {db: {image: postgres}, a: {build: ., command: [node, a.js, --own=user1, --own=user2, --token=abc, --db=postgres://db:5432, --level=3]}}\n";
        assert_eq!(starts("{}", "compose.yml", given), ["a.js --level=3"]);
        assert!(starts("{}", "Procfile", "web: node $FILE\nworker: node b.js\n").is_empty());
        assert_eq!(starts("{}", "Procfile", "web: node a.js --port $PORT"), ["a.js --port 8080"]);
        assert!(starts("{}", "README.md", "    node a.js\n").is_empty());
    }
}
