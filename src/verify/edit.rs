//! Edits of the copy: of one source file, and of the files that dependencies are resolved from.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::catalog::catalog;
use super::subject::Subject;
use crate::budget::MAX_SOURCE;
use crate::config::verify as settings;
use crate::path::RelPath;

/// An edit of one source file that can be repeated, with a different result each time.
#[derive(Debug)]
pub(super) struct SourceEdit {
    /// The file, relative to the build context.
    pub(super) file: String,
    path: PathBuf,
    text: String,
    how: How,
}

#[derive(Debug, PartialEq, Eq)]
enum How {
    /// Replaces the first text by the second, in which `{}` is a different word each time.
    Replace(String, String),
    /// Inserts letters at this offset.
    Letter(usize),
    /// Adds a comment at the end.
    Comment(String),
}

impl SourceEdit {
    /// The requested edit, or else one of a source file that the plan is based on.
    ///
    /// # Errors
    /// If the requested file does not exist, or no file is found.
    pub(super) fn of(
        subject: &Subject,
        wanted: Option<&settings::Edit>,
        context: &Path,
    ) -> Result<Self> {
        let plan = &subject.plan;
        if let Some(wanted) = wanted {
            let path = plan
                .app
                .join(&wanted.file)
                .with_context(|| format!("--edit {}: no such file", wanted.file))?;
            let Some(file) = path.strip(&plan.context) else {
                bail!(
                    "--edit {}: the file must be in the build context {}",
                    wanted.file,
                    plan.context
                );
            };
            let way = "it must be in the application's folder, and not excluded by .dockerignore";
            let read = read(context, file)
                .with_context(|| format!("--edit {}: no such file: {way}", wanted.file))?;
            let edit = match (&wanted.from, &wanted.to) {
                (Some(from), to) => {
                    if !read.1.contains(from.as_str()) {
                        bail!(
                            "{file} does not contain {from:?}: change `from` of the edit under \
                             [verify] in dockgen.toml"
                        );
                    }
                    let to = to.clone().unwrap_or_else(|| format!("{from} {{}}"));
                    Self {
                        file: file.to_owned(),
                        path: read.0,
                        text: read.1,
                        how: How::Replace(from.clone(), to),
                    }
                }
                (None, _) => Self::by_itself(file, read)?,
            };
            return Ok(edit);
        }
        let known = &subject.app.facts.manifests;
        let listed = subject.sources.iter().filter(|path| !known.contains(path));
        let repo = &subject.app.survey.repo;
        let apart = |path: &RelPath| {
            ["test", "spec", "config"].iter().any(|word| path.as_str().contains(word))
        };
        // Files that are certain to be compiled, then any others.
        let compiled: Vec<RelPath> =
            plan.sources.iter().filter_map(|source| plan.context.join(source)).collect();
        let places = compiled.iter().chain([&plan.app]);
        let others = places
            .flat_map(|place| repo.files_under(place).chain(repo.is_file(place).then_some(place)));
        let others = others.filter(|path| !known.contains(path) && !apart(path));
        let mut comment = None;
        for path in listed.chain(others.take(4000)) {
            let Some(file) = path.strip(&plan.context) else { continue };
            if opener(path)?.is_none() || subject.ignore.hides(file) {
                continue;
            }
            let Some(read) = read(context, file) else { continue };
            let edit = Self::by_itself(file, read)?;
            if matches!(edit.how, How::Letter(_)) {
                return Ok(edit);
            }
            comment.get_or_insert(edit);
        }
        comment.context("no source file was found to edit: name one with --edit FILE")
    }

    fn by_itself(file: &str, (path, text): (PathBuf, String)) -> Result<Self> {
        let how = if let Some(at) = letter(&text) {
            How::Letter(at)
        } else {
            let relative = RelPath::new(file).context("a path")?;
            How::Comment(opener(&relative)?.unwrap_or("//").to_owned())
        };
        Ok(Self { file: file.to_owned(), path, text, how })
    }

    /// True if the edit is only a comment, which may not reach the image.
    pub(super) fn is_comment(&self) -> bool {
        matches!(self.how, How::Comment(_))
    }

    /// Makes the edit. `word` must be different each time, also between runs: the engine has an
    /// edit that it once built in its layer cache, so it would prove nothing.
    pub(super) fn make(&self, word: &str) -> Result<()> {
        fs::write(&self.path, self.edited(word))
            .with_context(|| format!("editing the copy of {}", self.file))
    }

    fn edited(&self, word: &str) -> String {
        match &self.how {
            How::Replace(from, to) => self.text.replace(from, &to.replace("{}", word)),
            How::Comment(opener) => {
                format!("{}\n{opener} edited {word}\n", self.text.trim_end_matches('\n'))
            }
            How::Letter(at) => {
                let (head, tail) = self.text.split_at_checked(at + 1).unwrap_or((&self.text, ""));
                format!("{head}{word}{tail}")
            }
        }
    }
}

#[cfg(test)]
impl SourceEdit {
    /// An arbitrary edit, for tests.
    pub(super) fn plain() -> Self {
        Self {
            file: "a".into(),
            path: "a".into(),
            text: String::new(),
            how: How::Replace("a".into(), "b".into()),
        }
    }
}

/// The text that opens a comment in the file; `None` if it is unknown, or the file is not a source.
fn opener(path: &RelPath) -> Result<Option<&'static str>> {
    let extension = path.extension();
    let rows = &catalog()?.comments;
    Ok(rows
        .iter()
        .find(|(_, list)| list.iter().any(|held| held == extension))
        .map(|(opener, _)| opener.as_str()))
}

fn read(context: &Path, file: &str) -> Option<(PathBuf, String)> {
    // A folder above it may be a symlink, even to the repository itself. Only files inside the copy
    // may be edited.
    let path = fs::canonicalize(context.join(file)).ok()?;
    if !path.starts_with(fs::canonicalize(context).ok()?) {
        return None;
    }
    let text = String::from_utf8(crate::read::bytes(&path, MAX_SOURCE).ok()?).ok()?;
    Some((path, text))
}

/// The offset of a letter in a quoted text that reads like a sentence: another letter there gives a
/// different but valid program.
fn letter(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let from = start;
        start += line.len();
        let code = line.trim_start();
        if ["//", "#", "*", "/*", "import", "use ", "package ", "from "]
            .iter()
            .any(|word| code.starts_with(word))
        {
            continue;
        }
        for quote in ['"', '\''] {
            let marks: Vec<usize> = line.match_indices(quote).map(|(at, _)| at).collect();
            for pair in marks.chunks_exact(2) {
                let inside = &line[pair[0] + 1..pair[1]];
                if let Some(at) = inside_sentence(inside) {
                    return Some(from + pair[0] + 1 + at);
                }
            }
        }
    }
    None
}

/// The offset of the last letter of a plain word in a sentence.
fn inside_sentence(text: &str) -> Option<usize> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " ,.!?-{}:<>=/".contains(c);
    if !text.contains(' ') || text.starts_with("use ") || !text.chars().all(plain) {
        return None;
    }
    let mut at = 0;
    for word in text.split(' ') {
        if word.len() >= 4 && word.chars().all(|c| c.is_ascii_lowercase()) {
            return Some(at + word.len() - 1);
        }
        at += word.len() + 1;
    }
    None
}

/// Changes the bytes, but not the meaning, of the files that dependencies are resolved from.
/// Returns the files.
///
/// A real edit would require the package manager to update the lockfile, and dockgen runs nothing
/// of the repository on this machine. To the layer cache, both are the same.
pub(super) fn dependencies(subject: &Subject, context: &Path, word: &str) -> Result<Vec<String>> {
    // Empty lines at the end mean nothing in any manifest. Their number differs from run to run.
    let lines = word.bytes().fold(0_usize, |sum, byte| (sum * 31 + usize::from(byte)) % 4999) + 1;
    let mut edited = Vec::new();
    for path in &subject.app.facts.manifests {
        let Some(file) =
            path.strip(&subject.plan.context).filter(|file| !subject.ignore.hides(file))
        else {
            continue;
        };
        let Some((path, text)) = read(context, file) else { continue };
        fs::write(&path, text + &"\n".repeat(lines))
            .with_context(|| format!("editing the copy of {file}"))?;
        edited.push(file.to_owned());
    }
    Ok(edited)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(how: How, text: &str) -> SourceEdit {
        SourceEdit { file: "a".into(), path: "a".into(), text: text.into(), how }
    }

    #[test]
    fn a_sentence_is_edited_and_nothing_else() {
        let text = "'use strict'\nimport x from 'some module here'\n// say 'hello there'\nreturn 'hello from express';\n";
        let at = letter(text).unwrap();
        let edit = edit(How::Letter(at), text);
        assert_eq!(edit.edited("x1"), text.replace("hello from express", "hellox1 from express"));
        for none in [
            "'use client later'",
            "\"%s is wrong here\"",
            "'a\\nb cdef'",
            "\"/static/site.css\"",
            "let a = 1;",
        ] {
            assert_eq!(letter(none), None, "{none}");
        }
        assert!(letter("println!(\"hello {name}, with love\");").is_some());
    }

    #[cfg(unix)]
    #[test]
    fn nothing_outside_of_the_copy_is_edited() {
        let (copy, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("a.js"), "x").unwrap();
        fs::write(copy.path().join("b.js"), "x").unwrap();
        std::os::unix::fs::symlink(other.path(), copy.path().join("src")).unwrap();
        std::os::unix::fs::symlink(other.path().join("a.js"), copy.path().join("c.js")).unwrap();
        assert!(read(copy.path(), "src/a.js").is_none() && read(copy.path(), "c.js").is_none());
        assert!(read(copy.path(), "b.js").is_some());
    }

    #[test]
    fn words_are_replaced_and_comments_added() {
        let replace = edit(How::Replace("hello".into(), "good day {}".into()), "say hello");
        assert_eq!(
            (replace.edited("1"), replace.edited("2")),
            ("say good day 1".into(), "say good day 2".into())
        );
        assert_eq!(edit(How::Comment("//".into()), "a\n\n").edited("3"), "a\n// edited 3\n");
    }
}
