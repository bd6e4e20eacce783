//! Example environment files, such as `.env.example`: which variables a program reads, with values for
//! a developer's machine.

use anyhow::Result;

use crate::docker::lint::names_a_secret;
use crate::evidence::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;
use crate::settings::assignments;

/// Names of example environment files.
pub(crate) const NAMES: [&str; 13] = [
    ".env.example",
    ".env.sample",
    ".env.dist",
    ".env.template",
    ".env-example",
    ".example.env",
    "env.example",
    "example.env",
    "env.sample",
    "sample.env",
    ".env.production.example",
    ".env.prod.example",
    ".env.local.example",
];

/// Maximum number of variables of one file.
const MAX_VARIABLES: usize = 200;

/// An example environment file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The file.
    pub path: RelPath,
    /// Its variables, in order, each name once.
    pub variables: Vec<Variable>,
    /// `docker run --env-file` reads it as its author meant: it takes quotes and `export` as parts of
    /// values and names.
    pub plain: bool,
}

/// A variable of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The name.
    pub key: String,
    /// The value; empty for one that everybody has to fill in.
    pub value: String,
    /// Its place.
    pub evidence: Evidence,
}

impl Variable {
    /// True if its value is not for a file that others read: it is named like a secret, or is an
    /// address with a password.
    pub fn is_secret(&self) -> bool {
        let login = self.value.split_once("://").and_then(|(_, rest)| rest.split_once('@'));
        names_a_secret(&self.key) || login.is_some_and(|(login, _)| login.contains(':'))
    }
}

impl Example {
    /// True if it has a variable of that name.
    pub fn names(&self, key: &str) -> bool {
        self.variables.iter().any(|variable| variable.key == key)
    }
}

/// The example in the first of these folders that has one.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn of(repo: &Repo, folders: &[&RelPath]) -> Result<Option<Example>> {
    for path in folders.iter().flat_map(|folder| NAMES.iter().filter_map(|name| folder.join(name)))
    {
        let Some(text) = repo.source_text(&path)? else { continue };
        let mut variables: Vec<Variable> = Vec::new();
        for found in assignments(&text).into_iter().take(MAX_VARIABLES) {
            let key = found.key.trim_start_matches("export ").trim();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let named = !key.is_empty() && key.chars().all(is_name);
            if named && !variables.iter().any(|held| held.key == key) {
                let evidence = Evidence::at(&path, found.line, format!("the example has {key}"));
                variables.push(Variable { key: key.to_owned(), value: found.value, evidence });
            }
        }
        let quoted = |line: &str| {
            let value = line.split_once('=').map_or("", |(_, value)| value.trim());
            // `docker run --env-file` expands nothing.
            line.trim_start().starts_with("export ")
                || value.starts_with(['"', '\'', '`'])
                || value.contains("${")
        };
        let lines = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
        return Ok(Some(Example { path, variables, plain: !lines().any(quoted) }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_values_and_what_an_engine_would_misread() {
        let of = |text: &str| {
            let repo = Repo::from_files([(".env.sample", text)]);
            of(&repo, &[&RelPath::root()]).unwrap().unwrap()
        };
        let example = of("# a\nPORT=3000\nAPI_KEY=\nexport URL=\"http://x\"\nPORT=1\nno name=2\n");
        let names: Vec<&str> = example.variables.iter().map(|held| held.key.as_str()).collect();
        assert_eq!(names, ["PORT", "API_KEY", "URL"]);
        assert_eq!(example.variables[2].value, "http://x");
        assert!(!example.plain && of("A=1\n# B=\"x\"\n").plain);
        assert!(!of("A=1\nB=x/${A}\n").plain);
        let secret = |line: &str| of(line).variables[0].is_secret();
        assert!(
            secret("API_KEY=x") && secret("DB=postgres://a:b@c/d") && !secret("DB=postgres://c/d")
        );
    }
}
