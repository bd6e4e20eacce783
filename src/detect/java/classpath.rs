//! Resources that a program demands by name and that the archive does not hold: the repository lacks
//! them, or the .dockerignore keeps them out of the build because they are named like secrets.

use anyhow::Result;

use super::addresses;
use super::code::Code;
use super::resources;
use super::surroundings::Surroundings;
use crate::detect::kept_out;
use crate::facts::{Evidence, Finding, FindingCode, Program};
use crate::path::RelPath;
use crate::repo::Repo;

/// Annotations that load resources as the program starts.
const LOADS: [&str; 2] = ["PropertySource", "ImportResource"];

/// Calls that open the resource in their argument.
const OPENS: [&str; 3] = ["getResourceAsStream", "getResource", "ClassPathResource"];

/// Files that frameworks read from the class path without being told.
const SETTINGS: [&str; 3] = ["application.properties", "application.yml", "application.yaml"];

/// How many resources are looked up.
const MAX_RESOURCES: usize = 64;

/// Reports them.
pub(super) fn say(program: &mut Program, around: &Surroundings, code: &Code) -> Result<()> {
    let (repo, model) = (around.project.repo, around.project.model);
    let folders = resources::folders(model);
    let place = |way: &str| folders.iter().find_map(|folder| folder.join(way));
    for (way, evidence) in loaded(code) {
        let Some(path) = place(&way) else { continue };
        let said = program.findings.iter().any(|found| found.what.contains(path.as_str()));
        if said || is_there(around, &way) || is_made(around, &way) {
            continue;
        }
        let example = super::demands::example_of(around, &path);
        let what =
            format!("the program stops if it does not find {path}, which the repository lacks");
        program.findings.push(absent(&path, example.as_ref(), what, evidence));
    }
    ignored(program, around, code)?;
    let ways = named(around).chain(opened(code)).take(MAX_RESOURCES);
    let reads = ways.filter_map(|(way, evidence)| {
        let way = way.trim_start_matches('/');
        let mut all = folders.iter().filter_map(|folder| folder.join(way));
        let file = all.find(|path| repo.is_file(path))?;
        Some(kept_out::Read { file, target: None, evidence })
    });
    let context = common(around);
    program.findings.extend(kept_out::finding(repo, &context, reads)?);
    Ok(())
}

/// Reports resources that the code or the settings name, that the repository lacks, and that a
/// .gitignore names: they lie on the developer's machine alone.
fn ignored(program: &mut Program, around: &Surroundings, code: &Code) -> Result<()> {
    let (repo, model) = (around.project.repo, around.project.model);
    let Some(folder) = resources::folders(model).into_iter().next() else { return Ok(()) };
    let own = SETTINGS.map(|name| {
        (name.to_owned(), Evidence::file(model.path(), "the framework reads it as it starts"))
    });
    for (way, evidence) in opened(code).chain(named(around)).chain(own).take(MAX_RESOURCES) {
        let way = way.trim_start_matches("classpath:").trim_start_matches('/');
        let Some(path) = folder.join(way) else { continue };
        let said = program.findings.iter().any(|found| found.what.contains(path.as_str()));
        let name = path.file_name();
        let odd = name.is_empty() || way.contains(['*', '$', '{', ':', ' ']);
        if odd || said || is_there(around, name) || !is_ignored(repo, &path)? {
            continue;
        }
        let example = super::demands::example_of(around, &path);
        if example.is_none() && SETTINGS.contains(&way) {
            continue;
        }
        let what = format!("the program reads {path}, which git ignores and the repository lacks");
        program.findings.push(absent(&path, example.as_ref(), what, evidence));
    }
    Ok(())
}

/// The resources that the code opens, as it writes them.
fn opened(code: &Code) -> impl Iterator<Item = addresses::Named> {
    OPENS.iter().flat_map(move |name| code.calls(name)).filter_map(move |call| {
        let text = code.sources[call.0].text(call.1 + 2)?;
        Some((text.to_owned(), code.evidence(*call, format!("reads {text}"))))
    })
}

/// The resources that settings name: `classpath:keys/shop.p12`.
fn named(around: &Surroundings) -> impl Iterator<Item = addresses::Named> {
    around.settings.strongest().filter_map(move |setting| {
        let (value, evidence) = addresses::expanded(around, setting);
        Some((value.strip_prefix("classpath:")?.to_owned(), evidence))
    })
}

/// The finding for a resource that the archive lacks: there is an example of it, or `what` says who
/// misses it.
fn absent(path: &RelPath, example: Option<&RelPath>, what: String, evidence: Evidence) -> Finding {
    let finding = match example {
        Some(example) => Finding::config_not_in_git(path, example, [evidence]),
        None => Finding::new(FindingCode::FileMissing, what, [evidence]),
    };
    finding.with_fix(format!("create {path} before the image is built: it is part of the archive"))
}

/// True if a .gitignore above a file names it.
fn is_ignored(repo: &Repo, path: &RelPath) -> Result<bool> {
    for folder in path.ancestors() {
        let Some(file) = folder.join(".gitignore") else { continue };
        let Some(text) = repo.source_text(&file)? else { continue };
        let way = path.strip(&folder).unwrap_or_default();
        let names = |line: &str| {
            let line = line.trim().trim_start_matches('/');
            !line.is_empty() && (line == way || line == path.file_name())
        };
        if text.lines().any(names) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folder from which paths of a .dockerignore count: that of the outermost pom of the project.
fn common(around: &Surroundings) -> RelPath {
    let lineage = around.project.model.lineage.iter();
    let folders = lineage.filter_map(|level| level.path.parent());
    folders.min_by_key(|folder| folder.components().count()).unwrap_or_default()
}

/// The resources that annotations load, unless the code says that they may be missing.
fn loaded(code: &Code) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    for place in LOADS.iter().flat_map(|name| code.calls(name)) {
        let file = &code.sources[place.0];
        let open = place.1 + 1;
        if !place.1.checked_sub(1).is_some_and(|at| file.mark(at, '@')) || found.len() > 16 {
            continue;
        }
        let inside = open..file.pair(open).min(file.len());
        if inside.clone().any(|at| file.word(at) == Some("ignoreResourceNotFound")) {
            continue;
        }
        for text in inside.filter_map(|at| file.text(at)) {
            let Some(way) = text.strip_prefix("classpath:") else { continue };
            let way = way.trim_start_matches('/');
            // A resource in a folder of its own is often one of a library.
            if !way.is_empty() && !way.contains(['$', '*', ':', '/']) {
                let note = format!("loads {text}");
                found.push((way.to_owned(), code.evidence(*place, note)));
            }
        }
    }
    found
}

/// True if some project of the repository packs a resource of this name.
fn is_there(around: &Surroundings, way: &str) -> bool {
    let repo = around.project.repo;
    let root = RelPath::root();
    let mut files = repo.files_under(&root);
    files.any(|path| path.file_name() == way && !path.components().any(|part| part == "test"))
}

/// True if the build makes the resource: a pom names it, or a plugin is known for it.
fn is_made(around: &Surroundings, way: &str) -> bool {
    let repo = around.project.repo;
    let names = |path: &RelPath| repo.text(path).ok().flatten().is_some_and(|t| t.contains(way));
    way.starts_with("git")
        || way.starts_with("build")
        || around.project.model.lineage.iter().any(|level| names(&level.path))
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::spring;

    #[test]
    fn demanded_resources_that_the_archive_lacks_are_said() {
        let said = |code: &str, files: &[(&str, &str)]| {
            let found = spring(files, code).findings.into_iter();
            let mut codes: Vec<String> = found
                .filter(|f| ["config-not-in-git", "file-missing"].contains(&f.code.as_str()))
                .map(|f| f.code.as_str().to_owned())
                .collect();
            codes.dedup();
            codes.join(" ")
        };
        let source = "@PropertySource(\"classpath:db.properties\") class Cfg {}";
        assert_eq!(said(source, &[]), "file-missing");
        let example = ("src/main/resources/db.properties.example", "a=b");
        assert_eq!(said(source, &[example]), "config-not-in-git");
        assert_eq!(said(source, &[("src/main/resources/db.properties", "a=b")]), "");
        for other in [
            "@PropertySource(value = \"classpath:db.properties\", ignoreResourceNotFound = true) class C {}",
            "@PropertySource(\"classpath:${x}.properties\") class C {}",
            "@PropertySource(\"classpath:lib/db.properties\") class C {}",
            "@PropertySource(\"classpath:git.properties\") class C {}",
        ] {
            assert_eq!(said(other, &[]), "", "{other}");
        }
    }

    #[test]
    fn a_key_store_that_the_build_does_not_get_is_said() {
        let settings = "server.ssl.key-store=classpath:keys/shop.p12\n";
        let files = [
            ("src/main/resources/application.properties", settings),
            ("src/main/resources/keys/shop.p12", "x"),
        ];
        let said = |files: &[(&str, &str)]| {
            let found = spring(files, "").findings;
            found.iter().any(|found| found.code.as_str() == "file-kept-out")
        };
        assert!(said(&files));
        assert!(!said(&files[..1]));
    }
}
