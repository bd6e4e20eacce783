//! A script that updates the database's tables and that the container does not run.

use super::App;
use super::entry;
use super::launch::{Launch, Layout};
use super::manifest::Package;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

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
const COMMANDS: [&str; 15] = [
    "prisma migrate deploy",
    "drizzle-kit migrate",
    "knex migrate:latest",
    "sequelize db:migrate",
    "sequelize-cli db:migrate",
    "typeorm migration:run",
    "mikro-orm migration:up",
    "node-pg-migrate up",
    "db-migrate up",
    "migrate-mongo up",
    "dbmate up",
    "graphile-migrate migrate",
    "kysely migrate",
    "prisma db push",
    "drizzle-kit push",
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

/// The command that updates the tables in a line.
pub(super) fn command_in(line: &str) -> Option<&'static str> {
    COMMANDS.into_iter().find(|command| line.contains(command))
}

/// True for the name of a tool that updates tables.
pub(super) fn is_tool(word: &str) -> bool {
    COMMANDS.iter().any(|command| command.split(' ').next() == Some(word))
}

/// Scripts that run while dependencies are installed or the application is built, and that no image
/// has at its start.
const BUILDING: [&str; 6] =
    ["preinstall", "install", "postinstall", "prepare", "prebuild", "build"];

/// Reports a program that starts without its migrations.
pub(super) fn finding(app: &App, launch: &Launch) -> Option<Finding> {
    let before = launch.before.as_deref().unwrap_or_default();
    if launch.migrates || ["migrat", "deploy"].iter().any(|word| before.contains(word)) {
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
    let scripted = packages.iter().find_map(|(folder, package)| {
        let name = script(package)?;
        Some((folder, package, name))
    });
    let Some((folder, package, name)) = scripted else {
        let held = packages.iter().find_map(|(folder, package)| held(repo, folder, package));
        return held.filter(|_| launch.layout != Layout::Site);
    };
    let text = package.script(&name).unwrap_or_default();
    let whose = if *folder == app.dir.path { String::new() } else { format!(" of {folder}") };
    let of_build = BUILDING.contains(&name.as_str()).then(|| command_in(text)).flatten();
    let what = match of_build {
        Some(command) => format!("the container does not run `{command}` when it starts"),
        None => format!("the container does not run the script {name}{whose} when it starts"),
    };
    let evidence = package.at(&["scripts", &name], format!("`{text}`"));
    let said = Finding::new(FindingCode::MigrationsNotRun, what, [evidence]);
    Some(match of_build {
        Some(command) => said.with_fix(format!(
            "run `{command}` once for each release, beside the containers that serve; or put it \
             into the start script, before the program: dockgen then runs both"
        )),
        None => said,
    })
}

/// Reports migrations that the repository holds and that no script applies.
fn held(repo: &Repo, folder: &RelPath, package: &Package) -> Option<Finding> {
    let prisma = || {
        let schema = package.str(&["prisma", "schema"]).unwrap_or("prisma/schema.prisma");
        let path = folder.join(schema)?;
        let above = if path.extension() == "prisma" { path.parent()? } else { path };
        let below = above.join("migrations")?;
        let held = repo.files_under(&below).any(|path| path.file_name() == "migration.sql");
        held.then_some((below, COMMANDS[0]))
    };
    let drizzle = || {
        let mut files = repo.files_under(folder);
        let journal = files.find(|path| path.as_str().ends_with("/meta/_journal.json"))?;
        Some((journal.parent()?.parent()?, COMMANDS[1]))
    };
    let uses = |names: &[&str]| names.iter().any(|name| package.has(name));
    let (path, command) = uses(&["prisma", "@prisma/client"])
        .then(prisma)
        .flatten()
        .or_else(|| uses(&["drizzle-orm"]).then(drizzle).flatten())?;
    let what = format!("the container does not apply the migrations in {path} when it starts");
    let note = format!("`{command}` applies them, and no script runs it");
    let said = Finding::new(FindingCode::MigrationsNotRun, what, [Evidence::file(&path, note)]);
    Some(said.with_fix(format!(
        "run `{command}` once for each release, beside the containers that serve; or put it into \
         the start script, before the program: dockgen then runs both"
    )))
}

/// Reports a build that updates the tables of a database.
pub(super) fn in_build(app: &App, launch: &Launch) -> Option<Finding> {
    let name = launch.script.clone().or_else(|| app.build_script())?;
    let all = entry::commands(app, &name);
    let found = all.iter().find_map(|command| command_in(&command.argv.join(" ")))?;
    let text = app.package.script(&name).unwrap_or_default();
    let what = format!("the script {name} runs `{found}` while the image is built");
    let evidence = app.package.at(&["scripts", &name], format!("`{text}`"));
    Some(Finding::new(codes::BUILD_MIGRATES, what, [evidence]))
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
        let run = Launch { migrates: true, ..Launch::default() };
        assert!(finding(&app, &run).is_none());
        let before = Some("node node_modules/knex/bin/cli.js migrate:latest".to_owned());
        assert!(finding(&app, &Launch { before, ..Launch::default() }).is_none());
    }

    #[test]
    fn migrations_without_a_script_are_a_sign() {
        let of = |manifest: &str, file: &str| {
            let repo = Repo::from_files([("package.json", manifest), (file, "")]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            finding(&app, &Launch::default()).map(|said| said.what)
        };
        let prisma = r#"{"dependencies": {"@prisma/client": "6"}}"#;
        let said = of(prisma, "prisma/migrations/1_a/migration.sql").unwrap();
        assert!(said.contains("prisma/migrations"), "{said}");
        let drizzle = r#"{"dependencies": {"drizzle-orm": "1"}}"#;
        assert!(of(drizzle, "db/out/meta/_journal.json").unwrap().contains("db/out"));
        assert_eq!(of("{}", "prisma/migrations/1_a/migration.sql"), None);
        let installed = r#"{"scripts": {"postinstall": "prisma migrate deploy"}}"#;
        assert!(of(installed, "a").unwrap().contains("`prisma migrate deploy`"));
    }

    #[test]
    fn a_build_has_no_database() {
        let of = |build: &str| {
            let manifest =
                format!(r#"{{"scripts": {{"build": "{build}", "up": "knex migrate:latest"}}}}"#);
            let repo = Repo::from_files([("package.json", manifest.as_str())]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            in_build(&app, &Launch::default()).is_some()
        };
        assert!(of("npx prisma migrate deploy && next build") && of("npm run up && tsc"));
        assert!(!of("tsc"));
    }
}
