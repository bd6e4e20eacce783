//! Files that Spring and libraries of databases open by an address: `file:conf/mail.properties`,
//! `filesystem:db/migration`.

use super::config::Setting;
use super::source::Source;
use super::surroundings::Surroundings;
use crate::facts::{Evidence, Finding, FindingCode, Program};

/// What such an address begins with.
const SCHEMES: [&str; 2] = ["file:", "filesystem:"];
/// How many missing files are reported.
const MAX_MISSING: usize = 3;

/// A path that an address names, with its place.
pub(super) type Named = (String, Evidence);

/// The paths below the working directory that settings and code name.
pub(super) fn named(around: &Surroundings) -> Vec<Named> {
    let mut all = Vec::new();
    for setting in around.settings.strongest() {
        let (value, evidence) = expanded(around, setting);
        // A changelog includes others, which lie beside it.
        let includes = setting.key.ends_with("liquibase.change-log");
        for path in value.split(',').filter_map(below) {
            let folder = path.rsplit_once('/').filter(|_| includes);
            let path = folder.map_or(path.as_str(), |(folder, _)| folder).to_owned();
            all.push((path, evidence.clone()));
        }
        // A plain path is allowed here.
        if setting.key == "logging.config" && !value.contains(':') {
            all.push((plain(&value), evidence));
        }
    }
    // Vert.x reads it by default: https://vertx.io/docs/vertx-config/java/#_using_the_config_retriever
    let vertx = around.sources.iter().find_map(|source| {
        let at = source.places("ConfigRetriever").iter().find(|at| source.mark(**at + 1, '.'))?;
        Some(source.evidence(*at, "it reads conf/config.json by default"))
    });
    all.extend(vertx.map(|evidence| ("conf/config.json".to_owned(), evidence)));
    for source in around.sources {
        for (at, text) in source.texts().filter(|(_, text)| text.contains(':')) {
            let evidence = || source.evidence(at, format!("\"{text}\""));
            all.extend(text.split(',').filter_map(below).map(|path| (path, evidence())));
        }
    }
    all
}

/// The value of a setting without references to others, and its place with what stands there.
pub(super) fn expanded(around: &Surroundings, setting: &Setting) -> Named {
    let note = format!("{} = {}", setting.key, setting.value);
    let evidence = Evidence { note, ..setting.evidence.clone() };
    (around.settings.expand(&setting.value).0, evidence)
}

/// The path of an address; `None` without a scheme, and for a path outside of the repository.
fn below(address: &str) -> Option<String> {
    let path = plain(stripped(address)?);
    (!path.is_empty() && !path.starts_with('/')).then_some(path)
}

/// What stands behind the scheme.
fn stripped(address: &str) -> Option<&str> {
    let address = address.trim();
    let address = address.strip_prefix("optional:").unwrap_or(address);
    SCHEMES.iter().find_map(|scheme| address.strip_prefix(scheme))
}

/// A path without the working directory before it, and without a pattern or a hint of its format
/// behind it: `${user.dir}/conf/*.csv`, `./extra[.properties]`.
fn plain(path: &str) -> String {
    let path = path.strip_prefix("${user.dir}").map_or(path, |rest| rest.trim_start_matches('/'));
    let path = path.split('[').next().unwrap_or_default();
    let path = match path.find('*') {
        Some(at) => path[..at].rfind('/').map_or("", |end| &path[..end]),
        None => path,
    };
    path.trim_start_matches("./").trim_end_matches('/').to_owned()
}

/// Reports files without which Spring does not start, and that the repository does not hold:
/// `spring.config.import` and `@PropertySource`, unless they say that they can do without.
pub(super) fn missing(program: &mut Program, around: &Surroundings) {
    let mut wanted: Vec<Named> = Vec::new();
    let stops = |setting: &&Setting| {
        let starts = ["spring.config.import", "server.ssl.", "spring.ssl.bundle."];
        starts.iter().any(|start| setting.key.starts_with(start)) || setting.key == "logging.config"
    };
    for setting in around.settings.strongest().filter(stops) {
        let (value, evidence) = expanded(around, setting);
        let parts = value.split(',').filter(|part| !part.trim().starts_with("optional:"));
        for path in parts.filter_map(stripped) {
            wanted.push((plain(path), evidence.clone()));
        }
    }
    for source in around.sources {
        wanted.extend(property_sources(source));
    }
    let (repo, dir) = (around.project.repo, around.project.model.dir());
    let mut left = MAX_MISSING;
    for (path, evidence) in wanted {
        let odd = path.is_empty() || path.contains(['$', '{', '%', ':', '~', ' ', '\\']);
        let held = dir.join(&path).is_some_and(|file| repo.exists(&file));
        let said = program.findings.iter().any(|finding| {
            matches!(finding.code, FindingCode::FileMissing | FindingCode::ConfigNotInGit)
                && finding.what.contains(&path)
        });
        if odd || held && !path.starts_with('/') || said || left == 0 || path.contains("..") {
            continue;
        }
        left -= 1;
        let target = if path.starts_with('/') { path.clone() } else { format!("/app/{path}") };
        program.findings.push(Finding::file_missing(&path, &target, None, None, [evidence]));
    }
}

/// The addresses in `@PropertySource`, unless it ignores files that are not there.
fn property_sources(source: &Source) -> Vec<Named> {
    let mut all = Vec::new();
    for first in source.calls("PropertySource") {
        let annotation = first >= 3 && source.mark(first - 3, '@');
        let end = source.pair(first - 1).min(source.len());
        let ignored = (first..end).any(|at| {
            source.word(at) == Some("ignoreResourceNotFound") && source.word(at + 2) == Some("true")
        });
        if !annotation || ignored {
            continue;
        }
        for at in first..end {
            let Some(path) = source.text(at).and_then(stripped) else { continue };
            all.push((plain(path), source.evidence(at, "@PropertySource")));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::spring;

    const SETTINGS: &str = "src/main/resources/application.properties";

    #[test]
    fn files_that_addresses_name_are_copied() {
        let files = [
            ("/conf/mail.properties", "a=b\n"),
            ("/data/cities.csv", "a\n"),
            ("/logback.xml", "<configuration/>\n"),
            (SETTINGS, "logging.config=./logback.xml\n"),
        ];
        let code = "@Configuration @PropertySource(\"file:${user.dir}/conf/mail.properties\") class C { @Value(\"file:data/cities.csv\") Resource r; }";
        let found = spring(&files, code);
        let held: Vec<&str> = found.files.iter().map(|file| file.value.as_str()).collect();
        assert_eq!(held, ["logback.xml", "conf/mail.properties", "data/cities.csv"]);
        assert!(found.findings.iter().all(|f| f.code.as_str() != "file-missing"));
        let code = "class C { C() { new FileSystemResource(\"data/cities.csv\"); } }";
        let found = spring(&files[..2], code);
        assert_eq!(found.files[0].value.as_str(), "data/cities.csv");
    }

    #[test]
    fn files_that_spring_wants_are_said() {
        let said = |settings: &str, code: &str| {
            let found = spring(&[(SETTINGS, settings)], code);
            let found = found.findings.into_iter().find(|f| f.code.as_str() == "file-missing");
            found.map(|found| found.what)
        };
        let is = |file: &str| {
            Some(format!(
                "the program stops if it cannot open {file}, and the repository does not hold it"
            ))
        };
        assert_eq!(said("spring.config.import=file:./x.yml\n", ""), is("x.yml"));
        assert_eq!(
            said("", "@PropertySource(\"file:/etc/a/x.properties\") class C {}"),
            is("/etc/a/x.properties")
        );
        for (settings, code) in [
            ("spring.config.import=optional:file:.env[.properties]\n", ""),
            ("spring.config.import=classpath:x.yml\n", ""),
            (
                "",
                "@PropertySource(value = \"file:x.properties\", ignoreResourceNotFound = true) class C {}",
            ),
            ("a.b=file:x.yml\n", ""),
        ] {
            assert_eq!(said(settings, code), None, "{settings}{code}");
        }
    }
}
