//! A script that updates the database's tables and that the container does not run.

use super::App;
use super::launch::Launch;
use super::manifest::Package;
use crate::facts::{Finding, FindingCode};
use crate::repo::Dir;

/// Usual names of such scripts.
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

/// Commands that update the tables, whatever the script is called.
const COMMANDS: [&str; 7] = [
    "prisma migrate deploy",
    "drizzle-kit migrate",
    "knex migrate:latest",
    "sequelize db:migrate",
    "sequelize-cli db:migrate",
    "typeorm migration:run",
    "mikro-orm migration:up",
];

/// The script of a package that updates the tables.
fn script(package: &Package) -> Option<String> {
    let usual = NAMES.iter().find(|name| package.script(name).is_some());
    let scripts = package.scripts();
    let by_command = || {
        let runs = |text: &str| COMMANDS.iter().any(|command| text.contains(command));
        scripts.iter().find(|(name, text)| runs(text) && !name.contains("dev")).map(|(n, _)| *n)
    };
    usual.copied().or_else(by_command).map(str::to_owned)
}

/// Reports a program that starts without its migrations.
pub(super) fn finding(app: &App, launch: &Launch) -> Option<Finding> {
    let before = launch.before.as_deref().unwrap_or_default();
    if ["migrat", "deploy"].iter().any(|word| before.contains(word)) {
        return None;
    }
    // Searches the application, the workspace members that it needs, and the workspace's root.
    let repo = app.dir.repo;
    let members =
        app.workspace.iter().flat_map(|workspace| &workspace.needed).filter_map(|folder| {
            Some((folder.clone(), Package::read(&Dir::new(repo, folder.clone())).ok()??))
        });
    let mut packages = vec![(app.dir.path.clone(), app.package.clone())];
    packages.extend(members);
    packages.extend(app.root_package.clone().map(|root| (app.root.path.clone(), root)));
    let (folder, package, name) = packages.into_iter().find_map(|(folder, package)| {
        let name = script(&package)?;
        Some((folder, package, name))
    })?;
    let text = package.script(&name).unwrap_or_default();
    let whose = if folder == app.dir.path { String::new() } else { format!(" of {folder}") };
    Some(Finding::new(
        FindingCode::MigrationsNotRun,
        format!("the container does not run the script {name}{whose} when it starts"),
        [package.at(&["scripts", &name], format!("`{text}`"))],
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
        let members = Repo::from_files([
            ("package.json", r#"{"workspaces": ["a", "db"]}"#),
            ("a/package.json", r#"{"name": "a", "dependencies": {"db": "*"}}"#),
            ("db/package.json", r#"{"name": "db", "scripts": {"migrate": "node up.js"}}"#),
        ]);
        let member = Dir::new(&members, crate::path::RelPath::new("a").unwrap());
        let said = finding(&App::read(&member).unwrap().unwrap(), &Launch::default()).unwrap();
        assert!(said.what.contains("migrate of db"), "{}", said.what);
        let named = Repo::from_files([(
            "package.json",
            r#"{"scripts": {"db-dev": "prisma migrate deploy", "tables": "prisma migrate deploy --schema x"}}"#,
        )]);
        let named = App::read(&named.root()).unwrap().unwrap();
        assert!(finding(&named, &Launch::default()).unwrap().what.contains("script tables"));
        let before = Some("node node_modules/knex/bin/cli.js migrate:latest".to_owned());
        assert!(finding(&app, &Launch { before, ..Launch::default() }).is_none());
    }
}
