//! Variables that the code asks whether the program runs in a container.

use anyhow::Result;

use crate::facts::{Finding, FindingCode, Program};

use super::optional::Code;
use super::report;

/// Names of such variables.
const NAMES: [&str; 14] = [
    "CONTAINERIZED",
    "DOCKER",
    "DOCKERIZED",
    "DOCKER_CONTAINER",
    "INSIDE_CONTAINER",
    "INSIDE_DOCKER",
    "IN_CONTAINER",
    "IN_DOCKER",
    "IS_CONTAINER",
    "IS_DOCKER",
    "IS_IN_DOCKER",
    "RUNNING_IN_CONTAINER",
    "RUNNING_IN_DOCKER",
    "RUN_IN_DOCKER",
];

/// Reports the first one that the image does not set.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn asked(program: &mut Program, code: &Code<'_>) -> Result<()> {
    let Some(read) = code.first_read(&NAMES)? else { return Ok(()) };
    let name = read.name;
    let is_set = program.env.iter().any(|held| held.value.key == name);
    let is_said = program.findings.iter().any(|finding| finding.what.contains(name));
    if is_set || is_said {
        return Ok(());
    }
    let what = format!("the code asks {name} whether it runs in a container");
    let value = &read.value;
    let fix = format!(
        "set --env {name}={value}, if the program is to work as in the repository's own container"
    );
    let finding = Finding::new(FindingCode::ContainerVariable, what, [read.evidence]);
    report(program, finding.with_fix(fix));
    Ok(())
}
