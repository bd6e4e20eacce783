//! The .gitignore files of the walked folders, read through the guard.

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::budget;
use crate::path::RelPath;
use crate::read::{self, Unread};

/// The rules of one folder's .gitignore, and of those above it.
pub(super) struct Rules {
    own: Gitignore,
    /// Number of bytes to strip from a path before this folder's rules apply.
    from: usize,
    above: Option<Arc<Rules>>,
}

impl Rules {
    /// The rules of the .gitignore in the folder at `path`, which is `way` from the root; `None` if
    /// there is none. The second value says what part of it was not obeyed, and why. A symlink is
    /// not followed, as in git.
    pub(super) fn read(
        path: &Path,
        way: &str,
        above: Option<&Arc<Self>>,
    ) -> (Option<Arc<Self>>, Option<(RelPath, String)>) {
        let unread = |why: String| {
            RelPath::new(way).and_then(|folder| folder.join(".gitignore")).map(|file| (file, why))
        };
        let text = match read::bytes(&path.join(".gitignore"), budget::MAX_IGNORE_FILE) {
            Ok(bytes) => bytes,
            // git does not read it either.
            Err(Unread::Absent | Unread::Special("a folder")) => return (None, None),
            Err(why) => return (None, unread(format!("it {why}"))),
        };
        let text = String::from_utf8_lossy(&text);
        let mut builder = GitignoreBuilder::new("");
        let mut long = None;
        for (at, line) in text.strip_prefix('\u{feff}').unwrap_or(&text).lines().enumerate() {
            if line.len() > budget::MAX_PATTERN {
                long = long.or(Some(at + 1));
                continue;
            }
            // As in git, a line that is not a valid pattern is skipped.
            builder.add_line(None, &without_braces(line)).ok();
        }
        let long = long.and_then(|line| {
            unread(format!("line {line} has more than {} bytes", budget::MAX_PATTERN))
        });
        match builder.build() {
            Ok(own) if own.is_empty() => (None, long),
            Ok(own) => {
                let from = if way.is_empty() { 0 } else { way.len() + 1 };
                (Some(Arc::new(Self { own, from, above: above.cloned() })), long)
            }
            Err(error) => (None, unread(format!("its patterns take too much together ({error})"))),
        }
    }

    /// True if git ignores the entry at `way`, given that git does not ignore its folder.
    pub(super) fn ignore(&self, way: &str, is_dir: bool) -> bool {
        let mut here = Some(self);
        while let Some(rules) = here {
            match rules.own.matched(way.get(rules.from..).unwrap_or_default(), is_dir) {
                Match::None => here = rules.above.as_deref(),
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
            }
        }
        false
    }
}

/// Braces are literal in git, and alternatives in the crate.
fn without_braces(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let (mut escaped, mut class) = (false, false);
    for c in line.chars() {
        match c {
            '{' | '}' if !escaped && !class => text.push('\\'),
            '[' if !escaped => class = true,
            ']' if !escaped => class = false,
            _ => {}
        }
        text.push(c);
        escaped = c == '\\' && !escaped;
    }
    text
}
