//! Programs of the system that the scripts of a build start: `curl`, `unzip`, a generator that is
//! written in Java. The builder's image is a slim one, which has none of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::App;
use crate::facts::Evidence;
use crate::path::RelPath;

/// A package whose program needs another one of the system.
#[derive(serde::Deserialize)]
struct BuildTool {
    package: String,
    command: String,
    needs: String,
}

/// Scripts that the package manager runs by itself, or for a build.
const BUILDING: [&str; 8] = [
    "preinstall",
    "install",
    "postinstall",
    "prepare",
    "build",
    "prebuild",
    "postbuild",
    "generate",
];

/// How many shell files are read for one application.
const MAX_FILES: usize = 24;

/// Words of the shell before a command, which are no command themselves.
const BEFORE: [&str; 10] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "exec", "time"];

/// The keys of packages.toml that the build of an application needs: for the tools in a script that
/// it runs, directly or through other scripts and shell files.
pub(super) fn needed(app: &App) -> Result<Vec<(String, Evidence)>> {
    let rows: Vec<BuildTool> = app.catalog.table("build_tools")?;
    let programs: BTreeMap<String, String> = app.catalog.table("build_programs")?;
    let held = |row: &BuildTool| app.package.dependency(&row.package).is_some();
    let rows: Vec<BuildTool> = rows.into_iter().filter(held).collect();
    let scripts = app.package.scripts();
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = BUILDING.to_vec();
    let mut files: Vec<RelPath> = Vec::new();
    while let Some(name) = open.pop() {
        let Some((name, text)) = scripts.get_key_value(name).filter(|_| reached.insert(name))
        else {
            continue;
        };
        let at = |note: String| app.package.at(&["scripts", name], note);
        let apart = |c: char| c.is_whitespace() || "&|;\"'".contains(c);
        for word in text.split(apart) {
            open.extend(scripts.get_key_value(word).map(|(name, _)| *name));
            for row in rows.iter().filter(|row| word.rsplit('/').next() == Some(&row.command)) {
                let note =
                    format!("`{name}` runs {}, which needs a program of the system", row.command);
                found.push((row.needs.clone(), at(note)));
            }
        }
        for words in started(text) {
            if let Some(key) = words.first().and_then(|word| programs.get(*word)) {
                found.push((key.clone(), at(format!("`{name}` runs {}", words[0]))));
            }
            files.extend(shell_file(app, &words));
        }
    }
    let mut at = 0;
    while let Some(path) = files.get(at).filter(|_| at < MAX_FILES).cloned() {
        at += 1;
        let Some(text) = app.dir.repo.text(&path)? else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            for words in started(line) {
                if let Some(key) = words.first().and_then(|word| programs.get(*word)) {
                    let note = format!("the build runs this script, which runs {}", words[0]);
                    found.push((key.clone(), Evidence::at(&path, number, note)));
                }
                let more = shell_file(app, &words).filter(|more| !files.contains(more));
                files.extend(more.filter(|_| files.len() < MAX_FILES));
            }
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|(key, _)| seen.insert(key.clone()));
    Ok(found)
}

/// The commands in a shell text, as words. Those whose failure is excused (`|| true`, `|| echo`) are
/// left out, and the text that `echo` prints is no command.
fn started(text: &str) -> Vec<Vec<&str>> {
    let mut all = Vec::new();
    let text = text.trim_start();
    if text.starts_with('#') {
        return all;
    }
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['&', '|', ';', '(', ')', '`', '\n']).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let apart = after.trim_start_matches(['&', ';', '(', ')', '`', '\n']);
        rest = apart.strip_prefix("||").or_else(|| apart.strip_prefix('|')).unwrap_or(apart);
        let excused = after.strip_prefix("||").is_some_and(|other| {
            ["true", ":", "echo", "exit 0"].iter().any(|word| other.trim_start().starts_with(word))
        });
        let assigns = |word: &&str| {
            word.split_once('=').is_some_and(|(key, _)| !key.is_empty() && !key.contains('-'))
        };
        let words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        let words: Vec<&str> =
            words.skip_while(|word| BEFORE.contains(word) || assigns(word)).collect();
        // `git config core.hooksPath` is for a checkout, and lifecycle scripts drop it.
        let idle = matches!(words.as_slice(), [] | ["echo" | "printf", ..] | ["git", "config", ..]);
        if !idle && !excused {
            all.push(words);
        }
    }
    all
}

/// The shell file of the repository that a command runs: `./fetch.sh`, `bash tools/setup`.
fn shell_file(app: &App, words: &[&str]) -> Option<RelPath> {
    let (first, more) = words.split_first()?;
    let by_shell = matches!(*first, "sh" | "bash" | "ash" | "dash" | "zsh" | "source" | ".");
    let named = if by_shell { more.iter().find(|word| !word.starts_with('-'))? } else { first };
    let path = app.dir.join(named).filter(|path| app.dir.repo.is_file(path))?;
    let plain = path.extension().is_empty() && named.contains('/');
    (by_shell || path.extension() == "sh" || plain).then_some(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::repo::Repo;

    fn of(manifest: &str, files: &[(&str, &str)]) -> String {
        let mut all = vec![("package.json", manifest)];
        all.extend(files);
        let repo = Repo::from_files(all);
        let found = needed(&App::read(&repo.root()).unwrap().unwrap()).unwrap();
        found.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tools_that_scripts_of_the_build_run() {
        let needs = |scripts: &str| {
            let manifest = format!(
                "{{\"devDependencies\": {{\"@openapitools/openapi-generator-cli\": \"2\"}}, \
                 \"scripts\": {{{scripts}}}}}"
            );
            of(&manifest, &[])
        };
        let client = "\"client\": \"openapi-generator-cli generate -i a.json\"";
        assert_eq!(
            needs(&format!("\"postinstall\": \"npm run client\", {client}")),
            "jre-at-build"
        );
        assert_eq!(
            needs(&format!("\"build\": \"yarn client && vite build\", {client}")),
            "jre-at-build"
        );
        assert_eq!(needs("\"prebuild\": \"npx openapi-generator-cli version\""), "jre-at-build");
        // By hand only.
        assert!(needs(&format!("\"build\": \"vite build\", {client}")).is_empty());
        assert!(needs("\"build\": \"vite build\"").is_empty());
    }

    #[test]
    fn programs_of_the_system_in_scripts_and_shell_files() {
        let script = |text: &str| of(&format!("{{\"scripts\": {{\"build\": {text:?}}}}}"), &[]);
        for (text, expected) in [
            ("curl -fsSL https://x.test/x -o x", "curl-at-build"),
            ("tsc && V=1 zip -r out.zip dist", "zip-at-build"),
            ("git clone https://x.test/y && vite build", "git-at-build"),
            ("V=$(git rev-parse HEAD) vite build", "git-at-build"),
            ("if test -f a; then unzip a; fi", "unzip-at-build"),
            ("cat a.json | jq .b > c", "jq-at-build"),
            // The build goes on without them.
            ("git describe 2>/dev/null || echo none", ""),
            ("wget https://x.test/x || true", ""),
            // Words, not commands.
            ("echo curl && vite build --mode zip", ""),
            ("node scripts/curl.js", ""),
            ("git config core.hooksPath .hooks", ""),
            ("command -v curl", ""),
        ] {
            assert_eq!(script(text), expected, "{text}");
        }
        let manifest = r#"{"scripts": {"postinstall": "tools/setup.sh", "deploy": "rsync a b"}}"#;
        let setup = ("tools/setup.sh", "#!/bin/bash\nset -e\n# wget x\nbash ./tools/fetch\n");
        let fetch = ("tools/fetch", "curl -L https://x.test/x.tgz | tar xz\n");
        assert_eq!(of(manifest, &[setup, fetch]), "curl-at-build");
        // A file that calls itself.
        let own = ("tools/setup.sh", "./tools/setup.sh\n./tools/setup.sh\nunzip a\n");
        assert_eq!(of(manifest, &[own]), "unzip-at-build");
    }
}
