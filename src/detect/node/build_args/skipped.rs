//! Variables that keep a build from checking its environment: `skipValidation:
//! !!process.env.SKIP_ENV_VALIDATION`. The values are given when the container starts.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::App;
use super::sources;

/// The beginning of their names, and words of which one follows.
const BEGIN: &str = "process.env.SKIP_";
const WORDS: [&str; 4] = ["ENV", "VALID", "CHECK", "DB"];

/// How many files are looked at.
const MAX_FILES: usize = 1_000;

/// The names of the variables.
pub(super) fn of(app: &App, compiles: bool) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for path in sources(app).into_iter().take(MAX_FILES) {
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        let checks = path.file_name().contains(".config.")
            || text.contains("createEnv(") && compiles
            || text.contains("exit(") && path.components().any(|one| one == "scripts");
        if checks {
            found.extend(names(&text));
        }
    }
    Ok(found)
}

/// The names in a text.
pub(super) fn names(text: &str) -> Vec<String> {
    let all = text.match_indices(BEGIN).filter_map(|(at, _)| {
        let rest = &text[at + BEGIN.len()..];
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let end = rest.find(|c| !plain(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        WORDS.iter().any(|word| name.contains(word)).then(|| format!("SKIP_{name}"))
    });
    all.collect()
}
