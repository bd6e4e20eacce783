//! An existing Dockerfile: what its final image offers and needs.

mod start;

use std::rc::Rc;

use anyhow::Result;

use crate::docker::parse::{Dockerfile, Instruction, parse};
use crate::docker::scope::{Scopes, stage_named};
use crate::facts::{Evidence, Program};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};
use crate::shell;

pub(crate) use start::Start;

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

/// Maximum number of variables that are kept for each command.
const MAX_AROUND: usize = 32;

/// A word, and the line that contains it.
pub(crate) type Said = (String, Evidence);

/// The contents of the final stage, including the stages that it is built on.
#[derive(Debug, Default)]
pub(crate) struct Image {
    /// The images from which its stages start.
    pub(crate) bases: Vec<Said>,
    /// `8080`, `53/udp`.
    pub(crate) ports: Vec<Said>,
    /// Folders.
    pub(crate) volumes: Vec<Said>,
    /// The working directory, if it is an absolute path.
    pub(crate) workdir: Option<String>,
    /// System packages, without versions.
    pub(crate) packages: Vec<Said>,
    /// Variables whose values contain nothing to expand.
    pub(crate) env: Vec<(String, Said)>,
    /// Files and folders that it copies.
    pub(crate) copies: Vec<Copied>,
    /// How a container of it starts.
    pub(crate) start: Start,
    /// The signal that stops it.
    pub(crate) stop: Option<Said>,
    /// Commands of every stage.
    pub(crate) commands: Vec<Ran>,
}

/// A command that a build runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    /// Its words.
    pub(crate) words: Vec<String>,
    /// What the line itself sets for it: `KEY=x command`.
    pub(crate) env: Vec<(String, String)>,
    /// What the stage sets before it, by ARG and ENV.
    pub(crate) around: Vec<(String, String)>,
    /// The instruction.
    pub(crate) evidence: Evidence,
}

/// A file or folder that a COPY or an ADD puts into the final image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    /// The source, as the instruction names it.
    pub(crate) src: String,
    /// The destination.
    pub(crate) dest: String,
    /// The source is an image, not a stage of the file and not the build context.
    pub(crate) foreign: bool,
    /// The instruction.
    pub(crate) evidence: Evidence,
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

/// The version of the language in the tags of the images on which the application's Dockerfile
/// builds, the last one first: `20` of `node:20-slim` for the name `node`.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn version(repo: &Repo, folder: &RelPath, name: &str) -> Result<Option<Said>> {
    let written = written(repo, folder)?;
    let images = written.0.iter().flat_map(|(_, image)| image.bases.iter().rev());
    let version = |(image, evidence): &Said| {
        let (held, tag) = image.rsplit('/').next()?.split_once(':')?;
        let version = tag.split(['-', '@']).next().filter(|_| held == name)?;
        let plain = version.starts_with(|c: char| c.is_ascii_digit());
        plain.then(|| (version.to_owned(), evidence.clone()))
    };
    Ok(images.into_iter().find_map(version))
}

/// The Dockerfile of a member of the application in `folder`: it lies beside the program's own
/// manifest or source.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn beside(repo: &Repo, folder: &RelPath, program: &Program) -> Result<Rc<Written>> {
    let source = program.evidence.first().map(|evidence| &evidence.file);
    let above = source.into_iter().flat_map(RelPath::ancestors);
    for own in above.filter(|own| own != folder && own.is_within(folder)).take(MAX_ABOVE) {
        let found = written(repo, &own)?;
        if found.0.as_ref().is_some_and(|(path, _)| path.is_within(&own)) {
            return Ok(found);
        }
    }
    Ok(Rc::new(Written(None)))
}

/// How many folders above a program's source are asked.
const MAX_ABOVE: usize = 4;

/// Suffixes of production names that are tried if no Dockerfile has a plain name:
/// `Containerfile.prod`.
const ENDS: [&str; 4] = ["prod", "production", "release", "server"];

/// Folders with Dockerfiles of other names, where only one of them counts.
const FOLDERS: [&str; 8] =
    ["", "docker", "dockerfiles", "build", "deploy", ".docker", "dev/build", "src/main/docker"];

/// Words in the names of Dockerfiles that are not for production.
const OTHER_PURPOSES: [&str; 10] =
    ["dev", "devel", "development", "test", "tests", "ci", "local", "debug", "base", "builder"];

fn find(repo: &Repo, folder: &RelPath) -> Result<Option<(RelPath, Image)>> {
    let mut candidates: Vec<RelPath> = named(folder).collect();
    candidates.extend(alone(repo, folder));
    for path in candidates {
        if let Some(found) = read(repo, &path, None)? {
            return Ok(Some(found));
        }
    }
    if folder.is_root()
        && let [only] = elsewhere(repo)?.as_slice()
        && let Some(found) = read(repo, only, None)?
    {
        return Ok(Some(found));
    }
    // A Dockerfile above is about this folder if it names it.
    for above in folder.ancestors() {
        let Some(way) = folder.strip(&above).filter(|way| !way.is_empty()) else { continue };
        for path in named(&above).chain(alone(repo, &above)) {
            if let Some(found) = read(repo, &path, Some(way))? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// Names of folders in which a repository keeps what makes its images.
const DEPLOYING: [&str; 14] = [
    "docker",
    "dockerfiles",
    ".docker",
    "images",
    "deploy",
    "deployment",
    "build",
    "container",
    "containers",
    "distro",
    "packaging",
    "ops",
    "infra",
    "script",
];

/// How many Dockerfiles in other folders are named.
const MAX_OTHERS: usize = 3;

/// Dockerfiles in folders for deployment that belong to no folder with sources, so that nobody knows
/// which application they are for.
///
/// # Errors
/// If one cannot be read.
pub(crate) fn others(repo: &Repo) -> Result<Vec<RelPath>> {
    let named = ["Dockerfile", "Containerfile"].map(|name| repo.files_named(name));
    let mut found = Vec::new();
    for path in named.iter().flat_map(|files| files.iter()) {
        let mut folders = path.as_str().split('/').rev().skip(1);
        let deploys = folders.any(|folder| DEPLOYING.contains(&folder));
        let words = || path.as_str().split(['/', '-', '_', '.']);
        let aside = words().any(|word| {
            OTHER_PURPOSES.contains(&word) || ["example", "examples", "e2e"].contains(&word)
        });
        if !deploys || aside {
            continue;
        }
        let text = repo.source_text(path)?;
        if text.is_some_and(|text| !text.contains(OWN) && parse(&text).is_ok()) {
            found.push(path.clone());
        }
        if found.len() >= MAX_OTHERS {
            break;
        }
    }
    Ok(found)
}

/// Dockerfiles in folders for deployment whose build context is the root: what they copy is there,
/// and not beside them.
fn elsewhere(repo: &Repo) -> Result<Vec<RelPath>> {
    let mut found = others(repo)?;
    let below = DEPLOYING.iter().filter_map(|name| RelPath::root().join(name));
    for folder in below {
        let files = repo.children(&folder).map(|(path, _)| path);
        let own = |path: &&RelPath| {
            path.extension().eq_ignore_ascii_case("dockerfile")
                && is_for_production(path.file_name())
        };
        found.extend(files.filter(own).cloned());
    }
    let mut about = Vec::new();
    for path in found {
        let text = repo.source_text(&path)?.filter(|text| !text.contains(OWN));
        let Some(Ok(file)) = text.map(|text| parse(&text)) else { continue };
        let held = file.stages.iter().flat_map(|stage| &stage.instructions);
        let copies = held
            .filter(|held| matches!(held.keyword.as_str(), "COPY" | "ADD"))
            .filter(|held| held.flag("from").is_none() && held.heredocs.is_empty());
        let sources: Vec<String> = copies
            .flat_map(|held| {
                let mut words = held.words();
                words.pop();
                words
            })
            .filter(|word| !word.contains(['*', '$', '?', '[']) && !word.contains("://"))
            .collect();
        let there = |word: &String| {
            RelPath::root().join(word).is_some_and(|path| path.is_root() || repo.exists(&path))
        };
        if !sources.is_empty() && sources.iter().all(there) {
            about.push(path);
        }
    }
    Ok(about)
}

/// The usual names in a folder.
fn named(folder: &RelPath) -> impl Iterator<Item = RelPath> + use<> {
    let ended =
        ENDS.iter().flat_map(|end| ["Dockerfile", "Containerfile"].map(|n| format!("{n}.{end}")));
    let names: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).chain(ended).collect();
    let folder = folder.clone();
    names.into_iter().filter_map(move |name| folder.join(&name))
}

/// The only Dockerfile for production in a folder or in one of the usual folders below it.
fn alone(repo: &Repo, folder: &RelPath) -> Option<RelPath> {
    let mut found = Vec::new();
    for below in FOLDERS.iter().filter_map(|name| folder.join(name)) {
        let files = repo.children(&below).filter(|(_, entry)| *entry == Entry::File);
        let files = files.map(|(path, _)| path).filter(|path| is_for_production(path.file_name()));
        found.extend(files.cloned());
    }
    found.pop().filter(|_| found.is_empty())
}

/// True for `Dockerfile.web` and `web.Dockerfile`, but not for `Dockerfile.dev`.
fn is_for_production(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(['.', '-', '_']);
    let is = |word: &str| matches!(word, "dockerfile" | "containerfile");
    let ends = ["dockerfile", "containerfile"].iter().any(|end| {
        name.strip_suffix(end).is_some_and(|stem| stem.is_empty() || stem.ends_with('.'))
    });
    let begins = name.split(['.', '-']).next().is_some_and(is) && !name.ends_with("ignore");
    (begins || ends) && !words.any(|word| OTHER_PURPOSES.contains(&word))
}

/// Reads a Dockerfile that dockgen did not write; `names`: it has to name this folder.
fn read(repo: &Repo, path: &RelPath, names: Option<&str>) -> Result<Option<(RelPath, Image)>> {
    let Some(text) = repo.source_text(path)?.filter(|text| !text.contains(OWN)) else {
        return Ok(None);
    };
    let about = names.is_none_or(|way| {
        let way = format!("{way}/");
        let edge = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        text.match_indices(&way).any(|(at, _)| at == 0 || text[..at].ends_with(edge))
    });
    let Ok(file) = parse(&text) else { return Ok(None) };
    if !about {
        return Ok(None);
    }
    let mut image = Image::of(path, &file);
    let all = &image.copies;
    image.start.follow(&|word| {
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let name = last(word);
        // The instruction that copies a script may rename it.
        let copied = all.iter().find(|copied| last(&copied.dest) == name);
        let files = repo.files_named(&copied.map_or(name, |copied| last(&copied.src)));
        let script = files.first().filter(|_| files.len() == 1)?;
        repo.source_text(script).ok().flatten().map(|text| text.to_string())
    });
    Ok(Some((path.clone(), image)))
}

impl Image {
    fn of(path: &RelPath, file: &Dockerfile) -> Self {
        let mut image = Self::default();
        let scopes = Scopes::of(file);
        for stage in file.stages.iter().filter(|stage| !stage.image.contains('$')) {
            let line = u32::try_from(stage.line).unwrap_or(u32::MAX);
            let evidence = Evidence::at(path, line, format!("it starts from {}", stage.image));
            image.bases.push((stage.image.clone(), evidence));
        }
        let last = file.stages.len().checked_sub(1);
        // Base stages come first.
        let mut chain: Vec<usize> = last.iter().flat_map(|last| scopes.chain(*last)).collect();
        chain.reverse();
        for at in chain {
            for held in &file.stages[at].instructions {
                let read = |word: &str| scopes.read(file, at, held.line, word);
                image.add(path, held, &read);
                let of_stage = |name: &str| stage_named(file, name, at, true).is_some();
                image.copy(path, held, &read, &of_stage);
            }
        }
        for stage in &file.stages {
            let mut around = Vec::new();
            for held in &stage.instructions {
                match held.keyword.as_str() {
                    "ARG" | "ENV" => {
                        let set = held.pairs().into_iter();
                        around.extend(set.filter_map(|(name, value)| Some((name, value?))));
                        let over = around.len().saturating_sub(MAX_AROUND);
                        around.drain(..over);
                    }
                    "RUN" => image.runs(path, held, &around),
                    _ => {}
                }
            }
        }
        image
    }

    /// Adds the commands of a RUN; `around`: what the stage sets before it.
    fn runs(&mut self, path: &RelPath, held: &Instruction, around: &[(String, String)]) {
        for text in held.texts() {
            for command in shell::parse(text).commands {
                if command.argv.is_empty() {
                    continue;
                }
                let note = format!("it runs `{}`", super::short(&command.argv.join(" ")));
                self.commands.push(Ran {
                    words: command.argv,
                    env: command.env,
                    around: around.to_vec(),
                    evidence: Evidence::at(path, line(held), note),
                });
            }
        }
    }

    /// Adds the content of an instruction; `read` expands the variables of a word.
    fn add(&mut self, path: &RelPath, held: &Instruction, read: &dyn Fn(&str) -> Option<String>) {
        let said = |word: String, note: String| (word, Evidence::at(path, line(held), note));
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
            "WORKDIR" => {
                let inside = |word: String| match &self.workdir {
                    Some(held) if !word.starts_with('/') => Some(format!("{held}/{word}")),
                    _ => word.starts_with('/').then_some(word),
                };
                let named = words().next().and_then(inside);
                self.workdir = named.map(|path| path.trim_end_matches('/').to_owned());
            }
            "ENV" => self.env.extend(held.pairs().into_iter().filter_map(|(name, value)| {
                let value = read(&value?)?;
                let note = format!("it sets {name}={value}");
                Some((name, said(value, note)))
            })),
            "ENTRYPOINT" | "CMD" => self.start.take(path, held),
            "STOPSIGNAL" => {
                self.stop = words().next().map(|signal| {
                    let note = format!("it stops with {signal}");
                    said(signal, note)
                });
            }
            "RUN" => self.packages.extend(
                packages(&held.arguments)
                    .into_iter()
                    .map(|package| said(package.clone(), format!("it installs {package}"))),
            ),
            _ => {}
        }
    }
}

impl Image {
    /// Adds the files that an instruction copies; `of_stage` knows the stages before it.
    fn copy(
        &mut self,
        path: &RelPath,
        held: &Instruction,
        read: &dyn Fn(&str) -> Option<String>,
        of_stage: &dyn Fn(&str) -> bool,
    ) {
        if !matches!(held.keyword.as_str(), "COPY" | "ADD") || !held.heredocs.is_empty() {
            return;
        }
        let foreign = held.flag("from").is_some_and(|name| !of_stage(name));
        let mut words: Vec<String> =
            held.words().into_iter().filter_map(|word| read(&word)).collect();
        let Some(dest) = words.pop().filter(|_| !words.is_empty()) else { return };
        for src in words {
            let note = format!("it copies {src} to {dest}");
            let evidence = Evidence::at(path, line(held), note);
            self.copies.push(Copied { src, dest: dest.clone(), foreign, evidence });
        }
    }
}

fn line(held: &Instruction) -> u32 {
    u32::try_from(held.line).unwrap_or(u32::MAX)
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
        // `-o Dpkg::Options::=...` takes the next word.
        let value = |at: usize| at > 0 && matches!(words[at - 1], "-o" | "--option");
        let names = words.iter().enumerate().skip(2).filter(|(at, _)| !value(*at));
        let names = names.map(|(_, word)| word).filter(|word| {
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
    use crate::facts::Kind;

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
    fn a_file_above_counts_where_it_names_the_folder() {
        let of = |folder: &str| {
            let text = "FROM a\nCOPY apps/shop/dist /app\nEXPOSE 7100\n";
            let repo = Repo::from_files([("docker/Dockerfile", text), ("apps/shop/x", "")]);
            find(&repo, &RelPath::new(folder).unwrap()).unwrap().is_some()
        };
        assert!(of("apps/shop") && of("apps"));
        assert!(!of("apps/sho") && !of("hop"));
    }

    #[test]
    fn a_file_beside_the_programs_own_source_is_about_it() {
        let of = |source: &str| {
            let files =
                [("cli/Dockerfile", "FROM a\nEXPOSE 1\n"), ("cli/src/main.rs", ""), ("web/x", "")];
            let repo = Repo::from_files(files);
            let evidence = Evidence::file(&RelPath::new(source).unwrap(), "");
            let program = Program::new("a", "a", Kind::Service, evidence);
            beside(&repo, &RelPath::root(), &program).unwrap().0.is_some()
        };
        assert!(of("cli/Cargo.toml") && of("cli/src/main.rs"));
        assert!(!of("web/x") && !of("Cargo.toml"));
    }

    #[test]
    fn what_dockgen_wrote_is_no_witness() {
        assert!(of("# x: written by dockgen, yours to edit.\nFROM a\nEXPOSE 1\n").is_none());
        assert!(of("FROM a AS a\nEXPOSE 1\n").is_some());
    }

    #[test]
    fn a_file_in_another_folder_that_copies_from_the_root_is_about_the_root() {
        let of = |name: &str, text: &str, more: &[(&str, &str)]| {
            let files = [&[(name, text), ("go.mod", ""), ("web/a.js", "")], more].concat();
            find(&Repo::from_files(files), &RelPath::root()).unwrap().is_some()
        };
        let text = "FROM a\nCOPY go.mod web/ ./\nCOPY . .\nEXPOSE 7100\n";
        assert!(of("container/dist.dockerfile", text, &[]));
        assert!(of("extras/docker/production/Dockerfile", text, &[]));
        // Its sources are beside it, or two files say so.
        assert!(!of("container/dist.dockerfile", "FROM a\nCOPY start.sh /\n", &[]));
        assert!(!of("container/a.dockerfile", text, &[("container/b.dockerfile", text)]));
        assert!(!of("container/dev.dockerfile", text, &[]));
    }

    #[test]
    fn files_that_nobody_can_place_are_named() {
        let repo = Repo::from_files([
            ("docker/a/Dockerfile", "FROM a\n"),
            ("docker/test/Dockerfile", "FROM a\n"),
            ("app/Dockerfile", "FROM a\n"),
            ("deploy/x/Dockerfile", "# written by dockgen\nFROM a\n"),
        ]);
        let found: Vec<String> = others(&repo).unwrap().iter().map(RelPath::to_string).collect();
        assert_eq!(found, ["docker/a/Dockerfile"]);
    }
}
