//! A Dockerfile that copies what one stage builds into the sources of another.

use std::rc::Rc;

use super::Moved;
use crate::budget::{MAX_MOVES, MAX_PATTERN};
use crate::docker::parse::{Dockerfile, Instruction, parse};
use crate::docker::scope::{Scopes, stage_named};
use crate::path::RelPath;
use crate::repo::Repo;

/// A copying instruction, and its working directory.
type Copy<'f> = (&'f Instruction, Rc<str>);

/// The copies of a stage.
#[derive(Default)]
struct Copies<'f> {
    /// From the build context.
    own: Vec<Copy<'f>>,
    /// From other stages, including mounts.
    taken: Vec<Copy<'f>>,
    /// The working directory at the end of the stage.
    folder: Rc<str>,
}

/// What the Dockerfile with this text copies between its stages: by line, each path in the
/// repository that it may come from, and each that it may go to. Beyond the budget no front end is
/// found, and a program that misses one is reported.
pub(super) fn copied(repo: &Repo, context: &RelPath, text: &str) -> Vec<(u32, Vec<Moved>)> {
    let Ok(file) = parse(text) else { return Vec::new() };
    let scopes = Scopes::of(&file);
    let stages = stages(&file, &scopes);
    let mut left = MAX_MOVES;
    let mut found = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        for (copy, folder) in &stage.taken {
            let line = u32::try_from(copy.line).unwrap_or(u32::MAX);
            for (from, sources, dest) in moves(copy) {
                let Some(from) = stage_named(&file, &from, at, true) else { continue };
                // Base stages come first.
                let mut chain: Vec<usize> = scopes.chain(from).collect();
                chain.reverse();
                let own = || chain.iter().flat_map(|at| &stages[*at].own);
                let to = destinations(context, folder, &dest);
                let places = sources.iter().flat_map(|source| places(repo, context, own(), source));
                let moves =
                    places.flat_map(|from| to.iter().map(move |to| (from.clone(), to.clone())));
                let moves: Vec<Moved> = moves.take(left).collect();
                left -= moves.len();
                found.push((line, moves));
                if left == 0 {
                    return found;
                }
            }
        }
    }
    found
}

fn stages<'f>(file: &'f Dockerfile, scopes: &Scopes) -> Vec<Copies<'f>> {
    let mut all: Vec<Copies> = Vec::new();
    for (at, stage) in file.stages.iter().enumerate() {
        let base = scopes.base(at).1.and_then(|base| all.get(base));
        let folder = base.map(|base| base.folder.clone()).unwrap_or_default();
        let mut copies = Copies { folder, ..Copies::default() };
        for held in &stage.instructions {
            let here = (held, copies.folder.clone());
            match held.keyword.as_str() {
                "WORKDIR" if held.arguments.starts_with('/') => {
                    copies.folder = Rc::from(held.arguments.as_str());
                }
                // No system opens a longer path.
                "WORKDIR" if copies.folder.len() + held.arguments.len() < MAX_PATTERN => {
                    let folder = copies.folder.trim_end_matches('/');
                    copies.folder = Rc::from(format!("{folder}/{}", held.arguments));
                }
                "COPY" if held.flag("from").is_none() => copies.own.push(here),
                "COPY" | "RUN" => copies.taken.push(here),
                _ => {}
            }
        }
        all.push(copies);
    }
    all
}

/// What an instruction copies from another stage: the stage, the sources and the destination.
fn moves(held: &Instruction) -> Vec<(String, Vec<String>, String)> {
    if held.keyword == "RUN" {
        let mounts = held.mounts().into_iter().filter(|mount| mount.kind() == "bind");
        let taken = mounts.filter_map(|mount| {
            let get = |field: &str| mount.get(field).map(str::to_owned);
            Some((get("from")?, vec![get("source")?], get("target")?))
        });
        return taken.collect();
    }
    let mut words = operands(held);
    let from = held.flag("from").map(str::to_owned);
    from.zip(words.pop()).map(|(from, dest)| (from, words, dest)).into_iter().collect()
}

/// The possible paths in the repository of a path in a stage: the repository is copied or mounted
/// to the stage's folder, or to one above it.
fn destinations(context: &RelPath, folder: &str, dest: &str) -> Vec<RelPath> {
    let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]);
    let mut found: Vec<RelPath> = above
        .rev()
        .chain([""])
        .filter_map(|above| context.join(below(dest, above).trim_end_matches('/')))
        .filter(|to| !to.is_root())
        .collect();
    found.dedup();
    found
}

fn operands(copy: &Instruction) -> Vec<String> {
    copy.exec().unwrap_or_else(|| copy.words())
}

/// The path relative to the stage's folder, which corresponds to the repository.
fn below<'p>(path: &'p str, folder: &str) -> &'p str {
    let inside = path.strip_prefix(folder.trim_end_matches('/')).filter(|way| way.starts_with('/'));
    let way = if folder.is_empty() { path } else { inside.unwrap_or(path) };
    way.trim_start_matches('/').trim_start_matches("./")
}

/// The possible paths in the repository of `source` in a stage: the same path, or one below each
/// folder that the stage copies from.
fn places<'a>(
    repo: &'a Repo,
    context: &'a RelPath,
    own: impl Iterator<Item = &'a Copy<'a>> + 'a,
    source: &'a str,
) -> impl Iterator<Item = RelPath> + 'a {
    let source = source.trim_end_matches(['*', '.', '/']);
    let same = context.join(source.trim_start_matches('/'));
    let below = own.flat_map(move |(copy, folder)| {
        let way = below(source, folder);
        let mut words = operands(copy);
        words.pop();
        words.into_iter().filter_map(move |word| {
            let held = context.join(word.trim_matches('/'))?;
            let home = if repo.is_dir(&held) { Some(held) } else { held.parent() };
            home?.join(way)
        })
    });
    same.into_iter().chain(below).filter(|place| !place.is_root())
}
