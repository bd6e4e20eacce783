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
        for (copy, folder) in copies(stage) {
            let Some(from) = copy.flag("from").and_then(|name| named(&file, name)) else {
                continue;
            };
            let words = operands(copy);
            let [sources @ .., dest] = words.as_slice() else { continue };
            let Some(to) = context.join(below(dest, &folder).trim_end_matches('/')) else {
                continue;
            };
            if to.is_root() || !path.is_within(&to) {
                continue;
            }
            let places = sources.iter().flat_map(|source| places(repo, context, from, source));
            let moves = places.map(|place| (place, to.clone())).collect();
            found.push((u32::try_from(copy.line).unwrap_or(u32::MAX), moves));
        }
    }
    found
}

fn named<'f>(file: &'f Dockerfile, name: &str) -> Option<&'f Stage> {
    let by_name =
        |stage: &&Stage| stage.name.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(name));
    let by_number = || name.parse::<usize>().ok().and_then(|at| file.stages.get(at));
    file.stages.iter().find(by_name).or_else(by_number)
}

/// The copies of a stage, each with the folder in which it stands.
fn copies(stage: &Stage) -> Vec<(&Instruction, String)> {
    let mut folder = String::new();
    let mut found = Vec::new();
    for held in &stage.instructions {
        match held.keyword.as_str() {
            "WORKDIR" if held.arguments.starts_with('/') => folder.clone_from(&held.arguments),
            "WORKDIR" => folder = format!("{}/{}", folder.trim_end_matches('/'), held.arguments),
            "COPY" => found.push((held, folder.clone())),
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
fn places(repo: &Repo, context: &RelPath, stage: &Stage, source: &str) -> Vec<RelPath> {
    let source = source.trim_end_matches(['*', '.', '/']);
    let mut found: Vec<RelPath> =
        context.join(source.trim_start_matches('/')).into_iter().collect();
    let taken = copies(stage);
    for (copy, folder) in taken.iter().filter(|(copy, _)| copy.flag("from").is_none()) {
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
