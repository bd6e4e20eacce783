//! Folders that a program serves and the repository does not hold: the output of a build, which the
//! image must get from somewhere.

use super::World;
use crate::detect::moved_to;
use crate::facts::{Evidence, Finding, FrontEnd, Sourced};
use crate::path::is_at_or_below;

/// Names of folders for files that come into being while the program runs.
const FILLED: [&str; 16] = [
    "archive",
    "avatars",
    "backup",
    "backups",
    "cache",
    "data",
    "downloads",
    "files",
    "logs",
    "media",
    "music",
    "recordings",
    "storage",
    "tmp",
    "upload",
    "uploads",
];

/// How many missing folders are reported.
const MAX_MISSING: usize = 3;

/// A folder that the program serves, under each of the names that it tries.
#[derive(Debug)]
pub(super) struct Served {
    /// The names, as the program writes them.
    pub(super) names: Vec<String>,
    /// The call, and the place that states the folder.
    pub(super) evidence: Vec<Evidence>,
}

/// The output of a build that an existing Dockerfile copies to the absolute path `text`.
pub(super) fn copied(
    world: &World,
    text: &str,
    evidence: &[Evidence],
) -> Option<Sourced<FrontEnd>> {
    let context = &world.module.layout.context;
    let path = context.join(text.trim_matches('/')).filter(|path| path != context)?;
    let mut made = moved_to(world.module.sources.repo, context, &path)?;
    // The copy may go to a folder above.
    let below = path.strip(&made.value.output)?.to_owned();
    let folder = text.trim_end_matches('/');
    let folder = folder.strip_suffix(&below).unwrap_or(folder).trim_end_matches('/');
    made.value.opened = Some(folder.to_owned());
    made.evidence.splice(0..0, evidence.iter().cloned());
    Some(made)
}

/// Reports the folders that nothing fills. Those that the program itself writes are not missing, nor
/// those in or above what a front end makes.
pub(super) fn missing(
    all: &[Served],
    writable: &[Sourced<String>],
    made: &[Sourced<FrontEnd>],
) -> Vec<Finding> {
    let made = made.iter().filter_map(|made| made.value.opened.as_deref());
    let filled: Vec<&str> =
        writable.iter().map(|folder| folder.value.as_str()).chain(made).collect();
    let written = |name: &str| {
        let plain = |name: &str| name.trim_start_matches("./").trim_end_matches('/').to_owned();
        let name = plain(name);
        filled
            .iter()
            .map(|folder| plain(folder))
            .any(|folder| is_at_or_below(&name, &folder) || is_at_or_below(&folder, &name))
    };
    let mut found: Vec<Finding> = Vec::new();
    for served in all {
        let fixed = served.names.iter().all(|name| is_fixed(name));
        if !fixed || served.names.iter().any(|name| written(name)) {
            continue;
        }
        let finding =
            Finding::served_folder_missing(served.names.join(" or "), served.evidence.clone());
        let said = found.iter().any(|held| held.what == finding.what);
        if !said && found.len() < MAX_MISSING {
            found.push(finding);
        }
    }
    found
}

/// True for the path of a folder of pages.
fn is_fixed(name: &str) -> bool {
    let last = name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "%{}$~*?:<>|\"'`".contains(c);
    !matches!(last, "" | "." | "..") && !name.contains(odd) && !FILLED.contains(&last)
}
