//! Paths inside a repository: relative, `/`-separated, never outside the root.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A path relative to the root of a [`Repo`](crate::repo::Repo). The empty path is the root.
///
/// It never begins with `/`, and never contains `.`, `..` or an empty component.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

impl RelPath {
    /// The root itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Normalises `text`; `None` if it is absolute or outside the root.
    pub fn new(text: &str) -> Option<Self> {
        Self::root().join(text)
    }

    /// A path that is already normalised.
    pub(crate) fn clean(text: String) -> Self {
        debug_assert!(Self::new(&text).is_some_and(|path| path.0 == text), "{text} is not normal");
        Self(text)
    }

    /// This path followed by `text`, which may contain `.` and `..`; `None` if the result is
    /// outside the root.
    pub fn join(&self, text: &str) -> Option<Self> {
        self.followed(text, false)
    }

    /// The path of `text` seen from this folder, in a file system of which this is a path from the
    /// root: above the root is the root. `None` for an absolute text.
    pub fn join_rooted(&self, text: &str) -> Option<Self> {
        self.followed(text, true)
    }

    fn followed(&self, text: &str, rooted: bool) -> Option<Self> {
        if text.starts_with('/') {
            return None;
        }
        // Nearly every call is about one plain name.
        if !matches!(text, "" | "." | "..") && !text.contains('/') {
            let whole = if self.is_root() { text.to_owned() } else { format!("{self}/{text}") };
            return Some(Self(whole));
        }
        let mut parts: Vec<&str> = self.components().collect();
        for part in text.split('/') {
            match part {
                "" | "." => {}
                ".." if parts.is_empty() && !rooted => return None,
                ".." => drop(parts.pop()),
                name => parts.push(name),
            }
        }
        Some(Self(parts.join("/")))
    }

    /// The text, `""` for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components, none for the root.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    /// The folder that contains this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or_else(String::new, |(head, _)| head.to_owned())))
    }

    /// This path's parent, its parent's parent, and so on up to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The last component, `""` for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The set of bytes in the file name.
    pub fn letters(&self) -> Letters {
        Letters::of(self.file_name())
    }

    /// The part of the file name after its last dot; `""` if there is none.
    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, ext)| ext)
    }

    /// True if `self` is `folder` or below it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self.strip(folder).is_some()
    }

    /// `self` relative to `folder` (`""` if they are equal); `None` if it is not below.
    pub fn strip(&self, folder: &Self) -> Option<&str> {
        if folder.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(&folder.0)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    /// The relative path from `folder` to `self`, with `..` where needed; `.` if they are equal.
    pub fn relative_to(&self, folder: &Self) -> String {
        let (to, from): (Vec<_>, Vec<_>) =
            (self.components().collect(), folder.components().collect());
        let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
        let way: Vec<&str> = std::iter::repeat_n("..", from.len() - shared)
            .chain(to[shared..].iter().copied())
            .collect();
        if way.is_empty() { ".".to_owned() } else { way.join("/") }
    }
}

/// The set of bytes in a text, some of them merged: enough to skip most names without comparing
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters(u64);

impl Letters {
    /// The letters of `text`.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |all, byte| all | 1 << (byte & 63)))
    }

    /// True if a text with these letters may contain one with `others`.
    pub fn may_hold(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl TryFrom<String> for RelPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text).ok_or_else(|| format!("path `{text}` is not relative to the root"))
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> Self {
        if path.is_root() { ".".to_owned() } else { path.0 }
    }
}

/// True if a path in an image is `folder`, or lies below it. Neither ends in a slash.
pub fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn normalises_and_refuses_to_climb_out() {
        assert_eq!(path("./a//b/../c/").as_str(), "a/c");
        assert_eq!(path(".").to_string(), ".");
        assert_eq!(RelPath::new("a/../../b"), None);
        assert_eq!(RelPath::new("/etc"), None);
        assert_eq!(path("apps/web").join("../../go.mod"), Some(path("go.mod")));
        assert_eq!(path("app").join("../../configs"), None);
        assert_eq!(path("app").join_rooted("../../configs"), Some(path("configs")));
        assert_eq!(path("app").join_rooted("/configs"), None);
    }

    #[test]
    fn relates_paths() {
        assert!(path("apps/web").is_within(&path("apps")));
        assert!(!path("apps2/web").is_within(&path("apps")));
        assert_eq!(path("apps/web").strip(&RelPath::root()), Some("apps/web"));
        assert_eq!(path("").relative_to(&path("apps/web")), "../..");
        assert_eq!(path("apps/web/x").relative_to(&path("apps/api")), "../web/x");
        assert_eq!(path("a").relative_to(&path("a")), ".");
        assert_eq!(path("a/b.tar.gz").extension(), "gz");
        assert!(path("x/package.json").letters().may_hold(Letters::of("cage")));
        assert!(!path("x/package.json").letters().may_hold(Letters::of("cages and birds")));
        assert!(!path("xyz/a").letters().may_hold(Letters::of("x")));
    }
}
