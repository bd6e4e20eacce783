//! `//go:embed`: embedded files end up in the binary, so the image carries none of them, but the
//! build context must hold them.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use crate::detect::go::codes;
use crate::detect::go::module::At;
use crate::detect::{add_front_end, suppliers};
use crate::facts::{Evidence, Finding, FindingCode, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// The files and folders that the program embeds.
#[derive(Debug, Default)]
pub(super) struct Embeds {
    /// Existing files and folders, which the build context must hold.
    pub(super) held: Vec<RelPath>,
    /// Output of other applications' builds.
    pub(super) made: Vec<Sourced<FrontEnd>>,
    /// What the repository does not hold and no application's build makes, with the places.
    pub(super) missing: Vec<(RelPath, Vec<Evidence>)>,
    pub(super) findings: Vec<Finding>,
}

/// Resolves every embedded pattern of the program.
pub(super) fn embeds(world: &World) -> Embeds {
    let repo = world.module.sources.repo;
    let context = &world.module.layout.context;
    let mut embeds = Embeds::default();
    let mut wanted: BTreeMap<RelPath, (Vec<Evidence>, Vec<&str>)> = BTreeMap::new();
    let mut missing: BTreeSet<RelPath> = BTreeSet::new();
    for package in &world.closure.packages {
        for file in &package.files {
            for At { value, line } in &file.embeds {
                let (hidden, pattern) = match value.strip_prefix("all:") {
                    Some(pattern) => (true, pattern),
                    None => (false, value.as_str()),
                };
                let found = matches(repo, &package.dir, pattern, hidden);
                if let Some(path) = package
                    .dir
                    .join(fixed(pattern))
                    .filter(|path| found.is_empty() || repo.is_dir(path))
                {
                    let evidence =
                        Evidence::at(&file.code.path, *line, format!("`//go:embed {value}`"));
                    let (at, patterns) = wanted.entry(path.clone()).or_default();
                    at.push(evidence);
                    patterns.push(wild(pattern));
                    missing.extend(found.is_empty().then_some(path));
                }
                embeds.held.extend(found);
            }
        }
    }
    let mut ignored: Option<Ignored> = None;
    for (path, (mut evidence, patterns)) in wanted {
        let mut found = suppliers(repo, context, &path);
        // `*.sql` matches file names, so it embeds no output folder that lies beside those files.
        found.retain(|made| {
            match made.value.output.strip(&path).and_then(|way| way.split('/').next()) {
                Some(name) if !name.is_empty() => {
                    patterns.iter().any(|wild| wild.is_empty() || matches_name(wild, name))
                }
                _ => true,
            }
        });
        if !found.is_empty() {
            for mut made in found {
                made.evidence.splice(0..0, evidence.iter().cloned());
                add_front_end(&mut embeds.made, made);
            }
        } else if missing.contains(&path) {
            evidence.truncate(4);
            embeds.missing.push((path, evidence));
        } else if is_placeholder(repo, &path) {
            evidence.truncate(4);
            embeds.findings.push(Finding::new(
                codes::EMBED_PLACEHOLDER,
                format!("the program embeds {path}, which holds only a placeholder"),
                evidence,
            ));
        } else if let Some((names, line)) =
            ignored.get_or_insert_with(|| Ignored::read(repo)).kept_out(repo, &path, &patterns)
        {
            evidence.truncate(4);
            evidence.push(line);
            embeds.findings.push(Finding::new(
                FindingCode::EmbedGenerated,
                format!(
                    "the program embeds {path}, and git does not track all of it: {}",
                    names.join(", ")
                ),
                evidence,
            ));
        }
    }
    // Another build writes these files, so a copy in the repository is out of date.
    embeds.held.retain(|path| !embeds.made.iter().any(|made| path.is_within(&made.value.output)));
    embeds.held.sort();
    embeds.held.dedup();
    embeds
}

/// True if the repository holds what a pattern embeds, or a build of it makes that.
pub(in crate::detect::go) fn is_supplied(
    repo: &Repo,
    context: &RelPath,
    dir: &RelPath,
    pattern: &str,
) -> bool {
    let (hidden, pattern) = match pattern.strip_prefix("all:") {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    };
    !matches(repo, dir, pattern, hidden).is_empty()
        || dir.join(fixed(pattern)).is_some_and(|path| !suppliers(repo, context, &path).is_empty())
}

/// True if the files in `folder` only keep the folder in git: hidden files, empty files without a
/// page's or data's extension, and small files whose name or text says that they are placeholders.
fn is_placeholder(repo: &Repo, folder: &RelPath) -> bool {
    let mut files = repo.files_under(folder).peekable();
    let keeps = |file: &RelPath| {
        let note = ["", "md", "txt", "gitkeep", "keep"].contains(&file.extension());
        let stem = file.file_name().split('.').next().unwrap_or_default().to_ascii_lowercase();
        let named = ["gitkeep", "keep", "placeholder"].contains(&stem.as_str());
        file.file_name().starts_with('.')
            || note && repo.size(file) == 0
            || named && note && repo.size(file) <= MAX_NOTE
            || file.extension() == "html" && repo.size(file) <= MAX_NOTE && says_so(repo, file)
    };
    let keeps_folder = files.peek().is_some() && files.all(keeps);
    let held: Vec<&RelPath> = repo.files_under(folder).take(MAX_STAND_INS + 1).collect();
    let size = held.iter().map(|file| repo.size(file)).sum();
    keeps_folder || stands_in(&held, size, repo.forced())
}

/// How many names a message lists.
const MAX_NAMES: usize = 4;

/// Extensions of files that tools leave behind and no program needs.
const LEFT_BEHIND: [&str; 8] = ["bak", "log", "map", "orig", "out", "swp", "test", "tmp"];

/// Paths that lines of .gitignore files name, each with those lines. They are read once for all
/// embedded folders.
struct Ignored(BTreeMap<RelPath, Vec<Evidence>>);

impl Ignored {
    fn read(repo: &Repo) -> Self {
        let mut named: BTreeMap<RelPath, Vec<Evidence>> = BTreeMap::new();
        for file in repo.files_named(".gitignore").iter() {
            let Ok(Some(text)) = repo.source_text(file) else { continue };
            let dir = file.parent().unwrap_or_default();
            for (line, number) in text.lines().zip(1..) {
                let line = line.trim().trim_matches('/');
                let plain = !line.starts_with(['#', '!']) && !line.contains("**");
                if let Some(path) = dir.join(line).filter(|_| plain) {
                    let at = Evidence::at(file, number, format!("`{line}`"));
                    named.entry(path).or_default().push(at);
                }
            }
        }
        Self(named)
    }

    /// The names that a .gitignore above an embedded folder hides in it and that the repository
    /// lacks, with the first such line. Such a line suggests that another build writes the files.
    fn kept_out(
        &self,
        repo: &Repo,
        folder: &RelPath,
        patterns: &[&str],
    ) -> Option<(Vec<String>, Evidence)> {
        let wanted = |path: &RelPath| {
            let name = path.strip(folder)?.split('/').next()?;
            let embedded = || {
                let fits =
                    |wild: &&str| wild.is_empty() || name == *wild || matches_name(wild, name);
                patterns.iter().any(fits)
            };
            let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
            let quiet = name.is_empty()
                || name.starts_with(['.', '_'])
                || name == "node_modules"
                || name.contains("local")
                || LEFT_BEHIND.contains(&ending);
            (!quiet && !repo.exists(path) && embedded()).then(|| name.to_owned())
        };
        let above = |at: &&Evidence| {
            at.file.parent().is_some_and(|dir| dir != *folder && folder.is_within(&dir))
        };
        // Paths sort by their bytes, so all paths that begin with the name of the folder are
        // adjacent.
        let near = self.0.range(folder.clone()..);
        let near = near.take_while(|(path, _)| path.as_str().starts_with(folder.as_str()));
        let mut found: Vec<(&Evidence, String)> = near
            .flat_map(|(path, at)| at.iter().filter(above).map(move |at| (path, at)))
            .filter_map(|(path, at)| Some((at, wanted(path)?)))
            .collect();
        let depth = |at: &Evidence| std::cmp::Reverse(at.file.components().count());
        found.sort_by_key(|(at, _)| (depth(at), at.line));
        let first = found.first().map(|(at, _)| (*at).clone())?;
        let mut names: Vec<String> = Vec::new();
        for (_, name) in found {
            if names.len() < MAX_NAMES && !names.contains(&name) {
                names.push(name);
            }
        }
        Some((names, first))
    }
}

/// Phrases in a page that stands in for the real one.
const STANDS_IN: [&str; 6] =
    ["placeholder", "stub page", "be replaced", "not been built", "not built", "is not embedded"];

/// True for a small page that says it is a placeholder.
fn says_so(repo: &Repo, page: &RelPath) -> bool {
    let text = repo.source_text(page).ok().flatten().unwrap_or_default().to_lowercase();
    STANDS_IN.iter().any(|words| text.contains(words)) && !text.contains("placeholder=")
}

/// The largest file, in bytes, that counts as a mere note.
const MAX_NOTE: u64 = 1024;

/// The largest number of files that stand in for the output of a build.
const MAX_STAND_INS: usize = 3;

/// The largest size of those files together, in bytes.
const MAX_STAND_IN: u64 = 4096;

/// True for a few small files in a folder that a .gitignore names. Git tracks them only because
/// somebody added them by force, so that the program compiles before the real files exist.
fn stands_in(files: &[&RelPath], size: u64, forced: &[RelPath]) -> bool {
    !files.is_empty()
        && files.len() <= MAX_STAND_INS
        && size <= MAX_STAND_IN
        && files.iter().all(|file| forced.contains(file))
}

/// The folders of a pattern before its first wildcard.
fn fixed(pattern: &str) -> &str {
    match pattern.find(['*', '?', '[']) {
        Some(at) => pattern[..at].rsplit_once('/').map_or("", |(folder, _)| folder),
        None => pattern,
    }
}

/// The first component of a pattern that has a wildcard; `""` if none has one.
fn wild(pattern: &str) -> &str {
    pattern.split('/').find(|part| part.contains(['*', '?', '['])).unwrap_or_default()
}

/// The files and folders that a pattern matches. A folder counts only if something in it is
/// embedded.
fn matches(repo: &Repo, dir: &RelPath, pattern: &str, hidden: bool) -> Vec<RelPath> {
    let pattern: Vec<&str> =
        pattern.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if pattern.is_empty() {
        return vec![dir.clone()];
    }
    let start = dir.join(
        &pattern
            .iter()
            .take_while(|part| !part.contains(['*', '?', '[']))
            .copied()
            .collect::<Vec<_>>()
            .join("/"),
    );
    let Some(start) = start else { return Vec::new() };
    let fits = |path: &RelPath| {
        let Some(way) = path.strip(dir) else { return false };
        let parts: Vec<&str> = way.split('/').collect();
        parts.len() == pattern.len()
            && parts.iter().zip(&pattern).all(|(name, glob)| matches_name(glob, name))
    };
    let own = repo.entry(&start).map(|entry| (start.clone(), entry.clone()));
    own.iter()
        .chain(repo.below(&start))
        .filter(|(path, entry)| {
            fits(path)
                && match entry {
                    Entry::File => true,
                    Entry::Dir => repo.files_under(path).any(|file| hidden || is_shown(file, path)),
                    _ => false,
                }
        })
        .map(|(path, _)| path.clone())
        .collect()
}

/// True unless a hidden file is between `folder` and `file`, or is `file` itself. Without `all:`,
/// an embedded folder leaves out files whose name begins with `.` or `_`.
fn is_shown(file: &RelPath, folder: &RelPath) -> bool {
    !file.strip(folder).unwrap_or_default().split('/').any(|part| part.starts_with(['.', '_']))
}

/// `path.Match` of Go's standard library, for one component.
fn matches_name(glob: &str, name: &str) -> bool {
    // A single point to go back to bounds the time: only the last `*` can still take more.
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut g, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match glob.get(g) {
            Some('*') => {
                star = Some((g, n));
                g += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(&glob[g..], name[n]),
            Some('\\') => (glob.get(g + 1) == Some(&name[n])).then_some(2),
            Some(c) => (*c == name[n]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(width), _) => {
                g += width;
                n += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                g = at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

/// The length of a class such as `[a-z]`, if it contains `c`.
fn class(glob: &[char], c: char) -> Option<usize> {
    let end = glob.iter().position(|c| *c == ']').filter(|&end| end > 1)?;
    let (negated, set) = match &glob[1..end] {
        ['^', set @ ..] => (true, set),
        set => (false, set),
    };
    let mut at = 0;
    let mut found = false;
    while at < set.len() {
        if set.get(at + 1) == Some(&'-') && at + 2 < set.len() {
            found |= (set[at]..=set[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= set[at] == c;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_says_that_it_is_none_is_a_placeholder() {
        let holds = |page: &str| {
            let repo = Repo::from_files([("web/index.html", page)]);
            is_placeholder(&repo, &RelPath::new("web").unwrap())
        };
        assert!(holds("This stub page would be replaced by the real one."));
        assert!(holds("<h1>UI has NOT BEEN BUILT</h1>"));
        assert!(!holds("<h1>Shop</h1>") && !holds("<input placeholder='name'>"));
    }

    #[test]
    fn what_git_does_not_keep_of_an_embedded_folder_is_told() {
        let told = |ignored: &str, patterns: &[&str]| {
            let files = [(".gitignore", ignored), ("web/index.html", "x"), ("web/kept.css", "x")];
            let repo = Repo::from_files(files);
            let web = RelPath::new("web").unwrap();
            let found = Ignored::read(&repo).kept_out(&repo, &web, patterns);
            found.map(|(names, line)| (names.join(" "), line.line.unwrap())).unwrap_or_default()
        };
        let lines = "# web/x.js\n*.log\n/web/app.js\nweb/css/\nweb/js/app.js\n";
        assert_eq!(told(lines, &["*"]), ("app.js css js".to_owned(), 3));
        assert_eq!(told(lines, &["*.js"]), ("app.js".to_owned(), 3));
        let quiet = "web/kept.css\nweb/app.js.map\nweb/node_modules\nweb/.cache\ndist\n!web/a.js";
        assert_eq!(told(quiet, &["*"]), (String::new(), 0));
    }

    #[test]
    fn a_few_files_that_git_tracks_by_force_stand_in_for_others() {
        let path = |text: &str| RelPath::new(text).unwrap();
        let (page, other) = (path("web/index.html"), path("web/other.js"));
        let forced = [page.clone()];
        assert!(stands_in(&[&page], 100, &forced));
        assert!(!stands_in(&[&page, &other], 100, &forced));
        assert!(!stands_in(&[&page], 100_000, &forced) && !stands_in(&[], 0, &forced));
    }

    #[test]
    fn patterns_match_as_go_does() {
        let repo = Repo::from_files([
            ("w/dist/a.js", ""),
            ("w/dist/sub/b.js", ""),
            ("w/empty/.keep", ""),
            ("w/t/x.html", ""),
            ("w/t/y.txt", ""),
        ]);
        let found = |pattern: &str, hidden: bool| -> Vec<String> {
            matches(&repo, &RelPath::new("w").unwrap(), pattern, hidden)
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(found("dist", false), ["w/dist"]);
        assert_eq!(found("dist/*", false), ["w/dist/a.js", "w/dist/sub"]);
        assert_eq!(found("t/*.html", false), ["w/t/x.html"]);
        assert_eq!(found("t/[x-z].*", false), ["w/t/x.html", "w/t/y.txt"]);
        assert!(found("empty", false).is_empty() && found("none/*", false).is_empty());
        assert_eq!(found("empty", true), ["w/empty"]);
    }

    #[test]
    fn names() {
        assert!(
            matches_name("a*b*c", "axxbyyc")
                && !matches_name("a*b", "ac")
                && matches_name("[^a]", "b")
        );
        assert!(!matches_name("[", "[") && matches_name("\\*", "*") && matches_name("*", ""));
    }
}
