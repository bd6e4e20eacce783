//! An index of the patterns that can match a path, so that a long file is not tried line by line.

use std::collections::BTreeMap;

use super::Token;

/// Indices of patterns, by a property that all of their matches have.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// By the whole last component.
    names: BTreeMap<String, Vec<usize>>,
    /// By the extension of the last component.
    endings: BTreeMap<String, Vec<usize>>,
    /// By the folders before the first wildcard.
    folders: BTreeMap<String, Vec<usize>>,
    /// All others.
    others: Vec<usize>,
}

impl Index {
    /// Adds the pattern at `position`, which is larger than those before.
    pub(super) fn add(&mut self, position: usize, tokens: &[Token]) {
        let rows = if let Some(name) = last_name(tokens) {
            self.names.entry(name).or_default()
        } else if let Some(ending) = ending(tokens) {
            self.endings.entry(ending).or_default()
        } else if let Some(folder) = folder(tokens) {
            self.folders.entry(folder).or_default()
        } else {
            &mut self.others
        };
        rows.push(position);
    }

    /// The indices of the patterns that may match `path`, in order, together with `more`.
    pub(super) fn candidates(&self, path: &str, more: &[usize]) -> Vec<usize> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut found = more.to_vec();
        found.extend(&self.others);
        found.extend(self.names.get(name).into_iter().flatten());
        if let Some((_, ending)) = name.rsplit_once('.') {
            found.extend(self.endings.get(ending).into_iter().flatten());
        }
        if !self.folders.is_empty() {
            for (end, _) in path.match_indices('/') {
                found.extend(self.folders.get(&path[..end]).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The literal characters at the end, and the tokens before them.
fn tail(tokens: &[Token]) -> (&[Token], String) {
    let at = tokens.iter().rposition(|token| token.char().is_none()).map_or(0, |at| at + 1);
    (&tokens[..at], tokens[at..].iter().filter_map(Token::char).collect())
}

/// The last component, if it has no wildcard.
fn last_name(tokens: &[Token]) -> Option<String> {
    let (before, tail) = tail(tokens);
    match tail.rsplit_once('/') {
        Some((_, name)) => Some(name.to_owned()),
        None => begins_component(before).then_some(tail),
    }
    .filter(|name| !name.is_empty())
}

/// True if a path component begins after `before`, also if `**/` matches nothing.
fn begins_component(before: &[Token]) -> bool {
    match before.split_last() {
        None | Some((Token::Char('/'), _)) => true,
        Some((Token::Folders, before)) => begins_component(before),
        _ => false,
    }
}

/// The extension in `*.x`.
fn ending(tokens: &[Token]) -> Option<String> {
    let (_, tail) = tail(tokens);
    tail.rsplit_once('.').map(|(_, ending)| ending.to_owned()).filter(|e| !e.contains('/'))
}

/// The folders before the first wildcard.
fn folder(tokens: &[Token]) -> Option<String> {
    let head: String = tokens.iter().map_while(Token::char).collect();
    head.rsplit_once('/').map(|(folder, _)| folder.to_owned()).filter(|folder| !folder.is_empty())
}
