//! A static site: the folder of built files that a web server serves, and the path below which it
//! serves them.

use super::App;
use super::launch::{Launch, Layout};
use crate::facts::Evidence;
use crate::path::RelPath;

/// The page that answers for every unknown path of a single-page application.
pub(super) const INDEX: &str = "index.html";

/// A site that the repository builds.
pub(crate) struct Site {
    /// The tool that builds it.
    pub(crate) tool: &'static str,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
    /// True if nothing names the folder and the tool's default is used.
    pub(crate) assumed: bool,
}

pub(super) fn site(
    tool: &'static str,
    folder: &str,
    fallback: bool,
    evidence: Vec<Evidence>,
) -> Site {
    let fallback = fallback.then(|| INDEX.to_owned());
    let launch =
        Launch { layout: Layout::Site, site: Some(clean(folder)), fallback, ..Launch::default() };
    Site { tool, launch, evidence, assumed: false }
}

/// The base path that the script passes to its tool.
pub(super) fn base_flag(app: &App, name: &str, text: &str) -> Option<(String, Evidence)> {
    ["--base", "--public-url", "--base-href", "--baseUrl"].into_iter().find_map(|option| {
        let value = flag(text, option)?;
        let at = app.package.at(&["scripts", name], format!("{option} {value}"));
        Some((value, at))
    })
}

/// The path of an address or of a path, without slashes around it; `None` for the root and for
/// paths that are relative to the page.
pub(super) fn below(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => text,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    let inside = path.strip_prefix('/')?.trim_matches('/');
    let fits = !inside.is_empty() && inside.chars().all(plain) && !inside.contains("..");
    (fits && !inside.contains("//")).then(|| inside.to_owned())
}

pub(super) fn clean(folder: &str) -> String {
    // `../dist` is beside the application.
    RelPath::new(folder)
        .map_or_else(|| folder.trim_start_matches('/').to_owned(), |p| p.as_str().to_owned())
}

/// The value in `--flag value` or `--flag=value` of a script.
pub(super) fn flag(script: &str, name: &str) -> Option<String> {
    if name.is_empty() {
        return None;
    }
    let mut words = script.split_whitespace();
    while let Some(word) = words.next() {
        if word == name {
            return words.next().map(str::to_owned);
        }
        if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}
