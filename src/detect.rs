//! The registry of languages, and the scan that asks each of them about each folder.

mod env_file;
mod git_reads;
pub mod go;
pub mod java;
mod moved;
pub mod node;
pub mod rust;
pub mod submodule;
pub mod version;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::ask::Answers;
use crate::base::Base;
use crate::catalog::Catalog;
use crate::facts::{Facts, Finding, FindingCode, FrontEnd, Program, Sourced};
use crate::path::{Letters, RelPath};
use crate::plan::Build;
use crate::recipes;
use crate::repo::{Dir, Entry, Repo};

/// What a language's `plan` function is given.
pub struct Chosen<'a> {
    /// The repository, for questions about single files.
    pub repo: &'a Repo,
    /// What was detected.
    pub facts: &'a Facts,
    /// The program to start.
    pub program: &'a Program,
    /// What was answered.
    pub answers: &'a Answers,
    /// The base image that was chosen for the program's needs.
    pub base: &'a Base,
    /// The closed facts of this language.
    pub catalog: &'a Catalog,
    /// The toolchain version: answered, else detected.
    pub toolchain: &'a str,
}

/// Reads a file of one folder outside the repository; `None` where it does not exist.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Option<String>> + 'a;

/// What a folder above an application is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Above {
    /// Nothing.
    Apart,
    /// The nearest folder that holds both the application and something that it names by a path:
    /// the application alone says so.
    Reached,
    /// The root of a workspace that lists the application, or of the module that holds it.
    Declares,
}

/// See [`Language::refine`].
pub type Refine = fn(&Dir, &Facts, &Answers, Program) -> Result<Program>;

/// See [`Language::confirm`].
pub type Confirm = fn(&Path, &Facts) -> Result<Vec<Finding>>;

/// See [`Language::development`].
pub type Development = fn(&Dir, &Facts) -> Result<Vec<String>>;

/// See [`Language::packs`].
pub type Packs = fn(repo: &Repo, folder: &RelPath) -> Result<bool>;

/// See [`Language::front_end`].
#[derive(Clone, Copy)]
pub struct FrontEnds {
    /// What the build of the application in a folder makes there, where `path`, which the
    /// repository does not hold, is part of it or it of `path`.
    pub makes: fn(dir: &Dir, path: &RelPath) -> Result<Option<Sourced<FrontEnd>>>,
    /// Facts about the application, whether or not it could be started by itself.
    pub facts: fn(&Dir) -> Result<Facts>,
    /// What the stages need that run the script of a front end; `context` is that of the program.
    pub plan: fn(chosen: &Chosen, front_end: &FrontEnd, context: &RelPath) -> Result<Build>,
}

/// A row of the registry: plain data and functions.
pub struct Language {
    /// `go`, `node`: the stem of the template, the catalog file and the fixtures.
    pub id: &'static str,
    /// For people: `Go`, `Node.js`.
    pub name: &'static str,
    /// A folder that holds one of these files is a candidate.
    pub markers: &'static [&'static str],
    /// Files of builds that the detector knows and refuses by [`Unsupported`]; their folders are
    /// candidates too.
    pub refused: &'static [&'static str],
    /// The ends of the names of source files.
    pub extensions: &'static [&'static str],
    /// Facts about the application in a folder; `None` where there is none of this language.
    pub detect: fn(&Dir) -> Result<Option<Facts>>,
    /// What the folder that `read` reads from, above the repository, is to the application at
    /// `member`.
    pub encloses: fn(read: &ReadFile, member: &RelPath) -> Result<Above>,
    /// The program behind an entry point that a person named and detection did not list.
    pub program: fn(&Dir, &Facts, &str) -> Result<Program>,
    /// The program again, where an answer of this language's own changes what it needs.
    pub refine: Option<Refine>,
    /// Turns facts and answers into what the template needs.
    pub plan: fn(&Chosen) -> Result<Build>,
    /// Asks the language's own tool about an application that was read statically, and says where
    /// it disagrees; only on a trusted repository, below the folder that is given.
    pub confirm: Option<Confirm>,
    /// Builds of this language make pages and the like, which programs of any language embed or
    /// serve.
    pub front_end: Option<FrontEnds>,
    /// The ends of folders that hold dependencies which serve development alone, where the lockfile
    /// says so: they must not be in the final image.
    pub development: Option<Development>,
    /// True where the build of an application above packs a folder into what it makes: what lies
    /// there is started by nobody.
    pub packs: Option<Packs>,
    /// The findings that this language alone can say.
    pub codes: &'static [FindingCode],
}

/// Every language. Their order never matters.
pub const LANGUAGES: &[Language] = &[go::LANGUAGE, java::LANGUAGE, node::LANGUAGE, rust::LANGUAGE];

/// What is there and cannot be planned yet. It stops a run where it is what was meant; beside other
/// applications it is named.
#[derive(Debug)]
pub struct Unsupported(pub String);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsupported {}

/// The language with this id.
pub fn language(id: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.id == id)
}

/// Every code that a finding can have: the shared ones, then each language's own.
pub fn codes() -> impl Iterator<Item = &'static FindingCode> {
    FindingCode::SHARED.iter().chain(LANGUAGES.iter().flat_map(|language| language.codes))
}

/// A folder, and the language whose manifest lies in it.
pub type Candidate = (RelPath, &'static Language);

/// Every application at or below `start`, sorted by folder, then by language.
///
/// # Errors
/// Where a manifest is broken.
pub fn scan(repo: &Repo, start: &RelPath) -> Result<Vec<Facts>> {
    scan_among(&LANGUAGES.iter().collect::<Vec<_>>(), repo, start)
}

/// [`scan`] with some languages, or with all of them in another order.
///
/// # Errors
/// As [`scan`].
pub fn scan_among(
    languages: &[&'static Language],
    repo: &Repo,
    start: &RelPath,
) -> Result<Vec<Facts>> {
    let asked =
        candidates(languages, repo, start).into_iter().map(|candidate| ask(repo, &candidate));
    let mut found = asked.filter_map(Result::transpose).collect::<Result<Vec<_>>>()?;
    sort(&mut found);
    Ok(found)
}

/// The order of applications: by folder, then by language.
pub fn sort(found: &mut [Facts]) {
    found.sort_by(|a, b| (&a.dir, &a.language).cmp(&(&b.dir, &b.language)));
}

/// The folders at and below `start` that may hold an application, none of them read yet.
///
/// `start` itself is asked even without a marker: it may be a program inside a larger module.
pub fn candidates(languages: &[&'static Language], repo: &Repo, start: &RelPath) -> Vec<Candidate> {
    let mut folders: Vec<BTreeSet<RelPath>> =
        vec![BTreeSet::from([start.clone()]); languages.len()];
    let markers: Vec<(Letters, &str, usize)> = languages
        .iter()
        .enumerate()
        .flat_map(|(at, language)| {
            let all = language.markers.iter().chain(language.refused);
            all.map(move |marker| (Letters::of(marker), *marker, at))
        })
        .collect();
    for (letters, (path, entry)) in repo.lettered(start) {
        for (_, marker, at) in markers.iter().filter(|(held, _, _)| *held == letters) {
            if path.file_name() == *marker && *entry == Entry::File {
                folders[*at].extend(path.parent());
            }
        }
    }
    let of = |(language, folders): (&&'static Language, BTreeSet<RelPath>)| {
        let language = *language;
        folders.into_iter().map(move |folder| (folder, language)).collect::<Vec<_>>()
    };
    languages.iter().zip(folders).flat_map(of).collect()
}

/// The applications within `context` whose builds make `path`, or parts of it, where the repository
/// does not hold that: one that makes all of it, else each that makes a part. The one that `path`
/// lies in is asked first, the nearest of several. A manifest that cannot be read is no error of
/// the program's.
pub fn makers(repo: &Repo, context: &RelPath, path: &RelPath) -> Vec<Sourced<FrontEnd>> {
    struct Asked(Vec<Candidate>);
    let languages =
        || LANGUAGES.iter().filter(|language| language.front_end.is_some()).collect::<Vec<_>>();
    let Ok(asked) = repo.once(context, || Ok(Asked(candidates(&languages(), repo, context))))
    else {
        return Vec::new();
    };
    let mut asked: Vec<&Candidate> = asked.0.iter().collect();
    asked.sort_by_key(|(folder, _)| match path.strip(folder) {
        Some(way) => (0, way.split('/').count()),
        None => (1, folder.components().count()),
    });
    let mut parts: Vec<Sourced<FrontEnd>> = Vec::new();
    for (folder, language) in asked {
        let Some(FrontEnds { makes, .. }) = language.front_end else { continue };
        let Ok(Some(mut made)) = makes(&Dir::new(repo, folder.clone()), path) else { continue };
        let all = path.is_within(&made.value.output);
        if all && is_there(repo, &made.value.output) {
            // It adds to what is there.
            made.value.output = path.clone();
        }
        if !made.value.output.is_within(context) || is_there(repo, &made.value.output) {
            continue;
        }
        if all {
            return vec![made];
        }
        add_front_end(&mut parts, made);
    }
    parts
}

/// Adds a front end, unless one makes the same already.
pub fn add_front_end(all: &mut Vec<Sourced<FrontEnd>>, made: Sourced<FrontEnd>) {
    if !all.iter().any(|held| held.value.output == made.value.output) {
        all.push(made);
    }
}

/// As [`makers`], also where another tool moves what is made to `path`: for what a build cannot do
/// without.
pub fn suppliers(repo: &Repo, context: &RelPath, path: &RelPath) -> Vec<Sourced<FrontEnd>> {
    let made = makers(repo, context, path);
    if made.is_empty() { moved::moved(repo, context, path).into_iter().collect() } else { made }
}

/// The repository holds the output of a build: more than what keeps a folder in git, or a page that
/// says to build.
pub fn is_there(repo: &Repo, output: &RelPath) -> bool {
    let keeps = |file: &RelPath| {
        file.file_name().starts_with('.') || ["", "html", "md", "txt"].contains(&file.extension())
    };
    repo.is_file(output) || !repo.files_under(output).all(keeps)
}

/// The applications in `dir` whose manifests say nothing about a start, for a person who does.
///
/// # Errors
/// Where a manifest is broken.
pub fn unstarted(repo: &Repo, dir: &RelPath) -> Result<Vec<Facts>> {
    let dir = Dir::new(repo, dir.clone());
    let there = |language: &&Language| language.markers.iter().any(|marker| dir.has(marker));
    let able = LANGUAGES.iter().filter(there).filter_map(|language| language.front_end);
    able.map(|able| (able.facts)(&dir)).collect()
}

/// True where the build of another language packs the folder of a candidate into what it makes. A
/// manifest that cannot be read packs nothing: whoever plans that application hears of it.
pub fn is_packed(repo: &Repo, (folder, language): &Candidate) -> bool {
    let others = LANGUAGES.iter().filter(|other| other.id != language.id);
    others
        .filter_map(|other| other.packs)
        .any(|packs| packs(repo, folder).is_ok_and(|packed| packed))
}

/// Asks a language about a folder.
///
/// # Errors
/// Where a manifest is broken.
pub fn ask(repo: &Repo, (folder, language): &Candidate) -> Result<Option<Facts>> {
    let mut found = (language.detect)(&Dir::new(repo, folder.clone()))?;
    if let Some(facts) = &mut found {
        recipes::apply::facts(repo, facts)?;
        let reads = (language.markers, language.extensions);
        facts.findings.extend(git_reads::finding(repo, folder, reads)?);
    }
    Ok(found)
}
