//! What somebody's own Dockerfile starts: it says which of several programs is meant.

use anyhow::Result;

use super::super::App;
use super::{Target, Told, read};
use crate::recipes::dockerfile;

/// Moves what the Dockerfile starts before the other lines of documentation, or adds it there.
pub(super) fn first(app: &App, all: &mut Vec<Told>) -> Result<()> {
    let written = dockerfile::written(app.dir.repo, &app.dir.path)?;
    let Some((_, image)) = &written.0 else { return Ok(()) };
    let words: Vec<String> = image.start.words().iter().map(ToString::to_string).collect();
    let (Some(mut one), Some(at)) = (read(&words), &image.start.evidence) else { return Ok(()) };
    if let Target::File(file) = &mut one.target {
        let home = image.workdir.as_deref().unwrap_or_default();
        let below = file.strip_prefix(home).filter(|_| !home.is_empty());
        if let Some(way) = below.and_then(|way| way.strip_prefix('/')) {
            *file = way.to_owned();
        }
    }
    if !one.target.is_code() {
        return Ok(());
    }
    let place = all.iter().position(|held| held.documented).unwrap_or(all.len());
    match all.iter().position(|held| held.target == one.target) {
        Some(at) if at > place => all[place..=at].rotate_right(1),
        Some(_) => {}
        // Its options are compared with those of the image elsewhere.
        None => all.insert(
            place,
            Told {
                flags: Vec::new(),
                rest: Vec::new(),
                documented: true,
                evidence: at.clone(),
                ..one
            },
        ),
    }
    Ok(())
}
