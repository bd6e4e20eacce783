//! The address of the database in Prisma's schema.

use anyhow::Result;

use super::super::App;
use super::super::manifest::Kind;
use super::{Scan, Source};
use crate::code::is_env_name;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};

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
        let url = lines.take_while(|(_, line)| !line.starts_with('}')).find_map(|(at, line)| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim().strip_prefix("env(\"")?;
            (key.trim() == "url").then_some((at, value.split('"').next()?))
        });
        let Some((line, name)) = url else { return Ok(()) };
        let set = scan.env.iter().any(|held| held.value.key == name)
            || scan.required.iter().any(|held| held.value == name);
        if set || !is_env_name(name) {
            return Ok(());
        }
        let note = format!("the address of the database is in {name}");
        let evidence = Evidence::at(&path, line, note);
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
}
