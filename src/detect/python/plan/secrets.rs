//! Logins of package indexes, as secrets of the build.

use super::super::{Application, LoginRow, codes};
use crate::detect::Chosen;
use crate::facts::{BuildSecret, Finding, Handed};

/// The login of package indexes.
pub(super) struct Secrets {
    pub(super) mounts: Vec<BuildSecret>,
    pub(super) netrc: bool,
    pub(super) finding: Option<Finding>,
}

pub(super) fn secrets(chosen: &Chosen, app: &Application) -> Secrets {
    let mut secrets = Secrets { mounts: Vec::new(), netrc: false, finding: None };
    let public: Vec<String> = chosen.catalog.table("public").unwrap_or_default();
    let listed = app.tool.requirements.iter().flat_map(|all| &all.indexes);
    let listed = listed.map(|(url, evidence)| (String::new(), url.clone(), evidence.clone()));
    let stated = app.project.indexes.iter().cloned();
    let private = |url: &str| !public.iter().any(|host| url.contains(host.as_str()));
    for (name, url, evidence) in listed.chain(stated).filter(|(_, url, _)| private(url)) {
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
    secrets
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
