//! Models that a library loads by name, and that are packages of their own: `spacy.load("en_core_web_sm")`.
//! <https://spacy.io/usage/models#download>

use super::codes;
use super::installed::Origin;
use super::opened;
use super::world::World;
use crate::facts::{Finding, Program};

/// Endings of the names of spaCy's models.
const SIZES: [&str; 4] = ["_sm", "_md", "_lg", "_trf"];

/// Maximum number of calls that are looked at.
const MAX_CALLS: usize = 64;

/// Reports models that nothing installs.
pub(super) fn missing(world: &World, program: &mut Program) {
    for call in world.code.calls_named("load").filter(|call| call.is_in("spacy")).take(MAX_CALLS) {
        let Some(name) = world.code.argument(&call, 0).and_then(|value| value.text()) else {
            continue;
        };
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || !SIZES.iter().any(|size| name.ends_with(size)) {
            continue;
        }
        let by_address = |origin: &Origin| match origin {
            Origin::Url(url) | Origin::Git(url) => url.contains(&name),
            _ => false,
        };
        let held = world.app.installed.has(&name.replace('_', "-"))
            || world.app.installed.packages().any(|package| by_address(&package.origin))
            || opened::is_spared(&call.file, call.at);
        let what = format!("the program loads the model {name}, which no requirement installs");
        if !held && !program.findings.iter().any(|finding| finding.what == what) {
            let at = call.evidence(format!("loads {name}"));
            program.findings.push(Finding::new(codes::MODEL_MISSING, what, [at]));
        }
    }
}
