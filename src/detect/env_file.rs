//! Env files that a program cannot start without, whatever its language.

use crate::facts::{Evidence, Finding, Severity};

/// The program ends where the file is missing, and no image holds one: its values belong to the
/// place that it runs at.
pub(super) fn must_exist(name: &str, at: Evidence) -> Finding {
    Finding::new(
        "dotenv-required",
        Severity::Warning,
        format!("the program ends where there is no `{name}`, and the image holds none"),
        [at],
        "values for one place, secrets among them, do not belong into an image: the container stops as it starts",
        format!(
            "let the program go on without the file, and give variables with `docker run --env-file {name}`; or mount it \
             beside the program with `-v`"
        ),
    )
}
