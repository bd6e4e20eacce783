//! Files that the compiler reads beside the sources. The build context must hold them; the image
//! need not.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::lexer::Kind;
use super::project::Project;
use super::source::SourceFile;
use crate::detect::{add_front_end, suppliers};
use crate::facts::{Evidence, Finding, FindingCode, FrontEnd, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;

/// Macros that read a file relative to the source file.
const BESIDE: [&str; 3] = ["include_str", "include_bytes", "include"];

/// Macros that read a file or folder inside the package.
const BELOW: [&str; 8] = [
    "include_dir",
    "migrate",
    "embed_migrations",
    "query_file",
    "query_file_as",
    "query_file_scalar",
    "embed_assets",
    "static_files",
];

/// What the compiler reads for a program.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Existing files and folders.
    pub(super) found: Vec<RelPath>,
    /// Output of other applications' builds.
    pub(super) made: Vec<Sourced<FrontEnd>>,
    /// Findings about the rest.
    pub(super) findings: Vec<Finding>,
}

/// Resolves every path that the compiler reads. `package` is the folder of the program's package.
pub(super) fn reads(
    repo: &Repo,
    context: &RelPath,
    package: &RelPath,
    files: &[Rc<SourceFile>],
) -> Reads {
    let mut reads = Reads::default();
    for file in files {
        // A file of another package in the workspace is relative to that package.
        let home = home(repo, &file.path).unwrap_or_else(|| package.clone());
        for at in 0..file.len() {
            let Some(text) = file.string(at) else { continue };
            let Some((base, folder)) = base(file, at, &home) else { continue };
            let way = text.trim_start_matches("$CARGO_MANIFEST_DIR").trim_start_matches('/');
            let Some(path) = base.join(way).filter(|path| !path.is_root()) else { continue };
            let (there, known) = (repo.exists(&path), !way.is_empty() && !way.contains('$'));
            let made = if known && (folder || !there) {
                suppliers(repo, context, &path)
            } else {
                Vec::new()
            };
            let nobody = made.is_empty();
            for mut made in made {
                made.evidence.insert(0, file.evidence(at, "built into the program"));
                add_front_end(&mut reads.made, made);
            }
            // A condition chooses between this file and one that a build script writes.
            let twin = || is_conditional(file, at) && makes_code(file);
            if nobody && !there && known && !twin() {
                // A build script may write the file, even among the sources.
                let script =
                    !folder && home.join("build.rs").is_some_and(|script| repo.is_file(&script));
                let place = file.evidence(at, "embedded into the program");
                reads.findings.push(missing(&path, place, script));
            }
            if there {
                reads.found.push(path);
            }
        }
        // askama and rinja read templates/ of the package:
        // <https://askama.readthedocs.io/en/stable/configuration.html>.
        if (0..file.len()).any(|at| file.is(at, "template") && file.is(at + 1, "(")) {
            reads.found.extend(home.join("templates").filter(|folder| repo.is_dir(folder)));
        }
    }
    // Another build writes these files, so a copy in the repository is out of date.
    reads.found.retain(|path| !reads.made.iter().any(|made| path.is_within(&made.value.output)));
    reads.found.sort();
    reads.found.dedup();
    reads
}

/// The folder to which a text is relative, if the compiler reads it, and whether it names an
/// embedded folder.
fn base(file: &SourceFile, at: usize, home: &RelPath) -> Option<(RelPath, bool)> {
    // rust-embed takes `#[folder = "ui/dist"]`.
    if at >= 3 && file.is(at - 1, "=") && file.is(at - 2, "folder") && file.is(at - 3, "[") {
        return Some((home.clone(), true));
    }
    let statement_has =
        |word: &str| file.statement(at).any(|n| file.string(n).is_some_and(|text| text == word));
    for open in file.enclosing(at) {
        let Some(name) = file.called(open).filter(|_| open > 0 && file.is(open - 1, "!")) else {
            continue;
        };
        if name == "env" || name == "option_env" {
            return None;
        }
        if BELOW.contains(&name) {
            return Some((home.clone(), name == "include_dir"));
        }
        if BESIDE.contains(&name) {
            if statement_has("OUT_DIR") {
                return None;
            }
            let beside = if statement_has("CARGO_MANIFEST_DIR") {
                Some(home.clone())
            } else {
                file.path.parent()
            };
            return beside.map(|beside| (beside, false));
        }
    }
    None
}

/// True if an attribute `#[cfg(..)]` stands before the macro that reads the file.
fn is_conditional(file: &SourceFile, at: usize) -> bool {
    let macros = file
        .enclosing(at)
        .into_iter()
        .find(|open| file.called(*open).is_some_and(|name| BESIDE.contains(&name)));
    let Some(mut before) = macros.and_then(|open| open.checked_sub(3)) else { return false };
    while file.is(before, ":") || file.kind(before) == Some(Kind::Word) {
        let Some(next) = before.checked_sub(1) else { return false };
        before = next;
    }
    let open = file.brackets(before).first().copied().filter(|_| file.is(before, "]"));
    open.is_some_and(|open| file.is(open + 1, "cfg"))
}

/// True if the file includes code that a build script writes into `OUT_DIR`.
fn makes_code(file: &SourceFile) -> bool {
    (0..file.len()).any(|at| {
        file.string(at).is_some_and(|text| text == "OUT_DIR")
            && file.enclosing(at).iter().any(|open| file.called(*open) == Some("include"))
    })
}

/// The folder of the package that contains a file.
fn home(repo: &Repo, file: &RelPath) -> Option<RelPath> {
    file.ancestors()
        .find(|folder| folder.join("Cargo.toml").is_some_and(|path| repo.is_file(&path)))
}

/// Reports an embedded file that the repository does not hold. If there is a build `script`, that
/// may write it.
fn missing(path: &RelPath, evidence: Evidence, script: bool) -> Finding {
    let fix = "commit it, or let a script of a package.json in the repository write it";
    if script {
        let what = format!("the program embeds {path}, which the repository does not hold");
        return Finding::new(FindingCode::EmbedGenerated, what, [evidence])
            .with_why("the compiler stops there if build.rs does not write the file")
            .with_fix(fix);
    }
    Finding::embed_missing(path, [evidence]).with_fix(fix)
}

/// Calls of build scripts that write no source: they ask, and set variables.
const ASKING: [&str; 44] = [
    "println",
    "print",
    "eprintln",
    "format",
    "env",
    "option_env",
    "var",
    "var_os",
    "unwrap",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "expect",
    "main",
    "Ok",
    "Err",
    "Some",
    "new",
    "arg",
    "args",
    "output",
    "status",
    "success",
    "from_utf8",
    "from_utf8_lossy",
    "trim",
    "trim_end",
    "to_string",
    "to_owned",
    "into",
    "join",
    "exists",
    "is_ok",
    "is_some",
    "is_err",
    "is_none",
    "is_empty",
    "map",
    "map_err",
    "and_then",
    "ok",
    "now",
    "as_str",
    "other",
];

/// Programs that build scripts ask, and that write no source.
const ASKED: [&str; 4] = ["git", "date", "rustc", "hostname"];

/// The modules that the repository does not hold, without those whose package has a build script
/// that may write them.
///
/// # Errors
/// If a build script cannot be read.
pub(super) fn unwritten(project: &Project, files: &[Rc<SourceFile>]) -> Result<Vec<Evidence>> {
    let mut lost = Vec::new();
    for one in project.sources.lost(files) {
        let repo = project.dir.repo;
        let script = home(repo, &one.file).and_then(|home| home.join("build.rs"));
        let mut writes = false;
        if let Some(script) = script.filter(|script| repo.is_file(script)) {
            for file in project.sources.of_crate(&script, &|_| true)? {
                writes |= may_write(&file);
            }
        }
        if !writes {
            lost.push(one);
        }
    }
    Ok(lost)
}

/// True unless a build script only asks.
fn may_write(file: &SourceFile) -> bool {
    let names = (1..file.len()).filter(|&at| file.is(at - 1, "fn")).map(|at| file.word(at));
    let defined: BTreeSet<&str> = names.collect();
    (0..file.len()).any(|at| {
        let called = file.kind(at) == Some(Kind::Word)
            && (file.is(at + 1, "(") || file.is(at + 1, "!") && file.is(at + 2, "("));
        if !called {
            return false;
        }
        let starts = file.is(at, "new") && file.path_to(at).contains(&"Command");
        let other = starts && file.string(at + 2).is_none_or(|text| !ASKED.contains(&&*text));
        let made = file.is(at, "new") && !starts;
        let word = file.word(at);
        let known = ASKING.contains(&word) || KEYWORDS.contains(&word) || defined.contains(word);
        other || made || !known
    })
}

/// Words before a bracket that are no calls.
const KEYWORDS: [&str; 7] = ["if", "match", "while", "for", "in", "return", "let"];

/// Reports modules that the repository does not hold.
pub(super) fn module_missing(lost: Vec<Evidence>) -> Option<Finding> {
    let first = lost.first()?;
    Some(
        Finding::new(
            FindingCode::GeneratedMissing,
            format!("{} names a file that the repository does not hold", first.note),
            lost,
        )
        .with_fix("commit the file, or let a build script (build.rs) write it"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let repo = Repo::from_files(files.iter().copied());
        let path = RelPath::new("p/src/main.rs").unwrap();
        let text = repo.text(&path).unwrap().unwrap();
        let source = Rc::new(SourceFile::parse(&path, &text));
        let Reads { found, findings, .. } =
            reads(&repo, &RelPath::root(), &RelPath::new("p").unwrap(), &[source]);
        (
            found.iter().map(ToString::to_string).collect(),
            findings.iter().map(|f| f.evidence[0].place()).collect(),
        )
    }

    #[test]
    fn a_condition_chooses_between_a_file_and_what_a_script_writes() {
        let twin = "#[cfg(a)]\ninclude!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\n\
                    #[cfg(not(a))]\ninclude!(\"g.rs\");\n";
        let files = |main| [("p/Cargo.toml", ""), ("p/build.rs", ""), ("p/src/main.rs", main)];
        assert_eq!(of(&files(twin)).1, Vec::<String>::new());
        assert_eq!(of(&files("include!(\"g.rs\");\n")).1, ["p/src/main.rs:1"]);
        let plain = "include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\ninclude!(\"h.rs\");\n";
        assert_eq!(of(&files(plain)).1, ["p/src/main.rs:2"]);
    }

    #[test]
    fn finds_what_macros_read() {
        let main = "static A: &str = include_str!(\"../../README.md\");\nstatic B: &[u8] = include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/b.bin\"));\nfn m() { sqlx::migrate!(\"./migrations\"); include!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\")); }\n#[derive(RustEmbed)]\n#[folder = \"ui/dist\"]\nstruct Ui;\n#[derive(Template)] #[template(path = \"a.html\")] struct T;\n";
        let (found, missing) = of(&[
            ("README.md", ""),
            ("p/Cargo.toml", ""),
            ("p/b.bin", ""),
            ("p/migrations/1.sql", ""),
            ("p/templates/a.html", ""),
            ("p/src/main.rs", main),
        ]);
        assert_eq!(found, ["README.md", "p/b.bin", "p/migrations", "p/templates"]);
        assert_eq!(missing, ["p/src/main.rs:5"]);
    }
}
