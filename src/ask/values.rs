//! Answers whose items have parts. Only their syntax is checked here; what the parts name is checked
//! against the repository when the image is planned.

use std::fmt;

use anyhow::{Result, bail};

use super::split_list;
use crate::repo::excerpt;

/// An answer that does not fit the repository or the image.
#[derive(Debug)]
pub struct Unfit {
    /// The question.
    pub id: &'static str,
    /// What is wrong, and what to do.
    pub why: String,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Unfit {}

/// An item of `file`: `SRC` or `SRC=DEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedFile {
    /// The path of the file or folder, relative to the application's folder.
    pub source: String,
    /// Its path in the image: absolute, or relative to the working directory. `None`: the same path
    /// below the working directory.
    pub dest: Option<String>,
}

/// An item of `front-end`: `FOLDER:SCRIPT:OUTPUT` or `FOLDER:SCRIPT:OUTPUT=DEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFrontEnd {
    /// The folder of its manifest, relative to the application's folder.
    pub folder: String,
    /// The script that builds it.
    pub script: String,
    /// What the script makes, relative to `folder`.
    pub output: String,
    /// The path by which the program opens it, absolute or relative to the working directory.
    /// `None`: the build of the program reads it.
    pub dest: Option<String>,
}

/// The items of an answer to `file`.
///
/// # Errors
/// If one has no source, or an empty destination.
pub fn carried_files(answer: &str) -> Result<Vec<CarriedFile>> {
    split_list(answer).iter().map(|item| carried_file(item)).collect()
}

fn carried_file(item: &str) -> Result<CarriedFile> {
    let (source, dest) = match item.split_once('=') {
        Some((source, dest)) => (source.trim(), Some(dest.trim())),
        None => (item, None),
    };
    if source.is_empty() || dest.is_some_and(str::is_empty) {
        bail!(
            "`{}` is not SRC=DEST: name a file or folder of the repository and its path in the \
             image, such as locales=/app/locales",
            excerpt(item)
        );
    }
    if source.starts_with('/') {
        bail!(
            "`{}` is an absolute path: name a file or folder of the repository, relative to the \
             application's folder",
            excerpt(source)
        );
    }
    Ok(CarriedFile { source: source.to_owned(), dest: dest.map(str::to_owned) })
}

/// The items of an answer to `front-end`.
///
/// # Errors
/// If one lacks a part.
pub fn made_front_ends(answer: &str) -> Result<Vec<MadeFrontEnd>> {
    split_list(answer).iter().map(|item| made_front_end(item)).collect()
}

fn made_front_end(item: &str) -> Result<MadeFrontEnd> {
    let (made, dest) = match item.rsplit_once('=') {
        Some((made, dest)) => (made, Some(dest.trim())),
        None => (item, None),
    };
    // A script may contain colons (`build:web`), a folder and an output do not.
    let parts = made.split_once(':').and_then(|(folder, rest)| {
        let (script, output) = rest.rsplit_once(':')?;
        Some((folder.trim(), script.trim(), output.trim()))
    });
    match parts {
        Some((folder, script, output))
            if ![folder, script, output].contains(&"") && dest != Some("") =>
        {
            Ok(MadeFrontEnd {
                folder: folder.to_owned(),
                script: script.to_owned(),
                output: output.to_owned(),
                dest: dest.map(str::to_owned),
            })
        }
        _ => bail!(
            "`{}` is not FOLDER:SCRIPT:OUTPUT=DEST: name the folder of its manifest, the script \
             that builds it, what that makes there, and where the program opens it, such as \
             web:build:dist=public",
            excerpt(item)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_a_source_and_may_have_a_destination() {
        let read = carried_files("locales=/app/locales, conf/a.yml,b\\,c").unwrap();
        let parts: Vec<_> =
            read.iter().map(|file| (file.source.as_str(), file.dest.as_deref())).collect();
        assert_eq!(parts, [("locales", Some("/app/locales")), ("conf/a.yml", None), ("b,c", None)]);
        for bad in ["=x", "a=", "/etc/passwd", "/a=b"] {
            assert!(carried_files(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn front_ends_have_three_parts() {
        let read = made_front_ends("web:build:prod:dist=public").unwrap();
        let one = &read[0];
        assert_eq!((one.script.as_str(), one.output.as_str()), ("build:prod", "dist"));
        assert_eq!(one.dest.as_deref(), Some("public"));
        assert_eq!(made_front_ends("web:build:dist").unwrap()[0].dest, None);
        for bad in ["web", "web:build", "web::dist", ":build:dist", "web:build:", "a:b:c="] {
            assert!(made_front_ends(bad).is_err(), "{bad}");
        }
    }
}
