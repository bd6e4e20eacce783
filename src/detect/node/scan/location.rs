//! The folders to which the paths of a source file refer at run time.

use super::super::App;
use super::super::expression::{Anchor, PathValue};
use super::super::launch::{Launch, Layout};
use super::Source;
use crate::code::writes::HOME;
use crate::path::RelPath;

/// The folders to which the paths of a source file refer at run time. Each is a list of names from
/// the root of the build context, because the image has the same folders.
pub(super) struct Location {
    /// The folder of the file, or of its compiled form.
    folder: Vec<String>,
    /// The working directory.
    start: Vec<String>,
    /// The folder of the application.
    home: Vec<String>,
}

fn names(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl Location {
    pub(super) fn of(app: &App, launch: &Launch, source: &Source) -> Self {
        let name = source.path.strip(&app.dir.path);
        let compiled = name.filter(|_| launch.layout == Layout::Output || source.compiled);
        let built = compiled.and_then(|name| app.dir.join(&app.compiled(name)?));
        let below = |path: &RelPath| names(path.strip(&app.root.path).unwrap_or_default());
        let folder = built.as_ref().unwrap_or(&source.path).parent().unwrap_or_default();
        let start = launch.dir.as_deref().and_then(|dir| app.dir.join(dir));
        Self {
            folder: below(&folder),
            start: below(start.as_ref().unwrap_or(&app.dir.path)),
            home: below(&app.dir.path),
        }
    }

    /// The files to which a relative path may refer in the repository, likeliest first. They may
    /// be outside the application.
    pub(super) fn in_repository(&self, app: &App, found: &PathValue) -> Vec<RelPath> {
        let text = found.path.split(['?', '#']).next().unwrap_or_default();
        let from = |folder: &[String]| app.root.path.join(&folder.join("/"))?.join(text);
        let here = from(&self.start);
        match found.from {
            Anchor::Root | Anchor::Home => Vec::new(),
            Anchor::WorkingDirectory => here.into_iter().collect(),
            // ES modules often define `__dirname` themselves as the working directory:
            // `path.resolve()`.
            Anchor::SourceFile => from(&self.folder).into_iter().chain(here).collect(),
        }
    }

    /// The relative path from the folder of another file to that of this one.
    pub(super) fn relative_to(&self, other: &Self) -> String {
        way(&other.folder, 0, &self.folder)
    }

    /// A path relative to the application, or an absolute one. `../data` is beside the
    /// application.
    pub(super) fn resolve(&self, found: &PathValue) -> Option<String> {
        let text = found.path.split(['?', '#']).next().unwrap_or_default();
        match found.from {
            Anchor::Root => Some(text.to_owned()),
            Anchor::Home => RelPath::new(text).map(|path| format!("{HOME}/{path}")),
            Anchor::WorkingDirectory => self.joined(&self.start, text),
            Anchor::SourceFile => self.joined(&self.folder, text),
        }
    }

    fn joined(&self, folder: &[String], text: &str) -> Option<String> {
        if text.starts_with('/') {
            return None;
        }
        let (mut up, mut to) = (0, folder.to_vec());
        for part in text.split('/') {
            match part {
                "" | "." => {}
                // The image's root is right above that of the context.
                ".." => up = if to.pop().is_none() { 1 } else { up },
                name => to.push(name.to_owned()),
            }
        }
        Some(way(&self.home, up, &to))
    }
}

/// The relative path between two folders. `up` says how far `to` is above the root.
fn way(from: &[String], up: usize, to: &[String]) -> String {
    let same = from.iter().zip(to).take_while(|(a, b)| up == 0 && a == b).count();
    let back = std::iter::repeat_n("..", from.len() - same + up);
    let words: Vec<&str> = back.chain(to[same..].iter().map(String::as_str)).collect();
    words.join("/")
}
