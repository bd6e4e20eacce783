//! An existing Dockerfile: what its final image offers and needs.

use std::rc::Rc;

use anyhow::Result;

use crate::docker::parse::{Dockerfile, Instruction, parse};
use crate::docker::scope::Scopes;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell;

/// Names of Dockerfiles for production, in order of preference.
const NAMES: [&str; 6] = [
    "Dockerfile",
    "Containerfile",
    "docker/Dockerfile",
    "build/Dockerfile",
    "deploy/Dockerfile",
    ".docker/Dockerfile",
];

/// A text in the head of every Dockerfile that dockgen writes.
const OWN: &str = "written by dockgen";

/// Managers of system packages, each with its install command.
const INSTALLERS: [(&str, &str); 6] = [
    ("apk", "add"),
    ("apt-get", "install"),
    ("apt", "install"),
    ("microdnf", "install"),
    ("dnf", "install"),
    ("yum", "install"),
];

/// A word, and the line that contains it.
pub(crate) type Said = (String, Evidence);

/// The contents of the final stage, including the stages that it is built on.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// `8080`, `53/udp`.
    pub(crate) ports: Vec<Said>,
    /// Folders.
    pub(crate) volumes: Vec<Said>,
    /// System packages, without versions.
    pub(crate) packages: Vec<Said>,
    /// Variables whose values contain nothing to expand.
    pub(crate) env: Vec<(String, Said)>,
}

/// A Dockerfile and its contents.
pub(crate) struct Written(pub(crate) Option<(RelPath, Image)>);

/// The existing Dockerfile of the application in `folder`. Cached, since each plan of the
/// application needs it.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn written(repo: &Repo, folder: &RelPath) -> Result<Rc<Written>> {
    repo.once(folder, || find(repo, folder).map(Written))
}

/// Suffixes of production names that are tried if no Dockerfile has a plain name:
/// `Containerfile.prod`.
const ENDS: [&str; 4] = ["prod", "production", "release", "server"];

fn find(repo: &Repo, folder: &RelPath) -> Result<Option<(RelPath, Image)>> {
    let ended =
        ENDS.iter().flat_map(|end| ["Dockerfile", "Containerfile"].map(|n| format!("{n}.{end}")));
    let names = NAMES.iter().map(|name| (*name).to_owned()).chain(ended);
    for path in names.filter_map(|name| folder.join(&name)) {
        let Some(text) = repo.source_text(&path)? else { continue };
        if text.contains(OWN) {
            continue;
        }
        let Ok(file) = parse(&text) else { continue };
        let image = Image::of(&path, &file);
        return Ok(Some((path, image)));
    }
    Ok(None)
}

impl Image {
    fn of(path: &RelPath, file: &Dockerfile) -> Self {
        let mut image = Self::default();
        let scopes = Scopes::of(file);
        let last = file.stages.len().checked_sub(1);
        // Base stages come first.
        let mut chain: Vec<usize> = last.iter().flat_map(|last| scopes.chain(*last)).collect();
        chain.reverse();
        for at in chain {
            for held in &file.stages[at].instructions {
                let read = |word: &str| scopes.read(file, at, held.line, word);
                image.add(path, held, &read);
            }
        }
        image
    }

    /// Adds the content of an instruction; `read` expands the variables of a word.
    fn add(&mut self, path: &RelPath, held: &Instruction, read: &dyn Fn(&str) -> Option<String>) {
        let line = u32::try_from(held.line).unwrap_or(u32::MAX);
        let said = |word: String, note: String| (word, Evidence::at(path, line, note));
        let words = || held.words().into_iter().filter_map(|word| read(&word));
        match held.keyword.as_str() {
            "EXPOSE" => self.ports.extend(words().map(|port| {
                let port = port.trim_end_matches("/tcp").to_owned();
                said(port.clone(), format!("it exposes {port}"))
            })),
            "VOLUME" => {
                let folders = words().filter(|folder| folder.starts_with('/'));
                self.volumes.extend(
                    folders.map(|folder| {
                        said(folder.clone(), format!("it keeps {folder} in a volume"))
                    }),
                );
            }
            "ENV" => self.env.extend(held.pairs().into_iter().filter_map(|(name, value)| {
                let value = read(&value?)?;
                let note = format!("it sets {name}={value}");
                Some((name, said(value, note)))
            })),
            "RUN" => self.packages.extend(
                packages(&held.arguments)
                    .into_iter()
                    .map(|package| said(package.clone(), format!("it installs {package}"))),
            ),
            _ => {}
        }
    }
}

/// The packages that a command installs and keeps.
fn packages(command: &str) -> Vec<String> {
    let mut found = Vec::new();
    for command in shell::parse(command).commands {
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let installs = INSTALLERS
            .iter()
            .any(|(tool, verb)| words.first() == Some(tool) && words.contains(verb));
        // `--virtual` names packages that a later command removes.
        let passing = words.iter().any(|word| matches!(*word, "--virtual" | "-t"));
        if !installs || passing {
            continue;
        }
        let names = words.iter().skip(2).filter(|word| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric()) && !word.contains('$')
        });
        let names = names.filter(|word| !INSTALLERS.iter().any(|(_, verb)| verb == *word));
        let plain = |word: &&str| word.split(['=', '@', '~']).next().unwrap_or_default().to_owned();
        found.extend(names.map(plain));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Image> {
        let repo = Repo::from_files([("Dockerfile", text)]);
        find(&repo, &RelPath::root()).unwrap().map(|(_, image)| image)
    }

    fn words(said: &[Said]) -> Vec<&str> {
        said.iter().map(|(word, _)| word.as_str()).collect()
    }

    #[test]
    fn the_final_stage_and_what_it_is_built_on() {
        let text = "ARG PORT=7100\nFROM a AS base\nENV DATA=/data\nRUN apk add --no-cache ffmpeg=6 git && rm -rf /x\n\
                    FROM b AS build\nRUN apt-get update && apt-get install -y gcc\nEXPOSE 1\n\
                    FROM base\nARG PORT\nEXPOSE ${PORT}/tcp 53/udp $OTHER\nVOLUME [\"$DATA\", \"/logs\"]\n\
                    RUN apk add --virtual .deps make\n";
        let image = of(text).unwrap();
        assert_eq!(words(&image.ports), ["7100", "53/udp"]);
        assert_eq!(words(&image.volumes), ["/data", "/logs"]);
        assert_eq!(words(&image.packages), ["ffmpeg", "git"]);
        assert_eq!(image.env[0].1.1.place(), "Dockerfile:3");
    }

    #[test]
    fn a_file_for_production_is_a_witness_by_its_end() {
        let of = |name: &str| {
            let repo = Repo::from_files([(name, "FROM a\nEXPOSE 7100\n")]);
            find(&repo, &RelPath::root()).unwrap().is_some()
        };
        assert!(of("Containerfile.prod") && of("Dockerfile.production") && of("Containerfile"));
        assert!(!of("Dockerfile.dev") && !of("Containerfile.test"));
    }

    #[test]
    fn what_dockgen_wrote_is_no_witness() {
        assert!(of("# x: written by dockgen, yours to edit.\nFROM a\nEXPOSE 1\n").is_none());
        assert!(of("FROM a AS a\nEXPOSE 1\n").is_some());
    }
}
