//! Build tags of the repository's own, where no command of it states the ones of a release.

use std::collections::BTreeMap;

use anyhow::Result;

use super::analysis::Module;
use super::closure::Closure;
use super::constraint::is_known;
use super::source::SourceFile;
use super::{codes, runtime};
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// Tags of builds that nobody releases.
const ASIDE: [&str; 14] = [
    "debug",
    "dev",
    "devel",
    "develop",
    "development",
    "e2e",
    "example",
    "integration",
    "local",
    "mage",
    "mock",
    "test",
    "tools",
    "wireinject",
];

/// Words that begin a declaration.
const DECLARING: [&str; 4] = ["const", "func", "type", "var"];

/// How many packages a message names.
const MAX_NAMED: usize = 4;

/// What is known of tags that nobody states.
#[derive(Default)]
pub(super) struct Release {
    /// Tags with which files are embedded that the repository has, and their place.
    pub(super) tags: BTreeMap<String, Evidence>,
    pub(super) findings: Vec<Finding>,
}

/// A package, and the tag without which it is empty.
type Driver = (RelPath, Option<(String, Evidence)>);

/// Reads the packages of a program that is built without tags.
pub(super) fn release(module: &Module, closure: &Closure) -> Result<Release> {
    let mut found = Release::default();
    let vendor = module.layout.vendor.as_ref();
    for package in &closure.packages {
        if vendor.is_some_and(|vendor| package.dir.is_within(vendor)) {
            continue;
        }
        let files = module.sources.by_tag(&package.dir)?;
        for file in files.iter().filter(|file| file.package == package.name) {
            if let Some((tag, supplied)) = embeds(module, &package.dir, file, &files) {
                let evidence = evidence(file, tag);
                if supplied {
                    found.tags.entry(tag.to_owned()).or_insert(evidence);
                } else {
                    found.findings.push(missing(
                        &format!("the files that {} embeds are left out", file.code.path),
                        tag,
                        vec![evidence],
                    ));
                }
            }
        }
    }
    found.findings.extend(empty(module, closure)?);
    Ok(found)
}

/// The tag with which a file embeds what its twin without the tag lacks, and whether the files are
/// there.
fn embeds<'f>(
    module: &Module,
    dir: &RelPath,
    file: &'f SourceFile,
    all: &[SourceFile],
) -> Option<(&'f str, bool)> {
    let (tag, set) = file.constraint.single()?;
    let own = set && !is_known(tag) && !ASIDE.contains(&tag) && !file.embeds.is_empty();
    let twin = |other: &SourceFile| {
        other.constraint.single() == Some((tag, false))
            && other.package == file.package
            && other.embeds.is_empty()
    };
    (own && all.iter().any(twin)).then(|| {
        let (repo, context) = (module.sources.repo, &module.layout.context);
        let supplied = |pattern: &String| runtime::is_supplied(repo, context, dir, pattern);
        (tag, file.embeds.iter().all(|pattern| supplied(&pattern.value)))
    })
}

/// Reports packages that register something where they are imported, and are empty without a tag:
/// a program with none of its drivers.
fn empty(module: &Module, closure: &Closure) -> Result<Vec<Finding>> {
    let mut groups: BTreeMap<RelPath, Vec<Driver>> = BTreeMap::new();
    let files = closure.packages.iter().flat_map(|package| &package.files);
    let imports = files.flat_map(|file| &file.code.imports).filter(|import| import.name == "_");
    for import in imports {
        let Some(dir) = closure.local.get(&import.path) else { continue };
        let Some(package) = closure.packages.iter().find(|package| package.dir == *dir) else {
            continue;
        };
        let declares = package.files.iter().any(|file| {
            let code = &file.code;
            (code.body..code.len()).any(|at| DECLARING.contains(&code.word(at)))
        });
        let behind = if declares { None } else { behind(module, dir)? };
        let group = groups.entry(dir.parent().unwrap_or_default()).or_default();
        if !group.iter().any(|(held, _)| held == dir) {
            group.push((dir.clone(), behind));
        }
    }
    let mut found = Vec::new();
    for group in groups.into_values() {
        // One of several is an option; where all are empty, there is nothing to choose from.
        if group.len() < 2 || group.iter().any(|(_, behind)| behind.is_none()) {
            continue;
        }
        let names: Vec<&str> = group.iter().take(MAX_NAMED).map(|(dir, _)| dir.as_str()).collect();
        let tags: Vec<(String, Evidence)> =
            group.iter().filter_map(|(_, behind)| behind.clone()).collect();
        let Some((tag, _)) = tags.first() else { continue };
        let what = format!("{} hold no code without one", names.join(", "));
        let evidence = tags.iter().take(MAX_NAMED).map(|(_, evidence)| evidence.clone());
        found.push(missing(&what, tag, evidence.collect()));
    }
    Ok(found)
}

/// The tag with which a package has code.
fn behind(module: &Module, dir: &RelPath) -> Result<Option<(String, Evidence)>> {
    let files = module.sources.by_tag(dir)?;
    let tagged = files.iter().find_map(|file| {
        let (tag, set) = file.constraint.single()?;
        (set && !is_known(tag)).then(|| (tag.to_owned(), evidence(file, tag)))
    });
    Ok(tagged)
}

fn evidence(file: &SourceFile, tag: &str) -> Evidence {
    Evidence::at(&file.code.path, 1, format!("`//go:build {tag}`"))
}

fn missing(what: &str, tag: &str, evidence: Vec<Evidence>) -> Finding {
    let what = format!("the program is built without a build tag, and {what}");
    Finding::new(codes::BUILD_TAG_MISSING, what, evidence)
        .with_fix(format!("build with the tag that is meant: `--build-flags -tags={tag}`"))
}

/// Says that a tag was taken because of what it embeds.
pub(super) fn taken(tag: &str, evidence: Evidence) -> Finding {
    let what =
        format!("the program is built with the tag `{tag}`, without which it embeds nothing");
    Finding::new(codes::BUILD_TAG_TAKEN, what, [evidence])
}

#[cfg(test)]
mod tests {
    use crate::detect::go::detect;
    use crate::facts::Program;
    use crate::repo::Repo;

    fn with(files: &[(&str, &str)]) -> Program {
        let module = [("go.mod", "module example.com/app\ngo 1.26\n")];
        let repo = Repo::from_files(module.iter().chain(files).copied());
        detect(&repo.root()).unwrap().unwrap().programs.remove(0)
    }

    fn said(program: &Program) -> Vec<String> {
        let own = program.findings.iter().filter(|f| f.code.as_str().starts_with("build-tag"));
        own.map(|f| format!("{}: {}", f.code.as_str(), f.what)).collect()
    }

    const MAIN: &str = "package main\nimport (\"net/http\"; \"example.com/app/web\")\nfunc main() { http.ListenAndServe(\":1234\", http.FileServer(http.FS(web.Files))) }\n";
    const WITHOUT: &str = "//go:build !prod\npackage web\nimport \"embed\"\nvar Files embed.FS\n";
    const WITH: &str =
        "//go:build prod\npackage web\nimport \"embed\"\n//go:embed all:dist\nvar Files embed.FS\n";

    #[test]
    fn a_tag_that_embeds_is_taken_where_its_files_are_there() {
        let mut files = vec![("main.go", MAIN), ("web/dev.go", WITHOUT), ("web/prod.go", WITH)];
        let program = with(&files);
        assert_eq!(
            said(&program),
            ["build-tag-missing: the program is built without a build tag, and the files that \
            web/prod.go embeds are left out"]
        );
        files.push(("web/dist/index.html", "<p>x</p>"));
        let program = with(&files);
        assert_eq!(
            said(&program),
            ["build-tag-taken: the program is built with the tag `prod`, without which it embeds \
            nothing"]
        );
        files.push(("Makefile", "build:\n\tgo build -tags other .\n"));
        assert!(said(&with(&files)).is_empty());
        // A tag for developers is none of a release.
        let dev = WITH.replace("prod", "debug");
        let (a, b) = (dev.as_str(), WITHOUT.replace("prod", "debug"));
        assert!(said(&with(&[("main.go", MAIN), ("web/a.go", a), ("web/b.go", &b)])).is_empty());
    }

    #[test]
    fn drivers_that_are_all_empty_are_reported() {
        let main = "package main\nimport (_ \"example.com/app/db/a\"; _ \"example.com/app/db/b\"; \"net/http\")\nfunc main() { http.ListenAndServe(\":1234\", nil) }\n";
        let mut files = vec![
            ("main.go", main),
            ("db/a/a.go", "//go:build a\npackage a\nfunc init() {}\n"),
            ("db/a/none.go", "//go:build !a\npackage a\n"),
            ("db/b/b.go", "//go:build b\npackage b\nfunc init() {}\n"),
            ("db/b/none.go", "//go:build !b\npackage b\n"),
        ];
        let program = with(&files);
        assert_eq!(
            said(&program),
            [
                "build-tag-missing: the program is built without a build tag, and db/a, db/b hold no \
            code without one"
            ]
        );
        files[3].1 = "package b\nfunc init() {}\n";
        assert!(said(&with(&files)).is_empty());
    }
}
