//! Prisma: its client is generated from the schema by a command that few repositories have in
//! their scripts.

use anyhow::Result;

use super::config;
use super::manifest::Package;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::repo::Dir;

/// The command that generates the client.
pub(super) const GENERATE: [&str; 2] = ["prisma", "generate"];

/// Scripts that run while dependencies are installed or the application is built.
const BUILDING: [&str; 6] =
    ["preinstall", "install", "postinstall", "prepare", "prebuild", "build"];

/// Names of Prisma's configuration.
/// <https://www.prisma.io/docs/orm/reference/prisma-config-reference>
const CONFIGS: [&str; 6] = [
    "prisma.config.ts",
    "prisma.config.js",
    "prisma.config.mjs",
    ".config/prisma.ts",
    ".config/prisma.js",
    ".config/prisma.mjs",
];

/// The folder or file of the schema, and prisma.config.ts; empty if the package does not use
/// Prisma.
pub(super) fn files(dir: &Dir, package: &Package) -> Vec<String> {
    if !package.has("@prisma/client") && !package.has("prisma") {
        return Vec::new();
    }
    let mut files = Vec::new();
    match package.str(&["prisma", "schema"]) {
        Some(path) => files.push(path.trim_start_matches("./").to_owned()),
        None if dir.has_folder("prisma") => files.push("prisma".to_owned()),
        None if dir.has("schema.prisma") => files.push("schema.prisma".to_owned()),
        None => {}
    }
    files.extend(CONFIGS.into_iter().filter(|file| dir.has(file)).map(str::to_owned));
    files
}

/// True if the client must be generated and no script does so. Up to version 6 the client's own
/// install script does it, but ignores a failure; from version 7 on nothing does.
/// <https://www.prisma.io/docs/orm/more/upgrade-guides/upgrading-versions/upgrading-to-prisma-7>
pub(super) fn is_implied(package: &Package, files: &[String]) -> bool {
    let said = BUILDING
        .iter()
        .filter_map(|name| package.script(name))
        .any(|text| text.contains("prisma generate"));
    !files.is_empty() && package.has("prisma") && package.has("@prisma/client") && !said
}

/// A variable without which prisma.config.ts does not load, although nothing connects while the
/// client is generated.
pub(super) struct Placeholder {
    pub(super) key: String,
    pub(super) value: String,
    evidence: Evidence,
}

/// The variables that `env("...")` asks for in prisma.config.ts of these packages, each given with
/// its folder below that of the install.
/// <https://www.prisma.io/docs/orm/reference/prisma-config-reference#env>
pub(super) fn placeholders<'p>(
    root: &Dir,
    packages: impl Iterator<Item = (&'p str, &'p Package)>,
) -> Result<Vec<Placeholder>> {
    let mut found: Vec<Placeholder> = Vec::new();
    for (way, _) in packages.filter(|(_, package)| package.has("prisma")) {
        let Some(path) = root.path.join(way) else { continue };
        let dir = Dir::new(root.repo, path);
        let below = || config::read(&dir, ".config/prisma");
        let Some(config) =
            config::read(&dir, "prisma.config")?.map_or_else(below, |c| Ok(Some(c)))?
        else {
            continue;
        };
        let address = address(&dir)?;
        for window in config.tokens.windows(3) {
            let key = window[2].text().filter(|_| window[0].is_word("env") && window[1].is('('));
            let Some(key) = key.filter(|key| found.iter().all(|held| held.key != *key)) else {
                continue;
            };
            let evidence =
                config.at(window[2].at, format!("env(\"{key}\") fails if {key} is not set"));
            found.push(Placeholder { key: key.to_owned(), value: address.to_owned(), evidence });
        }
    }
    Ok(found)
}

/// An address in the form that the schema's database expects, at which nothing listens.
fn address(dir: &Dir) -> Result<&'static str> {
    for name in ["prisma/schema.prisma", "schema.prisma", "prisma/schema/schema.prisma"] {
        let Some(path) = dir.join(name) else { continue };
        let Some(text) = dir.repo.source_text(&path)? else { continue };
        let source = text.split("datasource").nth(1).unwrap_or_default();
        let provider = source.split("provider").nth(1).and_then(|rest| rest.split('"').nth(1));
        return Ok(match provider {
            Some("mysql") => "mysql://localhost/placeholder",
            Some("sqlite") => "file:./placeholder.db",
            Some("sqlserver") => "sqlserver://localhost;database=placeholder",
            Some("mongodb") => "mongodb://localhost/placeholder",
            _ => "postgresql://localhost/placeholder",
        });
    }
    Ok("postgresql://localhost/placeholder")
}

/// Reports the placeholders.
pub(super) fn finding(placeholders: &[Placeholder]) -> Option<Finding> {
    if placeholders.is_empty() {
        return None;
    }
    let keys: Vec<&str> = placeholders.iter().map(|p| p.key.as_str()).collect();
    Some(Finding::new(
        codes::BUILD_PLACEHOLDER,
        format!("{} holds a placeholder while the image is built", keys.join(", ")),
        placeholders.iter().map(|p| p.evidence.clone()),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::repo::Repo;

    fn package(repo: &Repo) -> Package {
        Package::read(&repo.root()).unwrap().unwrap()
    }

    #[test]
    fn implied_unless_a_script_says_it() {
        let schema = ("prisma/schema.prisma", "datasource db { provider = \"mysql\" }");
        let dependencies =
            r#""dependencies": {"@prisma/client": "7"}, "devDependencies": {"prisma": "7"}"#;
        for (scripts, implied) in
            [(r#""start": "node x.js""#, true), (r#""build": "prisma generate && tsc""#, false)]
        {
            let manifest = format!(r#"{{"scripts": {{{scripts}}}, {dependencies}}}"#);
            let repo = Repo::from_files([("package.json", manifest.as_str()), schema]);
            let package = package(&repo);
            assert_eq!(is_implied(&package, &files(&repo.root(), &package)), implied, "{scripts}");
        }
        let repo = Repo::from_files([("package.json", "{}"), schema]);
        assert!(files(&repo.root(), &package(&repo)).is_empty());
    }

    #[test]
    fn placeholders_are_what_the_configuration_asks_for() {
        let manifest = r#"{"devDependencies": {"prisma": "7"}}"#;
        let config = "import { defineConfig, env } from 'prisma/config'\nexport default defineConfig({\n  datasource: { url: env('DB') } })";
        let schema = "datasource db {\n  provider = \"mysql\"\n}";
        let repo = Repo::from_files([
            ("package.json", manifest),
            ("prisma.config.ts", config),
            ("prisma/schema.prisma", schema),
        ]);
        let found = placeholders(&repo.root(), [("", &package(&repo))].into_iter()).unwrap();
        let pairs: Vec<(&str, &str)> =
            found.iter().map(|p| (p.key.as_str(), p.value.as_str())).collect();
        assert_eq!(pairs, [("DB", "mysql://localhost/placeholder")]);
        assert_eq!(found[0].evidence.line, Some(3));
        assert!(finding(&found).is_some() && finding(&[]).is_none());
    }

    #[test]
    fn the_configuration_may_be_in_a_folder_of_its_own() {
        let repo = Repo::from_files([
            ("package.json", r#"{"devDependencies": {"prisma": "7"}}"#),
            (".config/prisma.ts", "export default { datasource: { url: env('DB') } }"),
            ("prisma/schema.prisma", ""),
        ]);
        assert_eq!(files(&repo.root(), &package(&repo)), ["prisma", ".config/prisma.ts"]);
        let found = placeholders(&repo.root(), [("", &package(&repo))].into_iter()).unwrap();
        assert_eq!(found[0].key, "DB");
    }
}
