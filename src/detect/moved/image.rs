//! A Dockerfile that copies what one stage builds into the sources of another.

use super::Moved;
use crate::docker::parse::{Dockerfile, Instruction, Stage, parse};
use crate::path::RelPath;
use crate::repo::Repo;

/// What the Dockerfile with this text copies to `path`, or to a folder that holds it: by line, each
/// place of the repository that it may come from.
pub(super) fn copied(
    repo: &Repo,
    context: &RelPath,
    path: &RelPath,
    text: &str,
) -> Vec<(u32, Vec<Moved>)> {
    let Ok(file) = parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    for stage in &file.stages {
        for (copy, folder) in copies(&file, stage) {
            for (from, sources, dest) in moves(copy) {
                let Some(from) = named(&file, &from) else { continue };
                let Some(to) = destination(context, &folder, &dest, path) else { continue };
                let places = sources.iter().flat_map(|s| places(repo, context, (&file, from), s));
                let moves = places.map(|place| (place, to.clone())).collect();
                found.push((u32::try_from(copy.line).unwrap_or(u32::MAX), moves));
            }
        }
    }
    found
}

/// What an instruction takes from another stage: the stage, the sources, and where they go.
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

/// Where in the repository a path of a stage lies that holds `path`: the repository is copied or
/// mounted to the stage's folder, or to one above it.
fn destination(context: &RelPath, folder: &str, dest: &str, path: &RelPath) -> Option<RelPath> {
    let above = folder.match_indices('/').map(|(at, _)| &folder[..at]).chain([folder]);
    let tried = above
        .rev()
        .chain([""])
        .filter_map(|above| context.join(below(dest, above).trim_end_matches('/')));
    tried.into_iter().find(|to| !to.is_root() && path.is_within(to))
}

fn named<'f>(file: &'f Dockerfile, name: &str) -> Option<&'f Stage> {
    let by_name =
        |stage: &&Stage| stage.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name));
    let by_number = || name.parse::<usize>().ok().and_then(|at| file.stages.get(at));
    file.stages.iter().find(by_name).or_else(by_number)
}

/// The copies and the mounts of a stage, each with the folder in which it stands.
fn copies<'f>(file: &'f Dockerfile, stage: &'f Stage) -> Vec<(&'f Instruction, String)> {
    let mut chain = vec![stage];
    while let Some(base) = chain.last().and_then(|last| named(file, &last.image)) {
        // A stage is built on one above it, never on itself.
        if chain.iter().any(|held| held.line <= base.line) {
            break;
        }
        chain.push(base);
    }
    let mut folder = String::new();
    let mut found = Vec::new();
    for held in chain.iter().rev().flat_map(|stage| &stage.instructions) {
        match held.keyword.as_str() {
            "WORKDIR" if held.arguments.starts_with('/') => folder.clone_from(&held.arguments),
            "WORKDIR" => folder = format!("{}/{}", folder.trim_end_matches('/'), held.arguments),
            "COPY" | "RUN" => found.push((held, folder.clone())),
            _ => {}
        }
    }
    found
}

fn operands(copy: &Instruction) -> Vec<String> {
    copy.exec().unwrap_or_else(|| copy.words())
}

/// The path as seen from the stage's folder, which stands for the repository.
fn below<'p>(path: &'p str, folder: &str) -> &'p str {
    let inside = path.strip_prefix(folder.trim_end_matches('/')).filter(|way| way.starts_with('/'));
    let way = if folder.is_empty() { path } else { inside.unwrap_or(path) };
    way.trim_start_matches('/').trim_start_matches("./")
}

/// Where in the repository the folder of a stage may lie that holds `source`: below each folder
/// that the stage copies from, or at the same path.
fn places(
    repo: &Repo,
    context: &RelPath,
    (file, stage): (&Dockerfile, &Stage),
    source: &str,
) -> Vec<RelPath> {
    let source = source.trim_end_matches(['*', '.', '/']);
    let mut found: Vec<RelPath> =
        context.join(source.trim_start_matches('/')).into_iter().collect();
    let taken = copies(file, stage);
    let own = |copy: &Instruction| copy.keyword == "COPY" && copy.flag("from").is_none();
    for (copy, folder) in taken.iter().filter(|(copy, _)| own(copy)) {
        let way = below(source, folder);
        let words = operands(copy);
        let [sources @ .., _] = words.as_slice() else { continue };
        for word in sources {
            let word = word.trim_start_matches('/').trim_end_matches('/');
            let Some(held) = context.join(word) else { continue };
            let home = if repo.is_dir(&held) { Some(held) } else { held.parent() };
            found.extend(home.and_then(|home| home.join(way)));
        }
    }
    found.retain(|place| !place.is_root());
    found.dedup();
    found
}
