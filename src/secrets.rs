//! Which files contain secrets, by name and by content. The .dockerignore and `verify` share this
//! list.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;
use crate::glob::{Glob, Syntax};
use crate::path::RelPath;
use crate::repo::Repo;

/// Longer lines are skipped: no credential is that long.
const MAX_LINE: usize = 4096;

/// The list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// The date of the list.
    pub as_of: String,
    /// Suffixes of names for files without secrets.
    pub examples: Vec<String>,
    /// Patterns of places where a file is a source, whatever its name, if it holds no secret.
    sources: Vec<String>,
    row: Vec<Row>,
    content: Vec<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[allow(dead_code)]
    what: String,
    #[allow(dead_code)]
    source: String,
    hide: Vec<String>,
    refuse: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[allow(dead_code)]
    what: String,
    #[allow(dead_code)]
    source: String,
    names: Vec<String>,
    keys: Vec<String>,
    /// Keys before a `{`.
    #[serde(default)]
    blocks: Vec<String>,
    /// Of the addresses in it, those that something is fetched from count alone: such files hold
    /// addresses of databases for tests too.
    #[serde(default)]
    fetched: bool,
}

/// The rows.
///
/// # Errors
/// If dockgen's own list is broken.
pub fn catalog() -> Result<&'static Catalog> {
    static READ: OnceLock<Catalog> = OnceLock::new();
    if let Some(catalog) = READ.get() {
        return Ok(catalog);
    }
    let catalog = parsed("secrets.toml")?;
    Ok(READ.get_or_init(|| catalog))
}

impl Catalog {
    /// Patterns of a .dockerignore for files with the name of a secret.
    pub fn hidden(&self) -> impl Iterator<Item = &str> {
        self.row.iter().flat_map(|row| &row.hide).map(String::as_str)
    }

    /// Those of them that no image may contain, whatever the contents of the file.
    pub fn refused(&self) -> impl Iterator<Item = &str> {
        let rows = self.row.iter().map(|row| row.refuse.as_ref().unwrap_or(&row.hide));
        rows.flatten().map(String::as_str)
    }

    /// Patterns of places of sources.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str)
    }

    /// True for the name of an example file.
    pub fn is_example(&self, name: &str) -> bool {
        let begins = |word: &str| {
            name.strip_prefix(word).is_some_and(|rest| rest.starts_with(['.', '-', '_']))
        };
        self.examples.iter().any(|word| name.ends_with(word.as_str()) || begins(word))
    }
}

/// A credential that is written literally in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// The file.
    pub file: RelPath,
    /// The line, from 1.
    pub line: u32,
    /// Its key in the file.
    pub key: String,
}

/// The files of the repository that contain a literal credential, by path.
///
/// # Errors
/// If the list is broken. A file that cannot be read is skipped.
pub fn literals(repo: &Repo) -> Result<Rc<BTreeMap<RelPath, Literal>>> {
    struct Found(Rc<BTreeMap<RelPath, Literal>>);
    let rows = &catalog()?.content;
    let found = repo.once(&RelPath::root(), || {
        let mut found = BTreeMap::new();
        let named = rows.iter().flat_map(|row| row.names.iter().map(move |name| (row, name)));
        for (row, name) in named {
            for path in files(repo, name)? {
                let Ok(Some(text)) = repo.source_text(&path) else { continue };
                if let Some((line, key)) = literal(&text, row) {
                    found.insert(path.clone(), Literal { file: path, line, key });
                }
            }
        }
        Ok(Found(Rc::new(found)))
    })?;
    Ok(found.0.clone())
}

/// The files whose path ends in a name, which may have `*` in its parts.
fn files(repo: &Repo, name: &str) -> Result<Vec<RelPath>> {
    let Some((_, end)) = name.rsplit_once('*') else {
        let last = name.rsplit('/').next().unwrap_or_default();
        let ends =
            |path: &&RelPath| path.as_str() == name || path.as_str().ends_with(&format!("/{name}"));
        return Ok(repo.files_named(last).iter().filter(ends).cloned().collect());
    };
    let glob = Glob::new(&format!("**/{name}"), Syntax::default())?;
    // Every file is asked: most have another ending.
    let fits = |path: &&RelPath| path.as_str().ends_with(end) && glob.matches(path.as_str());
    Ok(repo.files_under(&RelPath::root()).filter(fits).cloned().collect())
}

/// Variables in place of credentials in a file of that name, such as `${NPM_TOKEN}`.
///
/// # Errors
/// If the list is broken.
pub fn references(name: &str, text: &str) -> Result<Vec<(u32, String)>> {
    let rows = catalog()?.content.iter().filter(|row| row.names.iter().any(|held| held == name));
    let mut found: Vec<(u32, String)> = Vec::new();
    for row in rows {
        for (number, line) in lines(text) {
            let values = row.keys.iter().filter_map(|key| value(line, key));
            for name in values.filter_map(reference) {
                if !found.iter().any(|(_, held)| *held == name) {
                    found.push((number, name));
                }
            }
        }
    }
    Ok(found)
}

fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let comment = |line: &str| {
        let line = line.trim_start();
        line.starts_with('#') || line.starts_with(';') || line.starts_with("<!--")
    };
    (1..).zip(text.lines()).filter(move |(_, line)| line.len() <= MAX_LINE && !comment(line))
}

/// The first literal credential in a text.
fn literal(text: &str, row: &Content) -> Option<(u32, String)> {
    lines(text).find_map(|(number, line)| {
        let opens = |key: &&String| {
            line.split_once(key.as_str())
                .is_some_and(|(_, rest)| rest.trim_start_matches(['"', ' ', ':']).starts_with('{'))
        };
        let key = row.keys.iter().find(|key| value(line, key).is_some_and(is_literal));
        let key = key.or_else(|| row.blocks.iter().find(opens)).cloned().or_else(|| {
            let held = if row.fetched { fetched_with_login(line) } else { in_address(line) };
            held.then(|| "an address".to_owned())
        });
        key.map(|key| (number, key))
    })
}

/// The value after `key` and a separator on a line, without quotes.
fn value<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    for (at, _) in line.match_indices(key) {
        if line[..at].ends_with(part) && !key.starts_with(char::is_uppercase) {
            continue;
        }
        let rest = line[at + key.len()..].trim_start_matches(['"', '\'']);
        // Yarn 1 has a blank as the separator.
        let blank = rest.starts_with([' ', '\t']) && !rest.trim_start().starts_with(['=', ':']);
        let rest = rest.trim_start();
        let Some(rest) = rest.strip_prefix(['=', ':', '>']).or(blank.then_some(rest)) else {
            continue;
        };
        let end = rest.find('<').unwrap_or(rest.len());
        return Some(
            rest[..end].trim().trim_end_matches([',', '}', ']']).trim_matches([' ', '"', '\'']),
        );
    }
    None
}

fn is_literal(value: &str) -> bool {
    let stands_for = ["$", "{{", "%", "<", "@", "env(", "{", "["];
    !value.is_empty()
        && !stands_for.iter().any(|start| value.starts_with(start))
        && !value.contains("${")
}

/// `${NAME}`, `${NAME:-}`, `${NAME?}`, `$NAME`, `${env.NAME}`.
fn reference(value: &str) -> Option<String> {
    let rest = value.split_once('$')?.1;
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let rest = rest.strip_prefix("env.").unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let name = &rest[..end];
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| name.to_owned())
}

/// True if a line contains an address with a password: `https://user:password@host`.
pub fn in_address(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let end = rest.find(['/', '"', '\'', ' ', '<', '?']).unwrap_or(rest.len());
        let login = rest[..end].rsplit_once('@').and_then(|(login, _)| login.split_once(':'));
        login.is_some_and(|(_, password)| is_literal(password))
    })
}

/// The first characters of tokens that hosts of repositories give out.
const TOKENS: [&str; 7] = ["ghp_", "gho_", "ghs_", "ghu_", "github_pat_", "glpat-", "gldt-"];

/// Shorter names of users are names.
const MIN_TOKEN: usize = 20;

/// True if a line contains an address that is fetched with a login: `https://user:password@host`,
/// `git+https://token@host`. A server of this machine needs none that is worth keeping.
pub fn fetched_with_login(line: &str) -> bool {
    line.match_indices("://").any(|(at, mark)| {
        let by_http = ["http", "https"].iter().any(|scheme| line[..at].ends_with(scheme));
        let rest = &line[at + mark.len()..];
        let end = rest.find(['/', '"', '\'', ' ', '<', '?', '#', ',']).unwrap_or(rest.len());
        let Some((login, host)) = rest[..end].rsplit_once('@') else { return false };
        let host = host.split(':').next().unwrap_or_default();
        if !by_http || ["localhost", "127.0.0.1"].contains(&host) {
            return false;
        }
        match login.split_once(':') {
            // The token is the name of the user.
            Some((user, "" | "x-oauth-basic")) => is_literal(user) && is_token(user),
            Some((_, password)) => is_literal(password),
            None => is_token(login),
        }
    })
}

/// True for a user that is none, but a token: a name alone is no secret.
fn is_token(user: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    TOKENS.iter().any(|start| user.starts_with(start))
        || user.len() >= MIN_TOKEN
            && user.chars().all(plain)
            && user.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_told_from_a_reference() {
        let cases = [
            (".npmrc", "//r.example/:_authToken=abc\n", true),
            (".npmrc", "//r.example/:_authToken=${NPM_TOKEN}\n", false),
            (".npmrc", "# //r.example/:_authToken=abc\nsave-exact=true\n", false),
            (".npmrc", "always-auth=true\nregistry=https://u:p@r.example/\n", true),
            (".npmrc", "registry=https://r.example/a:b@c\n", false),
            (".yarnrc.yml", "npmScopes:\n  a:\n    npmAuthToken: \"abc\"\n", true),
            (".yarnrc.yml", "npmAuthToken: ${NPM_TOKEN:-}\n", false),
            (".yarnrc", "\"//r.example/:_authToken\" \"abc\"\n", true),
            ("bunfig.toml", "[install.registry]\nurl = \"https://r\"\ntoken = \"abc\"\n", true),
            ("bunfig.toml", "\"@a\" = { token = \"$TOKEN\", url = \"https://r\" }\n", false),
            (".cargo/config.toml", "[registries.a]\ntoken = \"abc\"\n", true),
            (".cargo/config.toml", "global-credential-providers = [\"cargo:token\"]\n", false),
            ("settings.xml", "<server><password>abc</password></server>", true),
            ("settings.xml", "<server><password>${env.P}</password></server>", false),
            ("gradle.properties", "repoPassword=abc\norg.gradle.jvmargs=-Xmx1g\n", true),
            ("deep/auth.json", "{\"auths\": {\"r\": {\"auth\": \"abc\"}}}", true),
            ("en/auth.json", "{\"title\": \"Log in\"}", false),
            ("requirements.txt", "-i https://u:p@pypi.acme.example/simple\nflask\n", true),
            ("requirements.txt", "-i https://u:${PASS}@pypi.acme.example/simple\n", false),
            ("requirements.txt", "lib @ git+https://ghp_0123456789abcdef@github.com/a/b\n", true),
            ("requirements.txt", "git+https://${T}:x-oauth-basic@github.com/a/b\n", false),
            ("requirements/prod.txt", "git+https://u:p@github.com/a/b\n", true),
            ("requirements-dev.txt", "git+https://jane@bitbucket.org/a/b.git\n", false),
            ("notes/prod.txt", "https://u:p@github.com/a/b\n", false),
            ("pyproject.toml", "[[tool.uv.index]]\nurl = \"https://u:p@r.example/simple\"\n", true),
            ("pyproject.toml", "env = [\"DATABASE_URL=postgres://u:p@db/shop\"]\n", false),
            ("Pipfile", "[[source]]\nurl = \"https://u:$PASS@r.example/simple\"\n", false),
        ];
        for (name, text, is) in cases {
            let repo = Repo::from_files([(name, text)]);
            assert_eq!(literals(&repo).unwrap().len() == 1, is, "{name}: {text}");
        }
        let text = "//r/:_authToken=${NPM_TOKEN}\n//s/:_password=${PASS?}\nx=${Y}\n";
        let names: Vec<String> =
            references(".npmrc", text).unwrap().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["NPM_TOKEN", "PASS"]);
    }

    #[test]
    fn every_row_is_a_pattern_that_docker_takes() {
        let all: Vec<&str> = catalog().unwrap().hidden().collect();
        let text = all.join("\n");
        assert!(crate::docker::ignore::IgnoreFile::parse(&text).is_ok());
        assert!(catalog().unwrap().refused().count() < all.len());
    }
}
