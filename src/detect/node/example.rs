//! Examples of the environment, such as `.env.example`.

use anyhow::Result;

use super::App;
use crate::facts::{Evidence, Sourced};
use crate::repo::line_of;

/// Files that show what the environment should contain.
const EXAMPLES: [&str; 8] = [
    ".env.example",
    ".env.sample",
    ".env.template",
    ".env.defaults",
    "env.example",
    ".env.dist",
    "env-example",
    "env-example-relational",
];

/// The value of one of these variables in an example of the environment.
pub(super) fn port(app: &App, names: &[String]) -> Result<Option<(String, Sourced<u16>)>> {
    for file in EXAMPLES {
        let Some((path, text)) = app.dir.text(file)? else { continue };
        for name in names {
            let key = format!("{name}=");
            let line = text.lines().find_map(|line| line.trim().strip_prefix(&key));
            if let Some(port) =
                line.and_then(|value| value.trim().trim_matches(['"', '\'']).parse().ok())
            {
                let at = line_of(&text, &key).unwrap_or(1);
                return Ok(Some((
                    name.clone(),
                    Sourced::new(port, Evidence::at(&path, at, format!("{key}{port}"))),
                )));
            }
        }
    }
    Ok(None)
}
