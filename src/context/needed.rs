//! What the plan reads from the build context, and the exceptions that include it.

use std::collections::BTreeSet;

use anyhow::Result;

use super::sieve::Sieve;
use super::{
    Hidden, MAX_EXCEPTIONS, SECRETS, common_rows, expand, listed, listed_in_front_ends, own,
    tracked_below,
};
use crate::docker::ignore::literal;
use crate::docker::types::Line;
use crate::plan::Plan;
use crate::repo::Repo;

/// What the plan reads from the build context, relative to it.
pub(super) struct Needed {
    pub(super) paths: BTreeSet<String>,
}

impl Needed {
    /// Sources of manifests and artifacts, and the paths in `details.reads`, which a language may
    /// list.
    pub(super) fn of(repo: &Repo, plan: &Plan) -> Self {
        let manifests = plan
            .front_ends
            .iter()
            .flat_map(|front_end| &front_end.manifests)
            .chain(&plan.manifests);
        let manifests: Vec<String> =
            manifests.flat_map(|copy| copy.paths(repo, &plan.context)).collect();
        let artifacts = plan
            .artifacts
            .iter()
            .filter(|a| a.stage.is_none())
            .map(|artifact| artifact.src.as_str());
        let kept = plan.keep.iter().map(Line::as_str);
        let reads = listed(plan, "reads").chain(listed_in_front_ends(plan, "reads"));
        let mut paths = BTreeSet::new();
        for source in manifests.iter().map(String::as_str).chain(artifacts).chain(reads).chain(kept)
        {
            paths.extend(expand(repo, &plan.context, source));
        }
        Self { paths }
    }

    /// Exceptions for needed paths that `file` or their lines exclude, and the paths that their
    /// lines exclude, with the line.
    pub(super) fn hidden_in(
        &self,
        plan: &Plan,
        their_file: &Sieve,
        file: &Sieve,
    ) -> (Vec<String>, Vec<Hidden>) {
        let repo = file.repo;
        let (mut exceptions, mut by_them) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let inside = tracked_below(repo, plan, path);
            let kept = |held: &&String| !their_file.hides(held);
            let all = hides_every(their_file, &inside);
            if their_file.hides(path) || all {
                let held = inside.first().filter(|_| !their_file.hides(path)).unwrap_or(path);
                let line = their_file.file().deciding(held).map_or(0, |pattern| pattern.line);
                by_them.push((path.clone(), line));
            }
            if file.hides(path) || all || inside.iter().filter(kept).any(|held| file.hides(held)) {
                exceptions.extend(literal(path).map(|pattern| format!("!{pattern}")));
            }
        }
        (exceptions, by_them)
    }

    /// Exceptions for needed files that the common rows exclude: those named, and those in a copied
    /// folder that git tracks, except secrets.
    pub(super) fn hidden_by_common(
        &self,
        plan: &Plan,
        their_file: &Sieve,
        file: &Sieve,
        literals: &[String],
    ) -> Result<Vec<String>> {
        let repo = file.repo;
        let mut secrets = common_rows(&[SECRETS])?;
        for row in literals {
            secrets.push(row)?;
        }
        let mut exceptions = BTreeSet::new();
        for path in &self.paths {
            if file.hides(path) {
                exceptions.insert(path.clone());
            }
            let inside = tracked_below(repo, plan, path);
            let all = hides_every(their_file, &inside);
            let ours = |held: &String| all || !their_file.hides(held);
            let safe = |held: &String| {
                !own(repo, plan, held)
                    && !secrets.hides(held)
                    && !held.split('/').any(|part| part.starts_with(".git"))
            };
            let hidden: Vec<String> = inside
                .into_iter()
                .filter(|held| file.hides(held) && ours(held) && safe(held))
                .collect();
            if hidden.len() <= MAX_EXCEPTIONS {
                exceptions.extend(hidden);
            } else {
                exceptions.extend(
                    hidden.iter().filter_map(|held| Some(held.rsplit_once('/')?.0.to_owned())),
                );
            }
        }
        Ok(exceptions
            .iter()
            .filter_map(|path| literal(path))
            .map(|pattern| format!("!{pattern}"))
            .collect())
    }
}

/// True if their lines exclude everything in a needed folder. If they exclude only a part, such as
/// tests, that is their choice.
fn hides_every(their_file: &Sieve, inside: &[String]) -> bool {
    !inside.is_empty() && inside.iter().all(|held| their_file.hides(held))
}
