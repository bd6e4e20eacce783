//! A script that brings the database's tables up to date, and that the container does not run.

use super::App;
use super::launch::Launch;
use crate::facts::{Finding, Severity};

/// The names that such scripts have.
const NAMES: [&str; 10] = [
    "migrate",
    "db:migrate",
    "migrate:up",
    "migrate:latest",
    "migrate:deploy",
    "migration:run",
    "migrations:run",
    "db:deploy",
    "db:migrate:deploy",
    "prisma:migrate",
];

/// What to say where the program starts without its migrations.
pub(super) fn finding(app: &App, launch: &Launch) -> Option<Finding> {
    let before = launch.before.as_deref().unwrap_or_default();
    if ["migrat", "deploy"].iter().any(|word| before.contains(word)) {
        return None;
    }
    let (name, text) = NAMES.iter().find_map(|name| Some((*name, app.package.script(name)?)))?;
    Some(Finding::new(
        "migrations-not-run",
        Severity::Note,
        format!("the container does not run the script {name} when it starts"),
        [app.package.at(&["scripts", name], format!("`{text}`"))],
        "a database that is new, or older than the program, lacks the tables until the migrations ran",
        "run them once for each release, beside the containers that serve; or put them into the start script, before the \
         program: dockgen then runs both",
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::repo::Repo;

    #[test]
    fn said_unless_the_start_runs_them() {
        let repo = Repo::from_files([(
            "package.json",
            r#"{"scripts": {"migrate": "knex migrate:latest", "start": "node server.js"}}"#,
        )]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let said = finding(&app, &Launch::default()).unwrap();
        assert!(said.what.contains("migrate") && said.evidence[0].line == Some(1));
        let before = Some("node node_modules/knex/bin/cli.js migrate:latest".to_owned());
        assert!(finding(&app, &Launch { before, ..Launch::default() }).is_none());
    }
}
