//! Logins of package indexes, as secrets of the build.

use std::collections::BTreeSet;

use anyhow::Result;

use super::super::{Application, LoginRow, codes};
use super::{ROOT, under};
use crate::detect::Chosen;
use crate::facts::{BuildSecret, Finding, Handed};
use crate::path::RelPath;
use crate::secrets::{fetched_with_login, literals};

/// Files that an install reads in each folder that it knows.
const READ: [&str; 4] = ["Pipfile", "pyproject.toml", "setup.cfg", "setup.py"];

/// The login of package indexes.
pub(super) struct Secrets {
    pub(super) mounts: Vec<BuildSecret>,
    pub(super) netrc: bool,
    pub(super) finding: Option<Finding>,
}

pub(super) fn secrets(chosen: &Chosen, app: &Application) -> Result<Secrets> {
    let mut secrets = Secrets { mounts: files(chosen, app)?, netrc: false, finding: None };
    let public: Vec<String> = chosen.catalog.table("public").unwrap_or_default();
    let listed = app.tool.requirements.iter().flat_map(|all| &all.indexes);
    let listed = listed.map(|(url, evidence)| (String::new(), url.clone(), evidence.clone()));
    let stated = app.project.indexes.iter().cloned();
    let private = |url: &str| !public.iter().any(|host| url.contains(host.as_str()));
    // The file with a login of its own is a secret itself.
    let asks = |url: &str| private(url) && !fetched_with_login(url);
    for (name, url, evidence) in listed.chain(stated).filter(|(_, url, _)| asks(url)) {
        let variables = variables(&url);
        let rows: Vec<LoginRow> = chosen.catalog.table("login").unwrap_or_default();
        let row = rows.into_iter().find(|row| row.tool == app.tool.id.value && !name.is_empty());
        let upper: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
            .collect();
        let names: Vec<String> = match row {
            _ if !variables.is_empty() => variables,
            Some(row) => row.variables.iter().map(|name| name.replace("{name}", &upper)).collect(),
            None => Vec::new(),
        };
        secrets.netrc |= names.is_empty();
        let flags: Vec<String> =
            names.iter().map(|name| format!("--secret id={name},env={name}")).collect();
        for name in names {
            secrets.mounts.push(BuildSecret {
                id: name.clone(),
                handed: Handed::Variable(name),
                required: false,
            });
        }
        if secrets.finding.is_none() {
            let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let host =
                host.rsplit('@').next().unwrap_or_default().split('/').next().unwrap_or_default();
            let what = format!("packages come from the index {host}, which is not PyPI");
            let mut finding = Finding::new(codes::PRIVATE_INDEX, what, [evidence]);
            if !flags.is_empty() {
                finding =
                    finding.with_fix(format!("build with `docker build {} ...`", flags.join(" ")));
            }
            secrets.finding = Some(finding);
        }
    }
    Ok(secrets)
}

/// The files of the install that hold a login: a COPY would keep it in a layer, so that they stay out
/// of the build context and are mounted where they are read.
fn files(chosen: &Chosen, app: &Application) -> Result<Vec<BuildSecret>> {
    let literals = literals(chosen.repo)?;
    let layout = &app.layout;
    let folders = [&app.dir, &layout.root].into_iter().chain(&layout.members);
    let folders = folders.chain(&layout.locals);
    let mut read: BTreeSet<RelPath> =
        folders.flat_map(|folder| READ.iter().filter_map(|name| folder.join(name))).collect();
    read.extend(chosen.facts.manifests.iter().cloned());
    let mut all = Vec::new();
    for path in read.into_iter().filter(|path| literals.contains_key(path)) {
        let Some(way) = path.strip(&chosen.facts.context) else { continue };
        let id = way.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let handed = Handed::File { file: path.clone(), target: under(ROOT, way) };
        let id = id.trim_matches('-').to_owned();
        all.push(BuildSecret { id, handed, required: true });
    }
    Ok(all)
}

/// The index that pip is told in place of `PyPI`, where its address can stand in a command.
pub(super) fn in_place_of_pypi(app: &Application) -> Option<&str> {
    let url = app.tool.requirements.as_ref()?.index.as_deref()?;
    let public = url.contains("//pypi.org/") || url.contains("//pypi.python.org/");
    (!public && !url.contains(['$', '@'])).then_some(url)
}

/// The variables in an address: `https://${USER}:${TOKEN}@example.com`.
fn variables(url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in url.split('$').skip(1) {
        let name: String = part
            .trim_start_matches('{')
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}
