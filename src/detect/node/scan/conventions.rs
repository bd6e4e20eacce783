//! Files that a library opens or writes although no code of the repository passes them to the file
//! system: by the library's convention, or by one of its options.

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::App;
use super::super::expression::{Names, path};
use super::super::launch::{Launch, Layout};
use super::super::manifest::Kind;
use super::super::token::{Token, arguments, property};
use super::location::Location;
use super::storage;
use super::{Scan, Source, import_clauses};
use crate::code::is_env_name;
use crate::code::writes::HOME;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Sourced};

/// Options that name a file which the library writes as the program starts: NestJS and TypeGraphQL
/// write the schema there. <https://docs.nestjs.com/graphql/quick-start#code-first>,
/// <https://typegraphql.com/docs/emit-schema.html>
const WRITTEN_AT_START: [&str; 2] = ["autoSchemaFile", "emitSchemaFile"];

/// How many variables of an example are demanded.
const MAX_VARIABLES: usize = 200;

/// The file of `emitSchemaFile: true`. For NestJS, `true` means memory.
const DEFAULT_SCHEMA: (&str, &str) = ("emitSchemaFile", "schema.graphql");

/// Adds these files. This runs before `storage`, which removes duplicates.
pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) -> Result<()> {
    if matches!(launch.layout, Layout::Output | Layout::Standalone) {
        let folders: BTreeMap<String, Vec<String>> = app.catalog.table("reads_by_itself")?;
        for (package, paths) in &folders {
            if app.package.dependency(package) != Some(Kind::Production) {
                continue;
            }
            for path in paths {
                let note = format!("{package} reads {path} in the working directory");
                let evidence = app.package.at_dependency(package, note);
                storage::carry_exactly(app, path, evidence, scan);
            }
        }
        configured(app, launch, scan);
    }
    let homes: BTreeMap<String, String> = app.catalog.table("home_writers")?;
    for source in sources {
        written_at_start(app, launch, source, scan);
        for (library, option) in homes.iter().filter(|(library, _)| source.imports(library)) {
            below_home(source, library, option, scan);
        }
        example_demanded(app, source, scan)?;
    }
    Ok(())
}

/// Adds the folder in which node-config reads its files, where the start script names one.
/// <https://github.com/node-config/node-config/wiki/Environment-Variables#node_config_dir>
fn configured(app: &App, launch: &Launch, scan: &mut Scan) {
    let stated = launch.env.iter().find(|(key, _)| key == "NODE_CONFIG_DIR");
    if let Some((key, folder)) = stated.filter(|_| app.package.has("config")) {
        let evidence = app.package.at(&["scripts"], format!("{key} is {folder}"));
        storage::carry_exactly(app, folder, evidence, scan);
    }
}

/// Adds the folder below the home in which `new Conf({ projectName })` keeps its settings.
fn below_home(source: &Source, library: &str, option: &str, scan: &mut Scan) {
    let imports = import_clauses::imports(&source.tokens);
    let import = imports.iter().find(|import| {
        import.path == library && import.export.as_deref().is_none_or(|name| name == "default")
    });
    let Some(import) = import else { return };
    let made = source
        .tokens
        .windows(3)
        .position(|w| w[0].is_word("new") && w[1].is_word(&import.name) && w[2].is('('));
    let Some(at) = made else { return };
    let args = arguments(&source.tokens, at + 2);
    if args.iter().any(|arg| arg.iter().any(|token| token.is_word(option))) {
        return;
    }
    let evidence = source.at(source.tokens[at].at, format!("{library} writes below the home"));
    if !scan.env.iter().any(|var| var.value.key == "HOME") {
        let var = EnvVar { key: "HOME".to_owned(), value: HOME.to_owned() };
        scan.env.push(Sourced::new(var, evidence.clone()));
    }
    scan.writable.push(Sourced::new(format!("{HOME}/.config"), evidence));
}

/// Notes what `require("dotenv-safe").config()` demands: each variable of the example, which it
/// reads when the program starts. The image has no such file.
/// <https://github.com/rolodato/dotenv-safe#options>
fn example_demanded(app: &App, source: &Source, scan: &mut Scan) -> Result<()> {
    if !source.imports("dotenv-safe") {
        return Ok(());
    }
    let named = Names::of(&source.tokens);
    let stated = named.properties("example").find_map(|value| value.first()?.text());
    let file = stated.unwrap_or(".env.example").trim_start_matches("./");
    let Some((path, text)) = app.dir.text(file)? else { return Ok(()) };
    let evidence = Evidence::file(&path, "dotenv-safe demands its variables");
    for line in text.lines().take(MAX_VARIABLES) {
        let key = line.split_once('=').map_or("", |(key, _)| key.trim());
        let known = scan.required.iter().any(|held| held.value == key);
        if is_env_name(key) && !known {
            scan.required.push(Sourced::new(key.to_owned(), evidence.clone()));
        }
    }
    let at = source.tokens.iter().find(|token| token.text() == Some("dotenv-safe"));
    let at = at.map_or(0, |token| token.at);
    let note = "dotenv-safe reads it and throws if it does not exist";
    let said = scan.findings.iter().any(|finding| finding.code == FindingCode::DotenvRequired);
    if !said {
        scan.findings.push(Finding::dotenv_required(file, [source.at(at, note)]));
    }
    Ok(())
}

fn written_at_start(app: &App, launch: &Launch, source: &Source, scan: &mut Scan) {
    if !source.tokens.iter().any(|t| t.word().is_some_and(|w| WRITTEN_AT_START.contains(&w))) {
        return;
    }
    let names = Names::of(&source.tokens);
    let place = Location::of(app, launch, source);
    for key in WRITTEN_AT_START {
        for value in names.properties(key) {
            let Some(file) = schema(app, key, value, &names, &place) else { continue };
            let at = value.first().map_or(0, |token| token.at);
            let evidence = source.at(at, format!("{key} writes {file} at every start"));
            match file.rsplit_once('/') {
                Some((folder, _)) if folder.starts_with("/tmp") => {
                    scan.temporary.get_or_insert(evidence);
                }
                Some((folder, _)) if !folder.is_empty() => {
                    scan.writable.push(Sourced::new(folder.to_owned(), evidence));
                }
                _ => storage::beside(evidence, &file, scan),
            }
        }
    }
}

/// The file in `autoSchemaFile: './x.gql'` or `emitSchemaFile: { path: './x.gql' }`.
fn schema(
    app: &App,
    key: &str,
    value: &[Token],
    names: &Names,
    place: &Location,
) -> Option<String> {
    let nest = key == "autoSchemaFile" && app.package.has("@nestjs/graphql");
    let type_graphql = app.package.has("type-graphql");
    if !nest && !type_graphql {
        return None;
    }
    if key == DEFAULT_SCHEMA.0 && matches!(value, [only] if only.is_word("true")) {
        return Some(DEFAULT_SCHEMA.1.to_owned());
    }
    let value = match value.first() {
        Some(first) if first.is('{') => property(value, "path")?,
        _ => value,
    };
    let found = path(value, names)?;
    place.resolve(&found).filter(|file| !file.contains("${}"))
}

#[cfg(test)]
mod tests {
    use super::super::super::launch::Launch;
    use super::*;
    use crate::repo::Repo;

    fn scan(dependency: &str, source: &str, more: &[&str]) -> Scan {
        let manifest = format!(r#"{{"dependencies": {{"{dependency}": "1"}}}}"#);
        let mut all = vec![
            ("package.json", manifest.as_str()),
            ("src/index.ts", source),
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
        ];
        all.extend(more.iter().map(|name| (*name, "")));
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "dist/index.js".into(),
            source: Some("src/index.ts".into()),
            outputs: vec!["dist".into()],
            layout: Layout::Output,
            ..Launch::default()
        };
        super::super::read(&app, &launch).unwrap()
    }

    #[test]
    fn folders_that_a_package_reads_by_itself_are_carried() {
        for (package, file, folder) in [
            ("config", "config/default.json", "config"),
            ("node-config-ts", "config/default.json", "config"),
            ("@feathersjs/configuration", "config/default.json", "config"),
            ("email-templates", "emails/a/html.pug", "emails"),
            ("newrelic", "newrelic.js", "newrelic.js"),
            ("elastic-apm-node", "elastic-apm-node.js", "elastic-apm-node.js"),
            ("next-i18next", "next-i18next.config.js", "next-i18next.config.js"),
        ] {
            let found = scan(package, "x()", &[file]);
            let files: Vec<_> = found.files.iter().map(|file| file.value.as_str()).collect();
            assert_eq!(files, [folder], "{package}");
            assert_eq!(found.files[0].evidence[0].line, Some(1));
        }
        assert!(scan("express", "x()", &["config/default.json"]).files.is_empty());
        assert!(scan("config", "x()", &["other/default.json"]).files.is_empty());
    }

    #[test]
    fn settings_below_the_home_and_an_example_that_must_exist() {
        let home = scan("conf", "import Conf from 'conf'; new Conf({ projectName: 'x' })", &[]);
        assert_eq!(home.writable[0].value, "/home/nonroot/.config");
        let own = scan("conf", "import Conf from 'conf'; new Conf({ cwd: '/tmp' })", &[]);
        assert!(own.writable.is_empty());
        let safe = scan("dotenv-safe", "require('dotenv-safe').config()", &[".env.example"]);
        assert_eq!(safe.findings[0].code.as_str(), "dotenv-required");
        let none = scan("dotenv", "require('dotenv').config()", &[".env.example"]);
        assert!(none.findings.is_empty());
    }

    #[test]
    fn a_schema_that_is_written_at_start() {
        for (package, source, folder) in [
            ("@nestjs/graphql", "M.forRoot<A>({ autoSchemaFile: 'src/schema.gql' })", "src"),
            (
                "@nestjs/graphql",
                "M.forRoot({ autoSchemaFile: { path: join(process.cwd(), 'a/b.gql') } })",
                "a",
            ),
            (
                "type-graphql",
                "buildSchema({ emitSchemaFile: path.resolve(__dirname, 'gql/s.gql') })",
                "dist/gql",
            ),
        ] {
            let found = scan(package, source, &[]);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, [folder], "{source}");
        }
        for (package, source, file) in [
            ("@nestjs/graphql", "M.forRoot({ autoSchemaFile: 'schema.gql' })", "schema.gql"),
            ("type-graphql", "buildSchema({ emitSchemaFile: true })", "schema.graphql"),
        ] {
            let found = scan(package, source, &[]);
            assert_eq!(found.findings[0].code.as_str(), "writes-beside-program", "{source}");
            assert!(found.findings[0].what.contains(file), "{source}");
        }
        for (package, source) in [
            ("@nestjs/graphql", "M.forRoot({ autoSchemaFile: true })"),
            ("@nestjs/graphql", "M.forRoot({ autoSchemaFile: '/tmp/schema.gql' })"),
            ("express", "x({ autoSchemaFile: 'src/schema.gql' })"),
        ] {
            let found = scan(package, source, &[]);
            assert!(found.writable.is_empty() && found.findings.is_empty(), "{source}");
        }
    }
}
