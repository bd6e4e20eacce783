//! The registry of languages, and the scan that runs each detector on each folder.

mod env_file;
mod git_reads;
pub mod go;
pub mod java;
mod kept_out;
pub(crate) mod localhost;
mod moved;
pub mod node;
pub mod pointer;
pub(crate) mod privileges;
pub mod python;
pub mod rust;
mod script;
mod sent;
mod settings_read;
pub mod submodule;
pub mod version;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use crate::ask::Answers;
use crate::base::Base;
use crate::catalog::Catalog;
use crate::docker::ignore::IgnoreFile;
use crate::facts::{Facts, Finding, FindingCode, FrontEnd, Program, Sourced};
use crate::path::{Letters, RelPath};
use crate::plan::Build;
use crate::recipes;
use crate::repo::{Dir, Entry, Repo};

/// The input of a language's `plan` function.
pub struct Chosen<'a> {
    /// The repository, to look at single files.
    pub repo: &'a Repo,
    /// The detected facts.
    pub facts: &'a Facts,
    /// The program to start.
    pub program: &'a Program,
    /// The answers.
    pub answers: &'a Answers,
    /// The base image chosen for the program's needs.
    pub base: &'a Base,
    /// The catalog of this language.
    pub catalog: &'a Catalog,
    /// The toolchain version: answered, or else detected.
    pub toolchain: &'a str,
}

/// Reads a file of a folder outside the repository; `None` if it does not exist.
pub type ReadFile<'a> = dyn Fn(&str) -> Result<Option<String>> + 'a;

/// The relation of a folder to an application below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Above {
    /// None.
    Apart,
    /// The nearest folder that contains both the application and something that it refers to by a
    /// path. Only the application says so.
    Reached,
    /// The root of a workspace that lists the application, or of the module that contains it.
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
    /// The output of building the application in `dir`, if it contains or is contained in `path`,
    /// which does not exist in the repository.
    pub makes: fn(dir: &Dir, path: &RelPath) -> Result<Option<Sourced<FrontEnd>>>,
    /// Facts about the application, even if it could not be started by itself.
    pub facts: fn(&Dir) -> Result<Facts>,
    /// Plans the stages that run the script of a front end; `context` is that of the program.
    pub plan: fn(chosen: &Chosen, front_end: &FrontEnd, context: &RelPath) -> Result<Build>,
}

/// A row of the registry: plain data and functions.
pub struct Language {
    /// `go`, `node`: the name of the template, the catalog file and the fixtures.
    pub id: &'static str,
    /// The name for people: `Go`, `Node.js`.
    pub name: &'static str,
    /// A folder with one of these files is a candidate.
    pub markers: &'static [&'static str],
    /// Build files that the detector knows but rejects with [`Unsupported`]. Their folders are
    /// candidates too.
    pub refused: &'static [&'static str],
    /// Suffixes of source files.
    pub extensions: &'static [&'static str],
    /// Facts about the application in a folder; `None` if there is none of this language.
    pub detect: fn(&Dir) -> Result<Option<Facts>>,
    /// The relation to the application at `member` of a folder above the repository, whose files
    /// `read` reads.
    pub encloses: fn(read: &ReadFile, member: &RelPath) -> Result<Above>,
    /// The program for an entry point that a person named and detection did not list.
    pub program: fn(&Dir, &Facts, &str) -> Result<Program>,
    /// Updates the program if an answer of this language's own changes what it needs.
    pub refine: Option<Refine>,
    /// Turns facts and answers into the input of the template.
    pub plan: fn(&Chosen) -> Result<Build>,
    /// Runs the language's own tool on an application that was read statically, and reports
    /// disagreements. Only for a trusted repository, below the given folder.
    pub confirm: Option<Confirm>,
    /// The builds of this language can create front ends, which programs of any language embed or
    /// serve.
    pub front_end: Option<FrontEnds>,
    /// Suffixes of folders with dependencies that, according to the lockfile, are only for
    /// development: they must not be in the final image.
    pub development: Option<Development>,
    /// True if the build of an application above packs the folder into its output: then nothing in
    /// it is started by itself.
    pub packs: Option<Packs>,
    /// Ids of questions about the build that its template follows: `build-command`, `build-flags`.
    pub takes: &'static [&'static str],
    /// The language's own findings.
    pub codes: &'static [FindingCode],
}

/// Every language. Their order does not matter.
pub const LANGUAGES: &[Language] =
    &[go::LANGUAGE, java::LANGUAGE, node::LANGUAGE, python::LANGUAGE, rust::LANGUAGE];

/// An application that is recognised but cannot be planned yet. It is an error if it was the one
/// requested, and reported if it is beside others.
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

/// Every finding code: the shared ones, then each language's own.
pub fn codes() -> impl Iterator<Item = &'static FindingCode> {
    FindingCode::SHARED.iter().chain(LANGUAGES.iter().flat_map(|language| language.codes))
}

/// A folder, and the language whose manifest is in it.
pub type Candidate = (RelPath, &'static Language);

/// Every application at or below `start`, sorted by folder, then by language.
///
/// # Errors
/// If a manifest is invalid.
pub fn scan(repo: &Repo, start: &RelPath) -> Result<Vec<Facts>> {
    scan_among(&LANGUAGES.iter().collect::<Vec<_>>(), repo, start)
}

/// As [`scan`], with some languages only, or in another order.
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

/// Sorts applications by folder, then by language.
pub fn sort(found: &mut [Facts]) {
    found.sort_by(|a, b| (&a.dir, &a.language).cmp(&(&b.dir, &b.language)));
}

/// The folders at and below `start` that may contain an application. None of them is read yet.
///
/// `start` itself is included even without a marker: it may be a program inside a larger module.
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

/// The applications within `context` whose builds create `path`, or parts of it, if it does not
/// exist in the repository: one that creates all of it, or else each that creates a part. The
/// nearest one that contains `path` is tried first. A manifest that cannot be read is not an error
/// of the program's.
pub fn makers(repo: &Repo, context: &RelPath, path: &RelPath) -> Vec<Sourced<FrontEnd>> {
    made(repo, context, path, true)
}

/// `among`: a build that writes among files of the repository is taken to make `path` there.
fn made(repo: &Repo, context: &RelPath, path: &RelPath, among: bool) -> Vec<Sourced<FrontEnd>> {
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
        if among && all && is_there(repo, &made.value.output) {
            // The output is added to existing files.
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

/// Adds a front end, unless another one has the same output.
pub fn add_front_end(all: &mut Vec<Sourced<FrontEnd>>, made: Sourced<FrontEnd>) {
    if !all.iter().any(|held| held.value.output == made.value.output) {
        all.push(made);
    }
}

/// As [`makers`], but another tool may move the output to `path`. For files that a build cannot do
/// without.
pub fn suppliers(repo: &Repo, context: &RelPath, path: &RelPath) -> Vec<Sourced<FrontEnd>> {
    let made = makers(repo, context, path);
    if made.is_empty() { moved::moved(repo, context, path).into_iter().collect() } else { made }
}

/// As [`suppliers`], for a path that nothing is known to need: a build that writes to a folder above it,
/// among files of the repository, need not make it.
pub fn certain_suppliers(repo: &Repo, context: &RelPath, path: &RelPath) -> Vec<Sourced<FrontEnd>> {
    let made = made(repo, context, path, false);
    if made.is_empty() { moved::moved(repo, context, path).into_iter().collect() } else { made }
}

/// The output of a build that another tool moves to `path`, whether or not the repository could
/// hold that path.
pub fn moved_to(repo: &Repo, context: &RelPath, path: &RelPath) -> Option<Sourced<FrontEnd>> {
    moved::moved(repo, context, path)
}

/// True if the repository contains the output of a build: more than a file that keeps the folder in
/// git, or a page that says to build.
pub fn is_there(repo: &Repo, output: &RelPath) -> bool {
    let keeps = |file: &RelPath| {
        file.file_name().starts_with('.') || ["", "html", "md", "txt"].contains(&file.extension())
    };
    repo.is_file(output) || !repo.files_under(output).all(keeps)
}

/// The applications in `dir` whose manifests do not say what to start, for a person who does.
///
/// # Errors
/// If a manifest is invalid.
pub fn unstarted(repo: &Repo, dir: &RelPath) -> Result<Vec<Facts>> {
    let dir = Dir::new(repo, dir.clone());
    let there = |language: &&Language| language.markers.iter().any(|marker| dir.has(marker));
    let able = LANGUAGES.iter().filter(there).filter_map(|language| language.front_end);
    able.map(|able| (able.facts)(&dir)).collect()
}

/// True if the build of another language packs the folder of a candidate into its output. A
/// manifest that cannot be read packs nothing: it is reported when that application is planned.
pub fn is_packed(repo: &Repo, (folder, language): &Candidate) -> bool {
    let others = LANGUAGES.iter().filter(|other| other.id != language.id);
    others
        .filter_map(|other| other.packs)
        .any(|packs| packs(repo, folder).is_ok_and(|packed| packed))
}

/// True if the last line about `path` in the context's own .dockerignore is an exception: dockgen
/// keeps such a line.
fn let_in(repo: &Repo, context: &RelPath, path: &str) -> bool {
    let Some(file) = context.join(".dockerignore") else { return false };
    let text = repo.text(&file).ok().flatten();
    let parsed = text.and_then(|text| IgnoreFile::parse(&text).ok());
    parsed.is_some_and(|parsed| {
        let last = parsed.patterns().iter().rev().find(|pattern| pattern.matches(path));
        last.is_some_and(|pattern| pattern.exception)
    })
}

/// The finding for a front end whose build asks git.
///
/// # Errors
/// If a file cannot be read.
pub fn git_asked(repo: &Repo, facts: &Facts, language: &Language) -> Result<Option<Finding>> {
    let reads = (language.markers, language.extensions);
    git_reads::finding(repo, (&facts.dir, &facts.context), reads)
}

/// Runs the detector of a language on a folder.
///
/// # Errors
/// If a manifest is invalid.
pub fn ask(repo: &Repo, (folder, language): &Candidate) -> Result<Option<Facts>> {
    let mut found = (language.detect)(&Dir::new(repo, folder.clone()))?;
    if let Some(facts) = &mut found {
        recipes::apply::facts(repo, facts)?;
        facts.programs.iter_mut().for_each(env_file::settled);
        let said = |program: &Program| {
            program.findings.iter().any(|found| found.code == FindingCode::GitRead)
        };
        // A language that knows which files a program is built from says it of the program.
        if !facts.programs.iter().any(said) {
            let found = git_asked(repo, facts, language)?;
            facts.findings.extend(found);
        }
        let opened = settings_read::opened(repo, facts);
        let found = localhost::finding(repo, facts, &opened)?;
        facts.findings.extend(found);
        let found = settings_read::placeholders(repo, facts, &opened)?;
        facts.findings.extend(found);
    }
    Ok(found)
}
