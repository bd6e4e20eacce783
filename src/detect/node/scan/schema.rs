//! The address of the database in Prisma's schema.

use anyhow::Result;

use super::super::App;
use super::super::manifest::Kind;
use super::{Scan, Source};
use crate::code::is_env_name;
use crate::docker::lint::names_a_secret;
use crate::env_example;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Sourced};
use crate::path::RelPath;
use crate::settings::assignments;

/// Adds the variable with the address of the database that the schema names, which the client needs
/// for its first query: `url = env("DATABASE_URL")`.
/// <https://www.prisma.io/docs/orm/reference/prisma-schema-reference#datasource>
pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let mut all = sources.iter();
    let queries = app.package.dependency("@prisma/client") == Some(Kind::Production)
        && all.any(|source| source.imports("@prisma/client"));
    if !queries {
        return Ok(());
    }
    let stated = app.package.str(&["prisma", "schema"]);
    let names = [stated.unwrap_or_default(), "prisma/schema.prisma", "schema.prisma"];
    for path in names.iter().filter_map(|name| app.dir.join(name)) {
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        let lines = (1..).zip(text.lines()).skip_while(|(_, l)| !l.starts_with("datasource"));
        let lines: Vec<_> = lines.take_while(|(_, line)| !line.starts_with('}')).collect();
        let value = |wanted: &str| {
            lines.iter().find_map(|(at, line)| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == wanted).then_some((*at, value.trim()))
            })
        };
        let embedded = value("provider").is_some_and(|(_, name)| name.starts_with("\"sqlite\""));
        let Some((line, url)) = value("url") else { return Ok(()) };
        let Some(name) = url.strip_prefix("env(\"").and_then(|rest| rest.split('"').next()) else {
            if embedded {
                let stated = Evidence::at(&path, line, "the address of a SQLite database");
                let file = url.trim_matches('"').strip_prefix("file:");
                written(app, &path, file, &Sourced::new((), stated), scan);
            }
            return Ok(());
        };
        let set = scan.env.iter().any(|held| held.value.key == name)
            || scan.required.iter().any(|held| held.value == name);
        if set || !is_env_name(name) {
            return Ok(());
        }
        let note = format!("the address of the database is in {name}");
        let evidence = Evidence::at(&path, line, note);
        if embedded {
            // The address of a file is no secret: the one of the example serves in the image too.
            let example = env_example::of(app.dir.repo, &[&app.dir.path, &app.root.path])?;
            let stated = example.iter().flat_map(|example| &example.variables);
            let stated = stated.into_iter().find(|held| held.key == name);
            let stated = match stated {
                Some(held) => Some((held.value.clone(), held.evidence.clone())),
                None => of_env_file(app, name)?,
            };
            let file = stated
                .as_ref()
                .and_then(|(value, at)| Some((value, value.strip_prefix("file:")?, at)));
            if let Some((value, file, at)) = file {
                let source = Sourced::guessed((), at.clone());
                written(app, &path, Some(file), &source, scan);
                // No variable of an image is named like a secret.
                if !names_a_secret(name) {
                    let var = EnvVar { key: name.to_owned(), value: value.clone() };
                    scan.env.push(source.map(|()| var));
                    return Ok(());
                }
            } else {
                scan.findings
                    .push(Finding::folder_unknown(Some(name), None, [evidence.clone()]).with_fix(format!(
                    "set both, for example --writable /data --env {name}=file:/data/app.db, and \
                     mount a volume at /data"
                )));
            }
        }
        scan.required.push(Sourced::new(name.to_owned(), evidence.clone()));
        let what = format!("parts of the program fail without {name}");
        let said = Finding::new(FindingCode::VariablesRequired, what, [evidence]);
        scan.findings.push(said.with_fix(format!(
            "set it when the container starts: `docker run -e {name} ...` or --env-file"
        )));
        return Ok(());
    }
    Ok(())
}

/// The value of a variable in the .env of the repository, which the image does not hold.
fn of_env_file(app: &App, name: &str) -> Result<Option<(String, Evidence)>> {
    let Some((path, text)) = app.dir.text(".env")? else { return Ok(None) };
    let stated = assignments(&text).into_iter().find(|held| held.key == name);
    Ok(stated.map(|held| {
        let note = format!("the address of the database is in {name}");
        (held.value, Evidence::at(&path, held.line, note))
    }))
}

/// Adds the folder of a SQLite database. Prisma takes its path from the folder of the schema.
/// <https://www.prisma.io/docs/orm/overview/databases/sqlite#connection-details>
fn written(app: &App, schema: &RelPath, file: Option<&str>, source: &Sourced<()>, scan: &mut Scan) {
    let file = file.map(|file| file.split('?').next().unwrap_or_default());
    let Some(file) = file.filter(|file| !file.is_empty() && !file.contains(['$', ' '])) else {
        return;
    };
    let folder = if file.starts_with('/') {
        file.rsplit_once('/').map(|(folder, _)| folder.to_owned())
    } else {
        let path = schema.parent().unwrap_or_default().join(file);
        let folder = path.as_ref().and_then(RelPath::parent);
        let way = folder.as_ref().and_then(|folder| folder.strip(&app.dir.path));
        way.map(str::to_owned)
    };
    match folder.filter(|folder| !folder.is_empty()) {
        Some(folder) => {
            if !scan.writable.iter().any(|held| held.value == folder) {
                scan.writable.push(source.clone().map(|()| folder));
            }
        }
        None => scan.findings.push(Finding::writes_beside_program(
            file.rsplit('/').next(),
            source.evidence.iter().cloned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    #[test]
    fn the_address_in_the_schema_is_required() {
        let required = |import: &str, line: &str| {
            let schema = format!("datasource db {{\n  provider = \"mysql\"\n  {line}\n}}\n");
            let code = format!("import {{ PrismaClient }} from '{import}'; app.listen(80)");
            let repo = Repo::from_files([
                ("package.json", r#"{"main": "a.js", "dependencies": {"@prisma/client": "6"}}"#),
                ("a.js", code.as_str()),
                ("prisma/schema.prisma", schema.as_str()),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let found = program::all(&app).unwrap();
            let all = found.programs[0].0.required.iter().map(|held| held.value.clone());
            all.collect::<Vec<_>>()
        };
        assert_eq!(required("@prisma/client", "url = env(\"DB_URL\")"), ["DB_URL"]);
        assert!(required("@prisma/client", "url = \"file:./a.db\"").is_empty());
        assert!(required("other", "url = env(\"DB_URL\")").is_empty());
    }

    #[test]
    fn the_folder_of_a_sqlite_file_is_written() {
        let of = |url: &str, example: &str| {
            let schema = format!("datasource db {{\n  provider = \"sqlite\"\n  url = {url}\n}}\n");
            let repo = Repo::from_files([
                ("package.json", r#"{"main": "a.js", "dependencies": {"@prisma/client": "6"}}"#),
                ("a.js", "import { PrismaClient } from '@prisma/client'; app.listen(80)"),
                ("prisma/schema.prisma", schema.as_str()),
                (".env.example", example),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let program = program::all(&app).unwrap().programs.remove(0).0;
            let folders: Vec<_> = program.writable.iter().map(|held| held.value.clone()).collect();
            let env = program.env.iter().map(|held| held.value.value.clone()).collect::<String>();
            let unknown = program.findings.iter().any(|f| f.code.as_str() == "folder-unknown");
            (folders.join(" "), env, unknown)
        };
        let is = |folder: &str, env: &str, unknown| (folder.to_owned(), env.to_owned(), unknown);
        assert_eq!(of("\"file:./dev.db\"", ""), is("prisma", "", false));
        assert_eq!(of("\"file:/data/a.db?x=1\"", ""), is("/data", "", false));
        let url = "env(\"DB_URL\")";
        assert_eq!(
            of(url, "DB_URL=\"file:../store/x.db\"\n"),
            is("store", "file:../store/x.db", false)
        );
        assert_eq!(of(url, "OTHER=1\n"), is("", "", true));
    }
}
