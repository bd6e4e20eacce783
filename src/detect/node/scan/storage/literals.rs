//! Paths of the repository that the code names as texts, whatever opens them.

use super::super::super::App;
use super::super::super::expression::{Anchor, PathValue};
use super::super::super::launch::Launch;
use super::super::super::token::{Kind, Token, arguments, closing};
use super::super::location::fixed;
use super::super::{Scan, Source, referred};
use super::carry;
use crate::path::RelPath;

/// Adds the files and folders that the texts of a source name.
pub(super) fn read(app: &App, launch: &Launch, source: &Source, scan: &mut Scan) {
    texts(app, launch, source, scan);
    templates(app, launch, source, scan);
}

/// True for a folder of the repository that is neither the application nor its sources.
pub(super) fn is_carried_whole(app: &App, text: &str) -> bool {
    let way = RelPath::new(text).filter(|way| !way.is_root());
    let first = way.as_ref().and_then(|way| way.as_str().split('/').next());
    let source = first.is_none_or(|first| matches!(first, "src" | "node_modules"));
    !source && app.dir.join(text).is_some_and(|path| app.dir.repo.is_dir(&path))
}

/// Adds the folder with which a template begins: `./mails/${name}.html`.
fn templates(app: &App, launch: &Launch, source: &Source, scan: &mut Scan) {
    for token in &source.tokens {
        let Kind::Template(text) = &token.kind else { continue };
        let file = text.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let marked = text.starts_with("./") || file && !text.contains(':');
        let known = text.split_once("${}").and_then(|(known, _)| Some(known.rsplit_once('/')?.0));
        let Some(folder) = known.filter(|_| marked && text.len() < 200) else { continue };
        if !folder.starts_with('/') && is_carried_whole(app, folder) {
            let note = "a folder of the repository with which a path begins";
            let folder = folder.trim_start_matches("./");
            carry(app, launch, folder, source.at(token.at, note), scan);
        }
    }
}

/// Adds files of the repository that a literal names by their path from the working directory,
/// whatever library opens them: `YAML.load('./openapi.yaml')`.
fn texts(app: &App, launch: &Launch, source: &Source, scan: &mut Scan) {
    for (index, token) in source.tokens.iter().enumerate().skip(1) {
        let Some(text) = token.text().filter(|text| text.len() > 3 && text.len() < 200) else {
            continue;
        };
        let before = &source.tokens[index - 1];
        let called = index > 1 && before.is('(');
        let module = before.is_word("from")
            || before.is_word("import")
            || called && ["require", "import"].iter().any(|w| source.tokens[index - 2].is_word(w));
        let name = text.rsplit('/').next().unwrap_or_default();
        let marked = text.starts_with("./")
            || text.contains('/') && name.contains('.')
            || text.ends_with('/') && is_listed(&source.tokens, index);
        if module || !marked || text.starts_with(['/', '@']) || text.contains("://") {
            continue;
        }
        if text.contains('*') && !is_joined(&source.tokens, index) {
            let found = PathValue::new(Anchor::WorkingDirectory, text);
            let evidence = source.at(token.at, "a pattern as a literal");
            referred::matched(app, source, (&found, text), &evidence, scan);
        }
        if let Some(folder) = folder(app, source, index, text) {
            let note = "a folder of the repository as a literal";
            carry(app, launch, &folder, source.at(token.at, note), scan);
            continue;
        }
        let path = app.dir.join(text).filter(|path| app.dir.repo.is_file(path));
        // Programs name these files to people.
        let document = ["README", "LICENSE", "CHANGELOG"].iter().any(|word| name.contains(word));
        if let Some(path) = path.filter(|_| !document) {
            let note = "a path of the repository as a literal";
            carry(app, launch, &path.relative_to(&app.dir.path), source.at(token.at, note), scan);
        }
    }
}

/// The folder of the repository that a literal names by its whole path from the working directory,
/// or with which a pattern begins: `directory: "./db/migrations"` or `glob("./mails/*.html")`.
/// Parts of other paths do not count, nor do sources that a build compiles, except for
/// `swagger-jsdoc`, which reads the comments in sources.
fn folder(app: &App, source: &Source, index: usize, text: &str) -> Option<String> {
    let before = &source.tokens[index - 1];
    let listed = before.is(':') || before.is('=') || is_listed(&source.tokens, index);
    let whole = listed || before.is('(') && text.starts_with("./");
    let joins = is_joined(&source.tokens, index);
    let documents = source.imports("swagger-jsdoc") && text.contains('*');
    let way = RelPath::new(fixed(text).trim_end_matches('/'))?;
    let sources = way.as_str().split('/').next() == Some("src") && !documents;
    let path = app.dir.join(way.as_str())?;
    let held = app.dir.repo.is_dir(&path) && path != app.dir.path;
    (whole && !joins && !sources && held).then(|| way.as_str().to_owned())
}

/// How many tokens before a text its bracket is looked for.
const MAX_BEFORE: usize = 64;

/// The bracket around a token that is an element of a list or an argument.
fn bracket(tokens: &[Token], index: usize) -> Option<usize> {
    let mut open = 0_usize;
    for at in (index.saturating_sub(MAX_BEFORE)..index).rev() {
        match tokens[at].kind {
            Kind::Mark(')' | ']' | '}') => open += 1,
            Kind::Mark('(' | '[' | '{') if open == 0 => return Some(at),
            Kind::Mark('(' | '[' | '{') => open -= 1,
            Kind::Mark(';') => return None,
            _ => {}
        }
    }
    None
}

/// True for an element of a list: `["./a", "./b"]`.
fn is_listed(tokens: &[Token], index: usize) -> bool {
    let begins = tokens[index - 1].is('[') || tokens[index - 1].is(',');
    begins && bracket(tokens, index).is_some_and(|at| tokens[at].is('['))
}

/// True for an argument of `join` or `resolve`, which is a part of a path.
fn is_joined(tokens: &[Token], index: usize) -> bool {
    let open = bracket(tokens, index).filter(|&at| at > 0 && tokens[at].is('('));
    open.is_some_and(|at| ["join", "resolve"].iter().any(|word| tokens[at - 1].is_word(word)))
}

/// The last argument of a call of some function that makes a path, if it is plain text: `below(root,
/// "static")`. The folder of that name in the repository is meant, wherever the function looks.
pub(super) fn handed(tokens: &[Token]) -> Option<&str> {
    let open = tokens.iter().take(4).position(|token| token.is('('))?;
    tokens.first()?.word()?;
    if open == 0 || closing(tokens, open) + 1 != tokens.len() {
        return None;
    }
    let args = arguments(tokens, open);
    let [text] = args.last()? else { return None };
    let text = text.text()?.trim_start_matches("./").trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    (!text.is_empty() && !text.starts_with(['.', '/']) && text.chars().all(plain)).then_some(text)
}
