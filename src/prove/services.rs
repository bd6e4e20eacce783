//! The services that a program needs: recognised by its variables, the compose files of the
//! repository and its client libraries.

use anyhow::Result;
use serde::Serialize;

use super::catalog::catalog;
use super::found::Row as Told;
use crate::config::verify::Service;
use crate::evidence::Evidence;
use crate::pipeline::{App, Draft};
use crate::plan::Plan;
use crate::services::{self, Asked, Row, identifier};
use crate::settings;
use crate::shell;
use crate::verify::Wanted;

/// A service that the program seems to need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Needed {
    /// Its name, under which the program reaches it.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Why it seems to be needed: `compose.yaml:7`.
    pub because: String,
    /// It runs beside the program.
    pub started: bool,
    /// The variables that the program is given for it, `KEY=VALUE`.
    pub variables: Vec<String>,
    /// It keeps a program's tables.
    #[serde(skip)]
    is_database: bool,
    /// Its own environment, arguments included.
    #[serde(skip)]
    service: Service,
}

impl Needed {
    fn new(
        row: &'static Row,
        image: String,
        because: &str,
        variables: Vec<String>,
        name: &str,
    ) -> Self {
        let service =
            Service { image: image.clone(), env: environment(row, name), args: row.args.clone() };
        let (name, because) = (row.id.clone(), because.to_owned());
        let is_database = row.kind == "database";
        Self { name, image, because, started: false, variables, is_database, service }
    }

    /// Its row in the report.
    pub(super) fn row(&self, wanted: &Wanted) -> Told {
        let keys: Vec<&str> =
            self.variables.iter().filter_map(|pair| pair.split('=').next()).collect();
        let seen = match wanted.services.get(&self.name) {
            Some(service) => {
                format!("{} runs as `{}`; set: {}", service.image, self.name, keys.join(", "))
            }
            None => "not started".to_owned(),
        };
        let assumed = self.because.clone();
        Told { what: format!("service {}", self.name), assumed, seen, changed: None }
    }
}

fn environment(row: &Row, name: &str) -> Vec<String> {
    row.env(name).into_iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// The services that an application seems to need, in the order of the table.
///
/// # Errors
/// If a file of the repository cannot be read.
pub(super) fn needed(app: &App, draft: &Draft) -> Result<Vec<Needed>> {
    let (repo, plan) = (&app.survey.repo, &draft.plan);
    let (language, name) = (app.facts.language.as_str(), identifier(plan.name.as_str()));
    let asked = Asked {
        folders: [&plan.app, &plan.context],
        example: draft.example.as_ref(),
        required: plan.runtime.required.iter().map(ToString::to_string).collect(),
        // An application that starts without a service is observed without it first.
        looked_for: Vec::new(),
        manifests: &draft.facts.manifests,
        name: &name,
    };
    let mut found: Vec<Needed> = Vec::new();
    for one in services::needed(repo, &asked)? {
        let because = one.evidence.first().map(Evidence::place).unwrap_or_default();
        let pairs = one.variables.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut needed = Needed::new(one.row, one.image, &because, pairs, &name);
        if needed.variables.is_empty() {
            needed.variables = usual(one.row, language, &name)?;
        }
        found.push(needed);
    }
    let mut named = Vec::new();
    for row in services::rows()?.iter().filter(|row| found.iter().all(|one| one.name != row.id)) {
        let manifest = row.named_in(repo, &draft.facts.manifests)?;
        named.extend(manifest.map(|manifest| (row, manifest)));
    }
    let is_database = |row: &Row| row.kind == "database";
    let known = found.iter().any(|one| one.is_database);
    // A program with clients of several databases needs one of them at most, and nobody says which.
    let several = named.iter().filter(|(row, _)| is_database(row)).count() > 1;
    for (row, manifest) in named {
        let variables = usual(row, language, &name)?;
        if variables.is_empty() || is_database(row) && (known || several) {
            continue;
        }
        let because = manifest.to_string();
        found.push(Needed::new(row, row.image.clone(), &because, variables, &name));
    }
    // Two databases cannot share one variable: the first one has it.
    let mut taken: Vec<String> = Vec::new();
    for one in &mut found {
        one.variables.retain(|pair| !taken.contains(&key(pair)));
        taken.extend(one.variables.iter().map(|pair| key(pair)));
    }
    Ok(found)
}

/// The variables that drivers of a language read by themselves.
fn usual(row: &Row, language: &str, name: &str) -> Result<Vec<String>> {
    let catalog = catalog()?;
    let own = catalog.usual_of.get(language).and_then(|rows| rows.get(&row.id));
    let forms = catalog.usual.get(&row.id).into_iter().chain(own).flatten();
    Ok(forms.map(|form| row.fill(form, name)).collect())
}

fn key(pair: &str) -> String {
    pair.split('=').next().unwrap_or_default().to_owned()
}

/// Adds a service to the settings of a run. A person's own variables come first.
pub(super) fn add(needed: &Needed, wanted: &mut Wanted) {
    wanted.services.insert(needed.name.clone(), needed.service.clone());
    for pair in &needed.variables {
        if !wanted.env.iter().any(|held| key(held) == key(pair)) {
            wanted.env.push(pair.clone());
        }
    }
}

/// Gives the services of a person the variables of their images, where they have none.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub fn complete(wanted: &mut Wanted) -> Result<()> {
    for (host, service) in &mut wanted.services {
        let row = Row::of_image(&service.image)?;
        if let Some(row) = row.filter(|_| service.env.is_empty()) {
            service.env = environment(row, &identifier(host));
        }
    }
    Ok(())
}

/// The command that brings a database up to date, in the program's image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Migration {
    /// Where it stands: `package.json:9`.
    pub(super) place: String,
    /// As it stands there.
    pub(super) line: String,
    /// The words that run it; none if the image cannot.
    pub(super) words: Vec<String>,
}

/// The migration that the repository names.
///
/// # Errors
/// If the manifest cannot be read.
pub(super) fn migration(
    app: &App,
    plan: &Plan,
    holds: &dyn Fn(&str) -> bool,
) -> Result<Option<Migration>> {
    let rows = &catalog()?.migrations;
    let Some(path) = app.facts.dir.join(&rows.manifest) else { return Ok(None) };
    let Some(text) = app.survey.repo.text(&path).ok().flatten() else { return Ok(None) };
    let Some(root) = settings::parse_json(&text) else { return Ok(None) };
    let Some(scripts) = root.get(&rows.table) else { return Ok(None) };
    let Some(entry) = rows
        .names
        .iter()
        .find_map(|name| scripts.entries().iter().find(|entry| entry.key == *name))
    else {
        return Ok(None);
    };
    let line = entry.item.text().unwrap_or_default().to_owned();
    let chain = shell::parse(&line);
    let mut words = Vec::new();
    if let ([command], None, Some(interpreter)) =
        (chain.commands.as_slice(), chain.shell, &plan.runtime.interpreter)
    {
        let (first, rest) = command.argv.split_first().map_or(("", &[][..]), |(f, r)| (f, r));
        let interpreter = interpreter.as_str().to_owned();
        let workdir = plan.runtime.workdir.as_str().trim_end_matches('/').to_owned();
        let program = format!("{workdir}/{}/{first}", rows.programs);
        if interpreter.rsplit('/').next() == Some(first) {
            words = std::iter::once(interpreter).chain(rest.iter().cloned()).collect();
        } else if !first.is_empty() && !first.contains('/') && holds(&program) {
            words = [interpreter, program].into_iter().chain(rest.iter().cloned()).collect();
        }
    }
    Ok(Some(Migration { place: format!("{path}:{}", entry.line), line, words }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_variables_are_of_known_services_and_whole() {
        let catalog = catalog().unwrap();
        for (id, forms) in catalog.usual.iter().chain(catalog.usual_of.values().flatten()) {
            let row = services::rows().unwrap().iter().find(|row| row.id == *id);
            let row = row.unwrap_or_else(|| panic!("{id} is no service"));
            for form in forms {
                let filled = row.fill(form, "shop");
                assert!(!filled.contains(['{', '}']) && filled.contains('='), "{filled}");
            }
        }
    }

    #[test]
    fn an_image_that_is_known_gets_its_variables() {
        let service = |image: &str| Service { image: image.to_owned(), ..Service::default() };
        let mut wanted = Wanted::of(&crate::config::verify::Settings::default());
        for (name, image) in [("db", "docker.io/library/postgres:15@sha256:x"), ("x", "mine:1")] {
            wanted.services.insert(name.to_owned(), service(image));
        }
        complete(&mut wanted).unwrap();
        assert!(
            wanted.services["db"].env.iter().any(|pair| pair.starts_with("POSTGRES_PASSWORD="))
        );
        assert!(wanted.services["x"].env.is_empty());
    }
}
