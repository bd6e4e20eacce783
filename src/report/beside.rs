//! A Dockerfile that somebody wrote and the one that dockgen would write, side by side.

use std::fmt::Write;

use super::next::Here;
use crate::catalog::Catalog;
use crate::docker::parse::parse;
use crate::docker::traits;
use crate::pipeline::{Change, Draft, Role};
use crate::screen::Look;
use crate::screen::visible::inline;

/// Width of the column with the name of a trait.
const NAME: usize = 14;

/// What both Dockerfiles do, a line for each trait; nothing if there is no other Dockerfile, or it is
/// none by its text.
pub(crate) fn table(draft: &Draft, here: &Here, look: &Look) -> String {
    let foreign = |change: &&Change| change.role == Role::Dockerfile && change.is_refused();
    let Some(change) = draft.changes.iter().find(foreign) else { return String::new() };
    let (Some(old), Ok(ours)) = (&change.old, parse(&change.new.text)) else {
        return String::new();
    };
    let Ok(theirs) = parse(old) else { return String::new() };
    let tools = tools(draft);
    let tools: Vec<&str> = tools.iter().map(String::as_str).collect();
    let mut rows: Vec<(&str, String, String)> = traits::of(&theirs, &tools)
        .into_iter()
        .zip(traits::of(&ours, &tools))
        .map(|((name, left), (_, right))| (name, left, right))
        .collect();
    let ignore = draft.changes.iter().find(|change| change.role == Role::Ignore);
    let has = ignore.is_some_and(|change| change.old.is_some());
    let lines = |change: &Change| format!("{} lines", change.new.text.lines().count());
    rows.push((
        ".dockerignore",
        if has { "is there" } else { "none" }.to_owned(),
        ignore.map(lines).unwrap_or_default(),
    ));
    let room = look.width.saturating_sub(NAME + 6) / 2;
    let widest = rows.iter().map(|(_, left, _)| inline(left).chars().count()).max().unwrap_or(0);
    let left_room = if look.shortens { widest.min(room) } else { widest };
    let mut out = String::new();
    let path = here.path(&change.new.path);
    let head = format!("  {:<NAME$}{:<left_room$}  dockgen", "", look.fit(&path, left_room));
    writeln!(out, "{}", look.bold(&head)).ok();
    for (name, left, right) in rows {
        let (left, right) = (look.fit(&left, left_room), look.fit(&right, room));
        let line = format!("  {name:<NAME$}{left:<left_room$}  {right}");
        let same = left == right;
        writeln!(out, "{}", if same { look.dim(&line) } else { line }).ok();
    }
    out
}

/// Images that the language builds on and does not run on: they hold what only the build needs.
fn tools(draft: &Draft) -> Vec<String> {
    let name = |image: &str| image.split([':', '@']).next().unwrap_or_default().to_owned();
    let Ok(catalog) = Catalog::of(&draft.plan.language) else { return Vec::new() };
    let runs: Vec<String> = catalog.base.iter().map(|row| name(&row.image)).collect();
    let builds = catalog.builder.iter().map(|row| name(&row.image));
    builds.filter(|image| !runs.contains(image)).collect()
}
