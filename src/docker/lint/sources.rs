//! Sources of COPY and of bind mounts in the build context.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Found, Subject, scope};
use crate::docker::ignore;
use crate::docker::parse::Instruction;
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::Entry;

/// A source in the build context.
struct Source {
    line: usize,
    /// A path or a pattern, relative to the context; never empty.
    path: String,
}

/// Sources whose variables have a value, without the whole context.
fn sources(subject: &Subject) -> Vec<Source> {
    let mut found = Vec::new();
    for (at, held) in scope::instructions(subject.file) {
        for word in copied(&held).into_iter().chain(bound(&held)) {
            let path = scope::read(subject, at, held.line, &word)
                .map(|path| inside(&path))
                .unwrap_or_default();
            if !path.is_empty() {
                found.push(Source { line: held.line, path });
            }
        }
    }
    found
}

fn copied(held: &Instruction) -> Vec<String> {
    if !matches!(held.keyword.as_str(), "COPY" | "ADD") || held.flag("from").is_some() {
        return Vec::new();
    }
    let mut words = match held.exec() {
        Some(words) => words,
        None => held.arguments.split_whitespace().map(str::to_owned).collect(),
    };
    words.pop();
    let remote =
        |word: &String| held.keyword == "ADD" && (word.contains("://") || word.starts_with("git@"));
    words.retain(|word| !word.contains("<<") && !remote(word));
    words
}

fn bound(held: &Instruction) -> Vec<String> {
    let mounts = held
        .mounts()
        .into_iter()
        .filter(|mount| mount.kind() == "bind" && mount.get("from").is_none());
    mounts.filter_map(|mount| mount.get("source").map(str::to_owned)).collect()
}

/// The path relative to the context: `/` and `..` do not leave it.
fn inside(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Matches of patterns in a context, relative to it.
#[derive(Default)]
struct Matched(RefCell<BTreeMap<String, Rc<Vec<String>>>>);

/// The paths that a source matches, relative to the context.
fn matches(subject: &Subject, source: &Source) -> Rc<Vec<String>> {
    let Subject { plan: Plan { context, .. }, repo, .. } = subject;
    if !source.path.contains(['*', '?', '[', '\\']) {
        let there = context.join(&source.path).is_some_and(|path| repo.exists(&path));
        return Rc::new(there.then(|| source.path.clone()).into_iter().collect());
    }
    let all = || {
        let Some(pattern) = ignore::glob(&source.path) else { return Vec::new() };
        let paths = repo.below(context).filter_map(|(path, _)| path.strip(context));
        paths.filter(|path| pattern.matches(path)).map(str::to_owned).collect()
    };
    // Cached: applications of a workspace copy the manifests of its members by the same pattern.
    let known = repo.once(context, || Ok(Matched::default())).unwrap_or_default();
    let mut known = known.0.borrow_mut();
    known.entry(source.path.clone()).or_insert_with(|| Rc::new(all())).clone()
}

pub(super) fn exist(subject: &Subject) -> Vec<Found> {
    let lost = sources(subject).into_iter().filter(|source| matches(subject, source).is_empty());
    lost.map(|source| {
        let message = format!(
            "`{}` is not in the build context `{}`: the build stops here; correct the path, or, if \
             git ignores it, create it in a stage of this file",
            source.path, subject.plan.context
        );
        (source.line, message)
    })
    .collect()
}

pub(super) fn reach_the_context(subject: &Subject) -> Vec<Found> {
    let mut found = Vec::new();
    for source in sources(subject) {
        let paths = matches(subject, &source);
        if paths.is_empty() || paths.iter().any(|path| reaches(subject, path)) {
            continue;
        }
        let pattern = paths.first().and_then(|path| subject.ignore.deciding(path));
        let line = pattern.map_or(0, |pattern| pattern.line);
        let pattern = pattern.map(ToString::to_string).unwrap_or_default();
        let message = format!(
            "the .dockerignore excludes `{0}` with `{pattern}` (line {line}): the build stops \
             here; add `!{0}` below that line",
            source.path
        );
        found.push((source.line, message));
    }
    found
}

/// True if the path, or something below it, is not excluded.
fn reaches(subject: &Subject, path: &str) -> bool {
    let Some(full) = subject.plan.context.join(path) else { return false };
    let held = |path: &RelPath| {
        path.strip(&subject.plan.context).is_some_and(|way| !subject.ignore.hides(way))
    };
    if subject.repo.is_dir(&full) {
        let mut files =
            subject.repo.below(&full).filter(|(_, entry)| *entry != Entry::Dir).peekable();
        return if files.peek().is_none() {
            held(&full)
        } else {
            files.any(|(path, _)| held(path))
        };
    }
    held(&full)
}
