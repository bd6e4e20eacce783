//! Where the static files of Django are gathered, if a variable of the image says so.

use super::super::{Gathered, ProgramDetails};
use crate::detect::Chosen;
use crate::docker::types::ContainerPath;

/// Gathers the static files where the environment of the image says that they are.
pub(super) fn moved(chosen: &Chosen, own: &mut ProgramDetails) {
    let Some(Gathered { variable, folder }) = own.gathered.clone() else { return };
    let set = chosen.program.env.iter().map(|held| &held.value);
    let Some(var) = set.into_iter().find(|var| var.key == variable) else { return };
    let path = var.value.trim_end_matches('/');
    if path.matches('/').count() < 2 || ContainerPath::new(path).is_err() {
        return;
    }
    for held in own.made.iter_mut().filter(|held| **held == folder) {
        path.clone_into(held);
    }
    for step in &mut own.steps {
        if step.words.iter().any(|word| word == "collectstatic") {
            step.env.retain(|held| held.key != variable);
            step.env.push(var.clone());
        } else if step.words.first().is_some_and(|word| word == "mkdir")
            && let Some(last) = step.words.last_mut()
        {
            path.clone_into(last);
        }
    }
}
