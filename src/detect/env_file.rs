//! Env files, whatever the language: those that a program cannot start without, and the examples
//! of them.

use anyhow::Result;

use crate::facts::{Evidence, Finding, Severity};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::settings::assignments;

/// Names of the example of an environment file.
const EXAMPLES: [&str; 6] =
    [".env.example", ".env.sample", ".env.dist", ".env.template", "env.example", "example.env"];

/// What the example of an environment file says about a variable, in the first folder that has one.
pub(super) fn example(
    repo: &Repo,
    folders: &[&RelPath],
    key: &str,
) -> Result<Option<(String, Evidence)>> {
    for folder in folders {
        for path in EXAMPLES.iter().filter_map(|name| folder.join(name)) {
            let Some(text) = repo.source_text(&path)? else { continue };
            if let Some(found) = assignments(&text)
                .into_iter()
                .find(|found| found.key.trim_start_matches("export ") == key)
            {
                let note = format!("{key} is `{}` in the example", found.value);
                return Ok(Some((found.value, Evidence::at(&path, found.line, note))));
            }
        }
    }
    Ok(None)
}

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
