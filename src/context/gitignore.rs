//! .gitignore files as .dockerignore lines.
//!
//! What git ignores is not in a fresh clone, so no build can need it, and a local build must not
//! depend on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::{MAX_GLOBS, MAX_PATTERN};
use crate::docker::ignore::{self, IgnoreFile};
use crate::path::{Letters, RelPath};
use crate::repo::{Entry, Repo};

/// A folder with more tracked files than this is included as a whole.
const MAX_FILES: usize = 4;

/// One line of a .gitignore.
struct Rule<'a> {
    /// Without `!` and without `/` at either end.
    pattern: &'a str,
    negated: bool,
    /// It ends in `/`, and matches folders only.
    folder: bool,
    /// It contains a `/` before its end, and is relative to the folder of its file.
    anchored: bool,
}

/// The lines, in the order in which git reads them: files above the context first, then those in
/// it, by path.
///
/// # Errors
/// If a .gitignore cannot be read.
pub(super) fn lines(repo: &Repo, context: &RelPath) -> anyhow::Result<Vec<String>> {
    let mut above: Vec<RelPath> = context.ancestors().collect();
    above.reverse();
    let mut files: Vec<RelPath> =
        above.iter().filter_map(|folder| folder.join(".gitignore")).collect();
    let mut within: Vec<RelPath> = repo
        .files_named(".gitignore")
        .iter()
        .filter(|path| path.is_within(context))
        .cloned()
        .collect();
    within.sort_by_key(|path| path.components().count());
    files.extend(within);
    let mut lines = Vec::new();
    let mut folders_only = Vec::new();
    for file in files {
        // git follows no link here, and neither does the walk.
        if repo.entry(&file) != Some(&Entry::File) {
            continue;
        }
        let Some(text) = repo.source_text(&file)? else { continue };
        let folder = file.parent().unwrap_or_default();
        for rule in text.lines().filter_map(rule) {
            if let Some(line) = translate(&rule, &folder, context) {
                if rule.folder && !rule.negated {
                    folders_only
                        .push(rule.pattern.rsplit('/').next().unwrap_or_default().to_owned());
                }
                lines.push((line, rule.folder && !rule.negated));
            }
        }
    }
    let names = files_named(repo, context, &folders_only);
    let wild = files_matched(repo, context, &lines);
    let lines = lines.into_iter().map(|(line, folder)| {
        // .dockerignore has no pattern for folders only. If a file has the name, exclude the
        // contents of the folder instead.
        let name = line.rsplit('/').next().unwrap_or_default();
        let clash = folder && (names.contains(name) || wild.contains(&line));
        if clash { format!("{line}/**") } else { line }
    });
    Ok(lines.chain(tracked(repo, context)).collect())
}

/// Exceptions for files that git tracks although a line matches them; for the folder if it contains
/// several.
fn tracked(repo: &Repo, context: &RelPath) -> Vec<String> {
    // git's own files stay excluded.
    let forced =
        repo.forced().iter().filter(|path| !path.components().any(|part| part.starts_with(".git")));
    let ways = forced.filter_map(|path| path.strip(context));
    let mut by_folder: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for way in ways {
        by_folder
            .entry(way.rsplit_once('/').map_or("", |(folder, _)| folder))
            .or_default()
            .push(way);
    }
    let exceptions = by_folder.into_iter().flat_map(|(folder, files)| {
        if folder.is_empty() || files.len() <= MAX_FILES { files } else { vec![folder] }
    });
    exceptions.filter_map(ignore::literal).map(|pattern| format!("!{pattern}")).collect()
}

/// Those of `names` that are names of files in the context.
fn files_named(repo: &Repo, context: &RelPath, names: &[String]) -> BTreeSet<String> {
    if names.is_empty() {
        return BTreeSet::new();
    }
    let wanted: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let letters: Vec<Letters> = names.iter().map(|name| Letters::of(name)).collect();
    let files = repo.lettered(context).filter(|(held, _)| letters.contains(held));
    let names =
        files.filter(|(_, (_, entry))| *entry != Entry::Dir).map(|(_, (path, _))| path.file_name());
    names.filter(|name| wanted.contains(name)).map(str::to_owned).collect()
}

/// Those of the lines for folders with wildcards, such as `uploads*`, that match a file of the
/// context. Beyond the limit, a line is assumed to match a file: then the contents of the folders
/// are excluded, which is correct either way.
fn files_matched(repo: &Repo, context: &RelPath, lines: &[(String, bool)]) -> BTreeSet<String> {
    let wild = lines.iter().filter(|(line, folder)| *folder && line_is_wild(line));
    let (mut file, mut asked) = (IgnoreFile::default(), Vec::new());
    let mut matched = BTreeSet::new();
    for (line, _) in wild {
        if asked.len() < MAX_GLOBS && file.push(line).is_ok() {
            asked.push(line);
        } else {
            matched.insert(line.clone());
        }
    }
    if asked.is_empty() {
        return matched;
    }
    for (path, _) in repo.below(context).filter(|(_, entry)| *entry != Entry::Dir) {
        for at in file.matching(path.strip(context).unwrap_or_default()) {
            matched.extend(asked.get(at).map(|line| (*line).clone()));
        }
    }
    matched
}

/// True if the last component contains a wildcard.
fn line_is_wild(line: &str) -> bool {
    line.rsplit('/').next().unwrap_or_default().contains(['*', '?', '['])
}

fn rule(line: &str) -> Option<Rule<'_>> {
    let line = line.trim_end_matches('\r');
    if line.starts_with('#') || line.len() > MAX_PATTERN {
        return None;
    }
    let trimmed = line.trim_end();
    // A trailing space counts after a backslash.
    let line = if trimmed.ends_with('\\') && trimmed.len() < line.len() {
        &line[..=trimmed.len()]
    } else {
        trimmed
    };
    let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
    let (folder, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
    let anchored = line.trim_start_matches("**/").contains('/');
    let pattern = line.trim_start_matches('/');
    (!pattern.is_empty()).then_some(Rule { pattern, negated, folder, anchored })
}

/// `None` if the rule does not concern the context, or has no equivalent in a .dockerignore.
fn translate(rule: &Rule, folder: &RelPath, context: &RelPath) -> Option<String> {
    let wild = rule.pattern.chars().all(|c| "*/".contains(c));
    if rule.negated && rule.folder && wild {
        // `!*/` makes git look into folders. Docker does so anyway, and would include everything.
        return None;
    }
    if rule.pattern.contains("[:") {
        return None;
    }
    let pattern = rule.pattern.replace("[!", "[^");
    // Docker trims a trailing space, escaped or not.
    let pattern = pattern.strip_suffix("\\ ").map_or(pattern.clone(), |head| format!("{head}[ ]"));
    let bare = pattern.trim_start_matches("**/");
    let mark = if rule.negated { "!" } else { "" };
    let line = if folder.is_within(context) {
        let prefix = match folder.strip(context) {
            Some("") | None => String::new(),
            Some(way) => format!("{}/", ignore::literal(way)?),
        };
        if rule.anchored && !pattern.starts_with("**/") {
            format!("{mark}{prefix}{pattern}")
        } else {
            format!("{mark}{prefix}**/{bare}")
        }
    } else if rule.anchored && !pattern.starts_with("**/") {
        let way = context.strip(folder)?;
        format!("{mark}{}", pattern.strip_prefix(way)?.strip_prefix('/')?)
    } else {
        format!("{mark}**/{bare}")
    };
    let line = if line.starts_with('#') { format!("\\{line}") } else { line };
    IgnoreFile::parse(&line).is_ok().then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)], context: &str) -> Vec<String> {
        lines(&Repo::from_files(files.iter().copied()), &RelPath::new(context).unwrap()).unwrap()
    }

    #[test]
    fn anchors_and_negations() {
        let text = "# c\n\nbuild\n/out/\ndist/*\n!dist/.keep\n**/tmp\n*.py[!c]\n!*/\n/docs/**/x\n\\#x\na\\ \n/\n[bad\n";
        let lines = of(&[(".gitignore", text)], "");
        let wanted = [
            "**/build",
            "out",
            "dist/*",
            "!dist/.keep",
            "**/tmp",
            "**/*.py[^c]",
            "docs/**/x",
            "**/\\#x",
            "**/a[ ]",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn nested_files_and_files_above_the_context() {
        let files = [
            (".gitignore", "node_modules\n/apps/web/generated\n/other\n"),
            ("apps/web/.gitignore", "/local\n"),
            ("apps/web/src/.gitignore", "*.gen.ts\n/x\n"),
        ];
        assert_eq!(
            of(&files, "apps/web"),
            ["**/node_modules", "generated", "local", "src/**/*.gen.ts", "src/x"]
        );
    }

    #[test]
    fn a_folder_rule_does_not_hide_a_file_of_that_name() {
        assert_eq!(
            of(&[(".gitignore", "server/\nbin/\n"), ("cmd/server", "x")], ""),
            ["**/server/**", "**/bin"]
        );
        let text = "uploads*/\n/cache-?/\nlogs*/\n";
        let files =
            [(".gitignore", text), ("src/uploads.go", "x"), ("cache-1", "x"), ("a/logs/x", "")];
        assert_eq!(of(&files, ""), ["**/uploads*/**", "cache-?/**", "**/logs*"]);
    }
}
