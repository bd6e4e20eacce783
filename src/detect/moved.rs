//! What a build makes in one place and a Makefile, a justfile or a shell script moves to another:
//! the line that does so.

use super::{LANGUAGES, is_there, makers};
use crate::facts::{Evidence, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;

/// Files beside the sources that say how all of it is built, by their names in lower case.
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

/// Commands whose last word is where the others go.
const MOVES: [&str; 3] = ["cp", "mv", "rsync"];

/// The front end whose output is moved to `path`, which the repository does not hold.
pub(super) fn moved(repo: &Repo, context: &RelPath, path: &RelPath) -> Option<Sourced<FrontEnd>> {
    if is_there(repo, path) {
        return None;
    }
    let scripts = FOLDERS
        .iter()
        .filter_map(|name| context.join(name))
        .flat_map(|folder| repo.children(&folder).collect::<Vec<_>>());
    // Manifests of tools that build front ends hold scripts.
    let markers: Vec<&str> = LANGUAGES
        .iter()
        .filter(|language| language.front_end.is_some())
        .flat_map(|language| language.markers.iter().copied())
        .collect();
    let files = repo.children(context).filter(|(path, _)| {
        let name = path.file_name();
        FILES.contains(&name.to_ascii_lowercase().as_str()) || markers.contains(&name)
    });
    let files =
        files.chain(scripts.filter(|(path, _)| path.extension() == "sh")).map(|(path, _)| path);
    for file in files.filter(|file| repo.is_file(file)) {
        let Ok(Some(text)) = repo.source_text(file) else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            for source in sources(line, context, path) {
                let Some(mut made) = makers(repo, context, &source).into_iter().next() else {
                    continue;
                };
                made.evidence.push(Evidence::at(
                    file,
                    number,
                    format!("moves {} to {path}", made.value.output),
                ));
                made.value.moved_from =
                    Some(std::mem::replace(&mut made.value.output, path.clone()));
                return Some(made);
            }
        }
    }
    None
}

/// What a line of a script moves to `path`.
fn sources(line: &str, context: &RelPath, path: &RelPath) -> Vec<RelPath> {
    let mut here = context.clone();
    let mut found = Vec::new();
    for command in line.split(['&', ';', '|']) {
        let clean = |word: &str| {
            word.trim_matches(['"', '\'', '`', ',']).trim_end_matches(['*', '.', '/']).to_owned()
        };
        let words: Vec<String> =
            command.split_whitespace().map(|word| clean(word.trim_start_matches('@'))).collect();
        let Some(at) = words.iter().position(|word| word == "cd" || MOVES.contains(&word.as_str()))
        else {
            continue;
        };
        let operands: Vec<&String> = words[at + 1..]
            .iter()
            .filter(|word| !word.starts_with('-') && !word.is_empty())
            .collect();
        let [from @ .., last] = operands.as_slice() else { continue };
        let Some(last) = here.join(last) else { continue };
        if words[at] == "cd" {
            here = last;
        } else if last == *path {
            found.extend(from.iter().filter_map(|word| here.join(word)));
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
            sources(line, &RelPath::root(), &path).iter().map(ToString::to_string).collect()
        };
        assert_eq!(of("\tcp -r ui/dist/* server/static/"), ["ui/dist"]);
        assert_eq!(of("@cd ui && npm run build && cp -r dist/. ../server/static"), ["ui/dist"]);
        assert_eq!(of("rsync -a --delete 'ui/dist/' \"server/static/\""), ["ui/dist"]);
        let script =
            r#"    "setup": "cd ui && npm ci && npm run build && cp -r dist ../server/static","#;
        assert_eq!(of(script), ["ui/dist"]);
        assert!(of("rm -rf server/static").is_empty() && of("cp server/static other").is_empty());
        assert!(of("cp -r ../ui/dist server/static").is_empty());
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
}
