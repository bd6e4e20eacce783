//! Services that an application needs beside it: databases, caches, queues, stores. The rows stand in
//! `templates/catalog/services.toml`; which of them a repository needs is read from its example of an
//! environment, its compose files and the variables that the program asks for.

mod chosen;
mod nearby;
mod variables;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog::parsed;
use crate::env_example::Example;
use crate::evidence::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;
use crate::settings::{self, Item};

pub(crate) use chosen::is_chosen;
pub(crate) use nearby::{Other, names_this_machine, nearby, of_address, others};
use variables::Told;

/// The password of the services, which only the network of one compose project reaches.
const PASSWORD: &str = "development";

/// Folders beside the application's that may hold compose files.
const FOLDERS: [&str; 4] = ["docker", "deploy", ".docker", "compose"];

/// A text in the first line of every compose file that dockgen writes.
const OWN: &str = ": written by dockgen, ";

/// Limits of what is read.
const MAX_FILES: usize = 12;
const MAX_SIZE: u64 = 256 << 10;

/// A service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The host name, and the name of its service in a compose file.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// `database`, `store`, `queue`, `storage`, `mail`.
    pub kind: String,
    /// The image.
    pub image: String,
    /// The port.
    pub port: u16,
    /// The folder with its data.
    pub data: Option<String>,
    /// That folder in earlier versions.
    pub earlier: Option<Earlier>,
    env: Vec<String>,
    /// Arguments in place of the image's.
    pub args: Vec<String>,
    health: Vec<String>,
    url: String,
    schemes: Vec<String>,
    #[serde(default)]
    plain: BTreeMap<String, String>,
    images: Vec<String>,
    #[serde(default)]
    alike: Vec<String>,
    words: Vec<String>,
    packages: Vec<String>,
}

/// The folder of the data in images before a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    before: u32,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "as_of")]
    _as_of: String,
    #[serde(rename = "source")]
    _source: String,
    service: Vec<Row>,
}

/// The host at the beginning of an address without its scheme, and the host with its port.
pub(crate) fn host(rest: &str) -> Option<(&str, &str)> {
    let end = rest.find(['/', '?', ';', ',']).unwrap_or(rest.len());
    let address = rest[..end].rsplit('@').next()?.trim();
    let host = address.split(':').next().filter(|host| !host.is_empty())?;
    Some((host, address))
}

/// True for a name without a dot, which no name server outside of a network of containers knows.
pub(crate) fn is_bare(host: &str) -> bool {
    host != "localhost"
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && host.chars().any(|c| c.is_ascii_alphabetic())
}

/// Every service that dockgen knows.
///
/// # Errors
/// If dockgen's own list is broken.
pub fn rows() -> Result<&'static [Row]> {
    static READ: OnceLock<Vec<Row>> = OnceLock::new();
    if let Some(rows) = READ.get() {
        return Ok(rows);
    }
    let table: Table = parsed("services.toml")?;
    Ok(READ.get_or_init(|| table.service))
}

impl Row {
    /// True for a scheme of its addresses.
    pub(crate) fn has_scheme(&self, scheme: &str) -> bool {
        self.schemes.iter().any(|held| held == scheme)
    }

    /// Fills in the placeholders of a text for the application `name`.
    pub(crate) fn fill(&self, text: &str, name: &str) -> String {
        text.replace("{name}", name)
            .replace("{password}", PASSWORD)
            .replace("{host}", &self.id)
            .replace("{port}", &self.port.to_string())
    }

    /// Its environment, for the application `name`.
    pub fn env(&self, name: &str) -> Vec<(String, String)> {
        let pairs = self.env.iter().filter_map(|pair| pair.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), self.fill(value, name))).collect()
    }

    /// The command that succeeds in its container when it answers.
    pub fn health(&self, name: &str) -> Vec<String> {
        self.health.iter().map(|word| self.fill(word, name)).collect()
    }

    /// The address for the application `name`, by a scheme of the row's.
    fn url(&self, name: &str, scheme: &str) -> String {
        let scheme = self.plain.get(scheme).map_or(scheme, String::as_str);
        let mut url = self.url.replace("{scheme}", scheme);
        // These drivers take the login as settings of their own.
        if scheme.starts_with("jdbc:") || scheme.starts_with("r2dbc:") {
            url = url.replace("{name}:{password}@", "");
        }
        self.fill(&url, name)
    }

    /// The folder of its data in an image.
    pub fn data_in(&self, image: &str) -> Option<&str> {
        let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
        let digits = tag.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let version: Option<u32> = digits[..end].parse().ok();
        let earlier = self.earlier.as_ref().filter(|held| version.is_some_and(|v| v < held.before));
        earlier.map(|held| held.data.as_str()).or(self.data.as_deref())
    }

    /// The manifest that names a client library of the service. Lockfiles name libraries that nobody
    /// may use.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn named_in(&self, repo: &Repo, manifests: &[RelPath]) -> Result<Option<RelPath>> {
        for path in manifests.iter().filter(|path| repo.size(path) <= MAX_SIZE) {
            if path.file_name().contains("lock") || path.extension() == "sum" {
                continue;
            }
            let text = repo.source_text(path)?;
            if text.is_some_and(|text| names_one(&text, &self.packages)) {
                return Ok(Some(path.clone()));
            }
        }
        Ok(None)
    }

    /// The row of an image that takes the row's settings, whatever its tag.
    ///
    /// # Errors
    /// As [`rows`].
    pub fn of_image(image: &str) -> Result<Option<&'static Self>> {
        let repository = repository(image);
        Ok(rows()?.iter().find(|row| row.is_image(repository) == Some(true)))
    }

    /// True for an image of this service; whether it takes the row's settings.
    fn is_image(&self, repository: &str) -> Option<bool> {
        let repository = repository
            .trim_start_matches("docker.io")
            .trim_start_matches('/')
            .trim_start_matches("library/");
        let held = |list: &[String]| list.iter().any(|image| image == repository);
        if held(&self.images) { Some(true) } else { held(&self.alike).then_some(false) }
    }
}

/// An image's name without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

/// A service that an application needs.
#[derive(Debug)]
pub struct Needed {
    /// The service.
    pub row: &'static Row,
    /// Its image: that of the repository's own compose file, where it takes the same settings.
    pub image: String,
    /// Variables of the application, with the values that lead to the service.
    pub variables: Vec<(String, String)>,
    /// Why it is needed.
    pub evidence: Vec<Evidence>,
}

/// Everything that is asked about an application's services.
pub struct Asked<'a> {
    /// The application's folder and the build context.
    pub folders: [&'a RelPath; 2],
    /// Its example of an environment.
    pub example: Option<&'a Example>,
    /// Variables without which it does not start.
    pub required: Vec<String>,
    /// Services that it looks for at localhost, each with the variable that names another address.
    pub looked_for: Vec<(&'static Row, String, Evidence)>,
    /// Its manifests.
    pub manifests: &'a [RelPath],
    /// Its name.
    pub name: &'a str,
}

/// The name of the application as services take it for users and databases.
pub fn identifier(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let plain: String = name.chars().map(plain).collect();
    let begins = plain.starts_with(|c: char| c.is_ascii_lowercase());
    if plain.len() >= 3 && begins { plain } else { format!("app_{plain}") }
}

/// The services that an application needs, in the order of the rows.
///
/// # Errors
/// If a file cannot be read.
pub fn needed(repo: &Repo, asked: &Asked) -> Result<Vec<Needed>> {
    let composed = composed(repo, &asked.folders)?;
    let name = identifier(asked.name);
    let mut told = Told::new(rows()?, &name);
    for service in &composed {
        told.hosts.insert(service.name.clone());
    }
    for service in &composed {
        told.image(&service.image, &service.evidence);
    }
    for (key, value, evidence) in composed.iter().flat_map(|service| &service.env) {
        told.variable(key, value, evidence, false);
    }
    for variable in asked.example.iter().flat_map(|example| &example.variables) {
        let required = asked.required.contains(&variable.key);
        told.variable(&variable.key, &variable.value, &variable.evidence, required);
    }
    let named = |key: &str| asked.example.is_some_and(|example| example.names(key));
    for key in asked.required.iter().filter(|key| !named(key)) {
        let file = asked.manifests.first().unwrap_or(asked.folders[0]);
        let note = format!("the program does not start without {key}");
        told.variable(key, "", &Evidence::file(file, note), true);
    }
    for (row, key, evidence) in &asked.looked_for {
        told.at_localhost(row, key, evidence);
    }
    let mut texts = Vec::new();
    for path in asked.manifests.iter().filter(|path| repo.size(path) <= MAX_SIZE) {
        texts.extend(repo.source_text(path)?);
    }
    Ok(told.settle(&|packages| texts.iter().any(|text| names_one(text, packages))))
}

/// True if a manifest names one of these packages.
fn names_one(text: &str, packages: &[String]) -> bool {
    let part = |c: char| !(c.is_ascii_alphanumeric() || "@/._-".contains(c));
    let is = |word: &str, package: &String| {
        word.strip_prefix(package.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with("/v") && rest[2..].parse::<u32>().is_ok()
        })
    };
    text.split(part).any(|word| packages.iter().any(|package| is(word, package)))
}

/// A service of a compose file.
struct Composed {
    file: RelPath,
    name: String,
    image: String,
    /// Variables, for those that are built here.
    env: Vec<(String, String, Evidence)>,
    evidence: Evidence,
}

/// The services of the repository's compose files, those for development and tests included: they say
/// best what a program needs.
fn composed(repo: &Repo, folders: &[&RelPath]) -> Result<Vec<Composed>> {
    let mut found = Vec::new();
    let mut seen: Vec<RelPath> = Vec::new();
    let below =
        folders.iter().flat_map(|folder| FOLDERS.iter().filter_map(|name| folder.join(name)));
    for folder in folders.iter().map(|folder| (*folder).clone()).chain(below) {
        let named = repo.children(&folder).map(|(path, _)| path.clone()).filter(is_compose);
        for path in named.collect::<Vec<_>>() {
            if seen.contains(&path) || seen.len() == MAX_FILES || repo.size(&path) > MAX_SIZE {
                continue;
            }
            if let Some(text) = repo.source_text(&path)?.filter(|text| !is_own(text)) {
                read(&path, &text, &mut found);
            }
            seen.push(path);
        }
    }
    let out = alternatives(&seen, &found)?;
    found.retain(|service| !out.contains(&service.file));
    Ok(found)
}

/// Files beside the usual one that each bring another database where the usual one brings none: the
/// program runs with any of them, and without.
fn alternatives(files: &[RelPath], services: &[Composed]) -> Result<Vec<RelPath>> {
    let databases: Vec<&Row> = rows()?.iter().filter(|row| row.kind == "database").collect();
    let held = |path: &RelPath| -> Vec<&str> {
        let images = services.iter().filter(|one| one.file == *path).map(|one| &one.image);
        let named = images.filter_map(|image| {
            let image = repository(image);
            databases.iter().find(|row| row.is_image(image).is_some())
        });
        named.map(|row| row.id.as_str()).collect()
    };
    let usual = |path: &RelPath| {
        let name = path.file_name().to_ascii_lowercase();
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        ["compose", "docker-compose"].contains(&stem)
    };
    let mut out: Vec<RelPath> = Vec::new();
    for main in files.iter().filter(|path| usual(path) && held(path).is_empty()) {
        let beside = files.iter().filter(|path| *path != main && path.parent() == main.parent());
        let with: Vec<(&RelPath, Vec<&str>)> =
            beside.map(|path| (path, held(path))).filter(|(_, held)| !held.is_empty()).collect();
        let one_each = with.iter().all(|(_, held)| held.len() == 1);
        if one_each && with.iter().any(|(_, held)| held != &with[0].1) {
            out.extend(with.into_iter().map(|(path, _)| path.clone()));
        }
    }
    Ok(out)
}

/// True for a compose file that dockgen wrote: it says nothing that dockgen did not know.
pub(crate) fn is_own(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.contains(OWN))
}

/// True for a compose file by its name.
pub(crate) fn is_compose(path: &RelPath) -> bool {
    let name = path.file_name().to_ascii_lowercase();
    let yaml = [".yml", ".yaml"].iter().any(|ending| name.ends_with(ending));
    yaml && ["compose", "docker-compose"].iter().any(|stem| name.starts_with(stem))
}

fn read(path: &RelPath, text: &str, into: &mut Vec<Composed>) {
    let documents = settings::parse_yaml(text);
    let services = documents.first().and_then(|root| root.get("services"));
    for entry in services.map(Item::entries).unwrap_or_default() {
        let image = entry.item.text_at(&["image"]).unwrap_or_default().to_owned();
        let built = entry.item.get("build").is_some();
        let note = format!("the service {} of {}", entry.key, path.file_name());
        let evidence = Evidence::at(path, entry.line, note);
        let mut env = Vec::new();
        if let Some(item) = entry.item.get("environment").filter(|_| built) {
            let pairs = item.items().iter().filter_map(|item| {
                let (key, value) = item.text()?.split_once('=')?;
                Some((key.to_owned(), value.to_owned(), item.line))
            });
            let entries = item.entries().iter().filter_map(|entry| {
                Some((entry.key.clone(), entry.item.text()?.to_owned(), entry.line))
            });
            for (key, value, line) in pairs.chain(entries) {
                let note = format!("it sets {key}");
                env.push((key, value, Evidence::at(path, line, note)));
            }
        }
        let (file, name) = (path.clone(), entry.key.clone());
        into.push(Composed { file, name, image, env, evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)], required: &[&str]) -> Vec<String> {
        let repo = Repo::from_files(files.iter().copied());
        let root = RelPath::root();
        let example = crate::env_example::of(&repo, &[&root]).unwrap();
        let manifests: Vec<RelPath> = files
            .iter()
            .filter(|(name, _)| *name == "package.json")
            .map(|(n, _)| RelPath::new(n).unwrap())
            .collect();
        let asked = Asked {
            folders: [&root, &root],
            example: example.as_ref(),
            required: required.iter().map(|key| (*key).to_owned()).collect(),
            looked_for: Vec::new(),
            manifests: &manifests,
            name: "shop",
        };
        let line = |needed: Needed| {
            let pairs: Vec<String> =
                needed.variables.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{} {}", needed.image, pairs.join(" ")).trim().to_owned()
        };
        needed(&repo, &asked).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn addresses_say_which_service() {
        let example = |text: &str| found(&[(".env.example", text)], &[]);
        assert_eq!(
            example(
                "DATABASE_URL=postgresql://me:x@localhost:5432/dev?schema=public\nREDIS_URL=rediss://127.0.0.1:6379\n"
            ),
            [
                "postgres:18-alpine DATABASE_URL=postgresql://shop:development@postgres:5432/shop?schema=public",
                "redis:8-alpine REDIS_URL=redis://redis:6379"
            ]
        );
        assert_eq!(
            example(
                "SPRING_DATASOURCE_URL=jdbc:postgresql://localhost:5432/dev\nSPRING_DATASOURCE_USERNAME=me\nSPRING_DATASOURCE_PASSWORD=x\n"
            ),
            ["postgres:18-alpine SPRING_DATASOURCE_URL=jdbc:postgresql://postgres:5432/shop \
              SPRING_DATASOURCE_USERNAME=shop SPRING_DATASOURCE_PASSWORD=development"]
        );
        // Somebody else runs these.
        assert!(
            example("DATABASE_URL=postgres://u:p@db.example.com/x\nSMTP_HOST=smtp.gmail.com\n")
                .is_empty()
        );
        assert!(
            example("DATABASE_URL=file:./dev.db\nAPI_URL=http://localhost:3000\nREDIS_URL=\n")
                .is_empty()
        );
    }

    #[test]
    fn parts_of_an_address_are_variables_of_their_own() {
        let example = |text: &str| found(&[(".env.example", text)], &[]);
        assert_eq!(
            example("DB_HOST=localhost\nDB_PORT=3306\nDB_USER=root\nDB_PASSWORD=\nDB_NAME=x\n"),
            [
                "mysql:9.7 DB_HOST=mysql DB_PORT=3306 DB_USER=shop DB_PASSWORD=development DB_NAME=shop"
            ]
        );
        assert_eq!(
            example("PGHOST=localhost\nPGUSER=a\nKAFKA_BROKERS=localhost:9092\n"),
            [
                "postgres:18-alpine PGHOST=postgres PGUSER=shop",
                "apache/kafka:4.1.0 KAFKA_BROKERS=kafka:9092"
            ]
        );
        assert_eq!(
            example("SMTP_HOST=localhost\nSMTP_PORT=1025\n"),
            ["axllent/mailpit:v1.27 SMTP_HOST=mailpit SMTP_PORT=1025"]
        );
        assert!(example("DB_CLIENT=better-sqlite3\nDB_HOST=localhost\nDB_PORT=5432\n").is_empty());
        assert_eq!(
            example("DB_DRIVER=pgsql\nDB_HOST=127.0.0.1\n"),
            ["postgres:18-alpine DB_HOST=postgres"]
        );
    }

    #[test]
    fn compose_files_name_images_and_variables() {
        let text = "services:\n  app:\n    build: .\n    environment:\n      - DATABASE_URL=postgres://u:p@db:5432/x\n  db:\n    image: postgres:16\n  cache:\n    image: bitnami/redis:7\n";
        assert_eq!(
            found(&[("docker-compose.dev.yml", text)], &[]),
            [
                "postgres:16 DATABASE_URL=postgres://shop:development@postgres:5432/shop",
                "redis:8-alpine"
            ]
        );
        let row = &rows().unwrap()[0];
        assert_eq!(row.data_in("postgres:16"), Some("/var/lib/postgresql/data"));
        assert_eq!(row.data_in("postgres:18-alpine"), Some("/var/lib/postgresql"));
        assert_eq!(row.data_in("pgvector/pgvector:pg17"), Some("/var/lib/postgresql/data"));
    }

    #[test]
    fn compose_files_that_are_alternatives_name_no_service() {
        let app = "services:\n  app:\n    build: .\n";
        let with = |image: &str| format!("{app}  db:\n    image: {image}\n");
        let (one, other) = (with("postgres:16"), with("mariadb:11"));
        let beside = [
            ("docker-compose.yml", app),
            ("docker-compose.pg.yml", one.as_str()),
            ("docker-compose.maria.yml", other.as_str()),
        ];
        assert!(found(&beside, &[]).is_empty());
        // A file for development says what the usual one leaves out, and without a usual one all count.
        assert_eq!(found(&beside[..2], &[]), ["postgres:16"]);
        assert_eq!(found(&beside[1..], &[]).len(), 2);
    }

    #[test]
    fn a_required_variable_needs_a_client_library_that_says_which() {
        let manifest = |package: &str| format!("{{\"dependencies\":{{\"{package}\":\"^8.0.0\"}}}}");
        let of = |package: &str| {
            found(&[("package.json", manifest(package).as_str())], &["DATABASE_URL"])
        };
        assert_eq!(
            of("pg"),
            ["postgres:18-alpine DATABASE_URL=postgres://shop:development@postgres:5432/shop"]
        );
        assert!(of("mysql2")[0].contains("mysql://"));
        assert!(of("pgx").is_empty());
        assert_eq!(found(&[], &["REDIS_URL"]), ["redis:8-alpine REDIS_URL=redis://redis:6379"]);
    }

    #[test]
    fn what_the_program_looks_for_at_localhost_is_needed() {
        let (repo, root) = (Repo::from_files([("app.js", "")]), RelPath::root());
        let row = |id: &str| rows().unwrap().iter().find(|row| row.id == id).unwrap();
        let place = Evidence::file(&RelPath::new("app.js").unwrap(), "test");
        let looked_for =
            [("redis", "CACHE_URL"), ("postgres", "DB_HOST"), ("mongo", "SPRING_DATA_MONGODB_URI")]
                .map(|(id, key)| (row(id), key.to_owned(), place.clone()));
        let asked = Asked {
            folders: [&root, &root],
            example: None,
            required: Vec::new(),
            looked_for: looked_for.into(),
            manifests: &[],
            name: "shop",
        };
        let found = needed(&repo, &asked).unwrap();
        let pairs = found.iter().flat_map(|needed| &needed.variables);
        let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            pairs,
            [
                "DB_HOST=postgres",
                "SPRING_DATA_MONGODB_URI=mongodb://mongo:27017/shop",
                "CACHE_URL=redis://redis:6379"
            ]
        );
    }

    #[test]
    fn every_row_is_whole() {
        for row in rows().unwrap() {
            assert!(!row.health("a").is_empty(), "{}", row.id);
            let texts =
                row.env("shop").into_iter().map(|(_, value)| value).chain(row.health("shop"));
            for text in texts.chain([row.url("shop", "x")]) {
                assert!(!text.contains("{name}") && !text.contains("{host}"), "{text}");
            }
            assert!(row.image.contains(':') && !row.image.ends_with(":latest"), "{}", row.image);
        }
        assert_eq!(identifier("ghcr.io/acme/web-shop"), "web_shop");
        assert_eq!(identifier("1a"), "app_1a");
    }
}
