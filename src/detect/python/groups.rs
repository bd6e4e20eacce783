//! Which groups of dependencies and which extras production needs beside the dependencies
//! themselves: those that uv installs unasked, those that the project names for production, and one
//! that holds the server where nothing else does.

use std::collections::BTreeMap;

use anyhow::Result;

use super::installed::Installed;
use super::manifest::{Project, is_for_development};
use super::requirement::{Requirement, normal};
use super::source::Sources;
use super::tables::{Interface, Tables};
use super::tool::{From, Tool};
use super::{LANGUAGE, codes};
use crate::catalog::Catalog;
use crate::facts::{Evidence, Finding, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// Names of groups that say what they are for.
const PRODUCTION: [&str; 6] = ["container", "deploy", "deployment", "docker", "prod", "production"];

/// The group that `uv sync --no-dev` leaves out.
const DEV: &str = "dev";

/// Maximum number of modules in which a server's import is looked for.
const MAX_READ: usize = 400;

/// The groups that are installed.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Those that the command must name.
    pub(super) named: Vec<String>,
    /// Those that the tool installs unasked.
    pub(super) unasked: Vec<String>,
    pub(super) findings: Vec<Finding>,
}

impl Groups {
    /// The requirements of all of them.
    pub(super) fn requirements<'p>(
        &'p self,
        project: &'p Project,
    ) -> impl Iterator<Item = &'p Requirement> {
        let names = self.named.iter().chain(&self.unasked);
        names.filter_map(|name| project.groups.get(name)).flat_map(|(listed, _)| listed)
    }
}

/// The groups of a project that are installed by this tool.
///
/// # Errors
/// If the catalog is broken.
pub(super) fn groups(project: Option<&Project>, tool: &Tool) -> Result<Groups> {
    let mut found = Groups::default();
    let Some(project) = project.filter(|project| !project.groups.is_empty()) else {
        return Ok(found);
    };
    let id = tool.id.value.as_str();
    let known = matches!(id, "uv" | "poetry");
    if !known || !matches!(tool.from, From::Lock | From::Manifest | From::Project) {
        return Ok(found);
    }
    if id == "uv" && tool.from == From::Lock {
        let unasked = project.default_groups.iter().filter(|name| *name != DEV);
        found.unasked =
            unasked.filter(|name| project.groups.contains_key(*name)).cloned().collect();
    }
    let held: Vec<&Requirement> = found.requirements(project).collect();
    let others = project.groups.iter();
    // The group that stands for the dependencies is installed as they are.
    let main = project.main_group.as_deref().map(normal).filter(|_| tool.from == From::Project);
    let others = others.filter(|(name, _)| {
        !found.unasked.contains(name) && main.as_deref() != Some(name.as_str())
    });
    let server = server(project, held, others.clone())?;
    let mut named = Vec::new();
    for (name, (_, evidence)) in others {
        let at = match &server {
            Some((of, package)) if of == name => {
                Evidence { note: format!("the group {name} holds {package}"), ..evidence.clone() }
            }
            _ if PRODUCTION.contains(&name.as_str()) => evidence.clone(),
            _ => continue,
        };
        let what = format!("the image installs the group {name} of the project too");
        found.findings.push(Finding::new(codes::GROUP_INSTALLED, what, [at]));
        named.push(name.clone());
    }
    found.named = named;
    Ok(found)
}

/// The extra that holds the server of the project, where its dependencies have none.
///
/// # Errors
/// If the catalog is broken.
pub(super) fn extra(project: &Project, tool: &Tool) -> Result<Option<Sourced<String>>> {
    if project.extras.is_empty() || tool.requirements.is_some() {
        return Ok(None);
    }
    let found = server(project, Vec::new(), project.extras.iter())?;
    Ok(found.map(|(name, package)| {
        let (_, evidence) = &project.extras[&name];
        let note = format!("the extra {name} holds {package}, and the dependencies no server");
        Sourced::guessed(name, Evidence { note, ..evidence.clone() })
    }))
}

/// The extra that holds a server which the code imports by itself, where nothing else installs it.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn imported(
    dir: &Dir,
    roots: &[RelPath],
    project: &Project,
    installed: &Installed,
) -> Result<Option<Sourced<String>>> {
    let tables = Tables::of(Catalog::of(LANGUAGE.id)?)?;
    let offered = project.extras.iter().filter(|(name, _)| !is_for_development(name));
    let servers = tables.servers.iter().filter(|server| !server.development);
    let servers: Vec<&str> = servers.map(|server| server.package.as_str()).collect();
    let held = offered.filter_map(|(name, (listed, at))| {
        let one = listed.iter().find(|one| servers.contains(&one.name.as_str()))?;
        (!installed.has(&one.name)).then_some((name, &one.name, at))
    });
    let held: Vec<_> = held.collect();
    if held.is_empty() {
        return Ok(None);
    }
    let sources = Sources::new(dir.repo, &dir.path, roots);
    for path in sources.all.iter().take(MAX_READ) {
        let Some(text) = dir.repo.source_text(path)? else { continue };
        for (name, package, at) in &held {
            let module = package.replace('-', "_");
            let imports = |line: &str| {
                let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                let first = words.next();
                matches!(first, Some("import" | "from")) && words.next() == Some(&module)
            };
            if text.contains(module.as_str()) && text.lines().any(|line| imports(line.trim_start()))
            {
                let note = format!("the extra {name} holds {package}, which {path} imports");
                let at = Evidence { note, ..(*at).clone() };
                return Ok(Some(Sourced::guessed((*name).clone(), at)));
            }
        }
    }
    Ok(None)
}

/// The list that brings a server for the project's framework, and that server, where its
/// dependencies and `held` have a framework and no server.
fn server<'p>(
    project: &Project,
    held: Vec<&Requirement>,
    lists: impl Iterator<Item = (&'p String, &'p (Vec<Requirement>, Evidence))>,
) -> Result<Option<(String, String)>> {
    let tables = Tables::of(Catalog::of(LANGUAGE.id)?)?;
    let direct = project.dependencies.iter().map(|(_, one)| one).chain(held);
    let direct: BTreeMap<&str, &Requirement> = direct.map(|one| (one.name.as_str(), one)).collect();
    let frameworks: Vec<_> =
        tables.frameworks.iter().filter(|one| direct.contains_key(one.package())).collect();
    let fits = |server: &&super::tables::Server| {
        !server.development
            && frameworks.iter().any(|framework| {
                let asked = server.interfaces.contains(&framework.interface);
                framework.interface != Interface::Script
                    && (asked || framework.servers.contains(&server.package))
            })
    };
    let servers: Vec<_> = tables.servers.iter().filter(fits).collect();
    let brings = |one: &Requirement| {
        servers.iter().any(|server| {
            server.package == one.name
                || server.brought.iter().any(|by| match by.split_once('[') {
                    Some((package, extra)) => {
                        one.name == package
                            && one.extras.iter().any(|held| held == extra.trim_end_matches(']'))
                    }
                    None => *by == one.name,
                })
        })
    };
    if frameworks.is_empty() || direct.values().any(|one| brings(one)) {
        return Ok(None);
    }
    for (name, (listed, _)) in lists.filter(|(name, _)| !is_for_development(name)) {
        if let Some(one) = listed.iter().find(|one| brings(one)) {
            return Ok(Some((name.clone(), one.name.clone())));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use crate::detect;
    use crate::detect::python::codes;
    use crate::path::RelPath;
    use crate::repo::Repo;

    const APP: (&str, &str) = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");

    fn facts(manifest: &str, more: &[(&str, &str)]) -> crate::facts::Facts {
        let files = [&[APP, ("pyproject.toml", manifest)], more].concat();
        let repo = Repo::from_files(files);
        detect::scan(&repo, &RelPath::root()).unwrap().remove(0)
    }

    #[test]
    fn a_server_in_a_group_is_installed() {
        let uv = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask>=3\"]\n\
            [dependency-groups]\ndev = [\"pytest\"]\nbase = [\"gunicorn>=22\"]\nserve = [{ include-group = \"base\" }]\n";
        let said = |facts: &crate::facts::Facts| -> Vec<String> {
            let own = facts.findings.iter();
            own.filter(|one| one.code == codes::GROUP_INSTALLED)
                .map(|one| one.what.clone())
                .collect()
        };
        let found = facts(uv, &[]);
        assert_eq!(said(&found), ["the image installs the group base of the project too"]);
        assert_eq!(found.programs[0].port.as_ref().unwrap().value, 8000);
        // uv installs it unasked.
        let lock = "version = 1\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\n\
            [[package]]\nname = \"flask\"\nversion = \"3.1\"\n[[package]]\nname = \"gunicorn\"\nversion = \"23.0\"\n";
        let unasked = format!("{uv}[tool.uv]\ndefault-groups = [\"serve\"]\n");
        let found = facts(&unasked, &[("uv.lock", lock)]);
        assert!(said(&found).is_empty());
        assert_eq!(found.programs[0].id, "app:app");
        // One for development holds none that production may use.
        let dev = uv.replace("serve = ", "test = ").replace("base", "dev-tools");
        assert!(said(&facts(&dev, &[])).is_empty());
        let poetry = "[tool.poetry]\nname = \"shop\"\npackage-mode = false\n[tool.poetry.dependencies]\nflask = \"^3\"\n\
            [tool.poetry.group.serve.dependencies]\ngunicorn = \"^23\"\n[build-system]\nrequires = [\"poetry-core\"]\n";
        assert_eq!(
            said(&facts(poetry, &[])),
            ["the image installs the group serve of the project too"]
        );
    }

    #[test]
    fn an_extra_with_the_server_is_the_default() {
        let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask>=3\"]\n\
            [project.optional-dependencies]\ndev = [\"waitress\"]\nserve = [\"gunicorn>=22\"]\n";
        let found = facts(manifest, &[]);
        let asked = found.questions.iter().find(|one| one.id == "extras").unwrap();
        assert_eq!(asked.default.as_ref().unwrap().value, "serve");
        assert_eq!(found.programs[0].id, "app:app");
        let own = manifest.replace("\"flask>=3\"", "\"flask>=3\", \"waitress\"");
        let found = facts(&own, &[]);
        let asked = found.questions.iter().find(|one| one.id == "extras").unwrap();
        assert_eq!(asked.default.as_ref().unwrap().value, "");
    }
}
