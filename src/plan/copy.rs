//! Files that are copied from the build context into a build stage before the sources.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::words::{Invalid, Line};
use crate::path::RelPath;
use crate::repo::Repo;

/// Files that one instruction copies from the build context into a build stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopySpec {
    /// Paths relative to the build context.
    pub src: Vec<Line>,
    /// Files of the members of a workspace, which keep their folder names below `dest`.
    #[serde(default)]
    pub each: Vec<EachMember>,
    /// The destination folder, relative to the stage's WORKDIR, ending in `/`.
    pub dest: Line,
}

/// A file in every folder directly inside another one, such as `packages/*/package.json`. A new
/// member of the workspace is copied without an edit of the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EachMember {
    /// The folder that contains the members, relative to the build context; empty for the context
    /// itself.
    pub folder: Line,
    /// The name of the file in each member.
    pub file: Line,
}

/// Files of one name in the folders directly inside another one.
struct Neighbours(Vec<RelPath>);

impl CopySpec {
    /// Copies of the manifests at `paths`, relative to `context`: those of workspace members by a
    /// pattern, into `members`; every other one into its own folder.
    ///
    /// # Errors
    /// If a path contains what no instruction can.
    pub(crate) fn manifests(
        repo: &Repo,
        context: &RelPath,
        paths: &[String],
        members: &str,
    ) -> Result<Vec<Self>, Invalid> {
        let (each, rest) = EachMember::among(repo, context, paths)?;
        let mut specs = Vec::new();
        if !each.is_empty() {
            specs.push(Self { src: Vec::new(), each, dest: Line::new(members)? });
        }
        for path in &rest {
            specs.push(Self::in_place(path)?);
        }
        Ok(specs)
    }

    /// One copy of all `paths`, relative to `context`, into `dest`, where each keeps its folder.
    ///
    /// # Errors
    /// If a path contains what no instruction can.
    pub(crate) fn in_one(
        repo: &Repo,
        context: &RelPath,
        paths: &[String],
        dest: &str,
    ) -> Result<Self, Invalid> {
        let (each, rest) = EachMember::among(repo, context, paths)?;
        let src = rest.iter().map(Line::new).collect::<Result<_, _>>()?;
        Ok(Self { src, each, dest: Line::new(dest)? })
    }

    /// A copy of one path, relative to the context, into its own folder.
    ///
    /// # Errors
    /// If the path contains what no instruction can.
    pub(crate) fn in_place(path: &str) -> Result<Self, Invalid> {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let dest = Line::new(format!("{folder}/"))?;
        Ok(Self { src: vec![Line::new(path)?], each: Vec::new(), dest })
    }

    /// Every path that is copied, relative to `context`.
    pub fn paths(&self, repo: &Repo, context: &RelPath) -> Vec<String> {
        let named = self.src.iter().map(|path| path.as_str().to_owned());
        named.chain(self.each.iter().flat_map(|each| each.paths(repo, context))).collect()
    }
}

impl EachMember {
    /// The paths that the pattern matches, relative to `context`.
    fn paths(&self, repo: &Repo, context: &RelPath) -> Vec<String> {
        let Some(folder) = context.join(self.folder.as_str()) else { return Vec::new() };
        let Some(key) = folder.join(self.file.as_str()) else { return Vec::new() };
        // Cached: applications of a workspace have the same neighbours.
        let files = repo.once(&key, || {
            let files = repo.children(&folder);
            let files = files.filter_map(|(member, _)| member.join(self.file.as_str()));
            Ok(Neighbours(files.filter(|path| repo.is_file(path)).collect()))
        });
        let files = files.iter().flat_map(|files| &files.0);
        files.filter_map(|path| path.strip(context).map(str::to_owned)).collect()
    }

    /// Splits `paths`, relative to `context`, into members and the rest. Files of one name in
    /// neighbouring folders are members, if no other folder beside them has such a file: a file
    /// that the install does not read must not rerun it.
    ///
    /// # Errors
    /// If a path contains what no instruction can.
    fn among(
        repo: &Repo,
        context: &RelPath,
        paths: &[String],
    ) -> Result<(Vec<Self>, Vec<String>), Invalid> {
        let mut groups: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        for path in paths {
            if let Some((folder, file)) = holder(path) {
                groups.entry((folder, file)).or_default().insert(path.clone());
            }
        }
        let (mut members, mut covered) = (Vec::new(), BTreeSet::new());
        for ((folder, file), held) in groups {
            let each = Self { folder: Line::new(folder)?, file: Line::new(file)? };
            // A single folder at the root has no neighbours, so it is not known to be a member.
            let named = !folder.is_empty() || held.len() > 1;
            if named && each.paths(repo, context).into_iter().eq(held.iter().cloned()) {
                members.push(each);
                covered.extend(held);
            }
        }
        let rest = paths.iter().filter(|path| !covered.contains(*path)).cloned().collect();
        Ok((members, rest))
    }
}

/// The parent of the folder that contains `path`, and the file name.
fn holder(path: &str) -> Option<(&str, &str)> {
    let (member, file) = path.rsplit_once('/')?;
    Some((member.rsplit_once('/').map_or("", |(folder, _)| folder), file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(files: &[&str], wanted: &[&str]) -> (Vec<String>, Vec<String>) {
        let repo = Repo::from_files(files.iter().map(|path| (*path, "")));
        let wanted: Vec<String> = wanted.iter().map(|path| (*path).to_owned()).collect();
        let (members, rest) = EachMember::among(&repo, &RelPath::root(), &wanted).unwrap();
        let shown =
            |each: &EachMember| format!("{}/*/{}", each.folder.as_str(), each.file.as_str());
        (members.iter().map(shown).collect(), rest)
    }

    #[test]
    fn neighbours_become_a_pattern_where_it_matches_nothing_else() {
        let files = ["a.json", "libs/x/a.json", "libs/y/a.json", "libs/y/b.json", "web/a.json"];
        let (members, rest) =
            among(&files, &["a.json", "libs/x/a.json", "libs/y/a.json", "web/a.json"]);
        assert_eq!(members, ["libs/*/a.json"]);
        assert_eq!(rest, ["a.json", "web/a.json"]);
        let (members, rest) = among(&files, &["libs/x/a.json"]);
        assert!(members.is_empty(), "libs/y is no part of it");
        assert_eq!(rest, ["libs/x/a.json"]);
        let (members, _) = among(&["x/a.json", "y/a.json"], &["x/a.json", "y/a.json"]);
        assert_eq!(members, ["/*/a.json"]);
    }
}
