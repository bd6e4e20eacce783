//! Variables with which recipes start the image, and which the image does not set.

use crate::facts::{Evidence, Finding, FindingCode, Program};
use crate::recipes::{Recipe, Run};

use super::{is_name, report};

/// Maximum number of names in the message.
const MAX_NAMES: usize = 6;

/// Variables that many images have, and without which a program starts.
const COMMON: [&str; 12] = [
    "TZ",
    "PUID",
    "PGID",
    "UID",
    "GID",
    "UMASK",
    "LANG",
    "LC_ALL",
    "NODE_ENV",
    "LOG_LEVEL",
    "DEBUG",
    "PORT",
];

/// Reports the variables: the code does not show whether the program goes on without them.
pub(super) fn variables(program: &mut Program, runs: &[&Run]) {
    let of_image = |run: &&&Run| match run.by {
        Recipe::Docs => run.image.is_some(),
        Recipe::Compose => true,
        _ => false,
    };
    let mut names: Vec<&str> = Vec::new();
    let mut places: Vec<Evidence> = Vec::new();
    for variable in runs.iter().filter(of_image).flat_map(|run| &run.env) {
        let key = variable.key.as_str();
        let is_set = program.env.iter().any(|held| held.value.key == key)
            || program.port_variable.as_deref() == Some(key);
        let is_said = program.findings.iter().any(|finding| finding.what.contains(key));
        if key.is_empty()
            || !is_name(key)
            || is_set
            || is_said
            || COMMON.contains(&key)
            || names.contains(&key)
        {
            continue;
        }
        names.push(key);
        places.push(variable.evidence.clone());
    }
    let Some(first) = names.first() else { return };
    let more = if names.len() > MAX_NAMES { " and others" } else { "" };
    let listed = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
    let finding = Finding::new(
        FindingCode::VariablesGiven,
        format!(
            "the repository starts its image with {listed}{more}, which the image does not set"
        ),
        places.into_iter().take(4),
    )
    .with_fix(format!(
        "give `docker run` those that your container needs: `-e {first}=...` or --env-file"
    ));
    report(program, finding);
}
