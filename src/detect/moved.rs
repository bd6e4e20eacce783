//! Build output that a Makefile, a shell script, a workflow or an existing Dockerfile moves to
//! another place.

mod image;

use std::collections::BTreeMap;

use super::{LANGUAGES, is_there, makers};
use crate::facts::{Evidence, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell;

/// Build files beside the sources, by name in lower case.
const FILES: [&str; 9] = [
    "makefile",
    "gnumakefile",
    "justfile",
    ".justfile",
    "taskfile.yml",
    "taskfile.yaml",
    "build.sh",
    "make.sh",
    "release.sh",
];

/// Folders of shell scripts.
const FOLDERS: [&str; 5] = ["scripts", "script", "hack", "build", "ci"];

/// Folders of workflows.
const WORKFLOWS: [&str; 3] = [".github/workflows", ".gitea/workflows", ".forgejo/workflows"];

/// Commands whose last word is the destination.
const MOVES: [&str; 3] = ["cp", "mv", "rsync"];

/// How far the effect of a `cd` extends in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shell {
    /// To the end of the line, as in a make recipe.
    Line,
    /// To the end of the script.
    Script,
    /// To the end of a workflow's step.
    Step,
}

/// A folder or file that is copied, and its destination.
type Moved = (RelPath, RelPath);

/// What the files of a repository copy, line by line, in the order in which the files are read.
/// Cached: each path that a program misses needs it.
struct Moves(Vec<(Evidence, Vec<Moved>)>);

/// The front end whose output is moved to `path`, or to a folder that contains it, if neither
/// exists in the repository.
pub(super) fn moved(repo: &Repo, context: &RelPath, path: &RelPath) -> Option<Sourced<FrontEnd>> {
    if is_there(repo, path) {
        return None;
    }
    let moves = repo.once(context, || Ok(Moves(moves(repo, context)))).ok()?;
    let all = moves.0.iter().flat_map(|(place, moves)| moves.iter().map(move |m| (place, m)));
    let here = all.filter(|(_, (_, to))| path.is_within(to) && !is_there(repo, to));
    here.into_iter().find_map(|(place, (from, to))| {
        let mut made = makers(repo, context, from).into_iter().next()?;
        let note = format!("moves {} to {to}", made.value.output);
        made.evidence.push(Evidence { note, ..place.clone() });
        made.value.moved_from = Some(std::mem::replace(&mut made.value.output, to.clone()));
        Some(made)
    })
}

fn moves(repo: &Repo, context: &RelPath) -> Vec<(Evidence, Vec<Moved>)> {
    let mut all = Vec::new();
    for (file, shell) in scripts(repo, context) {
        let Ok(Some(text)) = repo.source_text(file) else { continue };
        let mut here = context.clone();
        let variables = Variables::of(&text);
        for (number, line) in (1..).zip(text.lines()) {
            let line = &variables.expanded(line);
            let fresh = match shell {
                Shell::Line => true,
                Shell::Script => false,
                Shell::Step => line.trim_start().starts_with("- ") || line.contains("run:"),
            };
            if fresh {
                here = context.clone();
            }
            all.push((Evidence::at(file, number, ""), sources(line, &mut here)));
        }
    }
    for file in dockerfiles(repo, context) {
        let Ok(Some(text)) = repo.source_text(file) else { continue };
        let copied = image::copied(repo, context, &text).into_iter();
        all.extend(copied.map(|(number, moves)| (Evidence::at(file, number, ""), moves)));
    }
    all.retain(|(_, moves)| !moves.is_empty());
    all
}

/// The variables of a Makefile, a justfile or a shell script: `OUT := static`, `out := "static"`.
struct Variables(BTreeMap<String, String>);

/// Maximum number of variables in a file, and maximum length of a value in bytes.
const MAX_VARIABLES: (usize, usize) = (200, 200);

impl Variables {
    fn of(text: &str) -> Self {
        let mut all = Self(BTreeMap::new());
        for line in text.lines().filter(|line| line.len() < 1000) {
            if all.0.len() >= MAX_VARIABLES.0 {
                break;
            }
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = name.trim_start().trim_start_matches("export ");
            let name = name.trim_end_matches([':', '?', ' ', '\t']);
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.is_empty() || !name.chars().all(plain) {
                continue;
            }
            let value = value.split(" #").next().unwrap_or_default().trim();
            let value = all.expanded(value.trim_matches(['"', '\'']));
            if value.len() <= MAX_VARIABLES.1 && !value.contains(['$', '`', '{']) {
                all.0.entry(name.to_owned()).or_insert(value);
            }
        }
        all
    }

    /// The line with known variables expanded: `$(NAME)`, `${NAME}`, `$NAME` and `{{NAME}}`.
    fn expanded(&self, line: &str) -> String {
        if self.0.is_empty() || !line.contains(['$', '{']) {
            return line.to_owned();
        }
        let get = |name: &str| self.0.get(name.trim().trim_start_matches('.')).cloned();
        let line = shell::expand(line, false, &get);
        shell::expand(&line, true, &get)
    }
}

/// The build files, in the order in which they are read.
fn scripts<'r>(repo: &'r Repo, context: &RelPath) -> Vec<(&'r RelPath, Shell)> {
    let inside = |names: &[&str]| -> Vec<&'r RelPath> {
        let folders = names.iter().filter_map(|name| context.join(name));
        let files = folders.flat_map(|folder| repo.children(&folder).collect::<Vec<_>>());
        files.map(|(path, _)| path).collect()
    };
    // Manifests of tools that build front ends contain scripts.
    let markers: Vec<&str> = LANGUAGES
        .iter()
        .filter(|language| language.front_end.is_some())
        .flat_map(|language| language.markers.iter().copied())
        .collect();
    let shell = |path: &RelPath| if path.extension() == "sh" { Shell::Script } else { Shell::Line };
    let beside = repo.children(context).map(|(path, _)| path).filter(|path| {
        let name = path.file_name();
        FILES.contains(&name.to_ascii_lowercase().as_str()) || markers.contains(&name)
    });
    let mut all: Vec<_> = beside.map(|path| (path, shell(path))).collect();
    let scripts = inside(&FOLDERS).into_iter().filter(|path| path.extension() == "sh");
    all.extend(scripts.map(|path| (path, Shell::Script)));
    let steps = inside(&WORKFLOWS).into_iter();
    let steps = steps.filter(|path| ["yml", "yaml"].contains(&path.extension()));
    all.extend(steps.map(|path| (path, Shell::Step)));
    all.retain(|(path, _)| repo.is_file(path));
    all
}

/// Existing Dockerfiles in the context, and in its folders for images.
fn dockerfiles<'r>(repo: &'r Repo, context: &RelPath) -> Vec<&'r RelPath> {
    let folders = ["", "docker", "build", "deploy"].iter().filter_map(|name| context.join(name));
    let files = folders.flat_map(|folder| repo.children(&folder).collect::<Vec<_>>());
    let named = files.map(|(path, _)| path).filter(|path| {
        let name = path.file_name().to_ascii_lowercase();
        ["dockerfile", "containerfile"].iter().any(|word| {
            name.starts_with(word) || name.rsplit_once('.').is_some_and(|(_, end)| end == *word)
        }) && !name.ends_with("ignore")
    });
    named.filter(|path| repo.is_file(path)).collect()
}

/// What a line of a script moves. `here` is the folder at the start of the line, and afterwards the
/// one at its end.
fn sources(line: &str, here: &mut RelPath) -> Vec<Moved> {
    let mut found = Vec::new();
    for command in line.split(['&', ';', '|']) {
        let words: Vec<&str> = command
            .split_whitespace()
            .map(|word| word.trim_start_matches('@').trim_matches(['"', '\'', '`', ',']))
            .collect();
        let Some(at) = words.iter().position(|word| *word == "cd" || MOVES.contains(word)) else {
            continue;
        };
        let operands: Vec<&str> = words[at + 1..]
            .iter()
            .copied()
            .filter(|word| !word.starts_with('-') && !word.is_empty())
            .collect();
        let [from @ .., last] = operands.as_slice() else { continue };
        let Some(to) = here.join(last.trim_end_matches(['*', '.', '/'])) else { continue };
        if words[at] == "cd" {
            *here = here.join(last).unwrap_or(to);
            continue;
        }
        for word in from {
            let Some(source) = here.join(word.trim_end_matches(['*', '.', '/'])) else { continue };
            // `cp -r ui/dist server` creates server/dist if server exists, and so does `mv`.
            let inside = (!word.ends_with(['*', '.'])).then(|| to.join(source.file_name()));
            let places = inside.flatten().into_iter().chain([to.clone()]);
            found.extend(places.filter(|to| !to.is_root()).map(|to| (source.clone(), to)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_move_a_folder() {
        let of = |line: &str| -> Vec<String> {
            let path = RelPath::new("server/static").unwrap();
            let moves = sources(line, &mut RelPath::root());
            moves.iter().filter(|(_, to)| *to == path).map(|(from, _)| from.to_string()).collect()
        };
        assert_eq!(of("\tcp -r ui/dist/* server/static/"), ["ui/dist"]);
        assert_eq!(of("@cd ui && npm run build && cp -r dist/. ../server/static"), ["ui/dist"]);
        assert_eq!(of("rsync -a --delete 'ui/dist/' \"server/static/\""), ["ui/dist"]);
        let script =
            r#"    "setup": "cd ui && npm ci && npm run build && cp -r dist ../server/static","#;
        assert_eq!(of(script), ["ui/dist"]);
        assert!(of("rm -rf server/static").is_empty() && of("cp server/static other").is_empty());
        assert!(of("cp -r ../ui/dist server/static").is_empty());
        assert_eq!(of("mv ui/static server"), ["ui/static"]);
        assert!(of("cp -r ui/dist/* server").is_empty());
    }

    #[test]
    fn a_makefile_leads_to_the_front_end() {
        let files = [
            (
                "ui/package.json",
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#,
            ),
            (
                "Makefile",
                "ui:\n\tcd ui && npm ci && npm run build\n\tcp -r ui/dist server/static\n",
            ),
        ];
        let path = RelPath::new("server/static").unwrap();
        let made = moved(&Repo::from_files(files), &RelPath::root(), &path).unwrap();
        assert_eq!(
            (made.value.output.as_str(), made.value.moved_from.unwrap().as_str()),
            ("server/static", "ui/dist")
        );
        assert_eq!(made.evidence.last().unwrap().place(), "Makefile:3");
        assert!(
            moved(&Repo::from_files(files[..1].iter().copied()), &RelPath::root(), &path).is_none()
        );
    }

    const UI: (&str, &str) = (
        "ui/package.json",
        r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#,
    );

    fn found(file: (&str, &str), path: &str) -> Option<(String, String, String)> {
        let repo = Repo::from_files([UI, file]);
        let made = moved(&repo, &RelPath::root(), &RelPath::new(path).unwrap())?;
        let from = made.value.moved_from.unwrap().to_string();
        Some((from, made.value.output.to_string(), made.evidence.last().unwrap().place()))
    }

    fn expected(place: &str) -> (String, String, String) {
        ("ui/dist".to_owned(), "server/static".to_owned(), place.to_owned())
    }

    #[test]
    fn a_shell_script_keeps_its_folder_from_line_to_line() {
        let script = "#!/bin/sh\ncd ui/\nbun run build\ncp -r dist/ ../server/static\ncd ../\n";
        assert_eq!(
            found(("build.sh", script), "server/static/index.html"),
            Some(expected("build.sh:4"))
        );
        let recipe = "all:\n\tcd ui && npm run build\n\tcp -r dist ../server/static\n";
        assert_eq!(found(("Makefile", recipe), "server/static"), None);
    }

    #[test]
    fn variables_of_the_file_are_known() {
        let make = "UI := ui\nOUT ?= server/static # pages\nall:\n\tcp -r $(UI)/dist/* ${OUT}/\n";
        assert_eq!(found(("Makefile", make), "server/static"), Some(expected("Makefile:4")));
        let just = "out := \"server/static\"\n\nui:\n    cp -r ui/dist {{out}}\n";
        assert_eq!(found(("justfile", just), "server/static"), Some(expected("justfile:4")));
        let script = "OUT=\"server/static\"\ncp -r ui/dist \"$OUT\"\n";
        assert_eq!(found(("build.sh", script), "server/static"), Some(expected("build.sh:2")));
        let unknown = "OUT := $(shell pwd)/static\nall:\n\tcp -r ui/dist $(OUT)\n";
        assert_eq!(found(("Makefile", unknown), "server/static"), None);
    }

    #[test]
    fn a_workflow_keeps_its_folder_within_a_step() {
        let workflow = "jobs:\n  a:\n    steps:\n      - name: Build\n        run: |\n          \
                        cd ui\n          npm run build\n      - name: Copy\n        run: |\n          \
                        cp -r ui/dist server/static\n";
        let file = (".github/workflows/release.yml", workflow);
        assert_eq!(
            found(file, "server/static"),
            Some(expected(".github/workflows/release.yml:10"))
        );
    }

    #[test]
    fn a_dockerfile_copies_from_the_stage_that_builds() {
        for (folder, copied, from) in [
            ("/ui", "COPY ui/package.json ui/package-lock.json ./", "/ui/dist"),
            ("/build", "COPY ui .", "/build/dist"),
            ("/build", "COPY ./ui ./", "dist"),
        ] {
            let text = format!(
                "FROM node:24 AS pages\nWORKDIR {folder}\n{copied}\nRUN npm run build\n\
                 FROM golang:1.26\nWORKDIR /src\nCOPY . .\n\
                 COPY --from=pages {from} ./server/static\nRUN go build .\n"
            );
            assert_eq!(
                found(("Dockerfile", &text), "server/static"),
                Some(expected("Dockerfile:8"))
            );
        }
        let own = "FROM golang:1.26 AS deps\nWORKDIR /src/cmd\nFROM node:24 AS pages-deps\nWORKDIR /app/ui\n\
                   FROM pages-deps AS pages\nCOPY ui .\nFROM deps AS build\nRUN --mount=type=bind,target=/src \
                   --mount=type=bind,from=pages,source=/app/ui/dist,target=/src/server/static go build .\n";
        assert_eq!(found(("Dockerfile", own), "server/static"), Some(expected("Dockerfile:8")));
        let other = "FROM node:24 AS pages\nFROM golang:1.26\nCOPY --from=pages /x/dist ./other\n";
        assert_eq!(found(("Dockerfile", other), "server/static"), None);
    }
}
