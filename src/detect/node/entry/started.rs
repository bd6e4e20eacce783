//! Entries that recipes start: a Procfile, a systemd unit, a hosting platform's file.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{App, Command, Entry, node, variables};
use crate::detect::node::script;
use crate::facts::Evidence;
use crate::recipes::{self, Recipe};

/// Extends the scripts' entries by what recipes add: flags and arguments of the same start, and
/// other files that they start.
pub(crate) fn with_recipes(app: &App, mut entries: Vec<Entry>) -> Result<Vec<Entry>> {
    let scripts: BTreeMap<&str, &str> = app.package.scripts();
    for run in recipes::starts(app.dir.repo, &app.dir.path)? {
        // pm2's files are read where a script starts them, and documentation shows many commands
        // that production does not run.
        let believed = !matches!(run.by, Recipe::ProcessManager | Recipe::Docs);
        let command = Command { argv: run.words.clone(), ..Command::default() };
        let mut argv = variables::settle(app, &command).command.argv;
        if !believed || argv.iter().any(|word| word.contains(['$', '`', '%'])) {
            continue;
        }
        if let Some(first) = argv.first_mut()
            && let Some((_, name)) = first.rsplit_once('/')
            && ["node", "nodejs"].contains(&name)
        {
            *first = name.to_owned();
        }
        let command = script::unwrap(Command { argv, ..Command::default() });
        if script::runs_script(&command, &scripts).is_some() {
            continue;
        }
        let Ok(entry) = node(app, &command)? else { continue };
        add(&mut entries, entry, run.evidence);
    }
    Ok(entries)
}

fn add(entries: &mut Vec<Entry>, mut started: Entry, evidence: Evidence) {
    let same = |held: &&mut Entry| held.launch.file == started.launch.file;
    let Some(held) = entries.iter_mut().find(same) else {
        started.evidence.push(evidence);
        entries.push(started);
        return;
    };
    let mut adds = false;
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
            let words: [&[String]; 3] =
                [&launch.flags, std::slice::from_ref(&launch.file), &launch.args];
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
        assert!(starts("{}", "Procfile", "web: node $FILE\n").is_empty());
        assert!(starts("{}", "README.md", "    node a.js\n").is_empty());
    }
}
