//! Services that a program looks for at localhost unless it is told otherwise: a container holds the
//! program alone.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::git_reads::read_for;
use super::language;
use super::settings_read::{self, SETTINGS};
use crate::facts::{Evidence, Facts, Finding, FindingCode, Kind, Program};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::services::{self, Other, Row};
use crate::settings::{self, Entry, Item};

/// Folders of settings that are in the image beside the code that reads them.
const FOLDERS: [&str; 3] = ["config", "conf", "settings"];

/// Words in the paths of files that are not for production, or not of the program.
const APART: [&str; 25] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "spec",
    "specs",
    "e2e",
    "mock",
    "mocks",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "dev",
    "development",
    "local",
    "template",
    "docs",
    "bench",
    "vendor",
    "third",
    "scripts",
    "management",
    "plugins",
];

/// Maximum number of places in the finding.
const PLACES: usize = 4;

/// A service that a program looks for at localhost, and where it does.
pub(crate) struct LookedFor {
    /// The service.
    pub(crate) row: &'static Row,
    /// The variable that names another address.
    pub(crate) variable: Option<String>,
    /// The flag that names another address.
    flag: Option<String>,
    /// The address.
    address: String,
    /// The place that states the address.
    pub(crate) evidence: Evidence,
}

/// The finding for an application; `opened`: the settings that it opens.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn finding(repo: &Repo, facts: &Facts, opened: &[RelPath]) -> Result<Option<Finding>> {
    let Some(program) = served(facts) else { return Ok(None) };
    let parts = parts(repo, facts, program, opened)?;
    let is_known = |one: &LookedFor| {
        let named = |name: &String| {
            program.env.iter().any(|held| held.value.key == *name)
                || program.findings.iter().any(|found| found.what.contains(name.as_str()))
        };
        one.variable.as_ref().is_some_and(named)
    };
    let mut known = known(repo, facts, program, &parts)?;
    known.retain(|one| !is_known(one));
    known.truncate(PLACES);
    let mut others = others(program, &parts)?;
    others.truncate(PLACES - known.len());
    let services = known.iter().map(|one| format!("{} at {}", one.row.name, one.address));
    let named = others.iter().map(|(one, _)| format!("`{}` at {}", one.name, one.address));
    let listed: Vec<String> = services.chain(named).collect();
    let places = known.iter().map(|one| &one.evidence).chain(others.iter().map(|(_, at)| at));
    let places: Vec<Evidence> = places.cloned().collect();
    let Some(first) = places.first() else { return Ok(None) };
    let what = format!("by default the program looks for {}", listed.join(" and "));
    let variables = known.iter().map(|one| one.variable.as_ref());
    let variables = variables.chain(others.iter().map(|(one, _)| one.variable.as_ref()));
    let mut options: Vec<String> =
        variables.flatten().map(|variable| format!("-e {variable}=...")).collect();
    options.dedup();
    let flags: Vec<String> =
        known.iter().filter_map(|one| Some(format!("--{}=...", one.flag.as_ref()?))).collect();
    let fix = if options.is_empty() && !flags.is_empty() {
        format!(
            "set the address of a service that it reaches with --args, or at the end of `docker \
             run IMAGE`: {}",
            flags.join(" ")
        )
    } else if options.is_empty() {
        let file = &first.file;
        format!("give the container an address that it reaches, in place of {file}")
    } else if known.is_empty() {
        format!(
            "start the container with `{}`, with the address of a service that it reaches",
            options.join(" ")
        )
    } else {
        format!(
            "start the container with `{}`, with the address of a service that it reaches, or let \
             --compose write a file that starts both",
            options.join(" ")
        )
    };
    Ok(Some(Finding::new(FindingCode::ServiceAtLocalhost, what, places).with_fix(fix)))
}

/// The services that an application looks for at localhost, by its code and the settings in its
/// image, as far as detection has read them.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn looked_for(repo: &Repo, facts: &Facts) -> Result<Vec<LookedFor>> {
    let Some(program) = served(facts) else { return Ok(Vec::new()) };
    let opened = settings_read::opened(repo, facts);
    known(repo, facts, program, &parts(repo, facts, program, &opened)?)
}

/// The first program, if it is no site.
fn served(facts: &Facts) -> Option<&Program> {
    facts.programs.first().filter(|program| program.kind != Kind::Site)
}

/// A text that names this machine: a file of code, or one setting of a file with its whole key.
struct Part {
    path: RelPath,
    /// The number of lines above it in the file.
    above: u32,
    text: String,
}

impl Part {
    fn is_setting(&self) -> bool {
        SETTINGS.contains(&self.path.extension())
    }
}

/// The texts of what the program reads that name this machine.
fn parts(repo: &Repo, facts: &Facts, program: &Program, opened: &[RelPath]) -> Result<Vec<Part>> {
    let mut all = Vec::new();
    for path in looked_at(repo, facts, program, opened) {
        let Some(text) = repo.source_text(&path)? else { continue };
        if !services::names_this_machine(&text) {
            continue;
        }
        let flat = flattened(&path, &text).unwrap_or_else(|| vec![(0, text.to_string())]);
        let part = |(above, text)| Part { path: path.clone(), above, text };
        all.extend(flat.into_iter().map(part));
    }
    Ok(all)
}

/// The services among the texts that a row knows.
fn known(repo: &Repo, facts: &Facts, program: &Program, parts: &[Part]) -> Result<Vec<LookedFor>> {
    let mut found: Vec<LookedFor> = Vec::new();
    let rows = services::rows()?;
    for one in &program.connections {
        let by_id = |id: &String| rows.iter().find(|row| row.id == *id);
        let row = one.service.as_ref().map_or_else(|| services::of_address(rows, &one.text), by_id);
        let (Some(row), Some(evidence)) = (row, one.evidence.last().cloned()) else { continue };
        if !found.iter().any(|held| held.row.id == row.id) {
            let (variable, flag) = (one.variable.clone(), one.flag.clone());
            let note = format!("looks for {} at {}", row.name, one.address);
            let evidence = Evidence { note, ..evidence };
            found.push(LookedFor { row, variable, flag, address: one.address.clone(), evidence });
        }
    }
    // Read once it is needed: the manifests of a large build are many, and so are its programs.
    let mut database = None;
    for part in parts {
        let lines = LazyCell::new(|| part.text.lines().collect::<Vec<_>>());
        for near in services::nearby(rows, &part.text) {
            let known = match near.row {
                None if database.is_none() => *database.insert(only_database(repo, facts, rows)?),
                row => row.or(database.flatten()),
            };
            let Some(row) = known else { continue };
            // An address that no variable replaces is often one of an optional feature.
            let is_default = near.variable.is_some() || near.is_given;
            let own = program.port.as_ref().is_some_and(|port| port.value == row.port);
            let held = found.iter().any(|one| one.row.id == row.id);
            let chosen = || !part.is_setting() && services::is_chosen(&lines, near.line);
            if own || held || !is_default && !part.is_setting() || chosen() {
                continue;
            }
            let spring = || bound(&part.text, near.line).filter(|_| is_spring(&part.path));
            let note = format!("looks for {} at {}", row.name, near.address);
            let evidence = Evidence::at(&part.path, near.line + part.above, note);
            let variable = near.variable.clone().or_else(spring);
            let flag = None;
            found.push(LookedFor { row, variable, flag, address: near.address, evidence });
        }
    }
    Ok(found)
}

/// What else the texts name at this machine, under names that are no known service's.
fn others(program: &Program, parts: &[Part]) -> Result<Vec<(Other, Evidence)>> {
    let mut found: Vec<(Other, Evidence)> = Vec::new();
    let rows = services::rows()?;
    let main = program.port.iter().map(|port| port.value);
    let own: Vec<u16> =
        main.chain(program.more_ports.iter().map(|port| port.value.number)).collect();
    for part in parts {
        let lines = LazyCell::new(|| part.text.lines().collect::<Vec<_>>());
        for mut one in services::others(rows, &part.text, part.is_setting()) {
            let known = found.iter().any(|(held, _)| held.port == one.port);
            let said = |name: &String| {
                program.findings.iter().any(|finding| finding.what.contains(name.as_str()))
            };
            let chosen = || !part.is_setting() && services::is_chosen(&lines, one.line);
            let said = one.variable.as_ref().is_some_and(said);
            if known || own.contains(&one.port) || said || chosen() {
                continue;
            }
            if one.variable.is_none() && is_spring(&part.path) {
                one.variable = bound(&part.text, one.line);
            }
            let note = format!("{} is {}", one.name, one.address);
            let evidence = Evidence::at(&part.path, one.line + part.above, note);
            found.push((one, evidence));
        }
    }
    Ok(found)
}

/// The only database whose client library the manifests name.
fn only_database(repo: &Repo, facts: &Facts, rows: &'static [Row]) -> Result<Option<&'static Row>> {
    let mut found = None;
    for row in rows.iter().filter(|row| row.kind == "database") {
        if row.named_in(repo, &facts.manifests)?.is_some() {
            if found.is_some() {
                return Ok(None);
            }
            found = Some(row);
        }
    }
    Ok(found)
}

/// The code that was read, and settings in the image.
fn looked_at(repo: &Repo, facts: &Facts, program: &Program, opened: &[RelPath]) -> Vec<RelPath> {
    let Some(language) = language(&facts.language) else { return Vec::new() };
    let (markers, extensions) = (language.markers, language.extensions);
    let settings = |path: &RelPath| SETTINGS.contains(&path.extension());
    let mut files = read_for(repo, &facts.dir, markers);
    files.retain(|path| {
        let resource = path.as_str().contains("src/main/resources/");
        if settings(path) { resource } else { extensions.contains(&path.extension()) }
    });
    let configured = FOLDERS.iter().filter_map(|name| facts.dir.join(name));
    let beside = configured.flat_map(|folder| {
        repo.children(&folder).map(|(path, _)| path.clone()).collect::<Vec<_>>()
    });
    files.extend(beside.filter(|path| settings(path)));
    files.extend(opened.iter().cloned());
    let mut active = BTreeMap::new();
    // The image may start the program with others.
    let chosen = program.env.iter().any(|held| held.value.key == "SPRING_PROFILES_ACTIVE");
    files.retain(|path| {
        repo.is_file(path)
            && (!chosen && is_active(repo, path, &mut active) || !is_apart(path, &facts.dir))
    });
    files.sort();
    files.dedup();
    files
}

/// The settings of a file with their whole keys, `redis.host=localhost`, each with the number of
/// lines above it; `None` if its lines hold whole keys already.
fn flattened(path: &RelPath, text: &str) -> Option<Vec<(u32, String)>> {
    let roots = settings::documents(path.extension(), text);
    if roots.is_empty() {
        return without_unused(text).map(|text| vec![(0, text)]);
    }
    let mut lines = Vec::new();
    let mut open: Vec<(String, &Item)> = roots.iter().map(|root| (String::new(), root)).collect();
    while let Some((key, item)) = open.pop() {
        if let Some(value) = item.text() {
            lines.push((item.line.saturating_sub(1), format!("{key}={value}")));
            continue;
        }
        if item.entries().iter().any(is_off) {
            continue;
        }
        let dot = if key.is_empty() { "" } else { "." };
        // Schemas show values that nothing uses.
        let used = |entry: &&Entry| {
            !matches!(entry.key.as_str(), "example" | "examples") && !is_of_profile(&entry.key)
        };
        let entries = item.entries().iter().filter(used);
        open.extend(entries.map(|entry| (format!("{key}{dot}{}", entry.key), &entry.item)));
        if item.entries().is_empty() {
            open.extend(item.items().iter().map(|item| (key.clone(), item)));
        }
    }
    lines.sort();
    Some(lines)
}

/// True for the setting that switches off what its section is about: `enabled: false`.
fn is_off(entry: &Entry) -> bool {
    entry.item.text().is_some_and(|value| switches_off(&entry.key, value))
}

fn switches_off(key: &str, value: &str) -> bool {
    // The default of `${REDIS_ENABLED:false}` counts.
    let value = value.trim().trim_end_matches('}');
    let value = value.rsplit(':').next().unwrap_or_default().trim_start_matches('-');
    match key.to_ascii_lowercase().as_str() {
        "enabled" | "enable" | "isenabled" => value == "false",
        "disabled" | "disable" => value == "true",
        _ => false,
    }
}

/// The text of settings with one whole key on each line, without the lines of sections that are
/// switched off, `redis.enabled=false`, and those of Quarkus' other profiles, `%dev.x=y`. `None` if
/// there are none of either.
fn without_unused(text: &str) -> Option<String> {
    let setting = |line: &'_ str| {
        let (key, value) = line.split_once('=')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    let off: BTreeSet<String> = text
        .lines()
        .filter_map(setting)
        .filter_map(|(key, value)| {
            let (section, last) = key.rsplit_once('.')?;
            switches_off(last, &value).then(|| format!("{section}."))
        })
        .collect();
    if off.is_empty() && !text.contains('%') {
        return None;
    }
    let kept = text.lines().map(|line| {
        let key = setting(line).map(|(key, _)| key).unwrap_or_default();
        let mut sections = key.match_indices('.').map(|(at, _)| &key[..=at]);
        let unused = is_of_profile(&key) || sections.any(|section| off.contains(section));
        if unused { "" } else { line }
    });
    Some(kept.collect::<Vec<_>>().join("\n"))
}

/// True for a setting of a profile of Quarkus other than that of a production build.
/// <https://quarkus.io/guides/config-reference#profiles>
fn is_of_profile(key: &str) -> bool {
    key.strip_prefix('%').is_some_and(|rest| rest.split('.').next() != Some(PRODUCTION))
}

/// The profile of a production build.
const PRODUCTION: &str = "prod";

/// True for the settings of a Spring Boot application, each of which a variable can set.
fn is_spring(path: &RelPath) -> bool {
    path.file_name().strip_prefix("application").is_some_and(|rest| rest.starts_with(['.', '-']))
        && path.as_str().contains("src/main/resources/")
}

/// The variable that sets the key on a line:
/// <https://docs.spring.io/spring-boot/reference/features/external-config.html>.
fn bound(text: &str, line: u32) -> Option<String> {
    let line = text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
    let (key, _) = line.split_once(['=', ':'])?;
    let key = key.trim();
    let key = key.strip_prefix('%').and_then(|rest| rest.strip_prefix(PRODUCTION)).unwrap_or(key);
    Some(key.trim_start_matches('.').replace('.', "_").replace('-', "").to_ascii_uppercase())
}

/// True for the settings of a profile of Spring that the settings beside them make active.
/// `known` has the active profiles of each folder.
fn is_active(repo: &Repo, path: &RelPath, known: &mut BTreeMap<RelPath, BTreeSet<String>>) -> bool {
    let stem = path.file_name().strip_prefix("application-").and_then(|rest| rest.split_once('.'));
    let (Some((profile, _)), true) = (stem, is_spring(path)) else { return false };
    let folder = path.parent().unwrap_or_default();
    let active = known.entry(folder.clone()).or_insert_with(|| active_profiles(repo, &folder));
    active.contains(profile)
}

/// The profiles that the settings of a folder make active.
fn active_profiles(repo: &Repo, folder: &RelPath) -> BTreeSet<String> {
    const KEYS: [&str; 2] = ["spring.profiles.active", "spring.profiles.include"];
    let mut found = BTreeSet::new();
    for extension in ["properties", "yml", "yaml"] {
        let path = folder.join(&format!("application.{extension}"));
        let text = path.and_then(|path| repo.source_text(&path).ok().flatten());
        let Some(text) = text else { continue };
        let mut values: Vec<String> = Vec::new();
        for line in text.lines().filter(|_| extension == "properties") {
            let setting = line.split_once('=').filter(|(key, _)| KEYS.contains(&key.trim()));
            values.extend(setting.map(|(_, value)| value.to_owned()));
        }
        for root in settings::documents(extension, &text) {
            for key in KEYS {
                let keys: Vec<&str> = key.split('.').collect();
                let item = root.at(&keys).or_else(|| root.get(key));
                let items = item.map(Item::items).unwrap_or_default();
                values.extend(items.iter().filter_map(Item::text).map(str::to_owned));
            }
        }
        let names = values.iter().flat_map(|value| value.split(','));
        found.extend(names.map(|name| name.trim().to_owned()));
    }
    found
}

fn is_for_tests(folder: &str) -> bool {
    folder.len() > "test".len() && folder.ends_with("test") && folder != "latest"
}

/// True for files of tests, examples and development below the application's folder.
fn is_apart(path: &RelPath, folder: &RelPath) -> bool {
    let below = path.strip(folder).unwrap_or(path.as_str());
    // Packages of Java are often called `com.example`.
    let below = below.split_once("src/main/").map_or(below, |(above, _)| above);
    let words = below.split(|c: char| !c.is_ascii_alphanumeric());
    let names_one = words.map(str::to_ascii_lowercase).any(|word| APART.contains(&word.as_str()));
    // A package for tests is often called after what it tests: `dbtest`.
    let above = path.parent().unwrap_or_default();
    let tests = above.components().any(is_for_tests);
    // A profile's settings of Spring hold for those who choose it.
    tests || names_one || path.file_name().starts_with("application-")
}

#[cfg(test)]
mod tests {
    use crate::detect::{LANGUAGES, ask};
    use crate::evidence::Evidence;
    use crate::path::RelPath;
    use crate::repo::Repo;

    /// The finding on the application at the root, with what to do.
    fn found(language: &str, files: &[(&str, &str)]) -> String {
        let repo = Repo::from_files(files.iter().copied());
        let language = LANGUAGES.iter().find(|one| one.id == language).unwrap();
        let facts = ask(&repo, &(RelPath::root(), language)).unwrap().unwrap();
        let mut found = facts.findings.iter();
        let found = found.find(|found| found.code.as_str() == "service-at-localhost");
        found.map_or_else(String::new, |found| {
            let places: Vec<String> = found.evidence.iter().map(Evidence::place).collect();
            format!("{}: {}: {}", places.join(" "), found.what, found.fix)
        })
    }

    const SERVER: &str = "require('http').createServer().listen(process.env.PORT || 3000);\n";

    fn node(files: &[(&str, &str)]) -> String {
        let manifest =
            r#"{"name":"shop","dependencies":{"pg":"8.0.0"},"scripts":{"start":"node app.js"}}"#;
        found("node", &[&[("package.json", manifest)], files].concat())
    }

    #[test]
    fn defaults_in_code_are_reported_with_their_variables() {
        let redis = format!("{SERVER}connect(process.env.REDIS_URL || 'redis://localhost:6379');");
        assert_eq!(
            node(&[("app.js", &redis)]),
            "app.js:2: by default the program looks for Redis at localhost:6379: start the \
             container with `-e REDIS_URL=...`, with the address of a service that it reaches, or let \
             --compose write a file that starts both"
        );
        // A table of choices is no default, and a call is.
        let named = format!("{SERVER}const url = 'redis://localhost:6379';");
        assert!(node(&[("app.js", &named)]).is_empty());
        let given = format!("{SERVER}connect('redis://localhost:6379');");
        assert!(node(&[("app.js", &given)]).contains("in place of app.js"));
        // The manifest says which database it is.
        let database = format!("{SERVER}connect({{ host: process.env.DB_HOST ?? 'localhost' }});");
        assert!(node(&[("app.js", &database)]).contains("PostgreSQL at localhost: start"));
        assert!(node(&[("app.js", SERVER), ("test/db.js", &redis)]).is_empty());
        // Another database is the default.
        let chosen = format!(
            "{SERVER}if (process.env.DB === 'pg') {{\n  connect({{ host: process.env.DB_HOST || 'localhost' \
             }});\n}}"
        );
        assert!(node(&[("app.js", &chosen)]).is_empty());
        // This is the program's own port.
        assert!(
            node(&[("app.js", "require('net').createServer().listen(6379, 'localhost');")])
                .is_empty()
        );
    }

    #[test]
    fn settings_in_the_image_are_reported_with_their_whole_keys() {
        let text = r#"{"port": 3000, "redis": {"host": "localhost"}}"#;
        let main = format!("{SERVER}require('config').get('redis.host');");
        let said = node(&[("app.js", &main), ("config/default.json", text)]);
        assert!(
            said.starts_with("config/default.json:1: by default the program looks for Redis"),
            "{said}"
        );
        assert!(node(&[("app.js", &main), ("config/development.json", text)]).is_empty());
    }

    #[test]
    fn spring_takes_each_setting_from_a_variable() {
        let pom = "<project><modelVersion>4.0.0</modelVersion><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.5.0</version></parent><groupId>a</groupId><artifactId>shop</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>";
        let main = "package com.example; @SpringBootApplication public class A { public static void main(String[] a) { SpringApplication.run(A.class, a); } }";
        let files = |name: &'static str, text: &'static str| {
            found(
                "java",
                &[("pom.xml", pom), ("src/main/java/com/example/A.java", main), (name, text)],
            )
        };
        let said = files(
            "src/main/resources/application.yml",
            "spring:\n  data:\n    redis:\n      host: localhost\n",
        );
        assert!(said.contains("`-e SPRING_DATA_REDIS_HOST=...`"), "{said}");
        let text = "spring.datasource.url=jdbc:mysql://localhost:3306/shop\n";
        let said = files("src/main/resources/application.properties", text);
        assert!(
            said.contains("MySQL at localhost:3306: start")
                && said.contains("SPRING_DATASOURCE_URL"),
            "{said}"
        );
        assert!(files("src/main/resources/application-dev.properties", text).is_empty());
    }

    #[test]
    fn a_section_that_is_switched_off_looks_for_nothing() {
        let pom = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";
        let app = "class App { public static void main(String[] a) { SpringApplication.run(App.class, a); } }";
        let java = |name: &str, settings: &str| {
            let path = format!("src/main/resources/{name}");
            let main = ("src/main/java/App.java", app);
            found("java", &[("pom.xml", pom), main, (path.as_str(), settings)])
        };
        let yaml = |switch: &str| {
            java(
                "application.yml",
                &format!("shop:\n  redis:\n    {switch}\n    url: redis://localhost:6379\n"),
            )
        };
        assert!(!yaml("enabled: true").is_empty());
        assert!(yaml("enabled: false").is_empty());
        assert!(yaml("enabled: ${SHOP_REDIS:false}").is_empty());
        assert!(yaml("disabled: true").is_empty());
        let lines = |switch: &str| {
            java(
                "application.properties",
                &format!("{switch}\nshop.redis.url=redis://localhost:6379\n"),
            )
        };
        assert!(!lines("shop.other.enabled=false").is_empty());
        assert!(lines("shop.redis.enabled=false").is_empty());
        let config = |switch: &str| {
            let text = format!(r#"{{"redis": {{{switch}, "url": "redis://localhost:6379"}}}}"#);
            found(
                "node",
                &[
                    (
                        "package.json",
                        r#"{"scripts": {"start": "node a.js"}, "dependencies": {"config": "3", "redis": "4"}}"#,
                    ),
                    ("a.js", SERVER),
                    ("config/default.json", text.as_str()),
                ],
            )
        };
        assert!(!config(r#""enabled": true"#).is_empty());
        assert!(config(r#""enabled": false"#).is_empty());
    }

    #[test]
    fn settings_of_an_active_profile_count() {
        let pom = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";
        let app = "class App { public static void main(String[] a) { SpringApplication.run(App.class, a); } }";
        let of = |settings: &str| {
            found(
                "java",
                &[
                    ("pom.xml", pom),
                    ("src/main/java/App.java", app),
                    ("src/main/resources/application.yml", settings),
                    (
                        "src/main/resources/application-druid.yml",
                        "spring:\n  datasource:\n    druid:\n      url: jdbc:mysql://localhost:3306/shop\n",
                    ),
                ],
            )
        };
        let found = of("spring:\n  profiles:\n    active: druid\n");
        assert!(
            found.contains("MySQL") && found.contains("-e SPRING_DATASOURCE_DRUID_URL"),
            "{found}"
        );
        assert!(of("spring:\n  profiles:\n    active: other\n").is_empty());
    }
}
