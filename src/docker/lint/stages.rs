//! The relations between stages.

use std::collections::BTreeSet;

use super::{Found, Subject, images, scope};

/// The target that a plan with a development command has in addition to the final image.
const DEVELOPMENT: &str = "development";

pub(super) fn all_are_used(subject: &Subject) -> Vec<Found> {
    let file = subject.file;
    let mut used = BTreeSet::new();
    let mut next: Vec<usize> = file.stages.len().checked_sub(1).into_iter().collect();
    if subject.plan.dev.is_some() {
        next.extend(scope::stage_named(file, DEVELOPMENT, file.stages.len(), false));
    }
    let froms = images::froms(subject);
    while let Some(at) = next.pop() {
        if used.insert(at) {
            next.extend(subject.scopes.base(at).1);
            let sources = froms.iter().filter(|from| from.stage == at);
            next.extend(sources.filter_map(|from| scope::stage_named(file, &from.name, at, true)));
        }
    }
    let unused = file.stages.iter().enumerate().filter(|(at, _)| !used.contains(at));
    unused
        .map(|(at, stage)| {
            let name = stage.name.clone().unwrap_or_else(|| at.to_string());
            let message = format!(
                "nothing uses the stage `{name}`: a build skips it, and readers take it for part of the image; \
                 copy from it, or remove it"
            );
            (stage.line, message)
        })
        .collect()
}

pub(super) fn sources_exist(subject: &Subject) -> Vec<Found> {
    let mut found = Vec::new();
    for from in images::froms(subject) {
        let known = scope::stage_named(subject.file, &from.name, from.stage, true).is_some();
        let image = from.name.contains([':', '/', '@']) || from.name == "scratch";
        if !known && !image {
            let message = format!(
                "`--from={}` names no stage before this one: the build would look for an image of that name; \
                 name an earlier stage, or an image with its tag",
                from.name
            );
            found.push((from.line, message));
        }
    }
    found
}
