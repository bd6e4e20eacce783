//! Variables that the code reads and goes on without: it gives a default, or only asks whether there
//! is a value.

use anyhow::Result;

use crate::facts::{Evidence, Facts};
use crate::path::RelPath;
use crate::repo::Repo;

/// Extensions of texts that are no code.
const NO_CODE: [&str; 14] = [
    "adoc", "conf", "env", "example", "json", "lock", "md", "mod", "rst", "sh", "sum", "toml",
    "txt", "xml",
];

/// Extensions of settings, which count where they are a program's resources.
const SETTINGS: [&str; 3] = ["properties", "yaml", "yml"];

/// What follows a variable with a default, or one that is only compared or tested.
const GOES_ON: [&str; 17] = [
    "||",
    "??",
    "&&",
    "==",
    "!=",
    "? ",
    ":-",
    ".unwrap_or",
    ".is_ok",
    ".is_err",
    ".is_some",
    ".is_none",
    ".ok()",
    "or ",
    "is None",
    "is not None",
    "in os.environ",
];

/// Words of functions with the default as the second argument.
const READERS: [&str; 6] = ["env", "get", "default", "config", "setting", "option"];

/// Words of a line that reads the environment.
const ENVIRONMENT: [&str; 5] = ["env", "Env", "ENV", "environ", "config("];

/// Texts that speak of the image, and are no part of the program.
const OUTSIDE: [&str; 5] = ["adoc", "lock", "md", "rst", "txt"];

/// The code that detection has read for an application.
pub(super) struct Code<'r> {
    repo: &'r Repo,
    files: Vec<RelPath>,
    /// The code with its settings.
    all: Vec<RelPath>,
}

impl<'r> Code<'r> {
    pub(super) fn new(repo: &'r Repo, facts: &Facts) -> Self {
        let mut all = repo.inputs(&facts.dir);
        all.retain(|path| {
            let name = path.file_name().to_ascii_lowercase();
            !OUTSIDE.contains(&path.extension())
                && !["compose", "docker"].iter().any(|word| name.contains(word))
        });
        let mut files = all.clone();
        files.retain(|path| {
            let extension = path.extension();
            let resource = || path.as_str().contains("resources/");
            !NO_CODE.contains(&extension)
                && (!SETTINGS.contains(&extension) || resource())
                && !extension.is_empty()
        });
        Self { repo, files, all }
    }

    /// True if code was read, and neither it nor the settings beside it name the absolute path.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn leaves_out(&self, folder: &str) -> Result<bool> {
        for path in &self.all {
            let text = self.repo.source_text(path)?;
            let names = |text: &str| {
                text.match_indices(folder).any(|(at, _)| {
                    let after = text[at + folder.len()..].chars().next();
                    let before = text[..at].chars().next_back();
                    let part = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                    !after.is_some_and(part) && !before.is_some_and(part)
                })
            };
            if text.is_some_and(|text| names(&text)) {
                return Ok(false);
            }
        }
        Ok(!self.files.is_empty())
    }

    /// The first read of one of the variables.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn first_read(&self, names: &[&'static str]) -> Result<Option<Read>> {
        for path in &self.files {
            let Some(text) = self.repo.source_text(path)? else { continue };
            if let Some(read) = first_read(path, &text, names) {
                return Ok(Some(read));
            }
        }
        Ok(None)
    }

    /// True if the code reads the variable, and each read goes on without it.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn goes_on_without(&self, name: &str) -> Result<bool> {
        let mut found = false;
        for path in &self.files {
            let Some(text) = self.repo.source_text(path)? else { continue };
            for line in text.lines().filter(|line| line.contains(name)) {
                let mut parts = line.split(name);
                let mut before = parts.next().unwrap_or_default();
                for after in parts {
                    if is_whole(before, after) && !is_comment(line) {
                        if !goes_on(before, after) {
                            return Ok(false);
                        }
                        found = true;
                    }
                    before = after;
                }
            }
        }
        Ok(found)
    }
}

/// A read of a variable.
pub(super) struct Read {
    pub(super) name: &'static str,
    /// The value that the code compares it with.
    pub(super) value: String,
    pub(super) evidence: Evidence,
}

/// The first read in a text.
fn first_read(path: &RelPath, text: &str, names: &[&'static str]) -> Option<Read> {
    for (number, line) in (1..).zip(text.lines()) {
        let reads = ENVIRONMENT.iter().any(|word| line.contains(word)) && !is_comment(line);
        let found = names.iter().filter(|name| reads && line.contains(**name));
        let whole = found.filter_map(|name| {
            let (before, after) = line.split_once(name)?;
            is_whole(before, after).then_some((before.len(), *name, after))
        });
        if let Some((_, name, after)) = whole.min() {
            let rest = after.trim_start_matches(|c: char| "\"'`])}=! ".contains(c));
            let end = rest.find(['"', '\'', '`', ')', ' ', ';']).unwrap_or(rest.len());
            let value = if after.contains("==") { &rest[..end] } else { "" };
            let plain = ["1", "yes", "on"].contains(&value);
            let value = if plain { value } else { "true" }.to_owned();
            let evidence = Evidence::at(path, number, format!("reads {name}"));
            return Some(Read { name, value, evidence });
        }
    }
    None
}

/// True if the name is no part of a longer one.
fn is_whole(before: &str, after: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !before.ends_with(part) && !after.starts_with(part)
}

fn is_comment(line: &str) -> bool {
    ["//", "#", "*", "/*"].iter().any(|start| line.trim_start().starts_with(start))
}

/// True if the code between `before` and `after` reads a variable that may be missing.
fn goes_on(before: &str, after: &str) -> bool {
    let rest = after.trim_start_matches(['"', '\'', '`']);
    // `${NAME:default}` in settings, and `get("NAME", default)`.
    if before.ends_with("${") && rest.starts_with(':') {
        return true;
    }
    let quoted = rest.len() < after.len();
    if quoted && rest.trim_start().starts_with(',') {
        let call = before.trim_end_matches(['"', '\'', '`']).trim_end();
        let reads = call.strip_suffix('(').map(str::to_ascii_lowercase).is_some_and(|call| {
            let from = call.rfind(|c: char| !(c.is_alphanumeric() || "_.:".contains(c)));
            let name = &call[from.map_or(0, |at| at + 1)..];
            READERS.iter().any(|word| name.contains(word))
        });
        return reads;
    }
    let rest = rest.trim_start_matches([']', ')', '}']).trim_start();
    let tested = ["if (", "if ", "if not ", "if !", "!!"];
    // What stands before the call or the object: `if not ` of `if not os.getenv("NAME")`.
    let reader = before.trim_end_matches(['"', '\'', '`']).trim_end_matches(['(', '[', '.']);
    let read = reader.trim_end_matches(|c: char| c.is_alphanumeric() || "_.:".contains(c));
    GOES_ON.iter().any(|mark| rest.starts_with(mark))
        || tested.iter().any(|mark| read.ends_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_with_a_default_or_a_test_go_on() {
        let of = |line: &str| {
            let mut parts = line.split("RATE");
            goes_on(parts.next().unwrap(), parts.next().unwrap())
        };
        for line in [
            "const rate = process.env.RATE || 3;",
            "const rate = process.env['RATE'] ?? 3;",
            "const on = process.env.RATE === 'true';",
            "const set = process.env.RATE ? read() : {};",
            "if (process.env.RATE) {",
            "const on = !!process.env.RATE;",
            "rate = os.environ.get(\"RATE\", 3)",
            "rate = os.getenv('RATE') or 3",
            "if not os.getenv('RATE'):",
            "rate := envOr(\"RATE\", 3)",
            "if os.Getenv(\"RATE\") == \"\" {",
            "let rate = env::var(\"RATE\").unwrap_or_default();",
            "rate: ${RATE:3}",
            "System.getenv().getOrDefault(\"RATE\", \"3\")",
        ] {
            assert!(of(line), "{line}");
        }
        for line in [
            "const rate = process.env.RATE;",
            "connect(process.env.RATE)",
            "rate = os.environ[\"RATE\"]",
            "let rate = env::var(\"RATE\")?;",
            "const NAMES = [\"RATE\", \"OTHER\"];",
            "check(\"RATE\", \"OTHER\")",
            "rate: ${RATE}",
        ] {
            assert!(!of(line), "{line}");
        }
    }
}
