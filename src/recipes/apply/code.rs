//! The code of an application, as far as detection has read it.

use std::rc::Rc;

use anyhow::Result;

use crate::facts::Facts;
use crate::path::RelPath;
use crate::repo::Repo;

/// Texts that speak of the image, and are no part of the program.
const OUTSIDE: [&str; 5] = ["adoc", "lock", "md", "rst", "txt"];

/// Extensions of texts that are no code.
const NO_CODE: [&str; 14] = [
    "adoc", "conf", "env", "example", "json", "lock", "md", "mod", "rst", "sh", "sum", "toml",
    "txt", "xml",
];

/// Extensions of files that are no text: nothing is to be said of them.
const NO_TEXT: [&str; 44] = [
    "7z", "a", "avif", "bin", "bmp", "bz2", "class", "db", "dll", "dylib", "eot", "exe", "gif",
    "gz", "icns", "ico", "jar", "jks", "jpeg", "jpg", "mo", "mp3", "mp4", "o", "ogg", "otf", "pdf",
    "png", "pyc", "so", "sqlite", "tar", "tgz", "tiff", "ttf", "wasm", "wav", "webm", "webp",
    "woff", "woff2", "xz", "zip", "zst",
];

/// Extensions of settings, which count where they are a program's resources.
const SETTINGS: [&str; 3] = ["properties", "yaml", "yml"];

/// The code with the settings beside it.
pub(super) struct Code<'r> {
    repo: &'r Repo,
    all: Vec<RelPath>,
}

impl<'r> Code<'r> {
    pub(super) fn new(repo: &'r Repo, facts: &Facts) -> Self {
        let mut all = repo.inputs(&facts.dir);
        all.retain(|path| {
            let name = path.file_name().to_ascii_lowercase();
            !OUTSIDE.contains(&path.extension())
                && !NO_TEXT.contains(&path.extension())
                && !["compose", "docker"].iter().any(|word| name.contains(word))
        });
        Self { repo, all }
    }

    /// The texts of the code that hold one of the words.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(super) fn texts_with(&self, words: &[&str]) -> Result<Vec<(&RelPath, Rc<str>)>> {
        let mut found = Vec::new();
        for path in self.all.iter().filter(|path| is_code(path)) {
            let text = self.repo.source_text(path)?;
            let holds = |text: &Rc<str>| words.iter().any(|word| text.contains(word));
            found.extend(text.filter(holds).map(|text| (path, text)));
        }
        Ok(found)
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
        Ok(self.all.iter().any(is_code))
    }
}

fn is_code(path: &RelPath) -> bool {
    let extension = path.extension();
    let resource = || path.as_str().contains("resources/");
    !NO_CODE.contains(&extension)
        && (!SETTINGS.contains(&extension) || resource())
        && !extension.is_empty()
}

/// True if a name between two texts is no part of a longer one.
pub(super) fn is_whole(before: &str, after: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !before.ends_with(part) && !after.starts_with(part)
}

pub(super) fn is_comment(line: &str) -> bool {
    ["//", "#", "*", "/*"].iter().any(|start| line.trim_start().starts_with(start))
}
