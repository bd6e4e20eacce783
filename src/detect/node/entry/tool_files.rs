//! Files that a tool reads which the start script runs before the program: the schema, the
//! migrations and the settings of `knex migrate:latest && node dist/index.js`.

use anyhow::Result;
use serde::Deserialize;

use super::super::expression::{Anchor, Names, path};
use super::super::{App, prisma, token};
use crate::path::RelPath;

/// How many paths of one file of settings are read.
const MAX_PATHS: usize = 32;

/// What a tool reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    command: String,
    /// Names of its settings, in the folder of the application.
    settings: Vec<String>,
    /// The flag that names other settings.
    flag: Option<String>,
    /// Keys of the settings that name a file or a folder.
    #[serde(default)]
    keys: Vec<String>,
    /// What it reads if no key says so.
    #[serde(default)]
    reads: Vec<String>,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

/// The files and folders that a command needs, relative to the application.
pub(super) fn of(app: &App, command: &str, args: &[String]) -> Result<Vec<String>> {
    let rows: Vec<Row> = app.catalog.table("tool_files")?;
    let mut all = Vec::new();
    if command == "prisma" {
        all = prisma::files(&app.dir, &app.package);
        all.extend(flagged(args, "--schema"));
        // The migrations are beside the schema.
        let beside = |file: &String| {
            let folder = file.strip_suffix(".prisma")?.rsplit_once('/').map_or("", |(dir, _)| dir);
            Some(format!("{folder}/migrations").trim_start_matches('/').to_owned())
        };
        let beside: Vec<String> = all.iter().filter_map(beside).collect();
        all.extend(beside);
    }
    for row in rows.iter().filter(|row| row.command == command) {
        let stated = row.flag.as_deref().and_then(|flag| flagged(args, flag));
        let all_settings = stated.iter().chain(&row.settings);
        let settings = { all_settings }.find(|name| app.dir.has(name)).cloned();
        let mut named = Vec::new();
        if let Some(name) = &settings {
            named = paths(app, name, &row.keys)?;
        }
        all.extend(settings);
        all.extend(if named.is_empty() { row.reads.clone() } else { named });
    }
    let there = |name: &String| app.dir.join(name).is_some_and(|path| app.dir.repo.exists(&path));
    all.retain(|name| !name.is_empty() && there(name));
    let mut kept: Vec<String> = Vec::new();
    for name in all {
        let path = RelPath::new(&name).unwrap_or_default();
        // A folder holds what is below it.
        let held = |held: &String| RelPath::new(held).is_some_and(|held| path.is_within(&held));
        if !path.is_root() && !kept.iter().any(held) {
            kept.push(path.as_str().to_owned());
        }
    }
    Ok(kept)
}

/// The value of a flag: `--knexfile db/knexfile.js`, `--knexfile=db/knexfile.js`.
fn flagged(args: &[String], flag: &str) -> Option<String> {
    args.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(flag)? {
        "" => args.get(at + 1).cloned(),
        rest => rest.strip_prefix('=').map(str::to_owned),
    })
}

/// The paths under these keys of a file of settings, relative to the application.
fn paths(app: &App, name: &str, keys: &[String]) -> Result<Vec<String>> {
    let Some((file, text)) = app.dir.text(name)? else { return Ok(Vec::new()) };
    let tokens = token::tokens(&text);
    let names = Names::of(&tokens);
    let home = file.parent().unwrap_or_default();
    let mut found = Vec::new();
    for value in keys.iter().flat_map(|key| names.properties(key)).take(MAX_PATHS) {
        let Some(value) = path(value, &names) else { continue };
        // Knex changes into the folder of its settings; the others stand beside package.json.
        let folder = match value.from {
            Anchor::SourceFile | Anchor::WorkingDirectory => &home,
            Anchor::Home | Anchor::Root => continue,
        };
        // `./src/db/*.ts`
        let known = value.path.split('*').next().unwrap_or_default();
        let whole = known.len() == value.path.len();
        let known = if whole { known } else { known.rsplit_once('/').map_or("", |(dir, _)| dir) };
        let inside =
            folder.join(known).and_then(|path| path.strip(&app.dir.path).map(str::to_owned));
        found.extend(inside.filter(|way| !way.is_empty()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::from_scripts;
    use crate::repo::Repo;

    fn carried(tool: &str, script: &str, files: &[(&str, &str)]) -> String {
        let manifest = format!(
            r#"{{"scripts": {{"build": "tsc", "start": "{script} && node dist/a.js"}},
            "dependencies": {{"{tool}": "1"}}, "devDependencies": {{"typescript": "5"}}}}"#
        );
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let own =
            [("package.json", manifest.as_str()), ("tsconfig.json", options), ("src/a.ts", "")];
        let repo = Repo::from_files([&own, files].concat());
        let app = App::read(&repo.root()).unwrap().unwrap();
        from_scripts(&app).unwrap().0.remove(0).launch.carried.join(" ")
    }

    #[test]
    fn what_a_tool_before_the_program_reads_is_carried() {
        for (tool, script, files, expected) in [
            (
                "prisma",
                "prisma migrate deploy",
                &[("prisma/schema.prisma", ""), ("prisma/migrations/1/migration.sql", "")][..],
                "prisma",
            ),
            (
                "prisma",
                "prisma db push --schema db/schema.prisma",
                &[("db/schema.prisma", ""), ("db/migrations/1/migration.sql", "")],
                "db/schema.prisma db/migrations",
            ),
            (
                "knex",
                "knex migrate:latest",
                &[
                    ("knexfile.js", "module.exports = { migrations: { directory: './db/moves' } }"),
                    ("db/moves/1.js", ""),
                ],
                "knexfile.js db/moves",
            ),
            (
                "knex",
                "knex --knexfile db/knexfile.js migrate:latest",
                &[("db/knexfile.js", "module.exports = {}"), ("migrations/1.js", "")],
                "db/knexfile.js migrations",
            ),
            (
                "drizzle-kit",
                "drizzle-kit migrate",
                &[("drizzle.config.ts", "export default { out: './sql' }"), ("sql/1.sql", "")],
                "drizzle.config.ts sql",
            ),
            (
                "sequelize-cli",
                "sequelize-cli db:migrate",
                &[
                    (
                        ".sequelizerc",
                        "module.exports = { 'config': path.resolve('conf', 'db.js'), 'migrations-path': path.resolve('db', 'moves') }",
                    ),
                    ("conf/db.js", ""),
                    ("db/moves/1.js", ""),
                ],
                ".sequelizerc conf/db.js db/moves",
            ),
            (
                "sequelize-cli",
                "sequelize-cli db:migrate",
                &[("config/config.json", "{}"), ("migrations/1.js", "")],
                "config migrations",
            ),
        ] {
            assert_eq!(carried(tool, script, files), expected, "{script}");
        }
    }
}
