//! The build context: what it contains, what is excluded, and the .dockerignore that excludes it.
//!
//! The order of the lines matters for safety: first what .gitignore and the language exclude, then
//! exceptions for what the Dockerfile copies, then secrets, databases and version control, so that
//! no exception includes those again.

mod gitignore;
mod needed;
mod public;
mod report;
mod sieve;
mod sources;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use needed::Needed;
pub use report::{ContextReport, report};
use sieve::Sieve;

use crate::ask::{Unfit, id};
use crate::catalog::TEMPLATES;
use crate::docker::ignore::{IgnoreFile, Pattern, literal};
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::{Entry, Repo};
use crate::secrets;

/// The first line of a file that dockgen wrote as a whole.
const WHOLE: &str = "# Planned by dockgen";

/// The heading above what dockgen added to somebody else's file.
const ADDED: &str = "# Added by dockgen";

/// The title of exceptions to the rows above.
const EXCEPTIONS: &str = "Read by the Dockerfile all the same";

/// The title of exceptions to somebody else's lines.
const SOURCES: &str = "Sources that the build compiles";

/// The title of exceptions to all rows.
const AGAIN: &str = "Let in again";

/// The title of folders that a language's build does not read.
const UNREAD: &str = "Not read by the build: a change of theirs builds nothing again";

/// The title of rows from the answers of a person. Nothing after them lets anything in again.
const ANSWERED: &str = "Left out by an answer";

/// The title of rows that a person added to dockgen's.
const BY_HAND: &str = "Added by hand";

/// The title of rows that no exception for a folder may undo, from `catalog/secrets.toml`.
const SECRETS: &str = "Secrets";

/// The title of rows for databases.
const DATABASES: &str = "Local databases";

/// If common rows exclude more needed files of a copied folder than this, they are included by
/// folder.
const MAX_EXCEPTIONS: usize = 8;

/// A .dockerignore.
#[derive(Clone, Debug)]
pub struct IgnorePlan {
    /// Its text.
    pub text: String,
    /// Findings on lines that somebody else wrote.
    pub findings: Vec<Finding>,
}

/// An existing .dockerignore.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'t> {
    /// Its path. A new `<Dockerfile>.dockerignore` begins with the lines of the context's own file.
    pub file: &'t RelPath,
    /// Its text.
    pub text: &'t str,
}

/// Rows under a title.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    title: String,
    rows: Vec<String>,
}

/// Plans the .dockerignore at `path`: `.dockerignore` in the context, or
/// `<Dockerfile>.dockerignore`, which `BuildKit` prefers. `existing` is the existing file: if
/// dockgen did not write it, its lines come first, unchanged, followed by what they do not cover.
/// `last` is what dockgen wrote the last time: rows that a person has added since are kept.
///
/// # Errors
/// If a .gitignore cannot be read, or Docker would reject a line of `existing`.
pub fn plan_ignore(
    repo: &Repo,
    plan: &Plan,
    path: &RelPath,
    existing: Option<Existing>,
    last: Option<&str>,
) -> Result<IgnorePlan> {
    let (origin, written) = existing.map_or((path, ""), |held| (held.file, theirs(held.text)));
    let mut rows = Rows::of(repo, plan, path)?;
    let sources = {
        let their_file = IgnoreFile::parse(written).with_context(|| origin.to_string())?;
        sources::let_in(plan, origin, &their_file)?
    };
    // From here on the sources count as included by their file, so that our rows for the same paths
    // are not dropped as covered.
    let theirs = format!("{}\n{}", written.trim_end(), sources.rows.join("\n"));
    let their_file = Opened::parse(&theirs)?;
    let unread = listed(plan, "unread").filter_map(literal).collect();
    rows.language.push(Group { title: UNREAD.to_owned(), rows: unread });
    let let_in = folders_let_in(repo, plan, &their_file.file);
    rows.drop_covered_by(&their_file, let_in.as_deref());
    rows.drop_repeated()?;

    let needed = Needed::of(repo, plan);
    let mut file = vec![Group { title: SOURCES.to_owned(), rows: sources.rows }];
    file.push(rows.ignored_by_git(repo, plan, &theirs, &their_file.file, &needed)?);
    file.append(&mut rows.language);
    close_again(&theirs, &mut file)?;
    let their_sieve = Sieve::new(repo, &plan.context, &theirs)?;
    let so_far = held(repo, plan, &theirs, &file)?;
    let (exceptions, hidden_by_them) = needed.hidden_in(plan, &their_sieve, &so_far);
    file.push(Group { title: EXCEPTIONS.to_owned(), rows: exceptions });
    file.append(&mut rows.common);
    file.push(by_hand(existing.and_then(|held| held.text.strip_prefix(written)), last, &file));
    let so_far = held(repo, plan, &theirs, &file)?;
    let mut again = needed.hidden_by_common(plan, &their_sieve, &so_far, &rows.literals.rows)?;
    again.extend(sources::of_build(plan, &their_sieve, &so_far)?);
    again.dedup();
    again.extend(undone(&their_file.file, so_far.file()));
    file.push(Group { title: AGAIN.to_owned(), rows: again });
    file.push(Group { title: ANSWERED.to_owned(), rows: answered(plan, &needed)? });
    close_again(&theirs, &mut file)?;
    file.retain(|group| !group.rows.is_empty());

    let text = if written.is_empty() {
        format!("{}\n\n{}", head(plan, path), text_of(&file))
    } else if file.is_empty() {
        written.to_owned()
    } else {
        format!(
            "{}\n\n{ADDED}: what the lines above do not cover yet.\n\n{}",
            written.trim_end(),
            text_of(&file)
        )
    };
    let mut findings = sources.findings;
    findings.extend(rows.literals.findings);
    findings.extend(hidden_by_them.iter().map(|(held, line)| hides_needed(origin, held, *line)));
    Ok(IgnorePlan { text, findings })
}

/// The rows of the answers.
///
/// # Errors
/// If one hides what the build cannot do without.
fn answered(plan: &Plan, needed: &Needed) -> Result<Vec<String>> {
    let rows: Vec<String> = plan.hide.iter().map(|row| row.as_str().to_owned()).collect();
    let hidden = IgnoreFile::parse(&rows.join("\n"))?;
    let copied = needed.paths.iter().find(|path| hidden.hides(path));
    let read = || plan.sources.iter().find(|path| hidden.hides(path));
    let found = copied.map(|path| (path, "the Dockerfile copies"));
    let Some((path, how)) = found.or_else(|| Some((read()?, "the build reads"))) else {
        return Ok(rows);
    };
    let row = hidden.deciding(path).map(ToString::to_string).unwrap_or_default();
    let why = format!(
        "`{row}` hides {path}, which {how}: name less, or take that out of the other answers"
    );
    Err(Unfit { id: id::CONTEXT_HIDE, why }.into())
}

/// The rows that dockgen would write into an empty file.
struct Rows {
    /// Rows of the language of the program and of its front ends.
    language: Vec<Group>,
    /// Rows for every language.
    common: Vec<Group>,
    /// Files that contain a credential; their rows are in `common`.
    literals: sources::LetIn,
}

impl Rows {
    /// All rows for the .dockerignore at `path`.
    fn of(repo: &Repo, plan: &Plan, path: &RelPath) -> Result<Self> {
        let app = plan.app.strip(&plan.context).unwrap_or_default();
        let mut language = groups(&template(&plan.language), app);
        for front_end in &plan.front_ends {
            let stem = front_end.template.split('/').next().unwrap_or_default();
            let folder =
                Some(front_end.folder.as_str()).filter(|folder| *folder != ".").unwrap_or_default();
            join(&mut language, groups(&template(stem), folder));
        }
        let mut common = common_groups(app)?;
        let literals = sources::hide_literals(repo, plan, &mut common)?;
        own_dockerfile(plan, path, &mut common)?;
        Ok(Self { language, common, literals })
    }

    /// Drops rows that somebody else's lines already cover. `let_in` lists the folders that their
    /// exceptions include, `None` if that is unknown.
    fn drop_covered_by(&mut self, their_file: &Opened, let_in: Option<&[String]>) {
        let after = their_file.file.patterns().iter().rev();
        let after = after.take_while(|pattern| !pattern.exception);
        let after: BTreeSet<&str> = after.map(|pattern| pattern.text.as_str()).collect();
        for group in self.language.iter_mut().chain(&mut self.common) {
            // An exception includes whatever names match it. For secrets, only the same row after
            // it is safe.
            let same_row_only = !let_in.is_some_and(<[String]>::is_empty) && is_safety(group);
            let folders = let_in.unwrap_or_default();
            group.rows.retain(|row| {
                let there = if same_row_only {
                    after.contains(row.as_str())
                } else {
                    covered(their_file, row, folders)
                };
                !there
            });
        }
    }

    /// Drops rows that another one covers. A row of both the language and the common rows stays
    /// where no exception comes after it: for a safety row, among the common rows.
    fn drop_repeated(&mut self) -> Result<()> {
        let language_file = Opened::parse(&text_of(&self.language))?;
        for group in self.common.iter_mut().filter(|group| !is_safety(group)) {
            group.rows.retain(|row| !covered(&language_file, row, &[]));
        }
        let common_file = Opened::parse(&text_of(&self.common))?;
        for group in &mut self.language {
            group.rows.retain(|row| !covered(&common_file, row, &[]));
        }
        Ok(())
    }

    /// The lines of .gitignore files that neither their lines nor these rows cover, without those
    /// that exclude what the plan needs.
    fn ignored_by_git(
        &self,
        repo: &Repo,
        plan: &Plan,
        theirs: &str,
        their_file: &IgnoreFile,
        needed: &Needed,
    ) -> Result<Group> {
        let Self { language, common, .. } = self;
        let ours = Opened::parse(&format!("{theirs}\n{}\n{}", text_of(language), text_of(common)))?;
        let mut rows = not_covered(&ours, their_file, gitignore::lines(repo, &plan.context)?)?;
        rows.retain(|row| !needed.paths.contains(row.as_str()));
        Ok(Group { title: "Ignored by git".to_owned(), rows })
    }
}

/// Exceptions in somebody else's file that the rows after them would undo. They are repeated.
fn undone(their_file: &IgnoreFile, so_far: &IgnoreFile) -> Vec<String> {
    let undone = |pattern: &&Pattern| {
        samples(&pattern.text).is_some_and(|paths| {
            paths.iter().all(|path| !their_file.hides(path) && so_far.hides(path))
        })
    };
    let exceptions = their_file.patterns().iter().filter(|pattern| pattern.exception);
    exceptions.filter(undone).map(ToString::to_string).collect()
}

fn head(plan: &Plan, path: &RelPath) -> String {
    let first =
        format!("{WHOLE}: what the build context leaves out. The last line that matches decides.");
    let folder = path.parent().unwrap_or_default();
    if folder == plan.context {
        return first;
    }
    let way = plan.context.relative_to(&folder);
    format!(
        "{first}\n# Docker reads this file for the Dockerfile beside it; paths count from the context, `{way}` from here."
    )
}

/// Excludes a Dockerfile that is written elsewhere or under another name too.
fn own_dockerfile(plan: &Plan, path: &RelPath, common: &mut [Group]) -> Result<()> {
    let Some(way) = path.strip(&plan.context) else { return Ok(()) };
    let dockerfile = way.strip_suffix(".dockerignore").unwrap_or_default();
    let known =
        dockerfile.is_empty() || dockerfile.ends_with('/') || parse(common)?.hides(dockerfile);
    if !known && let (Some(row), Some(group)) = (literal(dockerfile), common.last_mut()) {
        group.rows.push(format!("{row}*"));
    }
    Ok(())
}

/// The part of an existing file that dockgen did not write.
fn theirs(text: &str) -> &str {
    if text.trim_start_matches('\u{feff}').starts_with(WHOLE) {
        return "";
    }
    let added = text.match_indices(ADDED).find(|(at, _)| *at == 0 || text[..*at].ends_with('\n'));
    added.map_or(text, |(at, _)| &text[..at])
}

/// The rows in `written` that are in neither `last` nor `planned`: somebody added them.
fn by_hand(written: Option<&str>, last: Option<&str>, planned: &[Group]) -> Group {
    let last: BTreeSet<&str> = last.unwrap_or_default().lines().map(str::trim).collect();
    let mut known: BTreeSet<&str> =
        planned.iter().flat_map(|group| group.rows.iter().map(String::as_str)).collect();
    let mut rows: Vec<String> = Vec::new();
    let held = groups(written.unwrap_or_default(), "");
    for group in &held {
        let ours = [AGAIN, EXCEPTIONS, SOURCES].contains(&group.title.as_str());
        for row in &group.rows {
            let ours = (ours || last.contains(row.as_str())) && group.title != BY_HAND;
            if !ours && known.insert(row) {
                rows.push(row.clone());
            }
        }
    }
    rows.retain(|row| IgnoreFile::parse(row).is_ok());
    Group { title: BY_HAND.to_owned(), rows }
}

fn hides_needed(file: &RelPath, path: &str, line: usize) -> Finding {
    let at = u32::try_from(line).ok();
    Finding::new(
        FindingCode::IgnoreHidesNeeded,
        format!("{file} hides `{path}`, which the Dockerfile copies"),
        [Evidence { file: file.clone(), line: at, note: "the pattern that hides it".to_owned() }],
    )
    .with_fix(format!("narrow the pattern; until then dockgen lets the file in with `!{path}`"))
}

/// Adds groups of another folder: what bears one title stays one group.
fn join(language: &mut Vec<Group>, more: Vec<Group>) {
    for group in more {
        match language.iter_mut().find(|held| held.title == group.title) {
            Some(held) => {
                let known: BTreeSet<String> = held.rows.iter().cloned().collect();
                held.rows.extend(group.rows.into_iter().filter(|row| !known.contains(row)));
            }
            None => language.push(group),
        }
    }
}

fn template(name: &str) -> String {
    let file = TEMPLATES.get_file(format!("{name}.dockerignore"));
    file.and_then(|file| file.contents_utf8()).unwrap_or_default().to_owned()
}

/// Reads rows under their titles. A row that does not begin with `**/` is relative to the root of
/// the context, and also to the application's folder if that is below the root.
fn groups(text: &str, app: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix('#') {
            groups.push(Group { title: title.trim().to_owned(), rows: Vec::new() });
            continue;
        }
        if groups.is_empty() {
            groups.push(Group { title: String::new(), rows: Vec::new() });
        }
        let Some(group) = groups.last_mut() else { continue };
        group.rows.push(line.to_owned());
        let (mark, pattern) = line.strip_prefix('!').map_or(("", line), |rest| ("!", rest));
        if let (false, false, Some(app)) = (app.is_empty(), pattern.starts_with("**"), literal(app))
        {
            group.rows.push(format!("{mark}{app}/{}", pattern.trim_start_matches('/')));
        }
    }
    groups
}

fn text_of(groups: &[Group]) -> String {
    let mut text = String::new();
    for group in groups.iter().filter(|group| !group.rows.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        if !group.title.is_empty() {
            text.extend(["# ", &group.title, "\n"]);
        }
        text.extend(group.rows.iter().flat_map(|row| [row.as_str(), "\n"]));
    }
    text
}

/// Their lines and `groups`, applied to the context.
fn held<'r>(repo: &'r Repo, plan: &'r Plan, theirs: &str, groups: &[Group]) -> Result<Sieve<'r>> {
    Sieve::new(repo, &plan.context, &format!("{theirs}\n{}", text_of(groups)))
}

fn parse(groups: &[Group]) -> Result<IgnoreFile> {
    Ok(IgnoreFile::parse(&text_of(groups))?)
}

/// Sample paths for a pattern: unlikely names in place of the wildcards. `None` if it has brackets.
fn samples(pattern: &str) -> Option<Vec<String>> {
    let pattern = pattern.trim_start_matches('!').trim_matches('/');
    if pattern.contains('[') {
        return None;
    }
    let deep = pattern.replace("**/", "dq0/dq1/");
    let flat = pattern.replace("**/", "");
    let fill = |text: String| {
        let text = text.replace("**", "dq2").replace('?', "q");
        let mut filled = String::new();
        let mut escaped = false;
        for c in text.chars() {
            match c {
                '\\' if !escaped => escaped = true,
                '*' if !escaped => filled.push_str("dq3"),
                c => {
                    filled.push(c);
                    escaped = false;
                }
            }
        }
        filled
    };
    Some(vec![fill(deep), fill(flat)])
}

/// True if `file` excludes everything that `row` would exclude, also inside the folders `let_in`.
fn covered(opened: &Opened, row: &str, let_in: &[String]) -> bool {
    let file = &opened.file;
    if row.starts_with('!') {
        return false;
    }
    let Some(paths) = samples(row) else {
        return file.patterns().iter().any(|pattern| pattern.text == row);
    };
    let inside = let_in
        .iter()
        .filter(|_| row.starts_with("**/"))
        .flat_map(|folder| paths.iter().map(move |path| format!("{folder}/{path}")));
    paths.iter().all(|path| file.hides(path))
        && inside.into_iter().all(|path| file.hides(&path))
        && !opened.opens(row)
}

/// Folders that the exceptions of an existing file include: by name, or a sample for those that a
/// pattern includes. `None` if that is unknown.
fn folders_let_in(repo: &Repo, plan: &Plan, file: &IgnoreFile) -> Option<Vec<String>> {
    let mut folders = Vec::new();
    for pattern in file.patterns().iter().filter(|pattern| pattern.exception) {
        let is_file = plan.context.join(&pattern.text).is_some_and(|path| repo.is_file(&path));
        if !is_file && !about_files(&pattern.text) {
            folders.extend(samples(&pattern.text)?);
        }
    }
    Some(folders)
}

/// True for rows that no exception before them may undo.
fn is_safety(group: &Group) -> bool {
    [SECRETS, DATABASES].contains(&group.title.as_str())
}

/// True for a row such as `*.x`, which is about files: they contain nothing.
fn about_files(row: &str) -> bool {
    row.rsplit('/').next().is_some_and(|name| name.starts_with("*."))
}

/// The lines from .gitignore that add something: they exclude something new, or are an exception to
/// such a line but to none of theirs.
fn not_covered(ours: &Opened, theirs: &IgnoreFile, lines: Vec<String>) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    let mut so_far = Opened::default();
    for line in lines {
        let adds = if line.starts_with('!') {
            samples(&line).is_some_and(|paths| {
                paths.iter().any(|path| so_far.file.hides(path) && !theirs.hides(path))
            })
        } else {
            !covered(ours, &line, &[]) && !covered(&so_far, &line, &[])
        };
        if adds {
            so_far.push(&line)?;
            kept.push(line);
        }
    }
    Ok(kept)
}

/// A needed path, and the line that excludes it.
type Hidden = (String, usize);

/// If `*` already excludes a folder, Docker skips a later row for that folder, and an exception
/// such as `!**/*.x` before the row includes files inside it. A row for the contents of the folder
/// excludes them again.
fn close_again(theirs: &str, file: &mut [Group]) -> Result<()> {
    let mut so_far = Opened::parse(theirs)?;
    for group in file {
        let mut rows = Vec::new();
        let mut held = std::mem::take(&mut group.rows).into_iter().peekable();
        while let Some(row) = held.next() {
            so_far.push(&row)?;
            let close = so_far.opens(&row).then(|| format!("{row}/**"));
            // An earlier pass has added it.
            let close = close.filter(|close| held.peek() != Some(close));
            rows.push(row);
            if let Some(row) = close {
                so_far.push(&row)?;
                rows.push(row);
            }
        }
        group.rows = rows;
    }
    Ok(())
}

/// A file, and what its exceptions with wildcards may include below a folder that it excludes.
#[derive(Default)]
struct Opened {
    file: IgnoreFile,
    /// Path suffixes by the first folder that the exception names; `""` for one that begins with a
    /// wildcard.
    tails: BTreeMap<String, BTreeSet<String>>,
}

impl Opened {
    fn parse(text: &str) -> Result<Self> {
        let mut opened = Self { file: IgnoreFile::parse(text)?, tails: BTreeMap::new() };
        opened.learn(0);
        Ok(opened)
    }

    fn push(&mut self, row: &str) -> Result<()> {
        let known = self.file.patterns().len();
        self.file.push(row)?;
        self.learn(known);
        Ok(())
    }

    /// Reads the exceptions after the first `known` patterns.
    fn learn(&mut self, known: usize) {
        for pattern in &self.file.patterns()[known..] {
            if pattern.exception && pattern.text.contains(['*', '?']) {
                let first = pattern.text.split('/').next().unwrap_or_default();
                let first = if first.contains(['*', '?', '[', '\\']) { "" } else { first };
                self.tails.entry(first.to_owned()).or_default().extend(tails(&pattern.text));
            }
        }
    }

    /// True if the file excludes what `row` matches, and an exception includes something inside it.
    fn opens(&self, row: &str) -> bool {
        if row.starts_with('!') || about_files(row) || self.tails.is_empty() {
            return false;
        }
        let hidden = samples(row).unwrap_or_default().into_iter();
        hidden.filter(|path| self.file.hides(path)).any(|path| {
            let first = path.split('/').next().unwrap_or_default();
            let tails = ["", first].into_iter().filter_map(|first| self.tails.get(first));
            tails.flatten().any(|tail| !self.file.hides(&format!("{path}/{tail}")))
        })
    }
}

/// Path suffixes that an exception matches: `!a/*/*.x` includes `q.x`, `q/q.x` and `a/q/q.x`.
fn tails(exception: &str) -> Vec<String> {
    let paths = samples(exception).unwrap_or_default();
    let ends = |path: &String| -> Vec<String> {
        let starts = path.match_indices('/').map(|(at, _)| at + 1).chain([0]);
        starts.map(|at| path[at..].to_owned()).collect()
    };
    paths.iter().flat_map(ends).collect()
}

/// Paths that a language lists under `key` in its details.
fn listed<'p>(plan: &'p Plan, key: &str) -> impl Iterator<Item = &'p str> {
    words(&plan.details, key)
}

/// As [`listed`], for all front ends.
fn listed_in_front_ends<'p>(plan: &'p Plan, key: &str) -> impl Iterator<Item = &'p str> {
    plan.front_ends.iter().flat_map(move |front_end| words(&front_end.details, key))
}

fn words<'p>(details: &'p serde_json::Value, key: &str) -> impl Iterator<Item = &'p str> + use<'p> {
    let list = details.get(key).and_then(serde_json::Value::as_array);
    list.into_iter().flatten().filter_map(serde_json::Value::as_str)
}

/// True for files that dockgen writes beside an application. They are no sources: if they were
/// copied, the second run would find more files than the first.
fn own(repo: &Repo, plan: &Plan, held: &str) -> bool {
    let Some(path) = plan.context.join(held) else { return false };
    let folder = path.parent().unwrap_or_default();
    let kept = || folder.join(".dockgen").is_some_and(|state| repo.exists(&state));
    let name = path.file_name();
    let written =
        name.starts_with("Dockerfile") || matches!(name, ".dockerignore" | "dockgen.toml");
    held.split('/').any(|part| part == ".dockgen") || written && (folder == plan.app || kept())
}

/// The rows for every language, secrets first.
fn common_groups(app: &str) -> Result<Vec<Group>> {
    let secrets: Vec<&str> = secrets::catalog()?.hidden().collect();
    let mut all = groups(&format!("# {SECRETS}\n{}\n", secrets.join("\n")), app);
    all.extend(groups(&template("common"), app));
    Ok(all)
}

/// The common rows with these titles.
fn common_rows(titles: &[&str]) -> Result<IgnoreFile> {
    let all = common_groups("")?;
    let wanted: Vec<Group> =
        all.into_iter().filter(|group| titles.contains(&group.title.as_str())).collect();
    parse(&wanted)
}

/// A source of a COPY as paths of the context. A glob becomes its matches.
fn expand(repo: &Repo, context: &RelPath, source: &str) -> Vec<String> {
    let clean = source.trim_start_matches("./").trim_matches('/');
    if clean.is_empty() || clean == "." {
        return Vec::new();
    }
    if !clean.contains(['*', '?', '['])
        || context.join(clean).is_some_and(|path| repo.exists(&path))
    {
        return vec![clean.to_owned()];
    }
    let Ok(glob) = IgnoreFile::parse(clean) else { return Vec::new() };
    let paths = repo.below(context).filter_map(|(path, _)| path.strip(context));
    paths
        .filter(|path| glob.patterns().iter().any(|pattern| pattern.matches(path)))
        .map(str::to_owned)
        .collect()
}

/// The files below a folder of the context that git tracks, relative to the context.
fn tracked_below(repo: &Repo, plan: &Plan, folder: &str) -> Vec<String> {
    let Some(folder) = plan.context.join(folder) else { return Vec::new() };
    if repo.entry(&folder) == Some(&Entry::File) {
        return Vec::new();
    }
    let files = repo.below(&folder).filter(|(_, entry)| *entry == Entry::File);
    files.filter_map(|(path, _)| path.strip(&plan.context)).map(str::to_owned).collect()
}

#[cfg(test)]
pub(crate) mod tests;
