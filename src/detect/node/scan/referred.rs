//! Documents that those name which the program opens, and documents that a pattern names.

use super::super::App;
use super::super::expression::{Anchor, PathValue};
use super::super::launch::{Launch, Layout};
use super::location::fixed;
use super::{Scan, Source};
use crate::code::referred;
use crate::facts::{Evidence, Sourced};
use crate::glob::{Glob, Syntax};
use crate::path::RelPath;

/// Extensions of documents that a pattern may name and that no compiler copies.
const PATTERNED: [&str; 11] =
    ["ejs", "gql", "graphql", "graphqls", "hbs", "liquid", "mjml", "njk", "proto", "pug", "sql"];

/// How many documents one pattern names.
const MAX_MATCHED: usize = 64;

/// Adds the documents that those lead to which the program opens.
pub(super) fn read(app: &App, launch: &Launch, scan: &mut Scan) {
    if launch.layout != Layout::Output {
        return;
    }
    let (repo, home) = (app.dir.repo, &app.dir.path);
    let mut more = Vec::new();
    for file in &scan.files {
        for path in referred::referred(repo, home, &file.value) {
            more.push(Sourced::with(path, file.evidence.clone()));
        }
    }
    scan.files.extend(more);
    let mut left = Vec::new();
    for one in &scan.left {
        let (from, to) = &one.value;
        let Some(path) = home.join(from) else { continue };
        let folders = (path.parent(), RelPath::new(to).and_then(|to| to.parent()));
        let (Some(folder), Some(target)) = folders else { continue };
        for path in referred::referred(repo, home, &path) {
            let below = path.strip(&folder).and_then(|way| target.join(way));
            if let (Some(from), Some(to)) = (path.strip(home), below) {
                let pair = (from.to_owned(), to.as_str().to_owned());
                left.push(Sourced::with(pair, one.evidence.clone()));
            }
        }
    }
    left.retain(|one| !scan.left.iter().any(|held| held.value == one.value));
    scan.left.extend(left);
}

/// Adds the documents that a pattern names: `./**/*.graphql`. `text` is the pattern in the image.
pub(super) fn matched(
    app: &App,
    source: &Source,
    (found, text): (&PathValue, &str),
    evidence: &Evidence,
    scan: &mut Scan,
) {
    let ending = found.path.rsplit('.').next().unwrap_or_default();
    if !found.path.contains('*') || !PATTERNED.contains(&ending) {
        return;
    }
    let known = |text: &str| fixed(text).trim_end_matches('/').to_owned();
    let (base, written) = match found.from {
        Anchor::WorkingDirectory => (app.dir.path.join(&known(text)), None),
        Anchor::SourceFile => {
            let beside = source.path.parent().unwrap_or_default();
            (beside.join(&known(&found.path)), Some(known(text)))
        }
        Anchor::Home | Anchor::Root => return,
    };
    let start = found.path.find('*').map_or("", |at| &found.path[..at]);
    let rest = &found.path[start.rfind('/').map_or(0, |at| at + 1)..];
    let (Some(base), Ok(glob)) = (base, Glob::new(rest, Syntax { braces: true, classes: false }))
    else {
        return;
    };
    if !base.is_within(&app.dir.path) {
        return;
    }
    let files = app.dir.repo.files_under(&base).filter(|path| {
        let aside = path.components().any(|one| one == "node_modules");
        !aside && path.strip(&base).is_some_and(|way| glob.matches(way))
    });
    for path in files.take(MAX_MATCHED) {
        match &written {
            None => scan.files.push(Sourced::new(path.clone(), evidence.clone())),
            Some(to) => {
                let to = path.strip(&base).map(|way| format!("{to}/{way}"));
                let from = path.strip(&app.dir.path).map(str::to_owned);
                if let (Some(from), Some(to)) = (from, to) {
                    let pair = (from, to.trim_start_matches('/').to_owned());
                    scan.left.push(Sourced::new(pair, evidence.clone()));
                }
            }
        }
    }
}
