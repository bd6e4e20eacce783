//! Migrations that the program runs itself.

use super::super::App;
use super::super::manifest::Kind;
use super::super::migrations;
use super::super::token::Token;
use super::{Scan, Source};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};

/// How many words of a command are read.
const MAX_WORDS: usize = 12;

/// Notes that the code of the program updates the tables. A development dependency whose command it
/// starts for this stays in the image.
pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) {
    for source in sources {
        let drizzle = drizzle(source);
        for (index, token) in source.tokens.iter().enumerate() {
            if by_library(source, index, drizzle) {
                scan.migrates = true;
            }
            let Some(command) = command(&source.tokens[index..], token) else { continue };
            scan.migrates = true;
            let tool = command.split(' ').next().unwrap_or_default();
            let evidence = source.at(token.at, format!("starts `{command}`"));
            if app.package.dependency(tool) == Some(Kind::Development) && !scan.starts_development {
                scan.starts_development = true;
                scan.findings.push(development(tool, evidence));
            }
        }
    }
}

fn development(tool: &str, evidence: Evidence) -> Finding {
    let what = format!("{tool} is a development dependency, and the program starts its command");
    Finding::new(codes::DEV_DEPENDENCY_AT_RUN_TIME, what, [evidence])
        .with_fix(format!("move {tool} to `dependencies`"))
}

/// True if a library updates the tables at this token: `TypeORM`'s `migrationsRun: true` and
/// `runMigrations()`, Knex's `migrate.latest()`, Drizzle's `migrate(..)`, `MikroORM`'s and Umzug's
/// migrators.
fn by_library(source: &Source, index: usize, drizzle: bool) -> bool {
    let tokens = &source.tokens[index..];
    let Some(word) = tokens[0].word() else { return false };
    let next = |at: usize, mark: char| tokens.get(at).is_some_and(|token| token.is(mark));
    match word {
        "migrationsRun" => next(1, ':') && tokens.get(2).is_some_and(|token| token.is_word("true")),
        "runMigrations" | "getMigrator" | "runPendingMigrations" => next(1, '('),
        "migrate" if next(1, '.') => {
            tokens.get(2).is_some_and(|token| token.is_word("latest")) && next(3, '(')
        }
        "migrate" => next(1, '(') && drizzle,
        "Umzug" => next(1, '(') && source.imports("umzug"),
        _ => false,
    }
}

/// True if the file imports one of Drizzle's migrators.
fn drizzle(source: &Source) -> bool {
    let mut texts = source.tokens.iter().filter_map(Token::text);
    texts.any(|text| text.starts_with("drizzle-orm/") && text.ends_with("/migrator"))
}

/// The command that updates the tables, in one text or in the words of a call:
/// `execa('prisma', ['migrate', 'deploy'])`.
fn command(tokens: &[Token], first: &Token) -> Option<&'static str> {
    let text = first.text()?;
    if let Some(command) = migrations::command_in(text) {
        return Some(command);
    }
    if !migrations::is_tool(text) {
        return None;
    }
    let call = tokens.iter().take(MAX_WORDS).take_while(|token| !token.is(')') && !token.is(';'));
    let words: Vec<&str> = call.filter_map(Token::text).collect();
    migrations::command_in(&words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    fn scan(source: &str) -> (bool, bool) {
        let manifest = r#"{"devDependencies": {"prisma": "6"}}"#;
        let scan = scanned(&[("package.json", manifest), ("index.js", source)]);
        (scan.migrates, scan.starts_development)
    }

    #[test]
    fn code_that_updates_the_tables_is_seen() {
        for source in [
            "new DataSource({ type: 'sqlite', migrationsRun: true })",
            "await dataSource.runMigrations()",
            "knex.migrate.latest()",
            "import { migrate } from 'drizzle-orm/pg/migrator'; await migrate(db, {})",
            "const { Umzug } = require('umzug'); new Umzug({}).up()",
        ] {
            assert_eq!(scan(source), (true, false), "{source}");
        }
        for source in [
            "await execa('prisma', ['migrate', 'deploy'])",
            "execSync('npx prisma migrate deploy', { stdio: 'inherit' })",
        ] {
            assert_eq!(scan(source), (true, true), "{source}");
        }
        for source in ["({ migrationsRun: false })", "migrate(x)", "x('prisma', 'y')"] {
            assert_eq!(scan(source), (false, false), "{source}");
        }
    }
}
