//! Go files that a step before the build writes and git does not hold. The steps are
//! `//go:generate` lines and commands of a Makefile.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::World;
use super::steps::{self, Step, output};
use crate::code::File;
use crate::code::file::is_below;
use crate::detect::go::codes;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::recipes;
use crate::repo::Repo;
use crate::settings::{Item, parse_yaml};
use crate::shell;

/// How many calls of `String` are asked for the type that they are called on.
const MAX_CALLS: usize = 200;

/// Programs that write Go code.
const GENERATORS: [&str; 14] = [
    "go-bindata",
    "go-bindata-assetfs",
    "esc",
    "statik",
    "fileb0x",
    "stringer",
    "enumer",
    "wire",
    "sqlc",
    "templ",
    "qtc",
    "swag",
    "ragel",
    "goyacc",
];

/// The module of templ.
const TEMPL: &str = "github.com/a-h/templ";

/// The command that compiles the templates, if git does not hold the Go files that it writes and
/// go.mod says its version: <https://templ.guide/core-concepts/template-generation>.
pub(super) fn templates(world: &World) -> Vec<Vec<String>> {
    let repo = world.module.sources.repo;
    let packages = world.closure.packages.iter().map(|package| &package.dir);
    let mut folders = packages.chain(world.closure.missing.values().map(|(dir, _)| dir));
    let Some(version) = templ(world).filter(|_| folders.any(|dir| is_uncompiled(repo, dir))) else {
        return Vec::new();
    };
    let tool = format!("{TEMPL}/cmd/templ@{version}");
    vec![["go", "run", &tool, "generate"].map(str::to_owned).to_vec()]
}

/// The version of templ that go.mod states.
fn templ<'w>(world: &'w World) -> Option<&'w str> {
    let manifest = &world.module.layout.manifest;
    let replaced = manifest.replaces.iter().any(|one| one.from == TEMPL);
    let one = manifest.requires.iter().find(|one| one.path == TEMPL).filter(|_| !replaced)?;
    let plain = one.version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+".contains(c));
    plain.then_some(one.version.as_str())
}

/// True for a folder with a template whose Go file is not there.
fn is_uncompiled(repo: &Repo, dir: &RelPath) -> bool {
    let held: BTreeSet<&str> = repo.children(dir).map(|(path, _)| path.file_name()).collect();
    let mut templates = held.iter().filter_map(|name| name.strip_suffix(".templ"));
    templates.any(|name| !held.contains(format!("{name}_templ.go").as_str()))
}

/// Reports packages that the program imports and that hold no Go file, without those that the build
/// compiles from templates or a step of the repository's own writes.
pub(super) fn unmade(world: &World, steps: &[Step]) -> Vec<Finding> {
    let repo = world.module.sources.repo;
    let made = |dir: &RelPath| {
        templ(world).is_some() && is_uncompiled(repo, dir) || steps::filling(steps, dir).is_some()
    };
    let missing = world.closure.missing.iter().filter(|(_, (dir, _))| !made(dir));
    let finding = |(import, (dir, at)): (&String, &(RelPath, Evidence))| {
        let what = format!("the program imports `{import}`, and {dir} holds no Go file");
        Finding::new(FindingCode::GeneratedMissing, what, [at.clone()]).with_fix(
            "generate the code (protoc, sqlc, wire, templ, ...) and commit it, or generate it \
             before the image is built",
        )
    };
    missing.map(finding).collect()
}

/// Generated files that the program is compiled from and the repository does not hold, with the
/// places of the steps that write them.
pub(super) fn missing(world: &World) -> Result<Vec<(RelPath, Vec<Evidence>)>> {
    let repo = world.module.sources.repo;
    let mut missing: Vec<(RelPath, Vec<Evidence>)> = Vec::new();
    let mut known: BTreeSet<RelPath> = BTreeSet::new();
    let own: BTreeSet<&RelPath> =
        world.closure.packages.iter().map(|package| &package.dir).collect();
    let mut add = |path: Option<RelPath>, evidence: Evidence| {
        let Some(path) = path.filter(|path| path.extension() == "go") else { return };
        let name = path.file_name();
        // Only tests use mocks.
        let other = name.ends_with("_test.go") || name.contains("mock") || repo.exists(&path);
        let own = path.parent().is_some_and(|folder| own.contains(&folder));
        if own && !other && known.insert(path.clone()) {
            missing.push((path, vec![evidence]));
        }
    };
    let mut strings: Option<Strings> = None;
    for package in &world.closure.packages {
        for file in &package.files {
            let Some(text) = repo.source_text(&file.code.path)? else { continue };
            for (number, line) in (1..).zip(text.lines()) {
                let Some(line) = line.strip_prefix("//go:generate ") else { continue };
                let at = Evidence::at(&file.code.path, number, format!("`{}`", line.trim()));
                for command in shell::parse(line).commands {
                    let types = types(&command.argv);
                    let mut missed = types.iter().map(|of| {
                        strings.get_or_insert_with(|| Strings::read(world)).miss(world, of)
                    });
                    if !types.is_empty() && !missed.any(|missed| missed) {
                        continue;
                    }
                    let stated = output(&command.argv).map(str::to_owned);
                    let made = stated.or_else(|| conventional(&command.argv));
                    add(made.and_then(|way| package.dir.join(&way)), at.clone());
                }
            }
        }
        // templ compiles each template into a file beside it; the build runs it if it knows which.
        if templ(world).is_some() {
            continue;
        }
        let held: BTreeSet<&str> =
            repo.children(&package.dir).map(|(path, _)| path.file_name()).collect();
        for name in held.iter().filter_map(|name| name.strip_suffix(".templ")) {
            let made = format!("{name}_templ.go");
            if let Some(path) = package.dir.join(&format!("{name}.templ")) {
                let at = Evidence::file(&path, "templ compiles it into a Go file");
                add(package.dir.join(&made), at);
            }
        }
    }
    // https://gqlgen.com/config/
    for name in ["gqlgen.yml", "gqlgen.yaml", ".gqlgen.yml"] {
        let home = &world.module.layout.module;
        let Some(config) = home.join(name) else { continue };
        let Some(text) = repo.source_text(&config)? else { continue };
        let root = parse_yaml(&text).into_iter().next();
        let parts = root.iter().flat_map(Item::entries);
        let parts = parts.filter(|part| ["exec", "model"].contains(&part.key.as_str()));
        for named in parts.flat_map(|part| part.item.entries()).filter(|e| e.key == "filename") {
            let at = Evidence::at(&config, named.item.line, "gqlgen writes it");
            add(named.item.text().and_then(|way| home.join(way)), at);
        }
    }
    for step in recipes::steps_of(repo, world.module.dir, &GENERATORS)? {
        add(output(&step.words).and_then(|way| step.dir.join(way)), step.evidence.clone());
    }
    Ok(missing)
}

/// Reports those that no step of the image writes.
pub(super) fn generated(missing: Vec<(RelPath, Vec<Evidence>)>) -> Option<Finding> {
    if missing.is_empty() {
        return None;
    }
    let names: Vec<String> = missing.iter().take(4).map(|(path, _)| path.to_string()).collect();
    let more = missing.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(Finding::new(
        codes::GENERATED_FILE_MISSING,
        format!(
            "a step before the build writes {}{more}, which the repository does not hold",
            names.join(", ")
        ),
        missing.into_iter().take(4).flat_map(|(_, evidence)| evidence),
    ))
}

/// Reports files that a tool of a library packs into the program, unless the repository holds what
/// the tool writes.
pub(super) fn packed(world: &World) -> Option<Finding> {
    let repo = world.module.sources.repo;
    world.module.tables.packing.iter().find_map(|row| {
        let mut calls = row.names.iter().flat_map(|name| world.code.calls_named(name));
        let call =
            calls.find(|call| call.package().is_some_and(|path| is_below(path, &row.import)))?;
        let mut held =
            world.closure.packages.iter().flat_map(|package| repo.children(&package.dir));
        let written = held.any(|(path, _)| {
            let name = path.file_name();
            !row.writes.is_empty() && (name.ends_with(&row.writes) || name.contains("-packr"))
        });
        let note = format!("`{}` of {} ({})", call.name(), row.import, row.source);
        let what = format!(
            "the program reads files that `{}` packs into it, and the image is built without that",
            row.tool
        );
        (!written).then(|| Finding::new(codes::PACKED_FILES, what, [call.evidence(note)]))
    })
}

/// The file that a command writes by convention if no option names one, as `stringer -type=Colour`
/// does. The command may also run through `go run` or `go tool`.
fn conventional(words: &[String]) -> Option<String> {
    const ENDS: [(&str, &str); 3] =
        [("stringer", "_string.go"), ("enumer", "_enumer.go"), ("wire", "wire_gen.go")];
    let name = |word: &str| word.rsplit('/').next()?.split('@').next().map(str::to_owned);
    let (tool, end) = words.iter().take(4).find_map(|word| {
        let name = name(word)?;
        ENDS.into_iter().find(|(tool, _)| *tool == name)
    })?;
    if tool == "wire" {
        return Some(end.to_owned());
    }
    let first = types(words).first()?.to_lowercase();
    Some(format!("{first}{end}"))
}

/// The types for which `stringer` or `enumer` writes methods; none for other commands.
fn types(words: &[String]) -> Vec<&str> {
    let named = |word: &String| {
        let name = word.rsplit('/').next().and_then(|name| name.split('@').next());
        matches!(name, Some("stringer" | "enumer"))
    };
    if !words.iter().take(4).any(named) {
        return Vec::new();
    }
    let mut types = words.iter().enumerate().filter_map(|(at, word)| {
        let rest = word.trim_start_matches('-').strip_prefix("type")?;
        rest.strip_prefix('=').or_else(|| words.get(at + 1).map(String::as_str))
    });
    types.next().into_iter().flat_map(|all| all.split(',')).filter(|of| !of.is_empty()).collect()
}

/// The calls of `String` without arguments.
struct Strings {
    /// The types that they are called on, as far as the code states them.
    types: BTreeSet<String>,
    /// The files with a call on a value of unknown type.
    files: Vec<Rc<File>>,
}

impl Strings {
    fn read(world: &World) -> Self {
        let mut found = Self { types: BTreeSet::new(), files: Vec::new() };
        let calls = world.code.calls_named("String").take(MAX_CALLS);
        for call in calls.filter(|call| call.is_method() && call.arguments().is_empty()) {
            match world.code.type_before(&call.file, call.at - 1) {
                Some(of) => {
                    found.types.insert(of);
                }
                None if found.files.iter().any(|file| Rc::ptr_eq(file, &call.file)) => {}
                None => found.files.push(call.file),
            }
        }
        found
    }

    /// True if the program does not compile without the methods that a generator writes for a type:
    /// it calls `String` on a value of the type, or a function that is named after it. Printing such
    /// a value compiles either way.
    fn miss(&self, world: &World, of: &str) -> bool {
        let names = [
            format!("{of}String"),
            format!("{of}Strings"),
            format!("{of}Values"),
            format!("Parse{of}"),
        ];
        self.types.contains(of)
            || self.files.iter().any(|file| !file.places(of).is_empty())
            || names.iter().any(|name| world.code.calls_named(name).next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_a_generator_names_by_its_own_rule() {
        let of = |line: &str| conventional(&shell::parse(line).commands[0].argv);
        let made = |name: &str| Some(name.to_owned());
        assert_eq!(of("stringer -type=Colour"), made("colour_string.go"));
        let run = "go run golang.org/x/tools/cmd/stringer@latest -type Pill,Size";
        assert_eq!(of(run), made("pill_string.go"));
        assert_eq!(of("go run github.com/google/wire/cmd/wire"), made("wire_gen.go"));
        assert_eq!(of("protoc --go_out=. a.proto"), None);
        assert_eq!(of("stringer"), None);
    }
}
