//! Parses manifests: JSON, JSON5, TOML and YAML, with errors that name the file and the line.

use std::fmt::Display;

use anyhow::{Result, anyhow};
use serde::de::DeserializeOwned;

use crate::path::RelPath;

/// Maximum number of characters that an error quotes of a word.
const EXCERPT: usize = 40;

/// Maximum length of another crate's message.
const MESSAGE: usize = 200;

/// A word of a file, shortened for an error: enough to find it, but never a whole line, which may
/// contain a secret.
pub fn excerpt(word: &str) -> String {
    cut(word, EXCERPT)
}

fn cut(text: &str, most: usize) -> String {
    let mut chars = text.chars();
    let mut out: String =
        chars.by_ref().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.next().is_some() {
        out.push_str("...");
    }
    out
}

/// Shortens another crate's message, which may quote the file: each quotation, each word and the
/// whole.
pub fn excerpts(message: &str) -> String {
    let words = |text: &str| text.split(' ').map(excerpt).collect::<Vec<_>>().join(" ");
    let mut out = String::new();
    for (at, part) in message.split_inclusive(['"', '`']).enumerate() {
        let (text, mark) = match part.char_indices().next_back() {
            Some((end, mark @ ('"' | '`'))) => (&part[..end], Some(mark)),
            _ => (part, None),
        };
        out.push_str(&if at % 2 == 1 { excerpt(text) } else { words(text) });
        out.extend(mark);
    }
    cut(&out, MESSAGE)
}

/// Parses JSON; the error names the file, the line and the column.
pub fn parse_json<T: DeserializeOwned>(path: &RelPath, text: &str) -> Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| broken(path, error.line(), "JSON", &error))
}

/// Parses JSON with comments and trailing commas (tsconfig.json and the like).
pub fn parse_json5<T: DeserializeOwned>(path: &RelPath, text: &str) -> Result<T> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The crate json5 recurses without a limit; the other parsers have their own.
    if let Some(at) = too_deep(text) {
        let line = text[..at].matches('\n').count() + 1;
        return Err(broken(
            path,
            line,
            "JSON",
            &format!("more than {MAX_NESTING} brackets inside each other"),
        ));
    }
    json5::from_str(text).map_err(|error| {
        let line = error.position().map_or(1, |position| position.line + 1);
        broken(path, line, "JSON", &error)
    })
}

/// Maximum nesting of brackets in a manifest, the same as in `serde_json`.
const MAX_NESTING: usize = 128;

/// Line terminators, which also end a comment: <https://spec.json5.org/#comments>.
const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// The offset at which brackets outside of strings and comments exceed [`MAX_NESTING`].
fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' | b'\'' => {
                at += 1;
                while bytes.get(at).is_some_and(|b| *b != byte) {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += text.get(at..)?.find(LINE_ENDS)?,
            b'/' if bytes.get(at + 1) == Some(&b'*') => at += 3 + text.get(at + 2..)?.find("*/")?,
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Parses TOML; the error names the file and the line.
pub fn parse_toml<T: DeserializeOwned>(path: &RelPath, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        broken(path, line, "TOML", &error.message())
    })
}

/// Parses YAML; the error names the file and the line.
pub fn parse_yaml<T: DeserializeOwned>(path: &RelPath, text: &str) -> Result<T> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
        broken(path, line, "YAML", &error.to_string().lines().next().unwrap_or_default())
    })
}

fn broken(path: &RelPath, line: usize, format: &str, error: &dyn Display) -> anyhow::Error {
    let error = excerpts(&error.to_string());
    anyhow!(
        "{path}:{line}: not valid {format}: {error}; fix the file, since the build tools cannot \
         read it either"
    )
}

/// The line, from 1, on which `needle` first occurs in `text`.
pub fn line_of(text: &str, needle: &str) -> Option<u32> {
    let at = text.find(needle)?;
    line_at(text, at)
}

/// The line, from 1, of a byte offset.
pub fn line_at(text: &str, at: usize) -> Option<u32> {
    u32::try_from(text.get(..at)?.matches('\n').count() + 1).ok()
}
