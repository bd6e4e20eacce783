//! Env files: their `KEY=value` lines, and which of those look like secrets.

use anyhow::Result;

use crate::docker::lint::is_secret_name;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, Entry};
use crate::secrets;

/// A value of at least this length that consists of letters and digits counts as a key.
const KEY_LENGTH: usize = 32;

/// An env file of the repository.
#[derive(Debug)]
pub(super) struct EnvFile {
    pub(super) path: RelPath,
    values: Vec<(String, String, u32)>,
    /// Variables that look like secrets, with their lines.
    pub(super) secrets: Vec<(String, u32)>,
}

impl EnvFile {
    /// Reads a file; `None` if the repository does not hold it.
    pub(super) fn read(folder: &Dir, name: &str) -> Result<Option<Self>> {
        let Some(path) = folder.join(name) else { return Ok(None) };
        if folder.repo.entry(&path) != Some(&Entry::File) {
            return Ok(None);
        }
        let Some(text) = folder.repo.source_text(&path)? else { return Ok(None) };
        let mut file = Self { path, values: Vec::new(), secrets: Vec::new() };
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim().trim_start_matches("export ").trim_start();
            let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
                continue;
            };
            let (key, value) = (key.trim(), unquoted(value));
            if looks_secret(key, &value) {
                file.secrets.push((key.to_owned(), number));
            }
            file.values.push((key.to_owned(), value, number));
        }
        Ok(Some(file))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, ..)| name.as_str())
    }

    /// The value of a variable; the last one counts.
    pub(super) fn get(&self, name: &str) -> Option<(String, Evidence)> {
        // The last of several lines wins.
        let (_, value, line) = self.values.iter().rfind(|(held, ..)| held == name)?;
        Some((value.clone(), Evidence::at(&self.path, *line, format!("{name} has a value here"))))
    }

    /// The same, if the value is not a secret and refers to nothing else.
    pub(super) fn public(&self, name: &str) -> Option<(String, Evidence)> {
        let secret = self.secrets.iter().any(|(held, _)| held == name);
        // The value of a reference such as `$HOST` is not known.
        let plain = |value: &str| !value.contains('$') && !value.chars().any(char::is_control);
        self.get(name).filter(|(value, _)| !secret && plain(value))
    }

    /// The same for an example, if the value is not a placeholder.
    pub(super) fn meant(&self, name: &str) -> Option<(String, Evidence)> {
        const OPEN: [&str; 12] = [
            "localhost",
            "127.0.0.1",
            "0.0.0.0",
            "example.com",
            "your",
            "change",
            "xxx",
            "<",
            "todo",
            "replace",
            "...",
            "placeholder",
        ];
        let open = |value: &str| {
            let lower = value.to_ascii_lowercase();
            lower.is_empty() || OPEN.iter().any(|word| lower.contains(word))
        };
        self.public(name).filter(|(value, _)| !open(value))
    }
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    for quote in ['"', '\'', '`'] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.find(quote)
        {
            return rest[..end].to_owned();
        }
    }
    let end = value.find(" #").unwrap_or(value.len());
    value[..end].trim().to_owned()
}

fn looks_secret(key: &str, value: &str) -> bool {
    // A switch may be named like a secret: `USE_TOKEN=true`.
    let switch = ["true", "false", "0", "1"].contains(&value);
    let key_like = value.len() >= KEY_LENGTH
        && value.chars().all(|c| c.is_ascii_alphanumeric() || "_-+=".contains(c))
        && value.chars().any(|c| c.is_ascii_digit())
        && value.chars().any(|c| c.is_ascii_alphabetic());
    !value.is_empty() && !switch && (is_secret_name(key) || key_like || secrets::in_address(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_seen_by_their_names_and_their_values() {
        let secret = [
            ("DATABASE_URL", "postgres://app:opensesame@db/app"),
            ("PAYMENT_SECRET_KEY", "sk_live_0123456789"),
            ("SENTRY", "0123456789abcdef0123456789abcdef"),
        ];
        let public = [
            ("VITE_API_URL", "https://api.example.org"),
            ("API_KEY", ""),
            ("USE_AUTH", "true"),
            ("VITE_TILES", "https://t.example.org/{z}/{x}/{y}.png"),
        ];
        assert!(secret.iter().all(|(key, value)| looks_secret(key, value)));
        assert!(!public.iter().any(|(key, value)| looks_secret(key, value)));
        assert_eq!(unquoted(" \"a # b\" # c"), "a # b");
        assert_eq!(unquoted("a # b"), "a");
    }
}
