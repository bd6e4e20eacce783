//! From the paths that a program changed to the folders that it writes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::catalog::catalog;
use crate::path::is_at_or_below;
use crate::verify::{Change, Touched};

/// Number of folders beside each other from which the folder above them is meant.
const MANY: usize = 8;

/// Number of folders that are proposed.
const MAX_FOLDERS: usize = 16;

/// The folder for temporary files.
const TEMPORARY: &str = "/tmp";

/// What a program wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// Folders that have to be writable, each with an example of what was written in it.
    pub(super) folders: BTreeMap<String, String>,
    /// What it wrote in folders of the system, which cannot be made writable.
    pub(super) system: Vec<String>,
}

/// The folders that are not planned yet. `may` is true for a folder that can be made writable.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub(super) fn written(
    changes: &[Change],
    planned: &[String],
    may: &dyn Fn(&str) -> bool,
) -> Result<Written> {
    let ignored = &catalog()?.folders.ignored;
    let covered = |path: &str| planned.iter().any(|folder| within(path, folder));
    let changes: Vec<&Change> = changes
        .iter()
        .filter(|change| !ignored.iter().any(|start| change.path.starts_with(start.as_str())))
        .filter(|change| !covered(&change.path))
        .collect();
    let added: BTreeSet<&str> = changes
        .iter()
        .filter(|change| change.how == Touched::Added)
        .map(|change| change.path.as_str())
        .collect();
    let mut found = Written::default();
    for change in &changes {
        let path = change.path.as_str();
        if within(path, TEMPORARY) {
            // The run itself may have made the folder.
            if path != TEMPORARY {
                found.folders.entry(TEMPORARY.to_owned()).or_insert_with(|| path.to_owned());
            }
            continue;
        }
        let folder = match change.how {
            Touched::Added if above(path).is_some_and(|above| added.contains(above)) => continue,
            Touched::Added if change.folder => {
                below(path, &changes, may).map_or_else(|| path.to_owned(), str::to_owned)
            }
            Touched::Changed if change.folder => continue,
            _ => above(path).unwrap_or("/").to_owned(),
        };
        if may(&folder) {
            found.folders.entry(folder).or_insert_with(|| path.to_owned());
        } else {
            found.system.push(path.to_owned());
        }
    }
    gather(&mut found, may);
    found.system.truncate(MAX_FOLDERS);
    Ok(found)
}

/// The folder itself if it may be made writable, or the only one in it that may.
fn below<'c>(path: &'c str, changes: &[&'c Change], may: &dyn Fn(&str) -> bool) -> Option<&'c str> {
    if may(path) {
        return Some(path);
    }
    let mut inside = changes.iter().filter(|change| {
        change.folder && change.path != path && within(&change.path, path) && may(&change.path)
    });
    // They are in the order of their paths, so the first is the highest.
    let first = inside.next()?;
    Some(first.path.as_str())
}

/// Drops folders in others, and takes the one above many.
fn gather(found: &mut Written, may: &dyn Fn(&str) -> bool) {
    let Written { folders, system } = found;
    let mut beside: BTreeMap<String, usize> = BTreeMap::new();
    for folder in folders.keys() {
        *beside.entry(above(folder).unwrap_or("/").to_owned()).or_default() += 1;
    }
    for (parent, count) in beside {
        if count >= MANY && may(&parent) {
            folders.insert(parent.clone(), format!("{count} folders in it"));
        } else if count > MAX_FOLDERS {
            // A list of them would not hold the next one.
            folders.retain(|folder, _| above(folder) != Some(parent.as_str()));
            system.insert(0, format!("{count} folders in {parent}"));
        }
    }
    let all: Vec<String> = folders.keys().cloned().collect();
    folders.retain(|folder, _| !all.iter().any(|other| other != folder && within(folder, other)));
    while folders.len() > MAX_FOLDERS {
        folders.pop_last();
    }
}

/// The folder above a path.
pub(super) fn above(path: &str) -> Option<&str> {
    let (parent, _) = path.trim_end_matches('/').rsplit_once('/')?;
    Some(if parent.is_empty() { "/" } else { parent })
}

/// True if `path` is `folder` or in it.
pub(super) fn within(path: &str, folder: &str) -> bool {
    is_at_or_below(path, folder.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(text: &str) -> Vec<Change> {
        let read = |line: &str| {
            let (how, path) = line.trim().split_once(' ').unwrap();
            let how = match how {
                "A" => Touched::Added,
                "C" => Touched::Changed,
                _ => Touched::Deleted,
            };
            let folder = path.ends_with('/');
            Change { path: path.trim_end_matches('/').to_owned(), how, folder }
        };
        text.lines().filter(|line| !line.trim().is_empty()).map(read).collect()
    }

    fn folders(text: &str, planned: &[&str]) -> (Vec<String>, Vec<String>) {
        let planned: Vec<String> = planned.iter().map(|path| (*path).to_owned()).collect();
        let may = |path: &str| {
            !["/", "/etc", "/home", "/run", "/var", "/var/lib", "/var/log", "/usr"].contains(&path)
        };
        let found = written(&changes(text), &planned, &may).unwrap();
        (found.folders.into_keys().collect(), found.system)
    }

    #[test]
    fn the_highest_new_folder_is_meant() {
        let text = "C /app/\nA /app/data/\nA /app/data/x/\nA /app/data/x/y.db\nC /var/\nC /var/lib/\nA /var/lib/me/\n\
                    A /var/lib/me/f";
        assert_eq!(folders(text, &[]).0, ["/app/data", "/var/lib/me"]);
        assert_eq!(folders(text, &["/app/data/"]).0, ["/var/lib/me"]);
        assert_eq!(
            folders("A /home/\nA /home/me/\nA /home/me/.c/\nA /home/me/.c/f", &[]).0,
            ["/home/me"]
        );
    }

    #[test]
    fn a_file_means_its_folder() {
        assert_eq!(folders("C /app/\nA /app/x.db\nC /srv/y", &[]).0, ["/app", "/srv"]);
        let (found, system) = folders("C /var/log/\nA /var/log/x.log\nA /run/x.pid", &[]);
        assert_eq!(
            (found.len(), system),
            (0, vec!["/var/log/x.log".to_owned(), "/run/x.pid".to_owned()])
        );
    }

    #[test]
    fn temporary_files_are_one_folder_and_what_the_runtime_leaves_is_none() {
        assert_eq!(folders("C /tmp/\nA /tmp/hsperfdata_x/\nA /tmp/hsperfdata_x/1", &[]).0.len(), 0);
        assert_eq!(folders("C /tmp/\nA /tmp/a/\nA /tmp/b", &[]).0, ["/tmp"]);
        assert_eq!(folders("A /tmp/", &[]).0.len(), 0);
        assert_eq!(folders("A /tmp/x", &["/tmp"]).0.len(), 0);
    }

    #[test]
    fn many_folders_are_the_one_above_them() {
        let many = (0..1000).fold(String::new(), |text, n| text + &format!("A /app/d{n}/\n"));
        assert_eq!(folders(&many, &[]).0, ["/app"]);
        let apart = (0..1000).fold(String::new(), |text, n| text + &format!("A /srv/d{n}/f{n}\n"));
        let apart = apart.replace("/srv/", "/var/lib/");
        assert_eq!(folders(&apart, &[]), (vec![], vec!["1000 folders in /var/lib".to_owned()]));
    }
}
